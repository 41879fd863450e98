// Many audits at once, told in the order of the inputs: the report is the same whatever --jobs says.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "report/audit_records.h"

namespace ck::cli {

/// A report under way: its writer, and the output that the writer writes to.
struct OpenReport {
  std::unique_ptr<Output> owned;  ///< null when the output is the caller's
  Output* output = nullptr;
  std::unique_ptr<ReportWriter> writer;
};

/// What is common to all audits of a run.
struct BatchContext {
  const Options& options;
  const NameTable& names;
  InputFiles& inputs;
  std::vector<OpenReport>& reports;
  Progress& progress;
  Output& err;                         ///< standard error, which the progress shares
  const Baseline* baseline = nullptr;  ///< null: none
  Output* log = nullptr;               ///< --emit-messages, of a run with one audit; null: none
};

/// Audits each element of `audits` (the paths of one audit). `done` is called in their order, by the calling
/// thread, after the audit was written to all reports. Rethrows what an audit threw.
void run_batch(BatchContext& context, const std::vector<std::vector<std::string>>& audits,
               const std::function<void(AuditRecords&)>& done);

}  // namespace ck::cli
