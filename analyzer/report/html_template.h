// Mustache templates with this program's escaping: every text that a template shows goes through xml_text(),
// so that captured text is neither markup nor a template.
#pragma once

#include <cstdint>
#include <kainjow/mustache.hpp>
#include <string>
#include <string_view>

#include "base/rooms.h"

namespace ck::report {

/// What a template's names stand for.
using Fields = kainjow::mustache::data;

/// Characters of a captured text that the page shows.
inline constexpr std::size_t kHtmlClip = 240;

/// At most `clip` code points of a text, and "…" where there were more. Not escaped.
std::string clipped(std::string_view text, std::size_t clip);

/// An empty text counts as none, and hides that of an enclosing section.
void set_text(Fields& fields, const char* name, std::string_view text, std::size_t clip = kHtmlClip);
void set_flag(Fields& fields, const char* name, bool value);
/// For people under `name`, and for sorting under `raw_name`.
void set_number(Fields& fields, const char* name, const char* raw_name, std::uint64_t number);
Fields empty_list();

class HtmlTemplate {
 public:
  explicit HtmlTemplate(std::string_view text);
  std::string render(const Fields& fields);

 private:
  kainjow::mustache::mustache mustache_;
};

}  // namespace ck::report
