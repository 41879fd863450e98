// Reassembly of one direction. In order and without holes, bytes pass through without a copy.
#include "stream/tcp_stream.h"

#include <algorithm>
#include <cstring>

namespace ck::stream {
namespace {

/// What a piece costs beside its bytes: map node, vector, position.
constexpr std::size_t kPieceOverhead = 128;
constexpr std::size_t kCutOverhead = 64;
/// How far from the next byte a RST's sequence number may lie. Windows are smaller; a unpaired number is
/// rarely so near.
constexpr std::int64_t kResetWindow = 16 << 20;
/// How far before the first captured byte a stream may have stood: as much as is in flight at a time.
constexpr std::uint32_t kStartWindow = 1 << 20;

}  // namespace

void TcpStream::start(std::uint32_t sequence) {
  first_ = sequence;
  started_ = true;
  fin_ = 0;
  last_at_ = {};
  if (acknowledged_)
    acked_ = static_cast<std::uint64_t>(std::max<std::int64_t>(0, offset_of(*acknowledged_)));
}

void TcpStream::start_within(std::uint32_t sequence, bool resent) {
  if (resent) {
    start(static_cast<std::uint32_t>(fin_));
    presumed_ = true;
    return;
  }
  const std::optional<std::uint32_t> stood = acknowledged_ ? acknowledged_ : stands_at_;
  presumed_ = stood && sequence != *stood && sequence - *stood <= kStartWindow;
  start(presumed_ ? *stood : sequence);
}

bool TcpStream::is_resent(std::uint32_t sequence, const Position& at, std::int64_t late_ns) const {
  if (last_at_.frame == 0 || last_at_.capture != at.capture) return false;
  const auto stood = static_cast<std::uint32_t>(fin_);
  return sequence != stood && stood - sequence <= kStartWindow &&
         elapsed(last_at_.time_ns, at.time_ns).value_or(0) > late_ns;
}

void TcpStream::stood(std::uint32_t sequence, const Position& at) {
  if (last_at_.frame != 0) return;
  fin_ = sequence;
  last_at_ = at;
}

std::int64_t TcpStream::offset_of(std::uint32_t sequence) const {
  return static_cast<std::int64_t>(next_) + static_cast<std::int32_t>(sequence - next_sequence());
}

bool TcpStream::holds_any(std::int64_t begin, std::int64_t end) const {
  if (begin < static_cast<std::int64_t>(next_)) return end > 0;
  if (held_ == nullptr) return false;
  const auto behind = held_->pieces.lower_bound(static_cast<std::uint64_t>(end));
  if (behind == held_->pieces.begin()) return false;
  const auto& last = *std::prev(behind);
  return static_cast<std::int64_t>(last.first + last.second.bytes.size()) > begin;
}

TcpStream::Held& TcpStream::held() {
  if (held_ == nullptr) held_ = std::make_unique<Held>();
  return *held_;
}

void TcpStream::charge(const Context& context, std::size_t bytes) {
  held().bytes += bytes;
  context.budget.total += bytes;
}

void TcpStream::release(StreamBudget& budget, std::size_t bytes) {
  held_->bytes -= bytes;
  budget.total -= bytes;
}

void TcpStream::receive(const Context& context, std::uint32_t sequence, Bytes payload, std::uint32_t missing,
                        bool fin) {
  const std::int64_t begin = offset_of(sequence);
  const auto next = static_cast<std::int64_t>(next_);
  const std::int64_t end = begin + static_cast<std::int64_t>(payload.size());
  if (ended_) {
    const std::int64_t behind = end - std::max(begin, next);
    if (behind > 0) context.budget.bytes_after_end += static_cast<std::uint64_t>(behind);
    return;
  }
  if (fin && !fin_seen_ && end + missing >= next) {
    fin_seen_ = true;
    fin_ = static_cast<std::uint64_t>(end + missing);
    fin_at_ = context.at;
  }
  if (begin == next && held_ == nullptr && missing == 0) {
    if (!payload.empty()) deliver(context, payload, context.at, context.order);
    tell_fin(context);
    return;
  }
  // Of what is told, the first copy has won; another one is only compared with it.
  if (begin < next && differs(context.sink, context.connection, context.side, begin, payload)) {
    ++context.budget.conflicting_overlaps;
  }
  if (end > next) {
    const auto known = static_cast<std::size_t>(std::max<std::int64_t>(0, next - begin));
    hold(context, static_cast<std::uint64_t>(begin) + known, payload.subspan(known));
  }
  if (missing != 0 && end + missing > next) {
    note_cut(context, static_cast<std::uint64_t>(std::max(end, next)),
             static_cast<std::uint64_t>(end + missing));
  }
  drain(context);
  while (hole_end() && acked_ >= *hole_end()) give_up_hole(context);
  keep_bounds(context);
  if (hole_end()) context.sink.hole(context.connection, context.side, *hole_end(), context.at);
  if (held_ != nullptr && held_->pieces.empty() && held_->cut.empty()) held_.reset();
}

/// `bytes` start at next_.
void TcpStream::deliver(const Context& context, Bytes bytes, const Position& at, std::uint64_t order) {
  if (fin_seen_ && bytes.size() > fin_ - next_) {
    context.budget.bytes_after_end += bytes.size() - (fin_ - next_);
    bytes = bytes.first(static_cast<std::size_t>(fin_ - next_));
  }
  presumed_ = false;
  if (order >= last_order_) {
    last_order_ = order;
    last_at_ = at;
  }
  next_ += bytes.size();
  if (!bytes.empty()) context.sink.data(context.connection, context.side, bytes, last_at_);
}

bool TcpStream::differs(StreamSink& sink, TcpConnection& connection, unsigned side, std::int64_t begin,
                        Bytes payload) const {
  const auto next = static_cast<std::int64_t>(next_);
  if (payload.size() <= 1 && begin == next - 1) return false;  // a keep-alive's byte is garbage by design
  const std::int64_t from = std::max<std::int64_t>(begin, 0);
  const std::int64_t to = std::min(begin + static_cast<std::int64_t>(payload.size()), next);
  if (to <= from) return false;
  return sink.differs(
      connection, side, static_cast<std::uint64_t>(from),
      payload.subspan(static_cast<std::size_t>(from - begin), static_cast<std::size_t>(to - from)));
}

/// Keeps what is new of a segment behind next_, in pieces around those that are there already.
void TcpStream::hold(const Context& context, std::uint64_t begin, Bytes payload) {
  auto& pieces = held().pieces;
  const std::uint64_t end = begin + payload.size();
  bool conflict = false;
  auto next_piece = pieces.upper_bound(begin);
  std::uint64_t at = begin;
  if (next_piece != pieces.begin()) {
    const auto before = std::prev(next_piece);
    if (before->first + before->second.bytes.size() > begin) next_piece = before;
  }
  while (at < end) {
    const std::uint64_t stop =
        next_piece == pieces.end() ? end : std::min(end, std::max(at, next_piece->first));
    if (stop > at) {
      const Bytes part =
          payload.subspan(static_cast<std::size_t>(at - begin), static_cast<std::size_t>(stop - at));
      pieces.emplace_hint(next_piece, at, Piece{{part.begin(), part.end()}, context.at, context.order});
      charge(context, part.size() + kPieceOverhead);
      at = stop;
    }
    if (at >= end) break;
    const std::vector<std::uint8_t>& first = next_piece->second.bytes;
    const auto inside = static_cast<std::size_t>(at - next_piece->first);
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(first.size() - inside, end - at));
    conflict |= std::memcmp(first.data() + inside, payload.data() + (at - begin), count) != 0;
    at += count;
    ++next_piece;
  }
  if (conflict) ++context.budget.conflicting_overlaps;
}

/// Bytes [begin, end) were cut off. Tells how many of them are neither held nor told before.
void TcpStream::note_cut(const Context& context, std::uint64_t begin, std::uint64_t end) {
  if (fin_seen_) end = std::min(end, fin_);
  auto& cut = held().cut;
  const auto& pieces = held_->pieces;
  std::uint64_t fresh = 0;
  for (std::uint64_t at = begin; at < end;) {
    std::uint64_t stop = end;  // of the run from `at` on that is covered, or not, as a whole
    bool covered = false;
    const auto look = [&](std::uint64_t from, std::uint64_t to) {
      if (from <= at && at < to) {
        covered = true;
        stop = std::min(end, to);
      } else if (from > at && !covered) {
        stop = std::min(stop, from);
      }
    };
    if (auto piece = pieces.upper_bound(at); true) {
      if (piece != pieces.end()) look(piece->first, piece->first + piece->second.bytes.size());
      if (piece != pieces.begin()) {
        --piece;
        look(piece->first, piece->first + piece->second.bytes.size());
      }
    }
    if (auto range = cut.upper_bound(at); !covered) {
      if (range != cut.end()) look(range->first, range->second);
      if (range != cut.begin()) {
        --range;
        look(range->first, range->second);
      }
    }
    if (!covered) {
      fresh += stop - at;
      const auto range = cut.lower_bound(at);
      if (range != cut.begin() && std::prev(range)->second == at) {
        std::prev(range)->second = stop;  // where packets are cut, nearly all of a stream's are
      } else {
        cut.emplace(at, stop);
        charge(context, kCutOverhead);
      }
    }
    at = stop;
  }
  if (fresh != 0) context.sink.cut(context.connection, context.side, fresh, context.at);
}

/// Tells what has become contiguous.
void TcpStream::drain(const Context& context) {
  if (held_ != nullptr) {
    auto& pieces = held_->pieces;
    while (!pieces.empty() && pieces.begin()->first == next_ && !(fin_seen_ && next_ == fin_)) {
      const auto node = pieces.extract(pieces.begin());
      const Piece& piece = node.mapped();
      release(context.budget, piece.bytes.size() + kPieceOverhead);
      deliver(context, piece.bytes, piece.at, piece.order);
    }
    auto& cut = held_->cut;
    while (!cut.empty() && cut.begin()->second <= next_) {
      cut.erase(cut.begin());
      release(context.budget, kCutOverhead);
    }
  }
  tell_fin(context);
}

void TcpStream::tell_fin(const Context& context) {
  if (!fin_seen_ || ended_ || next_ != fin_) return;
  ended_ = true;
  if (has_held()) {
    for (const auto& [begin, piece] : held_->pieces) context.budget.bytes_after_end += piece.bytes.size();
  }
  clear(context.budget);
  context.sink.fin(context.connection, context.side, fin_at_);
}

/// Where the first hole ends; nullopt when nothing lies behind one.
std::optional<std::uint64_t> TcpStream::hole_end() const {
  if (ended_) return std::nullopt;
  std::optional<std::uint64_t> end;
  if (held_ != nullptr && !held_->pieces.empty()) end = held_->pieces.begin()->first;
  if (fin_seen_) end = end ? std::min(*end, fin_) : fin_;
  return end;
}

void TcpStream::give_up_hole(const Context& context) {
  const std::uint64_t end = *hole_end();
  const bool piece = held_ != nullptr && !held_->pieces.empty() && held_->pieces.begin()->first == end;
  lose_until(context, end, piece ? held_->pieces.begin()->second.at : fin_at_);
  drain(context);
}

void TcpStream::lose_until(const Context& context, std::uint64_t end, const Position& at) {
  const std::uint64_t missing = end - next_;
  if (presumed_) return skip_presumed(context, missing);
  std::uint64_t told = 0;
  if (held_ != nullptr) {
    for (const auto& [from, to] : held_->cut) {
      if (from >= end) break;
      const std::uint64_t begin = std::max(from, next_);
      if (to > begin) told += std::min(to, end) - begin;
    }
  }
  next_ = end;
  last_order_ = 0;  // what lies behind the hole did not wait for what lies before it
  context.sink.lost(context.connection, context.side, missing, missing - std::min(told, missing), at);
}

/// What was presumed to come first passed before the capture began: the stream starts behind it.
void TcpStream::skip_presumed(const Context& context, std::uint64_t bytes) {
  presumed_ = false;
  first_ += static_cast<std::uint32_t>(bytes);
  acked_ -= std::min(acked_, bytes);
  if (fin_seen_) fin_ -= bytes;
  if (held_ == nullptr) return;
  std::map<std::uint64_t, Piece> pieces;
  for (auto& [begin, piece] : held_->pieces)
    pieces.emplace_hint(pieces.end(), begin - bytes, std::move(piece));
  held_->pieces = std::move(pieces);
  std::map<std::uint64_t, std::uint64_t> cut;
  for (const auto& [begin, end] : held_->cut) {
    if (end > bytes) {
      cut.emplace_hint(cut.end(), begin - std::min(begin, bytes), end - bytes);
    } else {
      release(context.budget, kCutOverhead);
    }
  }
  held_->cut = std::move(cut);
}

void TcpStream::keep_bounds(const Context& context) {
  StreamBudget& budget = context.budget;
  while (held_ != nullptr && (hole_end() || !held_->cut.empty())) {
    const bool alone = held_->bytes > budget.max_per_direction;
    if (!alone && budget.total <= budget.max_total) return;
    ++(alone ? budget.given_up_per_direction : budget.given_up_total);
    if (hole_end()) {
      give_up_hole(context);
    } else {  // nothing lies behind what was cut off
      lose_until(context, held_->cut.begin()->second, context.at);
      drain(context);
    }
  }
}

void TcpStream::acknowledge(const Context& context, std::uint32_t sequence) {
  acknowledged_ = sequence;
  if (!started_) return stood(sequence, context.at);
  if (ended_) return;
  const std::int64_t offset = offset_of(sequence);
  if (offset <= static_cast<std::int64_t>(acked_)) return;
  acked_ = static_cast<std::uint64_t>(offset);
  while (hole_end() && acked_ >= *hole_end()) give_up_hole(context);
  if (!ended_ && acked_ > next_) context.sink.awaited(context.connection, context.side, acked_, context.at);
}

bool TcpStream::is_ahead(std::uint32_t sequence) const {
  return started_ && !ended_ && offset_of(sequence) > static_cast<std::int64_t>(std::max(next_, acked_));
}

void TcpStream::tell_held_back(const Context& context, std::uint32_t sequence) const {
  const std::int64_t until = offset_of(sequence);
  if (started_ && !ended_ && until > static_cast<std::int64_t>(next_))
    context.sink.held_back(context.connection, context.side, static_cast<std::uint64_t>(until), context.at);
}

void TcpStream::stand_at(const Context& context, std::uint32_t sequence) {
  if (!started_) {
    if (!stands_at_) stands_at_ = sequence;
    return stood(sequence, context.at);
  }
  if (ended_ || presumed_ || fin_seen_ || has_held() || stands_at_ == sequence) return;
  const std::int64_t ahead = offset_of(sequence) - static_cast<std::int64_t>(std::max(next_, acked_));
  if (ahead <= 0 || ahead > static_cast<std::int64_t>(kStartWindow)) return;
  stands_at_ = sequence;
  context.sink.awaited(context.connection, context.side, static_cast<std::uint64_t>(offset_of(sequence)),
                       context.at);
}

void TcpStream::tell_hole(const Context& context, std::uint32_t sequence) const {
  const std::int64_t until = offset_of(sequence);
  if (started_ && !ended_ && until > static_cast<std::int64_t>(next_))
    context.sink.hole(context.connection, context.side, static_cast<std::uint64_t>(until), context.at);
}

/// Behind the last byte that was captured.
std::uint64_t TcpStream::highest() const {
  if (!has_held()) return next_;
  const auto& [begin, piece] = *held_->pieces.rbegin();
  return begin + piece.bytes.size();
}

bool TcpStream::may_reset(std::uint32_t sequence) const {
  const bool acknowledged = acknowledged_ && sequence == *acknowledged_;
  if (!started_) return acknowledged;
  const std::int64_t offset = offset_of(sequence);
  const auto next = static_cast<std::int64_t>(next_);
  return !ended_ && offset >= (acknowledged ? next - kResetWindow : next) &&
         offset <= static_cast<std::int64_t>(highest()) + kResetWindow;
}

/// What the peer expects next is what it has acknowledged last, or anything up to the last byte that was
/// sent: the latest that is known of, or the FIN behind it.
bool TcpStream::reset(const Context& context, std::uint32_t sequence) {
  if (!may_reset(sequence)) return false;
  const std::int64_t offset = started_ ? offset_of(sequence) : 0;
  const auto is = [offset](std::uint64_t expected) { return offset == static_cast<std::int64_t>(expected); };
  if (started_ && !(acknowledged_ && sequence == *acknowledged_) && !is(next_) && !is(highest()) &&
      !(fin_seen_ && (is(fin_) || is(fin_ + 1)))) {
    // Perhaps it is one all the same, and the bytes before it were not captured.
    context.sink.awaited(context.connection, context.side, static_cast<std::uint64_t>(offset), context.at);
    return false;
  }
  finish(context);
  if (!ended_ && offset > static_cast<std::int64_t>(next_))
    lose_until(context, static_cast<std::uint64_t>(offset), context.at);
  if (!started_) start(sequence);
  ended_ = true;
  clear(context.budget);
  return true;
}

void TcpStream::finish(const Context& context) {
  while (hole_end()) give_up_hole(context);
}

void TcpStream::clear(StreamBudget& budget) {
  if (held_ == nullptr) return;
  release(budget, held_->bytes);
  held_.reset();
}

}  // namespace ck::stream
