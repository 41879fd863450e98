// Headers that several tables open: of links, tags and tunnels. Each function takes the header's first byte.
#pragma once

#include "packet/link.h"

namespace ck::packet {

// LINKTYPE_ values (the file's, not a platform's DLT_) that other headers carry, too.
inline constexpr int kLinkFrameRelay = 107;
inline constexpr int kLink80211 = 105, kLinkPrism = 119, kLink80211Avs = 163;

inline constexpr std::uint16_t kFirstEtherType = 0x0600;  ///< below: an IEEE 802.3 length

/// What an identifier of a tenant stands for, so that VLAN 7 and VNI 7 are two.
enum class TenantKind : std::uint64_t { vlan = 1, extended_tag, service, vni, key, label, tunnel, address };
constexpr std::uint64_t tenant_tag(TenantKind kind, std::uint64_t id) {
  return static_cast<std::uint64_t>(kind) << 56 ^ id;
}

constexpr LinkResult cut_header() {
  return {LinkStatus::cut, 0, {}, 0, nullptr};
}
constexpr LinkResult closed_header(const char* name) {
  return {LinkStatus::closed, 0, {}, 0, name};
}
constexpr LinkResult control_packet() {
  return {LinkStatus::control, 0, {}, 0, nullptr};
}
constexpr LinkResult other_protocol(const char* name) {
  return {LinkStatus::other, 0, {}, 0, name};
}
constexpr LinkResult opened(std::uint16_t ethertype, Layer layer, std::uint64_t tag = 0) {
  return {LinkStatus::ok, ethertype, layer, tag, nullptr};
}

/// A header of `size` bytes with an EtherType at `type_offset`.
LinkResult fixed_header(Layer layer, std::size_t size, std::size_t type_offset);
/// The IP version nibble stands for the EtherType; closed under `name` when it is neither 4 nor 6.
LinkResult by_version(Layer layer, const char* name = "not IP");
LinkResult open_ethernet(Layer layer);
LinkResult open_llc(Layer layer);
/// SNAP from its OUI on. Where frames of other links are bridged, `padding` bytes come before them.
LinkResult open_snap(Layer layer, std::size_t padding);
LinkResult open_ppp(Layer layer);
LinkResult open_mpls(Layer layer);
LinkResult open_nsh(Layer layer);
/// The Next Protocol of NSH (RFC 8300) and VXLAN-GPE.
LinkResult open_next_protocol(std::uint8_t protocol, Layer layer, std::uint64_t tag, const char* name);

/// ISO's network layer protocol identifier (RFC 2427, RFC 2684), one byte.
LinkResult open_nlpid(Layer layer);
LinkResult open_frame_relay(Layer layer);
/// Solaris's header of an ATM packet.
LinkResult open_sunatm(Layer layer);

/// Endace's Extensible Record Format, and Juniper's header before the packets of `link_type`.
LinkResult open_erf(Layer layer);
LinkResult open_juniper(int link_type, Layer layer);

/// IEEE 802.11, and the headers that drivers put before it.
LinkResult open_80211(Layer layer);
/// From access points of which some send the two bytes of frame control in the other order.
LinkResult open_swapped_80211(Layer layer);
LinkResult open_radiotap(Layer layer);
LinkResult open_avs(Layer layer);
LinkResult open_prism(Layer layer);

// For what stands nowhere: does a packet fit here? An IP header must agree with the bytes that there are.
bool fits_ip(Layer layer);
bool fits_ethernet(Layer layer);

}  // namespace ck::packet
