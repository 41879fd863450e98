// Large pages, as Linux gives them to who asks (Documentation/admin-guide/mm/transhuge.rst).
#include "base/huge_pages.h"

#include <sys/mman.h>

namespace ck::base {

void* allocate_bytes(std::size_t bytes, std::size_t alignment) {
  if (bytes < kHugePage && alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return ::operator new(bytes);
  if (bytes < kHugePage) return ::operator new (bytes, std::align_val_t{alignment});
  void* const begin = ::operator new (bytes, std::align_val_t{kHugePage});
#ifdef MADV_HUGEPAGE
  // Only whole pages: a rest would take as much memory again. Where it is refused, small pages serve.
  ::madvise(begin, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  return begin;
}

void free_bytes(void* bytes, std::size_t size, std::size_t alignment) noexcept {
  if (size < kHugePage && alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
    ::operator delete(bytes);
  } else if (size < kHugePage) {
    ::operator delete (bytes, std::align_val_t{alignment});
  } else {
    ::operator delete (bytes, std::align_val_t{kHugePage});
  }
}

}  // namespace ck::base
