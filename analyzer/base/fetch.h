// Asking for memory before it is needed. With thousands of connections, or what another processor has just
// written, waiting for it takes longer than the work itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/rooms.h"

namespace ck::base {

/// Asks for the cache lines of `size` bytes. Changes nothing; any address will do, nullptr and those of no
/// object too.
inline void fetch_bytes(const void* bytes, std::size_t size) {
  constexpr std::size_t kLine = 64;
  if (size == 0) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes);
  const auto fetch_line = [](std::uintptr_t at) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address that is asked for and never read.
    const auto* line = reinterpret_cast<const void*>(at);
    __builtin_prefetch(line, 1);
  };
  for (std::size_t at = 0; at < size; at += kLine) fetch_line(begin + at);
  fetch_line(begin + size - 1);  // few begin where a line does
}

/// Asks for an object's own bytes.
template <class T>
void fetch(const T& object) {
  fetch_bytes(&object, sizeof object);
}

/// Asks for what a range holds.
template <class T>
void fetch_all(std::span<T> range) {
  fetch_bytes(range.data(), range.size_bytes());
}

}  // namespace ck::base
