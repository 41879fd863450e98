// Fuzz target: TCP against a model. Every byte's value is the low byte of its sequence number, so a sink can
// tell from the bytes alone that none is told twice, out of place, or left out without a word. Six bytes of
// input make one segment.
#include <cstdlib>
#include <map>

#include "stream/tcp_table.h"

namespace {

using namespace ck::stream;

void require(bool holds) {
  if (!holds) std::abort();
}

class CountingSink final : public StreamSink {
 public:
  void data(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at) override {
    Stream& stream = of(connection, side);
    require(!stream.ended && at.frame != 0 && !bytes.empty());
    for (const std::uint8_t byte : bytes) {
      if (stream.known) require(byte == stream.next);
      stream.known = true;
      stream.next = static_cast<std::uint8_t>(byte + 1);
      ++stream.offset;
    }
  }
  void lost(TcpConnection& connection, unsigned side, std::uint64_t missing, std::uint64_t untold,
            const Position&) override {
    Stream& stream = of(connection, side);
    require(!stream.ended && missing != 0 && untold <= missing);
    stream.next = static_cast<std::uint8_t>(stream.next + missing);
    stream.offset += missing;
  }
  void cut(TcpConnection& connection, unsigned side, std::uint64_t bytes, const Position&) override {
    require(bytes != 0 && !of(connection, side).ended);
  }
  bool differs(TcpConnection& connection, unsigned side, std::uint64_t offset, Bytes bytes) override {
    Stream& stream = of(connection, side);
    require(offset + bytes.size() <= stream.offset);
    // What is repeated is what was told, byte for byte: the offset must fit.
    if (stream.known) require(bytes[0] == static_cast<std::uint8_t>(stream.next - (stream.offset - offset)));
    return false;
  }
  void reset_seen(TcpConnection&, unsigned, const Position&) override {}
  void awaited(TcpConnection& connection, unsigned side, std::uint64_t until, const Position&) override {
    require(until > of(connection, side).offset);
  }
  void held_back(TcpConnection& connection, unsigned side, std::uint64_t until, const Position&) override {
    require(until > of(connection, side).offset && !of(connection, side).ended);
  }
  void fin(TcpConnection& connection, unsigned side, const Position&) override {
    require(!of(connection, side).ended);
    of(connection, side).ended = true;
  }
  void reset(TcpConnection& connection, unsigned side, const Position&) override {
    of(connection, side).ended = true;
  }
  void start_seen(TcpConnection& connection, unsigned side, const Position&) override {
    of(connection, side);
  }
  void closed(TcpConnection& connection, const Position&) override {
    require(over_.emplace(connection.key, true).second);
  }
  void left_open(TcpConnection& connection) override { require(over_.emplace(connection.key, true).second); }

 private:
  struct Stream {
    std::uint8_t next = 0;
    bool known = false, ended = false;
    std::uint64_t offset = 0;
  };
  Stream& of(const TcpConnection& connection, unsigned side) {
    require(side < 2 && !over_.contains(connection.key));
    return streams_[{connection.key, side}];
  }
  std::map<std::pair<ConnectionKey, unsigned>, Stream> streams_;
  std::map<ConnectionKey, bool> over_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  CountingSink sink;
  StreamBudget budget{.max_per_direction = 2000, .max_total = 3000};
  TcpTable table({3, 0}, sink, budget);
  std::array<std::uint8_t, 512> bytes{};
  std::uint64_t frame = 0;
  std::int64_t now_ns = 0;
  for (; size >= 6; data += 6, size -= 6) {
    TcpSegment segment;
    segment.source.address.size = segment.destination.address.size = 4;
    segment.source.port = static_cast<std::uint16_t>(1 + (data[0] >> 1 & 3));
    segment.destination.port = 9;
    if ((data[0] & 1) != 0) std::swap(segment.source, segment.destination);
    segment.flags = data[1] & (kTcpFin | kTcpSyn | kTcpRst | kTcpAck);
    // Near the wrap of 2^32, so that it happens often.
    segment.sequence = 0xffff'ff00u + data[2] * 4u + ((data[0] & 8) != 0 ? 0x2000'0000u : 0);
    segment.acknowledgement = 0xffff'ff00u + data[3] * 4u;
    const std::uint32_t first = segment.sequence + (segment.has(kTcpSyn) ? 1 : 0);
    const std::size_t length = data[4];
    for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::uint8_t>(first + i);
    segment.payload = Bytes(bytes).first(length);
    segment.missing = (data[5] & 3) == 0 ? data[5] : 0;
    now_ns += (data[5] >> 2 & 7) * std::int64_t{150'000'000};  // some segments wait for a second
    segment.at = {0, ++frame, now_ns};
    table.segment(segment);
    require(budget.total <= 3000 + 512 + 256);
  }
  table.finish();
  require(budget.conflicting_overlaps == 0);
  return 0;
}
