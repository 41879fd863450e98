// What a report says of each record: its members, under their names, in the report's order. Each record is
// described once, and whoever writes or reads it visits the description: the spools' codec, JSON, NDJSON,
// CSV.
//
// A visitor has three functions. `visit(name, member)` takes a member that is stored and shown,
// `visit.stored_only(member)` one that no report shows, and `visit.shown_only(name, value)` what is made from
// other members, or known only when the report is written.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "audit/capture_facts.h"
#include "audit/records.h"
#include "report/message_entry.h"

namespace ck::report {

/// How a member is shown whose type does not tell.
enum class As : std::uint8_t {
  capture,  ///< the index of a capture: its path
  time,     ///< nanoseconds since the epoch, or kNoTime
  seconds,  ///< nanoseconds
  command,  ///< a CommandCode
  mode,     ///< of a relay, by whether it is distributed
  text,     ///< there is none where it is empty
  json,     ///< it is JSON already
};

/// A member with how it is shown.
template <As how, typename Value>
struct Shown {
  Value& value;
};
template <As how, typename Value>
Shown<how, Value> as(Value& value) {
  return {value};
}

/// A record, to be read or to be filled in.
template <typename Given, typename Record>
concept Some = std::same_as<std::remove_const_t<Given>, Record>;

// These two are parts of others: a visitor that keeps what it needs in registers goes on so through them.

template <Some<Position> At, typename Visitor>
[[gnu::always_inline]] inline void describe(At& at, Visitor& visit) {
  visit("capture", as<As::capture>(at.capture));
  visit("frame", at.frame);
  visit("time", as<As::time>(at.time_ns));
}

template <Some<MessageRef> Ref, typename Visitor>
[[gnu::always_inline]] inline void describe(Ref& ref, Visitor& visit) {
  visit.stored_only(ref.index);
  describe(ref.at, visit);
  visit("connection", ref.connection);
  visit("command", as<As::command>(ref.command));
  visit("message_id", ref.message_id);
}

template <Some<CaptureFacts> Capture, typename Visitor>
void describe(Capture& capture, Visitor& visit) {
  visit("path", capture.path);
  visit("packets", capture.packets);
  visit("bytes", capture.bytes);
  visit("first_time", as<As::time>(capture.first_time_ns));
  visit("last_time", as<As::time>(capture.last_time_ns));
  visit("link_types", capture.link_types);
  visit("messages", capture.messages);
  visit("error", as<As::text>(capture.error));
}

template <Some<ConnectionRecord> Connection, typename Visitor>
void describe(Connection& connection, Visitor& visit) {
  visit("id", connection.id);
  visit.stored_only(connection.key);
  visit("km", connection.km);
  visit("controller", connection.controller);
  visit("transport", connection.transport);
  visit("kma_id", connection.kma_id);
  visit("start", as<As::time>(connection.start.time_ns));
  visit("end", as<As::time>(connection.end_ns));
  visit("first_frame", connection.start.frame);
  visit("messages", connection.messages);
  visit("lost_bytes", connection.lost_bytes);
  visit("skipped_bytes", connection.skipped_bytes);
  visit("capture", as<As::capture>(connection.start.capture));
  visit("km_peer", connection.km_peer);
  visit("controller_peer", connection.controller_peer);
}

template <Some<RelayRecord> Relay, typename Visitor>
void describe(Relay& relay, Visitor& visit) {
  visit("id", relay.id);
  visit("mode", as<As::mode>(relay.distributed));
  visit("state", relay.state);
  visit("source_kma_id", relay.source_kma_id);
  visit("destination_kma_id", relay.destination_kma_id);
  visit("application_destination_id", relay.application_destination_id);
  visit("key_relay_request_id", relay.key_relay_request_id);
  visit("route", relay.route);
  visit("result", relay.result);
  visit("start", as<As::time>(relay.start_ns));
  visit("duration", as<As::seconds>(relay.duration_ns));
  visit("events", relay.events);
}

template <Some<SessionRecord> Session, typename Visitor>
void describe(Session& session, Visitor& visit) {
  visit("id", session.id);
  visit("session_id", session.session_id);
  visit("state", session.state);
  visit("application_source_id", session.application_source_id);
  visit("application_destination_id", session.application_destination_id);
  visit("source_km_id", session.source_km_id);
  visit("destination_km_id", session.destination_km_id);
  visit("number_of_keys", session.number_of_keys);
  visit("request_result", session.request_result);
  visit("notification_result", session.notification_result);
  visit("start", as<As::time>(session.start_ns));
  visit("duration", as<As::seconds>(session.duration_ns));
  visit("events", session.events);
}

template <Some<ReservationRecord> Reservation, typename Visitor>
void describe(Reservation& reservation, Visitor& visit) {
  visit("id", reservation.id);
  visit("state", reservation.state);
  visit("source_kma_id", reservation.source_kma_id);
  visit("destination_kma_id", reservation.destination_kma_id);
  visit("application_destination_id", reservation.application_destination_id);
  visit("reserved_key_ids", reservation.reserved_key_ids);
  visit("allocated_key_ids", reservation.allocated_key_ids);
  visit("result_code", reservation.result_code);
  visit("allocation_result_code", reservation.allocation_result_code);
  visit("start", as<As::time>(reservation.start_ns));
  visit("duration", as<As::seconds>(reservation.duration_ns));
  visit("events", reservation.events);
}

/// Table I.1's name of the message that a code means; nullopt: it means none.
inline std::optional<std::string_view> message_name_of(const std::optional<std::uint16_t>& command) {
  const MessageSpec* spec = command ? find_meant(*command) : nullptr;
  return spec == nullptr ? std::nullopt : std::optional<std::string_view>(spec->name);
}

template <Some<Finding> Found, typename Visitor>
void describe(Found& finding, Visitor& visit) {
  visit("rule", finding.rule);
  visit("severity", finding.severity);
  visit.shown_only("clause", rule(finding.rule).clause);
  visit("message", finding.text);
  describe(finding.at, visit);
  visit("connection", finding.connection);
  visit.stored_only(finding.message);
  visit("command", as<As::command>(finding.command));
  visit.shown_only("name", message_name_of(finding.command));
  visit("message_id", finding.message_id);
  visit("parameter", as<As::text>(finding.parameter));
  visit("found", finding.found);
  visit("expected", finding.expected);
  visit.shown_only("hint", hint_of(finding.rule));
  visit("sender", finding.sender);
  visit("at_fault", finding.at_fault);
  visit.shown_only("peer", finding.peer);
  visit("procedure", finding.procedure);
  visit.shown_only("fingerprint", as<As::text>(finding.fingerprint));
  visit.shown_only("known", finding.known);
}

template <Some<MessageEntry> Message, typename Visitor>
void describe(Message& message, Visitor& visit) {
  visit.stored_only(message.ref.index);
  describe(message.ref.at, visit);
  visit("connection", message.ref.connection);
  visit("command", as<As::command>(message.ref.command));
  visit("name", as<As::text>(message.name));
  visit("version", message.version);
  visit("message_id", message.ref.message_id);
  visit("length", message.length);
  visit("parameters", as<As::json>(message.parameters));
  visit("other_members", as<As::json>(message.others));
  visit.shown_only("paired_with", message.paired_with);
  visit.shown_only("paired_by", message.paired_with ? std::optional(message.paired_by) : std::nullopt);
}

/// For the spools: JSON shows more of its inside (record_json.cpp).
template <Some<PeerRecord> Peer, typename Visitor>
void describe(Peer& peer, Visitor& visit) {
  visit.stored_only(peer.id);
  visit.stored_only(peer.role);
  visit.stored_only(peer.name);
  visit.stored_only(peer.addresses);
  visit.stored_only(peer.connections);
  visit.stored_only(peer.messages);
  visit.stored_only(peer.versions);
  visit.stored_only(peer.message_ids);
  visit.stored_only(peer.spellings);
  visit.stored_only(peer.transports);
  visit.stored_only(peer.parameters);
  visit.stored_only(peer.results);
  visit.stored_only(peer.unknown_members);
  visit.stored_only(peer.extensions);
  visit.stored_only(peer.response_times);
  visit.stored_only(peer.distributions);
}

template <Some<ResponseTimes> Times, typename Visitor>
void describe(Times& times, Visitor& visit) {
  visit("connection", times.connection);
  visit("procedure", times.exchange);
  visit("count", times.count);
  visit("p50", as<As::seconds>(times.p50_ns));
  visit("p90", as<As::seconds>(times.p90_ns));
  visit("p99", as<As::seconds>(times.p99_ns));
  visit("max", as<As::seconds>(times.max_ns));
}

}  // namespace ck::report
