// The rooms in their order: packet, link, IP, TCP, framing.
#include "capture/reader.h"

#include <algorithm>

#include "capture/ck_stream.h"
#include "capture/ip.h"
#include "capture/link.h"
#include "capture/tcp_table.h"

namespace ck {
namespace {

class ToAudit final : public CkSink {
 public:
  explicit ToAudit(Audit& audit) : audit_(audit) {}
  void open(const ConnectionStart& start) override { audit_.open(start); }
  void message(const Message& message) override { audit_.message(message); }
  void event(const StreamEvent& event) override { audit_.event(event); }
  void close(ConnectionKey connection, const Position& at) override { audit_.close(connection, at); }

 private:
  Audit& audit_;
};

}  // namespace

struct CkReader::State {
  State(const ReaderOptions& given, const NameTable& names, Audit& audit)
      : options(given),
        budget{.max_per_direction = given.max_buffered_per_direction, .max_total = given.max_buffered_bytes},
        decoder(diagnostics),
        sink(audit),
        streams(names, sink, budget, !given.ports.empty()),
        table({given.max_connections, given.idle_timeout_ns}, streams, budget) {}

  [[nodiscard]] bool is_wanted(const TcpSegment& segment) const {
    const auto& ports = options.ports;
    const auto named = [&ports](std::uint16_t port) {
      return std::find(ports.begin(), ports.end(), port) != ports.end();
    };
    return ports.empty() || named(segment.source.port) || named(segment.destination.port);
  }

  void update_diagnostics() {
    diagnostics.conflicting_overlaps = budget.conflicting_overlaps;
    diagnostics.undecoded_streams = streams.undecoded();
    const auto set = [](auto& counts, std::string_view name, std::uint64_t count) {
      if (count != 0) counts.insert_or_assign(std::string(name), count);
    };
    set(diagnostics.dropped, "connections", table.let_go());
    set(diagnostics.dropped, "buffered_bytes", budget.given_up_total + streams.frames_let_go());
    set(diagnostics.dropped, "buffered_per_direction", budget.given_up_per_direction);
    set(diagnostics.other, "incomplete_datagrams", decoder.incomplete_datagrams());
  }

  ReaderOptions options;
  Diagnostics diagnostics;
  StreamBudget budget;
  PacketDecoder decoder;
  ToAudit sink;
  CkStreams streams;
  TcpTable table;
};

CkReader::CkReader(const ReaderOptions& options, const NameTable& names, Audit& audit)
    : state_(std::make_unique<State>(options, names, audit)) {}
CkReader::~CkReader() = default;

void CkReader::packet(const Packet& packet) {
  TcpSegment segment;
  if (state_->decoder.decode(packet, segment) && state_->is_wanted(segment)) state_->table.segment(segment);
}

void CkReader::finish() {
  state_->table.finish();
}

const Diagnostics& CkReader::diagnostics() const {
  state_->update_diagnostics();
  return state_->diagnostics;
}

void read_all(Source& source, CkReader& reader, std::vector<CaptureInfo>& infos) {
  Packet packet;
  int known_link = -1;
  std::uint32_t known_capture = 0;
  for (;;) {
    const SourceStatus status = source.next(packet);
    if (status == SourceStatus::end) return;
    if (packet.capture >= infos.size()) infos.resize(packet.capture + std::size_t{1});
    CaptureInfo& info = infos[packet.capture];
    if (status == SourceStatus::error) {
      info.error = source.error();
      return;
    }
    if (info.packets++ == 0) info.first_time_ns = packet.time_ns;
    info.last_time_ns = packet.time_ns;
    info.bytes += packet.data.size();
    if (packet.link_type != known_link || packet.capture != known_capture) {
      known_link = packet.link_type;
      known_capture = packet.capture;
      std::string name = link_name(packet.link_type);
      if (std::find(info.link_types.begin(), info.link_types.end(), name) == info.link_types.end()) {
        info.link_types.push_back(std::move(name));
      }
    }
    reader.packet(packet);
  }
}

}  // namespace ck
