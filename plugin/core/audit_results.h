// What the audit said, kept for as long as the file is open: facts of every message, procedures, findings by
// frame.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "audit/records.h"
#include "audit/sink.h"

namespace ck::plugin {

inline constexpr std::uint64_t kNoMessage = ~std::uint64_t{0};

struct ShownFinding {
  Rule rule{};
  Severity severity{};
  std::string parameter;  ///< that it is about, as in Finding; empty: none
  std::string text;
  std::optional<Role> at_fault;  ///< as in Finding
  Endpoint fixer;                ///< where there is one at fault
};

/// What is known of one message beside its bytes. Indexed by MessageRef::index.
struct MessageFacts {
  std::uint32_t frame = 0;
  std::uint16_t command = 0;
  std::uint32_t procedure = 0;         ///< 0: none
  std::uint64_t answers = kNoMessage;  ///< the request that this message answers
  std::uint64_t answered_by = kNoMessage;
  std::optional<std::int64_t> response_time_ns;  ///< of the pair in which this is the response
};

struct ProcedureFacts {
  ProcedureState state;
  std::vector<std::uint64_t> messages;  ///< indices, in order
};

/// Findings, by what they are shown with.
struct FindingTable {
  /// So many of one message or frame are kept; the rest is counted.
  static constexpr std::size_t kMaxKept = 2000;
  struct List {
    std::vector<ShownFinding> kept;
    std::uint64_t more = 0;
  };
  std::unordered_map<std::uint64_t, List> by_message;  ///< by message index
  std::unordered_map<std::uint64_t, List> by_frame;    ///< those about no message
  std::uint64_t newest_frame = 0;                      ///< the last one that has any

  void add(const Finding& finding);
  void clear() {
    by_message.clear();
    by_frame.clear();
    newest_frame = 0;
  }
};

/// Receives the audit's findings while the capture is read.
class AuditResults : public AuditSink {
 public:
  void message(const MessageRecord& record) override;
  void pair(const PairRecord& record) override;
  void finding(const Finding& finding) override;
  void joined(std::uint32_t id, const ProcedureState& now, const MessageRef& message,
              std::optional<std::uint32_t> moved_from) override;
  void merged(std::uint32_t id, std::uint32_t into) override;

  void recognised(std::uint32_t id, const ConnectionStart& start) override { connections_[start.key] = id; }

  /// Wireshark shows only a part of this connection (it dissects nothing behind a hole of a direction that it
  /// puts in order): from now on its answers are nobody's fault.
  void blind(ConnectionKey key);
  [[nodiscard]] bool is_blamed_wrongly(const Finding& finding) const;

  /// Facts of a message, created when it was not told before.
  MessageFacts& facts(std::uint64_t index);
  [[nodiscard]] const MessageFacts* find_facts(std::uint64_t index) const;

  std::unordered_map<std::uint32_t, ProcedureFacts> procedures;
  std::vector<std::uint32_t> gone;  ///< ids of procedures that turned out to be parts of others
  FindingTable findings;
  std::uint64_t last_message = kNoMessage;  ///< index of the message told last

 private:
  std::vector<MessageFacts> facts_;
  std::unordered_map<ConnectionKey, std::uint32_t> connections_;  ///< report ids
  std::unordered_set<std::uint32_t> blind_;                       ///< report ids
};

/// Receives what holds only if the capture ended now.
class EndResults : public AuditSink {
 public:
  /// `results` must outlive the end_results.
  explicit EndResults(const AuditResults& results) : results_(&results) {}
  void finding(const Finding& finding) override {
    if (!results_->is_blamed_wrongly(finding)) findings.add(finding);
  }
  void relay(const RelayRecord& record) override { states[record.id] = record.state; }
  void session(const SessionRecord& record) override { states[record.id] = record.state; }
  void reservation(const ReservationRecord& record) override { states[record.id] = record.state; }

  FindingTable findings;
  std::unordered_map<std::uint32_t, ProcedureState> states;

 private:
  const AuditResults* results_;
};

}  // namespace ck::plugin
