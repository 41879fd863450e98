// Unread bytes hide like a hole (packaging/doc/reading-q4164.md, "Slips"): what one side sent and nobody can
// read may have held requests, one for every 12 bytes, and as many answers of the other side are undecidable.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "scenario.h"

namespace ck::audit {
namespace {

constexpr Side kKm = 0, kController = 1;
constexpr std::string_view kAsk = R"({"Source KMA ID":"A","Destination KMA ID":"C"})";
constexpr std::string_view kNext = R"({"Source KMA ID":"A","Destination KMA ID":"C","Next KMA IDs":["B"]})";
constexpr std::string_view kForD = R"({"Source KMA ID":"A","Destination KMA ID":"D","Next KMA IDs":["B"]})";

class Unread : public testing::Test {
 protected:
  /// A faultless exchange shows who is who: frames 2 and 3, behind the connection's first.
  Unread() {
    s.km(c, 0x1401, 1, kAsk);
    s.ctl(c, 0x4102, 1, kNext);
  }
  void unread(Side side, StreamEventKind kind, std::uint64_t bytes) { s.event(c, side, kind, bytes); }
  std::vector<std::string> answers(int count) {
    for (int i = 0; i < count; ++i) s.ctl(c, 0x4102, 10 + static_cast<std::uint32_t>(i), kForD);
    s.finish();
    std::vector<std::string> out;
    for (const std::string& finding : s.findings()) {
      if (!finding.starts_with("malformed-frame")) out.push_back(finding.substr(0, finding.find('@')));
    }
    return out;
  }

  /// More than a response's time passes, and the connection is still used.
  void time_out() {
    s.wait(31);
    s.km(c, 0x1401, 99, kAsk);
    s.ctl(c, 0x4102, 99, kNext);
    s.finish();
  }

  Scenario s;
  Scenario::Connection c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
};

TEST_F(Unread, AnAnswerForEveryTwelveMalformedBytesIsUndecidable) {
  unread(kKm, StreamEventKind::malformed, 35);
  EXPECT_EQ(answers(3), (Slugs{"unsolicited-response"}));
  EXPECT_EQ(s.count(Rule::unsolicited_response).undecidable, 2u);
}

TEST_F(Unread, SkippedBytesHideTheSame) {
  unread(kKm, StreamEventKind::skipped, 24);
  EXPECT_EQ(answers(2), Slugs{});
}

TEST_F(Unread, ElevenBytesHoldNoRequest) {
  unread(kKm, StreamEventKind::malformed, 11);
  EXPECT_EQ(answers(1), (Slugs{"unsolicited-response"}));
}

TEST_F(Unread, TheRespondersOwnBytesExcuseNothing) {
  unread(kController, StreamEventKind::malformed, 120);
  EXPECT_EQ(answers(1), (Slugs{"unsolicited-response"}));
}

TEST_F(Unread, AnAnswerThatComesTwiceMayBeTheAnswerToAnother) {
  unread(kKm, StreamEventKind::malformed, 12);
  s.ctl(c, 0x4102, 1, kNext);
  s.ctl(c, 0x4102, 1, kNext);
  s.finish();
  EXPECT_EQ(s.findings(), (Slugs{"malformed-frame@4", "duplicate-response@6"}));
  EXPECT_EQ(s.count(Rule::duplicate_response).undecidable, 1u);
}

/// Behind a hole, what one side sent may be told behind the answer to it. Its frame is the earlier one.
TEST_F(Unread, ARequestThatIsToldBehindItsAnswerIsNotUnanswered) {
  s.gap(c, kController);
  s.set_frame(9);
  s.km(c, 0x140B, 7, R"({"Source KMA ID":"A","Destination KMA ID":"C","Key IDs":["K"],"Response":0})");
  s.set_frame(8);
  s.ctl(c, 0x410A, 7, R"({"Source KMA ID":"A","Destination KMA ID":"C"})");
  time_out();
  EXPECT_EQ(s.count(Rule::unanswered_request).violated, 0u);
  EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, 1u);
}

TEST_F(Unread, ARequestBehindAnAnswerToAnotherIsUnanswered) {
  s.gap(c, kController);
  s.set_frame(8);
  s.km(c, 0x140B, 7, R"({"Source KMA ID":"A","Destination KMA ID":"C","Key IDs":["K"],"Response":0})");
  s.ctl(c, 0x410A, 7, R"({"Source KMA ID":"A","Destination KMA ID":"C"})");
  time_out();
  EXPECT_EQ(s.count(Rule::unanswered_request).violated, 1u);
}

TEST_F(Unread, ARequestInsideAPayloadThatIsNoJsonIsHiddenToo) {
  // Its Length takes the next frame in: 10 bytes of header, and {}.
  std::string swallowed = std::string(kAsk) + std::string("\0\1\0\0\0\3\x14\1\0\2{}", 12);
  s.km(c, 0x1401, 2, swallowed);
  s.ctl(c, 0x4102, 2, kNext);
  EXPECT_EQ(answers(1), (Slugs{"malformed-payload"}));
}

TEST_F(Unread, KeysMayHaveBeenReservedThere) {
  unread(kKm, StreamEventKind::malformed, 40);
  s.ctl(c, 0x410C, 9, R"({"Source KMA ID":"A","Destination KMA ID":"C","Key IDs":[{"Key ID":"K"}]})");
  s.km(c, 0x140D, 9,
       R"({"Source KMA ID":"A","Destination KMA ID":"C","Key IDs":[{"Key ID":"K"}],"Response":0})");
  s.finish();
  EXPECT_EQ(s.findings(), (Slugs{"malformed-frame@4"}));
}

/// What may have come in between, for rules on what happened before.
class UnreadBetween : public Unread {
 protected:
  void reserve(std::uint32_t id) {
    s.ctl(c, 0x410A, id, R"({"Source KMA ID":"A","Destination KMA ID":"C"})");
    s.km(c, 0x140B, id, R"({"Source KMA ID":"A","Destination KMA ID":"C","Key IDs":["K"],"Response":0})");
  }
  void allocate(std::uint32_t id) {
    s.ctl(c, 0x410C, id, R"({"Source KMA ID":"A","Destination KMA ID":"C","Key IDs":[{"Key ID":"K"}]})");
    s.km(c, 0x140D, id,
         R"({"Source KMA ID":"A","Destination KMA ID":"C","Key IDs":[{"Key ID":"K"}],"Response":0})");
  }
  void relay(std::uint32_t id, std::string_view destination, std::string_view name = "R") {
    s.km(c, 0x1403, id, fmt::format(R"({{"Source KMA ID":"A","Destination KMA ID":"{}"}})", destination));
    s.ctl(c, 0x4104, id,
          fmt::format(R"({{"Source KMA ID":"A","Destination KMA ID":"{}","Transit KMA IDs":[],)"
                      R"("Key relay request ID":"{}"}})",
                      destination, name));
  }
  std::vector<std::string> errors() {
    s.finish();
    std::vector<std::string> out;
    for (const Finding& finding : s.heard.findings) {
      const std::string_view slug = rule(finding.rule).slug;
      if (slug != "malformed-frame" && slug != "unanswered-request" && slug != "type-variant")
        out.emplace_back(slug);
    }
    return out;
  }
};

TEST_F(UnreadBetween, AKeyMayHaveBeenReservedAgain) {
  reserve(10);
  allocate(11);
  unread(kKm, StreamEventKind::malformed, 40);
  allocate(12);
  EXPECT_EQ(errors(), Slugs{});
  EXPECT_EQ(s.count(Rule::key_double_allocated).undecidable, 1u);
}

TEST_F(UnreadBetween, NotInBytesThatCameBefore) {
  unread(kKm, StreamEventKind::malformed, 40);
  reserve(10);
  allocate(11);
  allocate(12);
  EXPECT_EQ(errors(), (Slugs{"key-double-allocated"}));
}

TEST_F(UnreadBetween, AKeyMayHaveBeenAllocated) {
  reserve(10);
  unread(kController, StreamEventKind::malformed, 40);
  reserve(11);
  EXPECT_EQ(errors(), Slugs{});
  EXPECT_EQ(s.count(Rule::key_double_reserved).undecidable, 1u);
}

TEST_F(UnreadBetween, ElevenBytesAllocateNothing) {
  reserve(10);
  unread(kController, StreamEventKind::malformed, 11);
  reserve(11);
  EXPECT_EQ(errors(), (Slugs{"key-double-reserved"}));
}

TEST_F(UnreadBetween, ARelayMayHaveCompleted) {
  relay(10, "C");
  unread(kKm, StreamEventKind::skipped, 40);
  relay(11, "D");
  EXPECT_EQ(errors(), Slugs{});
}

TEST_F(UnreadBetween, ARelayThatIsOpenIsOpen) {
  relay(10, "C");
  relay(11, "D");
  EXPECT_EQ(errors(), (Slugs{"relay-request-id-reused"}));
}

/// A 0x1406 for three keys is read, and one for five is not; the 0x4108 is for five.
void sessions_of(Scenario& s, Scenario::Connection c, std::uint64_t unread) {
  const auto d = s.connect("10.0.0.2:4000", "10.9.0.1:9000");
  s.km(c, 0x1406, 5, R"({"Application source ID":"a","Application destination ID":"b","Number of keys":3})");
  if (unread != 0) s.event(c, kKm, StreamEventKind::malformed, unread);
  s.ctl(d, 0x4108, 9,
        R"({"Application source ID":"a","Application destination ID":"b","Session ID":"S",)"
        R"("Source KM ID":"m","Number of keys":5})");
  s.km(d, 0x1409, 9, R"({"Session ID":"S","Response":"success"})");
  s.ctl(c, 0x4107, 40, R"({"Session ID":"S","Response":"success","Destination KM ID":"n"})");
}

TEST_F(UnreadBetween, ASessionMayHaveBeenAskedForWithOtherParameters) {
  sessions_of(s, c, 80);
  EXPECT_EQ(errors(), Slugs{});
  EXPECT_EQ(s.count(Rule::session_parameters_changed).undecidable, 1u);
}

TEST_F(UnreadBetween, ElevenBytesAskForNoSession) {
  sessions_of(s, c, 11);
  EXPECT_EQ(errors(), (Slugs{"session-parameters-changed"}));
}

/// A 0x1405 that answers, by its MessageID, the 0x4104 of relay(id, …).
constexpr std::string_view kNotJson = R"({"Response":"succ)";

TEST_F(UnreadBetween, AnAnswerThatCannotBeReadMayHaveEndedItsRelay) {
  relay(10, "C");
  s.km(c, 0x1405, 10, kNotJson);
  relay(11, "D");
  EXPECT_EQ(errors(), (Slugs{"malformed-payload"}));
  EXPECT_EQ(s.count(Rule::relay_request_id_reused).undecidable, 1u);
}

TEST_F(UnreadBetween, SoMayOneThatIsNoObject) {
  relay(10, "C");
  s.km(c, 0x1405, 10, "[]");
  relay(11, "D");
  EXPECT_EQ(errors(), (Slugs{"payload-not-object"}));
  EXPECT_EQ(s.count(Rule::relay_request_id_reused).undecidable, 1u);
}

TEST_F(UnreadBetween, OneThatCanBeReadAndSaysNothingEndsNoRelay) {
  relay(10, "C");
  s.km(c, 0x1405, 10, R"({"Key relay request ID":"R","Response":"perhaps"})");
  relay(11, "D");
  EXPECT_EQ(errors(), (Slugs{"relay-request-id-reused"}));
}

TEST_F(UnreadBetween, TheAnswerOfAnotherRelayEndsThisOneNot) {
  relay(10, "C", "R1");
  relay(11, "D", "R2");
  s.km(c, 0x1405, 10, kNotJson);
  s.km(c, 0x1405, 11, R"({"Key relay request ID":"R2","Response":"success"})");
  relay(12, "E", "R3");
  relay(13, "F", "R3");
  relay(14, "G", "R1");
  EXPECT_EQ(errors(), (Slugs{"malformed-payload", "relay-request-id-reused"}));
  EXPECT_EQ(s.count(Rule::relay_request_id_reused).undecidable, 1u) << "the one that it ended, perhaps";
}

TEST_F(UnreadBetween, ARelayThatIsRoutedAnewIsOpenAgain) {
  relay(10, "C");
  s.km(c, 0x1405, 10, kNotJson);
  relay(11, "D");  // undecidable; from here on the ID is this relay's
  relay(12, "E");
  EXPECT_EQ(errors(), (Slugs{"malformed-payload", "relay-request-id-reused"}));
}

TEST_F(UnreadBetween, WhoseAnswerThatIsCannotAlwaysBeTold) {
  relay(10, "C", "R1");
  relay(11, "D", "R2");
  s.km(c, 0x1405, 99, kNotJson);  // of either relay
  relay(12, "E", "R1");
  relay(13, "F", "R2");
  EXPECT_EQ(errors(), (Slugs{"malformed-payload"}));
  EXPECT_EQ(s.count(Rule::relay_request_id_reused).undecidable, 2u);
}

TEST_F(UnreadBetween, AMessageThatIsCutOffMayHaveReservedKeys) {
  unread(kKm, StreamEventKind::truncated_message, 40);
  allocate(10);
  EXPECT_EQ(errors(), (Slugs{"truncated-message"}));
}

/// A frame of 12 bytes, the smallest, may be among bytes of the other side that are there and not told yet.
class OnItsWay : public UnreadBetween {
 protected:
  /// What is found, and how often the rule was undecidable, with so many bytes on their way during `story`.
  template <typename Story>
  std::pair<Slugs, std::uint64_t> with(std::uint64_t bytes, Rule rule, Story story) {
    s.on_its_way(bytes);
    story();
    Slugs slugs = errors();
    return {slugs, s.count(rule).undecidable};
  }
};

TEST_F(OnItsWay, TheEndOfARelay) {
  relay(10, "C");
  const auto [found, undecidable] = with(12, Rule::relay_request_id_reused, [&] { relay(11, "D"); });
  EXPECT_EQ(found, Slugs{});
  EXPECT_EQ(undecidable, 1u);
}

TEST_F(OnItsWay, ElevenBytesEndNoRelay) {
  relay(10, "C");
  const auto [found, undecidable] = with(11, Rule::relay_request_id_reused, [&] { relay(11, "D"); });
  EXPECT_EQ(found, (Slugs{"relay-request-id-reused"}));
  EXPECT_EQ(undecidable, 0u);
}

TEST_F(OnItsWay, ARelayRequest) {
  relay(10, "C");
  const auto [found, undecidable] = with(12, Rule::unknown_relay_request, [&] {
    s.km(c, 0x1405, 10, R"({"Key relay request ID":"X","Response":"success"})");
  });
  EXPECT_EQ(found, Slugs{});
  EXPECT_EQ(undecidable, 1u);
}

TEST_F(OnItsWay, ElevenBytesRequestNoRelay) {
  relay(10, "C");
  const auto [found, undecidable] = with(11, Rule::unknown_relay_request, [&] {
    s.km(c, 0x1405, 10, R"({"Key relay request ID":"X","Response":"success"})");
  });
  EXPECT_EQ(found, (Slugs{"unknown-relay-request"}));
  EXPECT_EQ(undecidable, 0u);
}

TEST_F(OnItsWay, AReservation) {
  const auto [found, undecidable] = with(12, Rule::allocation_of_unreserved_key, [&] { allocate(10); });
  EXPECT_EQ(found, Slugs{});
  EXPECT_EQ(undecidable, 1u);
}

TEST_F(OnItsWay, ElevenBytesReserveNothing) {
  const auto [found, undecidable] = with(11, Rule::allocation_of_unreserved_key, [&] { allocate(10); });
  EXPECT_EQ(found, (Slugs{"allocation-of-unreserved-key"}));
  EXPECT_EQ(undecidable, 0u);
}

TEST_F(OnItsWay, AnAllocation) {
  reserve(10);
  const auto [found, undecidable] = with(12, Rule::key_double_reserved, [&] { reserve(11); });
  EXPECT_EQ(found, Slugs{});
  EXPECT_EQ(undecidable, 1u);
}

TEST_F(OnItsWay, ARequestIsAnsweredOnce) {
  s.on_its_way(12);
  EXPECT_EQ(answers(2), (Slugs{"unsolicited-response"}));
  EXPECT_EQ(s.count(Rule::unsolicited_response).undecidable, 1u);
}

TEST_F(Unread, ASlipIsToldOnceASideAndSlipAndCountedEachTime) {
  StreamEvent event;
  event.kind = StreamEventKind::slipped;
  event.connection = c;
  event.side = kKm;
  event.bytes = 1;
  event.slip = &slip(SlipId::nul_behind);
  for (int i = 0; i < 3; ++i) s.audit.event(event);
  event.slip = &slip(SlipId::lf_behind);
  s.audit.event(event);
  event.side = kController;
  s.audit.event(event);
  s.finish();
  ASSERT_EQ(s.heard.findings.size(), 3u);
  EXPECT_EQ(
      s.heard.findings[0].text,
      "a NUL stands behind the frame, where a frame ends with the last byte of its payload; the frame is "
      "read as it was meant");
  EXPECT_EQ(s.count(Rule::malformed_frame).violated, 5u);
}

// A message with an unlisted code may have been meant as any other: as a request, as the reservation of a
// key.

TEST(Unlisted, ARequestHasOneAnswer) {
  for (const std::uint32_t id : {5U, 9U}) {
    Scenario s;
    const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    const std::string unlisted = std::to_string(s.km(c, 0x1411, 5, kAsk));
    const std::string first = std::to_string(s.ctl(c, 0x4102, id, kNext));
    const std::string second = std::to_string(s.ctl(c, 0x4102, 5, kForD));
    s.finish();
    Slugs expected{"unknown-command@" + unlisted};
    expected.push_back(id == 5 ? "duplicate-response@" + second : "unsolicited-response@" + first);
    EXPECT_EQ(s.findings(Severity::error), expected);
  }
}

TEST(Unlisted, WhatItNamesMayBeGoneOnWith) {
  for (const bool named : {true, false}) {
    Scenario s;
    const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    s.ctl(c, 0x410A, 1, kAsk);
    s.km(c, 0x140B, 1, R"({"Response":1})");
    const std::string unlisted =
        std::to_string(s.km(c, 0x140E, 2, named ? R"({"Key IDs":"k","Response":0})" : R"({"Response":0})"));
    const std::string asked = std::to_string(
        s.ctl(c, 0x410C, 2, R"({"Source KMA ID":"A","Destination KMA ID":"C","Key IDs":[{"Key ID":"k"}]})"));
    s.km(c, 0x140D, 2, R"({"Response":0})");
    const std::string notice =
        R"({"Session ID":"S","Application source ID":"a","Application destination ID":"b",)"
        R"("Source KM ID":"KM-1"})";
    const std::string told = std::to_string(s.ctl(c, 0x4120, 3, named ? notice : "{}"));
    const std::string accepted = std::to_string(s.km(c, 0x1409, 3, R"({"Session ID":"S","Response":"OK"})"));
    s.finish();
    Slugs expected{"unknown-command@" + unlisted};
    if (!named) expected.push_back("allocation-of-unreserved-key@" + asked);
    expected.push_back("unknown-command@" + told);
    if (!named) expected.push_back("unknown-session@" + accepted);
    EXPECT_EQ(s.findings(Severity::error), expected);
  }
}

// What a request names besides its table is its sender's fault alone.
TEST(Unlisted, AParameterOfARequestIsHeldAgainstNoAnswer) {
  for (const bool listed : {false, true}) {
    Scenario s;
    const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    const auto asked =
        s.km(c, 0x1406, 1,
             R"({"Application source ID":"a","Application destination ID":"b","Destination KM ID":"odd"})");
    const auto told = s.ctl(
        c, 0x4108, 1,
        R"({"Session ID":"S","Application source ID":"a","Application destination ID":"b","Source KM ID":"KM-1"})");
    s.km(c, 0x1409, 1, R"({"Session ID":"S","Response":"OK"})");
    // Table 7 does not list the applications, but where an answer names one its request says which.
    const auto answer = s.ctl(
        c, 0x4107, 1,
        listed
            ? R"({"Session ID":"S","Response":"OK","Destination KM ID":"KM-1","Application source ID":"x"})"
            : R"({"Session ID":"S","Response":"OK","Destination KM ID":"KM-1"})");
    s.finish();
    (void)told;
    Slugs expected{"unexpected-parameter@" + std::to_string(asked)};
    if (listed) expected.push_back("unexpected-parameter@" + std::to_string(answer));
    if (listed) expected.push_back("response-mismatch@" + std::to_string(answer));
    Slugs found = s.findings();
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(found, expected);
  }
}

}  // namespace
}  // namespace ck::audit
