// --aliases: a JSON file with more member names of parameters, {"Source KMA ID": ["srcKma", "src"], "Key
// IDs": "keys"}.
#pragma once

#include <string>

#include "protocol/parameter_names.h"

namespace ck::cli {

/// Adds the aliases of `text` to `names`. Throws UsageError that names `path`, the member and what would be
/// right.
void add_aliases(const std::string& path, const std::string& text, NameTable& names);

}  // namespace ck::cli
