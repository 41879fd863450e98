// Looking on. A tap would not do: tshark -2 runs none on its first pass, on which the audit is fed. A
// postdissector alone comes too late: the next segment in a packet would already have been dissected. So the
// entry of the table by which IP finds TCP is a thin one of ours, which reads the header, tells the
// dissection of the segment, and then calls Wireshark's TCP dissector as it is.
#include "tcp_entry.h"

#include <type_traits>

#include "base/endian.h"
#include "export_pdu.h"
#include "grpc_entry.h"
#include "plugin_state.h"
#include "taps.h"
#include "tls_fields.h"
#include "tree.h"

namespace ck::plugin {
namespace {

constexpr int kTcpProtocol = 6;
constexpr unsigned kTcpHeader = 20;

dissector_handle_t tcp_dissector = nullptr;
dissector_handle_t frame_end = nullptr;
int proto_segments = -1;

/// Of all that is captured of a segment, which is its header at least.
void read_segment(tvbuff_t* tvb, const packet_info* pinfo, TcpSegment& segment) {
  const unsigned on_wire = tvb_reported_length(tvb), captured = tvb_captured_length(tvb);
  const Bytes bytes(tvb_get_ptr(tvb, 0, static_cast<int>(captured)), captured);
  segment.source = source_of(pinfo);
  segment.destination = destination_of(pinfo);
  segment.source.port = read_be16(bytes, 0);
  segment.destination.port = read_be16(bytes, 2);
  segment.sequence = read_be32(bytes, 4);
  segment.acknowledgement = read_be32(bytes, 8);
  const unsigned header = (bytes[12] >> 4) * 4U;
  segment.flags = bytes[13] & 0x3F;
  segment.at = position_of(pinfo);
  const unsigned there = captured > header ? captured - header : 0;
  const unsigned sent = on_wire > header ? on_wire - header : 0;
  segment.missing = sent > there ? sent - there : 0;
  segment.payload = there > 0 ? bytes.last(there) : Bytes();
  segment.named = false;
  segment.tenant = 0;
}

/// A conversation of Ck in clear is ours from here on, whoever has its port; the other dissector's heuristics
/// may know Ck by less than we do.
void claim_conversation(const packet_info* pinfo) {
  const bool http2 = state.dissection->begins_http2(state.segment);
  if (!http2 && !state.dissection->is_newly_recognised(state.segment)) return;
  const TcpSegment& segment = state.segment.segment;
  conversation_t* conversation = find_tcp_conversation(pinfo, segment.source.port, segment.destination.port);
  if (conversation == nullptr) return;
  if (http2) {
    give_to_http2(conversation, pinfo->num);
  } else {
    conversation_set_dissector_from_frame_number(conversation, pinfo->num, state.tcp_handle);
  }
}

/// Messages that Wireshark did not hand over while it dissected the segment.
void show_left(const TcpSegment& segment, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
  Deliveries& calls = state.dissection->calls();
  if (!calls.reach(pinfo->num)) return;
  while (const Delivery* call = calls.left(pinfo->num, segment.source, segment.sequence)) {
    if (is_visited(pinfo)) look_ahead();
    show_without_call(*call, segment, tvb, pinfo, tree);
  }
}

/// The segment was dissected. `look`: with fields to look at.
void end_segment(const SegmentAtHand& segment, packet_info* pinfo, bool look) {
  if (segment.under_tls && has_decrypted(pinfo)) Dissection::note_decrypted(segment);
  end_segment(segment, look ? read_tls_fields() : DecryptedHandshake{});
  state.has_segment = false;
}

/// The first pass over the segment at hand.
int watch_segment(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  begin_packet(pinfo);
  begin_segment();
  claim_conversation(pinfo);
  const SegmentAtHand segment = state.segment;
  static_assert(std::is_trivially_destructible_v<SegmentAtHand>, "TCP's dissector may leave by longjmp");
  const bool look = state.dissection->wants_handshake(segment);
  const int used = look ? call_for_tls_fields(tcp_dissector, tvb, pinfo, tree, data)
                        : call_dissector_only(tcp_dissector, tvb, pinfo, tree, data);
  end_segment(segment, pinfo, look);
  show_left(segment.segment, tvb, pinfo, tree);
  return used;
}

/// Any later pass.
int show_segment(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  const TcpSegment segment = state.segment.segment;
  static_assert(std::is_trivially_destructible_v<TcpSegment>, "TCP's dissector may leave by longjmp");
  const int used = call_dissector_only(tcp_dissector, tvb, pinfo, tree, data);
  show_left(segment, tvb, pinfo, tree);
  return used;
}

int dissect_at_hand(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  read_segment(tvb, pinfo, state.segment.segment);
  state.segment.place = {};
  state.segment.under_tls = false;
  state.segment_tvb = tvb;
  const int used =
      is_visited(pinfo) ? show_segment(tvb, pinfo, tree, data) : watch_segment(tvb, pinfo, tree, data);
  show_rpcs_left(tvb, pinfo, tree);
  return used;
}

/// A segment inside the one that is at hand, in a tunnel.
int dissect_inner(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  const bool outer = state.has_segment;
  const SegmentAtHand outer_segment = state.segment;
  tvbuff_t* const outer_tvb = state.segment_tvb;
  const int used = dissect_at_hand(tvb, pinfo, tree, data);
  state.has_segment = outer;
  state.segment = outer_segment;
  state.segment_tvb = outer_tvb;
  return used;
}

/// Stands where IP finds TCP.
int dissect_segment(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  const bool watched = state.dissection != nullptr && !state.calling && !pinfo->flags.in_error_pkt &&
                       tvb_captured_length(tvb) >= kTcpHeader;
  if (!watched) return call_dissector_only(tcp_dissector, tvb, pinfo, tree, data);
  enter_frame(pinfo);
  if (state.segment_tvb != nullptr) return dissect_inner(tvb, pinfo, tree, data);
  const int used = dissect_at_hand(tvb, pinfo, tree, data);
  state.has_segment = false;
  state.segment_tvb = nullptr;
  return used;
}

/// Runs after every frame.
int end_frame(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* /*data*/) {
  if (state.dissection == nullptr) return 0;
  enter_frame(pinfo);
  if (!is_visited(pinfo)) begin_packet(pinfo);  // it may be a fragment of one that comes
  // A dissector that could not read the payload leaves by longjmp, past this entry.
  if (state.has_segment) end_segment(state.segment, pinfo, true);
  if (state.segment_tvb != nullptr) show_left(state.segment.segment, state.segment_tvb, pinfo, tree);
  state.segment_tvb = nullptr;
  end_rpcs(tvb, pinfo, tree);
  export_decrypted(tvb, pinfo);
  end_calls(pinfo);
  if (tree != nullptr && is_visited(pinfo)) look_ahead();
  if (state.dissection->frame_findings_reach(pinfo->num)) {
    show_frame_findings(tvb, pinfo, tree);
    tap_frame_findings(pinfo);
  }
  state.frame = 0;
  state.tree = nullptr;
  return 0;
}

}  // namespace

void register_tcp_entry() {
  // Protocols in name only appear in no list of layers, and follow the real one when it is disabled. What
  // stands before TCP follows TCP: with Ck disabled, TCP must still be found. What ends a frame is of no
  // protocol at all: to ask each frame whether one is enabled costs as much as to end it.
  proto_segments =
      proto_register_protocol_in_name_only("TCP segments, for Ck", "Ck TCP segments", "ck.tcp_segments",
                                           proto_get_id_by_filter_name("tcp"), FT_PROTOCOL);
  constexpr int kNoProtocol = -1;
  frame_end = create_dissector_handle(end_frame, kNoProtocol);
  register_postdissector(frame_end);
}

void hand_off_tcp_entry() {
  find_tls_fields();
  tcp_dissector = find_dissector("tcp");
  if (tcp_dissector == nullptr) return;
  dissector_add_uint("ip.proto", kTcpProtocol, create_dissector_handle(dissect_segment, proto_segments));
}

}  // namespace ck::plugin
