// Relays: states, routes, joining, and the rules on routes and Key relay request IDs.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "scenario.h"

namespace ck::audit {
namespace {

constexpr auto kNotify = R"({"Source KMA ID":"A","Destination KMA ID":"D"})";

std::string route_over(const std::string& transit, const std::string& id = "r1") {
  return R"({"Source KMA ID":"A","Destination KMA ID":"D","Transit KMA IDs":)" + transit +
         R"(,"Key relay request ID":")" + id + R"("})";
}
std::string result_of_relay(const std::string& text, const std::string& id = "r1") {
  return R"({"Response":")" + text + R"(","Key relay request ID":")" + id + R"("})";
}

TEST(Centralized, RunsToCompletion) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1403, 1, kNotify);
  s.ctl(c, 0x4104, 1, route_over(R"(["A","B","C","D"])"));
  s.km(c, 0x1405, 1, result_of_relay("success"));
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  ASSERT_EQ(s.heard.relays.size(), 1U);
  const RelayRecord& relay = s.heard.relays[0];
  EXPECT_EQ(name_of(relay.state), "completed");
  EXPECT_EQ(relay.route, (Slugs{"A", "B", "C", "D"}));
  EXPECT_EQ(relay.key_relay_request_id, "r1");
  EXPECT_EQ(relay.result, "success");
  EXPECT_EQ(relay.events.size(), 3U);
  EXPECT_EQ(relay.duration_ns, 2'000'000);
}

TEST(Centralized, FailsAndStaysWhereItWasWhenNotUnderstood) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.ctl(c, 0x4104, 1, route_over("[]", "r1"));
  s.km(c, 0x1405, 1, result_of_relay("failed: no keys", "r1"));
  s.ctl(c, 0x4104, 2, route_over("[]", "r2"));
  s.km(c, 0x1405, 2, result_of_relay("perhaps", "r2"));
  s.finish();
  EXPECT_EQ(name_of(s.heard.relays[0].state), "failed");
  EXPECT_EQ(name_of(s.heard.relays[1].state), "routed");
  EXPECT_EQ(s.heard.relays[1].route, (Slugs{"A", "D"}));
}

TEST(Centralized, WithoutNotificationStartsARelay) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.ctl(c, 0x4104, 1, route_over("[]"));
  s.finish();
  EXPECT_EQ(s.findings(Severity::warning), Slugs{"relay-without-notification@2"});
  EXPECT_EQ(s.heard.relays.size(), 1U);
}

TEST(Centralized, WithoutNotificationIsUndecidableMidStream) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl, {.opener_known = false, .whole = false});
  s.ctl(c, 0x4104, 1, route_over("[]"));
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::relay_without_notification).undecidable, 1U);
}

TEST(Centralized, NotificationWithoutDestinationOpensARelayAnUnreadableOneDoesNot) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1403, 1, R"({"Source KMA ID":"A"})");
  s.km(c, 0x1403, 2, R"({"Source KMA ID":)");
  s.finish();
  EXPECT_EQ(s.heard.relays.size(), 1U);
}

TEST(Centralized, ReRouteIsNoDuplicate) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1403, 1, kNotify);
  s.ctl(c, 0x4104, 1, route_over(R"(["B"])", "r1"));
  s.ctl(c, 0x4104, 1, route_over(R"(["C"])", "r2"));
  s.km(c, 0x1405, 2, result_of_relay("success", "r2"));
  s.close(c);
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  ASSERT_EQ(s.heard.relays.size(), 1U);
  EXPECT_EQ(s.heard.relays[0].route, (Slugs{"A", "C", "D"}));
  EXPECT_EQ(s.heard.relays[0].key_relay_request_id, "r2");
}

TEST(Centralized, ASecondRelayRequestWithTheSameIdIsADuplicate) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1403, 1, kNotify);
  s.ctl(c, 0x4104, 1, route_over(R"(["B"])"));
  s.ctl(c, 0x4104, 1, route_over(R"(["B"])"));
  EXPECT_EQ(s.findings(), Slugs{"duplicate-response@4"});
}

/// Each 0x4104 with a route is checked by what it says itself, a second one too.
TEST(Centralized, TheRouteOfADuplicateIsChecked) {
  for (const bool early : {false, true}) {
    Scenario s;
    const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    s.km(c, 0x1403, 1, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
    const auto route = [&](const std::string& transit) {
      return s.ctl(c, 0x4104, 1,
                   R"({"Source KMA ID":"A","Destination KMA ID":"D","Key relay request ID":"R-1",)"
                   R"("Transit KMA IDs":[)" +
                       transit + "]}");
    };
    route(R"("C")");
    s.km(c, 0x1405, 1, R"({"Key relay request ID":"R-1","Response":"OK"})");
    const std::string second = std::to_string(route(early ? R"("D","C")" : R"("C","D")"));
    s.finish();
    Slugs expected{"duplicate-response@" + second};
    if (early) expected.push_back("destination-not-last@" + second);
    Slugs found = s.findings(Severity::error);
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(found, expected);
  }
}

TEST(RelayLoop, KmaTwiceOrTheSourceLater) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1403, 1, kNotify);
  s.ctl(c, 0x4104, 1, route_over(R"(["B","C","B","D"])", "r1"));  // 3
  s.km(c, 0x1403, 2, kNotify);
  s.ctl(c, 0x4104, 2, route_over(R"(["B","A","D"])", "r2"));  // 5
  s.km(c, 0x1403, 3, kNotify);
  s.ctl(c, 0x4104, 3, route_over(R"(["A","B","D"])", "r3"));  // 7: source at the head, destination at the end
  EXPECT_EQ(s.findings(), (Slugs{"relay-loop@3", "relay-loop@5"}));
}

TEST(RelayLoop, DestinationBeforeTheEndIsItsOwnRule) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1403, 1, kNotify);
  s.ctl(c, 0x4104, 1, route_over(R"(["D","B","D"])"));
  EXPECT_EQ(s.findings(), Slugs{"destination-not-last@3"});
}

TEST(RelayRequestId, ReusedWhileOpen) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1403, 1, kNotify);
  s.km(c, 0x1403, 2, R"({"Destination KMA ID":"E"})");
  s.ctl(c, 0x4104, 1, route_over("[]", "r1"));
  s.ctl(c, 0x4104, 2, R"({"Destination KMA ID":"E","Transit KMA IDs":[],"Key relay request ID":"r1"})");
  EXPECT_EQ(s.findings(), Slugs{"relay-request-id-reused@5"});
}

TEST(RelayRequestId, MayBeUsedAgainOnceTheFirstIsOverAndByAnotherAssociation) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  const auto d = s.connect("10.0.0.2:4000", kCtl);
  s.km(d, 0x1403, 1, R"({"Source KMA ID":"X","Destination KMA ID":"D"})");
  s.ctl(d, 0x4104, 1, R"({"Destination KMA ID":"D","Transit KMA IDs":[],"Key relay request ID":"r1"})");
  for (const std::uint32_t id : {1U, 2U}) {
    s.km(c, 0x1403, id, kNotify);
    s.ctl(c, 0x4104, id, route_over("[]", "r1"));
    s.km(c, 0x1405, id, result_of_relay("success", "r1"));
  }
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(RelayRequestId, UnknownAloneIsTold) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1403, 1, kNotify);
  s.ctl(c, 0x4104, 1, route_over("[]", "r1"));
  s.km(c, 0x1405, 1, result_of_relay("success", "r9"));
  EXPECT_EQ(s.findings(), Slugs{"unknown-relay-request@4"});
}

TEST(RelayRequestId, UnknownIsUndecidableAfterAGap) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.gap(c, 1);
  s.km(c, 0x1405, 1, result_of_relay("success", "r9"));
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::unknown_relay_request).undecidable, 1U);
}

/// Each side numbers on its own. The first 0x4104 names nothing and goes to the older notification; the
/// second names that one's destination, so the first was the other's.
TEST(Centralized, TwoRoutesOfTwoNotificationsMayComeInAnyOrder) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1403, 10, kNotify);
  s.km(c, 0x1403, 20, R"({"Source KMA ID":"A","Destination KMA ID":"E"})");
  s.ctl(c, 0x4104, 500, R"({"Transit KMA IDs":[]})");
  s.ctl(c, 0x4104, 501, R"({"Destination KMA ID":"D","Transit KMA IDs":[]})");
  s.km(c, 0x1405, 700, R"({"Response":"success"})");
  s.km(c, 0x1405, 701, R"({"Response":"success"})");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(Distributed, ChainFromKmToKm) {
  Scenario s;
  const auto a = s.connect("10.0.0.1:4000", kCtl);
  const auto b = s.connect("10.0.0.2:4000", kCtl);
  s.km(a, 0x1401, 1, kNotify);
  s.ctl(a, 0x4102, 1, R"({"Next KMA IDs":["B","C"]})");
  s.km(b, 0x1401, 1, kNotify);
  s.ctl(b, 0x4102, 1, R"({"Next KMA IDs":["D"]})");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  ASSERT_EQ(s.heard.relays.size(), 1U);
  EXPECT_TRUE(s.heard.relays[0].distributed);
  EXPECT_EQ(name_of(s.heard.relays[0].state), "completed");
  EXPECT_EQ(s.heard.relays[0].route, (Slugs{"A", "D"}));  // B or C: left out
  EXPECT_EQ(s.heard.relays[0].events.size(), 4U);
}

TEST(Distributed, SoleOfferAndKnownRequesterShowInTheRoute) {
  Scenario s;
  const auto a = s.connect("10.0.0.1:4000", kCtl);
  const auto b = s.connect("10.0.0.2:4000", kCtl);
  const auto c = s.connect("10.0.0.3:4000", kCtl);
  s.km(c, 0x1403, 1, R"({"Source KMA ID":"C","Destination KMA ID":"Z"})");  // tells that c is KMA C
  s.km(a, 0x1401, 1, kNotify);
  s.ctl(a, 0x4102, 1, R"({"Next KMA IDs":["B"]})");
  s.km(b, 0x1401, 1, kNotify);
  s.ctl(b, 0x4102, 1, R"({"Next KMA IDs":["C","E"]})");
  s.km(c, 0x1401, 2, kNotify);
  s.finish();
  ASSERT_EQ(s.heard.relays.size(), 2U);
  EXPECT_EQ(s.heard.relays[1].route, (Slugs{"A", "B", "C", "D"}));
  EXPECT_EQ(name_of(s.heard.relays[1].state), "routed");
}

TEST(Distributed, AnotherSourceIsAnotherRelay) {
  Scenario s;
  const auto a = s.connect("10.0.0.1:4000", kCtl);
  const auto b = s.connect("10.0.0.2:4000", kCtl);
  s.km(a, 0x1401, 1, kNotify);
  s.ctl(a, 0x4102, 1, R"({"Next KMA IDs":["B"]})");
  s.km(b, 0x1401, 1, R"({"Source KMA ID":"B","Destination KMA ID":"D"})");
  s.finish();
  EXPECT_EQ(s.heard.relays.size(), 2U);
}

TEST(Distributed, FailsWhenTheLastHopIsOfferedNothing) {
  Scenario s;
  const auto a = s.connect("10.0.0.1:4000", kCtl);
  s.km(a, 0x1401, 1, kNotify);
  s.ctl(a, 0x4102, 1, R"({"Next KMA IDs":[]})");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"no-next-hop@3"});
  EXPECT_EQ(name_of(s.heard.relays[0].state), "failed");
}

TEST(Distributed, LoopWhenOnlyPassedKmasAreOffered) {
  Scenario s;
  const auto a = s.connect("10.0.0.1:4000", kCtl);
  const auto b = s.connect("10.0.0.2:4000", kCtl);
  s.km(a, 0x1401, 1, kNotify);
  s.ctl(a, 0x4102, 1, R"({"Next KMA IDs":["B"]})");
  s.km(b, 0x1401, 1, kNotify);
  s.ctl(b, 0x4102, 1, R"({"Next KMA IDs":["A"]})");
  EXPECT_EQ(s.findings(), Slugs{"relay-loop@6"});
}

/// A KM is given the source's name by a later 0x1401 with which it only goes on with a chain of that
/// source's, whose first hop went to another controller. The destination that it was offered before ends its
/// own chain.
TEST(Distributed, TheDestinationThatIsOfferedIsNoLoop) {
  for (const std::string offered : {"A", "B"}) {
    Scenario s;
    const auto c = s.connect("10.0.0.1:4000", kCtl);
    const auto b = s.connect("10.0.0.2:4000", kCtl);
    const std::string to_a = R"({"Source KMA ID":"C","Destination KMA ID":"A"})";
    s.km(c, 0x1401, 1, to_a);
    s.ctl(c, 0x4102, 1, R"({"Next KMA IDs":["B"]})");
    s.km(b, 0x1401, 1, to_a);
    const auto answer = s.ctl(b, 0x4102, 1, R"({"Next KMA IDs":[")" + offered + R"("]})");
    s.km(b, 0x1401, 2, R"({"Source KMA ID":"A","Destination KMA ID":"C"})");
    s.ctl(b, 0x4102, 2, R"({"Next KMA IDs":["C"]})");
    s.finish();
    EXPECT_EQ(s.findings(Severity::error),
              offered == "A" ? Slugs{} : Slugs{"relay-loop@" + std::to_string(answer)});
  }
}

/// The first hop of another chain was not captured, so that a KM that goes on with it is taken for its
/// source. Near miss: the name is one that its hop was offered.
TEST(Distributed, ANameThatWasNotOfferedIsNotTheNextHops) {
  for (const std::string name : {"C", "B"}) {
    Scenario s;
    const auto a = s.connect("10.0.0.1:4000", kCtl);
    const auto b = s.connect("10.0.0.2:4000", kCtl);
    const std::string to_z = R"({"Source KMA ID":"A","Destination KMA ID":"Z"})";
    s.km(a, 0x1401, 1, to_z);
    s.ctl(a, 0x4102, 1, R"({"Next KMA IDs":["B","E"]})");
    s.km(b, 0x1401, 1, to_z);
    const auto answer = s.ctl(b, 0x4102, 1, R"({"Next KMA IDs":[")" + name + R"("]})");
    s.km(b, 0x1401, 2, R"({"Source KMA ID":")" + name + R"(","Destination KMA ID":"Y"})");
    s.ctl(b, 0x4102, 2, R"({"Next KMA IDs":["Y"]})");
    s.finish();
    EXPECT_EQ(s.findings(Severity::error),
              name == "C" ? Slugs{} : Slugs{"relay-loop@" + std::to_string(answer)});
  }
}

/// Two relays of one source and destination take two ways, and no message tells them apart: a hop of the one
/// joins the chain of the other, whose KMAs it then seems to come back to.
TEST(Distributed, ParallelRelaysOverTheSameKmasAreNoLoop) {
  for (const bool told : {true, false}) {
    Scenario s;
    const auto a = s.connect("10.0.0.1:4000", kCtl);
    const auto b = s.connect("10.0.0.2:4000", kCtl);
    const auto c = s.connect("10.0.0.3:4000", kCtl);
    const auto hop = [&](Scenario::Connection on, std::uint32_t id, const std::string& next) {
      s.km(on, 0x1401, id, kNotify);
      return s.ctl(on, 0x4102, id, R"({"Next KMA IDs":[")" + next + R"("]})");
    };
    if (told) {
      for (const auto& [on, kma] : {std::pair(b, "B"), std::pair(c, "C")}) {
        s.km(on, 0x1401, 9, std::string(R"({"Destination KMA ID":"Z","Source KMA ID":")") + kma + R"("})");
        s.ctl(on, 0x4102, 9, R"({"Next KMA IDs":["Z"]})");
      }
    }
    hop(a, 1, "B");  // A, B, C, D
    hop(a, 2, "C");  // A, C, B, D
    hop(b, 1, "C");
    hop(c, 1, "D");  // the first relay's, which the second has offered the same
    hop(c, 2, "B");
    hop(b, 2, "D");
    s.finish();
    EXPECT_EQ(s.findings(Severity::error), Slugs{}) << told;
    EXPECT_GE(s.count(Rule::relay_loop).undecidable, 1U) << told;
  }
}

TEST(Distributed, AParallelRelayOverOtherKmasHidesNoLoop) {
  Scenario s;
  const auto a = s.connect("10.0.0.1:4000", kCtl);
  const auto b = s.connect("10.0.0.2:4000", kCtl);
  s.km(b, 0x1401, 9, R"({"Source KMA ID":"B","Destination KMA ID":"Z"})");  // tells that b is KMA B
  s.ctl(b, 0x4102, 9, R"({"Next KMA IDs":["Z"]})");
  s.km(a, 0x1401, 1, kNotify);
  s.ctl(a, 0x4102, 1, R"({"Next KMA IDs":["B"]})");
  s.km(a, 0x1401, 2, kNotify);
  s.ctl(a, 0x4102, 2, R"({"Next KMA IDs":["C"]})");
  s.km(b, 0x1401, 1, kNotify);
  const auto offered = s.ctl(b, 0x4102, 1, R"({"Next KMA IDs":["A"]})");
  EXPECT_EQ(s.findings(), Slugs{"relay-loop@" + std::to_string(offered)});
}

/// What a hole held up is told behind messages that came after it: the hop may be the first of its chain.
TEST(Distributed, AHopThatIsToldLateIsNoLoop) {
  for (const bool late : {true, false}) {
    Scenario s;
    const auto a = s.connect("10.0.0.1:4000", kCtl);
    const auto b = s.connect("10.0.0.2:4000", kCtl);
    s.km(b, 0x1403, 1, R"({"Source KMA ID":"B","Destination KMA ID":"Z"})");  // tells that b is KMA B
    s.set_frame(20);
    s.km(b, 0x1401, 2, kNotify);
    s.ctl(b, 0x4102, 2, R"({"Next KMA IDs":["C"]})");
    s.set_frame(late ? 10 : 30);
    s.km(a, 0x1401, 1, kNotify);
    const auto frame = s.ctl(a, 0x4102, 1, R"({"Next KMA IDs":["B"]})");
    s.finish();
    EXPECT_EQ(s.findings(), late ? Slugs{} : Slugs{"relay-loop@" + std::to_string(frame)});
    EXPECT_EQ(s.count(Rule::relay_loop).undecidable, late ? 1U : 0U);
  }
}

TEST(Distributed, OneNewKmaAmongTheOffersIsEnough) {
  Scenario s;
  const auto a = s.connect("10.0.0.1:4000", kCtl);
  const auto b = s.connect("10.0.0.2:4000", kCtl);
  s.km(a, 0x1401, 1, kNotify);
  s.ctl(a, 0x4102, 1, R"({"Next KMA IDs":["B"]})");
  s.km(b, 0x1401, 1, kNotify);
  s.ctl(b, 0x4102, 1, R"({"Next KMA IDs":["A","C"]})");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(Identity, KmaIdNamesItsConnectionAndLaterOnesOfItsHost) {
  Scenario s;
  const auto c = s.connect("10.0.0.1:4000", kCtl);
  s.km(c, 0x1403, 1, kNotify);
  s.ctl(c, 0x4104, 1, route_over("[]"));
  s.close(c);
  const auto d = s.connect("10.0.0.1:4001", kCtl);
  s.km(d, 0x1405, 1, result_of_relay("success"));
  const auto e = s.connect("10.0.0.1:4002", kCtl);  // open together with d, not with c
  s.km(e, 0x1406, 1, R"({"Application source ID":"a","Application destination ID":"b"})");
  s.finish();
  EXPECT_EQ(s.heard.connections[0].kma_id, "A");
  EXPECT_EQ(s.heard.connections[1].kma_id, "A");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(Identity, ConnectionsOpenAtOnceAreNotNamedByEachOther) {
  Scenario s;
  const auto c = s.connect("10.0.0.1:4000", kCtl);
  const auto d = s.connect("10.0.0.1:4001", kCtl);
  s.km(c, 0x1403, 1, kNotify);
  s.km(d, 0x1406, 1, R"({"Application source ID":"a","Application destination ID":"b"})");
  s.finish();
  EXPECT_EQ(s.heard.connections[0].kma_id, "A");
  EXPECT_EQ(s.heard.connections[1].kma_id, std::nullopt);
}

TEST(Distributed, AKmThatMayBeAskingAnewIsNoLoop) {
  // The requester may be the KM that was offered B, or the one that asked before and is offered B again.
  for (const std::string second : {"10.9.0.1:9000", "10.9.0.2:9000"}) {
    Scenario s;
    const auto first = s.connect(kMan, kCtl);
    const auto beside = s.connect("10.0.0.1:4001", second);
    for (const auto c : {first, beside}) {
      s.km(c, 0x1401, 1, kNotify);
      s.ctl(c, 0x4102, 1, R"({"Next KMA IDs":["B"]})");
    }
    s.finish();
    EXPECT_EQ(s.findings(), Slugs{}) << second;
    EXPECT_EQ(s.count(Rule::relay_loop).undecidable, 1U) << second;
  }
  Scenario s;
  const auto first = s.connect(kMan, kCtl), next = s.connect("10.0.0.2:4000", kCtl);
  for (const auto c : {first, next}) {
    s.km(c, 0x1401, 1, kNotify);
    s.ctl(c, 0x4102, 1, R"({"Next KMA IDs":["B"]})");
  }
  EXPECT_EQ(s.findings(), Slugs{"relay-loop@6"}) << "another host's KM is B, which is offered itself";
}

TEST(RelayRequestId, AForeignOneLeavesItsRequestToTheRightAnswer) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1403, 1, kNotify);
  s.ctl(c, 0x4104, 1, route_over("[]"));
  s.km(c, 0x1405, 1, result_of_relay("success", "nobody's"));
  const auto right = s.km(c, 0x1405, 2, result_of_relay("success"));
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"unknown-relay-request@4"});
  EXPECT_EQ(s.pair_of(right), "parameters:3");
  EXPECT_EQ(name_of(s.heard.relays[0].state), "completed");
}

/// Of several that are open it may be any's, where it has a MessageID of its own; the KM has answered it, if
/// wrongly. Near miss: it has the MessageID of one.
TEST(RelayRequestId, AForeignOneMayBeForAnyOfSeveral) {
  for (const std::uint32_t id : {77U, 1U}) {
    Scenario s;
    const auto c = s.connect(kMan, kCtl);
    for (const std::uint32_t relay : {1U, 2U, 3U}) {
      s.km(c, 0x1403, relay, kNotify);
      s.ctl(c, 0x4104, relay, route_over("[]", "r" + std::to_string(relay)));
    }
    const auto foreign = s.km(c, 0x1405, id, result_of_relay("success", "nobody's"));
    s.km(c, 0x1405, 78, result_of_relay("success", "r2"));
    s.close(c);
    s.finish();
    const std::string unknown = "unknown-relay-request@" + std::to_string(foreign);
    EXPECT_EQ(s.findings(), id == 77 ? Slugs{unknown} : (Slugs{unknown, "unanswered-request@7"}));
  }
}

TEST(RelayRequestId, AnUnreadableRequestMayHaveNamedIt) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1403, 1, kNotify);
  s.ctl(c, 0x4104, 1, R"({"Key relay request ID":"r1",})");
  s.km(c, 0x1405, 1, result_of_relay("success"));
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"malformed-payload@3"});
  EXPECT_EQ(s.count(Rule::unknown_relay_request).undecidable, 1U);
}

TEST(RelayRequestId, OfARequestThatNamedNoneIsItsAnswers) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1403, 1, kNotify);
  s.ctl(c, 0x4104, 9, R"({"Transit KMA IDs":["B"]})");
  s.km(c, 0x1405, 9, result_of_relay("success", "9"));
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(name_of(s.heard.relays[0].state), "completed");
}

}  // namespace
}  // namespace ck::audit
