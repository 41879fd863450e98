// What one audit reads: captures and message logs, opened, with the captures that both are of.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capture/log_reader.h"
#include "capture/log_record.h"
#include "capture/timeline.h"
#include "cli/inputs.h"
#include "cli/options.h"

namespace ck::cli {

struct OpenCapture {
  std::string path;  ///< as given
  std::unique_ptr<Source> source;
  std::uint32_t capture = 0;               ///< in AuditInputs::captures
  std::shared_ptr<const ReadShare> share;  ///< as OpenedInput has it
};

struct OpenLog {
  std::string path;
  TimelineLog log;
};

struct AuditInputs {
  std::vector<CaptureName> captures;  ///< in the order of the audit
  std::vector<OpenCapture> sources;   ///< in the same order
  std::vector<OpenLog> logs;

  /// Of the captures, as reports name them.
  [[nodiscard]] std::vector<std::string> paths() const;
};

/// Opens the inputs of one audit. Captures are in the order of their paths, however they were given: logs of
/// them could not tell another one, and a report does not depend on whether one is written.
AuditInputs open_inputs(const Options& options, InputFiles& inputs, const std::vector<std::string>& paths);

}  // namespace ck::cli
