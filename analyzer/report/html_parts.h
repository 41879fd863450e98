// The pieces of the HTML report, compiled in from report/html/ by embed.cmake.
#pragma once

#include <string_view>

#include "base/rooms.h"

namespace ck::report {

struct HtmlParts {
  static const std::string_view style, script;
  /// As a Content-Security-Policy names them: "sha256-…".
  static const std::string_view style_hash, script_hash;
  // Mustache templates, in the page's order.
  static const std::string_view top, audits, audit, cards, peers, rule, findings_end, ladder, times, coverage,
      diagnostics, bottom;
};

}  // namespace ck::report
