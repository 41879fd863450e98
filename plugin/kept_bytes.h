// Bytes of one direction that were captured and are not framed yet, for when Wireshark does not hand them
// over. No epan here.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/bytes.h"

namespace ck::plugin {

class KeptBytes {
 public:
  /// A segment's bytes, the first of which has the sequence number `seq`. Those before `next` are framed:
  /// they are let go, here and of what is kept already.
  void add(std::uint32_t seq, Bytes bytes, std::uint32_t next);
  /// All that is contiguous from `next` on.
  [[nodiscard]] std::vector<std::uint8_t> from(std::uint32_t next) const;
  void clear();

 private:
  struct Run {
    std::uint32_t seq = 0;
    std::vector<std::uint8_t> bytes;
  };
  std::vector<Run> runs_;  ///< in the order in which they came; they may overlap
};

}  // namespace ck::plugin
