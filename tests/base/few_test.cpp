// A list goes on where it has more elements than lie in it.
#include "base/few.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace ck::base {
namespace {

using Numbers = Few<int, 3>;

std::vector<int> values(const Numbers& numbers) {
  return {numbers.begin(), numbers.end()};
}

Numbers up_to(int last) {
  Numbers numbers;
  for (int number = 1; number <= last; ++number) numbers.push_back(number);
  return numbers;
}

TEST(Few, KeepsItsElementsInOrderWhereverTheyLie) {
  EXPECT_TRUE(Numbers().empty());
  EXPECT_EQ(values(up_to(3)), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(values(up_to(8)), (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(up_to(8).size(), 8U);
}

TEST(Few, PutsOneInFrontOfAnother) {
  Numbers numbers = up_to(3);
  numbers.insert(numbers.begin() + 1, 7);  // it grows here
  EXPECT_EQ(values(numbers), (std::vector<int>{1, 7, 2, 3}));
  numbers.insert(numbers.begin(), 0);
  EXPECT_EQ(numbers.front(), 0);
  EXPECT_EQ(numbers.back(), 3);
}

TEST(Few, MayBeGivenOneOfItsOwn) {
  Numbers numbers = up_to(3);
  numbers.push_back(numbers.front());
  EXPECT_EQ(values(numbers), (std::vector<int>{1, 2, 3, 1}));
}

TEST(Few, TakesSeveralAndForgetsTheFirst) {
  Numbers numbers = up_to(2);
  const std::vector<int> more{3, 4, 5, 6};
  numbers.append(more);
  EXPECT_EQ(values(numbers), values(up_to(6)));
  numbers.drop_front(2);
  EXPECT_EQ(values(numbers), more);
  EXPECT_GT(numbers.capacity(), 3U);
  numbers.drop_front(1);
  EXPECT_EQ(values(numbers), (std::vector<int>{4, 5, 6}));
  EXPECT_EQ(numbers.capacity(), 3U);  // they lie in the list again
  numbers.drop_front(2);
  numbers.append(more);
  numbers.back() = 7;
  EXPECT_EQ(values(numbers), (std::vector<int>{6, 3, 4, 5, 7}));
  EXPECT_EQ(numbers[1], 3);
  numbers.clear();
  EXPECT_TRUE(numbers.empty());
  numbers.append(more);
  EXPECT_EQ(values(numbers), more);
}

TEST(Few, WhatWasMovedFromIsEmptyAndCanBeFilledAgain) {
  for (const int size : {2, 8}) {
    Numbers from = up_to(size);
    Numbers to = up_to(5);
    to = std::exchange(from, {});
    EXPECT_EQ(values(to), values(up_to(size)));
    EXPECT_TRUE(from.empty());
    for (int number = 1; number <= 4; ++number) from.push_back(number);
    EXPECT_EQ(values(from), values(up_to(4)));
    EXPECT_EQ(values(to), values(up_to(size)));
  }
}

}  // namespace
}  // namespace ck::base
