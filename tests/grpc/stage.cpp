// A capture by hand, read and audited.
#include "stage.h"

#include <fmt/format.h>

namespace ck::grpc {
namespace {

struct Notes final : audit::AuditSink {
  explicit Notes(Outcome& to) : out(to) {}
  void message(const audit::MessageRecord& record) override {
    out.messages.push_back(fmt::format("{:#06x} #{}", record.ref.command, record.ref.at.frame));
  }
  void pair(const audit::PairRecord& pair) override {
    out.pairs.push_back(
        fmt::format("{}-{} {}", pair.request.at.frame, pair.response.at.frame, audit::name_of(pair.by)));
  }
  void finding(const audit::Finding& finding) override {
    if (finding.rule == audit::Rule::plaintext_transport) return;
    const std::string_view slug = audit::rule(finding.rule).slug;
    out.findings.push_back(fmt::format("{} #{}", slug, finding.at.frame));
    if (finding.rule >= audit::Rule::malformed_payload && finding.rule <= audit::Rule::possible_key_material)
      out.texts.push_back(fmt::format("{}: {}", slug, finding.text));
  }
  void connection(const audit::ConnectionRecord& record) override {
    out.transports.emplace_back(audit::name_of(record.transport));
  }
  void relay(const audit::RelayRecord& record) override {
    out.procedures.push_back(with_result(audit::name_of(record.state), record.result));
  }
  void session(const audit::SessionRecord& record) override {
    out.procedures.push_back(with_result(audit::name_of(record.state), record.request_result));
  }
  void reservation(const audit::ReservationRecord& record) override {
    out.procedures.emplace_back(audit::name_of(record.state));
  }
  static std::string with_result(std::string_view state, const std::optional<std::string>& result) {
    return result ? fmt::format("{}: {}", state, *result) : std::string(state);
  }
  Outcome& out;
};

}  // namespace

std::uint64_t Outcome::count(const std::string& name) const {
  for (const auto* counts : {&diagnostics.other, &diagnostics.dropped}) {
    if (const auto found = counts->find(name); found != counts->end()) return found->second;
  }
  return 0;
}

Outcome audit_of(const Buffer& file, capture::ReaderOptions options, const std::vector<std::string>& protos) {
  const protocol::ProtoSchema schema(protos);
  const protocol::NameTable names;
  options.grpc = &schema;
  Outcome out;
  Notes notes(out);
  audit::Audit audit({}, notes);
  capture::CkReader reader(options, names, audit);
  std::vector<audit::CaptureFacts> captures;
  const auto source = capture::open_memory(file, 0);
  capture::read_all(*source, reader, captures);
  reader.finish();
  const audit::Totals totals = audit.finish(notes, captures.empty() ? audit::Position{} : captures[0].end());
  out.undecided = totals.rules[static_cast<std::size_t>(audit::Rule::unanswered_request)].undecidable;
  out.diagnostics = reader.diagnostics();
  return out;
}

Stage::Stage()
    : own_(std::make_unique<samples::Recording>()), recording(*own_), talk(recording, kClient, kServer) {
  talk.handshake();
}

Stage::Stage(samples::Recording& shared, const samples::Endpoint& from, const samples::Endpoint& to)
    : recording(shared), talk(recording, from, to) {
  talk.handshake();
}

Stage& Stage::begin() {
  client_says(preface() + settings());
  server_says(settings() + settings_ack());
  return *this;
}

void Stage::wait() {
  recording.wait_ms(40'000);
  talk.ack(samples::End::client);
}

Outcome Stage::outcome(const capture::ReaderOptions& options) const {
  return audit_of(recording.pcapng(), options);
}

}  // namespace ck::grpc
