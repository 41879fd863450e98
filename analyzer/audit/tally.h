// Counters of what a side of a connection does, by small numbers: a few bytes for each thing that it ever
// did, and nothing for all that it might.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/rooms.h"

namespace ck::audit {

class Tally {
 public:
  struct Entry {
    std::uint32_t key = 0, count = 0;
  };

  /// Counts one more. False where the key is new and there is no room for it.
  bool add(std::uint32_t key);
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::size_t next_ = 0;  ///< a message does mostly what the one before did, in the same order
};

}  // namespace ck::audit
