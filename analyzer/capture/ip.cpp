// IPv4 (RFC 791), IPv6 (RFC 8200), the tunnels over them, and TCP's header (RFC 9293). Checksums are never
// looked at: a host that offloads them sends packets whose captured checksums are wrong.
#include "capture/ip.h"

#include <algorithm>

#include "capture/endian.h"

namespace ck {
namespace {

constexpr std::uint8_t kProtocolHopByHop = 0, kProtocolIpv4 = 4, kProtocolTcp = 6, kProtocolUdp = 17,
                       kProtocolIpv6 = 41, kProtocolRouting = 43, kProtocolFragment = 44, kProtocolGre = 47,
                       kProtocolEsp = 50, kProtocolAuthentication = 51, kProtocolDestination = 60,
                       kProtocolMobility = 135;
constexpr std::size_t kIpv4Header = 20, kIpv6Header = 40, kTcpHeader = 20, kUdpHeader = 8;
constexpr std::uint16_t kVxlanPort = 4789;
constexpr std::size_t kVxlanHeader = 8;
/// IP in IP in IP …: deeper than any network nests.
constexpr int kMaxTunnels = 8;
constexpr std::size_t kMaxNames = 256;

Address address_of(Bytes bytes) {
  Address address;
  std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
  address.size = static_cast<std::uint8_t>(bytes.size());
  return address;
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
    case kProtocolEsp:
      unknown("ESP");
      return Step::none;
    default:
      return Step::none;  // ICMP and the like carry no Ck
  }
}

PacketDecoder::Step PacketDecoder::open_gre(Layer layer, LinkResult& link) {
  constexpr std::uint16_t kChecksum = 0x8000, kKey = 0x2000, kSequence = 0x1000, kAcknowledgement = 0x0080,
                          kVersion = 0x0007;
  constexpr std::uint16_t kPptp = 0x880b;
  if (layer.data.size() < 4) return give_up("short_packets");
  const std::uint16_t flags = read_be16(layer.data, 0), type = read_be16(layer.data, 2);
  if ((flags & kVersion) > 1 || type == kPptp) {
    unknown("GRE");
    return Step::none;
  }
  std::size_t size = 4;
  for (const std::uint16_t flag : {kChecksum, kKey, kSequence}) size += (flags & flag) != 0 ? 4 : 0;
  if ((flags & kVersion) == 1 && (flags & kAcknowledgement) != 0) size += 4;
  if (layer.data.size() < size) return give_up("short_packets");
  link = {LinkStatus::ok, type, layer.behind(size)};
  return Step::again;
}

PacketDecoder::Step PacketDecoder::open_udp(Layer layer, LinkResult& link) {
  if (layer.data.size() < kUdpHeader || read_be16(layer.data, 2) != kVxlanPort) return Step::none;
  constexpr std::uint8_t kValidNetwork = 0x08;  // RFC 7348: the I flag
  if (layer.data.size() < kUdpHeader + kVxlanHeader) return give_up("short_packets");
  if ((layer.data[kUdpHeader] & kValidNetwork) == 0) return Step::none;
  link = {LinkStatus::ok, kEtherTransparent, layer.behind(kUdpHeader + kVxlanHeader)};
  return Step::again;
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
