// One 5-tuple under several tenants. Networks that share a wire behind VLANs, network identifiers or keys may
// use the same addresses and ports, and then have connections of their own. But other tags alone do not make
// another connection: a tag may differ by direction, a path may change under a connection, and a tap may see
// each packet twice, before and behind a tag. Sequence numbers tell: a segment under a tenant that is new to
// a connection belongs to it when its numbers fit both of its streams, and starts a connection when they
// do not.
#include <algorithm>

#include "stream/tcp_table.h"

namespace ck::stream {
namespace {

/// How far from where a stream stands the numbers of its own segments lie: more than a window that is usual,
/// and so little of all numbers that two strangers rarely fit by chance, in both directions least of all.
constexpr std::int32_t kNear = 1 << 20;
/// Connections that one 5-tuple may have: each of its segments may look at all of them.
constexpr std::size_t kMaxSiblings = 64;

bool is_near(std::uint32_t a, std::uint32_t b) {
  const auto distance = static_cast<std::int32_t>(a - b);
  return distance >= -kNear && distance <= kNear;
}

/// Whether a sequence number can be of a stream, as far as anything is known of it.
bool can_be_of(const TcpStream& stream, std::uint32_t sequence) {
  if (stream.started()) return is_near(sequence, stream.next_sequence());
  return !stream.acknowledged() || is_near(sequence, *stream.acknowledged());
}

}  // namespace

/// The connection of those with one key, from `first` on, that a segment belongs to, or kNone: a new one.
std::uint32_t TcpTable::pick(std::uint32_t first, const TcpSegment& segment, unsigned side) {
  Flow& flow = at(first);
  if (flow.sibling == kNone && flow.tenant[side] == segment.tenant) {
    flow.tenant_seen[side] = true;
    return first;
  }
  const std::uint32_t index = pick_tenant(first, segment, side);
  if (index != kNone && !at(index).tenant_seen[side]) {
    at(index).tenant[side] = segment.tenant;
    at(index).tenant_seen[side] = true;
  }
  return index;
}

/// Its own tenant's connection where the numbers fit; then any that they fit, best one whose other direction
/// is its tenant's; then its own tenant's (which may have been used again, or have lost much). A SYN that
/// fits nowhere takes the place of one that is over.
std::uint32_t TcpTable::pick_tenant(std::uint32_t first, const TcpSegment& segment, unsigned side) {
  std::uint32_t fitting = kNone, own = kNone, over = kNone;
  for (std::uint32_t index = first; index != kNone; index = at(index).sibling) {
    Flow& flow = at(index);
    const bool same = flow.tenant[side] == segment.tenant;
    if (fits(flow, segment, side)) {
      if (same) return index;
      if (fitting == kNone || flow.tenant[1 - side] == segment.tenant) fitting = index;
    }
    if (same && own == kNone) own = index;
    if (flow.list == List::closed || flow.list == List::reset) over = index;
  }
  if (fitting != kNone) return fitting;
  if (own != kNone) return own;
  return segment.has(kTcpSyn) ? over : kNone;
}

/// Whether a segment's numbers are those of a connection. A SYN must be the very one that opened it; bytes
/// that were told before must be the same again.
bool TcpTable::fits(Flow& flow, const TcpSegment& segment, unsigned side) {
  const TcpStream& stream = flow.streams[side];
  if (segment.has(kTcpSyn)) {
    if (flow.syn_seen[side] ? segment.sequence != flow.connection.initial_sequence[side]
                            : stream.started() && stream.first_sequence() != segment.sequence + 1) {
      return false;
    }
    if (!flow.syn_seen[side] && !can_be_of(stream, segment.sequence)) return false;
  } else if (!segment.has(kTcpRst) || !segment.has(kTcpAck)) {  // the answer to a SYN has any number
    if (!can_be_of(stream, segment.sequence)) return false;
  }
  if (segment.has(kTcpAck) && !can_be_of(flow.streams[1 - side], segment.acknowledgement)) return false;
  if (!stream.started() || flow.list == List::closed) return true;  // of one that is over, no bytes are kept
  const std::int64_t begin = payload_begin(flow, segment, side);
  const std::int64_t end = begin + static_cast<std::int64_t>(segment.payload.size());
  const bool told = end <= stream.offset_of(stream.next_sequence());
  return !told || !stream.differs(sink_, flow.connection, side, begin, segment.payload);
}

void TcpTable::add_sibling(std::uint32_t first, std::uint32_t index) {
  at(index).sibling = at(first).sibling;
  at(first).sibling = index;
}

/// Lets go of the last one where there are too many: it came first of those behind `first`.
void TcpTable::keep_sibling_bound(std::uint32_t first) {
  std::size_t count = 1;
  std::uint32_t last = first;
  for (; at(last).sibling != kNone; last = at(last).sibling) ++count;
  if (count < kMaxSiblings) return;
  if (at(last).list == List::closed) {
    erase(last);
  } else {
    ++evicted_;
    evict(at(last));
  }
}

/// Takes `index` out of the chain of those that share its key. False when it is alone there.
bool TcpTable::remove_sibling(First& first, std::uint32_t index) {
  Flow& flow = at(index);
  std::uint32_t* link = &first.flow;
  if (*link == index && flow.sibling == kNone) return false;
  while (*link != index) link = &at(*link).sibling;
  *link = flow.sibling;
  flow.sibling = kNone;
  return true;
}

}  // namespace ck::stream
