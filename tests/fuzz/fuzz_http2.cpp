// Fuzz target: HTTP/2 and gRPC, from two directions of bytes, with a budget that is soon used up. Each chunk
// is a byte of what happens, one of how many bytes follow, and these; the first byte says how many
// connections take turns. What was held is given back in the end, whatever was said.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "grpc/grpc_streams.h"

namespace {

using namespace ck::grpc;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Looks at every byte that it is told of.
struct Reader final : CkSink {
  std::size_t sum = 0;
  std::vector<ConnectionKey> told;
  void open(const ConnectionStart& start) override { told.push_back(start.key); }
  void message(const Message& message) override {
    require(message.spec != nullptr && message.stream.has_value());
    for (const std::uint8_t byte : message.payload_bytes) sum += byte;
    sum += message.trouble.size();
  }
  void event(const StreamEvent& event) override { sum += event.bytes; }
  void rpc_ended(const RpcEnd& end) override { sum += end.result.size(); }
  void close(ConnectionKey, const Position&) override {}
};

struct Others final : StreamSink {
  void data(TcpConnection&, unsigned, Bytes bytes, const Position&) override { count += bytes.size(); }
  void lost(TcpConnection&, unsigned, std::uint64_t, std::uint64_t, const Position&) override {}
  void cut(TcpConnection&, unsigned, std::uint64_t, const Position&) override {}
  bool differs(TcpConnection&, unsigned, std::uint64_t, Bytes) override { return false; }
  void awaited(TcpConnection&, unsigned, std::uint64_t, const Position&) override {}
  void reset_seen(TcpConnection&, unsigned, const Position&) override {}
  void fin(TcpConnection&, unsigned, const Position&) override {}
  void reset(TcpConnection&, unsigned, const Position&) override {}
  void start_seen(TcpConnection&, unsigned, const Position&) override {}
  void closed(TcpConnection&, const Position&) override {}
  void left_open(TcpConnection&) override {}
  std::size_t count = 0;
};

// What fuzzers do not find soon.
constexpr std::string_view kGreeting = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kAsking =
    "POST /qkdn.ck.v1.KeyManager/KeyReservation HTTP/1.1\r\nHost: km\r\nConnection: Upgrade\r\n"
    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Type: application/grpc\r\n";
constexpr std::string_view kInChunks = "Transfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kGranted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n";

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void happen(GrpcStreams& streams, TcpConnection& connection, std::uint8_t what, Bytes bytes,
            const Position& at) {
  const unsigned side = what & 1U;
  switch (what >> 4) {
    case 0:
      return streams.lost(connection, side, bytes.size() + 1, what & 2U, at);
    case 1:
      return streams.cut(connection, side, bytes.size(), at);
    case 2:
      return streams.fin(connection, side, at);
    case 3:
      return streams.reset(connection, side, at);
    case 4:
      return streams.awaited(connection, side, bytes.size(), at);
    case 5:
      return streams.data(connection, side, bytes_of(kGreeting), at);
    case 6:
      return streams.data(connection, side, bytes_of(kAsking), at);
    case 7:
      return streams.data(connection, side, bytes_of(kInChunks), at);
    case 8:
      return streams.data(connection, side, bytes_of(kGranted), at);
    default:
      return streams.data(connection, side, bytes, at);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ProtoSchema schema({});
  if (size == 0) return 0;
  Reader sink;
  Others others;
  StreamBudget budget{.max_per_direction = 4096, .max_total = 16 * 1024};
  GrpcStreams streams(schema, sink, others, budget);
  std::array<TcpConnection, 4> connections;
  const std::size_t used = std::size_t{1} + data[0] % connections.size();
  for (std::size_t i = 0; i < used; ++i) connections[i].key = i + 1;
  Position at{0, 1, 0};
  Bytes rest(data + 1, size - 1);
  while (rest.size() > 1) {
    const std::uint8_t what = rest[0];
    const Bytes bytes = rest.subspan(2).first(std::min<std::size_t>(rest[1], rest.size() - 2));
    rest = rest.subspan(2 + bytes.size());
    if (!bytes.empty() || what >> 4 < 9) happen(streams, connections[(what >> 1) % used], what, bytes, at);
    ++at.frame;
  }
  for (std::size_t i = 0; i < used; ++i) {
    if (i % 2 == 0) {
      streams.closed(connections[i], at);
    } else {
      streams.left_open(connections[i]);
    }
  }
  require(budget.total == 0);
  return 0;
}
