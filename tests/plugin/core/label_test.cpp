// Captured text as labels, columns and expert infos show it.
#include "core/label.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::plugin {
namespace {

std::string label(std::string_view text, std::size_t room = 200) {
  std::string out(room, '#');
  out.resize(static_cast<std::size_t>(write_label(text, room, out.data()) - out.data()));
  return out;
}

TEST(Label, LeavesWhatPeopleCanRead) {
  for (const char* text : {"", "KMA-1", "a\\b \"c\"", "Köln 量子 \U0001F511"}) {
    EXPECT_TRUE(is_plain_label(text)) << text;
    EXPECT_EQ(label(text), text);
  }
}

TEST(Label, ShowsWhatATerminalWouldObey) {
  const std::pair<const char*, const char*> texts[] = {
      {"\x1b[31mred", "\\x1b[31mred"}, {"a\nb\tc\r", "a\\nb\\tc\\r"}, {"\x7f", "\\x7f"},
      {"\u0085", "\\u{85}"},           {"a\u202Eb", "a\\u{202e}b"},   {"\u2066", "\\u{2066}"},
      {"\u2028", "\\u{2028}"},         {"\U000E0041", "\\u{e0041}"},  {"\xff", "\\xff"},
      {"\xe2\x80", "\\xe2\\x80"},
  };
  for (const auto& [text, shown] : texts) {
    EXPECT_FALSE(is_plain_label(text)) << shown;
    EXPECT_EQ(label(text), shown);
  }
  EXPECT_EQ(label(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(Label, IsNeverCutInsideOfACharacter) {
  const std::string keys = "\U0001F511\U0001F511\U0001F511";  // of 4 bytes each
  EXPECT_EQ(label(keys, 12), keys);
  EXPECT_EQ(label(keys, 11), "\U0001F511\U0001F511…");
  EXPECT_EQ(label(keys, 10), "\U0001F511…");
  EXPECT_EQ(label(keys, 3), "…");
  EXPECT_EQ(label("\x1b\x1b", 7), "\\x1b…");
  EXPECT_EQ(label("abcdef", 6), "abcdef");
  EXPECT_EQ(label("abcdefg", 6), "abc…");
}

}  // namespace
}  // namespace ck::plugin
