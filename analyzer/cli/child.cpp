// fork and exec: posix_spawn cannot bound what the child writes.
#include "cli/child.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <thread>

namespace ck {
namespace {

constexpr int kNotStarted = 127;

/// In the child: other threads' locks may be held, so nothing here allocates.
[[noreturn]] void become(char* const* arguments, const ChildOptions& options) {
  const rlimit bound{options.file_bytes, options.file_bytes};
  const std::array<int, 3> files = {open("/dev/null", O_RDONLY),
                                    open(options.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600),
                                    open(options.errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600)};
  for (int to = 0; to < 3; ++to) {
    if (files[static_cast<std::size_t>(to)] < 0 || dup2(files[static_cast<std::size_t>(to)], to) < 0)
      _exit(kNotStarted);
  }
  if (setrlimit(RLIMIT_FSIZE, &bound) == 0) execvp(arguments[0], arguments);
  _exit(kNotStarted);
}

}  // namespace

ChildResult run_child(const std::vector<std::string>& arguments, const ChildOptions& options) {
  std::vector<char*> words;
  words.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "cannot start " + arguments.front());
  if (child == 0) become(words.data(), options);
  const auto deadline = std::chrono::steady_clock::now() + options.time;
  std::chrono::milliseconds pause{1};
  int status = 0;
  for (;;) {
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR) return {ChildEnd::killed, 0};
    if (std::chrono::steady_clock::now() >= deadline) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return {ChildEnd::timed_out, 0};
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds{50});
  }
  if (!WIFEXITED(status)) return {ChildEnd::killed, 0};
  return {WEXITSTATUS(status) == kNotStarted ? ChildEnd::not_found : ChildEnd::exited, WEXITSTATUS(status)};
}

TemporaryFolder::TemporaryFolder() {
  std::string name = std::filesystem::temp_directory_path() / "ck-audit-XXXXXX";
  if (mkdtemp(name.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), "cannot make the temporary folder " + name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace ck
