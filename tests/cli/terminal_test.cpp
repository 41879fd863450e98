// NO_COLOR and TERM=dumb, on a real pseudo-terminal.
#include "cli/terminal.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "cli/tool.h"

namespace ck::cli::test {
namespace {

/// The environment of a terminal for a while.
class TerminalTest : public testing::Test {
 protected:
  TerminalTest() : term_(value("TERM")), no_color_(value("NO_COLOR")) {
    EXPECT_EQ(openpty(&master_, &terminal_, nullptr, nullptr, nullptr), 0);
    set("TERM", "xterm");
    set("NO_COLOR", std::nullopt);
  }
  ~TerminalTest() override {
    set("TERM", term_);
    set("NO_COLOR", no_color_);
    close(master_);
    close(terminal_);
  }
  static std::optional<std::string> value(const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? std::nullopt : std::optional<std::string>(text);
  }
  static void set(const char* name, const std::optional<std::string>& text) {
    if (text) {
      setenv(name, text->c_str(), 1);
    } else {
      unsetenv(name);
    }
  }
  [[nodiscard]] Terminal terminal() const { return terminal_at(terminal_); }

 private:
  std::optional<std::string> term_, no_color_;
  int master_ = -1, terminal_ = -1;
};

TEST_F(TerminalTest, HasColoursUnlessTheEnvironmentSaysNo) {
  EXPECT_TRUE(terminal().has_colors);
  EXPECT_TRUE(terminal().moves_cursor);
  set("NO_COLOR", "");  // no-color.org: an empty one means nothing
  EXPECT_TRUE(terminal().has_colors);
  set("NO_COLOR", "1");
  EXPECT_FALSE(terminal().has_colors);
  EXPECT_TRUE(terminal().moves_cursor) << "a progress line is no colour";
  set("NO_COLOR", std::nullopt);
  set("TERM", "dumb");
  EXPECT_FALSE(terminal().has_colors);
  EXPECT_FALSE(terminal().moves_cursor);
  set("TERM", std::nullopt);
  EXPECT_TRUE(terminal().has_colors);
}

TEST_F(TerminalTest, AFileIsNone) {
  const TemporaryFolder folder;
  std::FILE* file = std::fopen((folder.path() + "/file").c_str(), "w");
  EXPECT_FALSE(terminal_at(fileno(file)).has_colors);
  EXPECT_FALSE(terminal_at(fileno(file)).moves_cursor);
  std::fclose(file);
}

TEST_F(TerminalTest, TheOptionWins) {
  set("NO_COLOR", "1");
  set("TERM", "dumb");
  EXPECT_NE(run({"--color=always", "a"}, {{"a", clean_capture()}}).out.find("\x1b["), std::string::npos);
}

}  // namespace
}  // namespace ck::cli::test
