// Links, tags, tunnels, IP: one Ck message through each, and what is counted where there is none.
#include <algorithm>
#include <limits>

#include "capture/link_name.h"
#include "capture/single_packets.h"
#include "generator/wrappings.h"

namespace ck::capture {
namespace {

using samples::Buffer;
using samples::frame;
using samples::Link;

const std::string kTold = fmt::format("message 0 #4 0x1403 id=7 {}", kBody);

/// The handshake and one request, as `options` wraps them.
Lines through(samples::TalkOptions options, bool ipv6 = false) {
  samples::Recording recording(options.link.link);
  samples::TcpTalk talk(recording, ipv6 ? kKm6 : kKm4, ipv6 ? kController6 : kController4,
                        std::move(options));
  talk.handshake();
  talk.client(request(7));
  Pipeline pipeline;
  return pipeline.run(recording).log.lines;
}
samples::TalkOptions linked(Link link, std::vector<std::uint16_t> vlans = {},
                            std::vector<std::uint32_t> mpls = {}) {
  samples::TalkOptions options;
  options.link = {link, std::move(vlans), std::move(mpls)};
  return options;
}
samples::TalkOptions tunnelled(std::function<Buffer(const Buffer&)> tunnel) {
  samples::TalkOptions options;
  options.tunnel = std::move(tunnel);
  return options;
}
const Lines kWhole{"open 1 opener-known from-start=11", kTold};

TEST(Links, EveryLinkWithBothIps) {
  for (const samples::Framing& framing : samples::framings()) {
    for (const bool ipv6 : {false, true}) {
      if (!(ipv6 ? framing.ipv6 : framing.ipv4)) continue;
      SCOPED_TRACE(std::string(framing.name) + (ipv6 ? " with IPv6" : " with IPv4"));
      samples::Recording recording(framing.link);
      samples::TalkOptions raw;
      raw.link.link = Link::raw;
      raw.tunnel = framing.frame;
      samples::TcpTalk talk(recording, ipv6 ? kKm6 : kKm4, ipv6 ? kController6 : kController4, raw);
      talk.handshake();
      talk.client(request(7));
      Pipeline pipeline;
      EXPECT_EQ(pipeline.run(recording).log.lines, kWhole);
    }
  }
}

TEST(Links, StacksOfTagsAndLabels) {
  EXPECT_EQ(through(linked(Link::ethernet, {5, 6, 7}, {})), kWhole);
  EXPECT_EQ(through(linked(Link::ethernet, {5}, {16, 17, 18}), true), kWhole);
}

TEST(Links, EveryTunnelWithBothIps) {
  for (const samples::Tunnel& tunnel : samples::tunnels()) {
    const auto wrap = [&](const Buffer& packet) { return tunnel.wrap(packet, 1); };
    SCOPED_TRACE(tunnel.name);
    EXPECT_EQ(through(tunnelled(wrap)), kWhole);
    EXPECT_EQ(through(tunnelled(wrap), true), kWhole);
  }
}

TEST(Links, TunnelsWithoutEndAreGivenUp) {
  const auto deep = [&](Buffer packet) {
    for (int i = 0; i < 20; ++i)
      packet = samples::ip("192.0.2.1", "192.0.2.2", samples::kProtocolIpIp, packet);
    return packet;
  };
  EXPECT_EQ(through(tunnelled(deep)), Lines{});
}

TEST(Links, VxlanOnLinuxsOwnPortAndAnErspanWithoutHeader) {
  const samples::Host from("192.0.2.1"), to("192.0.2.2");
  const auto vxlan = [&](const Buffer& packet) {
    return samples::ip(
        from, to, samples::kProtocolUdp,
        samples::udp({from, 49152}, {to, 8472},
                     samples::join({{8, 0, 0, 0, 0, 0, 9, 0}, samples::link_frame({}, packet)})));
  };
  EXPECT_EQ(through(tunnelled(vxlan)), kWhole);
  const auto erspan = [&](const Buffer& packet) {
    return samples::ip(from, to, samples::kProtocolGre,
                       samples::join({{0, 0, 0x88, 0xbe}, samples::link_frame({}, packet)}));
  };
  EXPECT_EQ(through(tunnelled(erspan)), kWhole);
}

Lines told_at(unsigned at) {
  return {"open 1 opener-known from-start=10", fmt::format("message 0 #{} 0x1403 id=7 {}", at, kBody)};
}

TEST(Ip, EthernetPaddingIsNoData) {
  Packets packets;
  Buffer padded = samples::link_frame({}, syn());
  padded.resize(60, 0xee);
  packets.add(padded);
  samples::Segment segment = data();
  const Buffer whole = segment.payload;
  segment.payload.resize(3);
  Buffer first = samples::link_frame({}, samples::ip(segment));
  first.resize(60, 0xee);  // 3 bytes of it are padding
  packets.add(first);
  segment.seq += 3;
  segment.payload.assign(whole.begin() + 3, whole.end());
  packets.add_ip(samples::ip(segment));
  EXPECT_EQ(packets.log.lines, told_at(3));
}

TEST(Ip, TotalLengthZeroOfSegmentationOffload) {
  Packets packets;
  packets.add_ip(syn());
  Buffer packet = samples::ip(data());
  packet[2] = packet[3] = 0;
  packets.add_ip(packet);
  EXPECT_EQ(packets.log.lines, told_at(2));
}

TEST(Ip, OptionsAndExtensionHeaders) {
  Packets packets;
  packets.add_ip(syn());
  Buffer packet = samples::ip(data());
  packet[0] = 0x46;  // one word of options: no-operation
  packet[3] = static_cast<std::uint8_t>(packet[3] + 4);
  packet.insert(packet.begin() + 20, {1, 1, 1, 0});
  packets.add_ip(packet);
  EXPECT_EQ(packets.log.lines, told_at(2));

  Packets six;
  six.add_ip(syn(true));
  six.add_ip(samples::ipv6_with_options(kKm6.host, kController6.host, samples::kProtocolTcp,
                                        samples::tcp(data(true))));
  EXPECT_EQ(six.log.lines, told_at(2));
}

TEST(Ip, AtomicFragmentIsWhole) {
  Packets packets;
  packets.add_ip(syn(true));
  Buffer packet = samples::ip(data(true));
  packet[5] = static_cast<std::uint8_t>(packet[5] + 8);
  packet[6] = 44;
  packet.insert(packet.begin() + 40, {6, 0, 0, 0, 0, 0, 0, 1});
  packets.add_ip(packet);
  EXPECT_EQ(packets.log.lines, told_at(2));
}

TEST(Ip, FragmentsInAnyOrder) {
  for (const bool ipv6 : {false, true}) {
    SCOPED_TRACE(ipv6);
    const samples::Segment segment = data(ipv6);
    std::vector<Buffer> pieces = samples::ip_fragments(segment.from.host, segment.to.host,
                                                       samples::kProtocolTcp, samples::tcp(segment), 16, 77);
    ASSERT_EQ(pieces.size(), 4u);  // 51 bytes of TCP
    std::sort(pieces.begin(), pieces.end());
    do {
      Packets packets;
      packets.add_ip(syn(ipv6));
      for (const Buffer& piece : pieces) packets.add_ip(piece);
      EXPECT_EQ(packets.log.lines, told_at(5));
      EXPECT_EQ(packets.diagnostics.other[ipv6 ? "ipv6_fragments" : "ipv4_fragments"], 4u);
      EXPECT_EQ(packets.decoder.fragments().incomplete(), 0u);
    } while (std::next_permutation(pieces.begin(), pieces.end()));
  }
}

TEST(Ip, FragmentsOverlappingFirstCopyWinsAndMissingOnesAreCounted) {
  const std::vector<Buffer> pieces = samples::ip_fragments(
      kKm4.host, kController4.host, samples::kProtocolTcp, samples::tcp(data()), 16, 77);
  Packets packets;
  packets.add_ip(syn());
  packets.add_ip(pieces[0]);
  Buffer forged = pieces[1];
  packets.add_ip(pieces[1]);
  std::fill(forged.begin() + 20, forged.end(), std::uint8_t{'!'});
  packets.add_ip(forged);
  packets.add_ip(pieces[3]);
  EXPECT_EQ(packets.decoder.fragments().incomplete(), 1u);
  packets.add_ip(pieces[2]);
  EXPECT_EQ(packets.log.lines, told_at(6));
  for (std::uint16_t id = 100; id < 3100; ++id) {
    packets.add_ip(samples::ip_fragments(kKm4.host, kController4.host, 6, samples::tcp(data()), 16, id)[0]);
  }
  EXPECT_EQ(packets.decoder.fragments().incomplete(), 3000u);
  EXPECT_EQ(packets.decoder.fragments().at_bound(), 3000u - 1024u);
}

/// A fragmented datagram in a tunnel whose packets are fragments too.
TEST(Ip, FragmentsWithinFragments) {
  Packets packets;
  packets.add_ip(syn());
  std::uint16_t identification = 100;
  for (const Buffer& inner : samples::fragments_of(samples::ip(data()), 24, 77)) {
    const Buffer outer = samples::gre("192.0.2.1", "192.0.2.2", inner);
    std::vector<Buffer> pieces = samples::fragments_of(outer, 32, ++identification);
    ASSERT_EQ(pieces.size(), inner.size() == 44 ? 2u : 1u);
    std::reverse(pieces.begin(), pieces.end());
    for (const Buffer& piece : pieces) packets.add_ip(piece);
  }
  EXPECT_EQ(packets.log.lines, told_at(6));  // 51 bytes of TCP: fragments of 24, 24 and 3, in 2, 2 and 1
  EXPECT_EQ(packets.decoder.fragments().incomplete(), 0u);
}

/// Identifications come again. Late copies of one datagram's fragments must not get into the next.
TEST(Ip, ALateFragmentIsNoPartOfTheNextDatagram) {
  Packets packets;
  packets.add_ip(syn());
  const samples::Segment first = data();
  samples::Segment second = data();
  second.seq += static_cast<std::uint32_t>(first.payload.size());
  const auto pieces_of = [](const samples::Segment& segment) {
    return samples::fragments_of(samples::ip(segment), 16, 77);
  };
  for (const Buffer& piece : pieces_of(first)) packets.add_ip(piece);
  for (const Buffer& piece : pieces_of(first)) packets.add_ip(piece);  // copies of all, to no effect
  EXPECT_EQ(packets.decoder.fragments().incomplete(), 0u);
  second.payload = frame(1, 8, samples::kRelayNotification, kBody);
  for (const Buffer& piece : pieces_of(second)) packets.add_ip(piece);
  Lines expected = told_at(5);
  expected.push_back(fmt::format("message 0 #13 0x1403 id=8 {}", kBody));
  EXPECT_EQ(packets.log.lines, expected);
  EXPECT_EQ(packets.decoder.fragments().conflicting(), 0u);
}

TEST(Ip, FragmentsThatCannotBeAreCounted) {
  Packets packets;
  std::vector<Buffer> pieces = samples::fragments_of(samples::ip(data()), 16, 77);
  Buffer far = pieces[0];
  far[6] = 0x3f;  // offset 65,528, and more to come
  far[7] = 0xff;
  packets.add_ip(far);
  EXPECT_EQ(packets.decoder.fragments().malformed(), 1u);
  EXPECT_EQ(packets.decoder.fragments().incomplete(), 0u);
  packets.add_ip(pieces[0]);
  pieces[0].back() ^= 1;
  packets.add_ip(pieces[0]);
  EXPECT_EQ(packets.decoder.fragments().conflicting(), 1u);
}

/// Time stamps are the capture's: differences need not fit 64 bits.
TEST(Ip, FragmentsAgeByAnyTimeStamps) {
  const auto pieces = samples::fragments_of(samples::ip(data()), 32, 77);
  FragmentTable table;
  FragmentKey key;
  const Bytes payload(pieces[0].data() + 20, 32);
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min(),
                         kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(table.add(key, {0, true, 6, payload}, kMin));
  EXPECT_FALSE(table.add(key, {32, false, 6, payload}, kMax));  // the first is too old: another datagram
  EXPECT_EQ(table.incomplete(), 2u);
  EXPECT_TRUE(table.add(key, {0, true, 6, payload}, kMin));  // a clock that goes back makes nothing old
}

TEST(Unknown, LinksAndNetworksAreCountedByName) {
  Packets packets;
  packets.add(Buffer(60, 0), 189);
  packets.add(Buffer(60, 0), 189);
  packets.add(Buffer(60, 0), 60000);
  Buffer arp(60, 0);
  arp[12] = 8;
  arp[13] = 6;
  packets.add(arp);
  Buffer odd(60, 0);
  odd[12] = 0x88;
  odd[13] = 0xb5;
  packets.add(odd);
  const samples::Host from("192.0.2.1"), to("192.0.2.2");
  packets.add_ip(samples::ip(from, to, 50, Buffer(40, 0)));
  packets.add_ip(samples::ip(from, to, 108, Buffer(40, 0)));            // IPComp
  packets.add_ip(samples::ip(from, to, 47, {0, 2, 8, 0, 1, 2, 3, 4}));  // GRE of no known version
  packets.add_ip(samples::ip(from, to, 17, samples::udp({from, 1}, {to, 1701}, Buffer(40, 0))));  // no L2TP
  packets.add_ip(samples::ip(from, to, 17, samples::udp({from, 1}, {to, 53}, Buffer(40, 0))));
  packets.add_ip(samples::ip(from, to, 1, Buffer(40, 0)));
  packets.add_ip(samples::ip(from, to, 17, samples::udp({from, 1}, {to, 4789}, Buffer(40, 0))));  // no VXLAN
  const std::map<std::string, std::uint64_t, std::less<>> expected{
      {"USB_LINUX", 2}, {"LINKTYPE 60000", 1},  {"ARP", 1}, {"EtherType 0x88b5", 1},
      {"ESP", 1},       {"IP protocol 108", 1}, {"GRE", 1}};
  EXPECT_EQ(packets.diagnostics.unknown_links, expected);
  EXPECT_EQ(packets.diagnostics.other["packets_of_other_transports"], 4u);
}

TEST(Unknown, NamesOfLinks) {
  EXPECT_EQ(link_name(1), "EN10MB");
  EXPECT_EQ(link_name(101), "RAW");
  EXPECT_EQ(link_name(276), "LINUX_SLL2");
}

TEST(Hostile, EveryPacketCutAnywhereIsHarmless) {
  for (const bool ipv6 : {false, true}) {
    const Buffer whole =
        samples::link_frame({.link = Link::ethernet, .vlans = {1, 2}, .mpls = {3}}, samples::ip(data(ipv6)));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      Packets packets;
      const Buffer part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      packets.add(part, 1, static_cast<std::uint32_t>(whole.size()));
      packets.table.finish();
      EXPECT_TRUE(packets.log.lines.empty() || size >= whole.size() - 31);
    }
  }
}

}  // namespace
}  // namespace ck::capture
