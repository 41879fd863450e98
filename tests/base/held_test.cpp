// What is held lives until the last hold on it ends, however a hold ends.
#include "base/held.h"

#include <gtest/gtest.h>

#include <array>
#include <type_traits>
#include <utility>
#include <vector>

namespace ck::base {
namespace {

struct Room {};

/// Counts the holds on its rooms; a room whose last hold ends is closed.
class House {
 public:
  std::array<int, 3> holds{};
  std::vector<std::uint32_t> closed;

  void count_hold(Id<Room> id) { ++holds[id.index()]; }
  void end_hold(Id<Room> id) {
    if (--holds[id.index()] == 0) closed.push_back(id.index());
  }
};
using HeldRoom = Held<Room, House>;
using Closed = std::vector<std::uint32_t>;

constexpr Id<Room> kHall(0), kCellar(1);

TEST(Held, IsMovedAndNotCopied) {
  static_assert(!std::is_copy_constructible_v<HeldRoom> && !std::is_copy_assignable_v<HeldRoom>);
  static_assert(std::is_nothrow_move_constructible_v<HeldRoom> &&
                std::is_nothrow_move_assignable_v<HeldRoom>);
}

TEST(Held, EndsWithItsScope) {
  House house;
  {
    const HeldRoom held(house, kHall);
    EXPECT_TRUE(held);
    EXPECT_EQ(held.id(), kHall);
    EXPECT_EQ(house.holds[0], 1);
    EXPECT_EQ(house.closed, Closed{});
  }
  EXPECT_EQ(house.closed, Closed{0});
}

TEST(Held, NothingIsHeldByDefault) {
  House house;
  {
    const HeldRoom none;
    EXPECT_FALSE(none);
    EXPECT_EQ(none.id(), kNone);
    EXPECT_FALSE(none.share());
  }
  EXPECT_EQ(house.closed, Closed{});
}

TEST(Held, TheLastOfSeveralHoldsCounts) {
  House house;
  HeldRoom first(house, kHall);
  HeldRoom second = first.share();
  EXPECT_EQ(house.holds[0], 2);
  EXPECT_EQ(second.id(), kHall);
  first = {};
  EXPECT_FALSE(first);
  EXPECT_EQ(house.closed, Closed{});
  second = {};
  EXPECT_EQ(house.closed, Closed{0});
}

TEST(Held, MovingHandsTheHoldOver) {
  House house;
  HeldRoom from(house, kHall);
  HeldRoom to = std::move(from);
  EXPECT_EQ(house.holds[0], 1);
  EXPECT_FALSE(from);  // NOLINT(bugprone-use-after-move): that it holds nothing is what is tested
  EXPECT_EQ(from.id(), kNone);
  from = {};
  EXPECT_EQ(house.holds[0], 1);
  to = HeldRoom(house, kCellar);
  EXPECT_EQ(house.closed, Closed{0});
  EXPECT_EQ(house.holds[1], 1);
}

/// The hold on what follows begins before the one on what went before ends: the one may live by the other.
TEST(Held, GoesOnToWhatIsHeldAlready) {
  House house;
  HeldRoom held(house, kHall);
  held = held.share();
  EXPECT_EQ(house.holds[0], 1);
  EXPECT_EQ(house.closed, Closed{});
}

TEST(Held, AssignedToItselfItStays) {
  House house;
  HeldRoom held(house, kHall);
  HeldRoom& same = held;
  held = std::move(same);
  EXPECT_EQ(house.holds[0], 1);
  EXPECT_EQ(held.id(), kHall);
}

TEST(Held, ListsOfThemEndAllTheirHolds) {
  House house;
  std::vector<HeldRoom> several;
  for (int i = 0; i < 100; ++i) several.emplace_back(house, i % 2 == 0 ? kHall : kCellar);
  EXPECT_EQ(house.holds[0], 50);
  several.erase(several.begin());
  EXPECT_EQ(house.holds[0], 49);
  several.clear();
  EXPECT_EQ(house.holds, (std::array<int, 3>{}));
  EXPECT_EQ(house.closed.size(), 2U);
}

}  // namespace
}  // namespace ck::base
