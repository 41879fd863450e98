// Writes one JSON object or array at a time into a string: a report is made of millions of small objects,
// each rendered here and then appended to an Output. Text is sanitised on the way (escape.h).
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ck {

class JsonWriter {
 public:
  /// What was written; starts empty after clear().
  [[nodiscard]] const std::string& text() const { return text_; }
  void clear() {
    text_.clear();
    fresh_ = true;
  }

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  /// A member's name; its value follows.
  void key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(bool flag) { raw(flag ? "true" : "false"); }
  template <std::integral T>
  void value(T number) {
    raw(std::to_string(number));
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
  /// A value that is JSON already: a number, null, or what another JsonWriter wrote.
  void raw(std::string_view json);

  template <typename T>
  void member(std::string_view name, const T& v) {
    key(name);
    value(v);
  }
  void raw_member(std::string_view name, std::string_view json) {
    key(name);
    raw(json);
  }

 private:
  void separate() {
    if (!fresh_) text_ += ',';
    fresh_ = false;
  }
  void open(char c) {
    separate();
    text_ += c;
    fresh_ = true;
  }
  void close(char c) {
    text_ += c;
    fresh_ = false;
  }

  std::string text_;
  bool fresh_ = true;  ///< nothing stands before the next value that it must be separated from
};

}  // namespace ck
