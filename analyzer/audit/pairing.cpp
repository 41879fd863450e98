// The five steps by which a response finds its request.
#include "audit/pairing.h"

#include <algorithm>
#include <utility>

#include "audit/procedure.h"

namespace ck::audit {
namespace {

Answer answered_by(Id<Request> request, PairedBy by, bool ambiguous) {
  Answer answer;
  answer.request = request;
  answer.by = by;
  answer.ambiguous = ambiguous;
  return answer;
}

/// Whether they share what one exchange alone has. Its KMAs, KMs and applications may have stood in an
/// earlier request, too, that was not captured.
bool name_exchange(const Identifiers& request, const Identifiers& response) {
  const auto share = [&](Parameter id) { return request.has(id) && response.has(id); };
  return share(Parameter::key_relay_request_id) || share(Parameter::session_id) ||
         (!request.keys.empty() && !response.keys.empty());
}

}  // namespace

std::uint64_t label_of_rpc(std::uint64_t stream) {
  return stream | (1ULL << 63);
}

std::uint64_t label_of(const Message& message) {
  if (message.stream) return label_of_rpc(*message.stream);
  return message.header ? message.header->message_id : 0;
}

Likeness Pairing::likeness(const Incoming& in, const Request& request, bool elsewhere) const {
  const Likeness own = compare(request.ids, in.ids);
  if (own == Likeness::contradicts || !in.session_apps || request.exchange != Exchange::session_creation)
    return own;
  // 0x4107: its 0x4108 named the applications. Other ones contradict only where another request fits those.
  switch (compare(request.ids, *in.session_apps)) {
    case Likeness::contradicts:
      return elsewhere ? Likeness::contradicts : own;
    case Likeness::shares:
      return Likeness::shares;
    case Likeness::none:
      break;
  }
  return own;
}

bool Pairing::apps_elsewhere(const Incoming& in, Exchange exchange) {
  if (!in.session_apps || exchange != Exchange::session_creation) return false;
  std::uint32_t budget = kSurveyLimit;
  const auto asks_for_them = [&](const RequestQueue& queue) {
    for (const List<Request>* list : {&queue.fresh[index_of(exchange)], &queue.stale[index_of(exchange)]}) {
      for (Id<Request> handle = list->head; handle != kNone && budget > 0;
           handle = requests_[handle].in_queue.after, --budget) {
        if (compare(requests_[handle].ids, *in.session_apps) == Likeness::shares) return true;
      }
    }
    return false;
  };
  // A second answer has the MessageID and the applications of a request that was answered before.
  for (Id<Request> handle = requests_.first_with(in.connection.queue.id, label_of(in.message));
       handle != kNone && budget > 0; handle = requests_[handle].by_label.after, --budget) {
    const Request& request = requests_[handle];
    if (request.answered && request.exchange == exchange &&
        compare(request.ids, *in.session_apps) == Likeness::shares)
      return true;
  }
  const Association& association = identities_.association(in.connection);
  if (asks_for_them(in.connection.queue) || asks_for_them(association.queue)) return true;
  for (Id<Connection> handle = association.connections.head; handle != kNone && budget > 0;
       handle = connections_[handle].by_association.after, --budget) {
    if (handle != in.handle && asks_for_them(connections_[handle].queue)) return true;
  }
  return false;
}

Pairing::Labelled Pairing::find_label(const Incoming& in, Exchange exchange, Id<RequestQueue> queue,
                                      bool elsewhere) const {
  Labelled found;
  std::uint32_t budget = kSurveyLimit;
  for (Id<Request> handle = requests_.first_with(queue, label_of(in.message)); handle != kNone && budget > 0;
       handle = requests_[handle].by_label.after, --budget) {
    const Request& request = requests_[handle];
    if (request.answered || request.exchange != exchange || request.label != label_of(in.message)) continue;
    if (likeness(in, request, elsewhere) != Likeness::contradicts) {
      // A re-route asked anew, with the same MessageID; one whose first 0x1403 was not captured, too.
      if (found.fitting == kNone || requests_[found.fitting].superseded) {
        found.fitting = handle;
      } else if (!request.superseded) {
        found.several = true;
        return found;
      }
      continue;
    }
    if (found.contradicted == kNone) found.contradicted = handle;
  }
  return found;
}

void Pairing::survey(const Incoming& in, const List<Request>& list, bool elsewhere, std::uint32_t& budget,
                     Survey& result) const {
  for (Id<Request> handle = list.head; handle != kNone; handle = requests_[handle].in_queue.after) {
    if (result.sharing >= 2 ||
        (result.fitting >= 2 && in.ids.mask == 0 && in.ids.keys.empty() && !in.session_apps))
      return;
    if (budget == 0) {
      result.cut_short = true;
      return;
    }
    --budget;
    if (requests_[handle].taken_back) continue;
    const Likeness how = likeness(in, requests_[handle], elsewhere);
    if (how == Likeness::contradicts) continue;
    if (result.fitting < 2 && result.fitting++ == 0) result.first = handle;
    if (how == Likeness::shares && result.sharing++ == 0) result.first_sharing = handle;
  }
}

Pairing::Survey Pairing::survey(const Incoming& in, Exchange exchange, const RequestQueue& queue,
                                bool elsewhere) const {
  Survey result;
  std::uint32_t budget = kSurveyLimit;
  survey(in, queue.fresh[index_of(exchange)], elsewhere, budget, result);
  survey(in, queue.stale[index_of(exchange)], elsewhere, budget, result);
  return result;
}

/// Where it is not known which connections of a host are the same KM's, an answer may be for a request of
/// another one: a request of this connection that it has the MessageID of or names is meant all the same, but
/// not one that its 0x4108 named other applications for.
bool Pairing::may_be_anothers(const Incoming& in, Exchange exchange, const Answer& answer) const {
  const Request& request = requests_[answer.request];
  const bool here = request.connection == in.handle;
  const bool by_number = here && answer.by == PairedBy::message_id;
  if (in.message.stream || (by_number && in.connection.sides[in.message.sender].echoing())) return false;
  if (!here) return identities_.blurred(in.connection);
  if (in.session_apps && compare(request.ids, *in.session_apps) == Likeness::contradicts)
    return identities_.blurred(in.connection);
  return identities_.may_answer_another(in.connection, exchange) &&
         likeness(in, request, false) != Likeness::shares;
}

/// Whether a pair by MessageID from a peer that does not echo is more than a coincidence of two counters.
bool Pairing::confirmed(const Incoming& in, Exchange exchange, Id<Request> request, bool elsewhere) {
  const RequestQueue& here = in.connection.queue;
  const RequestQueue& closed = identities_.association(in.connection).queue;
  if (here.count(exchange) + closed.count(exchange) <= 1 && all_seen(in)) return true;
  if (likeness(in, requests_[request], elsewhere) != Likeness::shares) return false;
  return survey(in, exchange, here, elsewhere).sharing + survey(in, exchange, closed, elsewhere).sharing <= 1;
}

/// By parameters, then by order. A responder that echoes has lost the habit where its answer's MessageID is
/// nobody's and its parameters are those of one open request.
std::optional<Answer> Pairing::find_here(const Incoming& in, Exchange exchange, bool elsewhere) {
  const Survey here = survey(in, exchange, in.connection.queue, elsewhere);
  if (here.sharing == 1 && !here.cut_short) {
    // Which of them was meant is certain only where the others cannot have been.
    const Survey closed = survey(in, exchange, identities_.association(in.connection).queue, elsewhere);
    const bool several = here.fitting + closed.fitting > 1;
    const bool unseen = !all_seen(in) && !name_exchange(requests_[here.first_sharing].ids, in.ids);
    return answered_by(here.first_sharing, PairedBy::parameters, several || unseen);
  }
  if (in.connection.sides[in.message.sender].echoing()) return std::nullopt;
  return find_by_order(in, exchange, here, elsewhere);
}

std::optional<Answer> Pairing::find_by_order(const Incoming& in, Exchange exchange, const Survey& here,
                                             bool elsewhere) {
  if (here.first == kNone) return std::nullopt;
  const RequestQueue& closed = identities_.association(in.connection).queue;
  const bool several =
      here.fitting > 1 || here.cut_short || survey(in, exchange, closed, elsewhere).fitting > 0;
  return answered_by(here.first, PairedBy::order, several || !all_seen(in));
}

/// Among the association's requests whose connection is closed.
std::optional<Answer> Pairing::find_closed(const Incoming& in, Exchange exchange, bool elsewhere) {
  const RequestQueue& closed = identities_.association(in.connection).queue;
  if (closed.count(exchange) == 0) return std::nullopt;
  const Survey there = survey(in, exchange, closed, elsewhere);
  // What they share may be its KM's, and so another request's that was not captured.
  if (there.sharing == 1 && !there.cut_short)
    return answered_by(there.first_sharing, PairedBy::parameters, there.fitting > 1 || !all_seen(in));
  if (there.first == kNone || in.connection.sides[in.message.sender].echoing()) return std::nullopt;
  return answered_by(there.first, PairedBy::order, there.fitting > 1 || there.cut_short || !all_seen(in));
}

/// On the association's other open connections, where exactly one request fits by parameters. Over gRPC what
/// belongs to two RPCs may travel on two connections, so there the order serves too.
std::optional<Answer> Pairing::find_open_elsewhere(const Incoming& in, Exchange exchange, bool elsewhere) {
  const Survey all = survey_elsewhere(in, exchange, elsewhere, kSurveyLimit);
  if (all.cut_short) return std::nullopt;
  if (all.sharing == 1)
    return answered_by(all.first_sharing, PairedBy::parameters, all.fitting > 1 || !all_seen(in));
  if (!in.connection.grpc() || all.first == kNone) return std::nullopt;
  return answered_by(all.first, PairedBy::order, all.fitting > 1);
}

/// Steps 2 and 5: the request with its MessageID, though contradicted. In doubt that request may long be
/// answered, and this answer be for one that only seems to be. A 0x4104 that may be a re-route takes no
/// notification away that it contradicts.
std::optional<Answer> Pairing::find_contradicted(const Incoming& in, Exchange exchange,
                                                 const Labelled& label) {
  if (label.contradicted == kNone) return std::nullopt;
  const bool echoing = in.connection.sides[in.message.sender].echoing();
  if (in.perhaps_anew || identities_.may_answer_another(in.connection, exchange) ||
      (!echoing && (identities_.in_doubt(in.connection, exchange) || !all_seen(in)))) {
    Answer answer;
    answer.undecidable = true;
    answer.perhaps = label.contradicted;
    return answer;
  }
  Answer answer = answered_by(label.contradicted, PairedBy::message_id, false);
  answer.mismatch = true;
  return answer;
}

bool Pairing::has_own(const Incoming& in, Exchange exchange) {
  const Id<RequestQueue> closed = identities_.association(in.connection).queue.id;
  return find_label(in, exchange, in.connection.queue.id, false).fitting != kNone ||
         (!in.message.stream && find_label(in, exchange, closed, false).fitting != kNone);
}

bool Pairing::repeats(const Incoming& in) {
  const Side side = in.message.sender;
  if (in.connection.sides[side].echoing()) return true;
  return in.ref.message_id && in.connection.live &&
         in.connection.live->responses[side].find(*in.ref.message_id).has_value();
}

void Pairing::note_reroute(const Incoming& in) {
  if (in.connection.sides[in.message.sender].echoing()) return;
  if (!has_fitting(in, Exchange::route)) return;
  note_lost(in, Exchange::route);
  identities_.set_doubt(in.connection, Exchange::route);
}

Answer Pairing::find(const Incoming& in, Exchange exchange) {
  const bool elsewhere = apps_elsewhere(in, exchange);
  // A notification and the relay request that it asks for are two RPCs, unless one method has both.
  const bool in_rpc =
      in.message.stream && (exchange != Exchange::route || is_method_of(in.message, exchange));
  Labelled label;
  if (!in.message.stream || in_rpc) label = find_label(in, exchange, in.connection.queue.id, elsewhere);
  // gRPC: the RPC says it all, unless it is one of the answer's own, from a KM that asks for what it is to
  // do.
  if (in_rpc && is_asked_in_rpc(in, exchange)) {
    Answer answer;
    answer.request = label.fitting != kNone ? label.fitting : label.contradicted;
    answer.by = PairedBy::stream;
    answer.mismatch = label.fitting == kNone;
    return answer;
  }
  if (in.message.stream && is_method_of(in.message, exchange)) return {};  // its request was not captured
  const bool echoing = in.connection.sides[in.message.sender].echoing();
  Labelled closed;  // another connection's streams have numbers of their own
  if (!in.message.stream)
    closed = find_label(in, exchange, identities_.association(in.connection).queue.id, elsewhere);
  for (const Labelled& own : {label, closed}) {
    if (own.fitting == kNone) continue;
    // A KM may number anew on every connection, and be answered on this one what it asked on another.
    const bool either = label.fitting != kNone && closed.fitting != kNone;
    const bool sure = (echoing && !either) || confirmed(in, exchange, own.fitting, elsewhere);
    if (own.several || (either && !sure)) note_lost(in, exchange);
    if (either && !sure) identities_.set_doubt(in.connection, exchange);
    return answered_by(own.fitting, PairedBy::message_id, own.several || !sure);
  }
  if (echoing) {
    if (auto answer = find_contradicted(in, exchange, label)) return *answer;
  }
  if (auto answer = find_here(in, exchange, elsewhere)) return *answer;
  if (auto answer = find_closed(in, exchange, elsewhere)) return *answer;
  if (auto answer = find_open_elsewhere(in, exchange, elsewhere)) return *answer;
  if (auto answer = find_contradicted(in, exchange, label)) return *answer;
  Answer answer;
  answer.perhaps = closed.contradicted;
  return answer;
}

/// An answer that fits no request, and can only not be held against its sender, may be for the request with
/// its MessageID, else for the only one that is open, or for any of several.
void Pairing::find_perhaps(const Incoming& in, Exchange exchange, Answer& answer) {
  if (answer.perhaps != kNone) return;
  const RequestQueue& queue = in.connection.queue;
  const List<Request>&fresh = queue.fresh[index_of(exchange)], &stale = queue.stale[index_of(exchange)];
  if (queue.count(exchange) == 1) {
    answer.perhaps = fresh.head != kNone ? fresh.head : stale.head;
    return;
  }
  requests_.for_each_open(queue, exchange, [](Request& open) { open.perhaps_answered = true; });
  answer.perhaps_any = true;
}

/// Once no request of this kind is open in the association, no answer to come can be another's. While it is
/// not known which connections of a host are the same KM's, the association may turn out to be larger.
void Pairing::settle_doubt(const Incoming& in, Exchange exchange) {
  constexpr std::uint32_t kConnectionsLooked = 256;
  if (!identities_.in_doubt(in.connection, exchange) || identities_.blurred(in.connection)) return;
  const Association& association = identities_.association(in.connection);
  if (association.connections.count > kConnectionsLooked ||
      association.queue.fresh[index_of(exchange)].count > 0)
    return;
  for (Id<Connection> handle = association.connections.head; handle != kNone;
       handle = connections_[handle].by_association.after) {
    if (connections_[handle].queue.count(exchange) > 0) return;
  }
  identities_.clear_all_doubt(in.connection, exchange);
}

Answer Pairing::pair(const Incoming& in, Exchange exchange, bool foreign) {
  Answer answer = find(in, exchange);
  if (!answer.paired()) {
    find_repeated(in, exchange, answer);
    // What an answer contradicts may be what it was meant for, where it may as well be for what was not seen.
    const bool may_be_unseens = !answer.surely_again && !answers_decidable(in, exchange);
    if (foreign || (may_be_unseens && answer.repeated == kNone)) find_perhaps(in, exchange, answer);
    if (answer.perhaps != kNone) requests_[answer.perhaps].perhaps_answered = true;
    if (may_be_unseens) note_lost(in, exchange);
    return answer;
  }
  Request& request = requests_[answer.request];
  if (in.perhaps_reroute) {
    answer.ambiguous = true;  // and it tells nothing of how its sender numbers
  } else if (!in.message.stream) {
    note_echo(in, answer);
  }
  // One that was answered by an ambiguous pair may be what this one truly answers, though it was the last
  // open.
  answer.ambiguous =
      answer.ambiguous || (!in.message.stream && identities_.in_doubt(in.connection, exchange));
  // Or what was meant had been paired with the answer to what was not captured.
  if (!in.connection.whole() && !in.connection.sides[in.message.sender].echoing() && in.session_apps &&
      exchange == Exchange::session_creation &&
      compare(request.ids, *in.session_apps) == Likeness::contradicts) {
    answer.ambiguous = true;
  }
  if (may_be_anothers(in, exchange, answer)) {
    answer.ambiguous = true;
    identities_.note_unpaired(in.connection, exchange);
  }
  if (answer.ambiguous && requests_[answer.request].queue != &in.connection.queue) note_lost(in, exchange);
  if (answer.ambiguous && !in.connection.sides[in.message.sender].echoing())
    identities_.set_doubt(in.connection, exchange);
  std::optional<std::int64_t> waited = elapsed(request.ref.at.time_ns, in.ref.at.time_ns);
  if (waited && (*waited < 0 || request.ref.at.behind_s != in.ref.at.behind_s)) {
    verdicts_.clock_step();
    waited.reset();
  }
  if (foreign && answer.mismatch) {
    request.perhaps_answered = true;
    answer.perhaps = answer.request;
    verdicts_.sink().pair(PairRecord{request.ref, in.ref, answer.by, waited});
    return answer;
  }
  if (!request.checked) {
    if (least_passed_ns(request.ref.at, in.ref.at) > options_.response_timeout_ns) {
      tell_unanswered(request, verdicts_, false);
    } else {
      verdicts_.take(Rule::unanswered_request, Verdict::kept(), request.ref);
    }
  }
  Connection& asked = connections_[request.connection];
  if (waited && asked.id == request.ref.connection) {
    if (!asked.latencies) asked.latencies = std::make_unique<std::array<Latencies, kExchangeCount>>();
    (*asked.latencies)[index_of(exchange)].add(*waited, exact_times_left_);
  }
  if (asked.id == request.ref.connection && request.left) identities_.note_late_answer(asked, exchange);
  verdicts_.sink().pair(PairRecord{request.ref, in.ref, answer.by, waited});
  if (compare(request.ids, in.ids) == Likeness::shares) request.surely_by = in.ref.message_id;
  requests_.answer(answer.request);
  settle_doubt(in, exchange);
  if (in.connection.live) in.connection.live->last_answered[index_of(exchange)] = answer.request;
  return answer;
}

/// A response that may answer any request which it does not contradict: one that was not paired where not all
/// was captured, or that was paired with one of several of closed connections. Whether a responder echoes is
/// not sure there either.
void Pairing::note_lost(const Incoming& in, Exchange exchange) {
  std::uint32_t budget = kSurveyLimit;
  for (RequestQueue* queue : {&in.connection.queue, &identities_.association(in.connection).queue}) {
    for (Id<Request> handle = queue->fresh[index_of(exchange)].head; handle != kNone;
         handle = requests_[handle].in_queue.after) {
      if (budget == 0) return identities_.set_doubt(in.connection, exchange);
      --budget;
      Request& request = requests_[handle];
      if (compare(request.ids, in.ids) != Likeness::contradicts) request.perhaps_answered = true;
    }
  }
}

/// An answer that no request fits, in case its request follows: out of another capture, whose clock is
/// behind, or from behind a hole, where it was held back.
void Pairing::note_early(const Incoming& in, Exchange exchange) {
  if (!in.connection.live) return;
  for (auto& [kind, at] : in.connection.live->early_answers) {
    if (kind == index_of(exchange)) {
      at = in.ref.at;
      return;
    }
  }
  in.connection.live->early_answers.emplace_back(index_of(exchange), in.ref.at);
}

/// A response without an open request may be a second one to a request that had its answer.
void Pairing::find_repeated(const Incoming& in, Exchange exchange, Answer& answer) {
  const auto same_number = [&in](const Request& request) {
    return in.message.stream || (in.ref.message_id && request.surely_by == in.ref.message_id);
  };
  std::uint32_t budget = kSurveyLimit;
  for (Id<Request> handle = requests_.first_with(in.connection.queue.id, label_of(in.message));
       handle != kNone && budget > 0; handle = requests_[handle].by_label.after, --budget) {
    const Request& request = requests_[handle];
    if (!request.answered || request.exchange != exchange || request.label != label_of(in.message)) continue;
    if (compare(request.ids, in.ids) == Likeness::contradicts) continue;
    answer.repeated = handle;
    answer.again = true;
    answer.surely_again = same_number(request) && compare(request.ids, in.ids) == Likeness::shares;
    return;
  }
  if (!in.connection.live) return;
  const Id<Request> last = in.connection.live->last_answered[index_of(exchange)];
  if (last != kNone && requests_[last].answered && requests_[last].connection == in.handle &&
      requests_[last].exchange == exchange && compare(requests_[last].ids, in.ids) == Likeness::shares) {
    answer.repeated = last;
    answer.again = true;
    answer.surely_again = same_number(requests_[last]);
    return;
  }
  if (!in.ref.message_id) return;
  const Side side = in.message.sender;
  const bool echoing = in.connection.sides[side].echoing();
  answer.again =
      (echoing && in.connection.live->initiating[other(side)].find(*in.ref.message_id) == exchange) ||
      in.connection.live->responses[side].find(*in.ref.message_id) == exchange;
}

/// Nothing that was asked on the connection or before it, in its association, can have gone unseen.
bool Pairing::all_seen(const Incoming& in) const {
  return in.connection.whole() && identities_.seen_whole(in.connection);
}

bool Pairing::has_fitting(const Incoming& in, Exchange exchange) const {
  return survey(in, exchange, in.connection.queue, false).fitting > 0 ||
         survey(in, exchange, identities_.association(in.connection).queue, false).fitting > 0 ||
         (in.connection.grpc() && survey_elsewhere(in, exchange, false, kSurveyLimit).fitting > 0);
}

Id<Request> Pairing::open(const Incoming& in, Exchange exchange) {
  const Id<Request> handle = requests_.make();
  Request& request = requests_[handle];
  if (in.connection.live && !in.connection.live->early_answers.empty())
    request.perhaps_answered = look_for_early_answer(in, exchange);
  request.ref = in.ref;
  request.exchange = exchange;
  request.sender = in.message.sender;
  request.readable = in.readable;
  request.label = label_of(in.message);
  request.faults = in.connection.sides[other(in.message.sender)].faults;
  request.faults_around = identities_.faults_around(in.connection);
  request.answered_in_rpc = is_answered_in_rpc(in.message, exchange);
  request.connection = in.handle;
  request.ids = in.ids;
  // What it sent before its first captured message may be this one's answer.
  const SideState& responder = in.connection.sides[other(in.message.sender)];
  request.perhaps_answered |= !responder.whole && !responder.heard;
  if (in.connection.queue.open >= options_.max_open_requests) {
    drop_oldest(in.connection.queue);
    identities_.lose_request(in.handle);
  }
  requests_.add(in.connection.queue, handle);
  return handle;
}

/// Whether an answer that came before this request, and fitted none, was sent behind it. One whose first copy
/// was not captured may have been answered before the next copy was sent.
bool Pairing::look_for_early_answer(const Incoming& in, Exchange exchange) {
  const bool late = in.connection.sides[in.message.sender].late;
  bool answered = false;
  for (const auto& [kind, at] : in.connection.live->early_answers) {
    if (kind != index_of(exchange)) continue;
    if (order_unclear(at, in.ref.at, options_))
      identities_.set_doubt(in.connection, exchange);  // it may have had its answer
    answered = answered || (at.capture == in.ref.at.capture && (late || at.frame > in.ref.at.frame));
  }
  return answered;
}

}  // namespace ck::audit
