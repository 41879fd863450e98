// packaging/check --quick knows for every source what tests it, or at least what builds it.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <sstream>
#include <string>

namespace ck::house {
namespace {

struct Output {
  std::string text;
  int status = -1;
};

/// What a script prints that has the functions of packaging/quick.sh, run at the top of the tree.
Output quick(const std::string& script) {
  const std::string command =
      "cd '" CK_SOURCE_DIR "' && exec bash -euo pipefail -c '. packaging/quick.sh; " + script + "'";
  Output output;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  char buffer[4096];
  for (std::size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    output.text.append(buffer, got);
  const int status = pclose(pipe);
  output.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return output;
}

std::string tests_of(const std::string& file) {
  const Output output = quick("quick_tests_of " + file);
  EXPECT_EQ(output.status, 0) << file;
  return output.text;
}

TEST(Quick, TestsTheRoomOfASource) {
  EXPECT_EQ(tests_of("analyzer/audit/relay.cpp"), "audit/audit_tests all\n");
  EXPECT_EQ(tests_of("analyzer/audit/rules/relay.cpp"), "audit/audit_tests all\n");
  EXPECT_EQ(tests_of("analyzer/audit/CMakeLists.txt"), "audit/audit_tests all\n");
  EXPECT_EQ(tests_of("tests/capture/tcp_test.cpp"), "capture/capture_tests all\n");
  EXPECT_EQ(tests_of("analyzer/stream/ck_stream.h"),
            "capture/capture_tests all\nplugin/core/plugin_core_tests all\n");
  EXPECT_EQ(tests_of("plugin/core/delivery.cpp"), "plugin/core/plugin_core_tests all\n");
  EXPECT_EQ(tests_of("tests/cli/tls_test.cpp"), "cli/cli_tests tls_test.cpp\n");
  EXPECT_EQ(tests_of("tests/cli/tool.cpp"), "cli/cli_tests all\n");
  EXPECT_EQ(
      tests_of("captures/expected.json"),
      "integration/integration_tests samples_test.cpp\nintegration/integration_tests rules_table_test.cpp\n");
  EXPECT_EQ(tests_of("tests/integration/network_test.cpp"), "integration/network_tests network_test.cpp\n");
  EXPECT_EQ(tests_of("tests/integration/parity_test.cpp"), "integration/integration_tests parity_test.cpp\n");
  EXPECT_EQ(tests_of("tests/hostile/floods.cpp"),
            "hostile/hostile_plugin_tests all\nhostile/hostile_tests all\n");
  EXPECT_EQ(tests_of("README.md"), "") << "the house's tests run anyway";
}

TEST(Quick, TestsThePluginByTheNameOfASource) {
  EXPECT_EQ(tests_of("plugin/tree.cpp"), "plugin/plugin_tests tree_test.cpp\n");
  EXPECT_EQ(tests_of("plugin/tree_members.cpp"), "plugin/plugin_tests tree_test.cpp\n");
  EXPECT_EQ(tests_of("tests/plugin/tls_split_test.cpp"), "plugin/plugin_tests tls_split_test.cpp\n");
  EXPECT_EQ(tests_of("packaging/quickstart"), "plugin/plugin_tests quickstart_test.cpp\n");
  EXPECT_EQ(tests_of("plugin/packet-ck.cpp"),
            "plugin/plugin_tests registry_test.cpp\nplugin/plugin_tests stream_test.cpp\n"
            "plugin/plugin_tests tree_test.cpp\n");
}

/// tree_test.cpp has the suites Columns and Tree, tls_split_test.cpp one with parameters and one without.
TEST(Quick, TakesTheSuitesOfATestSource) {
  EXPECT_EQ(quick("quick_filter plugin/plugin_tests tree_test.cpp").text,
            "Columns.*:*/Columns.*:Columns/*:*/Columns/*:Tree.*:*/Tree.*:Tree/*:*/Tree/*:\n");
  EXPECT_EQ(quick("quick_filter plugin/plugin_tests tls_split_test.cpp").text,
            "TlsSplitTest.*:*/TlsSplitTest.*:TlsSplitTest/*:*/TlsSplitTest/*:"
            "TlsTunnelTest.*:*/TlsTunnelTest.*:TlsTunnelTest/*:*/TlsTunnelTest/*:\n");
  EXPECT_EQ(quick("quick_filter audit/audit_tests").text, "*\n");
}

/// A source of each folder: the rules go by folders.
TEST(Quick, LeavesNoFolderOut) {
  const Output output = quick(
      "find analyzer plugin captures tests -name \"*.cpp\" -printf \"%h\\n\" | sort -u | while read -r "
      "folder; do "
      "file=$(find $folder -maxdepth 1 -name \"*.cpp\" -print -quit); echo $file "
      "$(quick_tests_of $file | wc -l) $(quick_targets_of $file | wc -l); done");
  ASSERT_EQ(output.status, 0);
  std::istringstream lines(output.text);
  std::string file;
  std::size_t tests = 0, targets = 0, seen = 0;
  for (; lines >> file >> tests >> targets; ++seen)
    EXPECT_GT(tests + targets, 0U) << "packaging/check --quick neither tests nor builds " << file;
  EXPECT_GT(seen, 20U) << "the test does not find the folders";
}

TEST(Quick, KnowsNoTestsOfAFolderThatHasNone) {
  EXPECT_EQ(tests_of("analyzer/nowhere/none.cpp"), "");
  EXPECT_EQ(tests_of("tests/benchmark/bare_loop.cpp"), "");
  EXPECT_EQ(quick("quick_targets_of tests/benchmark/bare_loop.cpp").text, "bare_loop\n");
}

}  // namespace
}  // namespace ck::house
