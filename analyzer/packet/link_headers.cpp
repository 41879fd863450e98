// Ethernet, LLC, PPP, MPLS and NSH: headers that links, tags and tunnels have in common.
#include "packet/link_headers.h"

#include "base/endian.h"

namespace ck::packet {
namespace {

/// PPP protocol numbers (RFC 1661 and IANA), one row each.
struct PppRow {
  std::uint16_t protocol;
  std::uint16_t ethertype;  ///< 0: see `name`
  const char* name;         ///< of what is closed
};
constexpr PppRow kPppProtocols[] = {
    {0x0021, kEtherIpv4, nullptr}, {0x0057, kEtherIpv6, nullptr},     {0x0281, kEtherMpls, nullptr},
    {0x0283, 0x8848, nullptr},     {0x002d, 0, "PPP compressed TCP"}, {0x002f, 0, "PPP compressed TCP"},
    {0x003d, 0, "PPP multilink"},  {0x0053, 0, "PPP encrypted"},      {0x0055, 0, "PPP encrypted"},
    {0x00fb, 0, "PPP compressed"}, {0x00fd, 0, "PPP compressed"},
};

/// Multilink (RFC 1990) with long sequence numbers: a packet that is whole in its fragment is opened.
LinkResult open_ppp_multilink(Layer layer) {
  constexpr std::uint8_t kWhole = 0xc0;
  if (layer.data.size() < 4) return cut_header();
  if ((layer.data[0] & kWhole) != kWhole || (layer.data[0] & 0x3f) != 0)
    return closed_header("PPP multilink");
  return opened(kEtherPpp, layer.behind(4));
}

/// Bridging (RFC 3518): flags with a count of padding bytes, and the kind of frame: 1 is Ethernet.
LinkResult open_ppp_bridged(Layer layer) {
  if (layer.data.size() < 2) return cut_header();
  return layer.data[1] == 1 ? opened(kEtherTransparent, layer.behind(2)) : closed_header("PPP bridging");
}

LinkResult open_ppp_protocol(std::uint16_t protocol, Layer layer) {
  constexpr std::uint16_t kMultilink = 0x003d, kBridged = 0x0031, kFirstControl = 0x8000;
  if (protocol == kMultilink) return open_ppp_multilink(layer);
  if (protocol == kBridged) return open_ppp_bridged(layer);
  for (const PppRow& row : kPppProtocols) {
    if (row.protocol != protocol) continue;
    return row.ethertype != 0 ? opened(row.ethertype, layer) : closed_header(row.name);
  }
  return protocol >= kFirstControl ? control_packet() : other_protocol("not IP");
}

/// Cisco's ISL: an Ethernet frame behind 26 bytes, which begin with one of two addresses of five bytes and
/// say what kind of frame it is (0: Ethernet), and whose virtual LAN.
bool is_isl(Layer layer) {
  if (layer.data.size() < 14) return false;
  const std::uint32_t group = read_be32(layer.data, 0);
  return (group == 0x0100'0c00 || group == 0x0300'0c00) && layer.data[4] == 0;
}
LinkResult open_isl(Layer layer) {
  constexpr std::size_t kHeader = 26, kVlanAt = 20;
  constexpr unsigned kKindShift = 4;
  if (layer.data[5] >> kKindShift != 0) return closed_header("ISL with another link");
  if (layer.data.size() < kHeader) return cut_header();
  const std::uint16_t vlan = read_be16(layer.data, kVlanAt) >> 1;
  return opened(kEtherTransparent, layer.behind(kHeader), vlan == 0 ? 0 : tenant_tag(TenantKind::vlan, vlan));
}

}  // namespace

LinkResult fixed_header(Layer layer, std::size_t size, std::size_t type_offset) {
  if (layer.data.size() < size) return cut_header();
  return opened(read_be16(layer.data, type_offset), layer.behind(size));
}

LinkResult by_version(Layer layer, const char* name) {
  if (layer.data.empty()) return cut_header();
  const unsigned version = layer.data[0] >> 4;
  if (version == 4) return opened(kEtherIpv4, layer);
  if (version == 6) return opened(kEtherIpv6, layer);
  return closed_header(name);
}

LinkResult open_ethernet(Layer layer) {
  const LinkResult frame = fixed_header(layer, 14, 12);
  return frame.status == LinkStatus::ok && frame.ethertype < kFirstEtherType && is_isl(layer)
             ? open_isl(layer)
             : frame;
}

LinkResult open_snap(Layer layer, std::size_t padding) {
  constexpr std::size_t kHeader = 5;
  if (layer.data.size() < kHeader) return layer.wire < kHeader ? other_protocol("IEEE 802.3") : cut_header();
  constexpr std::uint32_t kPlain = 0, kBridgeTunnel = 0xf8, kBridged = 0x80c2;
  const std::uint32_t oui = read_be32(layer.data, 0) >> 8;
  if (oui == kPlain || oui == kBridgeTunnel) return fixed_header(layer, kHeader, 3);
  if (oui != kBridged) return other_protocol("IEEE 802.3");
  // RFC 2684, 5.2: with or without the bridged frame's check sequence, which ends behind the packet in it.
  constexpr std::uint16_t kWithCheck = 0x0001, kWithoutCheck = 0x0007, kSpanningTree = 0x000e;
  const std::uint16_t kind = read_be16(layer.data, 3);
  if (kind == kSpanningTree) return control_packet();
  if (kind != kWithCheck && kind != kWithoutCheck) return closed_header("bridged frames of another link");
  if (layer.data.size() < kHeader + padding) return cut_header();
  return opened(kEtherTransparent, layer.behind(kHeader + padding));
}

/// LLC with SNAP (RFC 1042, IEEE 802.1H), LLC's own number of IP, or ISO's numbers. All else is the link's
/// (spanning tree, Cisco's CDP) or no IP (IPX, NetBIOS).
LinkResult open_llc(Layer layer) {
  constexpr std::uint32_t kSnap = 0xaaaa'0300, kLlcIp = 0x0606'0300, kIso = 0xfefe'0300,
                          kControl = 0xffff'ff00;
  constexpr std::size_t kLlcHeader = 3, kBridgePadding = 2;
  if (layer.data.size() < 4) return layer.wire < 4 ? other_protocol("IEEE 802.3") : cut_header();
  const std::uint32_t llc = read_be32(layer.data, 0) & kControl;
  const Layer rest = layer.behind(kLlcHeader);
  if (llc == kSnap) return open_snap(rest, kBridgePadding);
  if (llc == kLlcIp) return by_version(rest, "IEEE 802.3");
  return llc == kIso ? open_nlpid(rest) : other_protocol("IEEE 802.3");
}

/// PPP's protocol field, one byte when it is odd (RFC 1661, 6.5), behind address and control bytes if they
/// are there. Cisco's HDLC shares its links, and has another address and an EtherType.
LinkResult open_ppp(Layer layer) {
  if (layer.data.size() >= 2) {
    const std::uint8_t address = layer.data[0], control = layer.data[1];
    if (control == 0 && (address == 0x0f || address == 0x8f)) return fixed_header(layer, 4, 2);
    if (address == 0xff && control == 0x03) layer = layer.behind(2);
  }
  if (layer.data.size() < 2) return cut_header();
  if ((layer.data[0] & 1) != 0) return open_ppp_protocol(layer.data[0], layer.behind(1));
  return open_ppp_protocol(read_be16(layer.data, 0), layer.behind(2));
}

/// MPLS label stack (RFC 3032), up to the entry whose bottom-of-stack bit is set; that label may be a
/// customer's. What follows has no type: IP shows its version (RFC 4928), and else it is an Ethernet
/// pseudowire, with a control word (RFC 4385) or without one, where such a frame fits.
LinkResult open_mpls(Layer layer) {
  constexpr std::size_t kLabel = 4, kControlWord = 4;
  bool bottom = false;
  std::uint64_t tag = 0;
  while (!bottom) {
    if (layer.data.size() < kLabel) return cut_header();
    bottom = (layer.data[2] & 1) != 0;
    tag = tenant_tag(TenantKind::label, read_be32(layer.data, 0) >> 12);
    layer = layer.behind(kLabel);
  }
  LinkResult result = by_version(layer, "MPLS pseudowire");
  if (result.status != LinkStatus::cut && !fits_ip(layer)) {
    const unsigned first = layer.data[0] >> 4;
    if (first == 0 && layer.data.size() >= kControlWord && fits_ethernet(layer.behind(kControlWord))) {
      result = opened(kEtherTransparent, layer.behind(kControlWord));
    } else if (fits_ethernet(layer)) {
      result = opened(kEtherTransparent, layer);
    } else if (first == 1) {
      return control_packet();  // an associated channel
    }
  }
  if (result.status == LinkStatus::ok) result.tenant = tag;
  return result;
}

LinkResult open_next_protocol(std::uint8_t protocol, Layer layer, std::uint64_t tag, const char* name) {
  constexpr std::uint16_t kTypes[] = {0, kEtherIpv4, kEtherIpv6, kEtherTransparent, 0x894f, kEtherMpls};
  if (protocol == 0 || protocol >= std::size(kTypes)) return closed_header(name);
  return opened(kTypes[protocol], layer, tag);
}

/// Network service header (RFC 8300): its length is in words, its last byte names what follows.
LinkResult open_nsh(Layer layer) {
  constexpr std::size_t kBase = 8;
  if (layer.data.size() < kBase) return cut_header();
  const std::size_t size = (layer.data[1] & 0x3fu) * 4u;
  if (size < kBase) return closed_header("NSH");
  if (layer.data.size() < size) return cut_header();
  return open_next_protocol(layer.data[3], layer.behind(size), 0, "NSH");
}

bool fits_ip(Layer layer) {
  constexpr std::size_t kIpv4 = 20, kIpv6 = 40;
  const Bytes data = layer.data;
  if (data.size() >= kIpv4 && data[0] >> 4 == 4) {
    const std::size_t header = (data[0] & 0x0fu) * 4u, total = read_be16(data, 2);
    return header >= kIpv4 && (total == 0 || (total >= header && total <= layer.wire));
  }
  if (data.size() >= kIpv6 && data[0] >> 4 == 6) return kIpv6 + read_be16(data, 4) <= layer.wire;
  return false;
}

bool fits_ethernet(Layer layer) {
  constexpr std::uint16_t kVlan = 0x8100, kQinq = 0x88a8, kArp = 0x0806;
  constexpr std::size_t kMaxTags = 4;
  LinkResult frame = open_ethernet(layer);
  for (std::size_t tags = 0; frame.status == LinkStatus::ok && tags < kMaxTags; ++tags) {
    if (frame.ethertype == kArp)  // of Ethernet and IPv4
      return frame.layer.data.size() >= 8 && read_be32(frame.layer.data, 0) == 0x0001'0800;
    if (frame.ethertype == kEtherIpv4 || frame.ethertype == kEtherIpv6) return fits_ip(frame.layer);
    if (frame.ethertype != kVlan && frame.ethertype != kQinq) return false;
    frame = fixed_header(frame.layer, 4, 2);
  }
  return false;
}

}  // namespace ck::packet
