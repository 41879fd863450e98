// What comes from a capture is hostile to whoever shows it: terminals obey ESC, spreadsheets run cells,
// bidirectional overrides reorder what an engineer reads. Every writer passes captured text through one of
// these.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/rooms.h"

namespace ck::report {

/// One code point of `text` at `at`, which must be below text.size().
struct CodePoint {
  char32_t value = 0;    ///< U+FFFD for a byte that starts no valid UTF-8 sequence
  std::size_t size = 1;  ///< bytes it takes; 1 for an invalid byte
  bool valid = true;
};
CodePoint next_code_point(std::string_view text, std::size_t at);

/// True for what must never reach a terminal as it is: C0 and C1 controls, DEL, line and paragraph
/// separators, bidirectional marks, overrides and isolates, zero-width and tag characters.
bool is_hostile(char32_t c);

/// Text for a terminal: hostile characters as \n, \x1b, \u{202e}; a backslash doubled, so that nothing can
/// pretend to have been escaped; invalid bytes as \xNN. More than `clip` code points of input are cut and end
/// in "…" (0: never).
std::string terminal_text(std::string_view text, std::size_t clip = 0);

/// A cell for CSV (RFC 4180): terminal_text(), quoted where needed; a cell that a spreadsheet would take for
/// a formula
/// (= + - @, their full-width twins, tab, carriage return) starts with an apostrophe.
std::string csv_cell(std::string_view text);

/// How many of the text's first bytes are printable ASCII that stands in a JSON string as it is.
std::size_t plain_json_prefix(std::string_view text);

/// Copies a text to where there is room for it, if all of it stands in a JSON string as it is. False where
/// it does not: what is there then means nothing.
bool copy_plain_json(std::string_view text, char* to);

/// A JSON string without its quotes, appended to `out`: always valid UTF-8, hostile characters as \uXXXX.
void append_json_text(std::string& out, std::string_view text);

/// Text of an XML 1.0 element or attribute: terminal_text() with markup as references; what XML cannot hold
/// is shown as \u{ffff}.
std::string xml_text(std::string_view text, std::size_t clip = 0);

/// A file's path as a relative or absolute URI reference, percent-encoded byte by byte: it never names a
/// scheme or a host.
std::string uri_of_path(std::string_view path);

/// A message of SARIF, which is no plain text: braces are doubled, and nothing in it is a link. For a JSON
/// string.
std::string sarif_text(std::string_view text);

}  // namespace ck::report
