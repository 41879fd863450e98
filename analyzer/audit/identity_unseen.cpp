// What of a KM, or of an association, was not captured, not read or dropped, and which answers cannot be told
// apart: what rests on it is undecidable.
#include <utility>

#include "audit/identity.h"

namespace ck::audit {

/// What was known of its KM was dropped at a limit: to that, this is as if it had not been captured.
void Identities::miss_past(Connection& connection) {
  all_seen_ = false;
  groups_[connection.group.id()].lossy = true;
  km(connection).whole = false;
  association(connection).whole = false;
}

void Identities::note_unread(Connection& connection, bool by_km, bool more) {
  Km& its_km = km(connection);
  Association& its_association = association(connection);
  if (more) {
    ++hidden_runs_;
    ++its_km.hidden_runs;
    ++its_association.hidden_runs;
  }
  if (by_km) {
    its_km.keys_unknown = true;
    all_seen_ = false;
  } else {
    its_association.unnamed_relays = its_association.unnamed_sessions = true;
  }
}

void Identities::note_unseen(Connection& connection) {
  if (!connection.association) return;
  ++hidden_runs_;
  ++km(connection).hidden_runs;
  ++association(connection).hidden_runs;
}

void Identities::note_unread_answer(Connection& connection) {
  ++hidden_runs_;
  ++association(connection).hidden_runs;
}

std::uint32_t Identities::faults_around(const Connection& connection) const {
  const Association* found = find_association(connection);
  if (found == nullptr) return 0;
  return found->faults + (any_hidden_ ? unrecognised_.faults(connection.place) : 0);
}

bool Identities::is_being_said(const Connection& connection, Side side) const {
  constexpr std::uint32_t kConnectionsLooked = 256;
  const Association* found = find_association(connection);
  if (found == nullptr) return false;
  const List<Connection>& open = found->connections;
  if (open.count > kConnectionsLooked) return true;
  for (Id<Connection> one = open.head; one != kNone; one = connections_[one].by_association.after) {
    const Connection& there = connections_[one];
    if (there.id == connection.id) continue;
    const SideState& peer = there.sides[side == connection.km_side ? there.km_side : other(there.km_side)];
    if (peer.has_on_its_way() || peer.unfinished) return true;
  }
  return false;
}

bool Identities::rpcs_lost(const Connection& connection) const {
  const Association* found = find_association(connection);
  return found != nullptr && found->rpcs_lost;
}

bool Identities::in_doubt(const Connection& connection, Exchange exchange) const {
  const std::size_t i = static_cast<std::size_t>(exchange);
  if (connection.ambiguous[i]) return true;
  const Association* found = find_association(connection);
  return found != nullptr && (found->doubtful[i] > 0 || found->doubt_left[i]);
}

void Identities::set_doubt(Connection& connection, Exchange exchange) {
  const std::size_t i = static_cast<std::size_t>(exchange);
  if (connection.ambiguous[i]) return;
  connection.ambiguous[i] = true;
  ++association(connection).doubtful[i];
}

void Identities::clear_doubt(Connection& connection, Exchange exchange) {
  const std::size_t i = static_cast<std::size_t>(exchange);
  if (!connection.ambiguous[i]) return;
  connection.ambiguous[i] = false;
  --association(connection).doubtful[i];
}

void Identities::clear_all_doubt(Connection& connection, Exchange exchange) {
  const std::size_t i = static_cast<std::size_t>(exchange);
  Association& mine = association(connection);
  mine.doubt_left[i] = false;
  if (mine.doubtful[i] == 0) return;
  for (Id<Connection> handle = mine.connections.head; handle != kNone;
       handle = connections_[handle].by_association.after) {
    connections_[handle].ambiguous[i] = false;
  }
  mine.doubtful[i] = 0;
}

/// What rests on knowing all of this KM can no longer be told.
void Identities::doubt(Km& km) {
  km.whole = false;
  km.doubted = true;
  for (const Id<Association> handle : km.associations) associations_[handle].whole = false;
}

void Identities::lose_part(Id<Connection> handle) {
  Connection& connection = connections_[handle];
  if (!connection.km) return;
  all_seen_ = false;
  groups_[connection.group.id()].lossy = true;
  km(connection).whole = false;
  Association& mine = association(connection);
  mine.whole = false;
  mine.rpcs_lost = mine.rpcs_lost || connection.grpc();
  const std::uint32_t faults = connection.sides[0].faults + connection.sides[1].faults;
  if (faults == std::exchange(connection.faults_counted, faults)) return;
  ++mine.faults;
  ++hidden_runs_;  // a session may have failed there
}

void Identities::lose_request(Id<Connection> handle) {
  for (SideState& side : connections_[handle].sides) {
    side.whole = false;
    ++side.faults;
  }
  lose_part(handle);
}

void Identities::lose_request(Association& association) {
  all_seen_ = false;
  association.whole = false;
  ++association.faults;
}

}  // namespace ck::audit
