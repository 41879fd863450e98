// What TCP headers alone tell of one direction: whether it was captured from its first byte, where holes are,
// when it ended. Bytes themselves are reassembled by Wireshark; this only counts. No epan here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "audit/event.h"

namespace ck::plugin {

/// One TCP segment's header, as captured.
struct Segment {
  std::uint32_t seq = 0, ack = 0;
  std::uint32_t length = 0;  ///< payload bytes on the wire
  std::uint32_t cut = 0;     ///< of those, bytes that a snap length kept from the capture
  std::uint16_t source_port = 0, destination_port = 0;
  bool syn = false, fin = false, rst = false, has_ack = false;
  bool shut = false;  ///< its sender's window is closed
};

/// A hole that is given up: its bytes will not come.
struct Hole {
  std::uint64_t bytes = 0;
  Position behind;  ///< the first segment behind it
};

class StreamWatch {
 public:
  /// A segment of this direction. Returns true when it is the direction's SYN, seen for the first time, or
  /// the first one of a direction whose start the answer to its SYN has told.
  bool segment(const Segment& segment, Position at);
  /// Some of its bytes came before. A keep-alive's byte, which is garbage, does not count.
  [[nodiscard]] bool repeats(const Segment& segment) const;
  /// The peer's answer to a SYN that was not captured says where this direction's stream starts.
  void starts_at(std::uint32_t seq);
  /// The peer acknowledged up to `ack`: a hole before it will never be filled.
  void acknowledged(std::uint32_t ack);
  /// Bytes were acknowledged that are not there (yet), and more of them than when this was asked last.
  bool misses_more();
  /// More than `spare` bytes were acknowledged that are not there.
  [[nodiscard]] bool is_missing(std::uint32_t spare = 0) const {
    return known_ && acknowledged_ && !(fin_ && reached(*fin_)) && !reached(*acknowledged_ - spare);
  }
  /// Bytes are missing before others, or before the FIN.
  [[nodiscard]] bool has_hole() const { return !ahead_.empty() || (fin_ && !reached(*fin_)); }
  /// Gives up the next hole that the peer has acknowledged, if bytes or the FIN lie behind one.
  std::optional<Hole> give_up_acknowledged();
  /// Gives up the next hole, if bytes or the FIN lie behind one.
  std::optional<Hole> give_up();

  /// The stream is captured from its first byte on, so far without a hole.
  [[nodiscard]] bool whole() const { return syn_seen_ && captured_ && !broken_; }
  /// Sequence number of the stream's first byte, or of the first one captured.
  [[nodiscard]] std::uint32_t first() const { return first_; }
  /// All bytes up to the FIN have come (or were given up).
  [[nodiscard]] bool ended() const { return fin_.has_value() && reached(*fin_); }
  /// Bytes of the stream up to where it is contiguous.
  [[nodiscard]] std::uint32_t contiguous() const { return next_ - first_; }

 private:
  struct Ahead {
    std::uint32_t end = 0;
    Position at;
  };
  [[nodiscard]] bool reached(std::uint32_t seq) const { return static_cast<std::int32_t>(next_ - seq) >= 0; }
  void take(std::uint32_t seq, std::uint32_t end, Position at);
  void join_ahead();

  bool known_ = false, syn_seen_ = false, captured_ = false, broken_ = false;
  std::uint32_t first_ = 0;
  std::uint32_t next_ = 0;
  std::optional<std::uint32_t> fin_;
  Position fin_at_;
  std::optional<std::uint32_t> acknowledged_;  ///< the furthest
  std::optional<std::uint32_t> missed_;        ///< so far, when misses_more() said so last
  std::map<std::uint32_t, Ahead> ahead_;       ///< by distance from first_; at most kMaxAhead runs
};

}  // namespace ck::plugin
