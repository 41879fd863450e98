// Escaping for XML, URIs and SARIF's messages.
#include <fmt/format.h>

#include <iterator>

#include "report/escape.h"

namespace ck::report {
namespace {

std::string_view xml_reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

/// RFC 3986's unreserved characters.
bool is_unreserved(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string xml_text(std::string_view text, std::size_t clip) {
  const std::string harmless = terminal_text(text, clip);
  std::string out;
  out.reserve(harmless.size());
  for (std::size_t at = 0; at < harmless.size();) {
    const CodePoint c = next_code_point(harmless, at);
    if (const std::string_view reference = xml_reference(harmless[at]); !reference.empty()) {
      out += reference;
    } else if (c.value == 0xFFFE || c.value == 0xFFFF) {
      fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<unsigned>(c.value));
    } else {
      out.append(harmless, at, c.size);
    }
    at += c.size;
  }
  return out;
}

std::string uri_of_path(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at < path.size(); ++at) {
    const char c = path[at];
    const bool starts_host = c == '/' && at == 1 && path[0] == '/';
    if (is_unreserved(c) || (c == '/' && !starts_host)) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string sarif_text(std::string_view text) {
  const bool may_be_link = text.find("](") != std::string_view::npos;
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (may_be_link && (c == '[' || c == ']' || c == '\\')) out += '\\';
    if (c == '{' || c == '}') out += c;
    out += c;
  }
  return out;
}

}  // namespace ck::report
