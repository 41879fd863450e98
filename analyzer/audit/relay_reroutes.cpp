// Which relay a 0x4104 asks for anew that answers no open 0x1403.
#include "audit/relay.h"

namespace ck::audit {
namespace {

constexpr std::size_t kRelaysLooked = 1024;  ///< relays of one association that a 0x4104 may be for

}  // namespace

/// Whether a 0x4104 can ask anew for this relay. A Key relay request ID and none are different ones, too.
/// `by_number`: it has the MessageID of the 0x1403, which alone it must not contradict then.
bool Relays::asks_anew(const Incoming& in, Id<Procedure> handle, bool by_number) const {
  const Relay& relay = parts_.procedures.relay(handle);
  const bool waits = relay.unsure_route;  // for the 0x4104 that its 0x1403 is owed
  const bool anew = waits || relay.state != RelayState::completed || relay.unsure_result;
  const TextView id = text_of(in.message, Parameter::key_relay_request_id);
  const bool in_vain = in.message.stream && relay.asked_in_vain && !id;  // the same one, over gRPC
  return relay.route_request != kNone && anew && (id != relay.request_id || in_vain) &&
         agree(relay.source, text_of(in.message, Parameter::source_kma_id)) &&
         (((waits || by_number) && relay.routed_end) ||
          agree(relay.destination, text_of(in.message, Parameter::destination_kma_id))) &&
         agree(relay.application, text_of(in.message, Parameter::application_destination_id));
}

/// Whether a 0x4104 may be for a relay of its association other than this one, for all that it says.
/// `by_number`: its MessageID, which its sender has used before, is this one's. Then it is for no relay that
/// has surely ended well.
bool Relays::fits_another(const Incoming& in, Id<Procedure> than, bool by_number) const {
  const FlatMap<Id<Procedure>>& notified = parts_.identities.association(in.connection).notified;
  if (notified.size() > kRelaysLooked) return true;
  bool found = false;
  notified.for_each([&](std::uint64_t, Id<Procedure> handle) {
    const Relay& relay = parts_.procedures.relay(handle);
    const bool unsure = relay.unsure_result || relay.unsure_route || relay.unsure_pair;
    if (by_number && relay.state == RelayState::completed && !unsure) return;
    found = found || (handle != than && agree(relay.source, text_of(in.message, Parameter::source_kma_id)) &&
                      agree(relay.destination, text_of(in.message, Parameter::destination_kma_id)) &&
                      agree(relay.application, text_of(in.message, Parameter::application_destination_id)));
  });
  return found;
}

/// Whether a 0x4104 may ask anew for a relay that seems to have completed: where it is not known which of
/// several 0x1403 which 0x4104 answered, nor is it which of their relays failed.
bool Relays::may_reroute_mixed_up(const Incoming& in) const {
  if (in.connection.sides[in.message.sender].echoing()) return false;
  bool fits = false, goes_on = false;
  parts_.identities.association(in.connection).notified.for_each([&](std::uint64_t, Id<Procedure> handle) {
    const Relay& relay = parts_.procedures.relay(handle);
    if (!relay.unsure_pair) return;
    goes_on = goes_on || relay.state != RelayState::completed || relay.unsure_result;
    fits =
        fits ||
        (agree(relay.source, text_of(in.message, Parameter::source_kma_id)) &&
         agree(relay.application, text_of(in.message, Parameter::application_destination_id)) &&
         (relay.routed_end || agree(relay.destination, text_of(in.message, Parameter::destination_kma_id))));
  });
  return fits && goes_on;
}

/// The relay that this 0x4104 asks for once more, as gRPC does by itself where an RPC had no answer.
Id<Procedure> Relays::find_asked_in_vain(const Incoming& in) {
  const TextView id =
      in.readable && in.message.stream ? text_of(in.message, Parameter::key_relay_request_id) : std::nullopt;
  if (!id) return kNone;
  const Id<Procedure>* found = parts_.identities.association(in.connection).relays.find(request_key(*id));
  if (found == nullptr) return kNone;
  const Relay& relay = parts_.procedures.relay(*found);
  const TextView destination = text_of(in.message, Parameter::destination_kma_id);
  const bool same = !destination || !relay.destination || *destination == *relay.destination;
  return relay.asked_in_vain && same ? *found : kNone;
}

Id<Procedure> Relays::find_rerouted(const Incoming& in) {
  if (const Id<Procedure> again = find_asked_in_vain(in); again != kNone) return again;
  const std::uint64_t key = label_key(in.ref.message_id);
  if (!in.readable || key == 0) return kNone;
  const Id<Procedure>* found = parts_.identities.association(in.connection).notified.find(key);
  return found != nullptr && asks_anew(in, *found, true) ? *found : kNone;
}

/// Whether it may be the re-route, under a number of its own, of a relay that failed: it names no KMA that
/// tells them apart.
bool Relays::may_reroute(const Incoming& in) const {
  for (const Parameter name :
       {Parameter::source_kma_id, Parameter::destination_kma_id, Parameter::application_destination_id}) {
    if (!in.readable || text_of(in.message, name)) return false;
  }
  const FlatMap<Id<Procedure>>& notified = parts_.identities.association(in.connection).notified;
  if (notified.size() > kRelaysLooked) return true;
  bool found = false;
  notified.for_each([&](std::uint64_t, Id<Procedure> handle) {
    found = found ||
            (parts_.procedures.relay(handle).state == RelayState::failed && asks_anew(in, handle, false));
  });
  return found;
}

Id<Procedure> Relays::find_rerouted(const Incoming& in, Answer& answer) {
  if (answer.paired()) return kNone;
  if (!in.readable) {
    // Which Key relay request ID it names decides whether it is a second answer or a re-route.
    answer.undecidable = answer.undecidable || answer.again;
    return kNone;
  }
  if (answer.repeated != kNone) {
    const Request& request = parts_.requests[answer.repeated];
    const bool known = parts_.procedures.valid(request.procedure, request.procedure_id);
    const TextView named = text_of(in.message, Parameter::key_relay_request_id);
    if (!known) {  // what the first one named could not be read, or is forgotten
      answer.undecidable = true;
      return kNone;
    }
    // Of a relay that goes elsewhere it is no second answer, unless its number says so.
    const bool goes_there = agree(parts_.procedures.relay(request.procedure).destination,
                                  text_of(in.message, Parameter::destination_kma_id));
    if (!goes_there && !answer.surely_again) {
      answer.undecidable = request.label == label_of(in.message);
      answer.repeated = kNone;
      answer.again = false;
      return kNone;
    }
    const Relay& relay = parts_.procedures.relay(request.procedure);
    if (relay.request_id == named) {
      if (named || answer.surely_again) return kNone;
      const bool same_number = request.label == label_of(in.message);
      const bool another = fits_another(in, request.procedure, same_number && Pairing::repeats(in));
      // Under a number of its own, behind the end of that relay: one more to the same destination.
      const bool anew = !same_number && relay.state == RelayState::completed;
      if (!another && !anew) return kNone;
      answer.repeated = kNone;
      answer.again = false;
      if (another) {
        // Without an ID it may be another relay's, whose 0x1403 a re-route seemed to answer.
        answer.undecidable = true;
        return kNone;
      }
    }
    answer.repeated = kNone;  // a relay of its own, or a re-route
    answer.again = false;
  }
  const Association& association = parts_.identities.association(in.connection);
  const TextView id = text_of(in.message, Parameter::key_relay_request_id);
  // That its number was used before says nothing of one that names another relay: two may count.
  if (id && answer.repeated == kNone && association.relays.find(request_key(*id)) == nullptr)
    answer.again = false;
  if (answer.again || (id && association.relays.find(request_key(*id)) != nullptr)) return kNone;
  const FlatMap<Id<Procedure>>& notified = association.notified;
  Id<Procedure> fitting = kNone;
  answer.undecidable = answer.undecidable || notified.size() > kRelaysLooked;
  if (notified.size() > kRelaysLooked) return kNone;
  notified.for_each([&](std::uint64_t, Id<Procedure> handle) {
    if (!asks_anew(in, handle, false)) return;
    answer.undecidable = answer.undecidable || fitting != kNone;
    fitting = handle;
  });
  if (fitting == kNone && may_reroute_mixed_up(in)) answer.undecidable = true;
  return answer.undecidable ? kNone : fitting;
}

}  // namespace ck::audit
