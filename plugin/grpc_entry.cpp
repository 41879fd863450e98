// Wireshark's gRPC dissector looks for who reads a message under its content type, method and direction. Only
// methods of Ck are registered there: under the bare content type all other gRPC would be ours, too.
//
// What the streams say is not decided here. In clear the segments tell it (tcp_entry.cpp); under TLS a thin
// entry in front of HTTP/2's own dissector reads the same bytes.
#include "grpc_entry.h"

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "export_pdu.h"
#include "grpc/frame_types.h"
#include "settings.h"

namespace ck::plugin {
namespace {

constexpr const char* kMessageTable = "grpc_message_type";

dissector_handle_t http2_dissector = nullptr;
dissector_handle_t message_handle = nullptr;
dissector_handle_t tls_handle = nullptr, pdu_handle = nullptr;
int proto_http2 = -1;
/// Keys under which we are registered.
std::vector<std::string> asked;

Bytes bytes_of(tvbuff_t* tvb) {
  const unsigned size = tvb_captured_length(tvb);
  if (size == 0) return {};
  return {tvb_get_ptr(tvb, 0, static_cast<int>(size)), size};
}

/// "application/grpc,/package.Service/Method,request", as Wireshark's gRPC dissector tells what a message is.
struct MessageKey {
  std::string_view path;
  bool request = false;
};

MessageKey read_key(const void* data) {
  const std::string_view key = data == nullptr ? "" : static_cast<const char*>(data);
  const std::size_t path = key.find(',');
  const std::size_t direction = key.rfind(',');
  if (path == std::string_view::npos || direction == path) return {};
  return {key.substr(path + 1, direction - path - 1), key.substr(direction + 1) == "request"};
}

/// A message that Wireshark's gRPC dissector hands over. Where the streams do not read what it came in
/// (Decode As inside TLS), its method says what it is.
int dissect_message(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  if (state.dissection == nullptr || state.dissection->rpcs() == nullptr) return 0;
  enter_frame(pinfo);
  if (state.calling) return 0;
  const MessageKey key = read_key(data);
  const Bytes bytes = bytes_of(tvb);
  const Delivery* call = state.dissection->calls().recall_rpc(pinfo->num, key.path, key.request, bytes);
  if (is_visited(pinfo)) look_ahead();
  if (call != nullptr) {
    show_rpc_message(call->slices.front().message, *call->rpc, tvb, pinfo, tree);
    return static_cast<int>(tvb_captured_length(tvb));
  }
  const ProtoMethod* method = state.dissection->rpcs()->find(key.path);
  const ProtoMessage* type = method == nullptr ? nullptr : key.request ? method->request : method->response;
  if (type == nullptr || is_untold(pinfo)) return 0;
  RpcMessage message;
  message.method = method;
  message.type = type;
  message.spec = type->spec;
  message.request = key.request;
  show_rpc_message(kNoMessage, message, tvb, pinfo, tree);
  return static_cast<int>(tvb_captured_length(tvb));
}

/// What the first pass reads of HTTP/2 inside TLS, before its own dissector does.
void read(tvbuff_t* tvb, packet_info* pinfo) {
  DeliveryInput input;
  input.at = position_of(pinfo);
  input.bytes = bytes_of(tvb);
  if (state.has_segment) read_http2(input);
}

int dissect_http2_in_tls(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  if (http2_dissector == nullptr) return 0;
  const bool watched = state.dissection != nullptr && !state.calling && !pinfo->flags.in_error_pkt;
  if (watched) enter_frame(pinfo);
  const bool first = watched && !is_visited(pinfo);
  if (first) read(tvb, pinfo);
  // Each call takes one from this, and HTTP/2 shall ask for more bytes as if it were called by TLS itself.
  const auto can_desegment = pinfo->can_desegment;
  if (can_desegment != 0) ++pinfo->can_desegment;
  const int used = call_dissector_only(http2_dissector, tvb, pinfo, tree, data);
  pinfo->can_desegment = can_desegment;
  const Bytes bytes = bytes_of(tvb);
  const int rest = pinfo->desegment_offset;
  if (first && pinfo->desegment_len != 0 && rest >= 0 && static_cast<std::size_t>(rest) < bytes.size())
    keep_http2(bytes.subspan(static_cast<std::size_t>(rest)));
  return used;
}

/// RPCs that failed in this frame, each once.
void show_failures(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
  const auto* failures = state.dissection->failures(pinfo->num);
  if (failures == nullptr) return;
  while (state.rpc_failures_shown < failures->size())
    show_rpc_failure((*failures)[state.rpc_failures_shown++], tvb, pinfo, tree);
}

/// HTTP/2 that we exported.
int dissect_http2_pdu(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* /*data*/) {
  if (http2_dissector == nullptr) return 0;
  if (state.dissection != nullptr) {
    enter_frame(pinfo);
    DeliveryInput input;
    input.at = position_of(pinfo);
    input.bytes = bytes_of(tvb);
    if (!is_visited(pinfo)) read_http2_pdu(pinfo, input);
  }
  state.http2_pdu = state.dissection != nullptr;
  const int used = call_dissector_only(http2_dissector, tvb, pinfo, tree, nullptr);
  state.http2_pdu = false;
  if (state.dissection != nullptr) show_rpcs_left(tvb, pinfo, tree);
  return used;
}

}  // namespace

void register_grpc_entry(int /*proto*/) {
  // What stands before HTTP/2 follows HTTP/2: with Ck disabled, HTTP/2 must still be found.
  proto_http2 = proto_register_protocol_in_name_only("HTTP/2, for Ck", "Ck HTTP/2", "ck.http2_in_tls",
                                                     proto_get_id_by_filter_name("http2"), FT_PROTOCOL);
  tls_handle = create_dissector_handle(dissect_http2_in_tls, proto_http2);
  pdu_handle = register_dissector("ck.http2", dissect_http2_pdu, proto_http2);
  message_handle = register_dissector("ck.grpc", dissect_message, state.proto);
}

void hand_off_grpc_entry() {
  http2_dissector = find_dissector("http2");
  if (http2_dissector != nullptr && schema_of_settings() != nullptr)
    dissector_add_string("tls.alpn", "h2", tls_handle);
  ask_for_messages();
}

void ask_for_messages() {
  if (find_dissector_table(kMessageTable) == nullptr || message_handle == nullptr) return;
  for (const std::string& key : asked) dissector_delete_string(kMessageTable, key.c_str(), message_handle);
  asked.clear();
  if (const auto& schema = schema_of_settings(); schema != nullptr) asked = message_keys(*schema);
  for (const std::string& key : asked) dissector_add_string(kMessageTable, key.c_str(), message_handle);
}

bool keep_beginning_headers(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
  if (state.dissection == nullptr || http2_dissector == nullptr || !pinfo->can_desegment) return false;
  const Bytes bytes = bytes_of(tvb);
  if (!is_visited(pinfo)) keep_headers(pinfo, bytes);
  const BeginningHeaders found = state.dissection->kept_headers(pinfo->num);
  if (found.missing == 0 || found.offset >= bytes.size()) return false;
  if (found.offset != 0)
    call_data_dissector(tvb_new_subset_length(tvb, 0, static_cast<int>(found.offset)), pinfo, tree);
  pinfo->desegment_offset = static_cast<int>(found.offset);
  pinfo->desegment_len =
      found.missing == BeginningHeaders::kSomeMore ? DESEGMENT_ONE_MORE_SEGMENT : found.missing;
  return true;
}

int dissect_beginning_http2(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  const Bytes bytes = bytes_of(tvb);
  const bool begins = bytes.size() >= grpc::kPreface.size() &&
                      std::memcmp(bytes.data(), grpc::kPreface.data(), grpc::kPreface.size()) == 0;
  if (!begins || http2_dissector == nullptr || schema_of_settings() == nullptr) return 0;
  bind_tls_session(data, tls_handle);
  const int used = dissect_http2_in_tls(tvb, pinfo, tree, data);
  return used != 0 ? used : static_cast<int>(bytes.size());
}

void give_to_http2(conversation_t* conversation, std::uint32_t frame) {
  if (http2_dissector == nullptr || conversation_get_dissector(conversation, frame) != nullptr) return;
  conversation_set_dissector_from_frame_number(conversation, frame, http2_dissector);
}

void show_rpcs_left(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
  if (!state.dissection->rpcs_reach(pinfo->num) && !state.rpc_columns) return;
  // Expert infos name the protocol that is current, which here is TCP or "Frame".
  const char* protocol = pinfo->current_proto;
  pinfo->current_proto = "Ck";
  while (const Delivery* call = state.dissection->calls().left_rpc(pinfo->num)) {
    if (is_visited(pinfo)) look_ahead();
    tvbuff_t* whole = call->copy.empty() ? tvb_new_subset_length(tvb, 0, 0) : tvb_of(call->copy, tvb, pinfo);
    show_rpc_message(call->slices.front().message, *call->rpc, whole, pinfo, tree);
  }
  show_failures(tvb, pinfo, tree);
  write_rpc_columns(pinfo);
  pinfo->current_proto = protocol;
}

void end_rpcs(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
  show_rpcs_left(tvb, pinfo, tree);
  if (state.dissection->rpcs() == nullptr) return;
  if (const auto* exports = state.dissection->rpcs()->exports(pinfo->num)) {
    for (const RpcExport* one = exports->data(); one != exports->data() + exports->size(); ++one)
      export_rpcs(*one, tvb, pinfo);
  }
}

}  // namespace ck::plugin
