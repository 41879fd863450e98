// Connections of which not all can be read and on which no Ck was recognised. Over gRPC each end opens its
// own connection, so what was asked on one may have been answered on another, where nobody can see it.
#pragma once

#include <cstdint>

#include "audit/event.h"
#include "base/flat_map.h"

namespace ck::audit {

struct Connection;

/// In clear, and inside TLS: what is spoken in clear is not looked for inside TLS.
struct Carriers {
  bool in_clear = false, in_tls = false;
  [[nodiscard]] bool meet(const Carriers& other) const {
    return (in_clear && other.in_clear) || (in_tls && other.in_tls);
  }
  [[nodiscard]] bool holds(const Carriers& other) const {
    return (in_clear || !other.in_clear) && (in_tls || !other.in_tls);
  }
  void add(const Carriers& other) {
    in_clear = in_clear || other.in_clear;
    in_tls = in_tls || other.in_tls;
  }
};
Carriers carriers_of(const Connection& connection);

class UnreadableConnections {
 public:
  void add(const UnreadableConnection& connection);
  /// A connection with RPCs of Ck has ends.
  void note_rpcs(const Connection& connection);
  /// RPCs between the ends of this connection, which has RPCs itself, may go where they cannot be read.
  [[nodiscard]] bool may_hide(const Connection& connection) const;
  /// The same of any connection with RPCs, by one of its hosts.
  [[nodiscard]] bool may_hide_any() const { return may_hide_any_; }

 private:
  struct HostCarriers {
    Carriers unreadable, rpcs;
  };

  FlatMap<Carriers> pairs_;      ///< by a digest of two hosts, in either order
  FlatMap<HostCarriers> hosts_;  ///< by a digest of their address
  bool may_hide_any_ = false, forgot_ = false;
};

}  // namespace ck::audit
