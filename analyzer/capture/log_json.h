// JSON as simdjson reads it, for the lines of a message log. Kept apart, since its header is large.
#pragma once

#include <simdjson.h>

#include <optional>

#include "capture/log_fields.h"
#include "capture/log_record.h"

namespace ck::capture {

/// Objects and arrays in a line lie no deeper.
inline constexpr std::size_t kLogNesting = 8;

/// False: the line is none of a record's.
bool read_fields(const simdjson::dom::object& object, LogFields& out);
bool read_capture_end(const simdjson::dom::object& object, std::vector<CaptureFacts>& captures);
bool read_diagnostics(const simdjson::dom::object& object, ReadingFacts& facts);
bool read_header(const simdjson::dom::object& object, LogHeader& header, std::uint64_t& captures);
bool read_capture(const simdjson::dom::object& object, LogHeader& header);

}  // namespace ck::capture
