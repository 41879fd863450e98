// Detection, framing and resynchronisation. Cost is linear in the bytes given: no JSON text can hold one of
// the 13 codes (0x14 is a control character; 0x41, "A", stands in JSON only inside a string, where no control
// character may follow it), so a candidate's look at its payload never goes past the next candidate's code,
// and only headers that interleave are looked at twice.
#include "protocol/framer.h"

#include <algorithm>
#include <array>

#include "protocol/json_text.h"

namespace ck {
namespace {

/// A search needs a header and the payload's first byte before a candidate can be judged at all.
constexpr std::size_t kSmallestLook = kHeaderSize + 1;
/// {"k":0} is the shortest object that can hold a member of Q.4164 (a user's alias may be one letter).
constexpr std::size_t kSmallestObject = 7;

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes part(Bytes bytes, std::size_t begin, std::size_t size) {
  begin = std::min(begin, bytes.size());
  return bytes.subspan(begin, std::min(size, bytes.size() - begin));
}

/// What can stand in JSON outside strings, white space included.
constexpr std::array<bool, 256> kOutsideStrings = [] {
  std::array<bool, 256> allowed{};
  for (const char c : std::string_view(" \t\n\r{}[]:,\"0123456789+-.eEtrufalsn"))
    allowed[static_cast<unsigned char>(c)] = true;
  return allowed;
}();

/// Goes on over `text`, which starts with what the scan has passed. False when no JSON object can start so.
/// A cheap test that lets most candidates go before they are decoded, and an incomplete one before its
/// bytes are waited for.
bool may_go_on(ObjectScan& scan, std::string_view text) {
  using Phase = ObjectScan::Phase;
  for (; scan.at < text.size(); ++scan.at) {
    const char c = text[scan.at];
    if (scan.phase == Phase::string) {
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\') ++scan.at;
      if (c == '"') scan.phase = Phase::inside;
      continue;
    }
    if (json::is_space(c)) continue;
    switch (scan.phase) {
      case Phase::before:
        if (c != '{') return false;
        scan.phase = Phase::opened;
        break;
      case Phase::opened:
        if (c != '"' && c != '}') return false;
        scan.phase = c == '"' ? Phase::string : Phase::behind;
        break;
      case Phase::inside:
        if (!kOutsideStrings[static_cast<unsigned char>(c)]) return false;
        if (c == '"') scan.phase = Phase::string;
        if (c == '{' || c == '[') ++scan.depth;
        if ((c == '}' || c == ']') && --scan.depth == 0) scan.phase = Phase::behind;
        break;
      default:
        return false;
    }
  }
  return true;
}

enum class Verdict : std::uint8_t { frame, no_frame, incomplete };

/// A frame that starts at bytes[0], judged by its payload alone: exactly one JSON object (with a member of
/// Q.4164, if asked for). `scan`: how far earlier calls about the same frame came.
Verdict judge_by_payload(Bytes bytes, bool needs_parameter, const NameTable& names, Payload& scratch,
                         ObjectScan& scan) {
  if (bytes.size() < kHeaderSize) return Verdict::incomplete;
  const std::size_t length = read_header(bytes).length;
  if (length < (needs_parameter ? kSmallestObject : 2)) return Verdict::no_frame;
  const Bytes payload = part(bytes, kHeaderSize, length);
  const bool complete = payload.size() == length;
  if (!may_go_on(scan, as_text(payload))) return Verdict::no_frame;
  if (!complete) return Verdict::incomplete;
  if (scan.phase != ObjectScan::Phase::behind) return Verdict::no_frame;
  bool has_parameter = false;
  const bool object = is_json_object(payload, names, scratch, has_parameter);
  return object && (has_parameter || !needs_parameter) ? Verdict::frame : Verdict::no_frame;
}

/// High byte of the listed code whose low byte is the index; 0 where none is listed.
const std::array<std::uint8_t, 256> kHighByte = [] {
  std::array<std::uint8_t, 256> high{};
  for (const MessageSpec& message : messages()) {
    high[message.command & 0xFF] = static_cast<std::uint8_t>(message.command >> 8);
  }
  return high;
}();

/// Offset of the next frame start at or after `from` whose two code bytes are visible and listed;
/// bytes.size() if none.
std::size_t find_candidate(Bytes bytes, std::size_t from) {
  for (std::size_t low = from + kCommandOffset + 1; low < bytes.size(); ++low) {
    const std::uint8_t high = kHighByte[bytes[low]];
    if (high != 0 && bytes[low - 1] == high) return low - 1 - kCommandOffset;
  }
  return bytes.size();
}

}  // namespace

Framer::Framer(const NameTable& names, bool from_start)
    : names_(&names), state_(from_start ? FramerState::start : FramerState::searching) {}

void Framer::lose_sync() {
  state_ = FramerState::lost;
  scan_ = {};
}

FrameAnswer Framer::next(Bytes bytes, bool at_end, Payload& scratch) {
  const FrameAnswer answer = decide(bytes, at_end, scratch);
  if (answer.step != FrameStep::need_more) scan_ = {};
  return answer;
}

FrameAnswer Framer::decide(Bytes bytes, bool at_end, Payload& scratch) {
  if (state_ == FramerState::start) {
    const FrameAnswer waiting = next_at_start(bytes, at_end, scratch);
    if (waiting.size != 0) return waiting;
  }
  if (state_ == FramerState::synced) return next_synced(bytes, at_end, scratch);
  return search(bytes, 0, at_end, scratch);
}

/// The lenient test. Leaves the state `start` unless nothing can be said yet, which is the only answer with a
/// size.
FrameAnswer Framer::next_at_start(Bytes bytes, bool at_end, Payload& scratch) {
  constexpr FrameAnswer kDecided{};
  state_ = FramerState::searching;
  if (bytes.size() < kSmallestLook) {
    const bool code_seen = bytes.size() >= kCommandOffset + 2;
    const std::uint16_t code =
        code_seen ? static_cast<std::uint16_t>(bytes[kCommandOffset] << 8 | bytes[kCommandOffset + 1])
                  : std::uint16_t{0};
    const bool hopeless = code_seen && !known_ck_ && find_message(code) == nullptr;
    const bool whole = bytes.size() == kHeaderSize && known_ck_ && find_message(code) != nullptr;
    if (whole) state_ = FramerState::synced;
    if (whole || hopeless || at_end) return kDecided;
    state_ = FramerState::start;
    // A listed code with an empty payload is a frame as soon as its header is there.
    return {FrameStep::need_more, known_ck_ && bytes.size() < kHeaderSize ? kHeaderSize : kSmallestLook};
  }
  const FrameHeader header = read_header(bytes);
  const bool listed = find_message(header.command) != nullptr;
  const bool opens_object = header.length > 0 && bytes[kHeaderSize] == '{';
  bool found = listed && (opens_object || known_ck_);
  if (!found && known_ck_) {
    found = has_direction_digits(header.command) && opens_object;
    const Verdict verdict = found ? Verdict::frame : judge_by_payload(bytes, false, *names_, scratch, scan_);
    if (verdict == Verdict::incomplete && !at_end) {
      state_ = FramerState::start;
      return {FrameStep::need_more, bytes.size() + 1};
    }
    found = verdict == Verdict::frame;
  }
  if (found) state_ = FramerState::synced;
  return kDecided;
}

FrameAnswer Framer::next_synced(Bytes bytes, bool at_end, Payload& scratch) {
  if (bytes.size() < kHeaderSize) return {FrameStep::need_more, kHeaderSize};
  const FrameHeader header = read_header(bytes);
  const std::size_t size = kHeaderSize + header.length;
  if (has_direction_digits(header.command)) {
    return bytes.size() >= size ? FrameAnswer{FrameStep::message, size}
                                : FrameAnswer{FrameStep::need_more, size};
  }
  switch (judge_by_payload(bytes, false, *names_, scratch, scan_)) {
    case Verdict::frame:
      return {FrameStep::message, size};
    case Verdict::incomplete:
      return {FrameStep::need_more, bytes.size() + 1};
    case Verdict::no_frame:
      break;
  }
  state_ = FramerState::malformed;
  return search(bytes, 1, at_end, scratch);
}

/// The strict test at every offset from `from` on. What lies before the first frame, or candidate still
/// incomplete, is a skip.
FrameAnswer Framer::search(Bytes bytes, std::size_t from, bool at_end, Payload& scratch) {
  constexpr std::size_t kUndecided =
      kCommandOffset + 1;  // so many bytes at the end may start a frame: its code is not seen yet
  for (std::size_t at = find_candidate(bytes, from); at < bytes.size(); at = find_candidate(bytes, at + 1)) {
    const Bytes candidate = bytes.subspan(at);
    ObjectScan scan = at == 0 ? scan_ : ObjectScan{};
    const Verdict verdict = judge_by_payload(candidate, true, *names_, scratch, scan);
    if (verdict == Verdict::no_frame || (verdict == Verdict::incomplete && at_end)) continue;
    if (at > 0) return {FrameStep::skip, at};
    if (verdict == Verdict::incomplete) {
      scan_ = scan;
      return {FrameStep::need_more, std::max(kSmallestLook, bytes.size() + 1)};
    }
    state_ = FramerState::synced;
    return {FrameStep::message, kHeaderSize + read_header(candidate).length};
  }
  if (at_end && !bytes.empty()) return {FrameStep::skip, bytes.size()};
  const std::size_t passed = bytes.size() > kUndecided ? std::max(from, bytes.size() - kUndecided) : from;
  return passed > 0 ? FrameAnswer{FrameStep::skip, passed} : FrameAnswer{FrameStep::need_more, kSmallestLook};
}

}  // namespace ck
