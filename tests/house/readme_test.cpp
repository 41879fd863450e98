// The README's table of rules is the catalogue's, row for row.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "audit/rules.h"

namespace ck::audit {
namespace {

TEST(Readme, ListsEveryRuleAsTheCatalogueHasIt) {
  std::ifstream file(CK_SOURCE_DIR "/README.md");
  ASSERT_TRUE(file) << "README.md is not where the tree has it";
  std::stringstream text;
  text << file.rdbuf();
  const std::string readme = text.str();
  std::string table = "| rule | severity | fires when | clause |\n|---|---|---|---|\n";
  for (const RuleSpec& spec : rules()) {
    std::ostringstream row;
    row << "| `" << spec.slug << "` | " << name_of(spec.severity) << " | " << spec.summary << " | "
        << spec.clause << " |\n";
    table += row.str();
    EXPECT_NE(readme.find(row.str()), std::string::npos) << "README.md wants this row:\n" << row.str();
  }
  EXPECT_NE(readme.find(table), std::string::npos)
      << "README.md: the table of rules has other rows, or another order";
  const std::string count = std::to_string(kRuleCount) + " rules";
  EXPECT_NE(readme.find(count), std::string::npos) << "README.md: \"" << count << "\" is what there are now";
}

}  // namespace
}  // namespace ck::audit
