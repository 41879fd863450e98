// Who is who when one host speaks for several KMs: what a connection began before its KM told its KMA ID is
// that KM's all the same.
#include <gtest/gtest.h>

#include <algorithm>

#include "scenario.h"

namespace ck::audit {
namespace {

/// Two KMs, one after the other, from one address and port to the same controller.
struct OneHost : ::testing::Test {
  Scenario s;
  std::uint32_t next = 1;

  Scenario::Connection connect() { return s.connect("10.0.0.1:4000", "10.9.0.1:9000"); }
  void tell(Scenario::Connection on, const std::string& kma) {
    const std::string ends = R"({"Source KMA ID":")" + kma + R"(","Destination KMA ID":"Z")";
    const std::string id = R"("Key relay request ID":"relay-)" + kma + '"';
    s.km(on, 0x1403, next, ends + "}");
    s.ctl(on, 0x4104, next, ends + R"(,"Transit KMA IDs":["T"],)" + id + "}");
    s.km(on, 0x1405, next++, "{" + id + R"(,"Response":"success"})");
  }
  void reserve(Scenario::Connection on, const std::string& key) {
    s.ctl(on, 0x410A, next, R"({"Source KMA ID":"X","Destination KMA ID":"Y"})");
    s.km(on, 0x140B, next++,
         R"({"Source KMA ID":"X","Destination KMA ID":"Y","Key IDs":")" + key + R"(","Response":0})");
  }
  std::uint64_t allocate(Scenario::Connection on, const std::string& key) {
    const std::string ends =
        R"({"Source KMA ID":"X","Destination KMA ID":"Y","Key IDs":[{"Key ID":")" + key + R"("}])";
    const std::uint64_t frame = s.ctl(on, 0x410C, next, ends + "}");
    s.km(on, 0x140D, next++, ends + R"(,"Response":0})");
    return frame;
  }
};

TEST_F(OneHost, WhatWasBegunBeforeTheKmaIdWasToldMovesAlong) {
  const auto first = connect();
  tell(first, "A");
  reserve(first, "a");
  s.close(first);
  const auto second = connect();
  const auto source = s.connect("10.0.0.7:4000", "10.9.0.1:9000");
  s.km(source, 0x1406, 1, R"({"Application source ID":"a","Application destination ID":"b"})");
  reserve(second, "k");
  const std::uint32_t notice = next++;
  s.ctl(
      second, 0x4108, notice,
      R"({"Application source ID":"a","Application destination ID":"b","Session ID":"S","Source KM ID":"KM-1"})");
  tell(second, "B");
  s.km(second, 0x1409, notice, R"({"Session ID":"S","Response":"success"})");
  s.ctl(source, 0x4107, 1, R"({"Session ID":"S","Response":"success","Destination KM ID":"KM-2"})");
  allocate(second, "k");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  ASSERT_EQ(s.heard.reservations.size(), 2U);
  EXPECT_EQ(name_of(s.heard.reservations[1].state), "allocated");
  ASSERT_EQ(s.heard.sessions.size(), 1U);
  EXPECT_EQ(name_of(s.heard.sessions[0].state), "established");
  EXPECT_EQ(s.heard.connections[0].kma_id, "A");
  EXPECT_EQ(s.heard.connections[1].kma_id, "B");
}

TEST_F(OneHost, TheOtherKmsKeysStayItsOwn) {
  const auto first = connect();
  tell(first, "A");
  reserve(first, "a");
  s.close(first);
  const auto second = connect();
  reserve(second, "k");
  tell(second, "B");
  const auto never = allocate(second, "a");
  s.close(second);
  const auto third = connect();
  tell(third, "A");
  const auto moved = allocate(third, "k");
  allocate(third, "a");
  s.finish();
  EXPECT_EQ(s.findings(), (Slugs{"allocation-of-unreserved-key@" + std::to_string(never),
                                 "allocation-of-unreserved-key@" + std::to_string(moved)}));
}

TEST_F(OneHost, ARelayBegunBeforeTheKmaIdWasToldMovesAlong) {
  const auto first = connect();
  tell(first, "A");
  s.close(first);
  const auto second = connect();
  s.ctl(second, 0x4104, 50,
        R"({"Destination KMA ID":"Z","Transit KMA IDs":["T"],"Key relay request ID":"R"})");
  tell(second, "B");
  s.km(second, 0x1405, 50, R"({"Key relay request ID":"R","Response":"success"})");
  const auto unknown = s.km(second, 0x1405, 51, R"({"Key relay request ID":"Q","Response":"success"})");
  s.finish();
  const Slugs found = s.findings(Severity::error);
  EXPECT_EQ(std::count(found.begin(), found.end(), "unknown-relay-request@" + std::to_string(unknown)), 1);
  for (const std::string& finding : found)
    EXPECT_TRUE(finding.rfind("unknown-relay-request", 0) != 0 ||
                finding == "unknown-relay-request@" + std::to_string(unknown));
}

/// Two KMs that told their KMA IDs for sure are told apart by them, by a 0x1401 too.
TEST_F(OneHost, AKmaIdThatWasToldForSureNamesALaterConnectionToo) {
  for (const std::string kma : {"A", "B"}) {
    const auto c = connect();
    tell(c, kma);
    s.close(c);
  }
  const auto third = connect();
  s.km(third, 0x1401, 50, R"({"Source KMA ID":"A","Destination KMA ID":"E"})");
  s.ctl(third, 0x4102, 50, R"({"Next KMA IDs":["E"]})");
  const auto foreign = s.km(third, 0x1409, 60, R"({"Session ID":"S","Response":"success"})");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{"unknown-session@" + std::to_string(foreign)});
}

/// The chain that the second hop goes on with was opened at a controller that was not captured.
TEST_F(OneHost, ASourceThatOnlyOpenedTheChainElsewhereNamesNoOtherKm) {
  const auto first = connect();
  tell(first, "A");
  s.close(first);
  const auto second = connect();
  s.ctl(
      second, 0x4108, 60,
      R"({"Application source ID":"a","Application destination ID":"b","Session ID":"S","Source KM ID":"KM-1"})");
  s.km(second, 0x1401, 1, R"({"Source KMA ID":"C","Destination KMA ID":"D"})");
  s.ctl(second, 0x4102, 1, R"({"Next KMA IDs":["D"]})");
  s.km(second, 0x1409, 60, R"({"Session ID":"S","Response":"success"})");
  reserve(second, "k");
  s.close(second);
  const auto third = connect();
  allocate(third, "k");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
}

/// One KM with two connections open at once. It closes one, and answers on a third what was asked there,
/// before it tells who it is.
struct GoesOn : OneHost {
  Scenario::Connection first = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
  Scenario::Connection second = s.connect("10.0.0.1:4001", "10.9.0.1:9000");

  Scenario::Connection go_on() {
    s.close(first);
    return s.connect("10.0.0.1:4002", "10.9.0.1:9000");
  }
  std::uint64_t route(Scenario::Connection on, std::uint32_t id) {
    const std::string ends = R"({"Source KMA ID":"A","Destination KMA ID":"Z")";
    s.km(on, 0x1403, id, ends + "}");
    return s.ctl(on, 0x4104, id, ends + R"(,"Transit KMA IDs":["T"],"Key relay request ID":"R"})");
  }
  void complete(Scenario::Connection on, std::uint32_t id) {
    s.km(on, 0x1405, id, R"({"Key relay request ID":"R","Response":"success"})");
  }
  std::uint64_t notify(std::uint32_t id, const std::string& apps) {
    const std::string session = R"(,"Session ID":"S","Source KM ID":"KM-1"})";
    const auto frame = s.ctl(second, 0x4108, id, "{" + apps + session);
    s.km(second, 0x1409, id, R"({"Session ID":"S","Response":"success"})");
    return frame;
  }
  static constexpr const char* kApps = R"("Application source ID":"a","Application destination ID":"b")";
  static constexpr const char* kOthers = R"("Application source ID":"x","Application destination ID":"y")";
};

TEST_F(GoesOn, ARelayThatItsFirstWordOnAnotherConnectionCompletesFreesItsId) {
  tell(second, "A");
  route(first, 50);
  const auto third = go_on();
  complete(third, 50);
  route(third, 60);
  complete(third, 60);
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::relay_request_id_reused).undecidable, 1U);
}

TEST_F(GoesOn, ARelayThatNothingCompletesKeepsItsId) {
  tell(second, "A");
  route(first, 50);
  const auto third = go_on();
  const auto again = route(third, 60);
  complete(third, 60);
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{"relay-request-id-reused@" + std::to_string(again)});
}

TEST_F(GoesOn, ASessionThatFailedOnAnotherConnectionFreesItsId) {
  tell(first, "A");
  tell(second, "A");
  s.km(first, 0x1406, 50, std::string("{") + kApps + "}");
  notify(51, kApps);
  const auto third = go_on();
  s.ctl(third, 0x4107, 50, R"({"Session ID":"S","Response":"failed","Destination KM ID":"KM-2"})");
  tell(third, "A");
  notify(52, kOthers);
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::session_id_reused).undecidable, 1U);
}

TEST_F(GoesOn, ASessionThatSucceededThereKeepsItsId) {
  tell(first, "A");
  tell(second, "A");
  s.km(first, 0x1406, 50, std::string("{") + kApps + "}");
  notify(51, kApps);
  const auto third = go_on();
  s.ctl(third, 0x4107, 50, R"({"Session ID":"S","Response":"success","Destination KM ID":"KM-2"})");
  tell(third, "A");
  const auto again = notify(52, kOthers);
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{"session-id-reused@" + std::to_string(again)});
}

/// The only connection of its host goes on with other KMs' chains before it tells whose it is: whichever it
/// is, what is compared on it is its.
struct Transit : OneHost {
  Scenario::Connection only = connect();

  std::uint64_t go_on_with(const std::string& source, std::uint32_t id) {
    return s.km(only, 0x1401, id, R"({"Source KMA ID":")" + source + R"(","Destination KMA ID":"Z"})");
  }
  void answer(std::uint32_t id) { s.ctl(only, 0x4102, id, R"({"Next KMA IDs":["T"]})"); }
};

TEST_F(Transit, ItsMessageIdsAreItsOwn) {
  go_on_with("X", 50);
  answer(50);
  go_on_with("Y", 51);
  answer(51);
  tell(only, "A");
  const auto again = go_on_with("A", 51);
  answer(51);
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{"message-id-reused@" + std::to_string(again)});
}

TEST_F(Transit, ARequestThatItsCloseLeavesWithoutAnAnswer) {
  go_on_with("X", 50);
  answer(50);
  const auto left = go_on_with("Y", 51);
  s.close(only);
  s.wait(60);
  const auto other = s.connect("10.0.0.2:4000", "10.9.0.1:9000");
  tell(other, "B");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"unanswered-request@" + std::to_string(left)});
}

TEST_F(Transit, WhichALaterConnectionOfItsHostMayHaveAnswered) {
  go_on_with("X", 50);
  answer(50);
  go_on_with("Y", 51);
  s.close(only);
  tell(connect(), "B");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
}

/// A controller opened one of the two connections, so that nothing tells at which port it is: it may be the
/// same controller.
struct Mixed : OneHost {
  Scenario::Connection direct = connect(), reversed = 0;

  void open_reversed() { reversed = s.connect("10.9.0.1:5000", "10.0.0.1:7000"); }
  std::uint64_t reserve_there(const std::string& key) {
    s.km(reversed, 0x410A, next, R"({"Source KMA ID":"X","Destination KMA ID":"Y"})");
    return s.ctl(reversed, 0x140B, next++,
                 R"({"Source KMA ID":"X","Destination KMA ID":"Y","Key IDs":")" + key + R"(","Response":0})");
  }
};

TEST_F(Mixed, OpenAtOnceEachMayBeAKmOfItsOwn) {
  tell(direct, "A");
  reserve(direct, "k");
  open_reversed();
  reserve_there("k");
  reserve(direct, "l");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
}

TEST_F(Mixed, OneAfterTheOtherTheyAreOneKms) {
  tell(direct, "A");
  reserve(direct, "k");
  s.close(direct);
  open_reversed();
  const auto twice = reserve_there("k");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{"key-double-reserved@" + std::to_string(twice)});
}

TEST_F(Mixed, AnotherControllersHostIsNoneOfThem) {
  tell(direct, "A");
  reserve(direct, "k");
  reversed = s.connect("10.9.0.2:5000", "10.0.0.1:7000");
  const auto twice = reserve_there("k");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{"key-double-reserved@" + std::to_string(twice)});
}

/// What tells for sure takes the name from what had only seemed to open a chain.
TEST(Guesses, GiveWay) {
  Scenario s;
  const auto middle = s.connect("10.0.0.2:4000", "10.9.0.1:9000");
  s.km(middle, 0x1401, 1, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
  s.ctl(middle, 0x4102, 1, R"({"Next KMA IDs":["D"]})");
  const auto source = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
  s.km(source, 0x1403, 1, R"({"Source KMA ID":"A","Destination KMA ID":"Z"})");
  s.ctl(source, 0x4104, 1,
        R"({"Source KMA ID":"A","Destination KMA ID":"Z","Transit KMA IDs":[],"Key relay request ID":"R"})");
  s.km(middle, 0x1403, 2, R"({"Source KMA ID":"B","Destination KMA ID":"Z"})");
  s.ctl(middle, 0x4104, 2,
        R"({"Source KMA ID":"B","Destination KMA ID":"Z","Transit KMA IDs":[],"Key relay request ID":"R2"})");
  s.km(middle, 0x1405, 2, R"({"Key relay request ID":"R2","Response":"success"})");
  s.km(source, 0x1405, 1, R"({"Key relay request ID":"R","Response":"success"})");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.heard.connections[0].kma_id, "B");
  EXPECT_EQ(s.heard.connections[1].kma_id, "A");
}

/// Two connections of one host, open at once, whose KMs did not tell their KMA IDs: an answer on one may be
/// to a request on the other.
TEST(Parallel, NoRequestIsUnansweredWhereTheOtherConnectionMayHaveAnswered) {
  struct Case {
    std::uint16_t request, response;
    std::string asks, answers;
  };
  const std::string ends = R"("Destination KMA ID":"D","Transit KMA IDs":[],"Key relay request ID":"r")";
  const std::string told =
      R"("Application source ID":"a","Application destination ID":"b","Session ID":"S","Source KM ID":"k")";
  const std::vector<Case> cases = {
      {0x1403, 0x4104, R"({"Destination KMA ID":"D"})", "{" + ends + "}"},
      {0x4104, 0x1405, "{" + ends + "}", R"({"Response":"ok","Key relay request ID":"r"})"},
      {0x4108, 0x1409, "{" + told + "}", R"({"Response":"ok","Session ID":"S"})"},
  };
  for (const Case& one : cases) {
    Scenario s;
    const auto x = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    const auto y = s.connect("10.0.0.1:4001", "10.9.0.1:9000");
    const auto send = [&](Scenario::Connection on, std::uint16_t command, const std::string& json) {
      return (command >> 8) == 0x14 ? s.km(on, command, 1, json) : s.ctl(on, command, 1, json);
    };
    const auto asked = send(x, one.request, one.asks);
    send(y, one.response, one.answers);
    s.close(x);
    s.close(y);
    s.finish();
    for (const std::string& finding : s.findings()) {
      EXPECT_NE(finding, "unanswered-request@" + std::to_string(asked)) << one.request;
    }
  }
}

/// Of two KMA IDs that one connection tells, the first counts, for its host's next connection too, and what
/// is checked on the connection stays decidable.
TEST(TwoKmaIds, TheFirstThatAConnectionTellsCounts) {
  for (const std::uint16_t command : {std::uint16_t{0x1401}, std::uint16_t{0x1403}}) {
    Scenario s;
    const auto first = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    std::uint32_t id = 0;
    for (const std::string kma : {"A", "B"}) {
      s.km(first, command, ++id, R"({"Source KMA ID":")" + kma + R"(","Destination KMA ID":"D"})");
      if (command == 0x1401) {
        s.ctl(first, 0x4102, id, R"({"Next KMA IDs":["D"]})");
        continue;
      }
      const std::string relay = R"("Key relay request ID":"relay-)" + kma + '"';
      s.ctl(first, 0x4104, id,
            R"({"Source KMA ID":")" + kma + R"(","Destination KMA ID":"D","Transit KMA IDs":[],)" + relay +
                "}");
      s.km(first, 0x1405, id, "{" + relay + R"(,"Response":"success"})");
    }
    const auto foreign = s.km(first, 0x1409, 9, R"({"Session ID":"X","Response":"success"})");
    s.close(first);
    const auto next = s.connect("10.0.0.1:4002", "10.9.0.1:9001");
    s.ctl(next, 0x410A, 1, R"({"Source KMA ID":"X","Destination KMA ID":"Y"})");
    s.finish();
    EXPECT_EQ(s.findings(Severity::error), Slugs{"unknown-session@" + std::to_string(foreign)}) << command;
    for (const ConnectionRecord& connection : s.heard.connections)
      EXPECT_EQ(connection.kma_id, "A") << command;
  }
}

/// Of one host's two KMs each keeps its own; a connection that tells none may be either's, and what is
/// checked on it alone stays decidable.
TEST(TwoKmaIds, AConnectionOfTheirHostThatTellsNoneIsJudgedByItself) {
  Scenario s;
  for (const std::string kma : {"A", "B"}) {
    const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    s.km(c, 0x1403, 1, R"({"Source KMA ID":")" + kma + R"(","Destination KMA ID":"D"})");
    s.close(c);
  }
  const auto next = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
  const std::string first = R"({"Source KMA ID":"X","Destination KMA ID":"Y"})";
  const std::string second = R"({"Source KMA ID":"X","Destination KMA ID":"Z"})";
  s.ctl(next, 0x410A, 1, first);
  s.km(next, 0x140B, 1, R"({"Destination KMA ID":"Y","Response":1})");
  const auto again = s.ctl(next, 0x410A, 1, second);
  const auto mismatch = s.km(next, 0x140B, 1, R"({"Destination KMA ID":"OTHER","Response":1})");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), (Slugs{"message-id-reused@" + std::to_string(again),
                                                "response-mismatch@" + std::to_string(mismatch)}));
  EXPECT_EQ(s.heard.connections[0].kma_id, "A");
  EXPECT_EQ(s.heard.connections[1].kma_id, "B");
}

}  // namespace
}  // namespace ck::audit
