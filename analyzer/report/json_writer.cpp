// The parts of JSON that need escaping.
#include "report/json_writer.h"

#include "report/escape.h"

namespace ck::report {
namespace {

/// A text that is not plain. Returns behind it.
[[gnu::cold, gnu::noinline]] char* put_escaped(char* to, std::string_view text) {
  std::string escaped;
  append_json_text(escaped, text);
  return to + escaped.copy(to, escaped.size());
}

}  // namespace

/// Most text is plain and is copied as it is.
char* JsonCursor::put_text(char* to, std::string_view text) {
  *to++ = '"';
  to = copy_plain_json(text, to) ? to + text.size() : put_escaped(to, text);
  *to++ = '"';
  *to++ = ',';
  return to;
}

}  // namespace ck::report
