// CSV: findings only, a header row, cells defused for spreadsheets (escape.h).
#include "report/escape.h"
#include "report/value_text.h"
#include "report/writer.h"

namespace ck::report {
namespace {

class CsvReport final : public ReportWriter {
 public:
  explicit CsvReport(Output& output) : out_(output) {}

  void begin() override {
    out_.append(
        "capture,frame,time,severity,rule,clause,connection,command,message_id,parameter,procedure,"
        "message\n");
  }

  void audit(AuditRecords& audit, std::size_t) override {
    audit.for_each_finding([&](const Finding& finding) { row(finding, audit.paths()); });
  }

  void end(const Totals&) override { out_.flush(); }

 private:
  void row(const Finding& finding, const std::vector<std::string>& paths) {
    const RuleSpec& spec = rule(finding.rule);
    cell(finding.at.capture < paths.size() ? std::string_view(paths[finding.at.capture])
                                           : std::string_view());
    cell(std::to_string(finding.at.frame));
    cell(finding.at.time_ns == kNoTime ? std::string_view() : time_text(finding.at.time_ns));
    cell(name_of(finding.severity));
    cell(spec.slug);
    cell(spec.clause);
    cell(std::to_string(finding.connection));
    cell(finding.command ? std::string_view(command_text(*finding.command)) : "");
    cell(finding.message_id ? std::to_string(*finding.message_id) : "");
    cell(finding.parameter);
    cell(finding.procedure ? std::to_string(*finding.procedure) : "");
    out_.append(csv_cell(finding.text));
    out_.append('\n');
  }

  void cell(std::string_view text) {
    out_.append(csv_cell(text));
    out_.append(',');
  }

  Output& out_;
};

}  // namespace

std::unique_ptr<ReportWriter> make_csv_writer(Output& output) {
  return std::make_unique<CsvReport>(output);
}

}  // namespace ck::report
