// Integers out of bytes, in either order. Callers have checked that the bytes are there.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace ck::base {

constexpr std::uint16_t read_be16(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
constexpr std::uint32_t read_be32(Bytes bytes, std::size_t at) {
  return static_cast<std::uint32_t>(read_be16(bytes, at)) << 16 | read_be16(bytes, at + 2);
}
constexpr std::uint16_t read_le16(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at + 1] << 8 | bytes[at]);
}
constexpr std::uint32_t read_le32(Bytes bytes, std::size_t at) {
  return static_cast<std::uint32_t>(read_le16(bytes, at + 2)) << 16 | read_le16(bytes, at);
}

}  // namespace ck::base
