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

/// A message in two segments of one packet: Wireshark hands it over on its first pass only.
TEST(WrappingParityTest, SegmentsOfOnePacket) {
  const samples::Endpoint km{"10.0.0.1", 40'000}, controller{"10.0.0.2", kPort};
  const samples::Host from("192.0.2.1"), to("192.0.2.2");
  const auto in_tunnel = [&](const std::vector<Buffer>& packets) {
    return samples::ip(
        from, to, samples::kProtocolUdp,
        samples::udp({from, 49'152}, {to, 37'008},
                     samples::join({{1, 0, 0, 18, 1}, samples::wireless_aggregate_of(packets)})));
  };
  const Buffer message = samples::frame(1, 7, samples::kRelayNotification, R"({"Source KMA ID":"A"})");
  samples::Recording recording(Link::raw);
  recording.add(in_tunnel({samples::ip(samples::Segment{km, controller, 99, 0, samples::kSyn})}));
  samples::Segment first{km, controller, 100, 1}, second = first;
  first.payload = Buffer(message.begin(), message.begin() + 15);
  second.payload = Buffer(message.begin() + 15, message.end());
  second.seq += 15;
  recording.add(in_tunnel({samples::ip(first), samples::ip(second)}));

  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "aggregate.pcap";
  samples::write_file(path, recording.pcap());
  const TortureReport report = audit_file(path);
  ASSERT_EQ(report.trouble, "");
  ASSERT_EQ(report.connections.size(), 1u);
  const std::vector<ModelMessage>& messages = report.connections.begin()->second.messages;
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages.front().frame, 2u);

  samples::Sample sample;
  sample.path = std::filesystem::relative(path, CK_CAPTURES);
  const Seen plugin = dissect(sample);
  ASSERT_EQ(plugin.trouble, "");
  ASSERT_EQ(plugin.messages.size(), 1u);
  EXPECT_EQ(std::get<0>(*plugin.messages.begin()), 2u);
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
