// Which methods of which .proto files are Ck's.
#include "protocol/protobuf/schema.h"

#include <gtest/gtest.h>

#include "protocol/catalogue.h"
#include "temporary_proto.h"

namespace ck::protocol {
namespace {

using Paths = std::vector<std::string>;

Paths paths_of(const ProtoSchema& schema) {
  Paths paths;
  for (const ProtoMethod* method : schema.methods()) paths.push_back(method->path);
  return paths;
}

std::string error_of(const std::vector<std::string>& files) {
  try {
    const ProtoSchema schema(files);
  } catch (const ProtoError& error) {
    return error.what();
  }
  return "";
}

const char* const kOneMethod =
    "message KeyRelayRequest {} message KeyRelayResponse {}\n"
    "service S { rpc Relay(KeyRelayRequest) returns (KeyRelayResponse); }\n";

/// proto2 may leave the syntax out; libprotobuf warns of that on standard error.
TEST(Schema, AFileWithoutASyntaxIsReadInSilence) {
  const TemporaryProto old(std::string("// old\n") + kOneMethod);
  testing::internal::CaptureStderr();
  const ProtoSchema schema({old.path()});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_NE(schema.find("/S/Relay"), nullptr);
  const TemporaryProto fresh(std::string("/* new */ syntax = \"proto3\";\n") + kOneMethod);
  EXPECT_EQ(error_of({fresh.path()}), "");
}

/// One line, however much is wrong, and the place as the file has it.
TEST(Schema, ErrorsAreOneLine) {
  std::string text = "syntax = \"proto3\";\n";
  for (int i = 0; i < 50; ++i) text += "message { }\n";
  const TemporaryProto bad(text);
  const std::string error = error_of({bad.path()});
  EXPECT_EQ(error.rfind(bad.path() + ": test.proto:2:9: ", 0), 0u) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  EXPECT_LT(error.size(), 1000u);
}

const Paths kShipped = {
    "/qkdn.ck.v1.KeyManager/KeyAllocation",       "/qkdn.ck.v1.KeyManager/KeyRelay",
    "/qkdn.ck.v1.KeyManager/KeyReservation",      "/qkdn.ck.v1.KeyManager/SessionNotification",
    "/qkdn.ck.v1.QkdnController/KeyRelayNextHop", "/qkdn.ck.v1.QkdnController/KeyRelayNotification",
    "/qkdn.ck.v1.QkdnController/SessionCreation"};

TEST(Schema, WhatShipsHasAMethodForEachProcedure) {
  const ProtoSchema schema({});
  EXPECT_EQ(paths_of(schema), kShipped);
  EXPECT_EQ(schema.find("/qkdn.ck.v1.KeyManager/KeyRelay")->request->spec->command, Command::relay_request);
  EXPECT_EQ(schema.find("/qkdn.ck.v1.KeyManager/KeyRelay")->response->spec->command, Command::relay_response);
  const ProtoMethod* notification = schema.find("/qkdn.ck.v1.QkdnController/KeyRelayNotification");
  EXPECT_EQ(notification->request->spec->command, Command::relay_notification);
  EXPECT_EQ(notification->response, nullptr) << "it is answered by another RPC";
  EXPECT_EQ(schema.find("/qkdn.ck.v1.KeyManager/keyrelay"), nullptr);
}

TEST(Schema, EveryMessageHasATypesName) {
  // Table II.1-1, then by analogy.
  EXPECT_EQ(find_grpc_message("KeyRelayRequestNotification")->command, Command::relay_notification);
  EXPECT_EQ(find_grpc_message("KeyRelayRequest")->command, Command::relay_request);
  EXPECT_EQ(find_grpc_message("KeyRelayResponse")->command, Command::relay_response);
  EXPECT_EQ(find_grpc_message("KeyReservationRequest")->command, Command::reservation_request);
  EXPECT_EQ(find_grpc_message("KeyReservationResponse")->command, Command::reservation_response);
  EXPECT_EQ(find_grpc_message("KeyAllocationRequest")->command, Command::allocation_request);
  EXPECT_EQ(find_grpc_message("KeyAllocationResponse")->command, Command::allocation_response);
  EXPECT_EQ(find_grpc_message("KeyRelayNextHopRequest")->command, Command::next_hop_request);
  EXPECT_EQ(find_grpc_message("KeyRelayNextHopResponse")->command, Command::next_hop_response);
  EXPECT_EQ(find_grpc_message("SessionCreationRequest")->command, Command::session_request);
  EXPECT_EQ(find_grpc_message("SessionCreationResponse")->command, Command::session_response);
  EXPECT_EQ(find_grpc_message("SessionCreationNotification")->command, Command::session_notification);
  EXPECT_EQ(find_grpc_message("SessionCreationNotificationResponse")->command,
            Command::session_notification_response);
  EXPECT_EQ(find_grpc_message("KeyRelay"), nullptr);
  EXPECT_EQ(find_grpc_message("keyrelayrequest"), nullptr);
}

TEST(Schema, ADeploymentsOwnFileComesBesideWhatShips) {
  const TemporaryProto file(
      "syntax = \"proto2\"; package my.qkdn; import \"types/relay.proto\"; import "
      "\"google/protobuf/empty.proto\";\n"
      "service Relays { rpc Go(Outer.KeyRelayRequest) returns (google.protobuf.Empty);\n"
      "                 rpc Other(google.protobuf.Empty) returns (google.protobuf.Empty); }");
  file.add("types/relay.proto",
           "syntax = \"proto3\"; package my.qkdn; message Outer { message KeyRelayRequest { string start_km "
           "= 7; } }");
  const ProtoSchema schema({file.path()});
  Paths expected = {"/my.qkdn.Relays/Go"};
  expected.insert(expected.end(), kShipped.begin(), kShipped.end());
  EXPECT_EQ(paths_of(schema), expected);
  EXPECT_EQ(schema.find("/my.qkdn.Relays/Go")->request->spec->command, Command::relay_request);
  EXPECT_EQ(schema.find("/my.qkdn.Relays/Go")->response, nullptr);
}

TEST(Schema, OneOfTheShippedPackageReplacesWhatShips) {
  const TemporaryProto file(
      "syntax = \"proto3\"; package qkdn.ck.v1; message KeyRelayRequest {}\n"
      "service KeyManager { rpc KeyRelay(KeyRelayRequest) returns (KeyRelayRequest); }");
  EXPECT_EQ(paths_of(ProtoSchema({file.path()})), Paths{"/qkdn.ck.v1.KeyManager/KeyRelay"});
}

TEST(Schema, WhatIsWrongWithAFileIsSaidWithItsPlace) {
  const TemporaryProto broken("syntax = \"proto3\";\nmessage KeyRelayRequest { strin g = 1; }\n");
  EXPECT_EQ(error_of({broken.path()}), broken.path() + ": test.proto:2:27: \"strin\" is not defined.");
  const TemporaryProto foreign("syntax = \"proto3\"; message M {} service S { rpc R(M) returns (M); }");
  EXPECT_NE(error_of({foreign.path()}).find("no method takes or returns a message of Ck"), std::string::npos);
  const TemporaryProto importing("syntax = \"proto3\"; import \"away.proto\";");
  EXPECT_NE(error_of({importing.path()}).find("away.proto"), std::string::npos);
  EXPECT_NE(error_of({"/no/such/file.proto"}).find("/no/such/file.proto: "), std::string::npos);
}

}  // namespace
}  // namespace ck::protocol
