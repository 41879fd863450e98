// Relays, centralized and distributed.
#include "audit/relay.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace ck {
namespace {

constexpr std::size_t kOffersKept = 256;  ///< unused offers for one destination
constexpr std::size_t kHopsKept = 256;

std::uint64_t request_key(std::string_view id) {
  return digest_of(id, 3);
}

std::uint64_t label_key(const Incoming& in) {
  return in.ref.message_id ? digest_of(*in.ref.message_id, 8) : 0;
}

std::uint64_t destination_key(TextView destination, TextView application) {
  if (destination) return digest_of(*destination, 4);
  return application ? digest_of(*application, 5) : 0;
}

bool holds(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

/// The hops that may follow an offer: the destination asks for nothing more.
bool offers_a_hop(const Relay& relay, const Hop& hop, const Text& requester) {
  if (requester) return holds(hop.offers, *requester) && requester != relay.destination;
  return std::any_of(hop.offers.begin(), hop.offers.end(),
                     [&](const std::string& kma) { return relay.destination != kma; });
}

bool agree(const Text& a, const TextView& b) {
  return !a || !b || *a == *b;
}

bool passed(const Relay& relay, const std::string& kma) {
  if (relay.source == kma) return true;
  for (std::size_t i = 0; i < relay.hops.size(); ++i) {
    if (relay.hops[i].requester == kma) return true;
    const bool used = i + 1 < relay.hops.size();
    if (used && relay.hops[i].offers.size() == 1 && relay.hops[i].offers.front() == kma) return true;
  }
  return false;
}

Finding hop_loop(const MessageRef& response, const std::vector<std::string>& offers) {
  Finding finding = finding_at(response);
  finding.parameter = parameter(Parameter::next_kma_ids).name;
  finding.text = fmt::format("every KMA that is offered as the next hop was already passed by this relay: {}",
                             fmt::join(offers, ", "));
  return finding;
}

}  // namespace

Handle Relays::make(const Incoming& in, Relay relay) {
  relay.association = in.connection.association;
  if (relay.association != kNone) parts_.identities.hold_association(relay.association);
  const Handle handle = parts_.procedures.make(std::move(relay), in.ref);
  parts_.identities.note_begun(in.connection, handle, parts_.procedures[handle].id);
  return handle;
}

void Relays::tell_kma(const Incoming& in, std::string_view kma_id, bool guessed) {
  const Handle before = parts_.identities.tell_kma(in.handle, kma_id, guessed);
  if (before == kNone) return;
  Handle& moved = in.connection.live->moved_from;
  if (moved != kNone) parts_.identities.release_association(moved);
  moved = before;
}

void Relays::move(Handle handle, Handle from, Handle to) {
  Relay& relay = parts_.procedures.relay(handle);
  Association& source = parts_.identities.association_at(from);
  Association& target = parts_.identities.association_at(to);
  std::vector<std::uint64_t> keys = relay.old_request_keys;
  if (relay.request_key != 0) keys.push_back(relay.request_key);
  for (const std::uint64_t key : keys) {
    const Handle* known = source.relays.find(key);
    if (known == nullptr || *known != handle) continue;
    source.relays.erase(key);
    if (target.relays.find(key) == nullptr) target.relays[key] = handle;
  }
  if (const Handle* known = source.notified.find(relay.notified_key); known != nullptr && *known == handle) {
    source.notified.erase(relay.notified_key);
    target.notified[relay.notified_key] = handle;
  }
  if (relay.association == kNone || &parts_.identities.association_at(relay.association) != &source) return;
  parts_.identities.hold_association(to);
  parts_.identities.release_association(std::exchange(relay.association, to));
}

void Relays::let_go(Handle handle) {
  Relay& relay = parts_.procedures.relay(handle);
  forget_offers(destination_key(relay.destination, std::nullopt), handle);
  forget_offers(destination_key(std::nullopt, relay.application), handle);
  if (relay.association == kNone) return;
  Association& association = parts_.identities.association_at(relay.association);
  association.forgot_relays = association.forgot_relays || !relay.distributed;
  if (relay.request_key != 0) relay.old_request_keys.push_back(relay.request_key);
  for (const std::uint64_t key : relay.old_request_keys) {
    const Handle* known = association.relays.find(key);
    if (known != nullptr && *known == handle) association.relays.erase(key);
  }
  if (const Handle* known = association.notified.find(relay.notified_key);
      known != nullptr && *known == handle)
    association.notified.erase(relay.notified_key);
  parts_.identities.release_association(relay.association);
}

bool Relays::can_take(const Offer& offer, const Incoming& in, const Text& requester, const TextView& source) {
  if (offer.connection == in.handle && !requester) return false;  // a KM does not hop to itself
  const Relay& relay = parts_.procedures.relay(offer.relay);
  if (source && relay.source && *source != *relay.source) return false;
  return relay.hops.size() < kHopsKept && offers_a_hop(relay, relay.hops[offer.hop], requester);
}

/// The chain with the oldest unused offer that this requester can be; the offer is used then.
Handle Relays::find_chain(const Incoming& in, std::uint64_t key, const Text& requester,
                          const TextView& source) {
  std::vector<Offer>* offers = key == 0 ? nullptr : offers_.find(key);
  if (offers == nullptr) return kNone;
  std::erase_if(*offers,
                [this](const Offer& offer) { return !parts_.procedures.valid(offer.relay, offer.relay_id); });
  Handle found = kNone;
  for (auto at = offers->begin(); at != offers->end(); ++at) {
    if (!can_take(*at, in, requester, source)) continue;
    found = at->relay;
    offers->erase(at);
    break;
  }
  if (offers->empty()) offers_.erase(key);
  return found;
}

void Relays::remember_offer(std::uint64_t key, const Offer& offer) {
  if (key == 0) return;
  std::vector<Offer>& offers = offers_[key];
  if (offers.size() >= kOffersKept) {
    offers.erase(offers.begin());
    parts_.ledger.dropped(Bound::unused_offers);
  }
  offers.push_back(offer);
}

void Relays::forget_offers(std::uint64_t key, Handle relay) {
  std::vector<Offer>* offers = key == 0 ? nullptr : offers_.find(key);
  if (offers == nullptr) return;
  std::erase_if(*offers, [relay](const Offer& offer) { return offer.relay == relay; });
  if (offers->empty()) offers_.erase(key);
}

Handle Relays::take_hop_request(const Incoming& in) {
  if (!in.readable) return kNone;
  const TextView source = text_of(in.message, Parameter::source_kma_id);
  const TextView destination = text_of(in.message, Parameter::destination_kma_id);
  const TextView application = text_of(in.message, Parameter::application_destination_id);
  Text requester = parts_.identities.kma_id(in.connection);
  Handle handle = find_chain(in, destination_key(destination, std::nullopt), requester, source);
  if (handle == kNone) handle = find_chain(in, destination_key(std::nullopt, application), requester, source);
  if (handle == kNone) {
    if (source) tell_kma(in, *source, true);
    requester = parts_.identities.kma_id(in.connection);
    Relay relay;
    relay.distributed = true;
    relay.source = source;
    relay.destination = destination;
    relay.application = application;
    handle = make(in, std::move(relay));
  } else {
    Relay& relay = parts_.procedures.relay(handle);
    // A KM that did not tell its KMA ID, on a host that asked before, may be one which asks anew.
    const bool other_host = std::none_of(relay.hops.begin(), relay.hops.end(),
                                         [&](const Hop& hop) { return hop.host == in.connection.host; });
    // Without its Source a hop may be another relay's to the same destination.
    relay.certain = relay.certain && source && relay.source && (requester || other_host);
    if (!relay.destination) relay.destination = destination;
    if (!relay.application) relay.application = application;
    if (!relay.source) relay.source = source;
    parts_.procedures.set_finished(handle, false);
  }
  Hop hop;
  hop.requester = requester;
  hop.host = in.connection.host;
  hop.request = in.ref.index;
  hop.connection = in.handle;
  hop.connection_id = in.connection.id;
  Relay& relay = parts_.procedures.relay(handle);
  relay.certain = relay.certain && !parts_.identities.doubted(in.connection);
  relay.hops.push_back(std::move(hop));
  return handle;
}

Handle Relays::take_hop_response(const Incoming& in, const Answer& answer) {
  if (!answer.paired()) return kNone;
  const Request& request = parts_.requests[answer.request];
  if (!parts_.procedures.valid(request.procedure, request.procedure_id)) return kNone;
  const Handle handle = request.procedure;
  Relay& relay = parts_.procedures.relay(handle);
  const auto at = std::find_if(relay.hops.rbegin(), relay.hops.rend(),
                               [&](const Hop& hop) { return hop.request == request.ref.index; });
  const Member* member = in.readable ? in.message.payload->find(Parameter::next_kma_ids) : nullptr;
  if (at == relay.hops.rend() || member == nullptr || member->fit == Fit::wrong || answer.mismatch)
    return handle;
  at->offers = list_of(in.message, Parameter::next_kma_ids);
  if (!relay.destination) relay.destination = text_of(in.message, Parameter::destination_kma_id);
  const bool complete = relay.destination && holds(at->offers, *relay.destination);
  relay.certain = relay.certain && answer.certain();  // else its way may be another relay's
  judge_hop(in, answer, relay, *at);
  if (complete) {
    relay.state = RelayState::completed;
  } else if (relay.state != RelayState::completed && at == relay.hops.rbegin()) {
    relay.state = at->offers.empty() ? RelayState::failed : RelayState::routed;
  }
  if (offers_a_hop(relay, *at, std::nullopt)) {
    const Offer offer{handle, parts_.procedures[handle].id,
                      static_cast<std::uint32_t>(relay.hops.rend() - at - 1), request.connection};
    remember_offer(destination_key(relay.destination, std::nullopt), offer);
    remember_offer(destination_key(std::nullopt, relay.application), offer);
  }
  // A routed relay may go on at the next KM, or where nothing is captured: it is not waited for.
  parts_.procedures.set_finished(handle, relay.state == RelayState::completed || at == relay.hops.rbegin());
  return handle;
}

void Relays::judge_hop(const Incoming& in, const Answer& answer, const Relay& relay, Hop& hop) {
  const std::vector<std::string> offers = list_of(in.message, Parameter::next_kma_ids);
  if (offers.empty()) return;
  if (!answer.certain() || !relay.certain) {
    parts_.ledger.undecidable(Rule::relay_loop);
    return;
  }
  if (!std::all_of(offers.begin(), offers.end(),
                   [&](const std::string& kma) { return passed(relay, kma); })) {
    const bool unnamed =
        std::any_of(relay.hops.begin(), relay.hops.end(), [](const Hop& one) { return !one.requester; });
    if (unnamed) {
      hop.unjudged = in.ref;
    } else {
      parts_.ledger.kept(Rule::relay_loop);
    }
    return;
  }
  parts_.ledger.broken(Rule::relay_loop, hop_loop(in.ref, offers));
}

/// A KMA ID that was told after a hop's 0x4102 names its connection from the start.
void Relays::judge_end(const Procedure& procedure, Ledger& ledger) const {
  const auto& relay = std::get<Relay>(procedure.what);
  Relay known;
  known.source = relay.source;
  bool doubted = false;
  for (const Hop& hop : relay.hops) {
    known.hops.push_back(hop);
    const Connection& connection = connections_[hop.connection];
    if (connection.id == hop.connection_id) {
      if (!hop.requester) known.hops.back().requester = parts_.identities.kma_id(connection);
      doubted = doubted || parts_.identities.doubted(connection);
    }
    if (!hop.unjudged) continue;
    const bool loop = std::all_of(hop.offers.begin(), hop.offers.end(),
                                  [&](const std::string& kma) { return passed(known, kma); });
    if (!loop) {
      ledger.kept(Rule::relay_loop);
    } else if (doubted) {
      ledger.undecidable(Rule::relay_loop);
    } else {
      Finding finding = hop_loop(*hop.unjudged, hop.offers);
      finding.procedure = procedure.id;
      ledger.broken(Rule::relay_loop, std::move(finding));
    }
  }
}

Handle Relays::take_notification(const Incoming& in) {
  if (!in.readable) return kNone;
  Relay relay;
  relay.source = text_of(in.message, Parameter::source_kma_id);
  relay.destination = text_of(in.message, Parameter::destination_kma_id);
  relay.application = text_of(in.message, Parameter::application_destination_id);
  if (relay.source) tell_kma(in, *relay.source, false);
  relay.notified_key = label_key(in);
  const Handle handle = make(in, std::move(relay));
  const std::uint64_t key = parts_.procedures.relay(handle).notified_key;
  if (key == 0) return handle;
  FlatMap<Handle>& notified = parts_.identities.association(in.connection).notified;
  if (const Handle* found = notified.find(key)) {  // of another connection: it may be asked for anew still
    const Handle before = *found;
    const std::uint64_t other_key = digest_of(parts_.procedures[before].id, 9);
    parts_.procedures.relay(before).notified_key = other_key;
    notified[other_key] = before;
  }
  notified[key] = handle;
  return handle;
}

/// Whether a 0x4104 can ask anew for this relay. A Key relay request ID and none are different ones, too.
bool Relays::asks_anew(const Incoming& in, Handle handle) const {
  const Relay& relay = parts_.procedures.relay(handle);
  return relay.route_request != kNone && (relay.state != RelayState::completed || relay.unsure_result) &&
         text_of(in.message, Parameter::key_relay_request_id) != relay.request_id &&
         agree(relay.source, text_of(in.message, Parameter::source_kma_id)) &&
         agree(relay.destination, text_of(in.message, Parameter::destination_kma_id)) &&
         agree(relay.application, text_of(in.message, Parameter::application_destination_id));
}

Handle Relays::find_rerouted(const Incoming& in) {
  const std::uint64_t key = label_key(in);
  if (!in.readable || key == 0) return kNone;
  const Handle* found = parts_.identities.association(in.connection).notified.find(key);
  return found != nullptr && asks_anew(in, *found) ? *found : kNone;
}

Handle Relays::find_rerouted(const Incoming& in, Answer& answer) {
  constexpr std::size_t kRelaysLooked = 1024;
  if (answer.paired() || !in.readable) return kNone;
  if (answer.repeated != kNone) {
    const Request& request = parts_.requests[answer.repeated];
    const bool known = parts_.procedures.valid(request.procedure, request.procedure_id);
    if (!known || parts_.procedures.relay(request.procedure).request_id ==
                      text_of(in.message, Parameter::key_relay_request_id))
      return kNone;
    answer.repeated = kNone;  // a relay of its own, or a re-route
    answer.again = false;
  }
  const Association& association = parts_.identities.association(in.connection);
  const TextView id = text_of(in.message, Parameter::key_relay_request_id);
  if (answer.again || (id && association.relays.find(request_key(*id)) != nullptr)) return kNone;
  const FlatMap<Handle>& notified = association.notified;
  Handle fitting = kNone;
  answer.undecidable = answer.undecidable || notified.size() > kRelaysLooked;
  if (notified.size() > kRelaysLooked) return kNone;
  notified.for_each([&](std::uint64_t, Handle handle) {
    if (!asks_anew(in, handle)) return;
    answer.undecidable = answer.undecidable || fitting != kNone;
    fitting = handle;
  });
  return answer.undecidable ? kNone : fitting;
}

/// What a 0x4104 that opens no request named was seen all the same.
void Relays::note_request_id(const Incoming& in, Handle handle) {
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

Handle Relays::take_route(const Incoming& in, const Answer& answer, Handle rerouted) {
  const bool reroute = rerouted != kNone;
  Handle handle = rerouted;
  const Handle asked = answer.paired() ? answer.request : answer.repeated;
  const bool second = !answer.paired() && answer.again && !reroute;
  if (!reroute && asked != kNone &&
      parts_.procedures.valid(parts_.requests[asked].procedure, parts_.requests[asked].procedure_id)) {
    handle = parts_.requests[asked].procedure;
  }
  if (!second) judge_notification(in, answer, reroute);
  if (!in.readable || second) {
    note_request_id(in, handle);
    return handle;
  }
  Relay fresh;
  if (handle == kNone) handle = make(in, fresh);
  Relay& relay = parts_.procedures.relay(handle);
  const TextView source = text_of(in.message, Parameter::source_kma_id);
  if (source) tell_kma(in, *source, false);
  if (!relay.source) relay.source = source;
  if (!relay.destination) relay.destination = text_of(in.message, Parameter::destination_kma_id);
  if (!relay.application) relay.application = text_of(in.message, Parameter::application_destination_id);
  relay.transit = list_of(in.message, Parameter::transit_kma_ids);
  if (relay.state == RelayState::requested || reroute) relay.state = RelayState::routed;
  if (reroute) {
    relay.unsure_result = false;
    parts_.procedures.set_finished(handle, false);
  }
  const TextView id = text_of(in.message, Parameter::key_relay_request_id);
  if (id) {
    judge_request_id(in, handle, *id);
  } else {
    parts_.identities.association(in.connection).unnamed_relays = true;
  }
  if (in.message.payload->find(Parameter::transit_kma_ids) != nullptr) {
    judge_route(in, relay, reroute || !answer.paired() || answer.certain());
  }
  return handle;
}

void Relays::judge_notification(const Incoming& in, const Answer& answer, bool reroute) {
  if (answer.paired() || reroute) {
    parts_.ledger.kept(Rule::relay_without_notification);
  } else if (!in.connection.whole() || !parts_.identities.association(in.connection).whole ||
             answer.undecidable || parts_.identities.blurred(in.connection) ||
             in.connection.forgot_requests || parts_.identities.in_doubt(in.connection, Exchange::route)) {
    parts_.ledger.undecidable(Rule::relay_without_notification);
  } else if (SideState& km = in.connection.sides[other(in.message.sender)]; km.may_hide_request()) {
    ++km.requests_hidden;
    parts_.ledger.undecidable(Rule::relay_without_notification);
  } else {
    Finding finding = finding_at(in.ref);
    finding.text = "no key relay request notification (0x1403) asked for this relay";
    parts_.ledger.broken(Rule::relay_without_notification, std::move(finding));
  }
}

void Relays::judge_request_id(const Incoming& in, Handle handle, std::string_view id) {
  Association& association = parts_.identities.association(in.connection);
  const std::uint64_t key = request_key(id);
  Relay& relay = parts_.procedures.relay(handle);
  const Handle* known = association.relays.find(key);
  if (known != nullptr && *known != handle) {
    const Relay& first = parts_.procedures.relay(*known);
    const bool open = first.state == RelayState::requested || first.state == RelayState::routed;
    if (!open) {
      parts_.ledger.kept(Rule::relay_request_id_reused);
    } else if (!association.whole || parts_.identities.in_doubt(in.connection, Exchange::relay_result)) {
      parts_.ledger.undecidable(Rule::relay_request_id_reused);
    } else {
      Finding finding = finding_at(in.ref);
      finding.parameter = parameter(Parameter::key_relay_request_id).name;
      finding.text =
          fmt::format("Key relay request ID \"{}\" is that of a relay which is still open (procedure {})", id,
                      parts_.procedures[*known].id);
      parts_.ledger.broken(Rule::relay_request_id_reused, std::move(finding));
    }
  } else {
    parts_.ledger.kept(Rule::relay_request_id_reused);
  }
  if (relay.request_key != 0 && relay.request_key != key) {
    const Handle* old = association.relays.find(relay.request_key);
    relay.old_request_keys.push_back(relay.request_key);
    if (old == nullptr || *old != handle) relay.old_request_keys.pop_back();
  }
  association.relays[key] = handle;
  parts_.identities.note_begun(in.connection, handle, parts_.procedures[handle].id);
  relay.request_id = id;
  relay.request_key = key;
}

void Relays::set_route_request(Handle handle, Handle request, std::uint64_t index) {
  Relay& relay = parts_.procedures.relay(handle);
  const Handle before = relay.route_request;
  if (before != kNone && parts_.requests[before].ref.index == relay.route_index && relay.route_index != 0) {
    parts_.requests[before].superseded = true;
  }
  relay.route_request = request;
  relay.route_index = index;
}

void Relays::judge_route(const Incoming& in, const Relay& relay, bool certain) {
  // What the message itself says, or else what is known of its relay; empty where neither says.
  const auto end_of_route = [&](Parameter parameter, const Text& known) -> std::string_view {
    if (const TextView own = text_of(in.message, parameter)) return *own;
    if (certain && known) return *known;
    return {};
  };
  const std::string_view source = end_of_route(Parameter::source_kma_id, relay.source);
  const std::string_view destination = end_of_route(Parameter::destination_kma_id, relay.destination);
  const std::vector<std::string>& transit = relay.transit;
  Text looped;
  bool early = false;
  // A short list is compared with itself: no memory is asked for.
  constexpr std::size_t kShort = 8;
  std::unordered_set<std::string_view> seen;
  const auto is_repeated = [&](std::size_t i) {
    if (transit.size() > kShort) return !seen.insert(transit[i]).second;
    const auto here = transit.begin() + static_cast<std::ptrdiff_t>(i);
    return std::find(transit.begin(), here, *here) != here;
  };
  for (std::size_t i = 0; i < transit.size(); ++i) {
    if (destination == transit[i]) {
      early = early || i + 1 < transit.size();
      if (source == destination && i > 0 && !looped) looped = transit[i];
      continue;
    }
    const bool again = is_repeated(i) || (i > 0 && source == transit[i]);
    if (again && !looped) looped = transit[i];
  }
  const auto tell = [&](Rule rule, std::string text) {
    Finding finding = finding_at(in.ref);
    finding.parameter = parameter(Parameter::transit_kma_ids).name;
    finding.text = std::move(text);
    parts_.ledger.broken(rule, std::move(finding));
  };
  if (early) {
    tell(Rule::destination_not_last,
         fmt::format("the destination \"{}\" stands before the end of the route: {}", destination,
                     fmt::join(transit, ", ")));
  } else if (!destination.empty()) {
    parts_.ledger.kept(Rule::destination_not_last);
  } else if (!certain) {
    parts_.ledger.undecidable(Rule::destination_not_last);
  }
  if (looped) {
    tell(Rule::relay_loop,
         fmt::format("the route passes \"{}\" twice: {}", *looped, fmt::join(transit, ", ")));
  } else if (!certain && source.empty()) {
    parts_.ledger.undecidable(Rule::relay_loop);
  } else if (!early) {
    parts_.ledger.kept(Rule::relay_loop);
  }
}

bool Relays::is_foreign(const Incoming& in) {
  const TextView id = in.readable ? text_of(in.message, Parameter::key_relay_request_id) : std::nullopt;
  if (!id) return false;
  Association& association = parts_.identities.association(in.connection);
  if (association.relays.find(request_key(*id)) != nullptr) {
    parts_.ledger.kept(Rule::unknown_relay_request);
    return false;
  }
  if (!in.connection.whole() || !association.whole || association.forgot_relays ||
      association.unnamed_relays || parts_.identities.blurred(in.connection)) {
    parts_.ledger.undecidable(Rule::unknown_relay_request);
    return true;
  }
  Finding finding = finding_at(in.ref);
  finding.parameter = parameter(Parameter::key_relay_request_id).name;
  finding.text = fmt::format("no key relay request to this KM had the Key relay request ID \"{}\"", *id);
  parts_.ledger.broken(Rule::unknown_relay_request, std::move(finding));
  return true;
}

Handle Relays::take_result(const Incoming& in, const Answer& answer, bool foreign) {
  Handle handle = kNone;
  const Handle asked = answer.paired() ? answer.request : answer.repeated;
  if (asked != kNone &&
      parts_.procedures.valid(parts_.requests[asked].procedure, parts_.requests[asked].procedure_id)) {
    handle = parts_.requests[asked].procedure;
  }
  const TextView id = in.readable ? text_of(in.message, Parameter::key_relay_request_id) : std::nullopt;
  if (id && !foreign) {
    const Handle* known = parts_.identities.association(in.connection).relays.find(request_key(*id));
    if (known != nullptr) handle = *known;
  }
  // A foreign ID that does not contradict the request's: the request named none.
  if (handle == kNone || !answer.paired() || (foreign && !answer.certain())) return handle;
  Relay& relay = parts_.procedures.relay(handle);
  if (relay.state == RelayState::completed || relay.state == RelayState::failed) return handle;
  relay.result = text_of(in.message, Parameter::response);
  relay.unsure_result = answer.ambiguous && !id;
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

}  // namespace ck
