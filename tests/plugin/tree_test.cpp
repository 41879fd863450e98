// The tree of one message: values, exact places of bytes, what cannot be read.
#include <gtest/gtest.h>

#include <algorithm>

#include "generator/sample.h"
#include "tshark.h"

namespace ck::plugin {
namespace {

using namespace samples;

/// A connection whose first message is `payload` under `code`; its frame is the fourth.
Buffer capture_of(std::uint16_t code, std::string_view payload) {
  Recording recording;
  CkTalk talk = opened(recording);
  if (code >> 8 == 0x14) {
    talk.km(0x01020304, code, payload);
  } else {
    talk.ctl(0x01020304, code, payload);
  }
  return recording.pcap();
}

std::vector<std::string> values_of(const Buffer& capture, const std::vector<std::string>& fields) {
  const Rows rows = tshark_fields(capture, fields);
  EXPECT_EQ(rows.size(), 4u);
  return rows.size() == 4 ? rows[3] : std::vector<std::string>(fields.size());
}

struct Item {
  std::string show;
  int position = -1, size = -1;
};

std::string attribute(const std::string& line, const std::string& name) {
  const std::size_t at = line.find(' ' + name + "=\"");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 3;
  return line.substr(begin, line.find('"', begin) - begin);
}

/// The items of a field in the capture's PDML, in order.
std::vector<Item> items_of(const Buffer& capture, const std::string& field) {
  const TempFolder folder;
  const Output output = tshark({"-r", folder.write("capture", capture), "-T", "pdml"});
  std::vector<Item> items;
  for (const std::string& line : split_text(output.out, '\n')) {
    if (line.find("<field name=\"" + field + "\"") == std::string::npos) continue;
    items.push_back({attribute(line, "show"), std::atoi(attribute(line, "pos").c_str()),
                     std::atoi(attribute(line, "size").c_str())});
  }
  return items;
}

// 14 bytes of Ethernet, 20 of IPv4, 20 of TCP.
constexpr int kFrameStart = 54;
constexpr int kPayloadStart = kFrameStart + 10;

TEST(Tree, ShowsTheHeader) {
  const auto values = values_of(capture_of(kRelayNotification, R"({"Destination KMA ID":"B"})"),
                                {"ck.version", "ck.message_id", "ck.command", "ck.command.direction",
                                 "ck.command.number", "ck.length", "_ws.col.Protocol"});
  EXPECT_EQ(values, (std::vector<std::string>{"1", "16909060", "0x1403", "0x14", "3", "26", "Ck"}));
}

TEST(Tree, PlacesTheHeadersFields) {
  const Buffer capture = capture_of(kRelayNotification, R"({"Destination KMA ID":"B"})");
  const struct {
    const char* field;
    int position, size;
  } expected[] = {{"ck.version", 0, 2},           {"ck.message_id", 2, 4},     {"ck.command", 6, 2},
                  {"ck.command.direction", 6, 1}, {"ck.command.number", 7, 1}, {"ck.length", 8, 2}};
  for (const auto& field : expected) {
    const std::vector<Item> items = items_of(capture, field.field);
    ASSERT_EQ(items.size(), 1u) << field.field;
    EXPECT_EQ(items[0].position, kFrameStart + field.position) << field.field;
    EXPECT_EQ(items[0].size, field.size) << field.field;
  }
}

TEST(Tree, PlacesValuesWithTheirQuotes) {
  //                          0         1         2
  //                          01234567890123456789012345678
  const std::string payload = R"({"Destination KMA ID": "KMA-7"})";
  const std::vector<Item> items = items_of(capture_of(kRelayNotification, payload), "ck.destination_kma_id");
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].show, "KMA-7");
  EXPECT_EQ(items[0].position, kPayloadStart + 23);
  EXPECT_EQ(items[0].size, 7);
}

TEST(Tree, PlacesEveryElementOfAList) {
  //                          0         1         2         3
  //                          012345678901234567890123456789012345
  const std::string payload = R"({"Next KMA IDs":["K-1", "K\u002d2"]})";
  const std::vector<Item> items = items_of(capture_of(kNextHopResponse, payload), "ck.next_kma_id");
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].show, "K-1");
  EXPECT_EQ(items[0].position, kPayloadStart + 17);
  EXPECT_EQ(items[0].size, 5);
  EXPECT_EQ(items[1].show, "K-2");
  EXPECT_EQ(items[1].position, kPayloadStart + 24);
  EXPECT_EQ(items[1].size, 10);
}

TEST(Tree, PlacesThePartsOfASplitString) {
  //                          0         1         2         3
  //                          0123456789012345678901234567890
  const std::string payload = R"({"Transit KMA IDs":"K-1, K-22"})";
  const std::vector<Item> items = items_of(capture_of(kRelayRequest, payload), "ck.transit_kma_id");
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].position, kPayloadStart + 20);
  EXPECT_EQ(items[0].size, 3);
  EXPECT_EQ(items[1].show, "K-22");
  EXPECT_EQ(items[1].position, kPayloadStart + 25);
  EXPECT_EQ(items[1].size, 4);
}

TEST(Tree, ReadsKeyIdsOutOfObjects) {
  const auto values = values_of(
      capture_of(kAllocationRequest,
                 R"({"Source KMA ID":"A","Destination KMA ID":"B","Key IDs":[{"key_id":"k1"},{"id":"k2"}]})"),
      {"ck.key_id", "ck.kma"});
  EXPECT_EQ(values, (std::vector<std::string>{"k1|k2", "A|B"}));
}

TEST(Tree, TellsTextAndCodeOfAResponseApart) {
  const std::vector<std::string> fields{"ck.response", "ck.result_code"};
  EXPECT_EQ(values_of(capture_of(kRelayResponse, R"({"Response":"link down"})"), fields),
            (std::vector<std::string>{"link down", ""}));
  EXPECT_EQ(values_of(capture_of(kAllocationResponse, R"({"Response":-3})"), fields),
            (std::vector<std::string>{"", "-3"}));
}

/// RFC 8259 has no integers: a number with a fraction, an exponent or too many digits is kept as its text.
TEST(Tree, ANumberThatIsNoResultCodeIsShownAsItStands) {
  for (const std::string number : {"1.0", "1e0", "99999999999999999999"}) {
    EXPECT_EQ(values_of(capture_of(kRelayResponse, R"({"Response":)" + number + "}"),
                        {"ck.response", "ck.result_code"}),
              (std::vector<std::string>{number, ""}));
  }
}

/// Two frames' Length count the characters of a payload with one of two bytes, whose own bytes are the
/// auditor's `length`.
TEST(Tree, LengthIsOfThePayloadsBytesWhateverItCounts) {
  Recording recording;
  CkTalk talk = opened(recording);
  const std::string payload = "{\"Source KMA ID\":\"K\u00fc\"}";
  for (const std::uint32_t id : {1U, 2U}) {
    Buffer bytes = frame(1, id, kRelayNotification, payload);
    bytes[9] = static_cast<std::uint8_t>(bytes[9] - 1);
    talk.client(bytes);
  }
  const Rows rows = tshark_fields(recording.pcap(), {"ck.length"});
  ASSERT_GT(rows.size(), 3U);
  EXPECT_EQ(rows[3][0], std::to_string(payload.size()));
}

TEST(Tree, SaysHowAResponseIsUnderstood) {
  const std::pair<const char*, const char*> expected[] = {{R"({"Response":"Created"})", "success"},
                                                          {R"({"Response":"refused: no"})", "failure"},
                                                          {R"({"Response":"0"})", "success"},
                                                          {R"({"Response":1})", "failure"},
                                                          {R"({"Response":"perhaps"})", "unknown"},
                                                          {R"({"Response":[0]})", ""},
                                                          {R"({"Response":null})", ""},
                                                          {"{}", ""}};
  for (const auto& [payload, result] : expected) {
    EXPECT_EQ(values_of(capture_of(kRelayResponse, payload), {"ck.result"}).at(0), result) << payload;
  }
}

TEST(Tree, PlacesAFindingAtTheMemberThatItIsAbout) {
  //                          0         1         2         3         4         5         6
  //                          0123456789012345678901234567890123456789012345678901234567890123456789
  const std::string payload = R"({"Source KMA ID":"A","Destination KMA ID":"","source_kma_id":"B","x":1})";
  std::vector<std::pair<std::string, std::pair<int, int>>> found,
      expected{{"plaintext-transport", {kFrameStart, 10 + 71}},
               {"empty-identifier", {kPayloadStart + 21, 23}},
               {"duplicate-parameter", {kPayloadStart + 45, 19}},
               {"unknown-parameter", {kPayloadStart + 65, 5}}};
  for (const Item& item : items_of(capture_of(kRelayNotification, payload), "ck.violation"))
    found.push_back({item.show, {item.position, item.size}});
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(found, expected);
}

TEST(Tree, NamesUnknownMembersAndOpensExtensions) {
  const auto values = values_of(capture_of(kRelayNotification, R"({"dest":"x","DestinationKMAID":"B",)"
                                                               R"("Extension":[{"vendor":{"a":1}}]})"),
                                {"ck.unknown_parameter", "ck.destination_kma_id", "ck.extension"});
  EXPECT_EQ(values, (std::vector<std::string>{"dest", "B", R"([{"vendor":{"a":1}}])"}));
}

TEST(Tree, FindsAnyIdUnderItsCommonName) {
  const auto values = values_of(
      capture_of(kSessionNotification, R"({"Application source ID":"a","Application destination ID":"b",)"
                                       R"("Session ID":"s","Source KM ID":"m"})"),
      {"ck.km", "ck.application"});
  EXPECT_EQ(values, (std::vector<std::string>{"m", "a|b"}));
}

TEST(Tree, ShowsAPayloadThatIsNotJsonAsBytes) {
  const std::vector<Item> items = items_of(capture_of(kRelayNotification, "{\"a\":tru}"), "ck.payload");
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].position, kPayloadStart);
  EXPECT_EQ(items[0].size, 9);
}

TEST(Tree, SurvivesAVeryWidePayload) {
  std::string payload = "{";
  while (payload.size() < 65'000) payload += "\"x\":[],";
  payload.back() = '}';
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(1, kRelayNotification, R"({"Destination KMA ID":"B"})");
  talk.km(2, kRelayNotification, payload);
  const Rows rows =
      tshark_fields(recording.pcap(), {"ck.message_id", "ck.expert.more"}, {"-Y", "ck.message_id == 2"});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0][0], "2");
}

TEST(Columns, JoinSeveralMessagesOfOneFrame) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.client(join({frame(1, 7, kRelayNotification, R"({"Destination KMA ID":"B"})"),
                    frame(1, 8, kRelayNotification, R"({"Destination KMA ID":"C"})")}));
  const Rows rows = tshark_fields(recording.pcap(), {"_ws.col.Info"});
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[3][0],
            "Key relay request notification, to B, MessageID 7 | Key relay request notification, to C, "
            "MessageID 8");
}

/// What a response says comes first: what came of it, and why not.
TEST(Columns, LeadWithTheOutcome) {
  const struct {
    std::uint16_t code;
    const char *payload, *info;
  } expected[] = {
      {kNextHopResponse, R"({"Next KMA IDs":[]})", "Response to key relay next hop request: no next hop"},
      {kNextHopResponse, R"({"Next KMA IDs":["B"]})", "Response to key relay next hop request, next B"},
      {kRelayResponse, R"({"Response":"success"})", "Response to key relay request: completed"},
      {kRelayResponse, R"({"Response":"failure"})", "Response to key relay request: failed"},
      {kRelayResponse, R"({"Response":"failure: link down"})",
       "Response to key relay request: failed (failure: link down)"},
      {kSessionResponse, R"({"Response":"maybe"})", "Response to session creation request: result maybe"},
      {kSessionNotificationResponse, R"({"Response":"refused"})",
       "Response to session creation notification: refused"},
      {kReservationResponse, R"({"Response":0,"Key IDs":"k"})",
       "Response to key reservation request: reserved, keys k"},
      {kAllocationResponse, R"({"Response":1})", "Response to key allocation request: refused (1)"}};
  for (const auto& message : expected) {
    const std::string info = values_of(capture_of(message.code, message.payload), {"_ws.col.Info"})[0];
    EXPECT_EQ(info.substr(0, info.find(", MessageID")), message.info);
  }
}

/// Errors alone, each once: warnings and notes would be on most messages.
TEST(Columns, EndWithTheErrors) {
  const Buffer capture = capture_of(kSessionRequest, R"({"Number of keys":0,"note":1})");
  EXPECT_EQ(values_of(capture, {"_ws.col.Info"})[0],
            "Session creation request, MessageID 16909060 [missing-parameter] [invalid-number-of-keys]");
}

TEST(Tree, CountsAListAndNamesEachOfIt) {
  const TempFolder folder;
  const Buffer capture = capture_of(kRelayRequest, R"({"Transit KMA IDs":["K-1","K-22"]})");
  const std::string tree = tshark({"-r", folder.write("capture", capture), "-V"}).out;
  EXPECT_NE(tree.find("    Transit KMA IDs: 2\n        Transit KMA ID: K-1\n        Transit KMA ID: K-22\n"),
            std::string::npos)
      << tree;
}

/// tshark prints labels, expert infos and columns to a terminal as they are.
TEST(Tree, ShowsNothingThatATerminalObeys) {
  const TempFolder folder;
  const std::string hostile = R"("\u001b[31m\u202e\u0085x")";
  const Buffer capture = capture_of(kRelayResponse, "{" + hostile + ":" + hostile + R"(,"Response":)" +
                                                        hostile + R"(,"Key relay request ID":)" + hostile +
                                                        R"(,"Extension":[{"name":)" + hostile + "}]}");
  const std::string path = folder.write("capture", capture);
  for (const char* view : {"-V", "-x"}) {
    const std::string shown = tshark({"-r", path, "-2", view}).out;
    EXPECT_EQ(shown.find('\x1b'), std::string::npos) << shown;
    EXPECT_EQ(shown.find("\u202e"), std::string::npos) << shown;
    EXPECT_EQ(shown.find("\u0085"), std::string::npos) << shown;
  }
  const std::string tree = tshark({"-r", path, "-2", "-V"}).out;
  EXPECT_NE(tree.find("Key relay request ID: \\x1b[31m\\u{202e}\\u{85}x\n"), std::string::npos) << tree;
}

/// Wireshark cuts an expert info at 240 bytes, and writes half a character into PDML and JSON.
TEST(Tree, CutsAnExpertInfoBetweenCharacters) {
  const TempFolder folder;
  std::string keys;
  for (int i = 0; i < 60; ++i) keys += "\U0001F511";
  for (const char* before : {"", "a", "ab", "abc"}) {
    const Buffer capture =
        capture_of(kRelayNotification, R"({"Destination KMA ID":"B",")" + (before + keys) + R"(":1})");
    const std::string json = tshark({"-r", folder.write("capture", capture), "-T", "json"}).out;
    for (const char* half : {"\xf0\"", "\xf0\x9f\"", "\xf0\x9f\x94\""})
      EXPECT_EQ(json.find(half), std::string::npos) << before;
  }
}

TEST(Columns, ShowThatAnIdentifierIsEmpty) {
  const Buffer capture = capture_of(kRelayNotification, R"({"Source KMA ID":"","Destination KMA ID":"B"})");
  EXPECT_EQ(values_of(capture, {"_ws.col.Info"})[0],
            "Key relay request notification, from (empty), to B, MessageID 16909060 [empty-identifier]");
}

}  // namespace
}  // namespace ck::plugin
