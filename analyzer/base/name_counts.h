// Counts by name.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/rooms.h"

namespace ck::base {

using NameCounts = std::map<std::string, std::uint64_t, std::less<>>;

/// Adds one to `name`'s count; a map that already has very many names counts a new one as "others".
void count_name(NameCounts& counts, std::string_view name);

}  // namespace ck::base
