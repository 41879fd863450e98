// The report's diagnostics for people: those whose names say too little, and what to do about them.
#pragma once

#include <span>
#include <string_view>

#include "base/rooms.h"

namespace ck::report {

struct DiagnosticText {
  std::string_view name;    ///< in Diagnostics::other and in the report's JSON, where it always stands
  std::string_view what;    ///< that was counted
  std::string_view remedy;  ///< empty: there is none
};

std::span<const DiagnosticText> diagnostic_texts();

}  // namespace ck::report
