// What the session tells of holes before anything behind them shows how large they are: the peer has
// acknowledged bytes that are not there.
#include "session.h"

namespace ck::plugin {
namespace {

/// Segments that are captured behind their acknowledgement come within this time.
constexpr std::int64_t kLateNs = 1'000'000'000;

}  // namespace

void Session::acknowledged(Connection& connection, Side side, const Segment& segment, Position at) {
  tell_overdue(at.time_ns);
  if (!segment.has_ack || segment.rst) return;
  Direction& direction = connection.directions[other(side)];
  direction.watch.acknowledged(segment.ack);
  if (!direction.awaited && direction.watch.misses_more()) {
    direction.awaited = at;
    awaited_.push_back({&connection, other(side), at.time_ns});
  }
  while (const std::optional<Hole> hole = direction.watch.give_up_acknowledged()) {
    tell_hole(connection, other(side), *hole);
  }
}

/// If they are not there by now. One more than was sent acknowledges a FIN that was not captured, unless it
/// is the last of a frame.
void Session::tell_awaited(Connection& connection, Side side) {
  Direction& direction = connection.directions[side];
  if (!direction.awaited || !connection.told) return;
  const bool inside = direction.pending > 0 || !direction.carry.empty();
  if (direction.watch.is_missing(inside ? 0 : 1))
    tell(connection, side, StreamEventKind::hole_seen, *direction.awaited);
  direction.awaited.reset();
}

/// What is awaited for long will not come, and time itself may be judged: a request without its answer, for
/// one.
void Session::tell_overdue(std::int64_t now_ns) {
  while (!awaited_.empty() && now_ns - awaited_.front().since_ns > kLateNs) {
    const Waiting waiting = awaited_.front();
    awaited_.pop_front();
    tell_awaited(*waiting.connection, waiting.side);
  }
}

}  // namespace ck::plugin
