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

/// Linux "cooked": Linux's number of the device's kind, and a protocol. Some kinds of devices leave their own
/// header before the packet. A protocol below 1536 is not an EtherType, but Linux's number of a framing.
LinkResult cooked(Layer layer, std::size_t size, std::size_t type_offset, std::size_t device_offset) {
  constexpr std::uint16_t kFrameRelayDevice = 770, kRadioDevice = 803;
  constexpr std::uint16_t kWholeFrame = 3, kLlc = 4, kPpp = 7;
  const LinkResult result = fixed_header(layer, size, type_offset);
  if (result.status != LinkStatus::ok) return result;
  const std::uint16_t device = read_be16(layer.data, device_offset);
  if (device == kFrameRelayDevice) return open_frame_relay(result.layer);
  if (device == kRadioDevice) return open_radiotap(result.layer);
  switch (result.ethertype) {
    case kWholeFrame:
      return open_ethernet(result.layer);
    case kLlc:
      return open_llc(result.layer);
    case kPpp:
      return open_ppp(result.layer);
    default:
      return result;
  }
}
LinkResult open_sll(Layer layer) {
  return cooked(layer, 16, 14, 2);
}
LinkResult open_sll2(Layer layer) {
  return cooked(layer, 20, 0, 8);
}

/// IEEE 802.5: access and frame control, two addresses, and a route where the sender's address says so.
LinkResult open_token_ring(Layer layer) {
  constexpr std::size_t kHeader = 14, kSenderAt = 8;
  constexpr std::uint8_t kRouted = 0x80, kRouteLength = 0x1f;
  constexpr unsigned kKindShift = 6, kLlcFrame = 1;
  if (layer.data.size() <= kHeader) return cut_header();
  if (layer.data[1] >> kKindShift != kLlcFrame) return control_packet();
  std::size_t size = kHeader;
  if ((layer.data[kSenderAt] & kRouted) != 0) size += layer.data[kHeader] & kRouteLength;
  return layer.data.size() < size ? cut_header() : open_llc(layer.behind(size));
}
/// FDDI: frame control and two addresses; its second digit is a priority.
LinkResult open_fddi(Layer layer) {
  constexpr std::size_t kHeader = 13;
  constexpr std::uint8_t kKind = 0x70, kLlcFrame = 0x50;
  if (layer.data.size() < kHeader) return cut_header();
  return (layer.data[0] & kKind) == kLlcFrame ? open_llc(layer.behind(kHeader)) : control_packet();
}
/// ARCNET: two addresses, behind which Linux writes the hardware's offset of two bytes, and a protocol. In
/// the newer encapsulation (RFC 1201) a split flag and a sequence number follow; where BSD wrote the frame, a
/// flag of 255 and three more bytes may come before them (an exception packet). Systems show datagrams that
/// were put together of several frames, with the first one's flag, so that the datagram tells whether it is
/// whole.
LinkResult open_arcnet(Layer layer, std::size_t protocol_at, bool has_exceptions) {
  constexpr std::uint8_t kIp = 212, kOldIp = 240, kIpv6 = 196, kEthernet = 232, kException = 255;
  constexpr std::size_t kSplit = 3, kExceptionSize = 4;
  if (layer.data.size() <= protocol_at) return cut_header();
  const std::uint8_t protocol = layer.data[protocol_at];
  layer = layer.behind(protocol_at + 1);
  if (protocol == kOldIp) return by_version(layer);
  if (protocol == kEthernet) return closed_header("Ethernet over ARCNET");
  if (protocol != kIp && protocol != kIpv6) return other_protocol("not IP");
  if (layer.data.size() < kSplit) return cut_header();
  if (has_exceptions && layer.data[0] == kException) {
    if (layer.data.size() < kExceptionSize + kSplit) return cut_header();
    layer = layer.behind(kExceptionSize);
  }
  const bool split = layer.data[0] != 0;
  layer = layer.behind(kSplit);
  return split && !fits_ip(layer) ? closed_header("fragmented ARCNET") : by_version(layer);
}
LinkResult open_bsd_arcnet(Layer layer) {
  return open_arcnet(layer, 2, true);
}
LinkResult open_linux_arcnet(Layer layer) {
  return open_arcnet(layer, 4, false);
}
/// DOCSIS: what kind of frame it is, the length of an extended header where there is one, a length, that
/// header, and a check sequence before the Ethernet frame.
LinkResult open_docsis(Layer layer) {
  constexpr std::size_t kHeader = 6;
  constexpr unsigned kKindShift = 6, kManagement = 3;
  constexpr std::uint8_t kExtended = 0x01, kParameter = 0x3e, kFragment = 0x06, kConcatenated = 0x38;
  if (layer.data.size() < kHeader) return cut_header();
  const std::uint8_t control = layer.data[0], parameter = control & kParameter;
  if (control >> kKindShift == kManagement && parameter != kFragment && parameter != kConcatenated)
    return control_packet();
  const std::size_t size = kHeader + ((control & kExtended) != 0 ? layer.data[1] : 0u);
  if (layer.data.size() < size) return cut_header();
  const Layer frame = layer.behind(size);
  return control >> kKindShift == 0 && fits_ethernet(frame) ? opened(kEtherTransparent, frame)
                                                            : closed_header("DOCSIS");
}
/// An optical network's preamble, with the network unit's number, is as long as Ethernet's.
LinkResult open_epon(Layer layer) {
  constexpr std::size_t kPreamble = 8;
  return layer.data.size() < kPreamble ? cut_header() : open_ethernet(layer.behind(kPreamble));
}
/// IEEE 802.3br: a preamble, whose last byte says whether the frame may be interrupted. One that was not is
/// whole.
LinkResult open_mpacket(Layer layer) {
  constexpr std::size_t kPreamble = 8;
  constexpr std::uint8_t kExpress = 0xd5, kVerify = 0x07, kRespond = 0x19;
  if (layer.data.size() < kPreamble) return cut_header();
  const std::uint8_t kind = layer.data[kPreamble - 1];
  if (kind == kVerify || kind == kRespond) return control_packet();
  const Layer frame = layer.behind(kPreamble);
  return kind == kExpress || fits_ethernet(frame) ? open_ethernet(frame)
                                                  : closed_header("interrupted Ethernet frame");
}
template <int kType>
LinkResult open_juniper_link(Layer layer) {
  return open_juniper(kType, layer);
}

/// One byte before PPP tells its direction: instead of the address (which leaves the control byte), or before
/// it.
LinkResult open_ppp_with_direction(Layer layer) {
  return layer.data.empty() ? cut_header() : open_ppp(layer.behind(1));
}
LinkResult open_frame_relay_with_direction(Layer layer) {
  return layer.data.empty() ? cut_header() : open_frame_relay(layer.behind(1));
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
    {6, open_token_ring},
    {7, open_bsd_arcnet},
    {9, open_ppp},
    {10, open_fddi},
    {11, open_llc},  // ATM (RFC 1483) under FreeBSD's number
    {kLinkRawDlt, open_raw},
    {13, open_enc},  // OpenBSD's number
    {14, open_raw},  // OpenBSD's
    {18, open_raw},  // IP over ATM without LLC, as is
    {19, open_raw},
    {50, open_ppp},  // in HDLC-like framing
    {51, open_pppoe_link},
    {100, open_llc},  // ATM (RFC 1483)
    {kLinkRaw, open_raw},
    {104, open_cisco_hdlc},
    {kLink80211, open_80211},
    {106, open_raw},
    {kLinkFrameRelay, open_frame_relay},
    {108, open_family},
    {109, open_enc},
    {112, open_cisco_hdlc},
    {113, open_sll},
    {117, open_pflog},
    {kLinkPrism, open_prism},
    {122, open_fibre_channel},
    {123, open_sunatm},
    {127, open_radiotap},
    {129, open_linux_arcnet},
    {130, open_juniper_link<130>},
    {133, open_juniper_link<133>},
    {135, open_juniper_link<135>},
    {136, open_juniper_link<136>},
    {137, open_juniper_link<137>},
    {138, open_firewire},
    {143, open_docsis},
    {kLink80211Avs, open_avs},
    {166, open_ppp_of_pppd},
    {167, open_juniper_link<167>},
    {178, open_juniper_link<178>},
    {179, open_juniper_link<179>},
    {180, open_juniper_link<180>},
    {181, open_juniper_link<181>},
    {183, open_juniper_link<183>},
    {kLinkPpi, open_ppi},
    {197, open_erf},
    {200, open_juniper_link<200>},
    {204, open_ppp_with_direction},
    {205, open_ppp_with_direction},  // Cisco HDLC
    {206, open_frame_relay_with_direction},
    {219, open_mpls_link},
    {226, open_ipnet},
    {228, open_ipv4_link},
    {229, open_ipv6_link},
    {239, open_nflog},
    {240, open_netanalyzer},
    {242, open_ipoib},
    {kLinkPktap, open_pktap},
    {259, open_epon},
    {274, open_mpacket},
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
