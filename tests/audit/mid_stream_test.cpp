// Captures that begin in the middle or have holes: what nobody saw must not make anybody look wrong.
#include <gtest/gtest.h>

#include "sample_payloads.h"

namespace ck::audit {
namespace {

TEST(MidStream, ARequestWhoseAnswerContradictsItIsNotUnanswered) {
  Scenario s;
  const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000",
                           {.opener_known = false, .whole = false, .opener_side_whole = false});
  s.km(c, 0x1401, 1, R"({"Destination KMA ID":"D"})");
  s.ctl(c, 0x410C, 2, keys("k"));
  const auto answer = s.km(c, 0x140D, 2, allocated("kl"));
  s.close(c);
  s.finish();
  for (const std::string& one : grave(s)) {
    if (one.rfind("unanswered-request", 0) == 0) {
      EXPECT_EQ(one, at("unanswered-request", 2));
    }
  }
  EXPECT_EQ(s.count(Rule::response_mismatch).violated + s.count(Rule::unsolicited_response).violated, 0U);
  EXPECT_GT(answer, 0U);
}

/// The KM numbers on its own, so that no number tells what its contradicting answer was meant for: the only
/// request that is open, or one from before the capture. Near miss: all was captured.
TEST(MidStream, ARequestMayBeWhatAnAnswerOfAnotherNumberContradicts) {
  for (const bool whole : {false, true}) {
    Scenario s;
    const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000",
                             {.opener_known = whole, .whole = whole, .opener_side_whole = whole});
    s.ctl(c, 0x410A, 11, std::string("{") + kEnds + "}");
    s.km(c, 0x140B, 900, R"({"Key IDs":"k","Response":0})");
    const auto asked = s.ctl(c, 0x410C, 12, keys("k"));
    const auto answer = s.km(c, 0x140D, 901, allocated("kl"));
    s.close(c);
    s.finish();
    EXPECT_EQ(grave(s),
              whole ? (Slugs{at("unsolicited-response", answer), at("unanswered-request", asked)}) : Slugs{});
    EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, whole ? 0U : 1U);
  }
}

/// A connection seen from its middle goes on with another KM's chain, and then tells who it is. The host's
/// next connection goes on with a chain too: its KM is still the one to which the sessions were notified.
TEST(MidStream, AChainThatGoesOnAtAHostOfTwoKmaIdsNamesNobody) {
  for (const std::string source : {"B", "C"}) {
    Scenario s;
    const std::string chain = R"({"Source KMA ID":"B","Destination KMA ID":"D"})";
    const auto first = s.connect("10.0.0.1:4000", "10.9.0.1:9000", {.opener_known = false, .whole = false});
    s.km(first, 0x1401, 16, chain);
    s.ctl(first, 0x4104, 16, route("RR-1"));
    s.km(first, 0x1405, 17, result("RR-1", "OK"));
    s.ctl(first, 0x4108, 17, notice("S-1", 1));
    s.km(first, 0x1406, 18, ask(2));
    s.ctl(first, 0x4108, 18, notice("S-2", 2));
    s.km(first, 0x1409, 19, accepted("S-2", "Failed"));
    s.close(first);
    const auto next = s.connect("10.0.0.1:4001", "10.9.0.1:9000");
    s.km(next, 0x1401, 1, R"({"Source KMA ID":")" + source + R"(","Destination KMA ID":"D"})");
    s.ctl(next, 0x4102, 1, R"({"Next KMA IDs":["D"]})");
    s.ctl(next, 0x4107, 2, created("S-2", "Failed"));
    s.km(next, 0x1409, 2, accepted("S-1"));
    s.finish();
    EXPECT_EQ(grave(s), Slugs{}) << source;
    EXPECT_EQ(s.count(Rule::unknown_session).checked, 2U);
  }
}

/// An answer to what came before the capture took the re-route's place: what answers the re-route is no
/// second answer, though its MessageID stood in the answer to the first 0x4104.
TEST(MidStream, AnAnswerAfterOneToWhatWasNotCapturedIsNoSecond) {
  for (const bool twice : {false, true}) {
    Scenario s;
    const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000", {.opener_known = false, .whole = false});
    s.ctl(c, 0x4104, 5, route("RR-1"));
    s.km(c, 0x1405, 5, kFailed);
    s.ctl(c, 0x4104, 5, route("RR-2"));
    if (!twice) s.km(c, 0x1405, 6, R"({"Response":"OK"})");
    s.km(c, 0x1405, 5, result("RR-2", "OK"));
    const auto second = twice ? s.km(c, 0x1405, 5, result("RR-2", "OK")) : 0;
    s.finish();
    EXPECT_EQ(grave(s), twice ? Slugs{at("duplicate-response", second)} : Slugs{});
  }
}

/// The first answer is for a request from before the capture, which named a destination and no application:
/// that both name the same Source, the KM, does not make it the second one's. Near miss: all was captured.
TEST(MidStream, AnAnswerThatSharesNothingButItsKmMayBeAnEarlierRequests) {
  for (const bool hop : {true, false}) {
    for (const bool whole : {false, true}) {
      Scenario s;
      const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000", {.opener_known = whole, .whole = whole});
      s.km(c, hop ? 0x1401 : 0x1403, 6, R"({"Source KMA ID":"A","Application destination ID":"x"})");
      s.ctl(c, hop ? 0x4102 : 0x4104, 100,
            hop ? R"({"Source KMA ID":"A","Next KMA IDs":["B"]})"
                : R"({"Source KMA ID":"A","Transit KMA IDs":["B"]})");
      s.finish();
      EXPECT_EQ(grave(s), whole ? Slugs{at("missing-parameter", 3)} : Slugs{}) << hop;
    }
  }
}

/// Both sides number on their own, and the answer to a 0x1401 that nobody saw has the MessageID of another.
TEST(Unseen, AnAnswerToAHopThatWasNotCapturedIsNoLoopOfAnother) {
  for (const bool hole : {false, true}) {
    Scenario s;
    const auto a = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    const auto b = s.connect("10.0.0.2:4000", "10.9.0.1:9000");
    const std::string chain = R"({"Source KMA ID":"A","Destination KMA ID":"D"})";
    s.km(a, 0x1401, 11, chain);
    s.ctl(a, 0x4102, 18, R"({"Next KMA IDs":["B"]})");
    s.km(b, 0x1401, 9, chain);
    if (hole) s.gap(b, 0);
    const auto offered = s.ctl(b, 0x4102, 9, R"({"Next KMA IDs":["A"]})");
    s.finish();
    EXPECT_EQ(s.findings(Severity::error), hole ? Slugs{} : Slugs{at("relay-loop", offered)});
    EXPECT_EQ(s.count(Rule::relay_loop).undecidable, hole ? 1U : 0U);
  }
}

/// The connection before was not captured whole: an answer to what was asked there comes on the next, where
/// its number is that of a request which it contradicts.
TEST(Unseen, AnAnswerToAnEarlierConnectionContradictsNoRequestOfTheNext) {
  for (const bool whole : {false, true}) {
    Scenario s;
    const auto first = s.connect("10.0.0.1:4000", "10.9.0.1:9000", {.opener_known = whole, .whole = whole});
    s.ctl(first, 0x410A, 9, std::string("{") + kEnds + "}");
    s.km(first, 0x140B, 9, R"({"Response":1})");
    s.close(first);
    const auto next = s.connect("10.0.0.1:4001", "10.9.0.1:9000");
    s.km(next, 0x1403, 2, R"({"Source KMA ID":"A","Destination KMA ID":"E"})");
    const auto route_to_d = s.ctl(next, 0x4104, 2, route("RR-8"));
    s.km(next, 0x1405, 3, result("RR-8", "OK"));
    s.finish();
    EXPECT_EQ(s.findings(Severity::error), whole ? Slugs{at("response-mismatch", route_to_d)} : Slugs{});
  }
}

/// What an answer shares with the only request that is open, of a closed connection, is the KM's own KMA ID:
/// one that was not captured may share it, too. Table 4 wants Destination KMA ID where the request named an
/// application.
TEST(Unseen, AnAnswerOnALaterConnectionIsSurelyForWhatItSharesOnlyWhereAllWasSeen) {
  for (const bool hole : {false, true}) {
    Scenario s;
    const auto first = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    s.km(first, 0x1403, 2, R"({"Source KMA ID":"A","Application destination ID":"App"})");
    if (hole) s.gap(first, 0);
    s.close(first);
    const auto next = s.connect("10.0.0.1:4001", "10.9.0.1:9000");
    const auto answer = s.ctl(
        next, 0x4104, 7, R"({"Source KMA ID":"A","Transit KMA IDs":["D"],"Key relay request ID":"RR-4"})");
    s.km(next, 0x1405, 7, result("RR-4", "OK"));
    s.finish();
    EXPECT_EQ(s.findings(Severity::error), hole ? Slugs{} : Slugs{at("missing-parameter", answer)});
  }
}

/// A KM whose first 0x1401 goes on with a chain that was not captured is not the source of that chain.
TEST(Unseen, ASecondSourceLeavesOpenWhichOfThemTheKmIs) {
  for (const bool disputed : {false, true}) {
    Scenario s;
    const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000");
    const auto hop = [&](std::uint32_t id, const std::string& source, const std::string& next) {
      s.km(c, 0x1401, id, R"({"Source KMA ID":")" + source + R"(","Destination KMA ID":"D"})");
      return s.ctl(c, 0x4102, id, R"({"Next KMA IDs":[")" + next + R"("]})");
    };
    hop(1, disputed ? "A" : "B", "D");
    const auto offered = hop(2, "B", disputed ? "A" : "B");
    s.finish();
    EXPECT_EQ(s.findings(), disputed ? Slugs{} : Slugs{at("relay-loop", offered)});
  }
}

/// Two 0x4104 have one MessageID, as a re-route has: an answer that names neither may be either's.
TEST(MidStream, AnAnswerMayBeThatOfTheReRouteWithTheSameMessageId) {
  Scenario s;
  const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000", {.opener_known = false, .whole = false});
  for (const std::uint32_t id : {30U, 20U, 40U}) {  // the KM echoes
    s.ctl(c, 0x4108, id, notice("S-" + std::to_string(id), static_cast<int>(id)));
    s.km(c, 0x1409, id, accepted("S-" + std::to_string(id)));
  }
  s.ctl(c, 0x4104, 11, route("RR-1"));
  s.gap(c, 0);  // its answer
  s.ctl(c, 0x4104, 11, route("RR-2"));
  s.km(c, 0x1405, 11, R"({"Response":"OK"})");
  s.close(c);
  s.finish();
  EXPECT_EQ(grave(s), Slugs{});
  EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, 1U);
}

/// Who opened the first connection was not captured: it may be the controller, as of the second, and then
/// the two are of one association. The near misses: the controller is seen to open the first one, on which
/// nothing was asked; or the first one is of another controller.
TEST(MidStream, AConnectionThatAnybodyMayHaveOpenedIsOfTheTwoHosts) {
  enum class Case { unclear, seen, elsewhere };
  for (const Case which : {Case::unclear, Case::seen, Case::elsewhere}) {
    for (const bool km_answers : {false, true}) {
      Scenario s;
      const bool whole = which == Case::seen;
      const auto before = s.connect(which == Case::elsewhere ? "10.9.0.2:41000" : "10.9.0.1:41000",
                                    "10.0.0.1:7001", {.opener_known = whole, .whole = whole});
      if (whole) {
        s.km(before, 0x4108, 1, notice("S-1", 1));
      } else if (km_answers) {
        s.km(before, 0x410A, 26, std::string("{") + kEnds + "}");
      } else {
        s.ctl(before, 0x1406, 26, ask(1));
      }
      s.close(before);
      const auto c = s.connect("10.9.0.1:41002", "10.0.0.1:7001");
      const auto frame = km_answers ? s.ctl(c, 0x140B, 26, R"({"Key IDs":"k","Response":0})")
                                    : s.km(c, 0x4107, 26, created("S-2"));
      s.finish();
      EXPECT_EQ(s.findings(Severity::error),
                which == Case::unclear ? Slugs{} : Slugs{at("unsolicited-response", frame)});
      EXPECT_EQ(s.count(Rule::unsolicited_response).undecidable, which == Case::unclear ? 1U : 0U);
    }
  }
}

/// What was asked on a connection that the controller opened may have its answer on such a one.
TEST(MidStream, ARequestMayBeAnsweredOnAConnectionThatAnybodyMayHaveOpened) {
  for (const bool same_host : {true, false}) {
    Scenario s;
    const auto c = s.connect("10.9.0.1:41000", "10.0.0.1:7001");
    const auto asked = s.ctl(c, 0x1406, 1, ask(1));
    s.close(c);
    const auto later = s.connect(same_host ? "10.9.0.1:41002" : "10.9.0.2:41002", "10.0.0.1:7001",
                                 {.opener_known = false, .whole = false});
    s.km(later, 0x4107, 1, created("S-1"));
    s.finish();
    EXPECT_EQ(grave(s), same_host ? Slugs{} : Slugs{at("unanswered-request", asked)});
  }
}

}  // namespace
}  // namespace ck::audit
