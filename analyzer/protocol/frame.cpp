// Reading the 10-byte header of Figure I.1.
#include "protocol/frame.h"

namespace ck::protocol {

FrameHeader read_header(Bytes bytes) {
  const auto two = [&](std::size_t at) { return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]); };
  FrameHeader header;
  header.version = two(kVersionOffset);
  header.message_id =
      static_cast<std::uint32_t>(two(kMessageIdOffset)) << 16 | std::uint32_t{two(kMessageIdOffset + 2)};
  header.command = two(kCommandOffset);
  header.length = two(kLengthOffset);
  return header;
}

}  // namespace ck::protocol
