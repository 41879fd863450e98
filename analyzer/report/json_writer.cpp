// The parts of JsonWriter that need escaping.
#include "report/json_writer.h"

#include "report/escape.h"

namespace ck::report {

/// Most text is plain and is copied as it is.
void JsonWriter::value(std::string_view text) {
  char* to = begin_value(text.size() + 2);
  *to++ = '"';
  const std::size_t plain = plain_json_prefix(text);
  if (plain != 0) std::memcpy(to, text.data(), plain);
  to += plain;
  if (plain == text.size()) {
    *to++ = '"';
    return text_.taken(to);
  }
  text_.taken(to);
  escape_rest(text.substr(plain));
}

/// What stands behind the plain beginning of a text, and the quote that ends it.
void JsonWriter::escape_rest(std::string_view rest) {
  std::string escaped;
  append_json_text(escaped, rest);
  text_.append(escaped);
  text_.append('"');
}

void JsonWriter::key(std::string_view name) {
  value(name);
  text_.append(':');
  fresh_ = true;
}

void JsonWriter::value(const std::vector<std::string>& list) {
  begin_array();
  for (const std::string& element : list) value(element);
  end_array();
}

}  // namespace ck::report
