// The parts of JsonWriter that need escaping.
#include "report/json_writer.h"

#include "report/escape.h"

namespace ck::report {

/// Most text is plain and is copied as it is.
void JsonWriter::value(std::string_view text) {
  char* to = begin_value(text.size() + 2);
  *to++ = '"';
  if (!copy_plain_json(text, to)) return escape(text, to);
  to += text.size();
  *to++ = '"';
  text_.taken(to);
}

/// A text that is not plain, and the quote behind it.
void JsonWriter::escape(std::string_view text, const char* to) {
  text_.taken(to);
  std::string escaped;
  append_json_text(escaped, text);
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
