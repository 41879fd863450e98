// A text that may be absent, short or long.
#include "base/text.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::base {
namespace {

TEST(Text, IsAbsentUntilItIsSet) {
  Text text;
  EXPECT_FALSE(text);
  EXPECT_FALSE(text.has_value());
  EXPECT_EQ(std::optional<std::string_view>(text), std::nullopt);
  text = std::string_view("");
  ASSERT_TRUE(text) << "an empty text is one";
  EXPECT_EQ(*text, "");
  text = std::nullopt;
  EXPECT_FALSE(text);
}

TEST(Text, HoldsTextsOfAnySize) {
  for (const std::size_t size : {0u, 1u, 14u, 15u, 16u, 17u, 253u, 254u, 255u, 256u, 65'535u}) {
    const std::string expected(size, static_cast<char>('a' + size % 26));
    const Text text = expected;
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, expected);
    EXPECT_EQ(std::optional<std::string_view>(text), std::string_view(expected));
  }
}

TEST(Text, CopiesAndMoves) {
  for (const std::string& value : {std::string("short"), std::string("a text of more than fifteen bytes")}) {
    Text first = value;
    const Text copy = first;
    EXPECT_EQ(*copy, value);
    EXPECT_EQ(*first, value);
    Text moved = std::move(first);
    EXPECT_EQ(*moved, value);
    EXPECT_FALSE(first) << "a text that was moved away is none";  // NOLINT(bugprone-use-after-move)
    Text other = std::string_view("another text of more than fifteen");
    other = std::move(moved);
    EXPECT_EQ(*other, value);
    other = copy;
    EXPECT_EQ(*other, value);
    const Text& same = other;
    other = same;
    EXPECT_EQ(*other, value) << "assigned to itself";
  }
}

TEST(Text, TakesOptionalTexts) {
  EXPECT_FALSE(Text(std::optional<std::string>()));
  EXPECT_EQ(*Text(std::optional<std::string>("one")), "one");
  EXPECT_FALSE(Text(std::optional<std::string_view>()));
  EXPECT_EQ(*Text(std::optional<std::string_view>("two")), "two");
}

TEST(Text, ComparesAsOptionalTextsDo) {
  const Text none, empty = "", one = "one", long_one = "one that is longer than fifteen bytes";
  EXPECT_EQ(none, Text());
  EXPECT_NE(none, empty);
  EXPECT_NE(none, "");
  EXPECT_EQ(empty, "");
  EXPECT_EQ(one, std::string("one"));
  EXPECT_NE(one, std::string_view("two"));
  EXPECT_EQ(long_one, Text("one that is longer than fifteen bytes"));
  EXPECT_NE(long_one, one);
  const std::optional<std::string_view> no_view;
  EXPECT_EQ(no_view, none) << "none is none, whoever does not have it";
  EXPECT_EQ(none, no_view);
  EXPECT_NE(no_view, empty);
  EXPECT_NE(one, no_view);
  EXPECT_EQ(std::optional<std::string>("one"), one);
  EXPECT_EQ(one, std::optional<std::string_view>("one"));
  EXPECT_NE(std::optional<std::string_view>("two"), one);
}

}  // namespace
}  // namespace ck::base
