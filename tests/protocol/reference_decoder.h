// The decoder that decode_payload() is held against: simdjson's on-demand parser walks the same bytes.
// Slower, and written without a thought of the other one, so that a slip in either shows as a difference.
#pragma once

#include <memory>
#include <string>

#include "protocol/payload.h"

namespace ck::protocol {

class ReferenceDecoder {
 public:
  ReferenceDecoder();
  ~ReferenceDecoder();
  ReferenceDecoder(const ReferenceDecoder&) = delete;
  ReferenceDecoder& operator=(const ReferenceDecoder&) = delete;

  /// What decode_payload() promises. Views into the payload's bytes are valid while these live.
  void decode(Bytes bytes, const MessageSpec* message, const NameTable& names, Payload& out);

  struct Workspace;

 private:
  std::unique_ptr<Workspace> workspace_;
};

/// The first thing in which two decoded payloads differ, in words; empty where they are the same.
std::string difference(const Payload& a, const Payload& b);

}  // namespace ck::protocol
