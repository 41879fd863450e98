// The last bytes of each direction, so that a retransmission with other bytes is noticed.
#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "stream/ck_stream.h"

namespace ck::stream {
namespace {

/// So many of a direction's last bytes are remembered: as many as came together, within these bounds.
constexpr std::size_t kLeastHistory = 1024, kMostHistory = 4096;
/// And so many of all directions.
constexpr std::size_t kMaxHistoryBytes = 8u << 20;

}  // namespace

void CkStreams::History::put(std::uint64_t offset, Bytes more) {
  const std::size_t size = bytes.size();
  if (more.size() > size) {
    offset += more.size() - size;
    more = more.last(size);
  }
  if (end != offset) begin = offset;
  const std::size_t at = offset % size;
  const std::size_t first = std::min(more.size(), size - at);
  std::memcpy(bytes.data() + at, more.data(), first);
  std::memcpy(bytes.data(), more.data() + first, more.size() - first);
  end = offset + more.size();
  if (end - begin > size) begin = end - size;
}

/// `together`: so many bytes arrived with these, and may be sent again with them.
void CkStreams::remember(SenderStream& direction, Bytes bytes, std::size_t together) {
  const std::size_t wanted =
      std::clamp(std::bit_ceil(std::max(bytes.size(), together)), kLeastHistory, kMostHistory);
  const std::size_t had = direction.history == nullptr ? 0 : direction.history->bytes.size();
  if (wanted > had && history_bytes_ - had + wanted <= kMaxHistoryBytes) {
    auto larger = std::make_unique<History>();
    larger->bytes.resize(wanted);
    larger->begin = larger->end = direction.offset;
    if (had != 0) {
      const History& old = *direction.history;
      larger->begin = larger->end = old.begin;
      for (std::uint64_t at = old.begin; at < old.end; ++at) larger->put(at, Bytes(&old.bytes[at % had], 1));
    }
    history_bytes_ += wanted - had;
    direction.history = std::move(larger);
  }
  if (direction.history != nullptr) direction.history->put(direction.offset, bytes);
}

bool CkStreams::differs(TcpConnection& connection, unsigned side, std::uint64_t offset, Bytes bytes) {
  if (connection.context == nullptr) return false;
  const CkConnection& ck = context_of(connection);
  if (ck.tls != nullptr) return false;  // records are not kept
  const SenderStream& direction = ck.sides[side];
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint64_t at = offset + i;
    if (direction.history != nullptr && at >= direction.history->begin && at < direction.history->end) {
      if (direction.history->bytes[at % direction.history->bytes.size()] != bytes[i]) return true;
    } else if (at >= direction.offset && at - direction.offset < direction.buffer.size()) {
      if (direction.buffer[static_cast<std::size_t>(at - direction.offset)] != bytes[i]) return true;
    }
  }
  return false;
}

}  // namespace ck::stream
