// Plain pcap of raw IPv4: one pair of addresses for each connection, so that none is taken for another.
#include "capture/tls_capture.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <unordered_map>
#include <vector>

#include "capture/link_name.h"
#include "capture/reader.h"
#include "packet/ip.h"
#include "protocol/parameter_names.h"
#include "stream/ck_stream.h"
#include "stream/tcp_table.h"

namespace ck::capture {
namespace {

constexpr std::uint16_t kClientPort = 60000;
constexpr std::uint32_t kFirstClient = 0x0A00'0000, kFirstServer = 0x0B00'0000;  // 10.0.0.0, 11.0.0.0
constexpr std::uint32_t kAddresses = 1u << 24;
constexpr std::size_t kIpHeader = 20, kTcpHeader = 20;
/// An IPv4 packet holds no more than 65,535 bytes.
constexpr std::size_t kMaxPayload = 60'000;
constexpr std::uint32_t kFirstSequence = 1000;
/// ClientHellos that are remembered.
constexpr std::size_t kMaxClients = 262'144;

/// Here Ck itself is of no interest.
class NoSink final : public CkSink {
 public:
  void open(const ConnectionStart& /*start*/) override {}
  void message(const Message& /*message*/) override {}
  void event(const StreamEvent& /*event*/) override {}
  void close(ConnectionKey /*connection*/, const Position& /*at*/) override {}
};

/// Of a pcap file in this machine's byte order.
struct FileHeader {
  std::uint32_t magic = 0xA1B2'3C4D;  ///< times are in nanoseconds
  std::uint16_t major = 2, minor = 4;
  std::int32_t time_zone = 0;
  std::uint32_t accuracy = 0, snap_length = kSnapLength, link_type = 101;  ///< LINKTYPE_RAW
};

class TlsWriter final : public TlsRecordSink {
 public:
  TlsWriter(const std::filesystem::path& capture, const std::filesystem::path& frames) {
    for (std::ofstream* file : {&capture_, &frames_}) file->exceptions(std::ios::badbit | std::ios::failbit);
    capture_.open(capture, std::ios::binary);
    frames_.open(frames, std::ios::binary);
    const FileHeader header;
    capture_.write(reinterpret_cast<const char*>(&header), sizeof header);
  }

  /// What is told next comes with the arrival of this packet.
  void set_arrival(const Position& at) { arrival_ = at; }

  void begin(const TcpConnection& connection, unsigned client, bool whole) override {
    Ends& ends = ends_[connection.key];
    ends.number = static_cast<std::uint32_t>(facts_.connections++ % kAddresses);
    ends.client = client;
    if (!whole) return;
    packet(connection, ends, client, kTcpSyn, {});
    ++ends.next[client];
    packet(connection, ends, 1 - client, kTcpSyn | kTcpAck, {});
    ++ends.next[1 - client];
    packet(connection, ends, client, kTcpAck, {});
  }

  void records(const TcpConnection& connection, const RecordsId& id, Bytes bytes) override {
    Ends& ends = ends_[connection.key];
    const unsigned side = id.side;
    records_ = id;
    while (!bytes.empty()) {
      const Bytes part = bytes.first(std::min(bytes.size(), kMaxPayload));
      packet(connection, ends, side, kTcpAck, part);
      ends.next[side] += static_cast<std::uint32_t>(part.size());
      bytes = bytes.subspan(part.size());
    }
  }

  void lost(const TcpConnection& connection, unsigned side, std::uint64_t missing) override {
    ends_[connection.key].next[side] += static_cast<std::uint32_t>(missing);
  }

  void end(const TcpConnection& connection, const TlsWatch& watch) override {
    ends_.erase(connection.key);
    for (const unsigned side : {0u, 1u}) {
      const auto& random = watch.side(side).random;
      if (random && facts_.clients.size() < kMaxClients) facts_.clients.insert(random_key(*random));
    }
  }

  /// To be asked once, at the end.
  TlsCaptureFacts finish() {
    capture_.close();
    frames_.close();
    return std::move(facts_);
  }

 private:
  struct Ends {
    std::uint32_t number = 0;
    unsigned client = 0;
    std::array<std::uint32_t, 2> next = {kFirstSequence, kFirstSequence};  ///< sequence numbers
  };

  void packet(const TcpConnection& connection, const Ends& ends, unsigned side, std::uint8_t flags,
              Bytes payload) {
    std::vector<std::uint8_t>& out = packet_;
    out.clear();
    const auto put16 = [&out](std::size_t value) {
      out.insert(out.end(), {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)});
    };
    const auto put32 = [&put16](std::uint32_t value) {
      put16(value >> 16);
      put16(value);
    };
    const bool from_client = side == ends.client;
    const std::uint32_t client = kFirstClient + ends.number, server = kFirstServer + ends.number;
    put16(0x4500);
    put16(kIpHeader + kTcpHeader + payload.size());
    put32(0);
    put32(0x4006'0000);  // time to live, TCP, no checksum
    put32(from_client ? client : server);
    put32(from_client ? server : client);
    put16(from_client ? kClientPort : kTlsCapturePort);
    put16(from_client ? kTlsCapturePort : kClientPort);
    put32(ends.next[side]);
    put32((flags & kTcpAck) != 0 ? ends.next[1 - side] : 0);
    put16(0x5000u | flags);
    put16(0xFFFF);
    put32(0);
    out.insert(out.end(), payload.begin(), payload.end());
    write(connection, ends);
  }

  void write(const TcpConnection& connection, const Ends& ends) {
    const auto time = static_cast<std::uint64_t>(std::max<std::int64_t>(arrival_.time_ns, 0));
    const auto size = static_cast<std::uint32_t>(packet_.size());
    const std::array<std::uint32_t, 4> head = {static_cast<std::uint32_t>(time / kNanosPerSecond),
                                               static_cast<std::uint32_t>(time % kNanosPerSecond), size,
                                               size};
    capture_.write(reinterpret_cast<const char*>(head.data()), sizeof head);
    capture_.write(reinterpret_cast<const char*>(packet_.data()), size);
    const TlsFrameOrigin origin{arrival_.capture, arrival_.frame, records_, connection.endpoints[ends.client],
                                connection.endpoints[1 - ends.client]};
    frames_.write(reinterpret_cast<const char*>(&origin), sizeof origin);
  }

  std::ofstream capture_, frames_;
  std::vector<std::uint8_t> packet_;
  Position arrival_;
  RecordsId records_;
  std::unordered_map<ConnectionKey, Ends> ends_;  ///< of connections that are not over
  TlsCaptureFacts facts_;
};

}  // namespace

std::uint64_t random_key(const TlsRandom& random) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < sizeof out; ++i) out = out << 8 | random[i];
  return out;
}

TlsCaptureFacts write_tls_capture(Source& source, const ReaderOptions& options,
                                  const std::filesystem::path& capture, const std::filesystem::path& frames) {
  TlsWriter writer(capture, frames);
  const NameTable names;
  NoSink sink;
  Diagnostics diagnostics;
  PacketDecoder decoder(diagnostics.unknown_links, diagnostics.other, link_name);
  StreamBudget budget{.max_per_direction = options.max_buffered_per_direction,
                      .max_total = options.max_buffered_bytes};
  CkStreams streams(names, sink, budget);
  streams.set_record_sink(&writer);
  TcpTable table({options.max_connections, options.idle_timeout_ns, nullptr, options.merge_tolerance_ns},
                 streams, budget);
  CaptureClocks clocks;
  TcpSegment segment;
  for (Packet packet; source.next(packet) == SourceStatus::packet;) {
    const std::int64_t clock_ns = clocks.of(packet);
    for (bool found = decoder.decode(packet, segment); found; found = decoder.next(segment)) {
      if (!is_wanted(options, segment.source, segment.destination)) continue;
      writer.set_arrival(segment.at);
      table.tick(segment.at, clock_ns);
      if (!options.shard.holds(segment.source, segment.destination)) continue;
      segment.named = !options.ports.empty();
      table.segment(segment);
    }
  }
  table.finish();
  return writer.finish();
}

}  // namespace ck::capture
