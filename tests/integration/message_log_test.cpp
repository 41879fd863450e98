// Message logs: whatever captures are made into logs, by however many that share the connections, and in
// whatever order these are read, the report is the captures' own, byte for byte. Logs that are cut, spoiled,
// given twice or of half a connection are said to be.
#include <gtest/gtest.h>
#include <json/json.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "command.h"
#include "message_log_recordings.h"
#include "network_play.h"

namespace ck::integration {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<std::string>;

constexpr const char* kFormats[] = {"json", "text", "csv", "ndjson", "junit", "sarif"};

struct Reports {
  int status = -1;
  std::vector<std::string> said;  ///< on standard error, sorted
  std::map<std::string, std::string> texts;
};

Reports audit_together(const TemporaryFolder& folder, const Paths& inputs) {
  std::vector<std::string> command = {CK_AUDIT, "--merge", "--messages", "--color", "never"};
  for (const char* format : kFormats)
    command.insert(command.end(), {"-f", std::string(format) + "=" + (folder.path() / format).string()});
  command.insert(command.end(), inputs.begin(), inputs.end());
  const ProgramResult result = run(command);
  Reports out;
  out.status = result.status;
  std::size_t begin = 0;
  for (std::size_t end; (end = result.errors.find('\n', begin)) != std::string::npos; begin = end + 1)
    out.said.push_back(result.errors.substr(begin, end - begin));
  std::sort(out.said.begin(), out.said.end());
  for (const char* format : kFormats) out.texts[format] = read_file(folder.path() / format);
  return out;
}

/// One log of each shard. `more`: further options of the map.
Paths make_logs(const TemporaryFolder& folder, const Paths& captures, std::size_t shards,
                const Paths& more = {}) {
  static std::size_t number = 0;
  Paths out;
  for (std::size_t k = 1; k <= shards; ++k) {
    out.push_back((folder.path() / (std::to_string(++number) + ".cklog.zst")).string());
    std::vector<std::string> command = {
        CK_AUDIT,   "--merge",  "--emit-messages",
        out.back(), "--shard",  std::to_string(k) + "/" + std::to_string(shards),
        "-o",       "/dev/null"};
    command.insert(command.end(), more.begin(), more.end());
    command.insert(command.end(), captures.begin(), captures.end());
    const int status = run(command).status;
    EXPECT_TRUE(status == 0 || status == 1 || status == 3) << status;
  }
  return out;
}

void shuffle(Dice& dice, Paths& paths) {
  for (std::size_t i = paths.size(); i > 1; --i) std::swap(paths[i - 1], paths[dice.below(i)]);
}

void expect_same(const Reports& captures, const Reports& logs) {
  EXPECT_EQ(captures.status, logs.status);
  EXPECT_EQ(captures.said, logs.said);
  for (const char* format : kFormats)
    EXPECT_TRUE(captures.texts.at(format) == logs.texts.at(format)) << format << " differs";
}

/// `sensors`: captures that are mapped together.
void expect_law(const TemporaryFolder& folder, Dice& dice, const std::vector<Paths>& sensors) {
  Paths all, logs;
  for (const Paths& captures : sensors) {
    all.insert(all.end(), captures.begin(), captures.end());
    const Paths made = make_logs(folder, captures, 1 + dice.below(6));
    logs.insert(logs.end(), made.begin(), made.end());
  }
  std::sort(all.begin(), all.end());
  shuffle(dice, logs);
  expect_same(audit_together(folder, all), audit_together(folder, logs));
}

Paths sample_captures() {
  Paths out;
  for (const auto& entry : fs::recursive_directory_iterator(CK_CAPTURES)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name.find(".pcap") != std::string::npos)
      out.push_back(entry.path().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string write_recording(const TemporaryFolder& folder, const std::string& name,
                            const samples::Recording& recording) {
  const fs::path path = folder.path() / (name + ".pcap");
  samples::write_file(path.string(), recording.pcap({.nanoseconds = true}));
  return path.string();
}

NetworkOptions faulty_network(std::uint64_t seed) {
  NetworkOptions out;
  out.kms = 12;
  out.controllers = 2;
  out.procedures = 150;
  out.span_ms = 4'000;
  out.faults = 20;
  out.broken_streams = true;
  out.content = out.timing = seed;
  return out;
}

TEST(MessageLogLaw, HoldsForEverySample) {
  const TemporaryFolder folder;
  Dice dice(1);
  const Paths captures = sample_captures();
  ASSERT_GT(captures.size(), 100u);
  for (std::size_t i = 0; i < captures.size(); i += 5) {
    SCOPED_TRACE(captures[i]);
    expect_law(folder, dice, {{captures[i]}});
  }
}

TEST(MessageLogLaw, HoldsForAllSamplesTogether) {
  const TemporaryFolder folder;
  Dice dice(2);
  expect_law(folder, dice, {sample_captures()});
}

class MessageLogLawTest : public testing::TestWithParam<std::uint32_t> {};

TEST_P(MessageLogLawTest, HoldsForANetworkWithFaults) {
  const TemporaryFolder folder;
  Dice dice(GetParam());
  const std::string capture = write_recording(folder, "network", play(faulty_network(GetParam())).recording);
  expect_law(folder, dice, {{capture}});
}

/// Segments that overtake others wait up to a second, while packets of the other sensor pass.
TEST_P(MessageLogLawTest, HoldsForSensorsThatAreMappedApart) {
  const TemporaryFolder folder;
  Dice dice(GetParam());
  const std::string one = write_recording(folder, "one", rough_recording(GetParam(), 1));
  const std::string two = write_recording(folder, "two", rough_recording(GetParam(), 2));
  expect_law(folder, dice, {{one}, {two}});
}

INSTANTIATE_TEST_SUITE_P(Seeds, MessageLogLawTest, testing::Range(1u, 7u));

TEST(MessageLog, OneIsAnAuditOfItsOwn) {
  const TemporaryFolder folder;
  const std::string capture = CK_CAPTURES "/network.pcapng";
  const std::string log = make_logs(folder, {capture}, 1).front();
  EXPECT_EQ(run({CK_AUDIT, "-f", "json", capture}).output, run({CK_AUDIT, "-f", "json", log}).output);
}

TEST(MessageLog, StandsBesideCaptures) {
  const TemporaryFolder folder;
  const std::string one = write_recording(folder, "one", rough_recording(3, 1));
  const std::string two = write_recording(folder, "two", rough_recording(3, 2));
  Paths mixed = make_logs(folder, {one}, 2);
  mixed.push_back(two);
  expect_same(audit_together(folder, {one, two}), audit_together(folder, mixed));
}

TEST(MessageLog, OfLogsIsALog) {
  const TemporaryFolder folder;
  const std::string capture = write_recording(folder, "network", play(faulty_network(9)).recording);
  const Paths again = make_logs(folder, make_logs(folder, {capture}, 3), 1);
  expect_same(audit_together(folder, {capture}), audit_together(folder, again));
}

Json::Value audit_json(const Paths& inputs, int& status) {
  std::vector<std::string> command = {CK_AUDIT, "--merge", "-f", "json"};
  command.insert(command.end(), inputs.begin(), inputs.end());
  const ProgramResult result = run(command);
  status = result.status;
  Json::Value root;
  std::string errors;
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  EXPECT_TRUE(
      reader->parse(result.output.data(), result.output.data() + result.output.size(), &root, &errors))
      << errors;
  return root["audits"][0];
}

std::uint64_t messages_of(const Json::Value& audit) {
  std::uint64_t sum = 0;
  for (const Json::Value& count : audit["summary"]["messages"]) sum += count.asUInt64();
  return sum;
}

TEST(MessageLog, GivenTwiceCountsOnceAndIsSaid) {
  const TemporaryFolder folder;
  int status = -1;
  const Json::Value before = audit_json({CK_CAPTURES "/network.pcapng"}, status);
  const std::string log = make_logs(folder, {CK_CAPTURES "/network.pcapng"}, 1).front();
  fs::copy_file(log, folder.path() / "copy");
  const Json::Value after = audit_json({log, (folder.path() / "copy").string()}, status);
  EXPECT_EQ(messages_of(after), messages_of(before));
  EXPECT_EQ(after["findings"], before["findings"]);
  EXPECT_EQ(after["diagnostics"]["split_connections"].asUInt64(), before["connections"].size());
  EXPECT_EQ(after["diagnostics"]["split_messages"], 0);
  // The same with other shards, which overlap.
  Paths shards = make_logs(folder, {CK_CAPTURES "/network.pcapng"}, 2);
  shards.push_back(log);
  const Json::Value overlapping = audit_json(shards, status);
  EXPECT_EQ(messages_of(overlapping), messages_of(before));
  EXPECT_EQ(overlapping["diagnostics"]["split_connections"].asUInt64(), before["connections"].size());
  EXPECT_EQ(overlapping["diagnostics"]["split_messages"], 0);
}

/// A ring of two files, each of which was made into a log alone, though connections go on.
TEST(MessageLog, OfHalfAConnectionBlamesNobody) {
  const TemporaryFolder folder;
  samples::Recording whole = play(faulty_network(4)).recording;
  samples::Recording first = whole, second = whole;
  const auto half = static_cast<std::ptrdiff_t>(whole.packets().size() / 2);
  first.packets().erase(first.packets().begin() + half, first.packets().end());
  second.packets().erase(second.packets().begin(), second.packets().begin() + half);
  const std::string one = write_recording(folder, "one", first), two = write_recording(folder, "two", second);
  int status = -1;
  const Json::Value together = audit_json({one, two}, status);
  Paths logs = make_logs(folder, {one}, 1);
  logs.push_back(make_logs(folder, {two}, 1).front());
  const Json::Value apart = audit_json(logs, status);
  EXPECT_GT(apart["diagnostics"]["split_connections"].asUInt64(), 0u);
  std::multiset<std::string> known;
  for (const Json::Value& finding : together["findings"])
    known.insert(finding["rule"].asString() + finding["capture"].asString() + finding["frame"].asString());
  for (const Json::Value& finding : apart["findings"]) {
    if (finding["rule"] == "plaintext-transport" || finding["rule"] == "capture-gap") continue;
    EXPECT_EQ(
        known.count(finding["rule"].asString() + finding["capture"].asString() + finding["frame"].asString()),
        1u)
        << finding;
  }
}

/// Two captures of one conversation, the first of which ends in its middle. Their logs tell of the connection
/// twice, and no message of it is doubled.
TEST(MessageLog, OfCapturesThatOverlapDoublesNothing) {
  const TemporaryFolder folder;
  NetworkOptions conforming = faulty_network(3);
  conforming.faults = 0;
  conforming.broken_streams = false;
  samples::Recording whole = play(conforming).recording;
  samples::Recording part = whole;
  part.packets().erase(part.packets().begin() + static_cast<std::ptrdiff_t>(whole.packets().size() / 2),
                       part.packets().end());
  const std::string one = write_recording(folder, "one", part), two = write_recording(folder, "two", whole);
  int status = -1;
  const std::uint64_t messages = messages_of(audit_json({two}, status));
  const std::uint64_t of_part = messages_of(audit_json({one}, status));
  const Paths logs{make_logs(folder, {one}, 1).front(), make_logs(folder, {two}, 1).front()};
  for (const Paths& given : {logs, Paths{logs[1], logs[0]}, Paths{logs[0], two}}) {
    const Json::Value audit = audit_json(given, status);
    EXPECT_LE(messages_of(audit), messages);
    EXPECT_GT(audit["diagnostics"]["split_connections"].asUInt64(), 0u);
    // Each message that was read counts or is said.
    EXPECT_EQ(messages_of(audit) + audit["diagnostics"]["split_messages"].asUInt64(), messages + of_part);
    for (const Json::Value& finding : audit["findings"])
      EXPECT_TRUE(finding["rule"] == "plaintext-transport" || finding["rule"] == "capture-gap") << finding;
  }
}

TEST(MessageLog, ThatNamesTooMuchIsNotKept) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "names").string();
  std::ofstream out(path, std::ios::binary);
  out << R"({"type":"ck-log","version":1,"tool":"x","shard":[1,1],"captures":8})" << '\n';
  const std::string name(12u << 20, 'a');
  for (int i = 0; i < 8; ++i)
    out << R"({"type":"capture","capture":)" << i << R"(,"path":")" << name << R"(","digest":"1"})" << '\n';
  out.close();
  EXPECT_EQ(run({CK_AUDIT, "-q", path}).status, 3);
}

TEST(MessageLog, ThatWasCutCountsAsFarAsItGoes) {
  const TemporaryFolder folder;
  const std::string log = make_logs(folder, {CK_CAPTURES "/network.pcapng"}, 1).front();
  const std::string plain = run({"zstdcat", log}).output;
  ASSERT_EQ(plain.rfind("{\"type\":\"ck-log\"", 0), 0u);
  std::size_t lines = 0;
  for (std::size_t end = 0; (end = plain.find('\n', end)) != std::string::npos; ++end, ++lines) {
    const std::string path = (folder.path() / "cut").string();
    std::ofstream(path, std::ios::binary) << plain.substr(0, end + 1);
    int status = -1;
    const Json::Value audit = audit_json({path}, status);
    const bool whole = end + 1 == plain.size();
    EXPECT_EQ(status == 3, !whole) << lines;
    if (!whole) {
      EXPECT_NE(audit["captures"][0]["error"].asString().find("was cut"), std::string::npos) << lines;
    }
  }
  EXPECT_GT(lines, 20u);
}

TEST(MessageLog, ThatLiesIsSaidToBeSpoilt) {
  const TemporaryFolder folder;
  const std::string log = make_logs(folder, {CK_CAPTURES "/network.pcapng"}, 1).front();
  const std::string plain = run({"zstdcat", log}).output;
  const std::pair<const char*, const char*> lies[] = {
      {"\"capture\":0,\"frame\":14", "\"capture\":7,\"frame\":14"},
      {"\"frame\":14", "\"frame\":0"},
      {"\"sender\":0", "\"sender\":2"},
      {"\"connection\":1,\"sender\"", "\"connection\":99,\"sender\""},
      {"\"command\":\"0x1406\"", "\"command\":\"1406\""},
      {"\"version\":1,\"message_id\"", "\"version\":70000,\"message_id\""},
      {"\"type\":\"message\"", "\"type\":\"massage\""},
      {"\"length\":91", "\"length\":91,\"length\":91"},
      {"\"length\":91", "\"length\":91,\"width\":3"},
      {"\"time_ns\":1700000000013000000", "\"time_ns\":\"now\""},
      {"\"records\":", "\"records\":1"},
      {"\"controller\":\"10.14.0.1:51640\"", "\"controller\":\"10.14.0.1.7:51640\""},
  };
  for (const auto& [right, wrong] : lies) {
    std::string spoilt = plain;
    const std::size_t at = spoilt.find(right);
    ASSERT_NE(at, std::string::npos) << right;
    spoilt.replace(at, std::string(right).size(), wrong);
    const std::string path = (folder.path() / "spoilt").string();
    std::ofstream(path, std::ios::binary) << spoilt;
    int status = -1;
    const Json::Value audit = audit_json({path}, status);
    EXPECT_EQ(status, 3) << wrong;
    EXPECT_NE(audit["captures"][0]["error"].asString().find("line "), std::string::npos) << wrong;
  }
}

/// A file system leaves zeros behind what it has not written.
TEST(MessageLog, HasNothingBehindItsEnd) {
  const TemporaryFolder folder;
  const std::string log = make_logs(folder, {CK_CAPTURES "/network.pcapng"}, 1).front();
  const std::string path = (folder.path() / "longer").string();
  std::ofstream(path, std::ios::binary) << run({"zstdcat", log}).output << std::string(512, '\0');
  int status = -1;
  audit_json({path}, status);
  EXPECT_EQ(status, 3);
}

/// packaging/cluster on this machine: three sensors, one of whose files is cut.
TEST(Cluster, ReportIsThatOfOneProcessAndOnlyNewCapturesAreReadAgain) {
  const TemporaryFolder folder;
  const std::string tools = CK_CLUSTER, data = folder.path().string();
  ASSERT_EQ(run({tools + "/three-sensors", CK_CAPTURES, data + "/captures"}).status, 0);
  const std::string last = data + "/captures/south/ring_1.pcapng";
  fs::resize_file(last, fs::file_size(last) - 7);
  const auto configure = [&] {
    std::ofstream(data + "/config.yaml") << "sensors:\n"
                                            "  east: {captures: [captures/east], apart: true}\n"
                                            "  north: {captures: [captures/north]}\n"
                                            "  south: {captures: [captures/south]}\n"
                                            "shards: 2\nformats: [json, text]\nck_audit: " CK_AUDIT "\n";
  };
  configure();
  const auto run_workflow = [&] {
    return run({tools + "/run", data + "/config.yaml", "--cores", "2", "--nocolor"});
  };
  const auto is_that_of_one_process = [&] {
    const ProgramResult one =
        run({"sh", "-c",
             "cd '" + data + "' && " CK_AUDIT " --merge -f json=one.json -f text=one.text captures/*/*"});
    EXPECT_EQ(one.status, 3);
    for (const std::string format : {"json", "text"}) {
      EXPECT_TRUE(read_file(data + "/one." + format) == read_file(data + "/audit/reports/all." + format))
          << format << " differs";
    }
  };
  const ProgramResult first = run_workflow();
  ASSERT_EQ(first.status, 0) << first.errors;
  is_that_of_one_process();
  EXPECT_NE(read_file(data + "/audit/reports/all.json").find("is cut short"), std::string::npos);
  const ProgramResult second = run_workflow();
  EXPECT_NE(second.errors.find("Nothing to be done"), std::string::npos) << second.errors;
  // A new file of the sensor whose files are read alone: it is mapped, and all is reduced.
  fs::rename(data + "/captures/east/ring_0.pcapng", data + "/captures/east/ring_2.pcapng");
  const ProgramResult third = run_workflow();
  ASSERT_EQ(third.status, 0) << third.errors;
  std::size_t mapped = 0;
  for (std::size_t at = 0; (at = third.errors.find("\nrule map:", at)) != std::string::npos; ++at) ++mapped;
  EXPECT_EQ(mapped, 2u) << third.errors;
  is_that_of_one_process();
}

TEST(MessageLog, LinesAreAsTheSchemaSays) {
  const TemporaryFolder folder;
  Paths logs;
  for (const char* name : {"/network.pcapng"}) {
    const Paths made = make_logs(folder, {std::string(CK_CAPTURES) + name}, 2);
    logs.insert(logs.end(), made.begin(), made.end());
  }
  const Paths samples = make_logs(folder, sample_captures(), 1);
  logs.insert(logs.end(), samples.begin(), samples.end());
  std::vector<std::string> command = {CK_PYTHON, CK_VALIDATE, CK_LOG_SCHEMA};
  for (const std::string& log : logs) {
    command.push_back(log + ".ndjson");
    std::ofstream(command.back(), std::ios::binary) << run({"zstdcat", log}).output;
  }
  const ProgramResult result = run(command);
  EXPECT_EQ(result.status, 0) << result.output << result.errors;
}

}  // namespace
}  // namespace ck::integration
