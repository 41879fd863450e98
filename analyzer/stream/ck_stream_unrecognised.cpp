// Connections on which nothing is recognised (yet) and of which not all was captured: what others say may
// rest on what was said there.
#include <algorithm>
#include <utility>

#include "protocol/json_text.h"
#include "stream/ck_stream.h"

namespace ck::stream {
namespace {

/// Whether a frame may begin like this: as far as they are there, a code of Table I.1 and an object's brace.
bool begins_frame(Bytes bytes) {
  if (bytes.empty()) return false;
  if (bytes.size() < kLengthOffset) return true;
  if (find_message(read_be16(bytes, kCommandOffset)) == nullptr) return false;
  return bytes.size() <= kHeaderSize || bytes[kHeaderSize] == '{' ||
         protocol::json::is_space(static_cast<char>(bytes[kHeaderSize]));
}

}  // namespace

void CkStreams::start_missed(TcpConnection& connection, const Position& at) {
  for (const unsigned side : {0U, 1U}) {
    if (!std::exchange(connection.not_begun[side], false) || !is_open(connection)) continue;
    StreamEvent event;
    event.kind = StreamEventKind::hole_seen;
    event.at = at;
    tell(work_of(connection, side), event);
  }
  tell_lacking(connection, at);
}

void CkStreams::hole(TcpConnection& connection, unsigned side, std::uint64_t until, const Position& at) {
  if (find_http2(connection) != nullptr || is_open(connection)) return held_back(connection, side, until, at);
  Expected& expected = expected_of(connection, side);
  expected.behind_hole = std::max(expected.behind_hole, until);
  tell_lacking(connection, at);
}

/// Whether some of its bytes are not there, or cannot be read.
bool CkStreams::lacks(const TcpConnection& connection) {
  if (connection.start_missed) return true;
  const CkConnection* ck = find_context(connection);
  if (ck == nullptr) return false;
  if (ck->tls != nullptr && ck->tls->http2 != nullptr) return false;  // it is known what it is
  if (ck->tls != nullptr && (ck->tls->unreadable || stays_shut(*ck->tls))) return true;
  for (const unsigned side : {0U, 1U}) {
    const SenderStream& direction = ck->sides[side];
    if (direction.hole || direction.cut) return true;
    const Expected* expected = direction.expected.get();
    if (expected == nullptr) continue;
    if (is_ahead(*ck, side, std::max({expected->awaited, expected->held_back, expected->behind_hole})))
      return true;
  }
  return false;
}

/// The user has named its port, and nothing of what is inside its TLS has been read.
bool CkStreams::is_shut_named(const CkConnection& ck) {
  return ck.open && ck.tls != nullptr && !ck.tls->opened[0] && !ck.tls->opened[1];
}

/// Tells how the connection looks, where that has changed.
void CkStreams::tell_lacking(TcpConnection& connection, const Position& at) {
  const CkConnection* ck = find_context(connection);
  if (is_open(connection) && (ck == nullptr || !is_shut_named(*ck))) return;
  const bool lacking = lacks(connection);
  if (lacking == connection.told_lacking) return;
  connection.told_lacking = lacking;
  tell_unrecognised(connection, lacking ? UnrecognisedState::lacking : UnrecognisedState::read, at);
}

/// Some of a connection on a named port can be read: what it is the audit knows from now on.
void CkStreams::tell_read(TcpConnection& connection, const Position& at) {
  connection.told_lacking = false;
  tell_unrecognised(connection, UnrecognisedState::read, at);
}

/// The connection is over, and nothing was recognised on it.
void CkStreams::tell_over(const TcpConnection& connection, const Position& at) {
  if (lacks(connection)) return tell_unrecognised(connection, UnrecognisedState::over, at);
  if (connection.told_lacking) tell_unrecognised(connection, UnrecognisedState::read, at);
}

/// A capture may end inside of a connection's first message, which may be any: that is not read, as if it had
/// not been captured. Not `at_end`: takes it back.
void CkStreams::tell_begun(const TcpConnection& connection, const CkConnection& ck, bool at_end) {
  if (connection.told_lacking || is_open(connection)) return;
  const auto begins = [](const SenderStream& direction) {
    return direction.framer.state() != FramerState::searching && begins_frame(direction.buffer);
  };
  if (!begins(ck.sides[0]) && !begins(ck.sides[1])) return;
  const Position& at = (begins(ck.sides[0]) ? ck.sides[0] : ck.sides[1]).runs.back().at;
  tell_unrecognised(connection, at_end ? UnrecognisedState::lacking : UnrecognisedState::read, at, at_end);
}

void CkStreams::tell_unrecognised(const TcpConnection& connection, UnrecognisedState state,
                                  const Position& at, bool at_end) {
  UnrecognisedConnection told = unrecognised(connection, state, at);
  told.at_end = at_end;
  const CkConnection* ck = find_context(connection);
  const bool in_tls = ck != nullptr && (ck->tls != nullptr || ck->has_records);
  told.in_clear = !in_tls;
  told.in_tls = in_tls || connection.start_missed;
  sink_.unrecognised(told);
}

}  // namespace ck::stream
