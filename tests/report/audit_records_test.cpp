// What an audit's sink hands back: order, pairs on both sides, parameters under the Recommendation's names.
#include "report/audit_records.h"

#include <gtest/gtest.h>

#include "report/baseline.h"
#include "report/codec.h"
#include "report/describe.h"
#include "report/parameters_json.h"

namespace ck::report {
namespace {

/// A message decoded from a text, kept alive with its payload.
struct Decoded {
  explicit Decoded(std::uint16_t command, std::string text_) : text(std::move(text_)) {
    message.command = command;
    message.spec = find_message(command);
    message.payload_bytes = {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    decode_payload(message.payload_bytes, message.spec, names, payload);
    message.payload = &payload;
    message.header = FrameHeader{1, 9, command, static_cast<std::uint16_t>(text.size())};
  }
  NameTable names;
  std::string text;
  Payload payload;
  Message message;
};

std::string parameters_of(std::uint16_t command, const std::string& text) {
  return parameters_json(Decoded(command, text).message);
}
std::string others_of(std::uint16_t command, const std::string& text) {
  return other_members_json(Decoded(command, text).message);
}

TEST(ParametersJson, UsesTheRecommendationsNamesAndShowsAbsentOnes) {
  EXPECT_EQ(parameters_of(0x4102, R"({"destination_kma_id":"D","nextKmaIds":["A","B"]})"),
            R"({"Source KMA ID":null,"Destination KMA ID":"D","Next KMA IDs":["A","B"],"Extension":null})");
}

TEST(ParametersJson, ShowsValuesAsDecoded) {
  EXPECT_NE(parameters_of(0x140D, R"({"Response": 0})").find(R"("Response":0,)"), std::string::npos);
  EXPECT_NE(parameters_of(0x140D, R"({"Response": "0"})").find(R"("Response":"0",)"), std::string::npos)
      << "as on the wire";
  EXPECT_EQ(parameters_of(0x4104, R"({"Transit KMA IDs":"A, B"})").find(R"("Transit KMA IDs":["A","B"])") !=
                std::string::npos,
            true)
      << "a list in one string";
  EXPECT_NE(parameters_of(0x1401, R"({"Source KMA ID": 7})").find(R"("Source KMA ID":"7")"),
            std::string::npos)
      << "an identifier is text";
  EXPECT_NE(parameters_of(0x1406, R"({"Number of keys": "12"})").find(R"("Number of keys":12)"),
            std::string::npos);
  EXPECT_NE(parameters_of(0x1406, R"({"Number of keys": 1.0})").find(R"("Number of keys":"1.0")"),
            std::string::npos)
      << "kept as text";
  EXPECT_NE(parameters_of(0x1401, R"({"Source KMA ID": null})").find(R"("Source KMA ID":null)"),
            std::string::npos);
  EXPECT_NE(parameters_of(0x1401, R"({"Source KMA ID": [true, {"a":1}]})")
                .find(R"("Source KMA ID":[true,{"a":1}])"),
            std::string::npos)
      << "a value from which it cannot be read, as it stands";
  EXPECT_NE(parameters_of(0x410C, R"({"Key IDs": [{"Key ID":"k1"},{"key_id":"k2"}]})")
                .find(R"("Key IDs":["k1","k2"])"),
            std::string::npos);
}

TEST(ParametersJson, ExtensionIsItsJsonValueWithoutWhiteSpace) {
  const std::string text =
      "{\"Extension\": [ {\"a\" :\n[1, {\"b\":\"\\ud800\"}], \"c\":{}} , {\"d\":1e400} ]}";
  EXPECT_NE(parameters_of(0x1401, text)
                .find("\"Extension\":[{\"a\":[1,{\"b\":\"\xEF\xBF\xBD\"}],\"c\":{}},{\"d\":1e400}]"),
            std::string::npos)
      << parameters_of(0x1401, text);
}

TEST(ParametersJson, OfARepeatedParameterTheFirstCounts) {
  const std::string text = R"({"Session ID":"first","session_id":"second","colour":"blue"})";
  EXPECT_NE(parameters_of(0x1409, text).find(R"("Session ID":"first")"), std::string::npos);
  EXPECT_EQ(others_of(0x1409, text),
            R"([{"name":"session_id","value":"second"},{"name":"colour","value":"blue"}])");
}

TEST(ParametersJson, IsEmptyForWhatIsNoObject) {
  EXPECT_EQ(parameters_of(0x1401, "[1]"), "{}");
  EXPECT_EQ(parameters_of(0x1401, "{"), "{}");
  EXPECT_EQ(others_of(0x1401, "{"), "[]");
}

Finding finding_at(std::uint32_t capture, std::uint64_t frame, std::string text) {
  Finding finding;
  finding.rule = Rule::missing_parameter;
  finding.at = {capture, frame, 0};
  finding.connection = 1;
  finding.text = std::move(text);
  return finding;
}

/// What a baseline knows of a hole of several bytes, it knows of one of a single byte.
TEST(AuditRecords, OneByteIsKnownAsSeveralAre) {
  const auto folded = [](const std::string& text) { return folded_text(finding_at(0, 1, text)); };
  EXPECT_EQ(folded("1 byte of the stream is missing from the capture"),
            folded("31 bytes of the stream are missing from the capture"));
  EXPECT_EQ(folded("1 byte that cannot be a frame was skipped"),
            folded("12 bytes that cannot be a frame were skipped"));
  EXPECT_EQ(folded("the capture's snap length cut 1 byte of the stream"),
            folded("the capture's snap length cut 7 bytes of the stream"));
  EXPECT_NE(folded("11 byte is one"), folded("12 bytes are one"));
}

TEST(AuditRecords, FindingsComeByCaptureAndFrame) {
  AuditRecords audit({"a", "b"}, false);
  audit.finding(finding_at(0, 9, "second"));
  audit.finding(finding_at(1, 1, "third"));
  audit.finding(finding_at(0, 2, "first, told late"));
  std::vector<std::string> texts;
  audit.for_each_finding([&](const Finding& finding) { texts.push_back(finding.text); });
  EXPECT_EQ(texts, (std::vector<std::string>{"first, told late", "second", "third"}));
}

/// A procedure may become a part of one that is a part itself: those that are reported are told of.
TEST(AuditRecords, FindingsNameTheProcedureThatTheirsIsAPartOf) {
  AuditRecords audit({"a"}, false);
  for (const std::uint32_t procedure : {2000u, 4u, 3u}) {
    Finding finding = finding_at(0, 9, "");
    finding.procedure = procedure;
    audit.finding(finding);
  }
  audit.finding(finding_at(0, 9, ""));  // of none
  audit.merged(700, 3);
  audit.merged(2000, 700);
  std::vector<std::uint32_t> procedures;
  audit.for_each_finding(
      [&](const Finding& finding) { procedures.push_back(finding.procedure.value_or(0)); });
  EXPECT_EQ(procedures, (std::vector<std::uint32_t>{3, 4, 3, 0}));
}

TEST(AuditRecords, RecordsSurviveTheSpool) {
  AuditRecords audit({"a"}, false);
  RelayRecord relay;
  relay.id = 3;
  relay.distributed = true;
  relay.state = RelayState::completed;
  relay.source_kma_id = "S";
  relay.route = {"S", "T", "D"};
  relay.start_ns = -5;
  relay.duration_ns = 7;
  relay.events.push_back({4, {0, 11, 12}, 2, 0x1401, 99});
  audit.relay(relay);
  int seen = 0;
  audit.for_each_relay([&](const RelayRecord& got) {
    ++seen;
    EXPECT_EQ(got.id, 3u);
    EXPECT_TRUE(got.distributed);
    EXPECT_EQ(name_of(got.state), "completed");
    EXPECT_EQ(got.source_kma_id, "S");
    EXPECT_EQ(got.destination_kma_id, std::nullopt);
    EXPECT_EQ(got.route, (std::vector<std::string>{"S", "T", "D"}));
    EXPECT_EQ(got.start_ns, -5);
    EXPECT_EQ(got.duration_ns, 7);
    ASSERT_EQ(got.events.size(), 1u);
    EXPECT_EQ(got.events[0].at.frame, 11u);
    EXPECT_EQ(got.events[0].message_id, 99u);
  });
  EXPECT_EQ(seen, 1);
}

TEST(Codec, KeepsWhatNoReportShows) {
  ByteBuffer bytes;
  Finding finding = finding_at(0, 9, "text");
  finding.message = 17;
  finding.command = 0x410A;
  encode(finding, bytes);
  Finding found;
  decode(bytes.view(), found);
  EXPECT_EQ(found.message, 17u);
  EXPECT_EQ(found.command, 0x410A);
  EXPECT_EQ(found.procedure, std::nullopt);
  EXPECT_EQ(found.text, "text");
  ConnectionRecord connection;
  connection.key = 5;
  connection.start = {1, 2, 3};
  connection.skipped_bytes = 11;
  bytes.clear();
  encode(connection, bytes);
  ConnectionRecord connected;
  decode(bytes.view(), connected);
  EXPECT_EQ(connected.key, 5u);
  EXPECT_EQ(connected.start.capture, 1u);
  EXPECT_EQ(connected.start.frame, 2u);
  EXPECT_EQ(connected.start.time_ns, 3);
  EXPECT_EQ(connected.skipped_bytes, 11u);
}

/// Tells message `index` in frame 10 * index + 10.
MessageRef tell(AuditRecords& audit, std::uint64_t index, const Decoded& decoded) {
  const MessageRef ref{index, {0, 10 * index + 10, 0}, 1, decoded.message.command, 9};
  MessageRecord record;
  record.ref = ref;
  record.message = &decoded.message;
  audit.message(record);
  return ref;
}

TEST(AuditRecords, PairsShowOnBothSides) {
  AuditRecords audit({"a"}, true);
  const Decoded notification(0x1403, "{}"), request(0x4104, "{}"), result(0x1405, "{}"), lonely(0x1401, "{}");
  const MessageRef first = tell(audit, 0, notification);
  tell(audit, 1, lonely);
  const MessageRef second{2, {0, 30, 0}, 1, 0x4104, 9};
  audit.pair({first, second, PairedBy::message_id, 5});
  tell(audit, 2, request);
  const MessageRef third{3, {0, 40, 0}, 1, 0x1405, 9};
  audit.pair({second, third, PairedBy::order, 5});
  tell(audit, 3, result);
  std::vector<std::optional<std::uint64_t>> frames;
  std::vector<PairedBy> by;
  audit.for_each_message([&](const MessageEntry& message) {
    frames.push_back(message.paired_with);
    by.push_back(message.paired_by);
  });
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_EQ(frames[0], 30u);
  EXPECT_EQ(frames[1], std::nullopt);
  EXPECT_EQ(frames[2], 10u) << "a 0x4104 in two pairs shows what it answers";
  EXPECT_EQ(by[2], PairedBy::message_id);
  EXPECT_EQ(frames[3], 30u);
  EXPECT_EQ(by[3], PairedBy::order);
}

TEST(AuditRecords, CountsMessagesPerCapture) {
  AuditRecords audit({"a", "b"}, false);
  const Decoded decoded(0x1401, "{}");
  tell(audit, 0, decoded);
  CaptureFacts a, b;
  audit.complete({a, b}, {}, {});
  EXPECT_EQ(audit.captures()[0].messages, 1u);
  EXPECT_EQ(audit.captures()[1].messages, 0u);
}

}  // namespace
}  // namespace ck::report
