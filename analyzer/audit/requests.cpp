// Open and answered requests: how they are found again, and when they are forgotten.
#include "audit/requests.h"

#include <algorithm>

#include "audit/hashed.h"

namespace ck::audit {
namespace {

/// Answered requests that are kept to recognise a second answer by more than its MessageID.
constexpr std::uint32_t kAnsweredKept = 16'384;

constexpr std::array<Parameter, Identifiers::kCount> kCompared = {
    Parameter::source_kma_id,         Parameter::destination_kma_id,
    Parameter::application_source_id, Parameter::application_destination_id,
    Parameter::key_relay_request_id,  Parameter::session_id,
    Parameter::source_km_id,          Parameter::destination_km_id,
};

constexpr std::array<std::uint8_t, kParameterCount> make_places() {
  std::array<std::uint8_t, kParameterCount> places{};
  for (auto& place : places) place = Identifiers::kCount;
  for (std::size_t i = 0; i < kCompared.size(); ++i) {
    places[static_cast<std::size_t>(kCompared[i])] = static_cast<std::uint8_t>(i);
  }
  return places;
}
constexpr auto kPlaces = make_places();

std::uint64_t label_key(Id<RequestQueue> queue_id, std::uint64_t label) {
  return digest_of(queue_id.index(), label);
}

}  // namespace

std::size_t Identifiers::place_of(Parameter parameter) {
  return kPlaces[static_cast<std::size_t>(parameter)];
}
Parameter Identifiers::parameter_at(std::size_t place) {
  return kCompared[place];
}

void Identifiers::set(Parameter parameter, std::uint64_t digest) {
  const std::size_t place = place_of(parameter);
  mask = static_cast<std::uint16_t>(mask | (1U << place));
  values[place] = digest;
}

void read_identifiers(const Message& message, Identifiers& ids) {
  ids.mask = 0;
  ids.keys.clear();
  const bool with_keys = message.spec->command == Command::allocation_request ||
                         message.spec->command == Command::allocation_response;
  const bool asks = find_answered(message.spec->command) == nullptr;
  const Payload& payload = *message.payload;
  if (payload.state != PayloadState::object) return;
  for (const Member& member : payload.members) {
    if (!member.id || member.duplicate || member.fit == Fit::null || member.fit == Fit::wrong) continue;
    if (asks && !member.in_table) continue;
    if (*member.id == Parameter::key_ids && with_keys) {
      for (const Element& element : payload.elements_of(member)) {
        if (element.fit != Fit::wrong && !element.text.empty())
          ids.keys.push_back(digest_of(Hashed::parameter_value, element.text));
      }
    } else if (Identifiers::place_of(*member.id) < Identifiers::kCount && !member.text.empty()) {
      ids.set(*member.id, digest_of(Hashed::parameter_value, member.text));
    }
  }
  std::sort(ids.keys.begin(), ids.keys.end());
}

Likeness compare(const Identifiers& request, const Identifiers& response) {
  const unsigned common = request.mask & response.mask;
  for (std::size_t i = 0; i < Identifiers::kCount; ++i) {
    if ((common >> i & 1) != 0 && request.values[i] != response.values[i]) return Likeness::contradicts;
  }
  const bool keys = !request.keys.empty() && !response.keys.empty();
  if (keys &&
      !std::includes(request.keys.begin(), request.keys.end(), response.keys.begin(), response.keys.end())) {
    std::vector<std::uint64_t> named = response.keys;  // a key named twice is still one key
    named.erase(std::unique(named.begin(), named.end()), named.end());
    if (!std::includes(request.keys.begin(), request.keys.end(), named.begin(), named.end()))
      return Likeness::contradicts;
  }
  return common != 0 || keys ? Likeness::shares : Likeness::none;
}

List<Request>& Requests::list_of(const Request& request) const {
  const std::size_t i = static_cast<std::size_t>(request.exchange);
  return request.checked ? request.queue->stale[i] : request.queue->fresh[i];
}

void Requests::add(RequestQueue& queue, Id<Request> handle) {
  Request& request = pool_[handle];
  request.queue = &queue;
  request.queue_id = queue.id;
  ++queue.open;
  push_back<Request, &Request::by_time>(pool_, waiting_with(request), handle);
  push_back<Request, &Request::in_queue>(pool_, list_of(request), handle);
  push_back<Request, &Request::by_label>(pool_, by_label_[label_key(queue.id, request.label)], handle);
}

void Requests::leave_queue(Id<Request> handle) {
  Request& request = pool_[handle];
  unlink<Request, &Request::in_queue>(pool_, list_of(request), handle);
  if (!request.checked) unlink<Request, &Request::by_time>(pool_, waiting_with(request), handle);
  --request.queue->open;
  of_closed_ -= request.queue->of_closed ? 1 : 0;
  request.queue = nullptr;
}

void Requests::unlink_label(Id<Request> handle) {
  const std::uint64_t key = label_key(pool_[handle].queue_id, pool_[handle].label);
  List<Request>* list = by_label_.find(key);
  unlink<Request, &Request::by_label>(pool_, *list, handle);
  if (list->count == 0) by_label_.erase(key);
}

void Requests::answer(Id<Request> handle) {
  leave_queue(handle);
  pool_[handle].answered = true;
  push_back<Request, &Request::by_time>(pool_, answered_, handle);
  if (answered_.count <= kAnsweredKept) return;
  const Id<Request> oldest = answered_.head;
  unlink<Request, &Request::by_time>(pool_, answered_, oldest);
  unlink_label(oldest);
  pool_.free(oldest);
  fetch_oldest();
}

/// The next one to be forgotten, for it was last seen as many answers ago as are kept: its place among the
/// labels, and the request behind it, so that this can be said of that one, too.
void Requests::fetch_oldest() const {
  const Request& oldest = pool_[answered_.head];
  fetch_place(oldest.queue_id, oldest.label);
  fetch(oldest.by_time.after);
}

void Requests::fetch_place(Id<RequestQueue> queue_id, std::uint64_t label) const {
  by_label_.fetch(label_key(queue_id, label));
}

void Requests::drop(Id<Request> handle) {
  leave_queue(handle);
  unlink_label(handle);
  pool_.free(handle);
}

void Requests::drop_all(RequestQueue& queue) {
  for (std::size_t i = 0; i < kExchangeCount; ++i) {
    while (queue.fresh[i].head != kNone) drop(queue.fresh[i].head);
    while (queue.stale[i].head != kNone) drop(queue.stale[i].head);
  }
}

void Requests::move(Id<Request> handle, List<Request>& source, List<Request>& target, RequestQueue& to) {
  Request& request = pool_[handle];
  unlink<Request, &Request::in_queue>(pool_, source, handle);
  unlink_label(handle);
  --request.queue->open;
  of_closed_ -= request.queue->of_closed ? 1 : 0;
  request.queue = &to;
  request.queue_id = to.id;
  ++to.open;
  of_closed_ += to.of_closed ? 1 : 0;
  push_back<Request, &Request::in_queue>(pool_, target, handle);
  push_back<Request, &Request::by_label>(pool_, by_label_[label_key(to.id, request.label)], handle);
}

void Requests::move_all(RequestQueue& from, RequestQueue& to) {
  for (std::size_t i = 0; i < kExchangeCount; ++i) {
    while (from.fresh[i].head != kNone) move(from.fresh[i].head, from.fresh[i], to.fresh[i], to);
    while (from.stale[i].head != kNone) move(from.stale[i].head, from.stale[i], to.stale[i], to);
  }
}

void Requests::move_those_of(Side sender, RequestQueue& from, RequestQueue& to) {
  const auto move_list = [&](List<Request>& source, List<Request>& target) {
    for (Id<Request> handle = source.head; handle != kNone;) {
      const Id<Request> next = pool_[handle].in_queue.after;
      if (pool_[handle].sender == sender) move(handle, source, target, to);
      handle = next;
    }
  };
  for (std::size_t i = 0; i < kExchangeCount; ++i) {
    move_list(from.fresh[i], to.fresh[i]);
    move_list(from.stale[i], to.stale[i]);
  }
}

void Requests::set_checked(Id<Request> handle) {
  Request& request = pool_[handle];
  if (request.checked) return;
  unlink<Request, &Request::in_queue>(pool_, list_of(request), handle);
  unlink<Request, &Request::by_time>(pool_, waiting_with(request), handle);
  request.checked = true;
  push_back<Request, &Request::in_queue>(pool_, list_of(request), handle);
}

Id<Request> Requests::first_with(Id<RequestQueue> queue_id, std::uint64_t label) const {
  const List<Request>* list = by_label_.find(label_key(queue_id, label));
  return list == nullptr ? kNone : list->head;
}

Id<Request> Requests::last_with(Id<RequestQueue> queue_id, std::uint64_t label) const {
  const List<Request>* list = by_label_.find(label_key(queue_id, label));
  return list == nullptr ? kNone : list->tail;
}

}  // namespace ck::audit
