// How RPCs end: what fails a request, what takes it back, and whom a missing answer is held against.
#include <gtest/gtest.h>

#include <memory>

#include "stage.h"

namespace ck::grpc {
namespace {

constexpr std::uint32_t kNoError = 0, kRefused = 7, kCancel = 8;

/// A request on stream 1 in frame 6, then what `server` says in frame 7, and time goes by.
struct Asked : Stage {
  Asked() {
    begin();
    client_says(client.request(1, kReservation, reservation()));
  }
  Outcome later() {
    wait();
    talk.close();
    return outcome();
  }
};

Buffer relay() {
  return text(1, "KMA-1") + text(2, "KMA-2") + text(4, "R-1");
}

/// A relay that the KM has asked for in frame 6, on a connection of its own; the 0x4104 in frame 13.
struct RelayAsked {
  RelayAsked() {
    Stage km(recording, {kServer.host, 41000}, {kClient.host, 50052});
    km.begin();
    km.client_says(km.client.request(1, "/qkdn.ck.v1.QkdnController/KeyRelayNotification",
                                     text(1, "KMA-1") + text(2, "KMA-2")));
    km.server_says(km.server.response(1, {}));
    stage = std::make_unique<Stage>(recording, kClient, kServer);
    stage->begin();
    stage->client_says(stage->client.request(1, kRelay, relay()));
  }
  Outcome later() {
    stage->wait();
    stage->talk.close();
    return stage->outcome();
  }
  samples::Recording recording;
  std::unique_ptr<Stage> stage;
};

TEST(EndingsTest, NoAnswerAtAll) {
  Asked stage;
  EXPECT_EQ(stage.later().findings, Lines{"unanswered-request #6"});
}

TEST(EndingsTest, AStatusWithoutAMessageFailsTheRequest) {
  Asked stage;
  stage.server_says(stage.server.list(
      1, {{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "14"}}, true));
  const Outcome out = stage.later();
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.procedures, Lines{"rejected"});
  EXPECT_EQ(out.undecided, 0U);
}

TEST(EndingsTest, WhatTheStatusSays) {
  RelayAsked asked;
  Stage& stage = *asked.stage;
  stage.server_says(stage.server.answer(1));
  stage.server_says(stage.server.trailers(1, "14", {{"grpc-message", "link down %E2%82%AC 100%"}}));
  const Outcome out = asked.later();
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.procedures, Lines{"failed: grpc-status 14 UNAVAILABLE: link down \u20AC 100%"});
}

TEST(EndingsTest, AStatusOfZeroIsNoAnswer) {
  Asked stage;
  stage.server_says(stage.server.trailers(1, "0"));
  EXPECT_EQ(stage.later().findings, Lines{"unanswered-request #6"});
}

/// A server that refuses by the header list alone need not wait for the rest.
TEST(EndingsTest, AnEarlyStatusFailsTheRequestThatIsOnItsWay) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.ask(1, kReservation));
  stage.server_says(stage.server.trailers(1, "16"));
  stage.client_says(data(1, message(reservation()), true));
  stage.wait();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.messages, Lines{"0x410a #8"});
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.procedures, Lines{"rejected"});
}

TEST(EndingsTest, WhatIsAskedBehindTheEndOfTheAnswersIsNotOwed) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.ask(1, kReservation) + data(1, message(reservation())));
  stage.server_says(stage.server.response(1, reserved()));
  stage.client_says(data(1, message(reservation("KMA-3")), true));
  stage.wait();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.undecided, 1U);
}

TEST(EndingsTest, AStatusFailsAllRequestsOfAStream) {
  constexpr int kMany = 5000;
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.ask(1, kReservation));
  for (int i = 0; i < kMany; ++i) stage.client_says(data(1, message(reservation())));
  stage.server_says(stage.server.trailers(1, "14"));
  stage.wait();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.messages.size(), std::size_t{kMany});
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.procedures, Lines(kMany, "rejected"));
}

TEST(EndingsTest, AProxysAnswerFailsTheRequest) {
  RelayAsked asked;
  Stage& stage = *asked.stage;
  stage.server_says(stage.server.list(1, {{":status", "103"}}));
  stage.server_says(stage.server.list(1, {{":status", "503"}, {"content-type", "text/html"}}) +
                    data(1, samples::to_bytes("<html>no upstream</html>"), true));
  const Outcome out = asked.later();
  EXPECT_EQ(out.messages, (Lines{"0x1403 #6", "0x4104 #13"}));
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.procedures, Lines{"failed: no answer of gRPC, HTTP status 503"});
}

TEST(EndingsTest, InformationBeforeTheAnswerIsNone) {
  Asked stage;
  stage.server_says(stage.server.list(1, {{":status", "103"}}));
  stage.server_says(stage.server.response(1, reserved()));
  const Outcome out = stage.later();
  EXPECT_EQ(out.pairs, Lines{"6-8 stream"});
  EXPECT_EQ(out.findings, Lines{});
}

TEST(EndingsTest, TheServerResets) {
  RelayAsked asked;
  Stage& stage = *asked.stage;
  stage.server_says(reset(1, kCancel));
  const Outcome out = asked.later();
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.procedures, Lines{"failed: the stream was reset without a grpc-status"});
}

/// It was on its way before the client heard of the reset.
TEST(EndingsTest, WhatIsSentBehindAResetIsReadAndFailed) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.ask(1, kReservation) + data(1, message(reservation())));
  stage.server_says(reset(1, kCancel));
  stage.client_says(data(1, message(reservation("KMA-3")), true));
  stage.wait();
  stage.talk.close();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.messages, (Lines{"0x410a #6", "0x410a #8"}));
  EXPECT_EQ(out.procedures, (Lines{"rejected", "rejected"}));
  EXPECT_EQ(out.findings, Lines{});
}

/// Who is told that nobody listens need not say the rest; near miss: nobody was told.
TEST(EndingsTest, AMessageThatTheServersEndCutShort) {
  const Buffer whole = message(reservation());
  const Buffer half(whole.begin(), whole.begin() + 10);
  for (const int how : {0, 1, 2}) {
    Stage stage;
    stage.begin();
    stage.client_says(stage.client.ask(1, kReservation) + data(1, half));
    if (how == 0) stage.server_says(reset(1, kCancel));
    if (how == 1) stage.server_says(stage.server.trailers(1, "8"));
    stage.talk.close();
    EXPECT_EQ(stage.outcome().findings.size(), how == 2 ? 1U : 0U) << how;
  }
}

TEST(EndingsTest, TheServerRefusesUnseen) {
  RelayAsked asked;
  Stage& stage = *asked.stage;
  stage.server_says(reset(1, kRefused));
  stage.client_says(stage.client.request(3, kRelay, relay()));  // as gRPC's libraries do by themselves
  stage.server_says(stage.server.response(3, text(2, "R-1")));
  const Outcome out = asked.later();
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.pairs, (Lines{"6-13 parameters", "15-16 stream"}));
  EXPECT_EQ(out.procedures, Lines{"completed: 0"});
}

TEST(EndingsTest, TheServerAnswersAndResets) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.ask(1, kReservation) + data(1, message(reservation())));
  stage.server_says(stage.server.response(1, reserved()) + reset(1, kNoError));
  stage.wait();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.procedures, Lines{"reserved"});
}

TEST(EndingsTest, TheClientTakesItBack) {
  Asked stage;
  stage.client_says(reset(1, kCancel));
  const Outcome out = stage.later();
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.procedures, Lines{"requested"});
  EXPECT_EQ(out.undecided, 1U);
}

/// It was sent before the server heard of the reset, and reserves the keys that it names.
TEST(EndingsTest, AnAnswerUnderWayBehindWhatIsTakenBackIsOne) {
  Asked stage;
  stage.client_says(reset(1, kCancel));
  stage.server_says(stage.server.response(1, reserved()));
  stage.client_says(stage.client.request(3, kKm + "KeyAllocation", reserved()));
  const Outcome out = stage.later();
  EXPECT_EQ(out.pairs, Lines{"6-8 stream"});
  EXPECT_EQ(out.undecided, 1U) << "nobody was to answer, and somebody did";
  EXPECT_EQ(out.findings, Lines{"unanswered-request #9"});
}

TEST(EndingsTest, WhatTheServerSaysOfAnRpcThatIsTakenBackFailsNothing) {
  for (const bool status : {false, true}) {
    Asked stage;
    stage.client_says(reset(1, kCancel));
    stage.server_says(status ? stage.server.trailers(1, "1") : reset(1, kCancel));
    const Outcome out = stage.later();
    EXPECT_EQ(out.findings, Lines{});
    EXPECT_EQ(out.procedures, Lines{"requested"});
  }
}

TEST(EndingsTest, AnAnswerToWhatIsTakenBackNeedNotBeWhole) {
  const Buffer whole = message(reserved());
  Asked stage;
  stage.client_says(reset(1, kCancel));
  stage.server_says(stage.server.answer(1) + data(1, {whole.begin(), whole.end() - 1}));
  EXPECT_EQ(stage.later().findings, Lines{});
}

/// A stream that was taken back is not read for ever, and a request on it waits for nothing.
TEST(EndingsTest, ManyRpcsThatAreTakenBack) {
  Stage stage;
  stage.begin();
  constexpr std::uint32_t kMany = 200;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    stage.client_says(stage.client.request(1 + 2 * i, kReservation, reservation()) +
                      reset(1 + 2 * i, kCancel));
  }
  stage.server_says(stage.server.response(1, reserved()));
  stage.wait();
  stage.talk.close();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.messages.size(), std::size_t{kMany}) << "the answer comes too late";
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.undecided, kMany);
}

TEST(EndingsTest, AServerThatGoesLeavesStreamsUnseen) {
  Asked stage;
  stage.client_says(stage.client.request(3, kReservation, reservation("KMA-3")));
  stage.server_says(goaway(1));
  stage.client_says(stage.client.request(5, kReservation, reservation("KMA-4")));  // before that arrived
  stage.server_says(stage.server.response(1, reserved()));
  const Outcome out = stage.later();
  EXPECT_EQ(out.messages, (Lines{"0x410a #6", "0x410a #7", "0x410a #9", "0x140b #10"}));
  EXPECT_EQ(out.pairs, Lines{"6-10 stream"});
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.undecided, 2U);
}

TEST(EndingsTest, AStreamThatWasSeenIsStillOwed) {
  Asked stage;
  stage.server_says(goaway(0x7FFF'FFFF));
  stage.server_says(goaway(1));
  EXPECT_EQ(stage.later().findings, Lines{"unanswered-request #6"});
}

TEST(EndingsTest, WhatWasNotSeenIsAskedAgainElsewhere) {
  RelayAsked asked;
  asked.stage->server_says(goaway(0));
  asked.stage->talk.close();
  Stage next(asked.recording, {kClient.host, 40001}, kServer);
  next.begin();
  next.client_says(next.client.request(1, kRelay, relay()));
  next.server_says(next.server.response(1, text(2, "R-1")));
  next.wait();
  const Outcome out = next.outcome();
  EXPECT_EQ(out.pairs.size(), 2U);
  EXPECT_EQ(out.procedures, Lines{"completed: 0"});
  EXPECT_EQ(out.findings, Lines{});
}

/// As a retry policy of gRPC does.
TEST(EndingsTest, WhatFailedIsAskedAgain) {
  RelayAsked asked;
  Stage& stage = *asked.stage;
  stage.server_says(stage.server.trailers(1, "14"));
  stage.client_says(stage.client.request(3, kRelay, relay()));
  stage.server_says(stage.server.response(3, text(2, "R-1")));
  const Outcome out = asked.later();
  EXPECT_EQ(out.procedures, Lines{"completed: 0"});
  EXPECT_EQ(out.findings, Lines{});
}

/// Near misses: another ID, and the same one while the first request is open.
TEST(EndingsTest, WhatIsNoRetry) {
  RelayAsked other;
  other.stage->server_says(reset(1, kRefused));
  other.stage->client_says(
      other.stage->client.request(3, kRelay, text(1, "KMA-8") + text(2, "KMA-9") + text(4, "R-2")));
  EXPECT_EQ(other.stage->outcome().findings, Lines{"relay-without-notification #15"});
  RelayAsked open;
  open.stage->client_says(open.stage->client.request(3, kRelay, relay()));
  EXPECT_EQ(open.stage->outcome().findings,
            (Lines{"relay-without-notification #14", "relay-request-id-reused #14"}));
}

TEST(EndingsTest, AnAllocationAskedAgain) {
  const Buffer body = text(1, "KMA-1") + text(2, "KMA-2") + text(4, "k-1");
  Asked stage;
  stage.server_says(stage.server.response(1, reserved()));
  stage.client_says(stage.client.request(3, kKm + "KeyAllocation", body));
  stage.server_says(reset(3, kRefused));
  stage.client_says(stage.client.request(5, kKm + "KeyAllocation", body));
  stage.server_says(stage.server.response(5, body));
  const Outcome out = stage.later();
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.procedures, Lines{"allocated"});
}

TEST(EndingsTest, AStreamThatEndsInsideAMessage) {
  Stage stage;
  stage.begin();
  const Buffer whole = message(reservation());
  stage.client_says(stage.client.ask(1, kReservation) + data(1, {whole.begin(), whole.end() - 1}, true));
  EXPECT_EQ(stage.outcome().findings, Lines{"truncated-message #6"});

  Stage closed;
  closed.begin();
  closed.client_says(closed.client.ask(1, kReservation) + data(1, {whole.begin(), whole.end() - 1}));
  closed.talk.close();
  EXPECT_EQ(closed.outcome().findings, Lines{"truncated-message #7"});

  // A near miss: what is taken back need not be said to its end.
  Stage taken_back;
  taken_back.begin();
  taken_back.client_says(taken_back.client.ask(1, kReservation) + data(1, {whole.begin(), whole.end() - 1}) +
                         reset(1, kCancel));
  taken_back.talk.close();
  EXPECT_EQ(taken_back.outcome().findings, Lines{});
}

TEST(EndingsTest, AnUsedUpStreamDoesNotBeginAgain) {
  Asked stage;
  stage.client_says(stage.client.request(1, kReservation, reservation("KMA-3")));
  stage.server_says(stage.server.response(1, reserved()));
  const Outcome out = stage.later();
  EXPECT_EQ(out.pairs, Lines{"6-8 stream"});
}

}  // namespace
}  // namespace ck::grpc
