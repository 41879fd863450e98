// The grammar of RFC 8259 below the level of tokens: white space, integers, escapes, UTF-8.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/rooms.h"

namespace ck::protocol::json {

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// The first position at or after `at` that is no white space; text.size() when there is none.
constexpr std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

/// The value of a text that is digits with an optional minus sign and fits 64 bits; nullopt for 1.0, 1e2 and
/// larger ones.
std::optional<std::int64_t> to_integer(std::string_view number);

/// One character of a string's inside.
struct Character {
  std::uint8_t wire = 0;  ///< bytes it takes on the wire: 1, or a whole escape; 0: a bad escape
  std::uint8_t size = 0;  ///< bytes it means, 1 to 4
  char bytes[4] = {};     ///< those bytes, UTF-8
};

/// Reads the character at the start of `raw` (not empty). A lone surrogate means U+FFFD. Bytes above 0x7F
/// pass one by one.
Character read_character(std::string_view raw);

/// Offset of the first byte that is not UTF-8 (RFC 3629); text.size() when all is.
std::size_t find_bad_utf8(std::string_view text);

}  // namespace ck::protocol::json
