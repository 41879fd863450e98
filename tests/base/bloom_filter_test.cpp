// What was added is always found, and little else.
#include "base/bloom_filter.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace ck::base {
namespace {

TEST(BloomFilter, HoldsAllThatWasAdded) {
  BloomFilter filter;
  EXPECT_FALSE(filter.may_hold(digest_of(1, 1)));
  for (std::uint64_t i = 0; i < 100'000; ++i) filter.add(digest_of(1, i));
  for (std::uint64_t i = 0; i < 100'000; ++i) ASSERT_TRUE(filter.may_hold(digest_of(1, i))) << i;
}

/// With 100,000 in it, about a tenth of its 2^21 bits are set, and each of two has to be: about one of a
/// hundred.
TEST(BloomFilter, HoldsFewOthers) {
  BloomFilter filter;
  for (std::uint64_t i = 0; i < 100'000; ++i) filter.add(digest_of(1, i));
  std::size_t others = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) others += filter.may_hold(digest_of(2, i)) ? 1 : 0;
  EXPECT_LT(others, 2'000U);
}

}  // namespace
}  // namespace ck::base
