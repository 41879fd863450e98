// The text of --help, for a terminal of 80 columns.
#include <fmt/format.h>

#include "cli/option_table.h"
#include "cli/options.h"
#include "cli/wrap.h"
#include "report/writer.h"

namespace ck::cli {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kTextColumn = 26;  ///< where what an option means begins

/// "  -f, --format FMT[=FILE]"
std::string names_of(const OptionRow& row) {
  const std::string letter = row.letter == 0 ? "    " : fmt::format("-{}, ", row.letter);
  return fmt::format("  {}--{}{}{}", letter, row.name, row.argument.empty() ? "" : " ", row.argument);
}

/// `text` in the right column, from its first line on where `begun`, which is on that line, leaves room.
std::string beside(std::string begun, std::string_view text) {
  std::string out = wrapped(text, std::string(kTextColumn, ' '), kColumns);
  if (columns_of(begun) + 2 > kTextColumn) return begun + "\n" + out;
  begun.resize(kTextColumn + (begun.size() - columns_of(begun)), ' ');
  return begun + out.substr(kTextColumn);
}

/// The formats, below --format.
std::string format_rows() {
  constexpr std::size_t kNames = 10;
  const std::string indent(kTextColumn + 2, ' ');
  std::string out;
  for (const Format& format : formats()) {
    const bool is_default = &format == &formats().front();
    const std::string what = fmt::format("{}{}", format.what, is_default ? " (default)" : "");
    const std::string lines = wrapped(what, indent + std::string(kNames, ' '), kColumns);
    out += fmt::format("{}{:<{}}{}", indent, format.name, kNames, lines.substr(indent.size() + kNames));
  }
  return out;
}

std::string group_text(OptionGroup group) {
  std::string out = fmt::format("\n{}\n", title_of(group));
  for (const OptionRow& row : option_rows()) {
    if (row.group != group) continue;
    out += beside(names_of(row), row.text);
    if (row.takes == Takes::format) out += format_rows();
  }
  return out;
}

}  // namespace

std::string help_text() {
  std::string out;
  for (const std::string_view usage : synopsis())
    out += fmt::format("{} ck-audit {}\n", out.empty() ? "Usage:" : "      ", usage);
  for (const std::string_view paragraph : description()) out += "\n" + wrapped(paragraph, "", kColumns);
  for (const OptionGroup group :
       {OptionGroup::reports, OptionGroup::input, OptionGroup::rules, OptionGroup::general})
    out += group_text(group);
  out += "\nExit status\n";
  for (const ExitStatus& one : exit_statuses()) {
    const std::string lines = wrapped(one.text, "     ", kColumns);
    out += fmt::format("  {}  {}", one.status, lines.substr(5));
  }
  out += "\nExamples\n";
  for (const Example& example : examples()) out += fmt::format("  {}\n", example.command);
  return out + "\nThe manual, with every rule: man ck-audit\n";
}

std::string limits_text() {
  return wrapped("What is dropped at a limit is counted, and the report says what may have been missed.", "",
                 kColumns) +
         group_text(OptionGroup::limits);
}

}  // namespace ck::cli
