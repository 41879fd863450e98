// What pcapng says beside its packets: what its writer lost; and packets of which it does not say when they
// came.
#include <initializer_list>

#include "capture/files.h"

namespace ck {
namespace {

TEST(PcapngFile, APacketOfASimpleBlockHasNoTime) {
  const Buffer simple = block(3, {1, 0, 0, 0, 'a'});
  const Buffer enhanced = block(6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 'x'});
  const Read got = read(samples::join({kSection, kEthernet, simple, enhanced, simple}));
  ASSERT_EQ(got.packets.size(), 3u);
  EXPECT_EQ(got.packets[0].time_ns, kNoTime);
  EXPECT_EQ(got.packets[1].time_ns, 1'536'000) << "0x600 microseconds";
  EXPECT_EQ(got.packets[2].time_ns, kNoTime);
}

std::uint64_t dropped(std::initializer_list<Buffer> blocks) {
  const Buffer file = samples::join(blocks);
  const auto source = open_memory(file, 0);
  EXPECT_EQ(read(*source).error, "");
  return source->dropped();
}

/// An Interface Statistics Block: isb_ifrecv (4) 99, isb_ifdrop (5), isb_filteraccept (6) 98, isb_osdrop (7).
Buffer statistics(std::uint8_t interface, Buffer by_interface, Buffer by_system) {
  Buffer body{interface, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 8, 0, 99, 0, 0, 0, 0, 0, 0, 0};
  by_interface.resize(8, 0);
  by_system.resize(8, 0);
  samples::put(body, samples::join({{5, 0, 8, 0}, by_interface, {6, 0, 8, 0, 98, 0, 0, 0, 0, 0, 0, 0}}));
  samples::put(body, samples::join({{7, 0, 8, 0}, by_system, {0, 0, 0, 0}}));
  return block(5, body);
}

/// An Enhanced Packet Block of one byte, a comment (1) and epb_dropcount (4).
Buffer packet_after(std::uint8_t interface, std::uint8_t lost) {
  return block(6, {interface, 0, 0, 0, 0,   0,   0, 0, 0, 6, 0, 0, 1,    0, 0, 0, 1, 0, 0, 0, 'x', 0, 0, 0,
                   1,         0, 2, 0, 'h', 'i', 0, 0, 4, 0, 8, 0, lost, 0, 0, 0, 0, 0, 0, 0, 0,   0, 0, 0});
}

TEST(PcapngFile, WhatItsWriterLostIsCounted) {
  EXPECT_EQ(dropped({kSection, kEthernet, packet_after(0, 0)}), 0u);
  EXPECT_EQ(dropped({kSection, kEthernet, packet_after(0, 3), packet_after(0, 4)}), 7u);
  EXPECT_EQ(dropped({kSection, kEthernet, statistics(0, {5}, {0, 1})}), 261u);
  EXPECT_EQ(dropped({kSection, kEthernet, statistics(0, {5}, {6}), statistics(0, {5}, {9})}), 14u)
      << "statistics count from the capture's start";
  EXPECT_EQ(dropped({kSection, kEthernet, packet_after(0, 3), statistics(0, {2}, {3})}), 5u)
      << "both count the same packets";
  EXPECT_EQ(dropped({kSection, kEthernet, kEthernet, statistics(1, {1}, {}), packet_after(0, 4)}), 5u)
      << "two interfaces";
  EXPECT_EQ(dropped({kSection, kEthernet, statistics(0, {1}, {1}), kSection, kEthernet, packet_after(0, 4)}),
            6u)
      << "two sections";
  // An obsolete Packet Block counts too; 0xffff is unknown.
  const auto obsolete = [](std::uint8_t low, std::uint8_t high) {
    return block(2, {0, 0, low, high, 0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 'x'});
  };
  EXPECT_EQ(dropped({kSection, kEthernet, obsolete(2, 1), obsolete(0xff, 0xff)}), 258u);
}

TEST(PcapngFile, CountsThatMeanNothingAreNone) {
  const Buffer all(8, 0xff);
  EXPECT_EQ(dropped({kSection, kEthernet, statistics(0, all, {2})}), 2u) << "unknown";
  EXPECT_EQ(dropped({kSection, kEthernet, statistics(7, {1}, {1})}), 0u) << "no such interface";
  EXPECT_EQ(dropped({kSection, kEthernet, block(5, {0, 0, 0, 0})}), 0u);
  const Buffer many{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  EXPECT_EQ(dropped({kSection, kEthernet, statistics(0, many, many)}), ~std::uint64_t{0});
}

TEST(Merge, APacketWithoutATimeFollowsTheOneBeforeIt) {
  const auto enhanced = [](std::uint8_t stamp, char name) {
    return block(
        6, {0, 0, 0, 0, 0, 0, 0, 0, stamp, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, static_cast<std::uint8_t>(name)});
  };
  const auto simple = [](char name) { return block(3, {1, 0, 0, 0, static_cast<std::uint8_t>(name)}); };
  const Buffer first = samples::join({kSection, kEthernet, enhanced(1, 'a'), enhanced(5, 'b'), simple('c'),
                                      enhanced(7, 'd'), packet_after(0, 2)});
  const Buffer second = samples::join(
      {kSection, kEthernet, enhanced(2, 'e'), enhanced(6, 'f'), enhanced(8, 'g'), packet_after(0, 3)});
  std::vector<std::unique_ptr<Source>> sources;
  sources.push_back(open_memory(first, 0));
  sources.push_back(open_memory(second, 1));
  std::vector<CaptureInfo> infos(2);
  const auto merged = merge_sources(std::move(sources), infos);
  const Read got = read(*merged);
  std::string order;
  for (const Buffer& data : got.data) order += static_cast<char>(data[0]);
  EXPECT_EQ(order, "aebcfdgxx");
  EXPECT_EQ(merged->dropped(), 5u);
}

}  // namespace
}  // namespace ck
