// One writer for each slip.
#include "generator/slipped_frame.h"

#include <algorithm>
#include <array>

#include "generator/ck_message.h"

namespace ck::samples {
namespace {

void put_little(Buffer& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

std::uint16_t size_of(std::string_view payload) {
  return static_cast<std::uint16_t>(payload.size());
}

Buffer counts_header(std::uint16_t version, std::uint32_t id, std::uint16_t code, std::string_view payload) {
  return frame_with_length(version, id, code, static_cast<std::uint16_t>(10 + payload.size()), payload);
}

Buffer counts_characters(std::uint16_t version, std::uint32_t id, std::uint16_t code,
                         std::string_view payload) {
  const auto characters = std::count_if(
      payload.begin(), payload.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return frame_with_length(version, id, code, static_cast<std::uint16_t>(characters), payload);
}

Buffer little_endian(std::uint16_t version, std::uint32_t id, std::uint16_t code, std::string_view payload) {
  Buffer out;
  put_little(out, version, 2);
  put_little(out, id, 4);
  put_little(out, code, 2);
  put_little(out, payload.size(), 2);
  put(out, to_bytes(payload));
  return out;
}

Buffer little_endian_length(std::uint16_t version, std::uint32_t id, std::uint16_t code,
                            std::string_view payload) {
  Buffer out = frame(version, id, code, payload);
  std::swap(out[8], out[9]);
  return out;
}

Buffer long_length(std::uint16_t version, std::uint32_t id, std::uint16_t code, std::string_view payload) {
  Buffer out;
  put_u16(out, version);
  put_u32(out, id);
  put_u16(out, code);
  put_u32(out, size_of(payload));
  put(out, to_bytes(payload));
  return out;
}

Buffer long_message_id(std::uint16_t version, std::uint32_t id, std::uint16_t code,
                       std::string_view payload) {
  Buffer out;
  put_u16(out, version);
  put_u32(out, 0);
  put_u32(out, id);
  put_u16(out, code);
  put_u16(out, size_of(payload));
  put(out, to_bytes(payload));
  return out;
}

Buffer padded(std::uint16_t version, std::uint32_t id, std::uint16_t code, std::string_view payload) {
  Buffer out;
  put_u16(out, version);
  put_u16(out, 0);
  put_u32(out, id);
  put_u16(out, code);
  put_u16(out, size_of(payload));
  put(out, to_bytes(payload));
  return out;
}

Buffer padded_little(std::uint16_t version, std::uint32_t id, std::uint16_t code, std::string_view payload) {
  Buffer out;
  put_little(out, version, 2);
  put_little(out, 0, 2);
  put_little(out, id, 4);
  put_little(out, code, 2);
  put_little(out, payload.size(), 2);
  put(out, to_bytes(payload));
  return out;
}

/// A length of `Size` bytes before a frame, itself counted or not.
template <std::size_t Size, bool Inclusive, bool Little>
Buffer prefixed(std::uint16_t version, std::uint32_t id, std::uint16_t code, std::string_view payload) {
  const Buffer inner = frame(version, id, code, payload);
  Buffer out;
  put_little(out, inner.size() + (Inclusive ? Size : 0), Size);
  if (!Little) std::reverse(out.begin(), out.end());
  put(out, inner);
  return out;
}

template <char... Bytes>
Buffer followed(std::uint16_t version, std::uint32_t id, std::uint16_t code, std::string_view payload) {
  Buffer out = frame(version, id, code, payload);
  (out.push_back(static_cast<std::uint8_t>(Bytes)), ...);
  return out;
}

constexpr std::array kWriters{
    SlipWriter{"length-counts-header", "Length seems to include the header",
               "The KM's Length counts the 10 bytes of the header too", counts_header},
    SlipWriter{"length-counts-characters", "Length seems to count characters instead of bytes",
               "The KM's Length counts characters, and its payloads hold letters of two bytes",
               counts_characters},
    SlipWriter{"little-endian", "looks little-endian", "The KM writes every field little-endian",
               little_endian},
    SlipWriter{"little-endian-length", "Length looks little-endian", "The KM writes Length little-endian",
               little_endian_length},
    SlipWriter{"long-length", "Length seems to be 4 bytes", "The KM writes a Length of 4 bytes", long_length},
    SlipWriter{"long-message-id", "MessageID seems to be 8 bytes", "The KM writes a MessageID of 8 bytes",
               long_message_id},
    SlipWriter{"short-prefix", "a length of 2 bytes seems to stand before the frame",
               "The KM writes a length of 2 bytes before each frame", prefixed<2, false, false>},
    SlipWriter{"short-prefix-inclusive", "a length of 2 bytes seems to stand before the frame",
               "The KM writes a length of 2 bytes before each frame, which counts itself",
               prefixed<2, true, false>},
    SlipWriter{"short-prefix-little-endian", "a length of 2 bytes seems to stand before the frame",
               "The KM writes a length of 2 bytes before each frame, little-endian",
               prefixed<2, false, true>},
    SlipWriter{"long-prefix", "a length of 4 bytes seems to stand before the frame",
               "The KM writes a length of 4 bytes before each frame", prefixed<4, false, false>},
    SlipWriter{"long-prefix-inclusive", "a length of 4 bytes seems to stand before the frame",
               "The KM writes a length of 4 bytes before each frame, which counts itself",
               prefixed<4, true, false>},
    SlipWriter{"long-prefix-little-endian", "a length of 4 bytes seems to stand before the frame",
               "The KM writes a length of 4 bytes before each frame, little-endian",
               prefixed<4, false, true>},
    SlipWriter{"padding", "2 bytes of padding seem to stand behind Version, as in a C struct",
               "The KM writes its C struct with its padding", padded},
    SlipWriter{"padding-little-endian",
               "looks like a C struct: little-endian, with 2 bytes of padding behind Version",
               "The KM writes its C struct as it lies in memory", padded_little},
    SlipWriter{"nul-behind", "a NUL stands behind the frame", "The KM writes a NUL behind each frame",
               followed<'\0'>, true},
    SlipWriter{"lf-behind", "a line feed stands behind the frame",
               "The KM writes a line feed behind each frame", followed<'\n'>, true},
    SlipWriter{"crlf-behind", "a carriage return and a line feed stand behind the frame",
               "The KM writes CR and LF behind each frame", followed<'\r', '\n'>, true},
};

}  // namespace

std::span<const SlipWriter> slip_writers() {
  return kWriters;
}

}  // namespace ck::samples
