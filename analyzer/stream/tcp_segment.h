// One TCP segment as it was found in a packet: what the packet's layers boil down to.
#pragma once

#include <array>
#include <cstdint>

#include "audit/event.h"
#include "base/bytes.h"

namespace ck::stream {

inline constexpr std::uint8_t kTcpFin = 0x01;
inline constexpr std::uint8_t kTcpSyn = 0x02;
inline constexpr std::uint8_t kTcpRst = 0x04;
inline constexpr std::uint8_t kTcpAck = 0x10;

struct TcpSegment {
  Endpoint source, destination;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;  ///< meaningless without kTcpAck
  std::uint8_t flags = 0;
  Bytes payload;              ///< captured bytes; valid as long as the packet
  std::uint32_t missing = 0;  ///< payload bytes behind those, cut off by a snap length
  Position at;
  bool named = false;  ///< the user says that one of its ports is Ck's
  /// A digest of the tags and tunnels that it came behind (VLANs, network identifiers, keys); 0: none.
  std::uint64_t tenant = 0;

  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

}  // namespace ck::stream
