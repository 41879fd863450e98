// Who must fix what over all captures of a run, where each is an audit of its own.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "report/audit_records.h"

namespace ck::report {

/// A peer is known again by its role and its name, else its address, as in fingerprints. Bounded by
/// kMostPeers: what further ones must fix is counted.
class AllPeers {
 public:
  struct Count {
    std::uint64_t findings = 0, captures = 0;
    std::string link;  ///< to the first capture's section of the rule, where there is one
  };
  using Rules = std::map<Rule, Count>;
  struct Peer {
    Role role{};
    std::string name, address;  ///< the address where it was first met
    std::set<std::string> other_addresses{};
    bool more_addresses = false;
    std::uint64_t captures = 0;
    Rules rules{};
  };
  /// A rule that a peer must fix, with its severity in this run.
  struct Entry {
    Rule rule{};
    Severity severity{};
    const Count* count = nullptr;
  };

  /// `grades`: as --rule set them.
  explicit AllPeers(const std::array<std::optional<Grade>, kRuleCount>& grades) : grades_(grades) {}

  /// `sections`: what stands before a rule's name in a link to it; empty: there are no links.
  void add(const AuditRecords& audit, const std::string& sections = {});

  /// By those that have most to fix.
  [[nodiscard]] std::vector<const Peer*> ranking() const;
  /// The gravest first, then the most frequent.
  [[nodiscard]] std::vector<Entry> entries(const Rules& rules) const;
  [[nodiscard]] std::array<std::uint64_t, 3> badness(const Rules& rules) const;
  /// What no single peer must fix.
  [[nodiscard]] const Rules& nobodys() const { return nobodys_; }
  /// Findings of peers beyond those that are kept.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }
  [[nodiscard]] bool empty() const { return peers_.empty() && nobodys_.empty(); }

 private:
  [[nodiscard]] Severity severity_of(Rule rule) const;

  std::array<std::optional<Grade>, kRuleCount> grades_;
  std::map<std::pair<Role, std::string>, Peer> peers_;
  Rules nobodys_;
  std::uint64_t left_out_ = 0;
};

/// "KM 10.41.0.11", "KM at 3 addresses".
std::string where_met(const AllPeers::Peer& peer);

}  // namespace ck::report
