// Folders on disk: captures are picked by content, a thousand files of every kind make one report, twice the
// same.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cli/tool.h"

namespace ck::cli::test {
namespace {

namespace fs = std::filesystem;

void write_text(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

TEST(Folder, CapturesArePickedByContent) {
  TemporaryFolder folder;
  fs::create_directories(folder.path() + "/sub/deep");
  samples::write_file(folder.path() + "/b.txt", clean_capture());
  samples::write_file(folder.path() + "/sub/deep/a.pcap", faulty_capture());
  write_text(folder.path() + "/notes.pcap", "this is no capture");
  write_text(folder.path() + "/empty.pcap", "");
  fs::create_directory_symlink(folder.path(), folder.path() + "/sub/loop");
  const ToolRun result = run_on_disk({"-f", "json", folder.path()});
  EXPECT_EQ(result.status, 1);
  const Json::Value root = result.json();
  ASSERT_EQ(root["audits"].size(), 2u);
  EXPECT_EQ(root["audits"][0]["captures"][0]["path"], folder.path() + "/b.txt");
  EXPECT_EQ(root["audits"][1]["captures"][0]["path"], folder.path() + "/sub/deep/a.pcap");
}

TEST(Folder, WithoutCapturesIsAnUnreadInput) {
  TemporaryFolder folder;
  const ToolRun result = run_on_disk({folder.path()});
  EXPECT_EQ(result.status, 3);
  EXPECT_NE(result.err.find(folder.path()), std::string::npos);
}

/// Every folder is open to root, who is somebody else meanwhile.
TEST(Folder, ThatCannotBeSearchedIsToldOnce) {
  constexpr uid_t kNobody = 65534;
  TemporaryFolder folder;
  const uid_t before = geteuid();
  ASSERT_EQ(chmod(folder.path().c_str(), 0), 0);
  ASSERT_EQ(before == 0 ? seteuid(kNobody) : 0, 0);
  const ToolRun result = run_on_disk({"-q", folder.path()});
  ASSERT_EQ(seteuid(before), 0);
  ASSERT_EQ(chmod(folder.path().c_str(), S_IRWXU), 0);
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.err, "ck-audit: " + folder.path() + ": cannot be searched: Permission denied\n");
}

TEST(Folder, AThousandMixedFilesGiveOneReportTwiceTheSame) {
  TemporaryFolder folder;
  const samples::Buffer clean = clean_capture(), faulty = faulty_capture(), foreign = foreign_capture();
  samples::Buffer damaged = clean;
  damaged.resize(damaged.size() - 7);
  const std::vector<samples::Buffer> kinds{clean, faulty, foreign, damaged};
  for (int i = 0; i < 1000; ++i) {
    const std::string sub = folder.path() + "/" + std::to_string(i % 10);
    fs::create_directories(sub);
    const std::string path = sub + "/" + std::to_string(i);
    if (i % 5 == 4) {
      write_text(path, i % 2 == 0 ? "" : "no capture");
    } else {
      samples::write_file(path, kinds[static_cast<std::size_t>(i % 5)]);
    }
  }
  const ToolRun first = run_on_disk({"-j", "2", "-f", "json", "--messages", folder.path()});
  const ToolRun second = run_on_disk({"-j", "4", "-f", "json", "--messages", folder.path()});
  EXPECT_EQ(first.status, 3) << "the damaged ones";
  EXPECT_TRUE(first.out == second.out) << "not byte-identical";
  const Json::Value root = first.json();
  ASSERT_EQ(root["audits"].size(), 800u) << "a fifth are no captures";
  EXPECT_EQ(root["summary"]["rules"]["missing-destination"]["violated"], 200);
  EXPECT_EQ(root["summary"]["messages"]["0x1401"], 200);
  EXPECT_EQ(root["summary"]["messages"]["0x1403"], 400) << "those of the damaged files count, too";
}

}  // namespace
}  // namespace ck::cli::test
