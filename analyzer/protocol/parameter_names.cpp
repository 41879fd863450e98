// Folding of member names, Appendix II's aliases, and the user's.
#include "protocol/parameter_names.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "base/hash.h"

namespace ck::protocol {
namespace {

/// What each byte folds to; 0 for a byte that is dropped.
constexpr std::array<char, 256> kFold = [] {
  std::array<char, 256> fold{};
  for (int c = '0'; c <= '9'; ++c) fold[c] = static_cast<char>(c);
  for (int c = 'a'; c <= 'z'; ++c) fold[c] = static_cast<char>(c);
  for (int c = 'A'; c <= 'Z'; ++c) fold[c] = static_cast<char>(c - 'A' + 'a');
  for (int c = 0x80; c <= 0xFF; ++c) fold[c] = static_cast<char>(c);
  return fold;
}();

char fold_byte(char c) {
  return kFold[static_cast<unsigned char>(c)];
}

/// Folded: the one alias whose meaning depends on the message.
constexpr std::string_view kKmaId = "kmaid";

struct Alias {
  Parameter id;
  std::string_view name;
};

/// Appendix II, Tables II.2-1 to II.5-2. `kma_id` stands for the list it maps there, Transit KMA IDs.
constexpr Alias kAppendixTwo[] = {
    {Parameter::source_kma_id, "start_km"},  {Parameter::destination_kma_id, "end_km"},
    {Parameter::transit_kma_ids, "kma_id"},  {Parameter::key_relay_request_id, "keyrelayrequest_id"},
    {Parameter::key_ids, "key_id"},          {Parameter::response, "result_code"},
    {Parameter::extension, "error_message"},
};

bool is_word_end(char c) {
  return c == ' ' || c == '_' || c == '-';
}

char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

/// A name's words joined by `separator` (0: nothing), in lower case, but for the first letters of words that
/// are `capital`.
std::string join_words(std::string_view name, char separator, bool first_capital, bool other_capitals) {
  std::string joined;
  bool word_begins = true;
  for (const char c : name) {
    if (is_word_end(c)) {
      word_begins = true;
      continue;
    }
    const bool capital = joined.empty() ? first_capital : other_capitals;
    if (word_begins && !joined.empty() && separator != 0) joined.push_back(separator);
    joined.push_back(word_begins && capital ? to_upper(c) : fold_byte(c));
    word_begins = false;
  }
  return joined;
}

std::uint64_t load(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// `first` and `last`: the eight bytes at either end; a shorter name is both. No capture decides what is in
/// the table, so no seed is needed.
std::size_t hash_of(std::uint64_t first, std::uint64_t last, std::size_t size) {
  return mix(mix(first ^ size, 0x9E3779B97F4A7C15ULL) ^ last, 0xD6E8FEB86659FD93ULL);
}

}  // namespace

std::string fold_name(std::string_view name) {
  std::string folded;
  folded.reserve(name.size());
  for (const char c : name) {
    if (const char f = fold_byte(c)) folded.push_back(f);
  }
  return folded;
}

NameTable::NameTable() {
  for (const ParameterSpec& spec : parameters()) add_alias(spec.id, spec.name);
  for (const Alias& alias : kAppendixTwo) add_alias(alias.id, alias.name);
}

bool NameTable::add_alias(Parameter id, std::string_view name) {
  std::string folded = fold_name(name);
  if (folded.empty()) return false;
  if (const auto known = table_.find(folded); known != table_.end()) {
    return known->second == id || (folded == kKmaId && id == Parameter::next_kma_ids);
  }
  longest_ = std::max(longest_, folded.size());
  add_spellings(name, folded, id);
  table_.emplace(std::move(folded), id);
  return true;
}

/// As it is given and as programs write it: snake_case, kebab-case, camelCase, PascalCase, words.
void NameTable::add_spellings(std::string_view name, std::string_view folded, Parameter id) {
  add_spelling(name, folded, id);
  for (const char separator : {'_', '-', ' ', '\0'})
    add_spelling(join_words(name, separator, false, false), folded, id);
  add_spelling(join_words(name, 0, false, true), folded, id);
  add_spelling(join_words(name, 0, true, true), folded, id);
}

/// Where a spelling of 1 to kPadding bytes is, or would be.
std::size_t NameTable::slot_of(std::string_view spelt) const {
  std::array<char, kPadding> padded{};
  std::memcpy(padded.data(), spelt.data(), spelt.size());
  return slot_of_padded(padded.data(), spelt.size());
}

/// These slots are not base's flat map, which knows a key by its digest alone: a name of a stranger's must be
/// compared, and a look by its first and last bytes costs 76 instructions where one by its digest costs 110.
///
/// `size` is 1 to kPadding. Names are compared by words of eight bytes, a call for each costs more than the
/// rest.
std::size_t NameTable::slot_of_padded(const char* name, std::size_t size) const {
  static_assert(std::endian::native == std::endian::little, "the lowest byte is the first one");
  std::uint64_t first = load(name);
  if (size < 8) first &= ~std::uint64_t{0} >> (64 - 8 * size);
  const std::uint64_t last = size < 8 ? first : load(name + size - 8);
  const std::size_t mask = spellings_.size() - 1;
  const auto is = [&](const Spelling& known) {
    const char* const text = known.text.data();
    if (known.size != size || load(text) != first) return false;
    if (size <= 8) return true;
    if (load(text + size - 8) != last) return false;
    return size <= 16 ||
           (load(text + 8) == load(name + 8) && (size <= 24 || load(text + 16) == load(name + 16)));
  };
  std::size_t at = hash_of(first, last, size) & mask;
  while (spellings_[at].size != 0 && !is(spellings_[at])) at = (at + 1) & mask;
  return at;
}

void NameTable::add_spelling(std::string_view spelt, std::string_view folded, Parameter id) {
  if (spelt.size() > sizeof(Spelling::text) || fold_name(spelt) != folded) return;
  if ((spelling_count_ + 1) * 2 > spellings_.size()) {
    const std::vector<Spelling> before =
        std::exchange(spellings_, std::vector<Spelling>(std::max<std::size_t>(256, spellings_.size() * 2)));
    for (const Spelling& known : before) {
      if (known.size != 0) spellings_[slot_of(known.view())] = known;
    }
  }
  Spelling& slot = spellings_[slot_of(spelt)];
  if (slot.size != 0) return;
  std::copy(spelt.begin(), spelt.end(), slot.text.begin());
  slot.size = static_cast<std::uint8_t>(spelt.size());
  slot.id = id;
  slot.is_kma_id = folded == kKmaId;
  ++spelling_count_;
  if (spelling_count_ <= std::numeric_limits<std::uint8_t>::max())
    slot.number = static_cast<std::uint8_t>(spelling_count_);
}

Named NameTable::look_up(std::string_view name, const MessageSpec* message) const {
  if (!name.empty() && name.size() <= kPadding) {
    const Spelling& known = spellings_[slot_of(name)];
    if (known.size != 0) return {resolve(known.id, known.is_kma_id, message), known.number};
  }
  std::array<char, 64> buffer;
  std::size_t size = 0;
  for (const char c : name) {
    const char f = fold_byte(c);
    if (f == 0) continue;
    if (size == longest_) return {};
    if (size == buffer.size()) return {find_folded(fold_name(name), message)};
    buffer[size++] = f;
  }
  return {find_folded({buffer.data(), size}, message)};
}

std::optional<Parameter> NameTable::find_folded(std::string_view folded, const MessageSpec* message) const {
  const auto entry = table_.find(folded);
  if (entry == table_.end()) return std::nullopt;
  return resolve(entry->second, folded == kKmaId, message);
}

/// The KMA list that the message's table has.
std::optional<Parameter> NameTable::kma_list_of(const MessageSpec& message) {
  for (const Parameter list : {Parameter::transit_kma_ids, Parameter::next_kma_ids}) {
    if (message.find(list) != nullptr) return list;
  }
  return std::nullopt;
}

std::optional<Parameter> NameTable::find_official(std::string_view name) {
  static const std::array<std::string, kParameterCount> official = [] {
    std::array<std::string, kParameterCount> folded;
    for (const ParameterSpec& spec : parameters())
      folded[static_cast<std::size_t>(spec.id)] = fold_name(spec.name);
    return folded;
  }();
  const auto entry = std::find(official.begin(), official.end(), fold_name(name));
  if (entry == official.end()) return std::nullopt;
  return static_cast<Parameter>(entry - official.begin());
}

}  // namespace ck::protocol
