// Formats by name, and the sum over audits.
#include "report/writer.h"

namespace ck::report {

std::optional<Format> parse_format(std::string_view name) {
  if (name == "text") return Format::text;
  if (name == "json") return Format::json;
  if (name == "ndjson") return Format::ndjson;
  if (name == "csv") return Format::csv;
  return std::nullopt;
}

void add_totals(Totals& sum, const Totals& one) {
  for (const auto& [command, count] : one.messages) sum.messages[command] += count;
  for (const auto& [state, count] : one.relays) sum.relays[state] += count;
  for (const auto& [state, count] : one.sessions) sum.sessions[state] += count;
  for (const auto& [state, count] : one.reservations) sum.reservations[state] += count;
  for (const auto& [bound, count] : one.dropped) sum.dropped[bound] += count;
  sum.clock_steps += one.clock_steps;
  for (std::size_t i = 0; i < sum.findings.size(); ++i) sum.findings[i] += one.findings[i];
  for (std::size_t i = 0; i < kRuleCount; ++i) {
    sum.rules[i].checked += one.rules[i].checked;
    sum.rules[i].violated += one.rules[i].violated;
    sum.rules[i].undecidable += one.rules[i].undecidable;
  }
}

bool has_failed(const Totals& totals, std::optional<Severity> fail_on) {
  if (!fail_on) return false;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(*fail_on); ++i) {
    if (totals.findings[i] != 0) return true;
  }
  return false;
}

std::unique_ptr<ReportWriter> make_writer(Format format, const ReportOptions& options, Output& output) {
  switch (format) {
    case Format::json:
      return make_json_writer(output);
    case Format::ndjson:
      return make_ndjson_writer(output);
    case Format::csv:
      return make_csv_writer(output);
    case Format::text:
      break;
  }
  return make_text_writer(options, output);
}

}  // namespace ck::report
