// Relays that a controller routes in one go: 0x1403, 0x4104 and 0x1405; and what hops have in common with
// them.
#include "audit/relay.h"
#include "audit/hashed.h"
#include "audit/rules/relay.h"

#include <algorithm>
#include <utility>

namespace ck::audit {

std::uint64_t Relays::request_key(std::string_view id) {
  return digest_of(Hashed::key_relay_request_id, id);
}

std::uint64_t Relays::label_key(std::optional<std::uint32_t> message_id) {
  return message_id ? digest_of(Hashed::notification, *message_id) : 0;
}

Id<Procedure> Relays::make(const Incoming& in, Relay relay) {
  relay.association = in.connection.association.share();
  const Id<Procedure> handle = parts_.procedures.make(std::move(relay), in.ref);
  parts_.identities.note_provisional(in.connection, handle, parts_.procedures[handle].id);
  return handle;
}

void Relays::tell_kma(const Incoming& in, std::string_view kma_id, bool guessed) {
  HeldAssociation before = parts_.identities.tell_kma(in.handle, kma_id, guessed);
  if (before) in.connection.live->moved_from = std::move(before);
}

void Relays::move(Id<Procedure> handle, HeldAssociation& from, HeldAssociation& to) {
  Relay& relay = parts_.procedures.relay(handle);
  Association& source = parts_.identities.association_at(from);
  Association& target = parts_.identities.association_at(to);
  std::vector<std::uint64_t> keys = relay.old_request_keys;
  if (relay.request_key != 0) keys.push_back(relay.request_key);
  for (const std::uint64_t key : keys) {
    const Id<Procedure>* known = source.relays.find(key);
    if (known == nullptr || *known != handle) continue;
    source.relays.erase(key);
    if (target.relays.find(key) == nullptr) target.relays[key] = handle;
  }
  if (const Id<Procedure>* known = source.notified.find(relay.notified_key);
      known != nullptr && *known == handle) {
    source.notified.erase(relay.notified_key);
    target.notified[relay.notified_key] = handle;
  }
  if (!relay.association || &parts_.identities.association_at(relay.association) != &source) return;
  relay.association = to.share();
}

void Relays::expect_evict(const Procedure& procedure) const {
  const Relay& relay = std::get<Relay>(procedure.what);
  fetch_all(std::span(relay.hops));
  fetch_all(std::span(relay.transit));
  if (!relay.association) return;
  const Association& association = parts_.identities.known_at(relay.association);
  association.relays.fetch(relay.request_key);
  association.notified.fetch(relay.notified_key);
}

void Relays::evict(Id<Procedure> handle) {
  Relay& relay = parts_.procedures.relay(handle);
  forget_offers(relay, handle);
  if (!relay.association) return;
  Association& association = parts_.identities.association_at(relay.association);
  association.forgot_relays = association.forgot_relays || !relay.distributed;
  if (relay.request_key != 0) relay.old_request_keys.push_back(relay.request_key);
  for (const std::uint64_t key : relay.old_request_keys) {
    const Id<Procedure>* known = association.relays.find(key);
    if (known != nullptr && *known == handle) association.relays.erase(key);
  }
  if (const Id<Procedure>* known = association.notified.find(relay.notified_key);
      known != nullptr && *known == handle)
    association.notified.erase(relay.notified_key);
}

Id<Procedure> Relays::take_notification(const Incoming& in) {
  if (!in.readable) return kNone;
  Relay relay;
  relay.source = text_of(in.message, Parameter::source_kma_id);
  relay.destination = text_of(in.message, Parameter::destination_kma_id);
  relay.application = text_of(in.message, Parameter::application_destination_id);
  if (relay.source) tell_kma(in, *relay.source, false);
  const Id<Procedure> handle = make(in, std::move(relay));
  note_notified(in, handle, in.ref.message_id);
  return handle;
}

/// It can be found by its 0x1403's MessageID; over gRPC, which has none, among all.
void Relays::note_notified(const Incoming& in, Id<Procedure> handle,
                           std::optional<std::uint32_t> message_id) {
  const auto key_of = [this](Id<Procedure> relay) {
    return digest_of(Hashed::superseded_notification, parts_.procedures[relay].id);
  };
  const std::uint64_t key = in.message.stream ? key_of(handle) : label_key(message_id);
  parts_.procedures.relay(handle).notified_key = key;
  if (key == 0) return;
  FlatMap<Id<Procedure>>& notified = parts_.identities.association(in.connection).notified;
  if (const Id<Procedure>* found =
          notified.find(key)) {  // of another connection: it may be asked for anew still
    const Id<Procedure> before = *found;
    const std::uint64_t other_key = key_of(before);
    parts_.procedures.relay(before).notified_key = other_key;
    notified[other_key] = before;
  }
  notified[key] = handle;
}

/// What a 0x4104 that opens no request named was seen all the same.
void Relays::note_request_id(const Incoming& in, Id<Procedure> handle) {
  Association& association = parts_.identities.association(in.connection);
  const TextView id = in.readable ? text_of(in.message, Parameter::key_relay_request_id) : std::nullopt;
  if (id && association.relays.find(request_key(*id)) != nullptr) return;
  if (!id || handle == kNone) {
    association.unnamed_relays = true;
    return;
  }
  association.relays[request_key(*id)] = handle;
  parts_.procedures.relay(handle).old_request_keys.push_back(request_key(*id));
}

void Relays::tell_source(const Incoming& in) {
  const TextView source = in.readable ? text_of(in.message, Parameter::source_kma_id) : std::nullopt;
  if (source) tell_kma(in, *source, false);
}

Id<Procedure> Relays::take_route(const Incoming& in, const Answer& answer, Id<Procedure> rerouted) {
  const bool reroute = rerouted != kNone;
  Id<Procedure> handle = rerouted;
  const Id<Request> asked = answer.paired() ? answer.request : answer.repeated;
  const bool second = !answer.paired() && answer.again && !reroute;
  if (!reroute && asked != kNone &&
      parts_.procedures.valid(parts_.requests[asked].procedure, parts_.requests[asked].procedure_id)) {
    handle = parts_.requests[asked].procedure;
  }
  if (!second) check_notification(in, answer, reroute);
  const bool has_route = in.readable && in.message.payload->find(Parameter::transit_kma_ids) != nullptr;
  if (!in.readable || second) {
    note_request_id(in, handle);
    if (has_route) {
      Relay said;  // what it leaves out the first one may have said otherwise
      said.transit = list_of(in.message, Parameter::transit_kma_ids);
      check_route(in, said, true);
    }
    return handle;
  }
  if (handle == kNone) {
    handle = make(in, Relay{});
    if (asked != kNone) {  // its 0x1403 could not be read, but a re-route may repeat that MessageID as well
      Request& request = parts_.requests[asked];
      request.procedure = handle;
      request.procedure_id = parts_.procedures[handle].id;
      note_notified(in, handle, request.ref.message_id);
    }
  }
  Relay& relay = parts_.procedures.relay(handle);
  tell_source(in);
  if (!relay.source) relay.source = text_of(in.message, Parameter::source_kma_id);
  if (!relay.destination) {
    relay.destination = text_of(in.message, Parameter::destination_kma_id);
    relay.routed_end = relay.destination.has_value();
  }
  if (!relay.application) relay.application = text_of(in.message, Parameter::application_destination_id);
  relay.transit = list_of(in.message, Parameter::transit_kma_ids);
  if (relay.state == RelayState::requested || reroute) relay.state = RelayState::routed;
  if (reroute) {
    relay.unsure_result = false;
    relay.asked_in_vain = false;
    parts_.procedures.set_finished(handle, false);
  }
  const TextView id = text_of(in.message, Parameter::key_relay_request_id);
  if (id) {
    check_request_id(in, handle, *id);
  } else {
    parts_.identities.association(in.connection).unnamed_relays = true;
  }
  if (has_route) {
    // Under a number of its own it may answer a 0x1403 that was not captured instead.
    const bool all_seen = in.connection.whole() && parts_.identities.seen_whole(in.connection);
    const bool surely_anew =
        reroute && !relay.unsure_pair && (all_seen || relay.notified_key == label_key(in.ref.message_id));
    check_route(in, relay, reroute ? surely_anew : !answer.paired() || answer.certain());
  }
  return handle;
}

/// Over gRPC a KM asks on a connection that it opened. What begins in the middle cannot be read, nor told
/// from anything else: that nobody asked is known only where one is open on which the KM has asked. And a
/// 0x4104 without an ID may come again where its RPC had no answer.
bool Relays::hears_asker(const Incoming& in) const {
  constexpr std::uint32_t kConnectionsLooked = 256;
  const Association& association = parts_.identities.association(in.connection);
  if (association.unnamed_in_vain && !text_of(in.message, Parameter::key_relay_request_id)) return false;
  std::uint32_t budget = kConnectionsLooked;
  for (Id<Connection> handle = association.connections.head; handle != kNone && budget > 0;
       handle = connections_[handle].by_association.after, --budget) {
    const Connection& connection = connections_[handle];
    if (connection.km_side == 0 && connection.whole() && connection.sides[0].heard) return true;
  }
  return false;
}

void Relays::check_notification(const Incoming& in, const Answer& answer, bool reroute) {
  const bool notified = answer.paired() || reroute;
  bool decidable = in.connection.whole() && parts_.identities.seen_whole(in.connection) &&
                   !answer.undecidable && !parts_.identities.blurred(in.connection) &&
                   !parts_.identities.in_doubt(in.connection, Exchange::route) &&
                   (!in.connection.grpc() || hears_asker(in));
  SideState& km = in.connection.sides[other(in.message.sender)];
  if (!notified && decidable && km.may_hide_request()) {
    ++km.requests_hidden;
    decidable = false;
  }
  parts_.verdicts.take(Rule::relay_without_notification,
                       check::relay_without_notification(notified, decidable), in.ref);
}

/// Whether this connection is surely of the KM to which the relay's Key relay request ID was told.
bool Relays::is_same_kms(const Incoming& in, const Relay& relay) const {
  if (relay.named_on_id == in.connection.id) return true;
  const Connection& before = connections_[relay.named_on];
  if (before.id != relay.named_on_id) return !parts_.identities.blurred(in.connection);
  return parts_.identities.is_told(in.connection) && parts_.identities.is_told(before);
}

void Relays::check_request_id(const Incoming& in, Id<Procedure> handle, std::string_view id) {
  Association& association = parts_.identities.association(in.connection);
  const std::uint64_t key = request_key(id);
  Relay& relay = parts_.procedures.relay(handle);
  const Id<Procedure>* known = association.relays.find(key);
  check::RequestIdFacts facts;
  facts.id = id;
  if (known != nullptr && *known != handle) {
    const Relay& first = parts_.procedures.relay(*known);
    facts.open = first.state == RelayState::requested || first.state == RelayState::routed;
    facts.decidable = parts_.identities.seen_whole(in.connection) && !first.unread_result &&
                      is_same_kms(in, first) && first.hidden_runs == association.hidden_runs &&
                      !in.connection.sides[other(in.message.sender)].has_on_its_way() &&
                      !parts_.identities.in_doubt(in.connection, Exchange::relay_result);
    facts.procedure = parts_.procedures[*known].id;
  }
  parts_.verdicts.take(Rule::relay_request_id_reused, check::relay_request_id_reused(facts), in.ref);
  if (relay.request_key != 0 && relay.request_key != key) {
    const Id<Procedure>* old = association.relays.find(relay.request_key);
    relay.old_request_keys.push_back(relay.request_key);
    if (old == nullptr || *old != handle) relay.old_request_keys.pop_back();
  }
  association.relays[key] = handle;
  parts_.identities.note_provisional(in.connection, handle, parts_.procedures[handle].id);
  relay.request_id = id;
  relay.request_key = key;
  relay.hidden_runs = association.hidden_runs;
  relay.named_on = in.handle;
  relay.named_on_id = in.connection.id;
  relay.unread_result = false;
}

void Relays::doubt_route(Id<Procedure> handle) {
  if (handle != kNone) parts_.procedures.relay(handle).unsure_route = true;
}

void Relays::doubt_pair(Id<Procedure> handle) {
  if (handle != kNone) parts_.procedures.relay(handle).unsure_pair = true;
}

void Relays::set_route_request(Id<Procedure> handle, Id<Request> request, std::uint64_t index) {
  Relay& relay = parts_.procedures.relay(handle);
  const Id<Request> before = relay.route_request;
  if (before != kNone && parts_.requests[before].ref.index == relay.route_index && relay.route_index != 0) {
    parts_.requests[before].superseded = true;
  }
  relay.route_request = request;
  relay.route_index = index;
}

void Relays::check_route(const Incoming& in, const Relay& relay, bool certain) {
  // What the message itself says, or else what is known of its relay; empty where neither says.
  const auto end_of_route = [&](Parameter parameter, const Text& known) -> std::string_view {
    if (const TextView own = text_of(in.message, parameter)) return *own;
    if (certain && known) return *known;
    return {};
  };
  const check::Route route{end_of_route(Parameter::source_kma_id, relay.source),
                           end_of_route(Parameter::destination_kma_id, relay.destination), relay.transit,
                           certain};
  parts_.verdicts.take(Rule::destination_not_last, check::destination_not_last(route), in.ref);
  parts_.verdicts.take(Rule::relay_loop, check::relay_loop(route), in.ref);
}

bool Relays::is_foreign(const Incoming& in) {
  const TextView id = in.readable ? text_of(in.message, Parameter::key_relay_request_id) : std::nullopt;
  if (!id) return false;
  Association& association = parts_.identities.association(in.connection);
  const bool known = association.relays.find(request_key(*id)) != nullptr;
  const bool decidable = known || (in.connection.whole() && parts_.identities.seen_whole(in.connection) &&
                                   !association.forgot_relays && !association.unnamed_relays &&
                                   !parts_.identities.blurred(in.connection) &&
                                   !in.connection.sides[other(in.message.sender)].has_on_its_way());
  parts_.verdicts.take(Rule::unknown_relay_request, check::unknown_relay_request(*id, known, decidable),
                       in.ref);
  return !known;
}

Id<Procedure> Relays::take_result(const Incoming& in, const Answer& answer, bool foreign) {
  Id<Procedure> handle = kNone;
  const Id<Request> asked = answer.paired() ? answer.request : answer.repeated;
  if (asked != kNone &&
      parts_.procedures.valid(parts_.requests[asked].procedure, parts_.requests[asked].procedure_id)) {
    handle = parts_.requests[asked].procedure;
  }
  const TextView id = in.readable ? text_of(in.message, Parameter::key_relay_request_id) : std::nullopt;
  if (id && !foreign) {
    const Id<Procedure>* known = parts_.identities.association(in.connection).relays.find(request_key(*id));
    if (known != nullptr) handle = *known;
  }
  // The connection's KM may turn out to be one whose relay this ends.
  const bool perhaps_anothers = id && foreign && parts_.identities.blurred(in.connection);
  if ((!in.readable || perhaps_anothers) && !answer.certain())
    parts_.identities.note_unread_answer(in.connection);
  // A foreign ID that does not contradict the request's: the request named none.
  if (handle == kNone || !answer.paired() || (foreign && !answer.certain())) return handle;
  Relay& relay = parts_.procedures.relay(handle);
  if (relay.state == RelayState::completed || relay.state == RelayState::failed) return handle;
  relay.result = result_of(in.message);
  relay.unsure_result = answer.ambiguous && !id;
  relay.unread_result = !in.readable;
  switch (outcome_of(in.message)) {
    case Outcome::success:
      relay.state = RelayState::completed;
      break;
    case Outcome::failure:
      relay.state = RelayState::failed;
      break;
    case Outcome::unknown:
      return handle;
  }
  parts_.procedures.set_finished(handle, true);
  return handle;
}

void Relays::fail(Id<Procedure> handle, const std::string& result) {
  Relay& relay = parts_.procedures.relay(handle);
  if (relay.state == RelayState::completed || relay.state == RelayState::failed) return;
  relay.result = result;
  relay.state = RelayState::failed;
  parts_.procedures.set_finished(handle, true);
}

void Relays::note_in_vain(Id<Procedure> handle) {
  Relay& relay = parts_.procedures.relay(handle);
  relay.asked_in_vain = true;
  relay.unread_result = true;  // whoever took it back knows what became of it
}

}  // namespace ck::audit
