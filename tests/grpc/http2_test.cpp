// Frames by hand, from RFC 9113, and what the reader tells of them: the same in every split.
#include "grpc/http2.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "wire.h"

namespace ck::grpc {
namespace {

using Lines = std::vector<std::string>;

/// What was told, a line each; data that came in parts is one.
struct Told final : Http2Handler {
  Lines lines;
  void headers(std::uint32_t stream, const Headers& headers, bool ends, const Position& at) override {
    lines.push_back(fmt::format("headers {} {} {} #{}{}", stream, headers.path, headers.status, at.frame,
                                ends ? " end" : ""));
  }
  void data(std::uint32_t stream, Bytes bytes, const Position&) override {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::string head = fmt::format("data {} ", stream);
    if (!lines.empty() && lines.back().starts_with(head)) {
      lines.back() += text;
    } else {
      lines.push_back(head + std::string(text));
    }
  }
  void data_ended(std::uint32_t stream) override { lines.push_back(fmt::format("end {}", stream)); }
  void reset(std::uint32_t stream, std::uint32_t code, const Position&) override {
    lines.push_back(fmt::format("reset {} {}", stream, code));
  }
  void goaway(std::uint32_t last, const Position&) override {
    lines.push_back(fmt::format("goaway {}", last));
  }
  void table_size(std::uint32_t bytes) override { lines.push_back(fmt::format("table {}", bytes)); }
  void settings() override { lines.emplace_back("settings"); }
  void settings_acknowledged() override { lines.emplace_back("acknowledged"); }
};

/// "unreadable" at the end where the reader gives up.
Lines told(const Buffer& bytes, std::size_t step, bool client = false) {
  Told handler;
  Http2Reader reader(client);
  Bytes rest(bytes);
  while (!rest.empty()) {
    const Bytes part = rest.first(std::min(step, rest.size()));
    if (!reader.feed(part, {0, 1, 0}, handler)) {
      handler.lines.emplace_back("unreadable");
      break;
    }
    rest = rest.subspan(part.size());
  }
  return handler.lines;
}

void expect(const Buffer& bytes, const Lines& wanted, bool client = false) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, bytes.size()})
    EXPECT_EQ(told(bytes, step, client), wanted) << "in parts of " << step;
}

TEST(Http2Test, EveryByteOfAClientsFramesMayComeAlone) {
  Peer peer;
  const Buffer request = peer.list(1, {{":path", "/a/b"}});
  expect(preface() + settings({{1, 512}, {3, 100}}) + request + data(1, bytes("abc")) + data(1, {}, true) +
             reset(3, 8) + goaway(5) + settings_ack(),
         {"settings", "table 512", "headers 1 /a/b  #1", "data 1 abc", "end 1", "reset 3 8", "goaway 5",
          "acknowledged"},
         true);
}

TEST(Http2Test, TypedFromTheRfc) {
  // 6.1 DATA on stream 3 with END_STREAM and PADDED, three bytes of padding; C.2.4 of RFC 7541: ":method:
  // GET".
  expect({0, 0, 6, 0, 0x9, 0, 0, 0, 3, 3, 'h', 'i', 0, 0, 0}, {"data 3 hi", "end 3"});
  // The reserved bit of a stream is ignored (4.1); ":path: /sample/path" is a literal, C.2.2 of RFC 7541.
  expect({0,   0,   14,  1,   0x5, 0x80, 0,   0,   1,   0x04, 0x0c, '/',
          's', 'a', 'm', 'p', 'l', 'e',  '/', 'p', 'a', 't',  'h'},
         {"headers 1 /sample/path  #1 end"});
}

TEST(Http2Test, PaddingIsNoData) {
  expect(frame(kDataFrame, kPadded, 1, Buffer{0} + bytes("x")), {"data 1 x"});
  expect(frame(kDataFrame, kPadded | kEnd, 1, Buffer{2, 0, 0}), {"end 1"});
  expect(frame(kDataFrame, kPadded, 1, {}), {"unreadable"});
  expect(frame(kDataFrame, kPadded, 1, Buffer{3, 'x', 0}), {"unreadable"});  // RFC 9113, 6.1
  Peer peer;
  const Buffer block = peer.deflater.block({{":path", "/p"}});
  expect(frame(kHeadersFrame, kPadded | kPriority | kEndHeaders, 1,
               Buffer{2, 0, 0, 0, 0, 16} + block + Buffer{0, 0}),
         {"headers 1 /p  #1"});
  expect(frame(kHeadersFrame, kPadded | kEndHeaders, 1, Buffer{9} + block), {"unreadable"});
}

TEST(Http2Test, AListGoesOnInContinuations) {
  Peer peer;
  const Buffer block = peer.deflater.block({{":path", "/split"}, {"grpc-status", "5"}});
  for (std::size_t cut = 0; cut <= block.size(); ++cut) {
    const auto at = block.begin() + static_cast<std::ptrdiff_t>(cut);
    expect(frame(kHeadersFrame, kEnd, 1, Buffer(block.begin(), at)) + frame(kContinuationFrame, 0, 1) +
               frame(kContinuationFrame, kEndHeaders, 1, Buffer(at, block.end())),
           {"headers 1 /split 5 #1 end"});
  }
}

TEST(Http2Test, AContinuationThatIsOutOfPlaceEndsTheDirection) {
  Peer peer;
  const Buffer open = frame(kHeadersFrame, 0, 1, peer.deflater.block({{":path", "/p"}}));
  expect(frame(kContinuationFrame, kEndHeaders, 1), {"unreadable"});
  expect(open + frame(kContinuationFrame, kEndHeaders, 3), {"unreadable"});
  expect(open + data(1, bytes("x")), {"unreadable"});
}

TEST(Http2Test, FramesThatCannotBeEndTheDirection) {
  expect(data(0, bytes("x")), {"unreadable"});
  expect(frame(kHeadersFrame, kEndHeaders, 0), {"unreadable"});
  expect(frame(kResetFrame, 0, 1, {0, 0, 0}), {"unreadable"});
  expect(frame(kSettingsFrame, 0, 0, {0, 1, 0}), {"unreadable"});
  expect(frame(kSettingsFrame, 0, 1), {"unreadable"});
  expect(frame(kGoawayFrame, 0, 0, {0, 0, 0, 1}), {"unreadable"});
  expect(frame(kHeadersFrame, kEndHeaders, 1, {0xBE}), {"unreadable"});  // entry 62 of an empty table
  EXPECT_EQ(told(bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r"), 100, true), Lines{"unreadable"});
  // A frame of PING with 2 MiB would have to be held.
  EXPECT_EQ(told({0x20, 0, 0, 6, 0, 0, 0, 0, 0, 1}, 10), Lines{"unreadable"});
}

TEST(Http2Test, OtherFramesSayNothing) {
  expect(frame(kPingFrame, 0, 0, Buffer(8, 1)) + frame(2, 0, 1, Buffer(5, 0)) + frame(8, 0, 0, {0, 0, 1, 0}) +
             frame(0xFA, 0xFF, 9, bytes("unknown")) + data(1, bytes("x")),
         {"data 1 x"});
}

/// What the promise puts into the table is used by the list behind it.
TEST(Http2Test, APromiseIsReadForTheTableAlone) {
  Peer peer;
  const Fields fields{{"grpc-status", "5"}};  // the deflater does not put a path into its table
  const Buffer promise = Buffer{0, 0, 0, 2} + peer.deflater.block(fields);
  const Buffer again = peer.deflater.block(fields);
  ASSERT_EQ(again.size(), 1U);
  expect(frame(kPushFrame, kEndHeaders, 1, promise) + frame(kHeadersFrame, kEndHeaders, 3, again),
         {"headers 3  5 #1"});
  expect(frame(kPushFrame, kEndHeaders, 1, {0, 0, 0}), {"unreadable"});
}

TEST(Http2Test, ATableMaySettle) {
  for (const std::uint32_t size : {0U, 64U, 65'536U, 0xFFFF'FFFFU}) {
    Peer peer;
    Told handler;
    Http2Reader reader(false);
    const auto feed = [&](const Buffer& part) { return reader.feed(part, {0, 1, 0}, handler); };
    ASSERT_TRUE(feed(peer.list(1, {{":path", "/before"}})));
    peer.deflater.set_table_size(size);
    ASSERT_TRUE(reader.set_table_size(size));
    for (std::uint32_t i = 0; i < 200; ++i)
      ASSERT_TRUE(feed(peer.list(3 + 2 * i, {{":path", fmt::format("/after/{}", i % 150)}}))) << size;
    EXPECT_EQ(handler.lines.size(), 201U);
    EXPECT_EQ(handler.lines.back(), "headers 401 /after/49  #1");
  }
}

TEST(Http2Test, ALargerTableThanWasSetCannotBeRead) {
  Peer peer;
  peer.deflater.set_table_size(8192);
  expect(peer.list(1, {{":path", "/p"}}), {"unreadable"});
}

/// Every entry of two bytes on the wire costs some 130: the budget has to know of them.
TEST(Http2Test, WhatATableCostsIsHeld) {
  Told handler;
  Http2Reader reader(false);
  ASSERT_TRUE(reader.set_table_size(1U << 20));
  Buffer block{0x3F, 0xE1, 0xFF, 0x3F};                              // RFC 7541, 6.3: a table of 1 MiB
  for (int i = 0; i < 4000; ++i) samples::put(block, {0x41, 0x00});  // ":authority: ", indexed
  ASSERT_TRUE(reader.feed(frame(kHeadersFrame, kEndHeaders, 1, block), {0, 1, 0}, handler));
  EXPECT_GT(reader.held(), 4000U * 100);
  // A near miss: a table that nobody filled costs next to nothing.
  EXPECT_LT(Http2Reader(false).held(), 100U);
}

TEST(Http2Test, AListWithoutEndHoldsNothing) {
  Told handler;
  Http2Reader reader(false);
  Peer peer;
  ASSERT_TRUE(reader.feed(frame(kHeadersFrame, 0, 1), {0, 1, 0}, handler));
  const Buffer part = frame(kContinuationFrame, 0, 1, peer.deflater.block({{"x", std::string(4000, 'y')}}));
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(reader.feed(part, {0, 1, 0}, handler));
  EXPECT_LT(reader.held(), 100'000U);
  EXPECT_TRUE(handler.lines.empty());
}

}  // namespace
}  // namespace ck::grpc
