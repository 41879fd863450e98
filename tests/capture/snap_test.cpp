// Packets that a snap length cut, and the bounds on what is held back. Expectations are counted by hand.
#include "capture/stream_log.h"

namespace ck::capture {
namespace {

using samples::Buffer;
using samples::End;
using samples::frame;

constexpr std::size_t kHeaders = 14 + 20 + 20;

std::string told_request(unsigned at, unsigned id) {
  return fmt::format("message 0 #{} 0x1403 id={} {}", at, id, kBody);
}

class Snap : public ::testing::Test {
 protected:
  Lines told() { return pipeline.run(recording).log.lines; }
  /// Sends `bytes`, of which the capture keeps the first `kept`.
  void client_cut(const Buffer& bytes, std::size_t kept) {
    const Buffer packet = samples::ip(talk.segment(End::client, talk.sent(End::client), bytes));
    recording.add_cut(samples::link_frame({}, packet), kHeaders + kept);
    talk.skip(End::client, bytes.size());
  }

  samples::Recording recording;
  samples::TcpTalk talk{recording, kKm, kController};
  Pipeline pipeline;
};

TEST_F(Snap, CutIsToldOnceAndIsNoGap) {
  talk.handshake();
  talk.client(request(1));     // 4
  client_cut(request(2), 20);  // 5
  talk.client(request(3));     // 6
  talk.ack(End::server);       // 7
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(4, 1),
                           "truncated-packet 0 #5 11", "skipped 0 #5 20", told_request(6, 3)}));
}

/// Where only headers are kept and one direction was captured, nothing ever lies behind what was cut off, nor
/// is it acknowledged. Side by side it is one hole; with gaps between, there are as many as the limit holds.
TEST_F(Snap, WhatIsCutFromEveryPacketStaysWithinTheLimit) {
  for (const bool gaps : {false, true}) {
    samples::Recording of_this;
    samples::TcpTalk one(of_this, kKm, kController);
    one.handshake();
    for (int i = 0; i < 1000; ++i) {
      if (gaps) one.skip(End::client, 1);
      const Buffer packet = samples::ip(one.segment(End::client, one.sent(End::client), request(1)));
      of_this.add_cut(samples::link_frame({}, packet), kHeaders);
      one.skip(End::client, request(1).size());
    }
    Pipeline bounded(Pipeline::Options{.max_per_direction = 1000});
    bounded.run(of_this);
    EXPECT_EQ(bounded.budget.given_up_per_direction > 900, gaps);
    EXPECT_EQ(bounded.budget.given_up_per_direction == 0, !gaps);
    EXPECT_LE(bounded.budget.total, 1000u);
  }
}

TEST_F(Snap, CutBeforeRecognitionIsToldAfterIt) {
  talk.handshake();
  client_cut(request(1), 0);  // 4
  talk.client(request(2));    // 5
  talk.ack(End::server);      // 6
  EXPECT_EQ(told(),
            (Lines{"open 1 opener-known from-start=01", "truncated-packet 0 #4 31", told_request(5, 2)}));
}

TEST_F(Snap, RetransmissionBringsTheCutBytes) {
  talk.handshake();
  talk.client(request(1));               // 4
  client_cut(request(2), 20);            // 5
  talk.at(End::client, 31, request(2));  // 6: whole
  talk.client(request(3));               // 7
  talk.ack(End::server);
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(4, 1),
                           "truncated-packet 0 #5 11", told_request(6, 2), told_request(7, 3)}));
}

TEST_F(Snap, RetransmissionCutTheSameIsNotToldAgain) {
  talk.handshake();
  talk.client(request(1));     // 4
  client_cut(request(2), 20);  // 5
  const Buffer again = samples::ip(talk.segment(End::client, 31, request(2)));
  recording.add_cut(samples::link_frame({}, again), kHeaders + 20);  // 6
  talk.client(request(3));                                           // 7
  talk.ack(End::server);
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(4, 1),
                           "truncated-packet 0 #5 11", "skipped 0 #5 20", told_request(7, 3)}));
}

TEST_F(Snap, CutRetransmissionOfWhatIsThereIsNothing) {
  talk.handshake();
  talk.client(request(1));  // 4
  const Buffer again = samples::ip(talk.segment(End::client, 0, request(1)));
  recording.add_cut(samples::link_frame({}, again), kHeaders + 5);  // 5
  talk.client(request(2));                                          // 6
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(4, 1), told_request(6, 2)}));
}

TEST_F(Snap, CutAndLostTogether) {
  talk.handshake();
  talk.client(request(1));     // 4
  client_cut(request(2), 20);  // 5
  talk.skip(End::client, 31);  // and one that was never captured
  talk.client(request(4));     // 6
  talk.ack(End::server);       // 7
  EXPECT_EQ(told(),
            (Lines{"open 1 opener-known from-start=11", told_request(4, 1), "truncated-packet 0 #5 11",
                   "skipped 0 #5 20", "gap 0 #6 31", told_request(6, 4)}));
}

TEST_F(Snap, CutInTheTcpHeaderIsCounted) {
  talk.handshake();
  const Buffer packet = samples::ip(talk.segment(End::client, 0, request(1)));
  recording.add_cut(samples::link_frame({}, packet), 14 + 20 + 19);
  EXPECT_EQ(told(), Lines{});
  EXPECT_EQ(pipeline.diagnostics.other["short_packets"], 1u);
}

TEST(Bounds, OldestHoleIsGivenUpPerDirection) {
  samples::Recording recording;
  samples::TcpTalk talk(recording, kKm, kController);
  talk.handshake();
  talk.client(request(1));                                             // 4
  talk.skip(End::client, 31);                                          // lost, and never acknowledged
  for (std::uint32_t id = 3; id < 10; ++id) talk.client(request(id));  // 5-11
  PipelineOptions options;
  options.max_per_direction = 700;
  Pipeline pipeline(options);
  const Lines lines = pipeline.run(recording).log.lines;
  // Each held segment costs its 31 bytes and less than 200 more: the fifth at the latest is one too many.
  ASSERT_GE(lines.size(), 5u);
  EXPECT_EQ(lines[2], "gap 0 #5 31");
  EXPECT_EQ(lines.back(), told_request(11, 9));
  EXPECT_EQ(lines.size(), 1u + 1 + 1 + 7);
  EXPECT_EQ(pipeline.budget.given_up_per_direction, 1u);
  EXPECT_EQ(pipeline.budget.total, 0u);
}

TEST(Bounds, UnfinishedFramesOfAllConnectionsTogether) {
  samples::Recording recording;
  for (std::uint16_t i = 0; i < 20; ++i) {
    samples::TcpTalk talk(recording, {"10.0.0.1", static_cast<std::uint16_t>(40000 + i)}, kController);
    talk.handshake();
    const Buffer begun = samples::frame_with_length(1, 1, samples::kRelayNotification, 60000,
                                                    "{\"k\":\"" + std::string(994, 'x'));
    talk.client(begun);  // 1010 bytes of 60010
  }
  PipelineOptions options;
  options.max_total = 10'000;
  Pipeline pipeline(options);
  pipeline.run(recording);
  EXPECT_EQ(pipeline.budget.total, 0u);
  EXPECT_GE(pipeline.streams.frames_dropped(), 11u);
  EXPECT_LE(pipeline.streams.frames_dropped(), 12u);
}

TEST(Bounds, LongestIdleConnectionIsLetGo) {
  samples::Recording recording;
  samples::TcpTalk first(recording, {"10.0.0.1", 1}, kController),
      second(recording, {"10.0.0.1", 2}, kController), third(recording, {"10.0.0.1", 3}, kController);
  first.client(request(1));   // 1
  second.client(request(2));  // 2
  first.client(request(3));   // 3
  third.client(request(4));   // 4: one too many; the second was idle longest
  first.client(request(5));   // 5
  PipelineOptions options;
  options.max_connections = 2;
  Pipeline pipeline(options);
  EXPECT_EQ(pipeline.run(recording).log.lines,
            (Lines{"open 1 from-start=00", told_request(1, 1), "open 2 from-start=00", told_request(2, 2),
                   told_request(3, 3), "close 2 #2", "open 3 from-start=00", told_request(4, 4),
                   told_request(5, 5)}));
  EXPECT_EQ(pipeline.table.evicted(), 1u);
}

TEST(Bounds, IdleIsCountedFromBeforeTheTableWasNearlyFull) {
  samples::Recording recording;
  std::vector<samples::TcpTalk> talks;
  for (std::uint16_t port = 1; port <= 4; ++port)
    talks.emplace_back(recording, samples::Endpoint{"10.0.0.1", port}, kController);
  talks[0].client(request(1));  // 1
  talks[1].client(request(2));  // 2
  talks[0].client(request(3));  // 3
  talks[2].client(request(4));  // 4
  talks[3].client(request(5));  // 5: one too many; the second was idle longest
  PipelineOptions options;
  options.max_connections = 3;
  Pipeline pipeline(options);
  const Lines lines = pipeline.run(recording).log.lines;
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "close 2 #2"), 1);
  EXPECT_EQ(pipeline.table.evicted(), 1u);
}

TEST(Bounds, AFloodOfSynsCostsNoConversation) {
  Pipeline::Options options;
  options.max_connections = 10;
  samples::Recording recording;
  samples::TcpTalk talk(recording, kKm, kController);
  talk.handshake();         // 1-3
  talk.client(request(1));  // 4
  for (std::uint16_t port = 1; port <= 100; ++port) {
    samples::TcpTalk(recording, {"10.0.0.9", port}, kController).handshake();  // 5-304
  }
  talk.client(request(2));  // 305
  Pipeline pipeline(options);
  EXPECT_EQ(pipeline.run(recording).log.lines,
            (Lines{"open 1 opener-known from-start=11", told_request(4, 1), told_request(305, 2)}));
  EXPECT_EQ(pipeline.table.evicted(), 91u);
}

TEST(Bounds, IdleTimeout) {
  samples::Recording recording;
  samples::TcpTalk talk(recording, kKm, kController);
  talk.client(request(1));  // 1
  recording.wait_ms(10'000);
  talk.client(request(2));  // 2
  PipelineOptions options;
  options.idle_timeout_ns = 5'000'000'000;
  Pipeline pipeline(options);
  EXPECT_EQ(pipeline.run(recording).log.lines,
            (Lines{"open 1 from-start=00", told_request(1, 1), "close 1 #1", "open 2 from-start=00",
                   told_request(2, 2)}));
}

TEST(Bounds, ManyClosedConnectionsLeaveTheTable) {
  Pipeline pipeline;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    TcpSegment segment;
    segment.source.port = static_cast<std::uint16_t>(i);
    segment.source.address.bytes[0] = static_cast<std::uint8_t>(i >> 16);
    segment.source.address.size = segment.destination.address.size = 4;
    segment.destination.port = 7;
    segment.flags = kTcpSyn;
    pipeline.table.segment(segment);
    std::swap(segment.source, segment.destination);
    segment.flags = kTcpRst | kTcpAck;
    segment.acknowledgement = 1;
    pipeline.table.segment(segment);
  }
  EXPECT_EQ(pipeline.table.evicted(), 0u);  // with at most 1000 open connections allowed
  EXPECT_LE(pipeline.table.remembered(), 4096u);
}

TEST(Bounds, UndecodedStreamsAreCounted) {
  samples::Recording recording;
  samples::TcpTalk talk(recording, kKm, kController);
  talk.handshake();
  talk.client(samples::to_bytes("GET / HTTP/1.1\r\n\r\n"));
  samples::TcpTalk silent(recording, {"10.0.0.9", 5}, kController);
  silent.handshake();
  Pipeline pipeline;
  EXPECT_EQ(pipeline.run(recording).log.lines, Lines{});
  EXPECT_EQ(pipeline.streams.undecoded(), 1u);
}

}  // namespace
}  // namespace ck::capture
