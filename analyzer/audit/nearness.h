// Merged captures, whose clocks agree within a tolerance only: which of two messages came first is not known
// where different captures hold them and they are closer than that.
#pragma once

#include <array>
#include <cstdint>

#include "audit/options.h"
#include "audit/procedure.h"
#include "base/flat_map.h"

namespace ck::audit {

/// The messages of hosts, by a digest of their address, and of sessions, by one of their Session ID.
class Nearness {
 public:
  explicit Nearness(const AuditOptions& options) : options_(options) {}

  /// The host sends or receives a message, or one names the session, now or soon.
  void note(std::uint64_t whose, const Position& at);
  /// Another capture holds a message of theirs that may have come before one at `at`, or behind it.
  [[nodiscard]] bool is_near(std::uint64_t whose, const Position& at) const;

 private:
  /// The latest message in each of the last few captures.
  struct Seen {
    Seen() { last.fill({0, 0, kNoTime}); }
    std::array<Position, 4> last;
  };

  const AuditOptions& options_;
  FlatMap<Seen> seen_;
  bool forgot_ = false;  ///< there are some that are not remembered
};

}  // namespace ck::audit
