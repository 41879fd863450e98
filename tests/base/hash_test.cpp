// Digests: equal for equal things, different for everything else that a capture may hold.
#include "base/hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace ck::base {
namespace {

enum class Fruit : std::uint8_t { apple, pear };

TEST(Digest, EqualTextsHaveEqualDigests) {
  const std::string text = "a key ID of some length", same = text;
  EXPECT_EQ(digest_of(Fruit::apple, text), digest_of(Fruit::apple, same));
  EXPECT_EQ(digest_of(Fruit::apple, 5), digest_of(Fruit::apple, 5));
}

TEST(Digest, OneTextOfTwoKindsHasTwo) {
  EXPECT_NE(digest_of(Fruit::apple, "one"), digest_of(Fruit::pear, "one"));
  EXPECT_NE(digest_of(Fruit::apple, ""), digest_of(Fruit::pear, ""));
  EXPECT_NE(digest_of(Fruit::apple, 1), digest_of(Fruit::pear, 1));
}

TEST(Digest, TextsThatDifferAnywhereHaveDifferentOnes) {
  std::set<std::uint64_t> seen;
  std::size_t texts = 0;
  for (std::size_t size = 0; size <= 40; ++size) {  // NULs alone: only the sizes differ
    seen.insert(digest_of(Fruit::apple, std::string(size, '\0')));
    ++texts;
  }
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, '\0');
    text[at] = 1;
    seen.insert(digest_of(Fruit::apple, text));
    ++texts;
  }
  EXPECT_EQ(seen.size(), texts);
}

TEST(Digest, PairsOfNumbersAreInOrder) {
  EXPECT_NE(digest_of(std::uint64_t{1}, std::uint64_t{2}), digest_of(std::uint64_t{2}, std::uint64_t{1}));
  EXPECT_EQ(digest_of(std::uint64_t{1}, std::uint64_t{2}), digest_of(std::uint64_t{1}, std::uint64_t{2}));
}

}  // namespace
}  // namespace ck::base
