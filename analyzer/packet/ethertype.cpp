// EtherTypes, one row each: tags and labels that lead to another EtherType, what is closed, and what ends the
// search because it holds no IP packets.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/endian.h"
#include "packet/link_headers.h"

namespace ck::packet {
namespace {

constexpr std::uint16_t kEtherArp = 0x0806, kEtherMplsUpstream = 0x8848;

LinkResult with_tag(LinkResult result, TenantKind kind, std::uint64_t id) {
  result.tenant = add_tenant(tenant_tag(kind, id), result.tenant);
  return result;
}

LinkResult open_vlan(Layer layer) {
  if (layer.data.size() < 4) return cut_header();
  constexpr std::uint16_t kIdentifier = 0x0fff;  // the other bits are a priority: 0 is no VLAN
  const std::uint16_t vlan = read_be16(layer.data, 0) & kIdentifier;
  return opened(read_be16(layer.data, 2), layer.behind(4),
                vlan == 0 ? 0 : tenant_tag(TenantKind::vlan, vlan));
}

/// IEEE 802.1BR: six bytes and the EtherType; which port extender's channel is no tenant of its own, as the
/// two directions have other ones.
LinkResult open_etag(Layer layer) {
  return fixed_header(layer, 8, 6);
}
LinkResult open_vntag(Layer layer) {
  return fixed_header(layer, 6, 4);
}
/// Cisco MetaData: version, length, options, and a security group.
LinkResult open_cisco_metadata(Layer layer) {
  return fixed_header(layer, 8, 6);
}
/// HSR's tag (IEC 62439-3): path and size, sequence number. PRP has a trailer instead, which an IP packet's
/// own length drops.
LinkResult open_hsr(Layer layer) {
  return fixed_header(layer, 6, 4);
}
/// IEEE 802.1CB: reserved, sequence number.
LinkResult open_rtag(Layer layer) {
  return fixed_header(layer, 6, 4);
}
/// IEEE 802.1Qau: the flow's number.
LinkResult open_cn_tag(Layer layer) {
  return fixed_header(layer, 4, 2);
}
/// Cisco's time stamp tag has no EtherType of its own but one that a user may set: it is one where six bytes
/// of time lead to an IP packet or a VLAN.
LinkResult open_ttag(Layer layer) {
  const LinkResult result = fixed_header(layer, 8, 6);
  if (result.status != LinkStatus::ok) return result;
  const bool ip = result.ethertype == kEtherIpv4 || result.ethertype == kEtherIpv6;
  const bool tag = result.ethertype == 0x8100 || result.ethertype == 0x88a8 || result.ethertype == kEtherArp;
  return tag || (ip && fits_ip(result.layer)) ? result : closed_header(nullptr);
}

/// IEEE 802.1ah: flags and a service identifier, then the customer's Ethernet frame.
LinkResult open_service_tag(Layer layer) {
  if (layer.data.size() < 4) return cut_header();
  const std::uint32_t service = read_be32(layer.data, 0) & 0xff'ffff;
  return opened(kEtherTransparent, layer.behind(4), tenant_tag(TenantKind::service, service));
}
/// Cisco FabricPath: a tree and a hop count, then the Ethernet frame.
LinkResult open_fabricpath(Layer layer) {
  return layer.data.size() < 2 ? cut_header() : opened(kEtherTransparent, layer.behind(2));
}
/// TRILL (RFC 6325): version, options' length in words and hop count, two nicknames, options.
LinkResult open_trill(Layer layer) {
  if (layer.data.size() < 6) return cut_header();
  const std::size_t size = 6 + (read_be16(layer.data, 0) >> 6 & 0x1fu) * 4u;
  return layer.data.size() < size ? cut_header() : opened(kEtherTransparent, layer.behind(size));
}

/// Arista's header: a subtype and a version, whose second last digit is the format of a time stamp: 1 has 64
/// bits, 2 has 48. Time stamps lead to an EtherType, what a tap adds to an Ethernet frame.
LinkResult open_arista(Layer layer) {
  constexpr std::uint16_t kTimestamp = 1, kTap = 3, kPostcard = 4, kDzGreA = 7, kDzGreB = 8, kDzGreTime = 9,
                          kGenerated = 0xcafe;
  if (layer.data.size() < 4) return cut_header();
  const std::size_t format = layer.data[3] >> 4;
  switch (read_be16(layer.data, 0)) {
    case kTimestamp:
    case kTap:
      if (format == 1) return fixed_header(layer, 14, 12);
      if (format == 2) return fixed_header(layer, 12, 10);
      break;
    case kDzGreA:
      return layer.data.size() < 12 ? cut_header() : opened(kEtherTransparent, layer.behind(12));
    case kDzGreB:
      return layer.data.size() < 8 ? cut_header() : opened(kEtherTransparent, layer.behind(8));
    case kDzGreTime:
      return layer.data.size() < 20 ? cut_header() : opened(kEtherTransparent, layer.behind(20));
    case kPostcard:  // samples of packets, cut, not the packets
    case kGenerated:
      return control_packet();
    default:
      break;
  }
  return closed_header("Arista header");
}

/// Gigamon's header: its own length in one byte, what a tap adds, and the EtherType.
LinkResult open_gigamon(Layer layer) {
  if (layer.data.empty()) return cut_header();
  const std::size_t size = layer.data[0];
  return size == 0 ? closed_header("Gigamon header") : fixed_header(layer, size + 2, size);
}

/// batman-adv: a packet type, a version, a hop limit; what a mesh carries is an Ethernet frame. Versions 14
/// and 15 have their own numbers.
LinkResult open_batman(Layer layer) {
  struct Carrier {
    std::uint8_t version, type;
    std::size_t size;
  };
  constexpr Carrier kCarriers[] = {{15, 0x40, 10}, {15, 0x42, 18}, {15, 0x01, 14},
                                   {14, 0x03, 10}, {14, 0x09, 18}, {14, 0x04, 14}};
  constexpr Carrier kHiding[] = {{15, 0x02, 0}, {15, 0x41, 0}, {14, 0x06, 0}, {14, 0x0a, 0}};
  if (layer.data.size() < 2) return cut_header();
  const std::uint8_t type = layer.data[0], version = layer.data[1];
  const auto is_it = [&](const Carrier& row) { return row.version == version && row.type == type; };
  for (const Carrier& row : kCarriers) {
    if (!is_it(row)) continue;
    return layer.data.size() < row.size ? cut_header() : opened(kEtherTransparent, layer.behind(row.size));
  }
  const bool hides = std::any_of(std::begin(kHiding), std::end(kHiding), is_it);
  return hides || (version != 14 && version != 15) ? closed_header("batman-adv") : control_packet();
}

/// MACsec (IEEE 802.1AE) without encryption, with or without the sender's identifier; a check value follows
/// the packet.
LinkResult open_macsec(Layer layer) {
  constexpr std::uint8_t kIdentifier = 0x20, kEncrypted = 0x08, kChanged = 0x04;
  if (layer.data.size() < 6) return cut_header();
  const std::uint8_t control = layer.data[0];
  if ((control & (kEncrypted | kChanged)) != 0) return closed_header("MACsec");
  const std::size_t size = (control & kIdentifier) != 0 ? 14 : 6;
  return fixed_header(layer, size + 2, size);
}

/// PPPoE session stage (RFC 2516): its Length also drops Ethernet padding.
LinkResult open_pppoe(Layer layer) {
  if (layer.data.size() < 8) return cut_header();
  const std::uint16_t session = read_be16(layer.data, 2), length = read_be16(layer.data, 4);
  return with_tag(open_ppp(layer.behind(6).first(length)), TenantKind::tunnel, session);
}

/// LLC and SNAP of an IEEE 802.3 frame; what lies behind its length is padding.
LinkResult open_length(std::uint16_t length, Layer layer) {
  return open_llc(layer.first(length));
}

// A row reads from its number on, whatever padding that costs.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct EtherRow {
  std::uint16_t type;
  LinkResult (*open)(Layer);  ///< null: see `status`
  const char* name;           ///< null: its number
  LinkStatus status = LinkStatus::other;
};
constexpr EtherRow kEtherTypes[] = {
    {kEtherArp, nullptr, "ARP"},
    {0x0842, nullptr, "Wake-on-LAN"},
    {0x2000, nullptr, "CDP"},
    {0x2001, nullptr, "CGMP"},
    {0x22e5, open_gigamon, nullptr},
    {0x22e9, open_cn_tag, nullptr},
    {0x22ea, nullptr, "MSRP"},
    {0x22f0, nullptr, "AVTP"},
    {0x22f3, open_trill, nullptr},
    {0x22f4, nullptr, "IS-IS"},
    {0x4305, open_batman, nullptr},
    {0x6003, nullptr, "DECnet"},
    {kEtherTransparent, open_ethernet, nullptr},
    {0x8035, nullptr, "RARP"},
    {0x809b, nullptr, "AppleTalk"},
    {0x80f3, nullptr, "AARP"},
    {0x8100, open_vlan, nullptr},
    {0x8137, nullptr, "IPX"},
    {0x8808, nullptr, "MAC control"},
    {0x8809, nullptr, "slow protocols"},
    {kEtherPpp, open_ppp, nullptr},
    {kEtherMpls, open_mpls, nullptr},
    {kEtherMplsUpstream, open_mpls, nullptr},
    {0x8863, nullptr, "PPPoE discovery", LinkStatus::control},
    {0x8864, open_pppoe, nullptr},
    {0x8870, open_llc, nullptr},  // of jumbo frames, which are longer than an EtherType begins
    {0x888e, nullptr, "EAPOL", LinkStatus::control},
    {0x8892, nullptr, "PROFINET"},
    {0x8899, nullptr, "Realtek"},
    {0x88a2, nullptr, "AoE"},
    {0x88a4, nullptr, "EtherCAT"},
    {0x88a8, open_vlan, nullptr},
    {0x88ab, nullptr, "POWERLINK"},
    {0x88b5, open_ttag, nullptr},  // as Cisco sets it: IEEE's number for experiments
    {0x88b8, nullptr, "GOOSE"},
    {0x88ba, nullptr, "sampled values"},
    {0x88c7, nullptr, "EAPOL", LinkStatus::control},
    {0x88ca, nullptr, "TIPC"},
    {0x88cc, nullptr, "LLDP"},
    {0x88d9, nullptr, "LLTD"},
    {0x88e1, nullptr, "HomePlug"},
    {0x88e3, nullptr, "MRP"},
    {0x88e5, open_macsec, "MACsec"},
    {0x88e7, open_service_tag, nullptr},
    {0x88f5, nullptr, "MVRP"},
    {0x88f6, nullptr, "MMRP"},
    {0x88f7, nullptr, "PTP"},
    {0x88fb, nullptr, "PRP"},
    {0x8902, nullptr, "CFM"},
    {0x8903, open_fabricpath, nullptr},
    {0x8906, nullptr, "FCoE"},
    {0x8909, open_cisco_metadata, nullptr},
    {0x8914, nullptr, "FIP"},
    {0x8915, nullptr, "RoCE"},
    {0x8926, open_vntag, nullptr},
    {0x892f, open_hsr, nullptr},
    {0x893a, nullptr, "IEEE 1905"},
    {0x893f, open_etag, nullptr},
    {0x894f, open_nsh, nullptr},
    {0x8988, open_ttag, nullptr},
    {0x9000, nullptr, "loopback test"},
    {0x9100, open_vlan, nullptr},
    {0x9200, open_vlan, nullptr},
    {0x9300, open_vlan, nullptr},
    {0xd28b, open_arista, nullptr},
    {0xf1c1, open_rtag, nullptr},
};
static_assert(std::is_sorted(std::begin(kEtherTypes), std::end(kEtherTypes),
                             [](const EtherRow& a, const EtherRow& b) { return a.type < b.type; }));

const EtherRow* find_row(std::uint16_t type) {
  const auto* row = std::lower_bound(std::begin(kEtherTypes), std::end(kEtherTypes), type,
                                     [](const EtherRow& r, std::uint16_t t) { return r.type < t; });
  return row != std::end(kEtherTypes) && row->type == type ? row : nullptr;
}

LinkResult open_row(std::uint16_t type, Layer layer) {
  if (type < kFirstEtherType) return open_length(type, layer);
  const EtherRow* row = find_row(type);
  if (row == nullptr) return closed_header(nullptr);
  return row->open != nullptr ? row->open(layer) : LinkResult{row->status, type, {}, 0, row->name};
}

}  // namespace

LinkResult open_ethertype(LinkResult link) {
  // Every row consumes bytes, or it ends the loop.
  while (link.status == LinkStatus::ok && link.ethertype != kEtherIpv4 && link.ethertype != kEtherIpv6) {
    LinkResult next = open_row(link.ethertype, link.layer);
    next.tenant = add_tenant(link.tenant, next.tenant);
    if (next.status != LinkStatus::ok && next.ethertype == 0) next.ethertype = link.ethertype;
    link = next;
  }
  return link;
}

std::string ethertype_name(std::uint16_t ethertype) {
  if (ethertype == 0) return "not IP";
  if (ethertype < kFirstEtherType) return "IEEE 802.3";
  const EtherRow* row = find_row(ethertype);
  return row != nullptr && row->name != nullptr ? row->name : fmt::format("EtherType {:#06x}", ethertype);
}

}  // namespace ck::packet
