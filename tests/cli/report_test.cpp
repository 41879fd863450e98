// Whole runs over captures told by hand: what the report says, in every format, and that it is the same
// whatever --jobs says.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "cli/progress.h"
#include "cli/tool.h"
#include "generator/sample.h"

namespace ck::cli::test {
namespace {

TEST(Report, ShowsACentralizedRelay) {
  const ToolRun result = run({"-f", "json", "--messages", "relay.pcap"}, {{"relay.pcap", clean_capture()}});
  EXPECT_EQ(result.status, 0);
  const Json::Value audit = result.json()["audits"][0];
  EXPECT_EQ(audit["captures"][0]["path"], "relay.pcap");
  EXPECT_EQ(audit["captures"][0]["packets"], 9);
  EXPECT_EQ(audit["captures"][0]["first_time"], "2023-11-14T22:13:20.000000000Z");
  ASSERT_EQ(audit["connections"].size(), 1u);
  const Json::Value& connection = audit["connections"][0];
  EXPECT_EQ(connection["km"], "10.41.0.11:41001");
  EXPECT_EQ(connection["controller"], "10.14.0.1:51640");
  EXPECT_EQ(connection["transport"], "tcp");
  EXPECT_EQ(connection["kma_id"], "A") << "from the 0x1403's Source KMA ID";
  EXPECT_EQ(connection["messages"], 3);
  EXPECT_EQ(connection["first_frame"], 1);
  ASSERT_EQ(audit["relays"].size(), 1u);
  const Json::Value& relay = audit["relays"][0];
  EXPECT_EQ(relay["mode"], "centralized");
  EXPECT_EQ(relay["state"], "completed");
  EXPECT_EQ(relay["key_relay_request_id"], "R-1");
  EXPECT_EQ(relay["result"], "success");
  ASSERT_EQ(relay["route"].size(), 3u);
  EXPECT_EQ(relay["route"][1], "B");
  EXPECT_EQ(relay["duration"].asDouble(), 0.002) << "frames 4 to 6, a millisecond apart";
  ASSERT_EQ(relay["events"].size(), 3u);
  EXPECT_EQ(relay["events"][0]["frame"], 4);
  EXPECT_EQ(relay["events"][2]["command"], "0x1405");
  ASSERT_EQ(audit["messages"].size(), 3u);
  EXPECT_EQ(audit["messages"][0]["paired_with"], 5);
  EXPECT_EQ(audit["messages"][1]["paired_with"], 4);
  EXPECT_EQ(audit["messages"][2]["paired_with"], 5);
  EXPECT_EQ(audit["messages"][2]["paired_by"], "message-id");
  EXPECT_EQ(audit["messages"][0]["name"], "Key relay request notification");
  EXPECT_EQ(audit["messages"][0]["parameters"]["Destination KMA ID"], "C");
  EXPECT_EQ(audit["response_times"].size(), 2u) << "7.2 has two exchanges";
  EXPECT_EQ(audit["response_times"][0]["p50"].asDouble(), 0.001);
  EXPECT_EQ(audit["summary"]["relays"]["completed"], 1);
  EXPECT_EQ(audit["summary"]["messages"]["0x4104"], 1);
}

TEST(Report, FindingsPointToFrameAndParameter) {
  const Json::Value audit = run({"-f", "json", "f.pcap"}, {{"f.pcap", faulty_capture()}}).json()["audits"][0];
  EXPECT_EQ(audit["summary"]["findings"]["error"], 1);
  bool seen = false;
  for (const Json::Value& finding : audit["findings"]) {
    if (finding["rule"] != "missing-destination") continue;
    seen = true;
    EXPECT_EQ(finding["severity"], "error");
    EXPECT_EQ(finding["frame"], 4);
    EXPECT_EQ(finding["capture"], "f.pcap");
    EXPECT_EQ(finding["command"], "0x1401");
    EXPECT_EQ(finding["message_id"], 1);
    EXPECT_EQ(finding["time"], "2023-11-14T22:13:20.003000000Z");
  }
  EXPECT_TRUE(seen);
}

/// Of several captures the end says who must fix what over all of them; of a single one all is said above.
TEST(Report, SeveralCapturesEndWithWhoMustFixWhat) {
  const Files files{{"a", clean_capture()}, {"b", faulty_capture()}, {"c", faulty_capture()}};
  const std::string summary =
      "\nWho must fix what, over all captures\n"
      "  A (KM 10.41.0.11): 2 captures\n"
      "    must fix: missing-destination 2 times (in 2 captures)\n"
      "  no single peer's to fix: plaintext-transport 3 times (warning; in 3 captures)\n";
  for (const char* how : {"--color=never", "--verbose", "--messages"}) {
    const std::string text = run({how, "a", "b", "c"}, files).out;
    const std::size_t at = text.find(summary);
    ASSERT_NE(at, std::string::npos) << how << text;
    EXPECT_GT(at, text.rfind("FAIL  c: ")) << "behind the last capture";
    EXPECT_LT(at, text.find("\n2 of 3 captures failed"));
  }
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"b"}, {"-q", "a", "b", "c"}, {"--merge", "b", "c"}})
    EXPECT_EQ(run(arguments, files).out.find("over all captures"), std::string::npos);
}

/// A number and its noun agree.
TEST(Report, AProcedureOfOneMessageHasAFrame) {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.km(1, samples::kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"D"})");
  const std::string text = run({"x"}, {{"x", recording.pcap()}}).out;
  EXPECT_NE(text.find("  frame 4\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("frames 4"), std::string::npos) << text;
}

samples::Buffer hostile_capture() {
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.km(
      1, samples::kSessionRequest,
      R"j({"Application source ID":"\u001b[31mred\u009b2J","Application destination ID":"\u202Ereversed",)j"
      R"j("=HYPERLINK(\"http://x\")":"\ud800","Extension":[{"a\nb":"\u0007"}]})j");
  talk.ctl(
      1, samples::kSessionResponse,
      R"j({"Session ID":"=1+1\r\n","Destination KM ID":"@SUM(A1)","Response":"success\u0000\u001b]0;x\u0007"})j");
  talk.close();
  return recording.pcap();
}

TEST(Report, HostileIdentifiersAreHarmlessInEveryFormat) {
  const Files files{{"=evil\x1b.pcap", hostile_capture()}};
  const ToolRun result = run({"--messages", "--verbose", "--color", "never", "-f", "text", "-f", "csv=c",
                              "-f", "json=j", "-f", "ndjson=n", "=evil\x1b.pcap"},
                             files);
  for (const auto& text :
       {result.out, result.written.at("c"), result.written.at("j"), result.written.at("n"), result.err}) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      ASSERT_TRUE((byte >= 0x20 && byte != 0x7F) || byte == '\n') << static_cast<int>(byte);
    }
    EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos) << "C1";
    EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos) << "right-to-left override";
  }
  EXPECT_NE(result.out.find("\\u{202e}reversed"), std::string::npos);
  std::istringstream rows(result.written.at("c"));
  std::string row;
  std::getline(rows, row);
  int count = 0;
  for (; std::getline(rows, row); ++count) EXPECT_EQ(row.rfind("'=evil\\x1b.pcap,", 0), 0u) << row;
  EXPECT_GE(count, 2) << "the plaintext transport and the unknown parameter";
  EXPECT_NE(result.written.at("c").find("\"'=HYPERLINK("), std::string::npos);
}

TEST(Report, NumberOfKeysIsShownAsTheKmWroteIt) {
  using namespace samples;
  for (const auto& [written, shown] :
       {std::pair("-4", "  -4 keys  "), std::pair("-1", "  -1 keys  "),
        std::pair("-9223372036854775808", "  -9,223,372,036,854,775,808 keys  "),
        std::pair("4000", "  4,000 keys  ")}) {
    Recording recording;
    CkTalk talk = opened(recording);
    talk.km(
        1, kSessionRequest,
        std::string(R"({"Application source ID":"a","Application destination ID":"b","Number of keys":)") +
            written + "}");
    const ToolRun result = run({"f.pcap"}, {{"f.pcap", recording.pcap()}});
    EXPECT_NE(result.out.find(shown), std::string::npos) << shown << "\nnot in\n" << result.out;
  }
}

TEST(Report, TextTellsTheVerdictFirstAndTheCoverage) {
  const ToolRun result = run({"f.pcap"}, {{"f.pcap", faulty_capture()}});
  EXPECT_EQ(result.out.rfind("FAIL  f.pcap: 1 error, ", 0), 0u) << result.out;
  EXPECT_NE(result.out.find("undecidable"), std::string::npos);
  EXPECT_NE(result.out.find(" never checked"), std::string::npos);
  EXPECT_NE(result.out.find("  A (KM 10.41.0.11): 1 message, 1 connection, tcp, Version 1, names in words\n"
                            "    must fix: missing-destination once (frame 4)\n"),
            std::string::npos)
      << result.out;
  const std::string full = run({"--verbose", "f.pcap"}, {{"f.pcap", faulty_capture()}}).out;
  EXPECT_NE(full.find("Never checked"), std::string::npos);
  EXPECT_NE(full.find("2023-11-14T22:13:20.003000000Z  connection 1"), std::string::npos) << full;
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos) << "colours on a terminal only";
  EXPECT_EQ(run({"foreign"}, {{"foreign", foreign_capture()}}).out.rfind("NO CK SEEN", 0), 0u);
}

TEST(Report, NdjsonIsOneObjectALineWithItsAudit) {
  const ToolRun result =
      run({"-f", "ndjson", "--messages", "a", "b"}, {{"a", clean_capture()}, {"b", faulty_capture()}});
  std::istringstream lines(result.out);
  std::map<std::string, int> types;
  std::vector<int> audits;
  for (std::string line; std::getline(lines, line);) {
    ToolRun one;
    one.out = line;
    const Json::Value value = one.json();
    ++types[value["type"].asString()];
    audits.push_back(value["audit"].isNull() ? 2 : value["audit"].asInt());
  }
  EXPECT_EQ(types["capture"], 2);
  EXPECT_EQ(types["connection"], 2);
  EXPECT_EQ(types["message"], 5);
  EXPECT_EQ(types["summary"], 3) << "one an audit, and the run's";
  EXPECT_TRUE(std::is_sorted(audits.begin(), audits.end()));
  EXPECT_EQ(audits.back(), 2) << "the run's summary is last";
}

TEST(Report, IsTheSameWhateverJobsSays) {
  Files files;
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) {
    names.push_back("capture" + std::to_string(i));
    files[names.back()] = i % 3 == 0 ? faulty_capture() : i % 3 == 1 ? clean_capture() : foreign_capture();
  }
  const auto with_jobs = [&](const std::string& jobs, const std::string& format) {
    std::vector<std::string> arguments{"-j", jobs, "-f", format, "--messages"};
    arguments.insert(arguments.end(), names.begin(), names.end());
    return run(arguments, files).out;
  };
  for (const char* format : {"json", "ndjson", "csv", "text", "sarif", "junit"}) {
    const std::string alone = with_jobs("1", format);
    EXPECT_EQ(alone, with_jobs("2", format)) << format;
    EXPECT_EQ(alone, with_jobs("16", format)) << format;
  }
}

TEST(Report, SumsUpOverAllAudits) {
  const Files files{{"a", faulty_capture()}, {"b", faulty_capture()}};
  const Json::Value root = run({"-f", "json", "a", "b"}, files).json();
  EXPECT_EQ(root["summary"]["findings"]["error"], 2);
  EXPECT_EQ(root["summary"]["messages"]["0x1401"], 2);
  EXPECT_EQ(root["summary"]["rules"]["missing-destination"]["violated"], 2);
}

TEST(Report, MergeIsOneAuditThatNamesItsCaptures) {
  const Files files{{"a", clean_capture()}, {"b", foreign_capture()}};
  const Json::Value root = run({"--merge", "-f", "json", "a", "b"}, files).json();
  ASSERT_EQ(root["audits"].size(), 1u);
  ASSERT_EQ(root["audits"][0]["captures"].size(), 2u);
  EXPECT_EQ(root["audits"][0]["captures"][1]["path"], "b");
  EXPECT_EQ(root["audits"][0]["captures"][0]["messages"], 3);
  EXPECT_EQ(root["audits"][0]["captures"][1]["messages"], 0);
}

/// Logs of them could not tell in which order they were given; nor does writing one change a report.
TEST(Report, AMergeDoesNotDependOnTheOrderOfItsCaptures) {
  const Files files{{"a", faulty_capture()}, {"b", clean_capture()}};
  for (const char* format : {"json", "text", "csv", "html", "sarif"}) {
    const std::string in_order = run({"--merge", "-f", format, "a", "b"}, files).out;
    EXPECT_EQ(run({"--merge", "-f", format, "b", "a"}, files).out, in_order) << format;
    EXPECT_EQ(run({"--merge", "-f", format, "--emit-messages", "log", "b", "a"}, files).out, in_order)
        << format;
  }
}

TEST(Report, AMissingCaptureOfAMergeIsNamedAsItself) {
  const Files files{{"a", clean_capture()}, {"c", clean_capture()}};
  const Json::Value captures =
      run({"--merge", "-f", "json", "a", "b", "c"}, files).json()["audits"][0]["captures"];
  EXPECT_TRUE(captures[0]["error"].isNull());
  EXPECT_FALSE(captures[1]["error"].isNull());
  EXPECT_TRUE(captures[2]["error"].isNull());
}

TEST(Report, PortsAndAliasesReachTheReader) {
  const Files files{
      {"a", clean_capture()},
      {"aliases.json", samples::to_bytes(R"({"Destination KMA ID": ["zielKma"], "Session ID": "sid"})")}};
  EXPECT_EQ(run({"-f", "json", "--port", "1-100", "a"}, files).json()["audits"][0]["connections"].size(), 0u);
  EXPECT_EQ(
      run({"-f", "json", "--port", "1-100,51640", "a"}, files).json()["audits"][0]["connections"].size(), 1u);
  samples::Recording recording;
  auto talk = samples::opened(recording);
  talk.km(1, samples::kNextHopRequest, R"({"Source KMA ID":"A","ziel-kma":"C"})");
  Files with_alias = files;
  with_alias["b"] = recording.pcap();
  EXPECT_EQ(run({"b"}, with_alias).status, 1) << "no destination";
  EXPECT_EQ(run({"--aliases", "aliases.json", "b"}, with_alias).status, 0);
}

TEST(Report, EveryReportOfARunGoesWhereItIsSent) {
  const Files files{{"a", clean_capture()}};
  const ToolRun result =
      run({"-f", "json=r.json", "-f", "csv=r.csv", "-f", "text", "-o", "r.txt", "a"}, files);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.written.at("r.json").rfind("{\"schema_version\":1", 0), 0u);
  EXPECT_EQ(result.written.at("r.csv").rfind("capture,frame", 0), 0u);
  EXPECT_EQ(result.written.at("r.txt").rfind("PASS", 0), 0u);
}

TEST(Report, ProgressIsShownWhenAskedForAndWipedAtTheEnd) {
  const Files files{{"a", clean_capture()}};
  const std::string shown = run({"--progress", "-q", "a"}, files).err;
  EXPECT_NE(shown.find("/1 capture,"), std::string::npos) << shown;
  EXPECT_EQ(shown.substr(shown.size() - 4), "\r\x1b[K");
  EXPECT_EQ(run({"-q", "a"}, files).err, "") << "standard error is no terminal here";
}

TEST(Report, ProgressSaysWhatIsLeft) {
  EXPECT_EQ(progress_text(0, 0.5, 0, 1, 0), "0/1 capture, 0 packets");
  EXPECT_EQ(progress_text(0.255, 10, 0, 1, 3'000'000),
            "25 %  0/1 capture, 3,000,000 packets, 300,000 a second, 30 s left");
  EXPECT_EQ(progress_text(0.5, 600, 2, 4, 1200),
            "50 %  2/4 captures, 1,200 packets, 2 a second, 10 min left");
  EXPECT_EQ(progress_text(1, 2, 4, 4, 8), "100 %  4/4 captures, 8 packets, 4 a second");
}

TEST(Report, ColourFollowsTheOption) {
  const Files files{{"a", clean_capture()}};
  EXPECT_NE(run({"--color", "always", "a"}, files).out.find("\x1b["), std::string::npos);
  EXPECT_EQ(run({"--color", "auto", "a"}, files).out.find("\x1b["), std::string::npos);
}

TEST(Report, FilesFromAddsInputs) {
  const Files files{{"a", clean_capture()}, {"b", clean_capture()}, {"list", samples::to_bytes("a\r\n\nb")}};
  EXPECT_EQ(run({"-f", "json", "--files-from", "list"}, files).json()["audits"].size(), 2u);
}

}  // namespace
}  // namespace ck::cli::test
