// What segments mean to their connection: opening, reuse, reset, end.
#include "stream/tcp_table.h"

#include <algorithm>
#include <utility>

namespace ck::stream {
namespace {

/// A SYN comes before its segment's payload.
std::uint32_t sequence_of_payload(const TcpSegment& segment) {
  return segment.sequence + (segment.has(kTcpSyn) ? 1 : 0);
}

}  // namespace

UnrecognisedConnection unrecognised(const TcpConnection& connection, UnrecognisedState state,
                                    const Position& at) {
  UnrecognisedConnection out;
  out.connection = connection.key;
  out.state = state;
  out.opener_known = connection.opener_known;
  out.endpoints = {connection.endpoints[connection.zero_side],
                   connection.endpoints[1 - connection.zero_side]};
  out.at = at;
  out.named = connection.named;
  return out;
}

TcpStream::Context TcpTable::context(Flow& flow, unsigned side, const Position& position) {
  return {sink_, budget_, flow.connection, side, position, order_};
}

void TcpTable::tick(const Position& at, std::int64_t clock_ns) {
  ticked_ = true;
  order_ = ++packets_;
  clock_ns_ = std::max(clock_ns_, clock_ns);
  if (!waits_.empty()) resume_overdue(at);
  if (options_.idle_timeout_ns > 0) evict_idle(at.time_ns);
}

SegmentPlace TcpTable::segment(const Name& name, const TcpSegment& segment) {
  if (!std::exchange(ticked_, false)) {
    tick(segment.at, segment.at.time_ns);
    ticked_ = false;
  }
  const std::uint64_t hash = name.hash;
  const unsigned side = name.side;
  const std::uint32_t first = first_of(name);
  if (first == kNone) {
    if (segment.has(kTcpRst)) {
      miss_connection(segment, side);
      return {};
    }
    Flow& fresh = *create(hash, segment, side);
    if (options_.syn_wait_ns > 0 && !segment.has(kTcpSyn)) await_syn(fresh, segment.at);
    return take(fresh, segment, side);
  }
  const std::uint32_t index = pick(first, segment, side);
  if (index == kNone) {
    if (segment.has(kTcpRst)) {
      miss_connection(segment, side);
      return {};
    }
    keep_sibling_bound(first);
    return take(*create(hash, segment, side), segment, side);
  }
  Flow& flow = at(index);
  const bool goes_on =
      flow.list != List::closed && !segment.has(kTcpSyn) && !flow.reset && flow.openings == nullptr;
  if (!goes_on && !begin_again(flow, segment, side)) return {};
  touch(index);
  return take(flow, segment, side);
}

TcpTable::Name TcpTable::name_of(const TcpSegment& segment) {
  Name name;
  name.hash = hash_of(make_key(segment, name.side));
  return name;
}

/// The index of the connection that a segment would be taken for, if one is open.
std::uint32_t TcpTable::find_open(const Name& name, const TcpSegment& segment) {
  const std::uint32_t first = first_of(name);
  if (first == kNone) return kNone;
  const std::uint32_t index = pick(first, segment, name.side);
  if (index == kNone || at(index).list == List::closed) return kNone;
  return opened_by(at(index), segment, name.side) == nullptr ? index : kNone;
}

const TcpConnection* TcpTable::find_connection(const Name& name, const TcpSegment& segment) {
  const std::uint32_t index = find_open(name, segment);
  return index == kNone ? nullptr : &at(index).connection;
}

SegmentPlace TcpTable::find(const Name& name, const TcpSegment& segment) {
  const std::uint32_t index = find_open(name, segment);
  if (index == kNone) return {};
  Flow& flow = at(index);
  SegmentPlace out = place(flow, segment, name.side);
  out.early = is_early(flow, segment, name.side);
  const TcpStream& stream = flow.streams[name.side];
  out.in_order = stream.stands_at(segment.sequence) && !stream.has_held() && flow.early == nullptr;
  return out;
}

/// The stream offset of the segment's payload; 0 where its stream has not started.
std::int64_t TcpTable::payload_begin(const Flow& flow, const TcpSegment& segment, unsigned side) {
  const TcpStream& stream = flow.streams[side];
  return stream.started() ? stream.offset_of(sequence_of_payload(segment)) : 0;
}

SegmentPlace TcpTable::place(Flow& flow, const TcpSegment& segment, unsigned side) {
  SegmentPlace out{&flow.connection, side};
  const TcpStream& stream = flow.streams[side];
  if (!stream.started()) return out;
  out.begin = payload_begin(flow, segment, side);
  const std::int64_t size = std::ssize(segment.payload) + segment.missing;
  // A probe of a closed window, or of a silent peer, repeats one byte and means nothing by it.
  const bool probe = size == 1 && segment.sequence + 1 == stream.next_sequence();
  out.repeats = size > 0 && !probe && stream.holds_any(out.begin, out.begin + size);
  return out;
}

void TcpTable::handle(Flow& flow, const TcpSegment& segment, unsigned side, std::uint64_t order) {
  order_ = order;
  if (std::exchange(flow.start_told[side], false)) {
    flow.connection.from_start[side] = flow.connection.without_syn[side] = true;
  }
  if (segment.has(kTcpRst)) {
    handle_reset(flow, segment, side);
    return;
  }
  if (segment.has(kTcpSyn)) handle_syn(flow, segment, side);
  // First what the peer had sent before: this segment's bytes may answer it.
  if (segment.has(kTcpAck))
    flow.streams[1 - side].acknowledge(context(flow, 1 - side, segment.at), segment.acknowledgement);
  const bool missed =
      (!flow.syn_seen[side] || answers_unheard(flow, segment, side)) && !flow.connection.start_missed;
  // A side that had not begun has said something since, which this segment's bytes may answer.
  const bool said_unseen = missed && (flow.connection.not_begun[0] || flow.connection.not_begun[1]);
  if (said_unseen) miss_start(flow, segment.at);
  if (!segment.payload.empty() || segment.missing != 0 || segment.has(kTcpFin)) {
    handle_payload(flow, segment, side);
  } else if (TcpStream& own = flow.streams[side]; !own.stands_at(segment.sequence)) {
    own.stand_at(context(flow, side, segment.at), segment.sequence);
  }
  if (missed && !said_unseen) miss_start(flow, segment.at);
  if (flow.streams[0].ended() && flow.streams[1].ended()) close(flow, segment.at);
}

/// What the segment acknowledges came from a side of which nothing was captured, its SYN neither.
bool TcpTable::answers_unheard(const Flow& flow, const TcpSegment& segment, unsigned side) {
  const unsigned other = 1 - side;
  return segment.has(kTcpAck) && !flow.heard[other] && !flow.streams[other].started();
}

/// A side sends, or its peer has heard it, and its SYN was not captured: what it had sent before, if
/// anything, was not either.
void TcpTable::miss_start(Flow& flow, const Position& at) {
  flow.connection.start_missed = true;
  sink_.start_missed(flow.connection, at);
}

/// A RST is all that was captured of its connection, on which anything may have been said before. What
/// refuses a SYN has the sequence number 0 (RFC 9293, 3.10.7.1). It is not kept: what follows, if anything
/// does, was only captured behind it.
void TcpTable::miss_connection(const TcpSegment& segment, unsigned side) {
  if (segment.sequence == 0) return;
  TcpConnection connection;
  begin(connection, segment, side);
  connection.start_missed = true;
  sink_.start_missed(connection, segment.at);
  sink_.closed(connection, segment.at);
}

void TcpTable::handle_payload(Flow& flow, const TcpSegment& segment, unsigned side) {
  const std::uint32_t sequence = sequence_of_payload(segment);
  TcpStream& stream = flow.streams[side];
  if (!stream.started()) {
    // A FIN that comes again tells that the side has ended, which the streams need to know.
    stream.start_within(sequence, !segment.has(kTcpFin) && stream.is_resent(sequence, segment.at, kLateNs));
  }
  if (!flow.connection.has_payload && segment.payload.size() + segment.missing != 0) {
    flow.connection.has_payload = true;
    if (flow.list == List::silent) move(flow.self, List::active);
  }
  stream.receive(context(flow, side, segment.at), sequence, segment.payload, segment.missing,
                 segment.has(kTcpFin));
}

void TcpTable::handle_syn(Flow& flow, const TcpSegment& segment, unsigned side) {
  TcpConnection& connection = flow.connection;
  if (segment.has(kTcpAck)) await_no_syn(flow);  // both streams' beginnings are known now
  const bool answer = segment.has(kTcpAck);
  if (!connection.opener_known) {
    connection.opener_known = true;
    connection.zero_side = answer ? 1 - side : side;
  }
  if (!flow.syn_seen[side]) {
    flow.syn_seen[side] = true;
    connection.initial_sequence[side] = segment.sequence;
    if (answer && segment.at.capture == connection.first.capture) connection.answer_frame = segment.at.frame;
    TcpStream& stream = flow.streams[side];
    if (!stream.started()) stream.start(segment.sequence + 1);
    if (stream.first_sequence() == segment.sequence + 1) {
      connection.from_start[side] = true;
      connection.without_syn[side] = false;
      // Nor is anything missing of the other side, as long as that has sent nothing or its SYN came too.
      const bool other_too = flow.syn_seen[1 - side] || !flow.heard[1 - side];
      if (other_too) connection.start_missed = false;
      sink_.start_seen(connection, side, segment.at);
    }
  }
  connection.not_begun[side] = false;
  // The same SYN may come again without its bytes.
  if (!answer && !segment.payload.empty() && !flow.heard[1 - side]) connection.not_begun[1 - side] = true;
  // The answer to a SYN tells where the opener's stream starts, if its SYN was not captured.
  if (TcpStream& opener = flow.streams[1 - side]; answer && !opener.started()) {
    opener.start(segment.acknowledgement);
    flow.start_told[1 - side] = true;  // and whether that side is captured at all, its next segment
  }
}

/// A RST ends its sender's stream; what the other side has in flight behind it is still heard. Its text
/// (RFC 9293, 3.5.3) is no stream.
void TcpTable::handle_reset(Flow& flow, const TcpSegment& segment, unsigned side) {
  TcpStream& own = flow.streams[side];
  TcpStream& peer = flow.streams[1 - side];
  if (own.ended()) return count_after_end(flow, segment, side);
  // What refuses a SYN has a sequence number that nobody has told before.
  if (!own.started() && !own.acknowledged() && flow.syn_seen[1 - side] && segment.has(kTcpAck) &&
      segment.acknowledgement - flow.connection.initial_sequence[1 - side] - 1 < kSynWindow)
    own.start(segment.sequence);
  if (!own.reset(context(flow, side, segment.at), segment.sequence)) {
    ++budget_.ignored_resets;
    return;
  }
  if (segment.has(kTcpAck)) peer.acknowledge(context(flow, 1 - side, segment.at), segment.acknowledgement);
  sink_.reset(flow.connection, side, segment.at);
  flow.reset = segment.at;
  if (peer.ended() || !flow.connection.has_payload) {
    close(flow, segment.at);
  } else if (flow.list != List::reset) {
    move(flow.self, List::reset);
    if (const Order& reset = order(List::reset); reset.size > remembered_at_most()) {
      Flow& oldest = at(reset.oldest);
      resume_all(oldest);
      if (oldest.list != List::closed) close(oldest, oldest.last);
    }
  }
}

/// At `position`, or where a RST had ended one of its streams before.
void TcpTable::close(Flow& flow, const Position& position) {
  forget_early(flow);
  for (const unsigned side : {flow.connection.zero_side, 1 - flow.connection.zero_side}) {
    flow.streams[side].finish(context(flow, side, position));
    flow.streams[side].clear(budget_);
  }
  sink_.closed(flow.connection, flow.reset.value_or(position));
  flow.connection.context.reset();
  move(flow.self, List::closed);
  // Remembered only to tell late segments from a new connection.
  const Order& closed = order(List::closed);
  if (closed.size > remembered_at_most()) erase(closed.oldest);
}

std::size_t TcpTable::remembered_at_most() const {
  constexpr std::size_t kRemembered = 4096;
  return std::clamp(options_.max_connections, std::size_t{1}, kRemembered);
}

/// Of a segment of a stream that has ended: what it holds behind the end, or whether it is a RST that the
/// peer had ignored (at the last byte, or behind the FIN, it had not).
void TcpTable::count_after_end(const Flow& flow, const TcpSegment& segment, unsigned side) {
  const TcpStream& stream = flow.streams[side];
  if (!stream.started()) return;
  if (segment.has(kTcpRst)) {
    const bool expected = segment.sequence - stream.next_sequence() <= 1 ||
                          (stream.acknowledged() && segment.sequence == *stream.acknowledged());
    budget_.ignored_resets += expected ? 0 : 1;
    return;
  }
  const std::uint32_t end = sequence_of_payload(segment) + static_cast<std::uint32_t>(segment.payload.size());
  const auto behind = static_cast<std::int32_t>(end - stream.next_sequence());
  if (behind > 0)
    budget_.bytes_after_end +=
        std::min<std::size_t>(static_cast<std::size_t>(behind), segment.payload.size());
}

/// Forgets an open connection at a bound: for the sink it is over.
void TcpTable::evict(Flow& flow) {
  resume_all(flow);
  const Position last = flow.last;
  if (flow.list != List::closed) close(flow, last);
  erase(flow.self);
}

void TcpTable::evict_idle(std::int64_t now_ns) {
  for (const List list : {List::silent, List::active, List::reset}) {
    const Order& open = order(list);
    while (open.oldest != kNone &&
           elapsed(at(open.oldest).last.time_ns, now_ns).value_or(0) > options_.idle_timeout_ns) {
      // Behind a RST no more is expected than what was in flight, so that such a connection is over.
      if (list != List::reset) ++evicted_;
      evict(at(open.oldest));
    }
  }
}

void TcpTable::finish() {
  finish_waiting();
  std::vector<Flow*> open;
  for (const List list : {List::silent, List::active, List::reset, List::closed}) {
    for (std::uint32_t index = order(list).oldest; index != kNone; index = at(index).newer) {
      if (list == List::closed)
        forget_openings(at(index));
      else
        open.push_back(&at(index));
    }
  }
  std::sort(open.begin(), open.end(),
            [](const Flow* a, const Flow* b) { return a->connection.key < b->connection.key; });
  for (Flow* flow : open) {
    if (options_.moment != nullptr) {
      *options_.moment = {};
      options_.moment->stage = Stage::tcp_over;
      options_.moment->clock_ns = flow->connection.first_clock_ns;
      options_.moment->capture = flow->connection.first.capture;
      options_.moment->frame = flow->connection.first.frame;
    }
    open_unanswered(*flow);
    forget_openings(*flow);
    for (const unsigned side : {flow->connection.zero_side, 1 - flow->connection.zero_side}) {
      flow->streams[side].finish(context(*flow, side, flow->last));
    }
    if (flow->reset || (flow->streams[0].ended() && flow->streams[1].ended())) {
      close(*flow, flow->last);
    } else {
      sink_.left_open(flow->connection);
    }
  }
}

}  // namespace ck::stream
