// The bytes that were framed last, so that a retransmission with other bytes is noticed.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/rooms.h"

namespace ck::stream {

/// The last bytes of all directions of all connections, one behind the other as they came, in one ring: what
/// is put next lies where the last was put, and is soon in the processor's cache.
class History {
 public:
  /// Where a direction's latest bytes lie; 0: it has none.
  using Place = std::uint64_t;

  /// Puts a direction's next bytes, which begin at its stream offset. `latest`: of that direction. Of more
  /// bytes than fit, the last are kept.
  void put(Place& latest, std::uint64_t offset, Bytes bytes);
  /// Whether these bytes of the stream are not those that were put. What is no longer kept is not compared.
  [[nodiscard]] bool differs(Place latest, std::uint64_t offset, Bytes bytes) const;

 private:
  /// In front of the bytes.
  struct Record {
    Place before = 0;  ///< of the same direction
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  [[nodiscard]] bool is_kept(Place place) const;
  [[nodiscard]] std::uint8_t* at(Place place) const;

  std::unique_ptr<std::uint8_t[]> ring_;  ///< nullptr: nothing was put yet
  Place head_ = sizeof(Record);           ///< where the next one goes; it never goes back
};

}  // namespace ck::stream
