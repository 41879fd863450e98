// The engine's containers: a flat hash map of 64-bit keys, a pool of objects with small handles, and digests
// of strings. The hot path touches nothing else, so that a message costs a few cache lines and hardly an
// allocation.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace ck {

/// A handle of a Pool's object; kNone is none.
using Handle = std::uint32_t;
inline constexpr Handle kNone = 0xFFFFFFFFU;

/// Drawn once a process, so that a capture cannot be made to collide; nothing that is reported depends on it.
std::uint64_t make_hash_seed();
inline const std::uint64_t kHashSeed = make_hash_seed();
inline std::uint64_t hash_seed() {
  return kHashSeed;
}

inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// One key of two numbers, never 0.
inline std::uint64_t digest_of(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t hashed = mix(mix(a ^ hash_seed(), 0x9E3779B97F4A7C15ULL) ^ b, 0xD6E8FEB86659FD93ULL);
  return hashed == 0 ? 1 : hashed;
}

/// A digest of `text`, never 0. Equal texts have equal digests; different ones differ for all practical
/// purposes.
inline std::uint64_t digest_of(std::string_view text, std::uint64_t salt = 0) {
  std::uint64_t hashed = hash_seed() ^ mix(salt + 0x8EBC6AF09C88C6E3ULL, text.size() + 0x589965CC75374CC3ULL);
  const char* data = text.data();
  std::size_t left = text.size();
  for (; left >= 8; data += 8, left -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data, 8);
    hashed = mix(hashed ^ word, 0xA0761D6478BD642FULL) + 0x1D8E4E27C47D124FULL;
  }
  std::uint64_t tail = 0;
  if (left > 0) std::memcpy(&tail, data, left);
  hashed = mix(hashed ^ tail, 0xE7037ED1A0B428DBULL);
  hashed = mix(hashed ^ text.size(), 0x9E3779B97F4A7C15ULL);
  return hashed == 0 ? 1 : hashed;
}

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

  [[nodiscard]] std::size_t home_of(std::uint64_t key) const {
    return mix(key ^ hash_seed(), 0x9E3779B97F4A7C15ULL) & (slots_.size() - 1);
  }
  [[nodiscard]] std::size_t place_of(std::uint64_t key) const {
    std::size_t at = home_of(key);
    while (slots_[at].key != 0 && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return at;
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 4 : slots_.size() * 2);
    old.swap(slots_);
    for (Slot& slot : old) {
      if (slot.key != 0) slots_[place_of(slot.key)] = std::move(slot);
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

/// Objects with stable addresses, named by handles; a freed handle is used again.
template <class T>
class Pool {
 public:
  Handle make() {
    ++size_;
    if (!free_.empty()) {
      const Handle handle = free_.back();
      free_.pop_back();
      return handle;
    }
    if (made_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<T[]>(kChunk));
    return static_cast<Handle>(made_++);
  }
  void free(Handle handle) {
    T& object = (*this)[handle];
    std::destroy_at(&object);
    std::construct_at(&object);  // in its place: assigning a fresh one would move each of its members
    free_.push_back(handle);
    --size_;
  }
  T& operator[](Handle handle) { return chunks_[handle / kChunk][handle % kChunk]; }
  const T& operator[](Handle handle) const { return chunks_[handle / kChunk][handle % kChunk]; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kChunk = 64;
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<Handle> free_;
  std::size_t made_ = 0, size_ = 0;
};

/// A doubly linked list through a Pool's objects; `Links` names the member that holds the links.
struct ListLinks {
  Handle before = kNone, after = kNone;
};
struct List {
  Handle head = kNone, tail = kNone;
  std::uint32_t count = 0;
};
template <class T, ListLinks T::*Links>
void push_back(Pool<T>& pool, List& list, Handle item) {
  (pool[item].*Links) = ListLinks{list.tail, kNone};
  if (list.tail != kNone) {
    (pool[list.tail].*Links).after = item;
  } else {
    list.head = item;
  }
  list.tail = item;
  ++list.count;
}
template <class T, ListLinks T::*Links>
void unlink(Pool<T>& pool, List& list, Handle item) {
  const ListLinks links = pool[item].*Links;
  (links.before != kNone ? (pool[links.before].*Links).after : list.head) = links.after;
  (links.after != kNone ? (pool[links.after].*Links).before : list.tail) = links.before;
  (pool[item].*Links) = ListLinks{};
  --list.count;
}

}  // namespace ck
