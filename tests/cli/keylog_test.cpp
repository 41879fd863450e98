// --tls-keylog where decrypting cannot work: what is said, with the remedy, and the exit status. The programs
// called tshark here are scripts that fail as the real one may.
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "cli/child.h"
#include "tool.h"

namespace ck::test {
namespace {

const char* const kCapture = CK_CAPTURES "/tls/tls-1.2.pcapng";

class TlsKeylogTest : public testing::Test {
 protected:
  TlsKeylogTest() : path_(std::getenv("PATH")) { std::ofstream(keys()) << "# no secrets\n"; }
  ~TlsKeylogTest() override { setenv("PATH", path_.c_str(), 1); }
  [[nodiscard]] std::string keys() const { return folder_.path() + "/keys"; }
  /// Only this program is found in PATH.
  void tshark_is(const std::string& script) const {
    const std::string path = folder_.path() + "/tshark";
    std::ofstream(path) << "#!/bin/sh\n" << script << '\n';
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
  [[nodiscard]] ToolRun audit(const std::string& keylog) const {
    setenv("PATH", folder_.path().c_str(), 1);
    ToolRun tool = run_on_disk({"-q", "--tls-keylog", keylog, kCapture});
    setenv("PATH", path_.c_str(), 1);
    return tool;
  }
  void expect(const std::string& part) const {
    const ToolRun tool = audit(keys());
    EXPECT_EQ(tool.status, 3);
    EXPECT_NE(tool.err.find(std::string(kCapture) + ": TLS"), std::string::npos) << tool.err;
    EXPECT_NE(tool.err.find(part), std::string::npos) << tool.err;
    for (const char c : tool.err) EXPECT_TRUE(c == '\n' || (c >= ' ' && c < 0x7F)) << tool.err;
  }

 private:
  TemporaryFolder folder_;
  std::string path_;
};

TEST_F(TlsKeylogTest, WithoutTshark) {
  expect("install it (apt-get install tshark)");
}

/// What tshark says of an option -U that it does not know.
TEST_F(TlsKeylogTest, WithATsharkThatHasNoPlugin) {
  tshark_is("echo \"tshark: Invalid PDU export tap 'Ck', must be one of: ...\" >&2; exit 1");
  expect("install it (packaging/quickstart)");
}

TEST_F(TlsKeylogTest, WithATsharkThatCrashes) {
  tshark_is("kill -SEGV $$");
  expect("see what tshark -r makes of the capture");
}

TEST_F(TlsKeylogTest, WithATsharkThatFailsAndSaysSoToTheTerminal) {
  tshark_is(R"(printf '\033[2Jno\007\n' >&2; exit 4)");
  expect("no");
}

TEST_F(TlsKeylogTest, WithATsharkWhoseOutputIsNone) {
  tshark_is(R"(while [ $# -gt 0 ]; do [ "$1" = -w ] && echo garbage >"$2"; shift; done
printf '9\t\t\n-1\n99999999999999999999\t20,,x\t-5\n')");
  const ToolRun tool = audit(keys());
  EXPECT_EQ(tool.err, "");
  EXPECT_EQ(tool.status, 0);
}

/// tshark would not take a first line that begins with a byte order mark: it is given what follows it.
TEST_F(TlsKeylogTest, WithAByteOrderMark) {
  std::ofstream(keys(), std::ios::binary) << "\xEF\xBB\xBF"
                                          << "CLIENT_RANDOM 11 22\nCLIENT_RANDOM 33 44\n";
  tshark_is(R"(for argument; do case $argument in tls.keylog_file:*) file=${argument#*:};; esac; done
while IFS= read -r line; do printf '%s, ' "$line" >&2; done <"$file"; exit 4)");
  expect(": CLIENT_RANDOM 11 22, CLIENT_RANDOM 33 44, ");
}

TEST_F(TlsKeylogTest, ThatIsNoFile) {
  const std::string pipe = keys() + ".pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& bad : {pipe, std::string("/"), keys() + ".none"}) {
    const ToolRun tool = audit(bad);  // and is not waited for
    EXPECT_EQ(tool.status, 2);
    EXPECT_NE(tool.err.find("--tls-keylog: " + bad + ": "), std::string::npos) << tool.err;
  }
}

TEST(Child, ThatHangsIsStopped) {
  const TemporaryFolder folder;
  const auto start = std::chrono::steady_clock::now();
  const ChildResult result = run_child(
      {"sleep", "60"}, {folder.path() + "/out", folder.path() + "/err", std::chrono::seconds(1), 1000});
  EXPECT_EQ(result.end, ChildEnd::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

/// A process that runs `work` in a temporary folder of its own and is killed when it is under way.
std::filesystem::path folder_after_kill(int signal, const std::vector<std::string>& work) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const ck::TemporaryFolder folder;
    const std::string path = folder.path();
    std::ofstream(folder.path() / "pdus") << "secret";
    if (write(ends[1], path.data(), path.size()) < 0) _exit(1);
    run_child(work, {path + "/out", path + "/err", std::chrono::seconds(100), 1000});
    _exit(0);
  }
  std::string path(1000, '\0');
  path.resize(static_cast<std::size_t>(std::max<ssize_t>(0, read(ends[0], path.data(), path.size()))));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all) << path;
  while (!std::filesystem::exists(path + "/err")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  kill(child, signal);
  waitpid(child, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
  return path;
}

TEST(TemporaryFolder, IsGoneSoonAfterAKillAndSoIsItsChild) {
  const TemporaryFolder kept;
  for (const int signal : {SIGKILL, SIGTERM, SIGINT}) {
    const std::string mark = kept.path() + "/" + std::to_string(signal);
    const std::filesystem::path folder =
        folder_after_kill(signal, {"sh", "-c", "sleep 2; echo still here >" + mark});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::filesystem::exists(folder) && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_FALSE(std::filesystem::exists(folder)) << signal;
  }
  std::this_thread::sleep_for(std::chrono::seconds(3));
  EXPECT_TRUE(std::filesystem::is_empty(kept.path())) << "the child went on without its parent";
}

TEST(TemporaryFolder, IsGoneInTheEnd) {
  std::filesystem::path path;
  {
    const ck::TemporaryFolder folder;
    path = folder.path();
    std::ofstream(path / "pdus") << "x";
    EXPECT_TRUE(std::filesystem::exists(path / "pdus"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Child, ThatWritesWithoutEndIsStopped) {
  const TemporaryFolder folder;
  const std::string out = folder.path() + "/out";
  const ChildResult result =
      run_child({"yes"}, {out, folder.path() + "/err", std::chrono::seconds(60), 100'000});
  EXPECT_NE(result.end, ChildEnd::timed_out);
  EXPECT_LE(std::filesystem::file_size(out), 100'000u);
}

}  // namespace
}  // namespace ck::test
