// The audit: messages and stream events in, pairs, procedures and findings out. The one entrance for both
// faces.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/event.h"
#include "audit/rules.h"

namespace ck::audit {

struct AuditOptions {
  std::optional<std::uint16_t> expected_version;          ///< rule unexpected-version; off unless set
  std::int64_t response_timeout_ns = 30'000'000'000;      ///< rule unanswered-request, in capture time
  std::int64_t merge_tolerance_ns = 5'000'000;            ///< clocks of merged captures agree within this
  std::array<std::optional<Grade>, kRuleCount> grades{};  ///< --rule: nullopt keeps the catalogue's severity
  // Bounds. What is dropped at one is counted under its name in Totals::dropped.
  std::size_t max_open_requests = 65'536;        ///< per connection; the oldest is dropped
  std::size_t max_remembered_ids = 65'536;       ///< MessageIDs of a side of a connection
  std::size_t max_open_procedures = 131'072;     ///< the oldest is reported as it stands and dropped
  std::size_t max_finished_procedures = 10'240;  ///< finished ones kept for joins, reuse and duplicates
  std::size_t max_connections = 262'144;         ///< with live state; closed ones are dropped first
  std::size_t max_known_keys = 262'144;          ///< reserved and allocated keys that are remembered
};

/// A message that was seen, by reference.
struct MessageRef {
  std::uint64_t index = 0;  ///< in order of the audit, from 0
  Position at;
  std::uint32_t connection = 0;  ///< the report's connection id
  std::uint16_t command = 0;
  std::optional<std::uint32_t> message_id;
};

enum class PairedBy : std::uint8_t { message_id, parameters, order, stream };
std::string_view name_of(PairedBy by);  ///< "message-id", "parameters", "order", "stream"

enum class ProcedureKind : std::uint8_t { relay, session, reservation };
std::string_view name_of(ProcedureKind kind);
std::string_view name_of(Transport transport);  ///< "tcp", "tls", "grpc", "grpc-tls", "exported-pdu"
std::string_view name_of(
    Exchange exchange);  ///< "next-hop", "route", "relay-result", …: response_times' procedure

struct Finding {
  Rule rule{};
  Severity severity{};
  Position at;
  std::uint32_t connection = 0;          ///< report id
  std::optional<std::uint64_t> message;  ///< index of the message it is about
  std::optional<std::uint16_t> command;
  std::optional<std::uint32_t> message_id;
  std::string parameter;  ///< the Recommendation's name, or an unknown member as spelt; empty: none
  std::optional<std::uint32_t> procedure;
  std::string text;  ///< what was found, what was expected, and the likely slip. Not escaped.
};

struct ConnectionRecord {
  std::uint32_t id = 0;  ///< numbered from 1 in order of recognition
  ConnectionKey key = 0;
  Endpoint km, controller;  ///< by role
  Transport transport = Transport::tcp;
  std::optional<std::string> kma_id;
  Position start;           ///< first captured packet
  std::int64_t end_ns = 0;  ///< time of the last thing that was told of it
  std::uint64_t messages = 0, lost_bytes = 0;
  std::uint64_t skipped_bytes = 0;  ///< all its bytes that belong to no message
};

/// One message as the audit understood it.
struct MessageRecord {
  MessageRef ref;
  const Message* message = nullptr;  ///< valid during the call
  bool from_km = false;              ///< by its code
  std::optional<std::uint32_t> procedure;
};

/// A pair, told when the response is seen (before the response's own MessageRecord).
struct PairRecord {
  MessageRef request, response;
  PairedBy by{};
  std::optional<std::int64_t>
      response_time_ns;  ///< nullopt: unknown, or the capture's clock went back meanwhile
};

struct RelayRecord {
  std::uint32_t id = 0;
  bool distributed = false;
  std::string_view state;  ///< requested, routed, completed, failed
  std::optional<std::string> source_kma_id, destination_kma_id, application_destination_id,
      key_relay_request_id;
  std::vector<std::string> route;
  std::optional<std::string> result;
  std::int64_t start_ns = 0;
  std::optional<std::int64_t> duration_ns;  ///< first to last message; nullopt as in PairRecord
  std::vector<MessageRef> events;
};

struct SessionRecord {
  std::uint32_t id = 0;
  std::string_view state;  ///< requested, notified, accepted, established, failed, answered
  std::optional<std::string> session_id, application_source_id, application_destination_id, source_km_id,
      destination_km_id;
  std::optional<std::int64_t> number_of_keys;
  std::optional<std::string> request_result, notification_result;
  std::int64_t start_ns = 0;
  std::optional<std::int64_t> duration_ns;
  std::vector<MessageRef> events;
};

struct ReservationRecord {
  std::uint32_t id = 0;
  std::string_view
      state;  ///< requested, reserved, rejected, allocated, partially_allocated, allocation_failed
  std::optional<std::string> source_kma_id, destination_kma_id, application_destination_id;
  std::vector<std::string> reserved_key_ids, allocated_key_ids;
  std::optional<std::int64_t> result_code, allocation_result_code;
  std::int64_t start_ns = 0;
  std::optional<std::int64_t> duration_ns;
  std::vector<MessageRef> events;
};

struct ResponseTimes {
  std::uint32_t connection = 0;
  Exchange exchange{};
  std::uint64_t count = 0;
  std::int64_t p50_ns = 0, p90_ns = 0, p99_ns = 0, max_ns = 0;
};

/// Receives what the audit finds. Views and references are valid during the call. Order: as things become
/// known; records of connections, procedures and response times once each, when they are final.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  virtual void message(const MessageRecord&) {}
  virtual void pair(const PairRecord&) {}
  virtual void finding(const Finding&) {}
  virtual void connection(const ConnectionRecord&) {}
  virtual void relay(const RelayRecord&) {}
  virtual void session(const SessionRecord&) {}
  virtual void reservation(const ReservationRecord&) {}
  virtual void response_times(const ResponseTimes&) {}
  // Live views, for a face that shows a message before its procedure is final.
  /// `message` belongs to procedure `id`, which is now in `state`. `moved_from`: the id it had before two
  /// parts joined.
  virtual void joined(std::uint32_t /*id*/, ProcedureKind, std::string_view /*state*/,
                      const MessageRef& /*message*/, std::optional<std::uint32_t> /*moved_from*/) {}
  /// Procedure `id` turned out to be a part of procedure `into`: findings that name it mean that one.
  virtual void merged(std::uint32_t /*id*/, std::uint32_t /*into*/) {}
  /// A connection was recognised and got its report id.
  virtual void recognised(std::uint32_t /*id*/, const ConnectionStart&) {}
};

struct RuleCount {
  std::uint64_t checked = 0, violated = 0, undecidable = 0;
};

/// The numbers of the report's summary.
struct Totals {
  std::map<std::uint16_t, std::uint64_t> messages;
  std::map<std::string, std::uint64_t, std::less<>> relays, sessions, reservations;  ///< by state
  std::array<std::uint64_t, 3> findings{};                                           ///< by Severity
  std::array<RuleCount, kRuleCount> rules{};
  std::map<std::string, std::uint64_t, std::less<>> dropped;  ///< by bound
  std::uint64_t clock_steps = 0;  ///< pairs whose response was stamped before its request
};

class Audit {
 public:
  /// `sink` must outlive the audit.
  Audit(const AuditOptions& options, AuditSink& sink);
  ~Audit();
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;

  /// A connection on which Ck was recognised. A key told twice, and events of a key never told, are ignored.
  void open(const ConnectionStart& start);
  /// A message of this connection comes next. Changes nothing: what is known of the connection is fetched
  /// from memory meanwhile, which with thousands of connections takes longer than judging it.
  void expect(ConnectionKey connection) const;
  void message(const Message& message);
  void event(const StreamEvent& event);
  void tls_handshake(const TlsHandshake& handshake);
  /// The connection is over (both directions ended, reset, or its 4-tuple was reused); nothing more of it
  /// follows.
  void close(ConnectionKey connection, Position at);

  /// Tells `sink` what can only be said at the end of the capture (unanswered requests, procedures still
  /// open, connections, response times) as if the capture ended here, and returns the totals as they then
  /// are. Changes nothing: the audit may go on afterwards (a GUI asks while it still loads). `last_ns`: where
  /// the capture's clock stood in the end, or kNoTime.
  Totals finish(AuditSink& sink, std::int64_t last_ns) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ck::audit
