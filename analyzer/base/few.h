// A list of which most have few elements: those lie in it, and only more than those ask for memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>

#include "base/rooms.h"

namespace ck::base {

/// Elements at consecutive addresses, as in a std::vector. It moves and is not copied.
template <class T, std::size_t kFew>
requires std::is_trivially_copyable_v<T>
class Few {
 public:
  Few() = default;
  Few(Few&& other) noexcept { *this = std::move(other); }
  Few& operator=(Few&& other) noexcept {
    std::copy_n(other.few_, std::min(other.size_, kFew), few_);
    many_ = std::move(other.many_);
    size_ = other.size_;
    capacity_ = other.capacity_;
    other.size_ = 0;
    other.capacity_ = kFew;
    return *this;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const T* begin() const { return many_ ? many_.get() : few_; }
  [[nodiscard]] const T* end() const { return begin() + size_; }
  [[nodiscard]] const T& front() const { return *begin(); }
  [[nodiscard]] const T& back() const { return end()[-1]; }
  [[nodiscard]] T& back() { return all()[size_ - 1]; }
  [[nodiscard]] const T& operator[](std::size_t at) const { return begin()[at]; }
  /// Elements that there is room for.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  void push_back(const T& value) { insert(end(), value); }
  /// Puts a value in front of the one at `at`, or at the end.
  void insert(const T* at, const T& value) {
    const T kept = value;
    const std::size_t place = static_cast<std::size_t>(at - begin());
    if (size_ == capacity_) grow();
    T* const values = all();
    std::copy_backward(values + place, values + size_, values + size_ + 1);
    values[place] = kept;
    ++size_;
  }
  /// Adds values that lie elsewhere.
  void append(std::span<const T> values) {
    if (values.size() > capacity_ - size_) grow(size_ + values.size());
    std::copy_n(values.data(), values.size(), all() + size_);
    size_ += values.size();
  }
  /// Forgets the first ones. What is left of many, and is few again, lies in the list.
  void drop_front(std::size_t count) {
    T* const values = all();
    size_ -= count;
    if (many_ && size_ <= kFew) {
      std::copy_n(values + count, size_, few_);
      many_.reset();
      capacity_ = kFew;
    } else {
      std::copy_n(values + count, size_, values);
    }
  }
  void clear() { drop_front(size_); }

 private:
  [[nodiscard]] T* all() { return many_ ? many_.get() : few_; }
  [[gnu::cold, gnu::noinline]] void grow(std::size_t least = 0) {
    const std::size_t room = std::max(least, capacity_ * 2);
    std::unique_ptr<T[]> more(new T[room]);
    std::copy_n(begin(), size_, more.get());
    many_ = std::move(more);
    capacity_ = room;
  }

  std::size_t size_ = 0, capacity_ = kFew;
  std::unique_ptr<T[]> many_;  ///< all of them, once they are more than a few
  T few_[kFew];
};

}  // namespace ck::base
