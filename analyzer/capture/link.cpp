// Link headers and the tags between them and the network layer.
#include "capture/link.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <optional>

#include "protocol/endian.h"

namespace ck {
namespace {

// LINKTYPE_ values (the file's, not a platform's DLT_).
constexpr int kLinkNull = 0, kLinkPpp = 9, kLinkRawDlt = 12, kLinkRawOpenBsd = 14, kLinkPppHdlc = 50,
              kLinkPppoe = 51, kLinkCiscoHdlc = 104, kLinkLoop = 108, kLinkSll = 113, kLinkPppPppd = 166,
              kLinkPppWithDirection = 204, kLinkMpls = 219, kLinkIpv4 = 228, kLinkIpv6 = 229, kLinkSll2 = 276;

constexpr std::uint16_t kFirstEtherType = 0x0600;  // below: an IEEE 802.3 length
constexpr std::uint16_t kEtherVlan = 0x8100, kEtherQinq = 0x88a8, kEtherQinqOld = 0x9100,
                        kEtherMplsUpstream = 0x8848, kEtherPppoe = 0x8864, kEtherPptp = 0x880b,
                        kEtherErspan = 0x88be, kEtherErspan3 = 0x22eb;

constexpr LinkResult cut() {
  return {LinkStatus::cut, 0, {}};
}

LinkResult fixed_header(Layer layer, std::size_t size, std::size_t type_offset) {
  if (layer.data.size() < size) return cut();
  return {LinkStatus::ok, read_be16(layer.data, type_offset), layer.behind(size)};
}

/// The IP version nibble stands for the EtherType; 0 when it is neither 4 nor 6.
LinkResult by_version(Layer layer) {
  if (layer.data.empty()) return cut();
  const unsigned version = layer.data[0] >> 4;
  const std::uint16_t type = version == 4 ? kEtherIpv4 : version == 6 ? kEtherIpv6 : 0;
  return {LinkStatus::ok, type, layer};
}

/// BSD loopback: an address family, in the writer's byte order for NULL and in the network's for LOOP. IPv6
/// is 10, 24, 28 or 30, whatever system wrote the file.
LinkResult by_family(Layer layer, bool network_order) {
  if (layer.data.size() < 4) return cut();
  std::uint32_t family = network_order ? read_be32(layer.data, 0) : read_le32(layer.data, 0);
  if (family > 0xffff) family = __builtin_bswap32(family);
  const Layer rest = layer.behind(4);
  if (family == 2) return {LinkStatus::ok, kEtherIpv4, rest};
  if (family == 10 || family == 24 || family == 28 || family == 30) return {LinkStatus::ok, kEtherIpv6, rest};
  return {LinkStatus::ok, 0, rest};
}

std::uint16_t ppp_to_ethertype(std::uint16_t protocol) {
  switch (protocol) {
    case 0x0021:
      return kEtherIpv4;
    case 0x0057:
      return kEtherIpv6;
    case 0x0281:
      return kEtherMpls;
    case 0x0283:
      return kEtherMplsUpstream;
    default:
      return 0;
  }
}

/// PPP's protocol field, one byte when it is odd (RFC 1661, 6.5), behind address and control bytes if they
/// are there. Cisco's HDLC shares its links, and has another address and an EtherType.
LinkResult open_ppp(Layer layer) {
  if (layer.data.size() >= 2) {
    const std::uint8_t address = layer.data[0], control = layer.data[1];
    if (control == 0 && (address == 0x0f || address == 0x8f)) return fixed_header(layer, 4, 2);
    if (address == 0xff && control == 0x03) layer = layer.behind(2);
  }
  if (layer.data.size() < 2) return cut();
  if ((layer.data[0] & 1) != 0) return {LinkStatus::ok, ppp_to_ethertype(layer.data[0]), layer.behind(1)};
  return {LinkStatus::ok, ppp_to_ethertype(read_be16(layer.data, 0)), layer.behind(2)};
}

/// One byte before PPP tells its direction: instead of the address (which leaves the control byte), or before
/// it.
LinkResult open_ppp_with_direction(Layer layer, bool instead_of_address) {
  if (layer.data.empty()) return cut();
  layer = layer.behind(1);
  if (instead_of_address && !layer.data.empty() && layer.data[0] == 0x03) layer = layer.behind(1);
  return open_ppp(layer);
}

/// ERSPAN type II in GRE's 0x88BE (eight bytes), type III in 0x22EB (twelve, and eight more where its last
/// bit says so). Type I, an Ethernet frame without a header, is GRE's to tell: it has no sequence number.
LinkResult open_erspan(Layer layer, bool third) {
  std::size_t size = third ? 12 : 8;
  if (layer.data.size() >= size && third && (layer.data[11] & 1) != 0) size += 8;
  if (layer.data.size() < size) return cut();
  return {LinkStatus::ok, kEtherTransparent, layer.behind(size)};
}

/// PPPoE session stage (RFC 2516): its Length also drops Ethernet padding.
LinkResult open_pppoe(Layer layer) {
  if (layer.data.size() < 8) return cut();
  const std::uint16_t length = read_be16(layer.data, 4);
  return open_ppp(layer.behind(6).first(length));
}

/// MPLS label stack (RFC 3032), up to the entry whose bottom-of-stack bit is set. What follows has no type:
/// IP shows its version.
LinkResult open_mpls(Layer layer) {
  for (;;) {
    if (layer.data.size() < 4) return cut();
    const bool bottom = (layer.data[2] & 1) != 0;
    layer = layer.behind(4);
    if (bottom) return by_version(layer);
  }
}

/// LLC with SNAP and the zero OUI carries EtherTypes (RFC 1042).
std::optional<LinkResult> open_snap(std::uint16_t length, Layer layer) {
  constexpr std::size_t kSnap = 8;
  if (layer.data.size() < kSnap || length < kSnap || read_be32(layer.data, 0) != 0xaaaa0300 ||
      read_be16(layer.data, 4) != 0)
    return std::nullopt;
  return LinkResult{LinkStatus::ok, read_be16(layer.data, 6), layer.first(length).behind(kSnap)};
}

}  // namespace

LinkResult open_link(int link_type, Layer layer) {
  switch (link_type) {
    case kLinkEthernet:
      return fixed_header(layer, 14, 12);
    case kLinkSll:
      return fixed_header(layer, 16, 14);
    case kLinkSll2:
      return fixed_header(layer, 20, 0);
    case kLinkNull:
      return by_family(layer, false);
    case kLinkLoop:
      return by_family(layer, true);
    case kLinkRaw:
    case kLinkRawDlt:
    case kLinkRawOpenBsd:
      return by_version(layer);
    case kLinkIpv4:
      return {LinkStatus::ok, kEtherIpv4, layer};
    case kLinkIpv6:
      return {LinkStatus::ok, kEtherIpv6, layer};
    case kLinkPpp:
    case kLinkPppHdlc:
      return open_ppp(layer);
    case kLinkCiscoHdlc:
      return fixed_header(layer, 4, 2);
    case kLinkPppPppd:
    case kLinkPppWithDirection:
      return open_ppp_with_direction(layer, link_type == kLinkPppPppd);
    case kLinkPppoe:
      return open_pppoe(layer);
    case kLinkMpls:
      return open_mpls(layer);
    default:
      return {LinkStatus::unknown, 0, {}};
  }
}

LinkResult open_ethertype(std::uint16_t ethertype, Layer layer) {
  for (;;) {
    LinkResult next;
    switch (ethertype) {
      case kEtherVlan:
      case kEtherQinq:
      case kEtherQinqOld:
        next = fixed_header(layer, 4, 2);
        break;
      case kEtherTransparent:
        next = fixed_header(layer, 14, 12);
        break;
      case kEtherMpls:
      case kEtherMplsUpstream:
        next = open_mpls(layer);
        break;
      case kEtherPppoe:
        next = open_pppoe(layer);
        break;
      case kEtherPptp:
        next = open_ppp(layer);
        break;
      case kEtherErspan:
      case kEtherErspan3:
        next = open_erspan(layer, ethertype == kEtherErspan3);
        break;
      default:
        if (ethertype != 0 && ethertype < kFirstEtherType) {
          if (const auto snap = open_snap(ethertype, layer)) {
            next = *snap;
            break;
          }
        }
        return {LinkStatus::ok, ethertype, layer};
    }
    if (next.status != LinkStatus::ok) return next;
    ethertype = next.ethertype;
    layer = next.layer;
  }
}

std::string link_name(int link_type) {
  // Names are libpcap's of the DLT_; LINKTYPE_ values are the same numbers but for raw IP.
  const int dlt = link_type == kLinkRaw ? kLinkRawDlt : link_type;
  const char* name = pcap_datalink_val_to_name(dlt);
  return name != nullptr ? name : fmt::format("LINKTYPE {}", link_type);
}

std::string ethertype_name(std::uint16_t ethertype) {
  switch (ethertype) {
    case 0:
      return "not IP";
    case 0x0806:
      return "ARP";
    case 0x88cc:
      return "LLDP";
    default:
      break;
  }
  return ethertype < kFirstEtherType ? "IEEE 802.3" : fmt::format("EtherType {:#06x}", ethertype);
}

}  // namespace ck
