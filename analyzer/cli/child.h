// Another program, run to its end within bounds.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/rooms.h"

namespace ck::cli {

struct ChildOptions {
  std::string output, errors;  ///< files that receive its standard output and standard error
  std::chrono::seconds time{};
  std::uint64_t file_bytes = 0;  ///< no file that it writes grows beyond this
};

enum class ChildEnd : std::uint8_t { exited, not_found, killed, timed_out };

struct ChildResult {
  ChildEnd end = ChildEnd::exited;
  int status = 0;  ///< of `exited`
};

/// Runs `arguments`, the first of which is looked up in PATH, with nothing on its standard input. Throws
/// std::system_error when no process can be made.
ChildResult run_child(const std::vector<std::string>& arguments, const ChildOptions& options);

/// A folder that only this user can enter, removed with all that is in it: in the end, or as soon as this
/// process is no more, for whatever reason. A shell waits for that.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  void start_watcher();

  std::filesystem::path path_;
  int lifeline_ = -1;  ///< the watcher reads its other end: it closes with this process
  pid_t watcher_ = -1;
};

}  // namespace ck::cli
