// One audit from its captures to its stored records: sources, reader, engine and sinks put together.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/audit_inputs.h"
#include "cli/batch.h"
#include "report/audit_records.h"

namespace ck::cli {

/// Audits `inputs` as one timeline (one path, or --merge). `streams` receive the audit's records as they
/// become final; their nulls are passed over. Throws only for the environment (a temporary file that cannot
/// be written).
std::unique_ptr<AuditRecords> run_one_audit(BatchContext& context, AuditInputs inputs,
                                            const std::vector<AuditSink*>& streams, Judging judging);

}  // namespace ck::cli
