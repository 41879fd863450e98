// The rule catalogue for people.
#include "cli/rule_texts.h"

#include <fmt/format.h>

#include "cli/wrap.h"
#include "report/json_writer.h"

namespace ck::cli {
namespace {

constexpr std::size_t kWidth = 96;

}  // namespace

std::string rule_list() {
  std::string out = fmt::format("{:<30} {:<8} {}\n", "rule", "severity", "fires when (clause of Q.4164)");
  for (const RuleSpec& spec : rules()) {
    out +=
        fmt::format("{:<30} {:<8} {} ({})\n", spec.slug, name_of(spec.severity), spec.summary, spec.clause);
  }
  return out;
}

std::string rule_list_json() {
  std::string out = "[";
  for (const RuleSpec& spec : rules()) {
    JsonWriter json;
    json.begin_object();
    json.member("rule", spec.slug);
    json.member("severity", name_of(spec.severity));
    json.member("clause", spec.clause);
    json.member("summary", spec.summary);
    json.member("explanation", spec.explanation);
    json.member("hint", hint_of(spec.rule));
    json.member("right", spec.right);
    json.member("wrong", spec.wrong);
    json.member("wireshark", spec.expert_field);
    json.end_object();
    out += fmt::format("{}\n{}", &spec == &rules().front() ? "" : ",", json.text());
  }
  return out + "]\n";
}

std::string rule_explanation(const RuleSpec& rule) {
  std::string out = fmt::format("{} ({})\n", rule.slug, name_of(rule.severity));
  out += fmt::format("Clause: {}\n", rule.clause);
  out += fmt::format("Wireshark: {}\n\n", rule.expert_field);
  out += wrapped(rule.summary, "", kWidth) + "\n";
  out += wrapped(rule.explanation, "", kWidth) + "\n";
  out += "Right:\n" + wrapped(rule.right, "  ", kWidth);
  out += "Wrong:\n" + wrapped(rule.wrong, "  ", kWidth);
  return out;
}

}  // namespace ck::cli
