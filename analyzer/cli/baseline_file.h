// --baseline: an earlier JSON report, of which the findings count.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "report/baseline.h"

namespace ck::cli {

/// Reads `text`, the file at `path`. Throws UsageError where it is no report of ours.
report::Baseline parse_baseline(const std::string& path, const std::string& text);

/// What of the baseline is not among `found_again`; nullopt where there is no baseline.
std::optional<std::vector<report::BaselineEntry>> gone_from(const report::Baseline* baseline,
                                                            const std::set<std::string>& found_again);

}  // namespace ck::cli
