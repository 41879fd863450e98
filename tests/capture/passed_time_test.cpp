// By how much a packet's time is behind the time that has passed, where a capture's clock steps.
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "stream/passed_time.h"

namespace ck::stream {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
using Behind = std::vector<std::uint32_t>;

/// Of packets stamped so, in seconds.
Behind behind(const std::vector<double>& stamps) {
  PassedTime passed;
  Behind out;
  for (const double stamp : stamps)
    out.push_back(passed.behind(static_cast<std::int64_t>(stamp * static_cast<double>(kSecond))));
  return out;
}

TEST(PassedTime, NothingIsBehindWhereTimesGoOn) {
  EXPECT_EQ(behind({100, 100, 101, 5000, 5000.5}), (Behind{0, 0, 0, 0, 0}));
}

/// Queues of a network card, and threads of a program that captures.
TEST(PassedTime, ASecondOfDisorderIsNone) {
  EXPECT_EQ(behind({100, 99, 100.5, 99.5, 101}), (Behind{0, 0, 0, 0, 0}));
  EXPECT_EQ(behind({100, 98.9}), (Behind{0, 1}));
}

TEST(PassedTime, AClockThatIsSetBackGoesOn) {
  EXPECT_EQ(behind({10'000, 2800, 2810, 9000}), (Behind{0, 7200, 7200, 7200}));
}

/// 31 s passed on the clock that was set back; when it is set right, they have passed all the same.
TEST(PassedTime, WhatPassedOnOneClockIsNotForgottenOnTheOther) {
  EXPECT_EQ(behind({10'000, 2800, 2831, 10'001, 10'002}), (Behind{0, 7200, 7200, 30, 30}));
  EXPECT_EQ(behind({10'000, 2800, 2831, 10'031, 10'032}), (Behind{0, 7200, 7200, 0, 0}));
}

TEST(PassedTime, TwoClocksTellOneTime) {
  EXPECT_EQ(behind({100, 63, 101, 64, 102, 65.5, 103}), (Behind{0, 37, 0, 37, 0, 37, 0}));
}

/// 5 s pass on the one behind before the other one shows them; another step is not taken for that.
TEST(PassedTime, OneOfTwoClocksMayBeSilent) {
  EXPECT_EQ(behind({100, 63, 101, 69, 106.5}), (Behind{0, 37, 0, 37, 0}));
  EXPECT_EQ(behind({10'000, 2800, 10'001, 9941}), (Behind{0, 7200, 0, 60}));
}

TEST(PassedTime, OneStampThatIsFarAheadLeavesTheRestBehind) {
  EXPECT_EQ(behind({100, 7300, 101, 102, 130}), (Behind{0, 0, 7199, 7199, 7199}));
}

TEST(PassedTime, TimesThatOnlyRunBackwardsPassNone) {
  EXPECT_EQ(behind({100, 98, 96, 94}), (Behind{0, 2, 4, 6}));
}

TEST(PassedTime, WhatHasNoTimeChangesNothing) {
  PassedTime passed;
  EXPECT_EQ(passed.behind(kNoTime), 0U);
  EXPECT_EQ(passed.behind(100 * kSecond), 0U);
  EXPECT_EQ(passed.behind(kNoTime), 0U);
  EXPECT_EQ(passed.behind(63 * kSecond), 37U);
  EXPECT_EQ(passed.behind(kNoTime), 0U);
  EXPECT_EQ(passed.behind(64 * kSecond), 37U);
}

TEST(PassedTime, CenturiesApartIsAsMuchAsThereIsRoomFor) {
  PassedTime passed;
  passed.behind(kLastTime);
  EXPECT_EQ(passed.behind(kNoTime + 1), std::numeric_limits<std::uint32_t>::max());
  EXPECT_EQ(Position(0, 1, kLastTime).passed_ns(), kLastTime);
  Position late(0, 1, kLastTime - 1);
  late.behind_s = 5;
  EXPECT_EQ(late.passed_ns(), kLastTime);
  Position none(0, 1, kNoTime);
  none.behind_s = 5;
  EXPECT_EQ(none.passed_ns(), kNoTime);
}

}  // namespace
}  // namespace ck::stream
