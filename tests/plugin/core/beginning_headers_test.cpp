// Bytes by hand: a frame's header is its length (3 bytes), type, flags and stream (4 bytes).
#include "core/beginning_headers.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace ck::plugin {
namespace {

std::string http2_frame(std::size_t length, char type, std::size_t there) {
  std::string out{'\0', static_cast<char>(length >> 8), static_cast<char>(length), type, 4, 0, 0, 0, 1};
  return out + std::string(there, 'x');
}

std::pair<std::uint32_t, std::uint32_t> found(const std::string& text, bool at_frame = true) {
  const BeginningHeaders in =
      find_beginning_headers({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, at_frame);
  return {in.offset, in.missing};
}
/// Whether the bytes behind these begin with a frame.
bool ends_at_frame(const std::string& text, bool at_frame) {
  find_beginning_headers({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, at_frame);
  return at_frame;
}

const std::string kClientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";  // 24 bytes
constexpr std::pair<std::uint32_t, std::uint32_t> kNone{0, 0};

TEST(BeginningHeaders, WhatIsMissingOfThem) {
  EXPECT_EQ(found(http2_frame(100, 1, 40)), std::pair(0U, 60U));
  EXPECT_EQ(found(http2_frame(100, 1, 0)), std::pair(0U, 100U));
  EXPECT_EQ(found(http2_frame(100, 1, 100)), kNone) << "they are whole";
  EXPECT_EQ(found(http2_frame(100, 0, 40)), kNone) << "DATA";
}

TEST(BeginningHeaders, BehindOtherFrames) {
  EXPECT_EQ(found(kClientPreface + http2_frame(6, 4, 6) + http2_frame(100, 1, 99)), std::pair(24U + 15U, 1U));
  EXPECT_EQ(found(kClientPreface + http2_frame(6, 4, 6)), kNone);
  EXPECT_EQ(found(kClientPreface), kNone);
  EXPECT_EQ(found({}), kNone);
}

TEST(BeginningHeaders, OfWhichThereIsLessThanAFramesHeader) {
  EXPECT_EQ(found(kClientPreface + http2_frame(6, 4, 6) + http2_frame(100, 1, 0).substr(0, 8)),
            std::pair(24U + 15U, BeginningHeaders::kSomeMore));
  EXPECT_EQ(found("x"), std::pair(0U, BeginningHeaders::kSomeMore));
}

/// Else its bytes are the middle of one, whatever they look like. The whole preface begins a stream.
TEST(BeginningHeaders, OnlyWhereAFrameBegins) {
  EXPECT_EQ(found(http2_frame(100, 1, 40), false), kNone);
  EXPECT_EQ(found("x", false), kNone);
  EXPECT_EQ(found(kClientPreface + http2_frame(100, 1, 40), false), std::pair(24U, 60U));
  EXPECT_TRUE(ends_at_frame(kClientPreface, false));
  EXPECT_TRUE(ends_at_frame(http2_frame(6, 4, 6), true));
  EXPECT_TRUE(ends_at_frame(http2_frame(100, 1, 40), true)) << "it comes once more, with the rest";
  EXPECT_FALSE(ends_at_frame(http2_frame(6, 4, 6), false));
  EXPECT_FALSE(ends_at_frame(http2_frame(100, 0, 40), true)) << "the rest of DATA comes next";
  EXPECT_FALSE(ends_at_frame(kClientPreface.substr(0, 20), false));
}

TEST(BeginningHeaders, NotInWhatIsNoFrame) {
  EXPECT_EQ(found("GET / HTTP/1.1\r\n"), kNone);
  EXPECT_EQ(found(std::string("\x00\x40\x01\x01\x04\x00\x00\x00\x01", 9)), kNone) << "longer than any may be";
}

}  // namespace
}  // namespace ck::plugin
