// The report's diagnostics for people: those whose names say too little, and what to do about them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/capture_facts.h"

namespace ck::report {

struct DiagnosticText {
  std::string_view name;    ///< in Diagnostics::other and in the report's JSON, where it always stands
  std::string_view what;    ///< that was counted
  std::string_view remedy;  ///< empty: there is none
};

std::span<const DiagnosticText> diagnostic_texts();

/// The limits at which something may be dropped, by their names in Diagnostics::dropped: what may be missed
/// then, and what raises them.
std::span<const DiagnosticText> limit_texts();

/// One diagnostic for people, with what to do about it.
struct DiagnosticLine {
  std::string what;  ///< not escaped
  std::uint64_t count = 0;
  std::string_view remedy;  ///< empty: there is none
};

/// Those of a capture that count something, in a report's order.
std::vector<DiagnosticLine> diagnostic_lines(const Diagnostics& facts);

}  // namespace ck::report
