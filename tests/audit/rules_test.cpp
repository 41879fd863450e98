// The rule catalogue against the table "Rules" as it was agreed: slugs, order and severities typed in once
// more by hand.
#include "audit/rules.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <set>
#include <string>

namespace ck::audit {
namespace {

struct Row {
  std::string_view slug;
  std::string_view severity;
};

constexpr auto kTable = std::to_array<Row>({
    {"truncated-message", "error"},
    {"malformed-frame", "error"},
    {"unknown-command", "error"},
    {"swapped-direction-code", "error"},
    {"version-changed", "warning"},
    {"unexpected-version", "warning"},
    {"message-id-reused", "error"},
    {"malformed-payload", "error"},
    {"payload-not-object", "error"},
    {"missing-parameter", "error"},
    {"incomplete-failure-response", "note"},
    {"missing-destination", "error"},
    {"wrong-type", "error"},
    {"type-variant", "note"},
    {"duplicate-parameter", "error"},
    {"unexpected-parameter", "warning"},
    {"unknown-parameter", "note"},
    {"empty-identifier", "error"},
    {"invalid-number-of-keys", "error"},
    {"possible-key-material", "warning"},
    {"wrong-direction", "error"},
    {"role-reversed-connection", "note"},
    {"unanswered-request", "warning"},
    {"unsolicited-response", "error"},
    {"duplicate-response", "error"},
    {"response-mismatch", "error"},
    {"no-next-hop", "warning"},
    {"relay-without-notification", "warning"},
    {"relay-loop", "error"},
    {"destination-not-last", "error"},
    {"relay-request-id-reused", "error"},
    {"unknown-relay-request", "error"},
    {"session-id-reused", "error"},
    {"unknown-session", "error"},
    {"premature-session-response", "error"},
    {"session-outcome-conflict", "warning"},
    {"session-parameters-changed", "warning"},
    {"reservation-without-keys", "error"},
    {"failed-reservation-with-keys", "note"},
    {"key-double-reserved", "error"},
    {"allocation-of-unreserved-key", "error"},
    {"key-double-allocated", "error"},
    {"unknown-result-code", "note"},
    {"plaintext-transport", "warning"},
    {"no-client-certificate", "warning"},
    {"obsolete-tls", "warning"},
    {"capture-gap", "note"},
    {"truncated-packet", "note"},
});

TEST(Rules, SlugsAndSeveritiesAreTheTable) {
  ASSERT_EQ(rules().size(), kTable.size());
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    const RuleSpec& spec = rules()[i];
    EXPECT_EQ(spec.slug, kTable[i].slug);
    EXPECT_EQ(name_of(spec.severity), kTable[i].severity) << spec.slug;
  }
}

TEST(Rules, AreFoundByIdAndSlug) {
  EXPECT_EQ(rule(Rule::truncated_message).slug, "truncated-message");
  EXPECT_EQ(rule(Rule::no_next_hop).slug, "no-next-hop");
  EXPECT_EQ(rule(Rule::truncated_packet).slug, "truncated-packet");
  ASSERT_NE(find_rule("obsolete-tls"), nullptr);
  EXPECT_EQ(find_rule("obsolete-tls")->rule, Rule::obsolete_tls);
  for (const char* wrong : {"", "missing_parameter", "Missing-Parameter", "missing-parameters"})
    EXPECT_EQ(find_rule(wrong), nullptr) << wrong;
}

TEST(Rules, ExpertFieldsAreSlugsThatEpanCanRegister) {
  std::set<std::string> seen;
  for (const RuleSpec& spec : rules()) {
    EXPECT_EQ(std::strlen(spec.expert_field.data()), spec.expert_field.size()) << spec.slug;
    EXPECT_EQ(std::strlen(spec.summary.data()), spec.summary.size()) << spec.slug;
    EXPECT_TRUE(seen.insert(std::string(spec.expert_field)).second) << spec.slug;
  }
  EXPECT_EQ(rule(Rule::missing_parameter).expert_field, "ck.expert.missing_parameter");
  EXPECT_EQ(rule(Rule::obsolete_tls).expert_field, "ck.expert.obsolete_tls");
}

TEST(Rules, EveryTextIsThere) {
  for (const RuleSpec& spec : rules()) {
    EXPECT_FALSE(spec.clause.empty()) << spec.slug;
    EXPECT_GT(spec.summary.size(), 15u) << spec.slug;
    EXPECT_LE(spec.summary.size(), 90u) << spec.slug << ": one line";
    EXPECT_GT(spec.explanation.size(), 200u) << spec.slug << ": what is checked, and when it is undecidable";
    EXPECT_TRUE(spec.explanation.ends_with('.')) << spec.slug << ": a full stop at the end";
    EXPECT_FALSE(spec.right.empty()) << spec.slug;
    EXPECT_FALSE(spec.wrong.empty()) << spec.slug;
    EXPECT_NE(spec.right, spec.wrong) << spec.slug;
    for (const std::string_view text :
         {spec.clause, spec.summary, spec.explanation, spec.right, spec.wrong}) {
      for (const char c : text)
        ASSERT_TRUE(c >= ' ' && c <= '~') << spec.slug << ": plain ASCII, one paragraph";
    }
  }
}

TEST(Rules, NoWordsRunTogetherOrApart) {
  for (const RuleSpec& spec : rules()) {
    EXPECT_EQ(spec.explanation.find("  "), std::string_view::npos) << spec.slug;
    EXPECT_EQ(spec.summary.find("  "), std::string_view::npos) << spec.slug;
  }
}

TEST(Rules, ClausesNameWhatTheRuleStandsOn) {
  EXPECT_EQ(rule(Rule::missing_destination).clause, "8.1, Table 1; 8.3, Table 3");
  EXPECT_EQ(rule(Rule::unknown_command).clause, "Appendix I, Table I.1");
  EXPECT_EQ(rule(Rule::wrong_type).clause, "8, Tables 1 to 13");
  EXPECT_EQ(rule(Rule::plaintext_transport).clause, "9; Appendix I NOTE 2 and 3");
}

TEST(Rules, GradesAreParsed) {
  EXPECT_EQ(parse_grade("error"), Grade::error);
  EXPECT_EQ(parse_grade("warning"), Grade::warning);
  EXPECT_EQ(parse_grade("note"), Grade::note);
  EXPECT_EQ(parse_grade("off"), Grade::off);
  for (const char* wrong : {"", "Error", "warn", "none", "off "})
    EXPECT_EQ(parse_grade(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace ck::audit
