// Numbers, escapes and UTF-8 of RFC 8259.
#include "protocol/json_text.h"

#include <charconv>

namespace ck::protocol::json {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The four hex digits at the start of `text`; nullopt when they are not there.
std::optional<std::uint32_t> read_hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      value = value << 4 | static_cast<std::uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value << 4 | static_cast<std::uint32_t>(lower - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

void put_utf8(Character& out, std::uint32_t code) {
  const auto tail = [&](unsigned shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out.size = 1;
    out.bytes[0] = static_cast<char>(code);
  } else if (code < 0x800) {
    out.size = 2;
    out.bytes[0] = static_cast<char>(0xC0 | code >> 6);
    out.bytes[1] = tail(0);
  } else if (code < 0x10000) {
    out.size = 3;
    out.bytes[0] = static_cast<char>(0xE0 | code >> 12);
    out.bytes[1] = tail(6);
    out.bytes[2] = tail(0);
  } else {
    out.size = 4;
    out.bytes[0] = static_cast<char>(0xF0 | code >> 18);
    out.bytes[1] = tail(12);
    out.bytes[2] = tail(6);
    out.bytes[3] = tail(0);
  }
}

/// `raw` starts with "\u".
Character read_unicode_escape(std::string_view raw) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  Character out;
  const std::optional<std::uint32_t> first = read_hex4(raw.substr(2));
  if (!first) return out;
  out.wire = 6;
  std::uint32_t code = *first;
  if (code >= 0xD800 && code < 0xE000) {
    std::optional<std::uint32_t> second;
    if (code < 0xDC00 && raw.size() >= 12 && raw[6] == '\\' && raw[7] == 'u')
      second = read_hex4(raw.substr(8));
    if (second && *second >= 0xDC00 && *second < 0xE000) {
      out.wire = 12;
      code = 0x10000 + ((code - 0xD800) << 10 | (*second - 0xDC00));
    } else {
      code = kReplacement;
    }
  }
  put_utf8(out, code);
  return out;
}

/// Length of the UTF-8 sequence at the start of `text` (not empty), 0 when it is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0, surrogate = first == 0xED && second > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && second < 0x90, too_large = first == 0xF4 && second > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !too_large ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::optional<std::int64_t> to_integer(std::string_view number) {
  std::int64_t value = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

Character read_character(std::string_view raw) {
  Character out;
  if (raw[0] != '\\') {
    out.wire = out.size = 1;
    out.bytes[0] = raw[0];
    return out;
  }
  if (raw.size() < 2) return out;
  constexpr std::string_view kEscapes = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (raw[1] == 'u') return read_unicode_escape(raw);
  const std::size_t which = kEscapes.find(raw[1]);
  if (which == std::string_view::npos) return out;
  out.wire = 2;
  out.size = 1;
  out.bytes[0] = kMeanings[which];
  return out;
}

std::size_t find_bad_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

}  // namespace ck::protocol::json
