// A connection that was captured on both sides of an address translator counts once, and another one never.
#include <gtest/gtest.h>

#include "sample_payloads.h"

namespace ck::audit {
namespace {

constexpr auto kInner = "10.0.0.1:4000", kOuter = "192.0.2.1:61000", kTo = "10.9.0.1:9000";

/// The outer side has the SYN one frame later, and its answer two frames earlier.
struct Story {
  std::array<std::uint32_t, 2> inner{0x1234'5678, 0x9abc'def0}, outer = inner;
  std::uint64_t inner_answer = 9, outer_answer = 7;
  const char *from = kOuter, *to = kTo;
  std::uint32_t capture = 0;
  double apart = 0;  ///< seconds
};

/// A key is reserved; whatever is sent is told of both connections.
void play(Scenario& s, const Story& story) {
  const auto in = s.connect(kInner, kTo, {.syns = SynPair{story.inner, story.inner_answer}});
  s.wait(story.apart);
  const auto out = s.connect(story.from, story.to,
                             {.capture = story.capture, .syns = SynPair{story.outer, story.outer_answer}});
  for (const auto c : {out, in}) s.ctl(c, 0x410A, 1, std::string("{") + kEnds + "}");
  for (const auto c : {in, out}) s.km(c, 0x140B, 1, R"({"Key IDs":"k","Response":0})");
  for (const auto c : {in, out}) s.close(c);
  s.finish();
}

void expect_one(const Story& story, bool one) {
  Scenario s;
  play(s, story);
  EXPECT_EQ(s.totals.translated_connections, one ? 1U : 0U);
  EXPECT_EQ(s.heard.connections.size(), one ? 1U : 2U);
  EXPECT_EQ(s.heard.messages.size(), one ? 2U : 4U);
  EXPECT_EQ(s.heard.reservations.size(), one ? 1U : 2U);
}

TEST(Translations, WhatIsSeenOnBothSidesOfATranslatorCountsOnce) {
  Scenario s;
  play(s, {});
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.totals.translated_connections, 1U);
  EXPECT_EQ(s.heard.connections.size(), 1U);
  ASSERT_EQ(s.heard.messages.size(), 2U);
}

TEST(Translations, EitherEndMayBeTranslatedOrBoth) {
  expect_one({.to = "10.9.0.7:443"}, true);
  expect_one({.from = kInner, .to = "10.9.0.7:443"}, true);
}

TEST(Translations, OneOfAnotherCaptureIsAnother) {
  expect_one({.capture = 1}, false);
}

TEST(Translations, OtherSequenceNumbersAreOtherConnections) {
  expect_one({.outer = {0x1234'5678, 0x9abc'def1}}, false);
  expect_one({.outer = {0x1234'5679, 0x9abc'def0}}, false);
}

/// One handshake behind the other, or answered in the order of the SYNs: no translator stands between them.
TEST(Translations, HandshakesThatDoNotEncloseOneAnotherAreTwo) {
  expect_one({.inner_answer = 3, .outer_answer = 7}, false);
}

/// The first SYNs may be lost between the two sides: Linux sends the last one 63 s behind them (RFC 6298).
/// And the outer side's clock may be two hours behind.
TEST(Translations, NoTimeIsAskedFor) {
  expect_one({.apart = 63}, true);
  expect_one({.apart = -7200}, true);
}

TEST(Translations, NumbersThatSomebodyMadeUpTellNothing) {
  expect_one({.inner = {1000, 0x9abc'def0}}, false);
  expect_one({.inner = {0x1234'5678, 0}}, false);
}

TEST(Translations, BetweenTheSameEndsItIsAnother) {
  expect_one({.from = kInner}, false);
}

/// Of two connections of a KM, the one is checked as the inner side has it, and the other as the outer one
/// has: whose the answer on the second is cannot be told.
TEST(Translations, WhatIsCheckedAsEitherSideHasItIsNotAllOfIt) {
  for (const bool mixed : {true, false}) {
    Scenario s;
    const auto first_in = s.connect(kInner, kTo, {.syns = SynPair{{0x1234'5678, 0x9abc'def0}, 9}});
    const auto first_out = s.connect(kOuter, kTo, {.syns = SynPair{{0x1234'5678, 0x9abc'def0}, 7}});
    for (const auto c : {first_in, first_out}) s.km(c, 0x1401, 1, R"({"Destination KMA ID":"D"})");
    for (const auto c : {first_in, first_out}) s.close(c);
    const SynPair syns{{0x2345'6789, 0xabcd'ef01}, 20};
    const auto inner = [&] { return s.connect("10.0.0.1:4001", kTo, {.syns = syns}); };
    const auto second_in = mixed ? Scenario::Connection{} : inner();
    const auto second_out =
        s.connect("192.0.2.1:61001", kTo, {.syns = SynPair{syns.sequences, mixed ? 24U : 19U}});
    const auto late = mixed ? inner() : second_in;
    for (const auto c : {second_out, late}) s.ctl(c, 0x4102, 7, R"({"Next KMA IDs":["D"]})");
    s.finish();
    EXPECT_EQ(s.totals.translated_connections, 2U);
    EXPECT_EQ(s.findings(), Slugs{}) << mixed;
    EXPECT_EQ(s.heard.pairs.size(), mixed ? 0U : 1U);
  }
}

}  // namespace
}  // namespace ck::audit
