// Times, durations, endpoints and codes as the report's format fixes them.
#include "report/value_text.h"

#include <gtest/gtest.h>

#include <limits>

#include "report/text_style.h"

namespace ck::report {
namespace {

TEST(TimeText, IsRfc3339InUtcWithNanoseconds) {
  EXPECT_EQ(time_text(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(time_text(1'700'000'000'123'456'789), "2023-11-14T22:13:20.123456789Z");
  EXPECT_EQ(time_text(1'709'164'800'000'000'001), "2024-02-29T00:00:00.000000001Z") << "a leap day";
  EXPECT_EQ(time_text(-1), "1969-12-31T23:59:59.999999999Z");
}

TEST(TimeText, TakesEveryTime) {
  EXPECT_EQ(time_text(std::numeric_limits<std::int64_t>::max()), "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(time_text(std::numeric_limits<std::int64_t>::min()), "1677-09-21T00:12:43.145224192Z");
}

TEST(SecondsText, IsExact) {
  EXPECT_EQ(seconds_text(0), "0");
  EXPECT_EQ(seconds_text(1'500'000'000), "1.5");
  EXPECT_EQ(seconds_text(1), "0.000000001");
  EXPECT_EQ(seconds_text(-20'000'000), "-0.02");
  EXPECT_EQ(seconds_text(100'000'000'000), "100");
  EXPECT_EQ(seconds_text(std::numeric_limits<std::int64_t>::min()), "-9223372036.854775808");
}

TEST(TimeTexts, SayWhatTimeTextSaysWhateverCameBefore) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  TimeTexts texts;
  const auto text_of = [&](std::int64_t time_ns) {
    std::string text(64, '?');
    text.resize(static_cast<std::size_t>(texts.put(text.data(), time_ns) - text.data()));
    return text;
  };
  EXPECT_EQ(text_of(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(text_of(999'999'999), "1970-01-01T00:00:00.999999999Z");
  EXPECT_EQ(text_of(1), "1970-01-01T00:00:00.000000001Z");
  EXPECT_EQ(text_of(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(text_of(kSecond), "1970-01-01T00:00:01.000000000Z");
  EXPECT_EQ(text_of(951'782'400 * kSecond + 5), "2000-02-29T00:00:00.000000005Z");
  EXPECT_EQ(text_of(951'782'400 * kSecond + 60'000'000), "2000-02-29T00:00:00.060000000Z");
  EXPECT_EQ(text_of(951'782'400 * kSecond + 987'654'321), "2000-02-29T00:00:00.987654321Z");
  EXPECT_EQ(text_of(std::numeric_limits<std::int64_t>::min()), "1677-09-21T00:12:43.145224192Z");
  EXPECT_EQ(text_of(std::numeric_limits<std::int64_t>::max()), "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(text_of(std::numeric_limits<std::int64_t>::min() + 1), "1677-09-21T00:12:43.145224193Z");
}

TEST(DurationText, PicksAUnit) {
  EXPECT_EQ(duration_text(1'234'000'000), "1.234 s");
  EXPECT_EQ(duration_text(56'700'000), "56.7 ms");
  EXPECT_EQ(duration_text(89'000), "89 µs");
  EXPECT_EQ(duration_text(12), "12 ns");
}

TEST(CommandText, HasUpperCaseDigits) {
  EXPECT_EQ(command_text(0x410A), "0x410A");
}

TEST(Counted, GroupsAndPluralises) {
  EXPECT_EQ(counted(1, "error"), "1 error");
  EXPECT_EQ(counted(0, "note"), "0 notes");
  EXPECT_EQ(counted(1'234'567, "packet"), "1,234,567 packets");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
}

}  // namespace
}  // namespace ck::report
