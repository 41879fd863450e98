// Sessions across connections and controllers.
#include "audit/session.h"

#include <fmt/format.h>

#include <utility>

namespace ck {
namespace {

constexpr std::size_t kAssociationsKept = 8;   ///< KMs that one session is notified to
constexpr std::uint32_t kWaitingLooked = 256;  ///< sessions of the same two applications that are looked at

std::uint64_t id_key(std::string_view id) {
  return digest_of(id, 6);
}

Applications applications(const Identifiers& ids) {
  const auto value = [&ids](Parameter id) { return ids.has(id) ? ids.get(id) : 0; };
  return {value(Parameter::application_source_id), value(Parameter::application_destination_id)};
}

std::uint64_t applications_key(const Applications& apps) {
  return digest_of(apps.source, apps.destination);
}

bool same_applications(const Applications& a, const Applications& b) {
  return a.agree(b);
}

bool same_number(const std::optional<std::int64_t>& a, const std::optional<std::int64_t>& b) {
  return !a || !b || *a == *b;
}

bool of_notice(std::uint16_t command) {
  return (command & 0xFF) == 8 || (command & 0xFF) == 9;
}

}  // namespace

Handle Sessions::find(const TextView& session_id) const {
  if (!session_id) return kNone;
  const Handle* found = by_id_.find(id_key(*session_id));
  return found == nullptr ? kNone : *found;
}

void Sessions::let_go(Handle handle) {
  forgot_ = true;
  stop_waiting(handle);
  Session& session = parts_.procedures.session(handle);
  if (session.session_id && find(session.session_id) == handle) by_id_.erase(id_key(*session.session_id));
  for (const Handle association : session.notice_associations)
    parts_.identities.release_association(association);
}

void Sessions::wait(Handle handle) {
  Session& session = parts_.procedures.session(handle);
  session.waiting = true;
  parts_.procedures.enlist(waiting_[applications_key(session.asked)], handle);
}

void Sessions::stop_waiting(Handle handle) {
  Session& session = parts_.procedures.session(handle);
  if (!session.waiting) return;
  session.waiting = false;
  const std::uint64_t key = applications_key(session.asked);
  List* list = waiting_.find(key);
  parts_.procedures.delist(*list, handle);
  if (list->count == 0) waiting_.erase(key);
}

void Sessions::refresh(Handle handle) {
  const SessionState state = state_of(parts_.procedures.session(handle));
  parts_.procedures.set_finished(handle, state == SessionState::established ||
                                             state == SessionState::failed ||
                                             state == SessionState::answered);
}

Handle Sessions::take_request(const Incoming& in) {
  if (!in.readable) return kNone;
  Session session;
  session.application_source = text_of(in.message, Parameter::application_source_id);
  session.application_destination = text_of(in.message, Parameter::application_destination_id);
  session.number_of_keys = session.asked_number = number_of(in.message, Parameter::number_of_keys);
  session.requested = true;
  session.asked = applications(in.ids);
  const Handle handle = parts_.procedures.make(std::move(session), in.ref);
  wait(handle);
  return handle;
}

std::optional<Identifiers> Sessions::applications_of(const Message& message) const {
  const Handle handle = find(text_of(message, Parameter::session_id));
  if (handle == kNone) return std::nullopt;
  const Session& session = parts_.procedures.session(handle);
  if (!session.notified) return std::nullopt;
  Identifiers ids;
  if (session.told.source != 0) ids.set(Parameter::application_source_id, session.told.source);
  if (session.told.destination != 0) ids.set(Parameter::application_destination_id, session.told.destination);
  return ids;
}

/// The oldest session asked for by the same applications that has no notification yet; one with the same
/// number of keys first. `changed`: no number fits, whichever of them is meant.
Handle Sessions::find_waiting(const Applications& told, std::optional<std::int64_t> number, bool& changed) {
  const List* list = waiting_.find(applications_key(told));
  if (list == nullptr || (told.source == 0 && told.destination == 0)) return kNone;
  Handle fitting = kNone, any = kNone;
  bool elsewhere = false;
  std::uint32_t budget = kWaitingLooked;
  for (Handle handle = list->head; handle != kNone && budget > 0; --budget) {
    const Session& session = parts_.procedures.session(handle);
    const Handle here = std::exchange(handle, parts_.procedures[handle].by_applications.after);
    const bool fits = same_number(session.asked_number, number);
    if (session.notified) {
      elsewhere = elsewhere || fits;
      continue;
    }
    if (any == kNone) any = here;
    if (fits && fitting == kNone) fitting = here;
    if (session.asked_number && number && *session.asked_number == *number) return here;
  }
  changed = fitting == kNone && any != kNone && !elsewhere && budget > 0;
  return fitting != kNone ? fitting : any;
}

void Sessions::give_id(Handle handle, std::string_view id) {
  Session& session = parts_.procedures.session(handle);
  if (session.session_id && *session.session_id != id && find(session.session_id) == handle)
    by_id_.erase(id_key(*session.session_id));
  session.session_id = id;
  by_id_[id_key(id)] = handle;
}

void Sessions::attach_notice(Handle handle, const Incoming& in) {
  Session& session = parts_.procedures.session(handle);
  session.notified = true;
  session.told = applications(in.ids);
  session.told_number = number_of(in.message, Parameter::number_of_keys);
  session.notice = in.ref;
  session.notice_connection = in.handle;
  parts_.identities.note_begun(in.connection, handle, parts_.procedures[handle].id);
  note_association(session, in.connection.association);
  session.source_km = text_of(in.message, Parameter::source_km_id);
  if (!session.application_source)
    session.application_source = text_of(in.message, Parameter::application_source_id);
  if (!session.application_destination)
    session.application_destination = text_of(in.message, Parameter::application_destination_id);
  if (!session.number_of_keys) session.number_of_keys = session.told_number;
}

void Sessions::note_association(Session& session, Handle association) {
  if (session.notice_associations.size() >= kAssociationsKept) return;
  parts_.identities.hold_association(association);
  session.notice_associations.push_back(association);
}

void Sessions::move(Handle handle, Handle from, Handle to) {
  const Association& before = parts_.identities.association_at(from);
  for (Handle& association : parts_.procedures.session(handle).notice_associations) {
    if (&parts_.identities.association_at(association) != &before) continue;
    parts_.identities.hold_association(to);
    parts_.identities.release_association(std::exchange(association, to));
  }
}

bool Sessions::notified_on(Session& session, const Association& association) {
  for (Handle& handle : session.notice_associations) {
    if (&parts_.identities.association_at(handle) == &association) return true;
  }
  return false;
}

void Sessions::judge_reuse(const Incoming& in, bool reused, const TextView& id) {
  if (!id) return;
  if (!reused) {
    parts_.ledger.kept(Rule::session_id_reused);
    return;
  }
  Finding finding = finding_at(in.ref);
  finding.parameter = parameter(Parameter::session_id).name;
  finding.text = fmt::format("Session ID \"{}\" already names a session of other applications", *id);
  parts_.ledger.broken(Rule::session_id_reused, std::move(finding));
}

Handle Sessions::take_notification(const Incoming& in) {
  const TextView id = in.readable ? text_of(in.message, Parameter::session_id) : std::nullopt;
  if (!id) parts_.identities.association(in.connection).unnamed_sessions = true;
  if (!in.readable) return kNone;
  const Applications told = applications(in.ids);
  const Handle known = find(id);
  if (known != kNone) {
    Session& session = parts_.procedures.session(known);
    const bool failed = state_of(session) == SessionState::failed;
    const bool same = same_applications(session.notified ? session.told : session.asked, told);
    judge_reuse(in, !same && !failed, id);
    if (same && !(failed && session.answered)) {
      if (session.notified) {  // told again, perhaps because the first time came to nothing
        if (!session.answered) session.notice_answered = false;
        parts_.identities.note_begun(in.connection, known, parts_.procedures[known].id);
        if (!notified_on(session, parts_.identities.association(in.connection)))
          note_association(session, in.connection.association);
        refresh(known);
        return known;
      }
      attach_notice(known, in);
      judge_parameters(known);
      return known;
    }
  } else {
    judge_reuse(in, false, id);
  }
  bool changed = false;
  Handle handle = find_waiting(told, number_of(in.message, Parameter::number_of_keys), changed);
  const bool found = handle != kNone;
  if (!found) handle = parts_.procedures.make(Session{}, in.ref);
  attach_notice(handle, in);
  if (id) give_id(handle, *id);
  if (found) {
    const Session& session = parts_.procedures.session(handle);
    if (changed && !session.unsure) {
      parts_.procedures.session(handle).number_differs = true;
    } else if (same_number(session.asked_number, session.told_number)) {
      judge_parameters(handle);
    } else {
      parts_.ledger.undecidable(Rule::session_parameters_changed);
    }
  }
  return handle;
}

/// The 0x4108 against its 0x1406; the finding stands at the 0x4108.
void Sessions::judge_parameters(Handle handle) {
  const Procedure& procedure = parts_.procedures[handle];
  const Session& session = parts_.procedures.session(handle);
  if (!session.requested || !session.notified) return;
  std::string_view what;
  const Applications &asked = session.asked, &told = session.told;
  if (asked.source != 0 && told.source != 0 && asked.source != told.source) {
    what = parameter(Parameter::application_source_id).name;
  } else if (!asked.agree(told)) {
    what = parameter(Parameter::application_destination_id).name;
  }
  if (what.empty() && !same_number(session.asked_number, session.told_number))
    what = parameter(Parameter::number_of_keys).name;
  if (what.empty()) {
    parts_.ledger.kept(Rule::session_parameters_changed);
    return;
  }
  parts_.ledger.broken(Rule::session_parameters_changed, parameters_changed(procedure, what));
}

bool Sessions::is_foreign(const Incoming& in) {
  const TextView id = in.readable ? text_of(in.message, Parameter::session_id) : std::nullopt;
  if (!id) return false;
  const Handle handle = find(id);
  Association& mine = parts_.identities.association(in.connection);
  if (handle != kNone) {
    Session& session = parts_.procedures.session(handle);
    if (notified_on(session, mine)) {
      parts_.ledger.kept(Rule::unknown_session);
      return false;
    }
  }
  if (!in.connection.whole() || !mine.whole || mine.unnamed_sessions || forgot_ ||
      parts_.identities.blurred(in.connection)) {
    parts_.ledger.undecidable(Rule::unknown_session);
    return true;
  }
  Finding finding = finding_at(in.ref);
  finding.parameter = parameter(Parameter::session_id).name;
  finding.text = fmt::format("no session creation notification to this KM had the Session ID \"{}\"", *id);
  parts_.ledger.broken(Rule::unknown_session, std::move(finding));
  return true;
}

Handle Sessions::take_notification_response(const Incoming& in, const Answer& answer, bool foreign) {
  Handle handle = kNone;
  const Handle asked = answer.paired() ? answer.request : answer.repeated;
  if (asked != kNone &&
      parts_.procedures.valid(parts_.requests[asked].procedure, parts_.requests[asked].procedure_id)) {
    handle = parts_.requests[asked].procedure;
  }
  const Handle named = in.readable ? find(text_of(in.message, Parameter::session_id)) : kNone;
  if (foreign && !answer.certain()) {
    // Of connections that cannot be told apart this may be the notified KM's.
    if (named != kNone && parts_.identities.blurred(in.connection))
      parts_.procedures.session(named).perhaps_answered = true;
    return handle;
  }
  if (named != kNone) handle = named;
  if (handle == kNone || !answer.paired()) return handle;
  Session& session = parts_.procedures.session(handle);
  if (session.notice_answered) return handle;
  session.notice_answered = true;
  if (session.early_response && (order_unclear(session.early_response->at, in.ref.at, parts_.options) ||
                                 !seen_whole(parts_.procedures[handle]))) {
    parts_.ledger.undecidable(Rule::premature_session_response);
  } else if (session.early_response) {
    parts_.ledger.broken(Rule::premature_session_response,
                         premature_response(parts_.procedures[handle], *session.early_response));
  }
  session.early_response.reset();
  session.notice_outcome = outcome_of(in.message);
  session.notification_result = text_of(in.message, Parameter::response);
  refresh(handle);
  return handle;
}

namespace {

/// Gives `to` what the destination's side told of `from`.
void move_notice_facts(Session& from, Session& to) {
  to.notified = std::exchange(from.notified, false);
  to.notice_answered = std::exchange(from.notice_answered, false);
  to.perhaps_answered = std::exchange(from.perhaps_answered, false);
  to.told = std::exchange(from.told, {});
  to.told_number = std::exchange(from.told_number, std::nullopt);
  to.notice = from.notice;
  to.notice_connection = std::exchange(from.notice_connection, kNone);
  to.notice_associations = std::exchange(from.notice_associations, {});
  to.notice_outcome = std::exchange(from.notice_outcome, Outcome::unknown);
  to.notification_result = std::exchange(from.notification_result, std::nullopt);
  to.early_response = std::exchange(from.early_response, std::nullopt);
  from.number_differs = to.number_differs = false;
  to.source_km = std::exchange(from.source_km, std::nullopt);
  to.session_id = std::exchange(from.session_id, std::nullopt);
  if (!to.application_source) to.application_source = from.application_source;
  if (!to.application_destination) to.application_destination = from.application_destination;
  if (!to.number_of_keys) to.number_of_keys = to.told_number;
}

}  // namespace

std::vector<MessageRef> Sessions::take_notice_events(Handle handle) {
  std::vector<MessageRef> stay, go;
  for (const MessageRef& event : parts_.procedures[handle].events)
    (of_notice(event.command) ? go : stay).push_back(event);
  parts_.procedures[handle].events = std::move(stay);
  return go;
}

void Sessions::give_events(const std::vector<MessageRef>& events, std::uint32_t from, Handle to) {
  for (const MessageRef& event : events) {
    parts_.procedures.add(to, event);
    const Procedure& target = parts_.procedures[to];
    parts_.ledger.sink().joined(target.id, ProcedureKind::session, target.state(), event, from);
  }
}

/// Exchanges what the destinations' sides told of two sessions, Session IDs included.
void Sessions::swap_notices(Handle a, Handle b) {
  Session& first = parts_.procedures.session(a);
  Session& second = parts_.procedures.session(b);
  Session spare;
  move_notice_facts(first, spare);
  move_notice_facts(second, first);
  move_notice_facts(spare, second);
  for (const Handle handle : {a, b}) {
    const Text& id = parts_.procedures.session(handle).session_id;
    if (id) by_id_[id_key(*id)] = handle;
  }
  const std::vector<MessageRef> from_first = take_notice_events(a);
  const std::vector<MessageRef> from_second = take_notice_events(b);
  give_events(from_second, parts_.procedures[b].id, a);
  give_events(from_first, parts_.procedures[a].id, b);
  refresh(b);
}

/// A 0x4107 tells that the session `asked` has the Session ID which belonged to the session `named` so far,
/// if any.
void Sessions::confirm(const Incoming& in, Handle asked, Handle named, std::string_view id,
                       const Answer& answer) {
  stop_waiting(asked);
  parts_.procedures.session(asked).confirmed = true;
  Session& mine = parts_.procedures.session(asked);
  // Another request of these applications may not have been captured, unless the MessageID says whose this
  // is.
  const bool whose = in.connection.whole() || in.connection.sides[in.message.sender].echoing();
  const bool certain = answer.certain() && whose &&
                       !in.connection.ambiguous[static_cast<std::size_t>(Exchange::session_creation)];
  if (named == asked) {
    judge_reuse(in, false, id);
    if (!std::exchange(mine.number_differs, false)) return;
    if (certain) {
      judge_parameters(asked);
    } else {
      parts_.ledger.undecidable(Rule::session_parameters_changed);
    }
    return;
  }
  if (named == kNone) {
    if (mine.notified && mine.session_id &&
        *mine.session_id != id) {  // that notification was another session's
      swap_notices(asked, parts_.procedures.make(Session{}, mine.notice));
    }
    judge_reuse(in, false, id);
    give_id(asked, id);
    return;
  }
  Session& other_session = parts_.procedures.session(named);
  const bool failed = state_of(other_session) == SessionState::failed;
  if (other_session.confirmed ||
      (other_session.requested && !same_applications(other_session.asked, mine.asked))) {
    const bool reused = !failed && !same_applications(other_session.asked, mine.asked);
    if (!answer.certain()) return;
    judge_reuse(in, reused, id);
    if (reused && other_session.notified) {
      mine.session_id = id;  // whose it is was told before: what follows of that session is right
    } else {
      give_id(asked, id);
    }
    return;
  }
  judge_reuse(in, false, id);
  mine.unsure = other_session.unsure = !certain;
  if (other_session.requested) {
    swap_notices(asked, named);
  } else {
    const bool emptied = !mine.notified;
    swap_notices(asked, named);
    if (emptied) parts_.procedures.remove(named, asked);  // all it had is the other session's
  }
  if (certain) {
    judge_parameters(asked);
  } else {
    parts_.ledger.undecidable(Rule::session_parameters_changed);
  }
}

Handle Sessions::take_response(const Incoming& in, const Answer& answer) {
  const TextView id = in.readable ? text_of(in.message, Parameter::session_id) : std::nullopt;
  const Handle named = find(id);
  Handle handle = kNone;
  const Handle asked = answer.paired() ? answer.request : answer.repeated;
  if (asked != kNone &&
      parts_.procedures.valid(parts_.requests[asked].procedure, parts_.requests[asked].procedure_id)) {
    handle = parts_.requests[asked].procedure;
  }
  const Outcome outcome = outcome_of(in.message);
  if (handle == kNone) handle = named;
  if (named != kNone) {
    judge_response(in, named, outcome);
  } else if (handle != kNone && !id) {
    judge_unnamed_response(in, handle, outcome, answer.certain());
  }
  if (!answer.paired() || handle == kNone || answer.mismatch) return handle;
  if (id && parts_.procedures.session(handle).requested) confirm(in, handle, named, *id, answer);
  stop_waiting(handle);
  Session& session = parts_.procedures.session(handle);
  if (session.answered) return handle;
  session.answered = true;
  session.outcome = outcome;
  session.request_result = text_of(in.message, Parameter::response);
  session.destination_km = text_of(in.message, Parameter::destination_km_id);
  refresh(handle);
  return handle;
}

bool Sessions::seen_whole(const Procedure& procedure) const {
  const Session& session = std::get<Session>(procedure.what);
  const Connection& notified = connections_[session.notice_connection];
  const bool unfinished = notified.sides[notified.km_side].unfinished;  // it may be the 0x1409
  const bool hidden = notified.sides[notified.km_side].hidden() > 0;
  return notified.id == session.notice.connection && notified.whole() && !unfinished && !hidden &&
         !session.perhaps_answered &&
         !notified.ambiguous[static_cast<std::size_t>(Exchange::session_notification)];
}

/// premature-session-response and session-outcome-conflict: the 0x4107 against the 0x1409 of its session.
void Sessions::judge_response(const Incoming& in, Handle handle, Outcome outcome) {
  Session& session = parts_.procedures.session(handle);
  if (!session.notified) return;
  if (session.notice_answered) {
    parts_.ledger.kept(Rule::premature_session_response);
  } else if (!seen_whole(parts_.procedures[handle])) {
    parts_.ledger.undecidable(Rule::premature_session_response);
  } else if (!session.early_response) {
    session.early_response =
        in.ref;  // what follows on the other connection tells: the 0x1409, a hole, the end
  }
  if (!session.notice_answered) return;
  if (outcome == Outcome::unknown || session.notice_outcome == Outcome::unknown) {
    parts_.ledger.undecidable(Rule::session_outcome_conflict);
  } else if (outcome == Outcome::success && session.notice_outcome == Outcome::failure) {
    Finding finding = finding_at(in.ref);
    finding.parameter = parameter(Parameter::response).name;
    finding.text = fmt::format("the response says success, yet the destination KM said \"{}\"",
                               session.notification_result.value_or(""));
    parts_.ledger.broken(Rule::session_outcome_conflict, std::move(finding));
  } else {
    parts_.ledger.kept(Rule::session_outcome_conflict);
  }
}

/// A 0x4107 without a Session ID: only its pair tells whose it is.
void Sessions::judge_unnamed_response(const Incoming& in, Handle handle, Outcome outcome, bool certain) {
  if (certain) return judge_response(in, handle, outcome);
  const Session& session = parts_.procedures.session(handle);
  if (session.notified) parts_.ledger.undecidable(Rule::premature_session_response);
  if (session.notice_answered) parts_.ledger.undecidable(Rule::session_outcome_conflict);
}

}  // namespace ck
