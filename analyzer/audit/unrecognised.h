// TCP connections on which nothing was recognised and of which not all was captured. An association outlives
// a connection: what is said on one may rest on what was said on such a one, if that has the same server.
#pragma once

#include <cstdint>
#include <vector>

#include "audit/event.h"
#include "audit/unreadable.h"
#include "base/flat_map.h"

namespace ck::audit {

/// The place of a connection among those with its client's host and with its server: two digests.
struct ConnectionPlace {
  std::uint64_t pair = 0, server = 0;  ///< 0: of gRPC, or not known yet
};

class UnrecognisedConnections {
 public:
  /// A KM's host and the controller of its association, as digests, between which not all was captured.
  struct Hidden {
    std::uint64_t host = 0, controller = 0;
  };

  /// Returns whom of those that speak Ck it may be a connection of.
  std::vector<Hidden> add(const UnrecognisedConnection& connection);
  /// A connection of Ck, between these. `server_is_km`: the controller opened it. Returns the same of those
  /// that were told before.
  std::vector<Hidden> note_ck(const Address& client, const Endpoint& server, bool server_is_km,
                              Carriers carriers);
  [[nodiscard]] static ConnectionPlace place_of(const Address& client, const Endpoint& server);

  /// Not all was captured of what was said between this client's host and this server.
  [[nodiscard]] bool may_hide(const ConnectionPlace& place, Carriers carriers) const {
    return place.pair != 0 && (forgot_ || lacks(place, carriers));
  }
  /// The same, and it may still go on.
  [[nodiscard]] bool goes_on(const ConnectionPlace& place, Carriers carriers) const {
    return place.pair != 0 && (forgot_ || is_going_on(place, carriers));
  }
  /// How often that was seen.
  [[nodiscard]] std::uint32_t faults(const ConnectionPlace& place) const {
    return met_ ? count_faults(place) : 0;
  }
  /// The same of any controller of the KMs on this host.
  [[nodiscard]] bool may_hide_of_host(std::uint64_t host) const {
    return met_ && (forgot_ || hosts_.find(host) != nullptr);
  }
  /// And of any connection of Ck.
  [[nodiscard]] bool may_hide_any() const { return met_; }

 private:
  struct Server {
    Carriers of_controller, of_km;  ///< of connections of Ck, by whose server it is
    Carriers any_host;              ///< of unrecognised connections that were too many to tell apart
    std::uint64_t first = 0;        ///< a pair's key; 0: none
  };
  struct Pair {
    std::uint64_t client = 0, next = 0;  ///< `next`: another pair's key, with the same server; 0: none
    Carriers lacking;
    std::uint32_t faults = 0, going_on = 0;  ///< `going_on`: connections
  };
  struct Ends;

  [[nodiscard]] std::uint32_t count_faults(const ConnectionPlace& place) const;
  [[nodiscard]] bool lacks(const ConnectionPlace& place, Carriers carriers) const;
  [[nodiscard]] bool is_going_on(const ConnectionPlace& place, Carriers carriers) const;
  void add(const UnrecognisedConnection& connection, const Ends& ends, bool begins, std::vector<Hidden>& out);
  void end(const UnrecognisedConnection& connection);
  void note_server(Server& server, const Ends& ends, bool is_km, Carriers carriers, std::vector<Hidden>& out);
  void hide(const Hidden& hidden, std::vector<Hidden>& out);

  FlatMap<Server> servers_;
  FlatMap<Pair> pairs_;
  FlatMap<bool> going_on_;  ///< by a digest of the connection's key
  FlatMap<bool> hosts_;     ///< of KMs
  Carriers dropped_;        ///< of connections that were forgotten
  bool met_ = false, forgot_ = false;
};

}  // namespace ck::audit
