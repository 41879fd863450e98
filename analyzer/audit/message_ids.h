// The MessageIDs that one side of a connection has used, the last so many of them. Counters, the usual case,
// cost a few bytes for sixteen IDs; any other numbering works too.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "audit/tables.h"
#include "protocol/catalogue.h"

namespace ck {

class MessageIds {
 public:
  /// What the ID was last used for, nullopt where it was not used or is forgotten.
  [[nodiscard]] std::optional<Exchange> find(std::uint32_t id) const;
  /// Remembers a use. True when an older ID was forgotten for it.
  bool add(std::uint32_t id, Exchange exchange, std::size_t limit);

 private:
  /// IDs first, first + step, …, in the order of their use.
  struct Run {
    std::uint32_t first = 0, count = 0, step = 0;
  };
  void turn_to(std::uint32_t id);
  void remember_order(std::uint32_t id);
  void forget_oldest();

  // Sixteen IDs a block, four bits each: 0 unused, else the exchange plus 1. The block that was used last is
  // kept apart, for a counter stays in it; it is not among the others.
  std::uint64_t recent_key_ = 0, recent_ = 0;
  FlatMap<std::uint64_t> blocks_;
  Run newest_;             ///< of no IDs at first
  std::vector<Run> runs_;  ///< the ones before it
  std::size_t oldest_run_ = 0, count_ = 0;
};

}  // namespace ck
