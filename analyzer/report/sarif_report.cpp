// SARIF 2.1.0 (OASIS): the catalogue as the tool's rules, findings as results, and what the capture could not
// tell as results of kind "open". One run holds all audits, so results are written as the audits come and
// what is known of the run stands behind them.
#include <fmt/format.h>

#include <array>

#include "audit/address_text.h"
#include "report/escape.h"
#include "report/json_writer.h"
#include "report/record_json.h"
#include "report/writer.h"

namespace ck::report {
namespace {

constexpr std::string_view kSarifSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

template <std::size_t Size>
void text_member(JsonWriter& json, const char (&name)[Size], std::string_view text) {
  json.key(name);
  json.begin_object();
  json.member("text", sarif_text(text));
  json.end_object();
}

class SarifReport final : public ReportWriter {
 public:
  SarifReport(const ReportOptions& options, Output& output) : options_(options), out_(output) {}

  void begin() override {
    json_.begin_object();
    json_.member("$schema", kSarifSchema);
    json_.member("version", "2.1.0");
    out_.append(json_.text());
    out_.append(",\n\"runs\":[{\"tool\":{\"driver\":{\"name\":\"ck-audit\",\"version\":");
    one_value([&] { json_.value(tool_version()); });
    out_.append(",\"rules\":[");
    bool first = true;
    for (const RuleSpec& spec : rules()) {
      out_.append(first ? "\n" : ",\n");
      first = false;
      one_value([&] { rule(spec); });
    }
    out_.append("]}},\n\"results\":[");
  }

  void audit(AuditRecords& audit, std::size_t /*index*/) override {
    FindPlace find;
    std::optional<std::uint32_t> capture;
    audit.for_each_finding([&](const Finding& one) {
      if (capture != one.at.capture) {
        capture = one.at.capture;
        const bool known = options_.places && one.at.capture < audit.paths().size();
        find = known ? options_.places(audit.paths()[one.at.capture]) : FindPlace();
        if (audit.places())
          find = [&audit, number = one.at.capture](std::uint64_t frame) {
            return audit.places()(number, frame);
          };
      }
      const std::optional<FileRange> place = find ? find(one.at.frame) : std::nullopt;
      result([&] { finding(one, audit.paths(), place); });
    });
    for (const RuleSpec& spec : rules()) {
      const std::uint64_t count = audit.totals().rules[static_cast<std::size_t>(spec.rule)].undecidable;
      if (count != 0) result([&] { open_rule(spec, count, audit.paths()); });
    }
    for (const CaptureFacts& facts : audit.captures()) {
      if (!facts.error.empty())
        unread_.push_back({facts.error_of_all ? std::string() : facts.path, facts.error});
    }
  }

  void run_ended(const RunEnd& end) override {
    exit_status_ = end.exit_status;
    for (const std::string& error : end.errors) unread_.push_back({{}, error});
    if (!end.gone) return;
    for (const BaselineEntry& entry : *end.gone) result([&] { absent(entry); });
  }

  void end(const Totals& /*total*/) override {
    out_.append("],\n\"invocations\":[");
    one_value([&] { invocation(); });
    out_.append("]}]}\n");
    out_.flush();
  }

 private:
  struct Unread {
    std::string path, error;  ///< no path: the error names it
  };

  template <typename Write>
  void one_value(const Write& write) {
    json_.clear();
    write();
    out_.append(json_.text());
  }

  template <typename Write>
  void result(const Write& write) {
    out_.append(first_result_ ? "\n" : ",\n");
    first_result_ = false;
    one_value([&] {
      json_.begin_object();
      write();
      json_.end_object();
    });
  }

  void rule(const RuleSpec& spec) {
    const std::optional<Grade>& grade = options_.grades[static_cast<std::size_t>(spec.rule)];
    json_.begin_object();
    json_.member("id", spec.slug);
    text_member(json_, "shortDescription", spec.summary);
    text_member(json_, "fullDescription", spec.explanation);
    text_member(json_, "help",
                fmt::format("{}\n\nClause: {}\nRight: {}\nWrong: {}", spec.explanation, spec.clause,
                            spec.right, spec.wrong));
    json_.key("defaultConfiguration");
    json_.begin_object();
    json_.member("level", name_of(spec.severity));
    if (grade == Grade::off) json_.member("enabled", false);
    json_.end_object();
    json_.key("properties");
    json_.begin_object();
    json_.member("clause", spec.clause);
    json_.member("wireshark", spec.expert_field);
    json_.end_object();
    json_.end_object();
  }

  void rule_reference(Rule rule) {
    json_.member("ruleId", name_of(rule));
    json_.member("ruleIndex", static_cast<std::size_t>(rule));
  }

  void artifact(std::string_view path) {
    json_.key("artifactLocation");
    json_.begin_object();
    json_.member("uri", uri_of_path(path));
    json_.end_object();
  }

  void logical(std::string_view kind, std::uint64_t number) {
    json_.begin_object();
    json_.member("name", fmt::format("{} {}", kind, number));
    json_.member("kind", kind);
    json_.end_object();
  }

  void finding(const Finding& one, const Paths& paths, const std::optional<FileRange>& place) {
    rule_reference(one.rule);
    json_.member("level", name_of(one.severity));
    text_member(json_, "message", one.text);
    json_.key("locations");
    json_.begin_array();
    json_.begin_object();
    if (one.at.capture < paths.size()) {
      json_.key("physicalLocation");
      json_.begin_object();
      artifact(paths[one.at.capture]);
      if (place) region(*place);
      json_.end_object();
    }
    json_.key("logicalLocations");
    json_.begin_array();
    logical("frame", one.at.frame);
    logical("connection", one.connection);
    if (one.procedure) logical("procedure", *one.procedure);
    if (one.peer) logical("peer", *one.peer);
    json_.end_array();
    json_.end_object();
    json_.end_array();
    json_.key("partialFingerprints");
    json_.begin_object();
    json_.member("ckFinding/v1", one.fingerprint);
    json_.end_object();
    if (one.known) json_.member("baselineState", *one.known ? "unchanged" : "new");
    finding_properties(one);
  }

  void region(const FileRange& place) {
    json_.key("region");
    json_.begin_object();
    json_.member("byteOffset", place.offset);
    json_.member("byteLength", place.size);
    json_.end_object();
  }

  void finding_properties(const Finding& one) {
    json_.key("properties");
    json_.begin_object();
    if (one.at.time_ns != kNoTime) {
      json_.key("time");
      json_.time_value(one.at.time_ns);
    }
    if (one.command) json_.member("command", command_text(*one.command));
    if (one.message_id) json_.member("messageId", *one.message_id);
    if (!one.parameter.empty()) json_.member("parameter", one.parameter);
    if (one.sender) json_.member("sender", endpoint_text(*one.sender));
    if (one.found) json_.member("found", *one.found);
    if (one.expected) json_.member("expected", *one.expected);
    json_.member("hint", hint_of(one.rule));
    json_.end_object();
  }

  /// What the capture could not tell. A kind other than "fail" has no level.
  void open_rule(const RuleSpec& spec, std::uint64_t count, const Paths& paths) {
    rule_reference(spec.rule);
    json_.member("kind", "open");
    text_member(json_, "message",
                fmt::format("Undecidable {}: the capture cannot tell whether this rule was kept.",
                            count == 1 ? "once" : fmt::format("{} times", count)));
    json_.key("locations");
    json_.begin_array();
    for (const std::string& path : paths) {
      json_.begin_object();
      json_.key("physicalLocation");
      json_.begin_object();
      artifact(path);
      json_.end_object();
      json_.end_object();
    }
    json_.end_array();
  }

  /// What the baseline has and nobody found again.
  void absent(const BaselineEntry& entry) {
    const RuleSpec* spec = find_rule(entry.rule);
    json_.member("ruleId", entry.rule);
    if (spec != nullptr) json_.member("ruleIndex", static_cast<std::size_t>(spec->rule));
    json_.member("level", name_of(spec == nullptr ? Severity::note : spec->severity));
    text_member(json_, "message",
                entry.message.empty() ? std::string_view("gone") : std::string_view(entry.message));
    json_.member("baselineState", "absent");
  }

  void invocation() {
    json_.begin_object();
    json_.member("executionSuccessful", unread_.empty());
    json_.member("exitCode", exit_status_);
    json_.key("toolExecutionNotifications");
    json_.begin_array();
    for (const Unread& one : unread_) {
      json_.begin_object();
      json_.member("level", "error");
      text_member(json_, "message", one.error);
      if (!one.path.empty()) {
        json_.key("locations");
        json_.begin_array();
        json_.begin_object();
        json_.key("physicalLocation");
        json_.begin_object();
        artifact(one.path);
        json_.end_object();
        json_.end_object();
        json_.end_array();
      }
      json_.end_object();
    }
    json_.end_array();
    json_.end_object();
  }

  ReportOptions options_;
  Output& out_;
  JsonWriter json_;
  bool first_result_ = true;
  int exit_status_ = 0;
  std::vector<Unread> unread_;
};

}  // namespace

std::unique_ptr<ReportWriter> make_sarif_writer(const ReportOptions& options, Output& output) {
  return std::make_unique<SarifReport>(options, output);
}

}  // namespace ck::report
