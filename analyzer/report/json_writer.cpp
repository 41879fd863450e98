// The parts of JsonWriter that need escaping.
#include "report/json_writer.h"

#include "report/escape.h"

namespace ck::report {

/// Most text is plain and is copied as it is.
void JsonWriter::quoted(std::string_view text) {
  text_.append('"');
  const std::size_t plain = plain_json_prefix(text);
  text_.append(text.substr(0, plain));
  if (plain < text.size()) {
    std::string escaped;
    append_json_text(escaped, text.substr(plain));
    text_.append(escaped);
  }
  text_.append('"');
}

void JsonWriter::key(std::string_view name) {
  separate();
  quoted(name);
  text_.append(':');
  fresh_ = true;
}

void JsonWriter::value(std::string_view text) {
  separate();
  quoted(text);
}

void JsonWriter::value(const std::vector<std::string>& list) {
  begin_array();
  for (const std::string& element : list) value(element);
  end_array();
}

}  // namespace ck::report
