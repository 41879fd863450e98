// Memory in large pages, for what is looked up here and there and grows to many MiB: a processor knows where
// few pages are, and has to look for the others each time.
#pragma once

#include <cstddef>
#include <new>

#include "base/rooms.h"

namespace ck::base {

inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

/// Asks for large pages from kHugePage bytes on; the system may have none. `alignment`: a power of two, at
/// most kHugePage. Throws std::bad_alloc.
void* allocate_bytes(std::size_t bytes, std::size_t alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__);
/// REQUIRES: the same size and alignment.
void free_bytes(void* bytes, std::size_t size,
                std::size_t alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__) noexcept;

/// An allocator for the standard containers.
template <class T>
struct HugePageAllocator {
  using value_type = T;
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

  HugePageAllocator() = default;
  template <class Other>
  // NOLINTNEXTLINE(google-explicit-constructor): containers ask for one of another type
  HugePageAllocator(const HugePageAllocator<Other>& /*other*/) {}
  T* allocate(std::size_t count) { return static_cast<T*>(allocate_bytes(count * sizeof(T))); }
  void deallocate(T* values, std::size_t count) noexcept { free_bytes(values, count * sizeof(T)); }
  friend bool operator==(const HugePageAllocator&, const HugePageAllocator&) { return true; }
};

}  // namespace ck::base
