// Reservations and the keys of each KM.
#include "audit/reservation.h"
#include "audit/hashed.h"
#include "audit/rules/reservation.h"

#include <algorithm>
#include <utility>

namespace ck::audit {
namespace {

constexpr std::size_t kAttemptsKept = 16'384, kAttemptBytesKept = 32u << 20;

/// The first of keys that are the same stays. For few keys: it needs no memory.
void drop_repeated(std::vector<std::string>& keys) {
  auto end = keys.begin();
  for (std::string& key : keys) {
    if (std::find(keys.begin(), end, key) != end) continue;
    if (&*end != &key) *end = std::move(key);
    ++end;
  }
  keys.erase(end, keys.end());
}

/// The same for any number of keys, in time that does not grow with their square.
void drop_repeated_of_many(std::vector<std::string>& keys) {
  std::vector<std::size_t> order(keys.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  std::vector<bool> again(keys.size());
  for (std::size_t i = 1; i < order.size(); ++i) again[order[i]] = keys[order[i]] == keys[order[i - 1]];
  std::size_t i = 0;
  std::erase_if(keys, [&](const std::string&) { return again[i++]; });
}

/// Each key once, in the order of their first mention.
std::vector<std::string> keys_of(const Message& message) {
  constexpr std::size_t kFew = 8;
  std::vector<std::string> keys = list_of(message, Parameter::key_ids);
  if (keys.size() <= kFew) {
    drop_repeated(keys);
  } else {
    drop_repeated_of_many(keys);
  }
  return keys;
}

void fill(Reservation& reservation, const Message& message) {
  if (!reservation.source) reservation.source = text_of(message, Parameter::source_kma_id);
  if (!reservation.destination) reservation.destination = text_of(message, Parameter::destination_kma_id);
  if (!reservation.application)
    reservation.application = text_of(message, Parameter::application_destination_id);
}

/// A response without Key IDs that has a member nobody knows: the keys may stand in it.
bool may_name_keys_otherwise(const Message& message) {
  const std::vector<Member>& members = message.payload->members;
  return message.payload->find(Parameter::key_ids) == nullptr &&
         std::any_of(members.begin(), members.end(), [](const Member& member) { return !member.id; });
}

}  // namespace

Id<Procedure> Reservations::take_request(const Incoming& in) {
  if (!in.readable) return kNone;
  Reservation reservation;
  fill(reservation, in.message);
  reservation.association = in.connection.association.share();
  const Id<Procedure> handle = parts_.procedures.make(std::move(reservation), in.ref);
  parts_.identities.note_provisional(in.connection, handle, parts_.procedures[handle].id);
  return handle;
}

void Reservations::move(Id<Procedure> handle, const HeldAssociation& to) {
  parts_.procedures.reservation(handle).association = to.share();
}

/// A key that the KM it was thought to be had named too may be either's.
void Reservations::move_keys(Connection& connection, const HeldAssociation& before) {
  const std::vector<std::pair<std::uint64_t, bool>> keys = std::move(connection.live->provisional.keys);
  connection.live->provisional.keys.clear();
  for (const auto& [key, first] : keys) {
    FlatMap<KeyRecord>& theirs = parts_.identities.km_of(before).keys;
    KeyRecord* record = theirs.find(key);
    if (record == nullptr) continue;
    KeyRecord moved = *record;
    moved.uncertain = moved.uncertain || !first;
    if (first) {
      theirs.erase(key);
    } else {
      record->doubt();
    }
    moved.asked_in_doubt = false;
    moved.uncertain = moved.uncertain || parts_.identities.km(connection).keys.find(key) != nullptr;
    key_record(connection, key) = moved;
  }
}

/// Rules on what happened before need to have seen everything before, and bytes of the other side that are
/// not told yet may be a message that counts.
bool Reservations::already_decidable(const Incoming& in) {
  if (in.connection.sides[other(in.message.sender)].has_on_its_way()) return false;
  return in.connection.whole() && parts_.identities.km(in.connection).whole &&
         !parts_.identities.keys_may_be_hidden(in.connection) && !parts_.identities.blurred(in.connection) &&
         !parts_.identities.is_one_of_several(in.connection);
}

/// Whether all that the KM's connections carried since the key's record was written could be read.
bool Reservations::read_since(const Incoming& in, const KeyRecord& record) {
  return record.hidden_runs == static_cast<std::uint16_t>(parts_.identities.km(in.connection).hidden_runs);
}

KeyRecord& Reservations::key_record(Connection& connection, std::uint64_t key) {
  Km& km = parts_.identities.km(connection);
  KeyRecord* known = km.keys.find(key);
  parts_.identities.note_provisional(connection, key, known == nullptr);
  if (known != nullptr) return *known;
  if (known_rows_.empty() || known_rows_.back().km.id() != connection.km.id())
    known_rows_.push_back(KnownRow{connection.km.share(), 0});
  ++known_rows_.back().count;
  known_keys_.push_back(key);
  if (known_keys_.size() > parts_.options.max_known_keys) forget_oldest_key();
  return km.keys[key];
}

void Reservations::forget_oldest_key() {
  KnownRow& row = known_rows_.front();
  Km& owner = parts_.identities.km_at(row.km);
  owner.keys.erase(known_keys_.front());
  owner.keys_unknown = true;
  known_keys_.pop_front();
  if (--row.count == 0) known_rows_.pop_front();
  parts_.verdicts.dropped(Limit::known_keys);
  // The next one to go was last seen as many keys ago as are kept.
  if (!known_keys_.empty()) parts_.identities.fetch_key(known_rows_.front().km, known_keys_.front());
}

Id<Procedure> Reservations::take_response(const Incoming& in, const Answer& answer) {
  Id<Procedure> handle = kNone;
  const Id<Request> asked = answer.paired() ? answer.request : answer.repeated;
  if (asked != kNone &&
      parts_.procedures.valid(parts_.requests[asked].procedure, parts_.requests[asked].procedure_id)) {
    handle = parts_.requests[asked].procedure;
  }
  const Outcome outcome = outcome_of(in.message);
  const bool unread = !is_read(in.message, Parameter::key_ids) || may_name_keys_otherwise(in.message);
  if (!answer.again && outcome != Outcome::failure && unread)
    parts_.identities.km(in.connection).keys_unknown = true;
  if (!in.readable) return handle;
  std::vector<std::string> keys = keys_of(in.message);
  if (answer.again) {
    // Among ambiguous pairs it may be the only one that names them.
    for (const std::string& key : keys) {
      KeyRecord& record = key_record(in.connection, key_digest(key));
      const bool unclear = !record.reserved || record.allocated;  // it may be reserved again
      if (unclear && outcome != Outcome::failure) record.doubt();
    }
    return handle;
  }
  if (outcome != Outcome::failure) {
    for (const std::string& key : keys) reserve(in, handle, key, answer, outcome);
  }
  if (handle == kNone || !answer.paired()) return handle;
  Reservation& reservation = parts_.procedures.reservation(handle);
  if (!answer.mismatch) fill(reservation, in.message);
  reservation.result = integer_of(in.message, Parameter::response);
  if (outcome == Outcome::success) {
    reservation.state = ReservationState::reserved;
    reservation.reserved = std::move(keys);
  } else if (outcome == Outcome::failure) {
    reservation.state = ReservationState::rejected;
  }
  parts_.procedures.set_finished(handle, outcome == Outcome::failure);
  return handle;
}

/// The 0x140B that reserved a key, nullptr where its procedure was dropped.
const MessageRef* Reservations::reserved_at(const KeyRecord& record) const {
  if (!parts_.procedures.valid(record.reservation, record.reservation_id)) return nullptr;
  const MessageRef* found = nullptr;
  for (const MessageRef& event : parts_.procedures[record.reservation].events) {
    if (number_of(event.command) == number_of(Command::reservation_response)) found = &event;
  }
  return found;
}

/// A KM that did not tell its KMA ID, now or when it reserved the key, is known by its host. Where another
/// controller had the key reserved for another source KMA than is meant now, it may be another KM's there.
bool Reservations::may_be_anothers(const Incoming& in, const KeyRecord& record, const TextView& source) {
  if (!parts_.procedures.valid(record.reservation, record.reservation_id)) return false;
  Reservation& before = parts_.procedures.reservation(record.reservation);
  if (in.connection.kma_id && before.kma_told) return false;
  return &parts_.identities.association_at(before.association) !=
             &parts_.identities.association(in.connection) &&
         !agree(before.source, source);
}

/// Whether a key that is reserved cannot have been allocated unseen. `first`: what reserved it, if it is
/// remembered.
bool Reservations::surely_not_allocated(const Incoming& in, const KeyRecord& record,
                                        const MessageRef* first) {
  return record.waiting == 0 && !record.perhaps_allocated &&
         parts_.identities.km(in.connection).unread_allocations == 0 && read_since(in, record) &&
         (first == nullptr || !order_unclear(first->at, in.ref.at, parts_.options));
}

void Reservations::reserve(const Incoming& in, Id<Procedure> reservation, const std::string& key,
                           const Answer& answer, Outcome outcome) {
  const std::uint64_t digest = key_digest(key);
  KeyRecord& record = key_record(in.connection, digest);
  const bool before = record.reserved && !record.allocated;
  if (!answer.paired() || outcome != Outcome::success) {
    record.doubt();
  } else {
    const MessageRef* first = before ? reserved_at(record) : nullptr;
    check::ReservedKeyFacts facts{key, before, !record.uncertain && already_decidable(in), std::nullopt};
    if (before) facts.decidable = facts.decidable && surely_not_allocated(in, record, first);
    const TextView source =
        reservation == kNone ? std::nullopt : TextView(parts_.procedures.reservation(reservation).source);
    record.shared = record.shared || (before && may_be_anothers(in, record, source));
    facts.decidable = facts.decidable && !record.shared;
    if (first != nullptr) facts.frame = first->at.frame;
    parts_.verdicts.take(Rule::key_double_reserved, check::key_double_reserved(facts), in.ref);
  }
  if (outcome != Outcome::success) return;
  const std::uint32_t waiting = record.waiting;
  const bool shared = record.shared;
  record = KeyRecord{};
  record.shared = shared;
  record.reserved = true;
  record.hidden_runs = static_cast<std::uint16_t>(parts_.identities.km(in.connection).hidden_runs);
  record.waiting = waiting;
  record.uncertain = !answer.paired() || waiting != 0;  // whose key the open 0x410C is for cannot be told
  record.reservation = reservation;
  record.reservation_id = reservation == kNone ? 0 : parts_.procedures[reservation].id;
  if (reservation != kNone)
    parts_.procedures.reservation(reservation).kma_told = in.connection.kma_id.has_value();
}

/// The reservation on the same association that reserved one of these keys for the same two KMAs.
Id<Procedure> Reservations::find_reserved(const Incoming& in, const std::vector<std::string>& keys) {
  const TextView source = text_of(in.message, Parameter::source_kma_id);
  const TextView destination = text_of(in.message, Parameter::destination_kma_id);
  const Association& mine = parts_.identities.association(in.connection);
  for (const std::string& key : keys) {
    const KeyRecord* record = parts_.identities.km(in.connection).keys.find(key_digest(key));
    if (record == nullptr || !parts_.procedures.valid(record->reservation, record->reservation_id)) continue;
    Reservation& reservation = parts_.procedures.reservation(record->reservation);
    if (&parts_.identities.association_at(reservation.association) != &mine) continue;
    if (agree(reservation.source, source) && agree(reservation.destination, destination))
      return record->reservation;
  }
  return kNone;
}

Reservations::Attempt* Reservations::find_attempt(std::uint32_t serial) {
  const bool kept = serial >= first_serial_ && serial - first_serial_ < attempts_.size();
  return kept ? &attempts_[serial - first_serial_] : nullptr;
}

Reservations::Attempt& Reservations::remember_attempt(const Incoming& in, std::vector<std::string> keys) {
  std::size_t weight = 0;
  for (const std::string& key : keys) weight += sizeof(std::string) + key.size();
  while (!attempts_.empty() &&
         (attempts_.size() >= kAttemptsKept || attempts_weight_ + weight > kAttemptBytesKept)) {
    serial_by_message_.erase(attempts_.front().index + 1);
    attempts_weight_ -= attempts_.front().weight;
    attempts_.pop_front();
    ++first_serial_;
    parts_.verdicts.dropped(Limit::allocations);
  }
  attempts_weight_ += weight;
  const std::uint32_t serial = first_serial_ + static_cast<std::uint32_t>(attempts_.size());
  serial_by_message_[in.ref.index + 1] = serial;
  Attempt& attempt = attempts_.emplace_back();
  attempt.index = in.ref.index;
  attempt.keys = std::move(keys);
  attempt.weight = weight;
  return attempt;
}

Id<Procedure> Reservations::take_allocation(const Incoming& in) {
  std::vector<std::string> keys = keys_of(in.message);
  const bool read = is_read(in.message, Parameter::key_ids) && !keys.empty();
  if (!read) ++parts_.identities.km(in.connection).unread_allocations;
  if (!in.readable) return kNone;
  Id<Procedure> handle = find_reserved(in, keys);
  if (handle == kNone) handle = take_request(in);
  Attempt& attempt = remember_attempt(in, std::move(keys));
  attempt.read = read;
  for (const std::string& key : attempt.keys) check_allocation(in, key);
  return handle;
}

void Reservations::check_allocation(const Incoming& in, const std::string& key) {
  const bool decidable = already_decidable(in);
  const Km& km = parts_.identities.km(in.connection);
  KeyRecord& record = key_record(in.connection, key_digest(key));
  const check::AllocatedKeyFacts reserved{key, record.reserved && !record.uncertain,
                                          !record.uncertain && decidable && !km.keys_unknown};
  parts_.verdicts.take(Rule::allocation_of_unreserved_key, check::allocation_of_unreserved_key(reserved),
                       in.ref);
  // One that is asked for again while its 0x410C is open may have been refused.
  const bool hidden = record.allocated && !read_since(in, record);
  record.shared = record.shared || may_be_anothers(in, record, text_of(in.message, Parameter::source_kma_id));
  const check::AllocatedKeyFacts allocated{key, record.allocated,
                                           decidable && !hidden && !record.shared && !record.uncertain &&
                                               (record.waiting == 0 || record.allocated)};
  parts_.verdicts.take(Rule::key_double_allocated, check::key_double_allocated(allocated), in.ref);
  record.asked_in_doubt = record.uncertain && record.waiting == 0;
  ++record.waiting;
}

/// One key of a 0x410C has its answer. A result that is neither success nor failure leaves it where it was.
void Reservations::settle(const Incoming& in, const std::string& key, bool allocated, const Answer& answer,
                          Outcome outcome) {
  KeyRecord& record = key_record(in.connection, key_digest(key));
  if (record.waiting > 0 && answer.paired()) --record.waiting;
  if (answer.ambiguous) {
    record.doubt();
  } else if (outcome == Outcome::unknown) {
    record.perhaps_allocated = true;
  } else if (allocated) {
    // What was in doubt when this was asked, whether it was reserved, makes no difference from now on.
    if (record.asked_in_doubt && answer.paired() && record.waiting == 0 && already_decidable(in)) {
      record.uncertain = record.asked_in_doubt = false;
      record.reserved = true;
    }
    record.allocated = true;
    record.hidden_runs = static_cast<std::uint16_t>(parts_.identities.km(in.connection).hidden_runs);
  }
}

Id<Procedure> Reservations::take_allocation_response(const Incoming& in, const Answer& answer) {
  const Id<Request> asked = answer.paired() ? answer.request : answer.repeated;
  if (asked == kNone) return kNone;
  const Request& request = parts_.requests[asked];
  const bool known = parts_.procedures.valid(request.procedure, request.procedure_id);
  const Id<Procedure> handle = known ? request.procedure : kNone;
  const std::uint32_t* serial = serial_by_message_.find(request.ref.index + 1);
  Attempt* attempt = serial == nullptr ? nullptr : find_attempt(*serial);
  // A second answer counts where the first said nothing that can be understood.
  if (!answer.paired() && (attempt == nullptr || attempt->understood)) return handle;
  const Outcome outcome = in.readable ? outcome_of(in.message) : Outcome::unknown;
  const std::vector<std::string> named = keys_of(in.message);
  const bool read = attempt == nullptr ? request.readable : attempt->read;
  const bool tells = outcome == Outcome::success && !named.empty() && is_read(in.message, Parameter::key_ids);
  if (!read && !answer.ambiguous && (outcome == Outcome::failure || tells)) {
    std::uint32_t& unread = parts_.identities.km(in.connection).unread_allocations;
    if (unread > 0) --unread;
  }
  if (attempt == nullptr) return handle;
  attempt->understood = attempt->understood || outcome != Outcome::unknown;
  settle_all(in, *attempt, named, answer, outcome, handle);
  if (handle == kNone) return handle;
  Reservation& reservation = parts_.procedures.reservation(handle);
  reservation.allocation_result = integer_of(in.message, Parameter::response);
  if (outcome == Outcome::failure && reservation.allocated.empty())
    reservation.state = ReservationState::allocation_failed;
  if (outcome == Outcome::success) {
    const bool all = reservation.allocated_of_reserved >= reservation.reserved.size();
    reservation.state = all ? ReservationState::allocated : ReservationState::partially_allocated;
    parts_.procedures.set_finished(handle, all);
  }
  return handle;
}

/// The keys of a 0x410C have their answer: those that it asked for, else those that the 0x140D alone names.
void Reservations::settle_all(const Incoming& in, const Attempt& attempt,
                              const std::vector<std::string>& named, const Answer& answer, Outcome outcome,
                              Id<Procedure> reservation) {
  const bool all = named.empty();
  const std::vector<std::string>& keys = attempt.keys.empty() ? named : attempt.keys;
  std::vector<std::string_view> confirmed(named.begin(), named.end());
  std::sort(confirmed.begin(), confirmed.end());
  for (const std::string& key : keys) {
    const bool success =
        outcome == Outcome::success &&
        (all || std::binary_search(confirmed.begin(), confirmed.end(), std::string_view(key)));
    settle(in, key, success, answer, outcome);
    if (success && reservation != kNone) list_allocated(in.connection, reservation, key);
  }
}

void Reservations::list_allocated(Connection& connection, Id<Procedure> handle, const std::string& key) {
  KeyRecord* record = parts_.identities.km(connection).keys.find(key_digest(key));
  if (record == nullptr || record->listed) return;
  record->listed = true;
  Reservation& reservation = parts_.procedures.reservation(handle);
  if (reservation.allocated.empty()) reservation.allocated.reserve(reservation.reserved.size());
  reservation.allocated.push_back(key);
  if (record->reservation == handle && record->reservation_id == parts_.procedures[handle].id)
    ++reservation.allocated_of_reserved;
}

void Reservations::fail(Id<Procedure> handle, const Request& request) {
  Reservation& reservation = parts_.procedures.reservation(handle);
  if (request.exchange == Exchange::reservation) {
    reservation.state = ReservationState::rejected;
    parts_.procedures.set_finished(handle, true);
    return;
  }
  const std::uint32_t* serial = serial_by_message_.find(request.ref.index + 1);
  Attempt* attempt = serial == nullptr ? nullptr : find_attempt(*serial);
  if (attempt != nullptr) attempt->understood = true;
  if (reservation.allocated.empty()) reservation.state = ReservationState::allocation_failed;
}

}  // namespace ck::audit
