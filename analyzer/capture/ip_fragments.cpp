// Fragments are kept in place in a buffer of their datagram's size so far.
#include "capture/ip_fragments.h"

#include <algorithm>

namespace ck {
namespace {

constexpr std::size_t kMaxDatagrams = 1024;
constexpr std::size_t kMaxBytes = 16u << 20;
constexpr std::uint32_t kMaxDatagram = 65'535;
/// Identifications are used again; RFC 791 and RFC 8200 give a datagram 15 and 60 seconds.
constexpr std::int64_t kMaxAgeNs = 60'000'000'000;

}  // namespace

bool FragmentTable::add(const FragmentKey& key, const Fragment& fragment, std::int64_t time_ns) {
  const std::size_t end = fragment.offset + fragment.payload.size();
  if (end > kMaxDatagram || fragment.payload.empty()) return false;
  auto found = datagrams_.find(key);
  if (found != datagrams_.end() && time_ns - found->second.first_ns > kMaxAgeNs) {
    let_go(found);
    found = datagrams_.end();
  }
  if (found == datagrams_.end()) {
    while (!ages_.empty() && (datagrams_.size() >= kMaxDatagrams || bytes_ > kMaxBytes))
      let_go(datagrams_.find(ages_.front()));
    found = datagrams_.emplace(key, Datagram{}).first;
    found->second.first_ns = time_ns;
    found->second.age = ages_.insert(ages_.end(), key);
  }
  Datagram& datagram = found->second;
  if (fragment.offset == 0) datagram.protocol = fragment.protocol;
  if (!fragment.more && datagram.size == 0) datagram.size = static_cast<std::uint32_t>(end);
  const std::size_t before = datagram.bytes.size();
  insert(datagram, fragment.offset, fragment.payload);
  bytes_ += datagram.bytes.size() - before;
  const auto& ranges = datagram.ranges;
  if (datagram.size == 0 || ranges.front().first != 0 || ranges.front().second < datagram.size) return false;
  whole_ = std::move(datagram.bytes);
  bytes_ -= whole_.size();
  whole_.resize(datagram.size);
  protocol_ = datagram.protocol;
  datagram.bytes.clear();
  erase(found);
  return true;
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
  const auto copy_until = [&](std::uint32_t stop) {
    if (stop <= at) return;
    std::copy_n(payload.begin() + (at - begin), stop - at, datagram.bytes.begin() + at);
  };
  for (; last != ranges.end() && last->first <= end; ++last) {
    copy_until(std::min(last->first, end));
    at = std::max(at, last->second);
    merged.first = std::min(merged.first, last->first);
    merged.second = std::max(merged.second, last->second);
  }
  copy_until(end);
  ranges.insert(ranges.erase(first, last), merged);
}

void FragmentTable::let_go(Datagrams::iterator datagram) {
  ++let_go_;
  erase(datagram);
}

void FragmentTable::erase(Datagrams::iterator datagram) {
  bytes_ -= datagram->second.bytes.size();
  ages_.erase(datagram->second.age);
  datagrams_.erase(datagram);
}

}  // namespace ck
