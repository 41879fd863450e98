// Fields of the page's templates.
#include "report/html_template.h"

#include "report/escape.h"
#include "report/text_style.h"

namespace ck::report {

std::string clipped(std::string_view text, std::size_t clip) {
  std::size_t at = 0;
  for (std::size_t shown = 0; at < text.size(); ++shown) {
    if (shown == clip) return std::string(text.substr(0, at)) + "…";
    at += next_code_point(text, at).size;
  }
  return std::string(text);
}

void set_text(Fields& fields, const char* name, std::string_view text, std::size_t clip) {
  if (text.empty()) return fields.set(name, Fields(false));
  fields.set(name, clipped(text, clip));
}

void set_flag(Fields& fields, const char* name, bool value) {
  fields.set(name, Fields(value));
}

void set_number(Fields& fields, const char* name, const char* raw_name, std::uint64_t number) {
  fields.set(name, grouped(number));
  fields.set(raw_name, std::to_string(number));
}

Fields empty_list() {
  return Fields(Fields::type::list);
}

HtmlTemplate::HtmlTemplate(std::string_view text) : mustache_(std::string(text)) {
  mustache_.set_custom_escape([](const std::string& shown) { return xml_text(shown); });
}

std::string HtmlTemplate::render(const Fields& fields) {
  return mustache_.render(fields);
}

}  // namespace ck::report
