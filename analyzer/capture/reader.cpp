// The rooms in their order: packet, link, IP, TCP, framing.
#include "capture/reader.h"

#include <algorithm>

#include "capture/exported_pdu.h"
#include "capture/ip.h"
#include "capture/link.h"
#include "stream/ck_stream.h"
#include "stream/tcp_table.h"

namespace ck {
namespace {

/// LINKTYPE_RAW: an IPv4 or IPv6 packet, as its first byte says.
constexpr int kLinkRawIp = 101;

}  // namespace

struct CkReader::State {
  State(const ReaderOptions& given, const NameTable& names, Audit& audit)
      : options(given),
        budget{.max_per_direction = given.max_buffered_per_direction, .max_total = given.max_buffered_bytes},
        decoder(diagnostics),
        sink(names, audit, given.judging),
        streams(names, sink, budget, !given.ports.empty()),
        table({given.max_connections, given.idle_timeout_ns}, streams, budget),
        pdus(given.max_connections, streams) {}

  [[nodiscard]] bool is_wanted(const Endpoint& source, const Endpoint& destination) const {
    const auto& ports = options.ports;
    const auto named = [&ports](std::uint16_t port) {
      return std::find(ports.begin(), ports.end(), port) != ports.end();
    };
    return ports.empty() || named(source.port) || named(destination.port);
  }

  void exported_pdu(const Packet& packet) {
    ExportedPdu pdu;
    if (!decode_exported_pdu(packet.data, pdu)) {
      count_name(diagnostics.other, "short_packets");
    } else if (pdu.dissector == "ip" || pdu.dissector == "ipv6") {  // "OSI layer 3": whole packets
      Packet inner = packet;
      inner.link_type = kLinkRawIp;
      inner.original_length -= static_cast<std::uint32_t>(packet.data.size() - pdu.data.size());
      inner.data = pdu.data;
      ip_packet(inner);
    } else if (is_wanted(pdu.source, pdu.destination)) {
      const auto missing =
          packet.original_length - std::min<std::size_t>(packet.original_length, packet.data.size());
      if (missing != 0 && !options.ports.empty()) ++cut_packets;
      pdus.pdu(pdu, {packet.capture, packet.frame, packet.time_ns}, missing);
    }
  }

  void ip_packet(const Packet& packet) {
    TcpSegment found;
    if (!decoder.decode(packet, found) || !is_wanted(found.source, found.destination)) return;
    if (found.missing != 0 && !options.ports.empty()) ++cut_packets;
    segment(found);
  }

  void segment(const TcpSegment& segment) {
    const auto source = decrypted.find(segment.at.capture);
    const DecryptedFrame* frame =
        source == decrypted.end() ? nullptr : source->second->frame(segment.at.frame);
    streams.set_decrypted(frame, segment.at);
    table.segment(segment);
    streams.set_decrypted(nullptr, segment.at);
  }

  void update_diagnostics() {
    diagnostics.conflicting_overlaps = budget.conflicting_overlaps;
    diagnostics.undecoded_streams = streams.undecoded();
    const auto set = [](auto& counts, std::string_view name, std::uint64_t count) {
      if (count != 0) counts.insert_or_assign(std::string(name), count);
    };
    set(diagnostics.dropped, "connections", table.let_go() + pdus.let_go());
    set(diagnostics.dropped, "buffered_bytes", budget.given_up_total + streams.frames_let_go());
    set(diagnostics.dropped, "buffered_per_direction", budget.given_up_per_direction);
    const FragmentTable& fragments = decoder.fragments();
    set(diagnostics.dropped, "fragmented_datagrams", fragments.at_bound());
    set(diagnostics.other, "cut_packets", cut_packets);
    set(diagnostics.other, "incomplete_datagrams", fragments.incomplete());
    set(diagnostics.other, "malformed_fragments", fragments.malformed());
    set(diagnostics.other, "conflicting_fragments", fragments.conflicting());
  }

  ReaderOptions options;
  Diagnostics diagnostics;
  StreamBudget budget;
  PacketDecoder decoder;
  AuditQueue sink;
  CkStreams streams;
  TcpTable table;
  PduTable pdus;
  std::uint64_t cut_packets = 0;  ///< cut by a snap length, on a named port
  std::map<std::uint32_t, std::unique_ptr<DecryptedSource>> decrypted;  ///< by capture
};

CkReader::CkReader(const ReaderOptions& options, const NameTable& names, Audit& audit)
    : state_(std::make_unique<State>(options, names, audit)) {}
CkReader::~CkReader() = default;

void CkReader::set_decrypted(std::uint32_t capture, std::unique_ptr<DecryptedSource> source) {
  state_->decrypted[capture] = std::move(source);
}

void CkReader::packet(const Packet& packet) {
  if (packet.link_type == kLinkExportedPdu) {
    state_->exported_pdu(packet);
  } else {
    state_->ip_packet(packet);
  }
  state_->sink.packet_over();
}

void CkReader::finish() {
  state_->pdus.finish();
  state_->table.finish();
  state_->sink.drain();
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
    ++info.packets;
    if (packet.time_ns != kNoTime) {
      if (info.end_ns == kNoTime || packet.time_ns < info.first_time_ns) info.first_time_ns = packet.time_ns;
      info.last_time_ns = std::max(info.last_time_ns, packet.time_ns);
      info.end_ns = packet.time_ns;
    }
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
