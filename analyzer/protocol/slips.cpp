// Known slips of peers that write the header of Figure I.1 in another way, recognised for the text of a
// finding.
#include <optional>

#include "protocol/framer.h"
#include "protocol/json_text.h"

namespace ck {
namespace {

/// How a frame may have been written: offsets from its first byte.
struct Layout {
  std::size_t code, length, length_size, payload;
  bool little_endian;
  std::string_view slip;
};

constexpr Layout kLayouts[] = {
    {6, 8, 2, 10, true, "looks little-endian"},
    {10, 12, 2, 14, false, "MessageID seems to be 8 bytes"},
    {6, 8, 4, 12, false, "Length seems to be 4 bytes"},
};

std::optional<std::uint32_t> read_number(Bytes bytes, std::size_t at, std::size_t size, bool little_endian) {
  if (bytes.size() < at + size) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value = value << 8 | bytes[little_endian ? at + size - 1 - i : at + i];
  return value;
}

/// Offset at which the JSON object at the start of `bytes` ends, white space behind it not counted; 0 when
/// none is whole.
std::size_t object_size(Bytes bytes, const NameTable& names, Payload& scratch) {
  if (bytes.size() > kMaxPayload) bytes = bytes.first(kMaxPayload);
  decode_payload(bytes, nullptr, names, scratch);
  if (scratch.state == PayloadState::object) return bytes.size();
  return scratch.is_object_prefix ? scratch.error_offset : 0;
}

bool opens_object(Bytes bytes, std::size_t at) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  at = json::skip_space(text, at);
  return at < text.size() && text[at] == '{';
}

bool fits(Bytes bytes, const Layout& layout) {
  const auto code = read_number(bytes, layout.code, 2, layout.little_endian);
  const auto length = read_number(bytes, layout.length, layout.length_size, layout.little_endian);
  if (!code || !length || find_message(static_cast<std::uint16_t>(*code)) == nullptr) return false;
  return *length >= 2 && *length <= kMaxPayload && opens_object(bytes, layout.payload);
}

/// A frame whose payload is a whole object that ends 10 bytes before Length says.
bool length_counts_header(Bytes bytes, const NameTable& names, Payload& scratch) {
  if (bytes.size() < kHeaderSize) return false;
  const FrameHeader header = read_header(bytes);
  if (!has_direction_digits(header.command) || header.length < kHeaderSize + 2) return false;
  const std::size_t size = header.length - kHeaderSize;
  const Bytes payload = bytes.subspan(kHeaderSize);
  if (payload.size() < size || !opens_object(payload, 0)) return false;
  bool has_parameter = false;
  return is_json_object(payload.first(size), names, scratch, has_parameter);
}

/// What a 4-byte Length leaves behind once its upper half was read as Length 0: two bytes of size, then an
/// object of that size.
bool is_rest_of_long_length(Bytes bytes, const NameTable& names, Payload& scratch) {
  const auto length = read_number(bytes, 0, 2, false);
  if (!length || *length < 2 || bytes.size() < 2 + *length || !opens_object(bytes.first(2 + *length), 2))
    return false;
  bool has_parameter = false;
  return is_json_object(bytes.subspan(2, *length), names, scratch, has_parameter);
}

}  // namespace

std::string_view known_slip(Bytes bytes, const NameTable& names, Payload& scratch) {
  constexpr std::string_view kLengthCountsHeader = "Length seems to include the header";
  for (const Layout& layout : kLayouts) {
    if (fits(bytes, layout)) return layout.slip;
  }
  if (length_counts_header(bytes, names, scratch)) return kLengthCountsHeader;
  if (is_rest_of_long_length(bytes, names, scratch)) return "Length seems to be 4 bytes";
  // The frame before swallowed this one's header: what is left starts with its payload.
  if (!bytes.empty() && bytes[0] == '{' && object_size(bytes, names, scratch) != 0)
    return kLengthCountsHeader;
  return {};
}

}  // namespace ck
