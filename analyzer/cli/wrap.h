// Lines of a given width.
#pragma once

#include <string>
#include <string_view>

namespace ck::cli {

/// Columns that UTF-8 without control and wide characters takes on a terminal.
std::size_t columns_of(std::string_view text);

/// `text` in lines of at most `columns`, each behind `indent` and with its line's end; its own line breaks
/// stay. A word that is longer is cut.
std::string wrapped(std::string_view text, std::string_view indent, std::size_t columns);

}  // namespace ck::cli
