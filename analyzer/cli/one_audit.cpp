// Running one audit.
#include "cli/one_audit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "capture/filter.h"
#include "cli/shut_tls.h"
#include "report/diagnostic_texts.h"

namespace ck::cli {
namespace {

/// Hands every record to several sinks.
class Tee final : public AuditSink {
 public:
  explicit Tee(std::vector<AuditSink*> sinks) : sinks_(std::move(sinks)) {}
  void message(const MessageRecord& r) override {
    each([&](AuditSink& sink) { sink.message(r); });
  }
  void pair(const PairRecord& r) override {
    each([&](AuditSink& sink) { sink.pair(r); });
  }
  void finding(const Finding& r) override {
    each([&](AuditSink& sink) { sink.finding(r); });
  }
  void connection(const ConnectionRecord& r) override {
    each([&](AuditSink& sink) { sink.connection(r); });
  }
  void relay(const RelayRecord& r) override {
    each([&](AuditSink& sink) { sink.relay(r); });
  }
  void session(const SessionRecord& r) override {
    each([&](AuditSink& sink) { sink.session(r); });
  }
  void reservation(const ReservationRecord& r) override {
    each([&](AuditSink& sink) { sink.reservation(r); });
  }
  void response_times(const ResponseTimes& r) override {
    each([&](AuditSink& sink) { sink.response_times(r); });
  }
  void peer(const PeerRecord& r) override {
    each([&](AuditSink& sink) { sink.peer(r); });
  }
  void merged(std::uint32_t id, std::uint32_t into) override {
    each([&](AuditSink& sink) { sink.merged(id, into); });
  }
  void recognised(std::uint32_t id, const ConnectionStart& start) override {
    each([&](AuditSink& sink) { sink.recognised(id, start); });
  }

 private:
  template <typename Tell>
  void each(const Tell& tell) {
    for (AuditSink* sink : sinks_) tell(*sink);
  }
  std::vector<AuditSink*> sinks_;
};

/// Watches a source's packets for the progress.
class WatchedSource final : public Source {
 public:
  WatchedSource(std::unique_ptr<Source> source, std::uint32_t capture, Progress& progress)
      : source_(std::move(source)), capture_(capture), progress_(progress) {}

  SourceStatus next(Packet& packet) override {
    const SourceStatus status = source_->next(packet);
    packet.capture = capture_;  // an error before the first packet belongs to its capture, too
    if (status != SourceStatus::packet) {
      progress_.add_packets(waiting_);
      progress_.capture_done();
      return status;
    }
    if (progress_.is_shown() && ++waiting_ == 4096) {
      progress_.add_packets(waiting_);
      waiting_ = 0;
    }
    return status;
  }
  [[nodiscard]] const std::string& error() const override { return source_->error(); }
  [[nodiscard]] std::uint64_t dropped() const override { return source_->dropped(); }

 private:
  std::unique_ptr<Source> source_;
  std::uint32_t capture_;
  Progress& progress_;
  std::uint64_t waiting_ = 0;
};

/// The packets of one input that --filter lets through.
std::unique_ptr<Source> open_one(const Options& options, InputFiles& inputs, const std::string& path,
                                 std::uint32_t capture) {
  if (!options.interface.empty()) return inputs.open_interface(path, options.filter);
  auto source = inputs.open(path, capture);
  return options.filter.empty() ? std::move(source) : filter_source(std::move(source), options.filter);
}

std::unique_ptr<Source> open_all(const Options& options, InputFiles& inputs,
                                 const std::vector<std::string>& paths, std::vector<CaptureFacts>& captures,
                                 Progress& progress) {
  std::vector<std::unique_ptr<Source>> sources;
  for (std::uint32_t i = 0; i < paths.size(); ++i) {
    captures[i].path = paths[i];
    sources.push_back(std::make_unique<WatchedSource>(open_one(options, inputs, paths[i], i), i, progress));
  }
  if (sources.size() == 1) return std::move(sources.front());
  return merge_sources(std::move(sources), captures);
}

/// Hands what can be decrypted to the reader. Returns what went wrong.
std::string decrypt_all(const Options& options, InputFiles& inputs, const std::vector<std::string>& paths,
                        CkReader& reader, bool& has_secrets) {
  if (!options.interface.empty()) return {};
  Decryption decryption =
      inputs.decrypt(paths, {options.tls_keylog, options.filter, options.reader, options.grpc_protos});
  has_secrets = decryption.has_secrets;
  if (has_secrets) reader.set_decrypted(std::move(decryption.source));
  return decryption.trouble;
}

/// A capture in which nothing could be decoded was not read either.
void note_closed(CaptureFacts& capture) {
  if (!capture.error.empty() || capture.decoded || capture.closed.empty()) return;
  capture.error = fmt::format(
      "{}: nothing in it could be decoded ({}); capture where packets are neither encrypted nor in such a "
      "tunnel, or on another interface",
      capture.path, fmt::join(capture.closed, ", "));
}

/// What is wrong with the audit's captures together is said of one.
void add_error(std::vector<CaptureFacts>& captures, const std::string& error) {
  const auto found = std::find_if(captures.begin(), captures.end(),
                                  [](const CaptureFacts& capture) { return capture.error.empty(); });
  if (found != captures.end()) found->error = error;
}

/// Adds what the audit dropped, and those that a report always names.
void add_audits_own(Diagnostics& diagnostics, const Totals& totals) {
  for (const auto& [bound, count] : totals.dropped) diagnostics.dropped[bound] += count;
  for (const DiagnosticText& text : diagnostic_texts())
    diagnostics.other.try_emplace(std::string(text.name), 0);
  diagnostics.other["clock_steps"] += totals.clock_steps;
}

}  // namespace

std::unique_ptr<AuditRecords> run_one_audit(const Options& options, const NameTable& names,
                                            InputFiles& inputs, const std::vector<std::string>& paths,
                                            const std::vector<AuditSink*>& streams, Judging judging,
                                            Progress& progress, const Baseline* baseline) {
  auto stored = std::make_unique<AuditRecords>(paths, options.messages);
  stored->set_baseline(baseline);
  std::vector<AuditSink*> sinks{stored.get()};
  std::copy_if(streams.begin(), streams.end(), std::back_inserter(sinks),
               [](AuditSink* sink) { return sink != nullptr; });
  Tee tee(sinks);
  AuditSink& sink = sinks.size() == 1 ? static_cast<AuditSink&>(*stored) : tee;

  std::vector<CaptureFacts> captures(paths.size());
  Audit audit(options.audit, sink);
  ReaderOptions reader_options = options.reader;
  reader_options.judging = judging;
  CkReader reader(reader_options, names, audit);
  bool has_secrets = false;
  const std::string trouble = decrypt_all(options, inputs, paths, reader, has_secrets);
  const auto source = open_all(options, inputs, paths, captures, progress);
  read_all(*source, reader, captures);
  reader.finish();
  std::int64_t last_ns = kNoTime;
  for (const CaptureFacts& capture : captures) last_ns = std::max(last_ns, capture.end_ns);
  if (!options.interface.empty()) {  // time went on after the last packet
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    last_ns = std::max(last_ns, std::int64_t{std::chrono::nanoseconds(now).count()});
  }
  const Totals totals = audit.end(sink, last_ns);

  for (CaptureFacts& capture : captures) note_closed(capture);
  Diagnostics diagnostics = reader.diagnostics();
  add_audits_own(diagnostics, totals);
  const ShutTls shut = check_shut_tls(reader.shut_connections(), has_secrets, stored->message_count() != 0);
  diagnostics.undecrypted = shut.counts;
  if (trouble.empty()) diagnostics.undecrypted_text = shut.passed_over;
  add_error(captures, trouble.empty() ? shut.error : trouble);
  if (const std::uint64_t lost = source->dropped(); options.interface.empty()) {
    diagnostics.other["capture_drops"] = lost;
  } else if (lost != 0) {
    diagnostics.dropped["kernel_buffer"] = lost;
  }
  stored->complete(std::move(captures), std::move(diagnostics), totals);
  return stored;
}

}  // namespace ck::cli
