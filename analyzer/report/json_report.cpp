// The JSON report: one document, a record a line, so that it can be read with line tools and compared with
// diff. Nothing but the record at hand is in memory.
#include "report/record_json.h"
#include "report/writer.h"

namespace ck::report {
namespace {

constexpr int kSchemaVersion = 1;

class JsonReport final : public ReportWriter {
 public:
  explicit JsonReport(Output& output) : out_(output) {}

  void begin() override {
    JsonWriter head;
    head.begin_object();
    head.member("schema_version", kSchemaVersion);
    head.key("tool");
    head.begin_object();
    head.member("name", "ck-audit");
    head.member("version", tool_version());
    head.end_object();
    out_.append(head.text());
    out_.append(",\n\"audits\":[");
  }

  void audit(AuditRecords& audit, std::size_t index) override {
    const Paths& paths = audit.paths();
    const auto record = [&](const auto& one) {
      next_record();
      write_members(json_, one, paths);
      end_record();
    };
    out_.append(index == 0 ? "\n{" : ",\n{");
    captures(audit);
    section("connections", [&] { audit.for_each_connection(record); });
    section("peers", [&] { audit.for_each_peer(record); });
    section("relays", [&] { audit.for_each_relay(record); });
    section("sessions", [&] { audit.for_each_session(record); });
    section("reservations", [&] { audit.for_each_reservation(record); });
    section("findings", [&] { audit.for_each_finding(record); });
    if (audit.has_messages()) section("messages", [&] { audit.for_each_message(record); });
    object("diagnostics", audit.diagnostics());
    section("response_times", [&] { audit.for_each_response_times(record); });
    object("summary", audit.totals());
    out_.append("}");
  }

  void run_ended(const RunEnd& end) override { gone_ = end.gone; }

  void end(const Totals& total) override {
    out_.append("]");
    first_section_ = false;
    if (gone_) {
      section("gone", [&] {
        for (const BaselineEntry& entry : *gone_) {
          next_record();
          write_members(json_, entry);
          end_record();
        }
      });
    }
    object("summary", total);
    out_.append("}\n");
    out_.flush();
  }

 private:
  void captures(const AuditRecords& audit) {
    first_section_ = true;
    section("captures", [&] {
      for (const CaptureFacts& capture : audit.captures()) {
        next_record();
        write_members(json_, capture, audit.paths());
        end_record();
      }
    });
  }

  void name(std::string_view section_name) {
    out_.append(first_section_ ? "\"" : ",\n\"");
    first_section_ = false;
    out_.append(section_name);
    out_.append("\":");
  }

  template <typename Records>
  void section(std::string_view section_name, const Records& records) {
    name(section_name);
    out_.append('[');
    first_record_ = true;
    records();
    out_.append(']');
  }

  template <typename Facts>
  void object(std::string_view section_name, const Facts& facts) {
    name(section_name);
    json_.clear();
    json_.begin_object();
    write_members(json_, facts);
    json_.end_object();
    out_.append(json_.text());
  }

  void next_record() {
    out_.append(first_record_ ? "\n" : ",\n");
    first_record_ = false;
    json_.clear();
    json_.begin_object();
  }
  void end_record() {
    json_.end_object();
    out_.append(json_.text());
  }

  Output& out_;
  JsonWriter json_;
  bool first_section_ = true, first_record_ = true;
  std::optional<std::vector<BaselineEntry>> gone_;
};

}  // namespace

std::unique_ptr<ReportWriter> make_json_writer(const ReportOptions& /*options*/, Output& output) {
  return std::make_unique<JsonReport>(output);
}

}  // namespace ck::report
