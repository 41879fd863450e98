// The rules on MessageIDs, on answers, and on requests that get none.
#include <fmt/format.h>

#include <utility>

#include "audit/pairing.h"
#include "audit/procedure.h"

namespace ck {

/// Whether an answer that fits nothing can be held against its sender.
bool Pairing::answers_decidable(const Incoming& in, Exchange exchange) {
  const Connection& connection = in.connection;
  if (!connection.whole() || connection.forgot_requests || identities_.in_doubt(connection, exchange))
    return false;
  return identities_.association(in.connection).whole && !identities_.blurred(connection);
}

void Pairing::check(const Incoming& in, Exchange exchange, const Answer& answer, bool foreign,
                    bool initiating) {
  const bool sticky = identities_.in_doubt(in.connection, exchange);
  if (answer.paired()) {
    // What no 0x1403 asked for is relay-without-notification's.
    if (exchange != Exchange::route) verdicts_.kept(Rule::unsolicited_response);
    verdicts_.kept(Rule::duplicate_response);
    const Request& request = requests_[answer.request];
    if (foreign) return;
    if (answer.ambiguous || sticky || !request.readable || !in.readable) {
      verdicts_.undecidable(Rule::response_mismatch);
    } else if (!answer.mismatch) {
      verdicts_.kept(Rule::response_mismatch);
    } else {
      Finding finding = finding_at(in.ref);
      std::string_view what = "Key IDs that were not asked for";
      const unsigned common = request.ids.mask & in.ids.mask;
      for (std::size_t i = 0; i < Identifiers::kCount; ++i) {
        if ((common >> i & 1) == 0 || request.ids.values[i] == in.ids.values[i]) continue;
        what = finding.parameter = parameter(Identifiers::parameter_at(i)).name;
        break;
      }
      if (finding.parameter.empty()) {
        const bool keys = exchange == Exchange::allocation;
        finding.parameter = keys ? parameter(Parameter::key_ids).name : parameter(Parameter::session_id).name;
        const bool others =
            in.session_apps && compare(request.ids, *in.session_apps) == Likeness::contradicts;
        if (!keys) what = others ? "the applications of another session" : "another session's ID";
      }
      finding.text =
          fmt::format("the response names {}{} than its request in frame {}", what,
                      finding.parameter == what ? " with another value" : ", other", request.ref.at.frame);
      verdicts_.broken(Rule::response_mismatch, std::move(finding));
    }
    return;
  }
  const auto note_unpaired = [&] {
    note_early(in, exchange);
    if (identities_.blurred(in.connection)) ++identities_.group(in.connection).unpaired[index_of(exchange)];
  };
  if (foreign || initiating) return note_unpaired();
  std::uint32_t& spare = identities_.association(in.connection).spare_results;
  const bool spared = exchange == Exchange::relay_result && spare > 0;
  if (spared) --spare;
  bool undecidable =
      answer.undecidable || sticky || spared || !(answers_decidable(in, exchange) || answer.surely_again);
  SideState& asker = in.connection.sides[other(in.message.sender)];
  if (!undecidable && asker.may_hide_request()) {
    ++asker.requests_hidden;
    undecidable = true;
  }
  if (undecidable) {
    verdicts_.undecidable(Rule::unsolicited_response);
    verdicts_.undecidable(Rule::duplicate_response);
    return note_unpaired();
  }
  Finding finding = finding_at(in.ref);
  if (answer.again) {
    finding.text = answer.repeated != kNone
                       ? fmt::format("a second response to the request in frame {}",
                                     requests_[answer.repeated].ref.at.frame)
                       : std::string("a second response to a request that was already answered");
    verdicts_.broken(Rule::duplicate_response, std::move(finding));
  } else {
    finding.text = fmt::format("no open request fits this {}", in.message.spec->name);
    verdicts_.broken(Rule::unsolicited_response, std::move(finding));
  }
}

/// Whether it is known what a MessageID stands for: an answer to what was not captured may repeat its
/// request's, and a 0x4104 may be such an answer.
bool Pairing::numbering_decidable(const Incoming& in, Exchange exchange, bool response,
                                  const Answer& answer) {
  if (!response)
    return in.message.spec->command != Command::relay_request || answers_decidable(in, Exchange::route);
  if (!answer.paired()) return answers_decidable(in, exchange) || answer.again;
  return in.connection.whole() || !answer.ambiguous;
}

void Pairing::check_message_id(const Incoming& in, Exchange exchange, bool response, const Answer& answer) {
  if (!in.ref.message_id || !in.connection.live) return;
  const std::uint32_t id = *in.ref.message_id;
  const Side side = in.message.sender;
  if (!numbering_decidable(in, exchange, response, answer)) {
    verdicts_.undecidable(Rule::message_id_reused);
    return;
  }
  MessageIds& ids = response ? in.connection.live->responses[side] : in.connection.live->initiating[side];
  const bool echo = response && answer.paired() && requests_[answer.request].label == label_of(in.message);
  const bool second = response && answer.again;
  const bool again = ids.find(id) && !echo && !second;
  const bool decidable = again ? all_seen(in) : in.connection.sides[side].whole || echo;
  if (!decidable) {
    verdicts_.undecidable(Rule::message_id_reused);
  } else if (again) {
    Finding finding = finding_at(in.ref);
    finding.text = fmt::format("MessageID {} was used before by the same side, for another {}", id,
                               response ? "response" : "initiating message");
    verdicts_.broken(Rule::message_id_reused, std::move(finding));
  } else {
    verdicts_.kept(Rule::message_id_reused);
  }
  if (ids.add(id, exchange, options_.max_remembered_ids)) verdicts_.dropped(Limit::remembered_ids);
}

Pairing::Verdict Pairing::unanswered(const Request& request) const {
  if (request.superseded) return Verdict::none;
  if (request.perhaps_answered) return Verdict::undecidable;
  const Connection& connection = connections_[request.connection];
  if (connection.id != request.ref.connection) return Verdict::undecidable;  // dropped at a limit
  const Side responder = other(request.sender);
  if (!connection.captured(responder) || connection.sides[responder].faults != request.faults ||
      identities_.in_doubt(connection, request.exchange)) {
    return Verdict::undecidable;
  }
  // Its answer may have come on a later connection, and not been captured there.
  if (connection.closed && identities_.faults_around(connection) != request.faults_around)
    return Verdict::undecidable;
  if (connection.group == kNone) return Verdict::broken;
  if (identities_.unpaired(connection, request.exchange) ||
      (connection.closed && identities_.doubted(connection))) {
    return Verdict::undecidable;
  }
  return Verdict::broken;
}

void Pairing::tell_unanswered(const Request& request, Verdicts& verdicts, bool closed) const {
  switch (unanswered(request)) {
    case Verdict::none:
      return;
    case Verdict::undecidable:
      verdicts.undecidable(Rule::unanswered_request);
      return;
    case Verdict::broken:
      break;
  }
  Finding finding = finding_at(request.ref);
  finding.text = closed
                     ? std::string("the connection was closed and no answer came by the end of the capture")
                     : fmt::format("no answer came within {} s",
                                   static_cast<double>(options_.response_timeout_ns) / 1e9);
  finding.procedure =
      request.procedure_id == 0 ? std::nullopt : std::optional<std::uint32_t>(request.procedure_id);
  verdicts.broken(Rule::unanswered_request, std::move(finding));
}

void Pairing::expire(std::int64_t now_ns) {
  for (Handle handle = requests_.oldest(); handle != kNone; handle = requests_.oldest()) {
    const Request& request = requests_[handle];
    if (elapsed(request.ref.at.time_ns, now_ns).value_or(0) <= options_.response_timeout_ns) return;
    tell_unanswered(request, verdicts_, false);
    requests_.set_checked(handle);
  }
}

void Pairing::check_end(std::int64_t last_ns, Verdicts& verdicts) const {
  const auto check = [&](const Request& request) {
    const Connection& connection = connections_[request.connection];
    if (elapsed(request.ref.at.time_ns, last_ns).value_or(0) > options_.response_timeout_ns) {
      tell_unanswered(request, verdicts, false);
    } else if (connection.closed || (connection.sides[0].ended && connection.sides[1].ended)) {
      tell_unanswered(request, verdicts, true);
    } else if (!request.superseded) {
      verdicts.undecidable(Rule::unanswered_request);
    }
  };
  for (Handle first : {requests_.oldest(), requests_.oldest_without_time()}) {
    for (Handle handle = first; handle != kNone; handle = requests_[handle].by_time.after)
      check(requests_[handle]);
  }
}

}  // namespace ck
