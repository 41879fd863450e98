// How findings count bytes.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace ck::audit::check {

/// "1 byte", "12 bytes".
inline std::string bytes_text(std::uint64_t bytes) {
  return fmt::format("{} {}", bytes, bytes == 1 ? "byte" : "bytes");
}

}  // namespace ck::audit::check
