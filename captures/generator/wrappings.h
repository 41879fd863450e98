// What a Ck connection's packets may be wrapped in on real networks: tunnels over IP, and links. Each by its
// own RFC or link-type description, independent of the analyzer.
#pragma once

#include <vector>

#include "generator/packets.h"

namespace ck::samples {

/// A way to carry an IP packet inside another one.
struct Tunnel {
  const char* name;
  /// `identification` is the outer packet's, where it has one.
  Buffer (*wrap)(const Buffer& ip_packet, std::uint16_t identification);
  bool in_wireshark = true;  ///< Wireshark reads it without a preference of its own
};
const std::vector<Tunnel>& tunnels();

/// A way to carry an IP packet on a link.
struct Framing {
  const char* name;
  Link link;
  Buffer (*frame)(const Buffer& ip_packet);
  bool ipv4 = true, ipv6 = true;  ///< which of them it can carry
  bool in_wireshark = true;       ///< Wireshark reads this link type
};
const std::vector<Framing>& framings();

// Parts of the two tables, and what several of them are made of.
std::vector<Framing> tag_framings();
std::vector<Framing> wireless_framings();
std::vector<Framing> wide_area_framings();
std::vector<Framing> recorder_framings();
std::vector<Tunnel> udp_tunnels();
std::vector<Tunnel> other_tunnels();
/// An unencrypted IEEE 802.11 data frame to an access point around an IP packet.
Buffer wireless_frame(const Buffer& ip_packet);
/// IP packets in one aggregate of IEEE 802.11.
Buffer wireless_aggregate_of(const std::vector<Buffer>& packets);
/// An Ethernet frame without tags around an IP packet.
inline Buffer in_ethernet(const Buffer& ip_packet) {
  return link_frame({}, ip_packet);
}
/// The link of a number that has no name in Link.
constexpr Link link_of_type(std::uint32_t type) {
  return static_cast<Link>(type);
}
/// Where tunnels over UDP come from.
inline constexpr std::uint16_t kTunnelPort = 49152;

/// The bytes [begin, end) of an IP packet's payload as a fragment; `begin` is a multiple of eight, and so is
/// `end` unless it is the payload's. The packet has neither options nor extension headers of its own.
Buffer fragment_of(const Buffer& ip_packet, std::size_t begin, std::size_t end, std::uint16_t identification);
/// The packet in fragments of at most `fragment_payload` bytes of payload (rounded down to a multiple of
/// eight).
std::vector<Buffer> fragments_of(const Buffer& ip_packet, std::size_t fragment_payload,
                                 std::uint16_t identification);
/// Bytes of an IP packet behind its fixed header.
std::size_t payload_size(const Buffer& ip_packet);

}  // namespace ck::samples
