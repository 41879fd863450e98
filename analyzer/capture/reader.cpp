// The rooms in their order: packet, link, IP, TCP, framing.
#include "capture/reader.h"

#include <algorithm>

#include "capture/exported_pdu.h"
#include "capture/link_name.h"
#include "capture/timeline.h"
#ifdef CK_GRPC
#include "grpc/grpc_streams.h"
#endif
#include "packet/ip.h"
#include "stream/ck_stream.h"
#include "stream/passed_time.h"
#include "stream/pdu_table.h"
#include "stream/tcp_segment.h"
#include "stream/tcp_table.h"

namespace ck::capture {
namespace {

/// LINKTYPE_RAW: an IPv4 or IPv6 packet, as its first byte says.
constexpr int kLinkRawIp = 101;

/// Keys of exported connections of HTTP/2, apart from those of other exported PDUs.
constexpr ConnectionKey kHttp2Pdus = ConnectionKey{3} << 62;

/// Notes whether anything of a capture was decoded, and until then what was not.
void note_end(CaptureFacts& capture, const PacketEnd& end) {
  constexpr std::size_t kMaxNames = 16;
  if (end.kind == PacketEnd::Kind::decoded) {
    capture.decoded = true;
  } else if (end.kind == PacketEnd::Kind::closed && !capture.decoded && capture.closed.size() < kMaxNames &&
             std::find(capture.closed.begin(), capture.closed.end(), end.closed) == capture.closed.end()) {
    capture.closed.emplace_back(end.closed);
  }
}

}  // namespace

bool is_wanted(const ReaderOptions& options, const Endpoint& source, const Endpoint& destination) {
  const auto named = [&ports = options.ports](std::uint16_t port) {
    return std::find(ports.begin(), ports.end(), port) != ports.end();
  };
  return options.ports.empty() || named(source.port) || named(destination.port);
}

struct CkReader::State {
  State(const ReaderOptions& given, const NameTable& names, Audit& audit, Timeline* line)
      : options(given),
        budget{.max_per_direction = given.max_buffered_per_direction, .max_total = given.max_buffered_bytes},
        decoder(diagnostics.unknown_links, diagnostics.other, link_name),
        queue(names, audit, given.judging, given.merge_tolerance_ns),
        elsewhere(queue, after_end),
        timeline(line),
        sink(line != nullptr ? static_cast<CkSink&>(*line) : queue),
        streams(names, sink, budget, line != nullptr ? TellOthers::by_sink : TellOthers::here),
#ifdef CK_GRPC
        grpc(given.grpc != nullptr
                 ? std::make_unique<GrpcStreams>(*given.grpc, streams.sink(), streams, budget)
                 : nullptr),
        table({given.max_connections, given.idle_timeout_ns, &moment, given.merge_tolerance_ns},
              stream_sink(), budget),
#else
        table({given.max_connections, given.idle_timeout_ns, &moment, given.merge_tolerance_ns}, streams,
              budget),
#endif
        pdus(given.max_connections, streams),
        http2_pdus(given.max_connections, stream_sink(), kHttp2Pdus) {
#ifdef CK_GRPC
    streams.set_http2_sink(grpc.get());
#endif
    if (timeline != nullptr) timeline->begin(elsewhere, moment);
  }

  /// Who is told of TCP's streams.
  StreamSink& stream_sink() {
#ifdef CK_GRPC
    if (grpc != nullptr) return *grpc;
#endif
    return streams;
  }

  [[nodiscard]] bool is_wanted(const Endpoint& source, const Endpoint& destination) const {
    return capture::is_wanted(options, source, destination);
  }
  [[nodiscard]] bool is_shared_out(const Endpoint& source, const Endpoint& destination) const {
    return !options.shard.holds(source, destination);
  }

  PacketEnd exported_pdu(const Packet& packet) {
    ExportedPdu pdu;
    if (!decode_exported_pdu(packet.data, pdu)) {
      count_name(diagnostics.other, "short_packets");
      return {};
    }
    if (pdu.dissector == "ip" || pdu.dissector == "ipv6") {  // "OSI layer 3": whole packets
      Packet inner = packet;
      inner.link_type = kLinkRawIp;
      inner.original_length -= static_cast<std::uint32_t>(packet.data.size() - pdu.data.size());
      inner.data = pdu.data;
      return ip_packet(inner);
    }
    if (is_wanted(pdu.source, pdu.destination) && !is_shared_out(pdu.source, pdu.destination)) {
      Position at{packet.capture, packet.frame, packet.time_ns};
      at.behind_s = packet.behind_s;
      if (pdu.dissector == kHttp2Dissector) {
        exported_http2(pdu, at);
        return {PacketEnd::Kind::decoded, {}};
      }
      const SegmentPlace place =
          pdus.find(pdu.source, pdu.destination, at, !options.ports.empty(), moment.clock_ns);
      if (!pdu.data.empty()) streams.pdu(*place.connection, place.side, pdu.data, at, pdu.dissector == "ck");
      if (packet.original_length > packet.data.size()) {
        streams.cut(*place.connection, place.side, packet.original_length - packet.data.size(), at);
        if (!options.ports.empty()) ++cut_packets;
      }
    }
    return {PacketEnd::Kind::decoded, {}};
  }

  /// The RPCs of Ck, out of a connection of HTTP/2.
  void exported_http2(const ExportedPdu& pdu, const Position& at) {
#ifdef CK_GRPC
    if (grpc == nullptr) return;
    const SegmentPlace place = http2_pdus.find(pdu.source, pdu.destination, at, false, moment.clock_ns);
    if (place.connection->application == Application::unknown) grpc->begin(*place.connection, place.side);
    if (!pdu.data.empty()) grpc->data(*place.connection, place.side, pdu.data, at);
#else
    (void)pdu, (void)at;
#endif
  }

  PacketEnd ip_packet(const Packet& packet) {
    TcpSegment found;
    if (!decoder.decode(packet, found)) return decoder.end();
    do segment(found);
    while (decoder.next(found));
    return {PacketEnd::Kind::decoded, {}};
  }

  void segment(TcpSegment& found) {
    found.named = !options.ports.empty();
    if (!is_wanted(found.source, found.destination)) return;
    // What was put off is told by the clock, as of this packet: as it was when it was decrypted.
    if (decrypted != nullptr) decrypted->arrive(found.at);
    table.tick(found.at, moment.clock_ns);
    if (is_shared_out(found.source, found.destination)) return;
    if (found.missing != 0 && found.named) ++cut_packets;
    table.segment(found);
  }

  /// Of packets, whatever connection they belong to.
  void update_packet_diagnostics() {
    const auto set = [](auto& counts, std::string_view name, std::uint64_t count) {
      if (count != 0) counts.insert_or_assign(std::string(name), count);
    };
    const FragmentTable& fragments = decoder.fragments();
    set(diagnostics.dropped, "fragmented_datagrams", fragments.at_bound());
    set(diagnostics.other, "far_off_times", far_off_times);
    set(diagnostics.other, "incomplete_datagrams", fragments.incomplete());
    set(diagnostics.other, "malformed_fragments", fragments.malformed());
    set(diagnostics.other, "conflicting_fragments", fragments.conflicting());
  }

  void update_diagnostics() {
    if (options.shard.is_first()) {
      update_packet_diagnostics();
    } else {
      diagnostics.unknown_links.clear();
      diagnostics.other.clear();
    }
    diagnostics.conflicting_overlaps = budget.conflicting_overlaps;
    diagnostics.undecoded_streams = streams.undecoded();
    const auto set = [](auto& counts, std::string_view name, std::uint64_t count) {
      if (count != 0) counts.insert_or_assign(std::string(name), count);
    };
    set(diagnostics.dropped, "connections", table.evicted() + pdus.evicted() + http2_pdus.evicted());
    set(diagnostics.dropped, "buffered_bytes", budget.given_up_total + streams.frames_dropped());
    set(diagnostics.dropped, "buffered_per_direction", budget.given_up_per_direction);
    set(diagnostics.other, "ignored_resets", budget.ignored_resets);
    set(diagnostics.other, "bytes_after_end", budget.bytes_after_end);
#ifdef CK_GRPC
    if (grpc != nullptr) {
      set(diagnostics.dropped, "rpcs", grpc->counts().rpcs_dropped);
      set(diagnostics.dropped, "large_grpc_messages", grpc->counts().too_large);
      set(diagnostics.other, "other_rpcs", grpc->counts().other_rpcs);
      set(diagnostics.other, "unreadable_http2", grpc->counts().unreadable_streams);
      set(diagnostics.other, "unknown_grpc_encodings", grpc->counts().unknown_codings);
    }
#endif
    set(diagnostics.other, "cut_packets", cut_packets);
  }

  ReaderOptions options;
  Diagnostics diagnostics;
  StreamBudget budget;
  PacketDecoder decoder;
  AuditQueue queue;
  std::uint64_t after_end = 0;
  Elsewhere elsewhere;  ///< where there is a timeline
  Timeline* timeline;   ///< nullptr: none
  CkSink& sink;
  Moment moment;  ///< that is told
  CaptureClocks clocks;
  CkStreams streams;
#ifdef CK_GRPC
  std::unique_ptr<GrpcStreams> grpc;  ///< nullptr: gRPC is not looked for
#endif
  TcpTable table;
  PduTable pdus, http2_pdus;
  TcpSegment expected;              ///< the ends of one to come
  std::uint64_t cut_packets = 0;    ///< cut by a snap length, on a named port
  std::uint64_t far_off_times = 0;  ///< packets whose times cannot be told
  std::unique_ptr<DecryptedSource> decrypted;
};

CkReader::CkReader(const ReaderOptions& options, const NameTable& names, Audit& audit, Timeline* timeline)
    : state_(std::make_unique<State>(options, names, audit, timeline)) {}
CkReader::~CkReader() = default;

void CkReader::set_decrypted(std::unique_ptr<DecryptedSource> source) {
  state_->decrypted = std::move(source);
  state_->streams.set_secrets(state_->decrypted.get());
}

std::int64_t CaptureClocks::of(const Packet& packet) {
  if (packet.capture >= clocks_.size()) clocks_.resize(packet.capture + std::size_t{1}, kNoTime);
  return clocks_[packet.capture] = std::max(clocks_[packet.capture], packet.time_ns);
}

PacketEnd CkReader::packet(const Packet& packet) {
  state_->moment = {};
  state_->moment.clock_ns = state_->clocks.of(packet);
  state_->moment.capture = packet.capture;
  state_->moment.frame = packet.frame;
  if (packet.far_off) ++state_->far_off_times;
  const PacketEnd end =
      packet.link_type == kLinkExportedPdu ? state_->exported_pdu(packet) : state_->ip_packet(packet);
  state_->queue.packet_over();
  return end;
}

void CkReader::expect(const Packet& packet) {
  if (PacketDecoder::find_ends(packet, state_->expected)) state_->table.expect(state_->expected);
}

bool CkReader::expects() const {
  return state_->table.is_large();
}

void CkReader::finish() {
  Moment* moment = &state_->moment;
  state_->table.finish_waiting();
  state_->pdus.finish(moment, Stage::pdus_over);
  state_->http2_pdus.finish(moment, Stage::http2_pdus_over);
  state_->table.finish();
  if (state_->timeline != nullptr) state_->timeline->finish();
  state_->queue.drain();
}

const Diagnostics& CkReader::diagnostics() const {
  state_->update_diagnostics();
  return state_->diagnostics;
}

std::uint64_t CkReader::bytes_after_end() const {
  return state_->after_end;
}

const ShutServers& CkReader::shut_servers() const {
  return state_->streams.shut_servers();
}

void read_all(Source& source, CkReader& reader, std::vector<CaptureFacts>& captures) {
  Packet packet;
  int known_link = -1;
  std::uint32_t known_capture = 0;
  std::vector<PassedTime> clocks;
  for (;;) {
    const SourceStatus status = source.next(packet);
    if (status == SourceStatus::end) return;
    if (packet.capture >= captures.size()) captures.resize(packet.capture + std::size_t{1});
    if (packet.capture >= clocks.size()) clocks.resize(packet.capture + std::size_t{1});
    CaptureFacts& capture = captures[packet.capture];
    if (status == SourceStatus::error) {
      capture.error = source.error();
      return;
    }
    ++capture.packets;
    packet.behind_s = clocks[packet.capture].behind(packet.time_ns);
    if (packet.time_ns != kNoTime) {
      if (capture.end_ns == kNoTime || packet.time_ns < capture.first_time_ns)
        capture.first_time_ns = packet.time_ns;
      capture.last_time_ns = std::max(capture.last_time_ns, packet.time_ns);
      capture.end_ns = packet.time_ns;
      capture.end_behind_s = packet.behind_s;
    }
    capture.bytes += packet.data.size();
    if (packet.link_type != known_link || packet.capture != known_capture) {
      known_link = packet.link_type;
      known_capture = packet.capture;
      std::string name = link_name(packet.link_type);
      if (std::find(capture.link_types.begin(), capture.link_types.end(), name) == capture.link_types.end()) {
        capture.link_types.push_back(std::move(name));
      }
    }
    note_end(capture, reader.packet(packet));
    if (!reader.expects()) continue;
    packet.data = source.ahead();
    if (!packet.data.empty()) reader.expect(packet);
  }
}

}  // namespace ck::capture
