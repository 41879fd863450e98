// Wireshark against the model: tshark with the plugin finds the messages of torture captures in the frames
// that the model says, as far as Wireshark's own reassembly hands them over, which a plain dissector in Lua
// shows; the model was written without it.
#include <gtest/gtest.h>

#include <algorithm>

#include "command.h"
#include "torture_report.h"
#include "tshark.h"

namespace ck::integration {
namespace {

class TortureParityTest : public testing::TestWithParam<TortureCase> {};

std::vector<ModelMessage> messages_of(const Seen& seen) {
  std::vector<ModelMessage> messages;
  for (const auto& [frame, command, id] : seen.messages)
    messages.push_back({frame, static_cast<std::uint16_t>(command), static_cast<std::uint32_t>(id), 0});
  std::sort(messages.begin(), messages.end());
  return messages;
}

std::vector<ModelMessage> messages_of(const TortureCapture& capture) {
  std::vector<ModelMessage> messages;
  for (const ModelConnection& connection : capture.model) {
    for (ModelMessage message : connection.in_order()) {
      message.length = 0;  // not among the fields asked for
      messages.push_back(message);
    }
  }
  std::sort(messages.begin(), messages.end());
  return messages;
}

/// What is said there is valid.
void expect_no_blame(const Seen& plugin) {
  for (const auto& [frame, rule] : plugin.findings)
    EXPECT_EQ(rule, "plaintext-transport") << "frame " << frame;
}

/// Every message is found in its frame and none that is not there, and nobody is blamed.
TEST_P(TortureParityTest, WiresharkFindsEveryMessageInItsFrame) {
  const TortureCapture capture = make_capture(GetParam());
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / ("torture" + capture.extension);
  samples::write_file(path, capture.file);
  samples::Sample sample;
  sample.path = std::filesystem::relative(path, CK_CAPTURES);
  const Seen plugin = dissect(sample), bare = read_without_plugin(sample, samples::kController.port);
  ASSERT_EQ(plugin.trouble, "");
  ASSERT_EQ(bare.trouble, "");
  expect_no_blame(plugin);
  const std::vector<ModelMessage> found = messages_of(plugin), expected = messages_of(capture);
  std::vector<ModelMessage> handed_over = messages_of(bare);
  ASSERT_FALSE(handed_over.empty());
  if (hands_over_everything() || handed_over == expected) {
    EXPECT_EQ(text(handed_over), text(expected)) << "the script itself";
    EXPECT_EQ(text(found), text(expected));
    return;
  }
  EXPECT_TRUE(std::includes(expected.begin(), expected.end(), found.begin(), found.end())) << text(found);
  EXPECT_GE(found.size() * 5, expected.size() * 4) << text(found) << "\nlacks too many of\n"
                                                   << text(expected);
  // A script that is given the wrong bytes of a stream takes them for messages all the same, and late ones
  // are in other frames.
  const auto is_none = [&expected](const ModelMessage& message) {
    return !std::binary_search(expected.begin(), expected.end(), message);
  };
  handed_over.erase(std::remove_if(handed_over.begin(), handed_over.end(), is_none), handed_over.end());
  EXPECT_TRUE(std::includes(found.begin(), found.end(), handed_over.begin(), handed_over.end()))
      << text(found) << "\nlacks some of\n"
      << text(handed_over);
}

/// Segments that come twice, in a stream that is otherwise in order: nothing stays behind.
TEST(KeptBackParityTest, IsTakenFromTheSegments) {
  for (const bool late : {false, true}) {
    TortureCase torture;
    torture.name = "Repeated";
    torture.seed = 11;
    torture.handling.duplicate = late ? 0 : 8;
    torture.handling.late_copy = late ? 4 : 0;
    const TortureCapture capture = make_capture(torture);
    const TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "repeated.pcap";
    samples::write_file(path, capture.file);
    samples::Sample sample;
    sample.path = std::filesystem::relative(path, CK_CAPTURES);
    const Seen plugin = dissect(sample);
    ASSERT_EQ(plugin.trouble, "");
    EXPECT_EQ(text(messages_of(plugin)), text(messages_of(capture)));
    expect_no_blame(plugin);
  }
}

INSTANTIATE_TEST_SUITE_P(Captures, TortureParityTest, testing::ValuesIn(whole_captures()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace ck::integration
