// Sessions across connections: joining, states, and the rules on parameters and outcomes.
#include <gtest/gtest.h>

#include "two_kms.h"

namespace ck::audit {
namespace {

TEST_F(Two, EstablishedAcrossTwoControllers) {
  ask(1);
  notify(1, "S");
  accept(1, "S");
  answer(1, "S");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  ASSERT_EQ(s.heard.sessions.size(), 1U);
  const SessionRecord& session = s.heard.sessions[0];
  EXPECT_EQ(session.id, 1U);
  EXPECT_EQ(name_of(session.state), "established");
  EXPECT_EQ(session.session_id, "S");
  EXPECT_EQ(session.source_km_id, "KM-1");
  EXPECT_EQ(session.destination_km_id, "KM-2");
  EXPECT_EQ(session.request_result, "success");
  EXPECT_EQ(session.notification_result, "success");
  EXPECT_EQ(session.events.size(), 4U);
}

TEST_F(Two, StatesOnTheWay) {
  ask(1, "ab");
  ask(2, "cd");
  notify(1, "S2", "cd");
  ask(3, "ef");
  notify(2, "S3", "ef");
  accept(2, "S3");
  ask(4, "gh");
  notify(3, "S4", "gh");
  accept(3, "S4", "refused");
  s.finish();
  ASSERT_EQ(s.heard.sessions.size(), 4U);
  EXPECT_EQ(name_of(s.heard.sessions[0].state), "requested");
  EXPECT_EQ(name_of(s.heard.sessions[1].state), "notified");
  EXPECT_EQ(name_of(s.heard.sessions[2].state), "accepted");
  EXPECT_EQ(name_of(s.heard.sessions[3].state), "failed");
}

TEST_F(Two, AnsweredWhenTheResultIsNotUnderstood) {
  ask(1);
  answer(1, "S", "maybe");
  s.finish();
  EXPECT_EQ(name_of(s.heard.sessions[0].state), "answered");
}

TEST_F(Two, AFailedResponseFailsTheSessionWhateverTheNotificationSaid) {
  ask(1);
  notify(1, "S");
  accept(1, "S");
  answer(1, "S", "failed");
  s.finish();
  EXPECT_EQ(name_of(s.heard.sessions[0].state), "failed");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST_F(Two, Premature) {
  ask(1);
  notify(1, "S");
  const auto frame = answer(1, "S");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"premature-session-response@" + std::to_string(frame)});
}

/// The controller may give a session up that the destination KM does not answer for. Near misses: it did not
/// wait, and it tells of a session that nobody accepted.
TEST_F(Two, AFailureIsNotPrematureWhenTheTimeIsOver) {
  struct How {
    bool wait, close;
    const char* result;
    bool premature;
  };
  for (const How& how : {How{true, false, "failure", false},
                         {false, true, "failure", false},
                         {false, false, "failure", true},
                         {true, false, "success", true},
                         {false, true, "success", true}}) {
    Scenario t;
    const auto from = t.connect("10.0.0.1:4000", "10.9.0.1:9000");
    const auto to = t.connect("10.0.0.2:4000", "10.9.0.1:9000");
    t.km(from, 0x1406, 1, "{" + applications("ab") + "}");
    t.ctl(to, 0x4108, 1, "{" + applications("ab") + R"(,"Session ID":"S","Source KM ID":"m"})");
    if (how.wait) t.wait(40);
    if (how.close) t.close(to);
    t.ctl(from, 0x4107, 1,
          R"({"Session ID":"S","Destination KM ID":"m","Response":")" + std::string(how.result) + "\"}");
    t.finish();
    EXPECT_EQ(t.count(Rule::premature_session_response).violated, how.premature ? 1U : 0U)
        << how.wait << how.close << how.result;
  }
}

TEST_F(Two, NotPrematureWithoutANotificationSeen) {
  ask(1);
  answer(1, "S");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST_F(Two, PrematureIsUndecidableWhereTheAnswerMayBeHidden) {
  ask(1);
  notify(1, "S");
  s.gap(destination, 0);
  answer(1, "S");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::premature_session_response).undecidable, 1U);
}

/// Its frame's Length is too large, say: the controller has read what the audit still waits for the end of.
TEST_F(Two, PrematureIsUndecidableWhereTheAnswerMayBePending) {
  ask(1);
  notify(1, "S");
  s.event(destination, 0, StreamEventKind::pending, 12);
  answer(1, "S");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::premature_session_response).undecidable, 1U);
}

TEST_F(Two, ElevenPendingBytesAreNoAnswer) {
  ask(1);
  notify(1, "S");
  s.event(destination, 0, StreamEventKind::pending, 11);
  const auto frame = answer(1, "S");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"premature-session-response@" + std::to_string(frame)});
}

TEST_F(Two, WhatWasPendingIsToldAndWasAnother) {
  ask(1);
  notify(1, "S");
  s.event(destination, 0, StreamEventKind::pending, 40);
  s.km(destination, 0x1401, 9, R"({"Source KMA ID":"A","Destination KMA ID":"C"})");
  const auto frame = answer(1, "S");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{"premature-session-response@" + std::to_string(frame)});
}

/// The source's and the destination's Ck were captured apart and merged.
struct Merged : ::testing::Test {
  Scenario s;
  Scenario::Connection source = s.connect("10.0.0.1:4000", "10.9.0.1:9000", {.capture = 0});
  Scenario::Connection destination = s.connect("10.0.0.2:4000", "10.9.0.2:9000", {.capture = 1});

  std::uint64_t until_response() {
    s.km(source, 0x1406, 1, "{" + Two::applications("ab") + "}");
    s.ctl(destination, 0x4108, 1, "{" + Two::applications("ab") + R"(,"Session ID":"S","Source KM ID":"m"})");
    return s.ctl(source, 0x4107, 1, R"({"Session ID":"S","Response":"success","Destination KM ID":"m"})");
  }
  void accept() { s.km(destination, 0x1409, 1, R"({"Session ID":"S","Response":"success"})"); }
};

TEST_F(Merged, InsideTheToleranceWhichCameFirstCannotBeTold) {
  until_response();
  accept();  // a millisecond later, by another clock
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::premature_session_response).undecidable, 1U);
}

TEST_F(Merged, OutsideTheToleranceItCan) {
  const auto frame = until_response();
  s.wait(0.1);
  accept();
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"premature-session-response@" + std::to_string(frame)});
}

TEST_F(Merged, WithoutAnyAnswerItIsPremature) {
  const auto frame = until_response();
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"premature-session-response@" + std::to_string(frame)});
}

TEST_F(Two, OutcomeConflict) {
  ask(1);
  notify(1, "S");
  accept(1, "S", "refused");
  const auto frame = answer(1, "S", "success");
  EXPECT_EQ(s.findings(Severity::warning), Slugs{"session-outcome-conflict@" + std::to_string(frame)});
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
}

/// A Session ID may be given again once its session has failed; the second notification was not captured.
TEST_F(Two, AnswerUnderTheIdOfAFailedSessionIsNoOutcomeConflict) {
  ask(1);
  notify(1, "S");
  accept(1, "S", "refused");
  answer(1, "S", "failed");
  ask(2, "cd");
  answer(2, "S", "success");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::session_outcome_conflict).undecidable, 1U);
}

/// The second request was not captured, and its answer takes the first one's place.
TEST_F(Two, AnswerUnderAnIdThatTwoSessionsHadIsNoOutcomeConflictBehindAGap) {
  ask(1);
  notify(1, "S");
  accept(1, "S", "refused");
  s.gap(source, 0);
  notify(2, "S", "cd");
  accept(2, "S");
  answer(2, "S", "success");
  s.finish();
  EXPECT_EQ(s.findings(Severity::warning), Slugs{});
  EXPECT_EQ(s.count(Rule::session_outcome_conflict).undecidable, 1U);
}

/// Neither request was captured, nor the second notification. Near miss: all that the KM was notified of was.
TEST_F(Two, AnswersToRequestsThatWereNotCapturedAreNoOutcomeConflictWhereANoticeMayBeMissing) {
  s.gap(source, 0);
  notify(1, "S");
  accept(1, "S", "refused");
  answer(1, "S", "failed");
  s.gap(destination, 1);
  answer(2, "S", "success");
  s.finish();
  EXPECT_EQ(s.findings(Severity::warning), Slugs{});
  EXPECT_EQ(s.count(Rule::session_outcome_conflict).undecidable, 1U);
}

TEST_F(Two, AnAnswerToARequestThatWasNotCapturedIsInConflictWithARefusal) {
  s.gap(source, 0);
  notify(1, "S");
  accept(1, "S", "refused");
  const auto frame = answer(1, "S", "success");
  s.finish();
  EXPECT_EQ(s.findings(Severity::warning), Slugs{"session-outcome-conflict@" + std::to_string(frame)});
}

TEST_F(Two, FailureToldTwiceLeavesTheOutcomeConflictOfTheNextSession) {
  ask(1);
  notify(1, "S");
  accept(1, "S", "refused");
  answer(1, "S", "failed");
  ask(2, "cd");
  notify(2, "S", "cd");
  accept(2, "S", "refused");
  const auto frame = answer(2, "S", "success");
  EXPECT_EQ(s.findings(), Slugs{"session-outcome-conflict@" + std::to_string(frame)});
}

/// Each side numbers on its own, and the response names nothing: it may be either request's.
TEST_F(Two, AResponseThatMayBeAnotherSessionsIsNotPremature) {
  ask(10);
  ask(20, "cd");
  notify(1, "S");
  s.ctl(source, 0x4107, 500, R"({"Response":"failed"})");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::premature_session_response).undecidable, 1U);
}

TEST_F(Two, AResponseThatCanOnlyBeThisSessionsIsPremature) {
  ask(10);
  notify(1, "S");
  const auto frame = s.ctl(source, 0x4107, 500, R"({"Response":"failed"})");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{"premature-session-response@" + std::to_string(frame)});
}

/// The destination KM lost its connection and nobody saw it close: its answer comes on the next.
TEST_F(Two, AnAnswerOnAnotherConnectionOfTheHostMayBeTheNotifiedKms) {
  ask(1);
  notify(2, "S");
  const auto next = s.connect("10.0.0.2:4001", "10.9.0.2:9000");
  s.km(next, 0x1409, 2, R"({"Session ID":"S","Response":"success"})");
  answer(1, "S");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::premature_session_response).undecidable, 1U);
}

TEST_F(Two, OutcomeThatIsNotUnderstoodDecidesNothing) {
  ask(1);
  notify(1, "S");
  accept(1, "S", "maybe");
  answer(1, "S");
  ask(2, "cd");
  notify(2, "T", "cd");
  accept(2, "T");
  answer(2, "T", "perhaps");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::session_outcome_conflict).checked, 0U);
  EXPECT_EQ(s.count(Rule::session_outcome_conflict).undecidable, 2U);
}

TEST_F(Two, ParametersChangedInNumberOfKeys) {
  ask(1, "ab", R"(,"Number of keys":5)");
  const auto frame = notify(1, "S", "ab", R"(,"Number of keys":6)");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"session-parameters-changed@" + std::to_string(frame)});
}

TEST_F(Two, AnotherNumberOfKeysMayBeAnotherSessions) {
  ask(1, "ab", R"(,"Number of keys":4)");
  notify(1, "S", "ab", R"(,"Number of keys":9)");  // of a request that was not captured
  accept(1, "S");
  answer(1, "T");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
}

/// Two requests of the same applications, and two counters that meet: the 0x4107 for the first request has
/// the MessageID of the second.
TEST_F(Two, CountersThatMeetChangeNoParameters) {
  ask(10, "ab", R"(,"Number of keys":1)");
  ask(11, "ab", R"(,"Number of keys":5)");
  notify(1, "S", "ab", R"(,"Number of keys":1)");
  accept(1, "S");
  answer(11, "S");
  notify(2, "T", "ab", R"(,"Number of keys":5)");
  accept(2, "T");
  answer(12, "T");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
}

/// A 0x1406 of the same applications was lost, and the 0x4107 for it looks like the other one's.
TEST_F(Two, ALostRequestChangesNoParameters) {
  s.gap(source, 0);
  ask(10, "ab", R"(,"Number of keys":4)");
  notify(1, "S", "ab", R"(,"Number of keys":2)");
  accept(1, "S");
  answer(99, "S");
  s.finish();
  EXPECT_EQ(s.findings(Severity::warning), Slugs{});
  EXPECT_EQ(s.count(Rule::session_parameters_changed).undecidable, 1U);
}

/// So does one from before the capture's start, whose answer took another request away.
TEST(Session, AnAnswerToWhatCameBeforeTheCaptureChangesNoParameters) {
  Scenario s;
  const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000", {.whole = false});
  const auto ask = [&](std::uint32_t id, const std::string& apps) {
    s.km(c, 0x1406, id, "{" + Two::applications(apps) + "}");
  };
  const auto answer = [&](std::uint32_t id, const std::string& session) {
    s.ctl(c, 0x4107, id, R"({"Session ID":")" + session + R"(","Response":"ok","Destination KM ID":"k"})");
  };
  ask(50, "ab");
  s.ctl(c, 0x4108, 70, "{" + Two::applications("ab") + R"(,"Session ID":"S","Source KM ID":"k"})");
  answer(71, "R");
  ask(72, "cd");
  s.km(c, 0x1409, 51, R"({"Session ID":"S","Response":"ok"})");
  answer(72, "S");
  s.finish();
  EXPECT_EQ(s.findings(Severity::warning), Slugs{});
}

TEST_F(Two, AnAnswerWhoseHoleShowsLaterIsNotPremature) {
  ask(1);
  notify(1, "S");
  answer(1, "S");
  s.gap(destination, 0);
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::premature_session_response).undecidable, 1U);
}

/// Where the capture ends, for all that is known: it may go on.
TEST_F(Two, AMessageThatIsThereInPartMayBeTheAnswer) {
  for (const StreamEventKind kind : {StreamEventKind::unfinished, StreamEventKind::hole_open}) {
    Scenario t;
    const auto from = t.connect("10.0.0.1:4000", "10.9.0.1:9000");
    const auto to = t.connect("10.0.0.2:4000", "10.9.0.2:9000");
    t.km(from, 0x1406, 1, "{" + applications("ab") + "}");
    t.ctl(to, 0x4108, 1, "{" + applications("ab") + R"(,"Session ID":"S","Source KM ID":"m"})");
    const auto early =
        t.ctl(from, 0x4107, 1, R"({"Session ID":"S","Response":"success","Destination KM ID":"m"})");
    t.event(to, 0, kind, 20);
    t.finish();
    EXPECT_EQ(t.findings(Severity::error), Slugs{});
    EXPECT_EQ(t.count(Rule::premature_session_response).undecidable, 1U);
    EXPECT_EQ(t.count(Rule::capture_gap).violated, kind == StreamEventKind::hole_open ? 1U : 0U);
    t.event(to, 0, kind, 0);
    t.finish();
    EXPECT_EQ(t.findings(Severity::error), Slugs{"premature-session-response@" + std::to_string(early)});
    EXPECT_EQ(t.count(Rule::capture_gap).violated, 0U);
  }
}

/// Another KM of these applications was not captured whole: its 0x1406 may be what the notification is for.
TEST(Session, ARequestOfAnotherKmThatNobodySawMayBeWhatWasNotified) {
  for (const bool whole : {true, false}) {
    Scenario s;
    const auto other = s.connect("10.0.0.3:4000", "10.9.0.1:9000", {.opener_known = whole, .whole = whole});
    s.km(other, 0x1401, 50, R"({"Source KMA ID":"C","Destination KMA ID":"D"})");
    s.ctl(other, 0x4102, 50, R"({"Next KMA IDs":["D"]})");
    const auto source = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    const auto destination = s.connect("10.0.0.2:4000", "10.9.0.1:9000");
    s.km(source, 0x1406, 1, "{" + Two::applications("ab") + R"(,"Number of keys":2})");
    const auto notice = s.ctl(
        destination, 0x4108, 1,
        "{" + Two::applications("ab") + R"(,"Number of keys":3,"Session ID":"S","Source KM ID":"KM-3"})");
    s.km(destination, 0x1409, 1, R"({"Session ID":"S","Response":"success"})");
    s.ctl(source, 0x4107, 1, R"({"Response":"failed"})");
    s.finish();
    EXPECT_EQ(s.findings(Severity::warning),
              whole ? Slugs{"session-parameters-changed@" + std::to_string(notice)} : Slugs{});
    EXPECT_EQ(s.count(Rule::session_parameters_changed).undecidable, whole ? 0U : 1U);
  }
}

/// The refusal of the source's second request looks like its first one's, which is notified of later.
TEST_F(Two, ARequestThatAnAmbiguousAnswerTookAwayMayBeWhatWasNotified) {
  const std::string refused = R"({"Response":"failed"})";
  const auto third = s.connect("10.0.0.3:4000", "10.9.0.1:9000");
  for (const std::uint32_t id : {30U, 20U, 40U}) {  // its controller echoes
    s.km(third, 0x1406, id, "{" + applications("ef") + "}");
    s.ctl(third, 0x4107, id, refused);
  }
  ask(14, "ab");
  ask(16, "cd");
  notify(1, "S-2", "cd");
  accept(1, "S-2", "failed");
  s.ctl(source, 0x4107, 17, refused);
  s.km(third, 0x1406, 50, "{" + applications("ab") + "}");
  notify(2, "S-1", "ab");
  s.ctl(third, 0x4107, 50, refused);
  accept(2, "S-1");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::premature_session_response).undecidable, 1U);
}

TEST_F(Two, AnAbsentNumberOfKeysMatchesAny) {
  ask(1, "ab", R"(,"Number of keys":5)");
  notify(1, "S", "ab");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST_F(Two, ParametersChangedInApplicationsStandsAtTheNotification) {
  ask(1, "ab");
  const auto frame = notify(1, "S", "ac");
  accept(1, "S");
  answer(1, "S");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"session-parameters-changed@" + std::to_string(frame)});
  EXPECT_EQ(s.heard.findings[0].parameter, "Application destination ID");
  ASSERT_EQ(s.heard.sessions.size(), 1U);
  EXPECT_EQ(s.heard.sessions[0].id, 1U);
  EXPECT_EQ(s.heard.sessions[0].events.size(), 4U);
}

TEST_F(Two, AnswersComeOnAConnectionThatReplacesOneLeftOpen) {
  const std::string hop = R"({"Source KMA ID":"A","Application destination ID":"z"})";
  s.km(source, 0x1403, 90, hop);
  const auto first = ask(1, "ab");
  notify(1, "S", "ab");
  accept(1, "S");
  source = s.connect("10.0.0.1:4001", "10.9.0.1:9000");
  s.km(source, 0x1403, 91, hop);
  const auto second = ask(1, "xy");
  EXPECT_EQ(s.pair_of(answer(50, "S")), "parameters:" + std::to_string(first))
      << "S is a's and b's, whose 0x1406 is open still";
  notify(2, "T", "xy");
  accept(2, "T");
  EXPECT_EQ(s.pair_of(answer(51, "T")), "parameters:" + std::to_string(second));
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  ASSERT_EQ(s.heard.sessions.size(), 2U);
  EXPECT_EQ(name_of(s.heard.sessions[0].state), "established");
  EXPECT_EQ(name_of(s.heard.sessions[1].state), "established");
}

TEST_F(Two, AnswersOfAHostThatIsPerhapsTwoKmsAreNobodysFault) {
  replace_source(1);
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST_F(Two, NorAreThoseWhoseNumberHappensToFit) {
  replace_source(50);
  EXPECT_EQ(s.findings(), Slugs{});
}

}  // namespace
}  // namespace ck::audit
