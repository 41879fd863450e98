// Ids of different kinds are different types; a pool hands them out, and lists go through its objects.
#include "base/pool.h"

#include <gtest/gtest.h>

#include <array>
#include <concepts>
#include <string>
#include <type_traits>
#include <vector>

#include "base/flat_map.h"
#include "base/id.h"

namespace ck::base {
namespace {

struct Car {
  std::string name;
  ListLinks<Car> in_queue;
};
struct Driver {};

template <class A, class B>
concept Comparable = requires(A a, B b) {
  a == b;
};
template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
template <class Table, class Key>
concept Opens = requires(Table table, Key key) {
  table[key];
};

TEST(Id, OneKindIsNotTakenForAnother) {
  static_assert(std::copyable<Id<Car>> && sizeof(Id<Car>) == sizeof(std::uint32_t));
  static_assert(Comparable<Id<Car>, Id<Car>> && Comparable<Id<Car>, None>);
  static_assert(!Comparable<Id<Car>, Id<Driver>> && !Comparable<Id<Car>, std::uint32_t>);
  static_assert(!std::is_constructible_v<Id<Car>, Id<Driver>>);
  static_assert(Opens<Pool<Car>, Id<Car>> && !Opens<Pool<Car>, Id<Driver>> &&
                !Opens<Pool<Car>, std::uint32_t>);
}

TEST(Id, NumbersAreNoIdsUnlessItIsSaid) {
  static_assert(std::is_constructible_v<Id<Car>, std::uint32_t>);
  static_assert(!std::is_convertible_v<std::uint32_t, Id<Car>> &&
                !std::is_convertible_v<Id<Car>, std::uint32_t>);
  static_assert(!Addable<Id<Car>, int> && !Addable<Id<Car>, Id<Car>>);
  EXPECT_EQ(Id<Car>(7).index(), 7U);
  EXPECT_EQ(Id<Car>(7), Id<Car>(7));
  EXPECT_NE(Id<Car>(7), Id<Car>(8));
}

TEST(Id, OneThatWasMadeOfNothingNamesNothing) {
  EXPECT_EQ(Id<Car>(), kNone);
  EXPECT_EQ(Id<Car>(kNone), Id<Car>());
  EXPECT_NE(Id<Car>(0), kNone);
}

TEST(Pool, FreedIdsAreUsedAgainForFreshObjects) {
  Pool<Car> cars;
  const Id<Car> first = cars.make(), second = cars.make();
  ASSERT_NE(first, second);
  cars[first].name = "old";
  cars[second].name = "stays";
  EXPECT_EQ(cars.size(), 2U);
  cars.free(first);
  EXPECT_EQ(cars.size(), 1U);
  const Id<Car> third = cars.make();
  EXPECT_EQ(third, first);
  EXPECT_EQ(cars[third].name, "");
  EXPECT_EQ(cars[second].name, "stays");
}

TEST(Pool, ObjectsStayWhereTheyAre) {
  Pool<Car> cars;
  const Id<Car> first = cars.make();
  const Car* const place = &cars[first];
  for (int i = 0; i < 1000; ++i) cars.make();
  EXPECT_EQ(&cars[first], place);
  EXPECT_EQ(cars.size(), 1001U);
}

std::string names_in(const Pool<Car>& cars, const List<Car>& queue) {
  std::string names;
  for (Id<Car> id = queue.head; id != kNone; id = cars[id].in_queue.after) names += cars[id].name;
  std::string backwards;
  for (Id<Car> id = queue.tail; id != kNone; id = cars[id].in_queue.before)
    backwards.insert(0, cars[id].name);
  EXPECT_EQ(names, backwards);
  EXPECT_EQ(names.size(), queue.count);
  return names;
}

/// Counts itself. `Load`: with 4,000 bytes several chunks of a pool lie in a large page, with 40,000 none
/// does.
template <std::size_t Load>
struct Wagon {
  Wagon() { ++count; }
  ~Wagon() { --count; }
  Wagon(const Wagon&) = delete;
  Wagon& operator=(const Wagon&) = delete;

  static inline int count = 0;
  std::array<std::uint32_t, Load / 4> load{};
};

template <std::size_t Load>
void fill_train(std::uint32_t wagons) {
  {
    Pool<Wagon<Load>> train;
    std::vector<Id<Wagon<Load>>> ids;
    for (std::uint32_t i = 0; i < wagons; ++i) {
      ids.push_back(train.make());
      train[ids.back()].load.fill(i);
    }
    for (std::uint32_t i = 0; i < wagons; ++i) {
      EXPECT_EQ(train[ids[i]].load.front(), i);
      EXPECT_EQ(train[ids[i]].load.back(), i);
    }
    EXPECT_GE(Wagon<Load>::count, static_cast<int>(wagons));
  }
  EXPECT_EQ(Wagon<Load>::count, 0);
}

TEST(Pool, ObjectsBeyondALargePageAreKeptApartAndAllDestroyed) {
  fill_train<4'000>(3'000);
  fill_train<40'000>(300);
}

TEST(FlatMap, FindsAllWhenItGrowsBeyondALargePage) {
  FlatMap<std::uint64_t> map;
  for (std::uint64_t key = 1; key <= 200'000; ++key) map[key] = key * 3;
  for (std::uint64_t key = 1; key <= 200'000; key += 2) map.erase(key);
  EXPECT_EQ(map.size(), 100'000U);
  for (std::uint64_t key = 1; key <= 200'000; ++key) {
    const std::uint64_t* found = map.find(key);
    ASSERT_EQ(found != nullptr, key % 2 == 0) << key;
    EXPECT_EQ(found == nullptr ? key * 3 : *found, key * 3);
  }
}

TEST(List, ObjectsLeaveFromAnyPlace) {
  Pool<Car> cars;
  List<Car> queue;
  std::vector<Id<Car>> ids;
  for (const char* name : {"a", "b", "c", "d"}) {
    ids.push_back(cars.make());
    cars[ids.back()].name = name;
    push_back<Car, &Car::in_queue>(cars, queue, ids.back());
  }
  EXPECT_EQ(names_in(cars, queue), "abcd");
  unlink<Car, &Car::in_queue>(cars, queue, ids[1]);
  EXPECT_EQ(names_in(cars, queue), "acd");
  unlink<Car, &Car::in_queue>(cars, queue, ids[0]);
  EXPECT_EQ(names_in(cars, queue), "cd");
  unlink<Car, &Car::in_queue>(cars, queue, ids[3]);
  EXPECT_EQ(names_in(cars, queue), "c");
  push_back<Car, &Car::in_queue>(cars, queue, ids[0]);
  EXPECT_EQ(names_in(cars, queue), "ca");
  unlink<Car, &Car::in_queue>(cars, queue, ids[2]);
  unlink<Car, &Car::in_queue>(cars, queue, ids[0]);
  EXPECT_EQ(names_in(cars, queue), "");
}

}  // namespace
}  // namespace ck::base
