// A flat hash map of 64-bit keys: a look costs a cache line or two and no allocation.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/rooms.h"

namespace ck::base {

/// Open addressing, linear probing, no tombstones. Key 0 is not allowed. References are valid until the next
/// insertion.
template <class Value>
class FlatMap {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] Value* find(std::uint64_t key) {
    return const_cast<Value*>(static_cast<const FlatMap*>(this)->find(key));
  }
  [[nodiscard]] const Value* find(std::uint64_t key) const {
    if (slots_.empty()) return nullptr;
    const std::size_t at = place_of(key);
    return slots_[at].key == key ? &slots_[at].value : nullptr;
  }

  /// Asks for the memory where a key's value lies, or would lie, long enough before it is looked for.
  void fetch(std::uint64_t key) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[home_of(key)], 1);
  }

  /// The key's value, default-made where the key is new.
  Value& operator[](std::uint64_t key) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    Slot& slot = slots_[place_of(key)];
    if (slot.key != key) {
      slot.key = key;
      ++size_;
    }
    return slot.value;
  }

  void erase(std::uint64_t key) {
    if (slots_.empty()) return;
    std::size_t hole = place_of(key);
    if (slots_[hole].key != key) return;
    const std::size_t last = slots_.size() - 1;
    for (std::size_t next = (hole + 1) & last; slots_[next].key != 0; next = (next + 1) & last) {
      const std::size_t home = home_of(slots_[next].key);
      if (((next - home) & last) < ((next - hole) & last)) continue;  // it would move before its home
      slots_[hole] = std::move(slots_[next]);
      hole = next;
    }
    slots_[hole] = Slot{};
    --size_;
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for (const Slot& slot : slots_) {
      if (slot.key != 0) visit(slot.key, slot.value);
    }
  }

 private:
  struct Slot {
    std::uint64_t key = 0;
    Value value{};
  };
  using Slots = std::vector<Slot>;

  [[nodiscard]] std::size_t home_of(std::uint64_t key) const {
    return mix(key ^ hash_seed(), 0x9E3779B97F4A7C15ULL) & (slots_.size() - 1);
  }
  [[nodiscard]] std::size_t place_of(std::uint64_t key) const {
    std::size_t at = home_of(key);
    while (slots_[at].key != 0 && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return at;
  }
  [[gnu::noinline, gnu::cold]] void grow() {
    Slots old(slots_.empty() ? 4 : slots_.size() * 2);
    old.swap(slots_);
    for (Slot& slot : old) {
      if (slot.key != 0) slots_[place_of(slot.key)] = std::move(slot);
    }
  }

  Slots slots_;
  std::size_t size_ = 0;
};

}  // namespace ck::base
