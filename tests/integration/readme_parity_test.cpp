// The README and the documents show what is printed: their commands are run as they stand there.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "command.h"
#include "tshark.h"

namespace ck::integration {
namespace {

using Lines = std::vector<std::string>;

struct Example {
  std::string command;
  Lines output;  ///< up to a line "…", if there is one
};

/// Commands on sample captures that the README shows with what they print.
std::vector<Example> examples_of(const std::string& readme) {
  std::vector<Example> out;
  std::istringstream in(readme);
  bool console = false, listening = false;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("```", 0) == 0) {
      console = line == "```console";
      listening = false;
    } else if (console && line.rfind("$ ", 0) == 0) {
      out.push_back({line.substr(2), {}});
      while (out.back().command.back() == '\\' && std::getline(in, line)) {
        out.back().command.pop_back();
        out.back().command += line;
      }
      listening = true;
    } else if (listening && line == "…") {
      listening = false;
    } else if (listening) {
      out.back().output.push_back(line);
    }
  }
  out.erase(std::remove_if(out.begin(), out.end(), [](const Example& one) { return one.output.empty(); }),
            out.end());
  return out;
}

/// How versions of Wireshark name the layers below differs, and is not ours.
bool is_ours(const std::string& line) {
  static constexpr const char* kOthers[] = {"Frame ", "Ethernet ", "Internet ", "Transmission "};
  return std::none_of(std::begin(kOthers), std::end(kOthers),
                      [&](const char* other) { return line.rfind(other, 0) == 0; });
}

/// The lines that are ours, without the spaces that align columns.
Lines ours(const Lines& lines) {
  Lines out;
  for (const std::string& line : lines) {
    if (!is_ours(line)) continue;
    std::istringstream words(line);
    std::string kept;
    for (std::string word; words >> word;) kept += (kept.empty() ? "" : " ") + word;
    if (!kept.empty()) out.push_back(kept);
  }
  return out;
}

Lines lines_of(const std::string& text) {
  Lines out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

class ReadmeParityTest : public testing::TestWithParam<std::string> {};

TEST_P(ReadmeParityTest, ShowsWhatIsPrinted) {
  const std::vector<Example> examples = examples_of(read_file(CK_SOURCE_DIR "/" + GetParam()));
  ASSERT_FALSE(examples.empty());
  const TemporaryFolder home;
  std::filesystem::copy(CK_CAPTURES, home.path() / "captures", std::filesystem::copy_options::recursive);
  Lines before = tshark_in(home.path());
  before.pop_back();  // tshark itself
  for (const Example& example : examples) {
    Lines shell = {
        "bash", "-c",
        "cd " + home.path().string() + " && ck-audit() { " CK_AUDIT " \"$@\"; } && " + example.command};
    if (example.command.rfind("tshark", 0) == 0) shell.insert(shell.begin(), before.begin(), before.end());
    const ProgramResult outcome = run(shell);
    Lines printed = ours(lines_of(outcome.output));
    const Lines shown = ours(example.output);
    printed.resize(std::min(printed.size(), shown.size()));
    EXPECT_EQ(printed, shown) << "$ " << example.command << "\n" << outcome.errors;
  }
}

INSTANTIATE_TEST_SUITE_P(Documents, ReadmeParityTest,
                         testing::Values("README.md", "packaging/doc/wireshark.md",
                                         "packaging/doc/reports.md", "packaging/doc/grpc.md"),
                         [](const auto& document) {
                           std::string name = std::filesystem::path(document.param).stem();
                           std::transform(name.begin(), name.end(), name.begin(), ::tolower);
                           return name;
                         });

}  // namespace
}  // namespace ck::integration
