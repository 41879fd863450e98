// What the audit counts, and the gate through which findings leave: re-grading, rules switched off, totals.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/options.h"
#include "audit/payload_verdicts.h"
#include "audit/records.h"
#include "audit/sink.h"
#include "audit/verdict.h"

namespace ck::audit {

/// Where something was dropped because its limit was reached; the names are those of Totals::dropped.
enum class Limit : std::uint8_t {
  open_requests,
  remembered_ids,
  open_procedures,
  finished_procedures,
  connections,
  known_keys,
  unused_offers,
  procedure_events,
  procedure_bytes,
  allocations,
  peers,
};
inline constexpr std::size_t kLimitCount = 11;

/// A finding that says where it is and nothing else yet.
Finding finding_at(const MessageRef& message);
Finding finding_at(Position at, std::uint32_t connection);

/// A rule that --rule switched off is not checked: its counts stay zero, as it has no findings.
class Verdicts {
 public:
  Verdicts(const AuditOptions& options, AuditSink& sink);
  /// The same counts in front of another sink: what finish() works on.
  Verdicts(const Verdicts& other, AuditSink& sink);

  /// `complete` tells of each finding who sent what it stands at, and who must fix it.
  void set_completion(std::function<void(Finding&)> complete) { complete_ = std::move(complete); }

  /// What a check said of a rule; where it is broken, the finding stands at the message, or at the position.
  void take(Rule rule, const Verdict& verdict, const MessageRef& at,
            std::optional<std::uint32_t> procedure = std::nullopt) {
    if (verdict.kind == Verdict::Kind::kept) return kept(rule);
    if (verdict.kind != Verdict::Kind::not_applicable) take_other(rule, verdict, at, procedure);
  }
  void take(Rule rule, const Verdict& verdict, const Position& at, std::uint32_t connection,
            std::optional<Side> side = std::nullopt) {
    if (verdict.kind == Verdict::Kind::kept) return kept(rule);
    if (verdict.kind != Verdict::Kind::not_applicable) take_other(rule, verdict, at, connection, side);
  }

  /// All these are kept. A few sets of rules come again and again, so sets are counted, and rules in the end.
  void keep(RuleSet rules) {
    KeptSet& known = kept_sets_[(rules * 0x9E3779B97F4A7C15ULL) >> (64 - kKeptSetBits)];
    if (known.rules != rules) {
      count_kept(known);
      known = {rules, 0};
    }
    ++known.messages;
  }
  /// What the check of a message's payload said.
  void take(const PayloadVerdicts& verdicts, const MessageRef& at);

  /// Lets `work` take message `index` in, which returns the number of its procedure. Findings wait until it
  /// does: those that speak of this message and have no procedure get that one; those on the connection, told
  /// at its first message, have none. `sender`: of the message.
  template <class Work>
  void gather_findings(std::uint64_t index, Side sender, const Work& work) {
    gathering_ = true;
    const std::optional<std::uint32_t> procedure = work();
    tell_gathered(index, sender, procedure);
  }

  void count_message(std::uint16_t command, bool known);
  void count_state(const ProcedureState& state) { ++states_[state]; }
  void clock_step() { ++clock_steps_; }
  void translated_connection() { ++translated_connections_; }
  [[gnu::cold, gnu::noinline]] void dropped(Limit limit) { ++dropped_[static_cast<std::size_t>(limit)]; }

  AuditSink& sink() { return *sink_; }
  [[nodiscard]] bool enabled(Rule rule) const { return enabled_[static_cast<std::size_t>(rule)]; }
  [[nodiscard]] Totals totals() const;

 private:
  struct KeptSet {
    RuleSet rules = 0;
    std::uint64_t messages = 0;
  };
  static constexpr unsigned kKeptSetBits = 6;
  void count_kept(const KeptSet& set);
  void kept(Rule rule) { rules_[static_cast<std::size_t>(rule)].checked += enabled(rule); }
  void undecidable(Rule rule) { rules_[static_cast<std::size_t>(rule)].undecidable += enabled(rule); }
  void tell_gathered(std::uint64_t index, Side sender, std::optional<std::uint32_t> procedure);
  void tell(Finding& finding);
  // Whatever is no kept rule is rare, and kept out of the way of what is not.
  [[gnu::cold]] void take_other(Rule rule, const Verdict& verdict, const MessageRef& at,
                                std::optional<std::uint32_t> procedure);
  [[gnu::cold]] void take_other(Rule rule, const Verdict& verdict, const Position& at,
                                std::uint32_t connection, std::optional<Side> side);
  /// Counts a violation and tells the finding, now or behind the others that are gathered.
  void broken(Rule rule, Finding finding);
  /// Counts another occurrence of what a finding already says once.
  void broken_again(Rule rule);
  void count(Rule rule, Verdict::Kind kind);

  AuditSink* sink_;
  std::array<bool, kRuleCount> enabled_{};
  std::array<Severity, kRuleCount> severity_{};
  std::array<RuleCount, kRuleCount> rules_{};
  std::array<KeptSet, 1U << kKeptSetBits> kept_sets_{};  ///< not among rules_ yet
  std::array<std::uint64_t, 3> findings_{};
  std::array<std::uint64_t, 13> known_messages_{};
  std::map<std::uint16_t, std::uint64_t> other_messages_;
  std::map<ProcedureState, std::uint64_t> states_;
  std::array<std::uint64_t, kLimitCount> dropped_{};
  std::uint64_t clock_steps_ = 0, translated_connections_ = 0;
  bool gathering_ = false;
  std::vector<Finding> gathered_;
  std::function<void(Finding&)> complete_;
};

}  // namespace ck::audit
