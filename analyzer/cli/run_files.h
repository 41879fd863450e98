// The files of a run: the captures that it reads, each once, the texts that options name, and that no report
// is written over any of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/inputs.h"
#include "cli/options.h"

namespace ck::cli {

/// The captures to read, in order.
struct Found {
  std::vector<std::string> paths;
  std::vector<std::string> again;   ///< inputs that name a file which is among the paths already
  std::vector<std::string> errors;  ///< of inputs that lead to no capture
};

/// What INPUT, --files-from and --interface name; folders are searched. Throws UsageError where the list
/// cannot be read.
Found find_captures(const Options& options, InputFiles& inputs);

/// The text of a file that `option` names, without a byte order mark. Throws UsageError.
std::string read_option_file(std::string_view option, const std::string& path, InputFiles& inputs);

/// Throws UsageError where a report, or an annotated copy, would be written over a file that the run reads,
/// or over another one, whatever names and links lead there. To be called before any of them is opened.
void refuse_overwriting(const Options& options, const Found& found,
                        const std::map<std::string, std::string>& copies, const InputFiles& inputs);

}  // namespace ck::cli
