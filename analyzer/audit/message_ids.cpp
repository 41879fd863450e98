// MessageIDs in blocks of sixteen, their order in runs of equal step.
#include "audit/message_ids.h"

#include <utility>

namespace ck {
namespace {

constexpr std::uint64_t key_of(std::uint32_t id) {
  return (id >> 4) + 1;
}
constexpr unsigned shift_of(std::uint32_t id) {
  return (id & 15) * 4;
}

}  // namespace

std::optional<Exchange> MessageIds::find(std::uint32_t id) const {
  const std::uint64_t* block = key_of(id) == recent_key_ ? &recent_ : blocks_.find(key_of(id));
  if (block == nullptr) return std::nullopt;
  const unsigned use = (*block >> shift_of(id)) & 15;
  if (use == 0) return std::nullopt;
  return static_cast<Exchange>(use - 1);
}

/// Makes the ID's block the recent one.
void MessageIds::turn_to(std::uint32_t id) {
  if (key_of(id) == recent_key_) return;
  if (recent_ != 0) blocks_[recent_key_] = recent_;
  recent_key_ = key_of(id);
  const std::uint64_t* block = blocks_.find(recent_key_);
  recent_ = block == nullptr ? 0 : *block;
  if (block != nullptr) blocks_.erase(recent_key_);
}

bool MessageIds::add(std::uint32_t id, Exchange exchange, std::size_t limit) {
  turn_to(id);
  const std::uint64_t mask = 15ULL << shift_of(id);
  const bool known = (recent_ & mask) != 0;
  recent_ = (recent_ & ~mask) | ((static_cast<std::uint64_t>(exchange) + 1) << shift_of(id));
  if (known) return false;
  remember_order(id);
  if (++count_ <= limit) return false;
  forget_oldest();
  return true;
}

void MessageIds::remember_order(std::uint32_t id) {
  if (newest_.count == 1) newest_.step = id - newest_.first;
  if (newest_.count != 0 && id == newest_.first + newest_.step * newest_.count) {
    ++newest_.count;
    return;
  }
  if (newest_.count != 0) runs_.push_back(newest_);
  newest_ = Run{id, 1, 0};
}

void MessageIds::forget_oldest() {
  const bool older = oldest_run_ < runs_.size();
  Run& run = older ? runs_[oldest_run_] : newest_;
  const std::uint32_t id = run.first;
  run.first += run.step;
  if (--run.count == 0 && older) ++oldest_run_;
  --count_;
  if (oldest_run_ > 32 && oldest_run_ * 2 > runs_.size()) {
    runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(oldest_run_));
    oldest_run_ = 0;
  }
  const std::uint64_t others = ~(15ULL << shift_of(id));
  if (key_of(id) == recent_key_) {
    recent_ &= others;
  } else if (std::uint64_t* block = blocks_.find(key_of(id)); block != nullptr) {
    *block &= others;
    if (*block == 0) blocks_.erase(key_of(id));
  }
}

}  // namespace ck
