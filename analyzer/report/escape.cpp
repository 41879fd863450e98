// Escaping for terminals, spreadsheets and JSON.
#include "report/escape.h"

#include <fmt/format.h>

#include <cstring>
#include <iterator>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ck::report {
namespace {

constexpr CodePoint kInvalid{0xFFFD, 1, false};

/// Length of the sequence that `lead` starts and the smallest value it may mean; 0 when it starts none.
struct Lead {
  std::size_t size;
  char32_t bits, smallest;
};

constexpr Lead lead_of(unsigned char lead) {
  if (lead < 0xC2) return {0, 0, 0};
  if (lead < 0xE0) return {2, lead & 0x1Fu, 0x80};
  if (lead < 0xF0) return {3, lead & 0x0Fu, 0x800};
  if (lead < 0xF5) return {4, lead & 0x07u, 0x10000};
  return {0, 0, 0};
}

constexpr bool is_plain(char c) {
  return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

std::uint64_t word_at(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// A word in which nothing stands but the bytes of `text`, 1 to 7 of them, some of them twice.
std::uint64_t short_word(std::string_view text) {
  const std::size_t size = text.size();
  if (size >= 4) {
    std::uint32_t first = 0, last = 0;
    std::memcpy(&first, text.data(), sizeof first);
    std::memcpy(&last, text.data() + size - sizeof last, sizeof last);
    return std::uint64_t{last} << 32 | first;
  }
  const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(text[i])}; };
  return byte(0) * 0x0101010101000000 | byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16;
}

bool all_plain(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const auto below = [](std::uint64_t v, std::uint64_t n) { return (v - kOnes * n) & ~v; };
  const auto equal = [&](char c) { return below(word ^ (kOnes * static_cast<unsigned char>(c)), 1); };
  // Above 0x7E: those with the high bit, and DEL.
  return ((word | below(word, 0x20) | equal('"') | equal('\\') | equal(0x7F)) & kHigh) == 0;
}

/// Sixteen bytes that are all plain.
bool all_plain(std::uint64_t first, std::uint64_t second) {
#if defined(__SSE2__)
  const __m128i bytes = _mm_set_epi64x(static_cast<long long>(second), static_cast<long long>(first));
  // The comparison is signed: bytes above 0x7F are less than a space, as control characters are.
  const __m128i special = _mm_or_si128(
      _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F))),
      _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
  return _mm_movemask_epi8(special) == 0;
#else
  return all_plain(first) && all_plain(second);
#endif
}

void append_utf16_escape(std::string& out, char32_t c) {
  auto to = std::back_inserter(out);
  if (c < 0x10000) {
    fmt::format_to(to, "\\u{:04x}", static_cast<unsigned>(c));
    return;
  }
  const unsigned offset = static_cast<unsigned>(c) - 0x10000;
  fmt::format_to(to, "\\u{:04x}\\u{:04x}", 0xD800 + (offset >> 10), 0xDC00 + (offset & 0x3FF));
}

/// What JSON and a terminal's reader know by a letter; false, and nothing appended, for any other.
bool append_short_escape(std::string& out, char32_t c) {
  switch (c) {
    case '\\':
      out += "\\\\";
      return true;
    case '\n':
      out += "\\n";
      return true;
    case '\r':
      out += "\\r";
      return true;
    case '\t':
      out += "\\t";
      return true;
    default:
      return false;
  }
}

void append_json_escape(std::string& out, char32_t c) {
  if (c == '"') {
    out += "\\\"";
  } else if (!append_short_escape(out, c)) {
    append_utf16_escape(out, c);
  }
}

void append_terminal_escape(std::string& out, char32_t c) {
  if (append_short_escape(out, c)) return;
  if (c < 0x80) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(c));
  } else {
    fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<unsigned>(c));
  }
}

bool starts_formula(std::string_view cell) {
  if (cell.empty()) return false;
  switch (next_code_point(cell, 0).value) {
    case '=':
    case '+':
    case '-':
    case '@':
    case '\t':
    case '\r':
    case '\n':
    case 0xFF1D:
    case 0xFF0B:
    case 0xFF0D:
    case 0xFF20:
      return true;
    default:
      return false;
  }
}

}  // namespace

CodePoint next_code_point(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {first, 1, true};
  const Lead lead = lead_of(first);
  if (lead.size == 0 || at + lead.size > text.size()) return kInvalid;
  char32_t value = lead.bits;
  for (std::size_t i = 1; i < lead.size; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xC0) != 0x80) return kInvalid;
    value = (value << 6) | (byte & 0x3Fu);
  }
  if (value < lead.smallest || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return kInvalid;
  return {value, lead.size, true};
}

bool is_hostile(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return true;
  if (c < 0xAD) return false;
  return c == 0xAD || c == 0x61C || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) ||
         (c >= 0xE0000 && c <= 0xE007F);
}

std::string terminal_text(std::string_view text, std::size_t clip) {
  std::string out;
  out.reserve(text.size());
  std::size_t shown = 0;
  for (std::size_t at = 0; at < text.size(); ++shown) {
    if (clip != 0 && shown == clip) {
      out += "…";
      break;
    }
    const CodePoint c = next_code_point(text, at);
    if (!c.valid) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text[at]));
    } else if (c.value == '\\' || is_hostile(c.value)) {
      append_terminal_escape(out, c.value);
    } else {
      out.append(text.substr(at, c.size));
    }
    at += c.size;
  }
  return out;
}

std::string csv_cell(std::string_view text) {
  std::string cell = terminal_text(text);
  if (starts_formula(text)) cell.insert(cell.begin(), '\'');
  if (cell.find_first_of("\",;") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

/// Eight bytes at a time, the last ones together with some that have been looked at: nearly all text is
/// plain.
std::size_t plain_json_prefix(std::string_view text) {
  constexpr std::size_t kStep = sizeof(std::uint64_t);
  std::size_t at = 0;
  if (text.size() >= kStep) {
    while (at + kStep <= text.size() && all_plain(word_at(text.data() + at))) at += kStep;
    if (at + kStep > text.size() && all_plain(word_at(text.data() + text.size() - kStep))) return text.size();
  } else if (text.empty() || all_plain(short_word(text))) {
    return text.size();
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

/// Sixteen bytes at a time, the last ones together with some that were copied before.
bool copy_plain_json(std::string_view text, char* to) {
  constexpr std::size_t kStep = sizeof(std::uint64_t);
  const char* const from = text.data();
  const std::size_t size = text.size();
  if (size >= kStep) {
    const auto copy = [&](std::size_t first_at, std::size_t second_at) {
      const std::uint64_t first = word_at(from + first_at), second = word_at(from + second_at);
      std::memcpy(to + first_at, &first, kStep);
      std::memcpy(to + second_at, &second, kStep);
      return all_plain(first, second);
    };
    bool plain = true;
    for (std::size_t at = 0; at + 2 * kStep < size; at += 2 * kStep) plain &= copy(at, at + kStep);
    return plain & copy(size < 2 * kStep ? 0 : size - 2 * kStep, size - kStep);
  }
  if (size == 0) return true;
  const std::uint64_t word = short_word(text);
  if (size >= kStep / 2) {
    std::memcpy(to, from, kStep / 2);
    std::memcpy(to + size - kStep / 2, from + size - kStep / 2, kStep / 2);
  } else {
    to[0] = from[0];
    to[size / 2] = from[size / 2];
    to[size - 1] = from[size - 1];
  }
  return all_plain(word, word);
}

void append_json_text(std::string& out, std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t plain = plain_json_prefix(text.substr(at));
    out.append(text.substr(at, plain));
    at += plain;
    if (at == text.size()) break;
    const CodePoint c = next_code_point(text, at);
    if (!c.valid) {
      out += "\xEF\xBF\xBD";
    } else if (c.value == '"' || c.value == '\\' || is_hostile(c.value)) {
      append_json_escape(out, c.value);
    } else {
      out.append(text.substr(at, c.size));
    }
    at += c.size;
  }
}

}  // namespace ck::report
