// What a capture leaves out is never a peer's fault, and what it shows in full still is.
#include <gtest/gtest.h>

#include "scenario.h"

namespace ck::audit {
namespace {

constexpr auto kMiddle = ConnectOptions{.opener_known = false, .whole = false, .opener_side_whole = false};
constexpr auto kRoute =
    R"({"Source KMA ID":"A","Destination KMA ID":"Z","Transit KMA IDs":[],"Key relay request ID":"R1"})";
constexpr auto kFromAToZ = R"({"Source KMA ID":"A","Destination KMA ID":"Z"})";

/// The 0x4104 may answer a 0x1403 from before the capture, and then has that one's MessageID.
TEST(FromTheMiddle, ARoutesNumberMayBeItsNotifications) {
  Scenario s;
  const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000", kMiddle);
  s.ctl(c, 0x4104, 7, kRoute);
  s.ctl(c, 0x410A, 7, kFromAToZ);
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_GE(s.count(Rule::message_id_reused).undecidable, 1U);
}

/// Whether a MessageID was used already needs to have seen all that was said before.
TEST(FromTheMiddle, TwoRequestsWithOneNumberAreUndecidable) {
  Scenario s;
  const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000", kMiddle);
  s.ctl(c, 0x410A, 7, kFromAToZ);
  s.ctl(c, 0x410C, 7, R"({"Source KMA ID":"A","Destination KMA ID":"Z","Key IDs":[{"Key ID":"k"}]})");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_GE(s.count(Rule::message_id_reused).undecidable, 1U);
}

/// A KM that answers with its requests' numbers twice and then with its own was no echo from the start.
TEST(FromTheMiddle, AnAnswerThatFitsNothingMayBeTheMissingOne) {
  Scenario s;
  const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000", kMiddle);
  for (const std::uint32_t id : {20U, 30U}) {
    s.km(c, 0x1403, id, kFromAToZ);
    s.ctl(c, 0x4104, id, kRoute);
  }
  s.km(c, 0x1406, 40, R"({"Application source ID":"a","Application destination ID":"b"})");
  s.ctl(c, 0x4107, 99, R"({"Session ID":"S","Response":"success","Destination KM ID":"KM-2"})");
  s.wait(40);
  const auto silent =
      s.km(c, 0x1406, 50, R"({"Application source ID":"c","Application destination ID":"d"})");
  s.wait(40);
  s.km(c, 0x1403, 60, kFromAToZ);
  s.finish();
  const Slugs found = s.findings(Severity::warning);
  Slugs unanswered;
  for (const std::string& one : found)
    if (one.rfind("unanswered-request", 0) == 0) unanswered.push_back(one);
  ASSERT_FALSE(unanswered.empty());
  EXPECT_EQ(unanswered.back(), "unanswered-request@" + std::to_string(silent));
  for (const std::string& one : unanswered) EXPECT_NE(one, "unanswered-request@6");
}

/// Nothing of the destination KM was captured: whether it had answered is not known.
TEST(OneSided, APrematureResponseIsUndecidable) {
  for (const bool hidden : {false, true}) {
    Scenario s;
    const auto source = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    const auto destination = s.connect("10.0.0.2:4000", "10.9.0.1:9000");
    s.km(source, 0x1406, 1, R"({"Application source ID":"a","Application destination ID":"b"})");
    s.ctl(
        destination, 0x4108, 1,
        R"({"Application source ID":"a","Application destination ID":"b","Session ID":"S","Source KM ID":"KM-1"})");
    const auto early =
        s.ctl(source, 0x4107, 1, R"({"Session ID":"S","Response":"success","Destination KM ID":"KM-2"})");
    if (hidden) s.event(destination, 0, StreamEventKind::hole_seen, 0);
    s.finish();
    EXPECT_EQ(s.findings(), hidden ? Slugs{} : Slugs{"premature-session-response@" + std::to_string(early)});
    EXPECT_EQ(s.count(Rule::premature_session_response).undecidable, hidden ? 1U : 0U);
  }
}

/// Two open requests, two answers by numbers of their own that name nothing: neither pair is sure, and what
/// the second answer names is not held against the request that was left over.
TEST(Ambiguous, TheLastOfABatchIsTooUnsureToJudge) {
  for (const bool both : {false, true}) {
    Scenario s;
    const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    if (both) s.km(c, 0x1401, 10, R"({"Source KMA ID":"A","Destination KMA ID":"Y"})");
    s.km(c, 0x1401, 11, R"({"Source KMA ID":"A","Application destination ID":"App"})");
    if (both) s.ctl(c, 0x4102, 500, R"({"Next KMA IDs":["Y"]})");
    const auto last = s.ctl(c, 0x4102, 501, R"({"Next KMA IDs":["A"]})");
    s.finish();
    Slugs loops;
    for (const std::string& one : s.findings(Severity::error))
      if (one.rfind("relay-loop", 0) == 0) loops.push_back(one);
    EXPECT_EQ(loops, both ? Slugs{} : Slugs{"relay-loop@" + std::to_string(last)});
  }
}

/// The next sign of a connection comes long after the time-out, and says that bytes are missing: events of
/// two connections in front of one message.
TEST(Hole, ThatShowsBehindTheTimeOutMayHaveHeldTheAnswer) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl), d = s.connect("10.0.0.2:4000", kCtl);
  s.km(c, 0x1406, 1, kSession);
  s.km(d, 0x1406, 1, kSession);
  s.wait(60);
  s.event(d, 1, StreamEventKind::hole_seen);
  s.event(c, 1, StreamEventKind::hole_seen);
  s.km(c, 0x1401, 2, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
  EXPECT_EQ(s.findings(), Slugs{});
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_GE(s.count(Rule::unanswered_request).undecidable, 2U);
}

/// Near miss: nothing is missing.
TEST(Hole, ThatIsNoneHeldNoAnswer) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  const auto asked = s.km(c, 0x1406, 1, kSession);
  s.wait(60);
  s.km(c, 0x1401, 2, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
  EXPECT_EQ(s.findings(), Slugs{"unanswered-request@" + std::to_string(asked)});
}

}  // namespace
}  // namespace ck::audit
