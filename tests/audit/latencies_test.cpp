// Percentiles by nearest rank, exact while there is room.
#include "audit/latencies.h"

#include <gtest/gtest.h>

#include <array>

namespace ck::audit {
namespace {

TEST(Latencies, NearestRankOfExactValues) {
  std::size_t room = 1'000;
  Latencies latencies;
  EXPECT_EQ(latencies.percentile(50), 0);
  for (std::int64_t value = 1'000; value >= 1; --value) latencies.add(value * 1'000'003, room);
  EXPECT_EQ(room, 0U);
  EXPECT_EQ(latencies.count(), 1'000U);
  EXPECT_EQ(latencies.percentile(50), 500 * 1'000'003);
  EXPECT_EQ(latencies.percentile(90), 900 * 1'000'003);
  EXPECT_EQ(latencies.percentile(99), 990 * 1'000'003);
  EXPECT_EQ(latencies.max(), 1'000 * 1'000'003);
}

TEST(Latencies, WithoutRoomWithinASixteenth) {
  std::size_t room = 100;
  Latencies latencies;
  for (std::int64_t value = 1; value <= 100'000; ++value) latencies.add(value * 1'000, room);
  EXPECT_EQ(room, 100U) << "what is in buckets takes no room";
  for (const unsigned percent : {50U, 90U, 99U}) {
    const double exact = percent * 1e6;
    EXPECT_NEAR(static_cast<double>(latencies.percentile(percent)), exact, exact / 16) << percent;
  }
  EXPECT_EQ(latencies.max(), 100'000'000);
}

TEST(Latencies, RoomIsSharedAndComesBack) {
  std::size_t room = 3;
  std::array<Latencies, 2> latencies;
  latencies[0].add(5, room);
  latencies[0].add(6, room);
  latencies[1].add(7, room);
  EXPECT_EQ(room, 0U);
  latencies[0].add(8, room);  // no room: its three go into buckets
  EXPECT_EQ(room, 2U);
  latencies[1].add(9, room);
  EXPECT_EQ(room, 1U);
  EXPECT_EQ(latencies[1].percentile(50), 7);
  latencies[1].release(room);
  EXPECT_EQ(room, 3U);
}

TEST(Latencies, DistributionHasTwoStepsForEachDoubling) {
  std::size_t room = 100;
  Latencies latencies;
  for (const std::int64_t value : {-5L, 0L, 1'023L}) latencies.add(value, room);
  latencies.add(1'024, room);  // the second step
  for (int i = 0; i < 2; ++i) latencies.add(1'535, room);
  for (int i = 0; i < 3; ++i) latencies.add(1'536, room);  // the third one
  latencies.add(2'048, room);                              // the fourth one
  latencies.add(std::int64_t{1} << 62, room);              // far behind the last one's begin
  const Distribution told = latencies.distribution();
  EXPECT_EQ(told.counts[0], 3U);
  EXPECT_EQ(told.counts[1], 3U);
  EXPECT_EQ(told.counts[2], 3U);
  EXPECT_EQ(told.counts[3], 1U);
  EXPECT_EQ(told.counts.back(), 1U);
}

TEST(Latencies, DistributionOfBucketsCountsAll) {
  std::size_t room = 0;
  Latencies latencies;
  for (std::int64_t value = 1; value <= 10'000; ++value) latencies.add(value * 1'000, room);
  std::uint64_t sum = 0;
  for (const std::uint32_t count : latencies.distribution().counts) sum += count;
  EXPECT_EQ(sum, 10'000U);
}

}  // namespace
}  // namespace ck::audit
