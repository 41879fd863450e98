// Times that run backwards, and messages without any: no response time, no duration, and no time-out.
#include <gtest/gtest.h>

#include <limits>

#include "sample_payloads.h"

namespace ck::audit {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr auto kReserve = R"({"Source KMA ID":"A","Destination KMA ID":"B"})";
constexpr auto kReserved = R"({"Source KMA ID":"A","Destination KMA ID":"B","Key IDs":"k1","Response":0})";

TEST(Time, ATimePassedIsNeverMoreThan64BitsHold) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(elapsed(3, 5), 2);
  EXPECT_EQ(elapsed(-kSecond, kLastTime - kSecond), kMost) << "just that much";
  EXPECT_EQ(elapsed(-kSecond, kLastTime), kMost);
  EXPECT_EQ(elapsed(kLastTime, -kSecond), -kMost);
  EXPECT_EQ(elapsed(kNoTime + 1, kLastTime), kMost);
  EXPECT_EQ(elapsed(kLastTime, kNoTime + 1), -kMost);
  EXPECT_EQ(elapsed(0, kLastTime), kLastTime);
  EXPECT_EQ(elapsed(kNoTime, kLastTime), std::nullopt);
  EXPECT_EQ(elapsed(kLastTime, kNoTime), std::nullopt);
}

/// 2262-04-11T23:47:16.854775807Z is the last nanosecond that 64 bits hold.
TEST(Time, SecondsTooFarOffAreNoTime) {
  EXPECT_EQ(time_since_epoch(1'700'000'000, 5), 1'700'000'000'000'000'005);
  EXPECT_EQ(time_since_epoch(-1, 999'999'999), -1);
  EXPECT_EQ(time_since_epoch(9'223'372'036, 854'775'807), kLastTime);
  EXPECT_EQ(time_since_epoch(9'223'372'036, 854'775'808), kNoTime);
  EXPECT_EQ(time_since_epoch(9'223'372'037, 0), kNoTime);
  EXPECT_EQ(time_since_epoch(std::numeric_limits<std::int64_t>::max(), 999'999'999), kNoTime);
  EXPECT_EQ(time_since_epoch(std::numeric_limits<std::int64_t>::min(), 0), kNoTime);
  EXPECT_EQ(time_since_epoch(-4'611'686'018, 0), -4'611'686'018 * kSecond);
  EXPECT_EQ(time_since_epoch(-4'611'686'019, 999'999'999), kNoTime);
}

TEST(Time, APairWhoseTimesRunBackwardsIsCountedAndNothingElse) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.ctl(c, 0x410A, 1, kReserve);
  s.wait(-7200);  // the clock is set back by two hours
  const std::uint64_t response = s.km(c, 0x140B, 1, kReserved);
  s.finish();
  EXPECT_EQ(s.pair_of(response), "message-id:2");
  ASSERT_EQ(s.heard.pairs.size(), 1U);
  EXPECT_EQ(s.heard.pairs[0].response_time_ns, std::nullopt);
  EXPECT_TRUE(s.heard.times.empty());
  ASSERT_EQ(s.heard.reservations.size(), 1U);
  EXPECT_EQ(s.heard.reservations[0].duration_ns, std::nullopt);
  EXPECT_EQ(s.totals.clock_steps, 1U);
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(Time, OthersOfTheConnectionCountAsEver) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.ctl(c, 0x410A, 1, kReserve);
  s.wait(-7200);
  s.km(c, 0x140B, 1, kReserved);
  s.ctl(c, 0x410A, 2, kReserve);
  s.km(c, 0x140B, 2, R"({"Source KMA ID":"A","Destination KMA ID":"B","Key IDs":"k2","Response":0})");
  s.finish();
  ASSERT_EQ(s.heard.times.size(), 1U);
  EXPECT_EQ(s.heard.times[0].count, 1U);
  EXPECT_EQ(s.heard.times[0].p50_ns, 1'000'000) << "a message takes a millisecond";
  ASSERT_EQ(s.heard.reservations.size(), 2U);
  EXPECT_EQ(s.heard.reservations[1].duration_ns, 1'000'000);
  EXPECT_EQ(s.totals.clock_steps, 1U);
}

TEST(Time, OfNoLengthIsNoStep) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.ctl(c, 0x410A, 1, kReserve);
  s.wait(-0.001);  // which the next message takes
  s.km(c, 0x140B, 1, kReserved);
  s.finish();
  EXPECT_EQ(s.totals.clock_steps, 0U);
  ASSERT_EQ(s.heard.times.size(), 1U);
  EXPECT_EQ(s.heard.times[0].max_ns, 0);
  EXPECT_EQ(s.heard.reservations[0].duration_ns, 0);
}

TEST(Time, ASetClockMakesNoRequestOverdue) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.wait(7200);
  s.ctl(c, 0x410A, 1, kReserve);
  s.wait(-7200);
  s.km(c, 0x140B, 1, kReserved);
  s.ctl(c, 0x410A, 2, kReserve);  // open when the capture ends, a millisecond later
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, 1U);
}

/// The KM's packets are stamped by a clock that is 40 s behind. A near miss: it is as fast, and took 40 s.
TEST(Time, TwoClocksInOneCaptureMakeNoRequestOverdue) {
  for (const bool two : {true, false}) {
    Scenario s;
    const auto c = s.connect(kMan, kCtl);
    const auto from_km = [&](bool km) {
      s.set_behind(km && two ? 40 : 0);
      s.wait(km ? -40 : 40);
    };
    from_km(true);
    const std::uint64_t asked = s.km(c, 0x1406, 1, kSession);
    from_km(false);
    s.ctl(c, 0x4107, 1, R"({"Session ID":"S","Response":"failed","Destination KM ID":"K"})");
    s.ctl(c, 0x410A, 2, kReserve);
    from_km(true);
    s.km(c, 0x140B, 2, kReserved);
    s.km(c, 0x1406, 3, kSession);  // open when the capture ends
    from_km(false);
    s.finish();
    EXPECT_EQ(s.findings(),
              two ? Slugs{} : (Slugs{at("unanswered-request", asked), at("unanswered-request", asked + 4)}));
    EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, two ? 1U : 0U);
    EXPECT_EQ(s.totals.clock_steps, two ? 2U : 1U);
    EXPECT_EQ(s.heard.times.size(), two ? 0U : 1U) << "what lies between two clocks is no time";
  }
}

/// A packet that is stamped two hours ahead, by another clock or wrongly, comes behind both requests: what
/// follows is two hours behind it, and shows that a moment has passed. A near miss: it shows 31 s.
TEST(Time, AStampFarAheadMakesNoRequestOverdue) {
  for (const bool late : {false, true}) {
    Scenario s;
    const auto c = s.connect(kMan, kCtl);
    const std::uint64_t answered = s.ctl(c, 0x410A, 1, kReserve);
    const std::uint64_t open = s.ctl(c, 0x410A, 2, kReserve);
    s.set_behind(7200);
    if (late) s.wait(31);
    s.km(c, 0x140B, 1, kReserved);
    s.finish();
    EXPECT_EQ(s.findings(),
              late ? (Slugs{at("unanswered-request", answered), at("unanswered-request", open)}) : Slugs{});
    EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, late ? 0U : 1U);
  }
}

TEST(Time, PassesAtLeastAsBothClocksShow) {
  const auto at = [](std::int64_t time_ns, std::uint32_t behind_s) {
    Position out(0, 1, time_ns);
    out.behind_s = behind_s;
    return out;
  };
  EXPECT_EQ(least_passed_ns(at(100, 0), at(107, 0)), 7);
  EXPECT_EQ(least_passed_ns(at(100, 0), at(107, 7200)), 7) << "what lies between may be another clock's";
  EXPECT_EQ(least_passed_ns(at(100, 0), at(0, 1)), kSecond - 100) << "the clock was set back";
  EXPECT_EQ(least_passed_ns(at(100, 9), at(9 * kSecond + 101, 0)), 1);
  EXPECT_EQ(least_passed_ns(at(100, 0), at(93, 0)), -7);
  EXPECT_EQ(least_passed_ns(at(kNoTime, 0), at(93, 0)), 0);
}

/// The destination KM's time to answer is not over, though its clock is another one: the failure is early.
TEST(Time, TwoClocksEndNoWaitForADestination) {
  for (const bool two : {true, false}) {
    Scenario s;
    const auto source = s.connect(kMan, kCtl), destination = s.connect("10.0.0.2:4000", kCtl);
    s.km(source, 0x1406, 1, ask(1));
    s.set_behind(two ? 40 : 0);
    s.wait(-40);
    s.ctl(destination, 0x4108, 2, notice("S", 1));
    s.set_behind(0);
    s.wait(40);
    const std::uint64_t failed = s.ctl(source, 0x4107, 1, created("S", "Failed"));
    s.finish();
    EXPECT_EQ(s.findings(Severity::error), two ? Slugs{at("premature-session-response", failed)} : Slugs{});
  }
}

/// Without a time: a request, an answer, or both.
TEST(Time, WhatHasNoneNeitherTimesOutNorCounts) {
  for (const bool request_has : {false, true}) {
    for (const bool response_has : {false, true}) {
      if (request_has && response_has) continue;
      Scenario s;
      const auto c = s.connect(kMan, kCtl);
      const std::int64_t known = s.now();
      const auto stamp = [&](bool has) { s.set_time(has ? known : kNoTime - 1'000'000); };
      stamp(request_has);
      s.ctl(c, 0x410A, 1, kReserve);
      stamp(response_has);
      s.km(c, 0x140B, 1, kReserved);
      s.set_time(known);
      s.finish();
      EXPECT_EQ(s.heard.pairs.size(), 1U);
      EXPECT_TRUE(s.heard.times.empty());
      EXPECT_EQ(s.heard.reservations[0].duration_ns, std::nullopt);
      EXPECT_EQ(s.totals.clock_steps, 0U);
      EXPECT_EQ(s.findings(), Slugs{});
      EXPECT_EQ(s.count(Rule::unanswered_request).checked, 1U);
    }
  }
}

TEST(Time, ARequestWithoutOneIsNotOverdueAndHidesNoneThatIs) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  const std::int64_t known = s.now();
  s.set_time(kNoTime - 1'000'000);
  s.ctl(c, 0x410A, 1, kReserve);
  s.set_time(known);
  s.ctl(c, 0x410A, 2, kReserve);  // frame 3
  s.wait(40);
  s.ctl(c, 0x410A, 3, kReserve);
  EXPECT_EQ(s.findings(), Slugs{"unanswered-request@3"});
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"unanswered-request@3"});
  EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, 2U);
}

TEST(Time, ACaptureWithoutAnyEndsQuietly) {
  Scenario s;
  s.set_time(kNoTime - 1'000'000);
  const auto c = s.connect(kMan, kCtl);
  s.set_time(kNoTime - 1'000'000);
  s.ctl(c, 0x410A, 1, kReserve);
  s.set_time(kNoTime);
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  ASSERT_EQ(s.heard.connections.size(), 1U);
  EXPECT_EQ(s.heard.connections[0].end_ns, kNoTime);
}

TEST(Time, ElapsedIsUnknownWhereOneEndIs) {
  EXPECT_EQ(elapsed(kSecond, 3 * kSecond), 2 * kSecond);
  EXPECT_EQ(elapsed(3 * kSecond, kSecond), -2 * kSecond);
  EXPECT_EQ(elapsed(kNoTime, 0), std::nullopt);
  EXPECT_EQ(elapsed(0, kNoTime), std::nullopt);
  EXPECT_EQ(elapsed(kNoTime, kNoTime), std::nullopt);
}

}  // namespace
}  // namespace ck::audit
