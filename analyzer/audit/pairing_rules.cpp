// What the rules on MessageIDs, on answers and on requests that get none are asked.
#include <algorithm>
#include <optional>

#include "audit/pairing.h"
#include "audit/procedure.h"
#include "audit/rules/framing.h"
#include "audit/rules/pairing.h"

namespace ck::audit {

using check::MessageIdFacts;
using check::MismatchFacts;
using check::ResponseFacts;
using check::WaitingFacts;

/// Whether an answer that fits nothing can be held against its sender.
bool Pairing::answers_decidable(const Incoming& in, Exchange exchange) {
  const Connection& connection = in.connection;
  if (!connection.whole() || identities_.in_doubt(connection, exchange)) return false;
  return identities_.seen_whole(in.connection) && !identities_.blurred(connection);
}

void Pairing::check(const Incoming& in, Exchange exchange, const Answer& answer, bool foreign,
                    bool initiating) {
  if (!answer.paired()) return check_unpaired(in, exchange, answer, foreign || initiating);
  ResponseFacts facts;
  facts.name = in.message.spec->name;
  facts.paired = true;
  // What no 0x1403 asked for is relay-without-notification's.
  if (exchange != Exchange::route)
    verdicts_.take(Rule::unsolicited_response, check::unsolicited_response(facts), in.ref);
  verdicts_.take(Rule::duplicate_response, check::duplicate_response(facts), in.ref);
  if (!foreign)
    verdicts_.take(Rule::response_mismatch, check::response_mismatch(mismatch_of(in, exchange, answer)),
                   in.ref);
}

/// `told`: another rule says all that there is to say, or there is nothing to say.
void Pairing::check_unpaired(const Incoming& in, Exchange exchange, const Answer& answer, bool told) {
  ResponseFacts facts;
  facts.name = in.message.spec->name;
  const auto note_unpaired = [&] {
    note_early(in, exchange);
    if (identities_.blurred(in.connection)) identities_.note_unpaired(in.connection, exchange);
  };
  if (told) return note_unpaired();
  facts.decidable = unpaired_decidable(in, exchange, answer);
  facts.again = answer.again;
  if (answer.repeated != kNone) facts.request_frame = requests_[answer.repeated].ref.at.frame;
  verdicts_.take(Rule::unsolicited_response, check::unsolicited_response(facts), in.ref);
  verdicts_.take(Rule::duplicate_response, check::duplicate_response(facts), in.ref);
  if (!facts.decidable) note_unpaired();
}

/// Whether an answer without a request may be for a message with an unlisted code: by its MessageID, or from
/// a sender that does not repeat those. One such message has one answer.
bool Pairing::may_answer_unlisted(const Incoming& in) {
  if (!in.connection.live || !in.ref.message_id) return false;
  std::vector<std::uint32_t>& unlisted = in.connection.live->unlisted[other(in.message.sender)];
  auto meant = std::find(unlisted.begin(), unlisted.end(), *in.ref.message_id);
  if (in.connection.sides[in.message.sender].answers_otherwise) meant = unlisted.begin();
  if (meant == unlisted.end()) return false;
  unlisted.erase(meant);
  return true;
}

/// Whether an answer without a request can be held against its sender. Where bytes that cannot be read may
/// have held the request, they are used up by it.
bool Pairing::unpaired_decidable(const Incoming& in, Exchange exchange, const Answer& answer) {
  const bool sticky = identities_.in_doubt(in.connection, exchange);
  std::uint32_t& spare = identities_.association(in.connection).spare_results;
  const bool spared = exchange == Exchange::relay_result && spare > 0;
  if (spared) --spare;
  if (may_answer_unlisted(in)) return false;
  if (answer.undecidable || sticky || spared || !(answers_decidable(in, exchange) || answer.surely_again))
    return false;
  SideState& asker = in.connection.sides[other(in.message.sender)];
  if (!asker.may_hide_request()) return true;
  ++asker.requests_hidden;
  return false;
}

MismatchFacts Pairing::mismatch_of(const Incoming& in, Exchange exchange, const Answer& answer) const {
  const Request& request = requests_[answer.request];
  MismatchFacts facts;
  facts.decidable =
      !answer.ambiguous && !identities_.in_doubt(in.connection, exchange) && request.readable && in.readable;
  facts.differs = answer.mismatch;
  if (!facts.decidable || !facts.differs) return facts;
  facts.request_frame = request.ref.at.frame;
  const unsigned common = request.ids.mask & in.ids.mask;
  for (std::size_t i = 0; i < Identifiers::kCount && !facts.parameter; ++i) {
    if ((common >> i & 1) != 0 && request.ids.values[i] != in.ids.values[i])
      facts.parameter = Identifiers::parameter_at(i);
  }
  if (facts.parameter) {
    const Member* member = in.message.payload->find(*facts.parameter);
    if (member != nullptr && !member->text.empty()) facts.found = std::string(member->text);
  }
  facts.of_keys = exchange == Exchange::allocation;
  facts.other_applications =
      in.session_apps && compare(request.ids, *in.session_apps) == Likeness::contradicts;
  return facts;
}

/// Whether it is known what a MessageID stands for: an answer to what was not captured may repeat its
/// request's, and a 0x4104 may be such an answer, or a re-route.
bool Pairing::numbering_decidable(const Incoming& in, Exchange exchange, bool response,
                                  const Answer& answer) {
  if (!response)
    return in.message.spec->command != Command::relay_request ||
           (!answer.undecidable && answers_decidable(in, Exchange::route));
  if (!answer.paired()) return answers_decidable(in, exchange) || answer.again;
  return in.connection.whole() || !answer.ambiguous;
}

void Pairing::check_message_id(const Incoming& in, Exchange exchange, bool response, const Answer& answer) {
  if (!in.ref.message_id || !in.connection.live) return;
  const std::uint32_t id = *in.ref.message_id;
  const Side side = in.message.sender;
  if (!in.connection.sides[side].echoing()) note_last_of_host(in);
  MessageIdFacts facts;
  facts.id = id;
  facts.response = response;
  if (!numbering_decidable(in, exchange, response, answer)) {
    verdicts_.take(Rule::message_id_reused, check::message_id_reused(facts), in.ref);
    return;
  }
  MessageIds& ids = response ? in.connection.live->responses[side] : in.connection.live->initiating[side];
  const bool echo = response && answer.paired() && requests_[answer.request].label == label_of(in.message);
  const bool second = response && answer.again;
  facts.used = ids.find(id) && !echo && !second;
  facts.decidable = facts.used ? all_seen(in) : in.connection.sides[side].whole || echo;
  verdicts_.take(Rule::message_id_reused, check::message_id_reused(facts), in.ref);
  if (ids.add(id, exchange, options_.max_remembered_ids)) verdicts_.dropped(Limit::remembered_ids);
}

/// Whether an answer to this request would have been seen.
bool Pairing::answer_decidable(const Request& request) const {
  if (request.perhaps_answered) return false;
  const Connection& connection = connections_[request.connection];
  if (connection.id != request.ref.connection) return false;  // dropped at a limit
  const Side responder = other(request.sender);
  if (!connection.captured(responder) || connection.sides[responder].faults != request.faults ||
      identities_.in_doubt(connection, request.exchange))
    return false;
  // What waits for more bytes may be the answer.
  if (!connection.closed && connection.sides[responder].has_on_its_way()) return false;
  // Its answer may have come on a later connection, or over gRPC on another one, and not been captured there.
  const bool any_rpc = connection.grpc() && !request.answered_in_rpc;
  const bool elsewhere = connection.closed || any_rpc;
  if (any_rpc && identities_.rpcs_lost(connection)) return false;
  if (elsewhere && identities_.faults_around(connection) != request.faults_around) return false;
  if (elsewhere && identities_.may_have_another(connection)) return false;
  if (elsewhere && identities_.is_being_said(connection, responder)) return false;
  if (connection.closed && identities_.lost_beside(connection)) return false;
  if ((connection.grpc() ? any_rpc : connection.closed) && identities_.is_being_hidden(connection))
    return false;
  if (!connection.group) return true;
  return !identities_.unpaired(connection, request.exchange) &&
         !(connection.closed && identities_.doubted(connection) && !identities_.stands_alone(connection));
}

void Pairing::check_unanswered(const Request& request, Verdicts& verdicts, const WaitingFacts& facts) {
  const std::uint32_t id = request.procedure_id;
  verdicts.take(Rule::unanswered_request, check::unanswered_request(facts), request.ref,
                id == 0 ? std::nullopt : std::optional(id));
}

void Pairing::tell_unanswered(const Request& request, Verdicts& verdicts, bool closed) const {
  const bool owed = !request.superseded;
  check_unanswered(request, verdicts,
                   {owed, owed && answer_decidable(request), closed, options_.response_timeout_ns});
}

void Pairing::expire(const Position& now) {
  for (Id<Request> handle = requests_.oldest(); handle != kNone; handle = requests_.oldest()) {
    const Request& request = requests_[handle];
    if (least_passed_ns(request.ref.at, now) <= options_.response_timeout_ns) return;
    tell_unanswered(request, verdicts_, false);
    requests_.set_checked(handle);
  }
}

void Pairing::check_end(const Position& last, Verdicts& verdicts) const {
  const auto check = [&](const Request& request) {
    const Connection& connection = connections_[request.connection];
    if (least_passed_ns(request.ref.at, last) > options_.response_timeout_ns) {
      tell_unanswered(request, verdicts, false);
    } else if (connection.closed || (connection.sides[0].ended && connection.sides[1].ended)) {
      tell_unanswered(request, verdicts, true);
    } else {  // it is still in time
      check_unanswered(request, verdicts, {!request.superseded, false, false, options_.response_timeout_ns});
    }
  };
  for (Id<Request> first : {requests_.oldest(), requests_.oldest_without_time()}) {
    for (Id<Request> handle = first; handle != kNone; handle = requests_[handle].by_time.after)
      check(requests_[handle]);
  }
}

}  // namespace ck::audit
