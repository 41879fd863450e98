// The files of a run: a report never lands on what the run reads nor on another report, a file counts once
// whatever leads to it, and lists are read as other tools write them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/tool.h"

namespace ck::cli::test {
namespace {

namespace fs = std::filesystem;

class RunFiles : public testing::Test {
 protected:
  RunFiles() {
    fs::create_directory(at("folder"));
    samples::write_file(at("a.pcap"), clean_capture());
    samples::write_file(at("folder/b.pcap"), faulty_capture());
    fs::create_symlink(at("a.pcap"), at("symbolic"));
    fs::create_hard_link(at("a.pcap"), at("hard"));
    write("keys", "# no secrets\n");
    write("aliases", "{}");
    write("list", at("folder/b.pcap") + "\n");
  }
  [[nodiscard]] std::string at(const std::string& name) const { return folder_.path() + "/" + name; }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(at(name), std::ios::binary) << text;
  }
  static std::size_t audits(const std::vector<std::string>& arguments) {
    std::vector<std::string> all{"-f", "json"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run_on_disk(all).json()["audits"].size();
  }

 private:
  TemporaryFolder folder_;
};

/// Nothing was opened for writing, neither that report nor another one.
void expect_refusal(const std::vector<std::string>& arguments, const std::string& words) {
  const ToolRun result = run_on_disk(arguments);
  EXPECT_EQ(result.status, 2) << words;
  EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
  EXPECT_TRUE(result.written.empty());
  EXPECT_EQ(result.out, "");
}

TEST_F(RunFiles, AReportIsNeverWrittenOverAnInput) {
  const std::string overwrites = "would overwrite the input " + at("a.pcap");
  for (const std::string& target :
       {at("a.pcap"), at("symbolic"), at("hard"), at("folder/../a.pcap"), at("folder/.././symbolic")}) {
    expect_refusal({at("a.pcap"), "-o", target}, overwrites);
    expect_refusal({"-f", "csv=" + at("new"), "-f", "json=" + target, at("a.pcap")}, overwrites);
    expect_refusal({"--merge", at("folder/b.pcap"), at("a.pcap"), "-f", "ndjson", "-o", target}, overwrites);
  }
  expect_refusal({at("symbolic"), "-o", at("hard")}, "would overwrite the input " + at("symbolic"));
}

TEST_F(RunFiles, NorOverOneInAFolderOrAList) {
  expect_refusal({at("folder"), "-o", at("folder/b.pcap")}, "the input " + at("folder/b.pcap"));
  expect_refusal({at("a.pcap"), "--files-from", at("list"), "-f", "json=" + at("folder/b.pcap")},
                 "the input " + at("folder/b.pcap"));
}

TEST_F(RunFiles, NorOverWhatAnOptionReads) {
  expect_refusal({at("a.pcap"), "--tls-keylog", at("keys"), "-o", at("keys")}, "the key log " + at("keys"));
  expect_refusal({at("a.pcap"), "--aliases", at("aliases"), "-o", at("aliases")},
                 "the alias file " + at("aliases"));
  expect_refusal({"--files-from", at("list"), "-o", at("list")}, "the list " + at("list"));
}

TEST_F(RunFiles, TwoReportsNeverShareAFile) {
  fs::create_symlink(at("new"), at("to-new"));
  for (const std::string& again : {at("new"), at("folder/../new"), at("to-new")}) {
    expect_refusal({"-f", "json=" + at("new"), "-f", "csv=" + again, at("a.pcap")}, "the same file");
    expect_refusal({"-f", "json=" + again, "-f", "csv", "-o", at("new"), at("a.pcap")}, "the same file");
  }
  write("new", "an earlier report");
  expect_refusal({"-f", "json=" + at("new"), "-f", "csv=" + at("to-new"), at("a.pcap")}, "the same file");
  expect_refusal({"-f", "json=-", "-f", "csv", at("a.pcap")}, "standard output and standard output");
}

TEST_F(RunFiles, OtherFilesAndDevicesAreFreeToTake) {
  write("report", "an earlier report");
  fs::create_directory(at("folder/sub"));
  const ToolRun result = run_on_disk({"-f", "json=" + at("report"), "-f", "csv=" + at("folder/sub/a.pcap"),
                                      "-f", "text=/dev/null", "-f", "ndjson=/dev/null", at("a.pcap")});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.written.size(), 3U);
}

TEST_F(RunFiles, ACopyGoesIntoAFolderThatIsThere) {
  for (const std::string& missing : {at("no-folder/copy"), at("a.pcap/copy"), at("no/folder/")}) {
    const ToolRun refused = run_on_disk({"--annotate", missing, at("a.pcap")});
    EXPECT_EQ(refused.status, 2) << missing;
    EXPECT_NE(refused.err.find("there is no such folder"), std::string::npos) << refused.err;
    EXPECT_EQ(refused.out, "") << "no audit comes before";
    EXPECT_TRUE(refused.written.empty());
  }
  for (const std::string& there : {at("folder/copy"), at("folder/../copy"), at("copy")}) {
    const ToolRun result = run_on_disk({"-q", "--annotate", there, at("a.pcap")});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.written.count(there), 1U);
  }
}

TEST_F(RunFiles, AFileNamedTwiceIsAuditedOnce) {
  EXPECT_EQ(audits({at("a.pcap"), at("a.pcap")}), 1U);
  EXPECT_EQ(audits({at("hard"), at("symbolic"), at("a.pcap")}), 1U);
  EXPECT_EQ(audits({at("folder"), at("folder/b.pcap"), "--files-from", at("list"), at("a.pcap")}), 2U);
  fs::copy_file(at("a.pcap"), at("copy"));
  EXPECT_EQ(audits({at("a.pcap"), at("copy")}), 2U) << "the same bytes in another file are another capture";
  const Json::Value merged = run_on_disk({"--merge", "-f", "json", at("a.pcap"), at("hard")}).json();
  EXPECT_EQ(merged["audits"][0]["captures"].size(), 1U);
  EXPECT_EQ(merged["summary"]["messages"]["0x1403"], 1);
}

TEST_F(RunFiles, ThatItIsAuditedOnceIsSaid) {
  EXPECT_EQ(run_on_disk({at("a.pcap"), at("hard"), at("symbolic")}).err,
            "ck-audit: named more than once, audited once: " + at("hard") + ", " + at("symbolic") + "\n");
  EXPECT_EQ(run_on_disk({"-q", at("a.pcap"), at("hard")}).err, "");
  EXPECT_EQ(run_on_disk({at("a.pcap"), at("folder")}).err, "");
}

TEST_F(RunFiles, AListMaySeparateByNul) {
  using namespace std::string_literals;
  samples::write_file(at("new\nline"), clean_capture());
  write("zeros", at("a.pcap") + "\0"s + at("new\nline") + "\0"s);  // find -print0
  EXPECT_EQ(audits({"--files-from", at("zeros")}), 2U);
  write("zeros", at("a.pcap") + "\0"s + at("folder/b.pcap"));  // without the last one
  EXPECT_EQ(audits({"--files-from", at("zeros")}), 2U);
  write("zeros", "\0\0"s);
  EXPECT_EQ(audits({"--files-from", at("zeros"), at("a.pcap")}), 1U);
}

TEST_F(RunFiles, AByteOrderMarkIsNoPartOfAListOrAnAliasFile) {
  write("list", "\xEF\xBB\xBF" + at("a.pcap") + "\r\n" + at("folder/b.pcap") + "\r\n");
  EXPECT_EQ(audits({"--files-from", at("list")}), 2U);
  write("aliases", "\xEF\xBB\xBF{\"Destination KMA ID\": [\"ziel\"]}");
  EXPECT_EQ(run_on_disk({"--aliases", at("aliases"), at("a.pcap")}).status, 0);
  for (const char* mark : {"\xFF\xFE", "\xFE\xFF"}) {
    write("list", mark + at("a.pcap"));
    expect_refusal({"--files-from", at("list")}, "--files-from: " + at("list") + " is text in UTF-16");
    expect_refusal({"--aliases", at("list"), at("a.pcap")}, "UTF-16");
  }
}

}  // namespace
}  // namespace ck::cli::test
