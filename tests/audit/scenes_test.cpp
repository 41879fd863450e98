// Scenes in which a careless reading blames a conforming peer, or misses what is broken: ambiguous pairs,
// answers on a later connection, what is told too late.
#include <gtest/gtest.h>

#include <set>

#include "sample_payloads.h"

namespace ck::audit {
namespace {

/// Two KMs, each with its connection to one controller.
struct Scenes : ::testing::Test {
  Scenario s;
  Scenario::Connection a = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
  Scenario::Connection b = s.connect("10.0.0.2:4000", "10.9.0.1:9000");

  void reserve(std::uint32_t id, const std::string& list) {
    s.ctl(a, 0x410A, id, std::string("{") + kEnds + "}");
    std::string text;
    for (const char key : list) text += std::string(text.empty() ? "" : " ") + key;
    s.km(a, 0x140B, id, R"({"Key IDs":")" + text + R"(","Response":0})");
  }
};

TEST_F(Scenes, ASessionIdOfTwoSessionsIsToldOnceAndNoKmIsBlamedForIt) {
  s.ctl(a, 0x4108, 1, notice("S-1", 1));
  const auto second = s.ctl(b, 0x4108, 1, notice("S-1", 2));
  s.km(a, 0x1409, 1, accepted("S-1"));
  s.km(b, 0x1409, 1, accepted("S-1"));
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{at("session-id-reused", second)});
}

TEST_F(Scenes, ASessionIdOfTwoSessionsIsToldOnceThoughBothAreAnswered) {
  s.km(a, 0x1406, 1, ask(1));
  s.km(b, 0x1406, 1, ask(2));
  s.ctl(a, 0x4108, 1, notice("S-1", 1));
  const auto second = s.ctl(b, 0x4108, 1, notice("S-1", 2));
  s.km(a, 0x1409, 1, accepted("S-1"));
  s.km(b, 0x1409, 1, accepted("S-1"));
  s.ctl(a, 0x4107, 1, created("S-1"));
  s.ctl(b, 0x4107, 1, created("S-1"));
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{at("session-id-reused", second)});
}

TEST_F(Scenes, ANotificationForSomebodyElseIsStillUnknown) {
  s.ctl(a, 0x4108, 1, notice("S-1", 1));
  s.km(a, 0x1409, 1, accepted("S-1"));
  s.ctl(b, 0x4108, 1, notice("S-2", 2));
  const auto foreign = s.km(b, 0x1409, 1, accepted("S-1"));
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{at("unknown-session", foreign)});
}

TEST_F(Scenes, AReRouteAfterAReconnectIsClean) {
  s.km(a, 0x1403, 7, std::string("{") + kEnds + "}");
  s.close(a);
  a = s.connect("10.0.0.1:4001", "10.9.0.1:9000");
  s.ctl(a, 0x4104, 7, route("RR-1"));
  s.km(a, 0x1405, 7, result("RR-1", "Failed"));
  s.ctl(a, 0x4104, 7, route("RR-2"));
  s.km(a, 0x1405, 7, result("RR-2", "OK"));
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.heard.relays.size(), 1U);
  EXPECT_EQ(name_of(s.heard.relays[0].state), "completed");
}

TEST_F(Scenes, AReRouteOnALaterConnectionOfWhatWasAnsweredBeforeIsClean) {
  s.km(a, 0x1403, 7, std::string("{") + kEnds + "}");
  s.ctl(a, 0x4104, 7, route("RR-1"));
  s.close(a);
  a = s.connect("10.0.0.1:4001", "10.9.0.1:9000");
  s.km(a, 0x1405, 7, result("RR-1", "Failed"));
  s.ctl(a, 0x4104, 7, route("RR-2"));
  s.km(a, 0x1405, 7, result("RR-2", "OK"));
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST_F(Scenes, AReRouteUnderANumberOfItsOwnIsClean) {
  s.km(a, 0x1403, 7, std::string("{") + kEnds + "}");
  s.ctl(a, 0x4104, 100, route("RR-1"));
  s.km(a, 0x1405, 8, result("RR-1", "Failed"));
  s.ctl(a, 0x4104, 101, route("RR-2"));
  s.km(a, 0x1405, 9, result("RR-2", "OK"));
  const auto completed = s.ctl(a, 0x4104, 102, route("RR-3"));
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{at("relay-without-notification", completed)})
      << "nothing is left to re-route";
}

TEST_F(Scenes, TheIdOfARelayRequestThatContradictsWasSeen) {
  s.km(a, 0x1403, 7, std::string("{") + kEnds + "}");
  s.ctl(a, 0x4104, 7, route("RR-1"));
  s.km(a, 0x1405, 7, result("RR-1", "Failed"));
  const auto other = s.ctl(a, 0x4104, 7, route("RR-2", "X"));
  s.km(a, 0x1405, 7, result("RR-2", "OK"));
  s.finish();
  for (const std::string& one : grave(s)) EXPECT_TRUE(one.ends_with("@" + std::to_string(other))) << one;
}

TEST_F(Scenes, AnAmbiguousRefusalIsInNoConflictWithSuccess) {
  s.km(a, 0x1406, 1, ask(1));
  s.ctl(b, 0x4108, 1, notice("S-1", 1));
  s.ctl(b, 0x4108, 2, notice("S-2", 2));
  s.km(b, 0x1409, 1, kFailed);
  s.km(b, 0x1409, 2, accepted("S-1", "Success"));
  s.ctl(a, 0x4107, 1, created("S-1", "Success"));
  s.finish();
  EXPECT_EQ(grave(s), Slugs{});
  EXPECT_EQ(s.count(Rule::session_outcome_conflict).undecidable, 1U);
}

TEST_F(Scenes, ARefusalThatIsSurelyItsOwnIsInConflict) {
  s.km(a, 0x1406, 1, ask(1));
  s.ctl(b, 0x4108, 1, notice("S-1", 1));
  s.km(b, 0x1409, 1, kFailed);
  const auto conflict = s.ctl(a, 0x4107, 1, created("S-1", "Success"));
  s.finish();
  EXPECT_EQ(grave(s), Slugs{at("session-outcome-conflict", conflict)});
}

TEST_F(Scenes, AnAmbiguousPairLeavesWhoseNotificationItWas) {
  s.km(a, 0x1406, 2, ask(3));
  s.km(a, 0x1406, 3, ask(4));
  s.ctl(b, 0x4108, 900, notice("S-3", 3));
  s.ctl(a, 0x4107, 700, created("S-4"));
  s.km(b, 0x1409, 800, kFailed);
  s.ctl(a, 0x4107, 701, created("S-3", "Failed"));
  s.finish();
  EXPECT_EQ(grave(s), Slugs{});
}

TEST_F(Scenes, AmbiguousAllocationsAllocateNoKeyForCertain) {
  reserve(1, "kl");
  s.ctl(a, 0x410C, 10, keys("k"));
  s.ctl(a, 0x410C, 11, keys("l"));
  s.km(a, 0x140D, 2, R"({"Response":1})");
  s.ctl(a, 0x410C, 12, keys("l"));
  s.km(a, 0x140D, 3, allocated("l"));
  s.km(a, 0x140D, 4, allocated("k"));
  s.finish();
  EXPECT_EQ(grave(s), Slugs{});
}

TEST_F(Scenes, KeysThatOnlyTheAnswerNamesAreAllocated) {
  for (const bool reserved_again : {true, false}) {
    Scenario t;
    const auto c = t.connect("10.0.0.1:4000", "10.9.0.1:9000");
    const auto reserve_k = [&](std::uint32_t id) {
      t.ctl(c, 0x410A, id, std::string("{") + kEnds + "}");
      t.km(c, 0x140B, id, R"({"Key IDs":"k","Response":0})");
    };
    reserve_k(1);
    const auto bare = t.ctl(c, 0x410C, 2, std::string("{") + kEnds + "}");
    t.km(c, 0x140D, 2, allocated("k"));
    Slugs expected{at("missing-parameter", bare)};
    if (reserved_again) reserve_k(3);
    if (!reserved_again) expected.push_back(at("key-double-allocated", t.ctl(c, 0x410C, 3, keys("k"))));
    t.finish();
    EXPECT_EQ(grave(t), expected);
  }
}

TEST_F(Scenes, ALaterAmbiguousAnswerExcusesNoPrematureResponse) {
  s.km(a, 0x1406, 1, ask(1));
  s.ctl(b, 0x4108, 5, notice("S-1", 1));
  const auto early = s.ctl(a, 0x4107, 1, created("S-1"));
  s.ctl(b, 0x4108, 6, notice("S-2", 2));
  s.km(b, 0x1409, 100, kFailed);
  s.finish();
  EXPECT_EQ(grave(s), Slugs{at("premature-session-response", early)});
}

TEST_F(Scenes, AnAnswerThatWasNotPairedIsAnAnswerAllTheSame) {
  for (const bool closed : {false, true}) {
    Scenario t;
    const auto source = t.connect("10.0.0.1:4000", "10.9.0.1:9000");
    const auto destination = t.connect("10.0.0.2:4000", "10.9.0.1:9000");
    t.km(source, 0x1406, 1, ask(1));
    t.ctl(destination, 0x4108, 77, notice("S-1", 1));
    const auto odd =
        t.km(destination, 0x1409, 3, R"({"Session ID":"S-1","Response":"Completed","Source KM ID":"odd"})");
    t.ctl(source, 0x4107, 88, created("S-1"));
    if (closed) t.close(destination);
    t.finish();
    EXPECT_EQ(grave(t), (Slugs{at("unsolicited-response", odd), at("unexpected-parameter", odd)}));
  }
}

TEST_F(Scenes, ARequestWhoseAnswerContradictsItInDoubtIsNotUnanswered) {
  reserve(1, "klm");
  s.ctl(a, 0x410C, 10, keys("k"));
  s.ctl(a, 0x410C, 11, keys("l"));
  s.km(a, 0x140D, 50, R"({"Response":0})");  // either's
  s.km(a, 0x140D, 11, allocated("m"));
  s.close(a);
  s.finish();
  EXPECT_EQ(s.count(Rule::unanswered_request).violated, 0U);
}

/// Procedures are numbered in order of their first messages, and what is left of a join or a split is, too.
void expect_in_order(const Heard& heard) {
  std::map<std::uint64_t, std::uint32_t> by_first;
  std::set<std::uint32_t> listed;
  const auto note = [&](const auto& records) {
    for (const auto& record : records) {
      if (!record.events.empty()) by_first[record.events.front().index] = record.id;
      EXPECT_TRUE(listed.insert(record.id).second) << record.id;
    }
  };
  note(heard.relays);
  note(heard.sessions);
  note(heard.reservations);
  std::uint32_t last = 0;
  for (const auto& [first, id] : by_first) {
    EXPECT_GT(id, last);
    last = id;
  }
  for (const Finding& finding : heard.findings) {
    if (!finding.procedure) continue;
    EXPECT_EQ(listed.count(heard.latest(*finding.procedure)), 1U) << rule(finding.rule).slug;
  }
}

TEST_F(Scenes, WhatIsSplitOffKeepsTheOrder) {
  s.km(a, 0x1406, 1, ask(1));
  s.ctl(a, 0x4108, 100, notice("S-3", 1));
  s.km(a, 0x1409, 2, accepted("S-3"));
  s.km(b, 0x1406, 1, ask(4));
  const auto other = s.ctl(a, 0x4107, 101, created("S-9"));
  s.finish();
  EXPECT_EQ(grave(s), Slugs{at("response-mismatch", other)});
  expect_in_order(s.heard);
}

TEST_F(Scenes, WhatMayBeAnothersIsSplitOffInOrder) {
  s.km(a, 0x1406, 1, "{" + apps(1) + R"(,"Number of keys":4})");
  s.ctl(a, 0x4108, 100, notice("S-3", 1, R"(,"Number of keys":9)"));
  s.km(a, 0x1409, 2, accepted("S-3"));
  s.km(b, 0x1406, 1, ask(4));
  s.ctl(a, 0x4107, 101, created("S-9"));
  s.finish();
  EXPECT_EQ(grave(s), Slugs{});
  EXPECT_EQ(s.heard.sessions.size(), 3U);
  expect_in_order(s.heard);
}

TEST_F(Scenes, FindingsNameAProcedureThatIsListedAlsoAfterAJoin) {
  // The 0x4108 is seen first, and has a fault; so has the 0x1406. The 0x4107 shows that they are one session.
  s.ctl(b, 0x4108, 5, notice("S-1", 1, R"(,"Extra":1)"));
  s.km(b, 0x1403, 3, std::string("{") + kEnds + "}");
  s.km(a, 0x1406, 1, "{" + apps(1) + R"(,"Number of keys":0})");
  s.km(b, 0x1409, 5, accepted("S-1"));
  s.ctl(a, 0x4107, 1, created("S-1"));
  s.finish();
  ASSERT_EQ(s.heard.sessions.size(), 1U);
  EXPECT_EQ(s.heard.sessions[0].events.size(), 4U);
  EXPECT_EQ(name_of(s.heard.sessions[0].state), "established");
  EXPECT_EQ(s.heard.sessions[0].id, 1U);
  expect_in_order(s.heard);
}

TEST_F(Scenes, FindingsOnAConnectionNameNoProcedure) {
  const auto c = s.connect(kCtl, "10.0.0.7:4000", {.transport = Transport::tcp});
  s.km(c, 0x410A, 1, std::string("{") + kEnds + "}");
  s.finish();
  ASSERT_EQ(s.findings().size(), 2U);
  for (const Finding& finding : s.heard.findings) EXPECT_EQ(finding.procedure, std::nullopt);
}

TEST_F(Scenes, AResultThatIsNeitherLeavesAKeyWhereItWas) {
  for (const std::string neither : {"{}", R"({"Response":"pending"})"}) {
    Scenario t;
    const auto c = t.connect("10.0.0.1:4000", "10.9.0.1:9000");
    t.ctl(c, 0x410A, 1, std::string("{") + kEnds + "}");
    t.km(c, 0x140B, 1, R"({"Key IDs":"k","Response":0})");
    t.ctl(c, 0x410C, 2, keys("k"));
    t.km(c, 0x140D, 2, neither);
    t.ctl(c, 0x410C, 3, keys("k"));
    t.km(c, 0x140D, 3, R"({"Response":0})");
    const auto again = t.ctl(c, 0x410C, 4, keys("k"));
    t.km(c, 0x140D, 4, R"({"Response":1})");
    const auto unreserved = t.ctl(c, 0x410C, 5, keys("x"));
    t.km(c, 0x140D, 5, neither);
    const auto second = t.ctl(c, 0x410C, 6, keys("x"));
    t.finish();
    Slugs found;
    for (const std::string& one : grave(t)) {
      if (one.find("key") != std::string::npos) found.push_back(one);
    }
    EXPECT_EQ(found, (Slugs{at("key-double-allocated", again), at("allocation-of-unreserved-key", unreserved),
                            at("allocation-of-unreserved-key", second)}));
  }
}

TEST_F(Scenes, ASecondAnswerCountsWhereTheFirstWasNotUnderstood) {
  reserve(1, "k");
  s.ctl(a, 0x410C, 2, keys("k"));
  s.km(a, 0x140D, 2, R"({"Response":"pending"})");
  const auto second = s.km(a, 0x140D, 2, R"({"Response":0})");
  const auto again = s.ctl(a, 0x410C, 3, keys("k"));
  s.finish();
  EXPECT_EQ(s.findings(Severity::error),
            (Slugs{at("duplicate-response", second), at("key-double-allocated", again)}));
}

TEST_F(Scenes, AKeyThatIsAskedForAgainWhileItsRequestIsOpenIsUndecidable) {
  reserve(1, "k");
  s.ctl(a, 0x410C, 50, keys("k"));
  s.ctl(a, 0x410C, 40, keys("k"));
  s.km(a, 0x140D, 50, allocated("k"));
  s.km(a, 0x140D, 40, allocated("k"));
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_GE(s.count(Rule::key_double_allocated).undecidable, 1U);
}

TEST_F(Scenes, AKmaIdToldLaterCountsFromTheStart) {
  for (const bool looped : {true, false}) {
    Scenario t;
    const auto c = t.connect("10.0.0.3:4000", "10.9.0.1:9000");
    const auto d = t.connect("10.0.0.4:4000", "10.9.0.1:9000");
    const auto hop = [&](Scenario::Connection on, std::uint32_t id, const std::string& source,
                         const std::string& offers) {
      t.km(on, 0x1401, id, R"({"Source KMA ID":")" + source + R"(","Destination KMA ID":"X"})");
      return t.ctl(on, 0x4102, id, R"({"Next KMA IDs":[)" + offers + "]}");
    };
    hop(c, 1, "C", R"("Z","D")");
    const auto offered = hop(d, 1, "C", looped ? R"("D")" : R"("D","E")");
    hop(d, 2, "D", R"("F")");
    t.finish();
    EXPECT_EQ(t.findings(), looped ? Slugs{at("relay-loop", offered)} : Slugs{});
  }
}

TEST_F(Scenes, AnAmbiguousResultLeavesReRoutesPossible) {
  s.km(a, 0x1403, 70, std::string("{") + kEnds + "}");
  s.ctl(a, 0x4104, 70, route("RR-9"));
  s.km(a, 0x1403, 50, std::string("{") + kEnds + "}");
  s.ctl(a, 0x4104, 50, route(""));
  s.km(a, 0x1405, 1680, R"({"Response":"Completed"})");
  s.ctl(a, 0x4104, 70, route("RR-21"));
  s.finish();
  EXPECT_EQ(grave(s), Slugs{});
}

/// Numbered on its own, a re-route of one of two relays has the MessageID of a notification that waits for
/// another route. That route comes after it, and asks for nothing that nobody notified.
TEST_F(Scenes, AReRouteTakesNoNotificationAwayThatItContradicts) {
  const std::string other = R"("Source KMA ID":"A","Destination KMA ID":"E")";
  const auto to_e = [&](const std::string& id) {
    return "{" + other + R"(,"Transit KMA IDs":[],"Key relay request ID":")" + id + R"("})";
  };
  for (const std::string id : {"RR-1", "RR-2"}) {
    const std::uint32_t number = id == "RR-1" ? 1 : 2;
    s.km(a, 0x1403, 100 + number, std::string("{") + kEnds + "}");
    s.ctl(a, 0x4104, 7 + number, route(id));
    s.km(a, 0x1405, 200 + number, result(id, "Failed"));
  }
  const auto asked = s.km(a, 0x1403, 10, "{" + other + "}");
  s.ctl(a, 0x4104, 10, route("RR-3"));
  s.km(a, 0x1405, 203, result("RR-3", "OK"));
  const auto routed = s.ctl(a, 0x4104, 11, to_e("RR-4"));
  s.km(a, 0x1405, 204, result("RR-4", "Failed"));
  s.ctl(a, 0x4104, 12, to_e("RR-5"));
  s.km(a, 0x1405, 205, result("RR-5", "OK"));
  s.finish();
  EXPECT_EQ(grave(s), Slugs{});
  EXPECT_EQ(s.pair_of(routed), "parameters:" + std::to_string(asked));
}

/// Two counters meet: the answer to the only open 0x1403 has the MessageID of one that was answered before,
/// and whose relay failed. On a first connection the controller is known not to echo; on a later one it is
/// not yet.
TEST_F(Scenes, AMessageIdByChanceTakesNoAnswerForAReRoute) {
  for (const bool later : {false, true}) {
    Scenario t;
    auto c = t.connect("10.0.0.1:4000", "10.9.0.1:9000");
    t.km(c, 0x1403, 7, std::string("{") + kEnds + "}");
    t.ctl(c, 0x4104, 6, route("RR-1"));
    t.km(c, 0x1405, 8, result("RR-1", "Failed"));
    if (later) {
      t.close(c);
      c = t.connect("10.0.0.1:4001", "10.9.0.1:9000");
    }
    const auto asked = t.km(c, 0x1403, 9, std::string("{") + kEnds + "}");
    const auto routed = t.ctl(c, 0x4104, 7, route("RR-2"));
    t.km(c, 0x1405, 10, result("RR-2", "OK"));
    t.finish();
    EXPECT_EQ(grave(t), Slugs{}) << later;
    EXPECT_EQ(t.pair_of(routed), "parameters:" + std::to_string(asked)) << later;
    ASSERT_EQ(t.heard.relays.size(), 2U) << later;
    EXPECT_EQ(name_of(t.heard.relays[0].state), "failed") << later;
    EXPECT_EQ(name_of(t.heard.relays[1].state), "completed") << later;
  }
}

/// The same messages may be a re-route, by a controller that echoes: then the other notification's answer is
/// still to come, and names a destination of its own.
TEST_F(Scenes, AReRouteThatMayBeAnAnswerLeavesThatAnswerPossible) {
  const std::string far = R"("Source KMA ID":"A","Application destination ID":"app")";
  for (const bool otherwise : {false, true}) {
    Scenario t;
    auto c = t.connect("10.0.0.1:4000", "10.9.0.1:9000");
    t.km(c, 0x1403, 7, std::string("{") + kEnds + "}");
    t.ctl(c, 0x4104, 7, route("RR-1"));
    t.km(c, 0x1405, 7, result("RR-1", "Failed"));
    t.close(c);
    c = t.connect("10.0.0.1:4001", "10.9.0.1:9000");
    if (otherwise) {  // it may do either
      t.km(c, 0x1401, 8, R"({"Source KMA ID":"A","Destination KMA ID":"Z"})");
      t.ctl(c, 0x4102, 70, R"({"Next KMA IDs":["Z"]})");
    }
    t.km(c, 0x1403, 9, "{" + far + "}");
    t.ctl(c, 0x4104, 7, route("RR-2"));
    t.km(c, 0x1405, 7, result("RR-2", "OK"));
    t.ctl(
        c, 0x4104, 9,
        R"({"Source KMA ID":"A","Destination KMA ID":"X","Transit KMA IDs":[],"Key relay request ID":"RR-3"})");
    t.km(c, 0x1405, 9, result("RR-3", "OK"));
    t.finish();
    EXPECT_EQ(grave(t), Slugs{}) << otherwise;
  }
}

/// No counter has a number twice: the second 0x4104 of this MessageID is a re-route though another 0x1403
/// that it fits is open, and that one is answered later.
TEST_F(Scenes, AMessageIdThatItsSenderHadBeforeIsARepeatedOne) {
  const auto first = s.km(a, 0x1403, 7, std::string("{") + kEnds + "}");
  s.ctl(a, 0x4104, 7, route("RR-1"));
  s.km(a, 0x1405, 7, result("RR-1", "Failed"));
  const auto second = s.km(a, 0x1403, 9, std::string("{") + kEnds + "}");
  const auto again = s.ctl(a, 0x4104, 7, route("RR-2"));
  s.km(a, 0x1405, 7, result("RR-2", "OK"));
  const auto routed = s.ctl(a, 0x4104, 9, route("RR-3"));
  s.km(a, 0x1405, 9, result("RR-3", "OK"));
  s.finish();
  EXPECT_EQ(grave(s), Slugs{});
  EXPECT_EQ(s.pair_of(again), "") << first;
  EXPECT_EQ(s.pair_of(routed), "message-id:" + std::to_string(second));
}

/// A re-route seemed to answer the second 0x1403, so that the answer to it comes when none is open. It names
/// no relay, like the one before it.
TEST_F(Scenes, AnAnswerAfterAReRouteThatTookItsPlaceIsNoSecond) {
  const std::string ask = std::string("{") + kEnds + "}";
  s.km(a, 0x1403, 19, ask);
  s.ctl(a, 0x4104, 7, route("RR-1"));
  s.km(a, 0x1405, 21, result("RR-1", "Failed"));
  s.km(a, 0x1403, 22, ask);
  s.ctl(a, 0x4104, 9, route("RR-2"));  // the first one's
  s.km(a, 0x1405, 24, result("RR-2", "OK"));
  s.km(a, 0x1403, 26, ask);
  s.ctl(a, 0x4104, 12, route(""));
  s.ctl(a, 0x4104, 13, route(""));
  s.km(a, 0x1405, 28, R"({"Response":"OK"})");
  s.km(a, 0x1405, 29, R"({"Response":"OK"})");
  s.finish();
  EXPECT_EQ(grave(s), Slugs{});
}

/// Each answer has the other's Session ID.
TEST_F(Scenes, CrossedAnswersAreTwoMismatches) {
  for (const std::uint32_t first : {10U, 12U}) {
    Scenario t;
    const auto source = t.connect("10.0.0.1:4000", "10.9.0.1:9000");
    const auto destination = t.connect("10.0.0.2:4000", "10.9.0.1:9000");
    for (const std::uint32_t id : {30U, 20U, 40U}) {  // it echoes
      t.km(source, 0x1406, id, ask(static_cast<int>(id)));
      t.ctl(source, 0x4107, id, created("E-" + std::to_string(id)));
    }
    t.km(source, 0x1406, 10, ask(1));
    t.km(source, 0x1406, 12, ask(2));
    t.ctl(destination, 0x4108, 1, notice("S-1", 1));
    t.km(destination, 0x1409, 1, accepted("S-1"));
    t.ctl(destination, 0x4108, 2, notice("S-2", 2));
    t.km(destination, 0x1409, 2, accepted("S-2"));
    const auto one = t.ctl(source, 0x4107, first, created(first == 10 ? "S-2" : "S-1"));
    const auto two = t.ctl(source, 0x4107, first == 10 ? 12 : 10, created(first == 10 ? "S-1" : "S-2"));
    t.finish();
    EXPECT_EQ(t.findings(), (Slugs{at("response-mismatch", one), at("response-mismatch", two)}));
    expect_in_order(t.heard);
  }
}

}  // namespace
}  // namespace ck::audit
