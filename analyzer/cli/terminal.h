// What may be drawn on a file descriptor: colours and a progress line are for people at a terminal.
#pragma once

#include "base/rooms.h"

namespace ck::cli {

struct Terminal {
  bool moves_cursor = false;  ///< it is one, and not TERM=dumb: what was written can be wiped again
  bool has_colors = false;    ///< and the user has not set NO_COLOR (no-color.org)
};

Terminal terminal_at(int fd);

}  // namespace ck::cli
