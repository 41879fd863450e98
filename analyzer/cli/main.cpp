// The program ck-audit: its arguments go to run_tool().
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#include "cli/run.h"
#include "cli/terminal.h"

namespace {

// What an audit remembers lies all over the heap, and with pages of 4 KiB, finding where a page is can take
// longer than reading it. So the heap's room is set aside in one piece and large pages are asked for it; no
// memory is taken before it is used. Where either is refused, the heap grows as it would. All of it, the
// reading thread's too, lies in that room, and none goes back to the system before the end: what one large
// message needed the next will need, and the page faults cost more than the messages themselves.
void prepare_heap() {
#if defined(__GLIBC__) && defined(MADV_HUGEPAGE)
  constexpr int kMiB = 1024 * 1024, kRoom = 64 * kMiB;
  constexpr std::uintptr_t kHugePage = 2 * kMiB;
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 4 * kMiB);
  mallopt(M_TRIM_THRESHOLD, 2 * kRoom);
  mallopt(M_TOP_PAD, kRoom);
  const auto end_of_heap = [] { return reinterpret_cast<std::uintptr_t>(sbrk(0)); };
  const std::uintptr_t begin = (end_of_heap() + kHugePage - 1) / kHugePage * kHugePage;
  void* volatile first = std::malloc(kMiB);
  std::free(first);
  mallopt(M_TOP_PAD, kMiB);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the heap's end is known as an address only.
  if (end_of_heap() > begin) madvise(reinterpret_cast<void*>(begin), end_of_heap() - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  prepare_heap();
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
