// What segments mean to their connection: opening, reuse, reset, end.
#include "stream/tcp_table.h"

#include <algorithm>
#include <utility>

namespace ck {
namespace {

/// A segment within this distance of where a closed connection's stream ended is a late copy, not a new
/// connection.
constexpr std::int32_t kLateWindow = 64 << 20;
/// An acknowledgement within this distance behind a SYN may acknowledge that SYN and data with it.
constexpr std::uint32_t kSynWindow = 1 << 20;

}  // namespace

TcpStream::Context TcpTable::context(Flow& flow, unsigned side, const Position& position) {
  return {sink_, budget_, flow.connection, side, position, packets_};
}

void TcpTable::segment(const TcpSegment& segment) {
  ++packets_;
  if (options_.idle_timeout_ns > 0) let_go_idle(segment.at.time_ns);
  unsigned side = 0;
  const Key key = make_key(segment, side);
  const std::uint64_t hash = hash_of(key);
  const std::size_t slot = slots_.empty() ? 0 : find_slot(key, hash);
  if (slots_.empty() || slots_[slot].flow == kNone) {
    if (segment.has(kTcpRst)) return;  // the end of something that was never seen
    handle(*create(key, hash, segment, side), segment, side);
    return;
  }
  const std::uint32_t index = slots_[slot].flow;
  Flow& flow = at(index);
  if (flow.list == List::closed) {
    if (!is_reuse_of_closed(flow, segment, side)) return;
    move(index, List::silent);
    begin(flow, segment, side);
  } else {
    if (segment.has(kTcpSyn) && is_reuse(flow, segment, side)) {
      close(flow, segment.at);
      move(index, List::silent);
      begin(flow, segment, side);
    }
    touch(index);
  }
  handle(flow, segment, side);
}

void TcpTable::handle(Flow& flow, const TcpSegment& segment, unsigned side) {
  flow.last = segment.at;
  if (std::exchange(flow.start_told[side], false)) {
    flow.connection.from_start[side] = true;
    sink_.start_seen(flow.connection, side, segment.at);
  }
  if (segment.has(kTcpSyn)) handle_syn(flow, segment, side);
  // First what the peer had sent before: this segment's bytes may answer it.
  if (segment.has(kTcpAck))
    flow.streams[1 - side].acknowledge(context(flow, 1 - side, segment.at), segment.acknowledgement);
  if (segment.has(kTcpRst)) {
    handle_reset(flow, segment, side);
    return;
  }
  const bool fin = segment.has(kTcpFin);
  if (!segment.payload.empty() || segment.missing != 0 || fin) {
    const std::uint32_t sequence = segment.sequence + (segment.has(kTcpSyn) ? 1 : 0);
    TcpStream& stream = flow.streams[side];
    if (!stream.started()) stream.start(sequence);
    if (!flow.connection.has_payload && segment.payload.size() + segment.missing != 0) {
      flow.connection.has_payload = true;
      move(slots_[find_slot(flow.key, flow.hash)].flow, List::active);
    }
    stream.receive(context(flow, side, segment.at), sequence, segment.payload, segment.missing, fin);
  }
  if (flow.streams[0].ended() && flow.streams[1].ended()) close(flow, segment.at);
}

void TcpTable::handle_syn(Flow& flow, const TcpSegment& segment, unsigned side) {
  TcpConnection& connection = flow.connection;
  const bool answer = segment.has(kTcpAck);
  if (!connection.opener_known) {
    connection.opener_known = true;
    connection.zero_side = answer ? 1 - side : side;
  }
  if (!flow.syn_seen[side]) {
    flow.syn_seen[side] = true;
    flow.initial_sequence[side] = segment.sequence;
    TcpStream& stream = flow.streams[side];
    if (!stream.started()) stream.start(segment.sequence + 1);
    if (stream.first_sequence() == segment.sequence + 1) {
      connection.from_start[side] = true;
      sink_.start_seen(connection, side, segment.at);
    }
  }
  // The answer to a SYN tells where the opener's stream starts, if its SYN was not captured.
  if (TcpStream& opener = flow.streams[1 - side]; answer && !opener.started()) {
    opener.start(segment.acknowledgement);
    flow.start_told[1 - side] = true;  // and whether that side is captured at all, its next segment
  }
}

void TcpTable::handle_reset(Flow& flow, const TcpSegment& segment, unsigned side) {
  if (!flow.streams[side].reset(context(flow, side, segment.at), segment.sequence)) return;
  sink_.reset(flow.connection, side, segment.at);
  close(flow, segment.at);
}

/// A SYN on a connection that is open: the same one again (a retransmission, or one that overtook nothing)
/// keeps its sequence number; another one opens a new connection.
bool TcpTable::is_reuse(const Flow& flow, const TcpSegment& segment, unsigned side) {
  if (flow.syn_seen[side]) return segment.sequence != flow.initial_sequence[side];
  const TcpStream& own = flow.streams[side];
  const TcpStream& peer = flow.streams[1 - side];
  const std::uint32_t first = segment.sequence + 1;
  if (own.started()) return own.first_sequence() != first;
  if (segment.has(kTcpAck)) {
    return peer.started() && segment.acknowledgement - peer.first_sequence() >= kSynWindow;
  }
  if (!peer.started() || flow.syn_seen[1 - side]) return false;  // or both sides open at once
  return !own.acknowledged() || *own.acknowledged() - first >= kSynWindow;
}

bool TcpTable::is_reuse_of_closed(const Flow& flow, const TcpSegment& segment, unsigned side) {
  if (segment.has(kTcpRst)) return false;
  if (segment.has(kTcpSyn)) return !flow.syn_seen[side] || segment.sequence != flow.initial_sequence[side];
  if (segment.payload.empty() && segment.missing == 0) return false;
  const TcpStream& stream = flow.streams[side];
  if (!stream.started()) return false;
  const auto distance = static_cast<std::int32_t>(segment.sequence - stream.next_sequence());
  return distance > kLateWindow || distance < -kLateWindow;
}

void TcpTable::close(Flow& flow, const Position& position) {
  for (const unsigned side : {flow.connection.zero_side, 1 - flow.connection.zero_side}) {
    flow.streams[side].finish(context(flow, side, position));
    flow.streams[side].clear(budget_);
  }
  sink_.closed(flow.connection, position);
  flow.connection.context.reset();
  const std::uint32_t index = slots_[find_slot(flow.key, flow.hash)].flow;
  move(index, List::closed);
  // Remembered only to tell late segments from a new connection.
  constexpr std::size_t kRemembered = 4096;
  const Order& closed = order(List::closed);
  if (closed.size > std::clamp(options_.max_connections, std::size_t{1}, kRemembered)) erase(closed.oldest);
}

/// Forgets an open connection at a bound: for the sink it is over.
void TcpTable::let_go(Flow& flow) {
  const Position last = flow.last;
  close(flow, last);
  erase(slots_[find_slot(flow.key, flow.hash)].flow);
}

void TcpTable::let_go_idle(std::int64_t now_ns) {
  for (const List list : {List::silent, List::active}) {
    const Order& open = order(list);
    while (open.oldest != kNone &&
           elapsed(at(open.oldest).last.time_ns, now_ns).value_or(0) > options_.idle_timeout_ns) {
      let_go(at(open.oldest));
    }
  }
}

void TcpTable::finish() {
  std::vector<Flow*> open;
  for (const List list : {List::silent, List::active}) {
    for (std::uint32_t index = order(list).oldest; index != kNone; index = at(index).newer)
      open.push_back(&at(index));
  }
  std::sort(open.begin(), open.end(),
            [](const Flow* a, const Flow* b) { return a->connection.key < b->connection.key; });
  for (Flow* flow : open) {
    for (const unsigned side : {flow->connection.zero_side, 1 - flow->connection.zero_side}) {
      flow->streams[side].finish(context(*flow, side, flow->last));
    }
    if (flow->streams[0].ended() && flow->streams[1].ended()) {
      close(*flow, flow->last);
    } else {
      sink_.left_open(flow->connection);
    }
  }
}

}  // namespace ck
