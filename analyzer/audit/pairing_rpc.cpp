// gRPC: requests whose RPC ends without an answer.
#include "audit/pairing.h"

#include <algorithm>

namespace ck::audit {
namespace {

/// Answered requests of an RPC that are passed over on the way to one that is open.
constexpr std::uint32_t kAnsweredLooked = 1024;

}  // namespace

std::vector<Id<Request>> Pairing::open_in_rpc(const Connection& connection, std::uint64_t stream) const {
  const std::uint64_t label = label_of_rpc(stream);
  std::vector<Id<Request>> open;
  // From the latest on: one end may be told for each of very many, when all before are answered.
  std::uint32_t budget = kAnsweredLooked;
  for (Id<Request> handle = requests_.last_with(connection.queue.id, label); handle != kNone && budget > 0;
       handle = requests_[handle].by_label.before, --budget) {
    if (requests_[handle].answered || requests_[handle].label != label) continue;
    open.push_back(handle);
    budget = kAnsweredLooked;
  }
  std::reverse(open.begin(), open.end());
  return open;
}

void Pairing::end_rpc(Id<Request> handle, const Position& at, bool owed) {
  Request& request = requests_[handle];
  if (!request.checked) {
    const std::optional<std::int64_t> waited = elapsed(request.ref.at.time_ns, at.time_ns);
    if (!owed) {
      verdicts_.take(Rule::unanswered_request, Verdict::undecidable(), request.ref);
    } else if (waited && *waited > options_.response_timeout_ns) {
      tell_unanswered(request, verdicts_, false);
    } else {
      verdicts_.take(Rule::unanswered_request, Verdict::kept(), request.ref);
    }
  }
  requests_.answer(handle);
}

}  // namespace ck::audit
