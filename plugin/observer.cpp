// Looking on. A tap would not do: tshark -2 runs none on its first pass, on which the audit is fed. A
// postdissector alone comes too late: the next segment in a packet would already have been dissected. So the
// entry of the table by which IP finds TCP is a thin one of ours, which reads the header and then calls
// Wireshark's TCP dissector as it is.
#include "observer.h"

#include "plugin_state.h"
#include "taps.h"
#include "tls_facts.h"
#include "tree.h"

namespace ck::plugin {
namespace {

constexpr int kTcpProtocol = 6;
constexpr unsigned kTcpHeader = 20;

dissector_handle_t tcp_dissector = nullptr;
dissector_handle_t frame_end = nullptr;
int proto_segments = -1;
int proto_frames = -1;

Segment read_segment(tvbuff_t* tvb) {
  Segment segment;
  segment.source_port = tvb_get_ntohs(tvb, 0);
  segment.destination_port = tvb_get_ntohs(tvb, 2);
  segment.seq = tvb_get_ntohl(tvb, 4);
  segment.ack = tvb_get_ntohl(tvb, 8);
  const auto offset = static_cast<unsigned>((static_cast<unsigned>(tvb_get_ntohs(tvb, 12)) >> 12) * 4);
  const unsigned flags = tvb_get_ntohs(tvb, 12);
  segment.fin = (flags & TH_FIN) != 0;
  segment.syn = (flags & TH_SYN) != 0;
  segment.rst = (flags & TH_RST) != 0;
  segment.has_ack = (flags & TH_ACK) != 0;
  segment.shut = tvb_get_ntohs(tvb, 14) == 0;
  const unsigned on_wire = tvb_reported_length(tvb), captured = tvb_captured_length(tvb);
  segment.length = on_wire > offset ? on_wire - offset : 0;
  const unsigned here = captured > offset ? captured - offset : 0;
  segment.cut = segment.length > here ? segment.length - here : 0;
  return segment;
}

CurrentSegment current_segment(tvbuff_t* tvb, const packet_info* pinfo) {
  CurrentSegment current{!is_visited(pinfo), pinfo->num, read_segment(tvb), {}};
  if (const unsigned captured = current.segment.length - current.segment.cut; captured > 0) {
    const int begin = static_cast<int>(tvb_captured_length(tvb) - captured);
    current.payload = Bytes(tvb_get_ptr(tvb, begin, static_cast<int>(captured)), captured);
  }
  return current;
}

/// The user says that TLS carries Ck on one of its ports.
bool is_named_for_tls(const Segment& segment) {
  dissector_table_t ports = find_dissector_table("tls.port");
  if (ports == nullptr) return false;
  return dissector_get_uint_handle(ports, segment.source_port) == state.tls_handle ||
         dissector_get_uint_handle(ports, segment.destination_port) == state.tls_handle;
}

/// The streams of the segment at hand; nullptr where a tunnel inside has left other ports behind, for then it
/// is not the packet's.
Streams* streams_at_hand(packet_info* pinfo) {
  const Segment& segment = state.current.segment;
  const bool own = pinfo->ptype == PT_TCP && pinfo->srcport == segment.source_port &&
                   pinfo->destport == segment.destination_port;
  return own ? streams_of(pinfo) : nullptr;
}

/// The segment at hand, once its payload was dissected.
void tell_segment(packet_info* pinfo, proto_tree* tree, Streams& streams) {
  read_tls_fields(pinfo, tree, streams);
  if (streams.tls == nullptr && streams.plain->tls.client && is_named_for_tls(state.current.segment))
    streams.tls = session_tls_of(*streams.plain, true);
  session_segment(streams, pinfo, state.current.segment, state.current.payload);
  state.current.valid = false;
}

/// Messages that Wireshark did not hand over when they were there.
void show_kept_back(const Streams& streams, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
  while (const Call* call = session_kept_back(*streams.plain, pinfo->num)) show_call(*call, tvb, pinfo, tree);
}

/// Stands where IP finds TCP.
int dissect_segment(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  const bool watched = state.session != nullptr && !state.calling && !pinfo->flags.in_error_pkt &&
                       tvb_captured_length(tvb) >= kTcpHeader;
  if (!watched) return call_dissector_only(tcp_dissector, tvb, pinfo, tree, data);
  enter_frame(pinfo);
  const CurrentSegment segment = current_segment(tvb, pinfo);
  state.current = segment;
  const int used = call_dissector_only(tcp_dissector, tvb, pinfo, tree, data);
  state.current = segment;  // a tunnel inside may have put its own here
  if (Streams* streams = streams_at_hand(pinfo); streams != nullptr) {
    if (segment.valid) tell_segment(pinfo, tree, *streams);
    show_kept_back(*streams, tvb, pinfo, tree);
  }
  return used;
}

/// Runs after every frame.
int end_frame(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* /*data*/) {
  if (state.session == nullptr) return 0;
  enter_frame(pinfo);
  // A dissector that could not read the payload leaves by longjmp, past the observer.
  if (state.current.valid && state.current.frame == pinfo->num) {
    if (Streams* streams = streams_at_hand(pinfo); streams != nullptr) tell_segment(pinfo, tree, *streams);
  }
  session_end_frame(pinfo);
  if (tree != nullptr && is_visited(pinfo)) session_look_ahead();
  show_frame_findings(tvb, pinfo, tree);
  tap_frame_findings(pinfo);
  state.frame = 0;
  state.tree = nullptr;
  return 0;
}

}  // namespace

void register_observer(int proto) {
  // Protocols in name only: they appear in no list of layers, and follow the real one when it is disabled.
  proto_segments = proto_register_protocol_in_name_only("TCP segments, for Ck", "Ck TCP segments",
                                                        "ck.tcp_segments", proto, FT_PROTOCOL);
  proto_frames = proto_register_protocol_in_name_only("Ends of frames, for Ck", "Ck frames", "ck.frames",
                                                      proto, FT_PROTOCOL);
  frame_end = create_dissector_handle(end_frame, proto_frames);
  register_postdissector(frame_end);
}

void hand_off_observer() {
  want_tls_fields(frame_end);
  tcp_dissector = find_dissector("tcp");
  if (tcp_dissector == nullptr) return;
  dissector_add_uint("ip.proto", kTcpProtocol, create_dissector_handle(dissect_segment, proto_segments));
}

}  // namespace ck::plugin
