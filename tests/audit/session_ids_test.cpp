// Session IDs: used again, foreign, and what they join.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "two_kms.h"

namespace ck::audit {
namespace {

TEST_F(Two, SessionIdReusedByOtherApplications) {
  ask(1, "ab");
  notify(1, "S", "ab");
  accept(1, "S");
  answer(1, "S");
  const auto frame = notify(2, "S", "xy");
  EXPECT_EQ(s.findings(), Slugs{"session-id-reused@" + std::to_string(frame)});
}

TEST_F(Two, SessionIdReusedInTwoResponses) {
  ask(1, "ab");
  answer(1, "S");
  ask(2, "xy");
  const auto frame = answer(2, "S");
  EXPECT_EQ(s.findings(), Slugs{"session-id-reused@" + std::to_string(frame)});
}

/// The destination KM may have refused the first session where nothing was captured.
TEST_F(Two, SessionIdOfASessionThatMayHaveFailedUnseenIsNotReused) {
  notify(1, "S", "ab");
  s.gap(destination, 0);
  notify(2, "S", "xy");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::session_id_reused).undecidable, 1U);
}

/// The controller numbers its responses on its own and answers the second request first; the notifications
/// tell later whose the Session IDs are.
TEST_F(Two, SessionIdThatAnAmbiguousAnswerGaveIsNotReused) {
  ask(1, "ab");
  ask(2, "xy");
  answer(1, "T");
  answer(2, "S");
  notify(1, "S", "ab");
  notify(2, "T", "xy");
  accept(1, "S");
  accept(2, "T");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_GE(s.count(Rule::session_id_reused).undecidable, 1U);
}

TEST_F(Two, SessionIdThatACertainAnswerGaveIsReused) {
  ask(1, "ab");
  answer(1, "S");
  const auto frame = notify(1, "S", "xy");
  EXPECT_EQ(s.findings(), Slugs{"session-id-reused@" + std::to_string(frame)});
}

/// Another KM asked for the same applications, and neither that nor its notification is there (yet). The near
/// miss: all was captured that anybody said.
TEST_F(Two, AnswerWithAnIdThatNobodyWasToldMayTellOfASessionThatWasNotCaptured) {
  for (const bool lost : {true, false}) {
    Scenario t;
    const auto from = t.connect("10.0.0.1:4000", "10.9.0.1:9000");
    const auto to = t.connect("10.0.0.2:4000", "10.9.0.1:9000");
    const auto third = t.connect("10.0.0.3:4000", "10.9.0.1:9000");
    t.km(third, 0x1401, 1, R"({"Source KMA ID":"C","Destination KMA ID":"D"})");
    t.ctl(third, 0x4102, 1, R"({"Next KMA IDs":["D"]})");
    t.km(from, 0x1406, 1, "{" + applications("ab") + "}");
    t.ctl(to, 0x4108, 1, "{" + applications("ab") + R"(,"Session ID":"S-1","Source KM ID":"m"})");
    t.km(to, 0x1409, 1, R"({"Session ID":"S-1","Response":"success"})");
    if (lost) t.event(third, 0, StreamEventKind::hole_seen, 0);
    const auto frame =
        t.ctl(from, 0x4107, 1, R"({"Session ID":"S-2","Response":"success","Destination KM ID":"m"})");
    t.finish();
    EXPECT_EQ(t.findings(Severity::error),
              lost ? Slugs{} : Slugs{"response-mismatch@" + std::to_string(frame)});
  }
}

TEST_F(Two, AnswerWithAnothersSessionIdIsAMismatch) {
  const auto third = s.connect("10.0.0.3:4000", "10.9.0.1:9000");
  ask(1, "ab");
  notify(1, "S", "ab");
  accept(1, "S");
  s.km(third, 0x1406, 1, "{" + applications("xy") + "}");
  notify(2, "T", "xy");
  accept(2, "T");
  const auto frame = answer(1, "T");
  s.ctl(third, 0x4107, 1, R"({"Session ID":"T","Response":"success","Destination KM ID":"KM-2"})");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"response-mismatch@" + std::to_string(frame)})
      << "T was x's and y's all along";
  EXPECT_EQ(name_of(s.heard.sessions[1].state), "established");
}

TEST_F(Two, SessionIdMayBeUsedAgainAfterAFailure) {
  ask(1, "ab");
  notify(1, "S", "ab");
  accept(1, "S", "failed");
  answer(1, "S", "failed");
  notify(2, "S", "xy");
  EXPECT_EQ(s.findings(), Slugs{});
}

constexpr auto kCutResponse = R"({"Response":"fai)";

TEST_F(Two, AnAnswerThatCannotBeReadMaySayThatTheSessionFailed) {
  ask(1, "ab");
  notify(1, "S", "ab");
  s.km(destination, 0x1409, 1, kCutResponse);
  notify(2, "S", "xy");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{"malformed-payload@5"});
  EXPECT_EQ(s.count(Rule::session_id_reused).undecidable, 1U);
}

TEST_F(Two, SoMayTheResponseToItsRequest) {
  ask(1, "ab");
  notify(1, "S", "ab");
  accept(1, "S");
  s.ctl(source, 0x4107, 1, "[]");
  notify(2, "S", "xy");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{"payload-not-object@6"});
  EXPECT_EQ(s.count(Rule::session_id_reused).undecidable, 1U);
}

TEST_F(Two, WhatTheRequestWasToldCountsAndCanBeRead) {
  ask(1, "ab");
  notify(1, "S", "ab");
  s.km(destination, 0x1409, 1, kCutResponse);
  answer(1, "S");  // established
  const auto frame = notify(2, "S", "xy");
  EXPECT_EQ(s.findings(Severity::error),
            (Slugs{"malformed-payload@5", "session-id-reused@" + std::to_string(frame)}));
}

TEST_F(Two, TheUnreadAnswerOfAnotherSessionFailsThisOneNot) {
  notify(1, "S", "ab");
  accept(1, "S");
  notify(2, "T", "cd");
  s.km(destination, 0x1409, 2, kCutResponse);
  const auto frame = notify(3, "S", "xy");
  EXPECT_EQ(s.findings(Severity::error),
            (Slugs{"malformed-payload@6", "session-id-reused@" + std::to_string(frame)}));
}

/// So many bytes of the notified KM are there and not told yet, while a third KM is notified.
void notify_third(Two& two, std::uint64_t bytes) {
  const auto third = two.s.connect("10.0.0.3:4000", "10.9.0.3:9000");
  two.notify(1, "S", "ab");
  two.s.on_its_way(bytes);
  two.notify(2, "T", "cd");
  two.s.on_its_way(0);
  two.s.ctl(third, 0x4108, 1, "{" + Two::applications("xy") + R"(,"Session ID":"S","Source KM ID":"KM-1"})");
  two.s.finish();
}

TEST_F(Two, AFailureMayBeOnItsWay) {
  notify_third(*this, 12);
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::session_id_reused).undecidable, 1U);
}

TEST_F(Two, ElevenBytesFailNoSession) {
  notify_third(*this, 11);
  EXPECT_EQ(s.findings(Severity::error), Slugs{"session-id-reused@6"});
}

/// Bytes that are held back, or were not captured, behind the notification.
TEST_F(Two, AFailureMayBeMissing) {
  notify(1, "S", "ab");
  s.event(destination, 0, StreamEventKind::hole_seen, 0);
  const auto third = s.connect("10.0.0.3:4000", "10.9.0.3:9000");
  s.ctl(third, 0x4108, 1, "{" + applications("xy") + R"(,"Session ID":"S","Source KM ID":"KM-1"})");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::session_id_reused).undecidable, 1U);
}

struct TwoOthers : Two {
  void TestBody() override {}
};

/// Both of its requests were answered: nothing that is missing later, anywhere, can say that it failed. One
/// of which either answer is not there may have failed.
TEST_F(Two, AnEstablishedSessionCannotHaveFailedInMissingBytes) {
  for (const bool answered : {true, false}) {
    for (const bool accepted : {true, false}) {
      TwoOthers two;
      two.ask(1, "ab");
      two.notify(1, "S", "ab");
      if (accepted) two.accept(1, "S");
      if (answered) two.answer(1, "S");
      const auto stranger = two.s.connect("10.0.0.7:4000", "10.9.0.7:9000");
      two.s.km(stranger, 0x1401, 1, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
      two.s.gap(stranger, 0);
      const auto frame = two.notify(2, "S", "xy");
      const std::string reused = "session-id-reused@" + std::to_string(frame);
      const Slugs found = two.s.findings(Severity::error);
      EXPECT_EQ(std::count(found.begin(), found.end(), reused), answered && accepted ? 1 : 0);
    }
  }
}

TEST_F(Two, NotInBytesThatAreMissingBeforeIt) {
  notify(1, "T", "cd");
  s.event(destination, 0, StreamEventKind::hole_seen, 0);
  notify(2, "S", "ab");
  accept(2, "S");
  const auto frame = notify(3, "S", "xy");
  EXPECT_EQ(s.findings(Severity::error), Slugs{"session-id-reused@" + std::to_string(frame)});
}

TEST_F(Two, ANotificationMayBeOnItsWay) {
  notify(1, "S", "ab");
  s.on_its_way(12);
  accept(1, "X");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST_F(Two, ElevenBytesNotifyNothing) {
  notify(1, "S", "ab");
  s.on_its_way(11);
  accept(1, "X");
  EXPECT_EQ(s.findings(), Slugs{"unknown-session@4"});
}

TEST_F(Two, ARepeatedNotificationIsNoReuse) {
  ask(1, "ab");
  notify(1, "S", "ab");
  notify(2, "S", "ab");
  accept(1, "S");
  accept(2, "S");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.heard.sessions.size(), 1U);
}

TEST_F(Two, UnknownSessionAlone) {
  notify(1, "S");
  const auto frame = accept(1, "X");
  EXPECT_EQ(s.findings(), Slugs{"unknown-session@" + std::to_string(frame)});
}

TEST_F(Two, UnknownSessionIsPerAssociation) {
  notify(1, "S");
  const auto third = s.connect("10.0.0.3:4000", "10.9.0.2:9000");
  const auto frame = s.km(third, 0x1409, 1, R"({"Session ID":"S","Response":"success"})");
  EXPECT_EQ(s.findings(), Slugs{"unknown-session@" + std::to_string(frame)});
}

TEST_F(Two, UnknownSessionIsUndecidableAfterANotificationWithoutId) {
  s.ctl(destination, 0x4108, 1, "{" + applications("ab") + R"(,"Source KM ID":"KM-1"})");
  accept(1, "X");
  s.finish();
  EXPECT_EQ(s.count(Rule::unknown_session).undecidable, 1U);
  EXPECT_EQ(s.count(Rule::unknown_session).violated, 0U);
}

TEST_F(Two, WhichNotificationWasWhoseShowsAtTheResponse) {
  ask(1, "ab");  // session 1
  ask(2, "ab");  // session 2
  const auto first = notify(1, "S1");
  const auto second = notify(2, "S2");
  accept(1, "S1");
  accept(2, "S2");
  answer(1, "S2");  // so the second notification is the first session's
  answer(2, "S1");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  ASSERT_EQ(s.heard.sessions.size(), 2U);
  EXPECT_EQ(s.heard.sessions[0].session_id, "S2");
  EXPECT_EQ(s.heard.sessions[1].session_id, "S1");
  EXPECT_EQ(s.procedure_of(first), 2U);
  EXPECT_EQ(s.procedure_of(second), 1U);
}

TEST_F(Two, ANotificationSeenFirstJoinsUnderItsNumber) {
  notify(1, "S", "ab");
  accept(1, "S");
  const auto frame = ask(1, "ab");
  answer(1, "S");
  s.finish();
  ASSERT_EQ(s.heard.sessions.size(), 1U);
  EXPECT_EQ(s.heard.sessions[0].events.size(), 4U);
  EXPECT_EQ(s.procedure_of(frame), s.heard.sessions[0].id);
}

TEST_F(Two, AForeignSessionIdLeavesTheNotificationToTheRightAnswer) {
  ask(1);
  const auto notice = notify(1, "S");
  const auto foreign = accept(1, "X");
  const auto right = accept(2, "S");
  answer(1, "S");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"unknown-session@" + std::to_string(foreign)});
  EXPECT_EQ(s.pair_of(right), "parameters:" + std::to_string(notice));
  EXPECT_EQ(name_of(s.heard.sessions[0].state), "established");
}

/// The source's controller had its answer, if under another name: it did not come too early.
TEST(Notification, AForeignSessionIdMayBeForAnyOfSeveral) {
  struct Played : Two {
    void TestBody() override {}
  };
  for (const bool answered : {true, false}) {
    Played two;
    two.ask(1, "ab");
    two.ask(2, "cd");
    two.notify(1, "S", "ab");
    two.notify(2, "T", "cd");
    Slugs expected;
    if (answered) expected.push_back("unknown-session@" + std::to_string(two.accept(77, "X")));
    two.accept(78, "T");
    const auto early = two.answer(1, "S");
    two.answer(2, "T");
    two.s.finish();
    if (!answered) expected.push_back("premature-session-response@" + std::to_string(early));
    EXPECT_EQ(two.s.findings(Severity::error), expected);
  }
}

TEST_F(Two, AnAnswerToANotificationWithoutIdIsItsAnswer) {
  ask(1);
  s.ctl(destination, 0x4108, 1, "{" + applications("ab") + R"(,"Source KM ID":"KM-1"})");
  accept(1, "S");
  answer(1, "S");
  s.finish();
  EXPECT_EQ(s.count(Rule::premature_session_response).violated, 0U);
  EXPECT_EQ(name_of(s.heard.sessions[0].state), "established");
  EXPECT_EQ(s.heard.sessions[0].notification_result, "success");
}

TEST_F(Two, ANotificationThatCannotBeReadMayHaveHadAnyId) {
  const auto notice = s.ctl(destination, 0x4108, 1, R"({"Session ID":"S",})");
  accept(1, "S");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"malformed-payload@" + std::to_string(notice)});
  EXPECT_EQ(s.count(Rule::unknown_session).undecidable, 1U);
}

}  // namespace
}  // namespace ck::audit
