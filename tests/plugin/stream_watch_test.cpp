// What TCP headers alone tell of a direction.
#include "stream_watch.h"

#include <gtest/gtest.h>

namespace ck::plugin {
namespace {

Segment data(std::uint32_t seq, std::uint32_t length) {
  Segment segment;
  segment.seq = seq;
  segment.length = length;
  return segment;
}

Segment syn(std::uint32_t seq) {
  Segment segment;
  segment.seq = seq;
  segment.syn = true;
  return segment;
}

Segment fin(std::uint32_t seq) {
  Segment segment;
  segment.seq = seq;
  segment.fin = true;
  return segment;
}

Position frame(std::uint64_t number) {
  return {0, number, 0};
}

TEST(StreamWatch, IsWholeFromTheSyn) {
  StreamWatch watch;
  EXPECT_TRUE(watch.segment(syn(999), frame(1)));
  EXPECT_FALSE(watch.segment(syn(999), frame(2)));
  EXPECT_TRUE(watch.whole());
  EXPECT_EQ(watch.first(), 1000u);
}

TEST(StreamWatch, IsNotWholeWithoutOne) {
  StreamWatch watch;
  watch.segment(data(1000, 10), frame(1));
  EXPECT_FALSE(watch.whole());
}

TEST(StreamWatch, IsNotWholeWhereNothingOfItWasCaptured) {
  StreamWatch watch;
  watch.starts_at(1000);
  EXPECT_FALSE(watch.whole()) << "perhaps one direction only is captured";
  EXPECT_TRUE(watch.segment(data(1000, 0), frame(3))) << "the SYN alone was not";
  EXPECT_TRUE(watch.whole());
  EXPECT_FALSE(watch.segment(data(1000, 10), frame(4)));
}

TEST(StreamWatch, CountsOverTheEndOfSequenceNumbers) {
  StreamWatch watch;
  watch.segment(syn(0xFFFF'FFF0), frame(1));
  watch.segment(data(0xFFFF'FFF1, 0x20), frame(2));
  EXPECT_EQ(watch.contiguous(), 0x20u);
}

TEST(StreamWatch, EndsWhenAllBytesBeforeTheFinHaveCome) {
  StreamWatch watch;
  watch.segment(syn(0), frame(1));
  watch.segment(fin(11), frame(2));
  EXPECT_FALSE(watch.ended());
  watch.segment(data(1, 10), frame(3));
  EXPECT_TRUE(watch.ended());
}

TEST(StreamWatch, GivesAHoleUpOnceItIsAcknowledged) {
  StreamWatch watch;
  watch.segment(syn(0), frame(1));
  watch.segment(data(21, 5), frame(2));
  watch.acknowledged(20);
  EXPECT_FALSE(watch.give_up_acknowledged());
  watch.acknowledged(26);
  const std::optional<Hole> hole = watch.give_up_acknowledged();
  ASSERT_TRUE(hole);
  EXPECT_EQ(hole->bytes, 20u);
  EXPECT_EQ(hole->behind.frame, 2u);
  EXPECT_FALSE(watch.whole());
  EXPECT_EQ(watch.contiguous(), 25u);
}

TEST(StreamWatch, FillsAHoleWithWhatComesLate) {
  StreamWatch watch;
  watch.segment(syn(0), frame(1));
  watch.segment(data(11, 10), frame(2));
  watch.segment(data(1, 10), frame(3));
  watch.acknowledged(21);
  EXPECT_FALSE(watch.give_up_acknowledged());
  EXPECT_EQ(watch.contiguous(), 20u);
}

TEST(StreamWatch, MissesWhatIsAcknowledgedAndNotThere) {
  StreamWatch watch;
  EXPECT_FALSE(watch.misses_more()) << "nothing of this direction was captured";
  watch.segment(syn(0), frame(1));
  watch.segment(data(1, 10), frame(2));
  watch.acknowledged(11);
  EXPECT_FALSE(watch.misses_more());
  watch.acknowledged(12);
  EXPECT_TRUE(watch.misses_more());
  EXPECT_FALSE(watch.is_missing(1)) << "one more may acknowledge a FIN that was not captured";
  watch.acknowledged(31);
  EXPECT_TRUE(watch.misses_more());
  EXPECT_FALSE(watch.misses_more()) << "no more than before";
  EXPECT_TRUE(watch.is_missing());
  watch.segment(data(11, 20), frame(3));
  EXPECT_FALSE(watch.is_missing());
}

TEST(StreamWatch, AFinMayBeAllThatLiesBehindAHole) {
  StreamWatch watch;
  watch.segment(syn(0), frame(1));
  Segment end;
  end.seq = 11;
  end.fin = true;
  watch.segment(end, frame(2));
  watch.acknowledged(11);
  EXPECT_FALSE(watch.give_up_acknowledged());
  watch.acknowledged(12);
  const std::optional<Hole> hole = watch.give_up_acknowledged();
  ASSERT_TRUE(hole);
  EXPECT_EQ(hole->bytes, 10u);
  EXPECT_EQ(hole->behind.frame, 2u);
  EXPECT_TRUE(watch.ended());
  EXPECT_FALSE(watch.give_up_acknowledged());
}

}  // namespace
}  // namespace ck::plugin
