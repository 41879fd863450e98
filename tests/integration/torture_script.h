// What the peers of a torture capture say to each other: valid conversations of Ck, made from a seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "generator/conversation.h"

namespace ck::integration {

/// Numbers from a seed, the same everywhere: the standard's distributions differ from library to library.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  /// A number below `bound`, which is not 0.
  std::size_t below(std::size_t bound) { return engine_() % bound; }
  /// A number from `low` to `high`, both included.
  std::size_t between(std::size_t low, std::size_t high) { return low + below(high - low + 1); }
  bool percent(std::size_t chance) { return below(100) < chance; }
  std::uint32_t any() { return static_cast<std::uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

struct ScriptMessage {
  samples::End from = samples::End::client;
  std::uint16_t command = 0;
  std::uint32_t message_id = 0;
  samples::Buffer frame;
};

/// What both ends may say at the same time: everything in a round answers something of an earlier round.
using Round = std::vector<ScriptMessage>;
using Script = std::vector<Round>;

/// A conversation of one connection that breaks no rule and leaves nothing open. `name` makes its
/// identifiers its own. The first four of its `procedures` are one of each kind of clause 7 (so all 13 codes
/// of Table I.1 occur from four procedures on). `kma` is the KM's own KMA ID.
Script conversation(Random& random, const std::string& kma, const std::string& name, std::size_t procedures);

}  // namespace ck::integration
