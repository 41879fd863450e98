// IP addresses as text.
#pragma once

#include <string>

#include "audit/event.h"

namespace ck::audit {

/// As RFC 5952 writes it; empty where the address is unknown.
std::string address_text(const Address& address);

}  // namespace ck::audit
