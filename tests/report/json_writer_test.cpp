// JSON is written within the room that was counted for it, and is the same however it is told.
#include "report/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace ck::report {
namespace {

/// A value's text, which must fit where a JsonRoom says so.
template <typename Value>
std::string text_of(const Value& value) {
  JsonRoom room;
  room.value(value);
  std::string bytes(room.size() + 16, '\xEE');
  TimeTexts times;
  JsonCursor to(bytes.data(), bytes.data(), times);
  to.value(value);
  const auto size = static_cast<std::size_t>(to.end() - bytes.data());
  EXPECT_LE(size, room.size());
  EXPECT_EQ(bytes.substr(room.size()), std::string(16, '\xEE')) << "wrote behind its room";
  bytes.resize(size);
  return bytes;
}

TEST(JsonCursor, WritesEveryNumber) {
  EXPECT_EQ(text_of(0), "0,");
  EXPECT_EQ(text_of(7u), "7,");
  EXPECT_EQ(text_of(-7), "-7,");
  std::uint64_t number = 0;
  for (int digits = 1; digits <= 20; ++digits) {
    number = number * 10 + static_cast<std::uint64_t>(digits % 10);
    EXPECT_EQ(text_of(number), std::to_string(number) + ",");
  }
  for (std::uint64_t power = 10; power <= 10'000'000'000'000'000'000u / 10; power *= 10) {
    EXPECT_EQ(text_of(power), std::to_string(power) + ",");
    EXPECT_EQ(text_of(power - 1), std::to_string(power - 1) + ",");
  }
  EXPECT_EQ(text_of(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615,");
  EXPECT_EQ(text_of(std::numeric_limits<std::int64_t>::max()), "9223372036854775807,");
  EXPECT_EQ(text_of(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808,");
  EXPECT_EQ(text_of(std::numeric_limits<std::int32_t>::min()), "-2147483648,");
  EXPECT_EQ(text_of(std::uint16_t{65535}), "65535,");
}

TEST(JsonCursor, WritesTextsOfEverySize) {
  const std::string all = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (std::size_t size = 0; size <= all.size(); ++size) {
    EXPECT_EQ(text_of(std::string_view(all).substr(0, size)), "\"" + all.substr(0, size) + "\",");
    for (std::size_t at = 0; at < size; ++at) {
      std::string text = all.substr(0, size);
      text[at] = '\x1B';
      EXPECT_EQ(text_of(text),
                "\"" + all.substr(0, at) + "\\u001b" + all.substr(at + 1, size - at - 1) + "\",");
    }
  }
}

TEST(JsonCursor, HasRoomForTheLongestEscapes) {
  EXPECT_EQ(text_of(std::string(3, '\0')), R"("\u0000\u0000\u0000",)");
  EXPECT_EQ(text_of(std::string("\xFF\xFF")), "\"\uFFFD\uFFFD\",");
  EXPECT_EQ(text_of(std::string("\u0085\u202E\U000E0041")), R"("\u0085\u202e\udb40\udc41",)");
  EXPECT_EQ(text_of(std::vector<std::string>{"\"", "\\"}), R"(["\"","\\"],)");
  EXPECT_EQ(text_of(std::optional<std::string>()), "null,");
}

TEST(JsonWriter, SeparatesValues) {
  JsonWriter out;
  out.begin_object();
  out.member("a", 1);
  EXPECT_EQ(out.text(), R"({"a":1)") << "begun";
  out.member(std::string_view("\"b\""), true);
  out.key("c");
  out.begin_array();
  out.end_array();
  out.key("d");
  out.begin_array();
  out.begin_object();
  out.end_object();
  out.value("x");
  out.time_value(5);
  out.raw("[2]");
  out.end_array();
  out.end_object();
  EXPECT_EQ(out.text(), R"({"a":1,"\"b\"":true,"c":[],"d":[{},"x","1970-01-01T00:00:00.000000005Z",[2]]})");
  out.clear();
  EXPECT_EQ(out.text(), "");
  out.end_object();
  EXPECT_EQ(out.text(), "}") << "what it ends may be written already";
}

}  // namespace
}  // namespace ck::report
