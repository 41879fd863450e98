// The sections of the text report that answer first: who must fix what, equal findings folded, counts instead
// of lists. All of them are short, however large the capture is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report/all_peers.h"
#include "report/audit_records.h"
#include "report/baseline.h"
#include "report/output.h"
#include "report/text_style.h"

namespace ck::report {

/// Findings that say the same.
struct FindingGroup {
  std::uint64_t count = 0;
  bool alike = false;  ///< they differ in values
  std::string text;    ///< of the first one
  std::vector<std::uint64_t> frames;
};

class TextSections {
 public:
  /// `clip`: characters of a text that are shown; 0: all.
  TextSections(const Style& style, std::size_t clip, Output& out) : style_(style), clip_(clip), out_(out) {}

  /// The peers, those first that have most to fix. `all`: those without findings too, each in a line.
  void peers(AuditRecords& audit, bool all);
  /// Who must fix what over several captures, those first that have most to fix. `all`: every peer and rule.
  void all_peers(const AllPeers& peers, bool all);
  /// Those that no baseline has, equal ones once, by rule, by who must fix them and by text.
  void findings(AuditRecords& audit);
  /// What the baseline has and did not occur again.
  void gone(const std::vector<BaselineEntry>& entries);
  /// How many procedures of each kind are in which state.
  void procedure_counts(const Totals& totals);
  /// A row an exchange, with the peer that is slowest in it.
  void response_times(AuditRecords& audit);
  /// How many rules were kept, broken, undecidable, never checked, switched off.
  void coverage(const Totals& totals);

 private:
  [[nodiscard]] std::string peer_text(const PeerRecord& peer, const PeerBrief& brief) const;
  [[nodiscard]] std::string must_fix(const AllPeers& peers, const AllPeers::Rules& rules, bool all) const;
  [[nodiscard]] std::string group_text(const FindingGroup& group) const;
  void heading(std::string_view title);
  [[nodiscard]] std::string shown(std::string_view text) const;

  Style style_;
  std::size_t clip_;
  Output& out_;
};

}  // namespace ck::report
