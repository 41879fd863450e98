// Ck over gRPC in Wireshark: its fields with their exact bytes, and what it leaves alone.
#include <gtest/gtest.h>

#include <regex>

#include "generator/sample.h"
#include "tshark.h"
#include "wire.h"

namespace ck::plugin {
namespace {

using grpc::data;
using grpc::message;
using grpc::operator+;
using grpc::Peer;
using samples::Buffer;
using samples::join;

/// A connection of HTTP/2 whose prefaces are frames 4 and 5: what the client says is frame 6, the server's
/// answer frame 7.
class Call {
 public:
  explicit Call(std::uint16_t port = 50051) : talk_(recording_, {"10.0.0.1", 40000}, {"10.0.0.2", port}) {
    talk_.handshake();
    talk_.client(join({grpc::preface(), grpc::settings()}));
    talk_.server(join({grpc::settings(), grpc::settings_ack()}));
  }
  Call& ask(const Buffer& bytes) { return talk_.client(bytes), *this; }
  Call& answer(const Buffer& bytes) { return talk_.server(bytes), *this; }
  [[nodiscard]] Buffer pcap() const { return recording_.pcap(); }

  Peer client, server;

 private:
  samples::Recording recording_;
  samples::TcpTalk talk_;
};

Buffer reservation_call() {
  Call call;
  call.ask(call.client.request(1, grpc::kReservation, grpc::reservation()));
  call.answer(call.server.response(1, grpc::reserved()));
  return call.pcap();
}

/// "name=value" with the bytes that are highlighted, of each field of ours in the frame.
std::vector<std::string> highlighted(const Buffer& capture, unsigned frame, const std::string& wanted) {
  const TempFolder folder;
  const Output output = tshark({"-2", "-r", folder.write("capture", capture), "-T", "pdml", "-J", "ck", "-Y",
                                "frame.number == " + std::to_string(frame)});
  std::vector<std::string> out;
  const std::regex field("<field name=\"(" + wanted + ")\"[^>]* show=\"([^\"]*)\" value=\"([0-9a-f]*)\"");
  for (std::sregex_iterator at(output.out.begin(), output.out.end(), field), end; at != end; ++at)
    out.push_back((*at)[1].str() + "=" + (*at)[2].str() + " " + (*at)[3].str());
  return out;
}

/// The first HEADERS of a connection in two segments, or three: HTTP/2's dissector is to see all of it,
/// behind the preface or alone. Where it sees a part, Wireshark's gRPC dissector fails on the message behind
/// it, which here ends tshark.
TEST(Grpc, FirstHeadersMayComeInSeveralSegments) {
  for (const bool preface_alone : {true, false}) {
    Peer client, server;
    const Buffer request = client.request(1, grpc::kReservation, grpc::reservation());
    const std::size_t headers = 9U + (static_cast<std::size_t>(request[1]) << 8) + request[2];
    const Buffer answer = server.response(1, grpc::reserved());
    for (const std::size_t cut :
         {std::size_t{3}, std::size_t{9}, std::size_t{10}, headers / 2, headers - 1, headers}) {
      samples::Recording recording;
      samples::TcpTalk talk(recording, {"10.0.0.1", 40000}, {"10.0.0.2", 50051});
      talk.handshake();  // 1-3
      const auto at = static_cast<std::ptrdiff_t>(cut);
      const Buffer first(request.begin(), request.begin() + at), rest(request.begin() + at, request.end());
      const Buffer preface = join({grpc::preface(), grpc::settings()});
      talk.client(preface_alone ? preface : join({preface, first}));
      talk.server(join({grpc::settings(), grpc::settings_ack()}));
      if (preface_alone) talk.client(first);
      talk.client(rest);
      talk.server(answer);
      for (const bool two_passes : {true, false}) {
        const TempFolder folder;
        std::vector<std::string> arguments{"-r", folder.write("capture", recording.pcap()),
                                           "-T", "fields",
                                           "-e", "ck.command",
                                           "-e", "http2.headers.path"};
        if (two_passes) arguments.insert(arguments.begin(), "-2");
        const Output output = tshark(arguments);
        EXPECT_EQ(output.status, 0) << cut << output.err;
        EXPECT_EQ(output.out.find("Dissector bug"), std::string::npos);
        // In one frame, unless the message is all that comes later.
        const std::string path = std::string("\t") + grpc::kReservation + "\n";
        const std::string line = (cut == headers ? "" : "0x410a") + path;
        EXPECT_NE(output.out.find(line), std::string::npos) << cut << output.out;
        EXPECT_NE(output.out.find("0x410a"), std::string::npos) << cut << output.out;
        EXPECT_NE(output.out.find("0x140b"), std::string::npos) << cut << output.out;
      }
    }
  }
}

/// What comes before it in pieces, the preface and its SETTINGS cut anywhere, is nothing to keep.
TEST(Grpc, ThePrefaceMayComeInSeveralSegments) {
  Peer client, server;
  const Buffer request = client.request(1, grpc::kReservation, grpc::reservation());
  const Buffer answer = server.response(1, grpc::reserved());
  const Buffer preface = join({grpc::preface(), grpc::settings()});  // 24 bytes and 9
  for (const std::ptrdiff_t first : {1, 20, 24, 28}) {
    for (const std::ptrdiff_t second : {28, 33}) {
      samples::Recording recording;
      samples::TcpTalk talk(recording, {"10.0.0.1", 40000}, {"10.0.0.2", 50051});
      talk.handshake();
      talk.client(Buffer(preface.begin(), preface.begin() + first));
      if (second > first) talk.client(Buffer(preface.begin() + first, preface.begin() + second));
      if (second < 33) talk.client(Buffer(preface.begin() + second, preface.end()));
      talk.server(join({grpc::settings(), grpc::settings_ack()}));
      talk.client(request);
      talk.server(answer);
      const TempFolder folder;
      const Output output = tshark({"-2", "-r", folder.write("capture", recording.pcap()), "-T", "fields",
                                    "-e", "ck.command", "-e", "http2.headers.path"});
      EXPECT_EQ(output.status, 0) << first << " " << second << output.err;
      const std::string line = std::string("0x410a\t") + grpc::kReservation + "\n";
      EXPECT_NE(output.out.find(line), std::string::npos) << first << " " << second << output.out;
    }
  }
}

/// Each message a line, with its parameters as JSON has them; nothing of HTTP/2 around them.
TEST(Grpc, FollowsTheConversation) {
  const TempFolder folder;
  const Output output =
      tshark({"-q", "-r", folder.write("capture", reservation_call()), "-z", "follow,ck,ascii,0"});
  for (const char* line :
       {"Key reservation request, stream 1: {\"start_km\": \"KMA-1\", \"end_km\": \"KMA-2\"}",
        "Response to key reservation request, stream 1: {\"start_km\": \"KMA-1\", \"end_km\": \"KMA-2\", "
        "\"key_id\": [\"k-1\"]}"})
    EXPECT_NE(output.out.find(line), std::string::npos) << line << output.out;
}

TEST(Grpc, ShowsTheFieldsOfTcpAndNoHeader) {
  const Rows rows = tshark_fields(
      reservation_call(),
      {"ck.command", "ck.source_kma_id", "ck.key_id", "ck.response_to", "ck.response_in", "ck.grpc.method",
       "ck.grpc.status", "ck.procedure.state", "ck.result", "ck.version", "ck.message_id", "ck.length"},
      {"-2", "-Y", "ck"});
  const Rows expected{
      {"0x410a", "KMA-1", "", "", "7", grpc::kReservation, "0", "reserved", "", "", "", ""},
      {"0x140b", "KMA-1", "k-1", "6", "", grpc::kReservation, "0", "reserved", "success", "", "", ""}};
  EXPECT_EQ(rows, expected);
}

TEST(Grpc, HighlightsEachValueAndElementAlone) {
  Call call;
  const Buffer keys = grpc::text(4, "k-1") + grpc::text(4, "k-22");
  call.ask(call.client.request(1, grpc::kKm + "KeyAllocation", grpc::reservation() + keys));
  const std::vector<std::string> expected{"ck.source_kma_id=KMA-1 4b4d412d31",
                                          "ck.destination_kma_id=KMA-2 4b4d412d32", "ck.key_id=k-1 6b2d31",
                                          "ck.key_id=k-22 6b2d3232"};
  EXPECT_EQ(highlighted(call.pcap(), 6, "ck\\.(?:source_kma_id|destination_kma_id|key_id)"), expected);
}

TEST(Grpc, HighlightsANumberOfProtobuf) {
  Call call;
  call.ask(call.client.request(1, "/qkdn.ck.v1.QkdnController/SessionCreation",
                               grpc::text(1, "a") + grpc::text(2, "b") + grpc::integer(3, 300)));
  EXPECT_EQ(highlighted(call.pcap(), 6, "ck\\.number_of_keys"),
            (std::vector<std::string>{"ck.number_of_keys=300 ac02"}));
}

TEST(Grpc, ReadsCompressedMessagesAndJson) {
  Call call;
  call.ask(join({call.client.ask(1, grpc::kReservation, {{"grpc-encoding", "gzip"}}),
                 data(1, message(grpc::compressed(grpc::reservation()), 1), true)}));
  call.answer(join({call.server.answer(1), data(1, message(grpc::reserved())), call.server.trailers(1)}));
  call.ask(join({call.client.ask(3, grpc::kReservation, {}, "application/grpc+json"),
                 data(3, message(grpc::bytes(R"({"start_km":"KMA-3"})")), true)}));
  const Rows rows = tshark_fields(call.pcap(), {"frame.number", "ck.source_kma_id"}, {"-2", "-Y", "ck"});
  EXPECT_EQ(rows, (Rows{{"6", "KMA-1"}, {"7", "KMA-1"}, {"8", "KMA-3"}}));
}

/// Wireshark hands over what it cannot decompress as it came. A near miss in the same frame can be read.
TEST(Grpc, ShowsWhatCannotBeDecompressedOnce) {
  Call call;
  const std::vector<std::pair<std::string, std::string>> gzip{{"grpc-encoding", "gzip"}};
  call.ask(
      join({call.client.ask(1, grpc::kReservation, gzip), data(1, message(grpc::reservation("KMA-4")), true),
            call.client.ask(3, grpc::kReservation, gzip), data(3, message(grpc::reservation(), 1), true)}));
  const Rows rows =
      tshark_fields(call.pcap(), {"ck.command", "ck.destination_kma_id", "ck.violation"}, {"-2", "-Y", "ck"});
  EXPECT_EQ(rows, (Rows{{"0x410a|0x410a", "KMA-4", "plaintext-transport|malformed-payload"}}));
}

TEST(Grpc, TellsAFailedRpcWhereItFails) {
  Call call;
  call.ask(call.client.request(1, grpc::kReservation, grpc::reservation()));
  call.answer(call.server.list(1,
                               {{":status", "200"},
                                {"content-type", "application/grpc"},
                                {"grpc-status", "14"},
                                {"grpc-message", "no keys"}},
                               true));
  const Rows rows = tshark_fields(
      call.pcap(), {"frame.number", "ck.command", "ck.grpc.status", "_ws.col.Info"}, {"-2", "-Y", "ck"});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].at(2), "14");
  EXPECT_EQ(rows[1], (std::vector<std::string>{
                         "7", "", "14", "KeyReservation: failed (grpc-status 14 UNAVAILABLE: no keys)"}));
}

TEST(Grpc, IsOneProtocolOnAnyPortAndInEveryWayToHttp2) {
  for (const std::vector<std::string>& way :
       {std::vector<std::string>{}, {"-d", "tcp.port==50051,http2"}, {"-o", "ck.heuristics:TRUE"}}) {
    std::vector<std::string> options{"-2", "-Y", "ck"};
    options.insert(options.end(), way.begin(), way.end());
    const Rows rows = tshark_fields(reservation_call(), {"_ws.col.Protocol", "_ws.col.Info"}, options);
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0],
              (std::vector<std::string>{"Ck", "Key reservation request, from KMA-1, to KMA-2, stream 1"}));
    EXPECT_EQ(rows[1].at(0), "Ck");
  }
}

/// Every column and every layer as without the plugin.
TEST(Grpc, LeavesOthersAlone) {
  Call call;
  call.ask(call.client.request(1, "/other.Service/Ask", grpc::reservation()));
  call.answer(call.server.response(1, grpc::reserved()));
  const std::vector<std::string> fields{"_ws.col.Protocol", "_ws.col.Info", "frame.protocols", "ck"};
  for (const std::vector<std::string>& way : {std::vector<std::string>{}, {"-d", "tcp.port==50051,http2"}}) {
    std::vector<std::string> without{"-2", "--disable-protocol", "ck"}, with{"-2"};
    for (std::vector<std::string>* options : {&without, &with})
      options->insert(options->end(), way.begin(), way.end());
    const Rows rows = tshark_fields(call.pcap(), fields, with);
    EXPECT_EQ(rows, tshark_fields(call.pcap(), fields, without));
    for (const std::vector<std::string>& row : rows) EXPECT_EQ(row.at(3), "");
  }
}

constexpr std::string_view kTheirs = R"(syntax = "proto3";
package north;
service Keys { rpc Reserve(Inner.KeyReservationRequest) returns (Inner.KeyReservationResponse); }
message Inner {
  message KeyReservationRequest { string sourceKmaId = 7; string destinationKmaId = 9; }
  message KeyReservationResponse { repeated string key_id = 2; }
}
)";

TEST(Grpc, ReadsADeploymentsOwnProtoFile) {
  Call call;
  call.ask(call.client.request(1, "/north.Keys/Reserve", grpc::text(7, "A") + grpc::text(9, "B")));
  const TempFolder folder;
  const std::string file = folder.write("theirs.proto", samples::to_bytes(kTheirs));
  const std::vector<std::string> fields{"ck.source_kma_id", "ck.destination_kma_id"},
      options{"-2", "-Y", "ck"};
  EXPECT_EQ(tshark_fields(call.pcap(), fields, options), Rows{});
  const Rows expected{{"A", "B"}};
  EXPECT_EQ(tshark_fields(call.pcap(), fields, options, {{"ck_grpc_proto_files", "\"" + file + "\"\n"}}),
            expected);
  // What ships is read beside it.
  EXPECT_EQ(
      tshark_fields(reservation_call(), fields, options, {{"ck_grpc_proto_files", "\"" + file + "\"\n"}})
          .size(),
      2u);
}

TEST(Grpc, ReportsAProtoFileThatCannotBeUsedAndKeepsWhatShips) {
  const TempFolder folder;
  const std::string file = folder.write("broken.proto", samples::to_bytes("syntax = \"proto3\";\nmessage {"));
  const Output output = tshark({"-2", "-r", folder.write("capture", reservation_call()), "-Y", "ck", "-T",
                                "fields", "-e", "ck.command"},
                               {{"ck_grpc_proto_files", "\"" + file + "\"\n"}});
  EXPECT_EQ(output.status, 0);
  EXPECT_NE(output.err.find("broken.proto:2:"), std::string::npos) << output.err;
  EXPECT_EQ(output.out, "0x410a\n0x140b\n");
}

}  // namespace
}  // namespace ck::plugin
