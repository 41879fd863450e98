// Wireshark's exported PDUs (link type 252): the tags before each PDU.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "audit/event.h"
#include "packet/link.h"

namespace ck::capture {

inline constexpr int kLinkExportedPdu = 252;
/// The dissector that PDUs of HTTP/2 with nothing but Ck in them are given to.
inline constexpr std::string_view kHttp2Dissector = "ck.http2";

/// A PDU as its tags describe it. Views into the packet.
struct ExportedPdu {
  std::string_view dissector;  ///< that the exporting program gave it to ("ck"); empty: not said
  Endpoint source, destination;
  std::optional<std::uint32_t> frame;  ///< in the capture that it was exported from
  Bytes data;
};

/// False when the tags do not end within the packet.
bool decode_exported_pdu(Bytes packet, ExportedPdu& out);

}  // namespace ck::capture
