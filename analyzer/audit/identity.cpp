// Hosts, KMs and associations, joined as messages tell more.
#include "audit/identity.h"

#include <algorithm>
#include <utility>

#include "audit/hashed.h"
#include "audit/prepared.h"
#include "base/fetch.h"

namespace ck::audit {
namespace {

/// KMA IDs of one host that are told apart.
constexpr std::size_t kNamesKept = 64;
/// A KMA ID that is longer names nobody: no name of a network node is.
constexpr std::size_t kLongestName = 1024;

/// Procedures and keys that a connection begins before its KM tells its KMA ID.
constexpr std::size_t kProvisionalKept = 4096;

/// Its KM may still turn out to be another one.
bool km_may_change(const Connection& connection) {
  return connection.live && (!connection.kma_id || connection.kma_guessed);
}

}  // namespace

Id<Host> Identities::host_of(const Connection& connection) {
  const std::uint64_t key = host_key(connection);
  if (const Id<Host>* found = host_by_key_.find(key)) return *found;
  const Id<Host> made = hosts_.make();
  hosts_[made].key = key;
  hosts_[made].known_before = forgotten_.may_hold(key);
  host_by_key_[key] = made;
  return made;
}

Id<Association> Identities::association_of(Id<Km> km, std::uint64_t controller) {
  const std::uint64_t key = digest_of(km.index(), controller);
  if (const Id<Association>* found = association_by_key_.find(key)) return *found;
  const Id<Association> made = associations_.make();
  association_by_key_[key] = made;
  Association& association = associations_[made];
  association.controller = controller;
  association.km = HeldKm(*this, km);
  association.queue.id = Id<RequestQueue>(next_queue_++);
  association.queue.of_closed = true;
  association.whole = !kms_[km].forgot_associations;
  kms_[km].associations.push_back(made);
  return made;
}

void Identities::attach(Id<Connection> handle) {
  Connection& connection = connections_[handle];
  connection.host = HeldHost(*this, host_of(connection));
  Host& host = hosts_[connection.host.id()];
  const bool alone = join_groups(handle);
  find_twin(handle);
  note_ck(connection);
  connection.parallel = !alone;
  if (!alone || host.several) {
    enter_km(handle, kms_.make());
  } else {
    if (!host.km) host.km = HeldKm(*this, kms_.make());
    km_at(host.km);
    enter_km(handle, host.km.id());
  }
  if (host.known_before) miss_past(connection);
}

void Identities::enter_km(Id<Connection> handle, Id<Km> km) {
  Connection& connection = connections_[handle];
  connection.km = HeldKm(*this, km);
  connection.association = HeldAssociation(*this, association_of(km, controller_key(connection)));
  Association& association = associations_[connection.association.id()];
  push_back<Connection, &Connection::by_association>(connections_, association.connections, handle);
  count_doubt(connection, association, true);
  if (!connection.whole() || unrecognised_.may_hide_of_host(hosts_[connection.host.id()].key))
    kms_[km].whole = false;
  if (!connection.whole()) {
    all_seen_ = false;
    groups_[connection.group.id()].lossy = true;
    association.whole = false;
    association.rpcs_lost = association.rpcs_lost || connection.grpc();
    ++association.faults;
  }
}

void Identities::leave_km(Id<Connection> handle) {
  Connection& connection = connections_[handle];
  Association& mine = association(connection);
  if (!connection.closed) {
    unlink<Connection, &Connection::by_association>(connections_, mine.connections, handle);
    count_doubt(connection, mine, false);
  }
  connection.association = {};
  connection.km = {};
}

void Identities::count_doubt(Connection& connection, Association& association, bool enters) {
  for (std::size_t i = 0; i < kExchangeCount; ++i) {
    if (connection.ambiguous[i]) association.doubtful[i] += enters ? 1U : -1U;
  }
}

HeldAssociation Identities::change_km(Id<Connection> handle, Id<Km> to) {
  Connection& connection = connections_[handle];
  HeldAssociation before = connection.association.share();
  leave_km(handle);
  enter_km(handle, to);
  if (connection.live && connection.live->provisional.incomplete) {
    km(connection).whole = false;
    association(connection).whole = false;
  }
  return before;
}

HeldAssociation Identities::tell_kma(Id<Connection> handle, std::string_view kma_id, bool guessed) {
  Connection& connection = connections_[handle];
  if (kma_id.empty() || kma_id.size() > kLongestName || !connection.km) return {};
  if (connection.kma_id && (guessed || !connection.kma_guessed)) {
    connection.kma_disputed =
        connection.kma_disputed || (connection.kma_guessed && connection.kma_id != kma_id);
    return {};
  }
  if (!connection.kma_id) for_each_group(connection, [](Group& group) { --group.unnamed; });
  connection.kma_id = std::string(kma_id);
  connection.kma_guessed = guessed;
  connection.kma_disputed = false;
  note_name(connection);
  const std::uint64_t kma = digest_of(Hashed::kma_id, kma_id);
  const Id<Km>* known = km_by_kma_.find(kma);
  Km& mine = km(connection);
  const bool elsewhere =
      known != nullptr && *known != connection.km.id() && kms_[*known].home != host_key(connection);
  connection.kma_elsewhere = connection.kma_elsewhere || elsewhere;
  // A host that told several KMA IDs may be any of them, and go on with a chain of one that it is not.
  const bool sure = known != nullptr && !elsewhere && !kms_[*known].guessed;
  const bool several = hosts_[connection.host.id()].several && !sure;
  connection.kma_doubted = guessed && mine.kma != kma && (mine.kma != 0 || elsewhere || several);
  if (connection.twin && known != nullptr && mine.kma != kma) {  // a KM of the same name in another network
    doubt(kms_[*known]);
    connection.kma_doubted = true;
  }
  if (connection.kma_doubted) return {};
  if (mine.kma == kma) {
    mine.guessed = mine.guessed && guessed;
    return {};
  }
  if (elsewhere && kms_[*known].guessed) {  // that one only went on with a chain of this one
    doubt(kms_[*known]);
    kms_[*known].kma = 0;
    km_by_kma_.erase(kma);
    known = nullptr;
  }
  HeldAssociation before;
  if (mine.kma != 0 && mine.guessed && known == nullptr && stands_alone(connection)) {
    km_by_kma_.erase(mine.kma);  // nothing rests on what was guessed
  } else if (mine.kma != 0) {    // thought to be another KM of its host: it is not
    hosts_[connection.host.id()].several = true;
    const bool unsure = mine.guessed;
    if (unsure) doubt(mine);
    before = change_km(handle, known != nullptr ? *known : kms_.make());
    if (unsure) doubt(km(connection));
    if (known != nullptr) return before;
  } else if (known != nullptr) {
    join_kms(connection.km.id(), *known);
    return {};
  }
  if (known == nullptr && forgotten_.may_hold(kma)) miss_past(connection);
  km(connection).kma = kma;
  km(connection).guessed = guessed;
  km(connection).home = host_key(connection);
  km_by_kma_[kma] = connection.km.id();
  return before;
}

void Identities::note_provisional(Connection& connection, Id<Procedure> procedure, std::uint32_t id) {
  if (!km_may_change(connection)) return;
  Provisional& provisional = connection.live->provisional;
  provisional.incomplete = provisional.incomplete || provisional.procedures.size() >= kProvisionalKept;
  if (!provisional.incomplete) provisional.procedures.emplace_back(procedure, id);
}

void Identities::note_provisional(Connection& connection, std::uint64_t key, bool first) {
  if (!km_may_change(connection)) return;
  Provisional& provisional = connection.live->provisional;
  provisional.incomplete = provisional.incomplete || provisional.keys.size() >= kProvisionalKept;
  if (!provisional.incomplete) provisional.keys.emplace_back(key, first);
}

void Identities::note_name(Connection& connection) {
  Host& host = hosts_[connection.host.id()];
  auto at = std::find_if(host.names.begin(), host.names.end(),
                         [&](const Host::Name& name) { return name.kma_id == *connection.kma_id; });
  if (at == host.names.end()) {
    if (host.names.size() >= kNamesKept) return;
    host.names.push_back(Host::Name{*connection.kma_id});
    at = host.names.end() - 1;
  }
  at->last_open = std::max(at->last_open, connection.opened_order);
  if (connection.over) at->first_close = std::min(at->first_close, connection.closed_order);
}

std::optional<std::string> Identities::kma_id(const Connection& connection) const {
  if (connection.kma_id || !connection.host) return connection.kma_id;
  const Host::Name* found = nullptr;
  for (const Host::Name& name : hosts_[connection.host.id()].names) {
    const bool apart = name.first_close < connection.opened_order ||
                       (connection.over && name.last_open > connection.closed_order);
    if (!apart) continue;
    if (found != nullptr) return std::nullopt;  // it may be either
    found = &name;
  }
  if (found == nullptr) return std::nullopt;
  return found->kma_id;
}

/// There was no other connection of its host, nor one that told a KMA ID of its.
bool Identities::stands_alone(const Connection& connection) const {
  const Km& km = km_of(connection);
  return hosts_[connection.host.id()].references == 1 && !connection.kma_elsewhere &&
         (km.home == 0 || km.home == host_key(connection));
}

bool Identities::doubted(const Connection& connection) const {
  const Km& km = km_of(connection);
  return connection.kma_doubted || connection.kma_disputed || km.doubted || (km.guessed && !km.whole);
}

void Identities::outlive(Connection& connection, Side asked) {
  if (connection.host && !connection.grpc())
    requests_.move_those_of(other(asked), connection.queue, association(connection).queue);
}

/// What is open on the connection outlives it.
void Identities::leave_open(Connection& connection) {
  RequestQueue& queue = connection.queue;
  for (std::size_t i = 0; i < kExchangeCount; ++i) {
    for (const List<Request>* list : {&queue.fresh[i], &queue.stale[i]}) {
      for (Id<Request> handle = list->head; handle != kNone; handle = requests_[handle].in_queue.after)
        requests_[handle].left = true;
    }
    for_each_group(connection, [&](Group& group) { group.left[i] += queue.count(static_cast<Exchange>(i)); });
  }
  requests_.move_all(queue, association(connection).queue);
}

void Identities::close(Id<Connection> handle) {
  Connection& connection = connections_[handle];
  if (!connection.host) return;
  leave_twin(handle);
  Association& mine = association(connection);
  unlink<Connection, &Connection::by_association>(connections_, mine.connections, handle);
  count_doubt(connection, mine, false);
  for (std::size_t i = 0; i < kExchangeCount; ++i)
    mine.doubt_left[i] = mine.doubt_left[i] || connection.ambiguous[i];
  leave_open(connection);
}

void Identities::detach(Id<Connection> handle) {
  Connection& connection = connections_[handle];
  if (!connection.host) return;
  leave_twin(handle);
  for_each_group(connection, [&](Group& group) {
    if (!connection.over) --group.open;
    if (!connection.kma_id) --group.unnamed;
  });
  km(connection).dropped = association(connection).dropped = hosts_[connection.host.id()].dropped = true;
  leave_km(handle);
}

void Identities::fetch_parts(const Connection& connection) const {
  if (!connection.association) return;
  fetch(associations_[connection.association.id()]);
  fetch(kms_[connection.km.id()]);
}

void Identities::fetch_keys(const Connection& connection, const Message& message) const {
  if (!connection.km || message.prepared == nullptr) return;
  for (const std::uint64_t key : message.prepared->ids.keys) kms_[connection.km.id()].keys.fetch(key);
}

void Identities::fetch_reserved_keys(const Connection& connection, const Message& message) const {
  if (!connection.km || message.payload == nullptr) return;
  const Member* named = message.payload->find(Parameter::key_ids);
  if (named == nullptr) return;
  constexpr std::size_t kMost = 4;
  const FlatMap<KeyRecord>& keys = kms_[connection.km.id()].keys;
  const auto elements = message.payload->elements_of(*named);
  for (const Element& element : elements.first(std::min(kMost, elements.size())))
    keys.fetch(key_digest(element.text));
}

const Km& Identities::km_of(const Connection& connection) const {
  Id<Km> km = connection.km.id();
  while (kms_[km].forward) km = kms_[km].forward.id();
  return kms_[km];
}

const Association* Identities::find_association(const Connection& connection) const {
  Id<Association> association = connection.association.id();
  if (association == kNone) return nullptr;
  while (associations_[association].forward) association = associations_[association].forward.id();
  return &associations_[association];
}

Km& Identities::km_at(HeldKm& held) {
  while (kms_[held.id()].forward) held = kms_[held.id()].forward.share();
  return kms_[held.id()];
}

Association& Identities::association_at(HeldAssociation& held) {
  while (associations_[held.id()].forward) held = associations_[held.id()].forward.share();
  return associations_[held.id()];
}

void Identities::free(Id<Km> id) {
  Km& km = kms_[id];
  const HeldKm forward = std::move(km.forward);  // its turn comes when this one is gone
  if (!forward && km.kma != 0) {
    km_by_kma_.erase(km.kma);
    if (km.dropped) forgotten_.add(km.kma);
  }
  kms_.free(id);
}

void Identities::free(Id<Association> id) {
  Association& association = associations_[id];
  const HeldAssociation forward = std::move(association.forward);
  const HeldKm km = std::move(association.km);
  if (!forward) {
    requests_.drop_all(association.queue);
    association_by_key_.erase(digest_of(km.id().index(), association.controller));
    std::erase(kms_[km.id()].associations, id);
    kms_[km.id()].forgot_associations = kms_[km.id()].forgot_associations || association.dropped;
  }
  associations_.free(id);
}

void Identities::free(Id<Host> id) {
  host_by_key_.erase(hosts_[id].key);
  if (hosts_[id].dropped) forgotten_.add(hosts_[id].key);
  hosts_.free(id);
}

/// What is smaller moves, so that all joining together costs little.
void Identities::join_kms(Id<Km> from, Id<Km> to) {
  if (from == to) return;
  if (kms_[from].keys.size() + kms_[from].associations.size() >
      kms_[to].keys.size() + kms_[to].associations.size()) {
    std::swap(from, to);
  }
  Km& source = kms_[from];
  Km& target = kms_[to];
  if (source.kma != 0) {
    target.kma = source.kma;
    target.guessed = source.guessed;
    target.home = source.home;
    km_by_kma_[source.kma] = to;
  }
  target.whole = target.whole && source.whole;
  target.dropped = target.dropped || source.dropped;
  target.forgot_associations = target.forgot_associations || source.forgot_associations;
  target.doubted = target.doubted || source.doubted;
  target.keys_unknown = target.keys_unknown || source.keys_unknown;
  target.unread_allocations += source.unread_allocations;
  target.hidden_runs += source.hidden_runs;
  source.keys.for_each([&target](std::uint64_t key, const KeyRecord& record) {
    const bool both = target.keys.find(key) != nullptr;
    KeyRecord& mine = target.keys[key];
    if (!both) {
      mine = record;
    } else {
      mine.doubt();
    }
  });
  source.keys = {};
  source.forward = HeldKm(*this, to);
  for (const Id<Association> handle : std::exchange(source.associations, {})) {
    association_by_key_.erase(digest_of(from.index(), associations_[handle].controller));
    const std::uint64_t key = digest_of(to.index(), associations_[handle].controller);
    if (const Id<Association>* same = association_by_key_.find(key)) {
      join_associations(handle, *same);
      associations_[handle].km = {};
    } else {
      associations_[handle].km = HeldKm(*this, to);
      association_by_key_[key] = handle;
      target.associations.push_back(handle);
    }
  }
}

void Identities::join_associations(Id<Association> from, Id<Association> to) {
  Association& source = associations_[from];
  Association& target = associations_[to];
  requests_.move_all(source.queue, target.queue);
  target.whole = target.whole && source.whole;
  target.dropped = target.dropped || source.dropped;
  target.unnamed_relays = target.unnamed_relays || source.unnamed_relays;
  target.unnamed_in_vain = target.unnamed_in_vain || source.unnamed_in_vain;
  target.unnamed_sessions = target.unnamed_sessions || source.unnamed_sessions;
  target.hidden_runs += source.hidden_runs;
  target.forgot_relays = target.forgot_relays || source.forgot_relays;
  for (const auto map : {&Association::relays, &Association::notified, &Association::sessions}) {
    FlatMap<Id<Procedure>>&from_map = source.*map, &to_map = target.*map;
    if (from_map.size() > to_map.size()) std::swap(from_map, to_map);
    from_map.for_each([&to_map](std::uint64_t key, Id<Procedure> procedure) { to_map[key] = procedure; });
    from_map = {};
  }
  for (std::size_t i = 0; i < kExchangeCount; ++i) {
    target.doubtful[i] += source.doubtful[i];
    target.doubt_left[i] = target.doubt_left[i] || source.doubt_left[i];
  }
  target.spare_results += source.spare_results;
  target.faults += source.faults;
  target.rpcs_lost = target.rpcs_lost || source.rpcs_lost;
  while (source.connections.head != kNone) {
    const Id<Connection> handle = source.connections.head;
    unlink<Connection, &Connection::by_association>(connections_, source.connections, handle);
    push_back<Connection, &Connection::by_association>(connections_, target.connections, handle);
  }
  source.forward = HeldAssociation(*this, to);
}

}  // namespace ck::audit
