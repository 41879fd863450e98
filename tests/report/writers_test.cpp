// The formats over one hand-made audit, a hostile one.
#include "report/writer.h"

#include <gtest/gtest.h>
#include <json/json.h>

#include <algorithm>
#include <memory>
#include <set>
#include <sstream>

namespace ck::report {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000'000'000;  // 2023-11-14T22:13:20Z

/// One capture, one connection, a session and a finding whose texts come from a hostile peer.
std::unique_ptr<AuditRecords> hostile_audit() {
  auto audit = std::make_unique<AuditRecords>(std::vector<std::string>{"=cmd.pcap"}, false);
  ConnectionRecord connection;
  connection.id = 1;
  connection.km = {{{10, 0, 0, 1}, 4}, 4000};
  connection.controller = {{{10, 0, 0, 2}, 4}, 5000};
  connection.kma_id = "\x1b]0;pwned\x07";
  connection.start = {0, 1, kStart};
  connection.end_ns = kStart + 1'000'000'000;
  connection.messages = 2;
  connection.km_peer = 1;
  connection.controller_peer = 2;
  audit->connection(connection);
  PeerRecord km, controller;
  km.id = 1;
  km.name = "\x1b]0;pwned\x07";
  km.addresses = {"10.0.0.1"};
  km.unknown_members["=HYPERLINK(\"http://x\")"] = 2;
  controller.id = 2;
  controller.role = Role::controller;
  controller.addresses = {"10.0.0.2:5000"};
  audit->peer(km);
  audit->peer(controller);
  SessionRecord session;
  session.id = 1;
  session.state = SessionState::failed;
  session.session_id =
      "\xE2\x80\xAE"
      "evil";
  session.application_source_id = "a\nb";
  session.start_ns = kStart;
  session.duration_ns = 250'000'000;
  session.events.push_back({0, {0, 4, kStart}, 1, 0x1406, 7});
  audit->session(session);
  Finding finding;
  finding.rule = Rule::unknown_parameter;
  finding.severity = Severity::note;
  finding.at = {0, 4, kStart};
  finding.connection = 1;
  finding.command = 0x1406;
  finding.message_id = 7;
  finding.parameter = "=HYPERLINK(\"http://x\")";
  finding.text = "\xC2\x9B[2J and \x80 raw";
  finding.found = "=1+1";
  finding.at_fault = Role::km;
  finding.sender = connection.km;
  audit->finding(finding);
  CaptureFacts capture;
  capture.path = "=cmd.pcap";
  capture.packets = 10;
  capture.bytes = 900;
  capture.first_time_ns = kStart;
  capture.last_time_ns = kStart + 1'000'000'000;
  capture.link_types = {"EN10MB"};
  capture.error = "=cmd.pcap: after frame 10: cut short";
  Totals totals;
  totals.messages[0x1406] = 2;
  totals.sessions[SessionState::failed] = 1;
  totals.findings[2] = 1;
  totals.rules[static_cast<std::size_t>(Rule::unknown_parameter)] = {2, 1, 0};
  totals.rules[static_cast<std::size_t>(Rule::unsolicited_response)] = {0, 0, 3};
  audit->complete({capture}, {}, totals);
  return audit;
}

std::unique_ptr<ReportWriter> make_writer(std::string_view format, const ReportOptions& options,
                                          Output& out) {
  return find_format(format)->make_writer(options, out);
}

std::string report(std::string_view format, const ReportOptions& options = {}) {
  StringOutput out;
  const auto writer = make_writer(format, options, out);
  writer->begin();
  const auto audit = hostile_audit();
  writer->audit(*audit, 0);
  writer->end(audit->totals());
  return out.text();
}

Json::Value parse(const std::string& text) {
  Json::Value value;
  std::istringstream in(text);
  std::string errors;
  EXPECT_TRUE(Json::parseFromStream(Json::CharReaderBuilder(), in, &value, &errors)) << errors;
  return value;
}

/// No byte that a terminal would obey, line ends aside.
void expect_harmless(const std::string& text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    EXPECT_TRUE(byte >= 0x20 || byte == '\n') << static_cast<int>(byte);
    EXPECT_NE(byte, 0x7F);
  }
  EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos) << "C1";
  EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos) << "right-to-left override";
}

TEST(JsonReport, HoldsEveryFieldOfTheFormat) {
  const Json::Value root = parse(report("json"));
  EXPECT_EQ(root["schema_version"], 1);
  EXPECT_EQ(root["tool"]["name"], "ck-audit");
  ASSERT_EQ(root["audits"].size(), 1u);
  const Json::Value& audit = root["audits"][0];
  const Json::Value& capture = audit["captures"][0];
  EXPECT_EQ(capture["first_time"], "2023-11-14T22:13:20.000000000Z");
  EXPECT_EQ(capture["last_time"], "2023-11-14T22:13:21.000000000Z");
  EXPECT_EQ(capture["error"], "=cmd.pcap: after frame 10: cut short");
  EXPECT_EQ(audit["connections"][0]["km"], "10.0.0.1:4000");
  EXPECT_EQ(audit["connections"][0]["kma_id"], "\x1b]0;pwned\x07");
  const Json::Value& session = audit["sessions"][0];
  EXPECT_EQ(session["session_id"],
            "\xE2\x80\xAE"
            "evil");
  EXPECT_TRUE(session["destination_km_id"].isNull());
  EXPECT_TRUE(session.isMember("destination_km_id"));
  EXPECT_EQ(session["duration"].asDouble(), 0.25);
  EXPECT_EQ(session["events"][0]["command"], "0x1406");
  EXPECT_EQ(session["events"][0]["capture"], "=cmd.pcap");
  const Json::Value& finding = audit["findings"][0];
  EXPECT_EQ(finding["rule"], "unknown-parameter");
  EXPECT_EQ(finding["severity"], "note");
  EXPECT_EQ(finding["frame"], 4);
  EXPECT_TRUE(finding["procedure"].isNull());
  EXPECT_EQ(finding["name"], "Session creation request");
  EXPECT_EQ(finding["sender"], "10.0.0.1:4000");
  EXPECT_EQ(finding["found"], "=1+1");
  EXPECT_TRUE(finding["expected"].isNull());
  EXPECT_EQ(finding["hint"],
            "Use the Recommendation's name for a parameter, and move an addition into Extension.");
  EXPECT_EQ(finding["at_fault"], "km");
  EXPECT_EQ(finding["peer"], 1);
  EXPECT_EQ(finding["fingerprint"].asString().size(), 16u);
  EXPECT_TRUE(finding["known"].isNull()) << "there is no baseline";
  EXPECT_EQ(audit["peers"][0]["findings"]["unknown-parameter"], 1);
  EXPECT_EQ(audit["peers"][1]["role"], "controller");
  EXPECT_TRUE(audit["peers"][1]["message_ids"].isNull());
  EXPECT_FALSE(audit.isMember("messages")) << "only with --messages";
  EXPECT_EQ(root["summary"], audit["summary"]);
  EXPECT_EQ(root["summary"]["rules"].size(), kRuleCount);
  EXPECT_EQ(root["summary"]["rules"]["unsolicited-response"]["undecidable"], 3);
}

TEST(JsonReport, IsHarmlessOnATerminal) {
  expect_harmless(report("json"));
}

TEST(JsonReport, IsWholeWithoutAnyAudit) {
  StringOutput out;
  const auto writer = make_writer("json", {}, out);
  writer->begin();
  writer->end({});
  EXPECT_EQ(parse(out.text())["audits"].size(), 0u);
}

TEST(CsvReport, IsDefusedAndOneRowAFinding) {
  const std::string text = report("csv");
  expect_harmless(text);
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "capture,frame,time,severity,rule,clause,connection,command,message_id,parameter,procedure,"
            "message,name,"
            "sender,at_fault,peer,found,expected,hint,known,fingerprint");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_NE(text.find("\n'=cmd.pcap,4,2023-11-14T22:13:20.000000000Z,note,unknown-parameter,"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(",1,0x1406,7,"), std::string::npos) << text;
  EXPECT_NE(text.find(",10.0.0.1:4000,km,\"\\x1b]0;pwned\\x07\","), std::string::npos)
      << "the peer by its name, since no list of peers stands beside it: " << text;
  EXPECT_NE(text.find(",\"'=HYPERLINK(\"\"http://x\"\")\","), std::string::npos) << text;
}

TEST(TextReport, SaysTheVerdictFirstAndIsHarmless) {
  const std::string text = report("text");
  EXPECT_EQ(text.substr(0, text.find(' ')), "INCOMPLETE")
      << "nothing fails, but not everything could be read";
  expect_harmless(text);
  EXPECT_NE(text.find("\\u{202e}evil"), std::string::npos);
  EXPECT_NE(text.find("a\\nb"), std::string::npos);
  EXPECT_NE(text.find("after frame 10: cut short"), std::string::npos);
  ReportOptions in_full;
  in_full.verbose = true;
  EXPECT_NE(report("text", in_full).find("obsolete-tls, capture-gap, truncated-packet\n"), std::string::npos)
      << "a list ends without a comma";
}

TEST(TextReport, SaysFirstWhoMustFixWhat) {
  const std::string text = report("text");
  const std::size_t peers = text.find("\nPeers\n"), findings = text.find("\nFindings\n"),
                    procedures = text.find("\nProcedures\n");
  ASSERT_NE(peers, std::string::npos);
  EXPECT_LT(peers, findings);
  EXPECT_LT(findings, procedures);
  EXPECT_NE(text.find("  \\x1b]0;pwned\\x07 (KM 10.0.0.1): 0 messages, 0 connections\n"
                      "    must fix: unknown-parameter once (note; frame 4)\n"
                      "  controller 10.0.0.2:5000: "),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("    \\x1b]0;pwned\\x07: \\u{9b}[2J and \\x80 raw; frame 4\n"), std::string::npos);
  EXPECT_NE(text.find("    To fix: Use the Recommendation's name"), std::string::npos);
  EXPECT_NE(text.find("  sessions: 1 failed\n"), std::string::npos);
  EXPECT_NE(text.find("\nRules: 1 broken, 0 kept, 1 undecidable throughout, 46 never checked; --verbose"),
            std::string::npos);
}

TEST(TextReport, FoldsEqualFindings) {
  AuditRecords audit({"a.pcap"}, false);
  for (std::uint64_t i = 0; i < 190; ++i) {
    Finding finding;
    finding.rule = Rule::invalid_number_of_keys;
    finding.at = {0, 1334 + i, kStart};
    finding.connection = 1;
    finding.text = "Number of keys is 0";
    audit.finding(finding);
  }
  Totals totals;
  totals.findings[0] = 190;
  audit.complete({CaptureFacts{}}, {}, totals);
  StringOutput out;
  const auto writer = make_writer("text", {}, out);
  audit.connection(ConnectionRecord{});
  writer->audit(audit, 0);
  writer->end(totals);
  EXPECT_NE(out.text().find("    Number of keys is 0; frames 1334, 1335, 1336, 1337, 1338, …\n"),
            std::string::npos)
      << out.text();
}

/// One line a capture, the failed ones last, rules counted once.
TEST(TextReport, SeveralCapturesAreShort) {
  StringOutput out;
  const auto writer = make_writer("text", {}, out);
  Totals sum;
  for (std::size_t i = 0; i < 7; ++i) {
    const bool fails = i != 2;
    AuditRecords audit({"capture " + std::to_string(i)}, false);
    audit.connection(ConnectionRecord{});
    Totals totals;
    totals.messages[0x1401] = 1;
    if (fails) {
      PeerRecord peer;
      peer.id = 1;
      peer.name = "KMA-1";
      audit.peer(peer);
      Finding finding;
      finding.rule = Rule::missing_destination;
      finding.at = {0, 4, kStart};
      finding.text = "no destination";
      audit.finding(finding);
      totals.findings[0] = 1;
    }
    CaptureFacts facts;
    if (i == 2) facts.error = "cut short";
    audit.complete({facts}, {}, totals);
    writer->audit(audit, i);
    add_totals(sum, totals);
  }
  writer->run_ended({});
  writer->end(sum);
  const std::string& text = out.text();
  const auto count = [&text](std::string_view wanted) {
    std::size_t found = 0;
    for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("FAIL  capture"), 6u);
  EXPECT_EQ(count("no destination; frame 4"), 3u) << "the first failed ones in full\n" << text;
  EXPECT_EQ(count("KMA-1 (KM"), 6u) << "of all who must fix what\n" << text;
  EXPECT_EQ(count("INCOMPLETE  capture 2"), 1u);
  EXPECT_EQ(count("cut short"), 0u) << "that is said once, elsewhere";
  EXPECT_EQ(count("never checked"), 1u);
  EXPECT_NE(text.find("\n6 of 7 captures failed, 1 incomplete: 6 errors, 0 warnings, 0 notes; 7 messages\n"),
            std::string::npos)
      << text;
}

TEST(TextReport, FailsWhenAskedToFailOnNotes) {
  ReportOptions options;
  options.fail_on = Severity::note;
  EXPECT_EQ(report("text", options).substr(0, 4), "FAIL");
}

TEST(TextReport, ColoursOnlyWhenAsked) {
  ReportOptions options;
  options.color = true;
  EXPECT_NE(report("text", options).find("\x1b["), std::string::npos);
  EXPECT_EQ(report("text").find("\x1b["), std::string::npos);
}

TEST(TextReport, QuietIsTheVerdictAlone) {
  ReportOptions options;
  options.quiet = true;
  const std::string text = report("text", options);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(NdjsonReport, StreamsRecordsAndEndsWithTheSummary) {
  StringOutput out;
  const auto writer = make_writer("ndjson", {}, out);
  const auto stream = writer->stream({"a.pcap"}, 4, out);
  ASSERT_NE(stream, nullptr);
  ConnectionRecord connection;
  connection.id = 1;
  connection.start = {0, 1, kStart};
  stream->connection(connection);
  const std::string first = out.text();
  EXPECT_EQ(parse(first)["type"], "connection") << "written at once";
  EXPECT_EQ(parse(first)["audit"], 4);
  writer->audit(*hostile_audit(), 4);
  writer->end({});
  std::vector<std::string> types;
  std::istringstream lines(out.text());
  for (std::string line; std::getline(lines, line);) types.push_back(parse(line)["type"].asString());
  EXPECT_EQ(types, (std::vector<std::string>{"connection", "peer", "peer", "capture", "diagnostics",
                                             "summary", "summary"}));
}

TEST(SarifReport, HoldsTheCatalogueTheFindingAndWhatIsOpen) {
  ReportOptions options;
  options.places = [](const std::string& path) -> FindPlace {
    EXPECT_EQ(path, "=cmd.pcap");
    return [](std::uint64_t frame) { return frame == 4 ? std::optional(FileRange{300, 62}) : std::nullopt; };
  };
  const std::string text = report("sarif", options);
  expect_harmless(text);
  const Json::Value run = parse(text)["runs"][0];
  const Json::Value& catalogue = run["tool"]["driver"]["rules"];
  ASSERT_EQ(catalogue.size(), kRuleCount);
  EXPECT_EQ(catalogue[0]["id"], "truncated-message");
  EXPECT_EQ(catalogue[0]["defaultConfiguration"]["level"], "error");
  ASSERT_EQ(run["results"].size(), 2u) << "rules that were kept are no results";
  const Json::Value& finding = run["results"][0];
  EXPECT_EQ(finding["ruleId"], "unknown-parameter");
  EXPECT_EQ(catalogue[finding["ruleIndex"].asInt()]["id"], "unknown-parameter");
  EXPECT_EQ(finding["level"], "note");
  const Json::Value& place = finding["locations"][0];
  EXPECT_EQ(place["physicalLocation"]["artifactLocation"]["uri"], "%3Dcmd.pcap");
  EXPECT_EQ(place["physicalLocation"]["region"]["byteOffset"], 300);
  EXPECT_EQ(place["physicalLocation"]["region"]["byteLength"], 62);
  EXPECT_EQ(place["logicalLocations"][0]["name"], "frame 4");
  const Json::Value& open = run["results"][1];
  EXPECT_EQ(open["kind"], "open");
  EXPECT_EQ(open["ruleId"], "unsolicited-response");
  EXPECT_FALSE(open.isMember("level"));
  EXPECT_EQ(run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"],
            "=cmd.pcap: after frame 10: cut short");
  EXPECT_EQ(run["invocations"][0]["executionSuccessful"], false);
}

TEST(SarifReport, SaysHowTheRunEnded) {
  StringOutput out;
  const auto writer = make_writer("sarif", {}, out);
  writer->begin();
  writer->run_ended({3, {"gone: no such file"}, std::nullopt});
  writer->end({});
  const Json::Value invocation = parse(out.text())["runs"][0]["invocations"][0];
  EXPECT_EQ(invocation["exitCode"], 3);
  EXPECT_EQ(invocation["toolExecutionNotifications"][0]["message"]["text"], "gone: no such file");
}

TEST(JunitReport, FailsSkipsAndErrs) {
  ReportOptions options;
  options.fail_on = Severity::note;
  options.grades[static_cast<std::size_t>(Rule::obsolete_tls)] = Grade::off;
  const std::string text = report("junit", options);
  expect_harmless(text);
  EXPECT_NE(
      text.find(R"(<testsuite name="=cmd.pcap" id="0" tests="49" failures="1" errors="1" skipped="47">)"),
      std::string::npos)
      << "48 rules, one of which failed, and what could not be read: " << text;
  EXPECT_NE(text.find(R"(<failure type="unknown-parameter" message=")"), std::string::npos);
  EXPECT_NE(text.find("frame 4, connection 1, 0x1406, MessageID 7: \\u{9b}[2J and \\x80 raw\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("undecidable: the capture cannot tell (3 times)"), std::string::npos);
  EXPECT_NE(text.find("switched off by --rule"), std::string::npos);
  EXPECT_NE(text.find(R"(<error type="unread" message="=cmd.pcap: after frame 10: cut short"/>)"),
            std::string::npos);
}

TEST(JunitReport, PassesWhatIsBelowFailOn) {
  const std::string text = report("junit");
  EXPECT_NE(text.find("failures=\"0\""), std::string::npos);
  EXPECT_NE(text.find("<system-out>1 finding below --fail-on or known</system-out>"), std::string::npos)
      << text;
}

TEST(Formats, EachHasANameOfItsOwnAndIsFoundByIt) {
  std::vector<std::string_view> names;
  for (const Format& format : formats()) {
    names.push_back(format.name);
    EXPECT_EQ(find_format(format.name), &format);
    EXPECT_FALSE(format.what.empty()) << format.name;
  }
  EXPECT_EQ(names,
            (std::vector<std::string_view>{"text", "json", "ndjson", "csv", "html", "sarif", "junit"}));
  EXPECT_EQ(find_format("jso"), nullptr);
  EXPECT_EQ(find_format(""), nullptr);
}

TEST(JsonReport, CountsStatesInTheOrderOfTheirNames) {
  Totals totals;
  totals.reservations[ReservationState::requested] = 1;
  totals.reservations[ReservationState::allocated] = 3;
  totals.reservations[ReservationState::partially_allocated] = 2;
  StringOutput out;
  make_writer("json", {}, out)->end(totals);
  EXPECT_NE(out.text().find(R"("reservations":{"allocated":3,"partially_allocated":2,"requested":1})"),
            std::string::npos)
      << out.text();
}

TEST(CsvReport, HasAColumnForEveryMemberOfAFinding) {
  const std::string text = report("csv");
  std::set<std::string> columns;
  std::istringstream head(text.substr(0, text.find('\n')));
  for (std::string column; std::getline(head, column, ',');) columns.insert(column);
  std::set<std::string> members;
  for (const std::string& name : parse(report("json"))["audits"][0]["findings"][0].getMemberNames())
    members.insert(name);
  EXPECT_EQ(columns, members);
}

TEST(Verdict, FailsAtAndAboveTheGrade) {
  Totals totals;
  totals.findings = {0, 1, 5};
  EXPECT_FALSE(has_failed(totals, Severity::error));
  EXPECT_TRUE(has_failed(totals, Severity::warning));
  EXPECT_TRUE(has_failed(totals, Severity::note));
  EXPECT_FALSE(has_failed(totals, std::nullopt));
}

TEST(Totals, AddUp) {
  Totals a, b;
  a.messages[0x1401] = 1;
  b.messages[0x1401] = 2;
  b.relays[RelayState::completed] = 3;
  b.findings = {1, 2, 3};
  b.rules[0] = {4, 5, 6};
  add_totals(a, b);
  add_totals(a, b);
  EXPECT_EQ(a.messages[0x1401], 5u);
  EXPECT_EQ(a.relays[RelayState::completed], 6u);
  EXPECT_EQ(a.findings[2], 6u);
  EXPECT_EQ(a.rules[0].violated, 10u);
}

}  // namespace
}  // namespace ck::report
