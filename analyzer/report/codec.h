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

/// Appends to a buffer of somebody else's, which is used again for record after record.
class Encoder {
 public:
  explicit Encoder(ByteBuffer& bytes) : bytes_(bytes) {}
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void put(const T& value) { put_all(&value, 1); }
  void put(std::string_view text) {
    put_size(text.size());
    bytes_.append(text);
  }
  void put(const std::string& text) { put(std::string_view(text)); }
  void put(const std::optional<std::string>& text) {
    put(text.has_value());
    if (text) put(*text);
  }
  template <typename Key, typename T>
  void put(const SortedMap<Key, T>& map) {
    put_size(map.size());
    for (const auto& [key, value] : map) {
      put(key);
      put(value);
    }
  }
  template <typename T>
  void put(const std::vector<T>& list) {
    put_size(list.size());
    if constexpr (std::is_trivially_copyable_v<T>) {
      put_all(list.data(), list.size());
    } else {
      for (const T& element : list) put(element);
    }
  }

 private:
  /// One byte for nearly all.
  void put_size(std::size_t size) {
    put(static_cast<std::uint8_t>(std::min(size, kLongSize)));
    if (size >= kLongSize) put(static_cast<std::uint64_t>(size));
  }
  template <typename T>
  void put_all(const T* values, std::size_t count) {
    bytes_.append({reinterpret_cast<const char*>(values), count * sizeof(T)});
  }

  ByteBuffer& bytes_;
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
