// Wireshark against the model: tshark with the plugin finds the messages of torture captures in the frames
// that the model says. Where Wireshark hands over everything, so does a plain dissector in Lua; the model was
// written without either.
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

/// The capture as a sample in `folder`, for Wireshark told to put segments in order, or not to.
samples::Sample sample_of(const TortureCapture& capture, const TemporaryFolder& folder,
                          bool in_order = true) {
  const std::filesystem::path path = folder.path() / ("torture" + capture.extension);
  samples::write_file(path, capture.file);
  samples::Sample sample;
  sample.path = std::filesystem::relative(path, CK_CAPTURES);
  if (!in_order) sample.tshark_options = {"-o", "tcp.reassemble_out_of_order:FALSE"};
  return sample;
}

/// Every message is found in its frame and none that is not there, and nobody is blamed, whatever Wireshark
/// hands over and on which pass.
TEST_P(TortureParityTest, WiresharkFindsEveryMessageInItsFrame) {
  const TortureCapture capture = make_capture(GetParam());
  const std::string expected = text(messages_of(capture));
  for (const bool in_order : {true, false}) {
    const TemporaryFolder folder;
    const Seen plugin = dissect(sample_of(capture, folder, in_order));
    ASSERT_EQ(plugin.trouble, "");
    EXPECT_EQ(text(messages_of(plugin)), expected) << (in_order ? "in order" : "as Wireshark is installed");
    expect_no_blame(plugin);
  }
  // Another reader of the same capture, which sees what Wireshark hands over and nothing else.
  if (!hands_over_everything()) return;
  const TemporaryFolder folder;
  const Seen bare = read_without_plugin(sample_of(capture, folder), samples::kController.port);
  ASSERT_EQ(bare.trouble, "");
  EXPECT_EQ(text(messages_of(bare)), expected) << "the script itself";
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
    const Seen plugin = dissect(sample_of(capture, folder));
    ASSERT_EQ(plugin.trouble, "");
    EXPECT_EQ(text(messages_of(plugin)), text(messages_of(capture)));
    expect_no_blame(plugin);
  }
}

INSTANTIATE_TEST_SUITE_P(Captures, TortureParityTest, testing::ValuesIn(whole_captures()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace ck::integration
