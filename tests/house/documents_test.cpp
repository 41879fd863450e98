// Documents and comments point at what is there: every relative link leads to a file, and every document that
// a source cites exists and has the section that is named.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tree.h"

namespace ck::house {
namespace {

/// The headings of a document, as they are written. A line of a code block is none.
std::set<std::string> headings_of(const std::string& text) {
  std::set<std::string> headings;
  std::istringstream lines(text);
  bool in_code = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("```", 0) == 0) in_code = !in_code;
    const std::size_t marks = line.find_first_not_of('#');
    if (!in_code && marks != 0 && marks != std::string::npos && line[marks] == ' ')
      headings.insert(line.substr(marks + 1));
  }
  return headings;
}

/// What a link to a heading says: lower case, a hyphen for each space, no punctuation.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '_' || c == '-') anchor += static_cast<char>(std::tolower(byte));
    if (c == ' ') anchor += '-';
  }
  return anchor;
}

bool has_anchor(const fs::path& document, const std::string& anchor) {
  const std::set<std::string> headings = headings_of(text_of(document));
  return std::any_of(headings.begin(), headings.end(),
                     [&](const std::string& heading) { return anchor_of(heading) == anchor; });
}

/// Relative links in a document of `folder` that lead nowhere. `seen` counts those that were looked at.
std::vector<std::string> broken_links(const std::string& text, const fs::path& document, std::size_t& seen) {
  static const std::regex pattern(R"(\]\(([^)\s#]*)(?:#([^)\s]+))?\))");
  std::vector<std::string> broken;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
    const std::string path = (*at)[1], anchor = (*at)[2];
    if (path.find("://") != std::string::npos) continue;
    ++seen;
    const fs::path target = path.empty() ? document : document.parent_path() / path;
    const bool found = fs::exists(target) && (anchor.empty() || has_anchor(target, anchor));
    if (!found) broken.push_back((*at)[0]);
  }
  return broken;
}

/// A source's text with the marks of comments taken out, so that a citation may go over a line's end.
std::string unbroken(const std::string& text) {
  static const std::regex line_end(R"(\s*\n\s*(?:///?<?|#)?\s*)");
  return std::regex_replace(text, line_end, " ");
}

/// Documents that a source of `folder` cites and that are not there, or not with the sections behind them:
/// path, "section" and "section".
std::vector<std::string> broken_citations(const std::string& source, const fs::path& folder,
                                          std::size_t& seen) {
  static const std::regex document(R"(\w[\w./-]*\.md\b)"), section("^(?:,| and) \"([^\"]+)\"");
  const std::string text = unbroken(source);
  std::vector<std::string> broken;
  for (std::sregex_iterator at(text.begin(), text.end(), document), end; at != end; ++at) {
    ++seen;
    const fs::path from_top = kTree / at->str(), from_here = folder / at->str();
    if (!fs::exists(from_top) && !fs::exists(from_here)) {
      broken.push_back(at->str());
      continue;
    }
    const std::set<std::string> headings = headings_of(text_of(fs::exists(from_top) ? from_top : from_here));
    std::string rest = at->suffix();
    for (std::smatch named; std::regex_search(rest, named, section); rest = named.suffix()) {
      if (headings.count(named[1]) == 0) broken.push_back(at->str() + ", " + named[1].str());
    }
  }
  return broken;
}

std::vector<fs::path> documents() {
  std::vector<fs::path> found{kTree / "README.md", kTree / "captures/README.md"};
  for (const auto& entry : fs::directory_iterator(kTree / "packaging/doc")) {
    if (entry.path().extension() == ".md") found.push_back(entry.path());
  }
  return found;
}

/// Everything that people write comments in.
std::vector<fs::path> commented_sources() {
  std::vector<fs::path> found{kTree / "CMakeLists.txt"};
  for (const char* folder : {"analyzer", "plugin", "captures", "tests", "packaging"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kTree / folder)) {
      const std::string extension = entry.path().extension().string();
      const bool text = std::set<std::string>{"", ".h", ".cpp", ".txt", ".cmake", ".sh", ".py", ".lua"}.count(
                            extension) != 0;
      const bool seed = entry.path().string().find("/fuzz/corpus/") != std::string::npos;
      if (entry.is_regular_file() && text && !seed) found.push_back(entry.path());
    }
  }
  return found;
}

TEST(Documents, LinksLeadSomewhere) {
  std::size_t seen = 0;
  for (const fs::path& document : documents()) {
    for (const std::string& link : broken_links(text_of(document), document, seen))
      ADD_FAILURE() << document << ": " << link;
  }
  EXPECT_GT(seen, 40U) << "the test does not find the links";
}

TEST(Documents, WhatCommentsCiteIsThere) {
  std::size_t seen = 0;
  for (const fs::path& source : commented_sources()) {
    for (const std::string& citation : broken_citations(text_of(source), source.parent_path(), seen))
      ADD_FAILURE() << source << " cites " << citation;
  }
  EXPECT_GT(seen, 10U) << "the test does not find the citations";
}

TEST(Documents, ALinkThatLeadsNowhereIsFound) {
  const fs::path readme = kTree / "README.md";
  std::size_t seen = 0;
  const auto broken = [&](const std::string& text) { return broken_links(text, readme, seen); };
  EXPECT_TRUE(broken("[a](captures/README.md) [b](#start) [c](https://example.org/none)").empty());
  EXPECT_TRUE(broken("[d](packaging/doc/reading-q4164.md#who-is-who)").empty());
  EXPECT_EQ(broken("[a](captures/LIESMICH)").size(), 1U);
  EXPECT_EQ(broken("[b](#ck-audi)").size(), 1U);
  EXPECT_EQ(broken("[d](packaging/doc/reading-q4164.md#who-is-whom)").size(), 1U);
  EXPECT_EQ(seen, 6U);
}

TEST(Documents, ACitationOfWhatIsNotThereIsFound) {
  std::size_t seen = 0;
  const auto broken = [&](const std::string& text) { return broken_citations(text, kTree / "tests", seen); };
  const std::string reading = std::string("packaging/doc/reading-q4164") + ".md";
  EXPECT_TRUE(broken("// See " + reading + ", \"Who\n/// is who\" and \"Frame\".").empty());
  EXPECT_TRUE(broken("// Said \"elsewhere\", too: " + reading + ".").empty());
  EXPECT_EQ(broken("// See " + reading + ", \"Frame\" and \"Who is whom\".").size(), 1U);
  EXPECT_EQ(broken(std::string("// (protocol") + ".md, \"Frame\")").size(), 1U);
  EXPECT_EQ(seen, 4U);
}

}  // namespace
}  // namespace ck::house
