// The hash is part of the message log's format (ck-log.schema.json).
#include "capture/shard.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ck::capture {
namespace {

/// An endpoint as it is hashed.
struct EndpointBytes {
  explicit EndpointBytes(const Endpoint& endpoint) : size(endpoint.address.size + std::size_t{2}) {
    std::copy_n(endpoint.address.bytes.begin(), endpoint.address.size, bytes.begin());
    bytes[size - 2] = static_cast<std::uint8_t>(endpoint.port >> 8);
    bytes[size - 1] = static_cast<std::uint8_t>(endpoint.port);
  }
  [[nodiscard]] Bytes view() const { return Bytes(bytes).first(size); }

  std::array<std::uint8_t, 18> bytes{};
  std::size_t size;
};

}  // namespace

std::uint64_t fixed_hash(Bytes bytes, std::uint64_t hash) {
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100'0000'01B3;
  return hash;
}

std::uint64_t shard_part(const Endpoint& one, const Endpoint& other) {
  const EndpointBytes a(one), b(other);
  const bool in_order = std::ranges::lexicographical_compare(a.view(), b.view());
  const std::uint64_t hash = fixed_hash((in_order ? b : a).view(), fixed_hash((in_order ? a : b).view()));
  return hash * 0x9E37'79B9'7F4A'7C15 >> 56;
}

}  // namespace ck::capture
