// Objects that are named by typed indices, and lists through them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/id.h"
#include "base/rooms.h"

namespace ck::base {

/// Objects with stable addresses, named by Ids; a freed Id is used again.
template <class T>
class Pool {
 public:
  Id<T> make() {
    ++size_;
    if (!free_.empty()) {
      const Id<T> id = free_.back();
      free_.pop_back();
      return id;
    }
    if (made_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<T[]>(kChunk));
    return Id<T>(static_cast<std::uint32_t>(made_++));
  }
  void free(Id<T> id) {
    T& object = (*this)[id];
    std::destroy_at(&object);
    std::construct_at(&object);  // in its place: assigning a fresh one would move each of its members
    free_.push_back(id);
    --size_;
  }
  T& operator[](Id<T> id) { return chunks_[id.index() / kChunk][id.index() % kChunk]; }
  const T& operator[](Id<T> id) const { return chunks_[id.index() / kChunk][id.index() % kChunk]; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kChunk = 64;
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<Id<T>> free_;
  std::size_t made_ = 0, size_ = 0;
};

/// A doubly linked list through a Pool's objects; `Links` names the member that holds the links.
template <class T>
struct ListLinks {
  Id<T> before, after;
};
template <class T>
struct List {
  Id<T> head, tail;
  std::uint32_t count = 0;
};
template <class T, ListLinks<T> T::*Links>
void push_back(Pool<T>& pool, List<T>& list, Id<T> item) {
  (pool[item].*Links) = ListLinks<T>{list.tail, kNone};
  if (list.tail != kNone) {
    (pool[list.tail].*Links).after = item;
  } else {
    list.head = item;
  }
  list.tail = item;
  ++list.count;
}
template <class T, ListLinks<T> T::*Links>
void unlink(Pool<T>& pool, List<T>& list, Id<T> item) {
  const ListLinks<T> links = pool[item].*Links;
  (links.before != kNone ? (pool[links.before].*Links).after : list.head) = links.after;
  (links.after != kNone ? (pool[links.after].*Links).before : list.tail) = links.before;
  (pool[item].*Links) = ListLinks<T>{};
  --list.count;
}

}  // namespace ck::base
