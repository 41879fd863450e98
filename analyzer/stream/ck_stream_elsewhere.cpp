// What a connection means to the verdict of others: bytes that are awaited or held back, and a RST behind
// which it is not yet closed.
#include <algorithm>
#include <utility>

#include "stream/ck_stream.h"

namespace ck::stream {

void CkStreams::awaited(TcpConnection& connection, unsigned side, std::uint64_t until, const Position& at) {
  if (TcpConnection* http2 = find_http2(connection)) return http2_sink_->awaited(*http2, side, until, at);
  Expected& expected = expected_of(connection, side);
  expected.awaited = until;
  expected.awaited_at = at;
  wait(connection, side);
}

void CkStreams::held_back(TcpConnection& connection, unsigned side, std::uint64_t until, const Position& at) {
  Expected& expected = expected_of(connection, side);
  expected.held_back = std::max(expected.held_back, until);
  expected.held_back_at = at;
  wait(connection, side);
}

CkStreams::Expected& CkStreams::expected_of(TcpConnection& connection, unsigned side) {
  std::unique_ptr<Expected>& expected = context_of(connection).sides[side].expected;
  if (expected == nullptr) expected = std::make_unique<Expected>();
  return *expected;
}

void CkStreams::wait(TcpConnection& connection, unsigned side) {
  SenderStream& direction = context_of(connection).sides[side];
  if (direction.waiting) return;
  direction.waiting = true;
  waiting_.push_back({&connection, connection.key, side});
}

/// Bytes that the peer has acknowledged are not there. One more than was sent acknowledges a FIN that was not
/// captured, unless it is the last of a frame.
bool CkStreams::is_awaited(const CkConnection& ck, unsigned side) {
  const SenderStream& direction = ck.sides[side];
  if (direction.expected == nullptr) return false;
  const std::uint64_t end =
      ck.tls != nullptr ? ck.tls->offsets[side] : direction.offset + direction.buffer.size();
  return direction.expected->awaited > end + (direction.buffer.empty() ? 1 : 0);
}

void CkStreams::tell_awaited(const Work& work) {
  SenderStream& direction = work.direction;
  if (direction.expected == nullptr || direction.expected->awaited == 0 || !work.ck.open) return;
  if (is_awaited(work.ck, work.side)) {
    StreamEvent event;
    event.kind = StreamEventKind::hole_seen;
    event.at = direction.expected->awaited_at;
    tell(work, event);
  }
  direction.expected->awaited = 0;
  if (direction.expected->held_back == 0) direction.expected.reset();
}

/// What is there of a direction and not told yet may be a message that its peer has read as one.
void CkStreams::tell_pending(const Work& work) {
  if (work.direction.buffer.empty() || !work.ck.open) return;
  StreamEvent event;
  event.kind = StreamEventKind::pending;
  event.at = work.direction.runs.back().at;
  event.bytes = work.direction.buffer.size();
  tell(work, event);
}

/// Before a message of the connection `here` is checked by what the audit knows of the others, and by time: a
/// request without its answer, for one.
void CkStreams::tell_awaited_elsewhere(ConnectionKey here) {
  std::vector<Waiting> kept;
  for (const Waiting& waiting : std::exchange(waiting_, {})) {
    TcpConnection& connection = *waiting.connection;
    if (connection.key != waiting.key || connection.context == nullptr) continue;
    if (connection.key == here) {
      kept.push_back(waiting);
      continue;
    }
    const Work work = work_of(connection, waiting.side);
    SenderStream& direction = work.direction;
    direction.waiting = false;
    if (Expected* expected = direction.expected.get(); expected != nullptr) {
      if (expected->held_back > expected->awaited) {
        expected->awaited = expected->held_back;
        expected->awaited_at = expected->held_back_at;
      }
      expected->held_back = 0;
    }
    tell_awaited(work);
    tell_pending(work);
  }
  waiting_ = std::move(kept);
}

/// The KM of a connection that was reset is back, and what was in flight on that one is over: to the audit it
/// is closed before the next one opens.
void CkStreams::close_before(const TcpConnection& connection) {
  const Address zero = connection.endpoints[connection.zero_side].address;
  const Address one = connection.endpoints[1 - connection.zero_side].address;
  for (const Address& address : {zero, one}) {
    const auto [begin, end] = reset_.equal_range(address);
    for (auto at = begin; at != end;) {
      const TcpConnection& old = *at->second;
      CkConnection& ck = context_of(*at->second);
      if (address != zero && old.endpoints[1 - ck.zero_side].address != zero) {
        ++at;
        continue;
      }
      ck.closed = true;
      sink_.close(old.key, *ck.reset);
      at = reset_.erase(at);
    }
  }
}

void CkStreams::forget_reset(const TcpConnection& connection) {
  for (const unsigned side : {0u, 1u}) {
    const auto [begin, end] = reset_.equal_range(connection.endpoints[side].address);
    const auto at = std::find_if(begin, end, [&](const auto& one) { return one.second == &connection; });
    if (at == end) continue;
    reset_.erase(at);
    return;
  }
}

}  // namespace ck::stream
