// Folding of member names, Appendix II's aliases, and the user's.
#include "protocol/names.h"

#include <algorithm>
#include <array>

namespace ck {
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
  table_.emplace(std::move(folded), id);
  return true;
}

std::optional<Parameter> NameTable::find(std::string_view name, const MessageSpec* message) const {
  std::array<char, 64> buffer;
  std::size_t size = 0;
  for (const char c : name) {
    const char f = fold_byte(c);
    if (f == 0) continue;
    if (size == longest_) return std::nullopt;
    if (size == buffer.size()) return find_folded(fold_name(name), message);
    buffer[size++] = f;
  }
  return find_folded({buffer.data(), size}, message);
}

std::optional<Parameter> NameTable::find_folded(std::string_view folded, const MessageSpec* message) const {
  const auto entry = table_.find(folded);
  if (entry == table_.end()) return std::nullopt;
  if (message == nullptr || folded != kKmaId) return entry->second;
  for (const Parameter list : {Parameter::transit_kma_ids, Parameter::next_kma_ids}) {
    if (message->find(list) != nullptr) return list;
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

}  // namespace ck
