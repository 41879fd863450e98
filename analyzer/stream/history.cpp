// Records in a ring, each of which lies in one piece and names the one before it of its direction.
#include "stream/history.h"

#include <algorithm>
#include <cstring>

namespace ck::stream {
namespace {

/// Of all directions, a power of two.
constexpr std::size_t kBytes = 4u << 20;
/// Of one message.
constexpr std::size_t kMostOfOne = 4096;
/// So many records are looked at for one retransmission, of short messages and of hostile ones.
constexpr unsigned kMostRecords = 256;

}  // namespace

bool History::is_kept(Place place) const {
  return place != 0 && place + kBytes >= head_;
}

std::uint8_t* History::at(Place place) const {
  return ring_.get() + (place & (kBytes - 1));
}

void History::put(Place& latest, std::uint64_t offset, Bytes bytes) {
  if (bytes.size() > kMostOfOne) {
    offset += bytes.size() - kMostOfOne;
    bytes = bytes.last(kMostOfOne);
  }
  if (ring_ == nullptr) ring_ = std::make_unique_for_overwrite<std::uint8_t[]>(kBytes);
  const Record record{latest, offset, bytes.size()};
  const std::size_t size = sizeof record + (bytes.size() + 7) / 8 * 8;
  const std::size_t left = kBytes - (head_ & (kBytes - 1));
  if (size > left) head_ += left;
  std::memcpy(at(head_), &record, sizeof record);
  std::memcpy(at(head_) + sizeof record, bytes.data(), bytes.size());
  latest = head_;
  head_ += size;
}

bool History::differs(Place latest, std::uint64_t offset, Bytes bytes) const {
  const std::uint64_t end = offset + bytes.size();
  std::uint64_t behind = 0;  // where the record behind this one begins
  unsigned looked = 0;
  for (Place place = latest; is_kept(place) && looked < kMostRecords; ++looked) {
    Record record;
    std::memcpy(&record, at(place), sizeof record);
    if (looked != 0 && record.offset + record.size != behind) return false;
    const std::uint64_t from = std::max(offset, record.offset);
    const std::uint64_t to = std::min(end, record.offset + record.size);
    if (from < to && std::memcmp(at(place) + sizeof record + (from - record.offset),
                                 bytes.data() + (from - offset), to - from) != 0)
      return true;
    if (record.offset <= offset) return false;
    behind = record.offset;
    place = record.before;
  }
  return false;
}

}  // namespace ck::stream
