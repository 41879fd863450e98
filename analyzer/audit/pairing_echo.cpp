// Who repeats the MessageIDs of requests in its answers, and who counts.
#include "audit/hashed.h"
#include "audit/pairing.h"

namespace ck::audit {
namespace {

constexpr std::uint32_t kClosedLooked = 1024;  ///< requests of closed connections that are looked at

/// Of the message's sender.
std::uint64_t sender_host(const Incoming& in) {
  return digest_of_address(in.connection.start.endpoints[in.message.sender].address);
}

}  // namespace

void Pairing::note_last_of_host(const Incoming& in) {
  constexpr std::size_t kHostsKept = 65'536;
  if (last_of_host_.size() >= kHostsKept) last_of_host_ = {};
  last_of_host_[sender_host(in)] = *in.ref.message_id;
}

/// Whether this responder repeats its requests' MessageIDs: two that mere counting does not explain show it.
void Pairing::note_echo(const Incoming& in, const Answer& answer) {
  SideState& side = in.connection.sides[in.message.sender];
  if (answer.by != PairedBy::message_id) {
    side.answers_otherwise = true;
    return;
  }
  const std::uint32_t* last = last_of_host_.find(sender_host(in));
  const bool counting =
      (side.last_message_id ? *in.ref.message_id == *side.last_message_id + 1 : !side.whole) ||
      (last != nullptr && *in.ref.message_id == *last + 1);
  if (counting || side.echoes >= 2) return;
  if (++side.echoes < 2 || side.answers_otherwise) return;
  // Now it is known that pairs by MessageID were right all along, but where a KM numbers anew on every
  // connection, and a closed one's request that waits has a number that was used here, too.
  const Side asker = other(in.message.sender);
  const RequestQueue& closed = identities_.association(in.connection).queue;
  const auto is_used_here = [&](Exchange exchange) {
    std::uint32_t budget = kClosedLooked;
    for (Id<Request> handle = closed.fresh[index_of(exchange)].head; handle != kNone;
         handle = requests_[handle].in_queue.after) {
      const auto& id = requests_[handle].ref.message_id;
      const bool used =
          !in.connection.live || !id || in.connection.live->initiating[asker].find(*id) == exchange;
      if (used || --budget == 0) return true;
    }
    return false;
  };
  const bool km_answers = in.message.sender == in.connection.km_side;
  for (const ExchangeSpec& spec : kExchanges) {
    if (spec.km_asks != km_answers && !is_used_here(spec.exchange))
      identities_.clear_doubt(in.connection, spec.exchange);
  }
}

}  // namespace ck::audit
