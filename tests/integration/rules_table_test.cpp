// Every rule has a capture that breaks it and nothing else, and a near miss. The table is printed: a rule a
// line.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "seen.h"

namespace ck::integration {
namespace {

using samples::Sample;

/// Rules that need a TLS handshake; their captures are those of the TLS tests.
bool needs_tls(std::string_view slug) {
  return slug == "no-client-certificate" || slug == "obsolete-tls";
}

bool green(const Sample& sample) {
  const Seen seen = audit(sample);
  std::multiset<std::pair<std::uint64_t, std::string>> expected;
  for (const samples::Found& found : sample.expected.findings) expected.emplace(found.frame, found.rule);
  return seen.trouble.empty() && seen.findings == expected &&
         seen.messages.size() == sample.expected.messages;
}

/// A breaking capture's expectation names its rule; a near miss's does not (but for the rule that fires on
/// any plain Ck).
bool states_its_rule(const Sample& sample) {
  const bool named = std::any_of(sample.expected.findings.begin(), sample.expected.findings.end(),
                                 [&](const samples::Found& found) { return found.rule == sample.rule; });
  return named == sample.breaks;
}

/// Nothing but its own rule, and the warning that every capture in the clear has.
bool breaks_nothing_else(const Sample& sample) {
  return std::all_of(sample.expected.findings.begin(), sample.expected.findings.end(),
                     [&](const samples::Found& found) {
                       return found.rule == "plaintext-transport" || found.rule == sample.rule;
                     });
}

TEST(Rules, EachHasACaptureThatBreaksItAndANearMiss) {
  const std::vector<Sample> all = samples::all_samples();
  std::printf("%-30s %-8s %-8s\n", "rule", "broken", "near miss");
  for (const std::string_view slug : samples::rule_slugs()) {
    if (needs_tls(slug)) continue;
    std::string cells[2] = {"none", "none"};
    for (const Sample& sample : all) {
      if (sample.rule != slug) continue;
      const bool right = green(sample);
      cells[sample.breaks ? 0 : 1] = right ? "green" : "RED";
      EXPECT_TRUE(right) << sample.path << ": " << sample.shows;
      EXPECT_TRUE(states_its_rule(sample)) << sample.path;
      EXPECT_TRUE(breaks_nothing_else(sample)) << sample.path;
    }
    std::printf("%-30s %-8s %-8s\n", std::string(slug).c_str(), cells[0].c_str(), cells[1].c_str());
    EXPECT_NE(cells[0], "none") << slug;
    EXPECT_NE(cells[1], "none") << slug;
  }
}

}  // namespace
}  // namespace ck::integration
