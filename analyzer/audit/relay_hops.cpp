// Distributed relays: the chain of 0x1401 and 0x4102 that one KM after the other makes.
#include <algorithm>
#include <array>
#include <utility>

#include "audit/hashed.h"
#include "audit/relay.h"
#include "audit/rules/relay.h"

namespace ck::audit {
namespace {

constexpr std::size_t kOffersKept = 256;  ///< unused offers for one destination
constexpr std::size_t kHopsKept = 256;

std::uint64_t destination_key(TextView destination, TextView application) {
  if (destination) return digest_of(Hashed::relay_destination, *destination);
  return application ? digest_of(Hashed::relay_application, *application) : 0;
}

std::uint64_t kma_digest(const TextView& kma) {
  return kma ? digest_of(Hashed::kma_id, *kma) : 0;
}

bool holds(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

/// The hops that may follow an offer: the destination asks for nothing more.
bool offers_a_hop(const Relay& relay, const Hop& hop, const Text& requester) {
  if (requester) return holds(hop.offers, *requester) && requester != relay.destination;
  return std::any_of(hop.offers.begin(), hop.offers.end(),
                     [&](const std::string& kma) { return relay.destination != kma; });
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

/// Whether all that are offered were passed. The destination ends the chain, whoever asked under its name.
bool comes_back(const Relay& relay, const std::vector<std::string>& offers) {
  return std::all_of(offers.begin(), offers.end(), [&](const std::string& kma) {
    const bool ends = relay.destination == kma && relay.source != kma;
    return !ends && passed(relay, kma);
  });
}

}  // namespace

bool Relays::can_take(const Offer& offer, const Incoming& in, const Asker& asker) {
  if (!asker.may_take(offer)) return false;
  if (offer.connection == in.handle && !asker.requester) return false;  // a KM does not hop to itself
  if (!parts_.procedures.valid(offer.relay, offer.relay_id)) return false;
  const Relay& relay = parts_.procedures.relay(offer.relay);
  if (asker.source && relay.source && *asker.source != *relay.source) return false;
  return relay.hops.size() < kHopsKept && offers_a_hop(relay, relay.hops[offer.hop], asker.requester);
}

/// The chain with the oldest unused offer that this requester can be; the offer is used then.
Id<Procedure> Relays::find_chain(const Incoming& in, std::uint64_t key, const Asker& asker) {
  const std::vector<Offer>* offers = key == 0 ? nullptr : offers_.find(key);
  if (offers == nullptr) return kNone;
  const auto found = std::find_if(offers->begin(), offers->end(),
                                  [&](const Offer& offer) { return can_take(offer, in, asker); });
  if (found == offers->end()) return kNone;
  // It stands under the destination and the application, and is taken once.
  const auto [handle, hop] = std::pair(found->relay, found->hop);
  const Relay& relay = parts_.procedures.relay(handle);
  forget_offers(destination_key(relay.destination, std::nullopt), handle, hop);
  forget_offers(destination_key(std::nullopt, relay.application), handle, hop);
  return handle;
}

/// Whether the hop of this requester may belong to another chain than `taken`: to one that has offered it the
/// same. Then that chain's way is not known either.
bool Relays::doubt_rivals(const Incoming& in, std::uint64_t key, const Asker& asker, Id<Procedure> taken) {
  const std::vector<Offer>* offers = key == 0 ? nullptr : offers_.find(key);
  if (offers == nullptr) return false;
  bool found = false;
  for (const Offer& offer : *offers) {
    if (offer.relay == taken || !can_take(offer, in, asker)) continue;
    parts_.procedures.relay(offer.relay).certain = false;
    found = true;
  }
  return found;
}

void Relays::remember_offer(std::uint64_t key, const Offer& offer) {
  if (key == 0) return;
  std::vector<Offer>& offers = offers_[key];
  if (offers.size() >= kOffersKept) {
    offers.erase(offers.begin());
    parts_.verdicts.dropped(Limit::unused_offers);
  }
  offers.push_back(offer);
}

void Relays::forget_offers(std::uint64_t key, Id<Procedure> relay, std::optional<std::uint32_t> hop) {
  std::vector<Offer>* offers = key == 0 ? nullptr : offers_.find(key);
  if (offers == nullptr) return;
  std::erase_if(*offers,
                [&](const Offer& offer) { return offer.relay == relay && (!hop || offer.hop == *hop); });
  if (offers->empty()) offers_.erase(key);
}

void Relays::forget_offers(const Relay& relay, Id<Procedure> handle) {
  if (relay.hops.empty()) return;  // nobody offered it any
  forget_offers(destination_key(relay.destination, std::nullopt), handle);
  forget_offers(destination_key(std::nullopt, relay.application), handle);
}

Id<Procedure> Relays::take_hop_request(const Incoming& in) {
  if (!in.readable) return kNone;
  const TextView source = text_of(in.message, Parameter::source_kma_id);
  const TextView destination = text_of(in.message, Parameter::destination_kma_id);
  const TextView application = text_of(in.message, Parameter::application_destination_id);
  Text requester = parts_.identities.kma_id(in.connection);
  const Asker asker{requester, source, kma_digest(requester), kma_digest(source)};
  const std::array keys{destination_key(destination, std::nullopt),
                        destination_key(std::nullopt, application)};
  Id<Procedure> handle = find_chain(in, keys[0], asker);
  if (handle == kNone) handle = find_chain(in, keys[1], asker);
  if (handle == kNone) {
    if (source) tell_kma(in, *source, true);
    requester = parts_.identities.kma_id(in.connection);
    Relay relay;
    relay.distributed = true;
    relay.sourceless = !source;
    relay.source = source;
    relay.destination = destination;
    relay.application = application;
    handle = make(in, std::move(relay));
  } else {
    Relay& relay = parts_.procedures.relay(handle);
    for (const std::uint64_t key : keys) {
      if (doubt_rivals(in, key, asker, handle)) relay.certain = false;
    }
    // A KM that did not tell its KMA ID, on a host that asked before, may be one which asks anew.
    const bool other_host = std::none_of(relay.hops.begin(), relay.hops.end(),
                                         [&](const Hop& hop) { return hop.host == in.connection.host.id(); });
    // Without its Source a hop may be another relay's to the same destination.
    relay.certain = relay.certain && source && relay.source && (requester || other_host);
    // Where a hole was waited for, a hop is told behind one that came after it: the chain may begin with it.
    const Events& events = parts_.procedures[handle].events;
    const bool late = !events.empty() && events.back().at.capture == in.ref.at.capture &&
                      events.back().at.frame > in.ref.at.frame;
    relay.certain = relay.certain && !late;
    if (!relay.destination) relay.destination = destination;
    if (!relay.application) relay.application = application;
    if (!relay.source) relay.source = source;
    parts_.procedures.set_finished(handle, false);
  }
  Hop hop;
  hop.requester = requester;
  hop.host = in.connection.host.id();
  hop.request = in.ref.index;
  hop.connection = in.handle;
  hop.connection_id = in.connection.id;
  Relay& relay = parts_.procedures.relay(handle);
  relay.certain = relay.certain && !parts_.identities.doubted(in.connection);
  relay.hops.push_back(std::move(hop));
  return handle;
}

Id<Procedure> Relays::take_hop_response(const Incoming& in, const Answer& answer) {
  if (!answer.paired()) return kNone;
  const Request& request = parts_.requests[answer.request];
  if (!parts_.procedures.valid(request.procedure, request.procedure_id)) return kNone;
  const Id<Procedure> handle = request.procedure;
  Relay& relay = parts_.procedures.relay(handle);
  const auto at = std::find_if(relay.hops.rbegin(), relay.hops.rend(),
                               [&](const Hop& hop) { return hop.request == request.ref.index; });
  const Member* member = in.readable ? in.message.payload->find(Parameter::next_kma_ids) : nullptr;
  // Over gRPC an empty list is absent.
  const bool offers = member != nullptr ? member->fit != Fit::wrong : in.readable && in.message.stream;
  if (at == relay.hops.rend() || !offers || answer.mismatch) return handle;
  at->offers = list_of(in.message, Parameter::next_kma_ids);
  if (!relay.destination) relay.destination = text_of(in.message, Parameter::destination_kma_id);
  const bool complete = relay.destination && holds(at->offers, *relay.destination);
  relay.certain = relay.certain && answer.certain();  // else its way may be another relay's
  check_hop(in, answer, relay, *at);
  if (complete) {
    relay.state = RelayState::completed;
  } else if (relay.state != RelayState::completed && at == relay.hops.rbegin()) {
    relay.state = at->offers.empty() ? RelayState::failed : RelayState::routed;
  }
  if (offers_a_hop(relay, *at, std::nullopt)) {
    const Offer offer{handle,
                      parts_.procedures[handle].id,
                      static_cast<std::uint32_t>(relay.hops.rend() - at - 1),
                      request.connection,
                      kma_digest(relay.source),
                      at->offers.size() == 1 ? kma_digest(at->offers.front()) : 0};
    remember_offer(destination_key(relay.destination, std::nullopt), offer);
    remember_offer(destination_key(std::nullopt, relay.application), offer);
  }
  // A routed relay may go on at the next KM, or where nothing is captured: it is not waited for.
  parts_.procedures.set_finished(handle, relay.state == RelayState::completed || at == relay.hops.rbegin());
  return handle;
}

/// As whom the hop's connection is known by now; nullopt where it cannot have been asked to go on as that.
Text Relays::name_of_hop(const Relay& relay, std::size_t hop, const Connection& connection) const {
  const Text name = parts_.identities.kma_id(connection);
  const bool offered = hop == 0 || !name || holds(relay.hops[hop - 1].offers, *name);
  return offered ? name : std::nullopt;
}

void Relays::check_hop(const Incoming& in, const Answer& answer, const Relay& relay, Hop& hop) {
  const std::vector<std::string>& offers = hop.offers;
  if (offers.empty()) return;
  const bool certain = answer.certain() && relay.certain;
  const bool loop = comes_back(relay, offers);
  const bool unnamed =
      std::any_of(relay.hops.begin(), relay.hops.end(), [](const Hop& one) { return !one.requester; });
  if (certain && !loop && unnamed) {
    hop.unjudged = in.ref;  // who asked may become known, and be among the offers
  } else {
    parts_.verdicts.take(Rule::relay_loop,
                         check::relay_loop(offers, loop, certain && !(loop && relay.sourceless)), in.ref);
  }
}

/// A KMA ID that was told after a hop's 0x4102 names its connection from the start. One that the hop before
/// was not offered comes from a chain whose beginning was not captured, and names another KM.
void Relays::check_end(const Procedure& procedure, Verdicts& verdicts) const {
  const auto& relay = std::get<Relay>(procedure.what);
  if (std::none_of(relay.hops.begin(), relay.hops.end(), [](const Hop& hop) { return hop.unjudged; })) return;
  Relay known;
  known.source = relay.source;
  known.destination = relay.destination;
  bool doubted = false;
  for (const Hop& hop : relay.hops) {
    known.hops.push_back(hop);
    const Connection& connection = connections_[hop.connection];
    if (connection.id == hop.connection_id) {
      if (!hop.requester) known.hops.back().requester = name_of_hop(relay, known.hops.size() - 1, connection);
      doubted = doubted || parts_.identities.doubted(connection);
    }
    if (!hop.unjudged) continue;
    const bool loop = comes_back(known, hop.offers);
    verdicts.take(Rule::relay_loop,
                  check::relay_loop(hop.offers, loop, !loop || !(doubted || relay.sourceless)), *hop.unjudged,
                  procedure.id);
  }
}

}  // namespace ck::audit
