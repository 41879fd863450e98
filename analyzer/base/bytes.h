// The two vocabulary types that every room shares: a run of bytes, and a place in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/rooms.h"

namespace ck::base {

using Bytes = std::span<const std::uint8_t>;

/// A place inside a payload, counted in bytes from the payload's first byte.
struct ByteRange {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

}  // namespace ck::base
