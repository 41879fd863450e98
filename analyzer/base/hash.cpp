// The process's hash seed.
#include "base/hash.h"

#include <random>

namespace ck::base {

std::uint64_t make_hash_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) ^ device();
}

}  // namespace ck::base
