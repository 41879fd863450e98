// One audit from its captures to its stored records: sources, reader, engine and sinks put together.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "protocol/parameter_names.h"
#include "report/audit_records.h"

namespace ck::cli {

/// Audits `paths` as one timeline (one path, or --merge). `streams` receive the audit's records as they
/// become final; their nulls are passed over. Throws only for the environment (a temporary file that cannot
/// be written).
std::unique_ptr<AuditRecords> run_one_audit(const Options& options, const NameTable& names,
                                            InputFiles& inputs, const std::vector<std::string>& paths,
                                            const std::vector<AuditSink*>& streams, Judging judging,
                                            Progress& progress, const Baseline* baseline);

}  // namespace ck::cli
