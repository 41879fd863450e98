// How a decoded value fits its parameter, and which identifiers a list holds. Inner header of payload.cpp.
#pragma once

#include "protocol/payload.h"

namespace ck::protocol {

/// How a string stands in a payload.
enum class Writing : std::uint8_t {
  json,   ///< in quotes, with escapes
  plain,  ///< as it is: protobuf
};

/// Sets `member`'s fit, integer, in_table and elements. Its id, type, text, range and nodes are decoded
/// already. `raw` is the member's value as on the wire (`range` of the payload). Elements are appended to
/// payload.elements.
void fit_member(Member& member, std::string_view raw, Writing writing, const MessageSpec* message,
                Payload& payload);

}  // namespace ck::protocol
