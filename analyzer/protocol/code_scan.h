// Where among any bytes one of the 13 CommandCodes may stand. All that is captured is looked through for
// them, so that this must cost next to nothing a byte.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace ck::protocol {

/// The high byte of the code of Table I.1 whose low byte is `low`; 0 where there is none.
std::uint8_t high_byte_of_code(std::uint8_t low);

/// Offset of the first byte at or after `from` that is the low byte of a code and has the code's high byte
/// before or behind it, be that before `from`; bytes.size() if none.
std::size_t find_code(Bytes bytes, std::size_t from);

}  // namespace ck::protocol
