// What a connection's TLS handshake shows, read from the fields of Wireshark's TLS dissector: they are there
// for decrypted parts too, and for records in any order of segments.
#pragma once

#include "plugin_state.h"

namespace ck::plugin {

/// Asks Wireshark for the fields, on behalf of a postdissector.
void want_tls_fields(dissector_handle_t postdissector);
/// Takes what the fields of this packet, which TCP has just dissected, show of its conversation's handshake.
void read_tls_fields(packet_info* pinfo, proto_tree* tree, Streams& streams);

}  // namespace ck::plugin
