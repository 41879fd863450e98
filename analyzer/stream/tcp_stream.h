// One direction of a TCP connection (RFC 9293): segments in, bytes in order out, and what is missing between
// them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "audit/event.h"
#include "base/bytes.h"

namespace ck::stream {

struct TcpConnection;

/// Receives the streams of all connections. Bytes and positions are valid during the call only. `side`
/// indexes the connection's endpoints. A stream's offsets count its bytes from the first one that was looked
/// for, missing ones included.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  /// A segment of the connection will come, sent by this side. Changes nothing: what is known of the
  /// connection is fetched from memory, first that (`soon`), then what it points at (`next`).
  virtual void expect(const TcpConnection& /*connection*/, unsigned /*side*/, Ahead /*ahead*/) const {}
  /// The next bytes, contiguous with those before unless lost() came between. `at`: the frame at whose
  /// arrival all bytes up to the end of these were there.
  virtual void data(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at) = 0;
  /// `missing` bytes will never come; `untold` of them were not yet told by cut(). `at`: the first segment
  /// behind them.
  virtual void lost(TcpConnection& connection, unsigned side, std::uint64_t missing, std::uint64_t untold,
                    const Position& at) = 0;
  /// A snap length cut `bytes` that were not seen before. A retransmission may still bring them.
  virtual void cut(TcpConnection& connection, unsigned side, std::uint64_t bytes, const Position& at) = 0;
  /// A segment repeats what data() has told, from stream offset `offset` on. True when it holds other bytes.
  virtual bool differs(TcpConnection& connection, unsigned side, std::uint64_t offset, Bytes bytes) = 0;
  /// The peer has acknowledged everything before stream offset `until`, or the side has sent it, and some was
  /// not captured, or not yet.
  virtual void awaited(TcpConnection& connection, unsigned side, std::uint64_t until, const Position& at) = 0;
  /// The side sent a RST, at `at`; reset() follows when nothing of it from before can come any more.
  virtual void reset_seen(TcpConnection& connection, unsigned side, const Position& at) = 0;
  /// Bytes before stream offset `until` are held back, or not captured yet, and expected within a second.
  virtual void held_back(TcpConnection&, unsigned /*side*/, std::uint64_t /*until*/, const Position&) {}
  /// Bytes before stream offset `until` have not come yet, and some behind them have, or they were
  /// acknowledged. It means something only while it is not known what the connection is.
  virtual void hole(TcpConnection&, unsigned /*side*/, std::uint64_t /*until*/, const Position&) {}
  /// A side of the connection sends, and its SYN was not captured (so far).
  virtual void start_missed(TcpConnection&, const Position&) {}
  /// The stream ended in order.
  virtual void fin(TcpConnection& connection, unsigned side, const Position& at) = 0;
  /// The side sent RST: its stream ends. The other one may go on.
  virtual void reset(TcpConnection& connection, unsigned side, const Position& at) = 0;
  /// The side's SYN was captured: perhaps after data of the connection.
  virtual void start_seen(TcpConnection& connection, unsigned side, const Position& at) = 0;
  /// The connection is over; nothing more of it follows.
  virtual void closed(TcpConnection& connection, const Position& at) = 0;
  /// The captures ended before the connection did; nothing more of it follows.
  virtual void left_open(TcpConnection& connection) = 0;
};

/// Bounds on what the streams hold back, and counts, shared by all of them.
struct StreamBudget {
  std::size_t max_per_direction = 0, max_total = 0;
  std::size_t total = 0;  ///< bytes held by all streams and by their sink
  std::uint64_t given_up_per_direction = 0, given_up_total = 0;  ///< holes given up at the two bounds
  std::uint64_t conflicting_overlaps = 0;                        ///< segments
  std::uint64_t ignored_resets = 0;   ///< RSTs whose sequence number was not the next one (RFC 5961)
  std::uint64_t bytes_after_end = 0;  ///< bytes behind the FIN or RST that ended their stream
};

class TcpStream {
 public:
  /// What every call needs of its surroundings. `order` numbers the packets over all captures.
  struct Context {
    StreamSink& sink;
    StreamBudget& budget;
    TcpConnection& connection;
    unsigned side;
    Position at;
    std::uint64_t order;
  };

  /// The stream's next byte has this sequence number. Again only while no byte has come.
  void start(std::uint32_t sequence);
  /// The start was not captured, and the first captured byte has this sequence number. The stream starts
  /// where the peer's acknowledgement shows that it stood, or a segment of its own: somewhat earlier, if what
  /// lies between may come late, and later, if the byte was there before the capture began: a `resent` one
  /// comes longer behind than what is late.
  void start_within(std::uint32_t sequence, bool resent);
  /// A byte of this sequence number, captured at `at`, comes more than `late_ns` behind what shows that it
  /// was there before.
  [[nodiscard]] bool is_resent(std::uint32_t sequence, const Position& at, std::int64_t late_ns) const;
  /// A segment without a payload, of this sequence number, brings nothing new.
  [[nodiscard]] bool stands_at(std::uint32_t sequence) const {
    return sequence == next_sequence() && started_;
  }
  /// It shows that the side stands there: it has sent all before.
  void stand_at(const Context& context, std::uint32_t sequence);
  [[nodiscard]] bool started() const { return started_; }
  /// Sequence number that start() was given.
  [[nodiscard]] std::uint32_t first_sequence() const { return first_; }
  /// Sequence number of the next byte in order.
  [[nodiscard]] std::uint32_t next_sequence() const { return first_ + static_cast<std::uint32_t>(next_); }
  /// Stream offset of `sequence`, taken to be within 2 GiB of the next byte in order.
  [[nodiscard]] std::int64_t offset_of(std::uint32_t sequence) const;
  /// Some byte of [begin, end) was told, or is held behind a hole.
  [[nodiscard]] bool holds_any(std::int64_t begin, std::int64_t end) const;
  /// A payload at stream offset `begin`, which may lie before the stream's start, holds other bytes than
  /// those that were told there.
  [[nodiscard]] bool differs(StreamSink& sink, TcpConnection& connection, unsigned side, std::int64_t begin,
                             Bytes payload) const;
  /// Calls `visit(bytes missing, Position of what lies behind)` for each hole that is not given up.
  template <class Visit>
  void for_each_hole(const Visit& visit) const {
    std::uint64_t at = next_;
    if (held_ != nullptr) {
      for (const auto& [begin, piece] : held_->pieces) {
        if (begin > at) visit(begin - at, piece.at);
        at = begin + piece.bytes.size();
      }
    }
    if (fin_seen_ && !ended_ && fin_ > at) visit(fin_ - at, fin_at_);
  }
  /// What the peer has acknowledged last, before start() too.
  [[nodiscard]] std::optional<std::uint32_t> acknowledged() const { return acknowledged_; }

  /// A segment's payload; `missing` bytes behind it were cut off; `fin`: the stream ends behind those.
  /// start() came before.
  void receive(const Context& context, std::uint32_t sequence, Bytes payload, std::uint32_t missing,
               bool fin);
  /// The peer has received everything before `sequence`: no hole there will be filled.
  void acknowledge(const Context& context, std::uint32_t sequence);
  /// An acknowledgement of everything before `sequence` would be ahead of the bytes that have come, and of
  /// the acknowledgements, too.
  [[nodiscard]] bool is_ahead(std::uint32_t sequence) const;
  /// There are bytes behind a hole.
  [[nodiscard]] bool has_held() const { return held_ != nullptr && !held_->pieces.empty(); }
  /// Tells the sink that bytes before `sequence` are held back.
  void tell_held_back(const Context& context, std::uint32_t sequence) const;
  /// Tells the sink that bytes before `sequence` were acknowledged, and may come within a second.
  void tell_hole(const Context& context, std::uint32_t sequence) const;
  /// A RST with this sequence number lies in the window: it may be the end of this stream.
  [[nodiscard]] bool may_reset(std::uint32_t sequence) const;
  /// The side sent RST with this sequence number: ends the stream and gives up what is missing before. False,
  /// and nothing done, when the peer expects another number: it ignores such a RST (RFC 5961).
  bool reset(const Context& context, std::uint32_t sequence);
  /// Gives up every hole. After the end of the capture or of the connection.
  void finish(const Context& context);
  /// The stream's FIN was told, or its RST came.
  [[nodiscard]] bool ended() const { return ended_; }
  /// Lets go of everything held, without telling it.
  void clear(StreamBudget& budget);

 private:
  struct Piece {
    std::vector<std::uint8_t> bytes;
    Position at;
    std::uint64_t order = 0;
  };
  /// What only a stream with holes needs: most never do.
  struct Held {
    std::map<std::uint64_t, Piece> pieces;       ///< by stream offset, disjoint, all behind next_
    std::map<std::uint64_t, std::uint64_t> cut;  ///< begin to end of what a snap length cut, disjoint
    std::size_t bytes = 0;                       ///< as the budget counts them
  };

  void deliver(const Context& context, Bytes bytes, const Position& at, std::uint64_t order);
  void hold(const Context& context, std::uint64_t begin, Bytes payload);
  void note_cut(const Context& context, std::uint64_t begin, std::uint64_t end);
  void drain(const Context& context);
  void tell_fin(const Context& context);
  [[nodiscard]] std::optional<std::uint64_t> hole_end() const;
  [[nodiscard]] std::uint64_t highest() const;
  void stood(std::uint32_t sequence, const Position& at);
  void skip_presumed(const Context& context, std::uint64_t bytes);
  void give_up_hole(const Context& context);
  void lose_until(const Context& context, std::uint64_t end, const Position& at);
  void keep_bounds(const Context& context);
  void charge(const Context& context, std::size_t bytes);
  void release(StreamBudget& budget, std::size_t bytes);
  Held& held();

  std::unique_ptr<Held> held_;
  std::uint64_t next_ = 0;        ///< stream offset of the next byte in order
  std::uint64_t acked_ = 0;       ///< the peer has acknowledged all before this offset
  std::uint64_t fin_ = 0;         ///< offset at which the stream ends, if fin_seen_
  std::uint64_t last_order_ = 0;  ///< of the latest packet among those since the last hole
  Position last_at_;  ///< before start(), where it was first seen to have stood, at sequence number fin_
  Position fin_at_;
  std::uint32_t first_ = 0;
  std::optional<std::uint32_t> acknowledged_, stands_at_;
  bool started_ = false, fin_seen_ = false, ended_ = false;
  bool presumed_ = false;  ///< no byte was told, and the first ones may have passed before the capture began
};

}  // namespace ck::stream
