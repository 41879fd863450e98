// Characters that a terminal would obey, or that a reader would not see, in words.
#include "core/label.h"

#include <algorithm>
#include <cstdint>

namespace ck::plugin {
namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

struct Character {
  std::uint32_t value;
  std::size_t size;
  bool valid;
};

/// The one at the front of `text`, which is not empty. A byte that begins none is one for itself.
Character first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || size > text.size()) return {lead, 1, false};
  std::uint32_t value = lead & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return {lead, 1, false};
    value = value << 6 | (byte & 0x3Fu);
  }
  return {value, size, true};
}

/// Control characters, white space that breaks lines, what has no width, and what sets a direction.
bool is_hostile(std::uint32_t c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return true;
  return c == 0xAD || c == 0x61C || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) ||
         (c >= 0xE0000 && c <= 0xE007F);
}

/// In `out`, which has room for all; its size.
std::size_t escape(const Character& c, char* out) {
  constexpr char kDigits[] = "0123456789abcdef";
  char* end = out;
  *end++ = '\\';
  if (c.valid && (c.value == '\n' || c.value == '\r' || c.value == '\t')) {
    *end++ = c.value == '\n' ? 'n' : c.value == '\r' ? 'r' : 't';
  } else if (c.value < 0x80 || !c.valid) {
    *end++ = 'x';
    *end++ = kDigits[c.value >> 4];
    *end++ = kDigits[c.value & 15];
  } else {
    *end++ = 'u';
    *end++ = '{';
    unsigned shift = 20;
    while (c.value >> shift == 0) shift -= 4;
    for (unsigned left = shift / 4 + 1; left-- > 0;) *end++ = kDigits[c.value >> 4 * left & 15];
    *end++ = '}';
  }
  return static_cast<std::size_t>(end - out);
}

}  // namespace

bool is_plain_label(std::string_view text) {
  while (!text.empty()) {
    const Character c = first_of(text);
    if (!c.valid || is_hostile(c.value)) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

char* write_label(std::string_view text, std::size_t room, char* out) {
  char* const limit = out + std::min(room, label_size(text.size()) + kEllipsis.size());
  char* short_end = out;  // as long as an ellipsis fits behind
  while (!text.empty()) {
    const Character c = first_of(text);
    char escaped[16];
    const bool plain = c.valid && !is_hostile(c.value);
    const std::string_view shown =
        plain ? text.substr(0, c.size) : std::string_view(escaped, escape(c, escaped));
    if (static_cast<std::size_t>(limit - out) < shown.size())
      return std::copy(kEllipsis.begin(), kEllipsis.end(), short_end);
    out = std::copy(shown.begin(), shown.end(), out);
    if (static_cast<std::size_t>(limit - out) >= kEllipsis.size()) short_end = out;
    text.remove_prefix(c.size);
  }
  return out;
}

}  // namespace ck::plugin
