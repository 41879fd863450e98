// The latest message of each host or session in each capture.
#include "audit/nearness.h"

#include <algorithm>

namespace ck::audit {
namespace {

/// That are remembered; any other may have a message anywhere.
constexpr std::size_t kMostSeen = 262'144;

}  // namespace

void Nearness::note(std::uint64_t whose, const Position& at) {
  if (at.time_ns == kNoTime) return;
  if (seen_.find(whose) == nullptr && seen_.size() >= kMostSeen) {
    forgot_ = true;
    return;
  }
  std::array<Position, 4>& last = seen_[whose].last;
  const auto same = std::find_if(last.begin(), last.end(), [&](const Position& seen) {
    return seen.time_ns == kNoTime || seen.capture == at.capture;
  });
  Position& place = same != last.end()
                        ? *same
                        : *std::min_element(last.begin(), last.end(), [](const auto& a, const auto& b) {
                            return a.time_ns < b.time_ns;
                          });
  // What comes soon was noted before: it stays.
  const bool soon = place.time_ns > at.time_ns && place.capture == at.capture &&
                    place.time_ns - at.time_ns <= options_.merge_tolerance_ns;
  if (!soon) place = at;
}

bool Nearness::is_near(std::uint64_t whose, const Position& at) const {
  const Seen* seen = seen_.find(whose);
  if (seen == nullptr) return forgot_;
  return std::any_of(seen->last.begin(), seen->last.end(), [&](const Position& other) {
    return other.time_ns != kNoTime && order_unclear(other, at, options_);
  });
}

}  // namespace ck::audit
