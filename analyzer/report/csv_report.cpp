// CSV: findings only, a header row, cells defused for spreadsheets (escape.h).
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "audit/address_text.h"
#include "report/describe.h"
#include "report/escape.h"
#include "report/value_text.h"
#include "report/writer.h"

namespace ck::report {
namespace {

/// The members of a finding in CSV's order.
constexpr std::array<std::string_view, 21> kColumns = {
    "capture",  "frame",      "time",      "severity",  "rule",    "clause", "connection",
    "command",  "message_id", "parameter", "procedure", "message", "name",   "sender",
    "at_fault", "peer",       "found",     "expected",  "hint",    "known",  "fingerprint"};

/// Puts each member that it is shown into the cell of the column with its name.
class CellVisitor {
 public:
  explicit CellVisitor(const std::vector<std::string>& paths) : paths_(paths) {}

  template <typename Value>
  void operator()(std::string_view name, const Value& value) {
    const auto* column = std::find(kColumns.begin(), kColumns.end(), name);
    if (column != kColumns.end()) cells_[static_cast<std::size_t>(column - kColumns.begin())] = text(value);
  }
  template <typename Value>
  void shown_only(std::string_view name, const Value& value) {
    (*this)(name, value);
  }
  template <typename Value>
  void stored_only(const Value& /*value*/) {}

  void set(std::string_view name, std::string_view value) { (*this)(name, value); }

  /// In the columns' order.
  [[nodiscard]] const std::array<std::string, kColumns.size()>& cells() const { return cells_; }

 private:
  static std::string text(std::string_view value) { return std::string(value); }
  static std::string text(Rule rule) { return std::string(name_of(rule)); }
  static std::string text(Severity severity) { return std::string(name_of(severity)); }
  static std::string text(Role role) { return std::string(name_of(role)); }
  static std::string text(const Endpoint& endpoint) { return std::string(endpoint_text(endpoint)); }
  template <typename Value>
  static std::string text(const std::optional<Value>& maybe) {
    return maybe ? text(*maybe) : std::string();
  }
  static std::string text(const std::string& value) { return value; }
  static std::string text(bool value) { return value ? "true" : "false"; }
  static std::string text(std::uint32_t number) { return std::to_string(number); }
  static std::string text(std::uint64_t number) { return std::to_string(number); }
  [[nodiscard]] std::string text(Shown<As::capture, const std::uint32_t> capture) const {
    return capture.value < paths_.size() ? paths_[capture.value] : std::string();
  }
  static std::string text(Shown<As::time, const std::int64_t> time) {
    return time.value == kNoTime ? std::string() : std::string(time_text(time.value));
  }
  static std::string text(Shown<As::command, const std::optional<std::uint16_t>> command) {
    return command.value ? std::string(command_text(*command.value)) : std::string();
  }
  static std::string text(Shown<As::text, const std::string> value) { return value.value; }

  const std::vector<std::string>& paths_;
  std::array<std::string, kColumns.size()> cells_;
};

class CsvReport final : public ReportWriter {
 public:
  explicit CsvReport(Output& output) : out_(output) {}

  void begin() override { row(kColumns); }

  void audit(AuditRecords& audit, std::size_t) override {
    CellVisitor visit(audit.paths());
    audit.for_each_finding([&](const Finding& finding) {
      describe(finding, visit);
      // Its number says nothing where no list of peers stands beside it.
      visit.set("peer", finding.peer ? std::string_view(audit.peers()[*finding.peer - 1].name) : "");
      row(visit.cells());
    });
  }

  void end(const Totals&) override { out_.flush(); }

 private:
  template <typename Cells>
  void row(const Cells& cells) {
    bool first = true;
    for (const auto& cell : cells) {
      if (!first) out_.append(',');
      first = false;
      out_.append(csv_cell(cell));
    }
    out_.append('\n');
  }

  Output& out_;
};

}  // namespace

std::unique_ptr<ReportWriter> make_csv_writer(const ReportOptions& /*options*/, Output& output) {
  return std::make_unique<CsvReport>(output);
}

}  // namespace ck::report
