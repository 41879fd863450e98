// Bytes that grow at the end and are used again: what a report is rendered and spooled from, a record at a
// time, without an allocation for each.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/rooms.h"

namespace ck::report {

class ByteBuffer {
 public:
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Bytes that it has memory for.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  /// Empties it; what it has allocated stays.
  void clear() { size_ = 0; }

  /// Room for `size` more bytes behind the last one. What was written there counts once it is taken().
  char* room(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
    return bytes_.get() + size_;
  }
  /// `end` is behind the last byte that was written to the room.
  void taken(const char* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }

  /// REQUIRES: so many bytes are there from `offset` on.
  void rewrite(std::size_t offset, std::string_view bytes) {
    std::memcpy(bytes_.get() + offset, bytes.data(), bytes.size());
  }
  void append(std::string_view bytes) {
    char* to = room(bytes.size());
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void append(char c) {
    *room(1) = c;
    ++size_;
  }

 private:
  void grow(std::size_t size) {
    const std::size_t capacity = std::max<std::size_t>({256, capacity_ * 2, size_ + size});
    std::unique_ptr<char[]> bytes(new char[capacity]);
    if (size_ != 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace ck::report
