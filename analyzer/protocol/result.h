// What a Response parameter says: success, failure, or not understood. The word lists are one table, in
// result.cpp.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/rooms.h"

namespace ck::protocol {

struct Member;
struct MessageSpec;
class Payload;

enum class Outcome : std::uint8_t { success, failure, unknown };

/// Appendix II: 0 is OK, any other value a failure.
Outcome check_result(std::int64_t code);

/// Checks a text by its whole first word, case folded; a first word that is an integer counts as that
/// integer.
Outcome check_result(std::string_view text);

/// Checks a decoded Response member (integer where it has one, else its text). A value of the wrong type is
/// `unknown`.
Outcome check_result(const Member& response);

/// Over gRPC a zero is not written: a Response that its message's table has and that is not there is 0, which
/// is OK (packaging/doc/reading-q4164.md, "gRPC").
bool leaves_response_out(const MessageSpec& spec, const Payload& payload);

}  // namespace ck::protocol
