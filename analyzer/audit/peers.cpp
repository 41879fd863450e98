// What the messages of a side are counted under, and the sums over a peer's connections.
#include "audit/peers.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "audit/hashed.h"

namespace ck::audit {
namespace {

/// What a number counts: four bits of it, then four of the message's number, then 24 of something else.
enum class Habit : std::uint32_t {
  message,
  other_command,
  version,
  parameter,  ///< the parameter and the JSON type of its value
  spelling,
  result,  ///< by the number of its text, as those below
  unknown_member,
  extension,
};

constexpr std::uint32_t kRest = 0x00FF'FFFF;

constexpr std::uint32_t habit_key(Habit habit, std::uint32_t message, std::uint32_t rest) {
  return static_cast<std::uint32_t>(habit) << 28 | message << 24 | (rest & kRest);
}

constexpr std::size_t kTextsKept = 65'536, kTextLength = 120;
constexpr std::size_t kHabitsOfPeer = 4096, kAddressesShown = 32, kNamesShown = 32;

constexpr std::array<std::string_view, 6> kTypeNames = {"string", "number", "boolean",
                                                        "null",   "array",  "object"};

constexpr std::array<std::string_view, 6> kSpellings = {"snake_case", "camelCase",   "kebab-case",
                                                        "words",      "appendix-ii", "other"};
enum class Spelling : std::uint8_t { snake, camel, kebab, words, appendix_two, other };

constexpr std::array<std::string_view, 7> kAppendixTwoNames = {
    "start_km", "end_km", "kma_id", "keyrelayrequest_id", "key_id", "result_code", "error_message"};

Spelling spelling_of(std::string_view name) {
  const auto holds = [name](char c) { return name.find(c) != std::string_view::npos; };
  const bool space = holds(' '), low_line = holds('_'), hyphen = holds('-');
  if (space + low_line + hyphen > 1) return Spelling::other;
  if (space) return Spelling::words;
  if (low_line &&
      std::find(kAppendixTwoNames.begin(), kAppendixTwoNames.end(), name) != kAppendixTwoNames.end())
    return Spelling::appendix_two;
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool upper = std::any_of(name.begin(), name.end(), is_upper);
  if (low_line || hyphen) return upper ? Spelling::other : low_line ? Spelling::snake : Spelling::kebab;
  const bool starts_lower = !name.empty() && name[0] >= 'a' && name[0] <= 'z';
  return upper && starts_lower ? Spelling::camel : Spelling::other;
}

/// All names are of several words but two.
bool has_words(Parameter id) {
  return id != Parameter::response && id != Parameter::extension;
}

std::string address_text(const Address& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.size == 4) inet_ntop(AF_INET, address.bytes.data(), text, sizeof text);
  if (address.size == 16) inet_ntop(AF_INET6, address.bytes.data(), text, sizeof text);
  return address.size == 0 ? "unknown" : text;
}

std::string with_port(const Endpoint& endpoint) {
  const char* form = endpoint.address.size == 16 ? "[{}]:{}" : "{}:{}";
  return fmt::format(fmt::runtime(form), address_text(endpoint.address), endpoint.port);
}

std::string transport_text(const Connection& connection) {
  std::string name(name_of(connection.start.transport));
  if (connection.over_tls() && connection.tls_version && *connection.tls_version >> 8 == 3)
    name += *connection.tls_version == 0x0300 ? " (SSL 3.0)"
                                              : fmt::format(" 1.{}", (*connection.tls_version & 0xFF) - 1);
  return name;
}

/// Cut between code points.
std::string_view cut(std::string_view text) {
  if (text.size() <= kTextLength) return text;
  std::size_t end = kTextLength;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

/// The most frequent ones stay, the others are counted together.
void keep_most(HabitCounts& counts) {
  std::uint64_t others = 0;
  if (const auto known = counts.find(std::string(kOthers)); known != counts.end()) {
    others = known->second;
    counts.erase(known);
  }
  std::vector<std::pair<std::uint64_t, std::string>> order;
  for (const auto& [name, count] : counts) order.emplace_back(count, name);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = kNamesShown; i < order.size(); ++i) {
    others += order[i].first;
    counts.erase(order[i].second);
  }
  if (others != 0) counts[std::string(kOthers)] = others;
}

}  // namespace

std::uint32_t Peers::number_of_text(std::string_view text) {
  text = cut(text);
  const std::uint64_t digest = digest_of(Hashed::habit, text);
  if (const std::uint32_t* known = text_numbers_.find(digest)) return *known;
  if (texts_.size() > kTextsKept) return 0;
  const auto number = static_cast<std::uint32_t>(texts_.size());
  texts_.emplace_back(text);
  text_numbers_[digest] = number;
  return number;
}

void Peers::count_text(Tally& habits, std::uint32_t key, std::string_view text) {
  if (!habits.add(key | number_of_text(text))) habits.add(key);
}

void Peers::note(Tally& habits, const Message& message) {
  if (message.header) habits.add(habit_key(Habit::version, 0, message.header->version));
  if (message.spec == nullptr) {
    habits.add(habit_key(Habit::other_command, 0, message.command));
    return;
  }
  habits.add(habit_key(Habit::message, message.spec->number(), 0));
  if (message.payload->state != PayloadState::object) return;
  for (const Member& member : message.payload->members) note_member(habits, message, member);
}

void Peers::note_member(Tally& habits, const Message& message, const Member& member) {
  if (!member.id) return count_text(habits, habit_key(Habit::unknown_member, 0, 0), member.name);
  if (has_words(*member.id))
    habits.add(habit_key(Habit::spelling, 0, static_cast<std::uint32_t>(spelling_of(member.name))));
  if (member.duplicate || member.type == JsonType::null) return;
  const std::uint32_t number = message.spec->number();
  habits.add(
      habit_key(Habit::parameter, number,
                static_cast<std::uint32_t>(*member.id) << 8 | static_cast<std::uint32_t>(member.type)));
  if (*member.id == Parameter::response) count_text(habits, habit_key(Habit::result, number, 0), member.text);
  if (*member.id == Parameter::extension) note_extension(habits, *message.payload, member);
}

/// The `name` of each object in Extension.
void Peers::note_extension(Tally& habits, const Payload& payload, const Member& member) {
  for (const Node& node : payload.nodes_of(member)) {
    if (node.depth == 2 && node.named && node.name == "name" && node.type == JsonType::string)
      count_text(habits, habit_key(Habit::extension, 0, 0), node.text);
  }
}

std::optional<std::uint32_t> Peers::enter(const std::string& key, Role role, Verdicts& verdicts) {
  if (const auto known = by_key_.find(key); known != by_key_.end()) return known->second;
  if (peers_.size() >= most_) {
    verdicts.dropped(Limit::peers);
    return std::nullopt;
  }
  peers_.emplace_back().role = role;
  const auto id = static_cast<std::uint32_t>(peers_.size());
  by_key_.emplace(key, id);
  return id;
}

/// A KM without a name is its host, or its connection where several of that host were open at once; so is one
/// whose name is in doubt, for nobody is to be blamed for another one.
void Peers::add(const Connection& connection, ConnectionRecord& record, Verdicts& verdicts) {
  const Endpoint& km = record.km;
  const bool named = record.kma_id && !connection.kma_doubted && !connection.kma_disputed;
  const bool apart = !named && (connection.parallel || connection.kma_doubted || connection.kma_disputed);
  const std::string host = address_text(km.address);
  const std::string km_key = named   ? "name " + *record.kma_id
                             : apart ? fmt::format("connection {}", connection.id)
                                     : "host " + host;
  const bool any_port = connection.grpc() || connection.reversed;
  const std::string controller =
      any_port ? address_text(record.controller.address) : with_port(record.controller);
  record.km_peer = enter(km_key, Role::km, verdicts);
  record.controller_peer = enter("controller " + controller, Role::controller, verdicts);
  if (record.km_peer) {
    Peer& peer = peers_[*record.km_peer - 1];
    if (named) peer.name = record.kma_id;
    add_side(connection, connection.km_side, peer, apart ? with_port(km) : host);
  }
  if (record.controller_peer)
    add_side(connection, other(connection.km_side), peers_[*record.controller_peer - 1], controller);
}

void Peers::add_side(const Connection& connection, Side side, Peer& peer, std::string address) const {
  ++peer.connections;
  const bool is_new =
      std::find(peer.addresses.begin(), peer.addresses.end(), address) == peer.addresses.end();
  if (is_new && peer.addresses.size() < kAddressesShown) peer.addresses.push_back(std::move(address));
  ++peer.transports[transport_text(connection)];
  for (const Tally::Entry& entry : connection.habits[side].entries()) {
    const auto at = std::lower_bound(peer.habits.begin(), peer.habits.end(), entry.key,
                                     [](const auto& habit, std::uint32_t key) { return habit.first < key; });
    if (at != peer.habits.end() && at->first == entry.key) {
      at->second += entry.count;
    } else if (peer.habits.size() < kHabitsOfPeer) {
      peer.habits.insert(at, {entry.key, entry.count});
    }
  }
  peer.echoes = peer.echoes || connection.sides[side].echoes >= 2;
  peer.counts = peer.counts || connection.sides[side].answers_otherwise;
  if (!connection.latencies) return;
  for (const ExchangeSpec& exchange : kExchanges) {
    const Side answers = exchange.km_asks ? other(connection.km_side) : connection.km_side;
    const Latencies& latencies = (*connection.latencies)[static_cast<std::size_t>(exchange.exchange)];
    if (answers == side && latencies.count() != 0) peer.latencies[exchange.exchange].add_all(latencies);
  }
}

void Peers::add_habit(PeerRecord& record, std::uint32_t key, std::uint64_t count) const {
  const std::uint32_t rest = key & kRest;
  const std::uint32_t number = key >> 24 & 0xF;
  const std::uint16_t code = number == 0 ? std::uint16_t{0} : protocol::messages()[number - 1].code();
  switch (static_cast<Habit>(key >> 28)) {
    case Habit::message:
      record.messages[code] += count;
      break;
    case Habit::other_command:
      record.messages[static_cast<std::uint16_t>(rest)] += count;
      break;
    case Habit::version:
      record.versions.push_back(static_cast<std::uint16_t>(rest));
      break;
    case Habit::parameter: {
      ParameterHabit& habit = record.parameters[code][parameter(static_cast<Parameter>(rest >> 8)).name];
      habit.present += count;
      habit.types[kTypeNames[rest & 0xFF]] += count;
      break;
    }
    case Habit::spelling:
      record.spellings[kSpellings[rest]] += count;
      break;
    case Habit::result:
      record.results[code][texts_[rest]] += count;
      break;
    case Habit::unknown_member:
      record.unknown_members[texts_[rest]] += count;
      break;
    case Habit::extension:
      record.extensions[texts_[rest]] += count;
      break;
  }
}

PeerRecord Peers::record_of(const Peer& peer) const {
  PeerRecord record;
  record.role = peer.role;
  record.name = peer.name;
  record.addresses = peer.addresses;
  record.connections = peer.connections;
  record.transports = peer.transports;
  if (peer.echoes || peer.counts)
    record.message_ids = peer.echoes && peer.counts ? "mixed" : peer.echoes ? "echoed" : "own";
  for (const auto& [key, count] : peer.habits) add_habit(record, key, count);
  for (const MessageSpec& spec : protocol::messages()) {
    const auto sent = record.messages.find(spec.code());
    if (sent == record.messages.end()) continue;
    for (const ParameterUse& use : spec.parameters) {
      ParameterHabit& habit = record.parameters[spec.code()][parameter(use.id).name];
      habit.absent = sent->second - std::min(sent->second, habit.present);
    }
  }
  for (auto& [code, results] : record.results) keep_most(results);
  keep_most(record.unknown_members);
  keep_most(record.extensions);
  for (const auto& [exchange, latencies] : peer.latencies) {
    record.response_times.push_back({0, exchange, latencies.count(), latencies.percentile(50),
                                     latencies.percentile(90), latencies.percentile(99), latencies.max()});
    record.distributions.push_back(latencies.distribution());
  }
  return record;
}

void Peers::tell(AuditSink& sink) const {
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    PeerRecord record = record_of(peers_[i]);
    record.id = static_cast<std::uint32_t>(i + 1);
    sink.peer(record);
  }
}

}  // namespace ck::audit
