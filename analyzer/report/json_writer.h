// Writes one JSON object or array at a time into memory: a report is made of millions of small objects, each
// rendered here and then appended to an Output. Text is sanitised on the way (escape.h).
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/byte_buffer.h"
#include "report/value_text.h"

namespace ck::report {

class JsonWriter {
 public:
  /// What was written; starts empty after clear(). Valid until the next write.
  [[nodiscard]] std::string_view text() const { return text_.view(); }
  void clear() {
    text_.clear();
    fresh_ = true;
  }

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  /// A member's name; its value follows. A literal is known to need no escapes.
  void key(std::string_view name);
  template <std::size_t Size>
  void key(const char (&name)[Size]) {
    char* to = text_.room(Size + 3);
    if (!fresh_) *to++ = ',';
    *to++ = '"';
    std::memcpy(to, name, Size - 1);
    to += Size - 1;
    *to++ = '"';
    *to++ = ':';
    text_.taken(to);
    fresh_ = true;
  }

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  /// Made of digits, letters and marks that need no escape.
  template <std::size_t Capacity>
  void value(const ShortText<Capacity>& text) {
    char* to = begin_value(Capacity + 2);
    *to++ = '"';
    std::memcpy(to, text.bytes, text.size);
    to += text.size;
    *to++ = '"';
    text_.taken(to);
  }
  void value(bool flag) { raw(flag ? "true" : "false"); }
  template <std::integral T>
  void value(T number) {
    constexpr std::size_t kLongest = 20;  // -9223372036854775808
    char* to = begin_value(kLongest);
    text_.taken(std::to_chars(to, to + kLongest, number).ptr);
  }
  template <typename T>
  void value(const std::optional<T>& maybe) {
    if (maybe) {
      value(*maybe);
    } else {
      raw("null");
    }
  }
  void value(const std::vector<std::string>& list);
  /// A time as RFC 3339 writes it.
  void time_value(std::int64_t time_ns) { value(times_.of(time_ns)); }
  /// A value that is JSON already: a number, null, or what another JsonWriter wrote.
  void raw(std::string_view json) {
    char* to = begin_value(json.size());
    if (!json.empty()) std::memcpy(to, json.data(), json.size());
    text_.taken(to + json.size());
  }

  template <std::size_t Size, typename T>
  void member(const char (&name)[Size], const T& v) {
    key(name);
    value(v);
  }
  template <typename T>
  void member(std::string_view name, const T& v) {
    key(name);
    value(v);
  }
  template <std::size_t Size>
  void raw_member(const char (&name)[Size], std::string_view json) {
    key(name);
    raw(json);
  }

 private:
  /// Writes the comma in front of the next value, if it needs one, and returns where that is written: room
  /// for `size` bytes.
  char* begin_value(std::size_t size) {
    char* to = text_.room(size + 1);
    if (!fresh_) *to++ = ',';
    fresh_ = false;
    return to;
  }
  void open(char c) {
    char* to = begin_value(1);
    *to++ = c;
    text_.taken(to);
    fresh_ = true;
  }
  void close(char c) {
    text_.append(c);
    fresh_ = false;
  }
  [[gnu::cold]] void escape(std::string_view text, const char* to);

  ByteBuffer text_;
  TimeTexts times_;
  bool fresh_ = true;  ///< nothing stands before the next value that it must be separated from
};

}  // namespace ck::report
