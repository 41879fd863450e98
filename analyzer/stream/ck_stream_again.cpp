// Late recognition: what the two directions sent before their connection was known to carry Ck is kept, and
// looked at again once it is. A first message that is wrong shows nothing by itself; the answer to it does.
#include <algorithm>
#include <utility>

#include "stream/ck_stream.h"

namespace ck::stream {
namespace {

/// So much is kept of each direction, and of all.
constexpr std::size_t kMostUnread = 64 * 1024, kMostUnreadOfAll = 16u << 20;
/// A length before a frame, which belongs to it.
constexpr std::size_t kMostBeforeHeader = 4;

/// A code with the digits of a direction, and a payload that begins with an object's brace: as the first
/// message of a connection that is known to be Ck's, that is one whichever code it is.
bool begins_like_message(Bytes bytes) {
  return bytes.size() > kHeaderSize && protocol::has_direction_digits(read_header(bytes).command) &&
         read_header(bytes).length > 0 && bytes[kHeaderSize] == '{';
}

}  // namespace

/// A frame that passes the content test, or two by a slip, on one side or on both.
bool CkStreams::shows_ck(const CkConnection& ck) {
  return ck.sides[0].framer.shows_ck() || ck.sides[1].framer.shows_ck() ||
         ck.sides[0].slips_seen + ck.sides[1].slips_seen >= 2;
}

/// The bytes at the start of `rest` that `answer` speaks of are no message of a connection that is known to
/// be Ck's. Nothing in front of the first CommandCode can be a message, but for what the stream begins with,
/// so most foreign traffic is not kept.
void CkStreams::keep_unread(const Work& work, const FrameAnswer& answer, Bytes rest,
                            std::span<const StreamRun> runs) {
  SenderStream& direction = work.direction;
  const bool any = direction.unread != nullptr && !direction.unread->bytes.empty();
  std::size_t begin = 0;
  const bool first = work.connection.from_start[work.side] && direction.offset == direction.first;
  const bool begins = first && begins_like_message(rest);
  if (!any && answer.step == FrameStep::skip && !begins) {
    const std::size_t header = find_listed_code(rest, 0);
    begin = std::min(answer.size,
                     header < rest.size() ? header - std::min(header, kMostBeforeHeader) : rest.size());
    if (begin > 0) skip(work, rest, begin, run_at(runs, direction.offset).at);
  }
  if (begin < answer.size && direction.unread == nullptr) direction.unread = std::make_unique<Unread>();
  const std::uint64_t end = direction.offset + answer.size;
  for (std::uint64_t at = direction.offset + begin; at < end;) {
    StreamRun run = run_at(runs, at);
    run.end = at = std::min(run.end, end);
    direction.unread->runs.push_back(run);
    budget_.total += sizeof(StreamRun);
  }
  const Bytes kept = rest.first(answer.size).subspan(begin);
  if (!kept.empty()) {
    std::vector<std::uint8_t>& unread = direction.unread->bytes;
    unread.insert(unread.end(), kept.begin(), kept.end());
  }
  budget_.total += kept.size();
  all_unread_ += kept.size();
  const std::size_t unread = direction.unread == nullptr ? 0 : direction.unread->bytes.size();
  if (unread <= kMostUnread && !is_unread_full() && budget_.total <= budget_.max_total) return;
  forget_unread(direction);
  direction.forgot_unread = true;
}

bool CkStreams::is_unread_full() const {
  return all_unread_ > kMostUnreadOfAll;
}

/// What was kept is skipped for good.
void CkStreams::forget_unread(SenderStream& direction) {
  const Unread unread = take_unread(direction);
  if (unread.bytes.empty()) return;
  if (direction.skipped.bytes == 0) direction.skipped.at = unread.runs.front().at;
  direction.skipped.bytes += unread.bytes.size();
}

CkStreams::Unread CkStreams::take_unread(SenderStream& direction) {
  if (direction.unread == nullptr) return {};
  Unread unread = std::move(*std::exchange(direction.unread, nullptr));
  budget_.total -= unread.bytes.size() + sizeof(StreamRun) * unread.runs.size();
  all_unread_ -= unread.bytes.size();
  return unread;
}

/// The direction's next bytes are those that were kept of it.
void CkStreams::rewind(const Work& work, const Unread& unread) {
  SenderStream& direction = work.direction;
  direction.offset = unread.runs.back().end - unread.bytes.size();
  const bool from_start =
      work.connection.from_start[work.side] && !direction.hole && direction.offset == direction.first;
  direction.framer = Framer(names_, from_start);
  direction.framer.assume_ck();
  direction.wanted = 0;
}

/// The connection has just been recognised by bytes of this side, which are told next. Whatever is told of
/// the bytes before comes first, in the order of the packets: a request before the answer that made it known.
void CkStreams::read_again(const Work& work) {
  const unsigned other_side = 1 - work.side;
  const Work across{work.connection, work.ck, other_side, work.ck.sides[other_side]};
  std::array<Unread, 2> unread;
  unread[work.side] = take_unread(work.direction);
  Unread& theirs = unread[other_side] = take_unread(across.direction);
  SenderStream& other = across.direction;
  budget_.total -= other.buffer.size() + sizeof(StreamRun) * other.runs.size();
  theirs.bytes.insert(theirs.bytes.end(), other.buffer.begin(), other.buffer.end());
  theirs.runs.insert(theirs.runs.end(), other.runs.begin(), other.runs.end());
  other.buffer.clear();
  other.runs.clear();
  if (!theirs.bytes.empty()) rewind(across, theirs);

  // The caller is in the midst of this direction's bytes.
  SenderStream& own = work.direction;
  Framer framer = std::move(own.framer);
  auto buffer = std::exchange(own.buffer, {});
  auto runs = std::exchange(own.runs, {});
  const std::uint64_t offset = own.offset;
  const bool any = !unread[work.side].bytes.empty();
  if (any) rewind(work, unread[work.side]);

  std::array<std::size_t, 2> run{}, done{};
  const auto left = [&](unsigned side) { return run[side] < unread[side].runs.size(); };
  const auto order = [&](unsigned side) { return unread[side].runs[run[side]].order; };
  const auto next_side = [&] { return left(0) && (!left(1) || order(0) < order(1)) ? 0U : 1U; };
  while (left(0) || left(1)) {
    const unsigned side = next_side();
    const Unread& from = unread[side];
    const StreamRun& next = from.runs[run[side]++];
    const std::uint64_t begin = from.runs.back().end - from.bytes.size();
    const auto end = static_cast<std::size_t>(next.end - begin);
    const Work told{work.connection, work.ck, side, work.ck.sides[side]};
    // Where this side goes on before the other one speaks, its next bytes are known already.
    const bool goes_on = left(side) && next_side() == side;
    take(told, Bytes(from.bytes).subspan(done[side], end - done[side]), next.at,
         goes_on ? BytesEnd::open : BytesEnd::segment);
    done[side] = end;
    // What follows is a frame: what has not found its end by now does not reach it.
    if (side == work.side && !left(side)) drop_buffer(work);
  }

  own.framer = std::move(framer);
  own.buffer = std::move(buffer);
  own.runs = std::move(runs);
  own.offset = offset;
}

}  // namespace ck::stream
