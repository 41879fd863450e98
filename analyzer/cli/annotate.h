// --annotate: copies of the captures in which every frame with a finding says so.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/run.h"
#include "report/audit_records.h"

namespace ck::cli {

/// Where the copy of each capture goes, by the capture's path; empty without --annotate. One capture: FILE,
/// or in FILE where that is a folder; several: in FILE, under their own names. Throws UsageError.
std::map<std::string, std::string> annotated_paths(const Options& options,
                                                   const std::vector<std::string>& captures,
                                                   const InputFiles& inputs);

/// Writes the copies of an audit's captures. Returns what could not be copied, or not to its end.
std::vector<std::string> annotate(AuditRecords& audit, const std::map<std::string, std::string>& copies,
                                  const Options& options, InputFiles& inputs, Console& console);

}  // namespace ck::cli
