// The word lists by which a result's text is checked, and the judging.
#include "protocol/result.h"

#include <algorithm>
#include <array>
#include <optional>

#include "protocol/parameter_names.h"
#include "protocol/payload.h"

namespace ck::protocol {
namespace {

constexpr std::array<std::string_view, 9> kSuccessWords = {
    "success", "succeeded", "ok", "accepted", "established", "created", "completed", "complete", "done"};

constexpr std::array<std::string_view, 17> kFailureWords = {
    "fail",   "failed", "failure", "error", "ng",     "reject",  "rejected", "refuse", "refused",
    "denied", "deny",   "no",      "not",   "unable", "timeout", "unknown",  "invalid"};

constexpr char fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// "no-error" and "not_found" are one word each, so that no part of a word is ever checked.
constexpr bool is_word_character(char c) {
  const char f = fold(c);
  return (f >= 'a' && f <= 'z') || is_digit(c) || c == '_' || c == '-' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// The first word of `text`, without punctuation around it. A point between two digits belongs to a number.
std::string_view first_word(std::string_view text) {
  std::size_t begin = 0;
  const auto starts = [&](std::size_t i) {
    if (text[i] == '-' || text[i] == '_') return i + 1 < text.size() && is_digit(text[i + 1]);
    return is_word_character(text[i]);
  };
  while (begin < text.size() && !starts(begin)) ++begin;
  std::size_t end = begin;
  const auto goes_on = [&](std::size_t i) {
    if (is_word_character(text[i])) return true;
    return text[i] == '.' && i > begin && is_digit(text[i - 1]) && i + 1 < text.size() &&
           is_digit(text[i + 1]);
  };
  while (end < text.size() && goes_on(end)) ++end;
  while (end > begin && (text[end - 1] == '-' || text[end - 1] == '_')) --end;
  return text.substr(begin, end - begin);
}

/// An integer of any length: whether it is zero; nullopt when `word` is none.
std::optional<bool> is_zero(std::string_view word) {
  if (!word.empty() && word.front() == '-') word.remove_prefix(1);
  if (word.empty() || !std::all_of(word.begin(), word.end(), is_digit)) return std::nullopt;
  return std::all_of(word.begin(), word.end(), [](char c) { return c == '0'; });
}

/// Whether `word`, of `text`, is part of a sum or formula ("=1+2", "-2+3", "=9"), whose value it is not.
bool is_in_formula(std::string_view text, std::string_view word) {
  constexpr std::string_view kSigns = "=+*/<>%^";
  const auto begin = static_cast<std::size_t>(word.data() - text.data());
  const std::size_t end = begin + word.size();
  const bool leads =
      begin > 0 && text[begin - 1] != '+' && kSigns.find(text[begin - 1]) != std::string_view::npos;
  return leads || (end < text.size() && kSigns.find(text[end]) != std::string_view::npos);
}

}  // namespace

Outcome check_result(std::int64_t code) {
  return code == 0 ? Outcome::success : Outcome::failure;
}

Outcome check_result(std::string_view text) {
  if (text == kSuccessWords.front()) return Outcome::success;  // as most are written
  const std::string_view word = first_word(text);
  if (const std::optional<bool> zero = is_zero(word)) {
    if (is_in_formula(text, word)) return Outcome::unknown;
    return *zero ? Outcome::success : Outcome::failure;
  }
  const auto is = [&](std::string_view listed) {
    return std::equal(word.begin(), word.end(), listed.begin(), listed.end(),
                      [](char a, char b) { return fold(a) == b; });
  };
  if (std::any_of(kSuccessWords.begin(), kSuccessWords.end(), is)) return Outcome::success;
  if (std::any_of(kFailureWords.begin(), kFailureWords.end(), is)) return Outcome::failure;
  return Outcome::unknown;
}

Outcome check_result(const Member& response) {
  if (response.fit == Fit::wrong || response.fit == Fit::null) return Outcome::unknown;
  if (response.integer) return check_result(*response.integer);
  if (response.type != JsonType::string && response.type != JsonType::number) return Outcome::unknown;
  return check_result(response.text);
}

bool leaves_response_out(const MessageSpec& spec, const Payload& payload) {
  return spec.find(Parameter::response) != nullptr && payload.state == PayloadState::object &&
         payload.find(Parameter::response) == nullptr;
}

}  // namespace ck::protocol
