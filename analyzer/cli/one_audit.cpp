// Running one audit.
#include "cli/one_audit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "capture/exported_pdu.h"
#include "capture/filter.h"
#include "capture/link.h"

namespace ck {
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
  void merged(std::uint32_t id, std::uint32_t into) override {
    each([&](AuditSink& sink) { sink.merged(id, into); });
  }

 private:
  template <typename Tell>
  void each(const Tell& tell) {
    for (AuditSink* sink : sinks_) tell(*sink);
  }
  std::vector<AuditSink*> sinks_;
};

/// Watches a source's packets: progress, and whether any has a link type that is decoded.
class WatchedSource final : public Source {
 public:
  WatchedSource(std::unique_ptr<Source> source, std::uint32_t capture, bool& any_known, Progress& progress)
      : source_(std::move(source)), capture_(capture), any_known_(any_known), progress_(progress) {}

  SourceStatus next(Packet& packet) override {
    const SourceStatus status = source_->next(packet);
    packet.capture = capture_;  // an error before the first packet belongs to its capture, too
    if (status != SourceStatus::packet) {
      progress_.add_packets(waiting_);
      progress_.capture_done();
      return status;
    }
    if (!any_known_ && packet.link_type != last_unknown_) {
      any_known_ = packet.link_type == kLinkExportedPdu ||
                   open_link(packet.link_type, {}).status != LinkStatus::unknown;
      last_unknown_ = packet.link_type;
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
  bool& any_known_;
  Progress& progress_;
  int last_unknown_ = -1;
  std::uint64_t waiting_ = 0;
};

/// bool that a reference can point to, unlike std::vector<bool>'s.
struct Known {
  bool any = false;
};

/// The packets of one input that --filter lets through.
std::unique_ptr<Source> open_one(const Options& options, Inputs& inputs, const std::string& path,
                                 std::uint32_t capture) {
  if (!options.interface.empty()) return inputs.open_interface(path, options.filter);
  auto source = inputs.open(path, capture);
  return options.filter.empty() ? std::move(source) : filter_source(std::move(source), options.filter);
}

std::unique_ptr<Source> open_all(const Options& options, Inputs& inputs,
                                 const std::vector<std::string>& paths, std::vector<CaptureInfo>& infos,
                                 std::vector<Known>& known, Progress& progress) {
  std::vector<std::unique_ptr<Source>> sources;
  for (std::uint32_t i = 0; i < paths.size(); ++i) {
    infos[i].path = paths[i];
    sources.push_back(
        std::make_unique<WatchedSource>(open_one(options, inputs, paths[i], i), i, known[i].any, progress));
  }
  if (sources.size() == 1) return std::move(sources.front());
  return merge_sources(std::move(sources), infos);
}

/// Hands what can be decrypted to the reader; what went wrong, by capture.
std::vector<std::string> decrypt_all(const Options& options, Inputs& inputs,
                                     const std::vector<std::string>& paths, CkReader& reader) {
  const DecryptOptions how{options.tls_keylog, options.reader.ports};
  std::vector<std::string> troubles(paths.size());
  if (!options.interface.empty()) return troubles;
  for (std::uint32_t i = 0; i < paths.size(); ++i) {
    if (auto decrypted = inputs.decrypt(paths[i], how, troubles[i]))
      reader.set_decrypted(i, std::move(decrypted));
  }
  return troubles;
}

CaptureFacts to_facts(const CaptureInfo& info, bool any_known) {
  CaptureFacts facts{info.path,         info.packets,    info.bytes, info.first_time_ns,
                     info.last_time_ns, info.link_types, 0,          info.error};
  if (facts.error.empty() && facts.packets != 0 && !any_known) {
    facts.error = fmt::format(
        "{}: no packet has a link type that can be decoded ({}); capture on another interface, or "
        "convert the file",
        info.path, fmt::join(info.link_types, ", "));
  }
  return facts;
}

DiagnosticFacts to_facts(const Diagnostics& diagnostics, const Totals& totals) {
  DiagnosticFacts facts{diagnostics.unknown_links, diagnostics.dropped, diagnostics.other,
                        diagnostics.conflicting_overlaps, diagnostics.undecoded_streams};
  for (const auto& [bound, count] : totals.dropped) facts.dropped[bound] += count;
  return facts;
}

}  // namespace

std::unique_ptr<StoredAudit> run_one_audit(const Options& options, const NameTable& names, Inputs& inputs,
                                           const std::vector<std::string>& paths,
                                           const std::vector<AuditSink*>& streams, Judging judging,
                                           Progress& progress) {
  auto stored = std::make_unique<StoredAudit>(paths, options.messages);
  std::vector<AuditSink*> sinks{stored.get()};
  std::copy_if(streams.begin(), streams.end(), std::back_inserter(sinks),
               [](AuditSink* sink) { return sink != nullptr; });
  Tee tee(sinks);
  AuditSink& sink = sinks.size() == 1 ? static_cast<AuditSink&>(*stored) : tee;

  std::vector<CaptureInfo> infos(paths.size());
  std::vector<Known> known(paths.size());
  Audit audit(options.audit, sink);
  ReaderOptions reader_options = options.reader;
  reader_options.judging = judging;
  CkReader reader(reader_options, names, audit);
  const std::vector<std::string> troubles = decrypt_all(options, inputs, paths, reader);
  const auto source = open_all(options, inputs, paths, infos, known, progress);
  read_all(*source, reader, infos);
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (infos[i].error.empty()) infos[i].error = troubles[i];
  }
  reader.finish();
  std::optional<std::int64_t> last_ns;
  for (const CaptureInfo& info : infos) {
    if (info.packets != 0) last_ns = std::max(last_ns.value_or(info.last_time_ns), info.last_time_ns);
  }
  if (!options.interface.empty()) {  // time went on after the last packet
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    last_ns = std::max(last_ns.value_or(0), std::int64_t{std::chrono::nanoseconds(now).count()});
  }
  const Totals totals = audit.finish(sink, last_ns.value_or(0));

  std::vector<CaptureFacts> captures;
  for (std::size_t i = 0; i < infos.size(); ++i) captures.push_back(to_facts(infos[i], known[i].any));
  DiagnosticFacts diagnostics = to_facts(reader.diagnostics(), totals);
  if (const std::uint64_t lost = source->dropped(); lost != 0) diagnostics.dropped["kernel_buffer"] = lost;
  stored->complete(std::move(captures), std::move(diagnostics), totals);
  return stored;
}

}  // namespace ck
