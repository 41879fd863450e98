// The export PDU taps: "Ck", one PDU for each message and each run of bytes that are no message, and "Ck TLS
// streams", one for each run of decrypted bytes as it came.
#pragma once

#include "tree.h"

namespace ck::plugin {

/// Registers the taps, by their names for tshark's -U and Wireshark's File > Export PDUs.
void register_export_pdu();

/// True while somebody listens to either.
bool has_export_listeners();
/// True while somebody listens to "Ck TLS streams".
bool has_stream_listeners();
/// Exports a slice of `tvb`, when somebody listens. What has only begun is left for when the rest is there.
void export_slice(const Slice& slice, tvbuff_t* tvb, packet_info* pinfo);
/// The same of RPCs, to both.
void export_rpcs(const RpcExport& rpcs, tvbuff_t* tvb, packet_info* pinfo);
/// What was decrypted in the frame, which is over, goes to "Ck TLS streams".
void export_decrypted(tvbuff_t* tvb, packet_info* pinfo);

}  // namespace ck::plugin
