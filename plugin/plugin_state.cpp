// From epan's packets to the dissection and back.
#include "plugin_state.h"

#include <algorithm>
#include <cstring>
#include <exception>

#include "export_pdu.h"
#include "settings.h"
#include "subdissectors.h"

namespace ck::plugin {

PluginState state;

namespace {

void close_dissection() {
  delete state.dissection;
  state.dissection = nullptr;
  state.has_segment = false;
  state.segment_tvb = nullptr;
  state.packet = 0;
  state.frame = 0;
  state.tree = nullptr;
}

void open_dissection() {
  close_dissection();
  if (!is_enabled()) return;
  look_for_subdissectors();
  try {
    state.dissection = new Dissection(dissection_options());
  } catch (const std::exception&) {
    state.dissection = nullptr;
  }
}

void end_capture() {
  if (state.dissection == nullptr) return;
  try {
    state.dissection->end_capture();
  } catch (const std::exception&) {
  }
}

Endpoint endpoint_of(const address& from, std::uint32_t port) {
  Endpoint endpoint;
  endpoint.port = static_cast<std::uint16_t>(port);
  if ((from.type == AT_IPv4 || from.type == AT_IPv6) && from.data != nullptr && from.len <= 16) {
    endpoint.address.size = static_cast<std::uint8_t>(from.len);
    // A size that the compiler knows spares a call.
    constexpr int kIpv4Size = 4;
    if (from.len == kIpv4Size) {
      std::memcpy(endpoint.address.bytes.data(), from.data, kIpv4Size);
    } else {
      std::memcpy(endpoint.address.bytes.data(), from.data, static_cast<std::size_t>(from.len));
    }
  }
  return endpoint;
}

}  // namespace

void register_dissection() {
  register_init_routine(open_dissection);
  register_cleanup_routine(close_dissection);
  register_postseq_cleanup_routine(end_capture);
}

bool is_enabled() {
  return proto_is_protocol_enabled(find_protocol_by_id(state.proto));
}

Position position_of(const packet_info* pinfo) {
  Position out(0, pinfo->num, time_of(pinfo));
  if (state.dissection != nullptr && !is_visited(pinfo)) out.behind_s = state.dissection->behind(out);
  return out;
}

Endpoint source_of(const packet_info* pinfo) {
  return endpoint_of(pinfo->src, pinfo->srcport);
}

Endpoint destination_of(const packet_info* pinfo) {
  return endpoint_of(pinfo->dst, pinfo->destport);
}

void enter_frame(const packet_info* pinfo) {
  if (state.frame == pinfo->num) return;
  state.frame = pinfo->num;
  state.has_segment = false;
  state.segment_tvb = nullptr;
  state.tree = nullptr;
  state.items = 0;
  state.rpc_failures_shown = 0;
  state.column_written = false;
  state.rpc_columns = false;
  state.http2_pdu = false;
  state.calling = false;
  state.refused = nullptr;
}

void begin_packet(const packet_info* pinfo) noexcept {
  if (state.packet == pinfo->num) return;
  state.packet = pinfo->num;
  tvbuff_t* tvb = packet_tvb(pinfo);
  if (tvb == nullptr) return;
  Packet packet;
  const unsigned size = tvb_captured_length(tvb);
  packet.data = Bytes(tvb_get_ptr(tvb, 0, static_cast<int>(size)), size);
  packet.original_length = tvb_reported_length(tvb);
  packet.link_type = link_type_of(pinfo);
  packet.frame = pinfo->num;
  try {
    state.dissection->begin_packet(packet);
  } catch (const std::exception&) {
  }
}

void begin_segment() noexcept {
  state.has_segment = true;
  try {
    state.dissection->begin_segment(state.segment);
  } catch (const std::exception&) {
  }
}

void end_segment(const SegmentAtHand& at_hand, const DecryptedHandshake& handshake) noexcept {
  try {
    state.dissection->end_segment(at_hand, handshake);
  } catch (const std::exception&) {
  }
}

const Delivery* first_call(const DeliveryInput& input, bool tls) noexcept {
  try {
    return tls ? state.dissection->dissect_decrypted(state.segment, input)
               : state.dissection->dissect(state.segment, input);
  } catch (const std::exception&) {
    return nullptr;
  }
}

const Delivery* first_pdu(const packet_info* pinfo, const DeliveryInput& input, bool claimed) noexcept {
  try {
    return state.dissection->dissect_pdu(source_of(pinfo), destination_of(pinfo), claimed, input);
  } catch (const std::exception&) {
    return nullptr;
  }
}

const Delivery* recall(const packet_info* pinfo, Bytes bytes) noexcept {
  return state.dissection->calls().recall(pinfo->num, source_of(pinfo), bytes);
}

const Payload* decode(Bytes payload, const MessageSpec* spec) noexcept {
  try {
    return &state.dissection->decode(payload, spec);
  } catch (const std::exception&) {
    return nullptr;
  }
}

const Payload* decode(Bytes payload, const RpcMessage& message) noexcept {
  try {
    return &state.dissection->decode(payload, message);
  } catch (const std::exception&) {
    return nullptr;
  }
}

void read_http2(const DeliveryInput& input) noexcept {
  try {
    SegmentAtHand segment = state.segment;
    // What is exported with this frame cannot wait for bytes of the other side that may come late.
    if (has_export_listeners()) segment.place.early = false;
    state.dissection->read_http2(segment, input);
  } catch (const std::exception&) {
  }
}

void keep_http2(Bytes rest) noexcept {
  try {
    state.dissection->keep_http2(state.segment, rest);
  } catch (const std::exception&) {
  }
}

void keep_headers(const packet_info* pinfo, Bytes bytes) noexcept {
  try {
    if (state.has_segment && state.dissection->is_http2(state.segment))
      state.dissection->keep_headers(state.segment, pinfo->num, bytes);
  } catch (const std::exception&) {
  }
}

void read_http2_pdu(const packet_info* pinfo, const DeliveryInput& input) noexcept {
  try {
    state.dissection->read_http2_pdu(source_of(pinfo), destination_of(pinfo), input);
  } catch (const std::exception&) {
  }
}

bool is_untold(const packet_info* pinfo) noexcept {
  Deliveries& calls = state.dissection->calls();
  const bool told = state.http2_pdu || (state.has_segment && state.dissection->tells_rpcs(state.segment));
  try {
    if (told && !is_visited(pinfo)) calls.keep_untold(pinfo->num);
  } catch (const std::exception&) {
  }
  return calls.is_untold(pinfo->num);
}

void look_ahead() noexcept {
  try {
    state.dissection->look_ahead();
  } catch (const std::exception&) {
  }
}

void end_calls(const packet_info* pinfo) noexcept {
  try {
    if (!is_visited(pinfo)) state.dissection->end_frame(position_of(pinfo));
    if (state.dissection->calls().reach(pinfo->num)) state.dissection->calls().end_frame(pinfo->num);
  } catch (const std::exception&) {
  }
}

}  // namespace ck::plugin
