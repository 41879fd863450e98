// The parts of JsonWriter that need escaping.
#include "report/json_writer.h"

#include "report/escape.h"

namespace ck {

void JsonWriter::key(std::string_view name) {
  separate();
  text_ += '"';
  append_json_text(text_, name);
  text_ += "\":";
  fresh_ = true;
}

void JsonWriter::value(std::string_view text) {
  separate();
  text_ += '"';
  append_json_text(text_, text);
  text_ += '"';
}

void JsonWriter::value(const std::vector<std::string>& list) {
  begin_array();
  for (const std::string& element : list) value(element);
  end_array();
}

void JsonWriter::raw(std::string_view json) {
  separate();
  text_ += json;
}

}  // namespace ck
