// Entries stay in order of their keys, whatever the order in which they come.
#include "base/sorted_map.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ck::base {
namespace {

std::vector<int> keys_of(const SortedMap<int, std::string>& map) {
  std::vector<int> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

TEST(SortedMap, NewKeysGoWhereTheyBelong) {
  SortedMap<int, std::string> map;
  map[5] = "five";
  map[2] = "two";
  map[9] = "nine";
  map[2] += "!";
  EXPECT_EQ(keys_of(map), (std::vector<int>{2, 5, 9}));
  EXPECT_EQ(map.find(2)->second, "two!");
}

TEST(SortedMap, WhatIsNotThereIsNotFound) {
  SortedMap<int, std::string> map;
  EXPECT_EQ(map.find(1), map.end());
  map[1] = "one";
  map[3] = "three";
  EXPECT_EQ(map.find(0), map.end());
  EXPECT_EQ(map.find(2), map.end());
  EXPECT_EQ(map.find(4), map.end());
  map.erase(map.find(1));
  EXPECT_EQ(keys_of(map), (std::vector<int>{3}));
}

}  // namespace
}  // namespace ck::base
