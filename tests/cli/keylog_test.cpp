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
#include <iterator>
#include <thread>

#include "cli/child.h"
#include "cli/keylog.h"
#include "tool.h"

namespace ck::cli::test {
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
  [[nodiscard]] bool exists(const std::string& name) const {
    return std::filesystem::exists(folder_.path() + "/" + name);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  [[nodiscard]] ToolRun audit(const std::string& keylog, const std::string& capture = kCapture) const {
    setenv("PATH", folder_.path().c_str(), 1);
    ToolRun tool = run_on_disk({"-q", "--tls-keylog", keylog, capture});
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
  EXPECT_NE(tool.err.find("1 TLS connection could not be decrypted: the secrets were given"),
            std::string::npos)
      << tool.err;
  EXPECT_EQ(tool.status, 3);
}

/// tls-1.2 is TLS on a port of its own; in the others there is no TLS, but Ck in clear, or no TCP at all.
TEST_F(TlsKeylogTest, TsharkIsStartedForTlsAlone) {
  tshark_is("echo >" + path("started"));
  std::ofstream(path("empty.pcap"), std::ios::binary)
      << std::string("\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0", 24);
  for (const std::string& capture :
       {std::string(CK_CAPTURES "/relay-centralized.pcap"),
        std::string(CK_CAPTURES "/recorded-loopback.pcap"), path("empty.pcap")}) {
    const ToolRun tool = audit(keys(), capture);
    EXPECT_EQ(tool.status, 0) << capture << tool.err;
    EXPECT_FALSE(exists("started")) << capture;
  }
  EXPECT_EQ(audit(keys()).status, 3);
  EXPECT_TRUE(exists("started"));
}

/// draft-ietf-tls-keylogfile, 2: a label, the ClientHello's Random, a secret. Lines that are none say
/// nothing.
TEST_F(TlsKeylogTest, SaysWhoseSecretsItHolds) {
  const auto line = [](const std::string& label, char digit) {
    return label + " " + std::string(64, digit) + " " + std::string(64, '5') + "\n";
  };
  std::ofstream(keys(), std::ios::binary)
      << "\xEF\xBB\xBF" << line("CLIENT_RANDOM", 'a') << "# comment\r\n"
      << line("CLIENT_TRAFFIC_SECRET_0", 'b') << line("CLIENT_HANDSHAKE_TRAFFIC_SECRET", 'd')
      << line("CLIENT_RANDOM", 'f') << "CLIENT_RANDOM 0123\n"
      << std::string(100'000, 'x') << '\n'
      << "CLIENT_RANDOM " << std::string(64, 'z') << '\n'
      << line("SERVER_TRAFFIC_SECRET_0", 'E').substr(0, 150);
  const auto key = [](std::uint64_t digit) { return digit * 0x1111'1111'1111'1111; };
  const SecretsByClient seen =
      gather_secrets(line("SERVER_TRAFFIC_SECRET_0", 'c'), keys(),
                     {key(0xa), key(0xb), key(0xc), key(0xd), key(0xe)}, path("out"));
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_TRUE(seen.at(key(0xa)).client && seen.at(key(0xa)).server);
  EXPECT_TRUE(seen.at(key(0xb)).client && !seen.at(key(0xb)).server);
  EXPECT_TRUE(!seen.at(key(0xc)).client && seen.at(key(0xc)).server);
  EXPECT_TRUE(!seen.at(key(0xe)).client && seen.at(key(0xe)).server);
  std::ifstream out(path("out"), std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(out), std::istreambuf_iterator<char>()};
  EXPECT_EQ(all.rfind(line("SERVER_TRAFFIC_SECRET_0", 'c') + line("CLIENT_RANDOM", 'a'), 0), 0u)
      << "the byte order mark is left out, everything else is there";
}

/// tshark would not take a first line that begins with a byte order mark: it is given what follows it.
TEST_F(TlsKeylogTest, WithAByteOrderMark) {
  std::ofstream(keys(), std::ios::binary) << "\xEF\xBB\xBF"
                                          << "CLIENT_RANDOM 11 22\nCLIENT_RANDOM 33 44\n";
  tshark_is(R"(for argument; do case $argument in tls.keylog_file:*) file=${argument#*:};; esac; done
while IFS= read -r line; do printf '%s, ' "$line" >&2; done <"$file"; exit 4)");
  expect(", CLIENT_RANDOM 11 22, CLIENT_RANDOM 33 44, ");
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
  const ChildResult result = cli::run_child(
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
    const cli::TemporaryFolder folder;
    const std::string path = folder.path();
    std::ofstream(folder.path() / "pdus") << "secret";
    if (write(ends[1], path.data(), path.size()) < 0) _exit(1);
    cli::run_child(work, {path + "/out", path + "/err", std::chrono::seconds(100), 1000});
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
    const cli::TemporaryFolder folder;
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
      cli::run_child({"yes"}, {out, folder.path() + "/err", std::chrono::seconds(60), 100'000});
  EXPECT_NE(result.end, ChildEnd::timed_out);
  EXPECT_LE(std::filesystem::file_size(out), 100'000u);
}

}  // namespace
}  // namespace ck::cli::test
