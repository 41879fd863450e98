// MessageIDs in blocks of sixteen, their order in runs of equal step.
#include "audit/message_ids.h"

namespace ck {
namespace {

constexpr std::uint64_t block_of(std::uint32_t id) {
  return (id >> 4) + 1;
}
constexpr unsigned shift_of(std::uint32_t id) {
  return (id & 15) * 4;
}

}  // namespace

std::optional<Exchange> MessageIds::find(std::uint32_t id) const {
  const std::uint64_t* block = blocks_.find(block_of(id));
  if (block == nullptr) return std::nullopt;
  const unsigned use = (*block >> shift_of(id)) & 15;
  if (use == 0) return std::nullopt;
  return static_cast<Exchange>(use - 1);
}

bool MessageIds::add(std::uint32_t id, Exchange exchange, std::size_t limit) {
  std::uint64_t& block = blocks_[block_of(id)];
  const std::uint64_t mask = 15ULL << shift_of(id);
  const bool known = (block & mask) != 0;
  block = (block & ~mask) | ((static_cast<std::uint64_t>(exchange) + 1) << shift_of(id));
  if (known) return false;
  remember_order(id);
  if (++count_ <= limit) return false;
  forget_oldest();
  return true;
}

void MessageIds::remember_order(std::uint32_t id) {
  if (oldest_run_ < runs_.size()) {
    Run& last = runs_.back();
    if (last.count == 1) last.step = id - last.first;
    if (id == last.first + last.step * last.count) {
      ++last.count;
      return;
    }
  }
  runs_.push_back(Run{id, 1, 0});
}

void MessageIds::forget_oldest() {
  Run& run = runs_[oldest_run_];
  const std::uint32_t id = run.first;
  run.first += run.step;
  if (--run.count == 0) ++oldest_run_;
  --count_;
  if (oldest_run_ > 32 && oldest_run_ * 2 > runs_.size()) {
    runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(oldest_run_));
    oldest_run_ = 0;
  }
  std::uint64_t* block = blocks_.find(block_of(id));
  if (block == nullptr) return;
  *block &= ~(15ULL << shift_of(id));
  if (*block == 0) blocks_.erase(block_of(id));
}

}  // namespace ck
