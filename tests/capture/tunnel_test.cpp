// What each header's fields are for: packets cut anywhere, headers that cannot be, nesting, what stays closed
// and what ends the search.
#include <algorithm>

#include "capture/single_packets.h"
#include "generator/wrappings.h"
#include "packet/link.h"

namespace ck::capture {
namespace {

using samples::Buffer;
using samples::join;
using samples::Link;
using Kind = PacketEnd::Kind;

const samples::Host kFrom("192.0.2.1"), kTo("192.0.2.2");

Buffer over_udp(std::uint16_t port, const Buffer& payload, std::uint16_t source = 40000) {
  return samples::ip(kFrom, kTo, samples::kProtocolUdp, samples::udp({kFrom, source}, {kTo, port}, payload));
}
Buffer over_ip(std::uint8_t protocol, const Buffer& payload) {
  return samples::ip(kFrom, kTo, protocol, payload);
}
/// An Ethernet frame of this EtherType.
Buffer frame_of(unsigned type, const Buffer& payload) {
  Buffer out(12, 2);
  samples::put_u16(out, type);
  samples::put(out, payload);
  return out;
}

/// A SYN and a data segment as one wrapping has them, and its link.
struct Wrapped {
  std::string name;
  int link = 1;
  Buffer syn, data;
};
std::vector<Wrapped> all_wrappings() {
  std::vector<Wrapped> all;
  for (const bool ipv6 : {false, true}) {
    const char* version = ipv6 ? " with IPv6" : " with IPv4";
    for (const samples::Framing& framing : samples::framings()) {
      if (!(ipv6 ? framing.ipv6 : framing.ipv4)) continue;
      all.push_back({framing.name + std::string(version), static_cast<int>(framing.link),
                     framing.frame(syn(ipv6)), framing.frame(samples::ip(data(ipv6)))});
    }
    for (const samples::Tunnel& tunnel : samples::tunnels()) {
      all.push_back({tunnel.name + std::string(version), kLinkRaw, tunnel.wrap(syn(ipv6), 1),
                     tunnel.wrap(samples::ip(data(ipv6)), 2)});
    }
  }
  return all;
}
bool has_message(const Packets& packets) {
  return std::any_of(packets.log.lines.begin(), packets.log.lines.end(),
                     [](const std::string& line) { return line.rfind("message", 0) == 0; });
}

/// Cut by a snap length, a message is told when its last byte is there, and never before.
TEST(Wrappings, CutAnywhere) {
  for (const Wrapped& wrapped : all_wrappings()) {
    SCOPED_TRACE(wrapped.name);
    const Buffer message = request(7);
    const auto found = std::search(wrapped.data.begin(), wrapped.data.end(), message.begin(), message.end());
    ASSERT_NE(found, wrapped.data.end());
    const auto end = static_cast<std::size_t>(found - wrapped.data.begin()) + message.size();
    for (std::size_t size = 0; size <= wrapped.data.size(); ++size) {
      Packets packets;
      packets.add(wrapped.syn, wrapped.link);
      const Buffer part(wrapped.data.begin(), wrapped.data.begin() + static_cast<std::ptrdiff_t>(size));
      const PacketEnd last = packets.add(part, wrapped.link, static_cast<std::uint32_t>(wrapped.data.size()));
      ASSERT_EQ(has_message(packets), size >= end) << size << " of " << wrapped.data.size();
      ASSERT_TRUE(size < end || last.kind == Kind::decoded);
    }
  }
}

/// A wire that ends early: no header may be read past its end, whatever its lengths say.
TEST(Wrappings, EndingAnywhereAndWithAnyByteWrongAreHarmless) {
  for (const Wrapped& wrapped : all_wrappings()) {
    for (std::size_t at = 0; at < wrapped.data.size(); ++at) {
      Packets packets;
      const Buffer part(wrapped.data.begin(), wrapped.data.begin() + static_cast<std::ptrdiff_t>(at));
      packets.add(part, wrapped.link);
      for (const int value : {0x00, 0x01, 0x7f, 0xff}) {
        Buffer wrong = wrapped.data;
        wrong[at] = static_cast<std::uint8_t>(value);
        packets.add(wrong, wrapped.link);
        packets.add(wrong, wrapped.link, 100'000);
      }
      packets.table.finish();
    }
  }
}

TEST(Nesting, TagsAreBoundedByTheirBytesAndTunnelsByNumber) {
  Packets packets;
  packets.add_ip(syn());
  Buffer tags = frame_of(0x8100, {});
  for (int i = 0; i < 10'000; ++i) samples::put(tags, {0, 5, 0x81, 0});
  samples::put(tags, {0, 5, 8, 0});
  EXPECT_EQ(packets.add(join({tags, samples::ip(data())})).kind, Kind::decoded);
  EXPECT_TRUE(has_message(packets));
  Buffer deep = samples::ip(data());
  for (int i = 0; i < 20; ++i) deep = samples::vxlan(kFrom, kTo, 9, samples::link_frame({}, deep));
  EXPECT_EQ(packets.add_ip(deep).kind, Kind::none);
  EXPECT_EQ(packets.diagnostics.other["tunnels_too_deep"], 1u);
  Buffer pseudowires = samples::link_frame({}, samples::ip(data()));
  for (int i = 0; i < 2'000; ++i) pseudowires = frame_of(0x8847, join({{0, 1, 1, 64}, pseudowires}));
  packets.add(pseudowires);  // harmless, whatever it is
  Buffer headers;
  for (int i = 0; i < 30'000; ++i) samples::put(headers, {0, 0, 8, 0, 192, 0, 0, 0});
  EXPECT_EQ(packets.add(headers, 192).closed, "nested PPI or PKTAP");
}

/// Each is counted under its name, and not decoded.
TEST(Closed, IsNamed) {
  const Buffer ip_packet = samples::ip(data());
  const struct {
    const char* name;
    int link;
    Buffer packet;
  } kClosed[] = {
      {"ESP", kLinkRaw, over_ip(50, Buffer(40, 1))},
      {"ESP in UDP", kLinkRaw, over_udp(4500, Buffer(40, 1))},
      {"ESP in UDP", kLinkRaw, over_udp(40000, Buffer(40, 1), 4500)},
      {"IP protocol 108", kLinkRaw, over_ip(108, Buffer(40, 1))},
      {"GRE", kLinkRaw, over_ip(47, {0, 2, 8, 0, 1, 2, 3, 4})},
      {"PPP as a byte stream in GRE", kLinkRaw, over_ip(47, {0, 0, 0x88, 0x81, 0x7e, 0xff, 3})},
      {"EtherType 0x1234", kLinkRaw, over_ip(47, {0, 0, 0x12, 0x34, 1, 2})},
      {"VXLAN-GPE", kLinkRaw, over_udp(4790, {0x0C, 0, 0, 9, 0, 0, 9, 0, 1, 2})},
      {"TZSP", kLinkRaw, over_udp(37008, {1, 0, 0, 2, 1, 0, 0, 0})},
      {"GTP-U", kLinkRaw, over_udp(2152, {0x30, 255, 0, 4, 0, 0, 0, 7, 0x7e, 1, 2, 3})},
      {"L2TPv3", kLinkRaw, over_ip(115, join({{0, 0, 0, 7}, Buffer(60, 1)}))},
      {"PPP compressed", kLinkRaw, over_udp(1701, {0, 2, 0, 5, 0, 6, 0xff, 3, 0, 0xfd, 1, 2})},
      {"PPP compressed TCP", 9, {0xff, 3, 0, 0x2d, 1, 2, 3}},
      {"PPP multilink", 9, {0xff, 3, 0, 0x3d, 0x80, 0, 0, 1, 0, 0x21}},
      {"WireGuard", kLinkRaw, over_udp(51820, join({{4, 0, 0, 0}, Buffer(40, 1)}))},
      {"CAPWAP", kLinkRaw, over_udp(5247, join({{1, 0, 0, 0}, Buffer(40, 1)}))},
      {"MPLS in UDP", kLinkRaw, over_udp(6635, {0, 1, 1, 64, 0x90, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})},
      {"MPLS pseudowire", 1, frame_of(0x8847, {0, 1, 1, 64, 0, 0, 0, 0, 1, 2, 3})},
      {"MACsec", 1, frame_of(0x88E5, join({{0x0c, 0, 0, 0, 0, 1}, Buffer(40, 1)}))},
      {"Arista header", 1, frame_of(0xD28B, join({{0, 1, 0, 0x30}, ip_packet}))},
      {"NSH", 1, frame_of(0x894F, join({{0x0F, 0xC2, 2, 9, 0, 0, 1, 255}, ip_packet}))},
      {"EtherType 0x88b5", 1, frame_of(0x88B5, Buffer(40, 0))},
      {"EtherType 0x4306", 1, frame_of(0x4306, Buffer(40, 0))},
      {"batman-adv", 1, frame_of(0x4305, Buffer(40, 0))},                      // of no known version
      {"batman-adv", 1, frame_of(0x4305, join({{0x41, 15}, Buffer(40, 0)}))},  // a fragment
      {"Gigamon header", 1, frame_of(0x22E5, Buffer(40, 0))},
      {"ISL with another link", 1, join({{1, 0, 0x0C, 0, 0, 0x10}, Buffer(7, 2), {40}, Buffer(40, 0)})},
      {"Frame Relay, fragmented or compressed", 107, {0x18, 0x41, 3, 0xB1, 0xC0, 0, 3, 0xCC}},
      {"Frame Relay", 107, {0x18, 0x40, 0x40, 0x40, 0x41, 3, 0xCC}},
      {"bridged frames of another link", 100, {0xAA, 0xAA, 3, 0, 0x80, 0xC2, 0, 4, 0, 0, 0, 0x50}},
      {"ATM", 123, {3, 0, 0, 33, 0x45, 0, 0, 0}},
      {"DOCSIS", 143, join({{0, 0, 0, 40, 0, 0}, Buffer(40, 1)})},
      {"DOCSIS", 143, {0xC6, 0, 0, 0, 0, 0}},  // a fragment
      {"interrupted Ethernet frame", 274, join({Buffer(7, 0x55), {0xE6}, Buffer(60, 1)})},
      {"ERF record of another link", 197, join({Buffer(8, 0), {21}, Buffer(60, 0)})},
      {"Juniper's header without its mark", 178, samples::link_frame({}, ip_packet)},
      {"Juniper's own protocol", 178, {'M', 'G', 'C', 2, 201, 0, 0, 0, 0x81, 1, 2, 3}},
      {"Juniper's bundle of links", 130, join({{'M', 'G', 'C', 0}, Buffer(40, 1)})},
      {"Juniper's tunnel", 200, join({{'M', 'G', 'C', 0}, Buffer(60, 0)})},
      {"LISP", kLinkRaw, over_udp(4341, join({{0x80, 0, 0, 0}, Buffer(40, 0)}))},
      {"LWAPP", kLinkRaw, over_udp(12222, join({{0x02, 1, 0, 0, 50, 20}, Buffer(40, 0)}))},
      {"encrypted IEEE 802.11", 105, join({{0x88, 0x42}, Buffer(22, 2), Buffer(40, 1)})},
      {"encrypted IEEE 802.11", 127,
       join({{0, 0, 8, 0, 0, 0, 0, 0, 0x08, 0x41}, Buffer(22, 2), Buffer(40, 1)})},
      {"fragmented ARCNET", 7, join({{1, 2, 0xD4, 2, 0, 9}, Buffer(40, 1)})},
      {"Ethernet over ARCNET", 7, join({{1, 2, 0xE8, 0, 0, 9}, Buffer(40, 1)})},
      {"fragmented IEEE 802.11", 105, join({{0x08, 0x05}, Buffer(20, 2), {0x10, 0}, Buffer(40, 1)})},
      {"USB_LINUX", 189, Buffer(64, 0)},
  };
  for (const auto& closed : kClosed) {
    Packets packets;
    const PacketEnd end = packets.add(closed.packet, closed.link);
    EXPECT_EQ(end.kind, Kind::closed) << closed.name;
    EXPECT_EQ(end.closed, closed.name);
    EXPECT_EQ(packets.diagnostics.unknown_links,
              (std::map<std::string, std::uint64_t, std::less<>>{{closed.name, 1}}));
  }
}

/// Each of them is a segment of its own, of one frame; what is no TCP and what is cut hides none of the
/// others.
TEST(Aggregate, HoldsSeveralSegments) {
  samples::Segment first = data(), second = data();
  first.payload.resize(20);
  second.payload.erase(second.payload.begin(), second.payload.begin() + 20);
  second.seq += 20;
  const Buffer whole = samples::wireless_aggregate_of(
      {over_udp(53, Buffer(40, 1)), samples::ip(first), over_udp(53, Buffer(40, 1)), samples::ip(second)});
  Packets packets;
  packets.add(samples::wireless_aggregate_of({over_udp(53, Buffer(40, 1)), syn()}), 105);
  EXPECT_EQ(packets.add(whole, 105).kind, Kind::decoded);
  ASSERT_EQ(packets.log.lines.size(), 2u);
  EXPECT_TRUE(packets.log.lines[1].starts_with("message 0 #2 0x1403 id=7 "));

  Packets reversed;
  reversed.add(samples::wireless_frame(syn()), 105);
  reversed.add(samples::wireless_aggregate_of({samples::ip(second), samples::ip(first)}), 105);
  ASSERT_EQ(reversed.log.lines.size(), 2u);
  EXPECT_TRUE(reversed.log.lines[1].starts_with("message 0 #2 0x1403 id=7 "));
}

/// Those of one tunnel are of one tenant, all of them.
TEST(Aggregate, InATunnelIsOfItsTenant) {
  NameCounts closed, other;
  PacketDecoder decoder(closed, other, [](int) { return std::string(); });
  const Buffer bytes =
      over_udp(37008, join({{1, 0, 0, 18, 1},
                            samples::wireless_aggregate_of(
                                {samples::ip(data()), samples::ip(data()), over_udp(53, Buffer(40, 1))})}));
  Packet packet;
  packet.data = bytes;
  packet.original_length = static_cast<std::uint32_t>(bytes.size());
  packet.link_type = kLinkRaw;
  TcpSegment first, second, third;
  ASSERT_TRUE(decoder.decode(packet, first));
  ASSERT_TRUE(decoder.next(second));
  EXPECT_FALSE(decoder.next(third));
  EXPECT_NE(first.tenant, 0u);
  EXPECT_EQ(first.tenant, second.tenant);
}

/// A frame of one may hold another one in a tunnel. All frames of both count, each of its tenant.
TEST(Aggregate, InsideAnother) {
  NameCounts closed, other;
  PacketDecoder decoder(closed, other, [](int) { return std::string(); });
  const auto piece = [](std::uint32_t begin, std::size_t size) {
    samples::Segment segment = data();
    const auto from = segment.payload.begin() + begin;
    segment.payload.assign(from, from + static_cast<std::ptrdiff_t>(size));
    segment.seq += begin;
    return samples::ip(segment);
  };
  const auto tunnel = [](const Buffer& frame) { return over_udp(37008, join({{1, 0, 0, 18, 1}, frame})); };
  const Buffer innermost = tunnel(samples::wireless_aggregate_of({piece(4, 2), piece(6, 2)}));
  const Buffer inner = tunnel(samples::wireless_aggregate_of({piece(2, 2), innermost, piece(8, 2)}));
  const Buffer whole =
      samples::wireless_aggregate_of({piece(0, 2), inner, piece(10, 2), over_udp(53, Buffer(40, 1))});
  Packet packet;
  packet.data = whole;
  packet.original_length = static_cast<std::uint32_t>(whole.size());
  packet.link_type = 105;
  std::vector<std::uint32_t> found;
  std::vector<std::uint64_t> tenants;
  TcpSegment segment;
  for (bool more = decoder.decode(packet, segment); more; more = decoder.next(segment)) {
    found.push_back(segment.sequence - data().seq);
    tenants.push_back(segment.tenant);
    ASSERT_EQ(segment.payload.size(), 2u);
  }
  EXPECT_EQ(found, (std::vector<std::uint32_t>{0, 2, 4, 6, 8, 10}));
  ASSERT_EQ(tenants.size(), 6u);
  EXPECT_EQ(tenants[0], 0u);
  EXPECT_NE(tenants[1], 0u);
  EXPECT_NE(tenants[2], tenants[1]);
  EXPECT_EQ(tenants[3], tenants[2]);
  EXPECT_EQ(tenants[4], tenants[1]);
  EXPECT_EQ(tenants[5], 0u);
  // The next packet has none of them.
  EXPECT_FALSE(decoder.next(segment));
}

/// One that came in fragments itself, where its first frame completes another datagram.
TEST(Aggregate, OutlivesADatagramThatItCompletes) {
  const auto tunnel = [](const std::vector<Buffer>& frames) {
    return over_udp(37008, join({{1, 0, 0, 18, 1}, samples::wireless_aggregate_of(frames)}));
  };
  const std::vector<Buffer> other = samples::fragments_of(over_udp(53, Buffer(232, 1)), 224, 7);
  const Buffer whole = tunnel({other[1], syn(), samples::ip(data())});
  ASSERT_GE(samples::payload_size(whole), 240u);  // as long as that datagram
  Packets packets;
  packets.add(tunnel({other[0]}), kLinkRaw);
  for (const Buffer& fragment : samples::fragments_of(whole, 128, 8)) packets.add(fragment, kLinkRaw);
  EXPECT_TRUE(has_message(packets));
}

TEST(Known, EndsOfTheSearch) {
  const struct {
    int link;
    Buffer packet;
  } kEnds[] = {
      {1, frame_of(0x0806, Buffer(46, 0))},                                          // ARP
      {1, frame_of(0x88CC, Buffer(46, 0))},                                          // LLDP
      {1, frame_of(38, join({{0x42, 0x42, 3}, Buffer(43, 0)}))},                     // spanning tree
      {1, frame_of(50, join({{0xAA, 0xAA, 3, 0, 0, 12, 0x20, 0}, Buffer(42, 0)}))},  // CDP
      {1, frame_of(0x893F, {0, 0, 0, 0, 0, 0, 8, 6, 0, 1})},                         // ARP behind an E-tag
      {kLinkRaw, over_ip(1, Buffer(40, 0))},                                         // ICMP
      {kLinkRaw, over_ip(88, Buffer(40, 0))},                                        // EIGRP
      {kLinkRaw, over_udp(53, Buffer(40, 1))},
      {kLinkRaw, over_udp(4500, join({Buffer(4, 0), Buffer(40, 1)}))},  // IKE
      {kLinkRaw, over_udp(4500, {0xff})},                               // a keepalive of NAT
      // Other protocols on the ports of tunnels.
      {kLinkRaw, over_udp(4789, Buffer(40, 0))},
      {kLinkRaw, over_udp(4790, Buffer(40, 0))},
      {kLinkRaw, over_udp(6081, Buffer(40, 0xff))},
      {kLinkRaw, over_udp(37008, Buffer(40, 0x20))},
      {kLinkRaw, over_udp(2152, Buffer(40, 0xff))},
      {kLinkRaw, over_udp(3386, Buffer(40, 0x0f))},                 // GTP', for charging
      {7, join({{1, 2, 0xD5, 0, 0, 9}, Buffer(28, 0)})},            // ARP over ARCNET
      {129, join({{1, 2, 0, 200, 0xFA, 0, 0, 9}, Buffer(40, 0)})},  // IPX
      {kLinkRaw, over_udp(1701, Buffer(40, 0xff))},
      {kLinkRaw, over_udp(3544, Buffer(40, 0x10))},
      {kLinkRaw, over_udp(6635, Buffer(40, 0))},
      {kLinkRaw, over_udp(4754, Buffer(40, 0xff))},
      {kLinkRaw, over_udp(51820, Buffer(40, 0xff))},
      {kLinkRaw, over_udp(5247, Buffer(40, 0xff))},
      {kLinkRaw, over_udp(5072, Buffer(60, 0x41))},
      {kLinkRaw, over_udp(12220, Buffer(40, 0x45))},
      {kLinkRaw, over_udp(12222, Buffer(40, 0xff))},
      {kLinkRaw, over_udp(30030, Buffer(60, 0x45))},
      {kLinkRaw, over_udp(40000, Buffer(40, 0xff), 2152)},
      // Two datagrams in one aggregate of IEEE 802.11.
      {105, samples::wireless_aggregate_of({over_udp(53, Buffer(40, 1)), over_udp(53, Buffer(40, 1))})},
      {107, {0x18, 0x41, 3, 0x81, 0, 0, 0, 0}},  // ISO's own
  };
  for (const auto& known : kEnds) {
    Packets packets;
    EXPECT_EQ(packets.add(known.packet, known.link).kind, Kind::decoded) << &known - kEnds;
    EXPECT_FALSE(packets.diagnostics.other.contains("short_packets")) << &known - kEnds;
  }
}

/// A link's or tunnel's own business says nothing of what can be decoded.
TEST(Control, IsNoEnd) {
  const struct {
    int link;
    Buffer packet;
  } kControl[] = {
      {105, join({{0x80, 0}, Buffer(60, 0)})},                               // a beacon
      {105, {0xd4, 0, 0, 0, 2, 0, 0, 0, 0, 1}},                              // an acknowledgement
      {1, frame_of(0x888E, Buffer(46, 0))},                                  // EAPOL
      {9, {0xff, 3, 0xc0, 0x21, 1, 1, 0, 4}},                                // LCP
      {kLinkRaw, over_udp(2152, {0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0})},   // GTP echo
      {kLinkRaw, over_udp(1701, {0xc8, 2, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0})},  // L2TP control
      {kLinkRaw, over_ip(115, {0, 0, 0, 0, 0xc8, 3, 0, 12, 0, 0, 0, 0})},
      {kLinkRaw, over_udp(37008, {1, 4, 0, 0})},                          // TZSP keepalive
      {kLinkRaw, over_udp(51820, join({{1, 0, 0, 0}, Buffer(144, 1)}))},  // WireGuard handshake
      {kLinkRaw, over_ip(47, {0, 0, 0, 0})},                              // GRE keepalive
      {1, frame_of(0x8847, {0, 1, 1, 64, 0x10, 0, 0, 7, 0, 0})},          // associated channel
      {1, frame_of(0xD28B, Buffer{0, 4, 0, 1, 0, 0, 0, 0})},              // a postcard
      {239, {2, 0, 0, 5, 8, 0, 1, 0, 8, 0, 1, 0}},                        // a log without a packet
      {1, frame_of(0x4305, join({{0x00, 15}, Buffer(40, 0)}))},           // the mesh's own
      {107, {0x00, 0x01, 3, 8, 0, 0x75, 0x95}},                           // a status enquiry
      {6, join({{0x10, 0x00}, Buffer(30, 2)})},                           // a ring's own
      {10, join({{0x41}, Buffer(30, 2)})},                                // station management
      {143, join({{0xC2, 0, 0, 20, 0, 0}, Buffer(20, 0)})},               // a cable network's management
      {100, {0xAA, 0xAA, 3, 0, 0x80, 0xC2, 0, 14, 0, 0, 0, 0}},           // spanning tree, bridged
      {123, {6, 0, 0, 5, 9, 3, 0, 0}},                                    // signalling
      {274, join({Buffer(7, 0x55), {0x07}, Buffer(60, 0)})},              // a verification
      {197, join({Buffer(8, 0), {27}, Buffer(60, 0)})},                   // of the recorder itself
      {kLinkRaw, over_udp(12222, join({{4, 1, 0, 0, 50, 20}, Buffer(40, 0)}))},
  };
  for (const auto& control : kControl) {
    Packets packets;
    EXPECT_EQ(packets.add(control.packet, control.link).kind, Kind::none) << &control - kControl;
    EXPECT_FALSE(packets.diagnostics.other.contains("short_packets")) << &control - kControl;
  }
}

/// Lengths inside headers that lead nowhere.
TEST(Wrong, LengthsAreShortPackets) {
  const struct {
    int link;
    Buffer packet;
  } kWrong[] = {
      {239, {2, 0, 0, 5, 8, 0, 1, 0, 8, 0, 1, 0, 3, 0, 9, 0, 1, 2}},
      {127, {0, 0, 200, 0, 0, 0, 0, 0, 8, 1, 0, 0}},
      {192, {0, 0, 200, 0, 105, 0, 0, 0, 8, 1, 0, 0}},
      {163, {0x80, 0x21, 0x10, 1, 0, 0, 1, 0, 8, 1, 0, 0}},
      {117, {200, 2, 0, 0, 0x45}},
      {258, {200, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}},
      {1, frame_of(0x894F, {0x0F, 0xFF, 2, 1, 0, 0, 1, 255})},
      {1, frame_of(0x22F3, {7, 0xC0, 0, 1, 0, 2})},
      {1, frame_of(0x22E5, {200, 2, 3, 8, 0, 1})},
      {6, join({{0x10, 0x40}, Buffer(6, 2), {0x82}, Buffer(5, 2), {0x1e, 0x30, 0, 0x11}})},
      {143, {1, 200, 0, 40, 0, 0, 0, 0}},
      {178, {'M', 'G', 'C', 0x80, 200, 0, 1, 1, 14}},
      {178, {'M', 'G', 'C', 2, 2, 0}},
      {197, join({Buffer(8, 0), {0x82}, Buffer(7, 0), {0x83}, Buffer(7, 0)})},
      {105, join({{0x88, 0x01}, Buffer(20, 2), {0x10, 0, 0x80, 0}, Buffer(13, 2)})},
      {kLinkRaw, over_udp(2152, {0x34, 255, 0, 8, 0, 0, 0, 7, 0, 0, 0, 0x85, 0, 0, 0, 0})},
      {kLinkRaw, over_udp(2152, {0x34, 255, 0, 8, 0, 0, 0, 7, 0, 0, 0, 0x85, 9, 0, 0, 0})},
      {kLinkRaw, over_udp(1701, {0x02, 0x02, 0, 5, 0, 6, 0xff, 0, 0, 0x21})},
      {kLinkRaw, over_udp(37008, {1, 0, 0, 1, 10, 200, 1, 2})},
      {kLinkRaw, over_udp(6081, {0x3f, 0, 8, 0, 0, 0, 1, 0, 0x45})},
  };
  for (const auto& wrong : kWrong) {
    Packets packets;
    EXPECT_EQ(packets.add(wrong.packet, wrong.link).kind, Kind::none) << &wrong - kWrong;
    EXPECT_EQ(packets.diagnostics.other["short_packets"], 1u) << &wrong - kWrong;
  }
}

/// A VLAN tag looks like a cookie, and leads to the same packet.
TEST(L2tp3, AVlanTagIsNoDoubt) {
  Packets packets;
  for (const Buffer& packet : {syn(), samples::ip(data())}) {
    const Buffer frame = samples::link_frame({Link::ethernet, {5}, {}}, packet);
    packets.add(over_ip(115, join({{0, 0, 0, 7}, frame})), kLinkRaw);
  }
  EXPECT_TRUE(has_message(packets));
}
/// Where two lengths of cookie lead to two packets, nothing says which is meant: this one's checksum and
/// addresses read as an EtherType and an IP header.
TEST(L2tp3, TwoPacketsAreClosed) {
  Buffer packet = samples::ip("69.0.0.40", "192.0.2.2", samples::kProtocolUdp, Buffer(60, 0));
  packet[10] = 8;
  packet[11] = 0;
  Packets packets;
  const Buffer tunnel = over_ip(115, join({{0, 0, 0, 7}, samples::link_frame({}, packet)}));
  EXPECT_EQ(packets.add(tunnel, kLinkRaw).closed, "L2TPv3");
}

/// A family of two bytes, in both byte orders, and IPv6 under every system's number.
TEST(Null, FamiliesOfEverySystem) {
  for (const Buffer& header :
       {Buffer{2, 0, 0, 0}, Buffer{0, 0, 0, 2}, Buffer{0, 2, 0, 0}, Buffer{0, 0, 2, 0}}) {
    Packets packets;
    packets.add(join({header, syn()}), 0);
    packets.add(join({header, samples::ip(data())}), 0);
    EXPECT_TRUE(has_message(packets));
  }
  for (const int number : {10, 23, 24, 28, 30}) {
    const auto family = static_cast<std::uint8_t>(number);
    Packets packets;
    packets.add(join({{family, 0, 0, 0}, syn(true)}), 0);
    packets.add(join({{0, 0, 0, family}, samples::ip(data(true))}), 0);
    EXPECT_TRUE(has_message(packets));
  }
  Packets packets;
  EXPECT_EQ(packets.add(join({{7, 0, 0, 0}, Buffer(40, 0)}), 0).kind, Kind::decoded);  // OSI
}

}  // namespace
}  // namespace ck::capture
