// A connection whose only message was not captured, in both faces: what rests on it is held against nobody.
// Where it went to another port, or nothing is missing, what is wrong is told. Frames are counted by hand.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "command.h"
#include "generator/ck_message.h"
#include "generator/conversation.h"
#include "tshark.h"

namespace ck::integration {
namespace {

using Findings = std::multiset<std::pair<std::uint64_t, std::string>>;

constexpr const char* kLoneResult = R"({"Session ID":"S-1","Response":"accepted"})";
constexpr const char* kLoneRoute =
    R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-9","Transit KMA IDs":[]})";
constexpr const char* kLoneKeys =
    R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-9","Key IDs":[{"Key ID":"k"}]})";

/// What the KM or the controller says on a connection of its own.
struct LoneMessage {
  samples::End by;
  std::uint16_t code;
  const char* payload;
  const char* rule;  ///< that is broken if all was captured
};
constexpr LoneMessage kLone[] = {
    {samples::End::client, samples::kSessionNotificationResponse, kLoneResult, "unknown-session"},
    {samples::End::server, samples::kRelayRequest, kLoneRoute, "relay-without-notification"},
    {samples::End::server, samples::kAllocationRequest, kLoneKeys, "allocation-of-unreserved-key"},
};

/// A connection to `port` that lost its only message, or none; then one on which this is said, in frame 11 or
/// 4.
Findings told(const LoneMessage& said, std::uint16_t port, Seen (*see)(const samples::Sample&)) {
  samples::Recording recording;
  const samples::Endpoint controller{"10.0.0.2", 7000};
  if (port != 0) {
    samples::TcpTalk lost{recording, {"10.0.0.1", 40000}, {"10.0.0.2", port}};
    lost.handshake();  // 1-3
    lost.skip(said.by == samples::End::client ? samples::End::server : samples::End::client, 90);
    lost.ack(said.by);  // 4
    lost.close();       // 5-7
    recording.wait_ms(1500);
  }
  samples::TcpTalk talk{recording, {"10.0.0.1", 40001}, controller};
  talk.handshake();
  talk.send(said.by, samples::frame(1, 3, said.code, said.payload));
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "lost.pcapng";
  samples::write_file(path, recording.pcapng());
  samples::Sample sample;
  sample.path = std::filesystem::relative(path, CK_CAPTURES);
  const Seen seen = see(sample);
  EXPECT_EQ(seen.trouble, "");
  Findings out;
  for (const auto& finding : seen.findings) {
    if (finding.second != "plaintext-transport") out.insert(finding);
  }
  return out;
}

TEST(LostConnectionParityTest, ToTheSameServerHidesWhatMayHaveBeenSaidOnIt) {
  for (const auto see : {audit, dissect}) {
    for (const LoneMessage& said : kLone) EXPECT_EQ(told(said, 7000, see), Findings{}) << said.rule;
  }
}

TEST(LostConnectionParityTest, ToAnotherPortHidesNothing) {
  for (const auto see : {audit, dissect}) {
    for (const LoneMessage& said : kLone)
      EXPECT_EQ(told(said, 22, see), (Findings{{11, said.rule}})) << said.rule;
  }
}

TEST(LostConnectionParityTest, WithoutOneAllWasSeen) {
  for (const auto see : {audit, dissect}) {
    for (const LoneMessage& said : kLone)
      EXPECT_EQ(told(said, 0, see), (Findings{{4, said.rule}})) << said.rule;
  }
}

}  // namespace
}  // namespace ck::integration
