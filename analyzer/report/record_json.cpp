// Names and values of the report's records.
#include "report/record_json.h"

#include "report/value_text.h"

namespace ck::report {
namespace {

/// null where the packet had no time.
template <std::size_t Size>
void time_member(JsonWriter& out, const char (&name)[Size], std::int64_t time_ns) {
  if (time_ns == kNoTime) return out.raw_member(name, "null");
  out.time_member(name, time_ns);
}

void position(JsonWriter& out, const Position& at, const Paths& paths) {
  out.key("capture");
  if (at.capture < paths.size()) {
    out.value(paths[at.capture]);
  } else {
    out.raw("null");
  }
  out.member("frame", at.frame);
  time_member(out, "time", at.time_ns);
}

void events(JsonWriter& out, const std::vector<MessageRef>& list, const Paths& paths) {
  out.key("events");
  out.begin_array();
  for (const MessageRef& event : list) {
    out.begin_object();
    position(out, event.at, paths);
    out.member("connection", event.connection);
    out.member("command", command_text(event.command));
    out.member("message_id", event.message_id);
    out.end_object();
  }
  out.end_array();
}

void start_and_duration(JsonWriter& out, std::int64_t start_ns,
                        const std::optional<std::int64_t>& duration_ns) {
  time_member(out, "start", start_ns);
  if (!duration_ns) return out.raw_member("duration", "null");
  out.raw_member("duration", seconds_text(*duration_ns));
}

template <typename Counts>
void counts(JsonWriter& out, std::string_view name, const Counts& by_name) {
  out.key(name);
  out.begin_object();
  for (const auto& [key, count] : by_name) out.member(key, count);
  out.end_object();
}

}  // namespace

std::string_view tool_version() {
  return CK_VERSION;
}

void write_members(JsonWriter& out, const CaptureFacts& capture) {
  out.member("path", capture.path);
  out.member("packets", capture.packets);
  out.member("bytes", capture.bytes);
  time_member(out, "first_time", capture.first_time_ns);
  time_member(out, "last_time", capture.last_time_ns);
  out.member("link_types", capture.link_types);
  out.member("messages", capture.messages);
  out.member("error", capture.error.empty() ? std::nullopt : std::optional(capture.error));
}

void write_members(JsonWriter& out, const ConnectionRecord& record, const Paths& paths) {
  out.member("id", record.id);
  out.member("km", endpoint_text(record.km));
  out.member("controller", endpoint_text(record.controller));
  out.member("transport", name_of(record.transport));
  out.member("kma_id", record.kma_id);
  time_member(out, "start", record.start.time_ns);
  time_member(out, "end", record.end_ns);
  out.member("first_frame", record.start.frame);
  out.member("messages", record.messages);
  out.member("lost_bytes", record.lost_bytes);
  out.member("skipped_bytes", record.skipped_bytes);
  out.key("capture");
  if (record.start.capture < paths.size()) {
    out.value(paths[record.start.capture]);
  } else {
    out.raw("null");
  }
}

void write_members(JsonWriter& out, const RelayRecord& record, const Paths& paths) {
  out.member("id", record.id);
  out.member("mode", record.distributed ? "distributed" : "centralized");
  out.member("state", record.state);
  out.member("source_kma_id", record.source_kma_id);
  out.member("destination_kma_id", record.destination_kma_id);
  out.member("application_destination_id", record.application_destination_id);
  out.member("key_relay_request_id", record.key_relay_request_id);
  out.member("route", record.route);
  out.member("result", record.result);
  start_and_duration(out, record.start_ns, record.duration_ns);
  events(out, record.events, paths);
}

void write_members(JsonWriter& out, const SessionRecord& record, const Paths& paths) {
  out.member("id", record.id);
  out.member("session_id", record.session_id);
  out.member("state", record.state);
  out.member("application_source_id", record.application_source_id);
  out.member("application_destination_id", record.application_destination_id);
  out.member("source_km_id", record.source_km_id);
  out.member("destination_km_id", record.destination_km_id);
  out.member("number_of_keys", record.number_of_keys);
  out.member("request_result", record.request_result);
  out.member("notification_result", record.notification_result);
  start_and_duration(out, record.start_ns, record.duration_ns);
  events(out, record.events, paths);
}

void write_members(JsonWriter& out, const ReservationRecord& record, const Paths& paths) {
  out.member("id", record.id);
  out.member("state", record.state);
  out.member("source_kma_id", record.source_kma_id);
  out.member("destination_kma_id", record.destination_kma_id);
  out.member("application_destination_id", record.application_destination_id);
  out.member("reserved_key_ids", record.reserved_key_ids);
  out.member("allocated_key_ids", record.allocated_key_ids);
  out.member("result_code", record.result_code);
  out.member("allocation_result_code", record.allocation_result_code);
  start_and_duration(out, record.start_ns, record.duration_ns);
  events(out, record.events, paths);
}

void write_members(JsonWriter& out, const Finding& record, const Paths& paths) {
  const RuleSpec& spec = rule(record.rule);
  out.member("rule", spec.slug);
  out.member("severity", name_of(record.severity));
  out.member("clause", spec.clause);
  out.member("message", record.text);
  position(out, record.at, paths);
  out.member("connection", record.connection);
  out.member("command", record.command ? std::optional(command_text(*record.command)) : std::nullopt);
  out.member("message_id", record.message_id);
  out.member("parameter", record.parameter.empty() ? std::nullopt : std::optional(record.parameter));
  out.member("procedure", record.procedure);
}

void write_members(JsonWriter& out, const MessageEntry& record, const Paths& paths) {
  position(out, record.ref.at, paths);
  out.member("connection", record.ref.connection);
  out.member("command", command_text(record.ref.command));
  out.member("name", record.name.empty() ? std::nullopt : std::optional(record.name));
  out.member("version", record.version);
  out.member("message_id", record.ref.message_id);
  out.member("length", record.length);
  out.raw_member("parameters", record.parameters);
  out.raw_member("other_members", record.others);
  out.member("paired_with", record.paired_with);
  out.member("paired_by", record.paired_with ? std::optional(name_of(record.paired_by)) : std::nullopt);
}

void write_members(JsonWriter& out, const ResponseTimes& record, const Paths&) {
  out.member("connection", record.connection);
  out.member("procedure", name_of(record.exchange));
  out.member("count", record.count);
  out.raw_member("p50", seconds_text(record.p50_ns));
  out.raw_member("p90", seconds_text(record.p90_ns));
  out.raw_member("p99", seconds_text(record.p99_ns));
  out.raw_member("max", seconds_text(record.max_ns));
}

void write_members(JsonWriter& out, const DiagnosticFacts& diagnostics) {
  counts(out, "unknown_links", diagnostics.unknown_links);
  counts(out, "dropped", diagnostics.dropped);
  out.member("conflicting_overlaps", diagnostics.conflicting_overlaps);
  out.member("undecoded_streams", diagnostics.undecoded_streams);
  std::uint64_t undecrypted = 0;
  for (const auto& [reason, count] : diagnostics.undecrypted) undecrypted += count;
  out.member("undecrypted_connections", undecrypted);
  if (undecrypted != 0) counts(out, "undecrypted_reasons", diagnostics.undecrypted);
  for (const auto& [name, count] : diagnostics.other) out.member(name, count);
}

void write_members(JsonWriter& out, const Totals& totals) {
  out.key("messages");
  out.begin_object();
  for (const auto& [command, count] : totals.messages) out.member(command_text(command), count);
  out.end_object();
  counts(out, "relays", totals.relays);
  counts(out, "sessions", totals.sessions);
  counts(out, "reservations", totals.reservations);
  out.key("findings");
  out.begin_object();
  for (const Severity severity : {Severity::error, Severity::warning, Severity::note}) {
    out.member(name_of(severity), totals.findings[static_cast<std::size_t>(severity)]);
  }
  out.end_object();
  out.key("rules");
  out.begin_object();
  for (const RuleSpec& spec : rules()) {
    const RuleCount& count = totals.rules[static_cast<std::size_t>(spec.rule)];
    out.key(spec.slug);
    out.begin_object();
    out.member("checked", count.checked);
    out.member("violated", count.violated);
    out.member("undecidable", count.undecidable);
    out.end_object();
  }
  out.end_object();
}

}  // namespace ck::report
