// Spools hold what memory does not, and sort what comes nearly in order.
#include "report/spool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "report/indexed_spool.h"

namespace ck::report {
namespace {

TEST(Spool, ReadsBackAcrossMemoryAndFile) {
  Spool spool(8);
  spool.append("0123456789");  // over the limit: into the file
  spool.append("abc");         // waits in memory
  std::string got;
  spool.read(0, 100, got);
  EXPECT_EQ(got, "0123456789abc");
  spool.read(8, 4, got);
  EXPECT_EQ(got, "89ab");
  spool.read(13, 4, got);
  EXPECT_EQ(got, "");
}

TEST(Spool, RewritesAcrossMemoryAndFile) {
  Spool spool(8);
  spool.append("0123456789");
  spool.append("abc");
  spool.rewrite(9, "XY");
  std::string got;
  spool.read(0, 100, got);
  EXPECT_EQ(got, "012345678XYbc");
}

/// Far more than memory holds, set in any order, and read between that.
TEST(IndexedSpool, KeepsWhatWasSetAndIsBlankElsewhere) {
  IndexedSpool<std::uint32_t> spool;
  EXPECT_EQ(spool.get(0), 0U);
  EXPECT_EQ(spool.get(1'000'000), 0U);
  for (std::uint32_t i = 60'000; i > 0; i -= 3) spool.set(i, i + 7);
  for (std::uint32_t i = 1; i < 60'000; ++i) EXPECT_EQ(spool.get(i), i % 3 == 0 ? i + 7 : 0) << i;
  spool.set(30'000, 5);
  EXPECT_EQ(spool.get(30'000), 5U);
  EXPECT_EQ(spool.get(30'003), 30'010U);
  EXPECT_EQ(spool.get(100'000), 0U);
}

TEST(SpoolReader, TakesPiecesOfAnySize) {
  Spool spool(4);
  spool.append("onetwothree");
  SpoolReader reader(spool, 0, spool.size(), 2);
  EXPECT_EQ(reader.take(3), "one");
  EXPECT_EQ(reader.take(3), "two");
  EXPECT_EQ(reader.take(5), "three");
  EXPECT_EQ(reader.take(1), "");
}

std::vector<std::string> all_of(SortedSpool& spool) {
  std::vector<std::string> got;
  spool.for_each([&](std::string_view record) { got.emplace_back(record); });
  return got;
}

TEST(SortedSpool, SortsAndKeepsTheOrderOfEquals) {
  SortedSpool spool;
  spool.add({2, 0}, "c");
  spool.add({1, 7}, "a");
  spool.add({2, 0}, "d");
  spool.add({1, 9}, "b");
  EXPECT_EQ(all_of(spool), (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(all_of(spool), (std::vector<std::string>{"a", "b", "c", "d"})) << "reading twice";
  spool.add({0, 0}, "first");
  EXPECT_EQ(all_of(spool).front(), "first") << "adding after reading";
}

TEST(SortedSpool, SortsWhatMemoryDoesNotHold) {
  std::vector<std::uint64_t> keys(20'000);
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = i / 2;
  std::shuffle(keys.begin(), keys.end(), std::mt19937(7));
  SortedSpool spool(4096);
  std::vector<std::pair<std::uint64_t, std::size_t>> expected;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    spool.add({0, keys[i]}, std::to_string(keys[i]) + ":" + std::to_string(i));
    expected.emplace_back(keys[i], i);
  }
  std::sort(expected.begin(), expected.end());
  for (int pass = 0; pass < 2; ++pass) {
    std::size_t at = 0;
    spool.for_each([&](std::string_view record) {
      ASSERT_LT(at, expected.size());
      ASSERT_EQ(record, std::to_string(expected[at].first) + ":" + std::to_string(expected[at].second));
      ++at;
    });
    EXPECT_EQ(at, keys.size());
  }
}

TEST(SortedSpool, TakesRecordsOfAnySize) {
  SortedSpool spool(64 * 1024);
  const std::vector<std::size_t> sizes = {0, 100'000, 3, 8'000, 8'192, 20'000, 1};
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < 200; ++i)
    expected.emplace_back(sizes[i % sizes.size()], static_cast<char>('a' + i % 26));
  // Each ten come backwards, so that few of them leave memory in the order in which they came.
  for (std::size_t ten = 0; ten < expected.size(); ten += 10) {
    for (std::size_t i = 10; i-- > 0;) spool.add({ten + i, 0}, expected[ten + i]);
  }
  EXPECT_EQ(all_of(spool), expected);
}

TEST(SpoolOutput, WaitsAndIsCopied) {
  SpoolOutput waiting;
  const std::string text(200'000, 'x');
  waiting.append(text);
  waiting.append("end");
  StringOutput out;
  waiting.copy_to(out);
  EXPECT_EQ(out.text(), text + "end");
}

}  // namespace
}  // namespace ck::report
