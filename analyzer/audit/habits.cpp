// What messages are counted under, and the numbers' names.
#include "audit/habits.h"

#include <algorithm>
#include <array>

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
  manner,  ///< several of the above, by the manner's number
};

constexpr std::uint32_t kRest = 0x00FF'FFFF;

constexpr std::uint32_t habit_key(Habit habit, std::uint32_t message, std::uint32_t rest) {
  return static_cast<std::uint32_t>(habit) << 28 | message << 24 | (rest & kRest);
}

constexpr std::size_t kTextsKept = 65'536, kTextLength = 120, kNamesShown = 32;
constexpr std::uint32_t kMannersKept = 4096;

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

/// Cut between code points.
std::string_view cut(std::string_view text) {
  if (text.size() <= kTextLength) return text;
  std::size_t end = kTextLength;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

/// The node is the name of an extension.
bool names_extension(const Node& node) {
  return node.depth == 2 && node.named && node.name == "name" && node.type == JsonType::string;
}

/// All parameters, in order of their names.
std::span<const Parameter, kParameterCount> parameters_by_name() {
  static const std::array<Parameter, kParameterCount> sorted = [] {
    std::array<Parameter, kParameterCount> ids{};
    std::transform(parameters().begin(), parameters().end(), ids.begin(),
                   [](const ParameterSpec& spec) { return spec.id; });
    std::sort(ids.begin(), ids.end(),
              [](Parameter a, Parameter b) { return parameter(a).name < parameter(b).name; });
    return ids;
  }();
  return sorted;
}

/// The most frequent ones stay, the others are counted together.
void keep_most(HabitCounts& counts) {
  std::uint64_t others = 0;
  if (const auto known = counts.find(std::string(kOthers)); known != counts.end()) {
    others = known->second;
    counts.erase(known);
  }
  if (counts.size() <= kNamesShown) {
    if (others != 0) counts[std::string(kOthers)] = others;
    return;
  }
  std::vector<std::pair<std::uint64_t, std::string>> order;
  for (const auto& [name, count] : counts) order.emplace_back(count, name);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = kNamesShown; i < order.size(); ++i) {
    others += order[i].first;
    counts.erase(counts.find(order[i].second));
  }
  if (others != 0) counts[std::string(kOthers)] = others;
}

}  // namespace

std::uint64_t manner_of(const Message& message) {
  constexpr std::uint64_t kFactor = 0xA0761D6478BD642FULL, kStep = 0x1D8E4E27C47D124FULL;
  const Payload& payload = *message.payload;
  std::uint64_t digest = hash_seed() ^ (message.spec->number() | static_cast<unsigned>(payload.state) << 8);
  if (message.header) digest ^= 1ULL << 32 | std::uint64_t{message.header->version} << 16;
  const auto add = [&digest](std::uint64_t what) { digest = mix(digest ^ what, kFactor) + kStep; };
  add(0);
  if (payload.state != PayloadState::object) return digest;
  for (const Member& member : payload.members) {
    if (member.spelling == 0) return 0;
    add(member.spelling | static_cast<unsigned>(member.type) << 8 |
        static_cast<unsigned>(member.duplicate) << 16);
  }
  if (const Member* response = payload.find(Parameter::response))
    add(digest_of(Hashed::habit, response->text));
  const Member* extension = payload.find(Parameter::extension);
  const auto nodes = extension == nullptr ? std::span<const Node>() : payload.nodes_of(*extension);
  return std::any_of(nodes.begin(), nodes.end(), names_extension) ? 0 : digest;
}
std::uint32_t Habits::number_of_text(std::string_view text) {
  text = cut(text);
  const std::uint64_t digest = digest_of(Hashed::habit, text);
  if (const std::uint32_t* known = text_numbers_.find(digest)) return *known;
  if (texts_.size() > kTextsKept) return 0;
  const auto number = static_cast<std::uint32_t>(texts_.size());
  texts_.emplace_back(text);
  text_numbers_[digest] = number;
  return number;
}

void Habits::count_text(Tally& tally, std::uint32_t key, std::string_view text) {
  if (!tally.add(key | number_of_text(text))) tally.add(key);
}

void Habits::note(Tally& tally, const Message& message, std::uint64_t manner) {
  if (manner != 0) {
    const std::uint32_t* known = manner_numbers_.find(manner);
    const std::uint32_t number = known != nullptr ? *known : number_of_manner(manner, message);
    if (number < kMannersKept && tally.add(habit_key(Habit::manner, 0, number))) return;
  }
  note_all(tally, message);
}

/// Of one that is new; kMannersKept where there are too many.
std::uint32_t Habits::number_of_manner(std::uint64_t manner, const Message& message) {
  if (manners_.size() == kMannersKept) return kMannersKept;
  Tally shown;
  note_all(shown, message);
  manner_numbers_[manner] = static_cast<std::uint32_t>(manners_.size());
  manners_.emplace_back(shown.entries().begin(), shown.entries().end());
  return static_cast<std::uint32_t>(manners_.size() - 1);
}

void Habits::note_all(Tally& tally, const Message& message) {
  if (message.header) tally.add(habit_key(Habit::version, 0, message.header->version));
  if (message.spec == nullptr) {
    tally.add(habit_key(Habit::other_command, 0, message.command));
    return;
  }
  tally.add(habit_key(Habit::message, message.spec->number(), 0));
  if (message.payload->state != PayloadState::object) return;
  for (const Member& member : message.payload->members) note_member(tally, message, member);
}

void Habits::note_member(Tally& tally, const Message& message, const Member& member) {
  if (!member.id) return count_text(tally, habit_key(Habit::unknown_member, 0, 0), member.name);
  if (has_words(*member.id))
    tally.add(habit_key(Habit::spelling, 0, static_cast<std::uint32_t>(spelling_of(member.name))));
  if (member.duplicate || member.type == JsonType::null) return;
  const std::uint32_t number = message.spec->number();
  tally.add(habit_key(Habit::parameter, number,
                      static_cast<std::uint32_t>(*member.id) << 8 | static_cast<std::uint32_t>(member.type)));
  if (*member.id == Parameter::response) count_text(tally, habit_key(Habit::result, number, 0), member.text);
  if (*member.id == Parameter::extension) note_extension(tally, *message.payload, member);
}

/// The `name` of each object in Extension.
void Habits::note_extension(Tally& tally, const Payload& payload, const Member& member) {
  for (const Node& node : payload.nodes_of(member)) {
    if (names_extension(node)) count_text(tally, habit_key(Habit::extension, 0, 0), node.text);
  }
}

/// The same without manners: what they stand for.
Habits::Counts Habits::resolved(const Counts& counts) const {
  const auto is_manner = [](std::uint32_t key) { return static_cast<Habit>(key >> 28) == Habit::manner; };
  std::size_t most = 0;
  for (const auto& one : counts) most += is_manner(one.first) ? manners_[one.first & kRest].size() : 1;
  Counts all;
  all.reserve(most);
  for (const auto& [key, count] : counts) {
    if (!is_manner(key)) {
      all.emplace_back(key, count);
      continue;
    }
    for (const Tally::Entry& shown : manners_[key & kRest]) all.emplace_back(shown.key, shown.count * count);
  }
  std::sort(all.begin(), all.end());
  auto end = all.begin();
  for (const auto& one : all) {
    if (end != all.begin() && (end - 1)->first == one.first) {
      (end - 1)->second += one.second;
    } else {
      *end++ = one;
    }
  }
  all.erase(end, all.end());
  return all;
}

void Habits::tell(const Counts& counts, PeerRecord& record) const {
  const Counts all = resolved(counts);
  for (const auto& [key, count] : all) tell_one(key, count, record);
  auto at = std::lower_bound(all.begin(), all.end(), habit_key(Habit::parameter, 0, 0),
                             [](const auto& one, std::uint32_t key) { return one.first < key; });
  for (const MessageSpec& spec : protocol::messages()) {
    const auto begin = at;
    while (at != all.end() && at->first < habit_key(Habit::parameter, spec.number() + 1u, 0)) ++at;
    tell_parameters(spec, std::span(begin, at), record);
  }
  for (auto& [code, results] : record.results) keep_most(results);
  keep_most(record.unknown_members);
  keep_most(record.extensions);
}

/// Those of the message's table, and whatever else was sent in it.
void Habits::tell_parameters(const MessageSpec& spec, std::span<const Count> shown, PeerRecord& record) {
  const auto sent = record.messages.find(spec.code());
  if (sent == record.messages.end() && shown.empty()) return;
  std::array<ParameterHabit, kParameterCount> table{};
  for (const auto& [key, count] : shown) {
    const std::uint32_t rest = key & kRest;
    table[rest >> 8].present += count;
    table[rest >> 8].types[rest & 0xFF] += count;
  }
  std::vector<ParameterHabit>& habits = record.parameters[spec.code()];
  habits.reserve(spec.parameters.size() + shown.size());
  for (const Parameter id : parameters_by_name()) {
    ParameterHabit& habit = table[static_cast<std::size_t>(id)];
    const bool absent = sent != record.messages.end() && spec.find(id) != nullptr;
    if (!absent && habit.present == 0) continue;
    habit.id = id;
    if (absent) habit.absent = sent->second - std::min(sent->second, habit.present);
    habits.push_back(habit);
  }
}

void Habits::tell_one(std::uint32_t key, std::uint64_t count, PeerRecord& record) const {
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
    case Habit::parameter:  // tell_parameters()
    case Habit::manner:     // resolved()
      break;
  }
}

}  // namespace ck::audit
