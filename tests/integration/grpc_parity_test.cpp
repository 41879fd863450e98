// Ck over gRPC, in clear and under TLS: the plugin says what ck-audit says, and what it exports is read back.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "decryption.h"
#include "generator/conversation.h"
#include "wire.h"

namespace ck::integration {
namespace {

using grpc::Buffer;
using grpc::data;
using grpc::message;
using grpc::Peer;
using samples::End;
using samples::join;

samples::Sample recorded(const std::string& name) {
  samples::Sample sample;
  sample.path = "grpc/" + name;
  return sample;
}

struct Faces {
  Account plugin, audit;
  void agree(std::size_t messages) const {
    ASSERT_EQ(audit.trouble + plugin.trouble, "");
    EXPECT_EQ(audit.messages.size(), messages) << audit;
    EXPECT_EQ(plugin, audit) << "plugin:\n" << plugin << "ck-audit:\n" << audit;
  }
};

Faces faces_of(const Decryption& decryption, const std::string& capture,
               const std::vector<std::string>& options = {}) {
  return {decryption.dissected(options, capture), decryption.audited({}, capture)};
}

struct Recording {
  const char* name;
  std::size_t messages;  ///< that the peers were told to say
};
void PrintTo(const Recording& one, std::ostream* out) {
  *out << one.name;
}

class GrpcParityTest : public testing::TestWithParam<Recording> {};

TEST_P(GrpcParityTest, BothFacesSayTheSame) {
  const Decryption decryption(recorded(GetParam().name));
  faces_of(decryption, decryption.capture()).agree(GetParam().messages);
}

TEST_P(GrpcParityTest, AlsoWithSearchPathsOfProtoBuf) {
  const Decryption decryption(recorded(GetParam().name));
  const std::string paths =
      "uat:protobuf_search_paths:\"" + std::string(CK_SOURCE_DIR) + "/packaging/proto\",\"TRUE\"";
  faces_of(decryption, decryption.capture(), {"-o", paths}).agree(GetParam().messages);
}

/// What an account says without the frames, which an export numbers anew, and without what carried it.
struct Said {
  std::multiset<std::string> codes, findings, procedures;
  explicit Said(const Account& account) {
    for (const auto& [message, connection] : account.messages)
      codes.insert(std::get<1>(message) + " " + connection);
    for (const auto& [rule, severity, words, message, connection] : account.findings) {
      if (rule != "plaintext-transport" && rule != "no-client-certificate")
        findings.insert(rule + " " + words + " " + std::get<1>(message));
    }
    for (const auto& [id, procedure] : account.procedures)
      procedures.insert(procedure.kind + " " + procedure.state + " " +
                        std::to_string(procedure.messages.size()));
  }
};

TEST_P(GrpcParityTest, WhatIsExportedIsReadBack) {
  const Decryption decryption(recorded(GetParam().name));
  const std::string exported = decryption.file("exported.pcapng");
  const ProgramResult outcome = decryption.tshark({"-r", decryption.capture(), "-U", "Ck", "-w", exported});
  ASSERT_EQ(outcome.status, 0) << outcome.errors;
  const Said first(decryption.audited({}, decryption.capture()));
  const Account again = decryption.audited({}, exported);
  const Said second(again);
  EXPECT_EQ(first.codes.size(), GetParam().messages);
  EXPECT_EQ(second.codes, first.codes);
  EXPECT_EQ(second.findings, first.findings);
  EXPECT_EQ(second.procedures, first.procedures);
  EXPECT_EQ(again.pairs.size(), decryption.audited({}, decryption.capture()).pairs.size());
}

INSTANTIATE_TEST_SUITE_P(Captures, GrpcParityTest,
                         testing::Values(Recording{"unary.pcap", 16}, Recording{"tls-1.2.pcapng", 8},
                                         Recording{"tls-1.3.pcapng", 8},
                                         Recording{"tls-1.3-no-client-certificate.pcapng", 8}),
                         [](const auto& one) {
                           std::string name = one.param.name;
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
                           return name;
                         });

TEST(GrpcParityTest, AKeyLogServesAsEmbeddedSecretsDo) {
  const Decryption decryption(recorded("tls-1.3.pcapng"));
  const std::string whole = read_file(decryption.capture());
  const std::string keys = decryption.write("keys", secrets_of(whole));
  const std::string bare = decryption.write("bare.pcapng", without_secrets(whole));
  const Account audit = decryption.audited({"--tls-keylog", keys}, bare);
  const Account plugin = decryption.dissected({"-o", "tls.keylog_file:" + keys}, bare);
  EXPECT_EQ(audit.messages.size(), 8u) << audit;
  EXPECT_EQ(audit, decryption.audited({}, decryption.capture()));
  EXPECT_EQ(plugin, audit) << "plugin:\n" << plugin << "ck-audit:\n" << audit;
}

/// Of an answer that is lost, Wireshark can decrypt nothing more of its side; the other side goes on.
TEST(GrpcParityTest, AnAnswerThatIsLostUnderTlsIsNobodysFault) {
  const Decryption decryption(recorded("tls-1.3.pcapng"));
  const std::string whole = read_file(decryption.capture());
  for (const auto& [packet, messages] : {std::pair<std::size_t, std::size_t>{31, 5}, {36, 6}}) {
    const std::string gap = decryption.write("gap.pcapng", without_packet(whole, packet));
    const Faces faces = faces_of(decryption, gap);
    EXPECT_EQ(faces.audit.messages.size(), messages) << faces.audit;
    EXPECT_EQ(faces.plugin.messages, faces.audit.messages) << faces.plugin << faces.audit;
    for (const Account* face : {&faces.plugin, &faces.audit}) {
      for (const auto& finding : face->findings) EXPECT_EQ(std::get<0>(finding), "capture-gap") << *face;
    }
  }
}

/// Recorded between gRPC's own client and server: the first request has an Extension of 20,000 bytes, so that
/// its frames of data begin in one record of TLS and end in the next. Wireshark's HTTP/2 has to ask for the
/// rest as it does without us.
TEST(GrpcParityTest, AMessageMayGoOverSeveralRecordsOfTls) {
  samples::Sample sample;
  sample.path = "../tests/integration/grpc-large-message-tls-1.3.pcapng";
  const Decryption decryption(sample);
  const Faces faces = faces_of(decryption, decryption.capture());
  faces.agree(4);
  EXPECT_EQ(faces.audit.pairs.size(), 2u) << faces.audit;
  EXPECT_TRUE(faces.audit.findings.empty()) << faces.audit;
}

/// Without its hello a connection stays shut: what was asked on the other one may have been answered there.
TEST(GrpcParityTest, AConnectionThatStaysShutMayHoldTheAnswer) {
  const Decryption decryption(recorded("tls-1.3.pcapng"));
  const std::string shut =
      decryption.write("shut.pcapng", without_packet(read_file(decryption.capture()), 21));
  const Faces faces = faces_of(decryption, shut);
  EXPECT_EQ(faces.audit.messages.size(), 1u) << faces.audit;
  EXPECT_EQ(faces.plugin.messages, faces.audit.messages) << faces.plugin << faces.audit;
  for (const Account* face : {&faces.plugin, &faces.audit}) EXPECT_TRUE(face->findings.empty()) << *face;
}

/// The plugin that decrypts for ck-audit reads by the same .proto files.
TEST(GrpcParityTest, ADeploymentsProtoFileServesUnderTls) {
  const Decryption decryption(recorded("tls-1.3.pcapng"));
  std::string shipped = read_file(std::string(CK_SOURCE_DIR) + "/packaging/proto/ck.proto");
  const std::string number = "string end_km = 2";
  for (std::size_t at = shipped.find(number); at != std::string::npos; at = shipped.find(number, at + 1))
    shipped.replace(at, number.size(), "string end_km = 9");
  const std::string theirs = decryption.write("the \"north\" file.proto", shipped);
  const Account plugin = decryption.dissected(
      {"-o", "uat:ck_grpc_proto_files:\"" + decryption.write("same.proto", shipped) + "\""},
      decryption.capture());
  const Account audit = decryption.audited({"--grpc-proto", theirs}, decryption.capture());
  EXPECT_EQ(audit.messages.size(), 8u) << audit;
  EXPECT_EQ(plugin, audit) << "plugin:\n" << plugin << "ck-audit:\n" << audit;
  const auto misses = [](const auto& finding) { return std::get<0>(finding) == "unknown-parameter"; };
  EXPECT_TRUE(std::any_of(audit.findings.begin(), audit.findings.end(), misses)) << audit;
}

/// A client and a server on a port of nobody's.
class Scene {
 public:
  explicit Scene(std::size_t mss = 1460)
      : talk_(recording_, {"10.0.0.1", 40000}, {"10.0.0.2", 50051}, with(mss)) {
    talk_.handshake();
    talk_.client(join({grpc::preface(), grpc::settings()}));
    talk_.server(join({grpc::settings(), grpc::settings_ack()}));
  }
  Scene& client(const Buffer& bytes) { return talk_.client(bytes), *this; }
  Scene& server(const Buffer& bytes) { return talk_.server(bytes), *this; }
  samples::TcpTalk& talk() { return talk_; }
  samples::Recording& recording() { return recording_; }
  [[nodiscard]] Faces faces(const std::vector<std::string>& options = {}) {
    const Decryption decryption(recorded("unary.pcap"));
    const Buffer file = recording_.pcapng();
    return faces_of(decryption, decryption.write("scene.pcapng", {file.begin(), file.end()}), options);
  }

  Peer km, controller;  // who asks is the controller here

 private:
  static samples::TalkOptions with(std::size_t mss) {
    samples::TalkOptions options;
    options.mss = mss;
    return options;
  }
  samples::Recording recording_;
  samples::TcpTalk talk_;
};

const std::string kReservation = grpc::kReservation;

TEST(GrpcParityTest, SegmentsOfAnySize) {
  for (const std::size_t mss : {1u, 7u, 64u}) {
    Scene scene(mss);
    scene.client(scene.controller.request(1, kReservation, grpc::reservation()));
    scene.server(scene.km.response(1, grpc::reserved()));
    scene.faces().agree(2);
  }
}

TEST(GrpcParityTest, SegmentsOutOfOrder) {
  Scene scene;
  const Buffer request = scene.controller.request(1, kReservation, grpc::reservation());
  const std::uint64_t at = scene.talk().sent(End::client);
  const auto half = static_cast<std::ptrdiff_t>(request.size() / 2);
  scene.talk().at(End::client, at + request.size() / 2, Buffer(request.begin() + half, request.end()));
  scene.talk().at(End::client, at, Buffer(request.begin(), request.begin() + half));
  scene.talk().skip(End::client, request.size());
  scene.server(scene.km.response(1, grpc::reserved()));
  scene.faces().agree(2);
}

TEST(GrpcParityTest, ManyInOneSegmentAndTwiceTheSame) {
  Scene scene(60'000);
  scene.client(join({scene.controller.request(1, kReservation, grpc::reservation()),
                     scene.controller.request(3, kReservation, grpc::reservation()),
                     scene.controller.request(5, kReservation, grpc::reservation("KMA-9"))}));
  scene.server(join({scene.km.response(3, grpc::reserved()), scene.km.response(1, grpc::reserved("k-2")),
                     scene.km.response(5, grpc::reserved("k-3", "KMA-9"))}));
  scene.faces().agree(6);
}

TEST(GrpcParityTest, FailuresOfEveryKind) {
  Scene scene;
  for (const std::uint32_t stream : {1u, 3u, 5u, 7u})
    scene.client(scene.controller.request(stream, kReservation, grpc::reservation()));
  scene.server(scene.km.list(1,
                             {{":status", "200"},
                              {"content-type", "application/grpc"},
                              {"grpc-status", "14"},
                              {"grpc-message", "link%20down"}},
                             true));
  scene.server(grpc::reset(3, 2));
  scene.client(grpc::reset(5, 8));
  scene.server(grpc::goaway(5));
  scene.recording().wait_ms(60'000);
  scene.talk().close();
  scene.faces().agree(4);
}

TEST(GrpcParityTest, CompressedMessages) {
  Scene scene;
  const Buffer body = grpc::compressed(grpc::reservation());
  scene.client(join(
      {scene.controller.ask(1, kReservation, {{"grpc-encoding", "gzip"}}), data(1, message(body, 1), true)}));
  scene.server(join({scene.km.answer(1, {{"grpc-encoding", "gzip"}}), data(1, message({1, 2, 3}, 1)),
                     scene.km.trailers(1)}));
  scene.faces().agree(2);
}

TEST(GrpcParityTest, JsonInsideGrpc) {
  Scene scene;
  const Buffer json = grpc::bytes(R"({"start_km":"KMA-1","end_km":7})");
  scene.client(join(
      {scene.controller.ask(1, kReservation, {}, "application/grpc+json"), data(1, message(json), true)}));
  scene.server(scene.km.response(1, grpc::reserved()));
  scene.faces().agree(2);
}

/// Wireshark's gRPC dissector hands such a message over, but it is beyond what is decoded.
TEST(GrpcParityTest, AMessageThatIsTooLargeIsNoneInEitherFace) {
  Scene scene;
  const Buffer large = grpc::compressed(grpc::text(4, std::string(5 << 20, 'x')));
  scene.client(join({scene.controller.ask(1, kReservation, {{"grpc-encoding", "gzip"}}),
                     data(1, message(large, 1), true)}));
  scene.server(scene.km.response(1, grpc::reserved()));
  scene.faces().agree(1);
}

/// RFC 9110, 8.3.1 and 8.4.1. Wireshark's own dissector takes no such message for gRPC's.
TEST(GrpcParityTest, ContentTypesAndCodingsInAnyCase) {
  Scene scene;
  scene.client(join({scene.controller.ask(1, kReservation, {{"grpc-encoding", "GZIP"}}, "Application/gRPC"),
                     data(1, message(grpc::compressed(grpc::reservation()), 1), true)}));
  scene.server(scene.km.response(1, grpc::reserved()));
  scene.faces().agree(2);
}

TEST(GrpcParityTest, MalformedMessagesAndEmptyOnes) {
  Scene scene;
  scene.client(scene.controller.request(1, kReservation, {0x0A, 0xFF}));
  scene.server(scene.km.response(1, {}));
  scene.faces().agree(2);
}

/// The first RPC is another's, so that HTTP/2's tables have grown by the time that Ck comes.
TEST(GrpcParityTest, BehindOthersOnTheConnection) {
  Scene scene;
  scene.client(scene.controller.request(1, "/other.Service/Ask", grpc::text(1, "x")));
  scene.server(scene.km.response(1, grpc::text(1, "y")));
  scene.client(scene.controller.request(3, kReservation, grpc::reservation()));
  scene.server(scene.km.response(3, grpc::reserved()));
  scene.faces().agree(2);
  scene.faces({"-d", "tcp.port==50051,http2"}).agree(2);
}

/// A lost segment hides whatever comes behind it, and is nobody's fault.
TEST(GrpcParityTest, AHoleBlamesNobody) {
  Scene scene;
  scene.client(scene.controller.request(1, kReservation, grpc::reservation()));
  const Buffer lost = scene.km.response(1, grpc::reserved());
  scene.talk().skip(End::server, lost.size());
  scene.client(scene.controller.request(3, kReservation, grpc::reservation()));
  scene.server(scene.km.response(3, grpc::reserved()));
  scene.talk().ack(End::client);
  scene.recording().wait_ms(60'000);
  scene.talk().close();
  const Faces faces = scene.faces();
  EXPECT_EQ(faces.plugin.messages, faces.audit.messages) << faces.plugin << faces.audit;
  for (const Account* face : {&faces.plugin, &faces.audit}) {
    EXPECT_EQ(face->messages.size(), 2u) << *face;
    for (const auto& finding : face->findings) {
      const std::set<std::string> itself{"plaintext-transport", "capture-gap"};
      EXPECT_EQ(itself.count(std::get<0>(finding)), 1u) << *face;
    }
  }
}

}  // namespace
}  // namespace ck::integration
