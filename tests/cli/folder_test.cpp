// Folders on disk: captures are picked by content, what may be one and cannot be read is told, a thousand
// files of every kind make one report, twice the same.
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

/// Root can read everything, so it is somebody else meanwhile.
ToolRun run_as_nobody(const std::vector<std::string>& arguments) {
  constexpr uid_t kNobody = 65534;
  const uid_t before = geteuid();
  EXPECT_EQ(before == 0 ? seteuid(kNobody) : 0, 0);
  ToolRun result = run_on_disk(arguments);
  EXPECT_EQ(seteuid(before), 0);
  return result;
}

TEST(Folder, CapturesArePickedByContent) {
  TemporaryFolder folder;
  fs::create_directories(folder.path() + "/sub/deep");
  samples::write_file(folder.path() + "/b.txt", clean_capture());
  samples::write_file(folder.path() + "/sub/deep/a.pcap", faulty_capture());
  for (const char* other : {"README", "notes.txt", "tls.keys", "pcap", "ring.pcap.md5", "._b.pcap"})
    write_text(folder.path() + "/" + other, "this is no capture");
  write_text(folder.path() + "/empty", "");
  write_text(folder.path() + "/cut.gz", "\x1f\x8b\x08");
  fs::create_directory_symlink(folder.path(), folder.path() + "/sub/loop");
  fs::create_symlink("/nonexistent/readme", folder.path() + "/readme");
  fs::create_directories(folder.path() + "/folder.pcap");
  const ToolRun result = run_on_disk({"-f", "json", folder.path()});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err, "");
  const Json::Value root = result.json();
  ASSERT_EQ(root["audits"].size(), 2u);
  EXPECT_EQ(root["audits"][0]["captures"][0]["path"], folder.path() + "/b.txt");
  EXPECT_EQ(root["audits"][1]["captures"][0]["path"], folder.path() + "/sub/deep/a.pcap");
}

/// What goes by a capture's name and cannot be read as one is told as if it had been named alone.
TEST(Folder, WhatHasACapturesNameIsNotLeftOutInSilence) {
  const std::vector<std::pair<std::string, std::string>> kinds{
      {"notes.pcap", "this is no capture"},
      {"empty.pcap", ""},
      {"EMPTY.PCAPNG", ""},
      {"old.cap", "snoop"},
      {"ring.pcap12", ""},
      {"cut.pcap.gz", std::string("\x1f\x8b\x08\0\0", 5)},
      {"cut.pcap1.gz", std::string("\x1f\x8b\x08\0\0", 5)},
      {"cut.pcapng.zst", "\x28\xb5\x2f\xfd"},
      {"cut.pcap.lz4", "\x04\x22\x4d\x18"},
      {"packed.pcap.xz",
       "\xfd"
       "7zXZ"},
      {"log.cklog", "{}"},
      {"cut.cklog.zst", "\x28\xb5\x2f\xfd"},
  };
  for (const auto& [name, bytes] : kinds) {
    TemporaryFolder folder;
    const std::string path = folder.path() + "/" + name;
    samples::write_file(folder.path() + "/good.pcap", clean_capture());
    write_text(path, bytes);
    const ToolRun alone = run_on_disk({"-q", path});
    const ToolRun result = run_on_disk({"-q", folder.path()});
    EXPECT_EQ(result.status, 3) << name;
    EXPECT_NE(alone.err.find(path), std::string::npos) << name;
    EXPECT_EQ(result.err, alone.err) << name;
    EXPECT_NE(result.out.find("PASS  " + folder.path() + "/good.pcap"), std::string::npos) << result.out;
  }
}

/// A capture is known by its content, so what cannot be looked at may be one, whatever its name.
TEST(Folder, WhatCannotBeLookedAtIsTold) {
  for (const char* name : {"closed.pcap", "README"}) {
    TemporaryFolder folder;
    ASSERT_EQ(chmod(folder.path().c_str(), S_IRWXU | S_IRWXG | S_IRWXO), 0);
    const std::string path = folder.path() + "/" + name;
    samples::write_file(folder.path() + "/good.pcap", clean_capture());
    samples::write_file(path, faulty_capture());
    ASSERT_EQ(chmod(path.c_str(), 0), 0);
    const ToolRun result = run_as_nobody({"-q", folder.path()});
    EXPECT_EQ(result.status, 3) << name;
    EXPECT_EQ(result.err, "ck-audit: " + path + ": Permission denied\n");
    EXPECT_NE(result.out.find("PASS  " + folder.path() + "/good.pcap"), std::string::npos) << result.out;
  }
}

/// A link is an entry that is there; a file that was removed meanwhile is not (and cannot be timed here).
TEST(Folder, ALinkToACaptureThatIsNotThereIsTold) {
  TemporaryFolder folder;
  samples::write_file(folder.path() + "/good.pcap", clean_capture());
  fs::create_symlink("/nonexistent/ring.pcap", folder.path() + "/ring.pcap");
  const ToolRun result = run_on_disk({"-q", folder.path()});
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.err, "ck-audit: " + folder.path() + "/ring.pcap: No such file or directory\n");
}

TEST(Folder, WithoutCapturesIsAnUnreadInput) {
  TemporaryFolder folder;
  const ToolRun result = run_on_disk({folder.path()});
  EXPECT_EQ(result.status, 3);
  EXPECT_NE(result.err.find(folder.path()), std::string::npos);
}

TEST(Folder, ThatCannotBeSearchedIsToldOnce) {
  TemporaryFolder folder;
  ASSERT_EQ(chmod(folder.path().c_str(), 0), 0);
  const ToolRun result = run_as_nobody({"-q", folder.path()});
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
