// The MessageIDs that one side of a connection has used, the last so many of them. Counters, the usual case,
// cost half a byte for each ID; any other numbering works too.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/flat_map.h"
#include "protocol/catalogue.h"

namespace ck::audit {

class MessageIds {
 public:
  /// What the ID was last used for, nullopt where it was not used or is forgotten.
  [[nodiscard]] std::optional<Exchange> find(std::uint32_t id) const;
  /// Remembers a use. True when an older ID was forgotten for it.
  bool add(std::uint32_t id, Exchange exchange, std::size_t limit);

 private:
  /// Sixty-four IDs, of each three bits: 0 unused, else the exchange plus 1.
  struct Block {
    std::array<std::uint64_t, 3> planes{};

    [[nodiscard]] unsigned get(std::uint32_t id) const;
    void set(std::uint32_t id, unsigned use);
    [[nodiscard]] bool empty() const { return (planes[0] | planes[1] | planes[2]) == 0; }
  };
  /// IDs first, first + step, …, in the order of their use.
  struct Run {
    std::uint32_t first = 0, count = 0, step = 0;
  };
  void turn_to(std::uint32_t id);
  void remember_order(std::uint32_t id);
  void forget_oldest();
  void write(std::uint32_t number);
  std::uint32_t read();

  // The block that was used last is kept apart, for a counter stays in it; it is not among the others.
  Block recent_;
  std::uint32_t recent_key_ = 0, count_ = 0;
  FlatMap<Block> blocks_;
  // The order: the run that is being forgotten, the ones behind it, the one that grows.
  Run oldest_, newest_;
  std::vector<std::uint8_t>
      between_;             ///< a few bytes a run, each told by what it differs from the one before
  std::uint32_t read_ = 0;  ///< bytes of it that are done with
  std::uint32_t last_written_ = 0, last_read_ = 0;  ///< the first ID of the run before
};

}  // namespace ck::audit
