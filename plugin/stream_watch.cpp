// Contiguity of one direction from TCP headers.
#include "stream_watch.h"

#include <algorithm>

namespace ck::plugin {
namespace {

/// So many runs of bytes behind holes are remembered; more of them are taken for lost.
constexpr std::size_t kMaxAhead = 1024;

}  // namespace

bool StreamWatch::segment(const Segment& segment, Position at) {
  const std::uint32_t begin = segment.seq + (segment.syn ? 1 : 0);
  const bool first_syn = segment.syn && !syn_seen_;
  const bool told = syn_seen_ && !captured_;
  captured_ = true;
  if (first_syn) {
    syn_seen_ = true;
    // A SYN behind data (out of order) tells that nothing came before that data, if they touch.
    broken_ = known_ && first_ != begin;
  }
  if (!known_ && !segment.rst) {
    known_ = true;
    first_ = next_ = begin;
  }
  if (segment.length > 0) take(begin, begin + segment.length, at);
  if (segment.cut > 0) broken_ = true;
  if (segment.fin && !fin_) {
    fin_ = begin + segment.length;
    fin_at_ = at;
  }
  return first_syn || told;
}

bool StreamWatch::repeats(const Segment& segment) const {
  const std::uint32_t begin = segment.seq + (segment.syn ? 1 : 0), end = begin + segment.length;
  if (!known_ || segment.length == 0 || (segment.length == 1 && end == next_)) return false;
  if (static_cast<std::int32_t>(next_ - begin) > 0) return true;
  return std::any_of(ahead_.begin(), ahead_.end(), [&](const auto& run) {
    return static_cast<std::int32_t>(end - (first_ + run.first)) > 0 &&
           static_cast<std::int32_t>(run.second.end - begin) > 0;
  });
}

void StreamWatch::starts_at(std::uint32_t seq) {
  if (known_) return;
  known_ = syn_seen_ = true;
  first_ = next_ = seq;
}

void StreamWatch::take(std::uint32_t seq, std::uint32_t end, Position at) {
  if (reached(seq)) {
    if (!reached(end)) next_ = end;
    join_ahead();
    return;
  }
  if (ahead_.size() >= kMaxAhead) return;
  const auto [slot, added] = ahead_.try_emplace(seq - first_, Ahead{end, at});
  if (!added && static_cast<std::int32_t>(end - slot->second.end) > 0) slot->second.end = end;
}

void StreamWatch::join_ahead() {
  while (!ahead_.empty() && reached(first_ + ahead_.begin()->first)) {
    if (!reached(ahead_.begin()->second.end)) next_ = ahead_.begin()->second.end;
    ahead_.erase(ahead_.begin());
  }
}

void StreamWatch::acknowledged(std::uint32_t ack) {
  if (!acknowledged_ || static_cast<std::int32_t>(ack - *acknowledged_) > 0) acknowledged_ = ack;
}

bool StreamWatch::misses_more() {
  if (!is_missing()) return false;
  if (missed_ && static_cast<std::int32_t>(*acknowledged_ - *missed_) <= 0) return false;
  missed_ = acknowledged_;
  return true;
}

std::optional<Hole> StreamWatch::give_up_acknowledged() {
  if (!acknowledged_ || !has_hole()) return std::nullopt;
  // A FIN that is acknowledged takes a sequence number of its own.
  const std::uint32_t behind = ahead_.empty() ? *fin_ + 1 : first_ + ahead_.begin()->first;
  if (static_cast<std::int32_t>(*acknowledged_ - behind) < 0) return std::nullopt;
  return give_up();
}

std::optional<Hole> StreamWatch::give_up() {
  if (!has_hole()) return std::nullopt;
  const bool bytes = !ahead_.empty();
  const std::uint32_t behind = bytes ? first_ + ahead_.begin()->first : *fin_;
  const Hole hole{behind - next_, bytes ? ahead_.begin()->second.at : fin_at_};
  next_ = behind;
  broken_ = true;
  join_ahead();
  return hole;
}

}  // namespace ck::plugin
