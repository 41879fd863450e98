// JSON into room that was asked for before. A report is made of millions of small objects: the most that one
// takes is counted first (JsonRoom), and then all of it is written with no look at how much room is left
// (JsonCursor). Both are told the same, in the same calls. Text is sanitised on the way (escape.h).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/address_text.h"
#include "base/digits.h"
#include "protocol/catalogue.h"
#include "report/value_text.h"

namespace ck::report {

/// What JsonRoom and JsonCursor, each as `Out`, understand in the same way.
template <typename Out>
class JsonValues {
 public:
  using Texts = std::vector<std::string>;

  template <typename T>
  void value(const std::optional<T>& maybe) {
    maybe ? out().value(*maybe) : out().null();
  }
  void value(const char* text) { out().value(std::string_view(text)); }
  void value(const std::string& text) { out().value(std::string_view(text)); }
  void value(const Texts& list) {
    out().begin_array();
    for (const std::string& element : list) out().value(element);
    out().end_array();
  }
  template <std::size_t Size, typename T>
  void member(const char (&name)[Size], const T& v) {
    out().key(name);
    out().value(v);
  }
  template <typename T>
  void member(std::string_view name, const T& v) {
    out().key(name);
    out().value(v);
  }

 private:
  Out& out() { return static_cast<Out&>(*this); }
};

/// Counts what a JsonCursor that is told the same takes at most.
class JsonRoom : public JsonValues<JsonRoom> {
 public:
  using JsonValues::value;
  [[nodiscard]] std::size_t size() const { return size_; }

  void begin_object() { ++size_; }
  void end_object() { size_ += 2; }
  void begin_array() { ++size_; }
  void end_array() { size_ += 2; }
  template <std::size_t Size>
  void key(const char (&/*name*/)[Size]) {
    size_ += Size + 2;
  }
  void key(std::string_view name) { value(name); }
  /// A byte becomes six at most: \u001b.
  void value(std::string_view text) { size_ += 6 * text.size() + 3; }
  template <std::size_t Capacity>
  void value(const ShortText<Capacity>& /*text*/) {
    size_ += Capacity + 3;
  }
  void value(bool /*flag*/) { size_ += 6; }
  template <std::integral T>
  void value(T /*number*/) {
    size_ += 22;  // -9223372036854775808, written as if it had 20 digits, and a comma
  }
  void time(std::int64_t /*time_ns*/) { size_ += TimeTexts::kSize + 3; }
  void endpoint(const Endpoint& /*endpoint*/) { value(EndpointText()); }
  void seconds(std::int64_t /*ns*/) { size_ += sizeof(ShortText<24>::bytes) + 1; }
  void null() { size_ += 5; }
  void raw(std::string_view json) { size_ += json.size() + 1; }

 private:
  std::size_t size_ = 0;
};

/// Writes where there is room. A comma follows each value; the end of its object or array takes the last one
/// back.
class JsonCursor : public JsonValues<JsonCursor> {
 public:
  using JsonValues::value;
  /// `begin`: where the JSON that is continued begins.
  JsonCursor(char* to, const char* begin, TimeTexts& times) : to_(to), begin_(begin), times_(&times) {}
  /// Behind what was written.
  [[nodiscard]] char* end() const { return to_; }

  void begin_object() { *to_++ = '{'; }
  void end_object() { close('}'); }
  void begin_array() { *to_++ = '['; }
  void end_array() { close(']'); }
  /// A member's name, which needs no escapes; its value follows.
  template <std::size_t Size>
  void key(const char (&name)[Size]) {
    *to_ = '"';
    std::memcpy(to_ + 1, name, Size - 1);
    std::memcpy(to_ + Size, "\":", 2);
    to_ += Size + 2;
  }
  /// The same of one that may need escapes.
  void key(std::string_view name) {
    value(name);
    to_[-1] = ':';  // not a value's comma
  }

  void value(std::string_view text) { to_ = put_text(to_, text); }
  /// Made of digits, letters and marks that need no escape.
  template <std::size_t Capacity>
  void value(const ShortText<Capacity>& text) {
    *to_++ = '"';
    put(text);
    std::memcpy(to_, "\",", 2);
    to_ += 2;
  }
  void value(bool flag) { raw(flag ? "true" : "false"); }
  template <std::integral T>
  void value(T number) {
    auto magnitude = static_cast<std::uint64_t>(number);
    if (number < T{0}) {
      *to_++ = '-';
      magnitude = 0 - magnitude;
    }
    to_ = put_number(to_, magnitude);
    *to_++ = ',';
  }
  /// A time as RFC 3339 writes it.
  void time(std::int64_t time_ns) {
    *to_ = '"';
    to_ = times_->put(to_ + 1, time_ns);
    std::memcpy(to_, "\",", 2);
    to_ += 2;
  }
  /// As endpoint_text() writes it.
  void endpoint(const Endpoint& endpoint) { value(endpoint_text(endpoint)); }
  void seconds(std::int64_t ns) {
    put(seconds_text(ns));
    *to_++ = ',';
  }
  void null() {
    std::memcpy(to_, "null,", 5);
    to_ += 5;
  }
  /// A value that is JSON already.
  void raw(std::string_view json) {
    if (!json.empty()) std::memcpy(to_, json.data(), json.size());
    to_ += json.size();
    *to_++ = ',';
  }

 private:
  void close(char c) {
    if (to_ != begin_ && to_[-1] == ',') --to_;
    *to_++ = c;
    *to_++ = ',';
  }
  /// All of its bytes, which is no more work than those that count.
  template <std::size_t Capacity>
  void put(const ShortText<Capacity>& text) {
    std::memcpy(to_, text.bytes, Capacity);
    to_ += text.size;
  }
  static char* put_text(char* to, std::string_view text);

  char* to_;
  const char* begin_;
  TimeTexts* times_;
};

}  // namespace ck::report
