// Torture captures through the plugin's core: every message is found in the frame that the model says and
// nobody is blamed, whatever Wireshark hands over.
#include <gtest/gtest.h>

#include <algorithm>

#include "hand_over.h"
#include "torture_report.h"

namespace ck::plugin {
namespace {

class CoreTortureTest : public testing::TestWithParam<integration::TortureCase> {};

std::vector<std::pair<std::uint64_t, std::uint16_t>> expected_of(const integration::TortureCapture& capture) {
  std::vector<std::pair<std::uint64_t, std::uint16_t>> out;
  for (const integration::ModelConnection& connection : capture.model) {
    for (const integration::ModelMessage& message : connection.in_order())
      out.emplace_back(message.frame, message.command);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::pair<std::uint64_t, std::uint16_t>> found_in(Player& player) {
  std::vector<std::pair<std::uint64_t, std::uint16_t>> out;
  for (const auto& [frame, message] : player.messages())
    out.emplace_back(frame, player.dissection.results().find_facts(message)->command);
  std::sort(out.begin(), out.end());
  return out;
}

TEST_P(CoreTortureTest, EveryMessageIsFoundInItsFrameAndNobodyIsBlamed) {
  const integration::TortureCapture capture = integration::make_capture(GetParam());
  Player player({}, HandOver::never);
  player.play(capture.file);
  EXPECT_EQ(found_in(player), expected_of(capture));
  for (const std::string& finding : player.findings())
    EXPECT_NE(finding.find("plaintext-transport"), std::string::npos) << finding;
}

/// Segments as they come, whatever their order: what is shown before its time is not shown again.
TEST_P(CoreTortureTest, EveryMessageIsFoundOnceInWhateverOrderSegmentsAreHandedOver) {
  const integration::TortureCapture capture = integration::make_capture(GetParam());
  Player player;
  player.play(capture.file);
  EXPECT_EQ(found_in(player).size(), expected_of(capture).size());
  for (const std::string& finding : player.findings())
    EXPECT_NE(finding.find("plaintext-transport"), std::string::npos) << finding;
}

INSTANTIATE_TEST_SUITE_P(Captures, CoreTortureTest, testing::ValuesIn(integration::whole_captures()),
                         [](const auto& torture) { return torture.param.name; });

}  // namespace
}  // namespace ck::plugin
