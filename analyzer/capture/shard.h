// Which connections a run reads, where several share the work: by the pair of endpoints, so that each
// connection is read whole by one of them.
#pragma once

#include <cstdint>

#include "audit/event.h"
#include "base/bytes.h"

namespace ck::capture {

/// FNV-1a, 64 bits: a hash that is the same on every machine.
std::uint64_t fixed_hash(Bytes bytes, std::uint64_t hash = 0xCBF2'9CE4'8422'2325);

/// Pairs of endpoints fall into so many parts, which are what is shared out: the most shards that there are.
inline constexpr std::uint64_t kShardParts = 256;
/// Of a pair of endpoints, in whatever order: each as its address's 4 or 16 bytes and its port's two, in
/// network byte order, the lesser in front; the highest byte of their FNV-1a times 0x9E3779B97F4A7C15.
std::uint64_t shard_part(const Endpoint& one, const Endpoint& other);

/// The `number`-th of `count`, from 1.
struct Shard {
  std::uint32_t number = 1, count = 1;

  [[nodiscard]] bool holds(const Endpoint& one, const Endpoint& other) const {
    return count == 1 || shard_part(one, other) % count == number - 1;
  }
  /// What belongs to no connection is counted by the first one.
  [[nodiscard]] bool is_first() const { return number == 1; }
  friend bool operator==(const Shard&, const Shard&) = default;
};

}  // namespace ck::capture
