// Known slips in writing the header of Figure I.1.
#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/framer.h"
#include "protocol/helpers.h"

namespace ck::protocol {
namespace {

const std::string kPayload = R"({"Source KMA ID":"a","end_km":"b"})";

std::string_view slip(const std::string& bytes) {
  static const NameTable names;
  Payload scratch;
  const Slip* found = known_slip(as_bytes(bytes), names, scratch);
  return found == nullptr ? std::string_view{} : found->found;
}

std::string little_endian(std::uint16_t command, std::string_view payload) {
  std::string bytes = frame(command, payload);
  for (const auto& [at, size] : {std::pair{0u, 2u}, {2u, 4u}, {6u, 2u}, {8u, 2u}}) {
    std::reverse(bytes.begin() + at, bytes.begin() + at + size);
  }
  return bytes;
}

TEST(Slips, LittleEndian) {
  for (const MessageSpec& message : messages()) {
    EXPECT_EQ(slip(little_endian(message.code(), kPayload)), "looks little-endian");
  }
}

TEST(Slips, EightByteMessageId) {
  std::string bytes;
  put(bytes, 1, 2);
  put(bytes, 77, 8);
  put(bytes, 0x1401, 2);
  put(bytes, kPayload.size(), 2);
  EXPECT_EQ(slip(bytes + kPayload), "MessageID seems to be 8 bytes");
}

TEST(Slips, FourByteLength) {
  std::string bytes;
  put(bytes, 1, 2);
  put(bytes, 77, 4);
  put(bytes, 0x1401, 2);
  put(bytes, kPayload.size(), 4);
  bytes += kPayload;
  EXPECT_EQ(slip(bytes), "Length seems to be 4 bytes");
  EXPECT_EQ(slip(bytes.substr(10)), "Length seems to be 4 bytes") << "what is left after a frame of Length 0";
}

TEST(Slips, LengthThatIncludesTheHeader) {
  std::string bytes = frame(0x1401, kPayload);
  bytes[9] = static_cast<char>(bytes[9] + 10);
  EXPECT_EQ(slip(bytes), "Length seems to include the header");
  const std::string two = bytes + bytes;
  EXPECT_EQ(slip(two), "Length seems to include the header");
  EXPECT_EQ(slip(two.substr(kHeaderSize + kPayload.size() + 10)), "Length seems to include the header")
      << "the second payload, its header swallowed by the first frame";
}

TEST(Slips, NothingKnown) {
  EXPECT_EQ(slip(""), "");
  EXPECT_EQ(slip("garbage"), "");
  EXPECT_EQ(slip(std::string(100, '\0')), "");
  EXPECT_EQ(slip(frame(0x1401, kPayload)), "");
  EXPECT_EQ(slip("{ no object"), "");
  std::string off_by_one = frame(0x1401, kPayload);
  off_by_one[9] = static_cast<char>(off_by_one[9] + 1);
  EXPECT_EQ(slip(off_by_one + off_by_one), "");
}

}  // namespace
}  // namespace ck::protocol
