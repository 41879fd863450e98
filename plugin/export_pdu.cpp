// Export of Ck as PDUs (link type 252, WIRESHARK_UPPER_PDU), in the order of each stream: `tshark -U Ck -w`.
// Decrypted Ck leaves Wireshark this way, and ck-audit reads it back. A PDU has the time of the frame that
// completed it and these tags (type, as <wsutil/exported_pdu_tlvs.h> numbers them; numbers big-endian):
//   12 dissector name        "ck", padded to four bytes with NUL
//   20 or 22 source          IPv4 or IPv6 address of the sender
//   21 or 23 destination     and of the receiver; none of the four where the packet has no IP address
//   24 port type             2, TCP
//   25, 26 ports             the sender's, the receiver's
//   30 original frame number the frame that completed the message; of other bytes, the one that gave them
// followed by tag 0 and the bytes: a message from its Version on, or bytes that were skipped or cannot be a
// frame.
#include "export_pdu.h"

namespace ck::plugin {
namespace {

int export_tap = -1;

}  // namespace

void register_export_pdu() {
  export_tap = register_export_pdu_tap("Ck");
}

void export_slice(const Slice& slice, tvbuff_t* tvb, packet_info* pinfo) {
  if (slice.kind == SliceKind::incomplete || !have_tap_listener(export_tap)) return;
  exp_pdu_data_t* pdu = export_pdu_create_common_tags(pinfo, "ck", EXP_PDU_TAG_DISSECTOR_NAME);
  pdu->tvb_captured_length = slice.size;
  pdu->tvb_reported_length = slice.size;
  pdu->pdu_tvb = tvb_new_subset_length(tvb, static_cast<int>(slice.begin), static_cast<int>(slice.size));
  tap_queue_packet(export_tap, pinfo, pdu);
}

}  // namespace ck::plugin
