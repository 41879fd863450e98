// Headers from the inside out: TCP, UDP, IP, tunnels, link.
#include "generator/packets.h"

#include <arpa/inet.h>

#include <algorithm>
#include <stdexcept>

namespace ck::samples {
namespace {

constexpr unsigned kEtherVlan = 0x8100;
constexpr unsigned kEtherQinQ = 0x88A8;
constexpr unsigned kEtherMpls = 0x8847;

std::uint32_t add_words(std::uint32_t sum, const Buffer& bytes) {
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const unsigned low = i + 1 < bytes.size() ? bytes[i + 1] : 0u;
    sum += (static_cast<unsigned>(bytes[i]) << 8) | low;
  }
  return sum;
}

std::uint16_t fold(std::uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void put_host(Buffer& out, const Host& host) {
  out.insert(out.end(), host.bytes.begin(), host.bytes.begin() + static_cast<std::ptrdiff_t>(host.size));
}

std::uint16_t transport_checksum(const Host& from, const Host& to, std::uint8_t protocol,
                                 const Buffer& bytes) {
  Buffer pseudo;
  put_host(pseudo, from);
  put_host(pseudo, to);
  put_u32(pseudo, protocol);
  put_u32(pseudo, static_cast<std::uint32_t>(bytes.size()));
  return fold(add_words(add_words(0, pseudo), bytes));
}

void set_u16(Buffer& bytes, std::size_t at, unsigned value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

/// `offset_and_flags`: the fragment field as it stands in the header.
Buffer ipv4(const Host& from, const Host& to, std::uint8_t protocol, const Buffer& payload,
            std::uint16_t identification, unsigned offset_and_flags) {
  Buffer out;
  put_u8(out, 0x45);
  put_u8(out, 0);
  put_u16(out, static_cast<unsigned>(20 + payload.size()));
  put_u16(out, identification);
  put_u16(out, offset_and_flags);
  put_u8(out, 64);
  put_u8(out, protocol);
  put_u16(out, 0);
  put_host(out, from);
  put_host(out, to);
  set_u16(out, 10, fold(add_words(0, out)));
  put(out, payload);
  return out;
}

Buffer ipv6(const Host& from, const Host& to, std::uint8_t next_header, const Buffer& payload) {
  Buffer out;
  put_u32(out, 0x60000000);
  put_u16(out, static_cast<unsigned>(payload.size()));
  put_u8(out, next_header);
  put_u8(out, 64);
  put_host(out, from);
  put_host(out, to);
  put(out, payload);
  return out;
}

/// A locally administered MAC address that tells the two ends apart.
void put_mac(Buffer& out, unsigned last) {
  put_u16(out, 0x0200);
  put_u16(out, 0);
  put_u16(out, last);
}

void put_mpls(Buffer& out, const std::vector<std::uint32_t>& labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::uint32_t bottom = i + 1 == labels.size() ? 0x100 : 0;
    put_u32(out, (labels[i] << 12) | bottom | 64);
  }
}

Buffer ethernet(const LinkOptions& options, const Buffer& packet) {
  Buffer out;
  put_mac(out, 2);
  put_mac(out, 1);
  for (std::size_t i = 0; i < options.vlans.size(); ++i) {
    put_u16(out, i + 1 < options.vlans.size() ? kEtherQinQ : kEtherVlan);
    put_u16(out, options.vlans[i]);
  }
  put_u16(out, !options.mpls.empty() ? kEtherMpls : is_ipv6(packet) ? kEtherIpv6 : kEtherIpv4);
  put_mpls(out, options.mpls);
  put(out, packet);
  return out;
}

Buffer cooked(const Buffer& packet) {
  Buffer out;
  put_u16(out, 0);  // to us
  put_u16(out, 1);  // ARPHRD_ETHER
  put_u16(out, 6);
  put_mac(out, 1);
  put_u16(out, 0);
  put_u16(out, is_ipv6(packet) ? kEtherIpv6 : kEtherIpv4);
  put(out, packet);
  return out;
}

Buffer cooked2(const Buffer& packet) {
  Buffer out;
  put_u16(out, is_ipv6(packet) ? kEtherIpv6 : kEtherIpv4);
  put_u16(out, 0);
  put_u32(out, 2);  // interface index
  put_u16(out, 1);  // ARPHRD_ETHER
  put_u8(out, 0);
  put_u8(out, 6);
  put_mac(out, 1);
  put_u16(out, 0);
  put(out, packet);
  return out;
}

Buffer ppp(const LinkOptions& options, const Buffer& packet) {
  Buffer out;
  put_u16(out, 0xFF03);
  put_u16(out, !options.mpls.empty() ? 0x0281 : is_ipv6(packet) ? 0x0057 : 0x0021);
  put_mpls(out, options.mpls);
  put(out, packet);
  return out;
}

/// The four bytes of an address family: 2 for IPv4, 30 (Darwin's) for IPv6.
Buffer family(const Buffer& packet, bool network_order) {
  const std::uint8_t value = is_ipv6(packet) ? 30 : 2;
  Buffer out = network_order ? Buffer{0, 0, 0, value} : Buffer{value, 0, 0, 0};
  put(out, packet);
  return out;
}

}  // namespace

bool is_ipv6(const Buffer& ip_packet) {
  return !ip_packet.empty() && (ip_packet[0] >> 4) == 6;
}

void put_u8(Buffer& out, unsigned value) {
  out.push_back(static_cast<std::uint8_t>(value));
}

void put_u16(Buffer& out, unsigned value) {
  put_u8(out, (value >> 8) & 0xFF);
  put_u8(out, value & 0xFF);
}

void put_u32(Buffer& out, std::uint32_t value) {
  put_u16(out, value >> 16);
  put_u16(out, value & 0xFFFF);
}

void put(Buffer& out, const Buffer& bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

Buffer to_bytes(std::string_view text) {
  return Buffer(text.begin(), text.end());
}

Host::Host(std::string_view text) {
  const std::string name(text);
  if (inet_pton(AF_INET, name.c_str(), bytes.data()) == 1) {
    size = 4;
  } else if (inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1) {
    size = 16;
  } else {
    throw std::invalid_argument("no address: " + name);
  }
}

Buffer tcp(const Segment& segment) {
  Buffer options = segment.options;
  while (options.size() % 4 != 0) options.push_back(0);
  Buffer out;
  put_u16(out, segment.from.port);
  put_u16(out, segment.to.port);
  put_u32(out, segment.seq);
  put_u32(out, segment.ack);
  put_u8(out, static_cast<unsigned>((5 + options.size() / 4) << 4));
  put_u8(out, segment.flags);
  put_u16(out, segment.window);
  put_u32(out, 0);
  put(out, options);
  put(out, segment.payload);
  unsigned checksum = transport_checksum(segment.from.host, segment.to.host, kProtocolTcp, out);
  if (segment.bad_checksum) checksum ^= 0x5555;
  set_u16(out, 16, checksum);
  return out;
}

Buffer udp(const Endpoint& from, const Endpoint& to, const Buffer& payload) {
  Buffer out;
  put_u16(out, from.port);
  put_u16(out, to.port);
  put_u16(out, static_cast<unsigned>(8 + payload.size()));
  put_u16(out, 0);
  put(out, payload);
  const unsigned checksum = transport_checksum(from.host, to.host, kProtocolUdp, out);
  set_u16(out, 6, checksum == 0 ? 0xFFFF : checksum);
  return out;
}

Buffer ip(const Host& from, const Host& to, std::uint8_t protocol, const Buffer& payload,
          std::uint16_t identification) {
  constexpr unsigned kDoNotFragment = 0x4000;
  return from.size == 4 ? ipv4(from, to, protocol, payload, identification, kDoNotFragment)
                        : ipv6(from, to, protocol, payload);
}

Buffer ip_fragment(const Host& from, const Host& to, std::uint8_t protocol, const Buffer& part,
                   std::size_t offset, bool more, std::uint16_t identification) {
  if (from.size == 4) {
    const unsigned field = static_cast<unsigned>(offset / 8) | (more ? 0x2000u : 0u);
    return ipv4(from, to, protocol, part, identification, field);
  }
  constexpr std::uint8_t kFragmentHeader = 44;
  Buffer extended;
  put_u8(extended, protocol);
  put_u8(extended, 0);
  put_u16(extended, static_cast<unsigned>(offset) | (more ? 1u : 0u));
  put_u32(extended, identification);
  put(extended, part);
  return ipv6(from, to, kFragmentHeader, extended);
}

std::vector<Buffer> ip_fragments(const Host& from, const Host& to, std::uint8_t protocol,
                                 const Buffer& payload, std::size_t fragment_payload,
                                 std::uint16_t identification) {
  const std::size_t step = std::max<std::size_t>(8, fragment_payload / 8 * 8);
  std::vector<Buffer> out;
  for (std::size_t at = 0; at < payload.size(); at += step) {
    const std::size_t size = std::min(step, payload.size() - at);
    const auto first = payload.begin() + static_cast<std::ptrdiff_t>(at);
    const Buffer part(first, first + static_cast<std::ptrdiff_t>(size));
    out.push_back(ip_fragment(from, to, protocol, part, at, at + size < payload.size(), identification));
  }
  return out;
}

Buffer ipv6_with_options(const Host& from, const Host& to, std::uint8_t protocol, const Buffer& payload) {
  constexpr std::uint8_t kHopByHop = 0, kDestinationOptions = 60;
  // Each header is eight bytes: next header, length 0, and a PadN option of six bytes.
  Buffer extended{kDestinationOptions, 0, 1, 4, 0, 0, 0, 0, protocol, 0, 1, 4, 0, 0, 0, 0};
  put(extended, payload);
  return ipv6(from, to, kHopByHop, extended);
}

Buffer ip(const Segment& segment) {
  return ip(segment.from.host, segment.to.host, kProtocolTcp, tcp(segment));
}

Buffer gre(const Host& from, const Host& to, const Buffer& ip_packet) {
  Buffer out;
  put_u16(out, 0);
  put_u16(out, is_ipv6(ip_packet) ? kEtherIpv6 : kEtherIpv4);
  put(out, ip_packet);
  return ip(from, to, kProtocolGre, out);
}

Buffer vxlan(const Host& from, const Host& to, std::uint32_t vni, const Buffer& ethernet_frame) {
  Buffer out;
  put_u32(out, 0x08000000);
  put_u32(out, vni << 8);
  put(out, ethernet_frame);
  return ip(from, to, kProtocolUdp, udp({from, 49152}, {to, 4789}, out));
}

Buffer link_frame(const LinkOptions& options, const Buffer& ip_packet) {
  switch (options.link) {
    case Link::ethernet:
      return ethernet(options, ip_packet);
    case Link::ppp:
      return ppp(options, ip_packet);
    case Link::cooked:
      return cooked(ip_packet);
    case Link::cooked2:
      return cooked2(ip_packet);
    case Link::null:
      return family(ip_packet, false);
    case Link::loop:
      return family(ip_packet, true);
    case Link::raw:
    case Link::exported_pdu:
      break;
  }
  return ip_packet;
}

}  // namespace ck::samples
