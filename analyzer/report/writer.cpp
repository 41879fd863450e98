// The table of formats, and the sum over audits.
#include "report/writer.h"

#include <algorithm>
#include <array>

namespace ck::report {
namespace {

constexpr std::array kFormats = {
    Format{"text", "for people", make_text_writer},
    Format{"json", "one document, as report.schema.json describes it", make_json_writer},
    Format{"ndjson", "one object a line, each as soon as it is final", make_ndjson_writer},
    Format{"csv", "findings only", make_csv_writer},
    Format{"html", "one page for people to share: who must fix what, with ladder diagrams", make_html_writer},
    Format{"sarif", "findings for code scanning and editors (SARIF 2.1.0)", make_sarif_writer},
    Format{"junit", "a test case a rule, for CI servers", make_junit_writer},
};

}  // namespace

std::span<const Format> formats() {
  return kFormats;
}

const Format* find_format(std::string_view name) {
  const auto* found = std::find_if(kFormats.begin(), kFormats.end(),
                                   [name](const Format& format) { return format.name == name; });
  return found == kFormats.end() ? nullptr : found;
}

void add_totals(Totals& sum, const Totals& one) {
  for (const auto& [command, count] : one.messages) sum.messages[command] += count;
  for (const auto& [state, count] : one.relays) sum.relays[state] += count;
  for (const auto& [state, count] : one.sessions) sum.sessions[state] += count;
  for (const auto& [state, count] : one.reservations) sum.reservations[state] += count;
  for (const auto& [bound, count] : one.dropped) sum.dropped[bound] += count;
  sum.clock_steps += one.clock_steps;
  sum.translated_connections += one.translated_connections;
  for (std::size_t i = 0; i < sum.findings.size(); ++i) {
    sum.findings[i] += one.findings[i];
    sum.known[i] += one.known[i];
  }
  sum.has_baseline = sum.has_baseline || one.has_baseline;
  for (std::size_t i = 0; i < kRuleCount; ++i) {
    sum.rules[i].checked += one.rules[i].checked;
    sum.rules[i].violated += one.rules[i].violated;
    sum.rules[i].undecidable += one.rules[i].undecidable;
    sum.rules[i].off = one.rules[i].off;
  }
}

bool has_failed(const Totals& totals, std::optional<Severity> fail_on) {
  if (!fail_on) return false;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(*fail_on); ++i) {
    if (totals.findings[i] > totals.known[i]) return true;
  }
  return false;
}

AuditVerdict verdict_of(const AuditRecords& audit, std::optional<Severity> fail_on) {
  if (has_failed(audit.totals(), fail_on)) return AuditVerdict::fail;
  for (const CaptureFacts& capture : audit.captures()) {
    if (!capture.error.empty()) return AuditVerdict::incomplete;
  }
  return audit.message_count() == 0 ? AuditVerdict::silent : AuditVerdict::pass;
}

}  // namespace ck::report
