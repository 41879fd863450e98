// What Wireshark decrypts of a segment's TLS handshake, read from the fields of its TLS dissector: no
// exported call tells whether a client showed a certificate. A tree is made for that where nobody else wants
// one, and only for segments of which the dissection asks it.
#pragma once

#include "plugin_state.h"

namespace ck::plugin {

/// Looks the fields up, once all dissectors are registered.
void find_tls_fields();
/// Calls TCP's dissector with a tree that notes the fields: `tree`, or one of our own where there is none.
int call_for_tls_fields(dissector_handle_t tcp, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree,
                        void* data);
/// What the fields of the last such call show; nothing, when there was none since this was asked last.
DecryptedHandshake read_tls_fields();

}  // namespace ck::plugin
