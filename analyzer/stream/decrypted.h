// What another program has decrypted of a capture's TLS, joined to the capture by frame and endpoints.
#pragma once

#include <cstdint>
#include <vector>

#include "audit/event.h"
#include "stream/tls_handshake.h"

namespace ck {

struct DecryptedPdu {
  Endpoint source, destination;
  std::vector<std::uint8_t> bytes;  ///< a message, or bytes between messages
};

/// What was decrypted in one frame.
struct DecryptedFrame {
  std::vector<DecryptedPdu> pdus;  ///< in the stream's order
  DecryptedHandshake handshake;    ///< of the frame's sender
};

class DecryptedSource {
 public:
  virtual ~DecryptedSource() = default;
  /// What was decrypted in `frame`; nullptr: nothing. To be asked in ascending order; valid until the next
  /// call.
  virtual const DecryptedFrame* frame(std::uint64_t frame) = 0;
};

}  // namespace ck
