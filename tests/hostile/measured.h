// ck-audit as a process of its own: what it says, and what it costs.
#pragma once

#include <json/json.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "integration/command.h"

namespace ck::hostile {

using integration::TemporaryFolder;

struct Measured {
  int status = -1;         ///< exit status; -1 when a signal ended it
  double cpu_seconds = 0;  ///< user and system
  double peak_mib = 0;
  std::string errors;
  Json::Value diagnostics, summary;  ///< of the report's only audit
  std::string capture_error;         ///< of the report's only capture; empty: none
};

/// `ck-audit --format json OPTIONS FILE`.
Measured audit(const std::filesystem::path& file, const std::vector<std::string>& options = {});

/// CPU seconds and peak memory of any command; its standard output goes nowhere.
Measured measure(const std::vector<std::string>& command);

}  // namespace ck::hostile
