// Counters by small numbers.
#include "audit/tally.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ck::audit {
namespace {

constexpr std::uint16_t kMostEntries = 1024;

}  // namespace

void Tally::grow() {
  constexpr std::uint16_t kStep = 3;  // as many manners as most sides have at first (habits.h)
  const auto capacity = static_cast<std::uint16_t>(capacity_ + std::max<std::uint16_t>(kStep, capacity_ / 2));
  std::unique_ptr<Entry[]> entries(new Entry[capacity]);
  std::copy_n(entries_.get(), size_, entries.get());
  entries_ = std::move(entries);
  capacity_ = capacity;
}

bool Tally::add(std::uint32_t key) {
  if (next_ >= size_ || entries_[next_].key != key) {
    const std::span<const Entry> all = entries();
    const auto found =
        std::find_if(all.begin(), all.end(), [key](const Entry& entry) { return entry.key == key; });
    next_ = static_cast<std::uint16_t>(found - all.begin());
    if (found == all.end()) {
      if (size_ == kMostEntries) return false;
      if (size_ == capacity_) grow();
      entries_[size_++] = {key, 0};
    }
  }
  Entry& entry = entries_[next_++];
  if (entry.count != std::numeric_limits<std::uint32_t>::max()) ++entry.count;
  return true;
}

}  // namespace ck::audit
