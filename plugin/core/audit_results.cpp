// The sinks: from the audit's calls to what the tree looks up.
#include "core/audit_results.h"

#include <algorithm>

namespace ck::plugin {

void FindingTable::add(const Finding& finding) {
  if (!finding.message) newest_frame = std::max(newest_frame, finding.at.frame);
  List& list = finding.message ? by_message[*finding.message] : by_frame[finding.at.frame];
  if (list.kept.size() >= kMaxKept) {
    ++list.more;
    return;
  }
  list.kept.push_back({finding.rule, finding.severity, finding.parameter, finding.text, finding.at_fault,
                       finding.fixer.value_or(Endpoint{})});
}

MessageFacts& AuditResults::facts(std::uint64_t index) {
  if (index >= facts_.size()) facts_.resize(static_cast<std::size_t>(index) + 1);
  return facts_[static_cast<std::size_t>(index)];
}

const MessageFacts* AuditResults::find_facts(std::uint64_t index) const {
  return index < facts_.size() ? &facts_[static_cast<std::size_t>(index)] : nullptr;
}

void AuditResults::message(const MessageRecord& record) {
  facts(record.ref.index).frame = static_cast<std::uint32_t>(record.ref.at.frame);
  facts(record.ref.index).command = record.ref.command;
  last_message = record.ref.index;
}

void AuditResults::pair(const PairRecord& record) {
  MessageFacts& response = facts(record.response.index);
  response.frame = static_cast<std::uint32_t>(record.response.at.frame);
  response.answers = record.request.index;
  response.response_time_ns = record.response_time_ns;
  MessageFacts& request = facts(record.request.index);
  if (request.answered_by == kNoMessage) request.answered_by = record.response.index;
}

void AuditResults::finding(const Finding& finding) {
  if (!is_blamed_wrongly(finding)) findings.add(finding);
}

void AuditResults::blind(ConnectionKey key) {
  if (const auto id = connections_.find(key); id != connections_.end()) blind_.insert(id->second);
}

bool AuditResults::is_blamed_wrongly(const Finding& finding) const {
  if (blind_.count(finding.connection) == 0) return false;
  switch (finding.rule) {
    case Rule::unanswered_request:
    case Rule::unsolicited_response:
    case Rule::duplicate_response:
    case Rule::response_mismatch:
      return true;
    default:
      return false;
  }
}

void AuditResults::joined(std::uint32_t id, const ProcedureState& now, const MessageRef& message,
                          std::optional<std::uint32_t> moved_from) {
  MessageFacts& of_message = facts(message.index);
  of_message.frame = static_cast<std::uint32_t>(message.at.frame);
  // Two sessions may exchange their notifications, so what else the old one has stays there.
  if (moved_from && *moved_from != id) {
    if (const auto old = procedures.find(*moved_from); old != procedures.end())
      std::erase(old->second.messages, message.index);
  }
  ProcedureFacts& target = procedures[id];
  target.state = now;
  if (of_message.procedure == id &&
      std::binary_search(target.messages.begin(), target.messages.end(), message.index)) {
    return;
  }
  of_message.procedure = id;
  target.messages.insert(std::upper_bound(target.messages.begin(), target.messages.end(), message.index),
                         message.index);
}

/// Two parts became one: what of the old one was not told of again moves along.
void AuditResults::merged(std::uint32_t id, std::uint32_t into) {
  const auto old = procedures.find(id);
  if (old == procedures.end()) return;
  const std::vector<std::uint64_t> moving = std::move(old->second.messages);
  procedures.erase(old);
  gone.push_back(id);
  for (const std::uint64_t index : moving) facts(index).procedure = into;
  ProcedureFacts& target = procedures[into];
  target.messages.insert(target.messages.end(), moving.begin(), moving.end());
  std::sort(target.messages.begin(), target.messages.end());
}

}  // namespace ck::plugin
