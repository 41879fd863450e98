// The program ck-audit: its arguments go to run_tool().
#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "cli/run.h"
#include "cli/terminal.h"

int main(int argc, char** argv) {
#ifdef __GLIBC__
  // Else the heap's end goes back to the system behind each large message, and is asked for again with the
  // next: the page faults cost more than the message itself.
  constexpr int kMiB = 1024 * 1024;
  mallopt(M_MMAP_THRESHOLD, 4 * kMiB);
  mallopt(M_TRIM_THRESHOLD, 16 * kMiB);
#endif
  ck::cli::FdOutput out(STDOUT_FILENO, "standard output"), err(STDERR_FILENO, "standard error");
  ck::cli::FileInputs inputs;
  ck::cli::Console console{
      out,
      err,
      ck::cli::terminal_at(STDOUT_FILENO).has_colors,
      ck::cli::terminal_at(STDERR_FILENO).moves_cursor,
      [](const std::string& path) { return std::make_unique<ck::cli::FileOutput>(path); },
      [](const std::string& path) { std::filesystem::create_directories(path); },
      [] { std::signal(SIGPIPE, SIG_IGN); }};
  return ck::cli::run_tool({argv + 1, argv + argc}, inputs, console);
}
