// Connections that were captured twice, on both sides of an address translator: with other addresses or
// ports, and the same sequence numbers.
#pragma once

#include <cstdint>

#include "audit/connection.h"
#include "base/flat_map.h"
#include "base/pool.h"

namespace ck::audit {

/// Where both sides of a translator are in one audit (a gateway's or a balancer's interfaces, a node of a
/// cluster), each message would come twice, and look like a second one of the same KM.
class Translations {
 public:
  explicit Translations(const Pool<Connection>& connections) : connections_(connections) {}

  /// Whether the connection that opens is one of those that were noted, seen once more.
  [[nodiscard]] bool has(const ConnectionStart& start) const;
  void note(Id<Connection> connection);
  /// The connection is dropped.
  void forget(Id<Connection> connection);

 private:
  const Pool<Connection>& connections_;
  FlatMap<Id<Connection>> by_syns_;  ///< by both initial sequence numbers; the last one of each two
};

}  // namespace ck::audit
