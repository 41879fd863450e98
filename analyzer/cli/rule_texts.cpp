// The rule catalogue for people.
#include "cli/rule_texts.h"

#include <fmt/format.h>

#include "report/json_writer.h"

namespace ck::cli {
namespace {

constexpr std::size_t kWidth = 96;

/// `text` in lines of at most kWidth characters, each behind `indent`; its own line breaks stay.
std::string wrapped(std::string_view text, std::string_view indent) {
  std::string out;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t room = kWidth - indent.size();
    if (line.size() > room) {
      const std::size_t space = line.rfind(' ', room);
      line = line.substr(0, space == std::string_view::npos || space == 0 ? room : space);
    }
    out += fmt::format("{}{}\n", indent, line);
    text.remove_prefix(line.size());
    if (!text.empty() && (text.front() == ' ' || text.front() == '\n')) text.remove_prefix(1);
  }
  return out;
}

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
  out += wrapped(rule.summary, "") + "\n";
  out += wrapped(rule.explanation, "") + "\n";
  out += "Right:\n" + wrapped(rule.right, "  ");
  out += "Wrong:\n" + wrapped(rule.wrong, "  ");
  return out;
}

}  // namespace ck::cli
