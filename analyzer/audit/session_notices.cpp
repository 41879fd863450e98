// The destination KM's part of a session: 0x4108, 0x1409, and what is known by them.

#include <utility>

#include "audit/rules/session.h"
#include "audit/session.h"

namespace ck::audit {
namespace {

constexpr std::size_t kAssociationsKept = 8;  ///< KMs that one session is notified to
constexpr std::size_t kNoticesKept = 16;      ///< 0x4108 of one session

/// Of the exchange by which the destination KM is told, under either direction's digits.
bool of_notice(std::uint16_t command) {
  return number_of(command) == number_of(Command::session_notification) ||
         number_of(command) == number_of(Command::session_notification_response);
}

}  // namespace

void Sessions::attach_notice(Id<Procedure> handle, const Incoming& in) {
  Session& session = parts_.procedures.session(handle);
  session.notified = true;
  session.told = applications(in.ids);
  session.told_number = integer_of(in.message, Parameter::number_of_keys);
  session.notice = in.ref;
  session.notice_connection = in.handle;
  const TextView id = text_of(in.message, Parameter::session_id);
  session.told_key = id ? id_key(*id) : 0;
  parts_.identities.note_provisional(in.connection, handle, parts_.procedures[handle].id);
  note_association(handle, in);
  session.source_km = text_of(in.message, Parameter::source_km_id);
  if (!session.application_source)
    session.application_source = text_of(in.message, Parameter::application_source_id);
  if (!session.application_destination)
    session.application_destination = text_of(in.message, Parameter::application_destination_id);
  if (!session.number_of_keys) session.number_of_keys = session.told_number;
}

void Sessions::note_association(Id<Procedure> handle, const Incoming& in) {
  Session& session = parts_.procedures.session(handle);
  Association& mine = parts_.identities.association(in.connection);
  bool known = false;
  for (HeldAssociation& association : session.notice_associations)
    known = known || &parts_.identities.association_at(association) == &mine;
  if (!known && session.notice_associations.size() >= kAssociationsKept) {
    mine.unnamed_sessions = true;
    return;
  }
  if (!known) session.notice_associations.push_back(in.connection.association.share());
  session.faults_around = parts_.identities.faults_around(in.connection);
  if (session.told_key != 0) mine.sessions[session.told_key] = handle;
}

void Sessions::add_notice_request(Id<Procedure> handle, Id<Request> request) {
  auto& requests = parts_.procedures.session(handle).notice_requests;
  if (requests.size() < kNoticesKept) requests.emplace_back(request, parts_.requests[request].ref.index);
}

/// What a notification left in other places means this session from now on.
void Sessions::enter_notices(Id<Procedure> handle) {
  Session& session = parts_.procedures.session(handle);
  if (session.session_id) by_id_[id_key(*session.session_id)] = handle;
  if (!session.notified) return;
  for (HeldAssociation& association : session.notice_associations) {
    if (session.told_key != 0)
      parts_.identities.association_at(association).sessions[session.told_key] = handle;
  }
  for (const auto& [request, index] : session.notice_requests) {
    if (parts_.requests[request].ref.index != index) continue;
    parts_.requests[request].procedure = handle;
    parts_.requests[request].procedure_id = parts_.procedures[handle].id;
  }
  Connection& connection = connections_[session.notice_connection];
  if (connection.id == session.notice.connection)
    parts_.identities.note_provisional(connection, handle, parts_.procedures[handle].id);
}

void Sessions::move(Id<Procedure> handle, HeldAssociation& from, HeldAssociation& to) {
  const Association& before = parts_.identities.association_at(from);
  for (HeldAssociation& association : parts_.procedures.session(handle).notice_associations) {
    if (&parts_.identities.association_at(association) != &before) continue;
    const std::uint64_t key = parts_.procedures.session(handle).told_key;
    FlatMap<Id<Procedure>>& known = parts_.identities.association_at(from).sessions;
    if (const Id<Procedure>* found = known.find(key); found != nullptr && *found == handle) {
      known.erase(key);
      parts_.identities.association_at(to).sessions[key] = handle;
    }
    association = to.share();
  }
}

Id<Procedure> Sessions::take_notification(const Incoming& in) {
  const TextView id = in.readable ? text_of(in.message, Parameter::session_id) : std::nullopt;
  if (!id) parts_.identities.association(in.connection).unnamed_sessions = true;
  if (!in.readable) return kNone;
  const Applications told = applications(in.ids);
  const Id<Procedure> known = find(id);
  bool reused = false;
  if (known != kNone) {
    Session& session = parts_.procedures.session(known);
    const bool failed = state_of(session) == SessionState::failed;
    const bool same = same_applications(session.notified ? session.told : session.asked, told);
    reused = !same && !failed;
    check_reuse(in, reused ? &session : nullptr, id);
    if (same && !(failed && session.answered)) {
      if (session.notified) {  // told again, perhaps because the first time came to nothing
        check_repeated(in, known);
        if (!session.answered) session.notice_answered = false;
        parts_.identities.note_provisional(in.connection, known, parts_.procedures[known].id);
        note_association(known, in);
        refresh(known);
        return known;
      }
      attach_notice(known, in);
      check_parameters(known,
                       parts_.identities.hidden_runs() == 0 && !parts_.identities.session_order_unclear());
      return known;
    }
  } else {
    check_reuse(in, nullptr, id);
  }
  const Waiting waiting = find_waiting(told, integer_of(in.message, Parameter::number_of_keys));
  const bool found = waiting.session != kNone;
  const Id<Procedure> handle = found ? waiting.session : parts_.procedures.make(Session{}, in.ref);
  attach_notice(handle, in);
  Session& session = parts_.procedures.session(handle);
  session.sole = waiting.sole;
  session.reused = reused;
  if (id) give_id(handle, *id);
  if (found) {
    const bool agrees = same_number(session.asked_number, session.told_number);
    if (!agrees || !session.asked_whole || !in.connection.whole())
      session.spare_id = parts_.procedures.set_id_aside();
    if (waiting.changed && !session.unsure) {
      session.number_differs = true;
    } else if (agrees) {
      check_parameters(handle);
    } else {
      doubt_parameters(in);
    }
  }
  return handle;
}

/// A repeated notification that differs from the first is checked like it, an equal one is not.
void Sessions::check_repeated(const Incoming& in, Id<Procedure> handle) {
  const Session& session = parts_.procedures.session(handle);
  const std::optional<std::int64_t> number = integer_of(in.message, Parameter::number_of_keys);
  if (!session.requested || !number || number == session.told_number || !session.asked_number) return;
  const bool decidable = !session.unsure && !session.number_differs && !session.reused;
  const std::string_view changed =
      number == session.asked_number ? std::string_view{} : parameter(Parameter::number_of_keys).name;
  parts_.verdicts.take(Rule::session_parameters_changed,
                       check::session_parameters_changed(changed, decidable), in.ref,
                       parts_.procedures[handle].id);
}

/// It cannot be told which request a notification is for.
void Sessions::doubt_parameters(const Incoming& in) {
  parts_.verdicts.take(Rule::session_parameters_changed, check::session_parameters_changed({}, false),
                       in.ref);
}

/// The 0x4108 against its 0x1406; the finding stands at the 0x4108. Not `surely`: another 0x1406 of the same
/// applications may lie in bytes that could not be read.
void Sessions::check_parameters(Id<Procedure> handle, bool surely) {
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
  parts_.verdicts.take(Rule::session_parameters_changed,
                       check::session_parameters_changed(what, what.empty() || surely), session.notice,
                       procedure.id);
}

/// The notification may be for a request that nobody saw, on any connection.
void Sessions::check_end(const Procedure& procedure, Verdicts& verdicts) const {
  const Session& session = std::get<Session>(procedure.what);
  if (!session.number_differs) return;
  const bool decidable = parts_.identities.all_seen() && seen_whole(procedure);
  verdicts.take(Rule::session_parameters_changed,
                check::session_parameters_changed(parameter(Parameter::number_of_keys).name, decidable),
                session.notice, procedure.id);
}

bool Sessions::is_foreign(const Incoming& in) {
  const TextView id = in.readable ? text_of(in.message, Parameter::session_id) : std::nullopt;
  if (!id) return false;
  const Association& mine = parts_.identities.association(in.connection);
  const bool known = mine.sessions.find(id_key(*id)) != nullptr;
  const bool decidable = known || (in.connection.whole() && parts_.identities.seen_whole(in.connection) &&
                                   !mine.unnamed_sessions && !forgot_ &&
                                   !in.connection.sides[other(in.message.sender)].has_on_its_way() &&
                                   !parts_.identities.blurred(in.connection));
  parts_.verdicts.take(Rule::unknown_session, check::unknown_session(*id, known, decidable), in.ref);
  return !known;
}

Id<Procedure> Sessions::take_notification_response(const Incoming& in, const Answer& answer, bool foreign) {
  Id<Procedure> handle = kNone;
  const Id<Request> asked = answer.paired() ? answer.request : answer.repeated;
  if (asked != kNone &&
      parts_.procedures.valid(parts_.requests[asked].procedure, parts_.requests[asked].procedure_id)) {
    handle = parts_.requests[asked].procedure;
  }
  if (!in.readable && !answer.certain()) parts_.identities.note_unread_answer(in.connection);
  const TextView id = in.readable ? text_of(in.message, Parameter::session_id) : std::nullopt;
  if (foreign && !answer.certain()) {
    // Of connections that cannot be told apart this may be the notified KM's.
    const Id<Procedure> elsewhere = find(id);
    if (elsewhere != kNone && parts_.identities.blurred(in.connection))
      parts_.procedures.session(elsewhere).perhaps_answered = true;
    const auto note = [this](const Request& request) {
      if (parts_.procedures.valid(request.procedure, request.procedure_id))
        parts_.procedures.session(request.procedure).perhaps_answered = true;
    };
    if (answer.perhaps != kNone) note(parts_.requests[answer.perhaps]);
    if (answer.perhaps_any)
      parts_.requests.for_each_open(in.connection.queue, Exchange::session_notification, note);
    return handle;
  }
  const Id<Procedure>* known =
      id ? parts_.identities.association(in.connection).sessions.find(id_key(*id)) : nullptr;
  const bool own = handle != kNone && id && parts_.procedures.session(handle).told_key == id_key(*id);
  const bool named = own || known != nullptr;
  if (!own && known != nullptr) handle = *known;
  if (handle == kNone) return handle;
  Session& session = parts_.procedures.session(handle);
  if (!answer.paired()) {
    if (named && !answer.again) perhaps_answer(session);
    return handle;
  }
  if (session.notice_answered && !(session.notice_unsure && named)) return handle;
  session.notice_unsure = answer.ambiguous && !named;
  session.notice_answered = true;
  session.notice_unread = !in.readable;
  if (session.early_response) {
    const bool decidable = !order_unclear(session.early_response->at, in.ref.at, parts_.options) &&
                           seen_whole(parts_.procedures[handle]);
    check_premature(*session.early_response, session, false, decidable, parts_.procedures[handle].id);
  }
  session.early_response.reset();
  session.notice_outcome = outcome_of(in.message);
  session.notification_result = result_of(in.message);
  refresh(handle);
  return handle;
}

/// A 0x1409 that was not paired names this session: whether it is answered is not to be told.
void Sessions::perhaps_answer(Session& session) {
  session.perhaps_answered = true;
  for (const auto& [request, index] : session.notice_requests) {
    if (parts_.requests[request].ref.index == index) parts_.requests[request].perhaps_answered = true;
  }
}

namespace {

/// Gives `to` what the destination's side told of `from`.
void move_notice_facts(Session& from, Session& to) {
  to.notified = std::exchange(from.notified, false);
  to.notice_answered = std::exchange(from.notice_answered, false);
  to.notice_unsure = std::exchange(from.notice_unsure, false);
  to.notice_unread = std::exchange(from.notice_unread, false);
  to.perhaps_answered = std::exchange(from.perhaps_answered, false);
  to.reused = std::exchange(from.reused, false);
  to.sole = from.sole = false;
  to.faults_around = from.faults_around;
  to.told_key = std::exchange(from.told_key, 0);
  to.notice_requests = std::exchange(from.notice_requests, {});
  to.spare_id = std::exchange(from.spare_id, 0);
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

Events Sessions::take_notice_events(Id<Procedure> handle) {
  Events stay, go;
  for (const MessageRef& event : parts_.procedures[handle].events)
    (of_notice(event.command) ? go : stay).push_back(event);
  parts_.procedures[handle].events = std::move(stay);
  return go;
}

void Sessions::give_events(const Events& events, std::uint32_t from, Id<Procedure> to) {
  for (const MessageRef& event : events) {
    parts_.procedures.add(to, event);
    const Procedure& target = parts_.procedures[to];
    parts_.verdicts.sink().joined(target.id, target.state(), event, from);
  }
}

/// Exchanges what the destinations' sides told of two sessions, Session IDs included.
void Sessions::swap_notices(Id<Procedure> a, Id<Procedure> b) {
  Session& first = parts_.procedures.session(a);
  Session& second = parts_.procedures.session(b);
  Session spare;
  move_notice_facts(first, spare);
  move_notice_facts(second, first);
  move_notice_facts(spare, second);
  for (const Id<Procedure> handle : {a, b}) enter_notices(handle);
  const Events from_first = take_notice_events(a);
  const Events from_second = take_notice_events(b);
  give_events(from_second, parts_.procedures[b].id, a);
  give_events(from_first, parts_.procedures[a].id, b);
  refresh(b);
}

bool Sessions::seen_whole(const Procedure& procedure) const {
  const Session& session = std::get<Session>(procedure.what);
  return seen_since_notice(session) && connections_[session.notice_connection].whole();
}

/// Nothing that was said since in the association of the destination KM can have gone unseen.
bool Sessions::seen_since_notice(const Session& session) const {
  const Connection& notified = connections_[session.notice_connection];
  const bool unfinished = notified.sides[notified.km_side].unfinished;  // it may be the 0x1409
  const SideState& km = notified.sides[notified.km_side];
  const bool hidden = km.hidden() > 0 || km.has_on_its_way();
  return notified.id == session.notice.connection && !unfinished && !hidden &&
         parts_.identities.faults_around(notified) == session.faults_around &&
         (notified.grpc() || !parts_.identities.is_being_hidden(notified));
}

/// A 0x1409 that came may have been this session's.
bool Sessions::perhaps_accepted(const Session& session) const {
  const Connection& notified = connections_[session.notice_connection];
  return session.perhaps_answered || session.reused ||
         parts_.identities.in_doubt(notified, Exchange::session_notification);
}

}  // namespace ck::audit
