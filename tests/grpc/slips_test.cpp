// Peers whose protobuf is not what the .proto says: what is found, and that the finding says what to change.
// Each with its near miss.
#include <gtest/gtest.h>

#include "stage.h"

namespace ck::grpc {
namespace {

using samples::to_bytes;

/// A request of the method, and the texts of what is found.
Lines said_of(const Buffer& body, const std::string& method = kReservation,
              const std::string& type = "application/grpc") {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.ask(1, method, {}, type) + data(1, message(body), true));
  return stage.outcome().texts;
}

/// A 0x1405 with this body.
Lines said_of_result(const Buffer& body) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.request(1, kRelay, text(1, "KMA-1") + text(2, "KMA-2") + text(4, "R-1")));
  stage.server_says(stage.server.response(1, body));
  return stage.outcome().texts;
}

TEST(SlipsTest, AnotherWireTypeThanDeclared) {
  EXPECT_EQ(
      said_of(text(1, "KMA-1") + integer(2, 5)),
      Lines{"wrong-type: Destination KMA ID (end_km, field 2) is written as a varint (5), and the .proto "
            "declares it string; write it so, or give this peer's own .proto by --grpc-proto"});
  EXPECT_EQ(said_of(text(1, "KMA-1") + text(2, "5")), Lines{});
}

TEST(SlipsTest, NumbersOneTooHigh) {
  const std::string slip =
      "; its sender's fields seem numbered one too high: both sides need the same .proto";
  EXPECT_EQ(said_of(text(2, "KMA-1") + text(3, "KMA-2")),
            Lines{"missing-parameter: Source KMA ID is absent; Table 10 makes it mandatory" + slip});
  // Near misses: only one of the two is there, and none is mandatory.
  EXPECT_EQ(said_of(text(2, "KMA-1")),
            Lines{"missing-parameter: Source KMA ID is absent; Table 10 makes it mandatory"});
  EXPECT_EQ(said_of(text(1, "KMA-1") + text(2, "KMA-2") + text(3, "b")), Lines{});
}

TEST(SlipsTest, NumbersOneTooHighOfASessionsRequest) {
  const Buffer body = text(2, "a") + text(3, "b") + integer(4, 2);
  const std::string slip =
      "; its sender's fields seem numbered one too high: both sides need the same .proto";
  EXPECT_EQ(
      said_of(body, "/qkdn.ck.v1.QkdnController/SessionCreation"),
      (Lines{"wrong-type: Number of keys (number_of_keys, field 3) is written as bytes behind a length, as "
             "texts and messages are (b), and the .proto declares it int64" +
                 slip,
             "wrong-type: Extension (extension, field 4) is written as a varint, and the .proto declares it "
             "repeated Extension" +
                 slip,
             "missing-parameter: Application source ID is absent; Table 6 makes it mandatory" + slip}));
}

TEST(SlipsTest, NumbersOneTooLow) {
  const std::string slip = "; its sender's fields seem numbered one too low: both sides need the same .proto";
  EXPECT_EQ(
      said_of(text(1, "b") + text(2, "S-1") + text(3, "KM-1") + integer(4, 3), kKm + "SessionNotification"),
      Lines{"wrong-type: Source KM ID (source_km_id, field 4) is written as a varint (3), and the .proto "
            "declares it string; write it so, or give this peer's own .proto by --grpc-proto"})
      << "the application source is missing whichever numbers are meant";
  EXPECT_EQ(said_of(text(3, "k-1"), kKm + "KeyAllocation").size(), 3U);
  EXPECT_EQ(said_of_result(text(1, "R-1") + text(2, "no link")).front(),
            "wrong-type: Response (result_code, field 1) is written as bytes behind a length, as texts and "
            "messages are (R-1), and the .proto declares it int32" +
                slip);
}

TEST(SlipsTest, TwoFieldsSwapped) {
  const Lines said = said_of_result(text(1, "R-1") + integer(2, 1));
  const std::string slip =
      "; its sender seems to have fields 1 and 2 swapped: both sides need the same .proto";
  ASSERT_EQ(said.size(), 2U);
  for (const std::string& line : said) EXPECT_TRUE(line.ends_with(slip)) << line;
  EXPECT_EQ(said_of_result(text(2, "R-1") + integer(1, 1)), Lines{});
}

TEST(SlipsTest, AResultAsText) {
  EXPECT_EQ(
      said_of_result(text(1, "OK") + text(2, "R-1")),
      Lines{"wrong-type: Response (result_code, field 1) is written as bytes behind a length, as texts and "
            "messages are (OK), and the .proto declares it int32; send 0 for OK or 1 for NG as that number, "
            "and "
            "words in error_message"});
  // Near misses: a number, and an ID, which comes first where all is numbered one too low.
  EXPECT_EQ(said_of_result(integer(1, 1) + text(2, "R-1")), Lines{});
  EXPECT_TRUE(said_of_result(text(1, "R-1") + text(2, "no link"))[0].ends_with("need the same .proto"));
}

TEST(SlipsTest, AFieldThatTheProtoDoesNotHave) {
  EXPECT_EQ(
      said_of(text(1, "KMA-1") + text(2, "KMA-2") + text(9, "x")),
      Lines{"unknown-parameter: the type KeyReservationRequest has no field 9; its sender goes by another "
            ".proto, which --grpc-proto takes"});
}

TEST(SlipsTest, JsonInAField) {
  EXPECT_EQ(
      said_of(text(1, R"({"id":"KMA-1"})") + text(2, "KMA-2")),
      Lines{
          R"(wrong-type: Source KMA ID (start_km, field 1) holds JSON ({"id":"KMA-1"}); over gRPC it is the )"
          "value itself, and a list is a repeated field"});
  EXPECT_EQ(
      said_of(reserved(R"(["k-1","k-2"])"), kKm + "KeyAllocation").front(),
      R"(wrong-type: Key IDs (key_id, field 4) holds JSON (["k-1","k-2"]); over gRPC it is the value itself, and )"
      "a list is a repeated field");
  // Near misses: braces and brackets of a name, half a text, and a text of another kind.
  for (const char* name : {"{6F9619FF-8B86-D011}", "[::1]", R"({"id")", R"(["a",])", "[1]", "{}"})
    EXPECT_EQ(said_of(text(1, name) + text(2, "KMA-2")), Lines{}) << name;
  EXPECT_EQ(said_of_result(integer(1, 1) + text(2, "R-1") + text(3, R"({"reason":"no link"})")), Lines{});
}

TEST(SlipsTest, JsonInsteadOfTheMessage) {
  const Buffer json = to_bytes(R"({"start_km":"KMA-1","end_km":"KMA-2"})");
  const Lines said = said_of(json);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_TRUE(said[0].starts_with("malformed-payload: not protobuf of the type KeyReservationRequest: "))
      << said[0];
  EXPECT_TRUE(said[0].ends_with(
      "; it is JSON: encode it as protobuf, or say application/grpc+json as the content type"))
      << said[0];
  EXPECT_EQ(said_of(json, kReservation, "application/grpc+json"), Lines{});
}

TEST(SlipsTest, ProtobufWhereTheContentTypeSaysJson) {
  const Lines said = said_of(reservation(), kReservation, "application/grpc+json");
  ASSERT_EQ(said.size(), 1U);
  EXPECT_TRUE(said[0].starts_with("malformed-payload: not JSON: ")) << said[0];
  EXPECT_TRUE(said[0].ends_with(
      "; the content type says JSON: where the message is protobuf, it is application/grpc"))
      << said[0];
}

TEST(SlipsTest, CompressedWithoutSayingHow) {
  Stage stage;
  stage.begin();
  stage.client_says(stage.client.ask(1, kReservation) + data(1, message(reservation(), 1), true));
  EXPECT_EQ(
      stage.outcome().texts,
      Lines{
          "malformed-payload: the message is compressed, and no grpc-encoding says how; the compressed flag "
          "before a message and the header field grpc-encoding have to say what was done to it"});
}

}  // namespace
}  // namespace ck::grpc
