// --annotate over every sample, read by Wireshark's own programs: the comments are the findings, and all else
// is what it was.
#include <gtest/gtest.h>
#include <json/json.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "command.h"
#include "seen.h"

namespace ck::integration {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// What tshark's fields say, a line a packet.
std::vector<std::string> tshark_fields(const fs::path& file, const std::vector<std::string>& fields) {
  std::vector<std::string> command{"tshark", "-n", "-r", file.string(), "-T", "fields", "-E", "aggregator=|"};
  for (const std::string& field : fields) command.insert(command.end(), {"-e", field});
  const ProgramResult result = run(command);
  EXPECT_EQ(result.status, 0) << file << result.errors;
  return lines_of(result.output);
}

/// Comments by frame, as the findings of a report have them.
std::map<std::size_t, std::string> comments_of(const Json::Value& audit) {
  std::map<std::size_t, std::string> comments;
  for (const Json::Value& finding : audit["findings"]) {
    std::string& of_frame = comments[finding["frame"].asUInt64()];
    of_frame += (of_frame.empty() ? "" : "|") + ("ck-audit " + finding["severity"].asString()) + " " +
                finding["rule"].asString() + ": " + finding["message"].asString() + ", clause " +
                finding["clause"].asString();
  }
  return comments;
}

class AnnotatedSamples : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

/// Comments of all copies, which mergecap puts behind one another so that tshark runs once.
TEST_F(AnnotatedSamples, HaveTheFindingsForComments) {
  const fs::path copies = folder_.path() / "copies", report = folder_.path() / "report.json";
  const ProgramResult audit = run({CK_AUDIT, "--no-progress", "--annotate", copies.string(), "-f",
                                   "json=" + report.string(), CK_CAPTURES});
  ASSERT_TRUE(audit.status == 1 || audit.status == 3) << audit.errors;  // 3: TLS that stays shut
  Json::Value document;
  std::ifstream(report) >> document;
  const fs::path all = folder_.path() / "all.pcapng";
  std::vector<std::string> merge{"mergecap", "-a", "-w", all.string()};
  std::vector<std::string> expected;
  std::map<std::string, unsigned> names;  // two samples of one name stand in different folders
  std::size_t files = 0;
  for (const Json::Value& one : document["audits"]) {
    const Json::Value& capture = one["captures"][0];
    const std::string name = fs::path(capture["path"].asString()).stem();
    const unsigned same = ++names[name];
    const fs::path copy = copies / (name + (same == 1 ? "" : "-" + std::to_string(same)) + ".pcapng");
    ASSERT_TRUE(fs::exists(copy)) << copy;
    std::vector<std::string> comments(capture["packets"].asUInt64());
    for (const auto& [frame, text] : comments_of(one)) comments.at(frame - 1) = text;
    ++files;
    if (capture["link_types"].size() > 1) {  // mergecap cannot put those behind others
      EXPECT_EQ(tshark_fields(copy, {"frame.comment"}), comments) << copy;
    } else {
      merge.push_back(copy.string());
      expected.insert(expected.end(), comments.begin(), comments.end());
    }
  }
  ASSERT_GT(files, 200u) << "the samples are not found";
  const ProgramResult merged = run(merge);
  ASSERT_EQ(merged.status, 0) << merged.errors;
  const std::vector<std::string> told = tshark_fields(all, {"frame.comment"});
  ASSERT_EQ(told.size(), expected.size()) << "Wireshark counts packets as ck-audit does";
  for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i], expected[i]) << "packet " << i + 1;
  EXPECT_GT(std::count_if(told.begin(), told.end(), [](const std::string& text) { return !text.empty(); }),
            300);
}

/// Everything that tshark says of a packet but its comments, with its bytes.
TEST_F(AnnotatedSamples, AreTheSameOtherwise) {
  std::vector<fs::path> samples;
  for (const auto& entry : fs::directory_iterator(CK_CAPTURES)) {
    const std::string ending = entry.path().extension().string();
    if (ending == ".pcap" || ending == ".pcapng") samples.push_back(entry.path());
  }
  ASSERT_GT(samples.size(), 15u);
  samples.push_back(CK_CAPTURES "/../tests/integration/tls-1.3-post-handshake-certificate.pcapng");
  const std::vector<std::string> fields{"frame.number",  "frame.time_epoch", "frame.len",
                                        "frame.cap_len", "frame.protocols",  "frame.encap_type",
                                        "ip.checksum",   "tcp.payload",      "udp.payload"};
  for (const fs::path& sample : samples) {
    const fs::path copy = folder_.path() / "copy.pcapng";
    const ProgramResult audit = run({CK_AUDIT, "-q", "--annotate", copy.string(), sample.string()});
    ASSERT_TRUE(audit.status == 0 || audit.status == 1 || audit.status == 3) << audit.errors;
    EXPECT_EQ(tshark_fields(copy, fields), tshark_fields(sample, fields)) << sample;
  }
}

TEST_F(AnnotatedSamples, TheSectionSaysTheVerdict) {
  const fs::path copy = folder_.path() / "copy.pcapng";
  const std::string violations = CK_CAPTURES "/violations.pcap";
  run({CK_AUDIT, "-q", "--annotate", copy.string(), violations});
  const ProgramResult told = run({"capinfos", "-k", copy.string()});
  EXPECT_NE(told.output.find(": FAIL, 14 errors, 5 warnings, 3 notes in 16 messages of Ck"),
            std::string::npos)
      << told.output;
}

/// Names, secrets and custom blocks of a file that Wireshark's programs wrote.
TEST_F(AnnotatedSamples, KeepSecretsAndWhatWiresharkWrote) {
  const fs::path plain = folder_.path() / "plain.pcapng", named = folder_.path() / "named.pcapng",
                 copy = folder_.path() / "copy.pcapng", keys = folder_.path() / "keys";
  std::ofstream(keys) << "CLIENT_RANDOM " << std::string(64, 'a') << " " << std::string(96, 'b') << "\n";
  const std::string violations = CK_CAPTURES "/violations.pcap";
  ASSERT_EQ(run({"editcap", "--inject-secrets", "tls," + keys.string(), "-a", "4:an older comment",
                 "--capture-comment", "of the operator", violations, named.string()})
                .status,
            0);
  const ProgramResult audit = run({CK_AUDIT, "-q", "--annotate", copy.string(), named.string()});
  ASSERT_LT(audit.status, 2) << audit.errors;
  const std::string bytes = read_file(copy);
  EXPECT_NE(bytes.find(read_file(keys)), std::string::npos) << "the secrets";
  EXPECT_NE(bytes.find("of the operator"), std::string::npos);
  const std::vector<std::string> comments = tshark_fields(copy, {"frame.comment"});
  ASSERT_GT(comments.size(), 4u);
  EXPECT_EQ(comments[3].rfind("an older comment|ck-audit ", 0), 0u) << comments[3];
}

TEST_F(AnnotatedSamples, WhatCannotBeWrittenIsNamed) {
  const fs::path file = folder_.path() / "file";
  std::ofstream(file) << "x";
  const std::string one = CK_CAPTURES "/version.pcap", other = CK_CAPTURES "/qinq.pcap";
  const ProgramResult full = run({CK_AUDIT, "-q", "--annotate", "/dev/full", one});
  EXPECT_EQ(full.status, 3);
  EXPECT_NE(full.errors.find("cannot write to /dev/full"), std::string::npos) << full.errors;
  const ProgramResult nowhere = run({CK_AUDIT, "-q", "--annotate", (folder_.path() / "no/x").string(), one});
  EXPECT_EQ(nowhere.status, 2) << "it is known before anything is read";
  EXPECT_NE(nowhere.errors.find("/no: there is no such folder"), std::string::npos) << nowhere.errors;
  const ProgramResult no_folder = run({CK_AUDIT, "-q", "--annotate", file.string(), one, other});
  EXPECT_EQ(no_folder.status, 2) << no_folder.errors;
  EXPECT_EQ(run({CK_AUDIT, "-q", "--annotate", (folder_.path() / "new/folder").string(), one, other}).status,
            0);
  EXPECT_TRUE(fs::exists(folder_.path() / "new/folder/qinq.pcapng"));
}

}  // namespace
}  // namespace ck::integration
