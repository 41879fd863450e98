// A 0x4104 may answer a 0x1403, ask anew for a relay that was routed before, or begin a relay of its own.
// Each scene is one in which a controller did nothing wrong, beside a near miss in which it did.
#include <gtest/gtest.h>

#include "scenario.h"

namespace ck::audit {
namespace {

struct Reroute : ::testing::Test {
  Slugs said() {
    s.finish();
    return s.findings();
  }
  Scenario s;
  Scenario::Connection c = s.connect(kMan, kCtl);  // frame 1
};

/// The controller echoes in its answers and counts in its requests; its own count has come to 2.
TEST_F(Reroute, ANumberUsedBeforeUnderAnotherRelayRequestId) {
  s.km(c, 0x1403, 2, R"({"Source KMA ID":"A","Destination KMA ID":"Z"})");
  s.ctl(c, 0x4104, 2, R"({"Key relay request ID":"R-1","Transit KMA IDs":["B"]})");
  s.km(c, 0x1405, 3, R"({"Key relay request ID":"R-1","Response":"failed"})");
  s.ctl(
      c, 0x4104, 2,
      R"({"Source KMA ID":"A","Destination KMA ID":"C","Key relay request ID":"R-2","Transit KMA IDs":["E"]})");
  s.km(c, 0x1405, 5, R"({"Key relay request ID":"R-2","Response":"completed"})");
  EXPECT_EQ(said(), Slugs{"relay-without-notification@5"}) << "a warning: it relays ahead of need";
  EXPECT_EQ(s.heard.pairs.size(), 3U);
}

TEST_F(Reroute, TheSameNumberAndRelayRequestIdAreASecondAnswer) {
  s.km(c, 0x1403, 2, R"({"Source KMA ID":"A","Destination KMA ID":"Z"})");
  s.ctl(c, 0x4104, 2, R"({"Key relay request ID":"R-1","Transit KMA IDs":["B"]})");
  s.ctl(c, 0x4104, 2, R"({"Destination KMA ID":"Z","Key relay request ID":"R-1","Transit KMA IDs":["E"]})");
  EXPECT_EQ(said(), Slugs{"duplicate-response@4"});
}

/// Under a number of its own, behind the end of the relay that was asked for, it relays ahead of need,
/// wherever it goes. Near miss: by the number of the one before it is a second answer.
TEST_F(Reroute, ARelayOfItsOwnIsNoSecondAnswer) {
  const auto said_of = [](std::uint32_t id, const std::string& destination) {
    Scenario one;
    const auto d = one.connect(kMan, kCtl);
    one.km(d, 0x1403, 10, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
    one.ctl(d, 0x4104, 10, R"({"Source KMA ID":"A","Destination KMA ID":"B","Transit KMA IDs":["E"]})");
    one.km(d, 0x1405, 11, R"({"Response":"OK"})");
    one.km(d, 0x1403, 12, R"({"Source KMA ID":"A","Application destination ID":"x"})");
    one.ctl(d, 0x4104, 12, R"({"Source KMA ID":"A","Destination KMA ID":"Z","Transit KMA IDs":["E"]})");
    one.km(d, 0x1405, 13, R"({"Response":"OK"})");
    one.ctl(d, 0x4104, id,
            R"({"Source KMA ID":"A","Destination KMA ID":")" + destination + R"(","Transit KMA IDs":[]})");
    one.km(d, 0x1405, 14, R"({"Response":"OK"})");
    one.finish();
    return one.findings();
  };
  EXPECT_EQ(said_of(900, "C"), Slugs{"relay-without-notification@8"});
  EXPECT_EQ(said_of(900, "Z"), Slugs{"relay-without-notification@8"});
  EXPECT_EQ(said_of(12, "Z"), Slugs{"duplicate-response@8"});
}

/// The first 0x4104 is the controller's own: what it names is nothing that the echoed ones contradict.
TEST_F(Reroute, ByTheNumberOfTheNotificationToAnotherDestination) {
  s.km(c, 0x1403, 38, R"({"Source KMA ID":"A","Application destination ID":"x"})");
  s.ctl(
      c, 0x4104, 900,
      R"({"Source KMA ID":"A","Destination KMA ID":"D","Key relay request ID":"R-1","Transit KMA IDs":["B"]})");
  s.km(c, 0x1405, 39, R"({"Key relay request ID":"R-1","Response":"failed"})");
  s.ctl(c, 0x4104, 38, R"({"Destination KMA ID":"B","Key relay request ID":"R-2","Transit KMA IDs":[]})");
  s.km(c, 0x1405, 40, R"({"Key relay request ID":"R-2","Response":"failed"})");
  s.ctl(c, 0x4104, 38, R"({"Destination KMA ID":"B","Key relay request ID":"R-3","Transit KMA IDs":["C"]})");
  s.km(c, 0x1405, 41, R"({"Key relay request ID":"R-3","Response":"OK"})");
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::relay_without_notification).violated, 0U);
  EXPECT_EQ(s.count(Rule::message_id_reused).violated, 0U);
}

/// A near miss: the notification itself named another destination.
TEST_F(Reroute, ByTheNumberOfANotificationThatItContradicts) {
  s.km(c, 0x1403, 38, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
  s.ctl(c, 0x4104, 900, R"({"Source KMA ID":"A","Destination KMA ID":"D","Key relay request ID":"R-1"})");
  s.km(c, 0x1405, 39, R"({"Key relay request ID":"R-1","Response":"failed"})");
  s.ctl(c, 0x4104, 38, R"({"Destination KMA ID":"B","Key relay request ID":"R-2"})");
  s.finish();
  EXPECT_EQ(s.count(Rule::relay_without_notification).violated, 1U);
}

/// The controller counts: its second 0x4104 may route the failed relay anew, and its third be the answer.
/// Near miss: the first relay has completed, so that the second is the answer.
TEST_F(Reroute, OfAFailedRelayUnderANumberOfItsOwn) {
  for (const bool failed : {true, false}) {
    Scenario one;
    const auto d = one.connect(kMan, kCtl);
    one.km(d, 0x1403, 51, R"({"Source KMA ID":"B","Destination KMA ID":"A"})");
    one.ctl(d, 0x4104, 1, R"({"Transit KMA IDs":[],"Key relay request ID":"R-1"})");
    one.km(d, 0x1405, 52,
           failed ? R"({"Key relay request ID":"R-1","Response":"failed"})"
                  : R"({"Key relay request ID":"R-1","Response":"OK"})");
    one.km(d, 0x1403, 53, R"({"Source KMA ID":"B","Application destination ID":"x"})");
    one.ctl(d, 0x4104, 2, R"({"Transit KMA IDs":["C"],"Key relay request ID":"R-2"})");
    one.km(d, 0x1405, 54, R"({"Key relay request ID":"R-2","Response":"OK"})");
    one.ctl(d, 0x4104, 3,
            R"({"Destination KMA ID":"Z","Transit KMA IDs":["C"],"Key relay request ID":"R-3"})");
    one.km(d, 0x1405, 55, R"({"Key relay request ID":"R-3","Response":"OK"})");
    one.finish();
    EXPECT_EQ(one.findings(),
              failed ? Slugs{} : (Slugs{"missing-parameter@6", "relay-without-notification@8"}));
  }
}

/// A hop that names no Source may be of any relay to its destination; the Source of one that seems to follow
/// it proves nothing. Near miss: it names its Source.
TEST_F(Reroute, ASourceThatALaterHopLends) {
  for (const bool named : {false, true}) {
    Scenario one;
    const auto d = one.connect("10.0.0.2:4001", kCtl);
    one.km(d, 0x1401, 1,
           named ? R"({"Source KMA ID":"A","Destination KMA ID":"C"})" : R"({"Destination KMA ID":"C"})");
    one.ctl(d, 0x4102, 1, R"({"Destination KMA ID":"C","Next KMA IDs":["A"]})");
    const auto e = one.connect(kMan, kCtl);
    one.km(e, 0x1401, 8, R"({"Source KMA ID":"A","Destination KMA ID":"C"})");
    one.ctl(e, 0x4102, 8, R"({"Source KMA ID":"A","Destination KMA ID":"C","Next KMA IDs":["C"]})");
    one.finish();
    EXPECT_EQ(one.count(Rule::relay_loop).violated, named ? 1U : 0U);
  }
}

/// The offer of frame 3 stands under the destination and under the application, and one hop takes it. A near
/// miss: it is the only one, and is told to go where the relay has been.
TEST_F(Reroute, AnOfferIsTakenOnce) {
  for (const bool same : {false, true}) {
    Scenario one;
    const auto b = one.connect("10.0.0.2:4001", kCtl);
    one.km(b, 0x1401, 1, R"({"Source KMA ID":"B","Application destination ID":"x"})");
    one.ctl(b, 0x4102, 1, R"({"Source KMA ID":"B","Destination KMA ID":"Z","Next KMA IDs":["A"]})");
    const auto a = one.connect(kMan, kCtl);
    one.km(a, 0x1403, 1, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
    one.km(a, 0x1401, 3,
           R"({"Source KMA ID":"B","Application destination ID":"x","Destination KMA ID":"Z"})");
    if (!same) one.km(a, 0x1401, 2, R"({"Source KMA ID":"B","Application destination ID":"x"})");
    const auto last =
        one.ctl(a, 0x4102, same ? 3 : 2,
                same ? R"({"Source KMA ID":"B","Destination KMA ID":"Z","Next KMA IDs":["B"]})"
                     : R"({"Source KMA ID":"B","Destination KMA ID":"D","Next KMA IDs":["D"]})");
    one.finish();
    EXPECT_EQ(one.findings(Severity::error), same ? Slugs{"relay-loop@" + std::to_string(last)} : Slugs{});
  }
}

/// What seems to route the relay anew may answer a 0x1403 in the gap, which named another destination. A near
/// miss: there is no gap.
TEST_F(Reroute, BehindAGapItMayAnswerWhatWasNotCaptured) {
  for (const bool gap : {true, false}) {
    Scenario one;
    const auto d = one.connect(kMan, kCtl);
    one.km(d, 0x1403, 100, R"({"Source KMA ID":"A","Destination KMA ID":"C"})");
    one.ctl(d, 0x4104, 100, R"({"Source KMA ID":"A","Transit KMA IDs":[],"Key relay request ID":"R-1"})");
    if (gap) one.gap(d, 0);
    one.ctl(d, 0x4104, 101,
            R"({"Source KMA ID":"A","Transit KMA IDs":["C","E"],"Key relay request ID":"R-2"})");
    one.finish();
    EXPECT_EQ(one.count(Rule::destination_not_last).violated, gap ? 0U : 1U);
  }
}

/// What the 0x1403 asked for is not known, but its MessageID is: by another Key relay request ID a 0x4104
/// that repeats it is a re-route. Near miss: by the same one it is a second answer.
TEST_F(Reroute, ByTheNumberOfANotificationThatCannotBeRead) {
  for (const bool another : {true, false}) {
    Scenario one;
    const auto d = one.connect(kMan, kCtl);
    one.km(d, 0x1403, 5, "");
    one.ctl(d, 0x4104, 5, R"({"Key relay request ID":"R-1","Transit KMA IDs":["B"]})");
    one.km(d, 0x1405, 5, R"({"Key relay request ID":"R-1","Response":"failed"})");
    one.ctl(d, 0x4104, 5,
            another ? R"({"Key relay request ID":"R-2","Transit KMA IDs":["C"]})"
                    : R"({"Key relay request ID":"R-1","Transit KMA IDs":["C"]})");
    if (another) one.km(d, 0x1405, 5, R"({"Key relay request ID":"R-2","Response":"OK"})");
    one.finish();
    EXPECT_EQ(one.findings(), another ? Slugs{"malformed-payload@2"}
                                      : (Slugs{"malformed-payload@2", "duplicate-response@5"}));
    ASSERT_EQ(one.heard.relays.size(), 1U);
    EXPECT_EQ(one.heard.relays[0].state, another ? RelayState::completed : RelayState::failed);
  }
}

/// Whether a second 0x4104 names another Key relay request ID is not known where it cannot be read, or where
/// the first one could not. Near miss: both can.
TEST_F(Reroute, WithAnIdThatCannotBeRead) {
  const auto said_of = [](const char* notification, const char* first, const char* second) {
    Scenario one;
    const auto d = one.connect(kMan, kCtl);
    one.km(d, 0x1403, 10, notification);
    one.ctl(d, 0x4104, 10, first);
    one.km(d, 0x1405, 10, R"({"Response":"failed"})");
    one.ctl(d, 0x4104, 10, second);
    one.finish();
    EXPECT_EQ(one.count(Rule::unsolicited_response).violated, 0U);
    return one.count(Rule::duplicate_response).violated;
  };
  const auto* asked = R"({"Source KMA ID":"A","Destination KMA ID":"D"})";
  const auto* named = R"({"Key relay request ID":"R-1","Transit KMA IDs":["B"]})";
  const auto* unread = R"({"Key relay request ID":"R-2","Transit KMA IDs":["B"]}x)";
  EXPECT_EQ(said_of(asked, named, unread), 0U);
  EXPECT_EQ(said_of("", unread, named), 0U);
  EXPECT_EQ(said_of(asked, named, named), 1U);
}

/// A controller that counts answers two notifications in the other order: of which relay each 0x1405 tells is
/// not known, so that the one that failed may be the one to X, which seems to have completed. Near misses:
/// both have completed, or none goes where the 0x4104 does.
TEST_F(Reroute, OfOneOfTwoThatMayBeMixedUp) {
  const auto said_of = [](const char* second, const char* destination) {
    Scenario one;
    const auto d = one.connect(kMan, kCtl);
    one.km(d, 0x1403, 3, R"({"Source KMA ID":"A","Destination KMA ID":"X"})");
    one.km(d, 0x1403, 4, R"({"Source KMA ID":"A","Destination KMA ID":"Y"})");
    one.ctl(d, 0x4104, 104, R"({"Transit KMA IDs":["P"]})");
    one.km(d, 0x1405, 104, R"({"Response":"OK"})");
    one.ctl(d, 0x4104, 105, R"({"Key relay request ID":"R-2","Transit KMA IDs":["Q"]})");
    one.km(d, 0x1405, 105, std::string(R"({"Response":")") + second + R"("})");
    one.ctl(d, 0x4104, 107,
            std::string(R"({"Key relay request ID":"R-3","Transit KMA IDs":["R"],"Destination KMA ID":")") +
                destination + R"("})");
    one.km(d, 0x1405, 107, R"({"Response":"OK"})");
    one.finish();
    return one.findings();
  };
  EXPECT_EQ(said_of("timeout", "X"), Slugs{});
  EXPECT_EQ(said_of("OK", "X"), Slugs{"relay-without-notification@8"});
  EXPECT_EQ(said_of("timeout", "Z"), Slugs{"relay-without-notification@8"});
}

/// Neither 0x4104 names a Key relay request ID, and the relay before has completed. Near miss: it has failed,
/// and may be routed anew.
TEST_F(Reroute, TheSameNumberBehindARelayThatHasCompletedIsASecondAnswer) {
  for (const bool completed : {true, false}) {
    Scenario one;
    const auto d = one.connect(kMan, kCtl);
    one.km(d, 0x1403, 11, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
    one.ctl(d, 0x4104, 11, R"({"Transit KMA IDs":["B"]})");
    one.km(d, 0x1405, 11, completed ? R"({"Response":"OK"})" : R"({"Response":"failed"})");
    one.km(d, 0x1403, 25, R"({"Source KMA ID":"A","Destination KMA ID":"E"})");
    one.ctl(d, 0x4104, 25, R"({"Transit KMA IDs":["B"]})");
    one.ctl(d, 0x4104, 25, R"({"Transit KMA IDs":["B"]})");
    one.km(d, 0x1405, 25, R"({"Response":"OK"})");
    one.finish();
    EXPECT_EQ(one.findings(), completed ? Slugs{"duplicate-response@7"} : Slugs{});
    EXPECT_EQ(one.heard.relays.size(), completed ? 2U : one.heard.relays.size());
  }
}

/// A 0x4104 under the number of a request of its sender's reuses it only where it asks for a relay by itself.
/// Of two failed relays it may be the re-route of either. Near miss: it goes where none of them does.
TEST_F(Reroute, UnderANumberThatItsSenderHasUsedInARequest) {
  for (const bool of_either : {true, false}) {
    Scenario one;
    const auto d = one.connect(kMan, kCtl);
    one.ctl(d, 0x4108, 2,
            R"({"Session ID":"S","Application source ID":"a","Application destination ID":"b"})");
    one.km(d, 0x1409, 2, R"({"Session ID":"S","Response":"OK"})");
    for (const std::uint32_t id : {10U, 20U}) {
      const std::string named = R"({"Key relay request ID":"R-)" + std::to_string(id) + '"';
      one.km(d, 0x1403, id, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
      one.ctl(d, 0x4104, id, named + R"(,"Transit KMA IDs":["B"]})");
      one.km(d, 0x1405, id, named + R"(,"Response":"failed"})");
    }
    one.ctl(d, 0x4104, 2,
            std::string(R"({"Key relay request ID":"R-3","Transit KMA IDs":["C"],"Destination KMA ID":")") +
                (of_either ? "D" : "Z") + R"("})");
    one.finish();
    EXPECT_EQ(one.count(Rule::message_id_reused).violated, of_either ? 0U : 1U);
    EXPECT_EQ(one.count(Rule::relay_without_notification).violated, of_either ? 0U : 1U);
  }
}

}  // namespace
}  // namespace ck::audit
