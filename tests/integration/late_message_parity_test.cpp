// A payload that ends too early may go on in the next segment, under a Length that is counted otherwise: what
// comes behind it decides that it is a whole message. Both faces then show it in the frame that completed it.
#include <gtest/gtest.h>

#include "command.h"
#include "generator/ck_message.h"
#include "generator/conversation.h"
#include "tshark.h"

namespace ck::integration {
namespace {

using samples::Buffer;

constexpr std::uint16_t kControllersPort = 51641;
constexpr const char* kAsk = R"({"Source KMA ID":"A","Destination KMA ID":"B"})";
constexpr const char* kNext = R"({"Next KMA IDs":["B"]})";

/// Three requests, and their answers, of which the first two have this payload.
class LateMessageParityTest : public testing::TestWithParam<const char*> {
 protected:
  static Buffer answer(std::uint32_t id) {
    return samples::frame(1, id, samples::kNextHopResponse, id == 3 ? kNext : GetParam());
  }
  /// The answers in pieces of so many bytes each; 0: each in one.
  static void talk(samples::Recording& recording, std::uint16_t port, std::size_t piece,
                   std::multiset<std::pair<std::uint64_t, std::string>>& expected) {
    samples::TcpTalk talk(recording, {"10.0.0.1", port}, {"10.0.0.2", kControllersPort});
    talk.handshake();
    expected.emplace(talk.client(samples::frame(1, 1, samples::kNextHopRequest, kAsk)),
                     "plaintext-transport");
    for (const std::uint32_t id : {2U, 3U})
      talk.client(samples::frame(1, id, samples::kNextHopRequest, kAsk));
    for (const std::uint32_t id : {1U, 2U, 3U}) {
      const Buffer bytes = answer(id);
      std::uint64_t frame = 0;
      for (const Buffer& part : samples::split(bytes, piece == 0 ? bytes.size() : piece))
        frame = talk.server(part);
      const bool broken = id != 3 && std::string_view(GetParam()) != kNext;
      if (broken) expected.emplace(frame, "malformed-payload");
    }
    talk.close();
  }
};

TEST_P(LateMessageParityTest, InTheFrameThatCompletedIt) {
  samples::Recording recording;
  std::multiset<std::pair<std::uint64_t, std::string>> expected;
  std::uint16_t port = 40'000;
  for (const std::size_t piece : {0U, 1U, 5U, 9U, 10U, 11U}) talk(recording, port++, piece, expected);
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "late.pcap";
  samples::write_file(path, recording.pcap());
  samples::Sample sample;
  sample.path = std::filesystem::relative(path, CK_CAPTURES);
  const Seen audited = audit(sample), dissected = dissect(sample);
  ASSERT_EQ(audited.trouble, "");
  ASSERT_EQ(dissected.trouble, "");
  EXPECT_EQ(audited.findings, expected) << text(audited.findings) << text(expected);
  EXPECT_EQ(dissected.findings, expected) << text(dissected.findings) << text(expected);
  EXPECT_EQ(audited.messages.size(), 36U);
  EXPECT_EQ(dissected.messages, audited.messages);
  EXPECT_EQ(dissected.pairs, audited.pairs) << text(dissected.pairs) << text(audited.pairs);
}

INSTANTIATE_TEST_SUITE_P(Payloads, LateMessageParityTest,
                         testing::Values("{", R"({"Next KMA IDs":["B")", "", "{\"", kNext),
                         [](const auto& one) { return "P" + std::to_string(one.index); });

}  // namespace
}  // namespace ck::integration
