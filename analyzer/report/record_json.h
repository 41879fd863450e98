// Every record of a report as the members of a JSON object. JSON and NDJSON differ only in what they put
// around these.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/capture_facts.h"
#include "audit/records.h"
#include "report/baseline.h"
#include "report/json_writer.h"

namespace ck::report {

using Paths = std::vector<std::string>;  ///< of the audit's captures, by index

// Each writes the members only, without braces, between begin_object() and end_object() of the caller.
/// One of the records that describe.h describes.
template <typename Record>
void write_members(JsonWriter& out, const Record& record, const Paths& paths);
void write_members(JsonWriter& out, const PeerRecord& peer, const Paths& paths);
void write_members(JsonWriter& out, const BaselineEntry& entry);
void write_members(JsonWriter& out, const Diagnostics& diagnostics);
void write_members(JsonWriter& out, const Totals& totals);

/// The tool's version, "1.0.0".
std::string_view tool_version();

}  // namespace ck::report
