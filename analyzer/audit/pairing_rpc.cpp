// gRPC: what is asked in an RPC, or on another connection, and requests whose RPC ends without an answer.
#include "audit/pairing.h"

#include <algorithm>

namespace ck::audit {
namespace {

/// Answered requests of an RPC that are passed over on the way to one that is open.
constexpr std::uint32_t kAnsweredLooked = 1024;

}  // namespace

/// Over gRPC, whether the method that was called returns the answer.
bool Pairing::is_answered_in_rpc(const Message& message, Exchange exchange) {
  const ProtoMessage* response = message.method == nullptr ? nullptr : message.method->response;
  return response != nullptr && response->spec != nullptr &&
         response->spec->command == kExchanges[index_of(exchange)].response;
}

/// Over gRPC, whether the method that was called is given the request and returns the answer: then no request
/// of another RPC is answered.
bool Pairing::is_method_of(const Message& message, Exchange exchange) {
  if (message.method == nullptr) return false;
  const ExchangeSpec& spec = kExchanges[static_cast<std::size_t>(exchange)];
  const ProtoMessage *request = message.method->request, *response = message.method->response;
  return request != nullptr && request->spec != nullptr && request->spec->command == spec.request &&
         response != nullptr && response->spec != nullptr && response->spec->command == spec.response;
}

bool Pairing::is_owed_in_rpc(const Incoming& in, Exchange exchange) const {
  if (!in.message.stream || !is_method_of(in.message, exchange)) return false;
  const Labelled label = find_label(in, exchange, in.connection.queue.id, false);
  return label.fitting != kNone || label.contradicted != kNone;
}

bool Pairing::is_asked_in_rpc(const Incoming& in, Exchange exchange) const {
  const std::uint64_t label = label_of(in.message);
  std::uint32_t budget = kAnsweredLooked;
  for (Id<Request> handle = requests_.last_with(in.connection.queue.id, label); handle != kNone && budget > 0;
       handle = requests_[handle].by_label.before, --budget) {
    const Request& request = requests_[handle];
    if (request.label == label && request.exchange == exchange) return true;
  }
  return false;
}

std::vector<Id<Request>> Pairing::open_in_rpc(const Connection& connection, std::uint64_t stream,
                                              Side asker) const {
  const std::uint64_t label = label_of_rpc(stream);
  std::vector<Id<Request>> open;
  // From the latest on: one end may be told for each of very many, when all before are answered.
  std::uint32_t budget = kAnsweredLooked;
  for (Id<Request> handle = requests_.last_with(connection.queue.id, label); handle != kNone && budget > 0;
       handle = requests_[handle].by_label.before, --budget) {
    const Request& request = requests_[handle];
    if (request.answered || request.label != label || request.sender != asker) continue;
    open.push_back(handle);
    budget = kAnsweredLooked;
  }
  std::reverse(open.begin(), open.end());
  return open;
}

/// The requests of the association's other open connections.
Pairing::Survey Pairing::survey_elsewhere(const Incoming& in, Exchange exchange, bool elsewhere,
                                          std::uint32_t budget) const {
  Survey all;
  const Association& association = identities_.association(in.connection);
  for (Id<Connection> handle = association.connections.head; handle != kNone && budget > 0;
       handle = connections_[handle].by_association.after) {
    if (handle == in.handle) continue;
    --budget;
    const RequestQueue& queue = connections_[handle].queue;
    if (queue.count(exchange) == 0) continue;
    survey(in, queue.fresh[index_of(exchange)], elsewhere, budget, all);
    survey(in, queue.stale[index_of(exchange)], elsewhere, budget, all);
  }
  all.cut_short = all.cut_short || budget == 0;
  return all;
}

void Pairing::take_back(Id<Request> handle, const Position& at) {
  Request& request = requests_[handle];
  if (!request.answered_in_rpc) return end_rpc(handle, at, false);
  if (!request.checked) verdicts_.take(Rule::unanswered_request, Verdict::undecidable(), request.ref);
  request.taken_back = true;
  requests_.set_checked(handle);
}

void Pairing::end_rpc(Id<Request> handle, const Position& at, bool owed) {
  Request& request = requests_[handle];
  if (!request.checked) {
    if (!owed) {
      verdicts_.take(Rule::unanswered_request, Verdict::undecidable(), request.ref);
    } else if (least_passed_ns(request.ref.at, at) > options_.response_timeout_ns) {
      tell_unanswered(request, verdicts_, false);
    } else {
      verdicts_.take(Rule::unanswered_request, Verdict::kept(), request.ref);
    }
  }
  requests_.answer(handle);
}

}  // namespace ck::audit
