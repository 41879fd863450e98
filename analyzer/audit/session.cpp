// Sessions across connections and controllers.
#include "audit/session.h"
#include "audit/rules/session.h"

#include <utility>

namespace ck::audit {
namespace {

constexpr std::uint32_t kWaitingLooked = 256;  ///< sessions of the same two applications that are looked at
constexpr std::uint32_t kUnsureKept = 64;      ///< of them, with answered ones whose answer may be another's

std::uint64_t applications_key(const Applications& apps) {
  return digest_of(apps.source, apps.destination);
}

}  // namespace

Id<Procedure> Sessions::find(const TextView& session_id) const {
  if (!session_id) return kNone;
  const Id<Procedure>* found = by_id_.find(id_key(*session_id));
  return found == nullptr ? kNone : *found;
}

void Sessions::expect_evict(const Procedure& procedure) const {
  const Session& session = std::get<Session>(procedure.what);
  if (session.session_id) by_id_.fetch(id_key(*session.session_id));
  for (const HeldAssociation& association : session.notice_associations)
    parts_.identities.known_at(association).sessions.fetch(session.told_key);
}

void Sessions::evict(Id<Procedure> handle) {
  forgot_ = true;
  stop_waiting(handle);
  Session& session = parts_.procedures.session(handle);
  if (session.session_id && find(session.session_id) == handle) by_id_.erase(id_key(*session.session_id));
  for (HeldAssociation& association : session.notice_associations) {
    FlatMap<Id<Procedure>>& known = parts_.identities.association_at(association).sessions;
    const Id<Procedure>* found = known.find(session.told_key);
    if (found != nullptr && *found == handle) known.erase(session.told_key);
  }
}

void Sessions::wait(Id<Procedure> handle) {
  Session& session = parts_.procedures.session(handle);
  session.waiting = true;
  parts_.procedures.enlist(waiting_[applications_key(session.asked)], handle);
}

void Sessions::stop_waiting(Id<Procedure> handle) {
  Session& session = parts_.procedures.session(handle);
  if (!session.waiting) return;
  session.waiting = false;
  const std::uint64_t key = applications_key(session.asked);
  List<Procedure>* list = waiting_.find(key);
  parts_.procedures.delist(*list, handle);
  if (list->count == 0) waiting_.erase(key);
}

void Sessions::refresh(Id<Procedure> handle) {
  const SessionState state = state_of(parts_.procedures.session(handle));
  parts_.procedures.set_finished(handle, state == SessionState::established ||
                                             state == SessionState::failed ||
                                             state == SessionState::answered);
}

Id<Procedure> Sessions::take_request(const Incoming& in) {
  if (!in.readable) return kNone;
  Session session;
  session.application_source = text_of(in.message, Parameter::application_source_id);
  session.application_destination = text_of(in.message, Parameter::application_destination_id);
  session.number_of_keys = session.asked_number = integer_of(in.message, Parameter::number_of_keys);
  session.requested = true;
  session.asked_whole = in.connection.whole();
  session.asked = applications(in.ids);
  const Id<Procedure> handle = parts_.procedures.make(std::move(session), in.ref);
  wait(handle);
  return handle;
}

std::optional<Identifiers> Sessions::applications_of(const Message& message) const {
  const Id<Procedure> handle = find(text_of(message, Parameter::session_id));
  if (handle == kNone) return std::nullopt;
  const Session& session = parts_.procedures.session(handle);
  if (!session.notified || session.reused) return std::nullopt;
  Identifiers ids;
  if (session.told.source != 0) ids.set(Parameter::application_source_id, session.told.source);
  if (session.told.destination != 0) ids.set(Parameter::application_destination_id, session.told.destination);
  return ids;
}

/// The oldest session asked for by the same applications that has no notification yet; one with the same
/// number of keys first.
Sessions::Waiting Sessions::find_waiting(const Applications& told, std::optional<std::int64_t> number) {
  const List<Procedure>* list = waiting_.find(applications_key(told));
  if (list == nullptr || (told.source == 0 && told.destination == 0)) return {};
  Id<Procedure> fitting, any, same;
  std::size_t candidates = 0;
  bool elsewhere = false;
  std::uint32_t budget = kWaitingLooked;
  for (Id<Procedure> handle = list->head; handle != kNone && budget > 0; --budget) {
    const Session& session = parts_.procedures.session(handle);
    const Id<Procedure> here = std::exchange(handle, parts_.procedures[handle].by_applications.after);
    const bool fits = same_number(session.asked_number, number);
    if (session.notified || session.answered) {
      elsewhere = elsewhere || fits;
      continue;
    }
    ++candidates;
    if (any == kNone) any = here;
    if (fits && fitting == kNone) fitting = here;
    if (same == kNone && session.asked_number && number && *session.asked_number == *number) same = here;
  }
  const bool sole = candidates == 1 && list->count == 1;  // an earlier notification may be this one's as well
  if (same != kNone) return {same, false, sole};
  const bool changed = fitting == kNone && any != kNone && !elsewhere && budget > 0;
  return {fitting != kNone ? fitting : any, changed, fitting != kNone && sole};
}

void Sessions::give_id(Id<Procedure> handle, std::string_view id) {
  Session& session = parts_.procedures.session(handle);
  if (session.session_id && *session.session_id != id && find(session.session_id) == handle)
    by_id_.erase(id_key(*session.session_id));
  session.session_id = id;
  session.hidden_runs = parts_.identities.hidden_runs();
  by_id_[id_key(id)] = handle;
}

/// `reused`: the session of other applications that has this ID, if one has. It is told once of the two.
void Sessions::check_reuse(const Incoming& in, Session* reused, const TextView& id) {
  if (!id) return;
  if (reused != nullptr && std::exchange(reused->reused, true)) return;
  parts_.verdicts.take(Rule::session_id_reused,
                       check::session_id_reused(*id, reused != nullptr,
                                                reused != nullptr && surely_open(*reused) &&
                                                    !parts_.identities.session_order_unclear()),
                       in.ref);
}

/// Whether a session surely has its Session ID, and cannot have failed unread.
bool Sessions::surely_open(const Session& session) const {
  const auto is_on_its_way = [&] {
    const Connection& notified = connections_[session.notice_connection];
    return notified.id == session.notice.connection && notified.sides[notified.km_side].has_on_its_way();
  };
  const bool on_its_way = session.notified && is_on_its_way();
  const auto may_have_failed_unseen = [&] {
    const Connection& notified = connections_[session.notice_connection];
    return notified.id == session.notice.connection && !notified.whole();
  };
  if (session.notified && !session.notice_answered && may_have_failed_unseen()) return false;
  const bool perhaps_failed = session.answer_unsure ||
                              (session.notice_unread && session.outcome != Outcome::success) ||
                              (session.perhaps_answered && !session.notice_answered);
  // Both were answered, each under its Session ID: no message is left that could say it failed.
  const bool established = session.confirmed && session.outcome == Outcome::success &&
                           session.notice_answered && !session.notice_unsure &&
                           session.notice_outcome == Outcome::success;
  return !session.unsure && !perhaps_failed && !on_its_way &&
         (established || session.hidden_runs == parts_.identities.hidden_runs());
}

/// The session that a 0x1406 began and the one that a 0x4108 began are one, under the number of the earlier.
Id<Procedure> Sessions::absorb(Id<Procedure> asked, Id<Procedure> named, Id<Request> request) {
  const std::uint32_t asked_id = parts_.procedures[asked].id, named_id = parts_.procedures[named].id;
  if (asked_id < named_id) {
    swap_notices(asked, named);
    parts_.verdicts.sink().merged(named_id, asked_id);
    parts_.procedures.remove(named, asked);
    return asked;
  }
  const Session& mine = parts_.procedures.session(asked);
  Session& theirs = parts_.procedures.session(named);
  theirs.requested = theirs.confirmed = true;
  theirs.number_differs = false;
  theirs.asked = mine.asked;
  theirs.asked_number = mine.asked_number;
  theirs.asked_whole = mine.asked_whole;
  if (mine.application_source) theirs.application_source = mine.application_source;
  if (mine.application_destination) theirs.application_destination = mine.application_destination;
  if (mine.number_of_keys) theirs.number_of_keys = mine.number_of_keys;
  parts_.requests[request].procedure = named;
  parts_.requests[request].procedure_id = named_id;
  give_events(std::exchange(parts_.procedures[asked].events, {}), asked_id, named);
  parts_.verdicts.sink().merged(asked_id, named_id);
  parts_.procedures.remove(asked, named);
  return named;
}

/// The pair holds whatever else may have been asked: another request of these applications may not have been
/// captured, or lie in bytes that could not be read, unless the MessageID says whose answer this is.
bool Sessions::surely_pairs(const Incoming& in, const Answer& answer) const {
  const Association& association = parts_.identities.association(in.connection);
  const bool all_read =
      association.hidden_runs == 0 && in.connection.sides[other(in.message.sender)].hidden() == 0;
  const bool whose = (in.connection.whole() && parts_.identities.seen_whole(in.connection) && all_read) ||
                     in.connection.sides[in.message.sender].echoing();
  return answer.certain() && whose && !parts_.identities.in_doubt(in.connection, Exchange::session_creation);
}

/// The session with the message's Session ID; of two that have it, the one `asked` for.
Id<Procedure> Sessions::named_by(const Incoming& in, Id<Procedure> asked) const {
  const TextView id = in.readable ? text_of(in.message, Parameter::session_id) : std::nullopt;
  if (id && asked != kNone && parts_.procedures.session(asked).session_id == id) return asked;
  return find(id);
}

bool Sessions::is_anothers(const Incoming& in, const Answer& answer) {
  const TextView id = in.readable ? text_of(in.message, Parameter::session_id) : std::nullopt;
  if (!id || !surely_pairs(in, answer)) return false;
  const Request& request = parts_.requests[answer.request];
  if (!parts_.procedures.valid(request.procedure, request.procedure_id)) return false;
  const Session& mine = parts_.procedures.session(request.procedure);
  const bool otherwise = mine.notified && mine.told_key != 0 && mine.told_key != id_key(*id) &&
                         !mine.number_differs && !mine.unsure && !mine.reused;
  if (!otherwise) return false;
  const Id<Procedure> named = find(id);
  if (named == kNone) {
    // The controller may have gone on to another KM after a refusal, under another Session ID. And that may
    // be the ID of another session of these applications, whose notification and request were not captured.
    return parts_.identities.all_seen() && mine.sole && mine.spare_id == 0 && mine.notice_answered &&
           !mine.notice_unsure && mine.notice_outcome == Outcome::success;
  }
  const Session& other_session = parts_.procedures.session(named);
  return !other_session.reused &&
         !same_applications(other_session.notified ? other_session.told : other_session.asked, mine.asked);
}

/// A 0x4107 tells that the session `asked` has the Session ID which belonged to the session `named` so far,
/// if any. Returns the session that it is then.
Id<Procedure> Sessions::confirm(const Incoming& in, Id<Procedure> asked, Id<Procedure> named,
                                std::string_view id, const Answer& answer) {
  stop_waiting(asked);
  Session& mine = parts_.procedures.session(asked);
  mine.confirmed = true;
  const bool certain = surely_pairs(in, answer);
  const bool comparable = certain && !parts_.identities.session_order_unclear();
  if (named == asked) {
    check_reuse(in, nullptr, id);
    if (!std::exchange(mine.number_differs, false)) return asked;
    if (comparable) {
      check_parameters(asked);
    } else {
      doubt_parameters(in);
    }
    return asked;
  }
  if (named == kNone) {
    check_reuse(in, nullptr, id);
    if (mine.notified && mine.session_id && *mine.session_id != id) {
      if (mine.spare_id == 0) return asked;  // whose the notification is cannot be told
      const std::uint32_t number = std::exchange(mine.spare_id, 0);
      swap_notices(asked, parts_.procedures.make(Session{}, mine.notice, number));
    }
    parts_.procedures.session(asked).unsure = !certain;
    give_id(asked, id);
    return asked;
  }
  Session& other_session = parts_.procedures.session(named);
  const bool failed = state_of(other_session) == SessionState::failed;
  if (other_session.confirmed ||
      (other_session.requested && !same_applications(other_session.asked, mine.asked))) {
    const bool reused = !failed && !same_applications(other_session.asked, mine.asked);
    if (!answer.certain()) return asked;
    check_reuse(in, reused ? &other_session : nullptr, id);
    mine.reused = mine.reused || reused;
    if (reused && other_session.notified) {
      mine.session_id = id;  // whose it is was told before: what follows of that session is right
    } else {
      give_id(asked, id);
    }
    return asked;
  }
  check_reuse(in, nullptr, id);
  mine.unsure = other_session.unsure = !certain;
  Id<Procedure> whole = asked;
  if (other_session.requested || mine.notified) {
    swap_notices(asked, named);
  } else {
    whole = absorb(asked, named, answer.request);
  }
  if (comparable) {
    check_parameters(whole);
  } else {
    doubt_parameters(in);
  }
  return whole;
}

Id<Procedure> Sessions::take_response(const Incoming& in, const Answer& answer) {
  const TextView id = in.readable ? text_of(in.message, Parameter::session_id) : std::nullopt;
  Id<Procedure> handle = kNone;
  const Id<Request> asked = answer.paired() ? answer.request : answer.repeated;
  if (asked != kNone &&
      parts_.procedures.valid(parts_.requests[asked].procedure, parts_.requests[asked].procedure_id)) {
    handle = parts_.requests[asked].procedure;
  }
  if (!in.readable && !answer.certain()) parts_.identities.note_unread_answer(in.connection);
  const Outcome outcome = outcome_of(in.message);
  const Id<Procedure> own = handle, named = named_by(in, handle);
  if (handle == kNone) handle = named;
  if (answer.mismatch) return handle;
  if (named != kNone) {
    const bool again = own != named && perhaps_used_again(named, own);
    const bool latest = !id || find(id) == named || surely_pairs(in, answer);
    check_response(in, named, outcome, again || !latest);
  } else if (handle != kNone && !id) {
    check_unnamed_response(in, handle, outcome,
                           surely_pairs(in, answer) && parts_.procedures.session(handle).sole);
  }
  if (!answer.paired() && named != kNone && outcome == Outcome::failure)
    parts_.procedures.session(named).answer_unsure = true;
  if (!answer.paired() || handle == kNone) return handle;
  if (id && parts_.procedures.session(handle).requested) handle = confirm(in, handle, named, *id, answer);
  Session& session = parts_.procedures.session(handle);
  // A request that an ambiguous answer took away may be the one that a later notification is for.
  const List<Procedure>* waiting = waiting_.find(applications_key(session.asked));
  if (!answer.ambiguous || (waiting != nullptr && waiting->count > kUnsureKept)) stop_waiting(handle);
  if (session.answered) return handle;
  session.answered = true;
  session.answer_unsure = !in.readable;
  session.outcome = outcome;
  session.request_result = result_of(in.message);
  session.destination_km = text_of(in.message, Parameter::destination_km_id);
  refresh(handle);
  return handle;
}

/// The Session ID of a session that has failed may be given to another one, and the 0x4107 that answers the
/// request `own` may tell of that one, whose notification was not captured.
bool Sessions::perhaps_used_again(Id<Procedure> named, Id<Procedure> own) const {
  const Session& session = parts_.procedures.session(named);
  if (session.answered) return true;
  return own != kNone && session.requested &&
         !same_applications(session.asked, parts_.procedures.session(own).asked);
}

/// premature-session-response and session-outcome-conflict: the 0x4107 against the 0x1409 of its session, or
/// `perhaps` of another one that had the same Session ID.
void Sessions::check_response(const Incoming& in, Id<Procedure> handle, Outcome outcome, bool perhaps) {
  Session& session = parts_.procedures.session(handle);
  if (!session.notified) return;
  const bool decidable =
      session.notice_answered || (seen_whole(parts_.procedures[handle]) && !perhaps_accepted(session));
  const bool gave_up = outcome == Outcome::failure && waited_in_vain(session, in);
  if (session.notice_answered || gave_up || !decidable) {
    check_premature(in.ref, session, session.notice_answered || gave_up, decidable);
  } else if (!session.early_response) {
    // What follows on the other connection tells: the 0x1409, a hole, the end.
    session.early_response = in.ref;
  }
  if (!session.notice_answered) return;
  // What failed may have been told, and its Session ID have been given to another session, where neither that
  // answer nor the other notification was captured.
  const bool told_unseen = !in.connection.whole() || !parts_.identities.seen_whole(in.connection);
  const bool used_unseen = told_unseen && !seen_since_notice(session);
  const check::OutcomeFacts facts{
      outcome, session.notice_outcome,
      session.notification_result ? *session.notification_result : std::string_view{},
      !session.notice_unsure && !session.reused && !perhaps && !used_unseen};
  parts_.verdicts.take(Rule::session_outcome_conflict, check::session_outcome_conflict(facts), in.ref);
}

/// The destination KM's time to answer is over, or its connection is.
bool Sessions::waited_in_vain(const Session& session, const Incoming& in) const {
  const Connection& notified = connections_[session.notice_connection];
  const bool gone = notified.id != session.notice.connection || notified.closed || notified.sides[0].ended ||
                    notified.sides[1].ended;
  return gone || elapsed(session.notice.at.passed_ns(), in.ref.at.passed_ns()).value_or(0) >
                     parts_.options.response_timeout_ns;
}

void Sessions::check_premature(const MessageRef& response, const Session& session, bool answered,
                               bool decidable, std::optional<std::uint32_t> procedure) {
  parts_.verdicts.take(Rule::premature_session_response,
                       check::premature_session_response(session.notice.at.frame, answered, decidable),
                       response, procedure);
}

/// A 0x4107 without a Session ID: only its pair tells whose it is.
void Sessions::check_unnamed_response(const Incoming& in, Id<Procedure> handle, Outcome outcome,
                                      bool certain) {
  if (certain) return check_response(in, handle, outcome, false);
  const Session& session = parts_.procedures.session(handle);
  if (session.notified) check_premature(in.ref, session, false, false);
  if (session.notice_answered)
    parts_.verdicts.take(Rule::session_outcome_conflict, check::session_outcome_conflict({}), in.ref);
}

void Sessions::fail(Id<Procedure> handle, Exchange exchange, const std::string& result) {
  Session& session = parts_.procedures.session(handle);
  if (exchange == Exchange::session_creation) {
    if (session.answered) return;
    stop_waiting(handle);
    session.answered = true;
    session.outcome = Outcome::failure;
    session.request_result = result;
  } else {
    if (session.notice_answered) return;
    session.notice_answered = true;
    session.notice_outcome = Outcome::failure;
    session.notification_result = result;
    session.early_response.reset();
  }
  refresh(handle);
}

}  // namespace ck::audit
