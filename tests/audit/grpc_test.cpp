// Ck over gRPC, by packaging/doc/reading-q4164.md, "gRPC": what proto3 leaves out, and RPCs that end without
// an answer.
#include <gtest/gtest.h>

#include "protocol/protobuf/schema.h"
#include "scenario.h"

namespace ck::audit {
namespace {

constexpr auto kReserve = R"({"start_km":"A","end_km":"D"})";
constexpr auto kAllocate = R"({"start_km":"A","end_km":"D","key_id":["k1","k2"]})";
constexpr auto kUnavailable = "grpc-status 14 UNAVAILABLE: the link is down";

/// The controller opens, and asks; the KM serves.
class GrpcTest : public testing::Test {
 protected:
  void finish() {
    s.close(c);
    s.wait(60);
    s.finish();
  }
  Scenario s;
  const Scenario::Connection c = s.connect(kCtl, kMan, {.transport = Transport::grpc_tls});
};

TEST_F(GrpcTest, AResultThatIsNotWrittenIsSuccess) {
  s.rpc(c, 0, 0x410A, 1, kReserve);
  s.rpc(c, 1, 0x140B, 1, R"({"key_id":["k1","k2"]})");
  s.rpc(c, 0, 0x410C, 3, kAllocate);
  s.rpc(c, 1, 0x140D, 3, "{}");
  finish();
  ASSERT_EQ(s.heard.reservations.size(), 1U);
  EXPECT_EQ(s.heard.reservations[0].state, ReservationState::allocated);
  EXPECT_EQ(s.heard.reservations[0].result_code, 0);
  EXPECT_EQ(s.heard.reservations[0].allocation_result_code, 0);
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::allocation_of_unreserved_key).undecidable, 0U);
}

TEST_F(GrpcTest, OverTcpAResultThatIsNotThereSaysNothing) {
  const auto tcp = s.connect("10.0.0.7:4000", "10.9.0.7:9000");
  s.ctl(tcp, 0x410A, 1, kReserve);
  s.km(tcp, 0x140B, 1, R"({"key_id":"k1,k2"})");
  s.finish();
  ASSERT_EQ(s.heard.reservations.size(), 1U);
  EXPECT_EQ(s.heard.reservations[0].state, ReservationState::requested);
}

TEST_F(GrpcTest, ZeroKeysAreNoNumberAndNegativeOnesAreWrong) {
  const auto d = s.connect(kMan, "10.9.0.1:9001", {.transport = Transport::grpc_tls});
  s.rpc(d, 0, 0x1406, 1,
        R"({"application_source_id":"a","application_destination_id":"b","number_of_keys":0})");
  EXPECT_EQ(s.findings(), Slugs{});
  s.rpc(d, 0, 0x1406, 3,
        R"({"application_source_id":"c","application_destination_id":"d","number_of_keys":-1})");
  EXPECT_EQ(s.findings(), Slugs{"invalid-number-of-keys@4"});
  s.finish();
  EXPECT_EQ(s.heard.sessions[0].number_of_keys, std::nullopt);
}

TEST_F(GrpcTest, AStatusFailsTheReservationAndNothingIsUnanswered) {
  s.rpc(c, 0, 0x410A, 1, kReserve);
  s.end_rpc(c, 0, 1, RpcOutcome::failed, kUnavailable);
  finish();
  EXPECT_EQ(s.heard.reservations[0].state, ReservationState::rejected);
  EXPECT_EQ(s.heard.reservations[0].result_code, std::nullopt);
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::unanswered_request).checked, 1U);
}

TEST_F(GrpcTest, WithoutItTheRequestIsUnanswered) {
  s.rpc(c, 0, 0x410A, 1, kReserve);
  finish();
  EXPECT_EQ(s.findings(), Slugs{"unanswered-request@2"});
}

TEST_F(GrpcTest, AStatusFailsTheAllocationAndTheKeysStayReserved) {
  s.rpc(c, 0, 0x410A, 1, kReserve);
  s.rpc(c, 1, 0x140B, 1, R"({"key_id":["k1","k2"]})");
  s.rpc(c, 0, 0x410C, 3, kAllocate);
  s.end_rpc(c, 0, 3, RpcOutcome::failed, kUnavailable);
  s.rpc(c, 0, 0x410C, 5, kAllocate);
  s.rpc(c, 1, 0x140D, 5, "{}");
  finish();
  EXPECT_EQ(s.heard.reservations[0].state, ReservationState::allocated);
  EXPECT_EQ(s.findings(), Slugs{}) << "the second 0x410C allocates what the first did not get";
}

TEST_F(GrpcTest, AStatusFailsTheRelay) {
  s.rpc(c, 0, 0x4104, 1, R"({"start_km":"A","end_km":"D","kma_id":["B"],"keyrelayrequest_id":"R"})");
  s.end_rpc(c, 0, 1, RpcOutcome::failed, kUnavailable);
  s.rpc(c, 0, 0x4104, 3, R"({"start_km":"A","end_km":"E","kma_id":["B"],"keyrelayrequest_id":"R"})");
  s.rpc(c, 1, 0x1405, 3, R"({"keyrelayrequest_id":"R"})");
  finish();
  ASSERT_EQ(s.heard.relays.size(), 2U);
  EXPECT_EQ(s.heard.relays[0].state, RelayState::failed);
  EXPECT_EQ(s.heard.relays[0].result, kUnavailable);
  EXPECT_EQ(s.heard.relays[1].state, RelayState::completed);
  EXPECT_EQ(s.findings(Severity::error), Slugs{}) << "the ID was free again";
}

TEST_F(GrpcTest, TheSameRelayAskedForAgainIsNoSecondOne) {
  s.rpc(c, 0, 0x4104, 1, R"({"start_km":"A","end_km":"D","kma_id":["B"],"keyrelayrequest_id":"R"})");
  s.end_rpc(c, 0, 1, RpcOutcome::failed, kUnavailable);
  s.rpc(c, 0, 0x4104, 3, R"({"start_km":"A","end_km":"D","kma_id":["B"],"keyrelayrequest_id":"R"})");
  s.rpc(c, 1, 0x1405, 3, R"({"keyrelayrequest_id":"R"})");
  finish();
  ASSERT_EQ(s.heard.relays.size(), 1U);
  EXPECT_EQ(s.heard.relays[0].state, RelayState::completed);
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
}

TEST_F(GrpcTest, AStatusFailsTheSessionOnEitherSide) {
  const auto d = s.connect(kMan, "10.9.0.1:9001", {.transport = Transport::grpc_tls});
  s.rpc(d, 0, 0x1406, 1, kSession);
  s.end_rpc(d, 0, 1, RpcOutcome::failed, kUnavailable);
  s.rpc(
      c, 0, 0x4108, 1,
      R"({"application_source_id":"x","application_destination_id":"y","session_id":"S","source_km_id":"K"})");
  s.end_rpc(c, 0, 1, RpcOutcome::failed, kUnavailable);
  finish();
  ASSERT_EQ(s.heard.sessions.size(), 2U);
  EXPECT_EQ(s.heard.sessions[0].state, SessionState::failed);
  EXPECT_EQ(s.heard.sessions[0].request_result, kUnavailable);
  EXPECT_EQ(s.heard.sessions[1].state, SessionState::failed);
  EXPECT_EQ(s.heard.sessions[1].notification_result, kUnavailable);
  EXPECT_EQ(s.findings(), Slugs{});
}

TEST_F(GrpcTest, ARequestThatWasTakenBackIsUndecidable) {
  s.rpc(c, 0, 0x410A, 1, kReserve);
  s.end_rpc(c, 0, 1, RpcOutcome::cancelled);
  finish();
  EXPECT_EQ(s.heard.reservations[0].state, ReservationState::requested);
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, 1U);
}

TEST_F(GrpcTest, AnEndBehindTheAnswerChangesNothing) {
  s.rpc(c, 0, 0x410A, 1, kReserve);
  s.rpc(c, 1, 0x140B, 1, R"({"key_id":["k1"]})");
  s.end_rpc(c, 0, 1, RpcOutcome::failed, kUnavailable);
  s.end_rpc(c, 0, 7, RpcOutcome::failed, kUnavailable);
  s.end_rpc(99, 0, 1, RpcOutcome::failed, kUnavailable);
  finish();
  EXPECT_EQ(s.heard.reservations[0].state, ReservationState::reserved);
  EXPECT_EQ(s.findings(), Slugs{});
}

/// A KM that nobody can call asks for what it is to do, in a stream of the controller's, and answers by
/// calls.
TEST_F(GrpcTest, AnAnswerInAnRpcOfItsOwn) {
  const auto d = s.connect(kMan, "10.9.0.1:9001", {.transport = Transport::grpc_tls});
  const auto reserve_first = s.rpc(d, 1, 0x410A, 1, kReserve);
  const auto reserve_second = s.rpc(d, 1, 0x410A, 1, R"({"start_km":"A","end_km":"E"})");
  const auto second = s.rpc(d, 0, 0x140B, 3, R"({"start_km":"A","end_km":"E","key_id":["k3"]})");
  const auto first = s.rpc(d, 0, 0x140B, 5, R"({"start_km":"A","end_km":"D","key_id":["k1"]})");
  const auto allocate = s.rpc(d, 1, 0x410C, 1, R"({"start_km":"A","end_km":"D","key_id":["k1"]})");
  s.close(d);  // and the KM comes back
  const auto again = s.connect("10.0.0.1:4001", "10.9.0.1:9001", {.transport = Transport::grpc_tls});
  const auto allocated = s.rpc(again, 0, 0x140D, 1, R"({"key_id":["k1"]})");
  finish();
  EXPECT_EQ(s.pair_of(second), "parameters:" + std::to_string(reserve_second));
  EXPECT_EQ(s.pair_of(first), "parameters:" + std::to_string(reserve_first));
  EXPECT_EQ(s.pair_of(allocated), "parameters:" + std::to_string(allocate));
  EXPECT_EQ(s.findings(), Slugs{});
}

/// The request of one RPC was not captured: its answer is not another one's, which has its own.
TEST_F(GrpcTest, AnAnswerWhoseRequestWasNotCaptured) {
  const protocol::ProtoMessage request{nullptr, find_meant(0x410A)}, response{nullptr, find_meant(0x140B)};
  const protocol::ProtoMethod reservation{"/KeyManager/KeyReservation", &request, &response};
  s.method(&reservation);
  const auto asked = s.rpc(c, 0, 0x410A, 1, kReserve);
  s.event(c, 0, StreamEventKind::gap, 49);
  s.rpc(c, 1, 0x140B, 3, R"({"start_km":"A","end_km":"D","key_id":["k1"]})");
  const auto answer = s.rpc(c, 1, 0x140B, 1, R"({"start_km":"A","end_km":"D","key_id":["k2"]})");
  EXPECT_EQ(s.pair_of(answer), "stream:" + std::to_string(asked));
  EXPECT_EQ(s.findings(), Slugs{"capture-gap@3"});
  s.rpc(c, 1, 0x140B, 1, R"({"start_km":"A","end_km":"D","key_id":["k2"]})");
  EXPECT_EQ(s.findings(), (Slugs{"capture-gap@3", "duplicate-response@6"}));
}

/// A notification and the relay request that it asks for are two RPCs, but for a method that takes the one
/// and returns the other: there each is answered in its own, whatever the order and whatever is named.
TEST_F(GrpcTest, ARouteIsTheAnswerWhereItsMethodReturnsIt) {
  const protocol::ProtoMessage request{nullptr, find_meant(0x1403)}, response{nullptr, find_meant(0x4104)};
  const protocol::ProtoMethod notify{"/Ck/Notify", &request, &response};
  for (const bool one_method : {true, false}) {
    for (const char* end : {"", R"("end_km":"E",)", R"("end_km":"D",)"}) {
      Scenario two;
      if (one_method) two.method(&notify);
      const auto d = two.connect(kMan, "10.9.0.1:9001", {.transport = Transport::grpc});
      const auto first = two.rpc(d, 0, 0x1403, 1, kReserve);
      const auto second = two.rpc(d, 0, 0x1403, 3, R"({"start_km":"A","end_km":"E"})");
      const auto to_second = two.rpc(d, 1, 0x4104, 3, std::string("{") + end + R"("kma_id":["C"]})");
      const auto to_first = two.rpc(d, 1, 0x4104, 1, R"({"kma_id":["B"]})");
      const bool wrong = std::string(end).find('D') != std::string::npos;
      const Slugs errors = two.findings(Severity::error);
      if (one_method) {
        EXPECT_EQ(two.pair_of(to_second), "stream:" + std::to_string(second)) << end;
        EXPECT_EQ(two.pair_of(to_first), "stream:" + std::to_string(first)) << end;
        EXPECT_EQ(errors, wrong ? Slugs{"response-mismatch@" + std::to_string(to_second)} : Slugs{}) << end;
      } else {
        EXPECT_EQ(two.pair_of(to_second).substr(0, 6), end[0] == 0 ? "order:" : "parame") << end;
      }
    }
  }
}

/// A controller that streams them may give another route of the same relay, while another RPC is open.
TEST_F(GrpcTest, ASecondRouteInOneRpcIsANewRoute) {
  const protocol::ProtoMessage request{nullptr, find_meant(0x1403)}, response{nullptr, find_meant(0x4104)};
  const protocol::ProtoMethod notify{"/Ck/Notify", &request, &response};
  s.method(&notify);
  const auto d = s.connect(kMan, "10.9.0.1:9001", {.transport = Transport::grpc});
  s.rpc(d, 0, 0x1403, 1, kReserve);
  const auto other = s.rpc(d, 0, 0x1403, 3, R"({"start_km":"A","end_km":"D"})");
  const auto route = [&](std::uint64_t stream, const std::string& id) {
    return s.rpc(d, 1, 0x4104, stream,
                 R"({"start_km":"A","end_km":"D","kma_id":["B"],"keyrelayrequest_id":")" + id + "\"}");
  };
  route(1, "R-1");
  EXPECT_EQ(s.pair_of(route(1, "R-2")), "");
  EXPECT_EQ(s.pair_of(route(3, "R-3")), "stream:" + std::to_string(other));
  s.finish();
  EXPECT_EQ(s.heard.relays.size(), 2U);
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::relay_without_notification).violated, 0U);
}

/// An empty list is not written: the chain's last hop was offered nothing. Over TCP a list that is not there
/// says nothing.
TEST_F(GrpcTest, AHopThatIsOfferedNothingFailsItsRelay) {
  const auto d = s.connect(kMan, "10.9.0.1:9001", {.transport = Transport::grpc});
  s.rpc(d, 0, 0x1401, 1, kReserve);
  s.rpc(d, 1, 0x4102, 1, R"({"start_km":"A","end_km":"D"})");
  const auto t = s.connect("10.0.0.5:4000", "10.9.0.1:9001");
  s.km(t, 0x1401, 1, kReserve);
  s.ctl(t, 0x4102, 1, R"({"start_km":"A","end_km":"D"})");
  s.finish();
  ASSERT_EQ(s.heard.relays.size(), 2U);
  EXPECT_EQ(s.heard.relays[0].state, RelayState::failed);
  EXPECT_EQ(s.heard.relays[1].state, RelayState::requested);
}

/// Near misses: an answer to nothing, and a second one where its first is.
TEST_F(GrpcTest, AnAnswerThatNobodyAskedFor) {
  s.rpc(c, 1, 0x140B, 1, R"({"start_km":"A","end_km":"D","key_id":["k1"]})");
  s.rpc(c, 0, 0x410A, 3, kReserve);
  s.rpc(c, 0, 0x410A, 5, R"({"start_km":"A","end_km":"E"})");
  s.rpc(c, 1, 0x140B, 3, R"({"key_id":["k2"]})");
  s.rpc(c, 1, 0x140B, 3, R"({"key_id":["k2"]})");
  EXPECT_EQ(s.findings(), (Slugs{"unsolicited-response@2", "duplicate-response@6"}));
}

/// The stream ends, and what the controller asked for in it is still owed, and answered.
TEST_F(GrpcTest, TheEndOfAStreamFailsOnlyWhatItsAskerAsked) {
  const auto d = s.connect(kMan, "10.9.0.1:9001", {.transport = Transport::grpc_tls});
  const auto asked = s.rpc(d, 1, 0x410A, 1, kReserve);
  s.end_rpc(d, 0, 1, RpcOutcome::failed, kUnavailable);
  const auto answer = s.rpc(d, 0, 0x140B, 3, R"({"start_km":"A","end_km":"D","key_id":["k1"]})");
  finish();
  EXPECT_EQ(s.pair_of(answer), "parameters:" + std::to_string(asked));
  EXPECT_EQ(s.heard.reservations[0].state, ReservationState::reserved);
  EXPECT_EQ(s.findings(), Slugs{});
}

constexpr auto kUnnamedRelay = R"({"start_km":"A","end_km":"D","kma_id":["B"]})";

/// A KM's connection on which it has asked for a relay from A to D.
void notify(Scenario& s) {
  const auto d = s.connect(kMan, "10.9.0.1:9001", {.transport = Transport::grpc_tls});
  s.rpc(d, 0, 0x1403, 1, kReserve);
}

TEST_F(GrpcTest, ARelayWithoutAnIdIsAskedForAgain) {
  notify(s);
  s.rpc(c, 0, 0x4104, 1, kUnnamedRelay);
  s.end_rpc(c, 0, 1, RpcOutcome::failed, kUnavailable);
  s.rpc(c, 0, 0x4104, 3, kUnnamedRelay);
  s.rpc(c, 1, 0x1405, 3, "{}");
  finish();
  ASSERT_EQ(s.heard.relays.size(), 1U);
  EXPECT_EQ(s.heard.relays[0].state, RelayState::completed);
  EXPECT_EQ(s.findings(), Slugs{});
}

/// Near misses: another relay, which may have been asked for and failed under no ID of its own, and one that
/// has an ID.
TEST_F(GrpcTest, ARelayThatIsNotTheOneWhichFailed) {
  notify(s);
  s.rpc(c, 0, 0x4104, 1, kUnnamedRelay);
  s.end_rpc(c, 0, 1, RpcOutcome::failed, kUnavailable);
  s.rpc(c, 0, 0x4104, 3, R"({"start_km":"A","end_km":"E","kma_id":["B"]})");
  EXPECT_EQ(s.findings(), Slugs{});
  const auto named =
      s.rpc(c, 0, 0x4104, 5, R"({"start_km":"A","end_km":"F","kma_id":["B"],"keyrelayrequest_id":"R"})");
  s.rpc(c, 1, 0x1405, 3, "{}");
  s.rpc(c, 1, 0x1405, 5, R"({"keyrelayrequest_id":"R"})");
  finish();
  EXPECT_EQ(s.findings(), Slugs{"relay-without-notification@" + std::to_string(named)});
  EXPECT_EQ(s.count(Rule::relay_without_notification).undecidable, 1U);
}

/// A new 0x1403 is answered by the next 0x4104, whatever failed before.
TEST_F(GrpcTest, ANewNotificationIsAnsweredRatherThanAnOldOneAgain) {
  const auto d = s.connect(kMan, "10.9.0.1:9001", {.transport = Transport::grpc_tls});
  s.rpc(d, 0, 0x1403, 1, kReserve);
  s.rpc(c, 0, 0x4104, 5, kUnnamedRelay);
  s.end_rpc(c, 0, 5, RpcOutcome::failed, kUnavailable);
  const auto asked = s.rpc(d, 0, 0x1403, 3, kReserve);
  const auto routed = s.rpc(c, 0, 0x4104, 7, kUnnamedRelay);
  EXPECT_EQ(s.pair_of(routed), "parameters:" + std::to_string(asked));
}

/// Over TCP a new Key relay request ID is a new route, and so it is here.
TEST_F(GrpcTest, AnotherIdIsANewRoute) {
  notify(s);
  s.rpc(c, 0, 0x4104, 1, R"({"start_km":"A","end_km":"D","kma_id":["B"],"keyrelayrequest_id":"R-1"})");
  s.rpc(c, 0, 0x4104, 3, R"({"start_km":"A","end_km":"D","kma_id":["C"],"keyrelayrequest_id":"R-2"})");
  s.rpc(c, 1, 0x1405, 1, R"({"keyrelayrequest_id":"R-1","result_code":1})");
  s.rpc(c, 1, 0x1405, 3, R"({"keyrelayrequest_id":"R-2"})");
  finish();
  EXPECT_EQ(s.heard.relays.size(), 1U);
  EXPECT_EQ(s.findings(), Slugs{});
}

/// The KM's connection to the controller may have begun before the capture, and then nobody can read it.
TEST_F(GrpcTest, ARelayOfWhichOnlyTheControllersSideIsThere) {
  s.rpc(c, 0, 0x4104, 1, kUnnamedRelay);
  s.rpc(c, 1, 0x1405, 1, "{}");
  finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::relay_without_notification).undecidable, 1U);
}

/// The controller answers on a connection that it opens itself.
class HiddenRpcTest : public GrpcTest {
 protected:
  const Scenario::Connection d = s.connect(kMan, "10.9.0.1:9001", {.transport = Transport::grpc_tls});
};

TEST_F(HiddenRpcTest, AnAnswerMayBeWhereNothingCanBeRead) {
  s.rpc(d, 0, 0x1403, 1, kReserve);
  s.unreadable("10.9.0.1:55555", "10.0.0.1:4002", false, true);
  s.close(d);
  finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, 1U);
}

TEST_F(HiddenRpcTest, AlsoBeforeTheFirstMessage) {
  s.unreadable("10.0.0.1:4002", "10.9.0.1:55555", true, true);
  s.rpc(d, 0, 0x1403, 1, kReserve);
  finish();
  EXPECT_EQ(s.findings(), Slugs{});
}

/// Near misses: a connection in clear, where Ck is inside TLS; and of another host, on either side.
TEST_F(HiddenRpcTest, NotInClearAndNotElsewhere) {
  const auto asked = s.rpc(d, 0, 0x1403, 1, kReserve);
  s.unreadable("10.9.0.1:55555", "10.0.0.1:4002", true, false);
  s.unreadable("10.9.0.2:55555", "10.0.0.1:4002", true, true);
  s.unreadable("10.9.0.1:55555", "10.0.0.2:4002", true, true);
  finish();
  EXPECT_EQ(s.findings(), Slugs{"unanswered-request@" + std::to_string(asked)});
}

/// Over TCP what is asked is answered on the same connection.
TEST_F(HiddenRpcTest, NotOverTcp) {
  const auto tcp = s.connect("10.0.0.1:4003", kCtl);
  const auto asked = s.km(tcp, 0x1406, 1, kSession);
  s.unreadable("10.9.0.1:55555", "10.0.0.1:4002", true, true);
  s.close(tcp);
  finish();
  EXPECT_EQ(s.findings(), Slugs{"unanswered-request@" + std::to_string(asked)});
}

TEST_F(HiddenRpcTest, WhatWasAskedForMayBeThereToo) {
  s.rpc(d, 0, 0x1403, 1, kReserve);
  s.rpc(c, 0, 0x4104, 1, R"({"start_km":"A","end_km":"D","kma_id":["B"],"keyrelayrequest_id":"R"})");
  s.rpc(c, 1, 0x1405, 1, R"({"keyrelayrequest_id":"R"})");
  s.unreadable("10.9.0.1:9001", "10.0.0.1:4002", false, true);
  s.rpc(c, 0, 0x4104, 3, R"({"start_km":"A","end_km":"E","kma_id":["B"],"keyrelayrequest_id":"Q"})");
  s.rpc(c, 1, 0x1405, 3, R"({"keyrelayrequest_id":"Q"})");
  s.rpc(c, 0, 0x410C, 5, kAllocate);
  s.rpc(c, 1, 0x140D, 5, "{}");
  finish();
  EXPECT_EQ(s.findings(), Slugs{});
  EXPECT_EQ(s.count(Rule::relay_without_notification).undecidable, 1U);
  EXPECT_EQ(s.count(Rule::allocation_of_unreserved_key).undecidable, 2U);
}

/// A gap on one connection hides what was asked on another.
TEST_F(HiddenRpcTest, AnAnswerMayBeInAGapElsewhere) {
  s.rpc(c, 0, 0x410A, 1, kReserve);
  s.rpc(c, 1, 0x140B, 1, R"({"key_id":["k1"]})");
  s.rpc(d, 0, 0x1403, 1, kReserve);
  s.gap(c, 0);
  finish();
  EXPECT_EQ(s.findings(Severity::error), Slugs{});
  EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, 1U);
}

/// HTTP/2 cannot be read on behind a gap: so it hides the answer to what is asked later, too. A near miss:
/// what the gap's connection is not the only place for.
TEST_F(HiddenRpcTest, AnAnswerMayBeBehindAGapElsewhere) {
  s.rpc(d, 0, 0x1403, 1, kReserve);
  s.rpc(c, 0, 0x4104, 1, R"({"start_km":"A","end_km":"D","kma_id":["B"],"keyrelayrequest_id":"R"})");
  s.rpc(c, 1, 0x1405, 1, R"({"keyrelayrequest_id":"R"})");
  s.gap(c, 0);
  s.rpc(d, 0, 0x1403, 3, R"({"start_km":"A","end_km":"E"})");
  finish();
  EXPECT_EQ(s.findings(Severity::warning), Slugs{});
  EXPECT_EQ(s.count(Rule::unanswered_request).undecidable, 1U);
}

/// The controller opens a second connection to a KM whose name the first message on it tells.
TEST_F(HiddenRpcTest, ARelayIsAskedForOnASecondConnection) {
  s.rpc(d, 0, 0x1403, 1, kReserve);
  s.rpc(c, 0, 0x4104, 1, R"({"start_km":"A","end_km":"D","kma_id":["B"],"keyrelayrequest_id":"R"})");
  s.rpc(c, 1, 0x1405, 1, R"({"keyrelayrequest_id":"R"})");
  const auto asked = s.rpc(d, 0, 0x1403, 3, R"({"start_km":"A","end_km":"E"})");
  const auto e = s.connect("10.9.0.1:9002", kMan, {.transport = Transport::grpc_tls});
  const auto route =
      s.rpc(e, 0, 0x4104, 1, R"({"start_km":"A","end_km":"E","kma_id":["B"],"keyrelayrequest_id":"Q"})");
  s.rpc(e, 1, 0x1405, 1, R"({"keyrelayrequest_id":"Q"})");
  finish();
  EXPECT_EQ(s.pair_of(route), "parameters:" + std::to_string(asked));
  EXPECT_EQ(s.heard.relays.size(), 2U);
  EXPECT_EQ(s.findings(), Slugs{});
}

/// The KM's host has two connections that the controller opened, of one KM or of two: the answer on one of
/// them may be for what was asked on a third. The near miss: there was no answer.
TEST(GrpcHosts, ANotificationMayBeAnsweredOnAnyConnectionOfItsHost) {
  for (const bool answered : {true, false}) {
    Scenario t;
    const auto asking = t.connect(kMan, "10.9.0.1:9001", {.transport = Transport::grpc_tls});
    const auto one = t.connect(kCtl, "10.0.0.1:5000", {.transport = Transport::grpc_tls});
    const auto other = t.connect("10.9.0.1:9002", "10.0.0.1:5000", {.transport = Transport::grpc_tls});
    for (const auto c : {one, other}) {
      t.rpc(
          c, 0, 0x4108, 1,
          R"({"session_id":"S","application_source_id":"a","application_destination_id":"b","source_km_id":"K"})");
      t.rpc(c, 1, 0x1409, 1, R"({"session_id":"S"})");
    }
    const auto asked = t.rpc(asking, 0, 0x1403, 1, R"({"end_km":"D"})");
    if (answered) {
      t.rpc(other, 0, 0x4104, 3, kReserve);
      t.rpc(other, 1, 0x1405, 3, "{}");
    }
    for (const auto c : {asking, one, other}) t.close(c);
    t.finish();
    EXPECT_EQ(t.findings(), answered ? Slugs{} : Slugs{"unanswered-request@" + std::to_string(asked)});
    EXPECT_EQ(t.count(Rule::unanswered_request).undecidable, answered ? 1U : 0U);
  }
}

}  // namespace
}  // namespace ck::audit
