// Records as bytes, for the spools. In and out of one process only, so plain host order and no
// versions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "audit/records.h"
#include "report/byte_buffer.h"

namespace ck::report {

/// A size of this or more stands in eight bytes behind this one.
inline constexpr std::size_t kLongSize = 0xFF;

/// What EncodedRoom and Encoder, each as `Out`, understand in the same way.
template <typename Out>
class Encoding {
 public:
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void put(const T& value) { out().put_all(&value, 1); }
  void put(const std::string& text) { out().put(std::string_view(text)); }
  void put(const std::optional<std::string>& text) {
    put(text.has_value());
    if (text) put(*text);
  }
  template <typename Key, typename T>
  void put(const SortedMap<Key, T>& map) {
    out().put_size(map.size());
    for (const auto& [key, value] : map) {
      out().put(key);
      out().put(value);
    }
  }
  template <typename T>
  void put(const std::vector<T>& list) {
    out().put_size(list.size());
    if constexpr (std::is_trivially_copyable_v<T>) {
      out().put_all(list.data(), list.size());
    } else {
      for (const T& element : list) out().put(element);
    }
  }

 private:
  Out& out() { return static_cast<Out&>(*this); }
};

/// Counts what an Encoder that is told the same takes at most.
class EncodedRoom : public Encoding<EncodedRoom> {
 public:
  using Encoding::put;
  [[nodiscard]] std::size_t size() const { return size_; }
  void put(std::string_view text) {
    put_size(text.size());
    size_ += text.size();
  }
  void put_size(std::size_t /*size*/) { size_ += 1 + sizeof(std::uint64_t); }
  template <typename T>
  void put_all(const T* /*values*/, std::size_t count) {
    size_ += count * sizeof(T);
  }

 private:
  std::size_t size_ = 0;
};

/// Writes where there is room.
class Encoder : public Encoding<Encoder> {
 public:
  using Encoding::put;
  explicit Encoder(char* to) : to_(to) {}
  /// Behind what was written.
  [[nodiscard]] char* end() const { return to_; }
  void put(std::string_view text) {
    put_size(text.size());
    put_all(text.data(), text.size());
  }
  /// One byte for nearly all.
  void put_size(std::size_t size) {
    put(static_cast<std::uint8_t>(std::min(size, kLongSize)));
    if (size >= kLongSize) put(static_cast<std::uint64_t>(size));
  }
  template <typename T>
  void put_all(const T* values, std::size_t count) {
    if (count != 0) std::memcpy(to_, values, count * sizeof(T));
    to_ += count * sizeof(T);
  }

 private:
  char* to_;
};

/// Reads what an Encoder wrote, in the same order.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void get(T& value) {
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
  }
  void get(std::string_view& text) {
    text = rest_.substr(0, get_size());
    rest_.remove_prefix(text.size());
  }
  void get(std::string& text) {
    std::string_view view;
    get(view);
    text = view;
  }
  void get(std::optional<std::string>& text) {
    bool present = false;
    get(present);
    if (!present) {
      text.reset();
    } else {
      get(text ? *text : text.emplace());
    }
  }
  /// Keys that are views stay in the bytes. The entries of the record before are filled in anew.
  template <typename Key, typename T>
  void get(SortedMap<Key, T>& map) {
    auto& entries = map.entries_in_order();
    entries.resize(get_size());
    for (auto& [key, value] : entries) {
      get(key);
      get(value);
    }
  }
  template <typename T>
  void get(std::vector<T>& list) {
    list.resize(get_size());
    if constexpr (std::is_trivially_copyable_v<T>) {
      if (list.empty()) return;
      std::memcpy(list.data(), rest_.data(), list.size() * sizeof(T));
      rest_.remove_prefix(list.size() * sizeof(T));
    } else {
      for (T& element : list) get(element);
    }
  }

 private:
  std::size_t get_size() {
    std::uint8_t small = 0;
    get(small);
    if (small < kLongSize) return small;
    std::uint64_t size = 0;
    get(size);
    return static_cast<std::size_t>(size);
  }

  std::string_view rest_;
};

/// Appends one of the records that describe.h describes.
template <typename Record>
void encode(const Record& record, ByteBuffer& bytes);

/// Reads what encode() appended. What a record's description does not store stays as it was.
template <typename Record>
void decode(std::string_view bytes, Record& record);

}  // namespace ck::report
