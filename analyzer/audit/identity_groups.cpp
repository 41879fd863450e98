// Which connections a host has to a controller, and which of them were open at once.
#include <algorithm>

#include "audit/hashed.h"
#include "audit/identity.h"

namespace ck::audit {
namespace {

bool before(const Position& a, const Position& b) {
  return a.capture == b.capture ? a.frame < b.frame : a.time_ns < b.time_ns;
}

/// The same for both directions.
std::uint64_t ends_of(const Connection& connection) {
  const std::uint64_t first = digest_of_endpoint(connection.start.endpoints[0]),
                      second = digest_of_endpoint(connection.start.endpoints[1]);
  return digest_of(std::min(first, second), std::max(first, second));
}

}  // namespace

std::uint64_t Identities::host_key(const Connection& connection) const {
  return digest_of_address(connection.start.endpoints[connection.km_side].address);
}

/// The controller's address and port; its host alone where it opened the connection itself, from whatever
/// port, and over gRPC, where each end opens its own.
std::uint64_t Identities::controller_key(const Connection& connection) const {
  const Endpoint& controller = connection.start.endpoints[other(connection.km_side)];
  const bool host_only = connection.reversed || connection.grpc();
  return host_only ? controller_anywhere(digest_of_address(controller.address))
                   : digest_of_endpoint(controller);
}

std::uint64_t Identities::group_key(const Connection& connection, Side grpc_opener) const {
  const std::uint64_t opener = connection.grpc() ? grpc_opener : 0U;
  return digest_of(digest_of(host_key(connection), controller_key(connection)), opener);
}

/// Of those that the controller opened, or that the KM did, whatever the controller's port.
std::uint64_t Identities::all_ports_key(const Connection& connection, bool reversed) const {
  const Endpoint& controller = connection.start.endpoints[other(connection.km_side)];
  const std::uint64_t anywhere = controller_anywhere(digest_of_address(controller.address));
  return digest_of(digest_of(host_key(connection), anywhere), reversed ? 0U : 2U);
}

Id<Group> Identities::group_of(std::uint64_t key) {
  if (const Id<Group>* found = group_by_key_.find(key)) return *found;
  const Id<Group> made = groups_.make();
  groups_[made].key = key;
  group_by_key_[key] = made;
  return made;
}

/// The group of those between the same hosts that the KM opened, where the controller opened this one, and
/// the other way round; kNone: there is none.
Id<Group> Identities::other_kind(const Connection& connection) const {
  if (connection.grpc()) return kNone;
  const Id<Group>* found = group_by_key_.find(all_ports_key(connection, !connection.reversed));
  return found == nullptr ? kNone : *found;
}

bool Identities::has_unclear(const Connection& connection) const {
  const Id<Group> others = other_kind(connection);
  return others != kNone && groups_[others].unclear;
}

/// True where no connection that may be to the same controller was open at the same time.
bool Identities::join_groups(Id<Connection> handle) {
  Connection& connection = connections_[handle];
  connection.group = HeldGroup(*this, group_of(group_key(connection, connection.km_side)));
  if (!connection.reversed && !connection.grpc())
    connection.any_port = HeldGroup(*this, group_of(all_ports_key(connection, false)));
  if (connection.any_port && !connection.start.opener_known)
    any_unclear_ = groups_[connection.any_port.id()].unclear = true;
  const auto has_none_open = [&](const Group& group) {
    return group.open == 0 && !(group.last_close && before(connection.start.first, *group.last_close));
  };
  Group& own = groups_[connection.group.id()];
  const bool alone = has_none_open(own);
  if (!alone) own.parallel = hosts_[connection.host.id()].crowded = true;
  for_each_group(connection, [](Group& group) {
    ++group.open;
    ++group.unnamed;
  });
  const Id<Group> others = other_kind(connection);
  if (others == kNone || has_none_open(groups_[others])) return alone;
  any_mixed_ = groups_[others].mixed = true;
  for_each_group(connection, [](Group& group) { group.mixed = true; });
  return false;
}

/// No host has two connections between the same addresses and ports at once. Where two networks use the same
/// addresses (VLANs, tunnels), each has a host of its own there, and KMA IDs of its own.
void Identities::find_twin(Id<Connection> handle) {
  Connection& connection = connections_[handle];
  if (connection.grpc()) return;
  const Id<Connection>* before_it = open_by_ends_.find(ends_of(connection));
  if (before_it != nullptr) connections_[*before_it].twin = connection.twin = true;
  open_by_ends_[ends_of(connection)] = handle;
}

void Identities::leave_twin(Id<Connection> handle) {
  const std::uint64_t key = ends_of(connections_[handle]);
  const Id<Connection>* found = open_by_ends_.find(key);
  if (found != nullptr && *found == handle) open_by_ends_.erase(key);
}

void Identities::close_in_groups(const Connection& connection, const Position& at) {
  for_each_group(connection, [&](Group& group) {
    --group.open;
    if (!group.last_close || before(*group.last_close, at)) group.last_close = at;
  });
}

void Identities::end(Connection& connection, const Position& at, std::uint64_t order) {
  if (!connection.host || connection.over) return;
  connection.over = true;
  connection.closed_order = order;
  close_in_groups(connection, at);
  if (connection.kma_id) note_name(connection);
}

void Identities::note_unpaired(const Connection& connection, Exchange exchange) {
  for_each_group(connection, [&](Group& group) { ++group.unpaired[static_cast<std::size_t>(exchange)]; });
}

bool Identities::unpaired(const Connection& connection, Exchange exchange) const {
  const auto i = static_cast<std::size_t>(exchange);
  if (groups_[connection.group.id()].unpaired[i] > 0) return true;
  // Over gRPC a 0x1403 is asked on a connection that the one end opened, and answered on one of the other's.
  if (connection.grpc()) {
    const Id<Group>* answering = group_by_key_.find(group_key(connection, other(connection.km_side)));
    return answering != nullptr && groups_[*answering].unpaired[i] > 0;
  }
  const Id<Group> others = own_kind(connection).mixed ? other_kind(connection) : kNone;
  return others != kNone && groups_[others].unpaired[i] > 0;
}

bool Identities::lost_beside(const Connection& connection) const {
  if (!connection.group) return false;
  const Group& group = groups_[connection.group.id()];
  return group.parallel && group.lossy;
}

void Identities::note_late_answer(const Connection& asked, Exchange exchange) {
  for_each_group(asked, [&](Group& group) { --group.left[static_cast<std::size_t>(exchange)]; });
}

bool Identities::any_left(const Connection& connection, Exchange exchange) const {
  const auto i = static_cast<std::size_t>(exchange);
  if (groups_[connection.group.id()].left[i] > 0) return true;
  const Id<Group> others = own_kind(connection).mixed ? other_kind(connection) : kNone;
  return others != kNone && groups_[others].left[i] > 0;
}

/// With one of the other kind, of which one at least has not told its KMA ID.
bool Identities::is_mixed(const Connection& connection) const {
  const Group& own = own_kind(connection);
  if (!own.mixed) return false;
  const Id<Group> others = other_kind(connection);
  return own.unnamed > 0 || (others != kNone && groups_[others].unnamed > 0);
}

bool Identities::blurred(const Connection& connection) const {
  if (!connection.group || order_unclear_) return true;
  const Group& group = groups_[connection.group.id()];
  if ((connection.kma_doubted && !stands_alone(connection)) || (group.parallel && group.unnamed > 0))
    return true;
  if (any_mixed_ && is_mixed(connection)) return true;
  // A connection that never told may be any of its host's KMs, this one too.
  return hosts_[connection.host.id()].several && (!connection.kma_id || group.unnamed > 0);
}

void Identities::free(Id<Group> id) {
  group_by_key_.erase(groups_[id].key);
  groups_.free(id);
}

}  // namespace ck::audit
