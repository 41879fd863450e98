// Counters of what the sides of a connection do, by small numbers: a few bytes for each thing that it ever
// did, and nothing for all that it might.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/rooms.h"

namespace ck::audit {

class Tally {
 public:
  struct Entry {
    std::uint32_t key = 0, count = 0;
  };

  /// Counts one more. False where the key is new and there is no room for it.
  bool add(std::uint32_t key);
  [[nodiscard]] std::span<const Entry> entries() const { return {entries_.get(), size_}; }

 private:
  void grow();

  // Of hundreds of thousands of connections each has one: half a vector, not a whole one.
  std::unique_ptr<Entry[]> entries_;
  std::uint16_t size_ = 0, capacity_ = 0;
  std::uint16_t next_ = 0;  ///< a message does mostly what the one before did, in the same order
};

}  // namespace ck::audit
