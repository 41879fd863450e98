// Parsing of option values.
#include "cli/option_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <set>

#include "report/escape.h"

namespace ck::cli {
namespace {

template <typename... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) {
  throw UsageError(fmt::format(format, std::forward<Args>(args)...));
}

std::string in_quotes(std::string_view text) {
  return "'" + terminal_text(text) + "'";
}

template <typename T>
std::optional<T> number_from(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

/// Levenshtein's distance; both are short words.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

/// "text, json, ndjson or csv".
std::string format_names() {
  std::string names;
  for (const Format& format : formats()) {
    const bool is_last = &format == &formats().back();
    if (!names.empty()) names += is_last ? " or " : ", ";
    names += format.name;
  }
  return names;
}

}  // namespace

std::string nearest(std::string_view text, const std::vector<std::string>& candidates) {
  if (text.size() > 64) return {};
  std::string best;
  std::size_t least = std::max<std::size_t>(2, text.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t d = distance(text, candidate);
    if (d >= least) continue;
    least = d;
    best = candidate;
  }
  return best;
}

std::vector<std::uint16_t> parse_ports(const std::vector<std::string>& texts) {
  std::set<std::uint16_t> ports;
  for (const std::string& text : texts) {
    for (const std::string_view part : split(text, ',')) {
      const std::size_t dash = part.find('-');
      const auto first = number_from<std::uint16_t>(part.substr(0, dash));
      const auto last =
          dash == std::string_view::npos ? first : number_from<std::uint16_t>(part.substr(dash + 1));
      if (!first || !last || *first == 0 || *last < *first) {
        refuse("--port: {} is no port; give numbers from 1 to 65535 and ranges, as in --port 4164,5000-5010",
               in_quotes(part));
      }
      for (unsigned port = *first; port <= *last; ++port) ports.insert(static_cast<std::uint16_t>(port));
    }
  }
  return {ports.begin(), ports.end()};
}

Shard parse_shard(const std::string& text) {
  const std::vector<std::string_view> parts = split(text, '/');
  std::uint64_t number = 0, count = 0;
  if (parts.size() == 2) {
    count = parse_count("--shard", std::string(parts[1]), 1, kShardParts);
    number = parse_count("--shard", std::string(parts[0]), 1, count);
  }
  if (number == 0)
    throw UsageError(fmt::format("--shard: {} is no part of a whole; write 2/8", terminal_text(text)));
  return {static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(count)};
}

const RuleSpec& parse_rule(const std::string& slug) {
  if (const RuleSpec* found = find_rule(slug)) return *found;
  std::string with_hyphens = slug;
  std::replace(with_hyphens.begin(), with_hyphens.end(), '_', '-');
  if (const RuleSpec* found = find_rule(with_hyphens)) return *found;
  std::vector<std::string> slugs;
  for (const RuleSpec& spec : rules()) slugs.emplace_back(spec.slug);
  const std::string hint = nearest(slug, slugs);
  refuse("there is no rule {}{}; ck-audit --list-rules shows them all", in_quotes(slug),
         hint.empty() ? "" : ", did you mean " + hint + "?");
}

namespace {

std::pair<Rule, Grade> parse_rule_grade(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    refuse("--rule: {} names no grade; write --rule SLUG=error|warning|note|off", in_quotes(text));
  }
  const RuleSpec& spec = parse_rule(text.substr(0, equals));
  const auto grade = parse_grade(std::string_view(text).substr(equals + 1));
  if (!grade)
    refuse("--rule: {} is no grade; use error, warning, note or off", in_quotes(text.substr(equals + 1)));
  return {spec.rule, *grade};
}

}  // namespace

std::vector<std::pair<Rule, Grade>> parse_rule_grades(const std::string& text) {
  std::vector<std::pair<Rule, Grade>> grades;
  for (const std::string_view part : split(text, ',')) grades.push_back(parse_rule_grade(std::string(part)));
  return grades;
}

std::vector<const RuleSpec*> parse_rules(const std::string& text) {
  std::vector<const RuleSpec*> out;
  for (const std::string_view part : split(text, ',')) out.push_back(&parse_rule(std::string(part)));
  return out;
}

ReportRequest parse_report(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const Format* format = find_format(name);
  if (format == nullptr)
    refuse("--format: {} is no format; use {}, or FORMAT=FILE", in_quotes(name), format_names());
  ReportRequest request{format, equals == std::string::npos ? "" : text.substr(equals + 1)};
  if (equals != std::string::npos && request.path.empty()) {
    refuse("--format: no file name after {}; write {}=FILE", in_quotes(text), name);
  }
  return request;
}

std::optional<Severity> parse_fail_on(const std::string& text) {
  if (text == "error") return Severity::error;
  if (text == "warning") return Severity::warning;
  if (text == "note") return Severity::note;
  if (text == "never") return std::nullopt;
  refuse("--fail-on: {} is none of error, warning, note and never", in_quotes(text));
}

When parse_when(const std::string& option, const std::string& text) {
  if (text == "auto") return When::automatic;
  if (text == "always") return When::always;
  if (text == "never") return When::never;
  refuse("{}: {} is none of auto, always and never", option, in_quotes(text));
}

const Generated& parse_generated(const std::string& text) {
  for (const Generated& one : generated()) {
    if (one.name == text) return one;
  }
  refuse("--generate: {} is none of man, bash, zsh and fish", in_quotes(text));
}

std::int64_t parse_duration(const std::string& option, const std::string& text, double unit_ns,
                            std::int64_t least_ns) {
  const auto number = number_from<double>(text);
  const bool finite = number && std::isfinite(*number) && *number * unit_ns < 9.2e18;
  if (!finite || *number < 0 || std::llround(*number * unit_ns) < least_ns) {
    refuse("{}: {} is no duration that can be used; give a {} number such as {}", option, in_quotes(text),
           least_ns > 0 ? "positive" : "non-negative", unit_ns == 1e9 ? "30 (seconds)" : "5 (milliseconds)");
  }
  return std::llround(*number * unit_ns);
}

std::uint64_t parse_count(const std::string& option, const std::string& text, std::uint64_t least,
                          std::uint64_t most) {
  const auto number = number_from<std::uint64_t>(text);
  if (!number || *number < least || *number > most) {
    refuse("{}: {} is no number from {} to {}", option, in_quotes(text), least, most);
  }
  return *number;
}

std::size_t parse_bytes(const std::string& option, const std::string& text) {
  constexpr std::uint64_t kLeast = 64 * 1024, kMost = std::uint64_t{1} << 40;
  std::string_view digits = text;
  unsigned shift = 0;
  if (!digits.empty()) {
    const char unit = digits.back();
    shift = unit == 'K' || unit == 'k'   ? 10
            : unit == 'M' || unit == 'm' ? 20
            : unit == 'G' || unit == 'g' ? 30
                                         : 0;
    if (shift != 0) digits.remove_suffix(1);
  }
  const auto number = number_from<std::uint64_t>(digits);
  if (!number || *number > (kMost >> shift) || (*number << shift) < kLeast) {
    refuse("{}: {} is no size from 64K to 1024G; write bytes, or a number with K, M or G", option,
           in_quotes(text));
  }
  return static_cast<std::size_t>(*number << shift);
}

}  // namespace ck::cli
