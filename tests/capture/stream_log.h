// What the tests of this room compare: everything that was told of the wire, one line each, in order.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "capture/link_name.h"
#include "capture/reader.h"
#include "capture/source.h"
#include "generator/ck_message.h"
#include "generator/conversation.h"
#include "generator/packets.h"
#include "packet/ip.h"
#include "protocol/parameter_names.h"
#include "stream/ck_sink.h"
#include "stream/ck_stream.h"
#include "stream/tcp_table.h"

namespace ck::capture {

inline const samples::Endpoint kKm{"10.0.0.1", 40000};
inline const samples::Endpoint kController{"10.0.0.2", 7000};
inline constexpr const char* kBody = R"({"Source KMA ID":"A"})";  ///< 21 bytes: a frame of 31

inline samples::Buffer request(std::uint32_t id) {
  return samples::frame(1, id, samples::kRelayNotification, kBody);
}

/// Lines such as "open 1 client-known from-start=11", "message 0 #7 0x1401 id=5 {…}", "gap 0 #9 40".
/// The number behind the kind is the Side, the one behind # the frame.
class StreamLog final : public CkSink {
 public:
  std::vector<std::string> lines;
  std::vector<std::string> resets_seen;  ///< "1 #5 behind 2": side, frame, and how many lines came before
  std::vector<ConnectionStart> starts;

  void open(const ConnectionStart& start) override {
    starts.push_back(start);
    lines.push_back(fmt::format("open {}{} from-start={}{}", start.key,
                                start.opener_known ? " opener-known" : "", start.seen_from_start[0] ? 1 : 0,
                                start.seen_from_start[1] ? 1 : 0));
  }
  void message(const Message& message) override {
    const auto& body = message.payload_bytes;
    std::string line = fmt::format("message {} #{} {:#06x} id={} {}", message.sender, message.at.frame,
                                   message.command, message.header->message_id,
                                   std::string_view(reinterpret_cast<const char*>(body.data()), body.size()));
    if (message.slip != nullptr) line += fmt::format(" ({})", message.slip->found);
    lines.push_back(line);
  }
  void event(const StreamEvent& event) override {
    if (event.kind == StreamEventKind::reset_seen) {
      resets_seen.push_back(fmt::format("{} #{} behind {}", event.side, event.at.frame, lines.size()));
      return;
    }
    static constexpr const char* kNames[] = {
        "start-seen",       "skipped",           "malformed", "slipped", "gap",
        "truncated-packet", "truncated-message", "fin",       "reset",   "unfinished",
        "pending",          "hole-open",         "hole-seen"};
    std::string line =
        fmt::format("{} {} #{}", kNames[static_cast<std::size_t>(event.kind)], event.side, event.at.frame);
    if (event.bytes != 0) line += fmt::format(" {}", event.bytes);
    if (event.expected != 0) line += fmt::format("/{}", event.expected);
    if (event.slip != nullptr) line += fmt::format(" ({})", event.slip->found);
    lines.push_back(line);
  }
  void close(ConnectionKey connection, const Position& at) override {
    lines.push_back(fmt::format("close {} #{}", connection, at.frame));
  }
};

struct PipelineOptions {
  std::size_t max_per_direction = 4u << 20;
  std::size_t max_total = 256u << 20;
  std::size_t max_connections = 1000;
  std::int64_t idle_timeout_ns = 0;
  bool assume_ck = false;
  std::int64_t syn_wait_ns = 0;
};

/// The rooms behind a source, with a log at their end.
struct Pipeline {
  using Options = PipelineOptions;
  explicit Pipeline(const Options& options = {})
      : budget{.max_per_direction = options.max_per_direction, .max_total = options.max_total},
        streams(names, log, budget),
        table({options.max_connections, options.idle_timeout_ns, nullptr, options.syn_wait_ns}, streams,
              budget),
        named(options.assume_ck) {}

  Pipeline& run(Source& source) {
    Packet packet;
    while (source.next(packet) == SourceStatus::packet) {
      TcpSegment segment;
      for (bool found = decoder.decode(packet, segment); found; found = decoder.next(segment)) {
        segment.named = named;
        table.segment(segment);
      }
    }
    table.finish();
    return *this;
  }
  Pipeline& run(const samples::Recording& recording) {
    const samples::Buffer file = recording.pcapng();
    return run(*open_memory(file, 0));
  }

  NameTable names;
  StreamLog log;
  Diagnostics diagnostics;
  StreamBudget budget;
  PacketDecoder decoder{diagnostics.unknown_links, diagnostics.other, link_name};
  CkStreams streams;
  TcpTable table;
  bool named;
};

using Lines = std::vector<std::string>;

}  // namespace ck::capture
