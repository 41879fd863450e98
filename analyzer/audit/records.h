// What comes out of an audit: its records, and the numbers of its summary.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "audit/event.h"
#include "audit/rules.h"
#include "base/sorted_map.h"

namespace ck::audit {

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
/// "next-hop", "route", "relay-result", …: response_times' procedure.
std::string_view name_of(Exchange exchange);

// The states that a procedure may be in, and their names in reports.

enum class RelayState : std::uint8_t { requested, routed, completed, failed };
inline constexpr std::array<std::string_view, 4> kRelayStates = {"requested", "routed", "completed",
                                                                 "failed"};
constexpr std::string_view name_of(RelayState state) {
  return kRelayStates[static_cast<std::size_t>(state)];
}

enum class SessionState : std::uint8_t { requested, notified, accepted, established, failed, answered };
inline constexpr std::array<std::string_view, 6> kSessionStates = {"requested",   "notified", "accepted",
                                                                   "established", "failed",   "answered"};
constexpr std::string_view name_of(SessionState state) {
  return kSessionStates[static_cast<std::size_t>(state)];
}

enum class ReservationState : std::uint8_t {
  requested,
  reserved,
  rejected,
  allocated,
  partially_allocated,
  allocation_failed,
};
inline constexpr std::array<std::string_view, 6> kReservationStates = {
    "requested", "reserved", "rejected", "allocated", "partially_allocated", "allocation_failed"};
constexpr std::string_view name_of(ReservationState state) {
  return kReservationStates[static_cast<std::size_t>(state)];
}

/// The state of a procedure of any kind, in the order of ProcedureKind.
using ProcedureState = std::variant<RelayState, SessionState, ReservationState>;
constexpr ProcedureKind kind_of(const ProcedureState& state) {
  return static_cast<ProcedureKind>(state.index());
}
constexpr std::string_view name_of(const ProcedureState& state) {
  return std::visit([](auto one) { return name_of(one); }, state);
}

/// What an endpoint is to the other one.
enum class Role : std::uint8_t { km, controller };
constexpr std::string_view name_of(Role role) {
  return role == Role::km ? "km" : "controller";
}

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
  // Values by themselves, for who compares or searches; not escaped either.
  std::optional<std::string> found, expected;
  std::optional<Side> side;        ///< who sent what it stands at
  std::optional<Endpoint> sender;  ///< the same, by address
  std::optional<Role> at_fault;    ///< who must fix it; nullopt: the capture is at fault, or nobody can tell
  std::optional<Endpoint> fixer;   ///< the same, by address; port 0: whatever its port
  // Told by the report, which knows all peers and what was found before.
  std::optional<std::uint32_t> peer;  ///< who must fix it
  std::string fingerprint;            ///< the same in another capture of the same fault; empty: not known yet
  std::optional<bool> known;          ///< the baseline has it; nullopt: there is none
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
  std::uint64_t skipped_bytes = 0;                        ///< all its bytes that belong to no message
  std::optional<std::uint32_t> km_peer, controller_peer;  ///< nullopt: dropped at a limit, or not asked for
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
  RelayState state{};
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
  SessionState state{};
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
  ReservationState state{};
  std::optional<std::string> source_kma_id, destination_kma_id, application_destination_id;
  std::vector<std::string> reserved_key_ids, allocated_key_ids;
  std::optional<std::int64_t> result_code, allocation_result_code;
  std::int64_t start_ns = 0;
  std::optional<std::int64_t> duration_ns;
  std::vector<MessageRef> events;
};

/// How many response times lie where, on a scale of two steps for each doubling: the first step is all below
/// 1,024 ns, the next from there to one and a half times that, the next to twice that, and so on; the last
/// has no end. Counts stay at the largest that they can hold.
struct Distribution {
  static constexpr std::size_t kSteps = 62;
  static constexpr unsigned kFirstBit = 10;
  std::array<std::uint32_t, kSteps> counts{};
};

struct ResponseTimes {
  std::uint32_t connection = 0;
  Exchange exchange{};
  std::uint64_t count = 0;
  std::int64_t p50_ns = 0, p90_ns = 0, p99_ns = 0, max_ns = 0;
};

/// One parameter in the messages of one kind: how many had it, and how often as which JSON type.
struct ParameterHabit {
  Parameter id{};
  std::uint64_t present = 0, absent = 0;
  std::array<std::uint64_t, kJsonTypeCount> types{};  ///< by JsonType
};

/// Counts by name: the most frequent ones, the others together under kOthers.
using HabitCounts = SortedMap<std::string, std::uint64_t>;
inline constexpr std::string_view kOthers = "\u2026";

/// How a peer speaks: a KM, over all its connections, or a controller. Not escaped.
struct PeerRecord {
  std::uint32_t id = 0;  ///< numbered from 1 in order of their first connections
  Role role{};
  std::optional<std::string> name;     ///< a KM's KMA ID
  std::vector<std::string> addresses;  ///< a KM's without its ports
  std::uint64_t connections = 0;
  SortedMap<std::uint16_t, std::uint64_t> messages;
  std::vector<std::uint16_t> versions;
  std::string_view message_ids;  ///< "echoed", "own", "mixed"; empty: no answer tells
  SortedMap<std::string_view, std::uint64_t> spellings;
  SortedMap<std::string, std::uint64_t> transports;
  SortedMap<std::uint16_t, std::vector<ParameterHabit>> parameters;  ///< in order of the parameters' names
  SortedMap<std::uint16_t, HabitCounts> results;
  HabitCounts unknown_members, extensions;
  std::vector<ResponseTimes> response_times;
  std::vector<Distribution> distributions;  ///< of the same, in their order
  std::map<Rule, std::uint64_t> findings;   ///< that it must fix; counted by the report
};

struct RuleCount {
  std::uint64_t checked = 0, violated = 0, undecidable = 0;
  bool off = false;  ///< --rule switched it off
};

/// The numbers of the report's summary.
struct Totals {
  std::map<std::uint16_t, std::uint64_t> messages;
  // Procedures, by the state in which they were told; no entry where there is none.
  std::map<RelayState, std::uint64_t> relays;
  std::map<SessionState, std::uint64_t> sessions;
  std::map<ReservationState, std::uint64_t> reservations;
  std::array<std::uint64_t, 3> findings{};  ///< by Severity
  std::array<std::uint64_t, 3> known{};     ///< those among them that the baseline has
  bool has_baseline = false;
  std::array<RuleCount, kRuleCount> rules{};
  std::map<std::string, std::uint64_t, std::less<>> dropped;  ///< by bound
  std::uint64_t clock_steps =
      0;  ///< pairs whose response was stamped before its request, or by another clock
  std::uint64_t translated_connections = 0;  ///< that are others, seen behind an address translator
};

}  // namespace ck::audit
