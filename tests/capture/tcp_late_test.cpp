// Bytes that are captured behind what was sent after them (an acknowledgement, a FIN, a RST), and connections
// that a RST ends: each in both directions, over IPv6, and across the wrap of sequence numbers. Expectations
// are counted by hand from the segments above them; RFC 9293 and RFC 5961 say which RST counts.
#include <algorithm>

#include "capture/stream_log.h"

namespace ck::capture {
namespace {

using samples::Buffer;
using samples::End;
using samples::Segment;
using samples::TcpTalk;

struct Setting {
  const char* name;
  End sender;  ///< of the bytes that the story is about
  bool ipv6, wrap;
};

samples::Buffer message_of(End end, std::uint32_t id) {
  return samples::frame(1, id, end == End::client ? samples::kRelayNotification : samples::kRelayRequest,
                        kBody);
}

class Late : public ::testing::TestWithParam<Setting> {
 protected:
  static samples::Endpoint km() { return GetParam().ipv6 ? samples::Endpoint{"2001:db8::1", 40000} : kKm; }
  static samples::Endpoint controller() {
    return GetParam().ipv6 ? samples::Endpoint{"2001:db8::2", 7000} : kController;
  }
  static samples::TalkOptions options() {
    samples::TalkOptions out;
    if (GetParam().wrap) out.initial_seq = {0xffff'ffe0, 0xffff'fff0};  // wraps inside the second message
    return out;
  }
  static unsigned side(End end) { return end == End::client ? 0 : 1; }
  /// A message of `end`, told as of frame `at`.
  static std::string told(End end, unsigned at, unsigned id) {
    return fmt::format("message {} #{} {} id={} {}", side(end), at, end == End::client ? "0x1403" : "0x4104",
                       id, kBody);
  }
  static std::string event(const char* kind, End end, unsigned at) {
    return fmt::format("{} {} #{}", kind, side(end), at);
  }
  Segment flagged(End end, std::uint64_t offset, std::uint8_t flags, const Buffer& text = {}) {
    Segment out = talk.segment(end, offset, text);
    out.flags = flags;
    return out;
  }
  /// A segment of `from` that acknowledges `bytes` more than was captured so far.
  Segment ahead(End from, std::uint64_t offset, const Buffer& text, std::uint32_t bytes) {
    Segment out = talk.segment(from, offset, text);
    out.ack += bytes;
    return out;
  }
  Lines lines() { return pipeline.run(recording).log.lines; }

  const End s = GetParam().sender, r = samples::other(s);
  const std::string opened = "open 1 opener-known from-start=11";
  samples::Recording recording;
  TcpTalk talk{recording, km(), controller(), options()};
  Pipeline pipeline;
};

TEST_P(Late, AcknowledgementOvertakesItsData) {
  talk.handshake();
  talk.send(s, message_of(s, 1));         // 4
  talk.put_segment(ahead(r, 0, {}, 62));  // 5
  talk.at(s, 62, message_of(s, 3));       // 6: behind a hole that is acknowledged
  talk.at(s, 31, message_of(s, 2));       // 7
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), told(s, 7, 2), told(s, 7, 3)}));
  EXPECT_EQ(pipeline.budget.total, 0u);
}

TEST_P(Late, AnswerOvertakesItsRequestAndComesBehindIt) {
  talk.handshake();
  talk.put_segment(ahead(r, 0, message_of(r, 1), 31));   // 4
  talk.put_segment(ahead(r, 31, message_of(r, 2), 62));  // 5
  talk.send(s, message_of(s, 1));                        // 6
  talk.send(s, message_of(s, 2));                        // 7
  EXPECT_EQ(lines(), (Lines{opened, told(s, 6, 1), told(r, 4, 1), told(s, 7, 2), told(r, 5, 2)}));
}

/// Three packets in reverse: the acknowledgement of the answer, the answer, the request.
TEST_P(Late, ThreeInReverse) {
  talk.handshake();
  talk.send(s, message_of(s, 1));                       // 4
  talk.put_segment(ahead(s, 62, {}, 31));               // 5: acknowledges frame 6, and stands behind frame 7
  talk.put_segment(ahead(r, 0, message_of(r, 2), 31));  // 6
  talk.at(s, 31, message_of(s, 2));                     // 7
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), told(s, 7, 2), told(r, 6, 2)}));
  EXPECT_EQ(pipeline.budget.total, 0u);
}

/// The lost bytes hold a request, and what follows on either side is checked behind the gap, in its order.
TEST_P(Late, AfterASecondTheBytesAreMissing) {
  talk.handshake();
  talk.send(s, message_of(s, 1));  // 4
  talk.skip(s, 31);
  talk.send(r, message_of(r, 2));  // 5: acknowledges what was lost
  talk.send(s, message_of(s, 3));  // 6
  talk.send(r, message_of(r, 3));  // 7
  recording.wait_ms(1100);
  talk.send(s, message_of(s, 4));    // 8
  talk.at(s, 31, message_of(s, 2));  // 9: too late
  const std::string gap = fmt::format("gap {} #6 31", side(s));
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), fmt::format("hole-seen {} #5", side(s)), told(r, 5, 2),
                            gap, told(s, 6, 3), told(r, 7, 3), told(s, 8, 4)}));
}

/// Of two sides that talk past each other, neither's messages are told before what the other said earlier.
TEST_P(Late, WhatCrossesKeepsItsOrderBehindLostBytes) {
  talk.handshake();
  talk.send(s, message_of(s, 1));  // 4
  talk.skip(s, 31);
  const auto crossing = [this](unsigned id, std::uint32_t unheard) {
    talk.put_segment(ahead(s, talk.sent(s), message_of(s, id), 0 - unheard));
    talk.skip(s, 31);
  };
  talk.send(r, message_of(r, 2));  // 5: acknowledges what was lost
  crossing(3, 31);                 // 6
  talk.send(r, message_of(r, 3));  // 7
  crossing(4, 62);                 // 8
  talk.send(r, message_of(r, 4));  // 9
  recording.wait_ms(1100);
  talk.ack(s);  // 10
  const std::string gap = fmt::format("gap {} #6 31", side(s));
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), event("hole-seen", s, 5), told(r, 5, 2), gap,
                            told(s, 6, 3), told(r, 7, 3), told(s, 8, 4), told(r, 9, 4)}));
  EXPECT_EQ(pipeline.budget.total, 0u);
}

TEST_P(Late, AWaitIsOverNoLaterForWhatComesInFront) {
  talk.handshake();
  talk.send(s, message_of(s, 1));         // 4
  talk.put_segment(ahead(r, 0, {}, 62));  // 5: of two messages, neither captured yet
  recording.wait_ms(900);
  talk.put_segment(ahead(s, 62, message_of(s, 3), 62));  // 6: the second one, which has to wait itself
  recording.wait_ms(200);
  TcpTalk elsewhere(recording, {"10.0.0.3", 5}, kController);
  elsewhere.client(request(7));  // 7
  const Lines got = lines();
  const auto place_of = [&got](const std::string& line) {
    return std::find(got.begin(), got.end(), line) - got.begin();
  };
  EXPECT_LT(place_of(told(s, 6, 3)), place_of(fmt::format("message 0 #7 0x1403 id=7 {}", kBody)));
}

TEST_P(Late, AtTheEndOfTheCaptureNothingWaits) {
  talk.handshake();
  talk.send(s, message_of(s, 1));  // 4
  talk.skip(s, 31);
  talk.send(s, message_of(s, 3));  // 5
  talk.send(r, message_of(r, 1));  // 6
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), fmt::format("gap {} #5 31", side(s)), told(s, 5, 3),
                            told(r, 6, 1)}));
  EXPECT_EQ(pipeline.budget.total, 0u);
}

/// A message elsewhere is checked while some are held back here: it is said before. And not if none are.
TEST_P(Late, WhatIsHeldBackIsSaidBeforeAMessageElsewhere) {
  talk.handshake();
  talk.send(s, message_of(s, 1));                       // 4
  talk.put_segment(ahead(r, 0, message_of(r, 1), 31));  // 5
  TcpTalk elsewhere(recording, {"10.0.0.3", 5}, kController);
  elsewhere.client(request(7));    // 6
  talk.send(s, message_of(s, 2));  // 7
  const std::string seven = fmt::format("message 0 #6 0x1403 id=7 {}", kBody);
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), event("hole-seen", s, 5), event("hole-seen", r, 5),
                            "open 2 from-start=00", seven, told(s, 7, 2), told(r, 5, 1)}));
}

/// What it acknowledges may decide the message elsewhere, and is not there yet.
TEST_P(Late, WhatABareAcknowledgementShowsIsSaidBeforeAMessageElsewhere) {
  talk.handshake();
  talk.send(s, message_of(s, 1));         // 4
  talk.put_segment(ahead(r, 0, {}, 31));  // 5
  TcpTalk elsewhere(recording, {"10.0.0.3", 5}, kController);
  elsewhere.client(request(7));    // 6
  talk.send(s, message_of(s, 2));  // 7
  const std::string seven = fmt::format("message 0 #6 0x1403 id=7 {}", kBody);
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), event("hole-seen", s, 5), "open 2 from-start=00", seven,
                            told(s, 7, 2)}));
}

TEST_P(Late, DataBehindTheWholeClosing) {
  talk.handshake();
  talk.send(s, message_of(s, 1));  // 4
  talk.skip(s, 31);
  talk.ack(r);                       // 5
  talk.fin(s);                       // 6
  talk.fin(r);                       // 7
  talk.ack(s);                       // 8
  talk.at(s, 31, message_of(s, 2));  // 9
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), told(s, 9, 2), event("fin", s, 6), event("fin", r, 7),
                            "close 1 #7"}));
}

TEST_P(Late, PeersDataBehindAResetCount) {
  talk.handshake();
  talk.send(s, message_of(s, 1));  // 4
  talk.rst(s);                     // 5
  talk.send(r, message_of(r, 1));  // 6: in flight
  recording.wait_ms(5000);
  talk.send(r, message_of(r, 2));  // 7
  EXPECT_EQ(lines(),
            (Lines{opened, told(s, 4, 1), told(r, 6, 1), event("reset", s, 5), told(r, 7, 2), "close 1 #5"}));
  EXPECT_EQ(pipeline.budget.ignored_resets, 0u);
}

TEST_P(Late, OwnDataCapturedBehindAReset) {
  talk.handshake();
  talk.send(s, message_of(s, 1));  // 4
  talk.skip(s, 31);
  talk.rst(s);                       // 5
  talk.at(s, 31, message_of(s, 2));  // 6
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), told(s, 6, 2), event("reset", s, 5), "close 1 #5"}));
  EXPECT_EQ(pipeline.budget.bytes_after_end, 0u);
}

TEST_P(Late, ResetInsideAMessageTruncatesItsSendersAlone) {
  talk.handshake();
  Buffer half = message_of(s, 1);
  half.resize(25);
  talk.send(s, half);              // 4
  talk.rst(s);                     // 5
  talk.send(r, message_of(r, 1));  // 6
  recording.wait_ms(1100);
  talk.ack(r);  // 7
  EXPECT_EQ(lines(), (Lines{opened, told(r, 6, 1), fmt::format("truncated-message {} #5 25/31", side(s)),
                            event("reset", s, 5), "close 1 #5"}));
}

/// RFC 5961: its number is in the window and not the next one. The connection goes on.
TEST_P(Late, ResetWithAnotherNumberIsIgnored) {
  for (const int off : {1, 31, 1000, -1, -31, 100'000'000}) {
    SCOPED_TRACE(off);
    samples::Recording one;
    TcpTalk t{one, km(), controller(), options()};
    t.handshake();
    t.send(s, message_of(s, 1));  // 4
    Segment stray = t.segment(s, 31, {});
    stray.seq += static_cast<std::uint32_t>(off);
    stray.flags = samples::kRst;
    t.put_segment(stray);         // 5
    t.send(s, message_of(s, 2));  // 6
    t.send(s, message_of(s, 3));  // 7
    t.send(r, message_of(r, 1));  // 8
    t.close();                    // 9-11
    Pipeline p;
    const Lines got = p.run(one).log.lines;
    const End first = End::client, second = End::server;
    EXPECT_EQ(got, (Lines{opened, told(s, 4, 1), told(s, 6, 2), told(s, 7, 3), told(r, 8, 1),
                          event("fin", first, 9), event("fin", second, 10), "close 1 #10"}));
    EXPECT_EQ(p.budget.ignored_resets, 1u);
    EXPECT_EQ(p.budget.bytes_after_end, 0u);
  }
}

/// A sender does not go on behind its own RST: somebody else sent it (a middlebox does, several at a time).
TEST_P(Late, ResetBehindWhichItsSenderGoesOnIsNone) {
  talk.handshake();
  talk.send(s, message_of(s, 1));                          // 4
  talk.put_segment(flagged(s, 31, samples::kRst));         // 5
  talk.put_segment(flagged(s, 31 + 1460, samples::kRst));  // 6
  talk.put_segment(flagged(s, 31 + 4380, samples::kRst));  // 7
  talk.send(s, message_of(s, 2));                          // 8
  talk.send(r, message_of(r, 1));                          // 9
  const Lines got = lines();
  EXPECT_EQ(got, (Lines{opened, told(s, 4, 1), told(s, 8, 2), told(r, 9, 1), event("hole-seen", s, 7)}));
  EXPECT_EQ(pipeline.budget.ignored_resets, 3u);
}

TEST_P(Late, SeveralResetsOfAClosedSocket) {
  talk.handshake();
  talk.send(s, message_of(s, 1));                                               // 4
  for (int i = 0; i < 3; ++i) talk.put_segment(flagged(s, 31, samples::kRst));  // 5-7
  talk.send(r, message_of(r, 1));                                               // 8
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), told(r, 8, 1), event("reset", s, 5), "close 1 #5"}));
  EXPECT_EQ(pipeline.budget.ignored_resets, 0u);
}

/// What answers a segment has its acknowledgement for a number: the peer expects that one, whatever was sent
/// since.
TEST_P(Late, ResetWithThePeersAcknowledgementForANumber) {
  talk.handshake();
  talk.send(s, message_of(s, 1));                   // 4
  talk.send(r, message_of(r, 1));                   // 5: acknowledges 31
  talk.send(s, message_of(s, 2));                   // 6: lost on its way
  talk.put_segment(flagged(s, 31, samples::kRst));  // 7
  EXPECT_EQ(lines(),
            (Lines{opened, told(s, 4, 1), told(r, 5, 1), told(s, 6, 2), event("reset", s, 7), "close 1 #7"}));
}

/// What lies behind a hole was sent all the same.
TEST_P(Late, ResetWhileBytesAreOutOfOrder) {
  talk.handshake();
  talk.send(s, message_of(s, 1));  // 4
  talk.skip(s, 31);
  talk.send(s, message_of(s, 3));                   // 5
  talk.put_segment(flagged(s, 93, samples::kRst));  // 6
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), fmt::format("gap {} #5 31", side(s)), told(s, 5, 3),
                            event("reset", s, 6), "close 1 #6"}));
}

TEST_P(Late, ResetOfSequenceNumberZeroIsNone) {
  talk.handshake();
  talk.send(s, message_of(s, 1));  // 4
  Segment zero = flagged(s, 31, samples::kRst | samples::kAck);
  zero.seq = 0;
  talk.put_segment(zero);          // 5
  talk.send(s, message_of(s, 2));  // 6
  const Lines got = lines();
  EXPECT_EQ(got, (Lines{opened, told(s, 4, 1), told(s, 6, 2)}));
  EXPECT_EQ(pipeline.budget.ignored_resets, 1u);
}

TEST_P(Late, TextInAResetIsNoStream) {
  talk.handshake();
  talk.send(s, message_of(s, 1));                                     // 4
  talk.put_segment(flagged(s, 31, samples::kRst, message_of(s, 2)));  // 5
  talk.send(r, message_of(r, 1));                                     // 6
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), told(r, 6, 1), event("reset", s, 5), "close 1 #5"}));
}

TEST_P(Late, BytesBehindTheEndAreCounted) {
  talk.handshake();
  talk.send(s, message_of(s, 1));    // 4
  talk.fin(s);                       // 5
  talk.at(s, 32, message_of(s, 2));  // 6
  talk.send(r, message_of(r, 1));    // 7
  talk.fin(r);                       // 8
  talk.at(r, 32, message_of(r, 2));  // 9: of a connection that is closed
  talk.at(s, 0, message_of(s, 1));   // 10: a late copy
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), event("fin", s, 5), told(r, 7, 1), event("fin", r, 8),
                            "close 1 #8"}));
  EXPECT_EQ(pipeline.budget.bytes_after_end, 62u);
}

/// A connection that comes meanwhile may carry the answers already. What the RST ends is told when nothing
/// from before it can come late any more; one that may be forged says nothing.
TEST_P(Late, ResetIsSeenAtOnce) {
  talk.handshake();
  talk.send(s, message_of(s, 1));                    // 4
  talk.put_segment(flagged(s, 200, samples::kRst));  // 5: bytes 31 to 199 are not there
  talk.rst(s);                                       // 6
  talk.send(r, message_of(r, 1));                    // 7
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), told(r, 7, 1), event("reset", s, 6),
                            event("hole-seen", s, 5), "close 1 #6"}));
  EXPECT_EQ(pipeline.log.resets_seen, Lines{fmt::format("{} #6 behind 2", side(s))});
}

/// Its KM has another connection: to the audit the one that was reset is closed by then.
TEST_P(Late, ResetConnectionIsClosedBeforeItsKmsNextOne) {
  talk.handshake();
  talk.send(s, message_of(s, 1));  // 4
  talk.rst(s);                     // 5
  samples::Endpoint other_port = km();
  other_port.port = 40001;
  TcpTalk next(recording, other_port, controller());
  next.handshake();                // 6-8
  talk.send(r, message_of(r, 1));  // 9: in flight
  recording.wait_ms(1100);
  next.client(message_of(End::client, 1));  // 10
  talk.send(r, message_of(r, 2));           // 11: too late to be told
  const std::string message = fmt::format("message 0 #10 0x1403 id=1 {}", kBody);
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), told(r, 9, 1), event("reset", s, 5), "close 1 #5",
                            "open 2 opener-known from-start=11", message}));
  EXPECT_EQ(pipeline.budget.bytes_after_end, 31u);
}

TEST_P(Late, FourTupleUsedAgainAfterAReset) {
  talk.handshake();
  talk.send(s, message_of(s, 1));  // 4
  talk.rst(s);                     // 5
  talk.send(r, message_of(r, 1));  // 6
  samples::TalkOptions other;
  other.initial_seq = {5'000'000, 6'000'000};
  TcpTalk again(recording, km(), controller(), other);
  again.handshake();                         // 7-9
  again.client(message_of(End::client, 9));  // 10
  EXPECT_EQ(lines(), (Lines{opened, told(s, 4, 1), told(r, 6, 1), event("reset", s, 5), "close 1 #5",
                            "open 2 opener-known from-start=11", told(End::client, 10, 9)}));
}

TEST_P(Late, DataInTheSynAreSentAgainWithoutIt) {
  Segment syn = talk.segment(End::client, 0, message_of(End::client, 1));
  syn.seq -= 1;
  syn.flags = samples::kSyn;
  talk.put_segment(syn);  // 1
  Segment answer = talk.segment(End::server, 0, {});
  answer.seq -= 1;
  answer.flags = samples::kSyn | samples::kAck;
  talk.put_segment(answer);                 // 2: acknowledges the SYN alone
  talk.client(message_of(End::client, 1));  // 3
  talk.client(message_of(End::client, 2));  // 4
  EXPECT_EQ(lines(), (Lines{"open 1 opener-known from-start=11", told(End::client, 1, 1), "start-seen 1 #2",
                            told(End::client, 4, 2)}));
  EXPECT_EQ(pipeline.budget.conflicting_overlaps, 0u);
}

TEST_P(Late, DataInTheAnswerToTheSyn) {
  Segment syn = talk.segment(End::client, 0, message_of(End::client, 1));
  syn.seq -= 1;
  syn.flags = samples::kSyn;
  talk.put_segment(syn);  // 1
  talk.skip(End::client, 31);
  Segment answer = talk.segment(End::server, 0, message_of(End::server, 1));
  answer.seq -= 1;
  answer.flags = samples::kSyn | samples::kAck;
  talk.put_segment(answer);  // 2
  talk.skip(End::server, 31);
  talk.client(message_of(End::client, 2));  // 3
  EXPECT_EQ(lines(), (Lines{"open 1 opener-known from-start=11", told(End::client, 1, 1), "start-seen 1 #2",
                            told(End::server, 2, 1), told(End::client, 3, 2)}));
}

/// From the middle on, side 0 is the one whose packet is first.
TEST_P(Late, MidStreamTheFirstSegmentIsNotTheLowest) {
  talk.ack(r);                       // 1: the stream stands at 0
  talk.at(s, 31, message_of(s, 2));  // 2
  talk.at(s, 62, message_of(s, 3));  // 3
  talk.at(s, 0, message_of(s, 1));   // 4
  talk.skip(s, 93);
  talk.send(r, message_of(r, 1));  // 5
  const char* code = s == End::client ? "0x1403" : "0x4104";
  const auto line = [&](unsigned id) { return fmt::format("message 1 #4 {} id={} {}", code, id, kBody); };
  EXPECT_EQ(lines(),
            (Lines{"open 1 from-start=00", line(1), line(2), line(3),
                   fmt::format("message 0 #5 {} id=1 {}", r == End::client ? "0x1403" : "0x4104", kBody)}));
}

/// What was in flight when the capture began is no gap.
TEST_P(Late, MidStreamWhatPassedBeforeTheCaptureIsNoGap) {
  talk.ack(r);                       // 1: the stream stands at 0
  talk.at(s, 31, message_of(s, 2));  // 2
  talk.skip(s, 62);
  talk.ack(r);                     // 3
  talk.send(s, message_of(s, 3));  // 4
  const char* code = s == End::client ? "0x1403" : "0x4104";
  EXPECT_EQ(lines(), (Lines{"open 1 from-start=00", fmt::format("message 1 #2 {} id=2 {}", code, kBody),
                            fmt::format("message 1 #4 {} id=3 {}", code, kBody)}));
}

INSTANTIATE_TEST_SUITE_P(Settings, Late,
                         ::testing::Values(Setting{"km", End::client, false, false},
                                           Setting{"controller", End::server, false, false},
                                           Setting{"km_ipv6_wrap", End::client, true, true},
                                           Setting{"controller_ipv6_wrap", End::server, true, true}),
                         [](const auto& setting) { return std::string(setting.param.name); });

}  // namespace
}  // namespace ck::capture
