// One report format a file, behind this interface. A run makes a writer for every --format and hands each
// audit to all of them, in the order of the inputs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/records.h"
#include "audit/sink.h"
#include "report/audit_records.h"
#include "report/baseline.h"
#include "report/output.h"

namespace ck::report {

/// Asked for the frames of one capture, in ascending order.
using FindPlace = std::function<std::optional<FileRange>(std::uint64_t frame)>;

/// What the whole run came to; the text report opens with it, so it counts what was asked for, too.
struct ReportOptions {
  bool color = false;    ///< text: ANSI colours
  bool verbose = false;  ///< text: every finding, procedure and event, nothing clipped
  bool quiet = false;    ///< text: verdicts only
  std::optional<Severity> fail_on = Severity::error;       ///< nullopt: never
  std::array<std::optional<Grade>, kRuleCount> grades{};   ///< --rule
  bool has_baseline = false;                               ///< --baseline
  bool require_messages = false;                           ///< a capture without Ck fails
  std::vector<std::pair<std::string, std::string>> asked;  ///< what else was asked for, and how; not escaped
  std::size_t html_procedures = 200;                       ///< html: ladder diagrams of a page
  /// For reports that point into captures; empty: nobody can tell.
  std::function<FindPlace(const std::string& path)> places;
};

/// How a run ended.
struct RunEnd {
  int exit_status = 0;
  std::vector<std::string> errors;  ///< of inputs that led to no capture, each naming its path
  std::optional<std::vector<BaselineEntry>>
      gone;  ///< what of the baseline did not occur; nullopt: none given
};

/// Adds the counts of one audit to those of a run.
void add_totals(Totals& sum, const Totals& one);

/// Whether counts hold a finding at or above `fail_on` that is not known.
bool has_failed(const Totals& totals, std::optional<Severity> fail_on);

/// What an audit came to, in a word.
enum class AuditVerdict : std::uint8_t { fail, incomplete, silent, pass };
constexpr std::string_view word_of(AuditVerdict verdict) {
  constexpr std::array<std::string_view, 4> kNames = {"FAIL", "INCOMPLETE", "NO CK SEEN", "PASS"};
  return kNames[static_cast<std::size_t>(verdict)];
}
AuditVerdict verdict_of(const AuditRecords& audit, std::optional<Severity> fail_on);

class ReportWriter {
 public:
  virtual ~ReportWriter() = default;
  virtual void begin() {}
  /// A finished audit, the `index`-th of the run, from 0.
  virtual void audit(AuditRecords& audit, std::size_t index) = 0;
  /// All audits were told. For formats that say how the run ended; before end().
  virtual void run_ended(const RunEnd& /*end*/) {}
  /// All audits were told; `total` is over all of them.
  virtual void end(const Totals& total) = 0;

  /// For formats that write a record as soon as it is final: a sink that writes those of audit `index` to
  /// `lines` while it runs. The caller passes what `lines` received on, before audit() is called. nullptr:
  /// the format waits for audit().
  virtual std::unique_ptr<AuditSink> stream(const std::vector<std::string>& /*paths*/, std::size_t /*index*/,
                                            Output& /*lines*/) {
    return nullptr;
  }
};

struct Format {
  std::string_view name;  ///< for --format
  std::string_view what;  ///< for --help
  /// `output` must outlive the writer.
  std::unique_ptr<ReportWriter> (*make_writer)(const ReportOptions& options, Output& output);
};

/// All formats; the first is the default.
std::span<const Format> formats();
/// nullptr when there is none.
const Format* find_format(std::string_view name);

// The formats, one a file.
std::unique_ptr<ReportWriter> make_text_writer(const ReportOptions& options, Output& output);
std::unique_ptr<ReportWriter> make_json_writer(const ReportOptions& options, Output& output);
std::unique_ptr<ReportWriter> make_ndjson_writer(const ReportOptions& options, Output& output);
std::unique_ptr<ReportWriter> make_csv_writer(const ReportOptions& options, Output& output);
std::unique_ptr<ReportWriter> make_html_writer(const ReportOptions& options, Output& output);
std::unique_ptr<ReportWriter> make_sarif_writer(const ReportOptions& options, Output& output);
std::unique_ptr<ReportWriter> make_junit_writer(const ReportOptions& options, Output& output);

}  // namespace ck::report
