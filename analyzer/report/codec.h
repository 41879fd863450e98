// Audit records as bytes, for the spools. In and out of one process only, so plain host order and no
// versions.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "audit/audit.h"

namespace ck {

class Encoder {
 public:
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void put(const T& value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void put(std::string_view text) {
    put(static_cast<std::uint64_t>(text.size()));
    bytes_.append(text);
  }
  void put(const std::string& text) { put(std::string_view(text)); }
  void put(const std::optional<std::string>& text) {
    put(text.has_value());
    if (text) put(*text);
  }
  template <typename T>
  void put(const std::vector<T>& list) {
    put(static_cast<std::uint64_t>(list.size()));
    for (const T& element : list) put(element);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
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
    std::uint64_t size = 0;
    get(size);
    text = rest_.substr(0, static_cast<std::size_t>(size));
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
    text.reset();
    if (present) get(text.emplace());
  }
  template <typename T>
  void get(std::vector<T>& list) {
    std::uint64_t size = 0;
    get(size);
    list.resize(static_cast<std::size_t>(size));
    for (T& element : list) get(element);
  }

 private:
  std::string_view rest_;
};

/// A message as it waits for the end of the audit, when its pair is known. `parameters` and `others` are
/// JSON.
struct StoredMessage {
  MessageRef ref;
  std::string name;  ///< Table I.1; empty: unknown
  std::optional<std::uint16_t> version, length;
  std::string parameters;
  std::string others;
  std::optional<std::uint64_t> paired_with;  ///< a frame
  PairedBy paired_by{};
};

std::string encode(const Finding& record);
std::string encode(const ConnectionRecord& record);
std::string encode(const RelayRecord& record);
std::string encode(const SessionRecord& record);
std::string encode(const ReservationRecord& record);
std::string encode(const ResponseTimes& record);
std::string encode(const StoredMessage& record);  ///< without the pair

/// `state` and other views of a decoded record point into `bytes`.
void decode(std::string_view bytes, Finding& record);
void decode(std::string_view bytes, ConnectionRecord& record);
void decode(std::string_view bytes, RelayRecord& record);
void decode(std::string_view bytes, SessionRecord& record);
void decode(std::string_view bytes, ReservationRecord& record);
void decode(std::string_view bytes, ResponseTimes& record);
void decode(std::string_view bytes, StoredMessage& record);

}  // namespace ck
