// Where HTTP/2's HEADERS frame begins of which a segment holds the beginning alone (RFC 9113, 4.1 and 6.2).
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace ck::plugin {

using base::Bytes;

struct BeginningHeaders {
  static constexpr std::uint32_t kSomeMore = ~0U;  ///< of the frame's own header a part is there
  std::uint32_t offset = 0;                        ///< of the frame's first byte
  /// Bytes of the frame behind those that are there, or kSomeMore; 0: there is no such frame.
  std::uint32_t missing = 0;
};

/// `at_frame`: the bytes of this side before these ended where a frame does, so that one begins here; else
/// only the client's whole preface tells that. It is set to whether the next bytes begin with a frame, be it
/// this one once more. What is less than a frame's header may be that of HEADERS.
BeginningHeaders find_beginning_headers(Bytes bytes, bool& at_frame);

}  // namespace ck::plugin
