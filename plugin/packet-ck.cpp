// The plugin's entry: registration, and the dissector's entries from TCP, TLS and heuristics.
#include <cstddef>
#include <functional>

#include "export_pdu.h"
#include "fields.h"
#include "grpc_entry.h"
#include "plugin_state.h"
#include "settings.h"
#include "subdissectors.h"
#include "taps.h"
#include "tcp_entry.h"
#include "tree.h"

namespace ck::plugin {
namespace {

/// Where a call's first byte stands, from the first one of the segment at hand. TCP counts from a number of
/// its own, up to the end of the segment; bytes of the packet itself, whoever hands them over, lie where they
/// lie.
std::int64_t offset_of(Bytes bytes, const struct tcpinfo* tcp) {
  const TcpSegment& segment = state.segment.segment;
  const std::uint8_t* const first = segment.payload.data();
  const auto size = static_cast<std::int64_t>(segment.payload.size()) + segment.missing;
  const std::less_equal<const std::uint8_t*> not_behind;
  if (first != nullptr && not_behind(first, bytes.data()) &&
      not_behind(bytes.data() + bytes.size(), first + segment.payload.size())) {
    return bytes.data() - first;
  }
  const auto back = tcp != nullptr ? static_cast<std::int64_t>(tcp->nxtseq - tcp->seq) : std::ssize(bytes);
  return size - back;
}

void bind(packet_info* pinfo, bool tls, void* data) {
  if (tls) {
    bind_tls_session(data, state.tls_handle);
    return;
  }
  conversation_t* conversation = find_or_create_conversation(pinfo);
  if (conversation_get_dissector(conversation, pinfo->num) == state.tcp_handle) return;
  conversation_set_dissector_from_frame_number(conversation, pinfo->num, state.tcp_handle);
}

/// What the first pass makes of bytes that were not asked about before.
const Delivery* decide(packet_info* pinfo, Bytes bytes, void* data, bool claimed, bool tls) {
  DeliveryInput input;
  input.at = position_of(pinfo);
  input.bytes = bytes;
  input.can_wait = pinfo->can_desegment != 0;
  if (!state.has_segment) return first_pdu(pinfo, input, claimed && !tls);
  if (tls && has_stream_listeners()) {
    // Each byte once, in the frame that brought it: how messages lie in them is for the reader to see.
    input.exported = true;
    input.can_wait = false;
  }
  if (!tls) input.offset = offset_of(bytes, static_cast<const struct tcpinfo*>(data));
  return first_call(input, tls);
}

/// Returns how many bytes were ours: all, or none. Text that an ICMP error quotes is nobody's stream.
int dissect(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data, bool claimed, bool tls) {
  const unsigned size = tvb_captured_length(tvb);
  if (state.dissection == nullptr || size == 0 || pinfo->flags.in_error_pkt) return 0;
  enter_frame(pinfo);
  if (state.calling) return 0;
  const Bytes bytes(tvb_get_ptr(tvb, 0, static_cast<int>(size)), size);
  const Delivery* call = nullptr;
  if (is_visited(pinfo)) {
    call = recall(pinfo, bytes);
    look_ahead();
  } else {
    // A conversation's dissector is asked first, and heuristics then about the same bytes.
    if (state.refused == bytes.data()) return 0;
    call = decide(pinfo, bytes, data, claimed, tls);
    if (call == nullptr && tls) {
      if (const int used = dissect_beginning_http2(tvb, pinfo, tree, data); used != 0) return used;
    }
    if (call != nullptr) {
      bind(pinfo, tls, data);
    } else {
      state.refused = bytes.data();
    }
  }
  if (call == nullptr) return 0;
  show_call(*call, tvb, pinfo, tree);
  if (call->waits && pinfo->can_desegment && size > call->wait_offset) {
    pinfo->desegment_offset = static_cast<int>(call->wait_offset);
    pinfo->desegment_len = call->wait_length;
  }
  return static_cast<int>(size);
}

int dissect_tcp(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  return dissect(tvb, pinfo, tree, data, true, false);
}

int dissect_tls(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  return dissect(tvb, pinfo, tree, data, true, true);
}

/// Wireshark recognises TLS in five bytes, of which a first segment may hold fewer.
bool may_begin_tls(tvbuff_t* tvb) {
  constexpr unsigned kRecordHeader = 5, kHandshake = 22, kMajorVersion = 3;
  const unsigned size = tvb_captured_length(tvb);
  if (size == 0 || size >= kRecordHeader) return false;
  const std::uint8_t* bytes = tvb_get_ptr(tvb, 0, static_cast<int>(size));
  return bytes[0] == kHandshake && (size == 1 || bytes[1] == kMajorVersion);
}

WsBool find_in_tcp(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  if (settings.heuristics && settings.desegment && pinfo->can_desegment && may_begin_tls(tvb)) {
    pinfo->desegment_offset = 0;
    pinfo->desegment_len = DESEGMENT_ONE_MORE_SEGMENT;
    return 1;
  }
  if (settings.heuristics && settings.desegment && keep_beginning_headers(tvb, pinfo, tree)) return 1;
  return settings.heuristics && dissect(tvb, pinfo, tree, data, false, false) != 0;
}

WsBool find_in_tls(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  return settings.heuristics && dissect(tvb, pinfo, tree, data, false, true) != 0;
}

void register_ck() {
  state.proto = proto_register_protocol("ITU-T Q.4164 Ck", "Ck", "ck");
  register_fields(state.proto);
  register_settings(state.proto);
  register_dissection();
  register_tcp_entry();
  register_grpc_entry(state.proto);
  register_export_pdu();
  register_subdissectors(state.proto);
  register_taps();
  state.tcp_handle = register_dissector("ck", dissect_tcp, state.proto);
  state.tls_handle = register_dissector("ck.tls", dissect_tls, state.proto);
}

void hand_off_ck() {
  dissector_add_uint_range_with_preference("tcp.port", "", state.tcp_handle);
  dissector_add_uint_range_with_preference("tls.port", "", state.tls_handle);
  // Heuristics are tried in the reverse order of their registration, and plugins register last: ours go
  // first.
  heur_dissector_add("tcp", find_in_tcp, "Ck over TCP", "ck_tcp", state.proto, HEURISTIC_ENABLE);
  heur_dissector_add("tls", find_in_tls, "Ck over TLS", "ck_tls", state.proto, HEURISTIC_ENABLE);
  hand_off_tcp_entry();
  hand_off_grpc_entry();
}

}  // namespace
}  // namespace ck::plugin

extern "C" {

extern WS_DLL_PUBLIC_DEF const char plugin_version[] = CK_VERSION;
extern WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
extern WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC std::uint32_t plugin_describe(void);

void plugin_register(void) {
  static proto_plugin plugin;
  plugin.register_protoinfo = ck::plugin::register_ck;
  plugin.register_handoff = ck::plugin::hand_off_ck;
  proto_register_plugin(&plugin);
}

/// Asked from 4.4 on.
std::uint32_t plugin_describe(void) {
  return ck::plugin::kPluginKind;
}
}
