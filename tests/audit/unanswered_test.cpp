// When a request is unanswered (packaging/doc/reading-q4164.md, "Requests and answers"), and when that cannot
// be known.
#include <gtest/gtest.h>

#include "sample_payloads.h"

namespace ck::audit {
namespace {

TEST(Unanswered, AfterTheTimeoutAsTimePasses) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  const auto d = s.connect("10.0.0.2:4000", kCtl);
  s.km(c, 0x1406, 1, kSession);
  s.wait(31);
  s.km(d, 0x1406, 1, kSession);
  EXPECT_EQ(s.findings(), Slugs{"unanswered-request@3"});
  EXPECT_EQ(s.heard.findings[0].procedure, 1U);
  EXPECT_EQ(s.pair_of(s.ctl(c, 0x4107, 1, created("s1"))), "message-id:3");  // paired, and the finding stays
}

TEST(Unanswered, InTimeIsFine) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1406, 1, kSession);
  s.wait(29);
  s.ctl(c, 0x4107, 1, created("s1"));
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
}

/// Its sender's Length is too large, say, and what is there may be the answer: 12 bytes are the smallest
/// message.
TEST(Unanswered, UndecidableWhereTheAnswerMayWaitForItsEnd) {
  for (const std::uint64_t bytes : {12, 11}) {
    Scenario s;
    const auto c = s.connect(kMan, kCtl);
    s.km(c, 0x1406, 1, kSession);
    s.event(c, 1, StreamEventKind::pending, bytes);
    s.wait(31);
    s.km(s.connect("10.0.0.2:4000", "10.9.0.1:9000"), 0x1401, 1, R"({"Destination KMA ID":"D"})");
    s.finish();
    EXPECT_EQ(s.findings(), bytes == 12 ? Slugs{} : Slugs{"unanswered-request@2"}) << bytes;
  }
}

/// The answer acknowledges bytes of the KM's that were not captured, and are sent again later.
TEST(Unanswered, UndecidableWhereTheAnswerCameBeforeTheFirstCopyThatWasCaptured) {
  for (const bool acknowledged : {true, false}) {
    Scenario s;
    const auto c = s.connect(kMan, kCtl);
    if (acknowledged) s.event(c, 0, StreamEventKind::hole_seen, 0);
    s.ctl(c, 0x4107, 1, created("s1"));
    s.km(c, 0x1406, 1, kSession);
    s.close(c);
    s.finish();
    EXPECT_EQ(s.findings(),
              acknowledged ? Slugs{} : (Slugs{"unsolicited-response@2", "unanswered-request@3"}));
  }
}

TEST(Unanswered, AnsweredLateThoughNothingElsePassed) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1406, 1, kSession);
  s.wait(31);
  s.ctl(c, 0x4107, 1, created("s1"));
  EXPECT_EQ(s.findings(), Slugs{"unanswered-request@2"});
}

/// The capture ends inside of what the controller says on the KM's next connection. What the KM says there is
/// no answer.
TEST(Unanswered, UndecidableWhereTheAnswerMayBeOnItsWayOnTheNextConnection) {
  for (const Side side : {Side{1}, Side{0}}) {
    Scenario s;
    const auto c = s.connect(kMan, kCtl);
    s.km(c, 0x1406, 1, kSession);
    s.close(c);
    const auto d = s.connect("10.0.0.1:4001", kCtl);
    s.km(d, 0x1401, 1, R"({"Destination KMA ID":"D"})");
    s.ctl(d, 0x4102, 1, R"({"Next KMA IDs":["D"]})");
    s.event(d, side, StreamEventKind::unfinished, 40);
    s.finish();
    EXPECT_EQ(s.findings(), side == 1 ? Slugs{} : Slugs{"unanswered-request@2"});
  }
}

/// It may be the next connection's first message, or none may have come there.
TEST(Unanswered, UndecidableWhereTheNextConnectionsFirstMessageHasNotEnded) {
  for (const std::uint64_t bytes : {40, 0}) {
    Scenario s;
    const auto c = s.connect(kMan, kCtl);
    s.km(c, 0x1406, 1, kSession);
    s.close(c);
    const auto d = s.connect("10.0.0.1:4001", kCtl);
    if (bytes > 0) s.event(d, 1, StreamEventKind::unfinished, bytes);
    s.finish();
    EXPECT_EQ(s.findings(), bytes > 0 ? Slugs{} : Slugs{"unanswered-request@2"});
  }
}

TEST(Unanswered, ClosedAndUnansweredFiresAtOnceAtTheEnd) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1406, 1, kSession);
  s.close(c);
  EXPECT_EQ(s.findings(), Slugs{});
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"unanswered-request@2"});
}

TEST(Unanswered, StillOpenWithinTheTimeoutIsUndecidable) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1406, 1, kSession);
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, 1U);
}

TEST(Unanswered, AnAnswerMayHaveComeBeforeTheFirstCapturedBytesOfItsSender) {
  Scenario s;
  const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000", {.whole = false});
  s.km(c, 0x1401, 1, R"({"Destination KMA ID":"D"})");
  s.ctl(c, 0x4108, 7, "{}");
  const auto later = s.km(c, 0x1406, 2, "{}");
  s.wait(40);
  s.ctl(c, 0x4108, 8, "{}");
  std::vector<std::string> unanswered;
  for (const std::string& finding : s.findings())
    if (finding.rfind("unanswered-request", 0) == 0) unanswered.push_back(finding);
  EXPECT_NE(std::find(unanswered.begin(), unanswered.end(), "unanswered-request@" + std::to_string(later)),
            unanswered.end());
  EXPECT_EQ(std::count(unanswered.begin(), unanswered.end(), "unanswered-request@2"), 0);
}

TEST(Unanswered, OneDirectionOnlyIsUndecidable) {
  Scenario s;
  const auto c =
      s.connect(kMan, kCtl, {.whole = false, .opener_side_whole = true, .acceptor_side_whole = false});
  s.km(c, 0x1406, 1, kSession);
  s.wait(60);
  s.close(c);
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, 1U);
}

TEST(Unanswered, AGapMayHideTheAnswer) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1406, 1, kSession);
  s.gap(c, 1);
  s.close(c);
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"capture-gap@3"});
  EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, 1U);
}

}  // namespace
}  // namespace ck::audit
