// --list-rules and --explain, from the rule catalogue.
#pragma once

#include <string>

#include "audit/rules.h"

namespace ck::cli {

/// All rules, a line each: slug, severity, clause, when it fires.
std::string rule_list();

/// One rule in full, wrapped for a terminal.
std::string rule_explanation(const RuleSpec& rule);

}  // namespace ck::cli
