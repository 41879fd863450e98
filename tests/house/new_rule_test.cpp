// packaging/new-rule lays out what compiles and what cannot be forgotten.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <cstdlib>

#include <cstdio>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

#include "audit/rules.h"
#include "tree.h"

namespace ck::house {
namespace {

/// What is left to a person. In two parts, so that this file does not have it.
const std::string kLeft = std::string("FILL") + "-IN";

/// A copy of what new-rule reads and writes, and of what that includes; removed at the end.
class NewRuleTest : public testing::Test {
 protected:
  NewRuleTest() {
    std::string pattern = (fs::temp_directory_path() / "ck-new-rule-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder " + pattern);
    copy_ = pattern;
    for (const char* folder : {"analyzer", "tests/audit", "captures/generator", "packaging"}) {
      fs::create_directories(copy_ / folder);
      fs::copy(kTree / folder, copy_ / folder, fs::copy_options::recursive);
    }
    for (const char* file : {"README.md", ".clang-format"}) fs::copy(kTree / file, copy_ / file);
  }
  ~NewRuleTest() override { fs::remove_all(copy_); }

  /// The exit status of a command at the top of the copy; what it says is in said_.
  int run(const std::string& command) {
    FILE* pipe = popen(("cd '" + copy_.string() + "' && " + command + " 2>&1").c_str(), "r");
    said_.clear();
    char buffer[4096];
    for (std::size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) said_.append(buffer, got);
    const int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] bool says(const std::string& file, const std::string& text) const {
    return text_of(copy_ / file).find(text) != std::string::npos;
  }
  [[nodiscard]] int compile(const std::string& source) {
    return run(CK_CXX " -std=c++20 -Wall -Wextra -Werror -fsyntax-only -Ianalyzer -Icaptures " + source);
  }

  fs::path copy_;
  std::string said_;
};

TEST_F(NewRuleTest, LaysOutARuleOfEachFamilyAndItCompiles) {
  const std::vector<std::string> families{"framing", "payload",     "pairing",  "relay",
                                          "session", "reservation", "transport"};
  const std::vector<std::string> after{"message-id-reused",    "empty-identifier", "response-mismatch",
                                       "destination-not-last", "unknown-session",  "key-double-reserved",
                                       "truncated-packet"};
  for (std::size_t i = 0; i < families.size(); ++i) {
    const std::string slug = "new-" + families[i], name = "new_" + families[i];
    ASSERT_EQ(run("packaging/new-rule " + slug + " --after " + after[i]), 0) << said_;
    for (const char* extension : {".h", ".cpp"})
      EXPECT_TRUE(says("analyzer/audit/rules/" + families[i] + extension, name)) << families[i];
    EXPECT_TRUE(says("README.md", std::to_string(audit::kRuleCount + i + 1) + " rules"));
    ASSERT_EQ(compile("analyzer/audit/rules/" + families[i] + ".cpp"), 0) << said_;
  }
  EXPECT_EQ(compile("analyzer/audit/rules.cpp"), 0) << said_;
  EXPECT_EQ(compile("captures/generator/rule_samples_procedures.cpp"), 0) << said_;
  const std::string stories = text_of(copy_ / "captures/generator/rule_samples_procedures.cpp");
  EXPECT_LT(stories.find("\"destination-not-last\",\n"), stories.find("\"new-relay\",\n"));
  EXPECT_LT(stories.find("\"new-relay\",\n"), stories.find("\"relay-request-id-reused\",\n"));
  EXPECT_TRUE(says("captures/generator/samples.cpp", "{\"new-transport\", \"warning\"}"));
  EXPECT_TRUE(says("tests/audit/relay_test.cpp", "TEST(NewRelay, "));
  if (run("clang-format-14 --version") != 0) return;  // then new-rule says so
  EXPECT_EQ(run("find analyzer/audit/rules* captures/generator tests/audit -name '*.h' -o -name '*.cpp' |"
                " xargs clang-format-14 --dry-run -Werror"),
            0)
      << said_;
}

// The last row of a list has no other behind it.
TEST_F(NewRuleTest, StoriesComeBehindThoseOfTheRuleThatIsNamed) {
  const std::string file = "captures/generator/rule_samples_streams.cpp";
  ASSERT_EQ(run("packaging/new-rule new-last --after truncated-packet"), 0) << said_;
  const std::size_t added = text_of(copy_ / file).find("\"new-last\",\n");
  ASSERT_NE(added, std::string::npos);
  EXPECT_LT(text_of(copy_ / file).find("\"truncated-packet\",\n"), added);
  EXPECT_EQ(compile(file), 0) << said_;
}

TEST_F(NewRuleTest, RefusesWhatItCannotLayOutAndWritesNothing) {
  const std::string before = text_of(copy_ / "analyzer/audit/rules.h");
  for (const char* wrong :
       {"relay-loop --after relay-loop", "new-one --after no-such-rule", "New_One --after relay-loop",
        "oneword --after relay-loop", "new-one --after obsolete-tls", "new-one",
        "new-one --after relay-loop --severity grave"}) {
    EXPECT_NE(run(std::string("packaging/new-rule ") + wrong), 0) << wrong;
    EXPECT_EQ(said_.find("Traceback"), std::string::npos) << said_;
    EXPECT_EQ(text_of(copy_ / "analyzer/audit/rules.h"), before) << wrong;
  }
}

TEST(NewRule, NothingIsLeftToFillIn) {
  const std::regex written(R"(\.(h|cpp|md|json)$)");
  std::size_t seen = 0;
  for (const char* folder : {"analyzer", "plugin", "captures", "tests", "packaging/doc"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kTree / folder)) {
      if (!std::regex_search(entry.path().string(), written)) continue;
      ++seen;
      EXPECT_EQ(text_of(entry.path()).find(kLeft), std::string::npos) << entry.path();
    }
  }
  EXPECT_GT(seen, 300u) << "the test does not find the sources";
  EXPECT_EQ(text_of(kTree / "README.md").find(kLeft), std::string::npos);
}

}  // namespace
}  // namespace ck::house
