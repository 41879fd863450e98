// The export PDU tap "Ck": one PDU for each message and each run of bytes that are no message.
#pragma once

#include "tree.h"

namespace ck::plugin {

/// Registers the tap, by its name for tshark's -U and Wireshark's File > Export PDUs.
void register_export_pdu();

/// True while somebody listens.
bool has_export_listeners();
/// Exports a slice of `tvb`, when somebody listens. What has only begun is left for when the rest is there.
/// The same of RPCs.
void export_rpcs(const RpcExport& rpcs, tvbuff_t* tvb, packet_info* pinfo);
void export_slice(const Slice& slice, tvbuff_t* tvb, packet_info* pinfo);

}  // namespace ck::plugin
