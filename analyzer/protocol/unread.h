// What a side of a Ck connection sent before its first frame may be messages that nobody can read: a payload
// that is no JSON (a byte order mark, UTF-16) or no object. What shows them is their Length alone: frame
// after frame, it leads exactly to where the next frame starts, or to the end of all bytes that are there.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace ck::protocol {

/// Offset of the first frame start at or after `from` whose two code bytes are visible and one of the 13
/// codes; bytes.size() if none.
std::size_t find_listed_code(Bytes bytes, std::size_t from);

/// How many there are.
std::size_t count_listed_codes(Bytes bytes);

/// Looks at bytes that grow at their end.
class UnreadHeaders {
 public:
  /// Notes the headers with one of the 13 codes in `bytes`, which start with those of the last call.
  void look(Bytes bytes);
  /// The first header's offset; nullopt when none was seen.
  [[nodiscard]] std::optional<std::size_t> first() const { return first_; }
  /// Some header's Length leads to `end`.
  [[nodiscard]] bool leads_to(std::size_t end) const { return end < ends_.size() && ends_[end]; }
  /// The first header of those that lead to `end`, one to the next; `leads_to(end)` holds. Linear.
  [[nodiscard]] static std::size_t first_leading_to(Bytes bytes, std::size_t end);

 private:
  std::size_t looked_ = 0;  ///< headers before this offset are noted
  std::optional<std::size_t> first_;
  std::vector<bool> ends_;  ///< by offset
};

}  // namespace ck::protocol
