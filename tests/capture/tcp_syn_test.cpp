// SYNs on a connection that is open. Alone, they change nothing (RFC 9293, 3.10.7.4): they may be late
// copies. What follows tells one that opened a new connection. Expectations are counted by hand from the
// segments above them.
#include "capture/tcp_talk.h"

namespace ck::capture {
namespace {

using samples::Buffer;
using samples::End;
using samples::Segment;
using samples::TcpTalk;

class SynTest : public TcpTest {
 protected:
  static samples::TalkOptions later() {
    samples::TalkOptions options;
    options.initial_seq = {5'000'000, 6'000'000};
    return options;
  }
  /// A SYN of `from` with this sequence number.
  void put_syn(End from, std::uint32_t sequence, const Buffer& bytes = {}) {
    Segment segment = talk.segment(from, 0, bytes);
    segment.seq = sequence;
    segment.flags = samples::kSyn;
    talk.put_segment(segment);
  }
  /// The answer of `from` to a SYN.
  void put_answer(TcpTalk& of, End from, std::uint32_t acknowledged) {
    Segment segment = of.segment(from, 0, {});
    segment.seq -= 1;
    segment.ack = acknowledged;
    segment.flags = samples::kSyn | samples::kAck;
    of.put_segment(segment);
  }
  /// The opener's SYN of the connection that comes second.
  void put_next_syn(const Buffer& bytes = {}) {
    Segment segment = next.segment(End::client, 0, bytes);
    segment.seq -= 1;
    segment.flags = samples::kSyn;
    next.put_segment(segment);
  }
  /// Where the client's next byte is, by its number.
  [[nodiscard]] std::uint32_t client_next() const {
    return talk.segment(End::client, talk.sent(End::client), {}).seq;
  }

  const std::string opened = "open 1 opener-known from-start=11";
  TcpTalk next{recording, kKm, kController, later()};
};

/// Where a SYN may stand that is none of this connection's, by the distance to the sender's next byte.
class AnySyn : public SynTest, public ::testing::WithParamInterface<std::int32_t> {
 protected:
  void put_any(End from, const Buffer& bytes = {}) {
    const std::uint32_t expected = talk.segment(from, talk.sent(from), {}).seq;
    put_syn(from, expected + static_cast<std::uint32_t>(GetParam()), bytes);
  }
};

TEST_P(AnySyn, BetweenMessagesOfBothSides) {
  talk.handshake();          // 1-3
  talk.client(request(1));   // 4
  put_any(End::client);      // 5
  talk.ack(End::server);     // 6: what RFC 9293 answers
  talk.server(response(1));  // 7
  talk.client(request(2));   // 8
  put_any(End::server);      // 9
  talk.ack(End::client);     // 10
  talk.server(response(2));  // 11
  talk.close();              // 12-14
  EXPECT_EQ(told(), (Lines{opened, told_request(0, 4, 1), told_response(1, 7, 1), told_request(0, 8, 2),
                           told_response(1, 11, 2), "fin 0 #12", "fin 1 #13", "close 1 #13"}));
  EXPECT_EQ(pipeline.streams.undecoded(), 0u);
  EXPECT_EQ(pipeline.budget.total, 0u);
}

TEST_P(AnySyn, BehindTheHandshake) {
  talk.handshake();          // 1-3
  put_any(End::client);      // 4
  talk.client(request(1));   // 5
  talk.server(response(1));  // 6
  EXPECT_EQ(told(), (Lines{opened, told_request(0, 5, 1), told_response(1, 6, 1)}));
}

TEST_P(AnySyn, InsideAMessage) {
  talk.handshake();                        // 1-3
  talk.client(slice(request(1), 0, 12));   // 4
  put_any(End::client);                    // 5
  talk.client(slice(request(1), 12, 19));  // 6
  talk.at(End::client, 0, request(1));     // 7: again
  talk.server(response(1));                // 8
  EXPECT_EQ(told(), (Lines{opened, told_request(0, 6, 1), told_response(1, 8, 1)}));
}

TEST_P(AnySyn, WithBytesThatAreNoMessage) {
  talk.handshake();                  // 1-3
  talk.client(request(1));           // 4
  put_any(End::client, request(9));  // 5
  talk.ack(End::server);             // 6
  talk.client(request(2));           // 7
  EXPECT_EQ(told(), (Lines{opened, told_request(0, 4, 1), told_request(0, 7, 2)}));
  EXPECT_EQ(pipeline.budget.total, 0u);
}

TEST_P(AnySyn, OfASideAlone) {
  for (const End side : {End::client, End::server}) {
    samples::Recording one;
    TcpTalk alone(one, kKm, kController);
    const auto message = [side](unsigned id) { return side == End::client ? request(id) : response(id); };
    alone.at(side, 0, message(1));  // 1
    Segment syn = alone.segment(side, 0, {});
    syn.seq = alone.segment(side, 31, {}).seq + static_cast<std::uint32_t>(GetParam());
    syn.flags = samples::kSyn;
    alone.put_segment(syn);          // 2
    alone.at(side, 31, message(2));  // 3
    Pipeline alone_pipeline;
    const Lines lines = alone_pipeline.run(one).log.lines;
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[1], side == End::client ? told_request(0, 1, 1) : told_response(0, 1, 1));
    EXPECT_EQ(lines[2], side == End::client ? told_request(0, 3, 2) : told_response(0, 3, 2));
  }
}

TEST_P(AnySyn, WhileAnotherConnectionOpens) {
  talk.handshake();                          // 1-3
  talk.client(request(1));                   // 4
  put_next_syn();                            // 5
  put_any(End::client);                      // 6
  put_answer(next, End::server, 5'000'001);  // 7
  next.client(request(2));                   // 8
  EXPECT_EQ(told(), (Lines{opened, told_request(0, 4, 1), "close 1 #5", "open 2 opener-known from-start=11",
                           told_request(0, 8, 2)}));
}

INSTANTIATE_TEST_SUITE_P(Numbers, AnySyn,
                         ::testing::Values(-31, -1, 0, 1, 500, 100'000, -100'000, 900'000'000, -900'000'000),
                         [](const auto& of) {
                           return (of.param < 0 ? "Before" : "Behind") + std::to_string(std::abs(of.param));
                         });

TEST_F(SynTest, AnswerWithAWrongAcknowledgement) {
  talk.handshake();                                     // 1-3
  talk.client(request(1));                              // 4
  put_answer(next, End::server, client_next() + 7000);  // 5
  talk.ack(End::client);                                // 6
  talk.server(response(1));                             // 7
  talk.client(request(2));                              // 8
  EXPECT_EQ(told(), (Lines{opened, told_request(0, 4, 1), told_response(1, 7, 1), told_request(0, 8, 2)}));
}

TEST_F(SynTest, AnsweredItOpensANewConnection) {
  talk.handshake();          // 1-3
  talk.client(request(1));   // 4
  next.handshake();          // 5-7
  next.client(request(2));   // 8
  next.server(response(2));  // 9
  EXPECT_EQ(told(), (Lines{opened, told_request(0, 4, 1), "close 1 #5", "open 2 opener-known from-start=11",
                           told_request(0, 8, 2), told_response(1, 9, 2)}));
}

TEST_F(SynTest, AnswerCapturedBeforeIt) {
  talk.handshake();                          // 1-3
  talk.client(request(1));                   // 4
  put_answer(next, End::server, 5'000'001);  // 5
  put_next_syn();                            // 6
  next.client(request(2));                   // 7
  EXPECT_EQ(told(), (Lines{opened, told_request(0, 4, 1), "close 1 #5", "open 2 opener-known from-start=11",
                           told_request(0, 7, 2)}));
}

TEST_F(SynTest, AnswerNotCaptured) {
  talk.handshake();          // 1-3
  talk.client(request(1));   // 4
  put_next_syn();            // 5
  next.client(request(2));   // 6: behind it
  next.server(response(2));  // 7
  EXPECT_EQ(told(), (Lines{opened, told_request(0, 4, 1), "close 1 #5", "open 2 opener-known from-start=10",
                           told_request(0, 6, 2), told_response(1, 7, 2)}));
}

TEST_F(SynTest, AnswerAloneOpensWhereItsSenderGoesOn) {
  talk.handshake();                          // 1-3
  talk.server(response(1));                  // 4
  put_answer(next, End::server, 5'000'001);  // 5
  next.server(response(2));                  // 6
  EXPECT_EQ(told(), (Lines{opened, told_response(1, 4, 1), "close 1 #5", "open 2 opener-known from-start=01",
                           told_response(1, 6, 2)}));
}

TEST_F(SynTest, PeersMessageBehindItOpens) {
  talk.handshake();          // 1-3
  talk.client(request(1));   // 4
  put_next_syn(request(2));  // 5
  next.skip(End::client, 31);
  next.server(response(2));  // 6: acknowledges it
  EXPECT_EQ(told(), (Lines{opened, told_request(0, 4, 1), "close 1 #5", "open 2 opener-known from-start=11",
                           told_request(0, 5, 2), "hole-seen 1 #6", told_response(1, 6, 2)}));
  EXPECT_EQ(pipeline.budget.total, 0u);
}

/// A message is never lost: at the end of the capture it may be all that was captured of a connection.
TEST_F(SynTest, BytesThatItBroughtAreToldAtTheEndWhereNothingFollowed) {
  talk.handshake();          // 1-3
  talk.client(request(1));   // 4
  put_next_syn(request(2));  // 5
  put_next_syn();            // 6: the same once more
  EXPECT_EQ(told(), (Lines{opened, told_request(0, 4, 1), "close 1 #5", "open 2 opener-known from-start=11",
                           told_request(0, 5, 2)}));
  EXPECT_EQ(pipeline.budget.total, 0u);
}

TEST_F(SynTest, RefusedItEndsTheOldConnection) {
  talk.handshake();         // 1-3
  talk.client(request(1));  // 4
  put_next_syn();           // 5
  Segment refusal = next.segment(End::server, 0, {});
  refusal.seq = 0;
  refusal.flags = samples::kRst | samples::kAck;
  next.put_segment(refusal);  // 6
  EXPECT_EQ(told(), (Lines{opened, told_request(0, 4, 1), "close 1 #5"}));
  EXPECT_EQ(pipeline.budget.ignored_resets, 0u);
}

/// The old connection's last segments may be captured behind the SYN of the next one.
TEST_F(SynTest, OldConnectionEndsBehindIt) {
  talk.handshake();                          // 1-3
  talk.client(request(1));                   // 4
  talk.fin(End::client);                     // 5
  put_next_syn();                            // 6
  talk.fin(End::server);                     // 7
  talk.ack(End::client);                     // 8
  put_answer(next, End::server, 5'000'001);  // 9
  next.client(request(2));                   // 10
  EXPECT_EQ(told(), (Lines{opened, told_request(0, 4, 1), "fin 0 #5", "fin 1 #7", "close 1 #7",
                           "open 2 opener-known from-start=11", told_request(0, 10, 2)}));
  EXPECT_EQ(pipeline.budget.total, 0u);
}

/// Two capture points of one connection, the second of which did not see it open, and has a clock that is
/// ahead.
class TwoPoints : public SynTest {
 protected:
  static constexpr std::int64_t kTolerance = 5'000'000;
  Lines told_of_two() {
    Pipeline::Options options;
    options.syn_wait_ns = kTolerance;
    Pipeline two(options);
    const Lines lines = two.run(recording).log.lines;
    EXPECT_EQ(two.budget.total, 0u);
    return lines;
  }
};

TEST_F(TwoPoints, SynBehindWhatItsConnectionBrought) {
  talk.skip(End::client, 31);
  talk.server(response(1));  // 1: the second point began between request and response
  talk.client(request(2));   // 2
  recording.wait_ms(1);
  TcpTalk first(recording, kKm, kController);
  first.handshake();          // 3-5
  first.client(request(1));   // 6
  first.server(response(1));  // 7: again
  first.client(request(2));   // 8: again
  first.client(request(3));   // 9
  EXPECT_EQ(told_of_two(), (Lines{opened, told_request(0, 6, 1), told_response(1, 1, 1),
                                  told_request(0, 6, 2), told_request(0, 9, 3)}));
}

/// The second point's first packet is of the side that has gone on farther, so that only both SYNs tell where
/// both streams begin.
TEST_F(TwoPoints, BeginsBehindOneExchange) {
  talk.skip(End::client, 31);
  talk.skip(End::server, 31);
  talk.client(request(2));   // 1
  talk.server(response(2));  // 2
  recording.wait_ms(1);
  TcpTalk first(recording, kKm, kController);
  first.handshake();          // 3-5
  first.client(request(1));   // 6
  first.server(response(1));  // 7
  first.client(request(2));   // 8
  first.server(response(2));  // 9
  EXPECT_EQ(told_of_two(), (Lines{opened, told_request(0, 6, 1), told_response(1, 7, 1),
                                  told_request(0, 6, 2), told_response(1, 7, 2)}));
}

TEST_F(TwoPoints, SynLaterThanClocksDifferIsOfAnotherConnection) {
  talk.skip(End::client, 31);
  talk.server(response(1));  // 1
  recording.wait_ms(6);
  next.handshake();         // 2-4
  next.client(request(2));  // 5
  EXPECT_EQ(told_of_two(), (Lines{"open 1 from-start=00", told_response(0, 1, 1), "close 1 #2",
                                  "open 2 opener-known from-start=11", told_request(0, 5, 2)}));
}

TEST_F(TwoPoints, SynOfAnotherConnectionSoonBehind) {
  talk.skip(End::client, 31);
  talk.server(response(1));  // 1
  recording.wait_ms(1);
  next.handshake();         // 2-4
  next.client(request(2));  // 5
  EXPECT_EQ(told_of_two(), (Lines{"open 1 from-start=00", told_response(0, 1, 1), "close 1 #2",
                                  "open 2 opener-known from-start=11", told_request(0, 5, 2)}));
}

TEST_F(TwoPoints, NoSynAtAll) {
  talk.client(request(1));   // 1
  talk.server(response(1));  // 2
  recording.wait_ms(100);
  talk.client(request(2));  // 3
  talk.rst(End::client);    // 4
  EXPECT_EQ(told_of_two(), (Lines{"open 1 from-start=00", told_request(0, 1, 1), told_response(1, 2, 1),
                                  told_request(0, 3, 2), "reset 0 #4", "close 1 #4"}));
}

TEST_F(SynTest, SoManyAreBounded) {
  talk.handshake();         // 1-3
  talk.client(request(1));  // 4
  for (std::uint32_t i = 1; i <= 2000; ++i) put_syn(End::client, i * 2'000'000, request(9));
  talk.client(request(2));  // 2005
  pipeline.budget.max_per_direction = 1000;
  EXPECT_EQ(told(), (Lines{opened, told_request(0, 4, 1), told_request(0, 2005, 2)}));
  EXPECT_EQ(pipeline.budget.total, 0u);
}

/// A small one that is there already makes no room for a large one.
TEST_F(SynTest, LargeOneBehindASmallOneIsBoundedToo) {
  const std::string body = R"({"Source KMA ID":")" + std::string(60'000, 'A') + "\"}";
  for (const bool fits : {true, false}) {
    samples::Recording of_this(recording);
    TcpTalk old(of_this, kKm, kController), fresh(of_this, kKm, kController, later());
    old.handshake();         // 1-3
    old.client(request(1));  // 4
    Segment syn = fresh.segment(End::client, 0, {});
    syn.flags = samples::kSyn;
    old.put_segment(syn);  // 5
    syn.seq += 1'000'000;
    syn.payload = samples::frame(1, 2, samples::kRelayNotification, body);
    old.put_segment(syn);  // 6
    Pipeline::Options options;
    options.max_total = fits ? 100'000 : 4'000;
    Pipeline bounded(options);
    Lines expected{opened, told_request(0, 4, 1)};
    if (fits) {
      expected.insert(expected.end(), {"close 1 #6", "open 2 opener-known from-start=11",
                                       fmt::format("message 0 #6 0x1403 id=2 {}", body)});
    }
    EXPECT_EQ(bounded.run(of_this).log.lines, expected);
    EXPECT_EQ(bounded.budget.given_up_total, fits ? 0u : 2u);
    EXPECT_EQ(bounded.budget.total, 0u);
  }
}

}  // namespace
}  // namespace ck::capture
