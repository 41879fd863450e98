// When something is told, in an order over all captures that is the same whoever reads which of their
// connections: what is read apart can be put together again.
#pragma once

#include <compare>
#include <cstdint>

#include "audit/event.h"

namespace ck::stream {

/// What the captures are at.
enum class Stage : std::uint8_t {
  packets,
  pdus_over,  ///< the captures are over: exported PDUs, those of HTTP/2, and then TCP are told as they stand
  http2_pdus_over,
  tcp_over,
};

/// Members in the order in which they decide.
struct Moment {
  static constexpr std::uint8_t kAtPacket = 2;  ///< `step` of what a packet itself brings

  Stage stage = Stage::packets;
  /// The clock of the capture: the latest time of its packets so far. Behind the packets: as it was at the
  /// connection's first one.
  std::int64_t clock_ns = kNoTime;
  bool late = false;  ///< behind all packets of that time: a wait that began a second before is over
  std::uint32_t capture = 0;
  std::uint64_t frame = 0;
  /// Where a clock was set back, waits end before the packet that shows it: first those of the past (0), then
  /// those of what is now the future (1).
  std::uint8_t step = kAtPacket;
  std::int64_t step_time_ns = 0;
  std::uint64_t step_frame = 0;

  friend auto operator<=>(const Moment&, const Moment&) = default;
};

}  // namespace ck::stream
