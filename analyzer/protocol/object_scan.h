// A cheap look at bytes that may be one JSON object: where it would end, long before anybody parses it. It
// goes on where it stopped when more bytes are there, so that waiting for a payload costs each byte once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/rooms.h"

namespace ck::protocol {

class ObjectScan {
 public:
  enum class State : std::uint8_t {
    open,        ///< it may be an object whose end is not there yet
    closed,      ///< the object is whole, and nothing but white space came behind it so far
    ended,       ///< the object is whole, and what follows it is no white space
    impossible,  ///< no JSON object can start so
  };

  /// Looks at what `text` holds beyond the text of the last call, which it starts with.
  void go_on(std::string_view text);

  [[nodiscard]] State state() const { return state_; }
  /// Bytes that are the object and white space around it, as far as was looked.
  [[nodiscard]] std::size_t end() const { return at_; }
  /// Bytes up to the object's closing brace; 0 while it is open.
  [[nodiscard]] std::size_t object_end() const { return object_end_; }
  /// Bytes of the scanned text that are no characters of their own: where they are counted as Unicode's
  /// characters, and where as UTF-16's units.
  [[nodiscard]] std::size_t beyond_characters() const { return continuations_; }
  [[nodiscard]] std::size_t beyond_utf16() const { return continuations_ - supplementary_; }

 private:
  enum class Phase : std::uint8_t { before, opened, inside, string, behind };
  bool take(char c);
  bool take_outside(char c);

  std::size_t at_ = 0, object_end_ = 0;
  std::size_t depth_ = 1;  ///< of brackets, once the object is opened
  std::size_t continuations_ = 0, supplementary_ = 0;
  Phase phase_ = Phase::before;
  State state_ = State::open;
};

}  // namespace ck::protocol
