// The manual page.
#include <fmt/format.h>

#include <array>

#include "audit/rules.h"
#include "cli/generated.h"
#include "cli/option_table.h"
#include "report/record_json.h"
#include "report/writer.h"

namespace ck::cli {
namespace {

/// `text` as roff has it: a hyphen of its own, no escapes, no control lines.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    // The page is plain ASCII: an ellipsis is the one character beyond that the table has.
    if (static_cast<unsigned char>(c) >= 0x80) {
      if (static_cast<unsigned char>(c) >= 0xC0) out += "...";
      continue;
    }
    const bool at_start = out.empty() || out.back() == '\n';
    if (at_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) {
  return fmt::format("\\fB{}\\fR", roff(text));
}

std::string header_of(const OptionRow& row) {
  std::string out = ".TP\n";
  if (row.letter != 0) out += bold(fmt::format("-{}", row.letter)) + ", ";
  out += bold(fmt::format("--{}", row.name));
  if (!row.argument.empty()) out += fmt::format(" \\fI{}\\fR", roff(row.argument));
  return out + "\n";
}

std::string option_text(const OptionRow& row) {
  std::string out = header_of(row) + roff(row.text) + "\n";
  if (row.takes != Takes::format) return out;
  out += ".RS\n";
  for (const Format& format : formats())
    out += fmt::format(".TP\n{}\n{}{}\n", bold(format.name), roff(format.what),
                       &format == &formats().front() ? " (default)" : "");
  return out + ".RE\n";
}

std::string options_text() {
  std::string out = ".SH OPTIONS\n";
  for (std::size_t i = 0; i < kOptionGroups; ++i) {
    const auto group = static_cast<OptionGroup>(i);
    out += fmt::format(".SS {}\n", title_of(group));
    if (group == OptionGroup::limits)
      out += "What is dropped at a limit is counted, and the report says what may have been missed.\n";
    for (const OptionRow& row : option_rows()) {
      if (row.group == group) out += option_text(row);
    }
  }
  return out;
}

std::string rules_text() {
  std::string out =
      ".SH RULES\nEach is checked as kept, broken or undecidable, and set by \\fB\\-\\-rule\\fR. In "
      "Wireshark a "
      "rule is an expert info, \\fBck.expert.\\fR and its name with underscores.\n";
  for (const RuleSpec& spec : audit::rules())
    out += fmt::format(".TP\n{} ({})\n{} (clause {})\n", bold(spec.slug), name_of(spec.severity),
                       roff(spec.summary), roff(spec.clause));
  return out;
}

}  // namespace

std::span<const Generated> generated() {
  static constexpr std::array<Generated, 4> kGenerated{
      {{"man", manual_page}, {"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}}};
  return kGenerated;
}

std::string manual_page() {
  std::string out = fmt::format(
      ".TH CK\\-AUDIT 1 \"\" \"ck\\-audit {}\" \"User Commands\"\n.SH NAME\nck\\-audit \\- check captures of "
      "the Ck interface of quantum key distribution networks\n.SH SYNOPSIS\n",
      tool_version());
  for (const std::string_view usage : synopsis())
    out +=
        fmt::format("{}{} {}\n", &usage == &synopsis().front() ? "" : ".br\n", bold("ck-audit"), roff(usage));
  out += ".SH DESCRIPTION\n";
  for (const std::string_view paragraph : description())
    out += fmt::format("{}{}\n", &paragraph == &description().front() ? "" : ".PP\n", roff(paragraph));
  out += options_text() + rules_text() + ".SH EXIT STATUS\n";
  for (const ExitStatus& one : exit_statuses())
    out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", one.status, roff(one.text));
  out +=
      ".SH ENVIRONMENT\n.TP\n\\fBNO_COLOR\\fR\nNo colours, unless \\fB\\-\\-color\\fR says otherwise.\n"
      ".TP\n\\fBTMPDIR\\fR\nWhere parts of a report wait that are too many for memory.\n.SH EXAMPLES\n";
  for (const Example& example : examples())
    out += fmt::format(".PP\n{}\n.PP\n.RS\n.nf\n{}\n.fi\n.RE\n", roff(example.what), roff(example.command));
  return out +
         ".SH SEE ALSO\n\\fBck\\-message\\-log\\fR(5), \\fBck\\-report\\fR(5), \\fBtshark\\fR(1), "
         "\\fBwireshark\\fR(1), "
         "\\fBpcap\\-filter\\fR(7)\n.PP\nRecommendation ITU\\-T Q.4164 (12/2023).\n";
}

}  // namespace ck::cli
