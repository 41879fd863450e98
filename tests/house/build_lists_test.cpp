// Every source is in a list of CMakeLists.txt, by its name: one that no list names is compiled by nobody, and
// one that a pattern found is missed by whoever looks for what a library is made of.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tree.h"

namespace ck::house {
namespace {

const std::vector<std::string> kFolders{"analyzer", "plugin", "captures", "tests"};

/// A list's text without its comments. None of our strings holds a number sign.
std::string code_of(const std::string& text) {
  static const std::regex comment("#[^\n]*");
  return std::regex_replace(text, comment, "");
}

/// The sources that a list in `folder` names. Names behind a variable are other folders' sources.
std::set<fs::path> named_by(const std::string& code, const fs::path& folder) {
  static const std::regex source(R"re([^\s()"]+\.cpp(?=[\s()"]|$))re");
  std::set<fs::path> named;
  for (std::sregex_iterator at(code.begin(), code.end(), source), end; at != end; ++at)
    named.insert((folder / at->str()).lexically_normal());
  return named;
}

bool uses_patterns(const std::string& code) {
  static const std::regex pattern(R"(\bfile\s*\(\s*GLOB|\baux_source_directory\s*\()", std::regex::icase);
  return std::regex_search(code, pattern);
}

/// Our libraries that a list links by the target's own name. CMake takes a misspelt ck_… for a library of the
/// system and leaves it to the linker; a misspelt ck::… stops it at once.
std::vector<std::string> linked_without_alias(const std::string& code) {
  static const std::regex call(R"(\b(?:target_link_libraries|ck_add_fuzzer)\s*\(\s*[^\s)]+([^)]*)\))");
  static const std::regex ours(R"(\bck_\w+)");
  std::vector<std::string> found;
  for (std::sregex_iterator at(code.begin(), code.end(), call), end; at != end; ++at) {
    const std::string libraries = (*at)[1];
    for (std::sregex_iterator name(libraries.begin(), libraries.end(), ours); name != end; ++name)
      found.push_back(name->str());
  }
  return found;
}

std::vector<fs::path> lists() {
  std::vector<fs::path> found{kTree / "CMakeLists.txt"};
  for (const std::string& folder : kFolders) {
    for (const auto& entry : fs::recursive_directory_iterator(kTree / folder)) {
      if (entry.path().filename() == "CMakeLists.txt") found.push_back(entry.path());
    }
  }
  return found;
}

/// Whether the list of the source's folder, or of a folder around it, names the source.
bool is_listed(const fs::path& source) {
  for (fs::path folder = source.parent_path(); folder != kTree.parent_path(); folder = folder.parent_path()) {
    if (named_by(code_of(text_of(folder / "CMakeLists.txt")), folder).count(source) != 0) return true;
  }
  return false;
}

TEST(BuildLists, NameEverySource) {
  std::size_t seen = 0;
  for (const std::string& folder : kFolders) {
    for (const auto& entry : fs::recursive_directory_iterator(kTree / folder)) {
      if (entry.path().extension() != ".cpp") continue;
      ++seen;
      EXPECT_TRUE(is_listed(entry.path())) << entry.path().lexically_relative(kTree)
                                           << " is in no CMakeLists.txt of its folder or of one around it";
    }
  }
  EXPECT_GT(seen, 200U) << "the test does not find the sources";
}

TEST(BuildLists, UseNoPatternsAndLinkByAlias) {
  const std::vector<fs::path> all = lists();
  for (const fs::path& list : all) {
    const std::string code = code_of(text_of(list));
    EXPECT_FALSE(uses_patterns(code)) << list << ": name the sources";
    for (const std::string& library : linked_without_alias(code))
      ADD_FAILURE() << list << " links " << library << ": say ck::" << library.substr(3);
  }
  EXPECT_GT(all.size(), 20U) << "the test does not find the lists";
}

TEST(BuildLists, AreReadAsCMakeReadsThem) {
  const auto named = [](const std::string& text) { return named_by(code_of(text), "/tree/room"); };
  EXPECT_EQ(named("add_library(ck_room STATIC a.cpp\n  rules/b.cpp ../c.cpp)"),
            (std::set<fs::path>{"/tree/room/a.cpp", "/tree/room/rules/b.cpp", "/tree/c.cpp"}));
  EXPECT_TRUE(named("add_library(ck_room STATIC\n  # a.cpp\n  a.cpp.in a.h)").empty());
}

TEST(BuildLists, APatternAndALinkWithoutAliasAreFound) {
  EXPECT_TRUE(uses_patterns("file(GLOB sources *.cpp)"));
  EXPECT_TRUE(uses_patterns("FILE( GLOB_RECURSE sources *.cpp)"));
  EXPECT_FALSE(uses_patterns("file(MAKE_DIRECTORY folder)"));
  EXPECT_FALSE(uses_patterns(code_of("# no file(GLOB) here")));
  EXPECT_EQ(linked_without_alias("target_link_libraries(ck_a PUBLIC ck::b\n  ck_c PRIVATE ck_d)"),
            (std::vector<std::string>{"ck_c", "ck_d"}));
  EXPECT_TRUE(
      linked_without_alias("add_dependencies(a ck_b)\ntarget_link_libraries(ck_a PUBLIC ck::b)").empty());
}

}  // namespace
}  // namespace ck::house
