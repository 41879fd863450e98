// Which connections are HTTP/2: those that begin with its preface. A server may send its SETTINGS before it
// has seen that.
#include "grpc/grpc_streams.h"

#include <algorithm>
#include <tuple>

#include "base/endian.h"
#include "grpc/connection.h"

namespace ck::grpc {
namespace {

/// Connections that may wait at once for what tells them apart; a new one beyond that is taken for no HTTP/2.
constexpr std::size_t kMaxWaiting = 4096;
constexpr std::size_t kMaxWaitingBytes = 16 * 1024;

bool begins_preface(Bytes first) {
  const std::size_t size = std::min(first.size(), kPreface.size());
  return std::equal(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(size), kPreface.begin(),
                    [](std::uint8_t byte, char c) { return byte == static_cast<std::uint8_t>(c); });
}

/// A server's first frame is SETTINGS, on stream 0 and of whole settings (RFC 9113, 3.4). `first` may be less
/// than its head.
bool begins_settings(Bytes first) {
  constexpr std::array<std::uint8_t, 6> kBehindSize = {4, 0, 0, 0, 0, 0};
  constexpr std::size_t kSize = 3;
  first = first.first(std::min(first.size(), kSize + kBehindSize.size()));
  if (!first.empty() && first[0] != 0) return false;
  if (first.size() < kSize) return true;
  const std::size_t size = read_be16(first, 1);
  const Bytes behind = first.subspan(kSize);
  return size <= 600 && size % 6 == 0 && std::equal(behind.begin(), behind.end(), kBehindSize.begin());
}

}  // namespace

GrpcStreams::~GrpcStreams() = default;

GrpcStreams::Guess GrpcStreams::guess(Bytes first) {
  if (begins_preface(first)) return first.size() >= kPreface.size() ? Guess::http2 : Guess::perhaps;
  return begins_settings(first) ? Guess::perhaps : Guess::no;
}

GrpcStreams::Connection* GrpcStreams::find(const TcpConnection& connection) {
  if (connection.application != Application::http2) return nullptr;
  return static_cast<Connection*>(connection.context.get());
}

void GrpcStreams::data(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at) {
  if (connection.application == Application::other) return others_.data(connection, side, bytes, at);
  if (Connection* http2 = find(connection)) return http2->data(side, bytes, at);
  wait_or_decide(connection, side, bytes, at);
}

/// The connection's first bytes, or some of its first.
void GrpcStreams::wait_or_decide(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at) {
  const auto before = waiting_.find(connection.key);
  if (before == waiting_.end()) {
    const Guess alone = guess(bytes);
    if (alone == Guess::no || waiting_.size() >= kMaxWaiting) {
      connection.application = Application::other;
      return others_.data(connection, side, bytes, at);
    }
  }
  Waiting& waiting = before == waiting_.end() ? waiting_[connection.key] : before->second;
  waiting.parts.push_back({side, {bytes.begin(), bytes.end()}, at});
  const std::size_t held = sizeof(Waiting::Part) + 2 * bytes.size();
  waiting.counted += held;
  budget_.total += held;
  std::vector<std::uint8_t>& first = waiting.first[side];
  first.insert(first.end(), bytes.begin(), bytes.end());
  const Guess now = guess(first);
  if (now == Guess::http2) {
    begin(connection, side);
  } else if (now == Guess::no || waiting.counted > kMaxWaitingBytes || budget_.total > budget_.max_total) {
    pass_on(connection);
  }
}

GrpcStreams::Waiting GrpcStreams::take_waiting(ConnectionKey key) {
  auto node = waiting_.extract(key);
  if (node.empty()) return {};
  budget_.total -= node.mapped().counted;
  return std::move(node.mapped());
}

/// It is no HTTP/2.
void GrpcStreams::pass_on(TcpConnection& connection) {
  if (connection.application != Application::unknown) return;
  connection.application = Application::other;
  if (waiting_.empty()) return;
  const Waiting waiting = take_waiting(connection.key);
  for (const Waiting::Part& part : waiting.parts) others_.data(connection, part.side, part.bytes, part.at);
}

void GrpcStreams::begin(TcpConnection& connection, unsigned client) {
  const Waiting waiting = take_waiting(connection.key);
  connection.application = Application::http2;
  auto made = std::make_unique<Connection>(*this, connection, client);
  Connection& http2 = *made;
  connection.context = std::move(made);
  for (const Waiting::Part& part : waiting.parts) http2.data(part.side, part.bytes, part.at);
}

void GrpcStreams::lost(TcpConnection& connection, unsigned side, std::uint64_t missing, std::uint64_t untold,
                       const Position& at) {
  pass_on(connection);
  Connection* http2 = find(connection);
  if (http2 == nullptr) return others_.lost(connection, side, missing, untold, at);
  http2->lose(side, at);
  if (untold == 0) return;
  StreamEvent event;
  event.kind = StreamEventKind::gap;
  event.at = at;
  event.bytes = untold;
  http2->tell(event, side);
}

void GrpcStreams::cut(TcpConnection& connection, unsigned side, std::uint64_t bytes, const Position& at) {
  Connection* http2 = find(connection);
  if (http2 == nullptr) {
    pass_on(connection);
    return others_.cut(connection, side, bytes, at);
  }
  StreamEvent event;
  event.kind = StreamEventKind::truncated_packet;
  event.at = at;
  event.bytes = bytes;
  http2->tell(event, side);
}

bool GrpcStreams::differs(TcpConnection& connection, unsigned side, std::uint64_t offset, Bytes bytes) {
  return connection.application == Application::other && others_.differs(connection, side, offset, bytes);
}

void GrpcStreams::awaited(TcpConnection& connection, unsigned side, std::uint64_t until, const Position& at) {
  Connection* http2 = find(connection);
  if (http2 == nullptr) return others_.awaited(connection, side, until, at);
  StreamEvent event;
  event.kind = StreamEventKind::hole_seen;
  event.at = at;
  http2->tell(event, side);
}

void GrpcStreams::held_back(TcpConnection& connection, unsigned side, std::uint64_t until,
                            const Position& at) {
  if (find(connection) == nullptr) others_.held_back(connection, side, until, at);
}

void GrpcStreams::fin(TcpConnection& connection, unsigned side, const Position& at) {
  if (Connection* http2 = find(connection)) return http2->tell_end(StreamEventKind::fin, side, at);
  pass_on(connection);
  others_.fin(connection, side, at);
}

void GrpcStreams::reset(TcpConnection& connection, unsigned side, const Position& at) {
  if (Connection* http2 = find(connection)) return http2->tell_end(StreamEventKind::reset, side, at);
  pass_on(connection);
  others_.reset(connection, side, at);
}

void GrpcStreams::start_seen(TcpConnection& connection, unsigned side, const Position& at) {
  Connection* http2 = find(connection);
  if (http2 == nullptr) return others_.start_seen(connection, side, at);
  StreamEvent event;
  event.kind = StreamEventKind::start_seen;
  event.at = at;
  http2->tell(event, side);
}

void GrpcStreams::closed(TcpConnection& connection, const Position& at) {
  if (Connection* http2 = find(connection)) {
    http2->end(&at);
    connection.context.reset();
    return;
  }
  pass_on(connection);
  others_.closed(connection, at);
}

void GrpcStreams::left_open(TcpConnection& connection) {
  if (Connection* http2 = find(connection)) {
    http2->end(nullptr);
    connection.context.reset();
    return;
  }
  pass_on(connection);
  others_.left_open(connection);
}

}  // namespace ck::grpc
