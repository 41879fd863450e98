// A list of which most have few elements: those lie in it, and only more than those ask for memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
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

  void push_back(const T& value) { insert(end(), value); }
  /// Puts a value in front of the one at `at`, or at the end.
  void insert(const T* at, const T& value) {
    const T kept = value;
    const std::size_t place = static_cast<std::size_t>(at - begin());
    if (size_ == capacity_) grow();
    T* const all = many_ ? many_.get() : few_;
    std::copy_backward(all + place, all + size_, all + size_ + 1);
    all[place] = kept;
    ++size_;
  }

 private:
  [[gnu::cold, gnu::noinline]] void grow() {
    std::unique_ptr<T[]> more(new T[capacity_ * 2]);
    std::copy_n(begin(), size_, more.get());
    many_ = std::move(more);
    capacity_ *= 2;
  }

  std::size_t size_ = 0, capacity_ = kFew;
  std::unique_ptr<T[]> many_;  ///< all of them, once they are more than a few
  T few_[kFew];
};

}  // namespace ck::base
