// Every record of a report as the members of a JSON object: the one place where the report's names stand.
// JSON and NDJSON differ only in what they put around these.
#pragma once

#include <string>
#include <vector>

#include "report/audit_records.h"
#include "report/json_writer.h"

namespace ck::report {

using Paths = std::vector<std::string>;  ///< of the audit's captures, by index

// Each writes the members only, without braces, between begin_object() and end_object() of the caller.
void write_members(JsonWriter& out, const CaptureFacts& capture);
void write_members(JsonWriter& out, const ConnectionRecord& record, const Paths& paths);
void write_members(JsonWriter& out, const RelayRecord& record, const Paths& paths);
void write_members(JsonWriter& out, const SessionRecord& record, const Paths& paths);
void write_members(JsonWriter& out, const ReservationRecord& record, const Paths& paths);
void write_members(JsonWriter& out, const Finding& record, const Paths& paths);
void write_members(JsonWriter& out, const MessageEntry& record, const Paths& paths);
void write_members(JsonWriter& out, const ResponseTimes& record, const Paths& paths);
void write_members(JsonWriter& out, const DiagnosticFacts& diagnostics);
void write_members(JsonWriter& out, const Totals& totals);

/// The tool's version, "0.1.0".
std::string_view tool_version();

}  // namespace ck::report
