// Writes one JSON object or array at a time into memory that grows with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "report/byte_buffer.h"
#include "report/json_cursor.h"

namespace ck::report {

class JsonWriter {
 public:
  /// What was written; starts empty after clear(). Valid until the next write.
  [[nodiscard]] std::string_view text() const {
    std::string_view text = text_.view();
    // The next value's, which may never come.
    if (!text.empty() && text.back() == ',') text.remove_suffix(1);
    return text;
  }
  void clear() { text_.clear(); }

  /// Writes what `values`, called with a JsonRoom and then with a JsonCursor, tells both of them.
  template <typename Values>
  void write(const Values& values) {
    JsonRoom room;
    values(room);
    JsonCursor to = cursor(room);
    values(to);
    text_.taken(to.end());
  }
  void begin_object() {
    write([](auto& to) { to.begin_object(); });
  }
  void end_object() {
    write([](auto& to) { to.end_object(); });
  }
  void begin_array() {
    write([](auto& to) { to.begin_array(); });
  }
  void end_array() {
    write([](auto& to) { to.end_array(); });
  }
  /// A member's name; its value follows. A literal is known to need no escapes.
  void key(std::string_view name) {
    write([&](auto& to) { to.key(name); });
  }
  template <std::size_t Size>
  void key(const char (&name)[Size]) {
    write([&](auto& to) { to.key(name); });
  }
  template <typename T>
  void value(const T& v) {
    write([&](auto& to) { to.value(v); });
  }
  /// A time as RFC 3339 writes it.
  void time_value(std::int64_t time_ns) {
    write([&](auto& to) { to.time(time_ns); });
  }
  /// A value that is JSON already: a number, null, or what another JsonWriter wrote.
  void raw(std::string_view json) {
    write([&](auto& to) { to.raw(json); });
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
  JsonCursor cursor(const JsonRoom& room) {
    char* const to = text_.room(room.size());
    return {to, to - text_.size(), times_};
  }

  ByteBuffer text_;
  TimeTexts times_;
};

}  // namespace ck::report
