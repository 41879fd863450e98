// Objects that are named by typed indices, and lists through them.
#pragma once

#include <algorithm>
#include <bit>
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
  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    for (std::size_t i = 0; i < chunks_.size(); ++i) {
      for (std::uint64_t left = made_in_[i]; left != 0; left &= left - 1)
        std::destroy_at(chunks_[i] + std::countr_zero(left));
    }
    for (T* chunk : chunks_) std::allocator<T>().deallocate(chunk, kChunk);
  }
  Id<T> make() {
    ++size_;
    if (!free_.empty()) {
      const Id<T> id = free_.back();
      free_.pop_back();
      return id;
    }
    if (made_ == chunks_.size() * kChunk) {
      chunks_.push_back(std::allocator<T>().allocate(kChunk));
      made_in_.push_back(0);
    }
    const Id<T> id(static_cast<std::uint32_t>(made_++));
    std::construct_at(&(*this)[id]);
    made_in_[id.index() / kChunk] |= std::uint64_t{1} << id.index() % kChunk;
    return id;
  }
  void free(Id<T> id) {
    T& object = (*this)[id];
    std::destroy_at(&object);
    std::construct_at(&object);  // in its place: assigning a fresh one would move each of its members
    free_.push_back(id);
    --size_;
  }
  /// Destroys an object while it is at hand, where nothing will be asked of any any more: neither it nor its
  /// Id may be used again.
  void retire(Id<T> id) {
    std::destroy_at(&(*this)[id]);
    made_in_[id.index() / kChunk] &= ~(std::uint64_t{1} << id.index() % kChunk);
    --size_;
  }
  T& operator[](Id<T> id) { return chunks_[id.index() / kChunk][id.index() % kChunk]; }
  const T& operator[](Id<T> id) const { return chunks_[id.index() / kChunk][id.index() % kChunk]; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kChunk = 64;  // as many as a word has bits

  std::vector<T*> chunks_;
  std::vector<std::uint64_t>
      made_in_;  ///< a bit for each object of a chunk: it is there, be it in use or free
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
