// MessageIDs in blocks of sixty-four, their order in runs of equal step.
#include "audit/message_ids.h"

#include <utility>

namespace ck::audit {
namespace {

/// Small for a small difference either way, modulo 2^32.
constexpr std::uint32_t fold_sign(std::uint32_t difference) {
  return (difference << 1) ^ (0 - (difference >> 31));
}
constexpr std::uint32_t unfold_sign(std::uint32_t folded) {
  return (folded >> 1) ^ (0 - (folded & 1));
}

}  // namespace

unsigned MessageIds::Block::get(std::uint32_t id) const {
  unsigned use = 0;
  for (unsigned i = 0; i < planes.size(); ++i) use |= static_cast<unsigned>(planes[i] >> (id & 63) & 1) << i;
  return use;
}

void MessageIds::Block::set(std::uint32_t id, unsigned use) {
  static_assert(static_cast<unsigned>(Exchange::allocation) + 1 < 8, "three bits hold an exchange plus 1");
  const std::uint64_t bit = std::uint64_t{1} << (id & 63);
  for (unsigned i = 0; i < planes.size(); ++i)
    planes[i] = (use >> i & 1) != 0 ? planes[i] | bit : planes[i] & ~bit;
}

std::optional<Exchange> MessageIds::find(std::uint32_t id) const {
  const Block* block = &recent_;
  if (key_of(id) != recent_key_) block = past_ == nullptr ? nullptr : past_->blocks.find(key_of(id));
  const unsigned use = block == nullptr ? 0 : block->get(id);
  if (use == 0) return std::nullopt;
  return static_cast<Exchange>(use - 1);
}

/// Makes the ID's block the recent one.
void MessageIds::turn_to(std::uint32_t id) {
  if (key_of(id) == recent_key_) return;
  if (!recent_.empty()) past().blocks[recent_key_] = recent_;
  recent_key_ = key_of(id);
  const Block* block = past_ == nullptr ? nullptr : past_->blocks.find(recent_key_);
  recent_ = block == nullptr ? Block{} : *block;
  if (block != nullptr) past_->blocks.erase(recent_key_);
}

bool MessageIds::add(std::uint32_t id, Exchange exchange, std::size_t limit) {
  turn_to(id);
  const bool known = recent_.get(id) != 0;
  recent_.set(id, static_cast<unsigned>(exchange) + 1);
  if (known) return false;
  remember_order(id);
  if (++count_ <= limit) return false;
  forget_oldest();
  return true;
}

/// Seven bits a byte, the lowest first; the high bit says that more follow.
void MessageIds::write(std::vector<std::uint8_t>& bytes, std::uint32_t number) {
  for (; number >= 0x80; number >>= 7) bytes.push_back(static_cast<std::uint8_t>(number | 0x80));
  bytes.push_back(static_cast<std::uint8_t>(number));
}
std::uint32_t MessageIds::read(Past& past) {
  std::uint32_t number = 0;
  for (unsigned shift = 0;; shift += 7) {
    const std::uint8_t byte = past.between[past.read++];
    number |= static_cast<std::uint32_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return number;
  }
}

void MessageIds::remember_order(std::uint32_t id) {
  if (newest_.count == 1) newest_.step = id - newest_.first;
  if (newest_.count != 0 && id == newest_.first + newest_.step * newest_.count) {
    ++newest_.count;
    return;
  }
  if (newest_.count != 0) {
    Past& before = past();
    write(before.between, fold_sign(newest_.first - before.last_written));
    write(before.between, newest_.count);
    if (newest_.count > 1) write(before.between, fold_sign(newest_.step));
    before.last_written = newest_.first;
  }
  newest_ = Run{id, 1, 0};
}

void MessageIds::forget_oldest() {
  constexpr std::uint32_t kWorthMoving = 256;
  Past& before = past();
  if (before.oldest.count == 0 && before.read < before.between.size()) {
    before.oldest.first = before.last_read + unfold_sign(read(before));
    before.oldest.count = read(before);
    before.oldest.step = before.oldest.count > 1 ? unfold_sign(read(before)) : 0;
    before.last_read = before.oldest.first;
    if (before.read > kWorthMoving && before.read * 2 > before.between.size()) {
      before.between.erase(before.between.begin(),
                           before.between.begin() + static_cast<std::ptrdiff_t>(before.read));
      before.read = 0;
    }
  }
  Run& run = before.oldest.count != 0 ? before.oldest : newest_;
  const std::uint32_t id = run.first;
  run.first += run.step;
  --run.count;
  --count_;
  if (key_of(id) == recent_key_) {
    recent_.set(id, 0);
  } else if (Block* block = before.blocks.find(key_of(id)); block != nullptr) {
    block->set(id, 0);
    if (block->empty()) before.blocks.erase(key_of(id));
  }
}

}  // namespace ck::audit
