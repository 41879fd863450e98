// Steps of a capture's clock.
#include "stream/passed_time.h"

#include <algorithm>
#include <utility>

namespace ck::stream {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
/// So many seconds of one clock are believed that the other one does not show.
constexpr std::int64_t kMostSilent = 10;

/// Whole seconds, rounded down, from one time to another.
std::int64_t seconds(std::int64_t from_ns, std::int64_t to_ns) {
  const std::int64_t ns = elapsed(from_ns, to_ns).value_or(0);
  return ns / kSecond - (ns % kSecond < 0 ? 1 : 0);
}

bool is_set_back(std::int64_t time_ns, std::int64_t latest_ns) {
  return elapsed(time_ns, latest_ns).value_or(0) > kSecond;
}

}  // namespace

std::uint32_t PassedTime::behind_other(std::int64_t time_ns) {
  if (time_ns == kNoTime) return 0;
  if (!is_set_back(time_ns, ahead_.latest_ns)) {
    // Back again: what has passed on the other clock has passed on this one, which may say more.
    if (is_back_)
      ahead_.behind_s = std::max(ahead_.behind_s, back_.behind_s + seconds(time_ns, back_.latest_ns));
    is_back_ = false;
    ahead_.latest_ns = std::max(ahead_.latest_ns, time_ns);
    return shown(ahead_.behind_s);
  }
  const bool was_back = std::exchange(is_back_, true);
  if (was_back && !is_set_back(time_ns, back_.latest_ns)) {
    back_.latest_ns = std::max(back_.latest_ns, time_ns);
    return shown(back_.behind_s);
  }
  const Clock& before = was_back ? back_ : ahead_;
  const std::int64_t behind_s = before.behind_s + seconds(time_ns, before.latest_ns);
  // The same clock again, and the other one was silent for a while?
  const std::int64_t passed_s = back_.behind_s - behind_s;
  const bool same = !was_back && back_.latest_ns != kNoTime && passed_s >= -1 && passed_s <= kMostSilent;
  back_ = {time_ns, same ? back_.behind_s : behind_s};
  return shown(back_.behind_s);
}

}  // namespace ck::stream
