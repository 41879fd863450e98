// Sessions: 0x1406 and 0x4107 on the source KM's connection, 0x4108 and 0x1409 on the destination KM's, put
// together by Session ID and, before that is known, by the two applications.
#pragma once

#include "audit/hashed.h"
#include "audit/procedure.h"

namespace ck::audit {

/// The key by which a Session ID is found.
inline std::uint64_t id_key(std::string_view id) {
  return digest_of(Hashed::session_id, id);
}

/// The two applications that a message names.
inline Applications applications(const Identifiers& ids) {
  const auto value = [&ids](Parameter id) { return ids.has(id) ? ids.get(id) : 0; };
  return {value(Parameter::application_source_id), value(Parameter::application_destination_id)};
}

inline bool same_applications(const Applications& a, const Applications& b) {
  return a.agree(b);
}

/// An absent number matches any.
inline bool same_number(const std::optional<std::int64_t>& a, const std::optional<std::int64_t>& b) {
  return !a || !b || *a == *b;
}

class Sessions final : public Procedures::Listener {
 public:
  explicit Sessions(const Parts& parts, Pool<Connection>& connections)
      : parts_(parts), connections_(connections) {}

  /// 0x1406. Returns the session, kNone where the payload cannot be read.
  Id<Procedure> take_request(const Incoming& in);
  /// The applications that the 0x4108 with this message's Session ID named, nullopt when none is known.
  [[nodiscard]] std::optional<Identifiers> applications_of(const Message& message) const;
  /// Takes a 0x4107, which tells the source how it went.
  Id<Procedure> take_response(const Incoming& in, const Answer& answer);
  /// Takes a 0x4108, which tells the destination of the session.
  Id<Procedure> take_notification(const Incoming& in);
  /// gRPC: the RPC of the session's 0x1406, or of its 0x4108, failed, as `result` says.
  void fail(Id<Procedure> session, Exchange exchange, const std::string& result);
  /// 0x1409: checks unknown-session. True when the ID is none of its association's, as far as can be seen.
  bool is_foreign(const Incoming& in);
  /// A 0x4107 that surely answers the request of one session and has the Session ID of another.
  [[nodiscard]] bool is_anothers(const Incoming& in, const Answer& answer);
  /// The 0x4108 of `session` was opened as a request.
  void add_notice_request(Id<Procedure> session, Id<Request> request);
  /// Takes a 0x1409, with which the destination answers.
  Id<Procedure> take_notification_response(const Incoming& in, const Answer& answer, bool foreign);

  /// The session was notified on a connection that belongs to the association `to`, not to `from`.
  void move(Id<Procedure> session, HeldAssociation& from, HeldAssociation& to);

  void evict(Id<Procedure> procedure) override;
  void expect_evict(const Procedure& procedure) const override;
  /// So for the answer to its notification.
  [[nodiscard]] bool seen_whole(const Procedure& procedure) const override;
  [[nodiscard]] bool seen_since_notice(const Session& session) const;
  /// session-parameters-changed where no 0x4107 told whose the 0x4108 was.
  void check_end(const Procedure& procedure, Verdicts& verdicts) const override;

 private:
  [[nodiscard]] Id<Procedure> find(const TextView& session_id) const;
  /// What there is to say of the sessions that a 0x4108 may be for.
  struct Waiting {
    Id<Procedure> session;
    bool changed = false;  ///< no number of keys fits, whichever of them is meant
    bool sole = false;     ///< it fits this one alone
  };
  [[nodiscard]] Waiting find_waiting(const Applications& told, std::optional<std::int64_t> number);
  void give_id(Id<Procedure> session, std::string_view id);
  void wait(Id<Procedure> session);
  void stop_waiting(Id<Procedure> session);
  void attach_notice(Id<Procedure> session, const Incoming& in);
  void note_association(Id<Procedure> session, const Incoming& in);
  void enter_notices(Id<Procedure> session);
  void check_repeated(const Incoming& in, Id<Procedure> session);
  Id<Procedure> absorb(Id<Procedure> asked, Id<Procedure> named, Id<Request> request);
  Events take_notice_events(Id<Procedure> session);
  void give_events(const Events& events, std::uint32_t from, Id<Procedure> to);
  void swap_notices(Id<Procedure> a, Id<Procedure> b);
  [[nodiscard]] Id<Procedure> named_by(const Incoming& in, Id<Procedure> asked) const;
  Id<Procedure> confirm(const Incoming& in, Id<Procedure> asked, Id<Procedure> named, std::string_view id,
                        const Answer& answer);
  void check_parameters(Id<Procedure> session, bool surely = true);
  [[nodiscard]] bool perhaps_used_again(Id<Procedure> named, Id<Procedure> own) const;
  void check_response(const Incoming& in, Id<Procedure> session, Outcome outcome, bool perhaps);
  void check_unnamed_response(const Incoming& in, Id<Procedure> handle, Outcome outcome, bool certain);
  [[nodiscard]] bool surely_open(const Session& session) const;
  void doubt_parameters(const Incoming& in);
  [[nodiscard]] bool waited_in_vain(const Session& session, const Incoming& in) const;
  void check_premature(const MessageRef& response, const Session& session, bool answered, bool decidable,
                       std::optional<std::uint32_t> procedure = std::nullopt);
  void check_reuse(const Incoming& in, Session* reused, const TextView& id);
  void perhaps_answer(Session& session);
  [[nodiscard]] bool perhaps_accepted(const Session& session) const;
  [[nodiscard]] bool surely_pairs(const Incoming& in, const Answer& answer) const;
  void refresh(Id<Procedure> session);

  Parts parts_;
  Pool<Connection>& connections_;
  FlatMap<Id<Procedure>> by_id_;
  FlatMap<List<Procedure>>
      waiting_;  ///< by applications: sessions asked for whose Session ID no 0x4107 has told
  bool forgot_ = false;
};

}  // namespace ck::audit
