// Which connections are HTTP/2: those that begin with its preface, or with HTTP/1.1 that is upgraded to it. A
// server may send its SETTINGS before it has seen the preface.
#include "grpc/grpc_streams.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/endian.h"
#include "grpc/connection.h"
#include "grpc/frame_types.h"

namespace ck::grpc {
namespace {

/// Connections that may wait at once for what tells them apart; a new one beyond that is taken for no HTTP/2.
constexpr std::size_t kMaxWaiting = 4096;
constexpr std::size_t kMaxWaitingBytes = 16 * 1024;
/// The same for a request of HTTP/1.1 that may be upgraded, whose body is a message.
constexpr std::size_t kMaxUpgradeBytes = 1024 * 1024;

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
    const bool may_be = guess(bytes) != Guess::no || Upgrade().look(bytes, {}) != Upgrade::State::no;
    if (!may_be || waiting_.size() >= kMaxWaiting) {
      connection.application = Application::other;
      // In the middle of a connection nothing tells HTTP/2 from anything else.
      if (!connection.from_start[side] || may_be) tell_unreadable(connection, at);
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
  decide(connection, side, waiting);
}

void GrpcStreams::decide(TcpConnection& connection, unsigned side, Waiting& waiting) {
  const Guess now = guess(waiting.first[side]);
  if (now == Guess::http2) return begin(connection, side);
  std::size_t limit = kMaxWaitingBytes;
  if (now == Guess::no) {
    const unsigned client = waiting.parts.front().side;
    const Upgrade::State state = waiting.upgrade.look(waiting.first[client], waiting.first[1 - client]);
    if (state == Upgrade::State::no) {
      // What began with the server's settings may be HTTP/2 whose client's preface was not captured.
      if (!connection.from_start[0] || !connection.from_start[1])
        tell_unreadable(connection, waiting.parts.back().at);
      return pass_on(connection);
    }
    if (state == Upgrade::State::granted) return begin_upgraded(connection);
    limit = kMaxUpgradeBytes;
  }
  if (waiting.counted > limit || budget_.total > budget_.max_total) pass_on(connection);
}

GrpcStreams::Waiting GrpcStreams::take_waiting(ConnectionKey key) {
  auto node = waiting_.extract(key);
  if (node.empty()) return {};
  budget_.total -= node.mapped().counted;
  return std::move(node.mapped());
}

/// The connection is no HTTP/2: what waited goes on to the others.
void GrpcStreams::pass_on(TcpConnection& connection) {
  if (connection.application != Application::unknown) return;
  connection.application = Application::other;
  if (waiting_.empty()) return;
  const Waiting waiting = take_waiting(connection.key);
  for (const Waiting::Part& part : waiting.parts) others_.data(connection, part.side, part.bytes, part.at);
}

/// It is HTTP/2, and whatever of it was not captured is no frame of Ck.
void GrpcStreams::recognise(TcpConnection& connection) {
  connection.application = Application::http2;
  if (std::exchange(connection.told_lacking, false))
    sink_.unrecognised(unrecognised(connection, UnrecognisedState::read, connection.first));
}

void GrpcStreams::begin(TcpConnection& connection, unsigned client) {
  const Waiting waiting = take_waiting(connection.key);
  recognise(connection);
  auto made = std::make_unique<Connection>(*this, connection, client);
  Connection& http2 = *made;
  connection.context = std::move(made);
  for (const Waiting::Part& part : waiting.parts) http2.data(part.side, part.bytes, part.at);
}

/// What was asked for over HTTP/1.1 is stream 1, whose request is over.
void GrpcStreams::begin_upgraded(TcpConnection& connection) {
  const Waiting waiting = take_waiting(connection.key);
  const unsigned client = waiting.parts.front().side;
  const UpgradedRequest& request = waiting.upgrade.request();
  recognise(connection);
  auto made = std::make_unique<Connection>(*this, connection, client);
  Connection& http2 = *made;
  connection.context = std::move(made);
  http2.begin_upgraded(request, waiting.parts.front().at);
  std::array<std::size_t, 2> before{};  // bytes of HTTP/1.1 that are still to come
  before[client] = request.size;
  before[1 - client] = request.answer_size;
  for (const Waiting::Part& part : waiting.parts) {
    const std::size_t old = std::min(part.bytes.size(), before[part.side]);
    before[part.side] -= old;
    http2.pass_over(part.side, old);
    if (part.side == client && old != 0 && before[client] == 0) http2.take_upgraded(request, part.at);
    const Bytes rest = Bytes(part.bytes).subspan(old);
    if (!rest.empty()) http2.data(part.side, rest, part.at);
  }
}

/// RPCs may go over it, and cannot be read.
void GrpcStreams::tell_unreadable(const TcpConnection& connection, const Position& at) {
  const bool decrypted = connection.transport == Transport::tls;
  // What its records hold cannot be told from the middle of a connection either.
  const bool may_be_tls = decrypted || connection.application != Application::http2;
  sink_.unreadable({connection.key,
                    {connection.endpoints[0].address, connection.endpoints[1].address},
                    at,
                    !decrypted,
                    may_be_tls});
}

void GrpcStreams::lost(TcpConnection& connection, unsigned side, std::uint64_t missing, std::uint64_t untold,
                       const Position& at) {
  if (connection.application == Application::unknown) tell_unreadable(connection, at);
  pass_on(connection);
  Connection* http2 = find(connection);
  if (http2 == nullptr) return others_.lost(connection, side, missing, untold, at);
  http2->lose(side, at);
  http2->pass_over(side, missing);
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
    if (connection.application == Application::unknown) tell_unreadable(connection, at);
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
  if (http2 == nullptr && connection.application == Application::unknown) tell_unreadable(connection, at);
  if (http2 == nullptr) return others_.awaited(connection, side, until, at);
  StreamEvent event;
  event.kind = StreamEventKind::hole_seen;
  event.at = at;
  http2->tell(event, side);
}

void GrpcStreams::reset_seen(TcpConnection& connection, unsigned side, const Position& at) {
  if (find(connection) == nullptr) others_.reset_seen(connection, side, at);
}

void GrpcStreams::held_back(TcpConnection& connection, unsigned side, std::uint64_t until,
                            const Position& at) {
  if (Connection* http2 = find(connection)) return http2->held_back(side, until, at);
  others_.held_back(connection, side, until, at);
}

void GrpcStreams::hole(TcpConnection& connection, unsigned side, std::uint64_t until, const Position& at) {
  if (connection.application == Application::unknown) tell_unreadable(connection, at);
  if (Connection* http2 = find(connection)) return http2->held_back(side, until, at);
  others_.hole(connection, side, until, at);
}

void GrpcStreams::start_missed(TcpConnection& connection, const Position& at) {
  if (find(connection) == nullptr) others_.start_missed(connection, at);
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
