// What a connection means to the checks of others, where its bytes are not yet told. Frames are counted by
// hand.
#include "stream/elsewhere.h"
#include "capture/stream_log.h"

namespace ck::capture {
namespace {

using samples::Buffer;
using samples::Recording;
using samples::TcpTalk;

std::string told_in(unsigned side, unsigned at, unsigned id) {
  return fmt::format("message {} #{} 0x1403 id={} {}", side, at, id, kBody);
}

/// What is there of a message counts for what is checked on other connections, once it can be a message.
TEST(Elsewhere, BytesThatWaitForMoreAreToldBeforeAMessageElsewhere) {
  Recording recording;
  TcpTalk talk{recording, kKm, kController};
  TcpTalk elsewhere{recording, {"10.0.0.3", 40000}, kController};
  talk.handshake();         // 1-3
  talk.client(request(1));  // 4
  elsewhere.handshake();    // 5-7
  const std::vector<Buffer> halves = samples::split(request(2), 20);
  talk.client(halves[0]);        // 8
  elsewhere.client(request(3));  // 9
  elsewhere.client(request(4));  // 10
  talk.client(halves[1]);        // 11
  elsewhere.client(request(5));  // 12
  EXPECT_EQ(Pipeline().run(recording).log.lines,
            (Lines{"open 1 opener-known from-start=11", told_in(0, 4, 1), "pending 0 #8 20",
                   "open 2 opener-known from-start=11", told_in(0, 9, 3), told_in(0, 10, 4),
                   told_in(0, 11, 2), told_in(0, 12, 5)}));
}

/// The KM of a connection that the controller has reset is back, from another port.
struct Back : ::testing::Test {
  Recording recording;
  TcpTalk talk{recording, kKm, kController};
  TcpTalk next{recording, {kKm.host, 40009}, kController};

  Back() {
    talk.handshake();         // 1-3
    talk.client(request(1));  // 4
  }
  /// `pause`: between the RST and the next connection. What is in flight behind a RST may come for a second.
  Lines lines(std::int64_t pause_ms) {
    samples::Segment reset = talk.segment(samples::End::server, 0, {});
    reset.flags = samples::kRst;
    talk.put_segment(reset);  // 6
    recording.wait_ms(pause_ms);
    next.handshake();         // 7-9
    next.client(request(3));  // 10
    return Pipeline().run(recording).log.lines;
  }
};

/// Whoever resets has had it, and says nothing more to it.
TEST_F(Back, AFrameThatMightHaveGoneOnIsTold) {
  talk.client(samples::frame(1, 2, samples::kRelayNotification, R"({"a":1)"));  // 5
  EXPECT_EQ(lines(2000), (Lines{"open 1 opener-known from-start=11", told_in(0, 4, 1),
                                R"(message 0 #5 0x1403 id=2 {"a":1)", "reset 1 #6", "close 1 #6",
                                "open 2 opener-known from-start=11", told_in(0, 10, 3)}));
}

TEST_F(Back, SoAtOnce) {
  talk.client(samples::frame(1, 2, samples::kRelayNotification, R"({"a":1)"));  // 5
  EXPECT_EQ(lines(0), (Lines{"open 1 opener-known from-start=11", told_in(0, 4, 1),
                             R"(message 0 #5 0x1403 id=2 {"a":1)", "open 2 opener-known from-start=11",
                             told_in(0, 10, 3), "reset 1 #6", "close 1 #6"}));
}

TEST_F(Back, WhatIsThereOfAMessageIsCounted) {
  talk.client(samples::split(request(2), 20)[0]);  // 5
  EXPECT_EQ(lines(2000), (Lines{"open 1 opener-known from-start=11", told_in(0, 4, 1), "reset 1 #6",
                                "pending 0 #5 20", "unfinished 0 #5 20", "close 1 #6",
                                "open 2 opener-known from-start=11", told_in(0, 10, 3)}));
}

/// Counts what is told of unrecognised connections.
struct Unrecognised final : CkSink {
  void open(const ConnectionStart& /*start*/) override {}
  void message(const Message& /*message*/) override {}
  void event(const StreamEvent& /*event*/) override {}
  void close(ConnectionKey /*connection*/, const Position& /*at*/) override {}
  void unrecognised(const UnrecognisedConnection& connection) override { told.push_back(connection); }
  std::vector<UnrecognisedConnection> told;
};

/// A log may tell of any number of connections and of the end of none.
TEST(Elsewhere, OfTooManyUnrecognisedConnectionsNothingIsAwaited) {
  constexpr ConnectionKey kKept = 1U << 20;
  Unrecognised sink;
  std::uint64_t after_end = 0;
  stream::Elsewhere elsewhere(sink, after_end);
  UnrecognisedConnection connection;
  for (ConnectionKey key = 1; key <= kKept + 3; ++key) {
    connection.connection = key;
    elsewhere.unrecognised(connection);
  }
  ASSERT_EQ(sink.told.size(), 3U);
  EXPECT_EQ(sink.told[0].connection, kKept + 1);
  EXPECT_EQ(sink.told[0].state, audit::UnrecognisedState::over);
}

}  // namespace
}  // namespace ck::capture
