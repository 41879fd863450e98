// --list-rules and --explain, from the rule catalogue.
#pragma once

#include <string>

#include "audit/rules.h"

namespace ck::cli {

/// All rules, a line each: slug, severity, clause, when it fires.
std::string rule_list();

/// The same as a JSON array of objects, with all that the catalogue says.
std::string rule_list_json();

/// One rule in full, wrapped for a terminal.
std::string rule_explanation(const RuleSpec& rule);

}  // namespace ck::cli
