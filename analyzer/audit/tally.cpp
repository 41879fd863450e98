// Counters by small numbers.
#include "audit/tally.h"

#include <algorithm>
#include <limits>

namespace ck::audit {
namespace {

constexpr std::size_t kMostEntries = 512;

}  // namespace

bool Tally::add(std::uint32_t key) {
  if (next_ >= entries_.size() || entries_[next_].key != key) {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [key](const Entry& entry) { return entry.key == key; });
    next_ = static_cast<std::size_t>(found - entries_.begin());
    if (found == entries_.end()) {
      if (entries_.size() == kMostEntries) return false;
      entries_.push_back({key, 0});
    }
  }
  Entry& entry = entries_[next_++];
  if (entry.count != std::numeric_limits<std::uint32_t>::max()) ++entry.count;
  return true;
}

}  // namespace ck::audit
