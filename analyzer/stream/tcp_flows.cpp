// Where TcpTable keeps its connections: a flat map over a pool, so that a look-up costs one cache line or
// two, however many there are; and two lists in order of use. Nothing here knows what a segment means.
#include <algorithm>
#include <bit>
#include <utility>

#include "base/fetch.h"
#include "base/hash.h"
#include "stream/tcp_table.h"

namespace ck::stream {
namespace {

struct Words {
  std::uint64_t high, low;
  friend auto operator<=>(const Words&, const Words&) = default;
};

Words words_of(const Address& address) {
  const auto raw = std::bit_cast<std::array<std::uint64_t, 2>>(address.bytes);
  return {raw[0], raw[1]};
}

}  // namespace

TcpTable::TcpTable(const TcpTableOptions& options, StreamSink& sink, StreamBudget& budget)
    : options_(options), sink_(sink), budget_(budget), ordered_(options.idle_timeout_ns > 0) {}

/// The same key for both directions; `side` says which end sent the segment.
TcpTable::Key TcpTable::make_key(const TcpSegment& segment, unsigned& side) {
  const Words source = words_of(segment.source.address), destination = words_of(segment.destination.address);
  const bool swap =
      source == destination ? segment.source.port > segment.destination.port : source > destination;
  side = swap ? 1 : 0;
  const Words& low = swap ? destination : source;
  const Words& high = swap ? source : destination;
  const std::uint64_t low_port = swap ? segment.destination.port : segment.source.port;
  const std::uint64_t high_port = swap ? segment.source.port : segment.destination.port;
  return {{low.high, low.low, high.high, high.low},
          static_cast<std::uint64_t>(segment.source.address.size) << 32 | low_port << 16 | high_port};
}

std::uint64_t TcpTable::hash_of(const Key& key) {
  const std::array<std::uint64_t, 5> words = {key.addresses[0], key.addresses[1], key.addresses[2],
                                              key.addresses[3], key.ports};
  return digest_of(words);
}

void TcpTable::expect(const TcpSegment& segment) {
  constexpr std::size_t kFlow = 3, kContext = 6, kParts = 9;  // segments later than the key's place
  const auto before = [this](std::size_t distance) -> ExpectedSegment& {
    return expected_[(expected_last_ - distance) % expected_.size()];
  };
  ++expected_last_;
  ExpectedSegment& last = before(0);
  last.hash = hash_of(make_key(segment, last.side));
  last.flow = kNone;
  by_key_.fetch(last.hash);
  ExpectedSegment& near = before(kFlow);
  if (const First* known = near.hash == 0 ? nullptr : by_key_.find(near.hash)) {
    near.flow = known->flow;
    fetch(at(near.flow));
  }
  const auto expect_of = [this](const ExpectedSegment& of, Ahead ahead) {
    if (of.flow != kNone) sink_.expect(at(of.flow).connection, of.side, ahead);
  };
  expect_of(before(kContext), Ahead::soon);
  expect_of(before(kParts), Ahead::next);
}

/// The first of the connections that have this name; kNone: there is none.
std::uint32_t TcpTable::first_of(const Name& name) const {
  if (name.first != kNone && name.erased == erased_) return name.first;
  const First* known = by_key_.find(name.hash);
  return known == nullptr ? kNone : known->flow;
}

void TcpTable::expect_now(Name& name, const TcpSegment& segment) const {
  name.first = first_of(name);
  name.erased = erased_;
  if (name.first == kNone) return;
  const Flow& flow = at(name.first);
  fetch(flow);
  // The sink is not told of most segments without a payload.
  if (!segment.payload.empty()) sink_.expect(flow.connection, name.side, Ahead::soon);
}

std::uint32_t TcpTable::allocate() {
  if (free_.empty()) {
    const auto first = static_cast<std::uint32_t>(chunks_.size() * kChunk);
    chunks_.push_back(std::make_unique<Flow[]>(kChunk));
    for (std::uint32_t i = kChunk; i-- > 0;) free_.push_back(first + i);
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  return index;
}

TcpTable::Flow* TcpTable::create(std::uint64_t hash, const TcpSegment& segment, unsigned side) {
  const Order& silent = order(List::silent);
  const Order& active = order(List::active);
  if (!ordered_ && silent.size + active.size + 1 >= options_.max_connections) order_by_use();
  if (silent.size + active.size >= std::max<std::size_t>(1, options_.max_connections)) {
    ++evicted_;
    evict(at(silent.size != 0 ? silent.oldest : active.oldest));
  }
  const std::uint32_t index = allocate();
  Flow& flow = at(index);
  flow.hash = hash;
  flow.self = index;
  if (First& first = by_key_[hash]; first.flow == kNone) {
    first.flow = index;
  } else {
    add_sibling(first.flow, index);
  }
  append(index, List::silent);
  begin(flow, segment, side);
  return &flow;
}

/// A segment is the first one of a fresh connection.
void TcpTable::begin(TcpConnection& connection, const TcpSegment& segment, unsigned side) {
  connection.endpoints[side] = segment.source;
  connection.endpoints[1 - side] = segment.destination;
  connection.key = ++last_key_;
  connection.first = segment.at;
  connection.first_clock_ns = clock_ns_;
  connection.named = segment.named;
  connection.zero_side = side;
}

/// Makes a fresh connection of `flow`, which keeps its place.
void TcpTable::begin(Flow& flow, const TcpSegment& segment, unsigned side) {
  forget_openings(flow);
  flow.connection = TcpConnection{};
  begin(flow.connection, segment, side);
  flow.streams = {};
  flow.syn_seen = flow.start_told = flow.heard = {};
  flow.awaits_syn = false;
  flow.reset.reset();
  flow.tenant.fill(segment.tenant);
  flow.tenant_seen = {};
  flow.tenant_seen[side] = true;
}

/// Frees the flow.
void TcpTable::erase(std::uint32_t index) {
  ++erased_;
  const std::uint64_t hash = at(index).hash;
  if (!remove_sibling(*by_key_.find(hash), index)) by_key_.erase(hash);
  unlink(index);
  Flow& flow = at(index);
  forget_openings(flow);
  flow.connection = TcpConnection{};
  flow.streams = {};
  free_.push_back(index);
}

/// To the end of a list.
void TcpTable::move(std::uint32_t index, List list) {
  unlink(index);
  append(index, list);
}

void TcpTable::unlink(std::uint32_t index) {
  Flow& flow = at(index);
  Order& from = orders_[static_cast<std::size_t>(flow.list)];
  (flow.older == kNone ? from.oldest : at(flow.older).newer) = flow.newer;
  (flow.newer == kNone ? from.newest : at(flow.newer).older) = flow.older;
  --from.size;
}

void TcpTable::append(std::uint32_t index, List list) {
  Flow& flow = at(index);
  Order& to = orders_[static_cast<std::size_t>(list)];
  flow.list = list;
  flow.older = to.newest;
  flow.newer = kNone;
  (to.newest == kNone ? to.oldest : at(to.newest).newer) = index;
  to.newest = index;
  ++to.size;
}

/// From now on it matters which connection was used last: soon one has to be dropped. Until then, the lists
/// only say which connections there are, and a packet costs no move.
void TcpTable::order_by_use() {
  ordered_ = true;
  for (const List list : {List::silent, List::active}) {
    std::vector<std::uint32_t> all;
    for (std::uint32_t index = order(list).oldest; index != kNone; index = at(index).newer)
      all.push_back(index);
    std::sort(all.begin(), all.end(),
              [this](std::uint32_t a, std::uint32_t b) { return at(a).last_packet < at(b).last_packet; });
    for (const std::uint32_t index : all) move(index, list);
  }
}

void TcpTable::touch(std::uint32_t index) {
  if (!ordered_) return;
  const List list = at(index).list;
  if (order(list).newest != index) move(index, list);
}

}  // namespace ck::stream
