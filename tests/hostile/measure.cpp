// measure RESULT COMMAND [ARGUMENT]...: runs a command and writes to RESULT, in a line, its wait status, its
// CPU seconds and its peak memory in KiB. A program of its own, for the kernel counts to a process's peak
// what its parent held when it started it.
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  pid_t child = 0;
  if (posix_spawnp(&child, argv[2], nullptr, nullptr, argv + 2, environ) != 0) return 127;
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  std::FILE* result = std::fopen(argv[1], "w");
  if (result == nullptr) return 2;
  std::fprintf(result, "%d %f %ld\n", status, seconds(usage.ru_utime) + seconds(usage.ru_stime),
               usage.ru_maxrss);
  return std::fclose(result) == 0 ? 0 : 2;
}
