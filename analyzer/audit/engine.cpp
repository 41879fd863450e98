// The engine's order of work for each thing it is told.
#include "audit/engine.h"

#include <algorithm>
#include <utility>

#include "audit/hashed.h"
#include "protocol/unread.h"

namespace ck::audit {
namespace {

/// A connection of Ck, of whose messages nothing is known.
UnrecognisedConnection as_unrecognised(const ConnectionStart& start, UnrecognisedState state) {
  UnrecognisedConnection out;
  out.connection = start.key;
  out.state = state;
  out.opener_known = start.opener_known;
  out.endpoints = start.endpoints;
  out.at = start.first;
  out.named = true;
  out.in_tls = start.transport == Transport::tls || start.transport == Transport::grpc_tls;
  out.in_clear = !out.in_tls;
  return out;
}

}  // namespace

Engine::Engine(const AuditOptions& options, AuditSink& sink)
    : options_(options),
      verdicts_(options_, sink),
      connection_rules_(options_, verdicts_),
      identities_(connections_, requests_),
      pairing_(options_, verdicts_, identities_, requests_, connections_),
      procedures_(options_, verdicts_),
      relays_(Parts{options_, verdicts_, identities_, requests_, procedures_}, connections_),
      sessions_(Parts{options_, verdicts_, identities_, requests_, procedures_}, connections_),
      reservations_(Parts{options_, verdicts_, identities_, requests_, procedures_}) {
  verdicts_.set_completion([this](Finding& finding) { complete(finding); });
  procedures_.set_listener(ProcedureKind::relay, &relays_);
  procedures_.set_listener(ProcedureKind::session, &sessions_);
  procedures_.set_listener(ProcedureKind::reservation, &reservations_);
}

void Engine::open(const ConnectionStart& start) {
  if (const Id<Connection>* known = by_key_.find(digest_of_connection(start.key)); known != nullptr) {
    // The user named its port, and once it is decrypted it turns out to be gRPC.
    Connection& before = connections_[*known];
    if (before.messages == 0 && before.over_tls()) before.start.transport = start.transport;
    return;
  }
  if (translations_.has(start)) return pass_over(start);
  if (connections_.size() >= options_.max_connections) let_one_connection_go();
  const Id<Connection> handle = connections_.make();
  by_key_[digest_of_connection(start.key)] = handle;
  Connection& connection = connections_[handle];
  connection.id = next_connection_++;
  by_number_[digest_of_connection_number(connection.id)] = handle;
  connection.queue.id = Id<RequestQueue>(connection.id);
  connection.start = start;
  connection.end_ns = start.first.time_ns;
  connection.opened_order = next_order_++;
  connection.live = std::make_unique<LiveConnection>();
  for (const Side side : {Side{0}, Side{1}}) connection.sides[side].whole = start.seen_from_start[side];
  push_back<Connection, &Connection::by_age>(connections_, open_, handle);
  translations_.note(handle);
  verdicts_.sink().recognised(connection.id, start);
}

/// What is said on it is told of the other one. Which of the two is checked may be another one the next time:
/// then not all between these ends was seen.
void Engine::pass_over(const ConnectionStart& start) {
  verdicts_.translated_connection();
  identities_.note_unrecognised(as_unrecognised(start, UnrecognisedState::over));
}

void Engine::message(const Message& message) {
  const Id<Connection>* handle = by_key_.find(digest_of_connection(message.connection));
  if (handle == nullptr || connections_[*handle].closed) return;
  MessageRef ref{next_message_++, message.at, connections_[*handle].id, message.command, std::nullopt};
  if (message.header) ref.message_id = message.header->message_id;
  pairing_.expire(message.at);
  verdicts_.gather_findings(ref.index, message.sender, [&] { return take(*handle, message, ref); });
  procedures_.trim();
}

std::optional<std::uint32_t> Engine::take(Id<Connection> handle, const Message& message,
                                          const MessageRef& ref) {
  Connection& connection = connections_[handle];
  note_senders(connection, message);
  verdicts_.count_message(message.command,
                          message.spec != nullptr && message.spec->code() == message.command);
  if (connection_rules_.settle_roles(connection, message, ref)) identities_.attach(handle);
  connection_rules_.check(connection, message, ref);
  note_hidden(connection);
  if (options_.merged) note_order(connection, message);
  std::optional<std::uint32_t> procedure;
  std::uint64_t manner = 0;
  if (message.spec == nullptr) {
    note_unlisted(connection, message);
  } else {
    const Prepared& prepared = prepared_of(message);
    manner = prepared.manner;
    Incoming in{message,     ref,          handle,
                connection,  prepared.ids, message.payload->state == PayloadState::object,
                std::nullopt};
    const Part part = take(in);
    if (connection.live->moved_from) move_provisional(connection);
    if (prepared.kept != 0) {
      verdicts_.keep(prepared.kept);
    } else {
      verdicts_.take(check_payload(message, facts_of(part.answer)), ref);
    }
    if (part.procedure != kNone) {
      procedure = procedures_[part.procedure].id;
      procedures_.add(part.procedure, ref);
      procedures_.weigh(part.procedure, message.payload_bytes.size() +
                                            message.payload->elements.size() * sizeof(std::string));
      const Procedure& joined = procedures_[part.procedure];
      verdicts_.sink().joined(joined.id, joined.state(), ref, std::nullopt);
    }
  }
  if (identities_.order_unclear()) identities_.note_unseen(connection);  // so for what it began
  if (options_.peers) habits_.note(connection.habits[message.sender], message, manner);
  if (ref.message_id) connection.sides[message.sender].last_message_id = *ref.message_id;
  verdicts_.sink().message(
      MessageRecord{ref, &message, ConnectionRules::is_from_km(connection, message), procedure});
  return procedure;
}

void Engine::comes_near(const Message& later, const ConnectionStart* start) {
  const Id<Connection>* handle = by_key_.find(digest_of_connection(later.connection));
  if (handle != nullptr) start = &connections_[*handle].start;
  if (start == nullptr) return;
  for (const Endpoint& end : start->endpoints) nearness_.note(digest_of_address(end.address), later.at);
  if (const auto session = session_named(later)) nearness_.note(*session, later.at);
}

/// A digest of the message's Session ID, which is none of an address.
std::optional<std::uint64_t> Engine::session_named(const Message& message) {
  if (message.spec == nullptr || message.payload == nullptr) return std::nullopt;
  const Identifiers& ids = prepared_of(message).ids;
  if (!ids.has(Parameter::session_id)) return std::nullopt;
  return digest_of(Hashed::session_id, ids.get(Parameter::session_id));
}

/// Another capture holds a message of the same KM that may have been sent before this one or behind it: what
/// was before is not known, nor what follows from that. So for one that names the same session.
void Engine::note_order(Connection& connection, const Message& message) {
  const std::uint64_t km = digest_of_address(connection.start.endpoints[connection.km_side].address);
  const bool unclear = connection.settled && nearness_.is_near(km, message.at);
  if (unclear) identities_.note_unseen(connection);
  nearness_.note(km, message.at);
  const std::optional<std::uint64_t> session = session_named(message);
  identities_.set_order_unclear(unclear, unclear || (session && nearness_.is_near(*session, message.at)));
  if (session) nearness_.note(*session, message.at);
}

const Prepared& Engine::prepared_of(const Message& message) {
  if (message.prepared != nullptr) return *message.prepared;
  prepare(message, prepared_);
  return prepared_;
}

/// What a message shows of its connection's two sides, whatever it says.
void Engine::note_senders(Connection& connection, const Message& message) {
  ++connection.messages;
  connection.end_ns = std::max(connection.end_ns, message.at.time_ns);
  SideState& sender = connection.sides[message.sender];
  sender.heard = true;
  sender.on_its_way = 0;
  sender.late = std::exchange(sender.awaited, false);
  SideState& across = connection.sides[other(message.sender)];
  across.unread = std::max(across.unread, message.unread);
  across.on_its_way = message.unfinished;
  if (message.payload->state == PayloadState::malformed)
    sender.swallowed += count_listed_codes(message.payload_bytes);
}

/// A message with a code that Table I.1 does not list was meant as one of the others, for all that is known:
/// what it names is not held against who answers it, or goes on with what it says.
void Engine::note_unlisted(Connection& connection, const Message& message) {
  constexpr std::size_t kMostKept = 64;
  std::vector<std::uint32_t>& kept = connection.live->unlisted[message.sender];
  if (message.header && kept.size() < kMostKept) kept.push_back(message.header->message_id);
  if (!connection.settled || message.payload->state != PayloadState::object) return;
  const auto names = [&](Parameter parameter) { return message.payload->find(parameter) != nullptr; };
  if (message.sender == connection.km_side) {
    Km& km = identities_.km(connection);
    km.keys_unknown = km.keys_unknown || names(Parameter::key_ids);
  } else {
    Association& association = identities_.association(connection);
    association.unnamed_sessions = association.unnamed_sessions || names(Parameter::session_id);
    association.unnamed_relays = association.unnamed_relays || names(Parameter::key_relay_request_id);
  }
}

/// Bytes that could not be read hide like a hole: keys may have been reserved in them, relays and sessions
/// named.
void Engine::note_hidden(Connection& connection) {
  if (!connection.settled) return;
  for (const Side side : {Side{0}, Side{1}}) {
    SideState& state = connection.sides[side];
    const bool more = state.hidden() > std::exchange(state.hidden_noted, state.hidden());
    if (state.hidden() > 0) identities_.note_unread(connection, side == connection.km_side, more);
  }
}

RequestFacts Engine::facts_of(const Answer& answer) const {
  if (!answer.certain() || !requests_[answer.request].readable) return {};
  return RequestFacts{true, requests_[answer.request].ids.has(Parameter::application_destination_id)};
}

/// The connection's KM turned out to be another one than it was thought to be: what was begun on it is that
/// KM's from the start.
void Engine::move_provisional(Connection& connection) {
  HeldAssociation from = std::exchange(connection.live->moved_from, {});
  const Association& before = identities_.association_at(from);
  Association& now = identities_.association(connection);
  now.unnamed_relays = now.unnamed_relays || before.unnamed_relays;
  now.unnamed_in_vain = now.unnamed_in_vain || before.unnamed_in_vain;
  now.unnamed_sessions = now.unnamed_sessions || before.unnamed_sessions;
  Km& km = identities_.km(connection);
  km.keys_unknown = km.keys_unknown || identities_.km_of(from).keys_unknown;
  km.unread_allocations += identities_.km_of(from).unread_allocations;
  km.hidden_runs += identities_.km_of(from).hidden_runs;
  now.hidden_runs += before.hidden_runs;
  reservations_.move_keys(connection, from);
  const auto procedures = std::exchange(connection.live->provisional.procedures, {});
  for (const auto& [handle, id] : procedures) {
    if (!procedures_.valid(handle, id)) continue;
    switch (procedures_[handle].kind()) {
      case ProcedureKind::relay:
        relays_.move(handle, from, connection.association);
        break;
      case ProcedureKind::session:
        sessions_.move(handle, from, connection.association);
        break;
      case ProcedureKind::reservation:
        reservations_.move(handle, connection.association);
        break;
    }
  }
}

/// Which part of the audit takes an exchange's request and its response.
struct Engine::ExchangeActions {
  Exchange exchange;
  Id<Procedure> (*take_request)(Engine&, Incoming&);
  Id<Procedure> (*take_response)(Engine&, Incoming&, const Answer&, bool foreign);
  /// Whether the response names a procedure that none of its association's requests named; nullptr: it
  /// cannot.
  bool (*is_foreign)(Engine&, Incoming&);
  /// Lets the procedure know its request; nullptr: it need not.
  void (*note_request)(Engine&, Id<Procedure> procedure, Id<Request> request, const Incoming&);
};

const Engine::ExchangeActions& Engine::actions_of(Exchange exchange) {
  using E = Engine;
  using In = Incoming;
  using A = const Answer;
  static constexpr std::array<ExchangeActions, kExchangeCount> kActions{{
      {Exchange::next_hop, [](E& e, In& in) { return e.relays_.take_hop_request(in); },
       [](E& e, In& in, A& answer, bool) { return e.relays_.take_hop_response(in, answer); }, nullptr,
       nullptr},
      // Its response is a request too, which take_route() takes.
      {Exchange::route, [](E& e, In& in) { return e.relays_.take_notification(in); }, nullptr, nullptr,
       nullptr},
      {Exchange::relay_result, nullptr,
       [](E& e, In& in, A& answer, bool foreign) { return e.relays_.take_result(in, answer, foreign); },
       [](E& e, In& in) { return e.relays_.is_foreign(in); },
       [](E& e, Id<Procedure> procedure, Id<Request> request, const In& in) {
         e.relays_.set_route_request(procedure, request, in.ref.index);
       }},
      {Exchange::session_creation, [](E& e, In& in) { return e.sessions_.take_request(in); },
       [](E& e, In& in, A& answer, bool) { return e.sessions_.take_response(in, answer); }, nullptr, nullptr},
      {Exchange::session_notification, [](E& e, In& in) { return e.sessions_.take_notification(in); },
       [](E& e, In& in, A& answer, bool foreign) {
         return e.sessions_.take_notification_response(in, answer, foreign);
       },
       [](E& e, In& in) { return e.sessions_.is_foreign(in); },
       [](E& e, Id<Procedure> procedure, Id<Request> request, const In&) {
         e.sessions_.add_notice_request(procedure, request);
       }},
      {Exchange::reservation, [](E& e, In& in) { return e.reservations_.take_request(in); },
       [](E& e, In& in, A& answer, bool) { return e.reservations_.take_response(in, answer); }, nullptr,
       nullptr},
      {Exchange::allocation, [](E& e, In& in) { return e.reservations_.take_allocation(in); },
       [](E& e, In& in, A& answer, bool) { return e.reservations_.take_allocation_response(in, answer); },
       nullptr, nullptr},
  }};
  return kActions[index_of(exchange)];
}

Id<Request> Engine::take_request(Incoming& in, Exchange exchange, Id<Procedure> procedure) {
  const Id<Request> request = pairing_.open(in, exchange);
  requests_[request].procedure = procedure;
  requests_[request].procedure_id = procedure == kNone ? 0 : procedures_[procedure].id;
  const auto note_request = actions_of(exchange).note_request;
  if (note_request != nullptr && procedure != kNone) note_request(*this, procedure, request, in);
  return request;
}

Engine::Part Engine::take_response(Incoming& in, Exchange exchange) {
  Part part;
  if (exchange == Exchange::session_creation && in.readable)
    in.session_apps = sessions_.applications_of(in.message);
  const ExchangeActions& actions = actions_of(exchange);
  const bool foreign = actions.is_foreign != nullptr && actions.is_foreign(*this, in);
  part.answer = pairing_.pair(in, exchange, foreign);
  if (exchange == Exchange::session_creation && sessions_.is_anothers(in, part.answer))
    part.answer.mismatch = true;
  pairing_.check_message_id(in, exchange, true, part.answer);
  pairing_.check(in, exchange, part.answer, foreign, false);
  part.procedure = actions.take_response(*this, in, part.answer, foreign);
  return part;
}

/// 0x4104: answers a notification where one is open, and asks for a relay in any case.
Engine::Part Engine::take_route(Incoming& in) {
  Part part;
  if (in.message.stream) relays_.tell_source(in);
  // A re-route repeats the MessageID of a 0x1403 that was answered before. Where another one is open which it
  // fits, only a sender that echoes says so by it: two counters meet by chance.
  const bool own = pairing_.has_own(in, Exchange::route) || pairing_.is_owed_in_rpc(in, Exchange::route);
  const bool fits_open = pairing_.has_fitting(in, Exchange::route);
  Id<Procedure> rerouted = own ? kNone : relays_.find_rerouted(in);
  const bool by_chance = rerouted != kNone && fits_open && !in.message.stream && !Pairing::repeats(in);
  if (by_chance) rerouted = kNone;
  const SideState& sender = in.connection.sides[in.message.sender];
  in.perhaps_reroute =
      by_chance ? !sender.answers_otherwise
                : !own && fits_open && !in.message.stream && !sender.echoing() && relays_.may_reroute(in);
  Answer alone;  // under a number of its own, where no open 0x1403 fits
  if (rerouted == kNone && !fits_open && !own) rerouted = relays_.find_rerouted(in, alone);
  if (rerouted != kNone) {
    part.answer.again = true;
    pairing_.note_reroute(in);
  } else {
    in.perhaps_anew = alone.undecidable;
    part.answer = pairing_.pair(in, Exchange::route, false);
    if (!part.answer.paired()) rerouted = relays_.find_rerouted(in, part.answer);
  }
  const bool reroute = rerouted != kNone;
  // Among ambiguous pairs it may answer the notification that another 0x4104 was paired with.
  const bool unsure = !part.answer.paired() && part.answer.again && !part.answer.surely_again && !reroute &&
                      identities_.in_doubt(in.connection, Exchange::route);
  if (unsure) {
    part.answer.repeated = kNone;
    part.answer.again = false;
  }
  const bool second = !part.answer.paired() && part.answer.again && !reroute;
  const bool response = part.answer.paired() || part.answer.again;
  pairing_.check_message_id(in, response ? Exchange::route : Exchange::relay_result, response, part.answer);
  pairing_.check(in, Exchange::route, part.answer, false, !part.answer.paired() && !second);
  part.procedure = relays_.take_route(in, part.answer, rerouted);
  if (by_chance || in.perhaps_reroute) relays_.doubt_route(part.procedure);
  if (part.answer.ambiguous) relays_.doubt_pair(part.procedure);
  if (second) {
    ++identities_.association(in.connection).spare_results;  // the KM may answer it or not
    return part;
  }
  Request& request = requests_[take_request(in, Exchange::relay_result, part.procedure)];
  request.perhaps_answered = request.perhaps_answered || unsure;
  return part;
}

Engine::Part Engine::take(Incoming& in) {
  const Command command = in.message.spec->command;
  if (command == Command::relay_request) return take_route(in);
  if (const ExchangeSpec* answered = find_answered(command); answered != nullptr)
    return take_response(in, answered->exchange);
  const Exchange exchange = find_opened(command)->exchange;
  const Id<Procedure> procedure = actions_of(exchange).take_request(*this, in);
  pairing_.check_message_id(in, exchange, false, Answer{});
  take_request(in, exchange, procedure);
  return Part{procedure, {}};
}

void Engine::event(const StreamEvent& event) {
  const Id<Connection>* handle = by_key_.find(digest_of_connection(event.connection));
  if (handle == nullptr || connections_[*handle].closed) return;
  Connection& connection = connections_[*handle];
  // Time-outs wait for the next message: several events may be told in front of it, each of which can say of
  // another request that its answer was not captured.
  connection.end_ns = std::max(connection.end_ns, event.at.time_ns);
  connection_rules_.check(connection, event);
  note_hidden(connection);
  // The captures end inside of its first message, which may be any.
  if (event.kind == StreamEventKind::unfinished && !connection.settled)
    identities_.note_unrecognised(as_unrecognised(
        connection.start, event.bytes > 0 ? UnrecognisedState::lacking : UnrecognisedState::read));
  if (!connection.whole()) identities_.lose_part(*handle);
  const bool reset = event.kind == StreamEventKind::reset_seen || event.kind == StreamEventKind::reset;
  if (reset || event.kind == StreamEventKind::fin) {
    identities_.outlive(connection, event.side);
    if (reset) {
      identities_.outlive(connection, other(event.side));  // who hears of it says no more either
      if (!connection.grpc()) identities_.end(connection, event.at, next_order_++);
    }
    if (connection.association) pairing_.keep_within_bounds(identities_.association(connection));
  }
}

/// Requests that had no answer in their RPC fail with it; those that were taken back may never have one.
void Engine::rpc_ended(const RpcEnd& end) {
  const Id<Connection>* handle = by_key_.find(digest_of_connection(end.connection));
  if (handle == nullptr || connections_[*handle].closed) return;
  Connection& connection = connections_[*handle];
  pairing_.expire(end.at);
  connection.end_ns = std::max(connection.end_ns, end.at.time_ns);
  const bool failed = end.outcome == RpcOutcome::failed;
  for (const Id<Request> asked : pairing_.open_in_rpc(connection, end.stream, end.asker)) {
    if (failed) fail(requests_[asked], end.result);
    note_in_vain(connection, requests_[asked]);
    if (end.outcome == RpcOutcome::taken_back) {
      pairing_.take_back(asked, end.at);
    } else {
      pairing_.end_rpc(asked, end.at, failed);
    }
  }
  procedures_.trim();
}

void Engine::note_in_vain(Connection& connection, const Request& request) {
  if (request.exchange != Exchange::relay_result) return;
  if (!request.ids.has(Parameter::key_relay_request_id))
    identities_.association(connection).unnamed_in_vain = true;
  if (procedures_.valid(request.procedure, request.procedure_id)) relays_.note_in_vain(request.procedure);
}

void Engine::fail(const Request& request, const std::string& result) {
  const Id<Procedure> handle = request.procedure;
  if (!procedures_.valid(handle, request.procedure_id)) return;
  switch (procedures_[handle].kind()) {
    case ProcedureKind::relay:
      return relays_.fail(handle, result);
    case ProcedureKind::session:
      return sessions_.fail(handle, request.exchange, result);
    case ProcedureKind::reservation:
      return reservations_.fail(handle, request);
  }
}

/// The next connection of its KM may have ended this one before the streams do.
void Engine::tls_handshake(const TlsHandshake& handshake) {
  const Id<Connection>* handle = by_key_.find(digest_of_connection(handshake.connection));
  if (handle == nullptr) return;
  connection_rules_.check(connections_[*handle], handshake);
  if (connections_[*handle].closed) connection_rules_.check_close(connections_[*handle]);
}

void Engine::close(ConnectionKey key, Position at) {
  const Id<Connection>* handle = by_key_.find(digest_of_connection(key));
  if (handle == nullptr || connections_[*handle].closed) return;
  Connection& connection = connections_[*handle];
  connection_rules_.check_close(connection);
  connection.closed = true;
  identities_.end(connection, at, next_order_++);
  connection.end_ns = std::max(connection.end_ns, at.time_ns);
  connection.live.reset();
  identities_.close(*handle);
  if (connection.association) pairing_.keep_within_bounds(identities_.association(connection));
  unlink<Connection, &Connection::by_age>(connections_, open_, *handle);
  push_back<Connection, &Connection::by_age>(connections_, closed_, *handle);
}

/// A message that is no longer at hand was sent by whom its code means.
void Engine::complete(Finding& finding) const {
  const Id<Connection>* handle = by_number_.find(digest_of_connection_number(finding.connection));
  if (handle == nullptr) return;
  const Connection& connection = connections_[*handle];
  const MessageSpec* spec = finding.command ? find_meant(*finding.command) : nullptr;
  if (!finding.side && spec != nullptr)
    finding.side = protocol::is_from_km(spec->command) ? connection.km_side : other(connection.km_side);
  if (finding.side) finding.sender = connection.start.endpoints[*finding.side];
  finding.at_fault = at_fault(finding, connection.km_side);
  if (!finding.at_fault) return;
  const bool is_km = finding.at_fault == Role::km;
  finding.fixer = connection.start.endpoints[is_km ? connection.km_side : other(connection.km_side)];
  if (is_km || connection.reversed || connection.grpc()) finding.fixer->port = 0;
}

}  // namespace ck::audit
