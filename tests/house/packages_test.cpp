// What is handed out says one version everywhere, is built with what the lists of packages name, and
// packaging/release lets nothing else pass.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <cstdlib>

#include <cstdio>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

#include "tree.h"

namespace ck::house {
namespace {

/// The first group of a pattern's first match in a file of the tree; empty if there is none.
std::string found_in(const char* file, const char* pattern) {
  const std::string text = text_of(kTree / file);
  std::smatch match;
  return std::regex_search(text, match, std::regex(pattern)) ? match[1].str() : "";
}

TEST(Packages, SayTheVersionOfTheProject) {
  const std::string version = found_in("CMakeLists.txt", R"(project\(ck-wireshark VERSION ([0-9.]+))");
  ASSERT_NE(version, "");
  EXPECT_EQ(found_in("packaging/debian/changelog", R"(^ck-wireshark \(([0-9.]+)-[0-9]+\))"), version);
  EXPECT_EQ(found_in("packaging/doc/changelog.md", "\n## ([0-9.]+), "), version);
}

/// The packages of a Debian control file's Build-Depends, without their versions.
std::set<std::string> build_dependencies(const std::string& control) {
  std::set<std::string> packages;
  std::istringstream lines(control.substr(control.find("Build-Depends:")));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && line.rfind(' ', 0) == 0)
    packages.insert(line.substr(1, line.find_first_of(" ,", 1) - 1));
  return packages;
}

TEST(Packages, AreBuiltWithWhatTheListNames) {
  const std::set<std::string> named = build_dependencies(text_of(kTree / "packaging/debian/control"));
  // What each Debian build has anyway, and what is for trying the result.
  const std::set<std::string> left_out{"g++", "tshark"};
  std::istringstream lines(text_of(kTree / "packaging/packages/build.txt"));
  std::size_t seen = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#' || left_out.count(line) != 0) continue;
    ++seen;
    // The old name of pkgconf, which Debian 12 has under both.
    if (line == "pkg-config") line = "pkgconf";
    EXPECT_EQ(named.count(line), 1U) << "packaging/debian/control does not name " << line;
  }
  EXPECT_GT(seen, 10U) << "the test does not find the list";
}

/// A repository with what packaging/release reads, at a commit that can be released; removed at the end.
class ReleaseTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(run("git --version"), 0) << "packaging/packages/test.txt has git";
    std::string pattern = (fs::temp_directory_path() / "ck-release-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder " + pattern);
    top_ = pattern;
    copy_ = top_ / "tree";
    fs::create_directories(copy_ / "packaging");
    for (const char* script : {"packaging/lib.sh", "packaging/source.sh", "packaging/release"})
      fs::copy(kTree / script, copy_ / script);
    write("CMakeLists.txt", "project(ck-wireshark VERSION 2.5.1 LANGUAGES CXX)\n");
    write("packaging/debian/changelog", packaged("2.5.1", "Mon, 03 Feb 2031"));
    write("packaging/doc/changelog.md", kChanges);
    ASSERT_EQ(run("git init -q"), 0) << said_;
    commit();
  }
  ~ReleaseTest() override {
    if (!top_.empty()) fs::remove_all(top_);
  }

  /// The exit status of a command at the top of the repository; what it says is in said_.
  int run(const std::string& command) {
    const std::string where = copy_.empty() ? "/" : copy_.string();
    FILE* pipe = popen(("cd '" + where + "' && " + command + " 2>&1").c_str(), "r");
    said_.clear();
    if (pipe == nullptr) return -1;
    char buffer[4096];
    for (std::size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) said_.append(buffer, got);
    const int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  int release() { return run("packaging/release --no-check --output '" + (top_ / "out").string() + "'"); }
  void commit() {
    const std::string as = "git -c user.name=Ck -c user.email=ck@localhost.localdomain ";
    ASSERT_EQ(run("git add -A && " + as + "commit -q -m Change"), 0) << said_;
  }
  void write(const char* file, const std::string& text) const {
    fs::create_directories((copy_ / file).parent_path());
    std::ofstream(copy_ / file) << text;
  }
  /// packaging/debian/changelog of a version.
  static std::string packaged(const std::string& version, const std::string& day) {
    return "ck-wireshark (" + version + "-1) unstable; urgency=medium\n\n  * One more.\n\n" +
           " -- Ck <ck@localhost.localdomain>  " + day + " 23:30:00 -0800\n";
  }
  [[nodiscard]] bool says(const std::string& text) const { return said_.find(text) != std::string::npos; }

  const std::string kChanges =
      "# Changelog\n\n## 2.5.1, 2031-02-03\n\n### Rules\n\n* One more,\n  and another.\n\n## 2.5.0, "
      "2030-01-01\n\n* Old.\n";
  fs::path top_, copy_;
  std::string said_;
};

TEST_F(ReleaseTest, WritesTheSameArchiveAgainAndTheTagsMessage) {
  ASSERT_EQ(release(), 0) << said_;
  const fs::path archive = top_ / "out/ck-wireshark-2.5.1.tar.gz";
  const std::string first = text_of(archive), sum = text_of(archive.string() + ".sha256");
  ASSERT_NE(first, "");
  EXPECT_EQ(run("cd ../out && sha256sum --check ck-wireshark-2.5.1.tar.gz.sha256"), 0) << said_;
  EXPECT_EQ(text_of(top_ / "out/ck-wireshark-2.5.1.tag"),
            "Ck for Wireshark 2.5.1\n\nRules\n\n* One more,\n  and another.\n\n");

  // A second later gzip would note another time.
  ASSERT_EQ(run("sleep 1.1"), 0);
  ASSERT_EQ(release(), 0) << said_;
  EXPECT_TRUE(text_of(archive) == first) << "the archive depends on when it is made";
  EXPECT_EQ(text_of(archive.string() + ".sha256"), sum);
  ASSERT_EQ(run("tar -tzf '" + archive.string() + "'"), 0);
  EXPECT_TRUE(says("ck-wireshark-2.5.1/packaging/release\n")) << said_;
}

TEST_F(ReleaseTest, RefusesWhatIsNotCommitted) {
  write("new.txt", "new\n");
  EXPECT_EQ(release(), 1);
  EXPECT_TRUE(says("something is not committed")) << said_;
  EXPECT_FALSE(fs::exists(top_ / "out"));
}

TEST_F(ReleaseTest, RefusesTwoVersionsAndNamesBoth) {
  write("packaging/debian/changelog", packaged("2.5.0", "Mon, 03 Feb 2031"));
  write("packaging/doc/changelog.md", "# Changelog\n\n## 2.4.9, 2030-01-01\n\n* Old.\n");
  commit();
  EXPECT_EQ(release(), 1);
  EXPECT_TRUE(says("packaging/debian/changelog is about 2.5.0-1, CMakeLists.txt says 2.5.1")) << said_;
  EXPECT_TRUE(says("begins with 2.4.9, 2030-01-01, CMakeLists.txt says 2.5.1")) << said_;
}

TEST_F(ReleaseTest, RefusesAChangelogWithoutADate) {
  write("packaging/doc/changelog.md", "# Changelog\n\n## 2.5.1, unreleased\n\n* One more.\n");
  commit();
  EXPECT_EQ(release(), 1);
  EXPECT_TRUE(says("no date for 2.5.1 but \"unreleased\"")) << said_;
}

TEST_F(ReleaseTest, RefusesPackagesOfAnotherDay) {
  write("packaging/debian/changelog", packaged("2.5.1", "Sun, 02 Feb 2031"));
  commit();
  EXPECT_EQ(release(), 1);
  EXPECT_TRUE(
      says("packaging/debian/changelog is of 02 Feb 2031, packaging/doc/changelog.md says 2031-02-03"))
      << said_;
}

TEST_F(ReleaseTest, RefusesATagThatLeadsElsewhere) {
  ASSERT_EQ(run("git tag v2.5.1"), 0) << said_;
  EXPECT_EQ(release(), 0) << "the tag is on this commit: " << said_;
  write("new.txt", "new\n");
  commit();
  EXPECT_EQ(release(), 1);
  EXPECT_TRUE(says("the tag v2.5.1 is there and leads to another commit")) << said_;
}

}  // namespace
}  // namespace ck::house
