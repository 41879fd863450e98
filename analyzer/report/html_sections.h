// The sections of an audit on the HTML page, each from what the audit's records hold.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/all_peers.h"
#include "report/audit_records.h"
#include "report/html_template.h"
#include "report/output.h"
#include "report/spool.h"
#include "report/writer.h"

namespace ck::report {

/// What one rule's findings come to, and the first of them.
struct HtmlRule {
  std::uint64_t count = 0, known = 0;
  std::uint64_t nobodys = 0;  ///< no peer's to fix
  Severity severity{};
  std::vector<Finding> places;
};

/// Where a peer first broke a rule, and in which parameters.
struct HtmlPlace {
  std::uint32_t capture = 0;
  std::uint64_t frame = 0;
  std::vector<std::string> parameters;  ///< the first ones
  bool more_parameters = false;
};

/// What the sections of one audit share.
struct HtmlAudit {
  AuditRecords& records;
  const ReportOptions& options;
  std::string id;              ///< "a1", before every anchor
  std::int64_t start_ns = -1;  ///< of the first packet; kLastTime: not known
  std::array<HtmlRule, kRuleCount> rules{};
  std::vector<std::uint32_t> ranking{};  ///< peers' ids, the worst first
  /// By peer (0: nobody's) and rule; of very many the first.
  std::map<std::pair<std::uint32_t, Rule>, HtmlPlace> first_places{};

  /// Time since the first packet, for people; empty where it is not known.
  [[nodiscard]] std::string since_start(std::int64_t time_ns) const;
  /// "KMA-1", else the address.
  [[nodiscard]] std::string peer_name(std::uint32_t peer) const;
  /// What a peer must fix, by severity.
  [[nodiscard]] std::array<std::uint64_t, 3> badness_of(std::uint32_t peer) const;
};

/// "once", "12 times".
std::string times_text(std::uint64_t count);
std::string_view role_text(Role role);
/// Table I.1's, or that there is none.
std::string_view message_name(std::uint16_t command);

/// The procedures that the page draws: failed ones and those with findings first.
class HtmlLadders {
 public:
  /// Told of every finding, in any order.
  void note(const Finding& finding);
  /// Once all findings were told: settles on at most `most`.
  void choose(AuditRecords& records, std::size_t most);
  [[nodiscard]] bool has(std::uint32_t procedure) const { return chosen_.count(procedure) != 0; }
  [[nodiscard]] std::size_t count() const { return chosen_.size(); }
  void write(HtmlAudit& audit, Output& out);

 private:
  /// By how bad it is, then by id.
  using Place = std::pair<unsigned, std::uint32_t>;

  SortedSpool findings_;                         ///< a Place each, by procedure and by how bad
  std::map<std::uint32_t, std::size_t> chosen_;  ///< their ranks
  std::uint64_t all_ = 0;
};

/// One pass over the findings: fills in rules and ranking, and tells `ladders`. `most_places`: of all rules
/// together, what is left is counted off.
void gather_findings(HtmlAudit& audit, HtmlLadders& ladders, std::size_t& most_places);

/// Cards over all captures of the page.
void set_all_peers(const AllPeers& peers, Fields& page);
void write_cards(HtmlAudit& audit, Output& out);
void write_peers(HtmlAudit& audit, Output& out);
void write_findings(HtmlAudit& audit, const HtmlLadders& ladders, Output& out);
void write_times(HtmlAudit& audit, Output& out);
void write_coverage(HtmlAudit& audit, Output& out);
void write_diagnostics(HtmlAudit& audit, Output& out);

}  // namespace ck::report
