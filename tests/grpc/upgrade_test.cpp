// HTTP/1.1 that becomes HTTP/2 by "Upgrade: h2c" (RFC 7540, 3.2), in any segments; and what does not.
#include <gtest/gtest.h>

#include "generator/ck_message.h"
#include "stage.h"

namespace ck::grpc {
namespace {

using samples::to_bytes;

const std::string kGranted =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

/// A request for HTTP/2; `more` are fields of its own, each with its line's end.
std::string asking(const std::string& target, const std::string& more = {}) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: km\r\nconnection: Upgrade, HTTP2-Settings\r\nUPGRADE: websocket, h2c\r\n"
         "HTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Type: application/grpc\r\n" +
         more + "\r\n";
}

std::string with_length(std::size_t length) {
  return "Content-Length: " + std::to_string(length) + "\r\n";
}

Buffer with_body() {
  const Buffer body = message(reservation());
  return to_bytes(asking(kReservation, with_length(body.size()))) + body;
}

Buffer granted() {
  return to_bytes(kGranted) + settings();
}

/// The client goes on with HTTP/2, and the server has answered stream 1.
Buffer goes_on() {
  return preface() + settings() + settings_ack();
}

TEST(UpgradeTest, TheRequestIsStreamOne) {
  Stage stage;
  stage.client_says(with_body());
  stage.server_says(granted());
  stage.client_says(goes_on());
  stage.server_says(settings_ack() + stage.server.response(1, reserved()));
  stage.client_says(stage.client.request(3, kReservation, reservation("KMA-3")));
  stage.server_says(stage.server.response(3, reserved("k-3", "KMA-3")));
  stage.talk.close();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.messages, (Lines{"0x410a #4", "0x140b #7", "0x410a #8", "0x140b #9"}));
  EXPECT_EQ(out.pairs, (Lines{"4-7 stream", "8-9 stream"}));
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.transports, Lines{"grpc"});
  EXPECT_EQ(out.count("unreadable_http2"), 0U);
}

TEST(UpgradeTest, EveryByteInASegmentOfItsOwn) {
  Stage stage;
  const Buffer asked = with_body() + goes_on();
  const Buffer answered = granted() + settings_ack() + stage.server.answer(1) + data(1, message(reserved()));
  const std::uint64_t last_asked = 3 + with_body().size();
  const std::uint64_t last_answered = 3 + asked.size() + answered.size();
  for (const std::uint8_t byte : asked) stage.client_says({byte});
  for (const std::uint8_t byte : answered + stage.server.trailers(1)) stage.server_says({byte});
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.pairs, Lines{std::to_string(last_asked) + "-" + std::to_string(last_answered) + " stream"});
  EXPECT_EQ(out.findings, Lines{});
}

TEST(UpgradeTest, AnOptionsOfNothingAndThenCk) {
  Stage stage;
  stage.client_says(
      to_bytes("OPTIONS * HTTP/1.1\r\nHost: km\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"));
  stage.server_says(granted());
  stage.client_says(goes_on() + stage.client.request(3, kReservation, reservation()));
  stage.server_says(stage.server.response(3, reserved()));
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.pairs, Lines{"6-7 stream"});
  EXPECT_EQ(out.findings, Lines{});
}

TEST(UpgradeTest, GrantedBeforeTheBodyIsThere) {
  const Buffer body = message(reservation());
  const Buffer head = to_bytes(asking("http://km:50051" + kReservation, "Transfer-Encoding: Chunked\r\n"));
  Stage stage;
  stage.client_says({head.begin(), head.begin() + 30});
  stage.client_says({head.begin() + 30, head.end()});
  stage.server_says(to_bytes("HTTP/1.1 100 Continue\r\n\r\n"));
  stage.server_says(granted());
  stage.client_says(to_bytes("5;name=value\r\n") + Buffer(body.begin(), body.begin() + 5) + to_bytes("\r\n"));
  stage.client_says(to_bytes("E\r\n") + Buffer(body.begin() + 5, body.end()) + to_bytes("\r\n0\r\nX: y\r\n"));
  stage.client_says(to_bytes("\r\n") + goes_on());
  stage.server_says(settings_ack() + stage.server.response(1, reserved()));
  const Outcome out = stage.outcome();
  ASSERT_EQ(body.size(), 5U + 0xE);
  EXPECT_EQ(out.pairs, Lines{"10-11 stream"});
  EXPECT_EQ(out.findings, Lines{});
}

/// A server that refuses by a status need not wait for the body.
TEST(UpgradeTest, RefusedByAStatusBeforeTheBodyIsThere) {
  const Buffer body = message(reservation());
  Stage stage;
  stage.client_says(to_bytes(asking(kReservation, with_length(body.size()))));
  stage.server_says(granted());
  stage.server_says(stage.server.list(
      1, {{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "16"}}, true));
  stage.client_says(body + goes_on());
  stage.wait();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.messages, Lines{"0x410a #7"});
  EXPECT_EQ(out.procedures, Lines{"rejected"});
  EXPECT_EQ(out.findings, Lines{});
}

TEST(UpgradeTest, TheClientsTableIsSetByTheRequest) {
  for (const bool none : {true, false}) {
    const std::uint32_t size = none ? 0 : 65'536;
    Stage stage;
    std::string head = asking(kReservation, with_length(message(reservation()).size()));
    const std::string shown = "AAMAAABkAAQAAP__";  // 0001 00000000, or 0001 00010000
    head.replace(head.find(shown), shown.size(), none ? "AAEAAAAA" : "AAEAAQAA");
    stage.client_says(to_bytes(head) + message(reservation()));
    stage.server.deflater.set_table_size(size);
    stage.server_says(granted() + stage.server.response(1, reserved()));
    stage.client_says(preface() + settings({{1, size}}) + settings_ack());
    stage.client_says(stage.client.request(3, kReservation, reservation("KMA-3")));
    stage.server_says(settings_ack() + stage.server.response(3, reserved("k-3", "KMA-3")));
    const Outcome out = stage.outcome();
    EXPECT_EQ(out.pairs, (Lines{"4-5 stream", "7-8 stream"})) << size;
    EXPECT_EQ(out.count("unreadable_http2"), 0U) << size;
  }
}

TEST(UpgradeTest, WhatIsRefusedStaysUnclaimed) {
  for (const std::string& answer :
       {std::string("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        std::string("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
        std::string("HTTP/1.1 426 Upgrade Required\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n"),
        std::string("HTTP/1.0 200 OK\r\n\r\n")}) {
    Stage stage;
    stage.client_says(with_body());
    stage.server_says(to_bytes(answer));
    stage.client_says(with_body());
    stage.server_says(to_bytes(answer));
    stage.talk.close();
    const Outcome out = stage.outcome();
    EXPECT_EQ(out.messages, Lines{}) << answer;
    EXPECT_EQ(out.transports, Lines{}) << answer;
    EXPECT_EQ(out.findings, Lines{}) << answer;
    EXPECT_EQ(out.count("unreadable_http2"), 0U) << answer;
  }
}

TEST(UpgradeTest, WhatIsNoRequestForHttp2) {
  const std::string body = std::string(reinterpret_cast<const char*>(message(reservation()).data()),
                                       message(reservation()).size());
  for (const std::string& head :
       {"POST " + kReservation + " HTTP/1.1\r\nContent-Type: application/grpc\r\nContent-Length: 19\r\n\r\n" +
            body,
        "POST " + kReservation + " HTTP/1.0\r\nUpgrade: h2c\r\n\r\n",
        asking(kReservation, "Content-Length: many\r\n"), asking(kReservation, "Transfer-Encoding: gzip\r\n"),
        std::string("POST\r\n\r\n"), asking(kReservation, "Transfer-Encoding: chunked\r\n") + "x\r\n"}) {
    Stage stage;
    stage.client_says(to_bytes(head));
    stage.server_says(granted() + stage.server.response(1, reserved()));
    stage.client_says(goes_on());
    const Outcome out = stage.outcome();
    EXPECT_EQ(out.messages, Lines{}) << head;
    EXPECT_EQ(out.findings, Lines{}) << head;
  }
}

TEST(UpgradeTest, AHoleInTheRequestHidesTheConnection) {
  Stage stage;
  const Buffer whole = with_body();
  stage.client_says({whole.begin(), whole.begin() + 40});
  stage.talk.skip(samples::End::client, whole.size() - 40);
  stage.server_says(granted());
  stage.client_says(goes_on());
  stage.server_says(stage.server.response(1, reserved()));
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.messages, Lines{});
  EXPECT_EQ(out.transports, Lines{});
}

/// Appendix I has the peers authenticate each other when they connect, in a form that it leaves open.
TEST(UpgradeTest, CksOwnFramesBehindWhatLooksLikeARequest) {
  for (const std::string hello : {"AUTH km-1\r\n", "HELLO ", "GET / HTTP/1.1\r\nUpgrade: h2c\r\n"}) {
    Stage stage;
    const Buffer own = samples::frame(1, 5, samples::kRelayNotification, R"({"Source KMA ID":"A"})");
    stage.client_says(to_bytes(hello));
    stage.client_says(own);
    stage.talk.close();
    const Outcome out = stage.outcome();
    EXPECT_EQ(out.messages, Lines{"0x1403 #5"}) << hello;
    EXPECT_EQ(out.transports, Lines{"tcp"}) << hello;
  }
}

}  // namespace
}  // namespace ck::grpc
