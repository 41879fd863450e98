// HTTP/2 and gRPC made to exhaust whoever reads them, of any size.
#pragma once

#include <cstdint>

#include "hostile/writer.h"

namespace ck::hostile {

/// RPCs that begin, all on one connection.
void rpcs(Writer& writer, std::uint32_t n);
/// Header lists that name one entry of a full table 4,000 times each (HPACK bombs).
void header_bombs(Writer& writer, std::uint32_t n);
/// One header list in CONTINUATION frames without end.
void endless_header_list(Writer& writer, std::uint32_t n);
/// Messages of up to 4 MiB that are never whole.
void endless_messages(Writer& writer, std::uint32_t n);
/// Messages of 4 MiB that take some 4 KiB on the wire.
void gzip_bombs(Writer& writer, std::uint32_t n);
/// SETTINGS that nobody acknowledges, and acknowledgements of what nobody set.
void settings_flood(Writer& writer, std::uint32_t n);
/// Connections whose frames and messages claim to be as long as can be.
void lying_lengths(Writer& writer, std::uint32_t n);
/// HTTP/1.1 that asks for HTTP/2 with a body that is never whole, one byte a segment.
void endless_upgrades(Writer& writer, std::uint32_t n);

}  // namespace ck::hostile
