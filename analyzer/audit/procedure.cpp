// Procedures: numbers, bounds and records.
#include "audit/procedure.h"
#include "audit/rules/session.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace ck::audit {
namespace {

/// Messages of one procedure that are remembered: real ones have a handful.
constexpr std::size_t kEventsKept = 1024;
/// What the procedures that the options' bounds allow may hold together: those of ordinary messages hold
/// less.
constexpr std::size_t kMaxBytes = 128u << 20;

/// Fills a list anew, in the memory that it has.
class Route {
 public:
  explicit Route(std::vector<std::string>& kmas) : kmas_(kmas) {}
  ~Route() { kmas_.resize(size_); }
  Route(const Route&) = delete;
  Route& operator=(const Route&) = delete;
  /// The next KMA, unless it is the last one.
  void extend(std::string_view kma) {
    if (size_ != 0 && kmas_[size_ - 1] == kma) return;
    size_ < kmas_.size() ? void(kmas_[size_] = kma) : void(kmas_.emplace_back(kma));
    ++size_;
  }

 private:
  std::vector<std::string>& kmas_;
  std::size_t size_ = 0;
};

/// The KMAs from source to destination as far as known.
void tell_route(const Relay& relay, std::vector<std::string>& kmas) {
  Route route(kmas);
  if (relay.source) route.extend(*relay.source);
  for (const std::string& kma : relay.transit) route.extend(kma);
  for (std::size_t i = 0; i < relay.hops.size(); ++i) {
    if (i == 0 && !relay.source && relay.hops[0].requester) route.extend(*relay.hops[0].requester);
    const Hop& hop = relay.hops[i];
    const Text* next = i + 1 < relay.hops.size() ? &relay.hops[i + 1].requester : nullptr;
    if (next != nullptr && *next) {
      route.extend(**next);
    } else if (hop.offers.size() == 1) {
      route.extend(hop.offers.front());
    }
  }
  if (relay.destination) route.extend(*relay.destination);
}

/// Into the memory that the record has.
void tell_text(const Text& text, std::optional<std::string>& told) {
  if (!text) return told.reset();
  told ? void(told->assign(*text)) : void(told.emplace(*text));
}

template <class Record>
void begin_record(const Procedure& procedure, Record& record) {
  record.id = procedure.id;
  record.start_ns = procedure.start_ns;
  record.duration_ns = elapsed(procedure.start_ns, procedure.last_ns);
  if (record.duration_ns && *record.duration_ns < 0) record.duration_ns.reset();
  record.events.assign(procedure.events.begin(), procedure.events.end());
}

void tell_relay(const Procedure& procedure, const Relay& relay, RelayRecord& record, AuditSink& sink) {
  begin_record(procedure, record);
  record.state = relay.state;
  record.distributed = relay.distributed;
  tell_route(relay, record.route);
  tell_text(relay.source, record.source_kma_id);
  tell_text(relay.destination, record.destination_kma_id);
  tell_text(relay.application, record.application_destination_id);
  tell_text(relay.request_id, record.key_relay_request_id);
  tell_text(relay.result, record.result);
  sink.relay(record);
}

void tell_session(const Procedure& procedure, const Session& session, SessionRecord& record,
                  AuditSink& sink) {
  begin_record(procedure, record);
  record.state = state_of(session);
  tell_text(session.session_id, record.session_id);
  tell_text(session.application_source, record.application_source_id);
  tell_text(session.application_destination, record.application_destination_id);
  tell_text(session.source_km, record.source_km_id);
  tell_text(session.destination_km, record.destination_km_id);
  record.number_of_keys = session.number_of_keys;
  tell_text(session.request_result, record.request_result);
  tell_text(session.notification_result, record.notification_result);
  sink.session(record);
}

/// A reservation that is dropped gives its lists away: moving out of one that is only looked at, a constant,
/// copies.
template <class AnyReservation>
void tell_reservation(const Procedure& procedure, AnyReservation& reservation, ReservationRecord& record,
                      AuditSink& sink) {
  begin_record(procedure, record);
  record.state = reservation.state;
  tell_text(reservation.source, record.source_kma_id);
  tell_text(reservation.destination, record.destination_kma_id);
  tell_text(reservation.application, record.application_destination_id);
  record.reserved_key_ids = std::move(reservation.reserved);
  record.allocated_key_ids = std::move(reservation.allocated);
  record.result_code = reservation.result;
  record.allocation_result_code = reservation.allocation_result;
  sink.reservation(record);
}

const Member* readable(const Message& message, Parameter parameter) {
  if (message.payload->state != PayloadState::object) return nullptr;
  const Member* member = message.payload->find(parameter);
  return member == nullptr || member->fit == Fit::wrong ? nullptr : member;
}

}  // namespace

SessionState state_of(const Session& session) {
  if (session.answered) {
    if (session.outcome == Outcome::success) return SessionState::established;
    if (session.outcome == Outcome::failure) return SessionState::failed;
  }
  if (session.notice_answered && session.notice_outcome == Outcome::failure) return SessionState::failed;
  if (session.answered) return SessionState::answered;
  if (session.notice_answered && session.notice_outcome == Outcome::success) return SessionState::accepted;
  return session.notified ? SessionState::notified : SessionState::requested;
}

ProcedureState Procedure::state() const {
  if (const auto* relay = std::get_if<Relay>(&what)) return relay->state;
  if (const auto* session = std::get_if<Session>(&what)) return state_of(*session);
  return std::get<Reservation>(what).state;
}

bool order_unclear(const Position& a, const Position& b, const AuditOptions& options) {
  if (a.capture == b.capture) return false;
  const auto [earlier, later] = std::minmax(a.time_ns, b.time_ns);
  return elapsed(earlier, later).value_or(0) <= options.merge_tolerance_ns;
}

bool agree(const Text& a, const TextView& b) {
  return !a || !b || *a == *b;
}

TextView text_of(const Message& message, Parameter parameter) {
  const Member* member = readable(message, parameter);
  if (member == nullptr || member->text.empty()) return std::nullopt;
  return member->text;
}

bool is_response_left_out(const Message& message) {
  return !message.header && message.spec != nullptr && leaves_response_out(*message.spec, *message.payload);
}

std::optional<std::int64_t> integer_of(const Message& message, Parameter parameter) {
  if (parameter == Parameter::response && is_response_left_out(message)) return 0;
  const Member* member = readable(message, parameter);
  if (member == nullptr) return std::nullopt;
  const bool left_out = !message.header && parameter == Parameter::number_of_keys && member->integer == 0;
  return left_out ? std::nullopt : member->integer;
}

Text result_of(const Message& message) {
  if (is_response_left_out(message)) return "0";
  const TextView text = text_of(message, Parameter::response);
  return text ? Text(*text) : std::nullopt;
}

std::vector<std::string> list_of(const Message& message, Parameter parameter) {
  std::vector<std::string> list;
  const Member* member = readable(message, parameter);
  if (member == nullptr) return list;
  list.reserve(member->element_count);
  for (const Element& element : message.payload->elements_of(*member)) {
    if (element.fit != Fit::wrong && !element.text.empty()) list.emplace_back(element.text);
  }
  return list;
}

bool is_read(const Message& message, Parameter parameter) {
  if (message.payload->state != PayloadState::object) return false;
  const Member* member = message.payload->find(parameter);
  if (member == nullptr) return true;
  const auto elements = message.payload->elements_of(*member);
  return member->fit != Fit::wrong &&
         std::none_of(elements.begin(), elements.end(),
                      [](const Element& element) { return element.fit == Fit::wrong; });
}

Outcome outcome_of(const Message& message) {
  if (is_response_left_out(message)) return Outcome::success;
  const Member* member = readable(message, Parameter::response);
  return member == nullptr ? Outcome::unknown : check_result(*member);
}

void Procedures::add(Id<Procedure> handle, const MessageRef& message) {
  Procedure& procedure = pool_[handle];
  if (procedure.events.size() >= kEventsKept) {
    procedure.last_ns = message.at.time_ns;
    verdicts_.dropped(Limit::procedure_events);
    return;
  }
  if (!procedure.events.empty() && procedure.events.back().index >= message.index) {
    if (!insert_event(procedure.events, message)) return;
  } else {
    procedure.events.push_back(message);
  }
  procedure.start_ns = procedure.events.front().at.time_ns;
  procedure.last_ns = procedure.events.back().at.time_ns;
}

/// A message that is not the last one. False: it is there already.
bool Procedures::insert_event(Events& events, const MessageRef& message) {
  const MessageRef* at = events.end();
  while (at != events.begin() && (at - 1)->index > message.index) --at;
  if (at != events.begin() && (at - 1)->index == message.index) return false;
  events.insert(at, message);
  return true;
}

void Procedures::set_finished(Id<Procedure> handle, bool finished) {
  Procedure& procedure = pool_[handle];
  if (procedure.finished == finished) return;
  unlink<Procedure, &Procedure::by_age>(pool_, procedure.finished ? finished_ : open_, handle);
  procedure.finished = finished;
  push_back<Procedure, &Procedure::by_age>(pool_, finished ? finished_ : open_, handle);
}

void Procedures::trim() {
  while (open_.count > options_.max_open_procedures) evict(open_, Limit::open_procedures);
  while (finished_.count > options_.max_finished_procedures) evict(finished_, Limit::finished_procedures);
  while (weight_ > kMaxBytes) evict(finished_.count != 0 ? finished_ : open_, Limit::procedure_bytes);
}

void Procedures::weigh(Id<Procedure> handle, std::size_t bytes) {
  pool_[handle].weight += bytes;
  weight_ += bytes;
}

void Procedures::remove(Id<Procedure> handle, Id<Procedure> heir) {
  weigh(heir, pool_[handle].weight);
  free(handle);
}

void Procedures::free(Id<Procedure> handle) {
  weight_ -= pool_[handle].weight;
  unlink<Procedure, &Procedure::by_age>(pool_, pool_[handle].finished ? finished_ : open_, handle);
  pool_.free(handle);
}

bool Procedures::valid(Id<Procedure> handle, std::uint32_t id) const {
  return handle != kNone && id != 0 && pool_[handle].id == id;
}

void Procedures::evict(List<Procedure>& list, Limit bound) {
  const Id<Procedure> handle = list.head;
  if (handle == kNone) return;
  verdicts_.dropped(bound);
  check_end(pool_[handle], verdicts_);
  if (Listener* listener = listeners_[static_cast<std::size_t>(pool_[handle].kind())])
    listener->evict(handle);
  tell(pool_[handle], verdicts_, told_);
  free(handle);
  if (list.head != kNone) expect_evict(list.head);
}

/// The next ones to be dropped were last seen as many procedures ago as are kept.
void Procedures::expect_evict(Id<Procedure> next) const {
  const Procedure& procedure = pool_[next];
  fetch(procedure.by_age.after);
  if (const Listener* listener = listeners_[static_cast<std::size_t>(procedure.kind())])
    listener->expect_evict(procedure);
}

/// What can be said of a procedure when nothing more of it will be seen.
void Procedures::check_end(const Procedure& procedure, Verdicts& verdicts) const {
  if (const Listener* listener = listeners_[static_cast<std::size_t>(procedure.kind())])
    listener->check_end(procedure, verdicts);
  const auto* session = std::get_if<Session>(&procedure.what);
  if (session == nullptr) return;
  const bool early = session->early_response && !session->notice_answered;
  if (!early) return;
  const Listener* sessions = listeners_[static_cast<std::size_t>(ProcedureKind::session)];
  const bool hidden = sessions != nullptr && !sessions->seen_whole(procedure);
  verdicts.take(Rule::premature_session_response,
                check::premature_session_response(session->notice.at.frame, false, !hidden),
                *session->early_response, procedure.id);
}

template <class AnyProcedure>
void Procedures::tell(AnyProcedure& procedure, Verdicts& verdicts, Told& told) {
  verdicts.count_state(procedure.state());
  if (auto* relay = std::get_if<Relay>(&procedure.what)) {
    tell_relay(procedure, *relay, told.relay, verdicts.sink());
  } else if (auto* session = std::get_if<Session>(&procedure.what)) {
    tell_session(procedure, *session, told.session, verdicts.sink());
  } else {
    tell_reservation(procedure, std::get<Reservation>(procedure.what), told.reservation, verdicts.sink());
  }
}

template <class AnyProcedures>
void Procedures::tell_all_of(AnyProcedures& procedures, Verdicts& verdicts) {
  std::vector<std::pair<std::uint32_t, Id<Procedure>>> all;
  all.reserve(procedures.open_.count + procedures.finished_.count);
  for (const List<Procedure>* list : {&procedures.open_, &procedures.finished_}) {
    for (Id<Procedure> handle = list->head; handle != kNone; handle = procedures.pool_[handle].by_age.after)
      all.emplace_back(procedures.pool_[handle].id, handle);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Told told;
  for (const auto& [id, handle] : all) {
    procedures.check_end(procedures.pool_[handle], verdicts);
    tell(procedures.pool_[handle], verdicts, told);
    if constexpr (!std::is_const_v<AnyProcedures>) procedures.pool_.retire(handle);
  }
}

template void Procedures::tell_all_of(const Procedures&, Verdicts&);
template void Procedures::tell_all_of(Procedures&, Verdicts&);

}  // namespace ck::audit
