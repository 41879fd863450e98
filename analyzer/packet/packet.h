// A captured packet, and where it led.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace ck::packet {

struct Packet {
  Bytes data;                         ///< captured bytes; valid until the source's next call
  std::uint32_t original_length = 0;  ///< on the wire; more than data.size() when a snap length cut it
  std::int64_t time_ns = 0;           ///< since the epoch, or kNoTime
  bool far_off = false;               ///< it has a time, which lies so far off that time_ns is kNoTime
  int link_type = 0;                  ///< LINKTYPE_ value
  std::uint32_t capture = 0;          ///< index of the capture within the audit
  std::uint32_t behind_s = 0;         ///< seconds that its time is behind those before it, where clocks step
  std::uint64_t frame = 0;            ///< Wireshark's number, from 1, counted per capture
};

/// Where a packet led.
struct PacketEnd {
  enum class Kind : std::uint8_t {
    decoded,  ///< down to TCP or another protocol that ends the search (ARP, UDP, …)
    closed,   ///< a link, tag or tunnel that is not opened
    none,     ///< damaged, or a link's or tunnel's own business
  };
  Kind kind = Kind::none;
  std::string_view closed;  ///< what is not opened; valid until the next packet
};

}  // namespace ck::packet
