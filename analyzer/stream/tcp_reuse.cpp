// When a 4-tuple is used again. On a connection that is over, any other SYN begins a new one. On one that is
// open, a SYN by itself changes nothing: a TCP that has the connection answers it with an acknowledgement of
// the old one, be it a late copy, a forgery, or of a peer that has restarted (RFC 9293, 3.10.7.4). So it is
// kept until what follows is of the connection that it asked for.
#include <algorithm>
#include <iterator>
#include <utility>

#include "stream/tcp_table.h"

namespace ck::stream {
namespace {

/// A segment within this distance of where a closed connection's stream ended is a late copy, not a new
/// connection.
constexpr std::int32_t kLateWindow = 64 << 20;
/// So many SYNs are kept of a connection: the one that was meant, and some that were not.
constexpr std::size_t kMostOpenings = 4;
/// What keeping them costs beside the SYNs.
constexpr std::size_t kOpeningsOverhead = 640;

}  // namespace

/// A side that sent SYN and then RST, for a connection that its peer still had open, say, sends the same SYN
/// again.
bool TcpTable::is_reset_unused(const Flow& flow, unsigned side) {
  return flow.reset && flow.streams[side].ended() &&
         flow.streams[side].next_sequence() == flow.connection.initial_sequence[side] + 1;
}

/// A SYN on a connection that is open: the same one again (a retransmission, or one that overtook nothing)
/// keeps its sequence number; another one may open a new connection.
bool TcpTable::is_reuse(const Flow& flow, const TcpSegment& segment, unsigned side) {
  if (flow.syn_seen[side])
    return segment.sequence != flow.connection.initial_sequence[side] || is_reset_unused(flow, side);
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
  if (segment.has(kTcpSyn)) {
    return !flow.syn_seen[side] || segment.sequence != flow.connection.initial_sequence[side] ||
           is_reset_unused(flow, side);
  }
  if (segment.payload.empty() && segment.missing == 0) return false;
  const TcpStream& stream = flow.streams[side];
  if (!stream.started()) return false;
  const auto distance = static_cast<std::int32_t>(segment.sequence - stream.next_sequence());
  return distance > kLateWindow || distance < -kLateWindow;
}

/// A segment of the flow's addresses and ports came. Makes a fresh connection of the flow where it belongs to
/// one. False: it is of none.
bool TcpTable::begin_again(Flow& flow, const TcpSegment& segment, unsigned side) {
  if (const KeptSegment* syn = opened_by(flow, segment, side)) {
    open_again(flow, *syn);
    return true;
  }
  if (flow.awaits_syn && segment.has(kTcpSyn) && !begins_kept(flow, segment, side)) {
    await_no_syn(flow);
    resume_all(flow);
  }
  const bool closed = flow.list == List::closed, syn = segment.has(kTcpSyn);
  const bool again = closed ? is_reuse_of_closed(flow, segment, side)
                     : syn  ? is_reuse(flow, segment, side)
                            : flow.reset && is_reuse_of_closed(flow, segment, side);
  if (again && syn && !closed && !flow.reset) {
    keep_opening(flow, segment, side);
    return false;
  }
  if (again) {
    resume_all(flow);
    if (flow.list != List::closed) close(flow, segment.at);
    move(flow.self, List::silent);
    begin(flow, segment, side);
    return true;
  }
  if (closed) {
    count_after_end(flow, segment, side);
    return false;
  }
  if (flow.openings != nullptr) {
    flow.openings->gone_on = true;
    // A peer that has restarted resets what the other one has open, and then asks again.
    if (segment.has(kTcpRst) && flow.streams[side].may_reset(segment.sequence)) drop_openings_of(flow, side);
  }
  return true;
}

/// Keeps a SYN that may open a connection. One that comes again is kept as it came first, with its bytes.
void TcpTable::keep_opening(Flow& flow, const TcpSegment& segment, unsigned side) {
  const bool first = flow.openings == nullptr;
  if (first) flow.openings = std::make_unique<Openings>();
  Openings& openings = *flow.openings;
  const auto same = [&](const KeptSegment& syn) {
    return syn.side == side && syn.segment.sequence == segment.sequence;
  };
  if (std::any_of(openings.syns.begin(), openings.syns.end(), same)) return;
  openings.gone_on = false;
  KeptSegment& kept = openings.syns.emplace_back();
  kept.segment = segment;
  kept.payload.assign(segment.payload.begin(), segment.payload.end());
  kept.segment.payload = kept.payload;
  kept.side = side;
  kept.order = order_;
  kept.clock_ns = clock_ns_;
  const auto charge = [&](std::size_t cost) {
    openings.bytes += cost;
    budget_.total += cost;
  };
  charge(sizeof(KeptSegment) + kept.payload.size() + (first ? kOpeningsOverhead : 0));
  while (!openings.syns.empty()) {
    const bool alone = openings.bytes > budget_.max_per_direction;
    const bool full = alone || budget_.total > budget_.max_total;
    if (!full && openings.syns.size() <= kMostOpenings) break;
    if (full) ++(alone ? budget_.given_up_per_direction : budget_.given_up_total);
    drop_opening(openings, openings.syns.begin());
  }
  if (openings.syns.empty()) forget_openings(flow);
}

/// Whether a segment is of the connection that a SYN asked for, and not of the one that was open then.
bool TcpTable::shows(Flow& flow, const KeptSegment& syn, const TcpSegment& segment, unsigned side) {
  const std::uint32_t first = syn.segment.sequence + 1;
  const auto size = static_cast<std::uint32_t>(syn.payload.size()) + syn.segment.missing;
  if (side == syn.side) {  // it goes on behind its SYN
    if (segment.has(kTcpSyn) || segment.has(kTcpRst)) return false;
    return segment.sequence - first < kSynWindow && !fits(flow, segment, side);
  }
  if (segment.has(kTcpSyn) && syn.segment.has(kTcpAck) && syn.segment.acknowledgement == segment.sequence + 1)
    return true;  // the answer was captured before what it answers
  if (!segment.has(kTcpAck)) return false;
  const std::uint32_t behind = segment.acknowledgement - first;
  if (segment.has(kTcpSyn))
    return behind <= size &&
           !(flow.syn_seen[side] && segment.sequence == flow.connection.initial_sequence[side]);
  return behind < (segment.has(kTcpRst) ? size + 1 : kSynWindow) && !fits(flow, segment, side);
}

/// The SYN among those kept that opened the connection of which this segment is; nullptr: none.
const TcpTable::KeptSegment* TcpTable::opened_by(Flow& flow, const TcpSegment& segment, unsigned side) {
  if (flow.openings == nullptr) return nullptr;
  const std::deque<KeptSegment>& syns = flow.openings->syns;
  const auto found = std::find_if(syns.rbegin(), syns.rend(),
                                  [&](const KeptSegment& syn) { return shows(flow, syn, segment, side); });
  return found == syns.rend() ? nullptr : &*found;
}

/// Begins the connection that a SYN asked for, which is one of those kept, with that SYN: the old one was
/// over then.
void TcpTable::open_again(Flow& flow, const KeptSegment& opening) {
  // What waits may be a FIN or a RST, which says better how the old one ended.
  resume_all(flow);
  const std::unique_ptr<Openings> openings = std::move(flow.openings);
  budget_.total -= openings->bytes;
  if (flow.list != List::closed) close(flow, opening.segment.at);
  move(flow.self, List::silent);
  const std::uint64_t order = std::exchange(order_, opening.order);
  const std::int64_t clock_ns = std::exchange(clock_ns_, opening.clock_ns);
  begin(flow, opening.segment, opening.side);
  take(flow, opening.segment, opening.side);
  clock_ns_ = clock_ns;
  order_ = order;
}

/// The captures are over, and nothing was captured behind a SYN that brought bytes: they may be all there is
/// of its connection.
void TcpTable::open_unanswered(Flow& flow) {
  if (flow.openings == nullptr || flow.openings->gone_on) return;
  const KeptSegment& last = flow.openings->syns.back();
  if (!last.payload.empty()) open_again(flow, last);
}

void TcpTable::drop_openings_of(Flow& flow, unsigned side) {
  Openings& openings = *flow.openings;
  for (auto syn = openings.syns.begin(); syn != openings.syns.end();) {
    if (syn->side != side) {
      ++syn;
      continue;
    }
    syn = drop_opening(openings, syn);
  }
  if (openings.syns.empty()) forget_openings(flow);
}

/// Returns what stands behind it.
TcpTable::Opening TcpTable::drop_opening(Openings& openings, const Opening& syn) {
  const std::size_t cost = sizeof(KeptSegment) + syn->payload.size();
  openings.bytes -= cost;
  budget_.total -= cost;
  return openings.syns.erase(syn);
}

void TcpTable::forget_openings(Flow& flow) {
  if (flow.openings == nullptr) return;
  budget_.total -= flow.openings->bytes;
  flow.openings.reset();
}

}  // namespace ck::stream
