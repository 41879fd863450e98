// Fragments are kept in place in a buffer of their datagram's size so far.
#include "packet/ip_fragments.h"

#include <algorithm>

namespace ck::packet {
namespace {

constexpr std::size_t kMaxDatagrams = 1024;
constexpr std::size_t kMaxBytes = 16u << 20;
/// Complete ones that are remembered, to know late copies of their fragments.
constexpr std::size_t kMaxComplete = 256;
constexpr std::size_t kMaxCompleteBytes = 1u << 20;
constexpr std::uint32_t kMaxDatagram = 65'535;
/// Identifications are used again; RFC 791 and RFC 8200 give a datagram 15 and 60 seconds.
constexpr std::int64_t kMaxAgeNs = 60'000'000'000;

/// Time stamps may be anything, and their difference more than 64 bits hold.
bool is_old(std::int64_t first_ns, std::int64_t now_ns) {
  return now_ns > first_ns &&
         static_cast<std::uint64_t>(now_ns) - static_cast<std::uint64_t>(first_ns) > kMaxAgeNs;
}

}  // namespace

bool FragmentTable::add(const FragmentKey& key, const Fragment& fragment, std::int64_t time_ns) {
  const std::size_t end = fragment.offset + fragment.payload.size();
  if (end > kMaxDatagram || fragment.payload.empty()) {
    ++malformed_;
    return false;
  }
  auto found = datagrams_.find(key);
  if (found != datagrams_.end() && take_known(found, fragment, time_ns)) return false;
  if (found == datagrams_.end()) found = start(key, time_ns);
  Datagram& datagram = found->second;
  if (fragment.offset == 0) datagram.protocol = fragment.protocol;
  if (!fragment.more && datagram.size == 0) datagram.size = static_cast<std::uint32_t>(end);
  const std::size_t before = datagram.bytes.size();
  insert(datagram, fragment.offset, fragment.payload);
  of(Kind::pending).bytes += datagram.bytes.size() - before;
  const auto& ranges = datagram.ranges;
  if (datagram.size == 0 || ranges.front().first != 0 || ranges.front().second < datagram.size) return false;
  complete(found);
  return true;
}

/// What a fragment is to the datagram that has its key. True: a late copy of one of its fragments. Else
/// `known` is the datagram that it belongs to, or none when it starts another one.
bool FragmentTable::take_known(Datagrams::iterator& known, const Fragment& fragment, std::int64_t time_ns) {
  const Datagram& datagram = known->second;
  const bool old = is_old(datagram.first_ns, time_ns);
  if (datagram.kind == Kind::pending) {
    if (!old) return false;
    ++evicted_;
  } else if (!old && fragment.offset + fragment.payload.size() <= datagram.size &&
             std::equal(fragment.payload.begin(), fragment.payload.end(),
                        datagram.bytes.begin() + fragment.offset)) {
    return true;
  }
  erase(known);
  known = datagrams_.end();
  return false;
}

FragmentTable::Datagrams::iterator FragmentTable::start(const FragmentKey& key, std::int64_t time_ns) {
  keep_bounds(Kind::pending, kMaxDatagrams - 1, kMaxBytes);
  const auto started = datagrams_.emplace(key, Datagram{}).first;
  started->second.first_ns = time_ns;
  auto& keys = of(Kind::pending).keys;
  started->second.age = keys.insert(keys.end(), key);
  return started;
}

/// Copies what no range covers yet, then merges the ranges that it touches.
void FragmentTable::insert(Datagram& datagram, std::uint32_t begin, Bytes payload) {
  const auto end = static_cast<std::uint32_t>(begin + payload.size());
  if (datagram.bytes.size() < end) datagram.bytes.resize(end);
  auto& ranges = datagram.ranges;
  const auto first = std::find_if(ranges.begin(), ranges.end(),
                                  [begin](const auto& range) { return range.second >= begin; });
  std::pair<std::uint32_t, std::uint32_t> merged{begin, end};
  auto last = first;
  std::uint32_t at = begin;
  bool conflict = false;
  const auto copy_until = [&](std::uint32_t stop) {
    if (stop <= at) return;
    std::copy_n(payload.begin() + (at - begin), stop - at, datagram.bytes.begin() + at);
    at = stop;
  };
  const auto compare_until = [&](std::uint32_t stop) {
    if (stop <= at) return;
    conflict |= !std::equal(payload.begin() + (at - begin), payload.begin() + (stop - begin),
                            datagram.bytes.begin() + at);
    at = stop;
  };
  for (; last != ranges.end() && last->first <= end; ++last) {
    copy_until(std::min(last->first, end));
    compare_until(std::min(last->second, end));
    merged.first = std::min(merged.first, last->first);
    merged.second = std::max(merged.second, last->second);
  }
  copy_until(end);
  if (conflict) ++conflicting_;
  ranges.insert(ranges.erase(first, last), merged);
}

void FragmentTable::complete(Datagrams::iterator datagram) {
  Datagram& done = datagram->second;
  Order& pending = of(Kind::pending);
  pending.bytes -= done.bytes.size();
  done.bytes.resize(done.size);
  done.bytes.shrink_to_fit();
  done.ranges = {};
  done.kind = Kind::complete;
  Order& order = of(Kind::complete);
  order.keys.splice(order.keys.end(), pending.keys, done.age);
  order.bytes += done.bytes.size();
  whole_ = done.bytes;
  protocol_ = done.protocol;
  keep_bounds(Kind::complete, kMaxComplete, kMaxCompleteBytes);
}

void FragmentTable::keep_bounds(Kind kind, std::size_t datagrams, std::size_t bytes) {
  const Order& order = of(kind);
  while (!order.keys.empty() && (order.keys.size() > datagrams || order.bytes > bytes)) {
    if (kind == Kind::pending) {
      ++evicted_;
      ++at_bound_;
    }
    erase(datagrams_.find(order.keys.front()));
  }
}

void FragmentTable::erase(Datagrams::iterator datagram) {
  Order& order = of(datagram->second.kind);
  order.bytes -= datagram->second.bytes.size();
  order.keys.erase(datagram->second.age);
  datagrams_.erase(datagram);
}

}  // namespace ck::packet
