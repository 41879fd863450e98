// Whether a frame by one reading of its header starts somewhere, checked by its payload, and what speaks for
// a slip.
#include <algorithm>

#include "base/endian.h"
#include "protocol/framer.h"

namespace ck::protocol {
namespace {

/// {"k":0} is the shortest object that can hold a member of Q.4164 (a user's alias may be one letter).
constexpr std::size_t kSmallestObject = 7;

Bytes part(Bytes bytes, std::size_t begin, std::size_t size) {
  begin = std::min(begin, bytes.size());
  return bytes.subspan(begin, std::min(size, bytes.size() - begin));
}

/// Bytes of a payload of `characters` characters, as Unicode or UTF-16 counts them; nullopt where the object
/// and white space behind it do not end there, or where every character is a byte.
std::optional<std::size_t> size_of_characters(const ObjectScan& scan, std::size_t characters) {
  for (const std::size_t beyond : {scan.beyond_characters(), scan.beyond_utf16()}) {
    const std::size_t size = characters + beyond;
    if (beyond != 0 && scan.object_end() <= size && size <= scan.end()) return size;
  }
  return std::nullopt;
}

/// What the slip puts in front of the frame of Figure I.1 that it hides, behind Version, is zero: padding, or
/// the upper half of a MessageID that counts. Of any other bytes that come before a first frame, an
/// authentication's say, that cannot be expected.
bool has_empty_filling(Bytes frame, const Slip& slip) {
  const Bytes filling = part(frame, sizeof(FrameHeader::version), slip.payload_at() - kHeaderSize);
  return std::all_of(filling.begin(), filling.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

Framer::Looked& Framer::looked_at(Bytes bytes, std::size_t payload) {
  if (looked_ == nullptr) looked_ = std::make_unique<LookedAt>();
  auto& payloads = looked_->payloads;
  auto looked = std::find_if(payloads.begin(), payloads.end(),
                             [&](const Looked& known) { return known.at == payload; });
  if (looked == payloads.end()) {
    looked = payloads.begin() + static_cast<std::ptrdiff_t>(looked_->next++ % payloads.size());
    *looked = Looked{};
    looked->at = payload;
  }
  const Bytes text = part(bytes, payload, kMaxPayload);
  looked->scan.go_on({reinterpret_cast<const char*>(text.data()), text.size()});
  return *looked;
}

/// A frame that starts at bytes[start]. `listed`: only with one of the 13 codes and a member of Q.4164.
Framer::Reading Framer::read(const Slip& slip, Bytes bytes, std::size_t start, bool listed,
                             Payload& scratch) {
  Reading reading;
  const Bytes frame = bytes.subspan(start);
  const auto command = read_command(frame, slip);
  if (listed && command && find_message(*command) == nullptr) return reading;
  if (frame.size() < slip.payload_at()) {
    reading.fit = Fit::waiting;
    return reading;
  }
  const auto meant = read_header(frame, slip);
  if (!meant || meant->length < (listed ? kSmallestObject : 2)) return reading;
  reading.meant = *meant;
  Looked& looked = looked_at(bytes, start + slip.payload_at());
  const ObjectScan& scan = looked.scan;
  const bool characters = slip.counts == LengthCounts::characters;
  using State = ObjectScan::State;
  if (scan.state() == State::impossible) return reading;
  if (scan.state() == State::open) {
    const std::size_t passed = scan.end() - (characters ? scan.beyond_characters() : 0);
    if (passed < meant->length) reading.fit = Fit::waiting;
    return reading;
  }
  const auto size = characters ? size_of_characters(scan, meant->length) : std::optional(meant->length);
  if (!size || *size < scan.object_end()) return reading;
  if (*size > scan.end()) {
    if (scan.state() == State::closed) reading.fit = Fit::waiting;
    return reading;
  }
  if (!looked.is_object) {
    looked.is_object = is_json_object(part(bytes, start + slip.payload_at(), scan.object_end()), *names_,
                                      scratch, looked.has_parameter);
  }
  reading.size = *size;
  if (*looked.is_object && (looked.has_parameter || !listed)) reading.fit = Fit::frame;
  return reading;
}

/// Of a slip whose frame hides another one behind its first bytes, those must be the Version that the
/// direction has, or stand before the frame before, too.
bool Framer::may_be(const Slip& slip, const MeantHeader& meant) const {
  if (!slip.hides_any_frame() || &slip == slip_ || !framed_) return true;
  return version_ == meant.header.version || version_before(slip) == meant.header.version;
}

/// Where anything may stand before a frame, what it hides is the frame, unless the direction is known to
/// follow the slip. Of the two little-endian slips, neither of which is right, the one whose Version is not 0
/// is taken.
bool Framer::may_be_searched(const Slip& slip, Bytes frame) const {
  if (!slip.hides_any_frame()) return true;
  if (&slip != slip_) return slip.little_endian && has_empty_filling(frame, slip);
  const std::uint16_t version = slip.little_endian ? read_le16(frame, 0) : read_be16(frame, 0);
  return !version_ || version_ == version;
}

/// The Version of the frame before if it was one by `slip` whose first bytes were skipped.
std::optional<std::uint16_t> Framer::version_before(const Slip& slip) const {
  const std::size_t size = slip.payload_at() - kHeaderSize;
  if (!version_in_doubt_ || skips_ || skipped_.size < size) return std::nullopt;
  const Bytes first = Bytes(skipped_.bytes).last(size);
  return slip.little_endian ? read_le16(first, 0) : read_be16(first, 0);
}

/// Whether the Version of a frame that comes next may be other bytes of it, as those before it were skipped.
/// A length before the frame shows where it starts.
bool Framer::doubts_version(const Slip& slip, std::uint16_t version) const {
  return skips_ && skipped_.size >= sizeof(FrameHeader::version) && slip.prefix == 0 && version_ != version;
}

void Framer::note_skipped(Bytes bytes) {
  auto& last = skipped_.bytes;
  if (!skips_) skipped_.size = 0;
  skips_ = true;
  const Bytes added = bytes.last(std::min(bytes.size(), last.size()));
  std::rotate(last.begin(), last.begin() + static_cast<std::ptrdiff_t>(added.size()), last.end());
  std::copy(added.begin(), added.end(), last.end() - static_cast<std::ptrdiff_t>(added.size()));
  skipped_.size = std::min(skipped_.size + added.size(), last.size());
}

/// What speaks for a frame of `size` bytes by a slip that the direction does not follow yet: the segment ends
/// with it, or another frame follows.
Framer::Fit Framer::evidence(const Slip& slip, Bytes bytes, std::size_t size, BytesEnd end) const {
  if (&slip == slip_) return Fit::frame;
  if (slip.hides_frame() && !framed_ && !has_empty_filling(bytes, slip))
    return opens_frame(bytes.subspan(size), slip) == true ? Fit::frame : Fit::no;
  if (bytes.size() == size) return end == BytesEnd::open ? Fit::waiting : Fit::frame;
  const Bytes rest = bytes.subspan(size);
  const auto same = opens_frame(rest, slip), standard = opens_frame(rest, kFigureI1);
  if (same == true || standard == true) return Fit::frame;
  if (same == false && standard == false) return Fit::no;
  switch (end) {
    case BytesEnd::open:
    case BytesEnd::segment:
      return Fit::waiting;
    case BytesEnd::answered:
      return Fit::frame;
    default:
      return read_command(rest, slip) ? Fit::frame : Fit::no;
  }
}

}  // namespace ck::protocol
