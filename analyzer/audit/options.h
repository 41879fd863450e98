// What a user may set of the audit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "audit/rules.h"

namespace ck::audit {

struct AuditOptions {
  std::optional<std::uint16_t> expected_version;          ///< rule unexpected-version; off unless set
  std::int64_t response_timeout_ns = 30'000'000'000;      ///< rule unanswered-request, in capture time
  std::int64_t merge_tolerance_ns = 5'000'000;            ///< clocks of merged captures agree within this
  bool merged = false;                                    ///< there is more than one capture
  std::array<std::optional<Grade>, kRuleCount> grades{};  ///< --rule: nullopt keeps the catalogue's severity
  bool peers = false;  ///< watch how each peer speaks, and tell it at the end
  // Bounds. What is dropped at one is counted under its name in Totals::dropped.
  std::size_t max_open_requests =
      65'536;  ///< per connection, and association; 4 times as many of all closed ones
  std::size_t max_remembered_ids = 65'536;       ///< MessageIDs of a side of a connection
  std::size_t max_open_procedures = 131'072;     ///< the oldest is reported as it stands and dropped
  std::size_t max_finished_procedures = 10'240;  ///< finished ones kept for joins, reuse and duplicates
  std::size_t max_connections = 262'144;         ///< with live state; closed ones are dropped first
  std::size_t max_known_keys = 262'144;          ///< reserved and allocated keys that are remembered
  std::size_t max_peers = 16'384;                ///< KMs and controllers that are told apart
};

}  // namespace ck::audit
