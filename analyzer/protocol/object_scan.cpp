// The scan knows brackets, strings and what may stand outside of them; the rest of JSON is left to the
// parser.
#include "protocol/object_scan.h"

#include <array>

#include "protocol/json_text.h"

namespace ck::protocol {
namespace {

/// What can stand in JSON outside strings, white space included.
constexpr std::array<bool, 256> kOutsideStrings = [] {
  std::array<bool, 256> allowed{};
  for (const char c : std::string_view(" \t\n\r{}[]:,\"0123456789+-.eEtrufalsn"))
    allowed[static_cast<unsigned char>(c)] = true;
  return allowed;
}();

// Where a byte changes nothing: a set of such bits.
constexpr std::uint8_t kBetween = 1, kInside = 2, kInString = 4;
constexpr std::array<std::uint8_t, 256> kIdle = [] {
  std::array<std::uint8_t, 256> idle{};
  for (int c = 0; c < 256; ++c) {
    if (kOutsideStrings[c]) idle[c] |= kInside;
    if (c >= 0x20 && c < 0x80) idle[c] |= kInString;
  }
  for (const char c : std::string_view(" \t\n\r")) idle[static_cast<unsigned char>(c)] |= kBetween;
  for (const char c : std::string_view("\"{}[]")) idle[static_cast<unsigned char>(c)] &= kInString;
  for (const char c : std::string_view("\"\\")) idle[static_cast<unsigned char>(c)] = 0;
  return idle;
}();

/// The first byte at or after `at` that changes something, where those with `bit` do not. Most change
/// nothing.
std::size_t skip_idle(std::string_view text, std::size_t at, std::uint8_t bit) {
  while (at < text.size() && (kIdle[static_cast<unsigned char>(text[at])] & bit) != 0) ++at;
  return at;
}

}  // namespace

/// One character outside of strings. False when no object goes on so.
bool ObjectScan::take_outside(char c) {
  switch (phase_) {
    case Phase::before:
      phase_ = Phase::opened;
      return c == '{';
    case Phase::opened:
      phase_ = c == '"' ? Phase::string : Phase::behind;
      return c == '"' || c == '}';
    case Phase::inside:
      if (c == '"') phase_ = Phase::string;
      if (c == '{' || c == '[') ++depth_;
      if ((c == '}' || c == ']') && --depth_ == 0) phase_ = Phase::behind;
      return kOutsideStrings[static_cast<unsigned char>(c)];
    default:
      return false;
  }
}

bool ObjectScan::take(char c) {
  if (phase_ == Phase::string) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) return false;
    if (c == '\\') ++at_;  // what follows is no end of the string
    if (c == '"') phase_ = Phase::inside;
    if ((byte & 0xC0) == 0x80) ++continuations_;
    if (byte >= 0xF0) ++supplementary_;
    return true;
  }
  return json::is_space(c) || take_outside(c);
}

void ObjectScan::go_on(std::string_view text) {
  if (state_ == State::ended || state_ == State::impossible) return;
  for (;; ++at_) {
    at_ = skip_idle(text, at_,
                    phase_ == Phase::string   ? kInString
                    : phase_ == Phase::inside ? kInside
                                              : kBetween);
    if (at_ >= text.size()) return;
    if (phase_ == Phase::behind && !json::is_space(text[at_])) {
      state_ = State::ended;
      return;
    }
    if (!take(text[at_])) {
      state_ = State::impossible;
      return;
    }
    if (phase_ == Phase::behind && state_ == State::open) {
      state_ = State::closed;
      object_end_ = at_ + 1;
    }
  }
}

}  // namespace ck::protocol
