// What the options of ck-audit are called, take and mean. --help, the manual page and the completions of
// shells are made from this table, and the command line is read by it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ck::cli {

enum class OptionGroup : std::uint8_t { reports, input, rules, limits, general };
inline constexpr std::size_t kOptionGroups = 5;
std::string_view title_of(OptionGroup group);

/// What stands behind an option.
enum class Takes : std::uint8_t {
  nothing,
  text,  ///< that nobody can guess: a number, a filter
  file,
  format,  ///< a report's, perhaps with "=FILE"
  interface,
  rule,
  rule_grade,  ///< "SLUG=GRADE"
  severity,
  when,
  generated,  ///< of --generate
};

struct OptionRow {
  OptionGroup group{};
  char letter = 0;  ///< 0: it has none
  std::string_view name;
  std::string_view argument;  ///< "FMT[=FILE]"; empty: it takes none
  Takes takes{};
  bool repeatable = false;
  std::string_view text;  ///< a sentence or two, without line breaks
};
std::span<const OptionRow> option_rows();

/// All words that may stand there, where there are few; those behind which something follows end in "=".
std::vector<std::string> words_of(Takes takes);

struct ExitStatus {
  int status;
  std::string_view text;
};
std::span<const ExitStatus> exit_statuses();

struct Example {
  std::string_view command, what;
};
std::span<const Example> examples();

/// What ck-audit is and reads, in paragraphs without line breaks.
std::span<const std::string_view> description();
std::span<const std::string_view> synopsis();

}  // namespace ck::cli
