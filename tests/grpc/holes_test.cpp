// What is missing from a capture, or cannot be read, is counted and held against nobody.
#include <gtest/gtest.h>

#include <algorithm>

#include "stage.h"

namespace ck::grpc {
namespace {

using samples::End;

/// Without the finding that a capture has a hole, which is nobody's fault.
Lines blamed(const Outcome& out) {
  Lines findings = out.findings;
  findings.erase(std::remove_if(findings.begin(), findings.end(),
                                [](const std::string& line) { return line.starts_with("capture-gap"); }),
                 findings.end());
  return findings;
}

bool has_gap(const Outcome& out) {
  return blamed(out).size() < out.findings.size();
}

TEST(HolesTest, AnAnswerThatWasNotCaptured) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.request(1, kReservation, reservation()));
  stage.talk.skip(End::server, stage.server.response(1, reserved()).size());
  for (const std::uint32_t stream : {3U, 5U}) {
    stage.client_says(stage.client.request(stream, kReservation, reservation("KMA-3")));
    stage.server_says(stage.server.response(stream, reserved("k-3", "KMA-3")));
  }
  stage.wait();
  stage.talk.close();
  const Outcome out = stage.outcome();
  EXPECT_EQ(blamed(out), Lines{});
  EXPECT_TRUE(has_gap(out));
  EXPECT_EQ(out.messages, (Lines{"0x410a #6", "0x410a #7", "0x410a #9"}));
  EXPECT_EQ(out.undecided, 3U);
  EXPECT_EQ(out.count("unreadable_http2"), 1U);
}

TEST(HolesTest, ARequestThatWasNotCaptured) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.ask(1, kReservation));
  stage.talk.skip(End::client, data(1, message(reservation()), true).size());
  stage.server_says(stage.server.response(1, reserved()));
  stage.client_says(stage.client.request(3, kReservation, reservation("KMA-3")));
  stage.server_says(stage.server.response(3, reserved("k-3", "KMA-3")));
  stage.talk.close();
  const Outcome out = stage.outcome();
  EXPECT_EQ(blamed(out), Lines{});
  EXPECT_TRUE(has_gap(out));
  EXPECT_EQ(out.messages, Lines{"0x140b #7"});
  EXPECT_EQ(out.count("unreadable_http2"), 1U);
}

TEST(HolesTest, ACaptureThatBeginsInTheMiddleSaysNothing) {
  Stage whole;
  whole.begin();
  for (const std::uint32_t stream : {1U, 3U, 5U}) {
    whole.client_says(whole.client.request(stream, kReservation, reservation()));
    whole.server_says(whole.server.response(stream, reserved("k-" + std::to_string(stream))));
  }
  auto& packets = whole.recording.packets();
  packets.erase(packets.begin(), packets.begin() + 6);
  const Outcome out = whole.outcome();
  EXPECT_EQ(out.messages, Lines{});
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.transports, Lines{});
}

/// Two connections between the same hosts, of the second of which the first packet with data is missing.
class SecondConnectionTest : public testing::Test {
 protected:
  SecondConnectionTest() {
    first_.begin();
    second_.begin();
    auto& packets = recording_.packets();
    packets.erase(packets.begin() + 8);  // behind both handshakes and the first one's prefaces
  }
  samples::Recording recording_;
  Stage first_{recording_, kClient, kServer};
  Stage second_{recording_, {kServer.host, 40001}, {kClient.host, 50052}};
};

TEST_F(SecondConnectionTest, MayCarryTheAnswerToANotification) {
  first_.client_says(first_.client.request(1, kNotification, reservation()));
  first_.wait();
  first_.talk.close();
  const Outcome out = first_.outcome();
  EXPECT_EQ(out.messages.size(), 1U);
  EXPECT_EQ(blamed(out), Lines{});
  EXPECT_EQ(out.undecided, 1U);
}

/// From its SYN on, to the client's preface, or to the server's settings, which are much like those of
/// HTTP/2.
TEST(HolesTest, HowMuchOfAConnectionsBeginningIsMissingChangesNothing) {
  for (const std::size_t missing : {4U, 5U}) {
    samples::Recording recording;
    Stage first(recording, kClient, kServer);
    first.begin();
    const std::size_t before = recording.packets().size();
    Stage second(recording, {kServer.host, 40001}, {kClient.host, 50052});
    second.begin();
    first.client_says(first.client.request(1, kNotification, reservation()));
    second.client_says(second.client.request(1, kRelay, reservation() + text(3, "KMA-3") + text(4, "R-1")));
    second.server_says(second.server.response(1, text(2, "R-1")));
    first.wait();
    first.talk.close();
    auto& packets = recording.packets();
    const auto begin = packets.begin() + static_cast<std::ptrdiff_t>(before);
    packets.erase(begin, begin + static_cast<std::ptrdiff_t>(missing));
    const Outcome out = first.outcome();
    EXPECT_EQ(out.messages.size(), 1U) << missing;
    EXPECT_EQ(blamed(out), Lines{}) << missing;
    EXPECT_EQ(out.undecided, 1U) << missing;
  }
}

/// Near miss: what this method returns comes in its RPC.
TEST_F(SecondConnectionTest, DoesNotCarryWhatTheRpcReturns) {
  first_.client_says(first_.client.request(1, kReservation, reservation()));
  first_.wait();
  first_.talk.close();
  const Outcome out = first_.outcome();
  ASSERT_EQ(out.messages.size(), 1U);
  EXPECT_EQ(blamed(out), Lines{"unanswered-request" + out.messages[0].substr(out.messages[0].find(' '))});
}

/// A KM that has asked for a relay on the connection that it opened, and was told its route on the other one.
class TwoConnectionsTest : public testing::Test {
 protected:
  TwoConnectionsTest() {
    asker_.begin();
    teller_.begin();
    asker_.client_says(asker_.client.request(1, kNotification, reservation()));
    asker_.server_says(asker_.server.response(1, {}));
    tell_route(1, "R-1");
    teller_.server_says(teller_.server.response(1, text(2, "R-1")));
  }
  std::uint64_t tell_route(std::uint32_t stream, std::string_view relay) {
    return teller_.client_says(
        teller_.client.request(stream, kRelay, reservation() + text(3, "KMA-3") + text(4, relay)));
  }
  samples::Recording recording_;
  Stage asker_{recording_, kClient, kServer};
  Stage teller_{recording_, {kServer.host, 40001}, {kClient.host, 50052}};
};

/// Bytes are missing that the second notification acknowledges: it is told when they have not come.
TEST_F(TwoConnectionsTest, ANotificationThatIsHeldBackMayAskForARelay) {
  asker_.talk.skip(End::server, 13);
  asker_.client_says(asker_.client.request(3, kNotification, reservation()));
  tell_route(3, "R-2");
  const Outcome out = asker_.outcome();
  EXPECT_EQ(out.messages.size(), 5U);
  EXPECT_EQ(blamed(out), Lines{});
}

/// The notification on a third connection was not captured, and its acknowledgement was, no second before.
TEST_F(TwoConnectionsTest, ANotificationMayBeMissingOfWhatIsNotYetCk) {
  Stage third(recording_, {kClient.host, 40009}, kServer);
  third.begin();
  third.talk.skip(End::client, 64);
  third.talk.ack(End::server);
  tell_route(3, "R-2");
  EXPECT_EQ(blamed(asker_.outcome()), Lines{});
}

TEST_F(TwoConnectionsTest, NothingIsHeldBackOfAKmThatDidNotAsk) {
  const std::uint64_t frame = tell_route(3, "R-2");
  EXPECT_EQ(blamed(asker_.outcome()), Lines{"relay-without-notification #" + std::to_string(frame)});
}

TEST(HolesTest, AHeaderListThatCannotBeReadHidesWhatFollows) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.request(1, kReservation, reservation()));
  stage.server_says(frame(kHeadersFrame, kEndHeaders, 1, {0xFF}));
  stage.server_says(stage.server.response(1, reserved()));
  stage.client_says(stage.client.request(3, kReservation, reservation("KMA-3")));
  stage.wait();
  stage.talk.close();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.undecided, 2U);
  EXPECT_EQ(out.count("unreadable_http2"), 1U);
}

TEST(HolesTest, AnAnswerIsNotHeldAgainstWhoseAskerCannotBeRead) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.ask(1, kReservation));
  stage.client_says(frame(kHeadersFrame, kEndHeaders, 3, {0xFF}));
  stage.server_says(stage.server.response(1, reserved()));
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.messages, Lines{"0x140b #8"});
  EXPECT_EQ(out.findings, Lines{});
}

TEST(HolesTest, ManyRequestsToASideThatIsLostAreAllTold) {
  constexpr std::uint32_t kMany = 20'000;  // more than may be open at once
  Stage stage;
  stage.begin();
  stage.server_says(frame(kHeadersFrame, kEndHeaders, 1, {0xFF}));
  for (std::uint32_t i = 0; i < kMany; ++i)
    stage.client_says(stage.client.request(1 + 2 * i, kReservation, reservation()));
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.messages.size(), kMany);
  EXPECT_EQ(out.count("rpcs"), 0U);
  EXPECT_EQ(out.findings, Lines{});
}

TEST(HolesTest, ACodingThatIsNotKnownHidesARequest) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.ask(1, kReservation, {{"grpc-encoding", "zstd"}}) +
                    data(1, message(samples::to_bytes("compressed"), 1), true));
  stage.server_says(stage.server.response(1, reserved()));
  stage.wait();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.messages, Lines{"0x140b #7"});
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.count("unknown_grpc_encodings"), 1U);
}

TEST(HolesTest, ACodingThatIsNotKnownHidesAnAnswer) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.request(1, kReservation, reservation()));
  stage.server_says(stage.server.answer(1, {{"grpc-encoding", "zstd"}}) +
                    data(1, message(samples::to_bytes("compressed"), 1)));
  stage.server_says(stage.server.trailers(1));
  stage.wait();
  stage.talk.close();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.undecided, 1U);
  EXPECT_EQ(out.count("unknown_grpc_encodings"), 1U);
}

TEST(HolesTest, AMessageThatIsTooLargeHereIsNobodysFault) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.request(1, kReservation, reservation()));
  Buffer large = compressed(Buffer((4u << 20) + 1, 'x'));
  stage.server_says(stage.server.answer(1, {{"grpc-encoding", "gzip"}}) + data(1, message(large, 1)));
  stage.server_says(stage.server.trailers(1));
  stage.wait();
  stage.talk.close();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.messages, Lines{"0x410a #6"});
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.undecided, 1U);
  EXPECT_EQ(out.diagnostics.dropped.at("large_grpc_messages"), 1U);
}

TEST(HolesTest, AMessageThatCannotBeDecompressedIsItsSendersFault) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.ask(1, kReservation, {{"grpc-encoding", "gzip"}}) +
                    data(1, message(samples::to_bytes("no gzip"), 1), true));
  EXPECT_EQ(stage.outcome().findings, Lines{"malformed-payload #6"});
}

}  // namespace
}  // namespace ck::grpc
