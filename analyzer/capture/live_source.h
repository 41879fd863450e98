// Live capture: -i.
#pragma once

#include <memory>
#include <string>

#include "capture/source.h"

namespace ck::capture {

/// Captures on `interface` until SIGINT or SIGTERM, which then count as the capture's end; a second signal
/// ends the program at once, as without us. `filter` (empty: none) is the kernel's to apply. Never throws: a
/// source whose first next() is an error stands for an interface that cannot be captured on, and says what to
/// do. One at a time in a process.
std::unique_ptr<Source> open_live(const std::string& interface, const std::string& filter);

}  // namespace ck::capture
