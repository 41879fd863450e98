// Link layers: from a packet's first byte to the network packet in it, as an EtherType and the bytes behind
// it.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/bytes.h"

namespace ck {

/// Captured bytes of some layer, and how many that layer had on the wire (never fewer).
struct Layer {
  Bytes data;
  std::uint64_t wire = 0;

  /// Without its first `count` (at most data.size()) bytes.
  [[nodiscard]] Layer behind(std::size_t count) const { return {data.subspan(count), wire - count}; }
  /// Only its first `size` bytes on the wire, which drops padding.
  [[nodiscard]] Layer first(std::uint64_t size) const {
    if (size >= wire) return *this;
    return {data.first(static_cast<std::size_t>(size < data.size() ? size : data.size())), size};
  }
};

inline constexpr int kLinkEthernet = 1;
inline constexpr int kLinkRaw = 101;  ///< LINKTYPE_RAW: an IP packet, whose version says which

inline constexpr std::uint16_t kEtherIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherIpv6 = 0x86dd;
inline constexpr std::uint16_t kEtherMpls = 0x8847;
inline constexpr std::uint16_t kEtherTransparent = 0x6558;  ///< an Ethernet frame (GRE's EtherType for it)

enum class LinkStatus : std::uint8_t {
  ok,       ///< `ethertype` and `layer` are set
  unknown,  ///< a link type that is not decoded
  cut,      ///< too short for its own headers
};

struct LinkResult {
  LinkStatus status = LinkStatus::unknown;
  std::uint16_t ethertype =
      0;  ///< IEEE 802 numbers; a value below 1536 is an LLC length and stands for "IEEE 802.3"
  Layer layer;
};

/// Opens the link header of LINKTYPE_ value `link_type`. Tags and labels behind it are open_ethertype()'s.
LinkResult open_link(int link_type, Layer layer);

/// Passes VLAN tags (any stack), MPLS labels, PPPoE session headers, LLC/SNAP, Ethernet within Ethernet, and
/// what GRE alone carries (PPTP's PPP, ERSPAN), until an EtherType that is none of these. Linear in the
/// bytes.
LinkResult open_ethertype(std::uint16_t ethertype, Layer layer);

/// libpcap's name of a LINKTYPE_ value ("EN10MB", "LINUX_SLL2"), else "LINKTYPE n".
std::string link_name(int link_type);

/// What an EtherType is called in diagnostics ("ARP", "EtherType 0x88cc").
std::string ethertype_name(std::uint16_t ethertype);

}  // namespace ck
