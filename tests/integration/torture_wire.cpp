// A lane is planned packet by packet, with acknowledgements that tell only what has arrived; then lanes are
// interleaved, which gives the frame numbers, and the model is read off the first arrival of every byte.
#include "torture_wire.h"

#include <algorithm>
#include <utility>

namespace ck::integration {
namespace {

using samples::Buffer;
using samples::End;
using samples::Segment;

constexpr std::size_t kNever = static_cast<std::size_t>(-1);

struct Range {
  std::size_t begin = 0, end = 0;
};

/// One direction: what is said, and when each byte of it is first captured.
struct Direction {
  struct Mark {
    std::size_t begin, end;
    std::uint16_t command;
    std::uint32_t message_id;
  };
  Buffer stream;
  std::vector<Mark> marks;
  std::vector<std::size_t> round_end;  ///< stream offset
  std::vector<std::size_t> arrival;    ///< by byte: index of the packet in its lane
  std::vector<Range> holes;
  std::vector<bool> received;  ///< by the peer, which misses nothing
  std::size_t contiguous = 0;  ///< received without a hole
  std::size_t fin = kNever;    ///< packet of the first FIN
  bool fin_acknowledged = false;
  std::uint32_t initial = 0;

  [[nodiscard]] std::size_t begin_of(std::size_t round) const {
    return round == 0 ? 0 : round_end[round - 1];
  }
  /// Offset of the next sequence number the peer waits for; a FIN takes one.
  [[nodiscard]] std::size_t awaited() const { return contiguous + (fin_acknowledged ? 1 : 0); }
};

struct LanePlan {
  std::vector<Buffer> packets;
  std::vector<std::array<Direction, 2>> connections;
  std::vector<std::size_t> first_packets;  ///< by connection
};

/// Packets that carry one packet, and the one of them with which it is all there.
struct Carried {
  std::vector<Buffer> packets;
  std::size_t complete = 0;
};

/// IP fragments in any order, some of them twice or overlapping, and tunnels. Identifications are unique in
/// the capture.
class Carrier {
 public:
  Carrier(Random& random, std::uint16_t& identification) : random_(random), identification_(identification) {}

  Carried carry(const Buffer& packet, const samples::Tunnel* tunnel, const Handling& handling) {
    Carried inner = in_fragments(packet, handling);
    if (tunnel == nullptr) return inner;
    Carried out;
    for (std::size_t i = 0; i < inner.packets.size(); ++i) {
      const Carried outer = in_fragments(tunnel->wrap(inner.packets[i], 0), handling);
      if (i == inner.complete) out.complete = out.packets.size() + outer.complete;
      out.packets.insert(out.packets.end(), outer.packets.begin(), outer.packets.end());
    }
    return out;
  }

 private:
  Carried in_fragments(const Buffer& packet, const Handling& handling) {
    if (handling.fragment == 0 || !random_.percent(handling.fragment)) return {{packet}, 0};
    const std::size_t size = samples::payload_size(packet), blocks = (size + 7) / 8;  // RFC 791's units
    std::vector<Range> pieces;
    const std::size_t largest = random_.between(1 + blocks / 12, blocks);
    for (std::size_t at = 0; at < blocks;) {
      pieces.push_back({at, std::min(blocks, at + random_.between(1, largest))});
      at = pieces.back().end;
    }
    if (pieces.size() < 2) return {{packet}, 0};
    for (std::size_t i = pieces.size(); i > 0; --i) {
      if (random_.percent(handling.duplicate)) insert_anywhere(pieces, pieces[i - 1]);
      if (!random_.percent(handling.overlap)) continue;
      const std::size_t begin = random_.between(1, blocks - 1);  // what starts at 0 could be no fragment
      insert_anywhere(pieces, {begin, random_.between(begin + 1, blocks)});
    }
    std::vector<Range> order;
    for (const Range& piece : pieces) insert_anywhere(order, piece);
    Carried out;
    std::vector<bool> there(blocks);
    ++identification_;
    for (std::size_t at = 0; at < order.size(); ++at) {
      for (std::size_t block = order[at].begin; block < order[at].end; ++block) {
        if (!there[block]) out.complete = at;
        there[block] = true;
      }
      out.packets.push_back(samples::fragment_of(packet, order[at].begin * 8,
                                                 std::min(size, order[at].end * 8), identification_));
    }
    return out;
  }

  void insert_anywhere(std::vector<Range>& ranges, Range range) {
    ranges.insert(ranges.begin() + static_cast<std::ptrdiff_t>(random_.below(ranges.size() + 1)), range);
  }

  Random& random_;
  std::uint16_t& identification_;
};

Direction direction_of(const Script& script, End from) {
  Direction out;
  for (const Round& round : script) {
    for (const ScriptMessage& message : round) {
      if (message.from != from) continue;
      const std::size_t begin = out.stream.size();
      samples::put(out.stream, message.frame);
      out.marks.push_back({begin, out.stream.size(), message.command, message.message_id});
    }
    out.round_end.push_back(out.stream.size());
  }
  out.arrival.assign(out.stream.size(), kNever);
  out.received.assign(out.stream.size(), false);
  return out;
}

/// Plans one connection behind what its lane holds already.
class Planner {
 public:
  Planner(Random& random, std::uint16_t& identification, const Lane& lane, const WireConnection& connection,
          LanePlan& plan)
      : random_(random),
        carrier_(random, identification),
        lane_(lane),
        handling_(connection.handling),
        plan_(plan),
        ends_{samples::Endpoint{samples::Host(lane.km), lane.km_port},
              samples::Endpoint{samples::Host(lane.controller), lane.controller_port}},
        rounds_(connection.script.size()),
        sides_{direction_of(connection.script, End::client), direction_of(connection.script, End::server)} {
    for (Direction& side : sides_) {
      side.initial = random_.any();
      if (handling_.wraps)
        side.initial = 0u - static_cast<std::uint32_t>(random_.between(1, side.stream.size() + 1));
      dig_holes(side);
    }
  }

  void plan() {
    shake_hands();
    for (std::size_t round = 0; round < rounds_; ++round) {
      stop_and_probe(round);
      send_round(round);
      if (handling_.ending == Ending::half_close) say_fin_after(round);
      rest();
    }
    finish();
    plan_.connections.push_back(std::move(sides_));
  }

 private:
  struct Transmission {
    End from;
    Range range;
    std::size_t order;
  };

  Direction& side(End end) { return sides_[static_cast<std::size_t>(end)]; }

  /// Holes never touch, and the last byte of a stream is lost only where a FIN tells of it: what nothing lies
  /// behind cannot be known to be missing.
  void dig_holes(Direction& side) {
    const bool end_is_told = handling_.ending != Ending::left_open && handling_.ending != Ending::reset;
    const std::size_t limit = side.stream.size() - (end_is_told || side.stream.empty() ? 0 : 1);
    std::size_t at = 0;
    for (std::size_t i = 0; i < handling_.holes; ++i) {
      const std::size_t share = side.stream.size() / handling_.holes;
      const std::size_t begin = std::max(at, i * share + random_.below(share / 2 + 1));
      const std::size_t end = std::min(limit, begin + random_.between(1, 700));
      if (begin >= end) break;
      side.holes.push_back({begin, end});
      at = end + 1;
    }
  }

  /// A segment of `from` with the bytes [begin, begin + size) of its stream, acknowledging what has arrived.
  Segment segment(End from, std::size_t begin, std::size_t size) {
    const Direction& own = side(from);
    Segment out{ends_[static_cast<std::size_t>(from)], ends_[static_cast<std::size_t>(other(from))]};
    out.seq = own.initial + 1 + static_cast<std::uint32_t>(begin);
    out.ack = side(other(from)).initial + 1 + static_cast<std::uint32_t>(side(other(from)).awaited());
    out.flags = size == 0 ? samples::kAck : samples::kAck | samples::kPsh;
    const auto first = own.stream.begin() + static_cast<std::ptrdiff_t>(std::min(begin, own.stream.size()));
    out.payload.assign(first, first + static_cast<std::ptrdiff_t>(size));
    return out;
  }

  /// Returns the packet with which the segment is there.
  std::size_t put(const Segment& segment) {
    const Carried carried = carrier_.carry(samples::ip(segment), lane_.tunnel, handling_);
    const std::size_t there = plan_.packets.size() + carried.complete;
    for (const Buffer& packet : carried.packets) {
      plan_.packets.push_back(lane_.framing != nullptr ? lane_.framing->frame(packet)
                                                       : samples::link_frame(lane_.link, packet));
    }
    return there;
  }

  void bare_ack(End from, std::uint16_t window = 64240) {
    Segment out = segment(from, said(from), 0);
    out.window = window;
    put(out);
  }

  /// Offset behind all that `from` has sent and the peer received, for a segment without bytes.
  std::size_t said(End from) { return side(from).awaited(); }

  void shake_hands() {
    Segment syn = segment(End::client, 0, 0);
    syn.seq -= 1;
    syn.ack = 0;
    syn.flags = samples::kSyn;
    syn.options = {2, 4, 5, 0xB4};
    Segment answer = segment(End::server, 0, 0);
    answer.seq -= 1;
    answer.flags = samples::kSyn | samples::kAck;
    answer.options = syn.options;
    plan_.first_packets.push_back(put(syn));
    if (random_.percent(handling_.duplicate)) put(syn);
    put(answer);
    if (random_.percent(handling_.duplicate)) put(answer);
    bare_ack(End::client);
  }

  /// The capture sees what lies outside of the holes; the peer receives all.
  void transmit(End from, Range range, bool accepted = true) {
    Direction& own = side(from);
    const std::size_t begin = range.begin, end = range.end;
    for (const Range& hole : own.holes) {
      if (hole.end <= range.begin || hole.begin >= end) continue;
      if (hole.begin > range.begin) capture(from, {range.begin, hole.begin});
      range.begin = std::min(hole.end, end);
    }
    if (range.begin < end) capture(from, {range.begin, end});
    if (!accepted) return;
    for (std::size_t at = begin; at < end; ++at) own.received[at] = true;
  }

  void capture(End from, Range range) {
    Direction& own = side(from);
    Segment out = segment(from, range.begin, range.end - range.begin);
    const bool fin = handling_.ending == Ending::fin_with_data && range.end == own.stream.size();
    if (fin) out.flags |= samples::kFin;
    const std::size_t there = put(out);
    if (fin) own.fin = std::min(own.fin, there);
    for (std::size_t at = range.begin; at < range.end; ++at)
      own.arrival[at] = std::min(own.arrival[at], there);
  }

  std::vector<Range> pieces(const Direction& own, std::size_t begin, std::size_t end) {
    std::vector<Range> out;
    if (handling_.separate_whole_frames) {
      for (const Direction::Mark& mark : own.marks) {
        if (mark.begin >= begin && mark.end <= end) out.push_back({mark.begin, mark.end});
      }
      return out;
    }
    while (begin < end) {
      const std::size_t size = random_.between(handling_.smallest_piece, handling_.largest_piece);
      out.push_back({begin, std::min(end, begin + size)});
      begin = out.back().end;
    }
    return out;
  }

  /// One direction's part of a round, in the order in which it is captured.
  std::vector<Transmission> disorder(End from, std::size_t begin, std::size_t end) {
    const Direction& own = side(from);
    std::vector<Transmission> out;
    std::size_t index = 0;
    for (Range range : pieces(own, begin, end)) {
      if (random_.percent(handling_.overlap))
        range.begin -= random_.below(1 + std::min<std::size_t>(range.begin, 40));
      if (random_.percent(handling_.overlap))
        range.end += random_.below(1 + std::min<std::size_t>(end - range.end, 40));
      out.push_back({from, range, index + random_.below(handling_.reorder_window + 1)});
      if (random_.percent(handling_.duplicate)) out.push_back({from, range, index + random_.below(8)});
      ++index;
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const Transmission& a, const Transmission& b) { return a.order < b.order; });
    return out;
  }

  void send_round(std::size_t round) {
    std::array<std::vector<Transmission>, 2> parts;
    for (const End from : {End::client, End::server}) {
      parts[static_cast<std::size_t>(from)] =
          disorder(from, side(from).begin_of(round), side(from).round_end[round]);
    }
    std::array<std::size_t, 2> next{};
    while (next[0] < parts[0].size() || next[1] < parts[1].size()) {
      std::size_t which = next[0] < parts[0].size() ? 0 : 1;
      if (handling_.both_at_once && next[1] < parts[1].size() && random_.percent(50)) which = 1;
      const Transmission& sent = parts[which][next[which]++];
      transmit(sent.from, sent.range);
      acknowledge(sent.from);
      if (random_.percent(handling_.late_copy)) repeat_old(sent.from);
    }
  }

  /// The peer of `from` takes note of what has arrived, and perhaps says so.
  void acknowledge(End from) {
    Direction& own = side(from);
    while (own.contiguous < own.stream.size() && own.received[own.contiguous]) ++own.contiguous;
    if (own.fin != kNever && own.contiguous == own.stream.size()) own.fin_acknowledged = true;
    if (random_.percent(handling_.bare_ack)) bare_ack(other(from));
  }

  void repeat_old(End from) {
    const Direction& own = side(from);
    if (own.contiguous == 0) return;
    const std::size_t begin = random_.below(own.contiguous);
    transmit(from, {begin, std::min(own.contiguous, begin + random_.between(1, 900))});
  }

  /// The receiver's window closes; the sender probes with its next byte, which is not taken and comes again.
  void stop_and_probe(std::size_t round) {
    if (!random_.percent(handling_.zero_window)) return;
    const End from = random_.percent(50) ? End::client : End::server;
    const std::size_t begin = side(from).begin_of(round), end = side(from).round_end[round];
    if (end - begin < 2) return;
    bare_ack(other(from), 0);
    for (std::size_t probe = random_.between(1, 2); probe > 0; --probe) {
      transmit(from, {begin, begin + 1}, false);
      bare_ack(other(from), 0);
    }
    bare_ack(other(from));
  }

  /// Whether the byte before `offset` is in a hole.
  bool in_hole(End from, std::size_t offset) {
    const std::vector<Range>& holes = side(from).holes;
    return std::any_of(holes.begin(), holes.end(),
                       [&](const Range& hole) { return hole.begin < offset && offset <= hole.end; });
  }

  void rest() {
    for (const End from : {End::client, End::server}) {
      if (side(from).fin != kNever || !random_.percent(handling_.keep_alive)) continue;
      Segment probe = segment(from, said(from), 0);
      probe.seq -= 1;
      // Garbage by design, in place of the last byte; it must not be taken for one that the capture misses.
      if (random_.percent(50) && !in_hole(from, said(from))) probe.payload = {0};
      put(probe);
      bare_ack(other(from));
    }
  }

  void say_fin(End from) {
    Direction& own = side(from);
    Segment out = segment(from, own.stream.size(), 0);
    out.flags = samples::kFin | samples::kAck;
    own.fin = std::min(own.fin, put(out));
    if (random_.percent(handling_.duplicate)) put(out);
    own.fin_acknowledged = true;
  }

  void say_fin_after(std::size_t round) {
    for (const End from : {End::client, End::server}) {
      if (side(from).fin == kNever && side(from).round_end[round] == side(from).stream.size() &&
          round + 1 < rounds_)
        say_fin(from);
    }
  }

  void finish() {
    const End first = random_.percent(50) ? End::client : End::server;
    if (handling_.ending == Ending::left_open) return;
    if (handling_.ending == Ending::reset) {
      Segment out = segment(first, said(first), 0);
      out.flags = samples::kRst | samples::kAck;
      put(out);
    } else {
      for (const End from : {first, other(first)}) {
        if (side(from).fin == kNever) say_fin(from);
      }
      bare_ack(first);
    }
    if (random_.percent(handling_.late_copy * 5)) repeat_old(first);
  }

  Random& random_;
  Carrier carrier_;
  const Lane& lane_;
  const Handling& handling_;
  LanePlan& plan_;
  std::array<samples::Endpoint, 2> ends_;
  std::size_t rounds_;
  std::array<Direction, 2> sides_;
};

/// Reads one direction of the model off the arrivals. `frames`: frame number by packet of the lane.
void conclude(const Direction& side, const std::vector<std::uint64_t>& frames,
              std::vector<ModelMessage>& messages, ModelConnection& out) {
  std::uint64_t in_order = 0;  ///< the frame at which all bytes since the last hole were there
  std::size_t mark = 0, intact = 0, present = 0;
  for (std::size_t at = 0; at < side.stream.size(); ++at) {
    if (side.arrival[at] == kNever) {
      ++out.lost_bytes;
      in_order = 0;
      const bool ends_here = at + 1 == side.stream.size() || side.arrival[at + 1] != kNever;
      if (ends_here)
        out.gaps.push_back(frames[at + 1 == side.stream.size() ? side.fin : side.arrival[at + 1]]);
    } else {
      in_order = std::max(in_order, frames[side.arrival[at]]);
      ++present;
      ++intact;
    }
    const Direction::Mark& message = side.marks[mark];
    if (at + 1 < message.end) continue;
    if (intact == message.end - message.begin) {
      messages.push_back({in_order, message.command, message.message_id, intact - 10});
      present -= intact;
    }
    intact = 0;
    ++mark;
  }
  out.skipped_bytes += present;
}

std::string endpoint_text(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace

std::vector<ModelMessage> ModelConnection::in_order() const {
  std::vector<ModelMessage> out = messages[0];
  out.insert(out.end(), messages[1].begin(), messages[1].end());
  std::stable_sort(out.begin(), out.end(),
                   [](const ModelMessage& a, const ModelMessage& b) { return a.frame < b.frame; });
  return out;
}

std::vector<ModelConnection> play(Random& random, samples::Recording& recording,
                                  const std::vector<Lane>& lanes, bool interleaved) {
  std::vector<LanePlan> plans(lanes.size());
  std::vector<std::size_t> waiting;  // lanes that have packets left
  std::uint16_t identification = 0;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    // Wireshark tells datagrams apart by identification XOR protocol, so no block of 256 is of two lanes.
    identification = static_cast<std::uint16_t>((identification + 0xFF) & ~0xFF);
    for (const WireConnection& connection : lanes[i].connections)
      Planner(random, identification, lanes[i], connection, plans[i]).plan();
    waiting.push_back(i);
  }
  std::vector<std::vector<std::uint64_t>> frames(lanes.size());
  while (!waiting.empty()) {
    const std::size_t pick = interleaved ? random.below(waiting.size()) : 0;
    const std::size_t lane = waiting[pick];
    const Buffer& packet = plans[lane].packets[frames[lane].size()];
    frames[lane].push_back(recording.add(packet, lanes[lane].interface));
    if (frames[lane].size() == plans[lane].packets.size())
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(pick));
  }
  std::vector<ModelConnection> out;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    for (std::size_t c = 0; c < plans[i].connections.size(); ++c) {
      ModelConnection model;
      model.km = endpoint_text(lanes[i].km, lanes[i].km_port);
      model.controller = endpoint_text(lanes[i].controller, lanes[i].controller_port);
      model.first_frame = frames[i][plans[i].first_packets[c]];
      for (std::size_t end = 0; end < 2; ++end)
        conclude(plans[i].connections[c][end], frames[i], model.messages[end], model);
      out.push_back(std::move(model));
    }
  }
  return out;
}

}  // namespace ck::integration
