// Fuzz target: packets of any link type through link, IP, TCP and framing. Byte 0 and 1: LINKTYPE_; then
// packets, each with a two-byte length and a byte for what its snap length cut. Held bytes must be accounted
// for to the last.
#include <algorithm>
#include <cstdlib>

#include "capture/link_name.h"
#include "capture/reader.h"
#include "packet/ip.h"
#include "stream/ck_stream.h"

namespace {

using namespace ck::capture;

struct Nobody final : CkSink {
  void open(const ConnectionStart&) override {}
  void message(const Message& message) override {
    if (message.payload == nullptr || message.at.frame == 0) std::abort();
  }
  void event(const StreamEvent& event) override {
    if (event.at.frame == 0 || event.side > 1) std::abort();
  }
  void close(ConnectionKey, const Position&) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const NameTable names;
  if (size < 2) return 0;
  Diagnostics diagnostics;
  PacketDecoder decoder(diagnostics.unknown_links, diagnostics.other, link_name);
  StreamBudget budget{.max_per_direction = 4096, .max_total = 16 * 1024};
  Nobody nobody;
  CkStreams streams(names, nobody, budget);
  TcpTable table({8, 0}, streams, budget);
  Packet packet;
  packet.link_type = data[0] | data[1] << 8;
  for (std::size_t at = 2; at + 3 <= size;) {
    const std::size_t length =
        std::min<std::size_t>(size - at - 3, static_cast<std::size_t>(data[at] << 8 | data[at + 1]));
    packet.data = Bytes(data + at + 3, length);
    packet.original_length = static_cast<std::uint32_t>(length + data[at + 2]);
    ++packet.frame;
    packet.time_ns += 1'000'000'000;
    at += 3 + length;
    TcpSegment segment;
    for (bool found = decoder.decode(packet, segment); found; found = decoder.next(segment)) {
      const bool inside = segment.payload.empty() || segment.payload.size() <= 65'535;
      if (!inside) std::abort();
      table.segment(segment);
    }
  }
  table.finish();
  return 0;
}
