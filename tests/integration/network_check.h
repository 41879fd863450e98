// What ck-audit says of a played network, against what was known before it was played.
#pragma once

#include <json/json.h>

#include <filesystem>

#include "network_play.h"

namespace ck::integration {

/// ck-audit's JSON report over the files, messages included; `report["audits"]` in the files' order. Throws
/// std::runtime_error when there is no such report.
Json::Value audit_files(const std::vector<std::filesystem::path>& files);

/// A report's findings: frame and rule.
std::multiset<std::pair<std::uint64_t, std::string>> findings_of(const Json::Value& audit);

/// Differences, one a line, at most twenty of a kind; empty when there are none.
std::string compare_findings(const Played& truth, const Json::Value& audit);
std::string compare_pairs(const Played& truth, const Json::Value& audit);
std::string compare_procedures(const Played& truth, const Json::Value& audit);

/// How often the capture could not tell, over all rules.
std::uint64_t undecidable_in(const Json::Value& audit);

}  // namespace ck::integration
