// Wireshark against the model: tshark with the plugin finds the messages of torture captures in the frames
// that the model says. Wireshark's own reassembly is the oracle here; the model was written without it.
#include <gtest/gtest.h>

#include <algorithm>

#include "command.h"
#include "torture_report.h"
#include "tshark.h"

namespace ck::integration {
namespace {

class TortureParityTest : public testing::TestWithParam<TortureCase> {};

TEST_P(TortureParityTest, WiresharkFindsEveryMessageInItsFrame) {
  const TortureCapture capture = make_capture(GetParam());
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / ("torture" + capture.extension);
  samples::write_file(path, capture.file);
  samples::Sample sample;
  sample.path = std::filesystem::relative(path, CK_CAPTURES);
  const Seen plugin = dissect(sample);
  ASSERT_EQ(plugin.trouble, "");
  std::vector<ModelMessage> found, expected;
  for (const auto& [frame, command, id] : plugin.messages)
    found.push_back({frame, static_cast<std::uint16_t>(command), static_cast<std::uint32_t>(id), 0});
  for (const ModelConnection& connection : capture.model) {
    for (ModelMessage message : connection.in_order()) {
      message.length = 0;  // not among the fields asked for
      expected.push_back(message);
    }
  }
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(text(found), text(expected));
}

INSTANTIATE_TEST_SUITE_P(Captures, TortureParityTest, testing::ValuesIn(whole_captures()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace ck::integration
