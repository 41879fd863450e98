// What pcapng says beside its packets: what its writer lost; and packets of which it does not say when they
// came.
#include <initializer_list>
#include <limits>

#include "capture/files.h"

namespace ck::capture {
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

void put_le64(Buffer& out, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

/// An interface with if_tsresol (9) and if_tsoffset (14).
Buffer interface_of(std::uint8_t resolution, std::int64_t offset) {
  Buffer body{1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, resolution, 0, 0, 0, 14, 0, 8, 0};
  put_le64(body, static_cast<std::uint64_t>(offset));
  return block(1, body);
}

/// An Enhanced Packet Block of one byte; the upper half of its stamp comes first.
Buffer stamped(std::uint64_t stamp) {
  Buffer body{0, 0, 0, 0};
  put_le64(body, stamp << 32 | stamp >> 32);
  samples::put(body, {1, 0, 0, 0, 1, 0, 0, 0, 'x'});
  return block(6, body);
}

/// What a packet with this stamp has for a time.
Packet packet_at(std::uint8_t resolution, std::int64_t offset, std::uint64_t stamp) {
  const Read got = read(samples::join({kSection, interface_of(resolution, offset), stamped(stamp)}));
  EXPECT_EQ(got.error, "");
  return got.packets.size() == 1 ? got.packets[0] : Packet{};
}

constexpr std::int64_t kLeast64 = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kGreatest64 = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kAllBits = ~std::uint64_t{0};

/// 64 bits of nanoseconds reach to 2262-04-11T23:47:16.854775807Z.
TEST(PcapngFile, TimesUpToTheLastThatCanBeTold) {
  struct Case {
    std::uint8_t resolution;
    std::int64_t offset;
    std::uint64_t stamp;
    std::int64_t time_ns;
  };
  const Case kCases[] = {
      {9, 0, 0x7fffffffffffffff, 9'223'372'036'854'775'807},
      {6, 0, 9'223'372'036'854'775, 9'223'372'036'854'775'000},
      {0, 0, 9'223'372'036, 9'223'372'036'000'000'000},
      {0, 9'223'372'036, 0, 9'223'372'036'000'000'000},
      {9, 9'223'372'036, 854'775'807, 9'223'372'036'854'775'807},
      {6, 0, 4'700'000'000'000'000, 4'700'000'000'000'000'000},  // 2118, behind 2^62 ns
      {19, 0, kAllBits, 1'844'674'407},                          // (2^64 - 1) / 10^19 s
      {0xbf, 0, kAllBits, 1'999'999'999},                        // (2^64 - 1) / 2^63 s
      {0, -4'611'686'018, 0, -4'611'686'018'000'000'000},        // 1823
      {0, kLeast64, std::uint64_t{1} << 63, 0},
      {0x80, kLeast64, (std::uint64_t{1} << 63) + 5, 5'000'000'000},
  };
  for (const Case& one : kCases) {
    const Packet packet = packet_at(one.resolution, one.offset, one.stamp);
    EXPECT_EQ(packet.time_ns, one.time_ns) << &one - kCases;
    EXPECT_FALSE(packet.far_off) << &one - kCases;
  }
}

TEST(PcapngFile, ATimeThatCannotBeToldIsNone) {
  struct Case {
    std::uint8_t resolution;
    std::int64_t offset;
    std::uint64_t stamp;
  };
  const Case kCases[] = {
      {9, 0, 0x8000000000000000},       // the nanosecond behind the last one
      {6, 0, 9'223'372'036'854'776},    // and the microsecond
      {0, 0, 9'223'372'037},            // and the second
      {9, 9'223'372'036, 854'775'808},  // by an offset
      {6, 0, kAllBits},                 // 584,000 years
      {0, 0, kAllBits},                 // and more than 64 bits of seconds hold
      {0, kGreatest64, kAllBits},       // with the greatest offset
      {0x80, kGreatest64, 1},           // 2^63 s
      {6, kGreatest64, 0},              // the offset alone
      {6, kLeast64, 1'700'000'000'000'000},
      {0, -4'611'686'019, 0},  // the second before the first one
  };
  for (const Case& one : kCases) {
    const Packet packet = packet_at(one.resolution, one.offset, one.stamp);
    EXPECT_EQ(packet.time_ns, kNoTime) << &one - kCases;
    EXPECT_TRUE(packet.far_off) << &one - kCases;
  }
}

/// Of an interface alone whose offset is wrong.
TEST(PcapngFile, OthersKeepTheirTimes) {
  const Buffer simple = block(3, {1, 0, 0, 0, 'a'});
  const Buffer first = block(6, {0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 'x'});
  const Buffer second = block(6, {1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 'x'});
  const Read got = read(samples::join(
      {kSection, interface_of(6, kGreatest64), interface_of(6, 1'700'000'000), first, simple, second}));
  ASSERT_EQ(got.packets.size(), 3u);
  EXPECT_TRUE(got.packets[0].far_off);
  EXPECT_FALSE(got.packets[1].far_off) << "it has none at all";
  EXPECT_FALSE(got.packets[2].far_off);
  EXPECT_EQ(got.packets[2].time_ns, 1'700'000'000'000'007'000);
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
  std::vector<CaptureFacts> captures(2);
  const auto merged = merge_sources(std::move(sources), captures);
  const Read got = read(*merged);
  std::string order;
  for (const Buffer& data : got.data) order += static_cast<char>(data[0]);
  EXPECT_EQ(order, "aebcfdgxx");
  EXPECT_EQ(merged->dropped(), 5u);
}

}  // namespace
}  // namespace ck::capture
