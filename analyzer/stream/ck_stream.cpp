// Framing of both directions of a connection. A frame that lies whole in a packet is decoded where it lies.
#include "stream/ck_stream.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace ck {
namespace {

/// Gaps, cuts and the like that are remembered one by one before Ck is recognised; later ones are added to
/// the last of their kind.
constexpr std::size_t kMaxEarly = 64;
/// A buffer that grew larger than this is freed once it is empty.
constexpr std::size_t kKeptCapacity = 16 * 1024;
/// Segments that are captured behind their acknowledgement come within this time.
constexpr std::int64_t kLateNs = 1'000'000'000;
/// So many of a direction's last bytes are remembered: as many as came together, within these bounds.
constexpr std::size_t kLeastHistory = 1024, kMostHistory = 4096;
/// And so many of all directions.
constexpr std::size_t kMaxHistoryBytes = 8u << 20;

const MessageSpec* find_spec(std::uint16_t command) {
  const MessageSpec* spec = find_message(command);
  return spec != nullptr ? spec : find_swapped(command);
}

}  // namespace

CkStreams::CkConnection& CkStreams::context_of(TcpConnection& connection) {
  if (connection.context == nullptr) {
    auto made = std::make_unique<CkConnection>(names_, connection.from_start);
    if (assume_ck_) {
      for (Direction& direction : made->sides) direction.framer.assume_ck();
    }
    connection.context = std::move(made);
  }
  return static_cast<CkConnection&>(*connection.context);
}

CkStreams::Work CkStreams::work_of(TcpConnection& connection, unsigned side) {
  CkConnection& ck = context_of(connection);
  return {connection, ck, side, ck.sides[side]};
}

void CkStreams::data(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at) {
  if (!waiting_.empty()) tell_overdue(at.time_ns);
  const Work work = work_of(connection, side);
  const std::size_t clear = records_begin(work, bytes, at);
  if (clear != 0 && work.direction.begun) take(work, bytes.first(clear), at);
  if (clear == bytes.size()) return;
  const bool is_clear = work.ck.open && work.ck.tls == nullptr;  // as its first bytes have shown
  is_clear ? take(work, bytes.subspan(clear), at) : take_records(work, bytes.subspan(clear), at);
}

/// The next bytes of the stream that carries the frames.
void CkStreams::take(const Work& work, Bytes bytes, const Position& at) {
  Direction& direction = work.direction;
  if (direction.buffer.empty()) {
    const std::size_t done =
        frame(work, bytes, false, [&at](std::uint64_t) -> const Position& { return at; });
    if (done < bytes.size()) keep(work, bytes.subspan(done), at);
  } else {
    keep(work, bytes, at);
    if (direction.buffer.size() >= direction.wanted) frame_buffer(work, false);
  }
  if (budget_.total > budget_.max_total && !direction.buffer.empty()) {
    ++frames_let_go_;
    interrupt(work);
  }
}

/// Asks the framer about `bytes`, the first of which is at direction.offset, until it wants more. Returns how
/// many were consumed. `position_of` gives the position of the byte at a stream offset.
template <typename PositionOf>
std::size_t CkStreams::frame(const Work& work, Bytes bytes, bool at_end, const PositionOf& position_of) {
  Direction& direction = work.direction;
  std::size_t done = 0;
  direction.wanted = 0;
  while (done < bytes.size()) {
    const Bytes rest = bytes.subspan(done);
    const FrameAnswer answer = direction.framer.next(rest, at_end, scratch_);
    if (answer.step == FrameStep::need_more) {
      direction.wanted = answer.size;
      break;
    }
    if (answer.step == FrameStep::skip) {
      skip(work, rest, answer.size, position_of(direction.offset));
    } else {
      tell_message(work, rest.first(answer.size), position_of(direction.offset + answer.size - 1));
    }
    if (work.ck.open && work.ck.tls == nullptr) remember(direction, rest.first(answer.size), bytes.size());
    direction.offset += answer.size;
    done += answer.size;
  }
  return done;
}

void CkStreams::frame_buffer(const Work& work, bool at_end) {
  Direction& direction = work.direction;
  const std::size_t done =
      frame(work, direction.buffer, at_end, [&direction](std::uint64_t offset) -> const Position& {
        return position_in_buffer(direction, offset);
      });
  direction.buffer.erase(direction.buffer.begin(),
                         direction.buffer.begin() + static_cast<std::ptrdiff_t>(done));
  const auto alive = std::find_if(direction.runs.begin(), direction.runs.end(),
                                  [&](const Run& run) { return run.end > direction.offset; });
  budget_.total -= done + sizeof(Run) * static_cast<std::size_t>(alive - direction.runs.begin());
  direction.runs.erase(direction.runs.begin(), alive);
  if (direction.buffer.empty() && direction.buffer.capacity() > kKeptCapacity)
    std::vector<std::uint8_t>().swap(direction.buffer);
}

const Position& CkStreams::position_in_buffer(const Direction& direction, std::uint64_t offset) {
  return std::upper_bound(direction.runs.begin(), direction.runs.end(), offset,
                          [](std::uint64_t value, const Run& run) { return value < run.end; })
      ->at;
}

void CkStreams::keep(const Work& work, Bytes bytes, const Position& at) {
  Direction& direction = work.direction;
  direction.buffer.insert(direction.buffer.end(), bytes.begin(), bytes.end());
  const std::uint64_t end = direction.offset + direction.buffer.size();
  budget_.total += bytes.size();
  if (!direction.runs.empty() && direction.runs.back().at.frame == at.frame &&
      direction.runs.back().at.capture == at.capture) {
    direction.runs.back().end = end;
    return;
  }
  direction.runs.push_back({end, at});
  budget_.total += sizeof(Run);
}

/// The first `size` bytes of `rest` are no frame.
void CkStreams::skip(const Work& work, Bytes rest, std::size_t size, const Position& at) {
  Direction& direction = work.direction;
  const bool bad = work.ck.open && direction.framer.state() == FramerState::malformed;
  Region& region = bad ? direction.malformed : direction.skipped;
  if (region.bytes == 0) {
    region.at = at;
    if (bad) region.slip = known_slip(rest, names_, scratch_);
  }
  region.bytes += size;
}

void CkStreams::tell_message(const Work& work, Bytes bytes, const Position& at) {
  open(work);
  tell_regions(work);
  // Before the audit judges this message by what it knows of the other side: it does not know all.
  const unsigned other_side = 1 - work.side;
  tell_awaited({work.connection, work.ck, other_side, work.ck.sides[other_side]});
  Message message;
  message.connection = work.connection.key;
  message.sender = work.side == work.ck.zero_side ? 0 : 1;
  message.at = at;
  message.header = read_header(bytes);
  message.command = message.header->command;
  message.spec = find_spec(message.command);
  message.payload_bytes = bytes.subspan(kHeaderSize);
  sink_.message(message);
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
  for (const Side side : {Side{0}, Side{1}}) {
    const unsigned own = side == 0 ? ck.zero_side : 1 - ck.zero_side;
    start.endpoints[side] = connection.endpoints[own];
    start.seen_from_start[side] = connection.from_start[own] && start.transport != Transport::exported_pdu &&
                                  !ck.sides[own].hole && !is_awaited(ck, own);
  }
  sink_.open(start);
  for (unsigned side = 0; side < 2; ++side) {
    Direction& direction = ck.sides[side];
    direction.framer.assume_ck();
    const Work told{work.connection, ck, side, direction};
    for (const StreamEvent& event : std::exchange(direction.early, {})) tell(told, event);
  }
  tell_handshake(work, false);
}

/// Tells the audit, or remembers for when the connection is recognised.
void CkStreams::tell(const Work& work, StreamEvent event) {
  if (work.ck.open) {
    event.connection = work.connection.key;
    event.side = work.side == work.ck.zero_side ? 0 : 1;
    sink_.event(event);
    return;
  }
  std::vector<StreamEvent>& early = work.direction.early;
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
    event.detail = region.slip;
    region = {};
    tell(work, event);
  }
}

void CkStreams::History::put(std::uint64_t offset, Bytes more) {
  const std::size_t size = bytes.size();
  if (more.size() > size) {
    offset += more.size() - size;
    more = more.last(size);
  }
  if (end != offset) begin = offset;
  const std::size_t at = offset % size;
  const std::size_t first = std::min(more.size(), size - at);
  std::memcpy(bytes.data() + at, more.data(), first);
  std::memcpy(bytes.data(), more.data() + first, more.size() - first);
  end = offset + more.size();
  if (end - begin > size) begin = end - size;
}

/// `together`: so many bytes arrived with these, and may be sent again with them.
void CkStreams::remember(Direction& direction, Bytes bytes, std::size_t together) {
  const std::size_t wanted =
      std::clamp(std::bit_ceil(std::max(bytes.size(), together)), kLeastHistory, kMostHistory);
  const std::size_t had = direction.history == nullptr ? 0 : direction.history->bytes.size();
  if (wanted > had && history_bytes_ - had + wanted <= kMaxHistoryBytes) {
    auto larger = std::make_unique<History>();
    larger->bytes.resize(wanted);
    larger->begin = larger->end = direction.offset;
    if (had != 0) {
      const History& old = *direction.history;
      larger->begin = larger->end = old.begin;
      for (std::uint64_t at = old.begin; at < old.end; ++at) larger->put(at, Bytes(&old.bytes[at % had], 1));
    }
    history_bytes_ += wanted - had;
    direction.history = std::move(larger);
  }
  if (direction.history != nullptr) direction.history->put(direction.offset, bytes);
}

bool CkStreams::differs(TcpConnection& connection, unsigned side, std::uint64_t offset, Bytes bytes) {
  if (connection.context == nullptr) return false;
  const CkConnection& ck = context_of(connection);
  if (ck.tls != nullptr) return false;  // records are not kept
  const Direction& direction = ck.sides[side];
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint64_t at = offset + i;
    if (direction.history != nullptr && at >= direction.history->begin && at < direction.history->end) {
      if (direction.history->bytes[at % direction.history->bytes.size()] != bytes[i]) return true;
    } else if (at >= direction.offset && at - direction.offset < direction.buffer.size()) {
      if (direction.buffer[static_cast<std::size_t>(at - direction.offset)] != bytes[i]) return true;
    }
  }
  return false;
}

/// No byte will follow those that are buffered: what they are is decided now, and the search starts anew
/// behind them.
void CkStreams::interrupt(const Work& work) {
  Direction& direction = work.direction;
  if (!direction.buffer.empty()) {
    frame_buffer(work, true);
    if (const std::size_t rest = direction.buffer.size(); rest != 0) {  // of a frame that was begun
      direction.framer.lose_sync();
      skip(work, direction.buffer, rest, direction.runs.front().at);
      direction.offset += rest;
      budget_.total -= rest + sizeof(Run) * direction.runs.size();
      direction.buffer.clear();
      direction.runs.clear();
    }
  }
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
  work.direction.begun = true;
  if (work.ck.tls != nullptr) {
    work.ck.tls->offsets[side] += missing;
    work.ck.tls->watch.lost(side);
    work.ck.tls->blind[side] = true;
    if (record_sink_ != nullptr) record_sink_->lost(connection, side, missing);
  }
  if (untold == 0) return;
  StreamEvent event;
  event.kind = StreamEventKind::gap;
  event.at = at;
  event.bytes = untold;
  tell(work, event);
}

void CkStreams::cut(TcpConnection& connection, unsigned side, std::uint64_t bytes, const Position& at) {
  StreamEvent event;
  event.kind = StreamEventKind::truncated_packet;
  event.at = at;
  event.bytes = bytes;
  tell(work_of(connection, side), event);
}

/// Ends a direction's stream. `cut_off_by`: the FIN or RST that a begun frame is cut off by, if one did.
void CkStreams::end_stream(const Work& work, const Position* cut_off_by) {
  Direction& direction = work.direction;
  if (!direction.buffer.empty()) frame_buffer(work, true);
  if (!direction.buffer.empty() && direction.framer.state() == FramerState::synced) {
    if (cut_off_by != nullptr) open(work);  // a first frame whose start was recognised
    tell_regions(work);
    StreamEvent event;
    event.kind = cut_off_by != nullptr ? StreamEventKind::truncated_message : StreamEventKind::unfinished;
    event.at = cut_off_by != nullptr ? *cut_off_by : direction.runs.back().at;
    event.bytes = direction.buffer.size();
    event.expected = kHeaderSize;
    if (event.bytes >= kHeaderSize) event.expected += read_header(direction.buffer).length;
    tell(work, event);
  }
  tell_regions(work);
  budget_.total -= direction.buffer.size() + sizeof(Run) * direction.runs.size();
  direction.buffer.clear();
  direction.runs.clear();
}

void CkStreams::awaited(TcpConnection& connection, unsigned side, std::uint64_t until, const Position& at) {
  Direction& direction = context_of(connection).sides[side];
  direction.awaited = until;
  direction.awaited_at = at;
  if (direction.waiting) return;
  direction.waiting = true;
  waiting_.push_back({&connection, connection.key, side, at.time_ns});
}

/// Bytes that the peer has acknowledged are not there. One more than was sent acknowledges a FIN that was not
/// captured, unless it is the last of a frame.
bool CkStreams::is_awaited(const CkConnection& ck, unsigned side) {
  const Direction& direction = ck.sides[side];
  const std::uint64_t end =
      ck.tls != nullptr ? ck.tls->offsets[side] : direction.offset + direction.buffer.size();
  return direction.awaited > end + (direction.buffer.empty() ? 1 : 0);
}

void CkStreams::tell_awaited(const Work& work) {
  Direction& direction = work.direction;
  if (direction.awaited == 0 || !work.ck.open) return;
  if (is_awaited(work.ck, work.side)) {
    StreamEvent event;
    event.kind = StreamEventKind::hole_seen;
    event.at = direction.awaited_at;
    tell(work, event);
  }
  direction.awaited = 0;
}

/// What is awaited for long will not come, and time itself may be judged: a request without its answer, for
/// one.
void CkStreams::tell_overdue(std::int64_t now_ns) {
  while (!waiting_.empty() && now_ns - waiting_.front().since_ns > kLateNs) {
    const Waiting waiting = waiting_.front();
    waiting_.pop_front();
    TcpConnection& connection = *waiting.connection;
    if (connection.key != waiting.key || connection.context == nullptr) continue;
    const Work work = work_of(connection, waiting.side);
    work.direction.waiting = false;
    tell_awaited(work);
  }
}

void CkStreams::fin(TcpConnection& connection, unsigned side, const Position& at) {
  const Work work = work_of(connection, side);
  take_decrypted(work, at);
  end_stream(work, &at);
  StreamEvent event;
  event.kind = StreamEventKind::fin;
  event.at = at;
  tell(work, event);
}

void CkStreams::reset(TcpConnection& connection, unsigned side, const Position& at) {
  const Work work = work_of(connection, side);
  take_decrypted(work, at);
  end_stream(work, &at);
  StreamEvent event;
  event.kind = StreamEventKind::reset;
  event.at = at;
  tell(work, event);
}

void CkStreams::start_seen(TcpConnection& connection, unsigned side, const Position& at) {
  if (connection.context == nullptr) return;
  StreamEvent event;
  event.kind = StreamEventKind::start_seen;
  event.at = at;
  const Work work = work_of(connection, side);
  if (work.ck.open) tell(work, event);  // else ConnectionStart will say so
}

void CkStreams::closed(TcpConnection& connection, const Position& at) {
  end_connection(connection, &at);
}

void CkStreams::left_open(TcpConnection& connection) {
  end_connection(connection, nullptr);
}

void CkStreams::end_connection(TcpConnection& connection, const Position* closed_at) {
  bool recognised = false;
  if (connection.context != nullptr) {
    CkConnection& ck = context_of(connection);
    for (unsigned side = 0; side < 2; ++side) {
      const Work work{connection, ck, side, ck.sides[side]};
      end_stream(work, nullptr);
      tell_awaited(work);
      if (ck.sides[side].history != nullptr) history_bytes_ -= ck.sides[side].history->bytes.size();
    }
    tell_handshake({connection, ck, 0, ck.sides[0]}, true);
    end_tls(connection, ck);
    recognised = ck.open;
    connection.context.reset();
  }
  if (recognised && closed_at != nullptr) sink_.close(connection.key, *closed_at);
  if (!recognised && connection.has_payload) ++undecoded_;
}

}  // namespace ck
