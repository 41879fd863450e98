// Running one audit.
#include "cli/one_audit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "capture/filter.h"
#include "capture/timeline.h"
#include "cli/log_places.h"
#include "cli/shut_tls.h"
#include "report/diagnostic_texts.h"
#include "report/record_json.h"

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
  WatchedSource(OpenCapture& opened, Progress& progress)
      : source_(std::move(opened.source)),
        capture_(opened.capture),
        share_(std::move(opened.share)),
        progress_(progress) {
    if (share_ != nullptr) progress_.begin(share_);
  }

  SourceStatus next(Packet& packet) override {
    const SourceStatus status = source_->next(packet);
    packet.capture = capture_;  // an error before the first packet belongs to its capture, too
    if (status != SourceStatus::packet) {
      progress_.add_packets(waiting_);
      progress_.capture_done(share_);
      return status;
    }
    if (progress_.is_shown() && ++waiting_ == 4096) {
      progress_.add_packets(waiting_);
      waiting_ = 0;
    }
    return status;
  }
  [[nodiscard]] const std::string& error() const override { return source_->error(); }
  [[nodiscard]] Bytes ahead() const override { return source_->ahead(); }
  [[nodiscard]] std::uint64_t dropped() const override { return source_->dropped(); }

 private:
  std::unique_ptr<Source> source_;
  std::uint32_t capture_;
  std::shared_ptr<const ReadShare> share_;
  Progress& progress_;
  std::uint64_t waiting_ = 0;
};

std::unique_ptr<Source> join_sources(AuditInputs& inputs, std::vector<CaptureFacts>& captures,
                                     Progress& progress) {
  std::vector<std::unique_ptr<Source>> sources;
  for (OpenCapture& one : inputs.sources) sources.push_back(std::make_unique<WatchedSource>(one, progress));
  if (sources.size() == 1) return std::move(sources.front());
  return merge_sources(std::move(sources), captures);
}

/// Hands what can be decrypted to the reader. Returns what went wrong.
std::string decrypt_all(const BatchContext& context, const AuditInputs& inputs,
                        const ReaderOptions& reader_options, CkReader& reader, bool& has_secrets) {
  const Options& options = context.options;
  if (!options.interface.empty() || inputs.sources.empty()) return {};
  std::vector<std::string> paths(inputs.captures.size());
  for (const OpenCapture& one : inputs.sources) paths[one.capture] = one.path;
  Decryption decryption = context.inputs.decrypt(
      paths, {options.tls_keylog, options.filter, reader_options, options.grpc_protos});
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

/// What is wrong with the audit's captures together has its place at one of them, which is not to blame.
void add_error(std::vector<CaptureFacts>& captures, const std::string& error) {
  const auto found = std::find_if(captures.begin(), captures.end(),
                                  [](const CaptureFacts& capture) { return capture.error.empty(); });
  if (error.empty() || found == captures.end()) return;
  found->error_of_all = captures.size() > 1;
  found->error = found->error_of_all ? fmt::format("{} captures merged: {}", captures.size(), error) : error;
}

/// Adds what the audit dropped, and those that a report always names.
void add_audits_own(Diagnostics& diagnostics, const Totals& totals) {
  for (const auto& [bound, count] : totals.dropped) diagnostics.dropped[bound] += count;
  for (const DiagnosticText& text : diagnostic_texts())
    diagnostics.other.try_emplace(std::string(text.name), 0);
  diagnostics.other["clock_steps"] += totals.clock_steps;
  diagnostics.other["translated_connections"] += totals.translated_connections;
}

/// What a log says of a capture, unless it is read itself or another log has said it.
void add_capture(CaptureFacts& capture, const CaptureFacts& from) {
  const std::uint64_t messages = capture.messages;
  if (capture.packets == 0 && capture.error.empty()) {
    const std::string path = std::move(capture.path);
    capture = from;
    capture.path = path;
    capture.messages = messages;
  }
  if (capture.error.empty()) capture.error = from.error;
}

void add_counts(NameCounts& sum, const NameCounts& more) {
  for (const auto& [name, count] : more) sum[name] += count;
}

/// Adds what a log says to what was read.
void add_log(ReadingFacts& sum, const TimelineLog& log) {
  const ReadingFacts& facts = log.reader->facts();
  for (std::size_t i = 0; i < facts.captures.size(); ++i)
    add_capture(sum.captures[log.captures[i]], facts.captures[i]);
  if (!log.reader->error().empty()) {
    CaptureFacts& first = sum.captures[log.captures.front()];
    first.error = first.error.empty() ? log.reader->error() : first.error;
  }
  if (log.again) return;
  Diagnostics& to = sum.diagnostics;
  add_counts(to.unknown_links, facts.diagnostics.unknown_links);
  add_counts(to.dropped, facts.diagnostics.dropped);
  add_counts(to.other, facts.diagnostics.other);
  to.conflicting_overlaps += facts.diagnostics.conflicting_overlaps;
  to.undecoded_streams += facts.diagnostics.undecoded_streams;
  sum.capture_drops += facts.capture_drops;
  sum.shut.add(facts.shut);
  sum.has_secrets = sum.has_secrets || facts.has_secrets;
  if (sum.trouble.empty()) sum.trouble = facts.trouble;
}

/// The audit's time at its end.
Position end_of(const Options& options, const std::vector<CaptureFacts>& captures) {
  Position last{0, 0, kNoTime};
  for (const CaptureFacts& capture : captures) last = later_of(last, capture.end());
  if (options.interface.empty()) return last;
  // Time went on after the last packet.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return later_of(last, {0, 0, std::int64_t{std::chrono::nanoseconds(now).count()}});
}

/// What of an audit's captures and logs goes into its report, once all is read.
void complete(AuditRecords& records, const Options& options, ReadingFacts facts, const Timeline* timeline,
              const Totals& totals) {
  Diagnostics diagnostics = std::move(facts.diagnostics);
  add_audits_own(diagnostics, totals);
  if (timeline != nullptr) {
    diagnostics.other["split_connections"] += timeline->splits().count();
    diagnostics.other["split_messages"] += timeline->splits().messages();
  }
  const ShutTls shut =
      check_shut_tls(facts.shut.connections(), facts.has_secrets, records.message_count() != 0);
  diagnostics.undecrypted = shut.counts;
  if (facts.trouble.empty()) diagnostics.undecrypted_text = shut.passed_over;
  add_error(facts.captures, facts.trouble.empty() ? shut.error : facts.trouble);
  if (options.interface.empty()) {
    diagnostics.other["capture_drops"] = facts.capture_drops;
  } else if (facts.capture_drops != 0) {
    diagnostics.dropped["kernel_buffer"] = facts.capture_drops;
  }
  records.complete(std::move(facts.captures), std::move(diagnostics), totals);
}

/// The log that a run writes; nullptr: none.
std::unique_ptr<LogWriter> open_writer(const BatchContext& context, const AuditInputs& inputs) {
  Output* log = context.log;
  if (log == nullptr) return nullptr;
  return std::make_unique<LogWriter>(LogHeader{context.options.reader.shard, inputs.captures},
                                     fmt::format("ck-audit {}", tool_version()),
                                     [log](std::string_view bytes) { log->append(bytes); });
}

/// Where the packets of the captures that are read stand in their files.
std::vector<std::unique_ptr<PacketPlaces>> files_of(const BatchContext& context, const AuditInputs& inputs) {
  std::vector<std::unique_ptr<PacketPlaces>> out(inputs.captures.size());
  if (!context.options.interface.empty()) return out;
  for (const OpenCapture& one : inputs.sources) out[one.capture] = context.inputs.places(one.path);
  return out;
}

/// What a report asks of places, where logs know some: a path that only a log names is not opened.
void set_places(const BatchContext& context, const AuditInputs& inputs, Timeline& timeline,
                AuditRecords& records) {
  const auto wants = [](const ReportRequest& report) { return report.format->name == "sarif"; };
  const auto& reports = context.options.reports;
  if (timeline.logs().empty()) return;
  auto logged = std::make_shared<LoggedPlaces>();
  if (std::none_of(reports.begin(), reports.end(), wants))
    return records.set_places([](std::uint32_t, std::uint64_t) { return std::optional<FileRange>(); });
  timeline.set_place_sink([logged](const Position& at, const PacketPlace& place) { logged->add(at, place); });
  auto files = std::make_shared<std::vector<std::unique_ptr<PacketPlaces>>>(files_of(context, inputs));
  records.set_places([logged, files](std::uint32_t capture, std::uint64_t frame) -> std::optional<FileRange> {
    if ((*files)[capture] == nullptr) return logged->of(capture, frame);
    const auto place = (*files)[capture]->of(frame);
    return place ? std::optional(FileRange{place->offset, place->size}) : std::nullopt;
  });
}

/// Nothing else but captures, and no log to write: then there is none.
std::unique_ptr<Timeline> open_timeline(AuditInputs& inputs, LogWriter* writer) {
  if (inputs.logs.empty() && writer == nullptr) return nullptr;
  std::vector<TimelineLog> logs;
  for (OpenLog& one : inputs.logs) logs.push_back(std::move(one.log));
  return std::make_unique<Timeline>(std::move(logs), writer);
}

}  // namespace

std::unique_ptr<AuditRecords> run_one_audit(BatchContext& context, AuditInputs inputs,
                                            const std::vector<AuditSink*>& streams, Judging judging) {
  const Options& options = context.options;
  auto stored = std::make_unique<AuditRecords>(inputs.paths(), options.messages, judging == Judging::aside);
  stored->set_baseline(context.baseline);
  std::vector<AuditSink*> sinks{stored.get()};
  std::copy_if(streams.begin(), streams.end(), std::back_inserter(sinks),
               [](AuditSink* sink) { return sink != nullptr; });
  Tee tee(sinks);
  AuditSink& sink = sinks.size() == 1 ? static_cast<AuditSink&>(*stored) : tee;

  ReadingFacts facts;
  facts.captures.resize(inputs.captures.size());
  for (std::size_t i = 0; i < inputs.captures.size(); ++i) facts.captures[i].path = inputs.captures[i].path;
  AuditOptions audit_options = options.audit;
  ReaderOptions reader_options = options.reader;
  reader_options.judging = judging;
  // A log may be of several captures.
  audit_options.merged = inputs.captures.size() + inputs.logs.size() > 1 || !inputs.logs.empty();
  if (audit_options.merged) reader_options.merge_tolerance_ns = audit_options.merge_tolerance_ns;
  Audit audit(audit_options, sink);
  const std::unique_ptr<LogWriter> writer = open_writer(context, inputs);
  const std::unique_ptr<Timeline> timeline = open_timeline(inputs, writer.get());
  if (timeline != nullptr) set_places(context, inputs, *timeline, *stored);
  if (writer != nullptr) {
    timeline->set_find_place([recent = std::make_shared<RecentPlaces>(files_of(context, inputs))](
                                 const Position& at) { return recent->of(at); });
  }
  CkReader reader(reader_options, context.names, audit, timeline.get());
  facts.trouble = decrypt_all(context, inputs, reader_options, reader, facts.has_secrets);
  const auto source = join_sources(inputs, facts.captures, context.progress);
  read_all(*source, reader, facts.captures);
  reader.finish();
  for (CaptureFacts& capture : facts.captures) note_closed(capture);
  facts.diagnostics = reader.diagnostics();
  facts.shut = reader.shut_servers();
  facts.capture_drops = options.reader.shard.is_first() ? source->dropped() : 0;
  if (timeline != nullptr) {
    for (const TimelineLog& log : timeline->logs()) add_log(facts, log);
  }
  const Position read = end_of(options, facts.captures);
  const Totals totals = audit.end(sink, timeline == nullptr ? read : later_of(read, timeline->last()));
  if (writer != nullptr) {
    writer->finish(facts);
    context.log->flush();
  }
  if (const std::uint64_t late = reader.bytes_after_end(); late != 0)
    facts.diagnostics.other["bytes_after_end"] += late;
  complete(*stored, options, std::move(facts), timeline.get(), totals);
  return stored;
}

}  // namespace ck::cli
