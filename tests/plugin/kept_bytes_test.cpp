// Bytes that wait to be framed.
#include "kept_bytes.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace ck::plugin {
namespace {

void add(KeptBytes& kept, std::uint32_t seq, std::string_view text, std::uint32_t next) {
  kept.add(seq, Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), next);
}

std::string from(const KeptBytes& kept, std::uint32_t next) {
  const std::vector<std::uint8_t> bytes = kept.from(next);
  return {bytes.begin(), bytes.end()};
}

TEST(KeptBytes, WhatIsFramedIsLetGo) {
  KeptBytes kept;
  add(kept, 100, "abcdef", 103);
  EXPECT_EQ(from(kept, 103), "def");
  EXPECT_EQ(from(kept, 100), "");
  add(kept, 106, "ghi", 105);
  EXPECT_EQ(from(kept, 105), "fghi");
  add(kept, 109, "", 109);
  EXPECT_EQ(from(kept, 105), "");
}

TEST(KeptBytes, SegmentsOutOfOrderAndOverlapping) {
  KeptBytes kept;
  add(kept, 108, "ij", 100);
  add(kept, 104, "efghi", 100);
  EXPECT_EQ(from(kept, 100), "");
  add(kept, 100, "abcd", 100);
  EXPECT_EQ(from(kept, 100), "abcdefghij");
  EXPECT_EQ(from(kept, 103), "defghij");
}

TEST(KeptBytes, SequenceNumbersWrap) {
  KeptBytes kept;
  add(kept, 0xFFFFFFFE, "abcd", 0xFFFFFFFE);
  add(kept, 2, "ef", 0xFFFFFFFF);
  EXPECT_EQ(from(kept, 0xFFFFFFFF), "bcdef");
  EXPECT_EQ(from(kept, 1), "def");
}

TEST(KeptBytes, MoreThanAMessageCanBeIsNotKept) {
  KeptBytes kept;
  const std::string much(5u << 20, 'x');
  add(kept, 0, much, 0);
  EXPECT_EQ(from(kept, 0), "");
  add(kept, 0, "ab", 0);
  EXPECT_EQ(from(kept, 0), "ab");
}

TEST(KeptBytes, MoreRunsThanReorderingMakesAreNotKept) {
  KeptBytes kept;
  for (std::uint32_t i = 0; i < 1024; ++i) add(kept, 2 * i, "x", 0);
  EXPECT_EQ(from(kept, 0), "x");
  EXPECT_EQ(from(kept, 2046), "x");
  add(kept, 2048, "y", 0);
  EXPECT_EQ(from(kept, 0), "");
  EXPECT_EQ(from(kept, 2048), "");
}

}  // namespace
}  // namespace ck::plugin
