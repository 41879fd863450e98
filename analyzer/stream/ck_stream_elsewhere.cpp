// How a connection looks to others: bytes of it that are awaited, held back, or there and not told yet.
#include <algorithm>
#include <utility>

#include "stream/ck_stream.h"

namespace ck::stream {

void CkStreams::awaited(TcpConnection& connection, unsigned side, std::uint64_t until, const Position& at) {
  if (TcpConnection* http2 = find_http2(connection)) return http2_sink_->awaited(*http2, side, until, at);
  Expected& expected = expected_of(connection, side);
  expected.awaited = until;
  expected.awaited_at = at;
  const Work work = work_of(connection, side);
  if (!work.ck.open) return tell_lacking(connection, at);
  look(work, OutlookKind::awaited, at, is_awaited(work.ck, side) ? until : 0);
}

void CkStreams::held_back(TcpConnection& connection, unsigned side, std::uint64_t until, const Position& at) {
  Expected& expected = expected_of(connection, side);
  expected.held_back = std::max(expected.held_back, until);
  expected.held_back_at = at;
  const Work work = work_of(connection, side);
  if (!work.ck.open) return tell_lacking(connection, at);
  const bool ahead = is_ahead(work.ck, side, expected.held_back);
  look(work, OutlookKind::held_back, at, ahead ? expected.held_back : 0);
}

CkStreams::Expected& CkStreams::expected_of(TcpConnection& connection, unsigned side) {
  std::unique_ptr<Expected>& expected = context_of(connection).sides[side].expected;
  if (expected == nullptr) expected = std::make_unique<Expected>();
  return *expected;
}

void CkStreams::look(const Work& work, OutlookKind kind, const Position& at, std::uint64_t bytes) {
  Outlook outlook;
  outlook.kind = kind;
  outlook.connection = work.connection.key;
  outlook.side = work.side == work.ck.zero_side ? 0 : 1;
  outlook.at = at;
  outlook.bytes = bytes;
  sink_.outlook(outlook);
}

/// Bytes of the direction have come: what is missing no longer is taken back. What still is was told, unless
/// the connection is `new_here`.
void CkStreams::look_again(const Work& work, bool new_here) {
  SenderStream& direction = work.direction;
  if (!work.ck.open) return;
  if (Expected* expected = direction.expected.get(); expected != nullptr) {
    const auto look_at = [&](OutlookKind kind, std::uint64_t& until, const Position& at) {
      if (until == 0) return;
      const bool ahead = is_ahead(work.ck, work.side, until);
      if (!ahead) until = 0;
      if (!ahead || new_here) look(work, kind, at, until);
    };
    look_at(OutlookKind::awaited, expected->awaited, expected->awaited_at);
    look_at(OutlookKind::held_back, expected->held_back, expected->held_back_at);
    if (expected->awaited == 0 && expected->held_back == 0) direction.expected.reset();
  }
  if (direction.buffer.empty()) {
    if (std::exchange(direction.pending, false)) look(work, OutlookKind::pending, {}, 0);
    return;
  }
  direction.pending = true;
  look(work, OutlookKind::pending, direction.runs.back().at, direction.buffer.size());
}

/// Whether bytes before a stream offset are not there. One more than was sent acknowledges a FIN that was not
/// captured, unless it is the last of a frame.
bool CkStreams::is_ahead(const CkConnection& ck, unsigned side, std::uint64_t offset) {
  const SenderStream& direction = ck.sides[side];
  const std::uint64_t end =
      ck.tls != nullptr ? ck.tls->offsets[side] : direction.offset + direction.buffer.size();
  return offset > end + (direction.buffer.empty() ? 1 : 0);
}

/// Bytes that the peer has acknowledged are not there.
bool CkStreams::is_awaited(const CkConnection& ck, unsigned side) {
  const Expected* expected = ck.sides[side].expected.get();
  return expected != nullptr && is_ahead(ck, side, expected->awaited);
}

void CkStreams::tell_awaited(const Work& work) {
  SenderStream& direction = work.direction;
  if (direction.expected == nullptr || direction.expected->awaited == 0 || !work.ck.open) return;
  if (is_awaited(work.ck, work.side))
    look(work, OutlookKind::due, direction.expected->awaited_at, direction.expected->awaited);
  direction.expected->awaited = 0;
  if (direction.expected->held_back == 0) direction.expected.reset();
}

}  // namespace ck::stream
