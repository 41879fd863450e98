// Packets one by one through the rooms behind a source.
#pragma once

#include <algorithm>

#include "capture/stream_log.h"

namespace ck::capture {

inline const samples::Endpoint kKm4{"10.0.0.1", 40000}, kController4{"10.0.0.2", 7000};
inline const samples::Endpoint kKm6{"2001:db8::1", 40000}, kController6{"2001:db8::2", 7000};

/// Pipeline over single packets.
struct Packets : Pipeline {
  std::uint64_t frame = 0;
  /// Where the packet led.
  PacketEnd add(const samples::Buffer& bytes, int link_type = 1, std::uint32_t original = 0) {
    Packet packet;
    packet.data = bytes;
    packet.original_length = std::max(original, static_cast<std::uint32_t>(bytes.size()));
    packet.link_type = link_type;
    packet.frame = ++frame;
    TcpSegment segment;
    if (!decoder.decode(packet, segment)) return decoder.end();
    do table.segment(segment);
    while (decoder.next(segment));
    return {PacketEnd::Kind::decoded, {}};
  }
  PacketEnd add_ip(const samples::Buffer& packet) { return add(samples::link_frame({}, packet)); }
};

inline samples::Buffer syn(bool ipv6 = false) {
  return samples::ip(
      samples::Segment{ipv6 ? kKm6 : kKm4, ipv6 ? kController6 : kController4, 99, 0, samples::kSyn});
}
inline samples::Segment data(bool ipv6 = false) {
  samples::Segment segment{ipv6 ? kKm6 : kKm4, ipv6 ? kController6 : kController4, 100, 1};
  segment.payload = request(7);
  return segment;
}
}  // namespace ck::capture
