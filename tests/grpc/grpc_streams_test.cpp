// Ck over gRPC through the whole reader: what is recognised, what pairs, and what is left alone.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "generator/ck_message.h"
#include "stage.h"

namespace ck::grpc {
namespace {

TEST(GrpcStreamsTest, TwoRpcsPairByTheirStreams) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.request(1, kReservation, reservation("KMA-2")));
  stage.client_says(stage.client.request(3, kReservation, reservation("KMA-3")));
  stage.server_says(stage.server.response(3, reserved("k-3", "KMA-3")));
  stage.server_says(stage.server.response(1, reserved("k-1", "KMA-2")));
  stage.talk.close();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.messages, (Lines{"0x410a #6", "0x410a #7", "0x140b #8", "0x140b #9"}));
  EXPECT_EQ(out.pairs, (Lines{"7-8 stream", "6-9 stream"}));
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.procedures, (Lines{"reserved", "reserved"}));
  EXPECT_EQ(out.transports, Lines{"grpc"});
}

TEST(GrpcStreamsTest, EveryByteInASegmentOfItsOwn) {
  Stage stage;
  const Buffer asked = preface() + settings() + stage.client.request(1, kReservation, reservation());
  const Buffer answered = settings() + settings_ack() + stage.server.response(1, reserved());
  for (const std::uint8_t byte : settings()) stage.server_says({byte});
  for (const std::uint8_t byte : asked) stage.client_says({byte});
  for (const std::uint8_t byte : answered) stage.server_says({byte});
  stage.talk.close();
  const Outcome out = stage.outcome();
  // The last byte of each: three frames of the handshake, the server's first 9.
  const std::size_t last_asked = 3 + 9 + asked.size();
  ASSERT_EQ(out.messages.size(), 2U);
  EXPECT_EQ(out.messages[0], "0x410a #" + std::to_string(last_asked));
  EXPECT_EQ(out.pairs.size(), 1U);
  EXPECT_EQ(out.findings, Lines{});
}

TEST(GrpcStreamsTest, AServersSettingsBeforeTheClientsPreface) {
  Stage stage;
  stage.server_says(settings({{3, 100}}));
  stage.client_says(preface());
  stage.client_says(settings() + settings_ack());
  stage.client_says(stage.client.request(1, kReservation, reservation()));
  stage.server_says(settings_ack() + stage.server.response(1, reserved()));
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.pairs, Lines{"7-8 stream"});
  EXPECT_EQ(out.findings, Lines{});
}

TEST(GrpcStreamsTest, TheTableThatAServerSetHoldsOnceItIsAcknowledged) {
  Stage stage;
  stage.client_says(preface() + settings({{1, 0}}));
  stage.server_says(settings({{1, 65'536}}));
  const Buffer before = stage.client.request(1, kReservation, reservation());
  stage.client.deflater.set_table_size(65'536);
  const Buffer behind = stage.client.request(3, kReservation, reservation("KMA-3"));
  stage.client_says(before + settings_ack() + behind);
  stage.server.deflater.set_table_size(0);
  stage.server_says(settings_ack() + stage.server.response(1, reserved()));
  stage.server_says(stage.server.response(3, reserved("k-3", "KMA-3")));
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.pairs.size(), 2U);
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.count("unreadable_http2"), 0U);
}

TEST(GrpcStreamsTest, OtherServicesAreLeftAlone) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.request(1, "/other.Service/KeyReservation", reservation()));
  stage.client_says(stage.client.ask(3, kReservation, {}, "application/json") +
                    data(3, samples::to_bytes("[1]"), true));
  stage.client_says(stage.client.ask(5, kReservation, {}, "application/grpc-web") + data(5, {1, 2}, true));
  stage.client_says(stage.client.ask(7, kReservation, {}, "application/grpc+thrift") + data(7, {1, 2}, true));
  stage.server_says(stage.server.response(1, reserved()));
  stage.talk.close();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.transports, Lines{});
  EXPECT_EQ(out.messages, Lines{});
  EXPECT_EQ(out.findings, Lines{});
  EXPECT_EQ(out.diagnostics.undecoded_streams, 0U);
  EXPECT_EQ(out.count("other_rpcs"), 2U) << "two are no gRPC";
}

// RFC 9110, 8.3.1: a media type has no case, and parameters may follow behind white space.
TEST(GrpcStreamsTest, AContentTypeInAnyCase) {
  for (const char* type :
       {"Application/gRPC", "APPLICATION/GRPC+PROTO", "application/grpc ; charset=utf-8"}) {
    Stage stage;
    stage.begin();
    stage.client_says(stage.client.ask(1, kReservation, {}, type) + data(1, message(reservation()), true));
    stage.server_says(stage.server.list(1, {{":status", "200"}, {"content-type", type}}) +
                      data(1, message(reserved())) + stage.server.trailers(1));
    const Outcome out = stage.outcome();
    EXPECT_EQ(out.procedures, Lines{"reserved"}) << type;
    EXPECT_EQ(out.findings, Lines{}) << type;
  }
}

TEST(GrpcStreamsTest, JsonByAContentTypeInAnyCase) {
  Stage stage;
  stage.begin();
  const Buffer asked = samples::to_bytes(R"({"startKm":"KMA-1","endKm":"KMA-2"})");
  stage.client_says(stage.client.ask(1, kReservation, {}, "Application/gRPC+JSON") +
                    data(1, message(asked), true));
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.messages, Lines{"0x410a #6"});
  EXPECT_EQ(out.findings, Lines{});
}

TEST(GrpcStreamsTest, Json) {
  Stage stage;
  stage.begin();
  const Buffer asked = samples::to_bytes(R"({"startKm":"KMA-1","endKm":"KMA-2"})");
  const Buffer answered = samples::to_bytes(R"({"startKm":"KMA-1","endKm":"KMA-2","keyId":["k-1"]})");
  stage.client_says(stage.client.ask(1, kReservation, {}, "application/grpc+json") +
                    data(1, message(asked), true));
  stage.server_says(stage.server.list(1, {{":status", "200"}, {"content-type", "application/grpc+json"}}) +
                    data(1, message(answered)));
  stage.server_says(stage.server.trailers(1));
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.pairs, Lines{"6-7 stream"});
  EXPECT_EQ(out.procedures, Lines{"reserved"});
  EXPECT_EQ(out.findings, Lines{});
}

/// gRPC's PROTOCOL-HTTP2: each side says by its own content type how it writes, and "application/grpc" alone
/// leaves it open.
TEST(GrpcStreamsTest, AnAnswerOfAnotherContentTypeThanItsRequest) {
  const Buffer asked = samples::to_bytes(R"({"startKm":"KMA-1","endKm":"KMA-2"})");
  const Buffer answered = samples::to_bytes(R"({"startKm":"KMA-1","endKm":"KMA-2","keyId":["k-1"]})");
  const auto outcome_of = [](const std::string& request_type, const Buffer& request,
                             const std::string& answer_type, const Buffer& answer) {
    Stage stage;
    stage.begin();
    stage.client_says(stage.client.ask(1, kReservation, {}, request_type) + data(1, message(request)));
    stage.server_says(stage.server.list(1, {{":status", "200"}, {"content-type", answer_type}}) +
                      data(1, message(answer)));
    stage.server_says(stage.server.trailers(1));
    return stage.outcome();
  };
  const std::string json = "application/grpc+json", plain = "application/grpc", proto = plain + "+proto";
  const std::vector<std::pair<std::string, Buffer>> right = {
      {plain, answered}, {plain, reserved()}, {proto, reserved()}, {json, answered}};
  for (const auto& [type, answer] : right) {
    const Outcome out = outcome_of(json, asked, type, answer);
    EXPECT_EQ(out.procedures, Lines{"reserved"}) << type;
    EXPECT_EQ(out.findings, Lines{}) << type;
  }
  EXPECT_EQ(outcome_of(plain, reservation(), json, answered).findings, Lines{});
  // Near misses: what is said to be the one and is the other.
  EXPECT_EQ(outcome_of(json, asked, proto, answered).findings, Lines{"malformed-payload #7"});
  EXPECT_EQ(outcome_of(json, asked, json, reserved()).findings, Lines{"malformed-payload #7"});
  EXPECT_EQ(outcome_of(plain, reservation(), plain, answered).findings, Lines{"malformed-payload #7"});
}

TEST(GrpcStreamsTest, ASecondAnswerInOneRpc) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.request(1, kReservation, reservation()));
  stage.server_says(stage.server.answer(1) + data(1, message(reserved())));
  stage.server_says(data(1, message(reserved())) + stage.server.trailers(1));
  EXPECT_EQ(stage.outcome().findings, Lines{"duplicate-response #8"});
}

TEST(GrpcStreamsTest, AStreamOfRequestsAndTheirAnswers) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.ask(1, kReservation) + data(1, message(reservation("KMA-2"))));
  stage.client_says(data(1, message(reservation("KMA-3")) + message(reservation("KMA-4"))));
  stage.server_says(stage.server.answer(1) + data(1, message(reserved("k-2", "KMA-2"))));
  stage.server_says(data(1, message(reserved("k-4", "KMA-4")) + message(reserved("k-3", "KMA-3"))));
  stage.client_says(data(1, {}, true));
  stage.server_says(stage.server.trailers(1));
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.pairs, (Lines{"6-8 stream", "7-9 stream", "7-9 stream"}));
  EXPECT_EQ(out.findings, Lines{});
}

TEST(GrpcStreamsTest, OneMessageInManyFramesOfData) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.ask(1, kReservation, {{"grpc-encoding", "gzip"}}));
  for (const std::uint8_t byte : message(compressed(reservation()), 1)) stage.client_says(data(1, {byte}));
  stage.client_says(data(1, {}, true));
  const std::uint64_t answered = stage.server_says(stage.server.response(1, reserved()));
  stage.talk.close();
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.pairs, Lines{std::to_string(answered - 2) + "-" + std::to_string(answered) + " stream"});
  EXPECT_EQ(out.findings, Lines{});
}

TEST(GrpcStreamsTest, CksOwnFramesOnAnotherConnection) {
  Stage stage;
  stage.begin();
  samples::TcpTalk other(stage.recording, {"10.0.0.3", 40001}, {"10.0.0.4", 7000});
  other.handshake();
  const Buffer own = samples::frame(1, 5, samples::kRelayNotification, R"({"Source KMA ID":"A"})");
  other.client({own.begin(), own.begin() + 1});
  other.client({own.begin() + 1, own.end()});
  stage.client_says(stage.client.request(1, kReservation, reservation()));
  const Outcome out = stage.outcome();
  EXPECT_EQ(out.messages, (Lines{"0x1403 #10", "0x410a #11"}));
  EXPECT_EQ(out.transports, (Lines{"tcp", "grpc"}));
}

TEST(GrpcStreamsTest, ADeploymentsOwnProto) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("ck-own-" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + ".proto");
  std::ofstream(path) << R"(syntax = "proto3"; package vendor;
message KeyReservationRequest { string source_kma_id = 15; string destination_kma_id = 9; }
message KeyReservationResponse { string start_km = 1; string end_km = 2; repeated string key_ids = 3; }
message Wrapped { string inside = 1; }
service Keys { rpc Reserve(KeyReservationRequest) returns (KeyReservationResponse);
               rpc Asked(Wrapped) returns (KeyReservationResponse); })";
  const Buffer answered = text(1, "KMA-1") + text(2, "KMA-2") + text(3, "k-1");
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.request(1, "/vendor.Keys/Reserve", text(15, "KMA-1") + text(9, "KMA-2")));
  stage.server_says(stage.server.response(1, answered));
  const Outcome out = audit_of(stage.recording.pcapng(), {}, {path.string()});
  EXPECT_EQ(out.pairs, Lines{"6-7 stream"});
  EXPECT_EQ(out.findings, Lines{});

  // What asks for an answer may be another message than Q.4164's; nobody says that it was not asked for.
  Stage wrapped;
  wrapped.begin();
  wrapped.client_says(wrapped.client.request(1, "/vendor.Keys/Asked", text(1, "x")));
  wrapped.server_says(wrapped.server.response(1, answered));
  const Outcome hidden = audit_of(wrapped.recording.pcapng(), {}, {path.string()});
  EXPECT_EQ(hidden.messages, Lines{"0x140b #7"});
  EXPECT_EQ(hidden.findings, Lines{});
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace ck::grpc
