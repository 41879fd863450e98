// ck-audit as a function of its arguments, where inputs come from and where output goes, so that tests and
// fuzz targets run the whole tool in memory.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/inputs.h"
#include "report/output.h"

namespace ck::cli {

/// The world around a run.
struct Console {
  Output& out;
  Output& err;
  bool out_has_colors = false;    ///< somebody looks at it, on a terminal that has them
  bool err_moves_cursor = false;  ///< the same, on one where a progress line can be drawn
  /// Creates or truncates a report file; throws std::system_error when that fails.
  std::function<std::unique_ptr<Output>(const std::string& path)> create;
  /// Makes a folder, and those around it, where there is none; throws as create() does. Empty: nobody needs
  /// folders.
  std::function<void(const std::string& path)> make_folder = {};
  /// From now on writing to a pipe that nobody reads any more fails, instead of ending the process. Empty: it
  /// does so already.
  std::function<void()> outlive_readers = {};
};

// Exit statuses.
inline constexpr int kClean = 0, kFindings = 1, kUsage = 2, kUnread = 3;

/// Runs ck-audit with the arguments that follow its name and returns its exit status. Never throws.
int run_tool(const std::vector<std::string>& arguments, InputFiles& inputs, Console& console);

}  // namespace ck::cli
