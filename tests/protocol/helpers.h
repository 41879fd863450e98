// Shorthands for tests that build payloads and frames by hand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/frame.h"
#include "protocol/payload.h"

namespace ck::protocol {

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// A payload decoded as that of the message with code `command` (0: unknown message). Keeps the text alive.
struct Decoded {
  Decoded(std::uint16_t command, std::string text) : wire(std::move(text)) {
    decode_payload(as_bytes(wire), command == 0 ? nullptr : find_message(command), NameTable(), payload);
  }
  [[nodiscard]] std::string_view at(ByteRange range) const {
    return std::string_view(wire).substr(range.begin, range.size);
  }
  /// The only member, or the first of several.
  [[nodiscard]] const Member& first() const { return payload.members.at(0); }
  [[nodiscard]] std::vector<std::string> elements(const Member& member) const {
    std::vector<std::string> texts;
    for (const Element& element : payload.elements_of(member)) texts.emplace_back(element.text);
    return texts;
  }

  std::string wire;
  Payload payload;
};

inline void put(std::string& to, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) to.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

/// A frame as Figure I.1 draws it.
inline std::string frame(std::uint16_t command, std::string_view payload, std::uint32_t message_id = 1,
                         std::uint16_t version = 1) {
  std::string bytes;
  put(bytes, version, 2);
  put(bytes, message_id, 4);
  put(bytes, command, 2);
  put(bytes, payload.size(), 2);
  bytes += payload;
  return bytes;
}

}  // namespace ck::protocol
