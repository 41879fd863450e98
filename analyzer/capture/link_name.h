// What libpcap calls a link.
#pragma once

#include <string>

#include "base/rooms.h"

namespace ck::capture {

/// libpcap's name of a LINKTYPE_ value ("EN10MB", "LINUX_SLL2"), else "LINKTYPE n".
std::string link_name(int link_type);

}  // namespace ck::capture
