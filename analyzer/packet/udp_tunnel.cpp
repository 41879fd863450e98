// Tunnels over UDP, one row each. Every one checks its header: what does not fit is some other protocol on
// that port, which is no tunnel.
#include <algorithm>
#include <array>

#include "base/endian.h"
#include "packet/link_headers.h"
#include "packet/tunnel.h"

namespace ck::packet {
namespace {

LinkResult other_udp() {
  return other_protocol("UDP");
}

/// VXLAN (RFC 7348): a flag that says that there is a network identifier. Of the reserved bits, GBP uses the
/// first, and VXLAN-GPE the last four: the third of those says that the header's fourth byte names what
/// follows, the last that it is the tunnel's own business.
LinkResult open_vxlan(Layer layer) {
  constexpr std::size_t kHeader = 8;
  constexpr std::uint8_t kNetwork = 0x08, kNextProtocol = 0x04, kOam = 0x01, kVersionBits = 0x30,
                         kUnknown = 0x40;
  if (layer.data.size() < kHeader) return cut_header();
  const std::uint8_t flags = layer.data[0];
  if ((flags & (kVersionBits | kUnknown)) != 0 || (flags & (kNetwork | kNextProtocol)) == 0)
    return other_udp();
  const std::uint64_t tag =
      (flags & kNetwork) != 0 ? tenant_tag(TenantKind::vni, read_be32(layer.data, 4) >> 8) : 0;
  if ((flags & kNextProtocol) == 0) return opened(kEtherTransparent, layer.behind(kHeader), tag);
  if ((flags & kOam) != 0) return control_packet();
  return open_next_protocol(layer.data[3], layer.behind(kHeader), tag, "VXLAN-GPE");
}

/// Geneve (RFC 8926): version 0, options in words, an EtherType and a network identifier.
LinkResult open_geneve(Layer layer) {
  constexpr std::size_t kHeader = 8;
  if (layer.data.size() < kHeader) return cut_header();
  const std::size_t size = kHeader + (layer.data[0] & 0x3fu) * 4u;
  if (layer.data[0] >> 6 != 0) return other_udp();
  if (layer.data.size() < size) return cut_header();
  return opened(read_be16(layer.data, 2), layer.behind(size),
                tenant_tag(TenantKind::vni, read_be32(layer.data, 4) >> 8));
}

/// TZSP: version 1, a type, what is inside, then tags up to the one that ends them.
LinkResult open_tzsp(Layer layer) {
  constexpr std::uint8_t kKeepalive = 4, kPortOpener = 5, kLastType = 5, kPadding = 0, kEnd = 1;
  if (layer.data.size() < 4) return layer.wire < 4 ? other_udp() : cut_header();
  const std::uint8_t type = layer.data[1];
  if (layer.data[0] != 1 || type > kLastType) return other_udp();
  const std::uint16_t inside = read_be16(layer.data, 2);
  if (type == kKeepalive || type == kPortOpener || inside == 0) return control_packet();
  std::size_t at = 4;
  for (;;) {
    if (at >= layer.data.size()) return cut_header();
    const std::uint8_t tag = layer.data[at++];
    if (tag == kEnd) break;
    if (tag == kPadding) continue;
    if (at >= layer.data.size()) return cut_header();
    at += 1u + layer.data[at];
  }
  if (at > layer.data.size()) return cut_header();
  constexpr std::array<std::pair<std::uint16_t, int>, 4> kTzspLinks{
      {{1, kLinkEthernet}, {18, kLink80211}, {119, kLinkPrism}, {127, kLink80211Avs}}};
  for (const auto& [number, link] : kTzspLinks) {
    if (number == inside) return open_link(link, layer.behind(at));
  }
  return closed_header("TZSP");
}

/// MPLS in UDP (RFC 7510).
LinkResult open_mpls_in_udp(Layer layer) {
  const LinkResult result = open_mpls(layer);
  const bool whole = layer.data.size() == layer.wire;
  if (result.status == LinkStatus::cut && whole) return other_udp();  // a stack without an end
  return result.status == LinkStatus::closed ? closed_header("MPLS in UDP") : result;
}
/// GRE in UDP (RFC 8086): version 0, no routing, nothing reserved.
LinkResult open_gre_in_udp(Layer layer) {
  constexpr std::uint16_t kNever = 0x4fff;
  if (layer.data.size() < 4) return layer.wire < 4 ? other_udp() : cut_header();
  return (read_be16(layer.data, 0) & kNever) == 0 ? open_gre(layer) : other_udp();
}

/// GTP-U (3GPP TS 29.281): version 1; a message of type 255 is a packet, behind a sequence number and
/// extension headers where the flags say so. It is IP as a rule, or Ethernet.
LinkResult open_gtp(Layer layer) {
  constexpr std::size_t kHeader = 8, kOptional = 4;
  constexpr std::uint8_t kPacket = 255, kExtension = 0x04, kAnyOptional = 0x07;
  if (layer.data.size() < kHeader) return layer.wire < kHeader ? other_udp() : cut_header();
  const std::uint8_t flags = layer.data[0];
  if (flags >> 4 != 3) return other_udp();  // version 1, and not GTP'
  if (layer.data[1] != kPacket) return control_packet();
  const std::uint64_t tag = tenant_tag(TenantKind::tunnel, read_be32(layer.data, 4));
  layer = layer.first(kHeader + std::uint64_t{read_be16(layer.data, 2)}).behind(kHeader);
  if ((flags & kAnyOptional) != 0) {
    if (layer.data.size() < kOptional) return cut_header();
    std::uint8_t next = (flags & kExtension) != 0 ? layer.data[3] : 0;
    layer = layer.behind(kOptional);
    while (next != 0) {
      const std::size_t size = layer.data.empty() ? 0 : layer.data[0] * 4u;
      if (size == 0 || layer.data.size() < size) return cut_header();
      next = layer.data[size - 1];
      layer = layer.behind(size);
    }
  }
  if (!fits_ip(layer) && fits_ethernet(layer)) return opened(kEtherTransparent, layer, tag);
  LinkResult result = by_version(layer, "GTP-U");
  result.tenant = tag;
  return result;
}

/// Version 0 (3GPP TS 09.60, 29.060): flow label, N-PDU number and a tunnel of eight bytes, always.
LinkResult open_gtp_0(Layer layer) {
  constexpr std::size_t kHeader = 20, kTunnelAt = 12;
  constexpr std::uint8_t kPacket = 255;
  if (layer.data.size() < kHeader) return layer.wire < kHeader ? other_udp() : cut_header();
  if (layer.data[0] >> 4 != 1) return other_udp();  // version 0, and not GTP'
  if (layer.data[1] != kPacket) return control_packet();
  const std::uint64_t tunnel =
      std::uint64_t{read_be32(layer.data, kTunnelAt)} << 32 | read_be32(layer.data, kTunnelAt + 4);
  LinkResult result =
      by_version(layer.first(kHeader + std::uint64_t{read_be16(layer.data, 2)}).behind(kHeader), "GTP");
  result.tenant = add_tenant(tenant_tag(TenantKind::tunnel, tunnel >> 32), tunnel);
  return result;
}

/// L2TP (RFC 2661): flags and a version, then a length, a tunnel and a session, sequence numbers and an
/// offset, as the flags say; then PPP. Version 3 (RFC 3931) has two reserved bytes and a session.
LinkResult open_l2tp(Layer layer) {
  constexpr std::uint16_t kControl = 0x8000, kLength = 0x4000, kNumbered = 0x0800, kOffset = 0x0200,
                          kVersionBits = 0x000f, kReserved = 0x34f0;
  if (layer.data.size() < 6) return layer.wire < 6 ? other_udp() : cut_header();
  const std::uint16_t flags = read_be16(layer.data, 0), version = flags & kVersionBits;
  if ((version != 2 && version != 3) || (flags & kReserved) != 0) return other_udp();
  if ((flags & kControl) != 0) return control_packet();
  if (version == 3) return layer.data.size() < 8 ? cut_header() : open_l2tp3(layer.behind(4));
  const std::size_t ids = (flags & kLength) != 0 ? 4 : 2;
  std::size_t size = ids + 4 + ((flags & kNumbered) != 0 ? 4 : 0);
  if (layer.data.size() < size + ((flags & kOffset) != 0 ? 2 : 0)) return cut_header();
  const std::uint64_t tag = tenant_tag(TenantKind::tunnel, read_be32(layer.data, ids));
  if ((flags & kOffset) != 0) size += 2u + read_be16(layer.data, size);
  if ((flags & kLength) != 0) layer = layer.first(read_be16(layer.data, 2));
  if (layer.data.size() < size) return cut_header();
  LinkResult result = open_ppp(layer.behind(size));
  result.tenant = tag;
  return result;
}

/// Teredo (RFC 4380): an authentication and an origin indication may come before the IPv6 packet.
LinkResult open_teredo(Layer layer) {
  constexpr std::uint16_t kOrigin = 0x0000, kAuthentication = 0x0001;
  if (layer.data.size() >= 4 && read_be16(layer.data, 0) == kAuthentication) {
    const std::size_t size = 4u + layer.data[2] + layer.data[3] + 8 + 1;
    if (layer.data.size() < size) return layer.wire < size ? other_udp() : cut_header();
    layer = layer.behind(size);
  }
  if (layer.data.size() >= 8 && read_be16(layer.data, 0) == kOrigin) layer = layer.behind(8);
  if (layer.data.size() < 40) return layer.wire < 40 ? other_udp() : cut_header();
  return layer.data[0] >> 4 == 6 && fits_ip(layer) ? opened(kEtherIpv6, layer) : other_udp();
}

/// ESP in UDP (RFC 3948) shares its port with IKE, behind four zero bytes, and with a keepalive of one byte.
LinkResult open_esp_in_udp(Layer layer) {
  if (layer.wire < 8) return other_udp();
  if (layer.data.size() < 4) return cut_header();
  return read_be32(layer.data, 0) == 0 ? other_udp() : closed_header("ESP in UDP");
}
/// A message of type 4 is a packet.
LinkResult open_wireguard(Layer layer) {
  constexpr std::uint32_t kPacket = 4, kFirst = 1;
  if (layer.data.size() < 4) return layer.wire < 4 ? other_udp() : cut_header();
  const std::uint32_t type = read_le32(layer.data, 0);
  if (type == kPacket) return closed_header("WireGuard");
  return type >= kFirst && type < kPacket ? control_packet() : other_udp();
}
/// CAPWAP's data channel (RFC 5415): a preamble, a header's length in words, and flags; 802.3 frames are
/// opened.
LinkResult open_capwap(Layer layer) {
  constexpr std::uint32_t kNative = 0x100, kFragment = 0x80, kKeepalive = 0x08;
  if (layer.data.size() < 8) return layer.wire < 8 ? other_udp() : cut_header();
  if (layer.data[0] == 1) return closed_header("CAPWAP");  // in DTLS
  const std::uint32_t word = read_be32(layer.data, 0);
  const std::size_t size = (word >> 19 & 0x1f) * 4u;
  if (layer.data[0] != 0 || size < 8) return other_udp();
  if ((word & kKeepalive) != 0) return control_packet();
  if ((word & kFragment) != 0) return closed_header("CAPWAP");
  if (layer.data.size() < size) return cut_header();
  layer = layer.behind(size);
  return (word & kNative) != 0 ? open_swapped_80211(layer) : opened(kEtherTransparent, layer);
}

/// LWAPP, what Cisco had before CAPWAP: a version and flags, a fragment's number, a length, two signal
/// levels.
LinkResult open_lwapp(Layer layer) {
  constexpr std::size_t kHeader = 6;
  constexpr std::uint8_t kVersionBits = 0xc0, kControl = 0x04, kFragment = 0x03;
  if (layer.data.size() < kHeader) return layer.wire < kHeader ? other_udp() : cut_header();
  const std::uint8_t flags = layer.data[0];
  if ((flags & kVersionBits) != 0) return other_udp();
  if ((flags & kControl) != 0) return control_packet();
  return (flags & kFragment) != 0 ? closed_header("LWAPP") : open_swapped_80211(layer.behind(kHeader));
}
LinkResult open_lwapp_ethernet(Layer layer) {
  return fits_ethernet(layer) ? opened(kEtherTransparent, layer) : other_udp();
}

/// LISP (RFC 9300): flags, a nonce or versions, and an instance where the fifth flag says so; its generic
/// form (RFC 9305) names what follows, as VXLAN-GPE does.
LinkResult open_lisp(Layer layer) {
  constexpr std::size_t kHeader = 8;
  constexpr std::uint8_t kInstance = 0x08, kNextProtocol = 0x04;
  if (layer.data.size() < kHeader) return layer.wire < kHeader ? other_udp() : cut_header();
  const std::uint8_t flags = layer.data[0];
  const std::uint64_t tag =
      (flags & kInstance) != 0 ? tenant_tag(TenantKind::vni, read_be32(layer.data, 4) >> 8) : 0;
  const std::uint8_t next = layer.data[3];
  layer = layer.behind(kHeader);
  if ((flags & kNextProtocol) != 0 && !fits_ip(layer)) return open_next_protocol(next, layer, tag, "LISP");
  LinkResult result = by_version(layer, "LISP");
  if (result.status == LinkStatus::ok) result.tenant = tag;
  return result;
}

/// AYIYA: lengths of an identity and a signature, an operation, what follows, a time, the two.
LinkResult open_ayiya(Layer layer) {
  constexpr std::size_t kHeader = 8;
  constexpr std::uint8_t kForward = 1, kIpv4 = 4, kIpv6 = 41;
  if (layer.data.size() < kHeader) return layer.wire < kHeader ? other_udp() : cut_header();
  const std::size_t size = kHeader + (std::size_t{1} << (layer.data[0] >> 4)) + (layer.data[1] >> 4) * 4u;
  const std::uint8_t next = layer.data[3];
  if ((layer.data[2] & 0x0f) != kForward || (next != kIpv4 && next != kIpv6)) return other_udp();
  if (layer.data.size() < size) return layer.wire < size ? other_udp() : cut_header();
  layer = layer.behind(size);
  return fits_ip(layer) ? by_version(layer) : other_udp();
}
/// Juniper's copies of packets: the numbers of an order and of a session.
LinkResult open_jmirror(Layer layer) {
  constexpr std::size_t kHeader = 8;
  if (layer.data.size() < kHeader || !fits_ip(layer.behind(kHeader))) return other_udp();
  return by_version(layer.behind(kHeader));
}

struct UdpRow {
  std::uint16_t port;
  bool either_port;  ///< the answers come from it; else a tunnel's packets all go to it
  LinkResult (*open)(Layer);
};
constexpr UdpRow kTunnels[] = {
    {1701, true, open_l2tp},
    {2152, true, open_gtp},
    {3386, true, open_gtp_0},
    {3544, true, open_teredo},
    {4341, false, open_lisp},
    {4500, true, open_esp_in_udp},
    {4754, false, open_gre_in_udp},
    {4789, false, open_vxlan},
    {4790, false, open_vxlan},  // VXLAN-GPE
    {5072, true, open_ayiya},
    {5247, true, open_capwap},
    {6081, false, open_geneve},
    {6635, false, open_mpls_in_udp},
    {8472, false, open_vxlan},  // Linux's own
    {12220, true, open_lwapp_ethernet},
    {12222, true, open_lwapp},
    {30030, false, open_jmirror},
    {37008, false, open_tzsp},
    {51820, true, open_wireguard},
};

}  // namespace

LinkResult open_udp(Layer layer) {
  constexpr std::size_t kHeader = 8;
  if (layer.data.size() < kHeader) return cut_header();
  const std::uint16_t source = read_be16(layer.data, 0), destination = read_be16(layer.data, 2);
  const std::uint16_t length = read_be16(layer.data, 4);
  // 0: a jumbogram, or segmentation offload, captured before the length was known.
  if (length >= kHeader) layer = layer.first(length);
  layer = layer.behind(kHeader);
  for (const UdpRow& row : kTunnels) {
    if (row.port == destination || (row.either_port && row.port == source)) return row.open(layer);
  }
  return other_udp();
}

}  // namespace ck::packet
