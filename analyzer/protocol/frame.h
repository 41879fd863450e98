// The 10-byte frame header of Q.4164 Appendix I, Figure I.1. Network byte order (our reading: the text names
// none).
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace ck::protocol {

inline constexpr std::size_t kHeaderSize = 10;
inline constexpr std::size_t kMaxPayload = 65535;
inline constexpr std::size_t kMaxFrame = kHeaderSize + kMaxPayload;

/// Offsets of the header's fields, in bytes from the frame's first byte (Figure I.1).
inline constexpr std::size_t kVersionOffset = 0;
inline constexpr std::size_t kMessageIdOffset = 2;
inline constexpr std::size_t kCommandOffset = 6;
inline constexpr std::size_t kLengthOffset = 8;

struct FrameHeader {
  std::uint16_t version = 0;
  std::uint32_t message_id = 0;
  std::uint16_t command = 0;
  std::uint16_t length = 0;  ///< bytes of payload only
};

/// Reads a header. `bytes` must hold at least kHeaderSize bytes; any value of any field is accepted.
FrameHeader read_header(Bytes bytes);

}  // namespace ck::protocol
