// From epan's packets to the session and back.
#include "plugin_state.h"

#include <algorithm>
#include <cstring>
#include <exception>

#include "settings.h"
#include "subdissectors.h"

namespace ck::plugin {

PluginState state;

namespace {

void close_session() {
  delete state.session;
  state.session = nullptr;
  state.current = {};
  state.frame = 0;
  state.tree = nullptr;
}

void open_session() {
  close_session();
  look_for_subdissectors();
  try {
    state.session = new Session(session_options());
  } catch (const std::exception&) {
    state.session = nullptr;
  }
}

Endpoint endpoint_of(const address& from, std::uint32_t port) {
  Endpoint endpoint;
  endpoint.port = static_cast<std::uint16_t>(port);
  if ((from.type == AT_IPv4 || from.type == AT_IPv6) && from.data != nullptr && from.len <= 16) {
    endpoint.address.size = static_cast<std::uint8_t>(from.len);
    std::memcpy(endpoint.address.bytes.data(), from.data, static_cast<std::size_t>(from.len));
  }
  return endpoint;
}

Connection* make_connection(const packet_info* pinfo) noexcept {
  try {
    const bool known = state.current.valid && state.current.frame == pinfo->num;
    const bool syn = known && state.current.segment.syn;
    const bool ack = known && state.current.segment.has_ack;
    Connection& made = state.session->connect(endpoint_of(pinfo->src, pinfo->srcport),
                                              endpoint_of(pinfo->dst, pinfo->destport), position_of(pinfo),
                                              syn && !ack, syn && ack);
    // What it was exported from may have been TLS.
    if (proto_is_frame_protocol(pinfo->layers, "exported_pdu")) made.transport = Transport::exported_pdu;
    return &made;
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace

void register_session() {
  register_init_routine(open_session);
  register_cleanup_routine(close_session);
}

Position position_of(const packet_info* pinfo) {
  return {0, pinfo->num, time_of(pinfo)};
}

Streams* streams_of(packet_info* pinfo) {
  if (state.session == nullptr) return nullptr;
  conversation_t* conversation = find_conversation_pinfo(pinfo, 0);
  if (conversation != nullptr) {
    auto* known = static_cast<Streams*>(conversation_get_proto_data(conversation, state.proto));
    if (known != nullptr) return known;
  }
  if (is_visited(pinfo)) return nullptr;
  if (conversation == nullptr) conversation = find_or_create_conversation(pinfo);
  auto* made = static_cast<Streams*>(wmem_alloc0(wmem_file_scope(), sizeof(Streams)));
  made->plain = make_connection(pinfo);
  if (made->plain == nullptr) return nullptr;
  conversation_add_proto_data(conversation, state.proto, made);
  return made;
}

Side side_of(const Connection& connection, const packet_info* pinfo) {
  return endpoint_of(pinfo->src, pinfo->srcport) == connection.endpoints[0] ? Side{0} : Side{1};
}

void enter_frame(const packet_info* pinfo) {
  if (state.frame == pinfo->num) return;
  state.frame = pinfo->num;
  state.tree = nullptr;
  state.items = 0;
  state.column_written = false;
  state.calling = false;
  state.refused = nullptr;
}

const Call* session_dissect(Connection& connection, Side side, const CallInput& input) noexcept {
  try {
    return state.session->dissect(connection, side, input);
  } catch (const std::exception&) {
    return nullptr;
  }
}

Call* session_recall(const Connection& connection, Side side, std::uint32_t frame, Bytes bytes) noexcept {
  try {
    return state.session->recall(connection.key, side, frame, bytes);
  } catch (const std::exception&) {
    return nullptr;
  }
}

void session_acknowledged(Connection& connection, Side side, const Segment& segment, Position at) noexcept {
  try {
    state.session->acknowledged(connection, side, segment, at);
  } catch (const std::exception&) {
  }
}

void session_segment(Streams& streams, const packet_info* pinfo, const Segment& segment,
                     Bytes payload) noexcept {
  try {
    const Side side = side_of(*streams.plain, pinfo);
    if (streams.tls != nullptr) state.session->handshake(*streams.plain, *streams.tls);
    state.session->segment(*streams.plain, side, segment, payload, position_of(pinfo));
    if (streams.tls != nullptr) state.session->segment(*streams.tls, side, segment, {}, position_of(pinfo));
  } catch (const std::exception&) {
  }
}

const Call* session_kept_back(const Connection& connection, std::uint32_t frame) noexcept {
  return state.session->kept_back(connection.key, frame);
}

const Payload* session_decode(Bytes payload, const MessageSpec* spec) noexcept {
  try {
    return &state.session->decode(payload, spec);
  } catch (const std::exception&) {
    return nullptr;
  }
}

void session_look_ahead() noexcept {
  try {
    state.session->look_ahead();
  } catch (const std::exception&) {
  }
}

void session_end_frame(const packet_info* pinfo) noexcept {
  try {
    if (!is_visited(pinfo)) state.session->reached(time_of(pinfo));
    state.session->end_frame(pinfo->num);
  } catch (const std::exception&) {
  }
}

Connection* session_tls_of(const Connection& plain, bool named) noexcept {
  try {
    return &state.session->tls_of(plain, named);
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace ck::plugin
