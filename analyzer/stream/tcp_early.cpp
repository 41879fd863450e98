// Segments that came too early: several queues of a network card, or several taps, may put an
// acknowledgement, a FIN or a RST before bytes that were there before it. Such a segment is put off until
// those have come, or a second is over.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>

#include "stream/tcp_table.h"

namespace ck::stream {
namespace {

/// So many of a connection's early segments are looked at for one that comes: a flood of them costs no more.
constexpr std::size_t kMostLooked = 1024;

/// A clock that was set back does not hold anything up either.
bool is_overdue(std::int64_t then_ns, std::int64_t now_ns) {
  constexpr std::int64_t kLateNs = TcpTable::kLateNs;
  const auto [earlier, later] = std::minmax(then_ns, now_ns);
  return static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier) >
         static_cast<std::uint64_t>(kLateNs);
}

/// `first` comes before `second` in the circle of sequence numbers.
bool precedes(std::uint32_t first, std::uint32_t second) {
  return static_cast<std::int32_t>(second - first) > 0;
}

}  // namespace

/// Whether bytes may follow that were there before this segment. A side of which no packet was captured shows
/// nothing to wait for.
bool TcpTable::is_early(const Flow& flow, const TcpSegment& segment, unsigned side) {
  if (flow.awaits_syn) return !segment.has(kTcpSyn);
  if (segment.has(kTcpRst))
    return flow.connection.has_payload && flow.streams[side].may_reset(segment.sequence);
  return segment.has(kTcpAck) && flow.heard[1 - side] &&
         flow.streams[1 - side].is_ahead(segment.acknowledgement);
}

/// Whether bytes before the segment's payload have not come. While others wait, it waits with them: its
/// stream would tell it at once when the hole is given up, and with that what the other side said before it
/// too late.
bool TcpTable::lies_behind_hole(const Flow& flow, const TcpSegment& segment, unsigned side) {
  const TcpStream& stream = flow.streams[side];
  return !segment.has(kTcpRst) && !segment.payload.empty() && stream.started() &&
         payload_begin(flow, segment, side) > stream.offset_of(stream.next_sequence());
}

/// Which of the early segments is the first that has to wait for what this one brings; none: their number.
std::size_t TcpTable::first_waiting(const Flow& flow, const TcpSegment& segment, unsigned side) {
  if (flow.early == nullptr) return 0;
  const std::deque<KeptSegment>& segments = flow.early->segments;
  if (segment.has(kTcpRst) || !flow.streams[side].started()) return segments.size();
  if (segment.payload.empty() && segment.missing == 0 && !segment.has(kTcpFin)) return segments.size();
  for (std::size_t i = 0; i < std::min(segments.size(), kMostLooked); ++i) {
    const KeptSegment& early = segments[i];
    const bool reset = early.segment.has(kTcpRst);
    if (side == (reset ? early.side : 1 - early.side) &&
        precedes(segment.sequence, reset ? early.segment.sequence : early.segment.acknowledgement))
      return i;
  }
  return segments.size();
}

/// How many of a late segment's first bytes its sender's segments that were put off do not hold. Those came
/// earlier, and a copy must not take their frames.
std::size_t TcpTable::fresh_bytes(const Flow& flow, const TcpSegment& segment, unsigned side) {
  std::size_t fresh = segment.payload.size(), looked = 0;
  for (const KeptSegment& early : flow.early->segments) {
    if (early.side != side || early.payload.empty()) continue;
    if (++looked > kMostLooked) break;
    const auto begin = static_cast<std::int32_t>(early.segment.sequence - segment.sequence);
    const std::int64_t end = std::int64_t{begin} + std::ssize(early.payload);
    if (begin <= 0 && end > 0) return 0;
    if (begin > 0) fresh = std::min(fresh, static_cast<std::size_t>(begin));
  }
  return fresh;
}

/// Whether bytes that the segment acknowledges are, or with very many may be, among what was put off.
bool TcpTable::acknowledges_early(const Flow& flow, const TcpSegment& segment, unsigned side) {
  if (flow.early->segments.size() > kMostLooked) return true;
  return std::any_of(flow.early->segments.begin(), flow.early->segments.end(), [&](const KeptSegment& early) {
    const auto size = static_cast<std::uint32_t>(early.payload.size()) + (early.segment.has(kTcpFin) ? 1 : 0);
    return early.side == 1 - side && size != 0 && precedes(early.segment.sequence, segment.acknowledgement);
  });
}

/// It waits itself, and the early segment number `before` has to wait for its bytes. Where only early
/// segments are missing that it acknowledges, its bytes count at once: those say the same later. Else it is
/// put off in front of that one. Copies of bytes that are put off do not take their frames.
void TcpTable::take_late(Flow& flow, const TcpSegment& segment, unsigned side, std::size_t before) {
  const std::size_t fresh = fresh_bytes(flow, segment, side);
  const bool all = fresh == segment.payload.size();
  if (all && !acknowledges_early(flow, segment, side)) return put_off(flow, segment, side, before);
  TcpSegment bytes = segment;
  bytes.flags &= static_cast<std::uint8_t>(~kTcpAck);
  if (all) return handle(flow, bytes, side, order_);
  const std::uint64_t order = order_;
  bytes.flags &= static_cast<std::uint8_t>(~kTcpFin);
  bytes.payload = bytes.payload.first(fresh);
  bytes.missing = 0;
  if (fresh != 0) handle(flow, bytes, side, order);
  order_ = order;
  put_off(flow, segment, side, flow.early->segments.size());
}

/// Of a connection that is captured at two points, one of which saw its SYN, the other one's packets may come
/// first: its clock is ahead, and it began later, or was told to leave the SYN out. What came first would be
/// taken for a connection of its own, and its messages come twice.
void TcpTable::await_syn(Flow& flow, const Position& at) {
  flow.awaits_syn = true;
  miss_start(flow, at);
}

/// Whether what was put off may be of the connection that this SYN opens.
bool TcpTable::begins_kept(const Flow& flow, const TcpSegment& segment, unsigned side) {
  if (flow.early == nullptr) return true;
  const std::uint32_t first = segment.sequence + 1;
  return std::all_of(flow.early->segments.begin(), flow.early->segments.end(), [&](const KeptSegment& early) {
    if (early.side == side) return early.segment.sequence - first < kSynWindow;
    return !early.segment.has(kTcpAck) || early.segment.acknowledgement - first < kSynWindow;
  });
}

/// The SYN and its answer have come, or one was not captured: from now on what was put off waits for bytes
/// alone.
void TcpTable::await_no_syn(Flow& flow) {
  if (!std::exchange(flow.awaits_syn, false) || flow.early == nullptr) return;
  end_wait(flow);
  for (KeptSegment& early : flow.early->segments) early.clock_ns += kLateNs - syn_wait();
  begin_wait(flow);
}

SegmentPlace TcpTable::take(Flow& flow, const TcpSegment& segment, unsigned side) {
  flow.last = segment.at;
  flow.last_packet = packets_;
  flow.heard[side] = true;
  const bool repeats = place(flow, segment, side).repeats;
  const std::size_t waiting = flow.early == nullptr ? 0 : flow.early->segments.size();
  if (!is_early(flow, segment, side) && (waiting == 0 || !lies_behind_hole(flow, segment, side))) {
    handle(flow, segment, side, order_);
  } else if (const std::size_t before = first_waiting(flow, segment, side); before < waiting) {
    take_late(flow, segment, side, before);
  } else {
    put_off(flow, segment, side, waiting);
  }
  resume(flow);
  SegmentPlace placed{&flow.connection, side};
  placed.begin = payload_begin(flow, segment, side);
  placed.repeats = repeats;
  return placed;
}

/// `before`: the early segment that it comes in front of; their number: behind them all.
void TcpTable::put_off(Flow& flow, const TcpSegment& segment, unsigned side, std::size_t before) {
  if (flow.early == nullptr) flow.early = std::make_unique<Early>();
  std::deque<KeptSegment>& segments = flow.early->segments;
  if (before == 0) end_wait(flow);
  KeptSegment& kept = *segments.emplace(segments.begin() + static_cast<std::ptrdiff_t>(before));
  kept.segment = segment;
  if (!segment.has(kTcpRst)) kept.payload.assign(segment.payload.begin(), segment.payload.end());
  kept.segment.payload = kept.payload;
  kept.side = side;
  kept.order = order_;
  // A wait is over after a second, and no later for what comes in front.
  kept.clock_ns = flow.awaits_syn ? clock_ns_ - (kLateNs - syn_wait()) : clock_ns_;
  if (before + 1 < segments.size()) kept.clock_ns = std::min(kept.clock_ns, segments[before + 1].clock_ns);
  if (before == 0) begin_wait(flow);
  const std::size_t cost = sizeof(KeptSegment) + kept.payload.size();
  flow.early->bytes += cost;
  budget_.total += cost;
  tell_held_back(flow, segment, side);
  while (flow.early != nullptr) {
    const bool alone = flow.early->bytes > budget_.max_per_direction;
    if (!alone && budget_.total <= budget_.max_total) return;
    ++(alone ? budget_.given_up_per_direction : budget_.given_up_total);
    resume_first(flow);
  }
}

/// Bytes of the connection are held back: nothing that comes elsewhere meanwhile may be checked as if there
/// were none.
void TcpTable::tell_held_back(Flow& flow, const TcpSegment& segment, unsigned side) {
  if (segment.has(kTcpRst)) {
    if (flow.streams[side].stands_at(segment.sequence)) sink_.reset_seen(flow.connection, side, segment.at);
    return;
  }
  const bool payload = !segment.payload.empty();
  TcpStream& peer = flow.streams[1 - side];
  if (payload || peer.has_held()) {
    peer.tell_held_back(context(flow, 1 - side, segment.at), segment.acknowledgement);
  } else {
    peer.tell_hole(context(flow, 1 - side, segment.at), segment.acknowledgement);
  }
  if (payload) {
    flow.streams[side].tell_held_back(context(flow, side, segment.at),
                                      segment.sequence + static_cast<std::uint32_t>(segment.payload.size()));
  }
}

/// Handles the early segments that need not wait any longer.
void TcpTable::resume(Flow& flow) {
  while (flow.early != nullptr) {
    const KeptSegment& first = flow.early->segments.front();
    if (is_early(flow, first.segment, first.side)) return;
    resume_first(flow);
  }
}

/// Handles the first early segment, whatever is missing before it.
void TcpTable::resume_first(Flow& flow) {
  await_no_syn(flow);
  std::deque<KeptSegment>& segments = flow.early->segments;
  end_wait(flow);
  const KeptSegment first = std::move(segments.front());
  segments.pop_front();
  const std::size_t cost = sizeof(KeptSegment) + first.payload.size();
  flow.early->bytes -= cost;
  budget_.total -= cost;
  if (segments.empty()) {
    flow.early.reset();
  } else {
    begin_wait(flow);
  }
  const std::uint64_t order = order_;
  handle(flow, first.segment, first.side, first.order);
  order_ = order;
}

void TcpTable::resume_all(Flow& flow) {
  while (flow.early != nullptr) resume_first(flow);
}

/// The flow's first early segment waits.
void TcpTable::begin_wait(const Flow& flow) {
  const KeptSegment& first = flow.early->segments.front();
  const Position& at = first.segment.at;
  waits_.insert(Since{first.clock_ns, at.capture, at.frame, flow.self});
  waits_by_time_.insert(SinceTime{at.capture, at.time_ns, at.frame, flow.self});
}

void TcpTable::end_wait(const Flow& flow) {
  if (flow.early->segments.empty()) return;
  const KeptSegment& first = flow.early->segments.front();
  const Position& at = first.segment.at;
  waits_.erase(Since{first.clock_ns, at.capture, at.frame, flow.self});
  waits_by_time_.erase(SinceTime{at.capture, at.time_ns, at.frame, flow.self});
}

/// A second later, and not when the next packet comes: that may be one of a capture that is read elsewhere.
Moment TcpTable::end_of_wait(const Since& since) {
  Moment moment;
  moment.clock_ns = since.clock_ns > kLastTime - kLateNs ? kLastTime : since.clock_ns + kLateNs;
  moment.late = true;
  moment.capture = since.capture;
  moment.frame = since.frame;
  return moment;
}

void TcpTable::resume_one(std::uint32_t index, const Moment& moment) {
  if (options_.moment != nullptr) *options_.moment = moment;
  Flow& flow = at(index);
  resume_first(flow);
  resume(flow);
}

void TcpTable::resume_overdue(const Position& now) {
  const Moment packet = options_.moment != nullptr ? *options_.moment : Moment{};
  while (!waits_.empty() && is_overdue(waits_.begin()->clock_ns, clock_ns_))
    resume_one(waits_.begin()->flow, end_of_wait(*waits_.begin()));
  if (now.time_ns != clock_ns_) {
    while (resume_set_back(now, packet)) continue;
  }
  if (options_.moment != nullptr) *options_.moment = packet;
}

/// The capture's clock was set back: its packets say when a second is over.
bool TcpTable::resume_set_back(const Position& now, const Moment& packet) {
  const auto first =
      waits_by_time_.lower_bound(SinceTime{now.capture, std::numeric_limits<std::int64_t>::min(), 0, 0});
  if (first == waits_by_time_.end() || first->capture != now.capture) return false;
  const auto last = std::prev(waits_by_time_.upper_bound(
      SinceTime{now.capture, kLastTime, std::numeric_limits<std::uint64_t>::max(), kNone}));
  const bool past = is_overdue(first->time_ns, now.time_ns);
  if (!past && !is_overdue(last->time_ns, now.time_ns)) return false;
  const SinceTime due = past ? *first : *last;
  Moment moment = packet;
  moment.step = past ? 0 : 1;
  moment.step_time_ns = past ? due.time_ns : -due.time_ns;
  moment.step_frame = due.frame;
  resume_one(due.flow, moment);
  return true;
}

void TcpTable::finish_waiting() {
  while (!waits_.empty()) {
    if (options_.moment != nullptr) *options_.moment = end_of_wait(*waits_.begin());
    resume_first(at(waits_.begin()->flow));
  }
}

/// The connection is over: its early segments hold nothing that is still to come.
void TcpTable::forget_early(Flow& flow) {
  if (flow.early == nullptr) return;
  end_wait(flow);
  for (const KeptSegment& early : flow.early->segments) {
    count_after_end(flow, early.segment, early.side);
  }
  budget_.total -= flow.early->bytes;
  flow.early.reset();
}

}  // namespace ck::stream
