// What a vendor adds: names for private CommandCodes, and dissectors, in Lua, for them and for extensions.
#include <gtest/gtest.h>

#include <fstream>

#include "generator/sample.h"
#include "tshark.h"

namespace ck::plugin {
namespace {

using namespace samples;

constexpr std::uint16_t kVendorCode = 0x1480;
const std::string_view kStatus = R"({"pool":"KMA-1/KMA-2","available":512})";
const std::string_view kNotification = R"({"Source KMA ID":"A","Destination KMA ID":"B"})";

/// Frame 4 is a message of Table I.1, frame 5 the vendor's.
Buffer vendor_capture(std::string_view payload = kStatus) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(1, kRelayNotification, kNotification);
  talk.km(2, kVendorCode, payload);
  return recording.pcap();
}

Buffer extension_capture(std::string_view extension) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(1, kRelayNotification, R"({"Destination KMA ID":"B","Extension":)" + std::string(extension) + "}");
  return recording.pcap();
}

/// A vendor's message and one of Table I.1 in one segment, frame 5.
Buffer two_in_a_segment(std::string_view payload = kStatus) {
  Recording recording;
  CkTalk talk = opened(recording);
  talk.km(1, kRelayNotification, kNotification);
  talk.client(join({frame(1, 2, kVendorCode, payload), frame(1, 3, kRelayNotification, kNotification)}));
  return recording.pcap();
}

std::vector<std::string> with_script(const std::string& path) {
  return {"-X", "lua_script:" + path};
}

class Script {
 public:
  explicit Script(const std::string& text) { std::ofstream(folder_.path() / "test.lua") << text; }
  [[nodiscard]] std::vector<std::string> options() const { return with_script(folder_.path() / "test.lua"); }

 private:
  TempFolder folder_;
};

TEST(VendorCommands, HaveTheNamesThatTheUserGives) {
  const std::vector<std::string> named{"-o", "uat:ck_commands:\"0x1480\",\"Key pool status\""};
  const std::vector<std::string> fields{"_ws.col.Info", "ck.violation"};
  EXPECT_EQ(
      tshark_fields(vendor_capture(), fields).at(4),
      (std::vector<std::string>{"Unknown command 0x1480, MessageID 2 [unknown-command]", "unknown-command"}));
  // Only what it is called: that Table I.1 does not list it stays true.
  EXPECT_EQ(tshark_fields(vendor_capture(), fields, named).at(4),
            (std::vector<std::string>{"Key pool status, MessageID 2 [unknown-command]", "unknown-command"}));
  EXPECT_EQ(tshark_fields(vendor_capture(), fields, {}, {{"ck_commands", "\"1480\",\"Key pool status\"\n"}})
                .at(4)
                .at(0),
            "Key pool status, MessageID 2 [unknown-command]");
}

TEST(VendorCommands, AreFoundByNameAndShownInTheTree) {
  const std::string option = "uat:ck_commands:\"1480\",\"Key pool status\"";
  const Rows rows = tshark_fields(vendor_capture(), {"frame.number"},
                                  {"-o", option, "-Y", "ck.command == \"Key pool status\""});
  EXPECT_EQ(rows, (Rows{{"5"}}));
  const TempFolder folder;
  const Output output = tshark(
      {"-r", folder.write("capture", vendor_capture()), "-V", "-o", option, "-Y", "frame.number == 5"});
  EXPECT_NE(output.out.find("ITU-T Q.4164 Ck, Key pool status, MessageID 2"), std::string::npos);
  EXPECT_NE(output.out.find("Command code: Key pool status (0x1480)"), std::string::npos);
}

TEST(VendorCommands, MayCarryWhatIsNoJson) {
  const Buffer capture = vendor_capture("\x01\x02");
  EXPECT_EQ(tshark_fields(capture, {"_ws.col.Info"}).at(4).at(0),
            "Unknown command 0x1480, malformed payload, MessageID 2 [unknown-command]");
  EXPECT_EQ(tshark_fields(capture, {"_ws.col.Info"}, {"-o", "uat:ck_commands:\"1480\",\"Beat\""}).at(4).at(0),
            "Beat, MessageID 2 [unknown-command]");
}

TEST(VendorCommands, CannotRenameWhatTableI1Lists) {
  for (const char* code : {"1401", "0x4104", "4101", "10000", "zz"}) {
    const Output read =
        tshark({"-r", "/dev/null", "-o", "uat:ck_commands:\"" + std::string(code) + "\",\"X\""});
    EXPECT_NE(read.err.find("Invalid -o flag"), std::string::npos) << code << read.err;
  }
}

TEST(Subdissectors, OfTheExampleReadAPrivateCommand) {
  const std::vector<std::string> fields{"acme_status.pool", "acme_status.available", "ck.message_id",
                                        "_ws.col.Info"};
  EXPECT_EQ(tshark_fields(vendor_capture(), fields, with_script(CK_VENDOR_LUA)).at(4),
            (std::vector<std::string>{"KMA-1/KMA-2", "512", "2",
                                      "Unknown command 0x1480, MessageID 2 [unknown-command]"}));
}

TEST(Subdissectors, OfTheExamplePlaceTheirBytes) {
  const TempFolder folder;
  std::vector<std::string> arguments{"-r", folder.write("capture", vendor_capture()), "-T", "pdml"};
  for (const std::string& option : with_script(CK_VENDOR_LUA)) arguments.push_back(option);
  const std::string pdml = tshark(arguments).out;
  // 14 bytes of Ethernet, 20 of IPv4, 20 of TCP, 10 of header; then {"pool":" are 9, the value has 11.
  const std::size_t at = pdml.find("<field name=\"acme_status.pool\"");
  ASSERT_NE(at, std::string::npos);
  const std::string line = pdml.substr(at, pdml.find('\n', at) - at);
  EXPECT_NE(line.find("size=\"11\" pos=\"73\""), std::string::npos) << line;
}

TEST(Subdissectors, OfTheExampleReadAnExtension) {
  const std::vector<std::string> fields{"acme_qos.class", "ck.destination_kma_id"};
  const struct {
    const char *extension, *found;
  } cases[] = {{R"([{"qos":{"class":"gold"}}])", "gold"},
               {R"([{"other":1,"qos":{"class":"gold"}},{"qos":{"class":"lead"}}])", "gold|lead"},
               {R"([{"name":"qos","class":"gold"}])", "gold"},
               {R"([{"class":"gold","Name":"qos"}])", "gold"},
               {R"([{"name":"other","qos":{"class":"gold"}}])", ""},
               {R"([{"QoS":{"class":"gold"}}])", ""},
               {R"([{"other":{"qos":{"class":"gold"}}}])", ""},
               {R"([])", ""}};
  for (const auto& one : cases) {
    EXPECT_EQ(tshark_fields(extension_capture(one.extension), fields, with_script(CK_VENDOR_LUA)).at(3),
              (std::vector<std::string>{one.found, "B"}))
        << one.extension;
  }
}

TEST(Subdissectors, SpoilNothingWhenTheyFail) {
  const Script script(R"(
local bad = Proto("bad", "Bad")
function bad.dissector(tvb, pinfo, tree) error("out of order") end
DissectorTable.get("ck.command"):add(0x1480, bad))");
  const TempFolder folder;
  std::vector<std::string> arguments{"-r", folder.write("capture", two_in_a_segment()), "-V", "-Y",
                                     "frame.number == 5"};
  for (const std::string& option : script.options()) arguments.push_back(option);
  const Output output = tshark(arguments);
  EXPECT_EQ(output.status, 0);
  EXPECT_NE(output.out.find("out of order"), std::string::npos) << output.out;
  EXPECT_EQ(tshark_fields(two_in_a_segment(), {"ck.message_id", "_ws.col.Protocol"}, script.options()).at(4),
            (std::vector<std::string>{"2|3", "Ck"}));
}

TEST(Subdissectors, SpoilNothingWhenTheyRunOutOfBytes) {
  // Two bytes are no Ethernet header.
  const Script script(R"(DissectorTable.get("ck.command"):add(0x1480, Dissector.get("eth_withoutfcs")))");
  const auto row =
      tshark_fields(two_in_a_segment("\x01\x02"), {"ck.message_id", "_ws.malformed"}, script.options()).at(4);
  EXPECT_EQ(row[0], "2|3");
  EXPECT_NE(row[1], "");
}

TEST(Subdissectors, CannotAskTcpForMoreBytesOrCallUsAgain) {
  const Script script(R"(
local greedy = Proto("greedy", "Greedy")
function greedy.dissector(tvb, pinfo, tree)
  Dissector.get("ck"):call(tvb, pinfo, tree)
  pinfo.desegment_offset = 0
  pinfo.desegment_len = 100
  return tvb:len()
end
DissectorTable.get("ck.command"):add(0x1480, greedy)
DissectorTable.get("ck.command"):add(0x1403, greedy))");
  const Rows rows = tshark_fields(two_in_a_segment(), {"ck.message_id"}, script.options());
  EXPECT_EQ(rows, (Rows{{""}, {""}, {""}, {"1"}, {"2|3"}}));
}

TEST(Subdissectors, AreCalledOnAPassThatShowsNothing) {
  const Script script(R"(
local count = Proto("count", "Count")
local first = ProtoField.uint32("count.first", "First passes")
count.fields = {first}
local seen = 0
function count.dissector(tvb, pinfo, tree)
  if not pinfo.visited then seen = seen + 1 end
  tree:add(first, seen)
end
DissectorTable.get("ck.command"):add(0x1480, count)
DissectorTable.get("ck.extension"):add("qos", count))");
  std::vector<std::string> options = script.options();
  options.emplace_back("-2");
  EXPECT_EQ(tshark_fields(vendor_capture(), {"count.first"}, options).at(4).at(0), "1");
  EXPECT_EQ(tshark_fields(extension_capture(R"([{"qos":1}])"), {"count.first"}, options).at(3).at(0), "1");
}

}  // namespace
}  // namespace ck::plugin
