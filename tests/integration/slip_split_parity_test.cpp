// A frame that slips, split over two segments at every one of its bytes: both faces find it and its answer,
// in the same frames, with the same findings.
#include <gtest/gtest.h>

#include "command.h"
#include "generator/ck_message.h"
#include "generator/conversation.h"
#include "generator/slipped_frame.h"
#include "tshark.h"

namespace ck::integration {
namespace {

using samples::Buffer;

/// Beyond the registered range, so that no other dissector asks first.
constexpr std::uint16_t kSlipPort = 51640;

class SlipSplitParityTest : public testing::TestWithParam<samples::SlipWriter> {};

TEST_P(SlipSplitParityTest, AtEveryByte) {
  const Buffer asked = GetParam().write(1, 7, samples::kNextHopRequest, samples::kAskSlipped);
  const Buffer answer = samples::frame(1, 7, samples::kNextHopResponse, samples::kNextSlipped);
  samples::Recording recording;
  std::size_t connections = 0;
  for (std::size_t at = 1; at < asked.size(); ++at, ++connections) {
    const samples::Endpoint km{"10.0.0.1", static_cast<std::uint16_t>(40'000 + at)};
    samples::TcpTalk talk(recording, km, {"10.0.0.2", kSlipPort});
    talk.handshake();
    const auto middle = asked.begin() + static_cast<std::ptrdiff_t>(at);
    talk.client({asked.begin(), middle});
    talk.client({middle, asked.end()});
    talk.server(answer);
    talk.close();
  }
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "split.pcap";
  samples::write_file(path, recording.pcap());
  samples::Sample sample;
  sample.path = std::filesystem::relative(path, CK_CAPTURES);
  const Seen audited = audit(sample), dissected = dissect(sample);
  ASSERT_EQ(audited.trouble, "");
  ASSERT_EQ(dissected.trouble, "");
  EXPECT_EQ(audited.messages.size(), 2 * connections);
  EXPECT_EQ(dissected.messages, audited.messages);
  EXPECT_EQ(dissected.findings, audited.findings) << text(dissected.findings) << text(audited.findings);
}

INSTANTIATE_TEST_SUITE_P(Slips, SlipSplitParityTest, testing::ValuesIn(samples::slip_writers()),
                         [](const auto& one) {
                           std::string name(one.param.name);
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace ck::integration
