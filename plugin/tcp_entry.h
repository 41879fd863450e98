// What the dissector is not called for: every TCP segment's header (a bare SYN, FIN, RST or ACK), and the end
// of every frame's dissection.
#pragma once

namespace ck::plugin {

/// Registers what it needs; then what looks on, once all of Wireshark's own is in place.
void register_tcp_entry();
void hand_off_tcp_entry();

}  // namespace ck::plugin
