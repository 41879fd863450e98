// IPv4 (RFC 791), IPv6 (RFC 8200), the tunnels over them, and TCP's header (RFC 9293). Checksums are never
// looked at: a host that offloads them sends packets whose captured checksums are wrong.
#include "capture/ip.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/endian.h"

namespace ck {
namespace {

constexpr std::uint8_t kProtocolHopByHop = 0, kProtocolIpv4 = 4, kProtocolTcp = 6, kProtocolUdp = 17,
                       kProtocolIpv6 = 41, kProtocolRouting = 43, kProtocolFragment = 44, kProtocolGre = 47,
                       kProtocolEsp = 50, kProtocolAuthentication = 51, kProtocolDestination = 60,
                       kProtocolEtherIp = 97, kProtocolMobility = 135, kProtocolMplsInIp = 137;
constexpr std::size_t kEthernetHeader = 14;
constexpr std::size_t kIpv4Header = 20, kIpv6Header = 40, kTcpHeader = 20, kUdpHeader = 8;
constexpr std::size_t kEtherIpHeader = 2;
constexpr std::uint16_t kVxlanPort = 4789, kVxlanPortOfLinux = 8472, kGenevePort = 6081;
/// Tunnels over UDP that are not opened.
constexpr std::array<std::pair<std::uint16_t, const char*>, 6> kUnknownTunnels = {{
    {1701, "L2TP"},
    {2152, "GTP-U"},
    {3544, "Teredo"},
    {4500, "ESP in UDP"},
    {4790, "VXLAN-GPE"},
    {6635, "MPLS in UDP"},
}};
/// IP in IP in IP …: deeper than any network nests.
constexpr int kMaxTunnels = 8;
constexpr std::size_t kMaxNames = 256;

Address address_of(Bytes bytes) {
  Address address;
  std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
  address.size = static_cast<std::uint8_t>(bytes.size());
  return address;
}

/// TCP in IPv4 without options or fragments, straight over Ethernet: nearly every packet, and its layers need
/// not be asked for one by one.
bool is_plain(const Packet& packet) {
  const Bytes data = packet.data;
  if (packet.link_type != kLinkEthernet || data.size() < kEthernetHeader + kIpv4Header) return false;
  const Bytes ip = data.subspan(kEthernetHeader);
  constexpr std::uint16_t kFragmented = 0x3fff;  // more fragments, or an offset
  return read_be16(data, kEthernetHeader - 2) == kEtherIpv4 && ip[0] == 0x45 && ip[9] == kProtocolTcp &&
         (read_be16(ip, 6) & kFragmented) == 0 && read_be16(ip, 2) >= kIpv4Header;
}

bool is_extension(std::uint8_t protocol) {
  return protocol == kProtocolHopByHop || protocol == kProtocolRouting || protocol == kProtocolDestination ||
         protocol == kProtocolMobility || protocol == kProtocolAuthentication;
}

}  // namespace

void count_name(std::map<std::string, std::uint64_t, std::less<>>& counts, std::string_view name) {
  if (const auto found = counts.find(name); found != counts.end()) {
    ++found->second;
  } else if (counts.size() < kMaxNames) {
    counts.emplace(name, 1);
  } else {
    ++counts["others"];
  }
}

void PacketDecoder::unknown(const std::string& name) {
  count_name(diagnostics_.unknown_links, name);
}

PacketDecoder::Step PacketDecoder::give_up(std::string_view name) {
  count_name(diagnostics_.other, name);
  return Step::none;
}

bool PacketDecoder::decode(const Packet& packet, TcpSegment& out) {
  out.at = {packet.capture, packet.frame, packet.time_ns};
  const Layer whole{packet.data, std::max<std::uint64_t>(packet.original_length, packet.data.size())};
  if (is_plain(packet)) {
    const Layer datagram = whole.behind(kEthernetHeader);
    out.source.address = address_of(datagram.data.subspan(12, 4));
    out.destination.address = address_of(datagram.data.subspan(16, 4));
    return decode_tcp(datagram.first(read_be16(datagram.data, 2)).behind(kIpv4Header), out);
  }
  LinkResult link = open_link(packet.link_type, whole);
  if (link.status == LinkStatus::unknown) {
    unknown(link_name(packet.link_type));
    return false;
  }
  return decode_network(link, out);
}

bool PacketDecoder::decode_network(LinkResult link, TcpSegment& out) {
  for (int depth = 0; depth < kMaxTunnels; ++depth) {
    if (link.status == LinkStatus::ok) link = open_ethertype(link.ethertype, link.layer);
    if (link.status != LinkStatus::ok) {
      give_up("short_packets");
      return false;
    }
    Step step = Step::none;
    if (link.ethertype == kEtherIpv4) {
      step = decode_ipv4(link, out);
    } else if (link.ethertype == kEtherIpv6) {
      step = decode_ipv6(link, out);
    } else {
      unknown(ethertype_name(link.ethertype));
    }
    if (step != Step::again) return step == Step::done;
  }
  give_up("tunnels_too_deep");
  return false;
}

PacketDecoder::Step PacketDecoder::decode_ipv4(LinkResult& link, TcpSegment& out) {
  const Bytes data = link.layer.data;
  if (data.size() < kIpv4Header) return give_up("short_packets");
  const std::size_t header = (data[0] & 0x0fu) * 4u;
  if (data[0] >> 4 != 4 || header < kIpv4Header) return give_up("malformed_ip");
  if (data.size() < header) return give_up("short_packets");
  const std::uint16_t total = read_be16(data, 2);
  // A total length of 0 is a sender's segmentation offload, captured before the length was known. Otherwise
  // what lies behind the datagram is padding of the link.
  if (total != 0 && total < header) return give_up("malformed_ip");
  const Layer datagram = total == 0 ? link.layer : link.layer.first(total);
  out.source.address = address_of(data.subspan(12, 4));
  out.destination.address = address_of(data.subspan(16, 4));
  constexpr std::uint16_t kMoreFragments = 0x2000, kOffsetMask = 0x1fff;
  const std::uint16_t where = read_be16(data, 6);
  if ((where & (kMoreFragments | kOffsetMask)) != 0) {
    count_name(diagnostics_.other, "ipv4_fragments");
    const FragmentKey key{out.source.address, out.destination.address, read_be16(data, 4), data[9]};
    const Layer payload = datagram.behind(header);
    if (payload.data.size() < payload.wire) return give_up("short_packets");
    return add_fragment(
        key, {(where & kOffsetMask) * 8u, (where & kMoreFragments) != 0, data[9], payload.data}, link, out);
  }
  return decode_transport(data[9], datagram.behind(header), link, out);
}

PacketDecoder::Step PacketDecoder::decode_ipv6(LinkResult& link, TcpSegment& out) {
  const Bytes data = link.layer.data;
  if (data.size() < kIpv6Header) return give_up("short_packets");
  if (data[0] >> 4 != 6) return give_up("malformed_ip");
  const std::uint16_t length = read_be16(data, 4);
  // 0: a jumbogram, or segmentation offload as above.
  Layer layer = link.layer.behind(kIpv6Header);
  if (length != 0) layer = layer.first(length);
  out.source.address = address_of(data.subspan(8, 16));
  out.destination.address = address_of(data.subspan(24, 16));
  return decode_extensions(data[6], layer, link, out);
}

/// IPv6 extension headers, up to what they extend; also those behind a fragment header, once the datagram is
/// whole.
PacketDecoder::Step PacketDecoder::decode_extensions(std::uint8_t protocol, Layer layer, LinkResult& link,
                                                     TcpSegment& out) {
  for (;;) {
    const bool fragment = protocol == kProtocolFragment;
    if (!fragment && !is_extension(protocol)) return decode_transport(protocol, layer, link, out);
    if (layer.data.size() < 8) return give_up("short_packets");
    std::size_t size = (layer.data[1] + 1u) * 8u;
    if (protocol == kProtocolAuthentication) size = (layer.data[1] + 2u) * 4u;
    if (fragment) {
      constexpr std::uint16_t kMore = 1, kOffsetMask = 0xfff8;
      const std::uint16_t where = read_be16(layer.data, 2);
      if ((where & (kOffsetMask | kMore)) != 0) {
        count_name(diagnostics_.other, "ipv6_fragments");
        const FragmentKey key{out.source.address, out.destination.address, read_be32(layer.data, 4), 0};
        const Layer payload = layer.behind(8);
        if (payload.data.size() < payload.wire) return give_up("short_packets");
        return add_fragment(
            key, {where & std::uint32_t{kOffsetMask}, (where & kMore) != 0, layer.data[0], payload.data},
            link, out);
      }
      size = 8;  // an atomic fragment (RFC 6946) is a whole datagram
    }
    if (layer.data.size() < size) return give_up("short_packets");
    protocol = layer.data[0];
    layer = layer.behind(size);
  }
}

PacketDecoder::Step PacketDecoder::add_fragment(const FragmentKey& key, const Fragment& fragment,
                                                LinkResult& link, TcpSegment& out) {
  if (!fragments_.add(key, fragment, out.at.time_ns)) return Step::none;
  const Layer whole{fragments_.payload(), fragments_.payload().size()};
  if (key.source.size == 4) return decode_transport(fragments_.protocol(), whole, link, out);
  return decode_extensions(fragments_.protocol(), whole, link, out);
}

PacketDecoder::Step PacketDecoder::decode_transport(std::uint8_t protocol, Layer layer, LinkResult& link,
                                                    TcpSegment& out) {
  switch (protocol) {
    case kProtocolTcp:
      return decode_tcp(layer, out) ? Step::done : Step::none;
    case kProtocolIpv4:
      link = {LinkStatus::ok, kEtherIpv4, layer};
      return Step::again;
    case kProtocolIpv6:
      link = {LinkStatus::ok, kEtherIpv6, layer};
      return Step::again;
    case kProtocolGre:
      return open_gre(layer, link);
    case kProtocolUdp:
      return open_udp(layer, link);
    case kProtocolMplsInIp:
      link = {LinkStatus::ok, kEtherMpls, layer};
      return Step::again;
    case kProtocolEtherIp:
      if (layer.data.size() < kEtherIpHeader) return give_up("short_packets");
      link = {LinkStatus::ok, kEtherTransparent, layer.behind(kEtherIpHeader)};
      return Step::again;
    case kProtocolAuthentication:  // behind IPv4; IPv6 passes it with its other extension headers
      return decode_extensions(protocol, layer, link, out);
    case kProtocolEsp:
      unknown("ESP");
      return Step::none;
    default:
      return other_transport(protocol);
  }
}

/// GRE with checksum, key and sequence number (RFC 2784, 2890), the routing of RFC 1701, and PPTP's version 1
/// (RFC 2637).
PacketDecoder::Step PacketDecoder::open_gre(Layer layer, LinkResult& link) {
  constexpr std::uint16_t kChecksum = 0x8000, kRouting = 0x4000, kKey = 0x2000, kSequence = 0x1000,
                          kAcknowledgement = 0x0080, kVersion = 0x0007;
  constexpr std::uint16_t kErspan = 0x88be;
  if (layer.data.size() < 4) return give_up("short_packets");
  const std::uint16_t flags = read_be16(layer.data, 0);
  std::uint16_t type = read_be16(layer.data, 2);
  if ((flags & kVersion) > 1) {
    unknown("GRE");
    return Step::none;
  }
  std::size_t size = 4;
  if ((flags & (kChecksum | kRouting)) != 0) size += 4;
  for (const std::uint16_t flag : {kKey, kSequence}) size += (flags & flag) != 0 ? 4 : 0;
  if ((flags & kVersion) == 1 && (flags & kAcknowledgement) != 0) size += 4;
  if (layer.data.size() < size) return give_up("short_packets");
  layer = layer.behind(size);
  if ((flags & kRouting) != 0) {  // source route entries, up to an empty one
    for (bool last = false; !last;) {
      if (layer.data.size() < 4) return give_up("short_packets");
      const std::size_t route = layer.data[3];
      last = route == 0;
      if (layer.data.size() < 4 + route) return give_up("short_packets");
      layer = layer.behind(4 + route);
    }
  }
  if ((flags & kVersion) == 1 && layer.wire == 0) return Step::none;  // a bare acknowledgement
  if (type == kErspan && (flags & kSequence) == 0) type = kEtherTransparent;
  link = {LinkStatus::ok, type, layer};
  return Step::again;
}

/// Tunnels are known by their destination port, and VXLAN and Geneve by a header that fits too: other
/// protocols may have been given these ports.
PacketDecoder::Step PacketDecoder::open_udp(Layer layer, LinkResult& link) {
  if (layer.data.size() < kUdpHeader) return give_up("short_packets");
  const std::uint16_t port = read_be16(layer.data, 2);
  const std::uint16_t length = read_be16(layer.data, 4);
  // 0: a jumbogram, or segmentation offload as above.
  if (length >= kUdpHeader) layer = layer.first(length);
  layer = layer.behind(kUdpHeader);
  constexpr std::size_t kTunnelHeader = 8;
  if (port == kVxlanPort || port == kVxlanPortOfLinux) {
    if (layer.data.size() < kTunnelHeader) return give_up("short_packets");
    constexpr std::uint32_t kValidNetwork = 0x0800'0000;  // RFC 7348: the I flag, the rest reserved
    if ((read_be32(layer.data, 0) & 0xff00'0000) != kValidNetwork) return other_transport(kProtocolUdp);
    link = {LinkStatus::ok, kEtherTransparent, layer.behind(kTunnelHeader)};
    return Step::again;
  }
  if (port == kGenevePort) {
    if (layer.data.size() < kTunnelHeader) return give_up("short_packets");
    const std::size_t size = kTunnelHeader + (layer.data[0] & 0x3fu) * 4u;
    if (layer.data[0] >> 6 != 0) return other_transport(kProtocolUdp);
    if (layer.data.size() < size) return give_up("short_packets");
    link = {LinkStatus::ok, read_be16(layer.data, 2), layer.behind(size)};
    return Step::again;
  }
  for (const auto& [tunnel, name] : kUnknownTunnels) {
    if (port == tunnel) {
      unknown(name);
      return Step::none;
    }
  }
  return other_transport(kProtocolUdp);
}

/// Not TCP, and nothing that could carry it, is counted together; what might is counted by its own name.
PacketDecoder::Step PacketDecoder::other_transport(std::uint8_t protocol) {
  constexpr std::uint8_t kIcmp = 1, kIgmp = 2, kIcmpv6 = 58, kNoNextHeader = 59, kOspf = 89, kPim = 103,
                         kVrrp = 112, kSctp = 132;
  switch (protocol) {
    case kProtocolUdp:
    case kIcmp:
    case kIgmp:
    case kIcmpv6:
    case kNoNextHeader:
    case kOspf:
    case kPim:
    case kVrrp:
    case kSctp:
      return give_up("packets_of_other_transports");
    default:
      unknown(fmt::format("IP protocol {}", protocol));
      return Step::none;
  }
}

bool PacketDecoder::decode_tcp(Layer layer, TcpSegment& out) {
  const Bytes data = layer.data;
  if (data.size() < kTcpHeader) {
    give_up("short_packets");
    return false;
  }
  const std::size_t header = (data[12] >> 4) * 4u;
  if (header < kTcpHeader || header > layer.wire) {
    give_up("malformed_tcp");
    return false;
  }
  out.source.port = read_be16(data, 0);
  out.destination.port = read_be16(data, 2);
  out.sequence = read_be32(data, 4);
  out.acknowledgement = read_be32(data, 8);
  out.flags = data[13];
  out.payload = data.subspan(std::min(header, data.size()));
  out.missing = static_cast<std::uint32_t>(layer.wire - header - out.payload.size());
  return true;
}

}  // namespace ck
