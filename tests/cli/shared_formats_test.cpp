// SARIF and JUnit over whole runs. Every report of these tests is held against its schema besides.
#include <gtest/gtest.h>

#include "cli/tool.h"
#include "generator/packets.h"

namespace ck::cli::test {
namespace {

Json::Value sarif_run(const ToolRun& result) {
  return result.json()["runs"][0];
}

/// The bytes that a result's region names.
std::string bytes_at(const samples::Buffer& file, const Json::Value& region) {
  const auto offset = region["byteOffset"].asUInt64(), size = region["byteLength"].asUInt64();
  EXPECT_LE(offset + size, file.size());
  return {file.begin() + static_cast<std::ptrdiff_t>(offset),
          file.begin() + static_cast<std::ptrdiff_t>(offset + size)};
}

TEST(Sarif, PointsAtThePacketInThePlainFile) {
  const samples::Buffer capture = faulty_capture();
  const Json::Value told = sarif_run(run({"-f", "sarif", "f.pcap"}, {{"f.pcap", capture}}));
  bool seen = false;
  for (const Json::Value& result : told["results"]) {
    if (result["ruleId"] != "missing-destination") continue;
    seen = true;
    EXPECT_EQ(result["level"], "error");
    const Json::Value& place = result["locations"][0];
    EXPECT_EQ(place["logicalLocations"][0]["name"], "frame 4");
    const std::string packet = bytes_at(capture, place["physicalLocation"]["region"]);
    // Ethernet 14, IPv4 20, TCP 20, then the frame of Figure I.1 with its payload to the packet's end.
    EXPECT_EQ(packet.substr(54 + 10), R"({"Source KMA ID":"A"})");
  }
  EXPECT_TRUE(seen);
  EXPECT_EQ(told["invocations"][0]["exitCode"], 1);
  EXPECT_EQ(told["invocations"][0]["executionSuccessful"], true);
}

TEST(Sarif, PointsIntoPcapngAsWell) {
  const std::string path = CK_CAPTURES "/sections.pcapng";
  const Json::Value told = sarif_run(run_on_disk({"-f", "sarif", path}));
  ASSERT_GT(told["results"].size(), 0u);
  for (const Json::Value& result : told["results"]) {
    if (result["kind"] == "open") continue;
    EXPECT_TRUE(result["locations"][0]["physicalLocation"].isMember("region")) << result;
  }
}

TEST(Sarif, NamesWhatCouldNotBeRead) {
  const Json::Value told = sarif_run(run({"-f", "sarif", "a b", "clean"}, {{"clean", clean_capture()}}));
  const Json::Value& invocation = told["invocations"][0];
  EXPECT_EQ(invocation["exitCode"], 3);
  EXPECT_EQ(invocation["executionSuccessful"], false);
  const Json::Value& notification = invocation["toolExecutionNotifications"][0];
  EXPECT_EQ(notification["message"]["text"], "a b: no such file");
  EXPECT_EQ(notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%20b");
}

TEST(Junit, IsASuiteACaptureAndACaseARule) {
  const Files files{{"clean", clean_capture()}, {"faulty", faulty_capture()}};
  const std::string text = run({"-f", "junit", "clean", "faulty", "missing"}, files).out;
  EXPECT_NE(text.find(R"(<testsuite name="clean" id="0" tests="48" failures="0" errors="0")"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(<testsuite name="faulty" id="1" tests="48" failures="1" errors="0")"),
            std::string::npos);
  EXPECT_NE(text.find(R"(<testsuite name="missing" id="2" tests="49" failures="0" errors="1" skipped="48")"),
            std::string::npos);
  EXPECT_NE(text.find(R"(<failure type="missing-destination")"), std::string::npos);
  EXPECT_NE(text.find(R"(<error type="unread" message="missing: no such file"/>)"), std::string::npos);
}

TEST(Junit, ACaptureWithoutCkFailsWhereMessagesAreRequired) {
  samples::Recording nothing;
  const Files files{{"a", nothing.pcap()}};
  const ToolRun required = run({"-f", "junit", "--require-messages", "a"}, files);
  EXPECT_EQ(required.status, 1);
  EXPECT_NE(required.out.find("failures=\"1\""), std::string::npos) << required.out;
  EXPECT_NE(required.out.find("<testcase name=\"messages\" classname=\"a\">\n      <failure"),
            std::string::npos);
  EXPECT_NE(run({"-f", "junit", "a"}, files).out.find("failures=\"0\""), std::string::npos);
}

TEST(Junit, RulesThatAreSwitchedOffAreSkipped) {
  const std::string text =
      run({"-f", "junit", "--rule", "missing-destination=off", "f"}, {{"f", faulty_capture()}}).out;
  EXPECT_NE(text.find("<testcase name=\"missing-destination\" classname=\"f\">\n"
                      "      <skipped message=\"switched off by --rule\"/>"),
            std::string::npos)
      << text;
}

/// Everything that a peer or a file's name can bring that one of the two formats would obey.
TEST(SharedFormats, TakeHostileIdentifiers) {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.km(
      1, samples::kNextHopRequest,
      R"j({"]]><script>&":"1","[x](javascript:1) {0}":"2","\u0000\uffff\ufffe\ud800":"3","\u202e\u001b[2J":"4"})j");
  talk.close();
  const std::string name = "<a href='x'>\x1b[2J\xff&{0}.pcap";
  const ToolRun result =
      run({"-f", "sarif=s", "-f", "junit=j", "--fail-on", "note", name}, {{name, recording.pcap()}});
  for (const std::string& text : {result.written.at("s"), result.written.at("j")}) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      ASSERT_TRUE((byte >= 0x20 && byte != 0x7F) || byte == '\n') << static_cast<int>(byte);
    }
    EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos) << "right-to-left override";
  }
  EXPECT_EQ(result.written.at("j").find("<script"), std::string::npos);
  EXPECT_EQ(result.written.at("j").find("<a href"), std::string::npos);
  ToolRun sarif;
  sarif.out = result.written.at("s");
  for (const Json::Value& one : sarif_run(sarif)["results"])
    EXPECT_EQ(one["message"]["text"].asString().find("[x]("), std::string::npos) << "a message is no link";
  EXPECT_NE(result.written.at("s").find("{{0}}"), std::string::npos);
}

}  // namespace
}  // namespace ck::cli::test
