// NDJSON: one object a line, each with its "type" and the index of its audit, written as soon as it is final.
// Captures, peers, messages (whose pair may come late), diagnostics and the summary follow when their audit
// ends, and findings too where a baseline says which are known; the run's summary, with a null audit, is the
// last line.
#include "report/record_json.h"
#include "report/writer.h"

namespace ck::report {
namespace {

class LineWriter {
 public:
  LineWriter(Output& output, std::size_t audit) : out_(output), audit_(audit) {}

  template <typename Record>
  void line(std::string_view type, const Record& record, const Paths& paths) {
    begin(type);
    write_members(json_, record, paths);
    end();
  }
  template <typename Facts>
  void line(std::string_view type, const Facts& facts) {
    begin(type);
    write_members(json_, facts);
    end();
  }

 private:
  void begin(std::string_view type) {
    json_.clear();
    json_.begin_object();
    json_.member("type", type);
    json_.member("audit", audit_);
  }
  void end() {
    json_.end_object();
    out_.append(json_.text());
    out_.append('\n');
    out_.end_record();
  }

  Output& out_;
  std::size_t audit_;
  JsonWriter json_;
};

/// Records as the audit tells them.
class LineSink final : public AuditSink {
 public:
  LineSink(Paths paths, std::size_t audit, bool findings, Output& lines)
      : paths_(std::move(paths)), findings_(findings), lines_(lines, audit) {}
  void finding(const Finding& record) override {
    if (findings_) lines_.line("finding", record, paths_);
  }
  void connection(const ConnectionRecord& record) override { lines_.line("connection", record, paths_); }
  void relay(const RelayRecord& record) override { lines_.line("relay", record, paths_); }
  void session(const SessionRecord& record) override { lines_.line("session", record, paths_); }
  void reservation(const ReservationRecord& record) override { lines_.line("reservation", record, paths_); }
  void response_times(const ResponseTimes& record) override { lines_.line("response_times", record, paths_); }

 private:
  Paths paths_;
  bool findings_;
  LineWriter lines_;
};

class NdjsonReport final : public ReportWriter {
 public:
  NdjsonReport(const ReportOptions& options, Output& output)
      : has_baseline_(options.has_baseline), out_(output) {}

  std::unique_ptr<AuditSink> stream(const Paths& paths, std::size_t index, Output& lines) override {
    return std::make_unique<LineSink>(paths, index, !has_baseline_, lines);
  }

  void audit(AuditRecords& audit, std::size_t index) override {
    LineWriter lines(out_, index);
    if (has_baseline_) {
      audit.for_each_finding([&](const Finding& finding) { lines.line("finding", finding, audit.paths()); });
    }
    audit.for_each_peer([&](const PeerRecord& peer) { lines.line("peer", peer, audit.paths()); });
    audit.for_each_message(
        [&](const MessageEntry& message) { lines.line("message", message, audit.paths()); });
    for (const CaptureFacts& capture : audit.captures()) lines.line("capture", capture, audit.paths());
    lines.line("diagnostics", audit.diagnostics());
    lines.line("summary", audit.totals());
    out_.flush();
  }

  void run_ended(const RunEnd& end) override {
    if (!end.gone) return;
    for (const BaselineEntry& entry : *end.gone) run_line("gone", entry);
  }

  void end(const Totals& total) override {
    run_line("summary", total);
    out_.flush();
  }

 private:
  template <typename Facts>
  void run_line(std::string_view type, const Facts& facts) {
    JsonWriter json;
    json.begin_object();
    json.member("type", type);
    json.raw_member("audit", "null");
    write_members(json, facts);
    json.end_object();
    out_.append(json.text());
    out_.append('\n');
  }

  bool has_baseline_;
  Output& out_;
};

}  // namespace

std::unique_ptr<ReportWriter> make_ndjson_writer(const ReportOptions& options, Output& output) {
  return std::make_unique<NdjsonReport>(options, output);
}

}  // namespace ck::report
