// packaging/doc/reading-q4164.md, "Pairing" and "Requests and answers", one by one.
#include <gtest/gtest.h>

#include "sample_payloads.h"

namespace ck::audit {
namespace {

std::string reserve(const std::string& to) {
  return R"({"Source KMA ID":"A","Destination KMA ID":")" + to + R"("})";
}
std::string reserved(const std::string& to, const std::string& key) {
  return R"({"Source KMA ID":"A","Destination KMA ID":")" + to + R"(","Key IDs":")" + key +
         R"(","Response":0})";
}

TEST(Pairing, Step1MessageId) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.ctl(c, 0x410A, 7, reserve("B"));
  EXPECT_EQ(s.pair_of(s.km(c, 0x140B, 7, reserved("B", "k1"))), "message-id:2");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(Pairing, Step3TheOnlyOneThatSharesAnIdentifier) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.ctl(c, 0x410A, 100, reserve("B"));
  s.ctl(c, 0x410A, 101, reserve("C"));
  EXPECT_EQ(s.pair_of(s.km(c, 0x140B, 1, reserved("C", "k1"))), "parameters:3");
  EXPECT_EQ(s.pair_of(s.km(c, 0x140B, 2, reserved("B", "k2"))), "parameters:2");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(Pairing, Step4TheOldest) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1406, 100, kSession);
  s.km(c, 0x1406, 101, kSession);
  EXPECT_EQ(s.pair_of(s.ctl(c, 0x4107, 1, created("s1"))), "order:2");
  EXPECT_EQ(s.pair_of(s.ctl(c, 0x4107, 2, created("s2"))), "order:3");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(Pairing, Step4TimedOutOnesLast) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1406, 100, kSession);
  s.wait(31);
  s.km(c, 0x1406, 101, kSession);
  EXPECT_EQ(s.pair_of(s.ctl(c, 0x4107, 1, created("s1"))), "order:3");
  EXPECT_EQ(s.findings(), Slugs{"unanswered-request@2"});
}

TEST(Pairing, Step5MessageIdThoughContradicted) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.ctl(c, 0x410A, 7, reserve("B"));
  EXPECT_EQ(s.pair_of(s.km(c, 0x140B, 7, reserved("X", "k1"))), "message-id:2");
  EXPECT_EQ(s.findings(), Slugs{"response-mismatch@3"});
  EXPECT_EQ(s.heard.findings[0].parameter, "Destination KMA ID");
}

TEST(Pairing, Step2AnEchoingResponderIsHeldToTheMessageId) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  for (const std::uint32_t id : {50U, 40U, 30U}) {  // the second and third are explained by echoing only
    s.ctl(c, 0x410A, id, reserve("B"));
    s.km(c, 0x140B, id, reserved("B", "k" + std::to_string(id)));
  }
  s.ctl(c, 0x410A, 20, reserve("C"));
  s.ctl(c, 0x410A, 10, reserve("D"));
  // Frame 10 says 20, yet names the other request's destination: by parameters it would be 10's.
  EXPECT_EQ(s.pair_of(s.km(c, 0x140B, 20, reserved("D", "k4"))), "message-id:8");
  EXPECT_EQ(s.findings(), Slugs{"response-mismatch@10"});
}

TEST(Pairing, Step2AnEchoThatFitsNothingIsUnsolicited) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  for (const std::uint32_t id : {50U, 40U, 30U}) {
    s.ctl(c, 0x410A, id, reserve("B"));
    s.km(c, 0x140B, id, reserved("B", "k" + std::to_string(id)));
  }
  s.ctl(c, 0x410A, 20, reserve("C"));
  EXPECT_EQ(s.pair_of(s.km(c, 0x140B, 99, R"({"Key IDs":"k9","Response":0})")), "");
  EXPECT_EQ(s.findings(), Slugs{"unsolicited-response@9"});
}

TEST(Pairing, CountersThatBothStartAtOneAreNoEcho) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  for (std::uint32_t id = 1; id <= 4; ++id) {
    s.ctl(c, 0x410A, id, reserve("B"));
    s.km(c, 0x140B, id, reserved("B", "k" + std::to_string(id)));
  }
  s.ctl(c, 0x410A, 5, reserve("C"));
  s.ctl(c, 0x410A, 6, reserve("D"));
  EXPECT_EQ(s.pair_of(s.km(c, 0x140B, 5, reserved("D", "k5"))), "parameters:11");
  EXPECT_EQ(s.pair_of(s.km(c, 0x140B, 6, reserved("C", "k6"))), "parameters:10");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(Pairing, UnconfirmedMessageIdWhileAnotherIsOpenIsAmbiguous) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  // Independent counters; the second request named no application, the first did.
  s.km(c, 0x1403, 1, R"({"Application destination ID":"app"})");
  s.km(c, 0x1403, 2, R"({"Destination KMA ID":"KMA-9"})");
  // It carries the first's MessageID and no destination, which only the second's answer may leave out.
  s.ctl(c, 0x4104, 1, R"({"Transit KMA IDs":["KMA-2"]})");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(Pairing, AnswersAreUndecidableUntilNoneOfThatTypeIsOpen) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1406, 100, kSession);
  s.km(c, 0x1406, 101, kSession);
  s.ctl(c, 0x4107, 1, created("s1"));  // ambiguous
  s.wait(60);
  s.close(c);
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, 1U);
}

TEST(Pairing, ContradictedBy0x4108OfOtherApplicationsWhenAnotherFits) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  const auto d = s.connect("10.0.0.2:4000", kCtl);
  s.km(c, 0x1406, 1, kSession);                                                             // 3
  s.km(c, 0x1406, 2, R"({"Application source ID":"x","Application destination ID":"y"})");  // 4
  s.ctl(
      d, 0x4108, 1,
      R"({"Application source ID":"x","Application destination ID":"y","Session ID":"S2","Source KM ID":"KM-1"})");
  s.km(d, 0x1409, 1, R"({"Session ID":"S2","Response":"success"})");
  EXPECT_EQ(s.pair_of(s.ctl(c, 0x4107, 1, created("S2"))).substr(s.pair_of(7).find(':')), ":4");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(Pairing, UnsolicitedResponse) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.ctl(c, 0x4107, 1, created("s1"));
  EXPECT_EQ(s.findings(), Slugs{"unsolicited-response@2"});
}

TEST(Pairing, UnsolicitedIsUndecidableOnAConnectionNotSeenWhole) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl, {.opener_known = false, .whole = false});
  s.ctl(c, 0x4107, 1, created("s1"));
  const auto d = s.connect("10.0.0.2:4000", kCtl);
  s.gap(d, 0);
  s.ctl(d, 0x4107, 1, created("s2"));
  s.finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::unsolicited_response).undecidable, 2U);
}

TEST(Pairing, ARouteIsNoSubjectOfUnsolicitedResponse) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1403, 1, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
  s.ctl(c, 0x4104, 1, R"({"Destination KMA ID":"B","Transit KMA IDs":["C"]})");
  s.km(c, 0x1405, 1, R"({"Response":"success"})");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::unsolicited_response).checked, 1U) << "the 0x1405";
  EXPECT_EQ(s.count(Rule::duplicate_response).checked, 2U);
}

TEST(Pairing, DuplicateResponseOnly) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1406, 5, kSession);
  s.ctl(c, 0x4107, 5, created("s1"));
  s.ctl(c, 0x4107, 5, created("s1"));
  EXPECT_EQ(s.findings(), Slugs{"duplicate-response@4"});
}

TEST(Pairing, DuplicateOfAPeerThatCountsIsKnownByItsIdentifiers) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.ctl(c, 0x410A, 100, reserve("B"));
  s.km(c, 0x140B, 1, reserved("B", "k1"));
  s.km(c, 0x140B, 2, reserved("B", "k1"));
  EXPECT_EQ(s.findings(), Slugs{"duplicate-response@4"});
}

TEST(Pairing, MessageIdReused) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1406, 5, kSession);
  s.ctl(c, 0x4107, 5, created("s1"));
  s.km(c, 0x1406, 5, kSession);
  EXPECT_EQ(s.findings(), Slugs{"message-id-reused@4"});
}

TEST(Pairing, ResponseThatEchoesNeverReuses) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1406, 5, kSession);
  s.ctl(c, 0x4107, 5, created("s1"));
  s.km(c, 0x1406, 5, kSession);
  s.ctl(c, 0x4107, 5, created("s2"));
  EXPECT_EQ(s.findings(), Slugs{"message-id-reused@4"});
}

TEST(Pairing, TwoResponsesWithOneMessageIdThatDoNotEcho) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.ctl(c, 0x410A, 100, reserve("B"));
  s.km(c, 0x140B, 1, reserved("B", "k1"));
  s.ctl(c, 0x410A, 101, reserve("B"));
  s.km(c, 0x140B, 1, reserved("B", "k2"));
  EXPECT_EQ(s.findings(), Slugs{"message-id-reused@5"});
}

TEST(Pairing, ARequestAndAResponseMayShareAMessageId) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1406, 5, kSession);
  s.ctl(c, 0x410A, 5, reserve("B"));
  s.km(c, 0x140B, 5, reserved("B", "k1"));
  s.ctl(c, 0x4107, 5, created("s1"));
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(Pairing, MessageIdsAreForgottenAtTheBound) {
  AuditOptions options;
  options.max_remembered_ids = 4;
  Scenario s(options);
  const auto c = s.connect(kMan, kCtl);
  for (const std::uint32_t id : {1U, 2U, 3U, 4U, 5U, 1U, 5U}) {
    s.km(c, 0x1406, id, kSession);
    s.ctl(c, 0x4107, id, created("s" + std::to_string(s.now())));
  }
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{"message-id-reused@14"});
  EXPECT_EQ(s.totals.dropped.at("remembered_ids") > 0, true);
}

TEST(LaterConnection, TheAssociationOutlivesTheConnection) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1406, 9, kSession);
  s.close(c);
  const auto d = s.connect("10.0.0.1:4001", kCtl);
  EXPECT_EQ(s.pair_of(s.ctl(d, 0x4107, 9, created("s1"))), "message-id:2");
  s.finish();
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(LaterConnection, NotOfAnotherHost) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  s.km(c, 0x1406, 9, kSession);
  s.close(c);
  const auto d = s.connect("10.0.0.2:4001", kCtl);
  s.ctl(d, 0x4107, 9, created("s1"));
  s.finish();
  EXPECT_EQ(s.findings(), (Slugs{"unsolicited-response@5", "unanswered-request@2"}));
}

TEST(LaterConnection, AnOpenOneWhereExactlyOneFitsByParameters) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  const auto d = s.connect("10.0.0.1:4001", kCtl);
  s.km(c, 0x1403, 1, R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-9"})");
  s.km(d, 0x1403, 1, R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-8"})");
  EXPECT_EQ(s.pair_of(s.ctl(c, 0x4104, 50, R"({"Destination KMA ID":"KMA-8","Transit KMA IDs":["KMA-2"]})")),
            "parameters:4");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(Grpc, PairsByStream) {
  Scenario s;
  const auto c = s.connect(kCtl, kMan, {.transport = Transport::grpc_tls});
  s.rpc(c, 0, 0x410A, 1, reserve("B"));
  s.rpc(c, 0, 0x410A, 3, reserve("B"));
  EXPECT_EQ(s.pair_of(s.rpc(c, 1, 0x140B, 3, reserved("B", "k1"))), "stream:3");
  EXPECT_EQ(s.pair_of(s.rpc(c, 1, 0x140B, 1, reserved("B", "k2"))), "stream:2");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(Grpc, NotificationAndRelayRequestAreTwoRpcs) {
  Scenario s;
  const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000", {.transport = Transport::grpc_tls});
  const auto d = s.connect("10.9.0.1:5000", "10.0.0.1:9000", {.transport = Transport::grpc_tls});
  s.rpc(c, 0, 0x1403, 1, R"({"start_km":"KMA-1","end_km":"KMA-9"})");
  EXPECT_EQ(s.pair_of(s.rpc(d, 0, 0x4104, 1, R"({"start_km":"KMA-1","end_km":"KMA-9","kma_id":["KMA-2"]})")),
            "parameters:3");
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST(ResponseTimes, NearestRank) {
  Scenario s;
  const auto c = s.connect(kMan, kCtl);
  for (std::uint32_t i = 1; i <= 10; ++i) {
    s.km(c, 0x1406, i, kSession);
    s.set_time(s.now() + (i - 1) * 1'000'000);  // i milliseconds in all
    s.ctl(c, 0x4107, i, created("s" + std::to_string(i)));
  }
  s.finish();
  ASSERT_EQ(s.heard.times.size(), 1U);
  EXPECT_EQ(s.heard.times[0].count, 10U);
  EXPECT_EQ(s.heard.times[0].p50_ns, 5'000'000);
  EXPECT_EQ(s.heard.times[0].p90_ns, 9'000'000);
  EXPECT_EQ(s.heard.times[0].p99_ns, 10'000'000);
  EXPECT_EQ(s.heard.times[0].max_ns, 10'000'000);
}

/// The two directions of a connection were captured apart, and the answer's clock is ahead.
TEST(Pairing, InMergedCapturesAnAnswerMayComeBeforeItsRequest) {
  for (const double seconds : {0.0, 0.1}) {
    Scenario s;
    const auto c = s.connect("10.0.0.1:4000", "10.9.0.1:9000", {.capture = 1});
    s.event(c, 0, StreamEventKind::hole_seen);  // the answer acknowledges its request
    s.ctl(c, 0x4102, 1, R"({"Next KMA IDs":["B"]})");
    s.wait(seconds);
    s.capture_in(c, 0);
    const auto asked = s.km(c, 0x1401, 1, R"({"Destination KMA ID":"D"})");
    s.close(c);
    s.finish();
    if (seconds == 0) {
      EXPECT_EQ(s.findings(), std::vector<std::string>{});
      EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, 1U);
    } else {
      EXPECT_EQ(s.findings(), std::vector<std::string>{"unanswered-request@" + std::to_string(asked)});
    }
  }
}

/// The side that was asked has sent a RST: it answers on the next connection, which opens before the first
/// one is closed. A near miss: nothing has ended the first one.
TEST(PairingTest, AnAnswerBehindAReset) {
  for (const bool reset : {true, false}) {
    Scenario s;
    const auto c = s.connect(kMan, kCtl);
    s.km(c, 0x1401, 56, R"({"Source KMA ID":"A","Application destination ID":"x"})");
    if (reset) s.event(c, 1, StreamEventKind::reset_seen);
    const auto d = s.connect("10.0.0.1:4001", kCtl);
    s.km(d, 0x1403, 21, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
    s.ctl(d, 0x4102, 3, R"({"Next KMA IDs":["B"],"Destination KMA ID":"B"})");
    if (reset) s.event(c, 1, StreamEventKind::reset);
    s.close(c);
    s.finish();
    EXPECT_EQ(s.heard.pairs.size(), reset ? 1U : 0U);
    EXPECT_EQ(s.findings(Severity::error), reset ? Slugs{} : Slugs{"unsolicited-response@5"});
  }
}

/// Who has sent a FIN answers on the next connection, though the other side has not closed the first one. A
/// near miss: the one that asked sent it, and may still be answered.
TEST(PairingTest, AnAnswerBehindAFin) {
  for (const Side ended : {Side{0}, Side{1}}) {
    Scenario s;
    const auto c = s.connect(kMan, kCtl);
    s.km(c, 0x1403, 1, R"({"Source KMA ID":"A","Destination KMA ID":"Z"})");
    const auto first = s.ctl(c, 0x4104, 1, R"({"Transit KMA IDs":[],"Key relay request ID":"R-1"})");
    s.event(c, ended, StreamEventKind::fin);
    const auto d = s.connect("10.0.0.1:4001", kCtl);
    s.km(d, 0x1403, 2, R"({"Source KMA ID":"A","Destination KMA ID":"C"})");
    const auto second = s.ctl(d, 0x4104, 2, R"({"Transit KMA IDs":[],"Key relay request ID":"R-2"})");
    const auto one = s.km(d, 0x1405, 1, R"({"Response":"success"})");
    s.km(d, 0x1405, 2, R"({"Response":"completed"})");
    s.finish();
    EXPECT_EQ(s.pair_of(one),
              ended == 0 ? "message-id:" + std::to_string(first) : "order:" + std::to_string(second));
    EXPECT_EQ(s.findings(Severity::error).empty(), ended == 0);
  }
}

/// A controller that counts over all its connections says nothing by a MessageID that is its last one plus
/// one. A near miss: its numbers cannot be explained by counting.
TEST(PairingTest, OneCounterOverTwoConnectionsIsNoEcho) {
  for (const std::uint32_t elsewhere : {2U, 90U}) {
    Scenario s;
    const auto c = s.connect(kMan, kCtl);
    const auto ask = [&](const char* destination, std::uint32_t id) {
      s.km(c, 0x1401, id,
           R"({"Source KMA ID":"A","Destination KMA ID":")" + std::string(destination) + "\"}");
    };
    ask("Z", 1);
    ask("B", 2);
    s.ctl(c, 0x4102, 1, R"({"Next KMA IDs":["Z"]})");
    const auto d = s.connect("10.0.0.2:4000", kCtl);
    s.km(d, 0x1401, 70, R"({"Source KMA ID":"B","Application destination ID":"x"})");
    s.ctl(d, 0x4102, elsewhere, R"({"Next KMA IDs":["D"],"Destination KMA ID":"D"})");
    ask("C", 3);
    s.ctl(c, 0x4102, 3, R"({"Next KMA IDs":["B"]})");
    const auto last = s.ctl(c, 0x4102, 4, R"({"Next KMA IDs":["C"]})");
    s.finish();
    EXPECT_EQ(s.findings(Severity::error),
              elsewhere == 2 ? Slugs{} : Slugs{"unsolicited-response@" + std::to_string(last)});
  }
}

}  // namespace
}  // namespace ck::audit
