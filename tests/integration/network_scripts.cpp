// Every identifier that a request and its answer can share stands in both, so that by the rules of pairing
// an answer fits its own request and no other.
#include "network_scripts.h"

#include <algorithm>

namespace ck::integration {
namespace {

using namespace samples;

constexpr std::array<std::string_view, 6> kYes{"success",     "accepted", "ok",
                                               "established", "Created",  "completed as asked"};
constexpr std::array<std::string_view, 4> kNo{"failure", "rejected: no such application", "refused",
                                              "timeout"};

Say from_km(std::size_t km, std::uint16_t code, std::vector<Member> body,
            std::optional<std::size_t> answers = {}) {
  Say out;
  out.km = km;
  out.from = End::client;
  out.code = code;
  out.body = std::move(body);
  out.answers = answers;
  return out;
}

Say from_controller(std::size_t km, std::uint16_t code, std::vector<Member> body,
                    std::optional<std::size_t> answers = {}) {
  Say out = from_km(km, code, std::move(body), answers);
  out.from = End::server;
  return out;
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? "," : "") + in_quotes(text);
  return out + "]";
}

std::string objects_of(const std::vector<std::string>& keys) {
  std::string out = "[";
  for (const std::string& key : keys)
    out += (out.size() > 1 ? ",{\"key_id\":" : "{\"key_id\":") + in_quotes(key) + "}";
  return out + "]";
}

std::string one_text_of(const std::vector<std::string>& keys) {
  std::string out;
  for (const std::string& key : keys) out += (out.empty() ? "" : ",") + key;
  return in_quotes(out);
}

}  // namespace

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

std::size_t find_say(const Script& script, std::uint16_t code) {
  std::size_t at = 0;
  while (script.says.at(at).code != code) ++at;
  return at;
}

void set_member(Say& say, std::string_view name, std::string json) {
  for (Member& member : say.body) {
    if (member.name != name) continue;
    member.json = std::move(json);
    return;
  }
  say.body.push_back({std::string(name), std::move(json)});
}

void drop_member(Say& say, std::string_view name) {
  std::erase_if(say.body, [&](const Member& member) { return member.name == name; });
}

ScriptWriter::ScriptWriter(std::size_t kms, std::uint64_t seed) : kms_(kms), dice_(seed) {
  for (std::size_t a = 0; a < kms; ++a) {
    for (std::size_t b = 0; b < kms; ++b) {
      if (a != b) pairs_.emplace_back(a, b);
    }
  }
  for (std::size_t i = pairs_.size(); i > 1; --i) std::swap(pairs_[i - 1], pairs_[dice_.below(i)]);
}

std::size_t ScriptWriter::another_km(std::size_t km) {
  return (km + 1 + dice_.below(kms_ - 1)) % kms_;
}

std::vector<std::size_t> ScriptWriter::some_kms(std::size_t count,
                                                const std::vector<std::size_t>& not_these) {
  std::vector<std::size_t> taken = not_these, out;
  while (out.size() < count) {
    const std::size_t km = dice_.below(kms_);
    if (std::find(taken.begin(), taken.end(), km) != taken.end()) continue;
    taken.push_back(km);
    out.push_back(km);
  }
  return out;
}

Script ScriptWriter::centralized(std::size_t km, bool by_application, bool outside) {
  const std::size_t end = another_km(km);
  const std::string source = kma_name(km), number = fresh();
  const std::string destination = outside ? "KMA-far-" + number : kma_name(end);
  const std::string application = "sae-" + number, relay = "relay-" + number;
  std::vector<std::string> transit;
  for (const std::size_t on_the_way : some_kms(dice_.below(4), {km, end}))
    transit.push_back(kma_name(on_the_way));
  const bool success = dice_.chance(90);
  Script out;
  std::vector<Member> ask{{"Source KMA ID", in_quotes(source)}};
  ask.push_back(by_application ? Member{"Application destination ID", in_quotes(application)}
                               : Member{"Destination KMA ID", in_quotes(destination)});
  out.says.push_back(from_km(km, kRelayNotification, ask));
  out.says.push_back(
      from_controller(km, kRelayRequest,
                      {{"Source KMA ID", in_quotes(source)},
                       {"Destination KMA ID", in_quotes(destination)},
                       {"Transit KMA IDs", dice_.chance(50) ? list_of(transit) : one_text_of(transit)},
                       {"Key relay request ID", in_quotes(relay)}},
                      0));
  out.says.push_back(from_km(km, kRelayResponse,
                             {{"Response", in_quotes(success ? dice_.pick(kYes) : dice_.pick(kNo))},
                              {"Key relay request ID", in_quotes(relay)}},
                             1));
  out.says.back().may_be_lean = true;
  out.truth = {"relay", {success ? "completed" : "failed"}};
  out.truth.members = {{"mode", "centralized"},
                       {"source_kma_id", source},
                       {"destination_kma_id", destination},
                       {"application_destination_id", by_application ? application : ""},
                       {"key_relay_request_id", relay}};
  out.truth.route = transit;
  out.truth.route.insert(out.truth.route.begin(), source);
  out.truth.route.push_back(destination);
  return out;
}

Script ScriptWriter::distributed(std::size_t hops, bool by_application) {
  const auto [first, last] = pairs_.back();
  pairs_.pop_back();
  const std::string source = kma_name(first), destination = kma_name(last), application = "sae-" + fresh();
  std::vector<std::size_t> way = some_kms(hops - 1, {first, last});
  way.insert(way.begin(), first);
  way.push_back(last);
  Script out;
  for (std::size_t hop = 0; hop < hops; ++hop) {
    std::vector<std::string> offers{kma_name(way[hop + 1])};
    if (hop + 1 < hops) {
      for (const std::size_t other : some_kms(dice_.below(3), way))
        offers.insert(offers.begin() + static_cast<std::ptrdiff_t>(dice_.below(offers.size() + 1)),
                      kma_name(other));
    }
    const Member goal = by_application ? Member{"Application destination ID", in_quotes(application)}
                                       : Member{"Destination KMA ID", in_quotes(destination)};
    out.says.push_back(from_km(way[hop], kNextHopRequest, {{"Source KMA ID", in_quotes(source)}, goal}));
    out.says.push_back(from_controller(way[hop], kNextHopResponse,
                                       {{"Source KMA ID", in_quotes(source)},
                                        {"Destination KMA ID", in_quotes(destination)},
                                        {"Next KMA IDs", list_of(offers)}},
                                       2 * hop));
    out.says.back().may_be_lean = !by_application;
  }
  out.truth = {"relay", {"completed"}};
  out.truth.members = {{"mode", "distributed"},
                       {"source_kma_id", source},
                       {"destination_kma_id", destination},
                       {"application_destination_id", by_application ? application : ""},
                       {"key_relay_request_id", ""}};
  for (const std::size_t km : way) out.truth.route.push_back(kma_name(km));
  return out;
}

Script ScriptWriter::session(std::size_t source, std::size_t destination, bool success) {
  const std::string number = fresh(), id = "session-" + number;
  const std::string from = "app-" + number + "-a", to = "app-" + number + "-b";
  const std::string keys = dice_.chance(60) ? std::to_string(1 + dice_.below(64)) : "";
  const std::string source_km = "KM-" + std::to_string(source + 1),
                    end_km = "KM-" + std::to_string(destination + 1);
  const auto answer = [&] { return in_quotes(success ? dice_.pick(kYes) : dice_.pick(kNo)); };
  std::vector<Member> applications{{"Application source ID", in_quotes(from)},
                                   {"Application destination ID", in_quotes(to)}};
  Script out;
  out.says.push_back(from_km(source, kSessionRequest, applications));
  if (!keys.empty()) set_member(out.says[0], "Number of keys", keys);
  out.says.push_back(from_controller(destination, kSessionNotification, applications));
  set_member(out.says[1], "Session ID", in_quotes(id));
  set_member(out.says[1], "Source KM ID", in_quotes(source_km));
  if (!keys.empty() && dice_.chance(70)) set_member(out.says[1], "Number of keys", keys);
  out.says.push_back(from_km(destination, kSessionNotificationResponse,
                             {{"Session ID", in_quotes(id)}, {"Response", answer()}}, 1));
  out.says.push_back(from_controller(
      source, kSessionResponse,
      {{"Session ID", in_quotes(id)}, {"Response", answer()}, {"Destination KM ID", in_quotes(end_km)}}, 0));
  out.truth = {"session", {success ? "established" : "failed"}};
  out.truth.members = {
      {"session_id", id},          {"application_source_id", from}, {"application_destination_id", to},
      {"source_km_id", source_km}, {"destination_km_id", end_km},   {"number_of_keys", keys}};
  return out;
}

Script ScriptWriter::session_denied(std::size_t source) {
  Script out = session(source, another_km(source), false);
  out.says.erase(out.says.begin() + 1, out.says.begin() + 3);
  out.says[0].alone = true;  // nothing in the answer says which request it is for
  out.truth.members[3].json.clear();
  return out;
}

std::vector<std::string> ScriptWriter::fresh_keys(std::size_t km, std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back("k-" + std::to_string(km + 1) + "-" + fresh());
  return out;
}

Say ScriptWriter::allocation(std::size_t km, const Script& script, std::vector<std::string> keys) {
  Say out = from_controller(km, kAllocationRequest, {script.says[0].body[0], script.says[0].body[1]});
  set_member(out, "Key IDs", objects_of(keys));
  out.keys = std::move(keys);
  return out;
}

Say ScriptWriter::allocation_answer(std::size_t km, const Script& script, std::size_t question,
                                    std::vector<std::string> keys, int result) {
  Say out = from_km(km, kAllocationResponse, {script.says[0].body[0], script.says[0].body[1]}, question);
  if (!keys.empty()) set_member(out, "Key IDs", objects_of(keys));
  set_member(out, "Response", std::to_string(result));
  out.keys = std::move(keys);
  return out;
}

Script ScriptWriter::reservation(std::size_t km, std::size_t keys, std::size_t allocations, bool outside) {
  const std::string source = kma_name(km);
  const std::string destination = outside ? "KMA-far-" + fresh() : kma_name(another_km(km));
  const std::string application = dice_.chance(30) ? "sae-" + fresh() : "";
  const std::vector<std::string> reserved = fresh_keys(km, keys);
  Script out;
  std::vector<Member> body{{"Source KMA ID", in_quotes(source)},
                           {"Destination KMA ID", in_quotes(destination)}};
  out.says.push_back(from_controller(km, kReservationRequest, body));
  if (!application.empty()) set_member(out.says[0], "Application destination ID", in_quotes(application));
  out.says.push_back(from_km(km, kReservationResponse, body, 0));
  set_member(out.says[1], "Key IDs", one_text_of(reserved));
  set_member(out.says[1], "Response", "0");
  out.says.back().may_be_lean = true;
  for (std::size_t i = 0; i < allocations; ++i) {
    const auto begin = reserved.begin() + static_cast<std::ptrdiff_t>(i * keys / allocations);
    const auto end = reserved.begin() + static_cast<std::ptrdiff_t>((i + 1) * keys / allocations);
    const std::vector<std::string> part(begin, end);
    out.says.push_back(allocation(km, out, part));
    out.says.push_back(allocation_answer(km, out, out.says.size() - 1, part, 0));
    out.says.back().may_be_lean = true;
  }
  out.truth = {"reservation", {allocations > 0 ? "allocated" : "reserved"}};
  out.truth.members = {{"source_kma_id", source},
                       {"destination_kma_id", destination},
                       {"application_destination_id", application}};
  out.truth.reserved = reserved;
  if (allocations > 0) out.truth.allocated = reserved;
  return out;
}

Script ScriptWriter::reservation_rejected(std::size_t km) {
  Script out = reservation(km, 1, 0, false);
  if (dice_.chance(50)) {
    set_member(out.says[1], "Key IDs", "\"\"");
  } else {
    drop_member(out.says[1], "Key IDs");
  }
  set_member(out.says[1], "Response", "1");
  out.truth.states = {"rejected"};
  out.truth.reserved.clear();
  return out;
}

Script ScriptWriter::allocation_failed(std::size_t km) {
  Script out = reservation(km, 1 + dice_.below(3), 1, false);
  Say& answer = out.says[find_say(out, kAllocationResponse)];
  set_member(answer, "Response", "1");
  out.truth.states = {"allocation_failed"};
  out.truth.allocated.clear();
  return out;
}

Script ScriptWriter::allocation_in_part(std::size_t km) {
  Script out = reservation(km, 3, 1, false);
  Say& answer = out.says[find_say(out, kAllocationResponse)];
  answer.keys = {out.truth.reserved[1]};
  set_member(answer, "Key IDs", objects_of(answer.keys));
  answer.may_be_lean = false;
  out.truth.states = {"partially_allocated"};
  out.truth.allocated = answer.keys;
  return out;
}

Script ScriptWriter::any() {
  const std::size_t km = dice_.below(kms_);
  const std::size_t draw = dice_.below(100);
  // One throw a statement: compilers differ in the order of a call's arguments.
  if (draw < 21 && !pairs_.empty()) {
    const bool by_application = dice_.chance(40);
    return distributed(1 + dice_.below(std::min<std::size_t>(kms_ - 4, 4)), by_application);
  }
  if (draw < 48) return centralized(km, dice_.chance(40), false);
  if (draw < 71) {
    const bool success = dice_.chance(85);
    return session(km, another_km(km), success);
  }
  if (draw < 73) return session_denied(km);
  if (draw < 90) return reservation(km, 1 + dice_.below(4), 1, false);
  if (draw < 93) return reservation(km, 4, 2, false);
  if (draw < 95) return reservation(km, 2, 0, false);
  if (draw < 97) return reservation_rejected(km);
  return draw < 98 ? allocation_failed(km) : allocation_in_part(km);
}

}  // namespace ck::integration
