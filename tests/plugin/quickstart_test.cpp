// packaging/quickstart says in plain words why Wireshark would not load the plugin, before it builds where it
// can. Programs that would answer otherwise on this machine are stood in for by scripts.
#include <gtest/gtest.h>

#include "tshark.h"

namespace ck::plugin {
namespace {

/// What quickstart says when `preparation`, lines of a script, was run before it. `stub NAME LINE` makes a
/// program.
Output quickstart(const std::string& preparation, const std::string& options = "--user") {
  return run_unprivileged({"bash", "-c",
                           R"(
mkdir "$HOME/bin"
PATH=$HOME/bin:$PATH
stub() { printf '#!/bin/bash\n%s\n' "$2" >"$HOME/bin/$1"; chmod +x "$HOME/bin/$1"; }
)" + preparation +
                               "\nexec " CK_SOURCE_DIR
                               "/packaging/quickstart --no-install-packages --build \"$HOME/build\" " +
                               options});
}

void expect_failure(const Output& output, const std::string& words) {
  EXPECT_EQ(output.status, 1) << output.out;
  EXPECT_NE(output.err.find(words), std::string::npos) << words << "\nnot in\n" << output.err;
}

TEST(Quickstart, NamesBothVersionsWhenTheyDiffer) {
  expect_failure(quickstart(R"(stub tshark 'echo "TShark (Wireshark) 9.9.1."')"),
                 "bin/tshark is Wireshark 9.9, but the headers (wireshark-dev) are of ");
}

TEST(Quickstart, MissesTheHeaders) {
  expect_failure(quickstart("stub pkg-config 'exit 1'"),
                 "Wireshark's headers are missing: apt-get install wireshark-dev");
}

TEST(Quickstart, WarnsOfAWindowOfAnotherVersion) {
  const Output output = quickstart("stub wireshark 'echo Wireshark 9.9.1.'\nmkdir -m 500 \"$HOME/.local\"");
  expect_failure(output, "bin/wireshark is Wireshark 9.9, but ");
  expect_failure(output, "that wireshark will not load it");
}

TEST(Quickstart, RefusesRootAPersonalPlugin) {
  expect_failure(quickstart(R"(stub id '[ "$1" = -u ] && echo 0 || echo root')"),
                 "Wireshark ignores root's personal plugins");
}

TEST(Quickstart, SaysWhereTheUserMayNotWrite) {
  expect_failure(quickstart("mkdir -m 500 \"$HOME/.local\""), "may not write to ");
  expect_failure(quickstart("", "--user --prefix /usr"), "may not write to /usr/bin");
  expect_failure(quickstart("", "--user --build /usr/ck"), "may not write to /usr/ck: remove it");
}

// With a cmake that does nothing, nothing is installed.

TEST(Quickstart, SaysWhatAPluginNeedsThatIsNotLoaded) {
  // An empty system-wide folder: on the machine of the test the plugin may be installed for everybody.
  const Output output =
      quickstart("export WIRESHARK_PLUGIN_DIR=$HOME/none\nmkdir \"$HOME/none\"\nstub cmake 'exit 0'");
  expect_failure(output, "tshark does not load the plugin. Wireshark loads a plugin only if");
  expect_failure(output, "it is not a personal plugin while Wireshark runs as root (nor set-uid): you are ");
}

TEST(Quickstart, TellsOfACopyThatStandsBeforeIt) {
  const Output output = quickstart("stub cmake 'exit 0'");
  EXPECT_NE(output.out.find("loads " CK_PLUGIN_DIR), std::string::npos) << output.out;
  expect_failure(output, "that is another copy than the one just installed, ");
}

}  // namespace
}  // namespace ck::plugin
