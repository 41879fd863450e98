// Every condition of a TCP transport, alone: what is told of it, in what order, and which frame it names. All
// expectations are counted by hand from the segments above them.
#include "capture/tcp_talk.h"

namespace ck::capture {
namespace {

using samples::Buffer;
using samples::End;
using samples::frame;
using samples::Segment;
using samples::TcpTalk;

class Tcp : public TcpTest {
 protected:
  /// Puts the client's SYN, which may bring bytes (RFC 7413).
  Segment put_syn(const Buffer& bytes) {
    Segment segment = talk.segment(End::client, 0, bytes);
    segment.seq -= 1;
    segment.flags = samples::kSyn;
    talk.put_segment(segment);
    return segment;
  }
};

TEST_F(Tcp, WholeConnection) {
  talk.handshake();          // 1-3
  talk.client(request(1));   // 4
  talk.server(response(1));  // 5
  talk.close();              // 6-8
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), told_response(1, 5, 1),
                           "fin 0 #6", "fin 1 #7", "close 1 #7"}));
  EXPECT_EQ(pipeline.log.starts[0].first.frame, 1u);
  EXPECT_EQ(pipeline.log.starts[0].endpoints[0].port, 40000);
  EXPECT_EQ(pipeline.budget.total, 0u);
}

TEST_F(Tcp, OneMessageOverManySegmentsNamesTheLastOne) {
  talk.handshake();
  for (const std::uint8_t byte : request(1)) talk.client({byte});  // 4-34
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 34, 1)}));
}

TEST_F(Tcp, ManyMessagesInOneSegment) {
  talk.handshake();
  talk.client(samples::join({request(1), request(2), slice(request(3), 0, 12)}));  // 4
  talk.client(slice(request(3), 12, 19));                                          // 5
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), told_request(0, 4, 2),
                           told_request(0, 5, 3)}));
}

TEST_F(Tcp, OutOfOrderSegmentsNameTheFrameThatFilledTheHole) {
  talk.handshake();
  talk.at(End::client, 31, request(2));  // 4
  talk.at(End::client, 62, request(3));  // 5
  talk.at(End::client, 0, request(1));   // 6
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 6, 1), told_request(0, 6, 2),
                           told_request(0, 6, 3)}));
}

TEST_F(Tcp, RetransmissionIsToldOnce) {
  talk.handshake();
  talk.at(End::client, 0, request(1));  // 4
  talk.at(End::client, 0, request(1));
  talk.at(End::client, 0, slice(request(1), 0, 20));
  talk.at(End::client, 10, samples::join({slice(request(1), 10, 21), request(2)}));  // 7
  EXPECT_EQ(told(),
            (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), told_request(0, 7, 2)}));
  EXPECT_EQ(pipeline.budget.conflicting_overlaps, 0u);
}

TEST_F(Tcp, OverlapWithOtherBytesFirstCopyWins) {
  talk.handshake();
  talk.at(End::client, 0, request(1));                  // 4
  talk.at(End::client, 0, request(9));                  // 5: another MessageID in a retransmission
  talk.at(End::client, 41, slice(request(2), 10, 21));  // 6: the payload of the next, ahead of its header
  talk.at(End::client, 31, samples::join({slice(request(2), 0, 10), Buffer(21, 'x')}));  // 7
  EXPECT_EQ(told(),
            (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), told_request(0, 7, 2)}));
  EXPECT_EQ(pipeline.budget.conflicting_overlaps, 2u);
}

TEST_F(Tcp, OverlapWithOtherBytesIsSeenFromTheFirstByteOfAFullSegment) {
  talk.handshake();
  talk.at(End::client, 0, request(1));  // 4: what was small at first
  Buffer segment, other;
  for (std::uint32_t id = 2; id < 49; ++id) segment = samples::join({segment, request(id)});  // 1457 bytes
  other = segment;
  other[5] ^= 1;                      // of the first MessageID
  talk.at(End::client, 31, segment);  // 5
  talk.at(End::client, 31, segment);  // 6
  EXPECT_EQ(pipeline.run(recording).budget.conflicting_overlaps, 0u);
  talk.at(End::client, 31, other);      // 7
  talk.at(End::client, 0, request(9));  // 8: it still knows the one before
  Pipeline again;
  EXPECT_EQ(again.run(recording).budget.conflicting_overlaps, 2u);
}

TEST_F(Tcp, SequenceNumbersWrap) {
  samples::TalkOptions options;
  options.initial_seq = {0xffff'fff0, 0xffff'ffff};
  TcpTalk wrapping(recording, kKm, kController, options);
  wrapping.handshake();
  wrapping.at(End::client, 31, request(2));  // 4
  wrapping.at(End::client, 0, request(1));   // 5
  wrapping.skip(End::client, 62);
  wrapping.server(response(1));  // 6
  wrapping.client(request(3));   // 7
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 5, 1), told_request(0, 5, 2),
                           told_response(1, 6, 1), told_request(0, 7, 3)}));
}

TEST_F(Tcp, MidStreamStartSkipsToTheFirstFrame) {
  talk.skip(End::client, 1000);
  talk.skip(End::server, 500);
  talk.client(slice(request(1), 20, 11));  // 1: the end of a frame
  talk.client(request(2));                 // 2
  talk.server(response(2));                // 3
  EXPECT_EQ(told(), (Lines{"open 1 from-start=00", "skipped 0 #1 11", told_request(0, 2, 2),
                           told_response(1, 3, 2)}));
}

/// RFC 7413: the server cannot have sent anything before a SYN that brings a message, but may have before its
/// first segment that was captured.
TEST_F(Tcp, SynThatBringsAMessageWhoseAnswerWasNotCaptured) {
  put_syn(request(1));  // 1
  talk.skip(End::client, request(1).size());
  talk.server(response(1));  // 2
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 1, 1), "hole-seen 1 #2",
                           told_response(1, 2, 1)}));
}

/// RFC 7413, 4.2: the client sends its SYN again without the message where that was not taken.
TEST_F(Tcp, SynThatBringsAMessageComesAgainWithoutIt) {
  put_syn(request(1));  // 1
  put_syn({});          // 2
  talk.skip(End::client, request(1).size());
  talk.server(response(1));  // 3
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 1, 1), "hole-seen 1 #3",
                           told_response(1, 3, 1)}));
}

/// What the client says next may be its answer to something of the server's that was not captured.
TEST_F(Tcp, SynThatBringsAMessageWhoseServerWasNotCaptured) {
  put_syn(request(1));  // 1
  talk.skip(End::client, request(1).size());
  talk.skip(End::server, response(1).size());
  talk.client(request(2));  // 2
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 1, 1), "hole-seen 1 #2",
                           told_request(0, 2, 2)}));
}

/// Of the client, not that nothing came with its SYN (TCP Fast Open).
TEST_F(Tcp, SynAnswerAloneTellsOpenerAndWhereBothStart) {
  Segment answer = talk.segment(End::server, 0, {});
  answer.seq -= 1;
  answer.flags = samples::kSyn | samples::kAck;
  talk.put_segment(answer);  // 1
  talk.client(request(1));   // 2
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=01", told_request(0, 2, 1)}));
  EXPECT_EQ(pipeline.log.starts[0].endpoints[0].port, 40000);
}

/// The SYN's answer tells where the other direction starts, but not that it is captured.
TEST_F(Tcp, OneDirectionOnlyFromTheSynAnswerOn) {
  Segment answer = talk.segment(End::server, 0, {});
  answer.seq -= 1;
  answer.flags = samples::kSyn | samples::kAck;
  talk.put_segment(answer);  // 1
  talk.server(response(1));  // 2
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=01", told_response(1, 2, 1)}));
}

/// The first bytes are captured behind later ones, and a bare acknowledgement shows where its sender stood.
TEST_F(Tcp, MidStreamASidesOwnAcknowledgementTellsWhereItStands) {
  talk.skip(End::client, 1000);
  talk.ack(End::client);                                  // 1
  talk.at(End::client, 1020, slice(request(1), 20, 11));  // 2
  talk.at(End::client, 1000, slice(request(1), 0, 20));   // 3
  talk.skip(End::client, 31);
  talk.client(request(2));  // 4
  EXPECT_EQ(told(), (Lines{"open 1 from-start=00", told_request(0, 3, 1), told_request(0, 4, 2)}));
}

/// Near miss: what lies between passed before the capture began, and nothing is missing.
TEST_F(Tcp, MidStreamBytesBehindAnAcknowledgementMayHavePassedBefore) {
  talk.skip(End::client, 1000);
  talk.ack(End::client);  // 1
  talk.skip(End::client, 40);
  talk.client(request(1));  // 2
  talk.ack(End::server);    // 3
  EXPECT_EQ(told(), (Lines{"open 1 from-start=00", told_request(0, 2, 1)}));
}

/// What was acknowledged when the capture began, and is sent again more than a second later, was answered
/// long ago. Near miss: within a second it may have been captured behind its acknowledgement.
TEST_F(Tcp, MidStreamARetransmissionOfWhatCameBeforeIsNoMessage) {
  for (const std::int64_t milliseconds : {2000, 500}) {
    samples::Recording one;
    samples::TcpTalk again(one, kKm, kController);
    again.skip(End::server, 1000);
    again.ack(End::client);    // 1: the controller's stream stands at 1000
    again.client(request(1));  // 2
    one.wait_ms(milliseconds);
    again.at(End::server, 1000 - response(7).size(), response(7));  // 3
    again.server(response(1));                                      // 4
    Lines expected{"open 1 from-start=00", told_request(0, 2, 1)};
    if (milliseconds < 1000) expected.push_back(told_response(1, 3, 7));
    expected.push_back(told_response(1, 4, 1));
    Pipeline fresh;
    EXPECT_EQ(fresh.run(one).log.lines, expected) << milliseconds;
  }
}

TEST_F(Tcp, OneDirectionOnly) {
  talk.skip(End::client, 77);
  talk.server(response(1));  // 1
  talk.server(response(2));  // 2
  EXPECT_EQ(told(), (Lines{"open 1 from-start=00", told_response(0, 1, 1), told_response(0, 2, 2)}));
  EXPECT_EQ(pipeline.log.starts[0].endpoints[0].port, 7000);
}

TEST_F(Tcp, FinAheadOfItsDataWaitsForIt) {
  talk.handshake();
  Segment fin = talk.segment(End::client, 31, {});
  fin.flags |= samples::kFin;
  talk.put_segment(fin);                // 4
  talk.at(End::client, 0, request(1));  // 5
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 5, 1), "fin 0 #4"}));
}

TEST_F(Tcp, FinInsideAFrame) {
  talk.handshake();
  talk.client(samples::join({request(1), slice(request(2), 0, 25)}));  // 4
  talk.fin(End::client);                                               // 5
  talk.server(response(1));  // 6: half-closed, the other direction goes on
  talk.fin(End::server);     // 7
  EXPECT_EQ(told(),
            (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "truncated-message 0 #5 25/31",
                   "fin 0 #5", told_response(1, 6, 1), "fin 1 #7", "close 1 #7"}));
}

TEST_F(Tcp, FinInsideAHeader) {
  talk.handshake();
  talk.client(samples::join({request(1), slice(request(2), 0, 9)}));  // 4
  talk.fin(End::client);                                              // 5
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1),
                           "truncated-message 0 #5 9/10", "fin 0 #5"}));
}

TEST_F(Tcp, FinInsideTheVeryFirstFrame) {
  talk.handshake();
  talk.client(slice(request(1), 0, 20));  // 4: code and brace are there: Ck by content
  talk.fin(End::client);                  // 5
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", "truncated-message 0 #5 20/31", "fin 0 #5"}));
}

TEST_F(Tcp, ResetTruncatesItsSendersDirectionOnly) {
  talk.handshake();
  talk.client(samples::join({request(1), slice(request(2), 0, 25)}));    // 4
  talk.server(samples::join({response(1), slice(response(2), 0, 15)}));  // 5
  talk.rst(End::client);                                                 // 6
  EXPECT_EQ(told(),
            (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), told_response(1, 5, 1),
                   "truncated-message 0 #6 25/31", "reset 0 #6", "unfinished 1 #5 15/31", "close 1 #6"}));
}

TEST_F(Tcp, ResetFarOutOfTheWindowIsNone) {
  talk.handshake();
  talk.client(request(1));  // 4
  Segment stray = talk.segment(End::client, 0x4000'0000, {});
  stray.flags = samples::kRst;
  talk.put_segment(stray);  // 5
  talk.client(request(2));  // 6
  EXPECT_EQ(told(),
            (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), told_request(0, 6, 2)}));
}

TEST_F(Tcp, CaptureEndsInsideAFrame) {
  talk.handshake();
  talk.client(samples::join({request(1), slice(request(2), 0, 25)}));
  EXPECT_EQ(told(),
            (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "unfinished 0 #4 25/31"}));
}

TEST_F(Tcp, KeepAlivesAndZeroWindowProbes) {
  talk.handshake();
  talk.client(request(1));       // 4
  talk.keep_alive(End::client);  // 5: one garbage byte before the next
  Segment bare = talk.segment(End::client, 30, {});
  talk.put_segment(bare);                             // 6: a keep-alive without a byte
  talk.at(End::client, 31, slice(request(2), 0, 1));  // 7: a zero-window probe carries the next byte
  talk.at(End::client, 31, slice(request(2), 0, 1));  // 8
  talk.client(request(2));                            // 9
  EXPECT_EQ(told(),
            (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), told_request(0, 9, 2)}));
  EXPECT_EQ(pipeline.budget.conflicting_overlaps, 0u);
}

TEST_F(Tcp, SimultaneousOpen) {
  Segment syn = put_syn({});  // 1
  Segment peer = talk.segment(End::server, 0, {});
  peer.seq -= 1;
  peer.flags = samples::kSyn;
  talk.put_segment(peer);  // 2
  syn.flags = peer.flags = samples::kSyn | samples::kAck;
  talk.put_segment(syn);
  talk.put_segment(peer);
  talk.client(request(1));   // 5
  talk.server(response(1));  // 6
  EXPECT_EQ(told(),
            (Lines{"open 1 opener-known from-start=11", told_request(0, 5, 1), told_response(1, 6, 1)}));
}

TEST_F(Tcp, DataInTheSyn) {
  put_syn(request(1));  // 1
  talk.skip(End::client, 31);
  Segment answer = talk.segment(End::server, 0, {});
  answer.seq -= 1;
  answer.flags = samples::kSyn | samples::kAck;
  talk.put_segment(answer);  // 2
  talk.client(request(2));   // 3
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 1, 1), "start-seen 1 #2",
                           told_request(0, 3, 2)}));
}

TEST_F(Tcp, SynRetransmissionOpensNothingNew) {
  talk.handshake();
  talk.client(request(1));  // 4
  put_syn({});
  talk.client(request(2));  // 6
  EXPECT_EQ(told(),
            (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), told_request(0, 6, 2)}));
}

TEST_F(Tcp, FourTupleUsedAgainAfterFin) {
  talk.handshake();         // 1-3
  talk.client(request(1));  // 4
  talk.close();             // 5-7
  samples::TalkOptions options;
  options.initial_seq = {5'000'000, 6'000'000};
  TcpTalk again(recording, kKm, kController, options);
  again.handshake();                    // 8-10
  talk.at(End::client, 0, request(1));  // 11: a late copy of the old connection's
  again.client(request(1));             // 12
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "fin 0 #5", "fin 1 #6",
                           "close 1 #6", "open 2 opener-known from-start=11", told_request(0, 12, 1)}));
}

TEST_F(Tcp, FourTupleUsedAgainWithoutFin) {
  talk.handshake();                                                    // 1-3
  talk.client(samples::join({request(1), slice(request(2), 0, 12)}));  // 4
  samples::TalkOptions options;
  options.initial_seq = {1'000'020, 6'000'000};  // inside the old window
  TcpTalk again(recording, kKm, kController, options);
  again.handshake();         // 5-7
  again.client(request(7));  // 8
  EXPECT_EQ(told(),
            (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "unfinished 0 #4 12/31",
                   "close 1 #5", "open 2 opener-known from-start=11", told_request(0, 8, 7)}));
}

TEST_F(Tcp, FourTupleUsedAgainWithTheSidesSwapped) {
  talk.handshake();
  talk.client(request(1));  // 4
  talk.rst(End::server);    // 5
  TcpTalk again(recording, kController, kKm);
  again.handshake();          // 6-8
  again.client(response(1));  // 9: the controller opened this one
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "reset 1 #5",
                           "close 1 #5", "open 2 opener-known from-start=11", told_response(0, 9, 1)}));
}

TEST_F(Tcp, LateSegmentsOfAClosedConnectionOpenNothing) {
  talk.handshake();
  talk.client(request(1));              // 4
  talk.close();                         // 5-7
  talk.at(End::client, 0, request(1));  // a retransmission
  talk.ack(End::server);
  talk.rst(End::client);
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "fin 0 #5", "fin 1 #6",
                           "close 1 #6"}));
  EXPECT_EQ(pipeline.streams.undecoded(), 0u);
}

TEST_F(Tcp, DataBehindFinIsNotOfTheStream) {
  talk.handshake();
  talk.client(request(1));  // 4
  talk.fin(End::client);    // 5
  talk.client(request(2));
  talk.server(response(1));  // 7
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "fin 0 #5",
                           told_response(1, 7, 1)}));
}

TEST_F(Tcp, BadChecksumsAreNoReasonToDrop) {
  talk.handshake();
  Segment segment = talk.segment(End::client, 0, request(1));
  segment.bad_checksum = true;
  talk.put_segment(segment);
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1)}));
}

}  // namespace
}  // namespace ck::capture
