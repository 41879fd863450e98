// CommandCodes among any bytes: found wherever they stand, in either byte order, and nothing else.
#include "protocol/code_scan.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace ck::protocol {
namespace {

/// Table I.1 by hand: the messages whose codes begin with 0x14 are the KM's.
std::uint8_t high_byte(std::uint8_t low) {
  switch (low) {
    case 0x01:
    case 0x03:
    case 0x05:
    case 0x06:
    case 0x09:
    case 0x0B:
    case 0x0D:
      return 0x14;
    case 0x02:
    case 0x04:
    case 0x07:
    case 0x08:
    case 0x0A:
    case 0x0C:
      return 0x41;
    default:
      return 0;
  }
}

std::vector<std::size_t> found_in(Bytes bytes) {
  std::vector<std::size_t> places;
  for (std::size_t at = find_code(bytes, 0); at < bytes.size(); at = find_code(bytes, at + 1))
    places.push_back(at);
  return places;
}

std::vector<std::size_t> looked_up(Bytes bytes) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t high = high_byte(bytes[i]);
    const bool beside = (i > 0 && bytes[i - 1] == high) || (i + 1 < bytes.size() && bytes[i + 1] == high);
    if (high != 0 && beside) places.push_back(i);
  }
  return places;
}

TEST(CodeScan, KnowsTheHighByteOfEachCode) {
  for (unsigned low = 0; low < 256; ++low)
    EXPECT_EQ(high_byte_of_code(static_cast<std::uint8_t>(low)), high_byte(static_cast<std::uint8_t>(low)));
}

TEST(CodeScan, FindsACodeAtEveryPlace) {
  constexpr std::size_t kSize = 80;
  for (std::size_t at = 0; at + 1 < kSize; ++at) {
    std::vector<std::uint8_t> bytes(kSize, 'A');
    bytes[at] = 0x14;
    bytes[at + 1] = 0x03;
    EXPECT_EQ(found_in(bytes), std::vector<std::size_t>{at + 1}) << at;
    std::swap(bytes[at], bytes[at + 1]);  // little-endian
    EXPECT_EQ(found_in(bytes), std::vector<std::size_t>{at}) << at;
  }
}

TEST(CodeScan, AsksForTheHighByteOfThatCode) {
  const std::vector<std::uint8_t> bytes = {0x41, 0x03, 0x20, 0x14, 0x04, 0x20, 0x14, 0x0E, 0x20, 0x41, 0x00};
  EXPECT_TRUE(found_in(bytes).empty());
}

TEST(CodeScan, LooksAtTheByteBeforeWhereItBegins) {
  const std::vector<std::uint8_t> bytes = {0x14, 0x03, 0x00};
  EXPECT_EQ(find_code(bytes, 1), 1u);
  EXPECT_EQ(find_code(bytes, 2), 3u);
  EXPECT_EQ(find_code({}, 0), 0u);
}

TEST(CodeScan, FindsInAnyBytesWhatALookAtEachByteFinds) {
  std::mt19937 random(4164);
  constexpr std::uint8_t kTelling[] = {0x14, 0x41, 0x01, 0x02, 0x0D, 0x0E, 0x00, 0x7F, 0x80, 0xFF};
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::uint8_t> bytes(random() % 70);
    for (std::uint8_t& byte : bytes)
      byte = round % 2 == 0 ? kTelling[random() % std::size(kTelling)] : static_cast<std::uint8_t>(random());
    ASSERT_EQ(found_in(bytes), looked_up(bytes)) << "round " << round;
  }
}

}  // namespace
}  // namespace ck::protocol
