// Link types, one row each, and the headers that no other layer knows.
#include "packet/link.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/endian.h"
#include "packet/link_headers.h"

namespace ck::packet {
namespace {

constexpr int kLinkRawDlt = 12, kLinkPpi = 192, kLinkPktap = 258;

LinkResult open_raw(Layer layer) {
  return by_version(layer);
}
LinkResult open_ipv4_link(Layer layer) {
  return opened(kEtherIpv4, layer);
}
LinkResult open_ipv6_link(Layer layer) {
  return opened(kEtherIpv6, layer);
}

/// BSD loopback: an address family, in the writer's byte order for NULL and in the network's for LOOP. Some
/// systems write two bytes of it, and some an EtherType or PPP instead; each shows by its value, as families
/// are small numbers. IPv6 is 10, 23, 24, 28 or 30, whatever system wrote the file.
LinkResult open_family(Layer layer) {
  if (layer.data.size() < 4) return cut_header();
  if (layer.data[0] == 0xff && layer.data[1] == 0x03) return open_ppp(layer);
  constexpr std::uint32_t kFamilies = 0x600;
  std::uint32_t family = read_le32(layer.data, 0);
  if (family > 0xffff) {
    family = family >> 16 < 6 ? family >> 16 : read_be32(layer.data, 0);
  } else if ((family & 0xff) == 0 && family < kFamilies) {
    family >>= 8;
  }
  const Layer rest = layer.behind(4);
  if (family >= kFamilies && family <= 0xffff) return opened(static_cast<std::uint16_t>(family), rest);
  constexpr std::array<std::uint32_t, 6> kIpFamilies{2, 10, 23, 24, 28, 30};
  const bool ip = std::find(kIpFamilies.begin(), kIpFamilies.end(), family) != kIpFamilies.end();
  return ip ? by_version(rest) : other_protocol("not IP");
}

/// Linux "cooked": a protocol below 1536 is not an EtherType; 4 is LLC without a length.
LinkResult cooked(Layer layer, std::size_t size, std::size_t type_offset) {
  constexpr std::uint16_t kLlc = 4;
  const LinkResult result = fixed_header(layer, size, type_offset);
  return result.status == LinkStatus::ok && result.ethertype == kLlc ? open_llc(result.layer) : result;
}
LinkResult open_sll(Layer layer) {
  return cooked(layer, 16, 14);
}
LinkResult open_sll2(Layer layer) {
  return cooked(layer, 20, 0);
}

/// One byte before PPP tells its direction: instead of the address (which leaves the control byte), or before
/// it.
LinkResult open_ppp_with_direction(Layer layer) {
  return layer.data.empty() ? cut_header() : open_ppp(layer.behind(1));
}
LinkResult open_ppp_of_pppd(Layer layer) {
  if (layer.data.empty()) return cut_header();
  layer = layer.behind(1);
  if (!layer.data.empty() && layer.data[0] == 0x03) layer = layer.behind(1);
  return open_ppp(layer);
}
LinkResult open_pppoe_link(Layer layer) {
  return opened(0x8864, layer);
}
LinkResult open_cisco_hdlc(Layer layer) {
  return fixed_header(layer, 4, 2);
}
LinkResult open_mpls_link(Layer layer) {
  return opened(kEtherMpls, layer);
}

/// Linux netfilter's log: a family, a version and a group, then attributes of length, type and value, padded
/// to four bytes, in the byte order of the host that wrote them. The order is the one in which the first
/// attribute makes sense.
LinkResult open_nflog(Layer layer) {
  constexpr std::uint16_t kPayload = 9, kAttributes = 256;
  if (layer.data.size() < 8) return cut_header();
  layer = layer.behind(4);
  const auto is_attribute = [&](auto read) {
    return read(layer.data, 0) >= 4 && read(layer.data, 0) <= layer.wire &&
           (read(layer.data, 2) & 0x7fff) < kAttributes;
  };
  const auto read = !is_attribute(read_le16) && is_attribute(read_be16) ? read_be16 : read_le16;
  while (layer.data.size() >= 4) {
    const std::size_t length = read(layer.data, 0);
    if (length < 4) return cut_header();
    if ((read(layer.data, 2) & 0x7fff) == kPayload) return by_version(layer.first(length).behind(4));
    const std::size_t padded = (length + 3) & ~std::size_t{3};
    if (layer.data.size() < padded) return cut_header();
    layer = layer.behind(padded);
  }
  return layer.data.size() < layer.wire ? cut_header() : control_packet();  // a log entry without its packet
}

/// IP over InfiniBand (RFC 4391, 6): an EtherType and two reserved bytes; most captures have 40 bytes of
/// routing header and addresses before that.
LinkResult open_ipoib(Layer layer) {
  constexpr std::size_t kAddresses = 40, kHeader = 4;
  if (layer.data.size() < kHeader) return cut_header();
  const auto is_header = [&](std::size_t at) {
    if (layer.data.size() < at + kHeader || read_be16(layer.data, at + 2) != 0) return false;
    const std::uint16_t type = read_be16(layer.data, at);
    return type == kEtherIpv4 || type == kEtherIpv6 || type == 0x0806 || type == 0x8035;
  };
  if (!is_header(kAddresses) && is_header(0)) return fixed_header(layer, kHeader, 0);
  return fixed_header(layer, kAddresses + kHeader, kAddresses);
}

/// OpenBSD's pf log: the header's own length, padded to four bytes, before the packet.
LinkResult open_pflog(Layer layer) {
  if (layer.data.empty()) return cut_header();
  const std::size_t size = (layer.data[0] + 3u) & ~std::size_t{3};
  return size < 4 || layer.data.size() < size ? cut_header() : by_version(layer.behind(size));
}
/// BSD's enc interface: family, SPI and flags, before a packet as IPsec sees it inside.
LinkResult open_enc(Layer layer) {
  return layer.data.size() < 12 ? cut_header() : by_version(layer.behind(12));
}
LinkResult open_ipnet(Layer layer) {
  return layer.data.size() < 24 ? cut_header() : by_version(layer.behind(24));
}
LinkResult open_firewire(Layer layer) {
  return fixed_header(layer, 18, 16);
}
LinkResult open_fibre_channel(Layer layer) {
  return layer.data.size() < 16 ? cut_header() : open_llc(layer.behind(16));
}
LinkResult open_netanalyzer(Layer layer) {
  return layer.data.size() < 4 ? cut_header() : open_ethernet(layer.behind(4));
}
/// Switch tags between the addresses and the EtherType (four bytes; eight with a type of their own), or
/// before the addresses.
LinkResult open_dsa(Layer layer) {
  return fixed_header(layer, 18, 16);
}
LinkResult open_edsa(Layer layer) {
  return fixed_header(layer, 22, 20);
}

/// Headers that name the link type behind them. They do not nest.
LinkResult open_inner(Layer layer, std::size_t size, std::size_t type_offset) {
  if (layer.data.size() < size) return cut_header();
  const std::uint32_t type = read_le32(layer.data, type_offset);
  if (type > 0xffff || type == kLinkPpi || type == kLinkPktap) return closed_header("nested PPI or PKTAP");
  return open_link(static_cast<int>(type), layer.behind(size));
}
LinkResult open_ppi(Layer layer) {
  return layer.data.size() < 8 ? cut_header()
                               : open_inner(layer, std::max<std::size_t>(8, read_le16(layer.data, 2)), 4);
}
LinkResult open_pktap(Layer layer) {
  return layer.data.size() < 12 ? cut_header()
                                : open_inner(layer, std::max<std::size_t>(12, read_le32(layer.data, 0)), 8);
}

struct LinkRow {
  int type;
  LinkResult (*open)(Layer);
};
constexpr LinkRow kLinks[] = {
    {0, open_family},
    {kLinkEthernet, open_ethernet},
    {9, open_ppp},
    {kLinkRawDlt, open_raw},
    {14, open_raw},  // OpenBSD's
    {50, open_ppp},  // in HDLC-like framing
    {51, open_pppoe_link},
    {100, open_llc},  // ATM (RFC 1483)
    {kLinkRaw, open_raw},
    {104, open_cisco_hdlc},
    {kLink80211, open_80211},
    {108, open_family},
    {109, open_enc},
    {113, open_sll},
    {117, open_pflog},
    {kLinkPrism, open_prism},
    {122, open_fibre_channel},
    {127, open_radiotap},
    {138, open_firewire},
    {kLink80211Avs, open_avs},
    {166, open_ppp_of_pppd},
    {kLinkPpi, open_ppi},
    {204, open_ppp_with_direction},
    {219, open_mpls_link},
    {226, open_ipnet},
    {228, open_ipv4_link},
    {229, open_ipv6_link},
    {239, open_nflog},
    {240, open_netanalyzer},
    {242, open_ipoib},
    {kLinkPktap, open_pktap},
    {276, open_sll2},
    {281, open_dsa},  // Broadcom's
    {282, open_netanalyzer},
    {283, open_dsa},
    {284, open_edsa},
};

/// The rows by their number: every packet asks.
using Opener = LinkResult (*)(Layer);
constexpr auto kOpeners = [] {
  std::array<Opener, 288> openers{};
  for (const LinkRow& row : kLinks) openers[static_cast<std::size_t>(row.type)] = row.open;
  return openers;
}();

}  // namespace

LinkResult open_link(int link_type, Layer layer) {
  const auto index = static_cast<std::size_t>(link_type);  // a negative one is past the end, too
  const Opener open = index < kOpeners.size() ? kOpeners[index] : nullptr;
  return open == nullptr ? closed_header(nullptr) : open(layer);
}

}  // namespace ck::packet
