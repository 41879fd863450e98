// Export of Ck as PDUs (link type 252, WIRESHARK_UPPER_PDU), in the order of each stream: `tshark -2 -U Ck
// -w`. Decrypted Ck leaves Wireshark this way, and ck-audit reads it back. A PDU has the time of the frame
// that completed it and these tags (type, as <wsutil/exported_pdu_tlvs.h> numbers them; numbers big-endian):
//   12 dissector name        "ck", padded to four bytes with NUL
//   20 or 22 source          IPv4 or IPv6 address of the sender
//   21 or 23 destination     and of the receiver; none of the four where the packet has no IP address
//   24 port type             2, TCP
//   25, 26 ports             the sender's, the receiver's
//   30 original frame number the frame that completed the message; of other bytes, the one that gave them
// followed by tag 0 and the bytes: a message from its Version on, or bytes that were skipped or cannot be a
// frame. Of Ck over gRPC the dissector is "ck.http2", and the bytes are frames of HTTP/2 with nothing but
// Ck's RPCs in them: each side's PDUs, in order, are a connection of their own (RFC 9113), whose header lists
// hold what gRPC is read by (:path, :status, content-type, grpc-encoding, grpc-status, grpc-message).
//
// A second tap is ck-audit's, for the TLS that it has decrypted: `tshark -2 -U "Ck TLS streams"`. What a
// message is depends on how its bytes came, and what was sent before a connection is recognised, or cut off
// by its end, counts as well. So its PDUs are the decrypted bytes of Ck's connections, each byte once, in the
// order of each side and with the frame that brought it, whatever they turn out to be. The dissector is
// "ck.tls", and of gRPC "ck.http2" as above. Nothing is asked for twice meanwhile, so it has to listen from
// the first pass on.
#include "export_pdu.h"

#include <utility>

namespace ck::plugin {
namespace {

int export_tap = -1, stream_tap = -1;

bool listens(int tap) {
  return have_tap_listener(tap) != 0;
}

}  // namespace

void register_export_pdu() {
  export_tap = register_export_pdu_tap("Ck");
  stream_tap = register_export_pdu_tap("Ck TLS streams");
}

bool has_export_listeners() {
  return listens(export_tap) || listens(stream_tap);
}

bool has_stream_listeners() {
  return listens(stream_tap);
}

void export_slice(const Slice& slice, tvbuff_t* tvb, packet_info* pinfo) {
  if (slice.kind == SliceKind::incomplete || !have_tap_listener(export_tap)) return;
  // Once all has been read, what stood behind missing bytes is a part of what is exported with the frame that
  // completed it.
  if (slice.kind == SliceKind::ahead && is_visited(pinfo)) return;
  exp_pdu_data_t* pdu = export_pdu_create_common_tags(pinfo, "ck", EXP_PDU_TAG_DISSECTOR_NAME);
  pdu->tvb_captured_length = slice.size;
  pdu->tvb_reported_length = slice.size;
  pdu->pdu_tvb = tvb_new_subset_length(tvb, static_cast<int>(slice.begin), static_cast<int>(slice.size));
  tap_queue_packet(export_tap, pinfo, pdu);
}

namespace {

void swap_ends(packet_info* pinfo) {
  std::swap(pinfo->src, pinfo->dst);
  std::swap(pinfo->net_src, pinfo->net_dst);
  std::swap(pinfo->srcport, pinfo->destport);
}

void queue(int tap, const char* dissector, tvbuff_t* bytes, packet_info* pinfo) {
  exp_pdu_data_t* pdu = export_pdu_create_common_tags(pinfo, dissector, EXP_PDU_TAG_DISSECTOR_NAME);
  pdu->tvb_captured_length = tvb_captured_length(bytes);
  pdu->tvb_reported_length = tvb_captured_length(bytes);
  pdu->pdu_tvb = bytes;
  tap_queue_packet(tap, pinfo, pdu);
}

tvbuff_t* copy_of(const std::uint8_t* bytes, std::size_t count, tvbuff_t* tvb, packet_info* pinfo) {
  const auto size = static_cast<unsigned>(count);
  auto* copy = static_cast<std::uint8_t*>(wmem_memdup(pinfo->pool, bytes, size));
  return tvb_new_child_real_data(tvb, copy, size, static_cast<int>(size));
}

}  // namespace

void export_rpcs(const RpcExport& rpcs, tvbuff_t* tvb, packet_info* pinfo) {
  if (rpcs.bytes.empty() || !has_export_listeners()) return;
  tvbuff_t* bytes = copy_of(rpcs.bytes.data(), rpcs.bytes.size(), tvb, pinfo);
  // They may be the other side's, which this frame only acknowledges.
  const bool other_way = rpcs.source == destination_of(pinfo) && rpcs.source != source_of(pinfo);
  if (other_way) swap_ends(pinfo);
  for (const int tap : {export_tap, stream_tap}) {
    if (listens(tap)) queue(tap, "ck.http2", bytes, pinfo);
  }
  if (other_way) swap_ends(pinfo);
}

void export_decrypted(tvbuff_t* tvb, packet_info* pinfo) {
  if (!is_visited(pinfo) || !listens(stream_tap)) return;
  const auto* exports = state.dissection->exports(pinfo->num);
  if (exports == nullptr) return;
  for (const DecryptedExport* one = exports->data(); one != exports->data() + exports->size(); ++one) {
    if (!one->bytes.empty() && state.dissection->is_begun(one->connection))
      queue(stream_tap, "ck.tls", copy_of(one->bytes.data(), one->bytes.size(), tvb, pinfo), pinfo);
  }
}

}  // namespace ck::plugin
