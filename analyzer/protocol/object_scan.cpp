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
  for (; at_ < text.size(); ++at_) {
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
