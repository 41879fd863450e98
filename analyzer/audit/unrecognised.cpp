// Pairs of a client's host and a server between which not all was captured.
#include "audit/unrecognised.h"

#include "audit/hashed.h"

namespace ck::audit {
namespace {

/// Servers, and pairs of a host and a server, that are remembered of unrecognised connections. With more, a
/// server that turns out to be Ck's only then is taken to have had some; those known before are told apart.
constexpr std::size_t kMostPlaces = 131'072;
/// Servers of Ck, and hosts of KMs of which not all was captured. With more, all may be among them.
constexpr std::size_t kMostServers = 2 * kMostPlaces, kMostHosts = 65'536;

Carriers carriers_of(const UnrecognisedConnection& connection) {
  return {connection.in_clear, connection.in_tls};
}

}  // namespace

/// A client and its server.
struct UnrecognisedConnections::Ends {
  Ends(const Address& client_host, const Endpoint& server_end)
      : client(digest_of_address(client_host)),
        server(digest_of_endpoint(server_end)),
        server_host(digest_of_address(server_end.address)),
        pair(digest_of(client, server)) {}
  /// Of an unrecognised connection, if it was opened by this end.
  Ends(const UnrecognisedConnection& connection, unsigned side)
      : Ends(connection.endpoints[side].address, connection.endpoints[1 - side]) {}
  std::uint64_t client, server, server_host, pair;
  /// How many there may be.
  static unsigned count(const UnrecognisedConnection& connection) { return connection.opener_known ? 1 : 2; }
  /// Of Ck, between the server and this client.
  [[nodiscard]] Hidden hidden(bool server_is_km, std::uint64_t of_client) const {
    return server_is_km ? Hidden{server_host, controller_anywhere(of_client)} : Hidden{of_client, server};
  }
};

ConnectionPlace UnrecognisedConnections::place_of(const Address& client, const Endpoint& server) {
  const Ends ends(client, server);
  return {ends.pair, ends.server};
}

std::vector<UnrecognisedConnections::Hidden> UnrecognisedConnections::add(
    const UnrecognisedConnection& connection) {
  std::vector<Hidden> out;
  if (connection.state != UnrecognisedState::lacking) end(connection);
  if (connection.state == UnrecognisedState::read) return out;
  bool begins = false;
  if (connection.state == UnrecognisedState::lacking && going_on_.size() < kMostPlaces) {
    bool& known = going_on_[digest_of_connection(connection.connection)];
    begins = !known;
    known = true;
  }
  for (unsigned client = 0; client < Ends::count(connection); ++client)
    add(connection, Ends(connection, client), begins, out);
  return out;
}

void UnrecognisedConnections::add(const UnrecognisedConnection& connection, const Ends& ends, bool begins,
                                  std::vector<Hidden>& out) {
  const Carriers carriers = carriers_of(connection);
  if (servers_.find(ends.server) == nullptr && servers_.size() >= kMostPlaces) return dropped_.add(carriers);
  Server& server = servers_[ends.server];
  if (connection.named) note_server(server, ends, false, carriers, out);
  const bool is_new = pairs_.find(ends.pair) == nullptr;
  if (is_new && pairs_.size() >= kMostPlaces) {
    server.any_host.add(carriers);
  } else {
    Pair& pair = pairs_[ends.pair];
    if (is_new) {
      pair.client = ends.client;
      pair.next = server.first;
      server.first = ends.pair;
    }
    pair.lacking.add(carriers);
    ++pair.faults;
    if (begins) ++pair.going_on;
  }
  if (carriers.meet(server.of_controller)) hide(ends.hidden(false, ends.client), out);
  if (carriers.meet(server.of_km)) hide(ends.hidden(true, ends.client), out);
}

/// Nothing more of it will be missing.
void UnrecognisedConnections::end(const UnrecognisedConnection& connection) {
  const std::uint64_t key = digest_of_connection(connection.connection);
  if (going_on_.find(key) == nullptr) return;
  going_on_.erase(key);
  for (unsigned client = 0; client < Ends::count(connection); ++client) {
    Pair* pair = pairs_.find(Ends(connection, client).pair);
    if (pair != nullptr && pair->going_on > 0) --pair->going_on;
  }
}

void UnrecognisedConnections::hide(const Hidden& hidden, std::vector<Hidden>& out) {
  met_ = true;
  if (hosts_.size() < kMostHosts) {
    hosts_[hidden.host] = true;
  } else {
    forgot_ = true;
  }
  out.push_back(hidden);
}

std::vector<UnrecognisedConnections::Hidden> UnrecognisedConnections::note_ck(const Address& client,
                                                                              const Endpoint& server_end,
                                                                              bool server_is_km,
                                                                              Carriers carriers) {
  std::vector<Hidden> out;
  const Ends ends(client, server_end);
  const bool is_new = servers_.find(ends.server) == nullptr;
  if (is_new && servers_.size() >= kMostServers) {
    forgot_ = met_ = true;
    return out;
  }
  Server& server = servers_[ends.server];
  if (is_new) server.any_host = dropped_;
  note_server(server, ends, server_is_km, carriers, out);
  return out;
}

/// The server is one of Ck's.
void UnrecognisedConnections::note_server(Server& server, const Ends& ends, bool is_km, Carriers carriers,
                                          std::vector<Hidden>& out) {
  Carriers& known = is_km ? server.of_km : server.of_controller;
  if (known.holds(carriers)) return;
  known.add(carriers);
  if (server.any_host.meet(carriers)) hide(ends.hidden(is_km, ends.client), out);
  for (std::uint64_t key = server.first; key != 0;) {
    const Pair& pair = *pairs_.find(key);
    if (pair.lacking.meet(carriers)) hide(ends.hidden(is_km, pair.client), out);
    key = pair.next;
  }
}

bool UnrecognisedConnections::lacks(const ConnectionPlace& place, Carriers carriers) const {
  const Server* server = servers_.find(place.server);
  if (server == nullptr || server->any_host.meet(carriers)) return server != nullptr;
  const Pair* pair = pairs_.find(place.pair);
  return pair != nullptr && pair->lacking.meet(carriers);
}

bool UnrecognisedConnections::is_going_on(const ConnectionPlace& place, Carriers carriers) const {
  const Server* server = servers_.find(place.server);
  if (server != nullptr && server->any_host.meet(carriers)) return true;
  const Pair* pair = pairs_.find(place.pair);
  return pair != nullptr && pair->going_on > 0 && pair->lacking.meet(carriers);
}

std::uint32_t UnrecognisedConnections::count_faults(const ConnectionPlace& place) const {
  const Pair* pair = pairs_.find(place.pair);
  return pair == nullptr ? 0 : pair->faults;
}

}  // namespace ck::audit
