// Every link and tunnel that a capture's packets may be wrapped in: ck-audit and Wireshark find the same
// message in the same frame.
#include <gtest/gtest.h>

#include <set>

#include "command.h"
#include "generator/ck_message.h"
#include "generator/wrappings.h"
#include "torture_report.h"
#include "tshark.h"

namespace ck::integration {
namespace {

using samples::Buffer;
using samples::Link;

/// Beyond the registered range: Wireshark 4.4 knows another protocol on 7000, and asks that one first.
constexpr std::uint16_t kPort = 51640;

/// One connection a wrapping, each with one message, in the connection's fourth frame.
class Wrapped {
 public:
  Wrapped() : recording_(Link::raw) { recording_.step_ns = 1000; }

  void add(const std::string& name, Link link, const std::function<Buffer(const Buffer&)>& wrap, bool ipv6) {
    samples::TalkOptions options;
    options.link.link = Link::raw;  // the wrapping has its own
    options.interface = recording_.add_interface({link, 9, {}});
    options.tunnel = wrap;
    const auto port = static_cast<std::uint16_t>(40'000 + names_.size());
    samples::TcpTalk talk(recording_, {ipv6 ? "2001:db8::1" : "10.0.0.1", port},
                          {ipv6 ? "2001:db8::2" : "10.0.0.2", kPort}, std::move(options));
    talk.handshake();
    const std::uint64_t frame =
        talk.client(samples::frame(1, static_cast<std::uint32_t>(names_.size()), samples::kRelayNotification,
                                   R"({"Source KMA ID":"A"})"));
    names_[frame] = name + (ipv6 ? " with IPv6" : " with IPv4");
  }

  [[nodiscard]] Buffer file() const { return recording_.pcapng(); }
  [[nodiscard]] std::string names() const {
    std::set<std::uint64_t> frames;
    for (const auto& [frame, name] : names_) frames.insert(frame);
    return names_of(frames);
  }
  /// Those of these frames, one a line.
  [[nodiscard]] std::string names_of(const std::set<std::uint64_t>& frames) const {
    std::string out;
    for (const std::uint64_t frame : frames) out += name_of(frame) + "\n";
    return out;
  }

 private:
  [[nodiscard]] std::string name_of(std::uint64_t frame) const {
    const auto found = names_.find(frame);
    return found != names_.end() ? found->second : "frame " + std::to_string(frame);
  }

  samples::Recording recording_;
  std::map<std::uint64_t, std::string> names_;
};

void expect_all_found(const Wrapped& wrapped) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "wrapped.pcapng";
  samples::write_file(path, wrapped.file());
  const TortureReport report = audit_file(path);
  ASSERT_EQ(report.trouble, "");
  std::set<std::uint64_t> audited;
  for (const auto& [first_frame, connection] : report.connections) {
    for (const ModelMessage& message : connection.messages) audited.insert(message.frame);
  }
  EXPECT_EQ(wrapped.names_of(audited), wrapped.names());
  const Json::Value& diagnostics = report.json["audits"][0]["diagnostics"];
  EXPECT_EQ(diagnostics["unknown_links"].size(), 0u) << diagnostics;
  EXPECT_FALSE(diagnostics.isMember("short_packets")) << diagnostics;

  samples::Sample sample;
  sample.path = std::filesystem::relative(path, CK_CAPTURES);
  const Seen plugin = dissect(sample);
  ASSERT_EQ(plugin.trouble, "");
  std::set<std::uint64_t> dissected;
  for (const auto& [frame, command, id] : plugin.messages) dissected.insert(frame);
  EXPECT_EQ(wrapped.names_of(dissected), wrapped.names());
}

TEST(WrappingParityTest, EveryLink) {
  Wrapped wrapped;
  for (const samples::Framing& framing : samples::framings()) {
    if (!framing.in_wireshark) continue;
    if (framing.ipv4) wrapped.add(framing.name, framing.link, framing.frame, false);
    if (framing.ipv6) wrapped.add(framing.name, framing.link, framing.frame, true);
  }
  expect_all_found(wrapped);
}

TEST(WrappingParityTest, EveryTunnel) {
  Wrapped wrapped;
  for (const samples::Tunnel& tunnel : samples::tunnels()) {
    if (!tunnel.in_wireshark) continue;
    const auto wrap = [&](const Buffer& packet) { return tunnel.wrap(packet, 1); };
    wrapped.add(tunnel.name, Link::raw, wrap, false);
    wrapped.add(tunnel.name, Link::raw, wrap, true);
  }
  expect_all_found(wrapped);
}

}  // namespace
}  // namespace ck::integration
