// The exit status, case by case: 3 wins over 1, wrong usage is 2.
#include <gtest/gtest.h>

#include <filesystem>
#include <system_error>

#include "cli/run.h"
#include "cli/tool.h"

namespace ck::cli::test {
namespace {

using samples::Buffer;

Buffer cut(Buffer bytes, std::size_t missing) {
  bytes.resize(bytes.size() - missing);
  return bytes;
}

Buffer header_only() {
  return samples::Recording().pcap();
}

/// Ethernet's file, said to be of a link type that nobody decodes (LINKTYPE_USB_LINUX, 189).
Buffer unknown_link() {
  Buffer bytes = clean_capture();
  bytes[20] = 189;
  return bytes;
}

int status(const std::vector<std::string>& arguments, const Files& files) {
  return run(arguments, files).status;
}

TEST(ExitStatus, FollowsTheGravestFinding) {
  const Files files{{"clean", clean_capture()}, {"faulty", faulty_capture()}};
  EXPECT_EQ(status({"clean"}, files), 0) << "the plaintext transport is a warning only";
  EXPECT_EQ(status({"faulty"}, files), 1);
  EXPECT_EQ(status({"clean", "faulty"}, files), 1);
  EXPECT_EQ(status({"--fail-on", "warning", "clean"}, files), 1);
  EXPECT_EQ(status({"--fail-on", "never", "faulty"}, files), 0);
  EXPECT_EQ(status({"--rule", "missing-destination=warning", "faulty"}, files), 0);
  EXPECT_EQ(status({"--rule", "missing-destination=off", "--fail-on", "warning", "--rule",
                    "plaintext-transport=off", "faulty"},
                   files),
            0);
  EXPECT_EQ(status({"--rule", "plaintext-transport=error", "clean"}, files), 1);
}

TEST(ExitStatus, ThreeWhenNotReadToTheEnd) {
  const Files files{
      {"clean", clean_capture()},       {"faulty", faulty_capture()}, {"empty", {}},
      {"cut", cut(clean_capture(), 5)}, {"usb", unknown_link()},      {"text", samples::to_bytes("hello")}};
  EXPECT_EQ(status({"missing"}, files), 3);
  EXPECT_EQ(status({"empty"}, files), 3);
  EXPECT_EQ(status({"text"}, files), 3);
  EXPECT_EQ(status({"cut"}, files), 3);
  EXPECT_EQ(status({"usb"}, files), 3) << "an unknown link type throughout";
  EXPECT_EQ(status({"faulty", "missing"}, files), 3) << "3 wins over 1";
  EXPECT_EQ(status({"--merge", "faulty", "missing"}, files), 3);
  EXPECT_EQ(status({"--fail-on", "never", "missing"}, files), 3);
}

/// Packets of one Ethernet capture.
Buffer packets_of(const std::vector<Buffer>& packets, samples::Link link = samples::Link::ethernet) {
  samples::Recording recording(link);
  for (const Buffer& packet : packets) recording.add(packet);
  return recording.pcap();
}
Buffer ethernet(unsigned type, std::size_t size = 46) {
  Buffer frame(12, 2);
  samples::put_u16(frame, type);
  frame.resize(14 + size, 0);
  return frame;
}
Buffer over_ip(std::uint8_t protocol) {
  return samples::link_frame({}, samples::ip("192.0.2.1", "192.0.2.2", protocol, Buffer(40, 1)));
}

/// A capture in which nothing could be opened is not clean; what ends the search is no tunnel.
TEST(ExitStatus, ThreeWhenNothingCouldBeOpened) {
  constexpr auto kWireless = static_cast<samples::Link>(105);
  const Buffer beacon(60, 0x80);
  Buffer real_beacon = beacon, encrypted = beacon;
  real_beacon[1] = 0;
  encrypted[0] = 0x88;
  encrypted[1] = 0x42;
  const Buffer arp = ethernet(0x0806), lldp = ethernet(0x88CC), macsec = [] {
    Buffer frame = ethernet(0x88E5);
    frame[14] = 0x0C;
    return frame;
  }();
  const Files files{{"clean", clean_capture()},
                    {"esp", packets_of({over_ip(50), over_ip(50)})},
                    {"esp and arp", packets_of({over_ip(50), arp})},
                    {"arp and esp", packets_of({arp, over_ip(50)})},
                    {"arp", packets_of({arp, lldp})},
                    {"icmp", packets_of({over_ip(1)})},
                    {"udp", packets_of({over_ip(17)})},
                    {"short", packets_of({Buffer(5, 0)})},
                    {"macsec", packets_of({macsec})},
                    {"experiment", packets_of({ethernet(0x88B6)})},
                    {"beacons", packets_of({real_beacon}, kWireless)},
                    {"wireless", packets_of({real_beacon, encrypted, real_beacon}, kWireless)}};
  const std::pair<const char*, const char*> kClosed[] = {{"esp", "ESP"},
                                                         {"macsec", "MACsec"},
                                                         {"experiment", "EtherType 0x88b6"},
                                                         {"wireless", "encrypted IEEE 802.11"}};
  for (const auto& [file, name] : kClosed) {
    const ToolRun result = run({"-f", "json", file}, files);
    EXPECT_EQ(result.status, 3) << file;
    EXPECT_NE(result.err.find(name), std::string::npos) << result.err;
    const Json::Value audit = result.json()["audits"][0];
    EXPECT_NE(audit["captures"][0]["error"].asString().find(name), std::string::npos);
    EXPECT_TRUE(audit["diagnostics"]["unknown_links"].isMember(name));
  }
  for (const char* file : {"esp and arp", "arp and esp", "arp", "icmp", "udp", "short", "beacons"})
    EXPECT_EQ(status({file}, files), 0) << file;
  EXPECT_EQ(status({"clean", "esp"}, files), 3);
  EXPECT_EQ(status({"--merge", "clean", "esp"}, files), 3) << "each capture for itself";
}

TEST(ExitStatus, AHeaderWithoutPacketsIsClean) {
  EXPECT_EQ(status({"header"}, {{"header", header_only()}}), 0);
}

TEST(ExitStatus, RequireMessages) {
  const Files files{{"clean", clean_capture()}, {"foreign", foreign_capture()}, {"header", header_only()}};
  EXPECT_EQ(status({"foreign"}, files), 0);
  EXPECT_EQ(status({"--require-messages", "foreign"}, files), 1);
  EXPECT_EQ(status({"--require-messages", "header"}, files), 1);
  EXPECT_EQ(status({"--require-messages", "clean"}, files), 0);
  EXPECT_EQ(status({"--require-messages", "clean", "foreign"}, files), 1);
  EXPECT_EQ(status({"--require-messages", "--fail-on", "never", "foreign"}, files), 1);
  EXPECT_EQ(status({"--require-messages", "foreign", "missing"}, files), 3);
}

TEST(ExitStatus, TwoForWrongUsage) {
  const Files files{{"clean", clean_capture()},
                    {"aliases", samples::to_bytes("{\"Sorce KMA ID\": [\"x\"]}")}};
  EXPECT_EQ(status({}, files), 2);
  EXPECT_EQ(status({"--no-such-option", "clean"}, files), 2);
  EXPECT_EQ(status({"--rule", "nonsense=off", "clean"}, files), 2);
  EXPECT_EQ(status({"--aliases", "missing", "clean"}, files), 2);
  EXPECT_EQ(status({"--aliases", "aliases", "clean"}, files), 2);
  EXPECT_EQ(status({"--files-from", "missing"}, files), 2);
  EXPECT_EQ(run({"clean", "--format"}, files).out, "") << "nothing is audited";
}

TEST(ExitStatus, AReportThatCannotBeWrittenIsNamed) {
  TemporaryFolder folder;
  samples::write_file(folder.path() + "/clean.pcap", clean_capture());
  const ToolRun result = run({"-f", "json=report.json", folder.path() + "/missing.pcap"});
  EXPECT_EQ(result.status, 3);
  EXPECT_NE(result.err.find("missing.pcap"), std::string::npos);
}

TEST(Errors, NameTheFileAndWhatWasRead) {
  const ToolRun result = run({"-q", "cut.pcap"}, {{"cut.pcap", cut(clean_capture(), 5)}});
  EXPECT_EQ(result.err.rfind("ck-audit: cut.pcap: ", 0), 0u) << result.err;
  EXPECT_NE(result.err.find("frame 8"), std::string::npos) << "nine frames, the last one cut: " << result.err;
  EXPECT_NE(result.err.find("what was read before counts"), std::string::npos) << result.err;
}

/// One line that names the file and what to do, in words of our own.
TEST(Errors, OfAnAliasFileAreOneLine) {
  const std::string deep(2000, '[');
  for (const auto& [text, why] : {std::pair<std::string, std::string>{"{\n  \"Source KMA ID\" [\"x\"]}",
                                                                      "is not JSON (line 2, column 19)"},
                                  {"", "is not JSON (line 1, column 1)"},
                                  {"[]", "is JSON, but no object"},
                                  {"{\"a\": " + deep, "is nested more deeply than an alias file can be"}}) {
    const ToolRun result = run({"--aliases", "names", "clean"},
                               {{"clean", clean_capture()}, {"names", samples::to_bytes(text)}});
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.err, "ck-audit: --aliases: names: " + why +
                              "; write {\"Source KMA ID\": [\"srcKma\"]}\nTry 'ck-audit --help'.\n");
  }
}

/// A folder of copies that cannot be made, below a file: neither std::filesystem's name nor its brackets.
TEST(Errors, OfFoldersAreInOurWords) {
  MemoryInputs inputs;
  inputs.files = {{"a", clean_capture()}, {"b", clean_capture()}};
  StringOutput out, err;
  Console console{out, err, false, false, {}, [](const std::string& path) {
                    throw std::filesystem::filesystem_error("cannot create directories", path,
                                                            std::make_error_code(std::errc::not_a_directory));
                  }};
  EXPECT_EQ(run_tool({"--annotate", "file/x\x1b", "a", "b"}, inputs, console), 2);
  EXPECT_EQ(
      err.text(),
      "ck-audit: --annotate: file/x\\x1b: Not a directory; copies of several captures go into a folder, "
      "so give one that can be made\nTry 'ck-audit --help'.\n");
}

TEST(Errors, OneDamagedFileStopsNoOther) {
  const Files files{{"bad", samples::to_bytes("no capture at all")}, {"clean", clean_capture()}};
  const Json::Value root = run({"-f", "json", "bad", "clean"}, files).json();
  ASSERT_EQ(root["audits"].size(), 2u);
  EXPECT_FALSE(root["audits"][0]["captures"][0]["error"].isNull());
  EXPECT_TRUE(root["audits"][1]["captures"][0]["error"].isNull());
  EXPECT_EQ(root["audits"][1]["captures"][0]["messages"], 3);
}

TEST(Aliases, ErrorsNameTheFileAndTheMember) {
  const auto complaint = [](const std::string& text) {
    return run({"--aliases", "a.json", "clean"},
               {{"a.json", samples::to_bytes(text)}, {"clean", clean_capture()}})
        .err;
  };
  EXPECT_NE(complaint("{\"Sorce KMA ID\": [\"x\"]}").find("a.json: member \"Sorce KMA ID\""),
            std::string::npos);
  EXPECT_NE(complaint("{\"Session ID\": [5]}").find("a.json: member \"Session ID\""), std::string::npos);
  EXPECT_NE(complaint("{\"Session ID\": [\"Response\"]}").find("another parameter"), std::string::npos);
  EXPECT_NE(complaint("{").find("a.json"), std::string::npos);
  EXPECT_NE(complaint(std::string(100'000, '[')).find("a.json"), std::string::npos) << "nesting";
}

}  // namespace
}  // namespace ck::cli::test
