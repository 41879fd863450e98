// Values of the report's records, as JSON.
#include "report/record_json.h"

#include <array>
#include <map>
#include <optional>
#include <type_traits>

#include "report/describe.h"
#include "report/value_text.h"

namespace ck::report {
namespace {

/// Tells `Out` each member that it is shown: a JsonRoom or a JsonCursor.
template <typename Out>
class JsonVisitor {
 public:
  JsonVisitor(Out& out, const Paths& paths) : out_(out), paths_(paths) {}

  template <std::size_t Size, typename Value>
  void operator()(const char (&name)[Size], const Value& value) {
    out_.key(name);
    write(value);
  }
  template <std::size_t Size, typename Value>
  void shown_only(const char (&name)[Size], const Value& value) {
    (*this)(name, value);
  }
  template <typename Value>
  void stored_only(const Value& /*value*/) {}

 private:
  template <typename Value>
  void write(const Value& value) {
    if constexpr (std::is_enum_v<Value>) {
      out_.value(name_of(value));
    } else {
      out_.value(value);
    }
  }
  template <typename Value>
  requires(std::is_enum_v<Value> ||
           std::is_same_v<Value, Endpoint>) void write(const std::optional<Value>& maybe) {
    maybe ? write(*maybe) : out_.null();
  }
  void write(const Endpoint& endpoint) { out_.endpoint(endpoint); }
  void write(const std::vector<MessageRef>& messages) {
    // A copy that nobody else knows stays in registers: most of a report is written here.
    Out to = out_;
    JsonVisitor visit(to, paths_);
    to.begin_array();
    for (const MessageRef& message : messages) {
      to.begin_object();
      describe(message, visit);
      to.end_object();
    }
    to.end_array();
    out_ = to;
  }
  void write(Shown<As::capture, const std::uint32_t> capture) {
    capture.value < paths_.size() ? out_.value(paths_[capture.value]) : out_.null();
  }
  void write(Shown<As::time, const std::int64_t> time) {
    time.value == kNoTime ? out_.null() : out_.time(time.value);
  }
  void write(Shown<As::seconds, const std::int64_t> time) { out_.seconds(time.value); }
  void write(Shown<As::seconds, const std::optional<std::int64_t>> time) {
    time.value ? out_.seconds(*time.value) : out_.null();
  }
  void write(Shown<As::command, const std::uint16_t> command) { out_.value(command_text(command.value)); }
  void write(Shown<As::command, const std::optional<std::uint16_t>> command) {
    command.value ? out_.value(command_text(*command.value)) : out_.null();
  }
  void write(Shown<As::mode, const bool> distributed) {
    out_.value(distributed.value ? "distributed" : "centralized");
  }
  void write(Shown<As::text, const std::string> text) {
    text.value.empty() ? out_.null() : out_.value(text.value);
  }
  void write(Shown<As::json, const std::string> json) { out_.raw(json.value); }

  Out& out_;
  const Paths& paths_;
};

// These write to a JsonWriter, a JsonRoom or a JsonCursor.

template <typename Out, typename Counts>
void counts(Out& out, const Counts& by_name) {
  out.begin_object();
  for (const auto& [key, count] : by_name) out.member(std::string_view(key), count);
  out.end_object();
}

template <typename Out>
void severity_counts(Out& out, const std::array<std::uint64_t, 3>& by_severity) {
  out.begin_object();
  for (const Severity severity : {Severity::error, Severity::warning, Severity::note})
    out.member(name_of(severity), by_severity[static_cast<std::size_t>(severity)]);
  out.end_object();
}

template <typename Out, typename Counts>
void counts_by_command(Out& out, const Counts& by_command) {
  out.begin_object();
  for (const auto& [command, count] : by_command) out.member(command_text(command), count);
  out.end_object();
}

/// Those that occur, by name.
template <typename Out>
void type_counts(Out& out, const std::array<std::uint64_t, kJsonTypeCount>& by_type) {
  out.begin_object();
  for (const JsonTypeName& one : kJsonTypeNames) {
    const std::uint64_t count = by_type[static_cast<std::size_t>(one.type)];
    if (count != 0) out.member(one.name, count);
  }
  out.end_object();
}

/// All but the connection, which a peer has several of.
template <typename Visitor>
class TimesVisitor {
 public:
  explicit TimesVisitor(Visitor& visit) : visit_(visit) {}
  template <std::size_t Size, typename Value>
  void operator()(const char (&name)[Size], const Value& value) {
    if (std::string_view(name) != "connection") visit_(name, value);
  }

 private:
  Visitor& visit_;
};

template <typename Out>
void parameter_habits(Out& out, const PeerRecord& peer) {
  out.key("parameters");
  out.begin_object();
  for (const auto& [command, parameters] : peer.parameters) {
    out.key(command_text(command));
    out.begin_object();
    for (const ParameterHabit& habit : parameters) {
      out.key(parameter(habit.id).name);
      out.begin_object();
      out.member("present", habit.present);
      out.member("absent", habit.absent);
      out.key("types");
      type_counts(out, habit.types);
      out.end_object();
    }
    out.end_object();
  }
  out.end_object();
}

template <typename Out>
void peer_members(Out& out, const PeerRecord& peer, const Paths& paths) {
  out.member("id", peer.id);
  out.member("role", name_of(peer.role));
  out.member("name", peer.name);
  out.member("addresses", peer.addresses);
  out.member("connections", peer.connections);
  out.key("messages");
  counts_by_command(out, peer.messages);
  out.key("versions");
  out.begin_array();
  for (const std::uint16_t version : peer.versions) out.value(version);
  out.end_array();
  out.key("message_ids");
  peer.message_ids.empty() ? out.null() : out.value(peer.message_ids);
  out.key("spellings");
  counts(out, peer.spellings);
  out.key("transports");
  counts(out, peer.transports);
  parameter_habits(out, peer);
  out.key("results");
  out.begin_object();
  for (const auto& [command, results] : peer.results) {
    out.key(command_text(command));
    counts(out, results);
  }
  out.end_object();
  out.key("unknown_members");
  counts(out, peer.unknown_members);
  out.key("extensions");
  counts(out, peer.extensions);
  out.key("response_times");
  out.begin_array();
  JsonVisitor json(out, paths);
  TimesVisitor visit(json);
  for (const ResponseTimes& times : peer.response_times) {
    out.begin_object();
    describe(times, visit);
    out.end_object();
  }
  out.end_array();
  out.key("findings");
  out.begin_object();
  for (const auto& [rule, count] : peer.findings) out.member(name_of(rule), count);
  out.end_object();
}

/// By name, as the other counts.
template <typename State>
void state_counts(JsonWriter& out, const std::map<State, std::uint64_t>& by_state) {
  std::map<std::string_view, std::uint64_t> by_name;
  for (const auto& [state, count] : by_state) by_name.emplace(name_of(state), count);
  counts(out, by_name);
}

}  // namespace

std::string_view tool_version() {
  return CK_VERSION;
}

template <typename Record>
void write_members(JsonWriter& out, const Record& record, const Paths& paths) {
  out.write([&](auto& to) {
    JsonVisitor visit(to, paths);
    describe(record, visit);
  });
}

template void write_members(JsonWriter&, const CaptureFacts&, const Paths&);
template void write_members(JsonWriter&, const ConnectionRecord&, const Paths&);
template void write_members(JsonWriter&, const RelayRecord&, const Paths&);
template void write_members(JsonWriter&, const SessionRecord&, const Paths&);
template void write_members(JsonWriter&, const ReservationRecord&, const Paths&);
template void write_members(JsonWriter&, const Finding&, const Paths&);
template void write_members(JsonWriter&, const ResponseTimes&, const Paths&);
template void write_members(JsonWriter&, const MessageEntry&, const Paths&);

void write_members(JsonWriter& out, const PeerRecord& peer, const Paths& paths) {
  out.write([&](auto& to) { peer_members(to, peer, paths); });
}

void write_members(JsonWriter& out, const BaselineEntry& entry) {
  out.member("rule", entry.rule);
  out.member("peer", entry.peer);
  out.member("command", entry.command);
  out.member("parameter", entry.parameter);
  out.member("message", entry.message);
  out.member("count", entry.count);
}

void write_members(JsonWriter& out, const Diagnostics& diagnostics) {
  out.key("unknown_links");
  counts(out, diagnostics.unknown_links);
  out.key("dropped");
  counts(out, diagnostics.dropped);
  out.member("conflicting_overlaps", diagnostics.conflicting_overlaps);
  out.member("undecoded_streams", diagnostics.undecoded_streams);
  std::uint64_t undecrypted = 0;
  for (const auto& [reason, count] : diagnostics.undecrypted) undecrypted += count;
  out.member("undecrypted_connections", undecrypted);
  if (undecrypted != 0) {
    out.key("undecrypted_reasons");
    counts(out, diagnostics.undecrypted);
  }
  for (const auto& [name, count] : diagnostics.other) out.member(name, count);
}

void write_members(JsonWriter& out, const Totals& totals) {
  out.key("messages");
  counts_by_command(out, totals.messages);
  out.key("relays");
  state_counts(out, totals.relays);
  out.key("sessions");
  state_counts(out, totals.sessions);
  out.key("reservations");
  state_counts(out, totals.reservations);
  out.key("findings");
  severity_counts(out, totals.findings);
  if (totals.has_baseline) {
    out.key("known_findings");
    severity_counts(out, totals.known);
  }
  out.key("rules");
  out.begin_object();
  for (const RuleSpec& spec : rules()) {
    const RuleCount& count = totals.rules[static_cast<std::size_t>(spec.rule)];
    out.key(spec.slug);
    out.begin_object();
    out.member("checked", count.checked);
    out.member("violated", count.violated);
    out.member("undecidable", count.undecidable);
    if (count.off) out.member("off", true);
    out.end_object();
  }
  out.end_object();
}

}  // namespace ck::report
