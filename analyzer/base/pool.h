// Objects that are named by small handles, and lists through them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/rooms.h"

namespace ck::base {

/// A handle of a Pool's object; kNone is none.
using Handle = std::uint32_t;
inline constexpr Handle kNone = 0xFFFFFFFFU;

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

}  // namespace ck::base
