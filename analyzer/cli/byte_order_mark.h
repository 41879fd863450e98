// What some editors put in front of a text in UTF-8, and nobody means.
#pragma once

#include <string_view>

#include "base/rooms.h"

namespace ck::cli {

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace ck::cli
