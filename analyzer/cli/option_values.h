// Values of options from their text, each refusal saying what would be right. All throw UsageError.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/options.h"

namespace ck::cli {

/// "4164,5000-5010" to ports 1..65535, each once, in order.
std::vector<std::uint16_t> parse_ports(const std::vector<std::string>& texts);

/// "missing-parameter=note", or several, by commas.
std::vector<std::pair<Rule, Grade>> parse_rule_grades(const std::string& text);

/// "json", "json=out.json".
ReportRequest parse_report(const std::string& text);

/// "error", "warning", "note", "never" (nullopt).
std::optional<Severity> parse_fail_on(const std::string& text);

/// What --generate is to print.
const Generated& parse_generated(const std::string& text);
When parse_when(const std::string& option, const std::string& text);

/// A decimal number of `unit_ns` each ("2.5" with 1e9 is 2.5 s), from `least_ns` on, below 292 years.
std::int64_t parse_duration(const std::string& option, const std::string& text, double unit_ns,
                            std::int64_t least_ns);

/// A whole number from `least` to `most`.
std::uint64_t parse_count(const std::string& option, const std::string& text, std::uint64_t least,
                          std::uint64_t most);

/// A number of bytes, K, M or G (powers of 1024) after it; at least 64K, the largest frame.
std::size_t parse_bytes(const std::string& option, const std::string& text);

/// "2/8": the second of eight.
Shard parse_shard(const std::string& text);

/// The rule, or a refusal that names the nearest slugs.
const RuleSpec& parse_rule(const std::string& slug);
/// Several, with commas between them.
std::vector<const RuleSpec*> parse_rules(const std::string& text);

/// The candidate that differs least from `text` when a slip of the hand explains it, else empty.
std::string nearest(std::string_view text, const std::vector<std::string>& candidates);

}  // namespace ck::cli
