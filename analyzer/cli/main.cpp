// ck-audit.
#include <unistd.h>

#include "cli/run.h"
#include "cli/terminal.h"

int main(int argc, char** argv) {
  ck::FdOutput out(STDOUT_FILENO, "standard output"), err(STDERR_FILENO, "standard error");
  ck::FileInputs inputs;
  ck::Console console{out, err, ck::terminal_at(STDOUT_FILENO).has_colors,
                      ck::terminal_at(STDERR_FILENO).moves_cursor,
                      [](const std::string& path) { return std::make_unique<ck::FileOutput>(path); }};
  return ck::run_tool({argv + 1, argv + argc}, inputs, console);
}
