// Ck frames, header by hand.
#include "generator/ck_message.h"

namespace ck::samples {

Buffer frame(std::uint16_t version, std::uint32_t message_id, std::uint16_t code, std::string_view payload) {
  return frame_with_length(version, message_id, code, static_cast<std::uint16_t>(payload.size()), payload);
}

Buffer frame_with_length(std::uint16_t version, std::uint32_t message_id, std::uint16_t code,
                         std::uint16_t length, std::string_view payload) {
  Buffer out;
  put_u16(out, version);
  put_u32(out, message_id);
  put_u16(out, code);
  put_u16(out, length);
  put(out, to_bytes(payload));
  return out;
}

}  // namespace ck::samples
