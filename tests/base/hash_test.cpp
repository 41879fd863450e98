// Digests: equal for equal things, different for everything else that a capture may hold.
#include "base/hash.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <span>
#include <string>
#include <vector>

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

TEST(Digest, OfSeveralNumbersTellsTheirOrderAndHowManyThereAre) {
  const auto digest = [](const std::vector<std::uint64_t>& numbers) {
    return digest_of(std::span<const std::uint64_t>(numbers));
  };
  const std::set<std::uint64_t> seen = {digest({1, 2, 3}), digest({3, 2, 1}), digest({1, 3, 2}),
                                        digest({0}),       digest({0, 0}),    digest({0, 0, 0})};
  EXPECT_EQ(seen.size(), 6U);
  EXPECT_EQ(digest({1, 2, 3}), digest({1, 2, 3}));
}

/// A table takes the low bits for the place: addresses and ports that count up must not share a few places.
TEST(Digest, LowBitsSpreadOverNumbersThatCountUp) {
  std::set<std::uint64_t> places;
  for (std::uint64_t port = 0; port < 4096; ++port) {
    const std::array<std::uint64_t, 5> words = {0x0100000A, 0, 0x0200000A, 0, port << 16};
    places.insert(digest_of(words) & 0xFFFF);
  }
  EXPECT_GT(places.size(), 3800U);  // by chance about 3970 of 65,536
}

}  // namespace
}  // namespace ck::base
