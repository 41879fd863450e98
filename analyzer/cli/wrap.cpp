// Breaks lines between words.
#include "cli/wrap.h"

#include <algorithm>

namespace ck::cli {
namespace {

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Bytes of the first `columns` characters.
std::size_t bytes_of(std::string_view text, std::size_t columns) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (!continues_character(text[at]) && columns-- == 0) break;
  }
  return at;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_character));
}

std::string wrapped(std::string_view text, std::string_view indent, std::size_t columns) {
  const std::size_t room = columns - indent.size();
  std::string out;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    if (columns_of(line) > room) {
      const std::size_t most = bytes_of(line, room);
      const std::size_t space = line.rfind(' ', most);
      line = line.substr(0, space == std::string_view::npos || space == 0 ? most : space);
    }
    out.append(indent).append(line).append("\n");
    text.remove_prefix(line.size());
    if (!text.empty() && (text.front() == ' ' || text.front() == '\n')) text.remove_prefix(1);
  }
  return out;
}

}  // namespace ck::cli
