// The table of known slips, and how a header is read by a row of it.
#include "protocol/slips.h"

#include <array>

#include "base/endian.h"
#include "protocol/json_text.h"

namespace ck::protocol {
namespace {

constexpr std::string_view kPacked = "the header's fields follow one another, 10 bytes in all";
constexpr std::string_view kNothingBefore = "a frame starts with its Version";
constexpr std::string_view kNothingBehind = "a frame ends with the last byte of its payload";
constexpr std::string_view kNetworkOrder = "every field goes in network byte order";

/// A length before a frame is tried before a longer MessageID and padding: it is known by its value, whereas
/// any bytes before a frame can be taken for the others. One of 4 bytes is tried before one of 2: its lower
/// half is one, too.
constexpr std::array<Slip, kSlipCount> kSlips{{
    {.id = SlipId::length_counts_header,
     .found = "Length seems to include the header",
     .right = "Length counts the bytes of the payload alone",
     .counts = LengthCounts::frame},
    {.id = SlipId::length_counts_characters,
     .found = "Length seems to count characters instead of bytes",
     .right = "Length counts the bytes of the payload, of which some characters of UTF-8 take several",
     .counts = LengthCounts::characters},
    {.id = SlipId::little_endian,
     .found = "looks little-endian",
     .right = kNetworkOrder,
     .little_endian = true},
    {.id = SlipId::little_endian_length,
     .found = "Length looks little-endian",
     .right = kNetworkOrder,
     .length_reversed = true},
    {.id = SlipId::long_length,
     .found = "Length seems to be 4 bytes",
     .right = "Length has 2 bytes",
     .length_size = 4},
    {.id = SlipId::long_prefix,
     .found = "a length of 4 bytes seems to stand before the frame",
     .right = kNothingBefore,
     .prefix = 4},
    {.id = SlipId::short_prefix,
     .found = "a length of 2 bytes seems to stand before the frame",
     .right = kNothingBefore,
     .prefix = 2},
    {.id = SlipId::long_message_id,
     .found = "MessageID seems to be 8 bytes",
     .right = "MessageID has 4 bytes",
     .id_size = 8},
    {.id = SlipId::padding,
     .found = "2 bytes of padding seem to stand behind Version, as in a C struct",
     .right = kPacked,
     .padding = 2},
    {.id = SlipId::little_endian_padding,
     .found = "looks like a C struct: little-endian, with 2 bytes of padding behind Version",
     .right = "every field goes in network byte order, without padding",
     .padding = 2,
     .little_endian = true},
    {.id = SlipId::nul_behind,
     .found = "a NUL stands behind the frame",
     .right = kNothingBehind,
     .trailer = std::string_view("\0", 1)},
    {.id = SlipId::lf_behind,
     .found = "a line feed stands behind the frame",
     .right = kNothingBehind,
     .trailer = "\n"},
    {.id = SlipId::crlf_behind,
     .found = "a carriage return and a line feed stand behind the frame",
     .right = kNothingBehind,
     .trailer = "\r\n"},
}};

/// The number of `size` bytes at `at`; of more than 4 bytes, the low 4.
std::uint32_t read_number(Bytes bytes, std::size_t at, std::size_t size, bool little_endian) {
  if (size == 2) return little_endian ? read_le16(bytes, at) : read_be16(bytes, at);
  return little_endian ? read_le32(bytes, at) : read_be32(bytes, at + size - 4);
}

/// Whether the bytes before a frame say how long it is, themselves counted or not, in either order.
bool says_length(Bytes bytes, std::size_t prefix, std::size_t frame_size) {
  for (const bool little_endian : {false, true}) {
    const std::uint32_t value = read_number(bytes, 0, prefix, little_endian);
    if (value == frame_size || value == frame_size + prefix) return true;
  }
  return false;
}

/// Offset at which the JSON object at the start of `bytes` ends, white space behind it not counted; 0 when
/// none is whole.
std::size_t object_size(Bytes bytes, const NameTable& names, Payload& scratch) {
  if (bytes.size() > kMaxPayload) bytes = bytes.first(kMaxPayload);
  decode_payload(bytes, nullptr, names, scratch);
  if (scratch.state == PayloadState::object) return bytes.size();
  return scratch.is_object_prefix ? scratch.error_offset : 0;
}

/// A header of Figure I.1 whose Length alone is wrong: the object must end where the slip says.
bool explains_length(Bytes bytes, const Slip& slip, const NameTable& names, Payload& scratch) {
  if (slip.counts == LengthCounts::characters || opens_frame(bytes, slip) != true) return false;
  const auto meant = read_header(bytes, slip);
  const Bytes payload = bytes.subspan(slip.payload_at());
  bool has_parameter = false;
  return payload.size() >= meant->length &&
         is_json_object(payload.first(meant->length), names, scratch, has_parameter);
}

/// What a 4-byte Length leaves behind once its upper half was read as Length 0: two bytes of size, then an
/// object of that size.
bool is_rest_of_long_length(Bytes bytes, const NameTable& names, Payload& scratch) {
  if (bytes.size() < 4) return false;
  const std::size_t length = read_be16(bytes, 0);
  bool has_parameter = false;
  return bytes.size() >= 2 + length && bytes[2] == '{' &&
         is_json_object(bytes.subspan(2, length), names, scratch, has_parameter);
}

}  // namespace

std::span<const Slip, kSlipCount> slips() {
  return kSlips;
}

const Slip& slip(SlipId id) {
  return kSlips[static_cast<std::size_t>(id)];
}

std::optional<std::uint16_t> read_command(Bytes bytes, const Slip& slip) {
  if (bytes.size() < slip.length_at()) return std::nullopt;
  return static_cast<std::uint16_t>(read_number(bytes, slip.command_at(), 2, slip.little_endian));
}

std::optional<MeantHeader> read_header(Bytes bytes, const Slip& slip) {
  const bool little = slip.little_endian;
  MeantHeader meant;
  std::size_t length = read_number(bytes, slip.length_at(), slip.length_size, little != slip.length_reversed);
  if (slip.counts == LengthCounts::frame) {
    if (length < kHeaderSize) return std::nullopt;
    length -= kHeaderSize;
  }
  if (length > kMaxPayload) return std::nullopt;
  if (slip.prefix != 0 && !says_length(bytes, slip.prefix, kHeaderSize + length)) return std::nullopt;
  meant.length = length;
  meant.header.version = static_cast<std::uint16_t>(read_number(bytes, slip.prefix, 2, little));
  meant.header.message_id =
      read_number(bytes, std::size_t{slip.prefix} + 2 + slip.padding, slip.id_size, little);
  meant.header.command = static_cast<std::uint16_t>(read_number(bytes, slip.command_at(), 2, little));
  meant.header.length = static_cast<std::uint16_t>(length);
  return meant;
}

std::optional<bool> opens_frame(Bytes bytes, const Slip& slip) {
  const auto command = read_command(bytes, slip);
  if (command && find_message(*command) == nullptr) return false;
  if (bytes.size() <= slip.payload_at()) return std::nullopt;
  const char first = static_cast<char>(bytes[slip.payload_at()]);
  const auto meant = read_header(bytes, slip);
  return meant && meant->length >= 2 && (first == '{' || json::is_space(first));
}

const Slip* known_slip(Bytes bytes, const NameTable& names, Payload& scratch) {
  for (const Slip& row : kSlips) {
    if (!row.trailer.empty()) continue;
    if (row.looks_standard() ? explains_length(bytes, row, names, scratch) : opens_frame(bytes, row) == true)
      return &row;
  }
  if (is_rest_of_long_length(bytes, names, scratch)) return &slip(SlipId::long_length);
  // The frame before swallowed this one's header: what is left starts with its payload.
  if (!bytes.empty() && bytes[0] == '{' && object_size(bytes, names, scratch) != 0)
    return &slip(SlipId::length_counts_header);
  return nullptr;
}

}  // namespace ck::protocol
