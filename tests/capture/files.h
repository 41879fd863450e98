// Capture files by hand, and what is read of them.
#pragma once

#include <string>
#include <vector>

#include "capture/stream_log.h"

namespace ck::capture {

using samples::Buffer;

struct Read {
  std::vector<Packet> packets;  ///< their data is gone
  std::vector<Buffer> data;
  std::string error;
};

inline Read read(Source& source) {
  Read out;
  Packet packet;
  for (;;) {
    const SourceStatus status = source.next(packet);
    if (status == SourceStatus::error) out.error = source.error();
    if (status != SourceStatus::packet) return out;
    out.packets.push_back(packet);
    out.data.emplace_back(packet.data.begin(), packet.data.end());
  }
}
inline Read read(const Buffer& file) {
  return read(*open_memory(file, 3));
}

/// A little-endian pcapng block around `body`.
inline Buffer block(std::uint32_t type, const Buffer& body) {
  const auto put_le32 = [](Buffer& out, std::uint32_t value) {
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  Buffer out;
  const Buffer padding((4 - body.size() % 4) % 4, 0);
  const auto length = static_cast<std::uint32_t>(12 + body.size() + padding.size());
  put_le32(out, type);
  put_le32(out, length);
  samples::put(out, body);
  samples::put(out, padding);
  put_le32(out, length);
  return out;
}
inline const Buffer kSection =
    block(0x0a0d0d0a, {0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
inline const Buffer kEthernet = block(1, {1, 0, 0, 0, 0, 0, 0, 0});

}  // namespace ck::capture
