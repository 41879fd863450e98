// Plays a network's scripts: who is connected when, which MessageID a message gets, in which frame it ends.
#pragma once

#include <map>
#include <set>
#include <utility>

#include "network_model.h"

namespace ck::integration {

struct Played {
  samples::Recording recording;
  std::vector<Script> scripts;
  /// By script and message: the frame that completes it, 0 where it was never said.
  std::vector<std::vector<std::uint64_t>> frames;
  std::multiset<std::pair<std::uint64_t, std::string>> findings;  ///< frame, rule; plaintext included
  std::map<std::uint64_t, std::uint64_t> pairs;                   ///< response's frame, request's
  std::uint64_t messages = 0;
  std::uint64_t connections = 0;          ///< that carry a message
  std::uint64_t injected = 0;             ///< findings without plaintext-transport
  std::uint64_t on_later_connection = 0;  ///< answers
  std::size_t most_open = 0;              ///< procedures at one time
};

/// Throws std::logic_error when a message can never be said.
Played play(const NetworkOptions& options);

}  // namespace ck::integration
