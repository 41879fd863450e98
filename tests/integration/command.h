// Runs a program and keeps what it says.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ck::integration {

struct ProgramResult {
  int status = -1;  ///< exit status; -1 when it did not exit by itself
  std::string output;
  std::string errors;
};

/// Runs `arguments` (the program first, found in PATH).
ProgramResult run(const std::vector<std::string>& arguments);

/// A folder that vanishes with its owner, open to every user.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A file's bytes; throws when it cannot be read.
std::string read_file(const std::filesystem::path& path);

}  // namespace ck::integration
