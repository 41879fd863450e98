// The rule catalogue: its families joined in the order of Rule, and what is looked up in it.
#include "audit/rules.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "audit/rules/framing.h"
#include "audit/rules/pairing.h"
#include "audit/rules/payload.h"
#include "audit/rules/relay.h"
#include "audit/rules/reservation.h"
#include "audit/rules/session.h"
#include "audit/rules/transport.h"

namespace ck::audit {
namespace {

constexpr std::array<RuleSpec, kRuleCount> join_catalogue() {
  std::array<RuleSpec, kRuleCount> all{};
  std::size_t rows = 0;
  const auto add = [&](const auto& family) {
    for (const RuleSpec& row : family) all[static_cast<std::size_t>(row.rule)] = row;
    rows += family.size();
  };
  add(check::kFramingRules);
  add(check::kPayloadRules);
  add(check::kPairingRules);
  add(check::kRelayRules);
  add(check::kSessionRules);
  add(check::kReservationRules);
  add(check::kTransportRules);
  // Twice the same rule leaves another one out, and in_enum_order() finds it.
  if (rows != kRuleCount) all[0] = {};
  return all;
}

constexpr std::array<RuleSpec, kRuleCount> kRules = join_catalogue();

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < kRules.size(); ++i) {
    if (static_cast<std::size_t>(kRules[i].rule) != i || kRules[i].slug.empty()) return false;
  }
  return true;
}
static_assert(in_enum_order(), "each rule has one row, in one family");

constexpr std::string_view kExpertPrefix = "ck.expert.";

constexpr bool is_expert_field_of(std::string_view field, std::string_view slug) {
  if (!field.starts_with(kExpertPrefix) || field.size() != kExpertPrefix.size() + slug.size()) {
    return false;
  }
  field.remove_prefix(kExpertPrefix.size());
  return std::equal(field.begin(), field.end(), slug.begin(),
                    [](char f, char s) { return f == (s == '-' ? '_' : s); });
}
/// Begins the last words of an explanation.
constexpr std::string_view kFix = "To fix";
static_assert(std::all_of(kRules.begin(), kRules.end(),
                          [](const RuleSpec& r) {
                            return r.explanation.rfind(kFix) != std::string_view::npos &&
                                   r.explanation.ends_with('.');
                          }),
              "a rule's explanation ends with how to fix what breaks it");
static_assert(std::all_of(kRules.begin(), kRules.end(),
                          [](const RuleSpec& r) { return is_expert_field_of(r.expert_field, r.slug); }),
              "a rule's expert field is made of its slug");

}  // namespace

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return {};
}

std::optional<Grade> parse_grade(std::string_view text) {
  if (text == "error") return Grade::error;
  if (text == "warning") return Grade::warning;
  if (text == "note") return Grade::note;
  if (text == "off") return Grade::off;
  return std::nullopt;
}

std::span<const RuleSpec, kRuleCount> rules() {
  return kRules;
}

const RuleSpec& rule(Rule id) {
  return kRules[static_cast<std::size_t>(id)];
}

std::string_view name_of(Rule id) {
  return rule(id).slug;
}

const std::string& hint_of(Rule id) {
  static const auto kHints = [] {
    std::array<std::string, kRuleCount> hints;
    for (const RuleSpec& spec : kRules) {
      std::string hint(spec.explanation.substr(spec.explanation.rfind(kFix) + kFix.size()));
      hint.erase(0, hint.find_first_not_of(":, "));
      if (hint[0] >= 'a' && hint[0] <= 'z') hint[0] = static_cast<char>(hint[0] - 'a' + 'A');
      hints[static_cast<std::size_t>(spec.rule)] = std::move(hint);
    }
    return hints;
  }();
  return kHints[static_cast<std::size_t>(id)];
}

const RuleSpec* find_rule(std::string_view slug) {
  const auto* found = std::find_if(kRules.begin(), kRules.end(), [&](const RuleSpec& r) {
    return r.slug == slug || r.expert_field == slug;
  });
  return found == kRules.end() ? nullptr : found;
}

}  // namespace ck::audit
