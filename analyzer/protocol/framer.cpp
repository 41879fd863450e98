// Detection, framing and resynchronisation. Cost is linear in the bytes given: no JSON text can hold one of
// the 13 codes, in either byte order (0x14 is a control character; 0x41, "A", stands in JSON only inside a
// string, where no control character may stand beside it), so a candidate's look at its payload never goes
// past the next candidate's code, and only headers that interleave are looked at twice.
#include "protocol/framer.h"

#include <algorithm>
#include <array>

#include "base/endian.h"
#include "protocol/code_scan.h"
#include "protocol/json_text.h"

namespace ck::protocol {
namespace {

/// A search needs a header and the payload's first byte before a candidate can be checked at all.
constexpr std::size_t kSmallestLook = kHeaderSize + 1;
/// So many bytes at the end may start a frame: its code, which a slip puts 10 bytes behind its start at most,
/// is not seen yet.
constexpr std::size_t kUndecided = 11;
/// Where the header of Figure I.1 lacks the last byte of its Length, which may be longer.
constexpr std::size_t kLengthCut = kHeaderSize - 1;
/// So many bytes more than Figure I.1 has may stand before a frame's code.
constexpr std::size_t kMostShift = 4;

FrameAnswer need_more(std::size_t size) {
  return {.step = FrameStep::need_more, .size = size};
}

FrameAnswer skip(std::size_t size) {
  return {.step = FrameStep::skip, .size = size};
}

/// A header has begun. Asking again where its Length is cut shows whether a segment ends there.
FrameAnswer need_header(Bytes bytes) {
  return need_more(bytes.size() < kLengthCut ? kLengthCut : kHeaderSize);
}

bool is_over(BytesEnd end) {
  return end == BytesEnd::stream || end == BytesEnd::fin;
}

/// A code that is not in Table I.1, nor one of the other direction's.
bool is_unlisted(std::uint16_t command) {
  return find_message(command) == nullptr && find_swapped(command) == nullptr;
}

bool closes(std::uint8_t last) {
  return last == '}' || json::is_space(static_cast<char>(last));
}

/// Whether a payload is an object to all appearance: by its two ends, and where a Length that counts the
/// header or is little-endian would show.
bool looks_whole(Bytes payload) {
  std::size_t begin = 0, end = payload.size();
  while (begin < end && json::is_space(static_cast<char>(payload[begin]))) ++begin;
  while (end > begin && json::is_space(static_cast<char>(payload[end - 1]))) --end;
  if (end < begin + 2 || payload[begin] != '{' || payload[end - 1] != '}') return false;
  constexpr std::size_t kCodeFromEnd = kHeaderSize - kCommandOffset;  // of the next header, taken in
  if (payload.size() > kHeaderSize &&
      find_message(read_be16(payload, payload.size() - kCodeFromEnd)) != nullptr)
    return false;
  const std::size_t reversed = (payload.size() & 0xFF) << 8 | payload.size() >> 8;
  return reversed == 0 || reversed >= payload.size() || !closes(payload[reversed - 1]);
}

}  // namespace

Framer::Framer(const NameTable& names, bool from_start)
    : names_(&names), state_(from_start ? FramerState::start : FramerState::searching) {}

void Framer::lose_sync() {
  state_ = FramerState::lost;
  looked_.reset();
  searched_ = 0;
  length_is_cut_ = in_doubt_ = version_in_doubt_ = skips_ = false;
  skipped_.size = 0;
  unread_.reset();
}

std::size_t Framer::expected_size(Bytes bytes) const {
  if (slip_ != nullptr && bytes.size() >= slip_->payload_at()) {
    const auto meant = read_header(bytes, *slip_);
    if (meant && has_direction_digits(meant->header.command)) return slip_->payload_at() + meant->length;
  }
  return bytes.size() < kHeaderSize ? kHeaderSize : kHeaderSize + read_header(bytes).length;
}

FrameAnswer Framer::next(Bytes bytes, BytesEnd end, Payload& scratch) {
  in_doubt_ = false;
  const FrameAnswer answer = decide(bytes, end, scratch);
  length_is_cut_ = answer.step == FrameStep::need_more && bytes.size() == kLengthCut;
  if (answer.step == FrameStep::need_more) return answer;
  if (answer.step == FrameStep::skip && answer.slip == nullptr) note_skipped(bytes.first(answer.size));
  in_doubt_ = false;
  searched_ = 0;
  if (unread_ != nullptr) unread_.reset();
  if (looked_ != nullptr) looked_.reset();
  return answer;
}

Framer::Passed Framer::pass_foreign(Bytes bytes, std::size_t least) {
  const bool searches = state_ != FramerState::start && state_ != FramerState::synced && !known_ck_;
  if (!searches || bytes.size() <= kUndecided + least || find_code(bytes, 0) < bytes.size()) return {};
  const Passed out{bytes.size() - kUndecided, std::max(kSmallestLook, kUndecided + 1)};
  note_skipped(bytes.first(out.size));
  in_doubt_ = false;
  length_is_cut_ = kUndecided == kLengthCut;
  searched_ = 0;
  unread_.reset();
  looked_.reset();
  return out;
}

FrameAnswer Framer::decide(Bytes bytes, BytesEnd end, Payload& scratch) {
  if (state_ == FramerState::start) {
    if (const auto answer = next_at_start(bytes, end, scratch)) return *answer;
  }
  if (state_ == FramerState::synced) return next_synced(bytes, end, scratch);
  return search(bytes, 0, end, scratch);
}

/// A frame by `slip` is what the bytes are.
FrameAnswer Framer::tell(const Slip& slip, const MeantHeader& meant, std::size_t payload_size) {
  const bool standard = &slip == &kFigureI1;
  state_ = FramerState::synced;
  framed_ = true;
  version_in_doubt_ = doubts_version(slip, meant.header.version);
  if (!version_in_doubt_) version_ = meant.header.version;
  skips_ = false;
  if (!standard) {
    slip_ = &slip;
    in_a_row_ = 0;
  } else {
    shows_ck_ = true;
    if (slip_ != nullptr && ++in_a_row_ >= 2) slip_ = nullptr;
  }
  FrameAnswer answer;
  answer.step = FrameStep::message;
  answer.size = slip.payload_at() + payload_size;
  answer.slip = standard ? nullptr : &slip;
  answer.header = meant.header;
  answer.header.length = static_cast<std::uint16_t>(payload_size);
  answer.version_in_doubt = version_in_doubt_;
  answer.payload_at = slip.payload_at();
  answer.payload_size = payload_size;
  return answer;
}

/// The lenient test, then the slips. nullopt: the state has changed.
std::optional<FrameAnswer> Framer::next_at_start(Bytes bytes, BytesEnd end, Payload& scratch) {
  const bool over = is_over(end);
  const bool code_seen = bytes.size() >= kLengthOffset;
  const std::uint16_t code = code_seen ? read_be16(bytes, kCommandOffset) : std::uint16_t{0};
  const bool listed = code_seen && find_message(code) != nullptr;
  bool found = false;
  if (bytes.size() >= kSmallestLook) {
    const bool opens_object = read_header(bytes).length > 0 && bytes[kHeaderSize] == '{';
    found = listed && (opens_object || known_ck_);
    found = found || (known_ck_ && has_direction_digits(code) && opens_object);
  } else {
    // A listed code with an empty payload is a frame as soon as its header is there.
    found = listed && known_ck_ && bytes.size() == kHeaderSize;
    if (!found && !over) {
      const bool before_header = known_ck_ && bytes.size() < kHeaderSize;
      return before_header ? need_header(bytes) : need_more(kSmallestLook);
    }
  }
  if (found) {
    state_ = FramerState::synced;
    shows_ck_ = true;
    return std::nullopt;
  }
  if (bytes.size() >= kHeaderSize) {
    // White space before the brace: no slip for which more bytes may come holds this frame up.
    const Reading reading = read(kFigureI1, bytes, 0, true, scratch);
    if (reading.fit == Fit::frame) return tell(kFigureI1, reading.meant, reading.size);
    const auto answer = look(bytes, end, scratch);
    if (answer && (answer->step == FrameStep::message || !over)) return answer;
  }
  state_ = FramerState::searching;
  return std::nullopt;
}

FrameAnswer Framer::next_synced(Bytes bytes, BytesEnd end, Payload& scratch) {
  if (const auto answer = trailer(bytes, end)) return *answer;
  if (bytes.size() < kHeaderSize) return need_header(bytes);
  if (const auto answer = look(bytes, end, scratch)) return *answer;
  state_ = FramerState::malformed;
  return search(bytes, 1, end, scratch);
}

/// Bytes behind the frame before that belong to it by a slip: known by the frame that follows them, or by the
/// end of all. A NUL may as well be the first byte of a Version, of which the capture shows no more.
std::optional<FrameAnswer> Framer::trailer(Bytes bytes, BytesEnd end) {
  if (bytes[0] != '\0' && bytes[0] != '\n' && bytes[0] != '\r') return std::nullopt;
  if (slip_ != nullptr && opens_frame(bytes, *slip_) == true) return std::nullopt;
  // The digits may be those of a MessageID one or two bytes further on: then an object opens there, and not
  // here.
  const bool digits = bytes.size() >= kLengthOffset && has_direction_digits(read_be16(bytes, kCommandOffset));
  constexpr std::size_t kTelling = kHeaderSize + 3;
  if (digits && bytes.size() < kTelling && trailer_ != nullptr && !is_over(end)) return need_more(kTelling);
  if (digits && (bytes.size() < kTelling || bytes[kHeaderSize] == '{')) return std::nullopt;
  for (const Slip& row : slips()) {
    const std::size_t size = row.trailer.size();
    if (size == 0 || bytes.size() < size ||
        !std::equal(row.trailer.begin(), row.trailer.end(), bytes.begin()))
      continue;
    const Bytes rest = bytes.subspan(size);
    const bool known = trailer_ == &row || end == BytesEnd::fin || row.id != SlipId::nul_behind;
    const bool last = rest.empty() && is_over(end) && known;
    if (!last && (rest.size() < kLengthOffset || find_message(read_be16(rest, kCommandOffset)) == nullptr))
      continue;
    if (digits && opens_frame(rest, kFigureI1) != true) continue;
    trailer_ = &row;
    FrameAnswer answer = skip(size);
    answer.slip = &row;
    return answer;
  }
  return std::nullopt;
}

/// What starts at the first byte, where a frame should start. nullopt: none does.
std::optional<FrameAnswer> Framer::look(Bytes bytes, BytesEnd end, Payload& scratch) {
  const FrameHeader header = read_header(bytes);
  const std::size_t size = kHeaderSize + header.length;
  const bool lenient = state_ == FramerState::synced && has_direction_digits(header.command);
  const bool whole = bytes.size() >= size;
  if (lenient && whole && slip_ == nullptr && looks_whole(bytes.subspan(kHeaderSize, header.length)))
    return tell(kFigureI1, {header, header.length}, header.length);
  std::size_t need = bytes.size() + 1;
  if (lenient && !whole && slip_ == nullptr) {
    if (is_unlisted(header.command)) {
      if (look_inside(bytes, size, end, scratch) == Fit::frame) return std::nullopt;
      return need_more(is_over(end) ? size : need);
    }
    // As a rule nothing is wrong: only what would end here by a slip is looked at.
    need = size;
    for (const SlipId id : {SlipId::length_counts_header, SlipId::little_endian_length}) {
      const Slip& row = slip(id);
      const auto meant = read_header(bytes, row);
      if (!meant || find_message(header.command) == nullptr) continue;
      const std::size_t end_by_slip = kHeaderSize + meant->length;
      if (bytes.size() < end_by_slip) {
        need = std::min(need, end_by_slip);
      } else if (meant->length != 0 && closes(bytes[end_by_slip - 1])) {
        if (const auto answer = look_by_slip(row, bytes, end, need, scratch)) return answer;
      }
    }
    return need_more(need);
  }
  if (lenient && whole) {
    const Reading reading = read(kFigureI1, bytes, 0, false, scratch);
    if (reading.fit == Fit::frame) return tell(kFigureI1, reading.meant, reading.size);
  }
  const auto answer = look_by_slips(bytes, end, need, scratch);
  if (answer && answer->step == FrameStep::message) return answer;
  return look_leniently(bytes, end, answer.has_value(), need, scratch);
}

/// A message, need_more where one may come, nullopt where none can.
std::optional<FrameAnswer> Framer::look_by_slips(Bytes bytes, BytesEnd end, std::size_t& need,
                                                 Payload& scratch) {
  std::optional<FrameAnswer> waiting;
  const auto try_row = [&](const Slip& row) {
    const auto answer = look_by_slip(row, bytes, end, need, scratch);
    if (answer) waiting = answer;
    return answer && answer->step == FrameStep::message;
  };
  if (slip_ != nullptr && try_row(*slip_)) return waiting;
  for (const Slip& row : slips()) {
    if (row.trailer.empty() && &row != slip_ && try_row(row)) return waiting;
  }
  return waiting;
}

std::optional<FrameAnswer> Framer::look_by_slip(const Slip& slip, Bytes bytes, BytesEnd end,
                                                std::size_t& need, Payload& scratch) {
  const Reading reading = read(slip, bytes, 0, true, scratch);
  Fit fit = reading.fit;
  if (fit == Fit::frame) {
    fit =
        may_be(slip, reading.meant) ? evidence(slip, bytes, slip.payload_at() + reading.size, end) : Fit::no;
    if (end == BytesEnd::open && slip.payload_at() == kHeaderSize && standard_may_end_later(bytes))
      fit = Fit::waiting;
    if (fit == Fit::frame) return tell(slip, reading.meant, reading.size);
    in_doubt_ = in_doubt_ || fit == Fit::waiting;
  }
  if (fit == Fit::no) return std::nullopt;
  need = std::min(need, bytes.size() + 1);
  return need_more(need);
}

/// The object is there, but by Figure I.1 white space may follow that belongs to it.
bool Framer::standard_may_end_later(Bytes bytes) const {
  if (looked_ == nullptr) return false;
  const std::size_t length = read_header(bytes).length;
  const auto& payloads = looked_->payloads;
  return std::any_of(payloads.begin(), payloads.end(), [&](const Looked& looked) {
    return looked.at == kHeaderSize && looked.scan.state() == ObjectScan::State::closed &&
           length > looked.scan.end();
  });
}

/// Whether a frame of the 13 codes starts within the `size` bytes that a header with an unlisted code claims,
/// its own code among them. No JSON text can hold one, so the header is none then: some bytes that read like
/// it.
Framer::Fit Framer::look_inside(Bytes bytes, std::size_t size, BytesEnd end, Payload& scratch) {
  const auto found = find_frame(bytes, std::max<std::size_t>(1, searched_), end, scratch);
  const std::size_t passed = found ? found->start : bytes.size();
  const std::size_t undecided = found ? kMostShift : kUndecided;
  if (passed > undecided) searched_ = std::max(searched_, passed - undecided);
  const bool inside =
      found && found->start + found->slip->command_at() + sizeof(FrameHeader::command) <= size;
  return inside ? found->reading.fit : Fit::no;
}

/// By the slip that the direction follows, whatever the payload.
std::optional<FrameAnswer> Framer::follow_slip(Bytes bytes) const {
  if (slip_ == nullptr || slip_->counts == LengthCounts::characters || state_ != FramerState::synced)
    return std::nullopt;
  const auto command = read_command(bytes, *slip_);
  if (!command || !has_direction_digits(*command)) return std::nullopt;
  if (bytes.size() < slip_->payload_at()) return need_more(slip_->payload_at());
  const auto meant = read_header(bytes, *slip_);
  if (!meant) return std::nullopt;
  FrameAnswer answer;
  answer.size = slip_->payload_at() + meant->length;
  answer.step = bytes.size() >= answer.size ? FrameStep::message : FrameStep::need_more;
  answer.header = meant->header;
  return answer;
}

/// What no payload shows to be a frame is one by its header. `waiting`: it may still be a frame by a slip.
std::optional<FrameAnswer> Framer::look_leniently(Bytes bytes, BytesEnd end, bool waiting, std::size_t need,
                                                  Payload& scratch) {
  const FrameHeader header = read_header(bytes);
  const std::size_t size = kHeaderSize + header.length;
  const bool synced = state_ == FramerState::synced;
  const bool digits = synced && has_direction_digits(header.command);
  const auto by_slip = follow_slip(bytes);
  if (digits || by_slip) {
    const bool slipped = by_slip && bytes.size() >= slip_->payload_at();
    if (is_unlisted(slipped ? by_slip->header.command : header.command)) {
      const Fit inside = look_inside(bytes, slipped ? by_slip->size : size, end, scratch);
      if (inside == Fit::frame) return std::nullopt;
      if (inside == Fit::waiting && !is_over(end)) return need_more(bytes.size() + 1);
    }
  }
  if (const auto& answer = by_slip) {
    // It may yet be whole by Figure I.1.
    const bool may_go_on = digits && bytes.size() < size && slip_->payload_at() == kHeaderSize &&
                           read(kFigureI1, bytes, 0, false, scratch).fit == Fit::waiting;
    if (may_go_on) return need_more(bytes.size() + 1);
    if (answer->step == FrameStep::need_more) return answer;
    if (waiting && (end == BytesEnd::open || end == BytesEnd::segment)) {
      in_doubt_ = true;
      return need_more(bytes.size() + 1);
    }
    return tell(*slip_, {answer->header, answer->header.length}, answer->header.length);
  }
  if (digits) {
    if (bytes.size() < size) return need_more(waiting ? need : size);
    // An empty payload is no object, but a message that somebody may have answered: who waits for two more
    // bytes of a longer Length tells it late.
    const bool alone = header.length == 0 && bytes.size() == size && !length_is_cut_ && slip_ == nullptr;
    if (waiting && (end == BytesEnd::open || (end == BytesEnd::segment && !alone))) {
      in_doubt_ = true;
      return need_more(bytes.size() + 1);
    }
    return tell(kFigureI1, {header, header.length}, header.length);
  }
  if (synced || known_ck_) {  // exactly one JSON object, under whatever code
    const Reading reading = read(kFigureI1, bytes, 0, false, scratch);
    if (reading.fit == Fit::frame) return tell(kFigureI1, reading.meant, reading.size);
    if (reading.fit == Fit::waiting && (synced || !is_over(end))) return need_more(bytes.size() + 1);
  }
  if (!waiting) return std::nullopt;
  const bool opened = synced && slip_ != nullptr && opens_frame(bytes, *slip_) != false;
  return opened || !is_over(end) ? std::optional(need_more(bytes.size() + 1)) : std::nullopt;
}

/// The strict test at every offset from `from` on. What lies before the first frame, or candidate still
/// incomplete, is a skip.
FrameAnswer Framer::search(Bytes bytes, std::size_t from, BytesEnd end, Payload& scratch) {
  const bool may_hold_unread = known_ck_ && !framed_;
  if (may_hold_unread) from = std::max(from, searched_);
  const std::optional<Found> found = find_frame(bytes, from, end, scratch);
  if (may_hold_unread) {
    if (const auto answer = hold_unread(bytes, found, end)) return *answer;
  }
  if (found && found->reading.fit == Fit::frame) {
    if (found->start > 0) return skip(found->start);
    return tell(*found->slip, found->reading.meant, found->reading.size);
  }
  if (found) {
    // Of what may become a frame, a later code may show that it started before.
    if (found->start > kMostShift) return skip(found->start - kMostShift);
    return need_more(std::max(kSmallestLook, bytes.size() + 1));
  }
  if (is_over(end) && !bytes.empty()) return skip(bytes.size());
  const std::size_t passed = bytes.size() > kUndecided ? std::max(from, bytes.size() - kUndecided) : from;
  return passed > 0 ? skip(passed) : need_more(std::max(kSmallestLook, bytes.size() + 1));
}

std::optional<Framer::Found> Framer::find_frame(Bytes bytes, std::size_t from, BytesEnd end,
                                                Payload& scratch) {
  for (std::size_t low = find_code(bytes, from + kCommandOffset); low < bytes.size();
       low = find_code(bytes, low + 1)) {
    const std::uint8_t high = high_byte_of_code(bytes[low]);
    if (bytes[low - 1] == high && low > from + kCommandOffset) {
      if (const auto found = try_code(bytes, from, low - 1, false, end, scratch)) return found;
    }
    if (low + 1 < bytes.size() && bytes[low + 1] == high) {
      // A MessageID's last byte and the CommandCode's first one look like a code in the other byte order.
      const bool overlaps = low + 2 < bytes.size() && high_byte_of_code(bytes[low + 2]) == high;
      if (overlaps) {
        const auto found = try_code(bytes, from, low + 1, false, end, scratch);
        if (found && found->slip == &kFigureI1) return found;
      }
      if (const auto found = try_code(bytes, from, low, true, end, scratch)) return found;
    }
  }
  return std::nullopt;
}

/// What a code of Table I.1 at offset `code` may be the code of.
std::optional<Framer::Found> Framer::try_code(Bytes bytes, std::size_t from, std::size_t code,
                                              bool little_endian, BytesEnd end, Payload& scratch) {
  std::optional<Found> pending;
  bool settled = false;
  const auto attempt = [&](const Slip& row) {
    if (settled || row.little_endian != little_endian || !row.trailer.empty() ||
        code < from + row.command_at())
      return;
    const std::size_t start = code - row.command_at();
    if (!may_be_searched(row, bytes.subspan(start))) return;
    const Reading reading = read(row, bytes, start, true, scratch);
    Found found{start, &row, reading};
    if (reading.fit == Fit::frame && &row != &kFigureI1) {
      const std::size_t size = row.payload_at() + reading.size;
      found.reading.fit =
          may_be(row, reading.meant) ? evidence(row, bytes.subspan(start), size, end) : Fit::no;
    }
    if (found.reading.fit == Fit::no || (found.reading.fit == Fit::waiting && is_over(end))) return;
    // A frame whose first bytes are another frame's by the standard waits for what tells the two apart.
    settled =
        found.reading.fit == Fit::frame || (reading.fit == Fit::frame && row.command_at() > kCommandOffset);
    if (settled || !pending || found.start < pending->start) pending = found;
  };
  if (slip_ != nullptr && !slip_->looks_standard()) attempt(*slip_);
  for (const Slip& row : slips()) {
    if (row.command_at() > kCommandOffset) attempt(row);
  }
  attempt(kFigureI1);
  for (const Slip& row : slips()) {
    if (row.command_at() == kCommandOffset) attempt(row);
  }
  return pending;
}

/// Before a direction's first frame on a connection that is Ck's: headers that lead to what was found, or to
/// the end, are messages whatever their payload is. Their bytes are held until that is known.
std::optional<FrameAnswer> Framer::hold_unread(Bytes bytes, const std::optional<Found>& found, BytesEnd end) {
  if (unread_ == nullptr) unread_ = std::make_unique<UnreadHeaders>();
  unread_->look(bytes);
  const bool frame = found && found->reading.fit == Fit::frame;
  const std::size_t until = frame ? found->start : bytes.size();
  // What may become a frame by a slip is given the time that such a frame is given.
  const bool waits = found && !frame && end == BytesEnd::segment;
  if (waits) in_doubt_ = true;
  if (unread_->leads_to(until) && (frame || (end != BytesEnd::open && !waits))) {
    const std::size_t first = UnreadHeaders::first_leading_to(bytes, until);
    if (first > 0) return skip(first);
    const FrameHeader header = read_header(bytes);
    return tell(kFigureI1, {header, header.length}, header.length);
  }
  if (frame || is_over(end) || !unread_->first() || bytes.size() > 2 * kMaxFrame) return std::nullopt;
  std::size_t start = *unread_->first();
  if (found) start = std::min(start, found->start);
  if (start > kMostShift) return skip(start - kMostShift);
  searched_ = std::max(searched_, bytes.size() > kUndecided ? bytes.size() - kUndecided : 0);
  if (found) searched_ = found->start > kMostShift ? found->start - kMostShift : 0;
  return need_more(bytes.size() + 1);
}

}  // namespace ck::protocol
