// The last bytes of each direction, so that a retransmission with other bytes is noticed.
#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/fetch.h"
#include "stream/ck_stream.h"

namespace ck::stream {
namespace {

/// So many of a direction's last bytes are remembered: as many as came together, within these bounds.
constexpr std::size_t kLeastHistory = 1024, kMostHistory = 4096;
/// And so many of all directions.
constexpr std::size_t kMaxHistoryBytes = 8u << 20;

}  // namespace

void CkStreams::History::put(std::uint64_t offset, Bytes more) {
  if (more.size() > size) {
    offset += more.size() - size;
    more = more.last(size);
  }
  if (end != offset) begin = offset;
  const std::size_t place = offset & (size - 1);
  const std::size_t first = std::min(more.size(), size - place);
  std::memcpy(bytes.get() + place, more.data(), first);
  std::memcpy(bytes.get(), more.data() + first, more.size() - first);
  end = offset + more.size();
  if (end - begin > size) begin = end - size;
}

/// Asks for the memory that the next bytes, from `offset` on, go to (fetch.h).
void CkStreams::History::fetch(std::uint64_t offset) const {
  constexpr std::size_t kUsual = 320;  // a message
  if (size != 0) fetch_bytes(&at(offset), std::min(kUsual, size - (offset & (size - 1))));
}

/// `together`: so many bytes arrived with these, and may be sent again with them.
void CkStreams::remember(SenderStream& direction, Bytes bytes, std::size_t together) {
  History& history = direction.history;
  const std::size_t wanted =
      std::clamp(std::bit_ceil(std::max(bytes.size(), together)), kLeastHistory, kMostHistory);
  if (wanted > history.size && history_bytes_ - history.size + wanted <= kMaxHistoryBytes) {
    History larger;
    larger.bytes = std::make_unique<std::uint8_t[]>(wanted);
    larger.size = wanted;
    larger.begin = larger.end = history.size == 0 ? direction.offset : history.begin;
    for (std::uint64_t at = history.begin; at < history.end; ++at) larger.put(at, Bytes(&history.at(at), 1));
    history_bytes_ += wanted - history.size;
    history = std::move(larger);
  }
  if (history.size != 0) history.put(direction.offset, bytes);
}

bool CkStreams::differs(TcpConnection& connection, unsigned side, std::uint64_t offset, Bytes bytes) {
  if (connection.context == nullptr) return false;
  const CkConnection& ck = context_of(connection);
  if (ck.tls != nullptr) return false;  // records are not kept
  const SenderStream& direction = ck.sides[side];
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint64_t at = offset + i;
    if (at >= direction.history.begin && at < direction.history.end) {
      if (direction.history.at(at) != bytes[i]) return true;
    } else if (at >= direction.offset && at - direction.offset < direction.buffer.size()) {
      if (direction.buffer[static_cast<std::size_t>(at - direction.offset)] != bytes[i]) return true;
    }
  }
  return false;
}

}  // namespace ck::stream
