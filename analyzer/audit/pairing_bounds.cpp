// How many open requests are kept.
#include "audit/pairing.h"

namespace ck::audit {

void Pairing::keep_within_bounds(Association& association) {
  constexpr std::size_t kAssociations = 4;  // so many with as many as one may have
  while (association.queue.open != 0 &&
         (association.queue.open > options_.max_open_requests ||
          requests_.of_closed() / kAssociations > options_.max_open_requests)) {
    drop_oldest(association.queue);
    identities_.lose_request(association);
  }
}

void Pairing::drop_oldest(RequestQueue& queue) {
  Id<Request> oldest = kNone;
  for (const auto* lists : {&queue.fresh, &queue.stale}) {
    for (const List<Request>& list : *lists) {
      if (list.head != kNone &&
          (oldest == kNone || requests_[list.head].ref.index < requests_[oldest].ref.index))
        oldest = list.head;
    }
  }
  if (oldest != kNone) requests_.drop(oldest);
  verdicts_.dropped(Limit::open_requests);
}

void Pairing::forget(Connection& connection) {
  requests_.drop_all(connection.queue);
  if (!connection.latencies) return;
  for (const Latencies& latencies : *connection.latencies) latencies.release(exact_times_left_);
}

}  // namespace ck::audit
