// Asking for memory before it is needed. With thousands of connections, or what another processor has just
// written, waiting for it takes longer than the work itself.
#pragma once

#include <cstddef>
#include <span>

#include "base/rooms.h"

namespace ck::base {

/// Asks for the cache lines of `size` bytes. Changes nothing; any address will do.
inline void fetch_bytes(const void* bytes, std::size_t size) {
  constexpr std::size_t kLine = 64;
  if (size == 0) return;
  for (std::size_t at = 0; at < size; at += kLine)
    __builtin_prefetch(static_cast<const char*>(bytes) + at, 1);
  __builtin_prefetch(static_cast<const char*>(bytes) + size - 1, 1);  // few begin where a line does
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
