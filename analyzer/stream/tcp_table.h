// The TCP connections of a capture: which segment belongs to which, when one starts, ends, or its 4-tuple is
// used again.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/flat_map.h"
#include "stream/moment.h"
#include "stream/tcp_segment.h"
#include "stream/tcp_stream.h"

namespace ck::stream {

/// What a sink keeps of a connection between two calls.
class StreamContext {
 public:
  virtual ~StreamContext() = default;
  /// The audit was told of the connection.
  [[nodiscard]] virtual bool is_open() const { return false; }
};

/// What a connection's bytes are, as far as that decides who keeps its context.
enum class Application : std::uint8_t { unknown, http2, other };

/// A connection as its sink sees it. Sides are arbitrary; `zero_side` is the one that is Side 0 in the
/// audit's terms.
struct TcpConnection {
  std::array<Endpoint, 2> endpoints;
  ConnectionKey key = 0;
  Transport transport = Transport::tcp;  ///< as far as the packets themselves say
  Application application = Application::unknown;
  bool start_missed = false;  ///< so far a SYN was not captured of a side that has sent more
  bool told_lacking = false;  ///< the sink's sink was, that not all was captured
  bool has_payload = false;
  bool named = false;                     ///< the user says that one of its ports is Ck's
  bool tls = false;                       ///< the sink has found it to be under TLS
  bool decrypts = false;                  ///< for a face that is told what is decrypted: something was
  Position first;                         ///< its first captured packet
  std::int64_t first_clock_ns = kNoTime;  ///< the captures' clock then
  unsigned zero_side = 0;                 ///< opened it, or while that is unknown sent the first packet
  bool opener_known = false;              ///< a SYN was captured
  std::array<bool, 2> from_start{};       ///< by side: its SYN, or the answer to it, was captured
  /// By side: only the answer to its SYN was. What that brought (TCP Fast Open) is missing then.
  std::array<bool, 2> without_syn{};
  /// By side: nothing was captured of it when the other one's SYN brought bytes (TCP Fast Open). It cannot
  /// have sent anything before.
  std::array<bool, 2> not_begun{};
  // For a face that is told what is decrypted:
  std::uint8_t looks = 0;  ///< segments whose handshake was asked for before anything was recognised
  /// Of what was captured: by side, its SYN's sequence number; and the frame of the answer to the first one,
  /// if that is in the capture of the first packet.
  std::array<std::uint32_t, 2> initial_sequence{};
  std::uint64_t answer_frame = 0;
  std::unique_ptr<StreamContext> context;

  [[nodiscard]] std::optional<SynPair> syns() const {
    if (answer_frame == 0 || !from_start[0] || !from_start[1] || without_syn[0] || without_syn[1]) return {};
    return SynPair{{initial_sequence[zero_side], initial_sequence[1 - zero_side]}, answer_frame};
  }
  /// As far as is known, what this side sends is captured from its first byte on.
  [[nodiscard]] bool captured_from_start(unsigned side) const {
    return (from_start[side] && !without_syn[side]) || not_begun[side];
  }
};

/// What is told of it while nothing of it is recognised.
UnrecognisedConnection unrecognised(const TcpConnection& connection, UnrecognisedState state,
                                    const Position& at);

/// Where a segment belongs.
struct SegmentPlace {
  TcpConnection* connection =
      nullptr;             ///< nullptr: to none. Valid until the table is given the next segment.
  unsigned side = 0;       ///< its sender
  std::int64_t begin = 0;  ///< stream offset of its payload
  bool repeats = false;    ///< some of its bytes were there before it came
  // By find():
  bool early = false;     ///< it will be put off, as it came before what was there before it
  bool in_order = false;  ///< it goes on where its stream stands, and nothing that has come waits
};

struct TcpTableOptions {
  std::size_t max_connections = 0;
  std::int64_t idle_timeout_ns = 0;  ///< 0: none
  Moment* moment = nullptr;          ///< kept up to date where what waited is told; nullptr: nobody asks
  /// A SYN may be captured so much behind what its connection brought, as clocks of captures differ.
  std::int64_t syn_wait_ns = 0;
};

class TcpTable {
 public:
  /// Bytes that come within this time behind their acknowledgement, a FIN or a RST are no gap.
  static constexpr std::int64_t kLateNs = 1'000'000'000;

  /// `sink` and `budget` must outlive the table.
  TcpTable(const TcpTableOptions& options, StreamSink& sink, StreamBudget& budget);

  /// A segment between these ends comes in a few packets. Changes nothing: what is known of its connection is
  /// fetched from memory, step by step while other segments are expected.
  void expect(const TcpSegment& segment);
  /// There are so many connections that this is worth its while.
  [[nodiscard]] bool is_large() const {
    constexpr std::size_t kFew = 256;  // which stay in a processor's second cache by themselves
    return by_key_.size() >= kFew;
  }
  /// A segment at `at` was captured, of whatever connection. `clock_ns`: the latest time of its capture so
  /// far. Told before segment(); without it, each segment shows the time itself.
  void tick(const Position& at, std::int64_t clock_ns);
  SegmentPlace segment(const TcpSegment& segment) { return this->segment(name_of(segment), segment); }
  /// By what a segment's connection is found, for who asks more than once.
  struct Name {
    std::uint64_t hash = 0;
    unsigned side = 0;
    // Where it was found last, as long as nothing was dropped since:
    std::uint32_t first = 0xffff'ffff;
    std::uint32_t erased = 0;  ///< as erased_ counted then
  };
  [[nodiscard]] static Name name_of(const TcpSegment& segment);
  /// Such a segment comes at once: what is known of its connection is fetched as a whole, where looking at it
  /// piece by piece would wait for each line by itself. Changes nothing.
  void expect_now(Name& name, const TcpSegment& segment) const;
  SegmentPlace segment(const Name& name, const TcpSegment& segment);
  /// The connection that a segment would be taken for now; nullptr: none.
  [[nodiscard]] const TcpConnection* find_connection(const Name& name, const TcpSegment& segment);
  /// The connection that a segment would be taken for now, and its place in there. Changes nothing.
  [[nodiscard]] SegmentPlace find(const Name& name, const TcpSegment& segment);
  /// The captures are over: nothing waits any longer for what may come late. finish() does it too.
  void finish_waiting();
  /// The captures are over: every hole is given up, every connection told as it stands. Connections whose two
  /// streams have ended by that, or one by a RST, are closed; the others are dropped without it.
  void finish();

  /// Connections that were dropped at max_connections.
  [[nodiscard]] std::uint64_t evicted() const { return evicted_; }
  /// Connections that are closed and kept to tell late segments from a new connection.
  [[nodiscard]] std::size_t remembered() const { return order(List::closed).size; }

  /// Calls `visit(TcpConnection&, std::array<TcpStream, 2>&)` for each connection that is open and has sent
  /// something.
  template <class Visit>
  void for_each_active(const Visit& visit) {
    for (const List list : {List::active, List::reset}) {
      for (std::uint32_t index = order(list).oldest; index != kNone; index = at(index).newer)
        visit(at(index).connection, at(index).streams);
    }
  }

 private:
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  /// silent: open, and no byte of payload was seen. They are dropped before those that have said something,
  /// so that a flood of SYNs costs no conversation. reset: one side sent RST, and the other may still be
  /// heard.
  enum class List : std::uint8_t { silent, active, reset, closed };

  struct Key {
    std::array<std::uint64_t, 4> addresses{};
    std::uint64_t ports = 0;  ///< and the address family
  };
  /// An acknowledgement within this distance behind a SYN may acknowledge that SYN and data with it.
  static constexpr std::uint32_t kSynWindow = 1 << 20;
  /// A segment whose time has not come. An early one came before what was there before it: it acknowledges
  /// bytes that were not captured yet, or is a RST, behind which late bytes may come.
  struct KeptSegment {
    TcpSegment segment;
    std::vector<std::uint8_t> payload;
    unsigned side = 0;
    std::uint64_t order = 0;
    std::int64_t clock_ns = kNoTime;
  };
  /// When a connection's first early segment came, by the captures' clock.
  struct Since {
    std::int64_t clock_ns = kNoTime;
    std::uint32_t capture = 0;
    std::uint64_t frame = 0;
    std::uint32_t flow = kNone;
    friend auto operator<=>(const Since&, const Since&) = default;
  };
  /// The same by the time of its packet.
  struct SinceTime {
    std::uint32_t capture = 0;
    std::int64_t time_ns = kNoTime;
    std::uint64_t frame = 0;
    std::uint32_t flow = kNone;
    friend auto operator<=>(const SinceTime&, const SinceTime&) = default;
  };
  struct Early {
    std::deque<KeptSegment> segments;  ///< as they are to be handled: none before those in front
    std::size_t bytes = 0;             ///< as the budget counts them
  };
  /// SYNs that came while a connection was open, the latest ones.
  struct Openings {
    std::deque<KeptSegment> syns;
    std::size_t bytes = 0;  ///< as the budget counts them
    bool gone_on = false;   ///< something else was captured behind the last one
  };
  struct Flow {
    std::uint64_t hash = 0;  ///< of its key
    TcpConnection connection;
    std::array<TcpStream, 2> streams;
    std::array<bool, 2> syn_seen{};
    bool awaits_syn = false;      ///< its segments are put off, as its SYN may come yet
    std::array<bool, 2> heard{};  ///< a segment of that side was captured
    std::array<bool, 2>
        start_told{};  ///< by the answer to its SYN, and nothing of that side was captured yet
    std::array<std::uint64_t, 2> tenant{};  ///< of each side's first segment; its peer's until it has one
    std::array<bool, 2> tenant_seen{};      ///< by side: it has one
    List list = List::silent;
    std::uint32_t self = kNone;                  ///< its own index
    std::uint32_t sibling = kNone;               ///< the next connection with its key, of another tenant
    std::uint32_t older = kNone, newer = kNone;  ///< in its list
    Position last;
    std::optional<Position> reset;       ///< the last RST that ended a stream
    std::unique_ptr<Early> early;        ///< nullptr: none
    std::unique_ptr<Openings> openings;  ///< nullptr: none
    std::uint64_t last_packet = 0;       ///< as packets_ counts
  };
  /// A segment to come. Whatever becomes of its flow meanwhile, it is only fetched.
  struct ExpectedSegment {
    std::uint64_t hash = 0;      ///< of its key; 0: none
    std::uint32_t flow = kNone;  ///< as was found some segments later
    unsigned side = 0;
  };
  /// The first of the connections that have one key.
  struct First {
    std::uint32_t flow = kNone;
  };
  /// Flows in the order of their last packet, as far as that matters (ordered_).
  struct Order {
    std::uint32_t oldest = kNone, newest = kNone;
    std::size_t size = 0;
  };

  static Key make_key(const TcpSegment& segment, unsigned& side);
  [[nodiscard]] static std::uint64_t hash_of(const Key& key);
  [[nodiscard]] std::uint32_t first_of(const Name& name) const;
  [[nodiscard]] std::uint32_t find_open(const Name& name, const TcpSegment& segment);
  Flow* create(std::uint64_t hash, const TcpSegment& segment, unsigned side);
  void begin(Flow& flow, const TcpSegment& segment, unsigned side);
  void erase(std::uint32_t index);
  [[nodiscard]] std::uint32_t pick(std::uint32_t first, const TcpSegment& segment, unsigned side);
  [[nodiscard]] std::uint32_t pick_tenant(std::uint32_t first, const TcpSegment& segment, unsigned side);
  [[nodiscard]] bool fits(Flow& flow, const TcpSegment& segment, unsigned side);
  void add_sibling(std::uint32_t first, std::uint32_t index);
  void keep_sibling_bound(std::uint32_t first);
  bool remove_sibling(First& first, std::uint32_t index);
  [[nodiscard]] const Order& order(List list) const { return orders_[static_cast<std::size_t>(list)]; }
  Flow& at(std::uint32_t index) { return chunks_[index / kChunk][index % kChunk]; }
  [[nodiscard]] const Flow& at(std::uint32_t index) const { return chunks_[index / kChunk][index % kChunk]; }
  std::uint32_t allocate();
  void move(std::uint32_t index, List list);
  void unlink(std::uint32_t index);
  void append(std::uint32_t index, List list);
  void touch(std::uint32_t index);
  void order_by_use();

  [[nodiscard]] static std::int64_t payload_begin(const Flow& flow, const TcpSegment& segment, unsigned side);
  [[nodiscard]] static SegmentPlace place(Flow& flow, const TcpSegment& segment, unsigned side);
  [[nodiscard]] static bool is_early(const Flow& flow, const TcpSegment& segment, unsigned side);
  [[nodiscard]] static bool lies_behind_hole(const Flow& flow, const TcpSegment& segment, unsigned side);
  [[nodiscard]] static std::size_t first_waiting(const Flow& flow, const TcpSegment& segment, unsigned side);
  SegmentPlace take(Flow& flow, const TcpSegment& segment, unsigned side);
  [[nodiscard]] static std::size_t fresh_bytes(const Flow& flow, const TcpSegment& segment, unsigned side);
  [[nodiscard]] static bool acknowledges_early(const Flow& flow, const TcpSegment& segment, unsigned side);
  void take_late(Flow& flow, const TcpSegment& segment, unsigned side, std::size_t before);
  void put_off(Flow& flow, const TcpSegment& segment, unsigned side, std::size_t before);
  void tell_held_back(Flow& flow, const TcpSegment& segment, unsigned side);
  [[nodiscard]] std::int64_t syn_wait() const { return std::min(options_.syn_wait_ns, kLateNs); }
  void await_syn(Flow& flow, const Position& at);
  [[nodiscard]] static bool begins_kept(const Flow& flow, const TcpSegment& segment, unsigned side);
  void await_no_syn(Flow& flow);
  void resume(Flow& flow);
  void resume_first(Flow& flow);
  void resume_all(Flow& flow);
  void resume_overdue(const Position& now);
  bool resume_set_back(const Position& now, const Moment& packet);
  void resume_one(std::uint32_t index, const Moment& moment);
  void begin_wait(const Flow& flow);
  void end_wait(const Flow& flow);
  [[nodiscard]] static Moment end_of_wait(const Since& since);
  void handle(Flow& flow, const TcpSegment& segment, unsigned side, std::uint64_t order);
  void handle_payload(Flow& flow, const TcpSegment& segment, unsigned side);
  [[nodiscard]] static bool answers_unheard(const Flow& flow, const TcpSegment& segment, unsigned side);
  void miss_connection(const TcpSegment& segment, unsigned side);
  void begin(TcpConnection& connection, const TcpSegment& segment, unsigned side);
  void miss_start(Flow& flow, const Position& at);
  void handle_syn(Flow& flow, const TcpSegment& segment, unsigned side);
  void handle_reset(Flow& flow, const TcpSegment& segment, unsigned side);
  bool begin_again(Flow& flow, const TcpSegment& segment, unsigned side);
  void keep_opening(Flow& flow, const TcpSegment& segment, unsigned side);
  [[nodiscard]] bool shows(Flow& flow, const KeptSegment& syn, const TcpSegment& segment, unsigned side);
  [[nodiscard]] const KeptSegment* opened_by(Flow& flow, const TcpSegment& segment, unsigned side);
  void open_again(Flow& flow, const KeptSegment& syn);
  void open_unanswered(Flow& flow);
  void drop_openings_of(Flow& flow, unsigned side);
  using Opening = std::deque<KeptSegment>::iterator;
  Opening drop_opening(Openings& openings, const Opening& syn);
  void forget_openings(Flow& flow);
  [[nodiscard]] static bool is_reset_unused(const Flow& flow, unsigned side);
  [[nodiscard]] static bool is_reuse(const Flow& flow, const TcpSegment& segment, unsigned side);
  [[nodiscard]] static bool is_reuse_of_closed(const Flow& flow, const TcpSegment& segment, unsigned side);
  [[nodiscard]] TcpStream::Context context(Flow& flow, unsigned side, const Position& at);
  void close(Flow& flow, const Position& at);
  void forget_early(Flow& flow);
  [[nodiscard]] std::size_t remembered_at_most() const;
  void count_after_end(const Flow& flow, const TcpSegment& segment, unsigned side);
  void evict(Flow& flow);
  void evict_idle(std::int64_t now_ns);

  static constexpr std::uint32_t kChunk = 256;

  TcpTableOptions options_;
  StreamSink& sink_;
  StreamBudget& budget_;
  bool ordered_;           ///< the lists of open connections are kept in order of use
  FlatMap<First> by_key_;  ///< by the key's hash
  std::vector<std::unique_ptr<Flow[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::array<Order, 4> orders_;
  std::set<Since> waits_;  ///< flows with early segments
  std::set<SinceTime> waits_by_time_;
  std::int64_t clock_ns_ = kNoTime;
  bool ticked_ = false;  ///< for the next segment
  std::uint64_t packets_ = 0;
  std::uint64_t order_ = 0;  ///< of the packet that is being handled
  std::array<ExpectedSegment, 16> expected_{};
  std::size_t expected_last_ = 0;  ///< the place of the last one
  ConnectionKey last_key_ = 0;
  std::uint64_t evicted_ = 0;
  std::uint32_t erased_ = 0;  ///< connections whose place was given back
};

}  // namespace ck::stream
