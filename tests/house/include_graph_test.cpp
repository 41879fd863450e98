// Holds the sources to the house's plan: includes only run down, the ground floors know neither pcap nor
// epan, and files stay readable.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tree.h"

namespace ck::house {
namespace {

struct Include {
  fs::path file;
  std::size_t line = 0;
  std::string target;
  bool quoted = false;
};

std::string place(const Include& include) {
  return include.file.lexically_relative(kTree).string() + ":" + std::to_string(include.line) + " includes " +
         include.target;
}

std::vector<fs::path> sources_below(const fs::path& folder) {
  std::vector<fs::path> found;
  if (!fs::exists(folder)) return found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".h" || extension == ".cpp") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<Include> includes_below(const fs::path& folder) {
  static const std::regex pattern(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::vector<Include> found;
  for (const fs::path& file : sources_below(folder)) {
    std::ifstream in(file);
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
      std::smatch match;
      if (std::regex_search(line, match, pattern))
        found.push_back({file, number, match[2], match[1] == "\""});
    }
  }
  return found;
}

/// "audit" of "audit/audit.h"; empty for a name without a folder.
std::string room_of(const std::string& target) {
  const std::size_t slash = target.find('/');
  return slash == std::string::npos ? "" : target.substr(0, slash);
}

/// Which rooms each room may include from.
const std::map<std::string, std::set<std::string>> kMayInclude{
    {"base", {"base"}},
    {"protocol", {"protocol", "base"}},
    {"audit", {"audit", "protocol", "base"}},
    {"stream", {"stream", "audit", "protocol", "base"}},
    {"packet", {"packet", "stream", "audit", "protocol", "base"}},
    {"capture", {"capture", "grpc", "packet", "stream", "audit", "protocol", "base"}},
    {"grpc", {"grpc", "stream", "audit", "protocol", "base"}},
    {"report", {"report", "audit", "protocol", "base"}},
    {"cli", {"cli", "report", "capture", "grpc", "packet", "stream", "audit", "protocol", "base"}},
};

TEST(IncludeGraph, EveryRoomOfTheAnalyzerIsInThePlan) {
  for (const auto& entry : fs::directory_iterator(kTree / "analyzer")) {
    if (!entry.is_directory()) continue;
    EXPECT_TRUE(kMayInclude.contains(entry.path().filename().string())) << entry.path();
  }
}

TEST(IncludeGraph, ArrowsInTheAnalyzerOnlyRunDown) {
  std::size_t seen = 0;
  for (const auto& [room, allowed] : kMayInclude) {
    for (const Include& include : includes_below(kTree / "analyzer" / room)) {
      if (!include.quoted) continue;
      ++seen;
      EXPECT_TRUE(allowed.contains(room_of(include.target))) << place(include);
    }
  }
  EXPECT_GT(seen, 100u) << "the test does not find the sources";
}

/// The first group of each match of `pattern` in a file.
std::set<std::string> all_in(const fs::path& file, const std::regex& pattern) {
  std::ifstream in(file);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
    found.insert((*match)[1]);
  return found;
}

TEST(Namespaces, ASourceDeclaresItsNamesInItsRoomsNamespace) {
  const std::regex opened(R"(\nnamespace ck(?:::(\w+))?[^\n]*\{)");
  for (const auto& [room, allowed] : kMayInclude) {
    for (const fs::path& file : sources_below(kTree / "analyzer" / room)) {
      if (file.filename() == "rooms.h" || file.filename() == "main.cpp") continue;
      EXPECT_EQ(all_in(file, opened), std::set<std::string>{room}) << file;
    }
  }
  for (const fs::path& file : sources_below(kTree / "plugin")) {
    for (const std::string& name : all_in(file, opened)) EXPECT_EQ(name, "plugin") << file;
  }
}

TEST(Namespaces, ARoomSeesTheNamesOfTheRoomsThatItMayInclude) {
  std::ifstream in(kTree / "analyzer/base/rooms.h");
  const std::regex room_line(R"(^namespace (\w+) \{\}?$)"), using_line(R"(^using namespace (\w+);$)");
  std::map<std::string, std::set<std::string>> seen;
  std::string line, room;
  for (std::smatch match; std::getline(in, line);) {
    if (std::regex_match(line, match, room_line)) {
      room = match[1];
      seen[room] = {room};
    } else if (std::regex_match(line, match, using_line)) {
      seen[room].insert(match[1]);
      seen[room].insert(seen[match[1]].begin(), seen[match[1]].end());
    }
  }
  EXPECT_EQ(seen["ck"], std::set<std::string>{"ck"}) << "rooms.h: not read as it is written";
  seen.erase("ck");
  ASSERT_EQ(seen.erase("plugin"), 1u);
  for (const auto& [name, rooms] : seen) {
    const auto& allowed = kMayInclude.at(name);
    EXPECT_TRUE(std::includes(allowed.begin(), allowed.end(), rooms.begin(), rooms.end())) << name;
  }
}

TEST(IncludeGraph, ThePluginStandsOnPacketGrpcAndWhatIsBelowThem) {
  const std::set<std::string> analyzer_rooms{"capture", "report", "cli"};
  for (const Include& include : includes_below(kTree / "plugin")) {
    if (include.quoted) {
      EXPECT_FALSE(analyzer_rooms.contains(room_of(include.target))) << place(include);
    }
    EXPECT_EQ(include.target.find("nghttp2"), std::string::npos) << place(include);
    EXPECT_NE(room_of(include.target), "pcap") << place(include);
  }
}

TEST(IncludeGraph, TheGroundFloorsKnowNeitherPcapNorEpan) {
  const std::regex forbidden(R"(^(pcap|epan|wireshark|wsutil|wiretap|ws_\w+|glib|gmodule)([./].*)?$)");
  for (const char* room : {"base", "protocol", "audit", "stream", "packet", "report"}) {
    for (const Include& include : includes_below(kTree / "analyzer" / room)) {
      EXPECT_FALSE(std::regex_match(include.target, forbidden)) << place(include);
    }
  }
  EXPECT_TRUE(std::regex_match("pcap.h", forbidden));
  EXPECT_TRUE(std::regex_match("pcap/pcap.h", forbidden));
  EXPECT_TRUE(std::regex_match("epan/packet.h", forbidden));
}

TEST(IncludeGraph, TheSamplesAreMadeWithoutTheAnalyzer) {
  for (const Include& include : includes_below(kTree / "captures")) {
    if (include.quoted) {
      EXPECT_FALSE(kMayInclude.contains(room_of(include.target))) << place(include);
    }
  }
}

TEST(Sources, EachSaysWhatItIsForAndStaysUnderSixHundredLines) {
  for (const char* folder : {"analyzer", "plugin", "captures", "tests"}) {
    for (const fs::path& file : sources_below(kTree / folder)) {
      std::ifstream in(file);
      std::string line, first;
      std::getline(in, first);
      std::size_t lines = 1;
      while (std::getline(in, line)) ++lines;
      EXPECT_TRUE(first.rfind("//", 0) == 0 || first.rfind("/*", 0) == 0)
          << file << " does not say what it is for";
      EXPECT_LT(lines, 600u) << file;
    }
  }
}

/// Two classes of one name in one namespace are one to the linker, which keeps the functions of either.
TEST(Sources, NoTwoHeadersOfTheAnalyzerDefineTheSameName) {
  static const std::regex pattern(R"(^(struct|class|enum class|union) ([\w:]+)[^;]*\{)");
  std::map<std::string, std::string> defined;
  for (const fs::path& file : sources_below(kTree / "analyzer")) {
    if (file.extension() != ".h") continue;
    std::ifstream in(file);
    std::string line;
    while (std::getline(in, line)) {
      std::smatch match;
      if (!std::regex_search(line, match, pattern)) continue;
      const auto [before, fresh] = defined.emplace(match[2], file.lexically_relative(kTree).string());
      EXPECT_TRUE(fresh) << match[2] << ": " << before->second << " and " << file;
    }
  }
  EXPECT_GT(defined.size(), 100U);
}

}  // namespace
}  // namespace ck::house
