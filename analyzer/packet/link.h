// Link layers: from a packet's first byte to the network packet in it, as an EtherType and the bytes behind
// it. What a number (of a link type, an EtherType, a tunnel) stands for is a row of a table.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace ck::packet {

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

inline constexpr std::uint16_t kFirstEtherType = 0x0600;  ///< below it: an IEEE 802.3 length
inline constexpr std::uint16_t kEtherIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherIpv6 = 0x86dd;
inline constexpr std::uint16_t kEtherMpls = 0x8847;
inline constexpr std::uint16_t kEtherTransparent = 0x6558;  ///< an Ethernet frame (GRE's EtherType for it)
inline constexpr std::uint16_t kEtherPpp = 0x880b;          ///< PPP (GRE's EtherType for it)

enum class LinkStatus : std::uint8_t {
  ok,       ///< `ethertype` and `layer` are set
  closed,   ///< something that may hold an IP packet and is not opened
  cut,      ///< too short for its own headers
  control,  ///< a link's or tunnel's own business (a beacon, an echo): it neither holds a packet nor hides
            ///< one
  other,    ///< a protocol that holds no IP packets, such as ARP
};

struct LinkResult {
  LinkStatus status = LinkStatus::closed;
  std::uint16_t ethertype =
      0;  ///< IEEE 802 numbers; a value below 1536 is an LLC length and stands for "IEEE 802.3"
  Layer layer;
  /// Whose packet it is, as far as tags and tunnels tell (VLANs, network identifiers, keys): equal for
  /// packets that came behind the same ones; 0 without any.
  std::uint64_t tenant = 0;
  const char* name = nullptr;  ///< what was not opened, or null: its number is its name
  Layer more = {};             ///< further frames of an aggregate, for open_aggregate()
};

/// Adds what a tag or tunnel says about whose packet it carries.
constexpr std::uint64_t add_tenant(std::uint64_t tenant, std::uint64_t tag) {
  constexpr std::uint64_t kOdd = 0x9e37'79b9'7f4a'7c15;
  if (tag == 0) return tenant;
  const std::uint64_t mixed = (tenant ^ tag) * kOdd;
  return mixed ^ mixed >> 29;
}

/// Opens the link header of LINKTYPE_ value `link_type`. Tags and labels behind it are open_ethertype()'s.
LinkResult open_link(int link_type, Layer layer);

/// The next frame of an aggregate (IEEE 802.11), and what follows it.
LinkResult open_aggregate(Layer layer);

/// Passes VLAN and other tags (any stack), MPLS labels, PPPoE session headers, LLC/SNAP, PPP, and Ethernet
/// within Ethernet, until IPv4, IPv6 or what is not opened. Linear in the bytes.
LinkResult open_ethertype(LinkResult link);

/// What an EtherType is called in diagnostics ("ARP", "EtherType 0x88cd").
std::string ethertype_name(std::uint16_t ethertype);

}  // namespace ck::packet
