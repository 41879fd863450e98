// JUnit's XML as Jenkins and GitLab read it: a suite for each audit, a test case for each rule. A rule fails
// where --fail-on would fail the run; what the capture cannot tell is skipped, never passed.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/escape.h"
#include "report/text_style.h"
#include "report/value_text.h"
#include "report/writer.h"

namespace ck::report {
namespace {

constexpr std::size_t kPlacesShown = 20;
constexpr std::size_t kPlaceLength = 500;

/// What is told of one rule in one audit.
struct RuleCase {
  std::uint64_t failing = 0, passing = 0;  ///< findings at or above --fail-on, and below it
  std::vector<std::string> places;         ///< the first failing ones; XML
};
using RuleCases = std::array<RuleCase, kRuleCount>;

class JunitReport final : public ReportWriter {
 public:
  JunitReport(const ReportOptions& options, Output& output) : options_(options), out_(output) {}

  void begin() override { out_.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"); }

  void audit(AuditRecords& audit, std::size_t index) override {
    RuleCases cases;
    audit.for_each_finding([&](const Finding& finding) { add(cases, finding, audit.paths()); });
    std::string suite = xml_text(audit.paths().front());
    if (audit.paths().size() > 1) suite += fmt::format(" and {} more, merged", audit.paths().size() - 1);
    std::size_t failures = 0, skipped = 0, errors = 0;
    for (const RuleSpec& spec : rules()) {
      const RuleCase& one = cases[static_cast<std::size_t>(spec.rule)];
      if (one.failing != 0) ++failures;
      if (one.failing == 0 && !reason_to_skip(spec, audit.totals()).empty()) ++skipped;
    }
    for (const CaptureFacts& capture : audit.captures()) errors += !capture.error.empty();
    const bool silent = options_.require_messages && audit.message_count() == 0;
    open_suite(suite, index, kRuleCount + errors + silent, failures + silent, errors, skipped);
    for (const RuleSpec& spec : rules())
      rule_case(suite, spec, cases[static_cast<std::size_t>(spec.rule)], audit.totals());
    if (silent) silent_case(suite);
    for (const CaptureFacts& capture : audit.captures()) {
      if (!capture.error.empty()) error_case(suite, capture.error);
    }
    out_.append("  </testsuite>\n");
    ++suites_;
  }

  /// Inputs that led to no capture have no audit, and a suite of their own.
  void run_ended(const RunEnd& end) override {
    if (end.errors.empty()) return;
    open_suite("inputs", suites_, end.errors.size(), 0, end.errors.size(), 0);
    for (const std::string& error : end.errors) error_case("inputs", error);
    out_.append("  </testsuite>\n");
  }

  void end(const Totals& /*total*/) override {
    out_.append("</testsuites>\n");
    out_.flush();
  }

 private:
  template <typename... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    out_.append(fmt::format(format, std::forward<Args>(args)...));
  }

  void add(RuleCases& cases, const Finding& finding, const std::vector<std::string>& paths) const {
    RuleCase& one = cases[static_cast<std::size_t>(finding.rule)];
    if (!options_.fail_on || finding.severity > *options_.fail_on || finding.known.value_or(false)) {
      ++one.passing;
      return;
    }
    if (++one.failing > kPlacesShown) return;
    std::string place = paths.size() > 1 && finding.at.capture < paths.size()
                            ? xml_text(paths[finding.at.capture]) + ", "
                            : std::string();
    place += fmt::format("frame {}, connection {}", finding.at.frame, finding.connection);
    if (finding.command) place += fmt::format(", {}", std::string_view(command_text(*finding.command)));
    if (finding.message_id) place += fmt::format(", MessageID {}", *finding.message_id);
    one.places.push_back(place + ": " + xml_text(finding.text, kPlaceLength));
  }

  void open_suite(std::string_view name, std::size_t id, std::size_t tests, std::size_t failures,
                  std::size_t errors, std::size_t skipped) {
    print("  <testsuite name=\"{}\" id=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
          name, id, tests, failures, errors, skipped);
  }

  [[nodiscard]] std::string reason_to_skip(const RuleSpec& spec, const Totals& totals) const {
    const auto index = static_cast<std::size_t>(spec.rule);
    if (options_.grades[index] == Grade::off) return "switched off by --rule";
    const RuleCount& count = totals.rules[index];
    if (count.checked != 0) return {};
    if (count.undecidable == 0) return "never checked";
    return fmt::format("undecidable: the capture cannot tell ({})", counted(count.undecidable, "time"));
  }

  void rule_case(std::string_view suite, const RuleSpec& spec, const RuleCase& one, const Totals& totals) {
    print("    <testcase name=\"{}\" classname=\"{}\"", spec.slug, suite);
    const std::string skipped = reason_to_skip(spec, totals);
    if (one.failing != 0) {
      print(">\n      <failure type=\"{}\" message=\"{}\">", spec.slug,
            xml_text(fmt::format("{} ({}): {}", spec.summary, spec.clause, counted(one.failing, "finding"))));
      for (const std::string& place : one.places) print("{}\n", place);
      if (one.failing > kPlacesShown) print("… and {} more\n", grouped(one.failing - kPlacesShown));
      out_.append("</failure>\n    </testcase>\n");
    } else if (!skipped.empty()) {
      print(">\n      <skipped message=\"{}\"/>\n    </testcase>\n", skipped);
    } else if (one.passing != 0) {
      print(">\n      <system-out>{} below --fail-on or known</system-out>\n    </testcase>\n",
            counted(one.passing, "finding"));
    } else {
      out_.append("/>\n");
    }
  }

  void silent_case(std::string_view suite) {
    print(
        "    <testcase name=\"messages\" classname=\"{}\">\n      <failure type=\"require-messages\" "
        "message=\"no Ck was seen, and --require-messages asks for it\"/>\n    </testcase>\n",
        suite);
  }

  void error_case(std::string_view suite, const std::string& error) {
    print(
        "    <testcase name=\"read\" classname=\"{}\">\n      <error type=\"unread\" message=\"{}\"/>\n"
        "    </testcase>\n",
        suite, xml_text(error));
  }

  ReportOptions options_;
  Output& out_;
  std::size_t suites_ = 0;
};

}  // namespace

std::unique_ptr<ReportWriter> make_junit_writer(const ReportOptions& options, Output& output) {
  return std::make_unique<JunitReport>(options, output);
}

}  // namespace ck::report
