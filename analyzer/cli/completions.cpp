// Completions for bash, zsh and fish.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/generated.h"
#include "cli/option_table.h"

namespace ck::cli {
namespace {

std::string all_names() {
  std::string out;
  for (const OptionRow& row : option_rows()) {
    if (row.letter != 0) out += fmt::format("-{} ", row.letter);
    out += fmt::format("--{} ", row.name);
  }
  out.pop_back();
  return out;
}

/// "-f|--format".
std::string pattern_of(const OptionRow& row) {
  return row.letter == 0 ? fmt::format("--{}", row.name) : fmt::format("-{}|--{}", row.letter, row.name);
}

std::string bash_case(const OptionRow& row) {
  const auto reply = [&](std::string_view how) {
    return fmt::format("    {})\n      {}\n      return\n      ;;\n", pattern_of(row), how);
  };
  if (row.takes == Takes::nothing) return {};
  if (row.takes == Takes::file) return reply("COMPREPLY=($(compgen -f -- \"$word\"))");
  if (row.takes == Takes::interface)
    return reply("COMPREPLY=($(compgen -W \"any $(cd /sys/class/net 2>/dev/null && echo *)\" -- \"$word\"))");
  if (row.takes == Takes::text) return reply("COMPREPLY=()");
  std::string words =
      fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$word\"))", fmt::join(words_of(row.takes), " "));
  if (row.takes == Takes::rule_grade) words += "\n      [[ ${COMPREPLY-} == *= ]] && compopt -o nospace";
  return reply(words);
}

/// `text` between single quotes, its first sentence only: what a shell shows beside a name.
std::string brief(std::string_view text, std::string_view quote) {
  std::string out;
  for (const char c : text.substr(0, text.find(". ")))
    out += c == '\'' ? std::string(quote) : std::string(1, c);
  while (!out.empty() && (out.back() == ':' || out.back() == '.')) out.pop_back();
  return out;
}

std::string zsh_action(const OptionRow& row) {
  switch (row.takes) {
    case Takes::nothing:
      return {};
    case Takes::file:
      return ":file:_files";
    case Takes::interface:
      return ":interface:_net_interfaces";
    case Takes::text:
      return fmt::format(":{}: ", row.argument.substr(0, row.argument.find('[')));
    default:
      return fmt::format(":{}:({})", row.argument.substr(0, row.argument.find_first_of("[.=")),
                         fmt::join(words_of(row.takes), " "));
  }
}

std::string zsh_spec(const OptionRow& row) {
  std::string text;
  for (const char c : brief(row.text, "'\\''")) {
    if (c == '[' || c == ']' || c == ':') text += '\\';
    text += c;
  }
  const std::string again = row.repeatable    ? "*"
                            : row.letter == 0 ? ""
                                              : fmt::format("(-{0} --{1})", row.letter, row.name);
  const std::string behind = fmt::format("[{}]{}", text, zsh_action(row));
  if (row.letter == 0) return fmt::format("  '{}--{}{}' \\\n", again, row.name, behind);
  return fmt::format("  '{}'{{-{},--{}}}'{}' \\\n", again, row.letter, row.name, behind);
}

std::string fish_line(const OptionRow& row) {
  std::string out = fmt::format("complete -c ck-audit -l {}", row.name);
  if (row.letter != 0) out += fmt::format(" -s {}", row.letter);
  if (row.takes == Takes::file) out += " -r -F";
  if (row.takes == Takes::interface) out += " -x -a '(__fish_print_interfaces)'";
  if (row.takes == Takes::text) out += " -x";
  const std::vector<std::string> words = words_of(row.takes);
  if (!words.empty()) out += fmt::format(" -x -a '{}'", fmt::join(words, " "));
  return out + fmt::format(" -d '{}'\n", brief(row.text, "\\'"));
}

}  // namespace

std::string bash_completion() {
  std::string cases;
  for (const OptionRow& row : option_rows()) cases += bash_case(row);
  return fmt::format(R"(# Completion of ck-audit for bash.
_ck_audit() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
  # What stands behind "=" is a word of its own, and so is the "=".
  if [[ $word == = ]]; then word=; fi
  if [[ $before == = && $COMP_CWORD -ge 2 ]]; then before=${{COMP_WORDS[COMP_CWORD - 2]}}; fi
  case $before in
{}  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W '{}' -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}}
complete -o filenames -F _ck_audit ck-audit
)",
                     cases, all_names());
}

std::string zsh_completion() {
  std::string out = "#compdef ck-audit\n# Completion of ck-audit for zsh.\n_arguments -s -S \\\n";
  for (const OptionRow& row : option_rows()) out += zsh_spec(row);
  return out + "  '*:capture:_files'\n";
}

std::string fish_completion() {
  std::string out = "# Completion of ck-audit for fish.\n";
  for (const OptionRow& row : option_rows()) out += fish_line(row);
  return out;
}

}  // namespace ck::cli
