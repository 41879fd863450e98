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

/// `bytes` begin with the client's preface or with a frame, as segments do that their sender writes frame by
/// frame; else nothing is found. What is less than a frame's header may be that of HEADERS.
BeginningHeaders find_beginning_headers(Bytes bytes);

}  // namespace ck::plugin
