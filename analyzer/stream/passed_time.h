// The time that has passed in a capture whose packets are not stamped in order.
#pragma once

#include <cstdint>

#include "audit/event.h"

namespace ck::stream {

/// A capture's clock may be set back, and two interfaces in one capture may have clocks that lie far apart.
/// What a packet's time is behind then is not time that passes when the next packet's is ahead again.
class PassedTime {
 public:
  /// Of the packet that comes next: by how many seconds its time is behind the time that has passed
  /// (Position::behind_s). 0 while no time is more than a second earlier than one before it: queues of one
  /// network card differ by less.
  std::uint32_t behind(std::int64_t time_ns) {
    if (time_ns >= ahead_.latest_ns && !is_back_) {
      ahead_.latest_ns = time_ns;
      return shown(ahead_.behind_s);
    }
    return behind_other(time_ns);
  }

 private:
  struct Clock {
    std::int64_t latest_ns = kNoTime, behind_s = 0;
  };
  std::uint32_t behind_other(std::int64_t time_ns);
  static std::uint32_t shown(std::int64_t behind_s) {
    return static_cast<std::uint32_t>(behind_s > kMost ? kMost : behind_s);
  }
  static constexpr std::int64_t kMost = 0xffff'ffff;

  Clock ahead_, back_;    ///< the clock that shows the latest times, and the one that is behind it
  bool is_back_ = false;  ///< the last packet's time was that one's
};

}  // namespace ck::stream
