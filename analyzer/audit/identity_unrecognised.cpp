// What unrecognised connections mean to those that are known.
#include "audit/hashed.h"
#include "audit/identity.h"

namespace ck::audit {

/// The roles of a connection of Ck are known. Where it is not known who opened it, that was the KM.
void Identities::note_ck(Connection& connection) {
  if (connection.grpc()) return unreadable_.note_rpcs(connection);
  const Side client = connection.reversed ? other(connection.km_side) : connection.km_side;
  const Address& host = connection.start.endpoints[client].address;
  const Endpoint& server = connection.start.endpoints[other(client)];
  connection.place = UnrecognisedConnections::place_of(host, server);
  hide(unrecognised_.note_ck(host, server, connection.reversed, carriers_of(connection)));
}

void Identities::note_unrecognised(const UnrecognisedConnection& connection) {
  any_hidden_ = true;
  hide(unrecognised_.add(connection));
}

bool Identities::is_hidden(const Connection& connection) const {
  return unreadable_.may_hide(connection) ||
         unrecognised_.may_hide(connection.place, carriers_of(connection));
}

bool Identities::goes_on_hidden(const Connection& connection) const {
  return unreadable_.may_hide(connection) || unrecognised_.goes_on(connection.place, carriers_of(connection));
}

bool Identities::are_keys_hidden(const Connection& connection) const {
  return unreadable_.may_hide(connection) || unrecognised_.may_hide_of_host(hosts_[connection.host.id()].key);
}

/// Not all was captured between these. It may have been of any KM on such a host.
void Identities::hide(const std::vector<UnrecognisedConnections::Hidden>& all) {
  if (!all.empty()) ++hidden_runs_;  // a session may have failed there
  for (const auto& [host, controller] : all) {
    const Id<Host>* found = host_by_key_.find(host);
    if (found == nullptr || !hosts_[*found].km) continue;
    Km& km = km_at(hosts_[*found].km);
    km.whole = false;
    for (const Id<Association> handle : km.associations) {
      Association& association = associations_[handle];
      if (association.controller == controller) association.whole = false;
    }
  }
}

}  // namespace ck::audit
