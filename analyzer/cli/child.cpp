// fork and exec: posix_spawn cannot bound what the child writes.
#include "cli/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
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

namespace ck::cli {
namespace {

constexpr int kNotStarted = 127;

/// In the child: other threads' locks may be held, so nothing here allocates.
[[noreturn]] void become(char* const* arguments, const ChildOptions& options, pid_t parent) {
  // Nobody waits for what it does when the parent is gone; the parent may be gone already.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(kNotStarted);
  signal(SIGPIPE, SIG_DFL);  // which a parent with several reports ignores
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
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "cannot start " + arguments.front());
  if (child == 0) become(words.data(), options, parent);
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
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error) throw std::system_error(error, "there is no folder for temporary files; set TMPDIR to one");
  std::string name = parent / "ck-audit-XXXXXX";
  if (mkdtemp(name.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), "cannot make the temporary folder " + name);
  path_ = name;
  start_watcher();
}

/// A process of its own session, which the signals of a terminal do not reach. Where there can be none, the
/// folder stays behind a kill.
void TemporaryFolder::start_watcher() {
  constexpr const char* kScript =
      "trap '' HUP INT TERM; read -r end; rm -rf -- \"$0\" || { sleep 1; rm -rf -- \"$0\"; }";
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, ends[0], STDIN_FILENO);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID);
  const std::array<const char*, 5> words = {"sh", "-c", kScript, path_.c_str(), nullptr};
  const std::array<const char*, 2> environment = {"PATH=/usr/bin:/bin", nullptr};
  if (posix_spawn(&watcher_, "/bin/sh", &files, &how, const_cast<char* const*>(words.data()),
                  const_cast<char* const*>(environment.data())) != 0)
    watcher_ = -1;
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  close(ends[0]);
  lifeline_ = ends[1];
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  if (lifeline_ >= 0) close(lifeline_);
  if (watcher_ > 0) waitpid(watcher_, nullptr, 0);
}

}  // namespace ck::cli
