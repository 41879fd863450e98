// The preface of HTTP/2, and the numbers of its frames and flags (RFC 9113, 6), as far as gRPC needs them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/rooms.h"

namespace ck::grpc {

/// What a client sends first (RFC 9113, 3.4).
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPushPromise = 5,
  kGoaway = 7,
  kContinuation = 9,
};
enum FrameFlag : std::uint8_t {
  kEndStream = 0x1,
  kAck = 0x1,
  kEndHeaders = 0x4,
  kPadded = 0x8,
  kPriority = 0x20,
};

}  // namespace ck::grpc
