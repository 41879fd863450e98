// What is remembered of the bytes that were framed, to compare retransmissions with.
#include "stream/history.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace ck::stream {
namespace {

/// `size` bytes of a direction from a stream offset on: no two within 251 are alike.
std::vector<std::uint8_t> stretch(std::uint64_t offset, std::size_t size) {
  std::vector<std::uint8_t> out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>((offset + i) % 251);
  return out;
}

struct Direction {
  History& history;
  History::Place latest = 0;
  std::uint64_t next = 0;

  void say(std::size_t size) {
    history.put(latest, next, stretch(next, size));
    next += size;
  }
  /// Whether sending them again is noticed, with the byte at `changed` being another one.
  [[nodiscard]] bool notices(std::uint64_t offset, std::size_t size, std::uint64_t changed) const {
    EXPECT_FALSE(history.differs(latest, offset, stretch(offset, size)));
    std::vector<std::uint8_t> again = stretch(offset, size);
    again[static_cast<std::size_t>(changed - offset)] ^= 1;
    return history.differs(latest, offset, again);
  }
};

TEST(History, ComparesWithWhatWasPutHoweverItIsCut) {
  History history;
  Direction one{history}, other{history};
  for (const std::size_t size : {12U, 300U, 1U, 700U}) {
    one.say(size);
    other.say(50);
  }
  for (std::uint64_t changed = 0; changed < one.next; ++changed) {
    EXPECT_TRUE(one.notices(0, 1013, changed)) << changed;
    EXPECT_TRUE(one.notices(changed, 1, changed)) << changed;
  }
  EXPECT_TRUE(other.notices(40, 20, 59));
  EXPECT_FALSE(history.differs(0, 0, stretch(1, 12))) << "nothing is known of a direction that was silent";
}

TEST(History, ComparesNothingThatWasNotPut) {
  History history;
  Direction direction{history};
  direction.say(100);
  EXPECT_FALSE(direction.notices(90, 20, 100)) << "it follows what was put";
  direction.next += 30;  // a hole
  direction.say(100);
  EXPECT_TRUE(direction.notices(100, 100, 130));
  EXPECT_FALSE(direction.notices(100, 100, 129)) << "in the hole";
  EXPECT_FALSE(direction.notices(0, 200, 50)) << "before it";
}

TEST(History, KeepsTheLastBytesOfALongMessage) {
  History history;
  Direction direction{history};
  direction.say(10);
  direction.say(65'545);
  EXPECT_TRUE(direction.notices(0, 65'555, 65'555 - 4096));
  EXPECT_FALSE(direction.notices(0, 65'555, 65'555 - 4097));
  EXPECT_FALSE(direction.notices(0, 65'555, 5));
}

/// 4 MiB of all directions, where 24 bytes are in front of each message; one that does not fit at the end of
/// the ring begins at its start.
TEST(History, ForgetsWhatCameLongAgo) {
  constexpr std::size_t kRecord = 24 + 1000;
  History history;
  Direction quiet{history}, loud{history};
  quiet.say(1000);
  for (std::size_t said = 3 * kRecord; said <= (4U << 20); said += kRecord) loud.say(1000);
  EXPECT_TRUE(quiet.notices(0, 1000, 999));
  loud.say(1000);
  EXPECT_FALSE(quiet.notices(0, 1000, 999));
  for (std::uint64_t back = 1; back <= 200; ++back)
    EXPECT_TRUE(loud.notices(loud.next - back * 1000, 1000, loud.next - back * 1000));
}

/// Who sends one old byte again and again makes nobody walk through all that there is.
TEST(History, LooksAtSoManyMessagesOnly) {
  History history;
  Direction direction{history};
  for (int i = 0; i < 300; ++i) direction.say(12);
  EXPECT_TRUE(direction.notices(44 * 12, 12, 44 * 12)) << "256 messages back";
  EXPECT_FALSE(direction.notices(43 * 12, 12, 43 * 12));
}

}  // namespace
}  // namespace ck::stream
