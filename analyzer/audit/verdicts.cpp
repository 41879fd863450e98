// Counts and the findings' gate.
#include "audit/verdicts.h"

#include <bit>
#include <utility>

namespace ck::audit {
namespace {

constexpr std::array<std::string_view, kLimitCount> kBoundNames = {
    "open_requests",   "remembered_ids", "open_procedures", "finished_procedures",
    "connections",     "known_keys",     "unused_offers",   "procedure_events",
    "procedure_bytes", "allocations",    "peers",
};

Finding finding_of(Finding finding, const Verdict::Breach& breach) {
  finding.parameter = breach.parameter;
  finding.text = breach.text;
  finding.found = breach.found;
  finding.expected = breach.expected;
  return finding;
}

}  // namespace

Finding finding_at(const MessageRef& message) {
  Finding finding = finding_at(message.at, message.connection);
  finding.message = message.index;
  finding.command = message.command;
  finding.message_id = message.message_id;
  return finding;
}

Finding finding_at(Position at, std::uint32_t connection) {
  Finding finding;
  finding.at = at;
  finding.connection = connection;
  return finding;
}

Verdicts::Verdicts(const AuditOptions& options, AuditSink& sink) : sink_(&sink) {
  for (std::size_t i = 0; i < kRuleCount; ++i) {
    const Rule id = static_cast<Rule>(i);
    severity_[i] = rule(id).severity;
    enabled_[i] = true;
    if (!options.grades[i]) continue;
    switch (*options.grades[i]) {
      case Grade::error:
        severity_[i] = Severity::error;
        break;
      case Grade::warning:
        severity_[i] = Severity::warning;
        break;
      case Grade::note:
        severity_[i] = Severity::note;
        break;
      case Grade::off:
        enabled_[i] = false;
        break;
    }
  }
}

Verdicts::Verdicts(const Verdicts& other, AuditSink& sink) : Verdicts(other) {
  sink_ = &sink;
  gathering_ = false;
  gathered_.clear();
}

Verdict Verdict::broken(std::string text, std::string_view parameter) {
  return {Kind::broken, std::make_unique<Breach>(Breach{parameter, std::move(text), {}, {}})};
}

Verdict Verdict::with(std::optional<std::string> found, std::optional<std::string> expected) && {
  breach->found = std::move(found);
  breach->expected = std::move(expected);
  return std::move(*this);
}

void Verdicts::take_other(Rule rule, const Verdict& verdict, const MessageRef& at,
                          std::optional<std::uint32_t> procedure) {
  if (!verdict.is_broken()) return count(rule, verdict.kind);
  Finding finding = finding_of(finding_at(at), *verdict.breach);
  finding.procedure = procedure;
  broken(rule, std::move(finding));
}

void Verdicts::take_other(Rule rule, const Verdict& verdict, const Position& at, std::uint32_t connection,
                          std::optional<Side> side) {
  if (!verdict.is_broken()) return count(rule, verdict.kind);
  Finding finding = finding_of(finding_at(at, connection), *verdict.breach);
  finding.side = side;
  broken(rule, std::move(finding));
}

void Verdicts::take(const PayloadVerdicts& verdicts, const MessageRef& at) {
  if (verdicts.kept != 0) keep(verdicts.kept);
  for (const RuleVerdict& other : verdicts.others) take(other.rule, other.verdict, at);
}

void Verdicts::count_kept(const KeptSet& set) {
  for (RuleSet rules = set.rules; rules != 0; rules &= rules - 1) {
    const auto rule = static_cast<Rule>(std::countr_zero(rules));
    if (enabled(rule)) rules_[static_cast<std::size_t>(rule)].checked += set.messages;
  }
}

void Verdicts::count(Rule rule, Verdict::Kind kind) {
  if (kind == Verdict::Kind::kept) kept(rule);
  if (kind == Verdict::Kind::undecidable) undecidable(rule);
  if (kind == Verdict::Kind::broken_again) broken_again(rule);
}

void Verdicts::broken(Rule rule, Finding finding) {
  const std::size_t i = static_cast<std::size_t>(rule);
  if (!enabled_[i]) return;
  ++rules_[i].checked;
  ++rules_[i].violated;
  ++findings_[static_cast<std::size_t>(severity_[i])];
  finding.rule = rule;
  finding.severity = severity_[i];
  if (gathering_) {
    gathered_.push_back(std::move(finding));
  } else {
    tell(finding);
  }
}

void Verdicts::broken_again(Rule rule) {
  const std::size_t i = static_cast<std::size_t>(rule);
  if (!enabled_[i]) return;
  ++rules_[i].checked;
  ++rules_[i].violated;
}

void Verdicts::tell(Finding& finding) {
  if (complete_) complete_(finding);
  sink_->finding(finding);
}

void Verdicts::tell_gathered(std::uint64_t index, Side sender, std::optional<std::uint32_t> procedure) {
  gathering_ = false;
  for (Finding& finding : gathered_) {
    const bool of_connection =
        finding.rule == Rule::plaintext_transport || finding.rule == Rule::role_reversed_connection;
    if (finding.message == index && !finding.procedure && !of_connection) finding.procedure = procedure;
    if (finding.message == index) finding.side = sender;
    tell(finding);
  }
  gathered_.clear();
}

void Verdicts::count_message(std::uint16_t command, bool known) {
  if (known) {
    ++known_messages_[static_cast<std::size_t>(number_of(command) - 1)];
  } else {
    ++other_messages_[command];
  }
}

Totals Verdicts::totals() const {
  Totals totals;
  for (const MessageSpec& spec : messages()) {
    const std::uint64_t count = known_messages_[spec.number() - 1u];
    if (count > 0) totals.messages[spec.code()] = count;
  }
  for (const auto& [command, count] : other_messages_) totals.messages[command] = count;
  for (const auto& [state, count] : states_) {
    if (const auto* relay = std::get_if<RelayState>(&state)) totals.relays[*relay] = count;
    if (const auto* session = std::get_if<SessionState>(&state)) totals.sessions[*session] = count;
    if (const auto* keys = std::get_if<ReservationState>(&state)) totals.reservations[*keys] = count;
  }
  totals.findings = findings_;
  Verdicts counted(*this);
  for (const KeptSet& set : kept_sets_) counted.count_kept(set);
  totals.rules = counted.rules_;
  for (std::size_t i = 0; i < kRuleCount; ++i) totals.rules[i].off = !enabled_[i];
  totals.clock_steps = clock_steps_;
  totals.translated_connections = translated_connections_;
  for (std::size_t i = 0; i < kLimitCount; ++i) {
    if (dropped_[i] > 0) totals.dropped.emplace(kBoundNames[i], dropped_[i]);
  }
  return totals;
}

}  // namespace ck::audit
