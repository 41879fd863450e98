// A text that needs no allocation.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/rooms.h"

namespace ck::base {

/// A text of at most `Capacity` bytes that needs no allocation: a report writes millions of them.
template <std::size_t Capacity>
struct ShortText {
  char bytes[Capacity];
  std::size_t size = 0;
  // NOLINTNEXTLINE(google-explicit-constructor): it is a text wherever one is asked for
  operator std::string_view() const { return {bytes, size}; }
  friend bool operator==(const ShortText& a, std::string_view b) { return std::string_view(a) == b; }
};

}  // namespace ck::base
