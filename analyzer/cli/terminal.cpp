// The environment's word on terminals.
#include "cli/terminal.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace ck::cli {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

Terminal terminal_at(int fd) {
  const bool moves_cursor = isatty(fd) == 1 && variable("TERM") != "dumb";
  return {moves_cursor, moves_cursor && variable("NO_COLOR").empty()};
}

}  // namespace ck::cli
