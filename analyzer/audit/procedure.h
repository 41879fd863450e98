// The procedures that messages are put together to: relays, sessions, reservations; their numbers, their
// order, their end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "audit/event.h"
#include "audit/identity.h"
#include "audit/options.h"
#include "audit/pairing.h"
#include "audit/records.h"
#include "audit/verdicts.h"
#include "base/fetch.h"
#include "base/few.h"
#include "base/pool.h"
#include "base/text.h"
#include "protocol/result.h"

namespace ck::audit {

using TextView = std::optional<std::string_view>;  ///< into the message that is checked

/// One KM's turn in a distributed relay.
struct Hop {
  Text requester;
  Id<Host> host;                    ///< of its connection
  std::uint64_t request = 0;        ///< index of its 0x1401
  std::vector<std::string> offers;  ///< KMAs offered as the next one
  Id<Connection> connection;
  std::uint32_t connection_id = 0;
  /// Its 0x4102, where relay-loop waits for the KMA IDs of hops that are not told yet.
  std::optional<MessageRef> unjudged;
};

struct Relay {
  bool distributed = false;
  bool certain = true;      ///< distributed: every hop surely belongs here
  bool sourceless = false;  ///< distributed: its first hop named no Source, and may be one of whichever relay
  RelayState state = RelayState::requested;
  Text source, destination, application, request_id, result;
  std::vector<std::string> transit;
  std::vector<Hop> hops;
  HeldAssociation association;
  std::uint64_t request_key = 0;                ///< digest of request_id in its association
  std::vector<std::uint64_t> old_request_keys;  ///< those it had before it was re-routed
  std::uint64_t notified_key = 0;               ///< digest of its 0x1403's MessageID in its association
  std::uint32_t hidden_runs = 0;                ///< of its association when it got its ID
  Id<Connection> named_on;                      ///< where it got it
  std::uint32_t named_on_id = 0;
  bool unsure_result = false;  ///< its 0x1405 may be another relay's
  bool unread_result = false;  ///< its 0x1405 cannot be read: it may have ended
  bool asked_in_vain =
      false;                  ///< gRPC: the RPC of its 0x4104 failed or was taken back; it may be asked again
  bool unsure_route = false;  ///< its 0x4104 may be another's re-route, and its own be to come
  bool unsure_pair = false;   ///< its 0x4104 may answer another 0x1403
  bool routed_end = false;    ///< its 0x4104 named the destination first
  Id<Request> route_request;  ///< the latest 0x4104
  std::uint64_t route_index = 0;  ///< that request's message
};

/// The two applications of a session.
struct Applications {
  std::uint64_t source = 0, destination = 0;  ///< digests; 0 where absent

  [[nodiscard]] bool agree(const Applications& other) const {
    return (source == other.source || source == 0 || other.source == 0) &&
           (destination == other.destination || destination == 0 || other.destination == 0);
  }
};

struct Session {
  Text session_id, application_source, application_destination, source_km, destination_km, request_result,
      notification_result;
  std::optional<std::int64_t> number_of_keys;
  std::uint32_t hidden_runs = 0;  ///< of all connections when it got its ID
  // What the source KM and its controller said: 0x1406, 0x4107.
  bool requested = false, answered = false,
       confirmed = false;    ///< confirmed: the 0x4107 named the Session ID
  bool asked_whole = false;  ///< the 0x1406's connection was seen whole then
  Applications asked;
  std::optional<std::int64_t> asked_number;
  Outcome outcome = Outcome::unknown;
  /// That 0x4107 cannot be read, or one that answers no request that is known says that the session failed.
  bool answer_unsure = false;
  // What the destination KM and its controller said: 0x4108, 0x1409.
  bool notified = false, notice_answered = false;
  bool notice_unsure = false;     ///< that 0x1409 may be another session's
  bool notice_unread = false;     ///< that 0x1409 cannot be read
  bool perhaps_answered = false;  ///< by a 0x1409 that may be for another session
  bool sole = false;              ///< the 0x4108 fits this session's 0x1406 and no other, in all it says
  bool reused = false;            ///< its Session ID was told to be another session's too
  Applications told;
  std::optional<std::int64_t> told_number;
  Outcome notice_outcome = Outcome::unknown;
  /// A 0x4107 which no 0x1409 preceded; what follows tells whose fault that is: the 0x1409 comes behind it,
  /// or it was not captured, which may show later only, or clocks are to blame.
  std::optional<MessageRef> early_response;
  MessageRef notice;
  Id<Connection> notice_connection;
  std::uint32_t faults_around = 0;  ///< of the association when it was last notified
  std::uint64_t told_key = 0;       ///< digest of the 0x4108's Session ID
  std::vector<HeldAssociation> notice_associations;
  /// The requests that its 0x4108 were, each with the index of its message.
  std::vector<std::pair<Id<Request>, std::uint64_t>> notice_requests;
  std::uint32_t spare_id = 0;  ///< the number of the 0x4108's own session, should it be another one
  bool waiting = false;        ///< in the list of its applications
  /// The 0x4108 names another number of keys, and no 0x4107 has shown yet that it is this session's: another
  /// 0x1406 of these applications may not be captured.
  bool number_differs = false;
  bool unsure = false;  ///< a 0x4107 that may have been another request's decided which notification is whose
};

struct Reservation {
  ReservationState state = ReservationState::requested;
  Text source, destination, application;
  std::vector<std::string> reserved, allocated;
  std::size_t allocated_of_reserved = 0;
  std::optional<std::int64_t> result, allocation_result;
  HeldAssociation association;
  bool kma_told = false;  ///< of the KM, when it reserved
};

/// A procedure's messages: as many as most have lie in it.
using Events = Few<MessageRef, 4>;

struct Procedure {
  std::uint32_t id = 0;
  bool finished = false;
  std::int64_t start_ns = 0, last_ns = 0;
  std::size_t weight = 0;  ///< bytes, about, that its messages left here
  ListLinks<Procedure> by_age;
  ListLinks<Procedure> by_applications;  ///< sessions that wait with the same applications
  Events events;                         ///< in order
  std::variant<Relay, Session, Reservation> what;

  [[nodiscard]] ProcedureKind kind() const { return static_cast<ProcedureKind>(what.index()); }
  [[nodiscard]] ProcedureState state() const;
};

class Procedures;

SessionState state_of(const Session& session);

/// What the parts of the audit share.
struct Parts {
  const AuditOptions& options;
  Verdicts& verdicts;
  Identities& identities;
  Requests& requests;
  Procedures& procedures;
};

/// Clocks of different captures agree within a tolerance only: inside it, which came first cannot be told.
bool order_unclear(const Position& a, const Position& b, const AuditOptions& options);

/// The value of a parameter that can be read, nullopt where it is absent.
TextView text_of(const Message& message, Parameter parameter);
/// An absent value agrees with any.
bool agree(const Text& a, const TextView& b);
std::optional<std::int64_t> integer_of(const Message& message, Parameter parameter);
/// The readable, non-empty elements of a list parameter.
std::vector<std::string> list_of(const Message& message, Parameter parameter);
/// The payload, and in it the parameter and all its elements, if it is there, can be read.
bool is_read(const Message& message, Parameter parameter);
/// What the Response parameter says; unknown where it is absent or unreadable.
Outcome outcome_of(const Message& message);
/// What the Response says, as it is shown.
Text result_of(const Message& message);

/// Keeps the procedures, oldest first, within their bounds.
class Procedures {
 public:
  Procedures(const AuditOptions& options, Verdicts& verdicts) : options_(options), verdicts_(verdicts) {}

  /// Something that must know when a procedure is dropped, to forget it too.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void evict(Id<Procedure> procedure) = 0;
    /// This one will be the next to be dropped. Changes nothing: what is needed then is fetched from memory.
    virtual void expect_evict(const Procedure& /*procedure*/) const {}
    /// What was not seen of it cannot have happened unseen.
    [[nodiscard]] virtual bool seen_whole(const Procedure& procedure) const = 0;
    /// What can be said of it when nothing more of it will be seen.
    virtual void check_end(const Procedure& /*procedure*/, Verdicts& /*verdicts*/) const {}
  };
  void set_listener(ProcedureKind kind, Listener* listener) {
    listeners_[static_cast<std::size_t>(kind)] = listener;
  }

  /// A procedure that begins as `what`: a Relay, Session or Reservation. `id`: one that was set aside for it,
  /// 0 takes the next.
  template <class What>
  Id<Procedure> make(What what, const MessageRef& first, std::uint32_t id = 0) {
    const Id<Procedure> handle = pool_.make();
    Procedure& procedure = pool_[handle];
    procedure.id = id != 0 ? id : next_id_++;
    procedure.what.emplace<What>(std::move(what));
    procedure.start_ns = procedure.last_ns = first.at.time_ns;
    push_back<Procedure, &Procedure::by_age>(pool_, open_, handle);
    return handle;
  }
  /// Sets a number aside for a procedure that may turn out to begin here.
  std::uint32_t set_id_aside() { return next_id_++; }
  /// Lets the oldest go where there are more than the bounds allow. Between messages only: handles in use
  /// stay valid.
  void trim();
  /// Adds a message; it is told as joined() when the message's own turn comes.
  void add(Id<Procedure> procedure, const MessageRef& message);
  /// A message left so many bytes in it, about.
  void weigh(Id<Procedure> procedure, std::size_t bytes);
  /// `finished`: no further message is needed, so it may be dropped before open ones.
  void set_finished(Id<Procedure> procedure, bool finished);
  /// All it had has moved to the procedure `heir`; its number stays unused.
  void remove(Id<Procedure> procedure, Id<Procedure> heir);
  /// Asks for a procedure's memory before it is needed (fetch.h).
  void fetch(Id<Procedure> procedure) const {
    if (procedure != kNone) base::fetch(pool_[procedure]);
  }
  /// The handle that a request or an index remembers still means the procedure with this number.
  [[nodiscard]] bool valid(Id<Procedure> procedure, std::uint32_t id) const;

  /// The list of sessions that wait with the same applications.
  void enlist(List<Procedure>& list, Id<Procedure> session) {
    push_back<Procedure, &Procedure::by_applications>(pool_, list, session);
  }
  void delist(List<Procedure>& list, Id<Procedure> session) {
    unlink<Procedure, &Procedure::by_applications>(pool_, list, session);
  }

  Procedure& operator[](Id<Procedure> handle) { return pool_[handle]; }
  const Procedure& operator[](Id<Procedure> handle) const { return pool_[handle]; }
  Relay& relay(Id<Procedure> handle) { return std::get<Relay>(pool_[handle].what); }
  Session& session(Id<Procedure> handle) { return std::get<Session>(pool_[handle].what); }
  Reservation& reservation(Id<Procedure> handle) { return std::get<Reservation>(pool_[handle].what); }

  /// Tells all that are still kept, in order of their numbers.
  void tell_all(Verdicts& verdicts) const { tell_all_of(*this, verdicts); }
  /// The same, and gives their lists away: nothing may be asked of them afterwards.
  void give_all(Verdicts& verdicts) { tell_all_of(*this, verdicts); }

 private:
  [[gnu::cold]] static bool insert_event(Events& events, const MessageRef& message);
  void evict(List<Procedure>& list, Limit bound);
  void expect_evict(Id<Procedure> next) const;
  void free(Id<Procedure> procedure);
  void check_end(const Procedure& procedure, Verdicts& verdicts) const;
  /// The records that are told, one after the other: their lists keep their memory.
  struct Told {
    RelayRecord relay;
    SessionRecord session;
    ReservationRecord reservation;
  };
  template <class AnyProcedures>
  static void tell_all_of(AnyProcedures& procedures, Verdicts& verdicts);
  /// Gives the procedure's lists away; those of a constant one are copied.
  template <class AnyProcedure>
  static void tell(AnyProcedure& procedure, Verdicts& verdicts, Told& told);

  const AuditOptions& options_;
  Verdicts& verdicts_;
  Pool<Procedure> pool_;
  List<Procedure> open_, finished_;
  std::array<Listener*, 3> listeners_{};
  std::uint32_t next_id_ = 1;
  std::size_t weight_ = 0;  ///< of all
  Told told_;
};

}  // namespace ck::audit
