// A message as it waits for its report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/records.h"

namespace ck::report {

/// A message as it waits for the end of the audit, when its pair is known. `parameters` and `others` are
/// JSON.
struct MessageEntry {
  MessageRef ref;
  std::string name;  ///< Table I.1; empty: unknown
  std::optional<std::uint16_t> version, length;
  std::string parameters;
  std::string others;
  std::optional<std::uint64_t> paired_with;  ///< a frame
  PairedBy paired_by{};
};

}  // namespace ck::report
