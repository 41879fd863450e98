// Who is who: hosts, KMs and associations behind the connections, as far as messages have told. What is told
// later joins what was thought apart before.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/connection.h"
#include "audit/requests.h"
#include "audit/unreadable.h"
#include "audit/unrecognised.h"
#include "base/bloom_filter.h"
#include "base/flat_map.h"
#include "base/pool.h"

namespace ck::audit {

/// A key that a KM has reserved. Hundreds of thousands are remembered: a word less of each is megabytes.
struct KeyRecord {
  bool reserved : 1 = false;           ///< by a successful 0x140B
  bool allocated : 1 = false;          ///< by a successful 0x140D, since it was last reserved
  bool uncertain : 1 = false;          ///< the capture cannot tell which
  bool listed : 1 = false;             ///< among the allocated keys of its reservation
  bool perhaps_allocated : 1 = false;  ///< by a 0x140D whose result was not understood
  bool asked_in_doubt : 1 = false;     ///< the 0x410C that waits alone was sent when that was already so
  bool shared : 1 = false;             ///< another KM of its host may have one of this ID
  std::uint16_t hidden_runs = 0;       ///< the KM's (modulo 2^16) when it was last reserved or allocated
  std::uint32_t waiting = 0;           ///< 0x410C that ask for it and have no answer yet
  Id<Procedure> reservation;           ///< the procedure that reserved it last
  std::uint32_t reservation_id = 0;

  void doubt() {
    uncertain = true;
    asked_in_doubt = false;
  }
};
static_assert(sizeof(KeyRecord) == 16);

struct Km {
  HeldKm forward;  ///< it turned out to be that one
  std::uint32_t references = 0;
  std::uint64_t kma = 0;      ///< digest of its KMA ID; 0: not told
  bool guessed = false;       ///< that ID comes from a first 0x1401 only, which may have gone on with a chain
  bool doubted = false;       ///< its connections may be two KMs', or another one's may be its too
  std::uint64_t home = 0;     ///< the host that told it
  bool whole = true;          ///< all its connections were seen whole
  bool keys_unknown = false;  ///< keys were reserved that could not be read, or were forgotten
  bool dropped = false;       ///< a connection of it was, at a limit
  bool forgot_associations = false;      ///< of which all connections were
  std::uint32_t unread_allocations = 0;  ///< of keys that could not all be read, and that did not fail
  std::uint32_t hidden_runs = 0;         ///< times that more of its connections' bytes could not be read
  FlatMap<KeyRecord> keys;
  std::vector<Id<Association>> associations;
};

/// One KM and one controller; outlives their connections.
struct Association {
  HeldAssociation forward;
  std::uint32_t references = 0;
  HeldKm km;
  std::uint64_t controller = 0;
  bool whole = true;                ///< all its connections were seen whole
  bool dropped = false;             ///< a connection of it was, at a limit
  bool unnamed_relays = false;      ///< a 0x4104 without Key relay request ID was seen
  bool unnamed_in_vain = false;     ///< and over gRPC its RPC failed or was taken back
  bool unnamed_sessions = false;    ///< a 0x4108 without Session ID was seen
  bool forgot_relays = false;       ///< relays were dropped at a limit
  RequestQueue queue;               ///< open requests of its closed connections
  FlatMap<Id<Procedure>> relays;    ///< by Key relay request ID
  FlatMap<Id<Procedure>> notified;  ///< relays by the MessageID of their 0x1403, the last of each
  FlatMap<Id<Procedure>> sessions;  ///< by the Session ID of their 0x4108
  List<Connection> connections;     ///< those that are open
  /// Open connections, and whether any closed one, on which answers of a kind cannot be told apart.
  std::array<std::uint32_t, kExchangeCount> doubtful{};
  std::array<bool, kExchangeCount> doubt_left{};
  std::uint32_t hidden_runs = 0;    ///< times that more of its connections' bytes could not be read
  std::uint32_t faults = 0;         ///< connections or parts of them that were not captured
  bool rpcs_lost = false;           ///< one of its connections over gRPC cannot be read any more
  std::uint32_t spare_results = 0;  ///< 0x1405 that may answer a duplicated 0x4104
};

/// Where KMs are: one address.
struct Host {
  /// A KMA ID that was told on it, and the order in which connections that told it were opened and closed.
  struct Name {
    std::string kma_id;
    std::uint64_t first_close = ~0ULL, last_open = 0;
  };

  std::uint64_t key = 0;  ///< by which it is found
  std::uint32_t references = 0;
  HeldKm km;
  bool several = false;       ///< more than one KMA ID was told on it
  bool crowded = false;       ///< two connections of it to one controller were open at once
  bool dropped = false;       ///< a connection of it was, at a limit
  bool known_before = false;  ///< it was forgotten so
  std::vector<Name> names;
};

/// The connections between one host and one controller. Those that the controller opened are a group of their
/// own, since nothing tells at which of its host's ports it is; those that the KM opened are in one more, of
/// all ports.
struct Group {
  std::uint64_t key = 0;  ///< by which it is found
  std::uint32_t references = 0, open = 0;
  std::optional<Position> last_close;
  std::uint32_t unnamed = 0;  ///< connections whose KM did not tell its KMA ID
  bool parallel = false;      ///< two were open at once
  bool lossy = false;         ///< not all of them was captured
  bool mixed = false;         ///< one that the KM opened and one that the controller opened were
  bool unclear = false;       ///< nobody saw who opened one of them
  std::array<std::uint32_t, kExchangeCount> unpaired{};  ///< answers that may be another connection's
  std::array<std::uint32_t, kExchangeCount> left{};  ///< requests that were open when their connection closed
};

class Identities {
 public:
  Identities(Pool<Connection>& connections, Requests& requests)
      : connections_(connections), requests_(requests) {}

  /// A connection's roles are known: finds its host, KM and association.
  void attach(Id<Connection> connection);
  /// A message told the KMA ID of the connection's KM. `guessed`: a 0x1401 did that seems to open a chain;
  /// any other message knows better. Returns the association that the connection was thought to have until
  /// now, where it turns out to have another: what was begun on the connection must move with it.
  HeldAssociation tell_kma(Id<Connection> connection, std::string_view kma_id, bool guessed);
  /// What moves along when the connection's KM turns out to be another one.
  void note_provisional(Connection& connection, Id<Procedure> procedure, std::uint32_t id);
  void note_provisional(Connection& connection, std::uint64_t key, bool first);
  /// A side says no more on the connection: what it was asked there may be answered on the next one already.
  /// Not over gRPC, where an RPC ends with its connection.
  void outlive(Connection& connection, Side asked);
  /// A side has sent RST, or the connection is closed: the next one of its host is none beside it. Bytes that
  /// are in flight may still be told. `order`: among all that open and close.
  void end(Connection& connection, const Position& at, std::uint64_t order);
  void close(Id<Connection> connection);
  /// The connection is dropped.
  void detach(Id<Connection> connection);
  /// Part of the connection was not captured.
  void lose_part(Id<Connection> connection);
  /// An open request was dropped at a limit: of the connection, or of those of the association that are
  /// closed. What answers it may be taken to answer another one, as if it had not been captured.
  void lose_request(Id<Connection> connection);
  void lose_request(Association& association);
  /// Some of what the connection's KM, or its controller, sent could not be read. `more`: than was noted
  /// last.
  void note_unread(Connection& connection, bool by_km, bool more);
  /// How often that was, of all connections.
  [[nodiscard]] std::uint32_t hidden_runs() const { return hidden_runs_; }
  /// An answer whose payload cannot be read may be for any relay or session of the connection's association.
  void note_unread_answer(Connection& connection);
  /// Something may have happened to the connection's KM that the audit was not told of, or not yet.
  void note_unseen(Connection& connection);
  /// Whether the message at hand may have been sent before, or behind, others of its KM in other captures.
  /// `of_session`: or others that name its session.
  void set_order_unclear(bool unclear, bool of_session) {
    order_unclear_ = unclear;
    session_order_unclear_ = of_session;
  }
  [[nodiscard]] bool order_unclear() const { return order_unclear_; }
  [[nodiscard]] bool session_order_unclear() const { return session_order_unclear_; }
  void note_unreadable(const UnreadableConnection& connection) {
    any_hidden_ = true;
    unreadable_.add(connection);
  }
  void note_unrecognised(const UnrecognisedConnection& connection);
  /// Messages of the connection's association may have gone over a connection of which not all was captured,
  /// and RPCs over one that cannot be read.
  [[nodiscard]] bool may_be_hidden(const Connection& connection) const {
    return any_hidden_ && is_hidden(connection);
  }
  /// Such a connection is still there. What was missing of those before counts among the faults_around().
  [[nodiscard]] bool is_being_hidden(const Connection& connection) const {
    return any_hidden_ && goes_on_hidden(connection);
  }
  /// The connection's KM did not tell its KMA ID, and may be any of several of its host, also towards a
  /// controller to which it alone has a connection.
  [[nodiscard]] bool is_one_of_several(const Connection& connection) const {
    return !connection.kma_id && hosts_[connection.host.id()].crowded;
  }
  /// Keys of the connection's KM may be known by a message that was not captured, on whichever connection of
  /// its host.
  [[nodiscard]] bool keys_may_be_hidden(const Connection& connection) const {
    return any_hidden_ && are_keys_hidden(connection);
  }
  /// Nothing of the connection's association can have gone unseen, as far as its connections tell.
  [[nodiscard]] bool seen_whole(Connection& connection) {
    return association(connection).whole && !may_be_hidden(connection) && !may_have_another(connection);
  }
  /// The connection is one that the controller opened, and of another one between the two hosts nobody saw
  /// who opened it: that may be of the same association.
  [[nodiscard]] bool may_have_another(const Connection& connection) const {
    return any_unclear_ && connection.reversed && has_unclear(connection);
  }
  /// Nothing that any KM or controller said can have gone unseen.
  [[nodiscard]] bool all_seen() const {
    return all_seen_ && !unreadable_.may_hide_any() && !unrecognised_.may_hide_any();
  }

  /// The association that was held first: to be fetched, for another may go on as it.
  [[nodiscard]] const Association& known_at(const HeldAssociation& held) const {
    return associations_[held.id()];
  }
  // Asking for memory some messages before one of the connection is checked (fetch.h): its association and
  // KM, and then the places of the keys that it names.
  void fetch_parts(const Connection& connection) const;
  void fetch_keys(const Connection& connection, const Message& message) const;
  void fetch_reserved_keys(const Connection& connection, const Message& message) const;
  void fetch_key(const HeldKm& km, std::uint64_t key) const { kms_[km.id()].keys.fetch(key); }

  [[nodiscard]] Km& km(Connection& connection) { return km_at(connection.km); }
  /// As km(), and nothing is remembered of the way.
  [[nodiscard]] const Km& km_of(const Connection& connection) const;
  /// Nullptr before the connection has one.
  [[nodiscard]] const Association* find_association(const Connection& connection) const;
  [[nodiscard]] Association& association(Connection& connection) {
    return association_at(connection.association);
  }
  /// On another open connection of its association, bytes of the peer that is this side here may be a
  /// message.
  [[nodiscard]] bool is_being_said(const Connection& connection, Side side) const;
  /// How often something of the connection's association was seen not to be captured.
  [[nodiscard]] std::uint32_t faults_around(const Connection& connection) const;
  /// The connection's KM may have another connection that was open at the same time as one, and of which a
  /// part was not captured.
  [[nodiscard]] bool lost_beside(const Connection& connection) const;
  /// One of the association's connections over gRPC could not be read any more from some place on: what comes
  /// later may have gone there.
  [[nodiscard]] bool rpcs_lost(const Connection& connection) const;
  /// Answers of this kind cannot be told apart in the connection's association for now.
  [[nodiscard]] bool in_doubt(const Connection& connection, Exchange exchange) const;
  void set_doubt(Connection& connection, Exchange exchange);
  /// On this connection, answers of this kind can be told apart after all.
  void clear_doubt(Connection& connection, Exchange exchange);
  /// Nothing of this kind is open in the association any more.
  void clear_all_doubt(Connection& connection, Exchange exchange);
  /// What is held may have become another one: then that is held from now on.
  Km& km_at(HeldKm& held);
  Association& association_at(HeldAssociation& held);
  /// The KM of an association, which association_at() has brought up to date.
  Km& km_of(const HeldAssociation& held) { return kms_[associations_[held.id()].km.id()]; }
  /// An answer came on the connection that may be another's of its host.
  void note_unpaired(const Connection& connection, Exchange exchange);
  /// The KMA ID of the connection's KM: told on it, or on another connection of its host that was not open
  /// with it.
  [[nodiscard]] std::optional<std::string> kma_id(const Connection& connection) const;
  /// An answer of this kind may have been given on another connection of a KM that cannot be told apart.
  [[nodiscard]] bool unpaired(const Connection& connection, Exchange exchange) const;
  /// The KMA ID of the connection's KM may be wrong: another one was told, or only a 0x1401 told it where not
  /// all was captured, which may have gone on with a chain. Another connection may be this KM's too.
  [[nodiscard]] bool doubted(const Connection& connection) const;
  [[nodiscard]] bool stands_alone(const Connection& connection) const;
  /// True where the KM of this connection may also be that of others which were open with it: comparing
  /// across them is undecidable.
  [[nodiscard]] bool blurred(const Connection& connection) const;

  /// Whose the connection is, is known: it told its KMA ID itself, or nothing makes its host's connections
  /// different KMs'.
  [[nodiscard]] bool is_told(const Connection& connection) const {
    const bool told = connection.kma_id && !connection.kma_doubted && !connection.kma_disputed;
    return told || !blurred(connection);
  }
  /// A request that was open when its connection, `asked`, closed has its answer.
  void note_late_answer(const Connection& asked, Exchange exchange);
  /// A request that a closed connection of the host left open may be of the connection's KM, and nothing
  /// tells whether it is: an answer on this connection may be for that one.
  [[nodiscard]] bool may_answer_another(const Connection& connection, Exchange exchange) const {
    return any_left(connection, exchange) && blurred(connection);
  }

  /// The audit is over: what is still held need not be given back piece by piece. To be called before
  /// anything that holds is destroyed.
  void end() { ended_ = true; }

 private:
  friend HeldKm;
  friend HeldAssociation;
  friend HeldHost;
  friend HeldGroup;
  template <class Of>
  void count_hold(Id<Of> id) {
    ++pool_of(id)[id].references;
  }
  template <class Of>
  void end_hold(Id<Of> id) {
    if (!ended_ && --pool_of(id)[id].references == 0) free(id);
  }
  Pool<Km>& pool_of(Id<Km>) { return kms_; }
  Pool<Association>& pool_of(Id<Association>) { return associations_; }
  Pool<Host>& pool_of(Id<Host>) { return hosts_; }
  Pool<Group>& pool_of(Id<Group>) { return groups_; }
  void free(Id<Km> id);
  void free(Id<Association> id);
  void free(Id<Host> id);
  void free(Id<Group> id);

  [[nodiscard]] std::uint64_t host_key(const Connection& connection) const;
  [[nodiscard]] std::uint64_t controller_key(const Connection& connection) const;
  [[nodiscard]] std::uint64_t group_key(const Connection& connection, Side grpc_opener) const;
  Id<Host> host_of(const Connection& connection);
  [[nodiscard]] std::uint64_t all_ports_key(const Connection& connection, bool reversed) const;
  Id<Group> group_of(std::uint64_t key);
  /// Its own group, and that of all ports where it is in one.
  template <class Visit>
  void for_each_group(const Connection& connection, const Visit& visit) {
    visit(groups_[connection.group.id()]);
    if (connection.any_port) visit(groups_[connection.any_port.id()]);
  }
  [[nodiscard]] const Group& own_kind(const Connection& connection) const {
    return groups_[(connection.any_port ? connection.any_port : connection.group).id()];
  }
  [[nodiscard]] Id<Group> other_kind(const Connection& connection) const;
  [[nodiscard]] bool has_unclear(const Connection& connection) const;
  bool join_groups(Id<Connection> handle);
  void find_twin(Id<Connection> handle);
  void leave_twin(Id<Connection> handle);
  // As a rule everything was captured, and nothing of these is in the way of what is looked at for a message.
  [[gnu::cold]] [[nodiscard]] bool is_hidden(const Connection& connection) const;
  [[gnu::cold]] [[nodiscard]] bool goes_on_hidden(const Connection& connection) const;
  [[gnu::cold]] [[nodiscard]] bool are_keys_hidden(const Connection& connection) const;
  [[gnu::cold]] [[nodiscard]] bool is_mixed(const Connection& connection) const;
  [[nodiscard]] bool any_left(const Connection& connection, Exchange exchange) const;
  void leave_open(Connection& connection);
  void close_in_groups(const Connection& connection, const Position& at);
  Id<Association> association_of(Id<Km> km, std::uint64_t controller);
  void enter_km(Id<Connection> connection, Id<Km> km);
  void leave_km(Id<Connection> connection);
  void join_kms(Id<Km> from, Id<Km> to);
  HeldAssociation change_km(Id<Connection> connection, Id<Km> to);
  void doubt(Km& km);
  void miss_past(Connection& connection);
  void count_doubt(Connection& connection, Association& association, bool enters);
  void join_associations(Id<Association> from, Id<Association> to);
  void note_name(Connection& connection);
  void note_ck(Connection& connection);
  void hide(const std::vector<UnrecognisedConnections::Hidden>& all);

  Pool<Connection>& connections_;
  Requests& requests_;
  Pool<Km> kms_;
  Pool<Association> associations_;
  Pool<Host> hosts_;
  Pool<Group> groups_;
  FlatMap<Id<Km>> km_by_kma_;
  FlatMap<Id<Association>> association_by_key_;
  FlatMap<Id<Host>> host_by_key_;
  FlatMap<Id<Group>> group_by_key_;
  FlatMap<Id<Connection>> open_by_ends_;     ///< the last one that was opened between two addresses and ports
  base::BloomFilter forgotten_;              ///< hosts, and KMs by their KMA ID, that were dropped at a limit
  std::uint32_t next_queue_ = 0x8000'0000U;  ///< below are those of connections
  UnreadableConnections unreadable_;
  UnrecognisedConnections unrecognised_;
  bool all_seen_ = true, ended_ = false, order_unclear_ = false, session_order_unclear_ = false;
  bool any_hidden_ =
      false;  ///< there was a connection that cannot be read, or on which nothing was recognised
  bool any_mixed_ = false;         ///< there is a mixed group
  bool any_unclear_ = false;       ///< there is an unclear one
  std::uint32_t hidden_runs_ = 0;  ///< times that more bytes could not be read, or were not captured
};

}  // namespace ck::audit
