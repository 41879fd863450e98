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

/// The messages of what is shown; of a frame, in the order of their text.
Shown messages_of(const Shown& shown) {
  Shown out;
  for (const auto& [frame, lines] : shown) {
    for (const std::string& line : lines) {
      if (line.starts_with("message")) out[frame].push_back(line);
    }
  }
  for (auto& [frame, lines] : out) std::sort(lines.begin(), lines.end());
  return out;
}

/// Of later passes, as of the first one, Wireshark decides what is handed over, and not what is shown.
TEST_P(CoreTortureTest, EveryLaterPassShowsTheSameWhateverIsHandedOverAgain) {
  const integration::TortureCapture capture = integration::make_capture(GetParam());
  DissectionOptions options;
  options.copies = true;
  Player player(options);
  player.play(capture.file);
  std::size_t shown = 0;
  const Shown again = messages_of(player.again(capture.file, HandOver::as_captured));
  for (const auto& [frame, lines] : again) shown += lines.size();
  EXPECT_EQ(shown, expected_of(capture).size());
  EXPECT_EQ(messages_of(player.again(capture.file, HandOver::never)), again);
}

INSTANTIATE_TEST_SUITE_P(Captures, CoreTortureTest, testing::ValuesIn(integration::whole_captures()),
                         [](const auto& torture) { return torture.param.name; });

}  // namespace
}  // namespace ck::plugin
