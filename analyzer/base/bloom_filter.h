// What was there once, in a memory that does not grow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/rooms.h"

namespace ck::base {

/// A Bloom filter of digests (hash.h): what was added it always holds, and of what was not it says so of few;
/// of more, the more were added. It takes a quarter of a MiB, and nothing before the first is added.
class BloomFilter {
 public:
  void add(std::uint64_t digest) {
    if (bits_.empty()) bits_.resize(kBits);
    bits_[first_of(digest)] = true;
    bits_[second_of(digest)] = true;
  }
  [[nodiscard]] bool may_hold(std::uint64_t digest) const {
    return !bits_.empty() && bits_[first_of(digest)] && bits_[second_of(digest)];
  }

 private:
  static constexpr std::size_t kBits = std::size_t{1} << 21;

  static std::size_t first_of(std::uint64_t digest) { return digest % kBits; }
  static std::size_t second_of(std::uint64_t digest) { return (digest >> 32) % kBits; }

  std::vector<bool> bits_;
};

}  // namespace ck::base
