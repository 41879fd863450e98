// How captured text is shown to people, in labels, columns and expert infos: tshark prints all of them to a
// terminal.
#pragma once

#include <cstddef>
#include <string_view>

namespace ck::plugin {

/// Whether all of `text` may be shown as it is.
bool is_plain_label(std::string_view text);

/// Of what write_label() writes of so many bytes.
constexpr std::size_t label_size(std::size_t text_size) {
  return 4 * text_size;
}

/// Writes `text` with control characters, and those that are not seen or change the direction of what
/// follows, as "\x1b" and "\u{202e}". It writes at most `room` bytes, 3 or more, and never half of a
/// character: what is left out becomes an ellipsis. Returns the end.
char* write_label(std::string_view text, std::size_t room, char* out);

}  // namespace ck::plugin
