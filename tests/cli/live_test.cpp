// -i: two real sockets talk over loopback while the tool captures, and a signal ends it. Where the tests may
// not capture, the refusal is what is tested.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <system_error>
#include <thread>

#include "cli/tool.h"

namespace ck::cli::test {
namespace {

using namespace samples;

/// A connection over loopback; [0] is who connected, a KM.
struct Loopback {
  int listener = -1, peers[2] = {-1, -1};
  std::uint16_t port = 0;

  Loopback() {
    listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~Loopback() {
    for (const int descriptor : {peers[0], peers[1], listener}) close(descriptor);
  }
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;

  void connect_peers() {
    peers[0] = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(connect(peers[0], reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    peers[1] = accept(listener, nullptr, nullptr);
  }
  void say(int peer, std::uint32_t id, std::uint16_t command, std::string_view payload) const {
    const Buffer bytes = frame(1, id, command, std::string(payload));
    EXPECT_EQ(send(peers[peer], bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
};

/// Whether a packet socket of this process is open: others may capture meanwhile.
bool captures() {
  std::ifstream in("/proc/net/packet");
  std::set<std::string> sockets;
  for (std::string line; std::getline(in, line);) {
    const std::size_t end = line.find_last_not_of(' ') + 1;  // the inode is the last column
    const std::size_t begin = line.find_last_of(' ', end - 1) + 1;
    sockets.insert("socket:[" + line.substr(begin, end - begin) + "]");
  }
  for (const auto& descriptor : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // as the folder's own descriptor is
    if (sockets.contains(std::filesystem::read_symlink(descriptor.path(), gone))) return true;
  }
  return false;
}

/// Figure 2 of the Recommendation over the connection, then the signal.
void talk_and_stop(Loopback& loopback, const std::atomic<bool>& over) {
  while (!over && !captures()) std::this_thread::sleep_for(std::chrono::milliseconds{5});
  if (over) return;
  std::this_thread::sleep_for(std::chrono::milliseconds{100});
  loopback.connect_peers();
  loopback.say(0, 1, kRelayNotification, R"({"Source KMA ID":"A","Destination KMA ID":"B"})");
  loopback.say(
      1, 1, kRelayRequest,
      R"({"Source KMA ID":"A","Destination KMA ID":"B","Transit KMA IDs":[],"Key relay request ID":"r"})");
  loopback.say(0, 1, kRelayResponse, R"({"Response":"success","Key relay request ID":"r"})");
  std::this_thread::sleep_for(std::chrono::milliseconds{400});
  kill(getpid(), SIGTERM);
}

bool may_capture() {
  const int descriptor = socket(AF_PACKET, SOCK_RAW, 0);
  close(descriptor);
  return descriptor >= 0;
}

TEST(Live, AuditsUntilASignalAndReports) {
  Loopback loopback;
  std::atomic<bool> over = false;
  std::thread peers([&] { talk_and_stop(loopback, over); });
  const ToolRun run = run_on_disk(
      {"-f", "json", "--messages", "-i", "lo", "--filter", "tcp port " + std::to_string(loopback.port)});
  over = true;
  peers.join();
  if (!may_capture()) {
    EXPECT_EQ(run.status, 3);
    EXPECT_NE(run.err.find("lo: no permission to capture; run ck-audit as root"), std::string::npos)
        << run.err;
    return;
  }
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.err.find("listening on lo to \"tcp port " + std::to_string(loopback.port) + "\"; Ctrl-C"),
            std::string::npos)
      << run.err;
  EXPECT_NE(run.err.find("connection 1: Ck between 127.0.0.1:"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("warning plaintext-transport: "), std::string::npos) << run.err;
  const Json::Value audit = run.json()["audits"][0];
  EXPECT_EQ(audit["captures"][0]["path"], "lo");
  EXPECT_EQ(audit["captures"][0]["messages"].asInt(), 3);
  EXPECT_GE(audit["captures"][0]["packets"].asInt(), 6) << "a handshake and three messages";
  ASSERT_EQ(audit["relays"].size(), 1u);
  EXPECT_EQ(audit["relays"][0]["state"], "completed");
  EXPECT_EQ(audit["messages"][1]["command"], "0x4104");
  EXPECT_EQ(audit["summary"]["findings"]["error"].asInt(), 0);
}

TEST(Live, AnInterfaceThatIsNotThereIsNamedWithTheOthers) {
  const ToolRun run = run_on_disk({"-i", "no-such-if0"});
  EXPECT_EQ(run.status, 3);
  EXPECT_NE(run.err.find("no-such-if0: "), std::string::npos) << run.err;
  if (may_capture()) {
    EXPECT_NE(run.err.find("those that are up: "), std::string::npos) << run.err;
  }
}

TEST(Live, StandsAlone) {
  const ToolRun with_file = run_on_disk({"-i", "lo", "a.pcap"});
  EXPECT_EQ(with_file.status, 2);
  EXPECT_NE(with_file.err.find("--interface: "), std::string::npos);
  const ToolRun with_secrets = run_on_disk({"-i", "lo", "--tls-keylog", "keys.txt"});
  EXPECT_EQ(with_secrets.status, 2);
  EXPECT_NE(with_secrets.err.find("tcpdump -i IFACE -w FILE"), std::string::npos);
}

}  // namespace
}  // namespace ck::cli::test
