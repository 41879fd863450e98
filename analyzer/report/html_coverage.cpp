// Which rules were checked, and what the capture could not show.
#include <fmt/format.h>

#include <algorithm>

#include "report/diagnostic_texts.h"
#include "report/html_parts.h"
#include "report/html_sections.h"
#include "report/text_style.h"

namespace ck::report {
namespace {

/// What became of a rule, in the order in which the sums show it.
enum class Coverage : std::uint8_t { broken, kept, undecidable, never, off };
constexpr std::size_t kCoverageCount = 5;

struct CoverageText {
  std::string_view css, of_one, of_all;
};
constexpr std::array<CoverageText, kCoverageCount> kCoverageTexts = {{
    {"broken", "broken", "broken"},
    {"kept", "kept", "kept"},
    {"undecidable", "undecidable", "undecidable throughout"},
    {"never", "never checked", "never checked"},
    {"off", "switched off", "switched off"},
}};

Coverage coverage_of(const RuleCount& count) {
  if (count.off) return Coverage::off;
  if (count.violated != 0) return Coverage::broken;
  if (count.checked != 0) return Coverage::kept;
  return count.undecidable != 0 ? Coverage::undecidable : Coverage::never;
}

}  // namespace

void write_coverage(HtmlAudit& audit, Output& out) {
  Fields page;
  set_text(page, "audit", audit.id);
  Fields rows = empty_list();
  std::array<std::size_t, kCoverageCount> sums{};
  for (const RuleSpec& spec : rules()) {
    const RuleCount& count = audit.records.totals().rules[static_cast<std::size_t>(spec.rule)];
    const auto coverage = static_cast<std::size_t>(coverage_of(count));
    ++sums[coverage];
    Fields row;
    set_text(row, "slug", spec.slug);
    set_text(row, "summary", spec.summary);
    set_text(row, "cover", kCoverageTexts[coverage].css);
    set_text(row, "outcome", kCoverageTexts[coverage].of_one);
    set_flag(row, "broken", audit.rules[static_cast<std::size_t>(spec.rule)].count != 0);
    set_number(row, "checked", "checked_raw", count.checked);
    set_number(row, "violated", "violated_raw", count.violated);
    set_number(row, "undecidable", "undecidable_raw", count.undecidable);
    rows.push_back(row);
  }
  page.set("rules", rows);
  set_text(page, "count", std::to_string(kRuleCount));
  Fields list = empty_list();
  for (std::size_t i = 0; i < kCoverageCount; ++i) {
    if (sums[i] == 0) continue;
    Fields sum;
    set_text(sum, "cover", kCoverageTexts[i].css);
    set_text(sum, "sum", fmt::format("{} {}", sums[i], kCoverageTexts[i].of_all));
    list.push_back(sum);
  }
  page.set("sums", list);
  out.append(HtmlTemplate(HtmlParts::coverage).render(page));
}

void write_diagnostics(HtmlAudit& audit, Output& out) {
  constexpr std::size_t kLinesShown = 200;
  const Diagnostics& facts = audit.records.diagnostics();
  const std::vector<DiagnosticLine> lines = diagnostic_lines(facts);
  Fields page;
  set_text(page, "audit", audit.id);
  Fields rows = empty_list(), remarks = empty_list();
  for (std::size_t i = 0; i < std::min(lines.size(), kLinesShown); ++i) {
    Fields row;
    set_text(row, "what", lines[i].what);
    set_text(row, "count", grouped(lines[i].count));
    set_text(row, "remedy", lines[i].remedy);
    rows.push_back(row);
  }
  const auto remark = [&remarks](const std::string& text) {
    Fields row;
    set_text(row, "remark", text, 1000);
    remarks.push_back(row);
  };
  if (lines.size() > kLinesShown)
    remark(fmt::format("and {}; --format json lists all", counted(lines.size() - kLinesShown, "more line")));
  if (!facts.undecrypted_text.empty()) remark(facts.undecrypted_text);
  page.set("lines", rows);
  set_flag(page, "has_lines", !lines.empty());
  page.set("remarks", remarks);
  set_text(page, "empty",
           lines.empty() && facts.undecrypted_text.empty()
               ? "Nothing was dropped, cut, lost or left undecoded, as far as the captures tell."
               : "");
  out.append(HtmlTemplate(HtmlParts::diagnostics).render(page));
}

}  // namespace ck::report
