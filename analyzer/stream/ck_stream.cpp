// Framing of both directions of a connection. A frame that lies whole in a packet is decoded where it lies.
#include "stream/ck_stream.h"

#include <algorithm>
#include <utility>

#include "base/fetch.h"

namespace ck::stream {
namespace {

/// Gaps, cuts and the like that are remembered one by one before Ck is recognised; later ones are added to
/// the last of their kind.
constexpr std::size_t kMaxEarly = 64;

}  // namespace

CkStreams::CkConnection& CkStreams::context_of(TcpConnection& connection) {
  if (connection.context == nullptr) {
    auto made = std::make_unique<CkConnection>(names_, connection.from_start);
    if (connection.named) {
      for (SenderStream& direction : made->sides) direction.framer.assume_ck();
    }
    connection.context = std::move(made);
  }
  return static_cast<CkConnection&>(*connection.context);
}

/// What is kept of a connection; nullptr: nothing, or another reads it.
const CkStreams::CkConnection* CkStreams::find_context(const TcpConnection& connection) {
  if (connection.application == Application::http2) return nullptr;
  return static_cast<const CkConnection*>(connection.context.get());
}

CkStreams::Work CkStreams::work_of(TcpConnection& connection, unsigned side) {
  CkConnection& ck = context_of(connection);
  return {connection, ck, side, ck.sides[side]};
}

void CkStreams::expect(const TcpConnection& connection, unsigned side, Ahead ahead) const {
  if (connection.context == nullptr) return;
  if (ahead == Ahead::soon) return fetch_bytes(connection.context.get(), sizeof(CkConnection));
  const CkConnection* ck = find_context(connection);
  if (ck == nullptr) return;
  if (ck->tls != nullptr) fetch(*ck->tls);
  const SenderStream& direction = ck->sides[side];
  if (direction.unread != nullptr) fetch(*direction.unread);
  if (direction.buffer.empty()) return;
  fetch_bytes(direction.buffer.begin(), direction.buffer.size());
  fetch_all(std::span(direction.runs));
}

void CkStreams::data(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at) {
  const Work work = work_of(connection, side);
  if (work.ck.reset) look(work, OutlookKind::behind_reset, at, bytes.size());
  const std::size_t clear = records_begin(work, bytes, at);
  if (clear != 0 && work.direction.tls_decided) take(work, bytes.first(clear), at);
  if (clear == bytes.size()) return;
  const bool is_clear = work.ck.open && work.ck.tls == nullptr;  // as its first bytes have shown
  is_clear ? take(work, bytes.subspan(clear), at) : take_records(work, bytes.subspan(clear), at);
}

/// The next bytes of the stream that carries the frames.
void CkStreams::take(const Work& work, Bytes bytes, const Position& at, BytesEnd end) {
  SenderStream& direction = work.direction;
  ++calls_;
  if (end != BytesEnd::segment || !take_foreign(work, bytes, at)) frame_next(work, bytes, at, end);
  if (direction.pending || direction.expected != nullptr || !direction.buffer.empty()) look_again(work);
  if (work.connection.told_lacking) tell_lacking(work.connection, at);
  if (budget_.total > budget_.max_total && !direction.buffer.empty()) {
    ++frames_dropped_;
    interrupt(work);
  }
}

void CkStreams::frame_next(const Work& work, Bytes bytes, const Position& at, BytesEnd end) {
  SenderStream& direction = work.direction;
  if (direction.buffer.empty()) {
    const StreamRun run{direction.offset + bytes.size(), at, calls_};
    const std::size_t done = frame(work, bytes, end, std::span(&run, 1));
    if (done < bytes.size()) keep(work, bytes.subspan(done), at);
  } else {
    keep(work, bytes, at);
    if (direction.buffer.size() >= direction.wanted) frame_buffer(work, end);
  }
}

/// Asks the framer about `bytes`, the first of which is at direction.offset, until it wants more. Returns how
/// many were consumed. `runs`: of those bytes.
std::size_t CkStreams::frame(const Work& work, Bytes bytes, BytesEnd end, std::span<const StreamRun> runs) {
  SenderStream& direction = work.direction;
  std::size_t done = 0;
  direction.wanted = 0;
  while (done < bytes.size()) {
    const Bytes rest = bytes.subspan(done);
    const FrameAnswer answer = direction.framer.next(rest, end, scratch_);
    if (answer.step == FrameStep::need_more) {
      direction.wanted = answer.size;
      break;
    }
    const bool message = answer.step == FrameStep::message;
    const Position& at = run_at(runs, direction.offset + (message ? answer.size - 1 : 0)).at;
    if (message && answer.slip != nullptr && !work.ck.open) ++direction.slips_seen;
    if (message && (work.ck.open || shows_ck(work.ck))) {
      tell_message(work, rest.first(answer.size), answer, at);
    } else if (!work.ck.open && !direction.framer.knows_ck()) {
      keep_unread(work, answer, rest, runs);
    } else if (answer.slip != nullptr) {
      tell_slip(work, rest.first(answer.size), answer, at);
    } else {
      skip(work, rest, answer.size, at);
    }
    if (work.ck.open && work.ck.tls == nullptr)
      history_.put(direction.remembered, direction.offset, rest.first(answer.size));
    direction.offset += answer.size;
    done += answer.size;
  }
  return done;
}

void CkStreams::frame_buffer(const Work& work, BytesEnd end) {
  SenderStream& direction = work.direction;
  const std::size_t done = frame(work, direction.buffer, end, direction.runs);
  direction.buffer.drop_front(done);
  const auto alive = std::find_if(direction.runs.begin(), direction.runs.end(),
                                  [&](const StreamRun& run) { return run.end > direction.offset; });
  const auto over = static_cast<std::size_t>(alive - direction.runs.begin());
  budget_.total -= done + sizeof(StreamRun) * over;
  direction.runs.erase(direction.runs.begin(), alive);
}

/// The run that holds the byte at a stream offset.
const StreamRun& CkStreams::run_at(std::span<const StreamRun> runs, std::uint64_t offset) {
  return *std::upper_bound(runs.begin(), runs.end(), offset,
                           [](std::uint64_t value, const StreamRun& run) { return value < run.end; });
}

void CkStreams::keep(const Work& work, Bytes bytes, const Position& at) {
  SenderStream& direction = work.direction;
  direction.buffer.append(bytes);
  const std::uint64_t end = direction.offset + direction.buffer.size();
  budget_.total += bytes.size();
  if (!direction.runs.empty() && direction.runs.back().at.frame == at.frame &&
      direction.runs.back().at.capture == at.capture) {
    direction.runs.back().end = end;
    return;
  }
  direction.runs.push_back({end, at, calls_});
  budget_.total += sizeof(StreamRun);
}

/// Whether these bytes, which were sent before, are not those that were framed or wait to be.
bool CkStreams::differs(TcpConnection& connection, unsigned side, std::uint64_t offset, Bytes bytes) {
  if (connection.context == nullptr) return false;
  const CkConnection& ck = context_of(connection);
  if (ck.tls != nullptr) return false;  // records are not kept
  const SenderStream& direction = ck.sides[side];
  if (history_.differs(direction.remembered, offset, bytes)) return true;
  const std::uint64_t from = std::max(offset, direction.offset);
  const std::uint64_t to = std::min(offset + bytes.size(), direction.offset + direction.buffer.size());
  return from < to && !std::equal(direction.buffer.begin() + (from - direction.offset),
                                  direction.buffer.begin() + (to - direction.offset),
                                  bytes.begin() + static_cast<std::ptrdiff_t>(from - offset));
}

/// The first `size` bytes of `rest` are no frame.
void CkStreams::skip(const Work& work, Bytes rest, std::size_t size, const Position& at,
                     std::span<const StreamRun> runs) {
  SenderStream& direction = work.direction;
  const bool bad = work.ck.open && direction.framer.state() == FramerState::malformed;
  Region& region = bad ? direction.malformed : direction.skipped;
  if (region.bytes == 0) {
    region.at = at;
    if (bad) region.slip = known_slip(rest, names_, scratch_);
  }
  region.bytes += size;
  Span span = span_of(work, bad ? SpanKind::malformed : SpanKind::skipped, rest.first(size), at);
  span.runs = runs;
  sink_.span(span);
}

/// The direction's next bytes are `bytes`.
Span CkStreams::span_of(const Work& work, SpanKind kind, Bytes bytes, const Position& at) {
  const SenderStream& direction = work.direction;
  return {work.connection, work.side, work.ck.open, direction.offset, bytes, kind, at, direction.runs};
}

/// Bytes behind the last message of the direction that a slip explains. It is that message that is written
/// otherwise, wherever they came: a decrypted record's last byte may be handed over with the next record
/// only.
void CkStreams::tell_slip(const Work& work, Bytes bytes, const FrameAnswer& answer, const Position& at) {
  StreamEvent event;
  event.kind = StreamEventKind::slipped;
  event.at = work.direction.last_message.frame != 0 ? work.direction.last_message : at;
  event.bytes = answer.size;
  event.slip = answer.slip;
  tell(work, event);
  sink_.span(span_of(work, SpanKind::malformed, bytes, at));
}

void CkStreams::tell_message(const Work& work, Bytes bytes, const FrameAnswer& answer, const Position& at) {
  sink_.coming(work.connection.key);
  open(work);
  // Before the audit checks this message by what it knows of the other side: it does not know all.
  const unsigned other_side = 1 - work.side;
  const Work other{work.connection, work.ck, other_side, work.ck.sides[other_side]};
  settle(other);
  tell_regions(work);
  tell_awaited(other);
  Message message;
  message.connection = work.connection.key;
  message.sender = work.side == work.ck.zero_side ? 0 : 1;
  message.at = at;
  message.header = answer.header;
  message.version_in_doubt = answer.version_in_doubt;
  message.slip = answer.slip;
  message.command = answer.header.command;
  message.spec = find_meant(message.command);
  message.payload_bytes = bytes.subspan(answer.payload_at, answer.payload_size);
  const SenderStream& theirs = other.direction;
  message.unread = theirs.unread_told + theirs.skipped.bytes + theirs.malformed.bytes;
  message.unfinished = theirs.buffer.size();
  work.direction.pending = false;
  work.direction.last_message = at;
  sink_.message(message);
  Span span = span_of(work, SpanKind::message, bytes, at);
  span.slip = answer.slip;
  span.payload_at = answer.payload_at;
  span.payload_size = answer.payload_size;
  sink_.span(span);
}

/// What waits for more bytes is decided by those that are there: the other side has had them, and answers.
void CkStreams::settle(const Work& work) {
  if (work.direction.framer.in_doubt() && !work.direction.buffer.empty())
    frame_buffer(work, BytesEnd::answered);
}

/// Ck is recognised, if it was not yet: the audit learns of the connection and of what happened to it so far.
void CkStreams::open(const Work& work) {
  CkConnection& ck = work.ck;
  if (ck.open) return;
  const TcpConnection& connection = work.connection;
  ck.open = true;
  ck.zero_side = connection.zero_side;
  ConnectionStart start;
  start.key = connection.key;
  start.transport = ck.tls != nullptr ? Transport::tls : connection.transport;
  start.opener_known = connection.opener_known;
  start.first = connection.first;
  start.syns = connection.syns();
  for (const Side side : {Side{0}, Side{1}}) {
    const unsigned own = side == 0 ? ck.zero_side : 1 - ck.zero_side;
    start.endpoints[side] = connection.endpoints[own];
    start.seen_from_start[side] = connection.captured_from_start(own) &&
                                  start.transport != Transport::exported_pdu && !ck.sides[own].hole &&
                                  !is_awaited(ck, own);
  }
  sink_.open(start);
  for (unsigned side = 0; side < 2; ++side) {
    SenderStream& direction = ck.sides[side];
    direction.framer.assume_ck();
    const Work told{work.connection, ck, side, direction};
    if (direction.expected != nullptr) look_again(told, true);
    for (const StreamEvent& event : direction.take_early()) tell(told, event);
    if (direction.forgot_unread) ++frames_dropped_;
  }
  tell_handshake(work, false);
  read_again(work);
}

/// Tells the audit, or remembers for when the connection is recognised.
void CkStreams::tell(const Work& work, StreamEvent event) {
  if (work.ck.open) {
    event.connection = work.connection.key;
    event.side = work.side == work.ck.zero_side ? 0 : 1;
    sink_.event(event);
    return;
  }
  if (work.direction.early == nullptr) work.direction.early = std::make_unique<std::vector<StreamEvent>>();
  std::vector<StreamEvent>& early = *work.direction.early;
  // The last of several in a row says all that they do, and of TLS that stays shut each segment is one.
  const bool again = event.kind == StreamEventKind::hole_seen && !early.empty() &&
                     early.back().kind == event.kind && early.back().at.time_ns <= event.at.time_ns;
  if (again) {
    early.back().at = event.at;
    return;
  }
  if (early.size() >= kMaxEarly) {
    const auto same = std::find_if(early.rbegin(), early.rend(),
                                   [&](const StreamEvent& e) { return e.kind == event.kind; });
    if (same != early.rend()) {
      same->bytes += event.bytes;
      return;
    }
  }
  early.push_back(event);
}

/// The runs of skipped and malformed bytes, if any, end here.
void CkStreams::tell_regions(const Work& work) {
  if (!work.ck.open) return;
  for (const bool bad : {false, true}) {
    Region& region = bad ? work.direction.malformed : work.direction.skipped;
    if (region.bytes == 0) continue;
    StreamEvent event;
    event.kind = bad ? StreamEventKind::malformed : StreamEventKind::skipped;
    event.at = region.at;
    event.bytes = region.bytes;
    event.slip = region.slip;
    work.direction.unread_told += region.bytes;
    region = {};
    tell(work, event);
  }
}

/// No byte will follow those that are buffered: what they are is decided now.
void CkStreams::drop_buffer(const Work& work) {
  SenderStream& direction = work.direction;
  if (direction.buffer.empty()) return;
  frame_buffer(work, BytesEnd::stream);
  const std::size_t rest = direction.buffer.size();
  if (rest == 0) return;
  direction.framer.lose_sync();  // of a frame that was begun
  skip(work, direction.buffer, rest, direction.runs.front().at);
  direction.offset += rest;
  budget_.total -= rest + sizeof(StreamRun) * direction.runs.size();
  direction.buffer.clear();
  direction.runs.clear();
}

/// Nothing of what is buffered goes on behind it: the search starts anew there.
void CkStreams::interrupt(const Work& work) {
  SenderStream& direction = work.direction;
  drop_buffer(work);
  forget_unread(direction);
  tell_regions(work);
  direction.framer.lose_sync();
  direction.wanted = 0;
}

void CkStreams::lost(TcpConnection& connection, unsigned side, std::uint64_t missing, std::uint64_t untold,
                     const Position& at) {
  const Work work = work_of(connection, side);
  interrupt(work);
  work.direction.offset += missing;
  work.direction.hole = true;
  work.direction.tls_decided = true;
  if (work.ck.tls != nullptr) {
    work.ck.tls->offsets[side] += missing;
    work.ck.tls->watch.lost(side);
    work.ck.tls->blind[side] = true;
    if (record_sink_ != nullptr) record_sink_->lost(connection, side, missing);
  }
  if (TcpConnection* http2 = find_http2(connection))
    return http2_sink_->lost(*http2, side, missing, untold, at);
  tell_lacking(connection, at);
  if (untold == 0) return;
  StreamEvent event;
  event.kind = StreamEventKind::gap;
  event.at = at;
  event.bytes = untold;
  tell(work, event);
}

void CkStreams::cut(TcpConnection& connection, unsigned side, std::uint64_t bytes, const Position& at) {
  if (TcpConnection* http2 = find_http2(connection)) return http2_sink_->cut(*http2, side, bytes, at);
  StreamEvent event;
  event.kind = StreamEventKind::truncated_packet;
  event.at = at;
  event.bytes = bytes;
  const Work work = work_of(connection, side);
  work.direction.cut = true;
  tell(work, event);
  tell_lacking(connection, at);
}

void CkStreams::start_seen(TcpConnection& connection, unsigned side, const Position& at) {
  if (connection.context == nullptr) {
    if (connection.told_lacking) tell_lacking(connection, at);
    return;
  }
  if (TcpConnection* http2 = find_http2(connection)) return http2_sink_->start_seen(*http2, side, at);
  StreamEvent event;
  event.kind = StreamEventKind::start_seen;
  event.at = at;
  const Work work = work_of(connection, side);
  if (work.ck.open) return tell(work, event);  // else ConnectionStart will say so
  if (connection.told_lacking) tell_lacking(connection, at);
}

bool CkStreams::is_open(const TcpConnection& connection) {
  return connection.context != nullptr && connection.context->is_open();
}

CkStreams::Progress CkStreams::progress(const TcpConnection& connection, unsigned side) const {
  Progress out;
  const CkConnection* ck = find_context(connection);
  if (ck == nullptr) return out;
  const SenderStream& direction = ck->sides[side];
  const FramerState state = direction.framer.state();
  out.ck = ck->open || state == FramerState::synced || (connection.named && state == FramerState::start);
  out.framed = direction.offset;
  out.pending = direction.buffer;
  if (state == FramerState::synced) {
    out.expected = direction.framer.expected_size(out.pending);
    out.exact = out.pending.size() >= kHeaderSize && direction.wanted == out.expected;
  }
  return out;
}

}  // namespace ck::stream
