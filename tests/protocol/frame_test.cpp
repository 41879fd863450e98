// The header of Figure I.1: field widths and order.
#include "protocol/frame.h"

#include <gtest/gtest.h>

namespace ck::protocol {
namespace {

TEST(Frame, ReadsEachFieldFromItsOwnBytes) {
  const std::uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x41, 0x0A, 0xFF, 0xFE};
  const FrameHeader header = read_header(bytes);
  EXPECT_EQ(header.version, 0x0102);
  EXPECT_EQ(header.message_id, 0x03040506u);
  EXPECT_EQ(header.command, 0x410A);
  EXPECT_EQ(header.length, 0xFFFE);
}

TEST(Frame, KeepsTheHighestBitOfEveryField) {
  const std::uint8_t bytes[] = {0x80, 0x00, 0x80, 0x00, 0x80, 0x00, 0x80, 0x00, 0x80, 0x00};
  const FrameHeader header = read_header(bytes);
  EXPECT_EQ(header.version, 0x8000);
  EXPECT_EQ(header.message_id, 0x80008000u);
  EXPECT_EQ(header.command, 0x8000);
  EXPECT_EQ(header.length, 0x8000);
}

TEST(Frame, HeaderIsTenBytesAndTheLongestFrame65545) {
  EXPECT_EQ(kHeaderSize, 2u + 4u + 2u + 2u);
  EXPECT_EQ(kMaxFrame, 65545u);
}

}  // namespace
}  // namespace ck::protocol
