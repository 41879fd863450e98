// Bytes that were not captured: when a hole is given up, what is told of it, and which frame it names. All
// expectations are counted by hand from the segments above them.
#include "capture/tcp_talk.h"

namespace ck::capture {
namespace {

using samples::End;
using samples::frame;
using samples::Segment;
using samples::TcpTalk;

class TcpHole : public TcpTest {};

TEST_F(TcpHole, HoleIsGivenUpWhenAcknowledged) {
  talk.handshake();
  talk.client(request(1));     // 4
  talk.skip(End::client, 31);  // never captured
  talk.client(request(3));     // 5
  talk.client(request(4));     // 6
  talk.server(response(1));    // 7: acknowledges all
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "gap 0 #5 31",
                           told_request(0, 5, 3), told_request(0, 6, 4), told_response(1, 7, 1)}));
}

TEST_F(TcpHole, HoleAcknowledgedBeforeWhatLiesBehindItIsSeen) {
  talk.handshake();
  talk.client(request(1));     // 4
  talk.skip(End::client, 31);  // never captured
  talk.server(response(1));    // 5: acknowledges it: no judging of this response by what is not known
  talk.client(request(3));     // 6
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "hole-seen 0 #5",
                           told_response(1, 5, 1), "gap 0 #6 31", told_request(0, 6, 3)}));
}

/// One byte more than was captured: the FIN of a stream that ended between frames, the last byte of a frame.
TEST_F(TcpHole, AcknowledgedByOneByteMore) {
  talk.handshake();
  talk.client(request(1));                                   // 4
  talk.client(slice(request(2), 0, request(2).size() - 1));  // 5
  talk.skip(End::client, 1);                                 // never captured
  talk.server(response(2));                                  // 6
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "hole-seen 0 #6",
                           told_response(1, 6, 2), "unfinished 0 #5 30/31"}));
}

TEST_F(TcpHole, AcknowledgedFinThatWasNotCaptured) {
  talk.handshake();
  talk.client(request(1));    // 4
  talk.skip(End::client, 1);  // its FIN
  talk.server(response(1));   // 5
  EXPECT_EQ(told(),
            (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), told_response(1, 5, 1)}));
}

TEST_F(TcpHole, AcknowledgementCapturedBeforeItsDataIsNoHole) {
  talk.handshake();
  talk.client(request(1));  // 4
  Segment early = talk.segment(End::server, 0, {});
  early.ack += 31;
  talk.put_segment(early);   // 5
  talk.client(request(2));   // 6: late, and there
  talk.server(response(1));  // 7
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), told_request(0, 6, 2),
                           told_response(1, 7, 1)}));
}

TEST_F(TcpHole, HoleAcknowledgedWithNothingBehindItIsSeenAfterASecondOrAtTheEnd) {
  talk.handshake();
  talk.client(request(1));     // 4
  talk.skip(End::server, 31);  // the answer: never captured
  talk.ack(End::client);       // 5
  recording.wait_ms(2000);
  TcpTalk elsewhere(recording, {"10.0.0.3", 5}, kController);
  elsewhere.client(request(2));  // 6
  talk.skip(End::client, 31);
  talk.ack(End::server);  // 7: this side's next one too
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "hole-seen 1 #5",
                           "open 2 from-start=00", told_request(0, 6, 2), "hole-seen 0 #7"}));
}

/// The side has sent what lies before its own acknowledgement, and it is not there. It is said once.
TEST_F(TcpHole, ASidesOwnAcknowledgementShowsWhatIsMissing) {
  talk.handshake();
  talk.client(request(1));     // 4
  talk.skip(End::client, 31);  // never captured
  talk.ack(End::client);       // 5
  talk.ack(End::client);       // 6
  TcpTalk elsewhere(recording, {"10.0.0.3", 5}, kController);
  elsewhere.client(request(2));  // 7
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "hole-seen 0 #5",
                           "open 2 from-start=00", told_request(0, 7, 2)}));
}

/// Near misses: a FIN takes a number too, and a keep-alive stands one before.
TEST_F(TcpHole, ASidesOwnAcknowledgementBehindItsFinShowsNothing) {
  talk.handshake();
  talk.client(request(1));  // 4
  talk.keep_alive(End::client);
  talk.skip(End::client, 1);  // the FIN
  talk.ack(End::client);      // 6
  TcpTalk elsewhere(recording, {"10.0.0.3", 5}, kController);
  elsewhere.client(request(2));  // 7
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "open 2 from-start=00",
                           told_request(0, 7, 2)}));
}

TEST_F(TcpHole, FinThatWasNotCapturedIsNoHole) {
  talk.handshake();
  talk.client(request(1));    // 4
  talk.skip(End::client, 1);  // the FIN
  talk.server(response(1));   // 5: acknowledges it
  EXPECT_EQ(told(),
            (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), told_response(1, 5, 1)}));
}

TEST_F(TcpHole, HoleThatIsNotAcknowledgedWaits) {
  talk.handshake();
  talk.client(request(1));               // 4
  talk.at(End::client, 62, request(3));  // 5
  talk.skip(End::client, 31);            // the peer has received two of the three
  talk.server(response(1));  // 6: acknowledges 62 bytes: up to the segment at 62, so the second is lost to us
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "gap 0 #5 31",
                           told_request(0, 5, 3), told_response(1, 6, 1)}));
}

TEST_F(TcpHole, PartOfAHoleAcknowledgedWaitsForTheRest) {
  talk.handshake();
  talk.client(request(1));               // 4
  talk.at(End::client, 62, request(3));  // 5
  talk.skip(End::client, 10);
  talk.server(response(1));              // 6: acknowledges 41 bytes, ten of which were not captured yet
  talk.at(End::client, 31, request(2));  // 7: the retransmission
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), told_request(0, 7, 2),
                           told_request(0, 7, 3), told_response(1, 6, 1)}));
}

TEST_F(TcpHole, MessageThatAHoleInterruptsIsSkipped) {
  talk.handshake();
  talk.client(request(1));                // 4
  talk.client(slice(request(2), 0, 12));  // 5
  talk.skip(End::client, 9);
  talk.client(slice(request(2), 21, 10));  // 6
  talk.client(request(3));                 // 7
  talk.ack(End::server);                   // 8
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "skipped 0 #5 12",
                           "gap 0 #6 9", "skipped 0 #6 10", told_request(0, 7, 3)}));
}

TEST_F(TcpHole, HoleIsGivenUpAtTheEnd) {
  talk.handshake();
  talk.client(request(1));  // 4
  talk.skip(End::client, 31);
  talk.client(request(3));  // 5
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "gap 0 #5 31",
                           told_request(0, 5, 3)}));
}

TEST_F(TcpHole, MessagesBehindAHoleKeepTheirOwnFrames) {
  talk.handshake();
  talk.client(request(1));                // 4
  talk.at(End::client, 93, request(4));   // 5
  talk.at(End::client, 62, request(3));   // 6: before 5 in the stream, after it on the wire
  talk.at(End::client, 124, request(5));  // 7
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "gap 0 #6 31",
                           told_request(0, 6, 3), told_request(0, 6, 4), told_request(0, 7, 5)}));
}

TEST_F(TcpHole, HoleBeforeRecognitionIsToldAfterTheOpening) {
  talk.handshake();
  talk.skip(End::client, 40);
  talk.client(request(2));  // 4
  talk.ack(End::server);    // 5
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=01", "gap 0 #4 40", told_request(0, 4, 2)}));
}

TEST_F(TcpHole, HoleBeforeFinIsAGapAndNoTruncation) {
  talk.handshake();
  talk.client(samples::join({request(1), slice(request(2), 0, 12)}));  // 4
  talk.skip(End::client, 19);
  talk.fin(End::client);  // 5
  talk.ack(End::server);  // 6
  EXPECT_EQ(told(), (Lines{"open 1 opener-known from-start=11", told_request(0, 4, 1), "skipped 0 #4 12",
                           "gap 0 #5 19", "fin 0 #5"}));
}

}  // namespace
}  // namespace ck::capture
