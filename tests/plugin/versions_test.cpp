// packaging/versions: two runs on one root would spoil each other. Who is not root, and has no debootstrap,
// is given programs that say otherwise.
#include <gtest/gtest.h>

#include "tshark.h"

namespace ck::plugin {
namespace {

TEST(Versions, RefusesARootThatAnotherRunUses) {
  const Output output = run_unprivileged({"bash", "-c", R"(
mkdir "$HOME/bin" "$HOME/roots"
PATH=$HOME/bin:$PATH
stub() { printf '#!/bin/bash\n%s\n' "$2" >"$HOME/bin/$1"; chmod +x "$HOME/bin/$1"; }
stub id 'echo 0'
stub apt-get 'echo "Debian http://mirror.example/debian"'
stub debootstrap 'exit 7'
versions() { )" CK_SOURCE_DIR R"(/packaging/versions --roots "$HOME/roots" trixie; }
versions
echo "alone: $?"
exec 9>"$HOME/roots/trixie.lock"
flock 9
versions
echo "beside another: $?"
)"});
  EXPECT_NE(output.err.find("failed with status 7: debootstrap"), std::string::npos) << output.err;
  EXPECT_NE(output.err.find("another run is using the root of trixie in "), std::string::npos) << output.err;
  EXPECT_NE(output.out.find("alone: 1\n"), std::string::npos) << output.out;
  EXPECT_NE(output.out.find("beside another: 1\n"), std::string::npos) << output.out;
}

TEST(Versions, TestsAllSuitesAtOnceAndSaysWhichOneALineIsAbout) {
  // debootstrap waits for the other suite's, and fails then.
  const Output output = run_unprivileged({"bash", "-c", R"(
mkdir "$HOME/bin" "$HOME/roots"
PATH=$HOME/bin:$PATH
stub() { printf '#!/bin/bash\n%s\n' "$2" >"$HOME/bin/$1"; chmod +x "$HOME/bin/$1"; }
stub id 'echo 0'
stub apt-get 'echo "Debian http://mirror.example/debian"'
stub debootstrap 'for arg; do case $arg in *.making) touch "$arg.met" ;; esac; done
  for try in {1..100}; do
    if [[ $(echo $HOME/roots/*.met | wc -w) -eq 2 ]]; then echo together; exit 7; fi
    sleep 0.1
  done'
)" CK_SOURCE_DIR R"(/packaging/versions --roots "$HOME/roots" --parallel trixie forky
echo "status: $?"
)"});
  for (const char* said : {"trixie: together\n", "forky: together\n", "trixie:     trixie FAILED",
                           "forky:     forky FAILED", "status: 1\n"})
    EXPECT_NE(output.out.find(said), std::string::npos) << said << "in " << output.out;
  EXPECT_NE(output.err.find("FAILED: trixie forky"), std::string::npos) << output.err;
}

TEST(Versions, TakesTheMirrorThatAptUses) {
  const auto made_from = [](const std::string& apt, const std::string& options) {
    return run_unprivileged({"bash", "-c",
                             R"(
mkdir "$HOME/bin" "$HOME/roots"
PATH=$HOME/bin:$PATH
stub() { printf '#!/bin/bash\n%s\n' "$2" >"$HOME/bin/$1"; chmod +x "$HOME/bin/$1"; }
stub id 'echo 0'
stub debootstrap 'echo "mirror: $4"; exit 7'
stub apt-get ')" + apt + R"('
)" CK_SOURCE_DIR R"(/packaging/versions --roots "$HOME/roots" )" +
                                 options + " trixie"});
  };
  const std::string sources =
      R"(printf "%s\n" "Debian-Security http://mirror.example/debian-security" )"
      R"("Debian mirror+file:/etc/mirrors" "Google https://packages.example/apt" )"
      R"("Debian https://mirror.example/debian" "Debian http://other.example/debian")";
  EXPECT_NE(made_from(sources, "").err.find("mirror: https://mirror.example/debian\n"), std::string::npos);
  EXPECT_NE(made_from(sources, "--mirror http://mine.example/").err.find("mirror: http://mine.example/\n"),
            std::string::npos);
  const Output none = made_from("true", "");
  EXPECT_EQ(none.status, 1);
  EXPECT_NE(none.err.find("name a mirror with --mirror"), std::string::npos) << none.err;
}

}  // namespace
}  // namespace ck::plugin
