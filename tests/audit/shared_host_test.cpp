// Connections of one host of which nobody told whose they are: what is asked on one may be answered on
// another, and nothing said on one holds for another.
#include <gtest/gtest.h>

#include "sample_payloads.h"

namespace ck::audit {
namespace {

constexpr auto kTheController = "10.9.0.1:9000";

/// A connection of the host that tells no KMA ID and stays open: each of the others stands for itself.
Scenario::Connection connect_beside(Scenario& s) {
  const auto beside = s.connect("10.0.0.1:4000", kTheController);
  s.km(beside, 0x1401, 7, R"({"Destination KMA ID":"D"})");
  s.ctl(beside, 0x4102, 7, R"({"Next KMA IDs":["D"]})");
  return beside;
}

/// The answer is for what was asked on a connection that is still open, and the host had asked before.
TEST(SharedHost, AnAnswerIsHeldToNoRequestOfAClosedConnectionWhereAnotherKmMayHaveAsked) {
  for (const bool parallel : {true, false}) {
    Scenario t;
    const auto other = t.connect("10.0.0.2:4000", kTheController);
    const auto before = t.connect("10.0.0.1:4001", kTheController);
    const auto asked = t.km(before, 0x1406, 1, ask(1));
    t.close(before);
    const auto now = t.connect("10.0.0.1:4002", kTheController);
    t.ctl(now, 0x4108, 90, notice("S-1", 1));
    t.km(now, 0x1409, 90, accepted("S-1"));
    const auto beside = parallel ? t.connect("10.0.0.1:4003", kTheController) : other;
    t.km(beside, 0x1406, 2, ask(2));
    t.ctl(other, 0x4108, 91, notice("S-3", 2));
    t.km(other, 0x1409, 91, accepted("S-3"));
    const auto frame = t.ctl(now, 0x4107, 2, created("S-3"));
    if (parallel) t.close(beside);
    t.finish();
    EXPECT_EQ(t.pair_of(frame), "order:" + std::to_string(asked));
    EXPECT_EQ(grave(t), parallel ? Slugs{} : Slugs{at("response-mismatch", frame)});
  }
}

/// The connection beside may be the same KM's, and the answer be missing there.
TEST(SharedHost, AGapBesideMayHoldTheAnswerToAClosedConnectionsRequest) {
  for (const bool lost : {true, false}) {
    Scenario s;
    const auto beside = connect_beside(s);
    const auto before = s.connect("10.0.0.1:4001", kTheController);
    s.km(before, 0x1406, 1, ask(1));
    s.close(before);
    if (lost) s.gap(beside, 1);
    s.wait(31);
    s.km(beside, 0x1401, 8, R"({"Destination KMA ID":"D"})");
    s.ctl(beside, 0x4102, 8, R"({"Next KMA IDs":["D"]})");
    s.finish();
    EXPECT_EQ(s.count(Rule::unanswered_request).violated, lost ? 0U : 1U) << lost;
  }
}

/// All that asked is closed. The near miss: the host has had one connection at a time, and one request.
TEST(SharedHost, NorIsOneOnALaterConnection) {
  for (const bool parallel : {true, false}) {
    Scenario t;
    const auto other = t.connect("10.0.0.2:4000", kTheController);
    const auto before = t.connect("10.0.0.1:4001", kTheController);
    t.km(before, 0x1406, 45, ask(1));
    t.ctl(other, 0x4108, 90, notice("S-1", 1));
    t.km(other, 0x1409, 90, accepted("S-1"));
    if (parallel) {
      const auto beside = t.connect("10.0.0.1:4002", kTheController);
      t.km(beside, 0x1406, 40, ask(3));
      t.close(beside);
    }
    t.close(before);
    const auto now = t.connect("10.0.0.1:4003", kTheController);
    const auto frame = t.ctl(now, 0x4107, 40, created("S-3"));
    t.finish();
    EXPECT_EQ(grave(t), parallel ? Slugs{} : Slugs{at("response-mismatch", frame)});
  }
}

/// What the connection asked itself is no surer: the answer to what a closed one asked comes first.
TEST(SharedHost, AnAnswerMayBeForWhatAClosedConnectionAskedThoughItsOwnAskedToo) {
  for (const bool left : {true, false}) {
    Scenario t;
    const auto other = t.connect("10.0.0.2:4000", kTheController);
    connect_beside(t);
    const auto before = t.connect("10.0.0.1:4002", kTheController);
    if (left) t.km(before, 0x1406, 40, ask(3));
    t.close(before);
    const auto now = t.connect("10.0.0.1:4003", kTheController);
    t.km(now, 0x1406, 50, ask(5));
    t.ctl(other, 0x4108, 90, notice("S-5", 5));
    t.km(other, 0x1409, 90, accepted("S-5"));
    const auto foreign = t.ctl(now, 0x4107, 40, created("S-3"));
    if (left) t.ctl(now, 0x4107, 50, created("S-5"));
    t.finish();
    EXPECT_EQ(grave(t), left ? Slugs{} : Slugs{at("response-mismatch", foreign)});
  }
}

TEST(SharedHost, NorIsAContradictionOneWhereAClosedConnectionAsked) {
  for (const bool left : {true, false}) {
    Scenario t;
    connect_beside(t);
    const auto before = t.connect("10.0.0.1:4001", kTheController);
    if (left) t.ctl(before, 0x410A, 1, R"({"Source KMA ID":"A","Destination KMA ID":"X"})");
    t.close(before);
    const auto now = t.connect("10.0.0.1:4002", kTheController);
    t.ctl(now, 0x410A, 1, R"({"Source KMA ID":"A","Destination KMA ID":"Y"})");
    const auto frame = t.km(now, 0x140B, 1, R"({"Destination KMA ID":"X","Key IDs":"k","Response":0})");
    t.finish();
    EXPECT_EQ(grave(t), left ? Slugs{} : Slugs{at("response-mismatch", frame)});
  }
}

/// A KMA ID that is told on a connection to another controller names no connection that is open beside it.
/// The near misses: the connection tells the same KMA ID itself; or it has asked for the other relay, too.
TEST(SharedHost, AKeyRelayRequestIdIsFreeWhereItMayBeAnotherKms) {
  enum class Case { untold, told, own };
  const auto asked = [](const std::string& source, const std::string& destination) {
    return "{" + (source.empty() ? "" : R"("Source KMA ID":")" + source + R"(",)") +
           R"("Destination KMA ID":")" + destination + R"("})";
  };
  const std::string route_1 = R"({"Key relay request ID":"R-1","Transit KMA IDs":["E"]})";
  for (const Case which : {Case::untold, Case::told, Case::own}) {
    Scenario t;
    const auto first = t.connect("10.0.0.1:4001", kTheController);
    t.km(first, 0x1403, 40, asked(which == Case::told ? "B" : "", "Y"));
    const auto second = t.connect("10.0.0.1:4002", kTheController);
    if (which == Case::own) {
      t.ctl(first, 0x4104, 40, route_1);
      t.km(first, 0x1403, 41, asked("", "Z"));
    } else {
      t.km(second, 0x1403, 70, asked("B", "C"));
      t.ctl(second, 0x4104, 70, route_1);
    }
    const auto third = t.connect("10.0.0.1:4003", "10.9.0.2:9000");
    t.km(third, 0x1401, 71, asked("B", "D"));
    t.ctl(third, 0x4102, 71, R"({"Next KMA IDs":["D"]})");
    const auto frame = t.ctl(first, 0x4104, which == Case::own ? 41 : 40, route_1);
    t.finish();
    EXPECT_EQ(grave(t), which == Case::untold ? Slugs{} : Slugs{at("relay-request-id-reused", frame)});
  }
}

/// Two networks with the same addresses, and with the same names in them. The near miss: a host of one
/// network has two connections, of which each has a port of its own.
TEST(SharedHost, OfOneNetworkOnlyIsThereOneConnectionBetweenTwoPorts) {
  for (const bool networks : {true, false}) {
    Scenario t;
    const auto first = t.connect("10.0.0.1:4000", kTheController);
    const auto second = t.connect(networks ? "10.0.0.1:4000" : "10.0.0.1:4001", kTheController);
    std::uint64_t reserved = 0, asked = 0;
    for (const auto connection : {first, second}) {
      t.km(connection, 0x1403, 1, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
      asked = t.ctl(
          connection, 0x4104, 1,
          R"({"Source KMA ID":"A","Destination KMA ID":"D","Transit KMA IDs":["E"],"Key relay request ID":"R"})");
      t.ctl(connection, 0x410A, 7, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
      reserved = t.km(connection, 0x140B, 7, R"({"Key IDs":"k1","Response":0})");
    }
    for (const auto connection : {first, second}) {
      t.km(connection, 0x1405, 1, R"({"Key relay request ID":"R","Response":"Success"})");
      t.close(connection);
    }
    t.finish();
    EXPECT_EQ(grave(t),
              networks ? Slugs{}
                       : (Slugs{at("relay-request-id-reused", asked), at("key-double-reserved", reserved)}));
  }
}

/// The first network's KM tells its name last; and a later connection may be of either.
TEST(SharedHost, ANameOfTwoNetworksIsNobodysForLater) {
  Scenario t;
  const auto first = t.connect("10.0.0.1:4000", kTheController);
  const auto second = t.connect("10.0.0.1:4000", kTheController);
  for (const auto connection : {second, first}) {
    t.km(connection, 0x1403, 1, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
    t.ctl(
        connection, 0x4104, 1,
        R"({"Source KMA ID":"A","Destination KMA ID":"D","Transit KMA IDs":["E"],"Key relay request ID":"R"})");
    t.km(connection, 0x1405, 1, R"({"Key relay request ID":"R","Response":"Success"})");
    t.ctl(connection, 0x410A, 7, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
    t.km(connection, 0x140B, 7, R"({"Key IDs":"k1","Response":0})");
  }
  t.close(first);
  t.close(second);
  const auto later = t.connect("10.0.0.1:4002", kTheController);
  t.km(later, 0x1403, 1, R"({"Source KMA ID":"A","Destination KMA ID":"E"})");
  t.ctl(
      later, 0x4104, 1,
      R"({"Source KMA ID":"A","Destination KMA ID":"E","Transit KMA IDs":["F"],"Key relay request ID":"R2"})");
  t.km(later, 0x1405, 1, R"({"Key relay request ID":"R2","Response":"Success"})");
  t.ctl(later, 0x410A, 7, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
  t.km(later, 0x140B, 7, R"({"Key IDs":"k1","Response":0})");
  t.close(later);
  t.finish();
  EXPECT_EQ(grave(t), Slugs{});
}

/// Towards one controller the host is several KMs, or one with several connections. Which of them another
/// controller has to do with is not known: keys of two KMs may have one ID.
TEST(SharedHost, AKeyTowardsAnotherControllerMayBeAnotherKms) {
  for (const bool crowded : {false, true}) {
    Scenario s;
    const auto reserve = [&](Scenario::Connection on) {
      s.ctl(on, 0x410A, 1, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
      return s.km(on, 0x140B, 1, R"({"Key IDs":"k","Response":0})");
    };
    const auto first = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    if (crowded) s.km(s.connect("10.0.0.1:4001", "10.9.0.1:9000"), 0x1405, 1, R"({"Response":"OK"})");
    reserve(first);
    const auto again = reserve(s.connect("10.0.0.1:4002", "10.9.0.2:9000"));
    s.finish();
    EXPECT_EQ(s.count(Rule::key_double_reserved).violated, crowded ? 0U : 1U) << again;
  }
}

/// So where each controller means another source KMA, though one of the two has told its KMA ID. Near misses:
/// they mean the same, or both have told one name.
TEST(SharedHost, AKeyForAnotherSourceTowardsAnotherControllerMayBeAnotherKms) {
  for (const std::string source : {"B", "A"}) {
    for (const unsigned told : {0U, 1U, 2U, 3U}) {
      Scenario s;
      const auto tell = [&](Scenario::Connection on) {
        s.km(on, 0x1403, 9, R"({"Source KMA ID":"B","Destination KMA ID":"E"})");
        s.ctl(on, 0x4104, 9, R"({"Source KMA ID":"B","Transit KMA IDs":["E"],"Key relay request ID":"R"})");
        s.km(on, 0x1405, 9, R"({"Key relay request ID":"R","Response":"OK"})");
      };
      const auto reserve = [&](Scenario::Connection on, const std::string& from) {
        s.ctl(on, 0x410A, 1, R"({"Source KMA ID":")" + from + R"(","Destination KMA ID":"D"})");
        return s.km(on, 0x140B, 1, R"({"Key IDs":"k","Response":0})");
      };
      const auto first = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
      const auto second = s.connect("10.0.0.1:4001", "10.9.0.2:9000");
      if ((told & 1U) != 0) tell(first);
      if ((told & 2U) != 0) tell(second);
      reserve(first, "A");
      reserve(second, source);
      for (const auto on : {first, second}) {
        s.ctl(on, 0x410C, 2,
              R"({"Source KMA ID":")" + (on == first ? "A" : source) +
                  R"(","Destination KMA ID":"D","Key IDs":[{"Key ID":"k"}]})");
        s.km(on, 0x140D, 2, R"({"Response":0})");
      }
      s.finish();
      const unsigned broken = source == "A" || told == 3 ? 1 : 0;
      EXPECT_EQ(s.count(Rule::key_double_reserved).violated, broken) << source << told;
      EXPECT_EQ(s.count(Rule::key_double_allocated).violated, broken) << source << told;
    }
  }
}

/// A side resets the connection, and the KM is back before the capture shows that nothing of it is in flight.
/// The near miss: nobody has reset it, and the next one is another KM's, perhaps.
TEST(SharedHost, WhatASideHasResetIsNotBesideTheNext) {
  for (const Side side : {Side{0}, Side{1}}) {
    for (const bool reset : {true, false}) {
      Scenario s;
      const auto before = s.connect("10.0.0.1:4000", kTheController);
      s.ctl(before, 0x410A, 1, std::string("{") + kEnds + "}");
      s.km(before, 0x140B, 1, R"({"Key IDs":"1","Response":0})");
      const std::uint64_t asked = s.ctl(before, 0x410C, 2, keys("1"));
      if (reset) s.event(before, side, StreamEventKind::reset_seen);
      const auto now = s.connect("10.0.0.1:4001", kTheController);
      const std::uint64_t answer = s.km(now, 0x140D, 2, allocated("1"));
      const std::uint64_t again = s.ctl(now, 0x410C, 3, keys("1"));
      s.km(now, 0x140D, 3, allocated("1"));
      if (reset) s.event(before, side, StreamEventKind::reset);
      s.close(before);
      s.finish();
      EXPECT_EQ(s.pair_of(answer), reset ? "message-id:" + std::to_string(asked) : "");
      EXPECT_EQ(s.count(Rule::key_double_allocated).violated, reset ? 1U : 0U) << again;
      EXPECT_EQ(s.heard.connections.size(), 2U);
    }
  }
}

/// What was in flight when the RST was sent counts as ever.
TEST(SharedHost, AMessageInFlightBehindAResetIsChecked) {
  Scenario s;
  const auto before = s.connect("10.0.0.1:4000", kTheController);
  s.ctl(before, 0x410A, 1, std::string("{") + kEnds + "}");
  s.event(before, 1, StreamEventKind::reset_seen);
  const auto now = s.connect("10.0.0.1:4001", kTheController);
  s.ctl(now, 0x410A, 2, std::string("{") + kEnds + "}");
  const std::uint64_t late = s.km(before, 0x140B, 1, R"({"Key IDs":[{"a":1}],"Response":0})");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{at("wrong-type", late)});
}

/// A KM that numbers on its own comes back twice, and is answered each time what it asked on the connection
/// before. Which of the host's KMs the second connection is does not show before its 0x1403: until then its
/// answer is paired by order.
TEST(SharedHost, AnAnswerToAnEarlierConnectionLeavesAnAnswerToTheNextOne) {
  Scenario s;
  const auto other = s.connect("10.0.0.1:4001", kCtl);
  s.km(other, 0x1403, 8, R"({"Source KMA ID":"B","Destination KMA ID":"D"})");
  s.ctl(other, 0x4104, 6, R"({"Source KMA ID":"B","Destination KMA ID":"D","Transit KMA IDs":"C"})");
  s.km(other, 0x1405, 9, R"({"Response":"OK"})");
  const auto first = s.connect("10.0.0.1:4101", kCtl);
  s.km(first, 0x1403, 18, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
  s.ctl(first, 0x4104, 20, route("RR-1"));
  s.km(first, 0x1405, 19, result("RR-1", "OK"));
  s.km(first, 0x1406, 20, ask(1));
  s.ctl(other, 0x4108, 7, notice("S-1", 1));
  s.close(first);
  const auto second = s.connect("10.0.0.1:4102", kCtl);
  s.km(second, 0x1406, 22, ask(2));
  s.km(other, 0x1409, 10, accepted("S-1", "Failed"));
  s.ctl(second, 0x4107, 21, created("S-1", "Failed"));
  s.ctl(other, 0x4108, 8, notice("S-2", 2));
  s.km(second, 0x1403, 23, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
  s.close(second);
  const auto third = s.connect("10.0.0.1:4103", kCtl);
  s.ctl(third, 0x4104, 13, route("RR-2"));
  s.km(other, 0x1409, 12, accepted("S-2"));
  s.ctl(third, 0x4107, 15, created("S-2"));
  s.km(third, 0x1405, 24, result("RR-2", "OK"));
  // Then nothing is open any more, and which KM is which is known.
  s.km(third, 0x1406, 25, ask(3));
  for (const int n : {3, 4}) {
    s.ctl(other, 0x4108, 8U + static_cast<unsigned>(n), notice("S-" + std::to_string(n), n));
    s.km(other, 0x1409, 10U + static_cast<unsigned>(n), accepted("S-" + std::to_string(n)));
  }
  const auto wrong = s.ctl(third, 0x4107, 16, created("S-4"));
  s.finish();
  EXPECT_EQ(grave(s), Slugs{at("response-mismatch", wrong)});
}

}  // namespace
}  // namespace ck::audit
