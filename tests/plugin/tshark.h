// tshark as a subprocess, with the plugin of the build tree and a home of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "generator/conversation.h"

namespace ck::plugin {

struct Output {
  int status = -1;
  std::string out, err;
};

/// A folder that lives as long as the object; readable by an unprivileged user.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Writes a file and returns its path.
  std::string write(const std::string& name, const samples::Buffer& bytes) const;

 private:
  std::filesystem::path path_;
};

/// Runs a command as nobody if it was root who started the test, in a home of its own. `profile`: lines of
/// the personal configuration files, by name, which may hold folders.
Output run_unprivileged(const std::vector<std::string>& command,
                        const std::vector<std::pair<std::string, std::string>>& profile = {});
/// Runs tshark with these arguments. A missing tshark fails the test with what to install.
Output tshark(const std::vector<std::string>& arguments,
              const std::vector<std::pair<std::string, std::string>>& profile = {});

/// One row a frame, one cell a field; several values of a cell are joined with '|'.
using Rows = std::vector<std::vector<std::string>>;
Rows tshark_fields(const samples::Buffer& capture, const std::vector<std::string>& fields,
                   const std::vector<std::string>& options = {},
                   const std::vector<std::pair<std::string, std::string>>& profile = {});

/// Two passes, segments put in order: how the plugin says the same as ck-audit.
const std::vector<std::string>& as_ck_audit();

std::vector<std::string> split_text(const std::string& text, char separator);

}  // namespace ck::plugin
