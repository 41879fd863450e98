// IPv4 (RFC 791), IPv6 (RFC 8200), and TCP's header (RFC 9293). Checksums are never
// looked at: a host that offloads them sends packets whose captured checksums are wrong.
#include "packet/ip.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

#include "base/endian.h"
#include "packet/link.h"
#include "packet/link_headers.h"
#include "packet/tunnel.h"

namespace ck::packet {
namespace {

constexpr std::uint8_t kProtocolHopByHop = 0, kProtocolTcp = 6, kProtocolRouting = 43, kProtocolFragment = 44,
                       kProtocolAuthentication = 51, kProtocolDestination = 60, kProtocolMobility = 135,
                       kProtocolShim = 140;
constexpr std::size_t kEthernetHeader = 14;
constexpr std::size_t kIpv4Header = 20, kIpv6Header = 40, kTcpHeader = 20;
constexpr std::size_t kIpv4Address = 4, kIpv6Address = 16;
/// IP in IP in IP …: deeper than any network nests.
constexpr int kMaxTunnels = 8;

/// An IPv4 address, or an IPv6 one. Written where it is wanted and in whole words: a copy of what was just
/// written in smaller parts waits until those have reached the cache.
void read_address(Bytes bytes, Address& to) {
  std::uint64_t words[2] = {0, 0};
  if (bytes.size() == kIpv4Address) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    if constexpr (std::endian::native == std::endian::little)
      words[0] = word;
    else
      words[0] = std::uint64_t{word} << 32;
  } else {
    std::memcpy(words, bytes.data(), sizeof words);
  }
  std::memcpy(to.bytes.data(), words, sizeof words);
  to.size = static_cast<std::uint8_t>(bytes.size());
}

/// The two ends of a tunnel, whichever direction a packet takes.
std::uint64_t tunnel_tag(const Endpoint& source, const Endpoint& destination) {
  const auto digest = [](const Address& address) {
    std::uint64_t words[2];
    std::memcpy(words, address.bytes.data(), sizeof words);
    return add_tenant(add_tenant(address.size, words[0] + 1), words[1] + 1);
  };
  return tenant_tag(TenantKind::address, digest(source.address) + digest(destination.address));
}

bool lies_in(Bytes part, Bytes whole) {
  const std::less<> before;
  return !part.empty() && !before(part.data(), whole.data()) &&
         before(part.data(), whole.data() + whole.size());
}

bool is_extension(std::uint8_t protocol) {
  return protocol == kProtocolHopByHop || protocol == kProtocolRouting || protocol == kProtocolDestination ||
         protocol == kProtocolMobility || protocol == kProtocolShim || protocol == kProtocolAuthentication;
}

}  // namespace

void PacketDecoder::unknown(std::string name, PacketEnd::Kind kind) {
  count_name(unknown_links_, name);
  closed_name_ = std::move(name);
  end_ = {kind, closed_name_};
}

PacketDecoder::Step PacketDecoder::give_up(std::string_view name, PacketEnd::Kind kind) {
  count_name(other_, name);
  end_ = {kind, {}};
  return Step::none;
}

bool PacketDecoder::is_plain(const Packet& packet) {
  const Bytes data = packet.data;
  if (packet.link_type != kLinkEthernet || data.size() < kEthernetHeader + kIpv4Header) return false;
  const Bytes ip = data.subspan(kEthernetHeader);
  constexpr std::uint16_t kFragmented = 0x3fff;  // more fragments, or an offset
  return read_be16(data, kEthernetHeader - 2) == kEtherIpv4 && ip[0] == 0x45 && ip[9] == kProtocolTcp &&
         (read_be16(ip, 6) & kFragmented) == 0 && read_be16(ip, 2) >= kIpv4Header;
}

bool PacketDecoder::decode(const Packet& packet, TcpSegment& out) {
  out.at = {packet.capture, packet.frame, packet.time_ns};
  out.at.behind_s = packet.behind_s;
  link_type_ = packet.link_type;
  const Layer whole{packet.data, std::max<std::uint64_t>(packet.original_length, packet.data.size())};
  if (is_plain(packet)) {
    const Layer datagram = whole.behind(kEthernetHeader);
    read_address(datagram.data.subspan(12, 4), out.source.address);
    read_address(datagram.data.subspan(16, 4), out.destination.address);
    out.tenant = 0;
    return decode_tcp(datagram.first(read_be16(datagram.data, 2)).behind(kIpv4Header), out);
  }
  more_.clear();
  return decode_network(open_link(packet.link_type, whole), out) || next(out);
}

/// An aggregate may lie in a tunnel that a frame of another one holds: its frames come first.
void PacketDecoder::keep_more(LinkResult& link) {
  constexpr std::size_t kMostAggregates = 16;
  const Layer frames = std::exchange(link.more, {});
  if (frames.data.empty()) return;
  if (more_.size() >= kMostAggregates) {
    give_up("tunnels_too_deep");
    return;
  }
  const bool kept = more_bytes_ != nullptr && lies_in(frames.data, *more_bytes_);
  more_.push_back({frames, link.tenant, kept ? more_bytes_ : nullptr});
}

bool PacketDecoder::decode_more(TcpSegment& out) {
  while (!more_.empty()) {
    const More next = std::move(more_.back());
    more_.pop_back();
    more_bytes_ = next.bytes;
    LinkResult link = open_aggregate(next.frames);
    const std::uint64_t tenant = add_tenant(next.tenant, link.tenant);
    link.tenant = next.tenant;
    keep_more(link);
    link.tenant = tenant;
    if (decode_network(link, out)) return true;
  }
  return false;
}

bool PacketDecoder::find_ends(const Packet& packet, TcpSegment& out) {
  constexpr std::size_t kPorts = 4;
  if (!is_plain(packet) || packet.data.size() < kEthernetHeader + kIpv4Header + kPorts) return false;
  const Bytes ip = packet.data.subspan(kEthernetHeader);
  read_address(ip.subspan(12, 4), out.source.address);
  out.source.port = read_be16(ip, kIpv4Header);
  read_address(ip.subspan(16, 4), out.destination.address);
  out.destination.port = read_be16(ip, kIpv4Header + 2);
  return true;
}

bool PacketDecoder::decode_network(LinkResult link, TcpSegment& out) {
  for (int depth = 0; depth < kMaxTunnels; ++depth) {
    keep_more(link);
    link = open_ethertype(link);
    if (link.status != LinkStatus::ok) {
      not_network(link);
      return false;
    }
    // Some senders put the one IP under the other's EtherType: the version in the packet is what counts.
    const bool ipv6 = link.layer.data.empty() ? link.ethertype == kEtherIpv6 : link.layer.data[0] >> 4 == 6;
    const Step step = ipv6 ? decode_ipv6(link, out) : decode_ipv4(link, out);
    if (step != Step::again) return step == Step::done;
  }
  give_up("tunnels_too_deep");
  return false;
}

/// A packet that led to no IP.
void PacketDecoder::not_network(const LinkResult& link) {
  switch (link.status) {
    case LinkStatus::cut:
      give_up("short_packets");
      return;
    case LinkStatus::control:
      if (link.name != nullptr) {
        unknown(link.name, PacketEnd::Kind::none);
      } else {
        give_up("link_control");
      }
      return;
    case LinkStatus::other:
      unknown(link.name != nullptr ? link.name : ethertype_name(link.ethertype), PacketEnd::Kind::decoded);
      return;
    default:
      break;
  }
  if (link.name != nullptr) {
    unknown(link.name, PacketEnd::Kind::closed);
  } else {
    unknown(link.ethertype != 0 ? ethertype_name(link.ethertype) : link_name_(link_type_),
            PacketEnd::Kind::closed);
  }
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
  read_address(data.subspan(12, 4), out.source.address);
  read_address(data.subspan(16, 4), out.destination.address);
  constexpr std::uint16_t kMoreFragments = 0x2000, kOffsetMask = 0x1fff;
  const std::uint16_t where = read_be16(data, 6);
  if ((where & (kMoreFragments | kOffsetMask)) != 0) {
    count_name(other_, "ipv4_fragments");
    const FragmentKey key{out.source.address, out.destination.address, read_be16(data, 4), data[9],
                          link.tenant};
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
  read_address(data.subspan(8, 16), out.source.address);
  read_address(data.subspan(24, 16), out.destination.address);
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
        count_name(other_, "ipv6_fragments");
        const FragmentKey key{out.source.address, out.destination.address, read_be32(layer.data, 4), 0,
                              link.tenant};
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
  for (More& more : more_) {
    if (!lies_in(more.frames.data, fragments_.payload())) continue;
    // A datagram that this one completes takes the place of the one that those frames came in.
    more.bytes =
        std::make_shared<const std::vector<std::uint8_t>>(more.frames.data.begin(), more.frames.data.end());
    more.frames.data = *more.bytes;
  }
  if (!fragments_.add(key, fragment, out.at.time_ns)) {
    end_ = {PacketEnd::Kind::decoded, {}};
    return Step::none;
  }
  const Layer whole{fragments_.payload(), fragments_.payload().size()};
  if (key.source.size == 4) return decode_transport(fragments_.protocol(), whole, link, out);
  return decode_extensions(fragments_.protocol(), whole, link, out);
}

PacketDecoder::Step PacketDecoder::decode_transport(std::uint8_t protocol, Layer layer, LinkResult& link,
                                                    TcpSegment& out) {
  out.tenant = link.tenant;
  if (protocol == kProtocolTcp) return decode_tcp(layer, out) ? Step::done : Step::none;
  // Behind IPv4; IPv6 passes it with its other extension headers.
  if (protocol == kProtocolAuthentication) return decode_extensions(protocol, layer, link, out);
  return open_tunnel(protocol, layer, link, out);
}

/// What IP carries beside TCP: a tunnel, whose packet `link` then is, or an end.
PacketDecoder::Step PacketDecoder::open_tunnel(std::uint8_t protocol, Layer layer, LinkResult& link,
                                               const TcpSegment& out) {
  const LinkResult inner = open_ip_protocol(protocol, layer);
  switch (inner.status) {
    case LinkStatus::ok:
      link.ethertype = inner.ethertype;
      link.layer = inner.layer;
      link.more = inner.more;
      link.tenant =
          add_tenant(add_tenant(link.tenant, tunnel_tag(out.source, out.destination)), inner.tenant);
      return Step::again;
    case LinkStatus::cut:
      return give_up("short_packets");
    case LinkStatus::control:
      end_ = {PacketEnd::Kind::none, {}};
      return Step::none;
    case LinkStatus::other:
      return give_up("packets_of_other_transports", PacketEnd::Kind::decoded);
    default:
      unknown(inner.name != nullptr ? inner.name : fmt::format("IP protocol {}", protocol),
              PacketEnd::Kind::closed);
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

}  // namespace ck::packet
