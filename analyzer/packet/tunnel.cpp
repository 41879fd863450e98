// IP protocol numbers, one row each, GRE with its protocol types, and L2TPv3.
#include "packet/tunnel.h"

#include <array>

#include "base/endian.h"
#include "packet/link_headers.h"

namespace ck::packet {
namespace {

LinkResult open_ipv4_packet(Layer layer) {
  return opened(kEtherIpv4, layer);
}
LinkResult open_ipv6_packet(Layer layer) {
  return opened(kEtherIpv6, layer);
}
LinkResult open_ethernet_packet(Layer layer) {
  return opened(kEtherTransparent, layer);
}
LinkResult open_ether_ip(Layer layer) {
  return layer.data.size() < 2 ? cut_header() : opened(kEtherTransparent, layer.behind(2));
}
LinkResult open_mpls_packet(Layer layer) {
  return opened(kEtherMpls, layer);
}
/// RFC 3931, 4.1: a session identifier; 0 is the control connection.
LinkResult open_l2tp_over_ip(Layer layer) {
  if (layer.data.size() < 4) return cut_header();
  return read_be32(layer.data, 0) == 0 ? control_packet() : open_l2tp3(layer);
}

// A row reads from its number on, whatever padding that costs.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct ProtocolRow {
  std::uint8_t number;
  LinkResult (*open)(Layer);  ///< null: see `name` and `status`
  const char* name;
  LinkStatus status = LinkStatus::other;
};
/// Those without a way to open them hold no IP packets, unless they say that they are closed.
constexpr ProtocolRow kProtocols[] = {
    {4, open_ipv4_packet, "IPv4"},
    {41, open_ipv6_packet, "IPv6"},
    {17, open_udp, "UDP"},
    {47, open_gre, "GRE"},
    {1, nullptr, "ICMP"},
    {58, nullptr, "ICMPv6"},
    {2, nullptr, "IGMP"},
    {50, nullptr, "ESP", LinkStatus::closed},
    {59, nullptr, "no next header"},
    {132, nullptr, "SCTP"},
    {89, nullptr, "OSPF"},
    {103, nullptr, "PIM"},
    {112, nullptr, "VRRP"},
    {33, nullptr, "DCCP"},
    {46, nullptr, "RSVP"},
    {88, nullptr, "EIGRP"},
    {94, open_ipv4_packet, "IPIP"},
    {97, open_ether_ip, "EtherIP"},
    {113, nullptr, "PGM"},
    {115, open_l2tp_over_ip, "L2TP"},
    {124, nullptr, "IS-IS"},
    {136, nullptr, "UDP-Lite"},
    {137, open_mpls_packet, "MPLS"},
    {139, nullptr, "HIP"},
    {143, open_ethernet_packet, "Ethernet"},
};

// GRE -------------------------------------------------------------------------------------------------------

constexpr std::uint16_t kChecksum = 0x8000, kRouting = 0x4000, kKey = 0x2000, kSequence = 0x1000,
                        kAcknowledgement = 0x0080, kVersion = 0x0007;

/// ERSPAN (RFC draft): type I has no header of its own, and GRE no sequence number then; type II has eight
/// bytes, type III twelve, and eight more where its last bit says so.
LinkResult open_erspan(Layer layer, std::uint16_t flags) {
  if ((flags & kSequence) == 0) return opened(kEtherTransparent, layer);
  return layer.data.size() < 8 ? cut_header() : opened(kEtherTransparent, layer.behind(8));
}
LinkResult open_erspan3(Layer layer, std::uint16_t /*flags*/) {
  std::size_t size = 12;
  if (layer.data.size() >= size && (layer.data[11] & 1) != 0) size += 8;
  return layer.data.size() < size ? cut_header() : opened(kEtherTransparent, layer.behind(size));
}
LinkResult open_bridged(Layer layer, std::uint16_t /*flags*/) {
  return opened(kEtherTransparent, layer);
}
/// WCCP: version 2 has four bytes before the IP packet.
LinkResult open_wccp(Layer layer, std::uint16_t /*flags*/) {
  if (layer.data.empty()) return cut_header();
  if (layer.data[0] >> 4 == 4) return opened(kEtherIpv4, layer);
  return layer.data.size() < 4 ? cut_header() : by_version(layer.behind(4));
}
LinkResult open_wireless(Layer layer, std::uint16_t /*flags*/) {
  return open_80211(layer);
}
LinkResult open_relayed(Layer layer, std::uint16_t /*flags*/) {
  return open_frame_relay(layer);
}
LinkResult no_packet(Layer /*layer*/, std::uint16_t /*flags*/) {
  return control_packet();
}
LinkResult byte_stream(Layer /*layer*/, std::uint16_t /*flags*/) {
  return closed_header("PPP as a byte stream in GRE");
}

/// What GRE alone carries. Other types are EtherTypes.
struct GreRow {
  std::uint16_t first, last;
  LinkResult (*open)(Layer, std::uint16_t flags);
};
constexpr GreRow kGreTypes[] = {
    {0x0000, 0x0000, no_packet},                                      // a keepalive
    {0x0101, 0x0101, no_packet},                                      // GRE bonding's control
    {0x2001, 0x2001, no_packet},                                      // NHRP
    {0x22eb, 0x22eb, open_erspan3}, {0x6400, 0x6400, open_bridged},   // MikroTik's EoIP
    {0x6559, 0x6559, open_relayed}, {0x8200, 0x8370, open_wireless},  // Aruba's access points
    {0x883e, 0x883e, open_wccp},    {0x8881, 0x8881, byte_stream},    // 3GPP2
    {0x88be, 0x88be, open_erspan},  {0x88d2, 0x88d2, byte_stream},
    {0xb7ea, 0xb7ea, no_packet},  // GRE bonding's control
};

LinkResult open_gre_type(std::uint16_t type, std::uint16_t flags, Layer layer) {
  for (const GreRow& row : kGreTypes) {
    if (type >= row.first && type <= row.last) return row.open(layer, flags);
  }
  return opened(type, layer);
}

/// Source route entries, up to an empty one. False when they are cut.
bool pass_routes(Layer& layer) {
  for (bool last = false; !last;) {
    if (layer.data.size() < 4) return false;
    const std::size_t route = layer.data[3];
    last = route == 0;
    if (layer.data.size() < 4 + route) return false;
    layer = layer.behind(4 + route);
  }
  return true;
}

/// What L2TPv3 carries, where it fits: an Ethernet frame, or PPP with its address.
LinkResult find_packet(Layer layer) {
  if (fits_ethernet(layer)) return opened(kEtherTransparent, layer);
  if (layer.data[0] != 0xff) return closed_header(nullptr);
  const LinkResult ppp = open_ppp(layer);
  return ppp.status == LinkStatus::ok && fits_ip(ppp.layer) ? ppp : closed_header(nullptr);
}

}  // namespace

/// Version 1 is PPTP's (RFC 2637), and MikroTik's EoIP, whose key is its own: a length and a tunnel.
LinkResult open_gre(Layer layer) {
  if (layer.data.size() < 4) return cut_header();
  const std::uint16_t flags = read_be16(layer.data, 0), type = read_be16(layer.data, 2);
  const bool enhanced = (flags & kVersion) == 1;
  if ((flags & kVersion) > 1) return closed_header("GRE");
  std::size_t size = 4;
  if ((flags & (kChecksum | kRouting)) != 0) size += 4;
  const std::size_t key_at = size;
  for (const std::uint16_t flag : {kKey, kSequence}) size += (flags & flag) != 0 ? 4 : 0;
  if (enhanced && (flags & kAcknowledgement) != 0) size += 4;
  if (layer.data.size() < size) return cut_header();
  std::uint64_t tag = 0;
  if ((flags & kKey) != 0) {
    const std::uint32_t key = read_be32(layer.data, key_at);
    tag = tenant_tag(TenantKind::key, enhanced ? key & 0xffff : key);
  }
  layer = layer.behind(size);
  if ((flags & kRouting) != 0 && !pass_routes(layer)) return cut_header();
  if (enhanced && layer.wire == 0) return control_packet();  // a bare acknowledgement
  LinkResult result = open_gre_type(type, flags, layer);
  result.tenant = add_tenant(tag, result.tenant);
  return result;
}

LinkResult open_l2tp3(Layer layer) {
  if (layer.data.size() < 4) return cut_header();
  const std::uint64_t tag = tenant_tag(TenantKind::tunnel, read_be32(layer.data, 0));
  layer = layer.behind(4);
  LinkResult found = closed_header("L2TPv3");
  const std::uint8_t* packet = nullptr;
  constexpr std::array<std::size_t, 4> kCookies{0, 4, 8, 12};  // and four bytes of a sublayer
  for (const std::size_t cookie : kCookies) {
    if (layer.data.size() <= cookie) break;
    const LinkResult inner = find_packet(layer.behind(cookie));
    if (inner.status != LinkStatus::ok) continue;
    // A cookie of four bytes and a VLAN tag look alike, and lead to the same packet.
    const std::uint8_t* begin = open_ethertype(inner).layer.data.data();
    if (packet != nullptr && begin != packet) return closed_header("L2TPv3");
    if (packet == nullptr) found = inner;
    packet = begin;
  }
  found.tenant = tag;
  return found;
}

LinkResult open_ip_protocol(std::uint8_t protocol, Layer layer) {
  for (const ProtocolRow& row : kProtocols) {
    if (row.number != protocol) continue;
    return row.open != nullptr ? row.open(layer) : LinkResult{row.status, 0, {}, 0, row.name};
  }
  return closed_header(nullptr);
}

}  // namespace ck::packet
