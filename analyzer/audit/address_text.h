// IP addresses as text, which needs no allocation: a report writes several for each connection.
#pragma once

#include "audit/event.h"
#include "base/short_text.h"

namespace ck::audit {

using AddressText = ShortText<48>;
using EndpointText = ShortText<56>;

/// As RFC 5952 writes it; empty where the address is unknown.
AddressText address_text(const Address& address);

/// "192.0.2.1:4164", "[2001:db8::1]:4164" (RFC 5952); "unknown" where the address is.
EndpointText endpoint_text(const Endpoint& endpoint);

}  // namespace ck::audit
