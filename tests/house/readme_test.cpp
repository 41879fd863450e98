// What the README says of the catalogue.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "audit/rules.h"

namespace ck::audit {
namespace {

TEST(Readme, CountsTheRules) {
  std::ifstream file(CK_SOURCE_DIR "/README.md");
  ASSERT_TRUE(file) << "README.md is not where the tree has it";
  std::stringstream text;
  text << file.rdbuf();
  const std::string count = std::to_string(kRuleCount) + " rules";
  EXPECT_NE(text.str().find(count), std::string::npos)
      << "README.md: \"" << count << "\" is what there are now";
}

/// Who is new reads it to its end.
TEST(Readme, IsShort) {
  std::ifstream file(CK_SOURCE_DIR "/README.md");
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line);) ++lines;
  EXPECT_GT(lines, 50U);
  EXPECT_LE(lines, 150U);
}

}  // namespace
}  // namespace ck::audit
