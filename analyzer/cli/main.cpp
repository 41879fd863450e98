// ck-audit.
#include <unistd.h>

#include "cli/run.h"

int main(int argc, char** argv) {
  ck::FdOutput out(STDOUT_FILENO, "standard output"), err(STDERR_FILENO, "standard error");
  ck::FileInputs inputs;
  ck::Console console{out, err, isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1,
                      [](const std::string& path) { return std::make_unique<ck::FileOutput>(path); }};
  return ck::run_tool({argv + 1, argv + argc}, inputs, console);
}
