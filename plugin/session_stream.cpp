// The session's first pass: framing of a direction's bytes, and what the audit is told of streams. The same
// Framer and the same events as ck-audit's, so that both faces see the same frames.
#include <algorithm>
#include <utility>

#include "session.h"

namespace ck::plugin {
namespace {

/// epan's DESEGMENT_ONE_MORE_SEGMENT.
constexpr std::uint32_t kOneMoreSegment = 0x0FFFFFFF;

/// The ends of a connection, whoever opened it.
std::array<Endpoint, 2> ends_of(std::array<Endpoint, 2> endpoints) {
  if (endpoints[1] < endpoints[0]) std::swap(endpoints[0], endpoints[1]);
  return endpoints;
}

/// So many gaps and cuts of a connection are remembered before Ck is recognised on it.
constexpr std::size_t kMaxEarly = 64;

const MessageSpec* find_spec(std::uint16_t command) {
  const MessageSpec* spec = find_message(command);
  return spec != nullptr ? spec : find_swapped(command);
}

}  // namespace

/// The first bytes of a direction.
void Session::begin_direction(Connection& connection, Side side, const CallInput& input) {
  Direction& direction = connection.directions[side];
  bool from_start = direction.watch.whole();
  if (connection.transport == Transport::tcp && input.seq)
    from_start = from_start && *input.seq == direction.watch.first();
  direction.framer.emplace(options_.names, from_start);
  direction.next_seq = input.seq;
}

/// Puts the call's bytes behind those that came before. False: all of them came before. `known`: so many did.
/// What Wireshark put together may begin with bytes that it gave already, or that were taken from it.
bool Session::align(Connection& connection, Side side, const CallInput& input, std::size_t& known) {
  Direction& direction = connection.directions[side];
  if (!input.seq) return true;
  // What came before and was kept was given without a place, since segments had been put together for it.
  if (!direction.next_seq)
    direction.next_seq = *input.seq - static_cast<std::uint32_t>(direction.carry.size());
  const std::uint32_t expected = *direction.next_seq + static_cast<std::uint32_t>(direction.carry.size());
  const auto ahead = static_cast<std::int32_t>(*input.seq - expected);
  if (ahead < 0) {
    // Bytes that only waited for more are given again from their start, which is no repetition.
    known = static_cast<std::size_t>(-static_cast<std::int64_t>(ahead));
    return known < input.bytes.size();
  }
  if (ahead > 0) {
    lose(connection, side);
    direction.next_seq = input.seq;
  }
  return true;
}

/// Frames `bytes`, the call's carried and given ones. Returns how many were framed.
std::uint32_t Session::frame_bytes(Connection& connection, Side side, const CallInput& input, Bytes bytes,
                                   Call& call) {
  Direction& direction = connection.directions[side];
  const std::uint32_t before = direction.pending;
  std::uint32_t done = 0;
  std::size_t wanted = 0;
  while (done < bytes.size()) {
    const Bytes rest = bytes.subspan(done);
    if (connection.is_blind(side)) direction.framer->lose_sync();
    const FrameAnswer answer = direction.framer->next(rest, BytesEnd::segment, scratch_);
    if (answer.step == FrameStep::need_more) {
      wanted = answer.size;
      break;
    }
    Slice slice{SliceKind::skipped, done, static_cast<std::uint32_t>(answer.size), kNoMessage};
    if (answer.step == FrameStep::message) {
      slice.kind = SliceKind::message;
      slice.message = tell_message(connection, side, rest.first(answer.size), answer, input.at);
      call.slices.push_back(slice);
    } else {
      CallInput of_byte = input;
      if (done < before || (done == 0 && !call.carried.empty())) of_byte.at = direction.pending_at;
      skip(connection, direction, rest, of_byte, slice, call);
    }
    done += slice.size;
  }
  if (direction.next_seq) *direction.next_seq += done;
  if (done < bytes.size()) {
    wait(direction, input, bytes, done, wanted, call);
  } else {
    direction.pending = 0;
  }
  return done;
}

/// The bytes from `begin` on begin a frame of which `wanted` bytes must be there.
void Session::wait(Direction& direction, const CallInput& input, Bytes bytes, std::uint32_t begin,
                   std::size_t wanted, Call& call) {
  const auto left = static_cast<std::uint32_t>(bytes.size()) - begin;
  if (begin > 0 || (direction.pending == 0 && call.carried.empty())) direction.pending_at = input.at;
  direction.pending_expected = kHeaderSize;
  if (left >= kHeaderSize) {
    direction.pending_expected += read_header(bytes.subspan(begin)).length;
  }
  call.slices.push_back({SliceKind::incomplete, begin, left, kNoMessage});
  if (!options_.wait) {
    // The user wants every segment by itself.
    direction.framer->lose_sync();
    direction.skipped += left;
    direction.pending = 0;
    if (direction.next_seq) *direction.next_seq += left;
    return;
  }
  direction.pending = left;
  if (input.can_wait && call.carried.empty()) {
    call.waits = true;
    call.wait_offset = begin;
    // An exact number only where the frame's length is known, and that it is one: TCP loses bytes when a
    // request for more is extended within one segment.
    const bool exact = direction.framer->state() == FramerState::synced && left >= kHeaderSize &&
                       wanted == direction.pending_expected;
    call.wait_length = exact ? static_cast<std::uint32_t>(wanted) - left : kOneMoreSegment;
    call.slices.pop_back();
    return;
  }
  direction.carry.assign(bytes.begin() + begin, bytes.end());
}

void Session::skip(Connection& connection, Direction& direction, Bytes rest, const CallInput& input,
                   Slice slice, Call& call) {
  const bool bad = connection.told && direction.framer->state() == FramerState::malformed;
  std::uint64_t& bytes = bad ? direction.malformed : direction.skipped;
  if (bytes == 0) {
    (bad ? direction.malformed_at : direction.skipped_at) = input.at;
    if (bad) direction.slip = known_slip(rest, options_.names, scratch_);
  }
  bytes += slice.size;
  slice.kind = bad ? SliceKind::malformed : SliceKind::skipped;
  if (!call.slices.empty() && call.slices.back().kind == slice.kind) {
    call.slices.back().size += slice.size;
  } else {
    call.slices.push_back(slice);
  }
}

std::uint64_t Session::tell_message(Connection& connection, Side side, Bytes frame,
                                    const FrameAnswer& answer, Position at) {
  tell_start(connection);
  tell_regions(connection, side);
  // Before the audit judges this message by what it knows of the other side: it does not know all.
  tell_awaited(connection, other(side));
  Message message;
  message.connection = connection.key;
  message.sender = side;
  message.at = at;
  message.header = answer.header;
  message.slip = answer.slip;
  message.command = message.header->command;
  message.spec = find_spec(message.command);
  message.payload_bytes = frame.subspan(answer.payload_at, answer.payload_size);
  decode_payload(message.payload_bytes, message.spec, options_.names, payload_);
  message.payload = &payload_;
  store_.last_message = kNoMessage;
  audit_.message(message);
  fed_ = true;
  return store_.last_message;
}

/// Of what came before the segment that is at hand, Wireshark has not handed over all.
bool Session::keeps_back(const Connection& connection, Side side) const {
  const Direction& direction = connection.directions[side];
  if (connection.transport != Transport::tcp) return false;
  const std::uint32_t given =
      direction.next_seq
          ? *direction.next_seq - direction.watch.first() +
                std::max<std::uint32_t>(direction.pending, static_cast<std::uint32_t>(direction.carry.size()))
          : 0;
  // A probe's byte is not handed over either.
  return static_cast<std::int32_t>(direction.watch.contiguous() - given) > 1;
}

/// Ck is recognised: the audit learns of the connection.
void Session::tell_start(Connection& connection) {
  if (connection.told) return;
  connection.told = true;
  told_[ends_of(connection.endpoints)] = &connection;
  ConnectionStart start;
  start.key = connection.key;
  start.transport = connection.transport;
  start.endpoints = connection.endpoints;
  start.opener_known = connection.opener_known;
  start.first = connection.first;
  for (const Side side : {Side{0}, Side{1}}) {
    const StreamWatch& watch = connection.directions[side].watch;
    start.seen_from_start[side] =
        watch.whole() && !watch.is_missing() && !keeps_back(connection, side) && !connection.is_blind(side);
    if (connection.directions[side].framer) connection.directions[side].framer->assume_ck();
  }
  audit_.open(start);
  for (const StreamEvent& event : std::exchange(connection.early, {})) audit_.event(event);
}

void Session::tell(Connection& connection, Side side, StreamEventKind kind, Position at, std::uint64_t bytes,
                   std::uint64_t expected, const Slip* slip) {
  const bool missing = kind == StreamEventKind::gap || kind == StreamEventKind::truncated_packet;
  if (!connection.told && (!missing || connection.early.size() >= kMaxEarly)) return;
  StreamEvent event;
  event.kind = kind;
  event.connection = connection.key;
  event.side = side;
  event.at = at;
  event.bytes = bytes;
  event.expected = expected;
  event.slip = slip;
  if (!connection.told) return connection.early.push_back(event);
  audit_.event(event);
  fed_ = true;
}

/// Runs of skipped and malformed bytes end here.
void Session::tell_regions(Connection& connection, Side side) {
  Direction& direction = connection.directions[side];
  if (!connection.told) return;
  if (direction.skipped > 0)
    tell(connection, side, StreamEventKind::skipped, direction.skipped_at, direction.skipped);
  if (direction.malformed > 0) {
    tell(connection, side, StreamEventKind::malformed, direction.malformed_at, direction.malformed, 0,
         direction.slip);
  }
  direction.skipped = direction.malformed = 0;
}

/// Bytes are missing before the next ones: what was begun will not be completed.
void Session::lose(Connection& connection, Side side) {
  Direction& direction = connection.directions[side];
  const std::uint64_t left = std::max<std::uint64_t>(direction.pending, direction.carry.size());
  if (left > 0 && direction.skipped == 0) direction.skipped_at = direction.pending_at;
  direction.skipped += left;
  direction.pending = 0;
  direction.carry.clear();
  tell_regions(connection, side);
  if (direction.framer) direction.framer->lose_sync();
}

void Session::tell_hole(Connection& connection, Side side, const Hole& hole) {
  connection.directions[side].lost = true;
  tell(connection, side, StreamEventKind::gap, hole.behind, hole.bytes);
}

/// What Wireshark shows of the stream is not known to be all of it, though nothing is missing.
void Session::doubt(Connection& connection, Side side, Position at) {
  undecidable_.insert(at.frame);
  store_.blind(connection.key);
  tell(connection, side, StreamEventKind::hole_seen, at);
}

/// What is kept back under TLS cannot be read, and what comes behind it is out of step.
void Session::look_for_doubt(Connection& connection, Side side, const Segment& segment, Position at) {
  Direction& direction = connection.directions[side];
  if (!options_.keeps_back || segment.length == 0) return;
  direction.repeated = direction.repeated || direction.watch.repeats(segment);
  if (connection.told && connection.is_blind(side)) doubt(connection, side, at);
}

/// With out-of-order segments put in order, Wireshark dissects nothing behind a hole.
void Session::look_for_blindness(Connection& connection, Side side, const Segment& segment, Position at) {
  Direction& direction = connection.directions[side];
  if (!connection.told || !direction.lost || segment.length == 0 || segment.rst) return;
  if (direction.last_given == at.frame || direction.pending > 0) return;
  // Nobody has the secrets of a named connection, then: that there is no Ck to see says enough.
  if (connection.named && !connection.directions[0].framer && !connection.directions[1].framer) return;
  doubt(connection, side, at);
}

/// From 4.4 on Wireshark, told to put out-of-order segments in order, keeps bytes back that came in order and
/// complete what it was asked for, where others came twice; it gives them later, or never. So they are taken
/// from the segments.
void Session::take_kept_back(Connection& connection, Side side, const Segment& segment, Bytes payload,
                             Position at) {
  Direction& direction = connection.directions[side];
  if (!connection.told || connection.transport != Transport::tcp || direction.lost || direction.over)
    return direction.kept.clear();
  const std::uint32_t framed = direction.next_seq.value_or(direction.watch.first());
  const std::uint32_t begin = segment.seq + (segment.syn ? 1 : 0);
  const std::uint32_t end = direction.watch.first() + direction.watch.contiguous();
  CallInput input;
  input.at = at;
  input.claimed = input.kept_back = true;
  input.seq = framed + static_cast<std::uint32_t>(direction.carry.size());
  direction.kept.add(begin, payload, *input.seq);
  // A probe of a closed window carries one byte, which Wireshark gives to nobody until it comes again.
  if (segment.length == 1 && connection.directions[other(side)].shut) direction.probed = begin + 1;
  const std::int64_t there = static_cast<std::int32_t>(end - framed);
  const std::int64_t given = std::max<std::int64_t>(direction.pending, std::ssize(direction.carry));
  const std::int64_t wanted = std::max<std::int64_t>(given + 1, given > 0 ? direction.pending_expected : 1);
  if (there < wanted + (direction.probed == end ? 1 : 0)) return;
  std::vector<std::uint8_t> bytes = direction.kept.from(*input.seq);
  if (bytes.empty()) {
    if (payload.empty() || static_cast<std::int32_t>(begin - *input.seq) < 0) return;
    // It began to before it was known that they are Ck's. What they say is not known, though none is missing.
    lose(connection, side);
    doubt(connection, side, at);
    input.seq = direction.next_seq = begin;
    bytes = direction.kept.from(begin);
  }
  input.bytes = bytes;
  if (!bytes.empty() && dissect(connection, side, input) != nullptr) any_kept_back_ = true;
}

void Session::segment(Connection& connection, Side side, const Segment& segment, Bytes payload, Position at) {
  tell_overdue(at.time_ns);
  Direction& direction = connection.directions[side];
  if (!segment.rst) direction.shut = segment.shut;
  look_for_doubt(connection, side, segment, at);
  if (segment.cut > 0) {
    direction.lost = true;
    lose(connection, side);
    tell(connection, side, StreamEventKind::truncated_packet, at, segment.cut);
  }
  if (segment.syn && segment.has_ack) connection.directions[other(side)].watch.starts_at(segment.ack);
  if (direction.watch.segment(segment, at)) tell(connection, side, StreamEventKind::start_seen, at);
  acknowledged(connection, side, segment, at);
  while (const std::optional<Hole> hole = direction.watch.give_up_acknowledged()) {
    tell_hole(connection, side, *hole);
  }
  look_for_blindness(connection, side, segment, at);
  take_kept_back(connection, side, segment, payload, at);
  if (segment.rst) {
    while (const std::optional<Hole> hole = direction.watch.give_up()) tell_hole(connection, side, *hole);
    end_direction(connection, side, at, true);
  }
  if (direction.watch.ended()) end_direction(connection, side, at, false);
  const bool over = segment.rst || (connection.directions[0].over && connection.directions[1].over);
  if (over) close(connection, at);
}

void Session::close(Connection& connection, Position at) {
  if (!connection.told || connection.closed) return;
  connection.closed = true;
  for (const Side each : {Side{0}, Side{1}}) {
    tell_regions(connection, each);
    tell_awaited(connection, each);
  }
  audit_.close(connection.key, at);
  fed_ = true;
}

/// A new connection with the same ends: the one before is over, though no FIN or RST of it was seen.
void Session::close_replaced(const std::array<Endpoint, 2>& endpoints, Position at) {
  const auto before = told_.find(ends_of(endpoints));
  if (before != told_.end()) close(*before->second, at);
}

void Session::end_direction(Connection& connection, Side side, Position at, bool by_reset) {
  Direction& direction = connection.directions[side];
  if (direction.over) return;
  direction.over = true;
  std::uint64_t left = direction.pending;
  if (connection.transport == Transport::tcp && direction.next_seq && direction.pending > 0) {
    // Segments that Wireshark kept for itself, because they did not complete the frame, count as well.
    left = direction.watch.contiguous() - (*direction.next_seq - direction.watch.first());
  }
  const bool begun = direction.framer && direction.framer->state() == FramerState::synced && left > 0;
  if (begun) {
    tell_start(connection);
    tell_regions(connection, side);
    tell(connection, side, StreamEventKind::truncated_message, at, left, direction.pending_expected);
  }
  tell_regions(connection, side);
  direction.pending = 0;
  direction.carry.clear();
  tell(connection, side, by_reset ? StreamEventKind::reset : StreamEventKind::fin, at);
}

}  // namespace ck::plugin
