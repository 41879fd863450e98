// The tree of what is said over gRPC: a message, and an RPC that failed.
#include <exception>
#include <string>

#include "fields.h"
#include "protocol/catalogue.h"
#include "protocol/payload.h"
#include "protocol/result.h"
#include "settings.h"
#include "subdissectors.h"
#include "taps.h"
#include "tree.h"

namespace ck::plugin {
namespace {

/// The code that its type has in Table I.1; over gRPC no header says so.
void show_command(const MessageSpec& spec, tvbuff_t* tvb, proto_tree* tree) {
  const auto made = [&](proto_tree* to, int field, std::uint32_t value) {
    proto_item* item = proto_tree_add_uint(to, field, tvb, 0, 0, value);
    proto_item_set_generated(item);
    return item;
  };
  proto_item* command = made(tree, fields.command, spec.code());
  proto_tree* bytes = proto_item_add_subtree(command, subtrees.command);
  made(bytes, fields.command_direction, direction_digits(spec.code()));
  made(bytes, fields.command_number, protocol::number_of(spec.code()));
}

void show_rpc(std::string_view path, const RpcFacts* rpc, tvbuff_t* tvb, packet_info* pinfo,
              proto_tree* tree) {
  proto_item_set_generated(proto_tree_add_string(tree, fields.grpc_method, tvb, 0, 0, text_of(pinfo, path)));
  if (rpc != nullptr && rpc->status)
    proto_item_set_generated(proto_tree_add_uint(tree, fields.grpc_status, tvb, 0, 0, *rpc->status));
}

proto_tree* show_whole(std::uint64_t message, const RpcMessage& rpc, const Payload& payload, tvbuff_t* tvb,
                       packet_info* pinfo, proto_tree* root) {
  if (!take_room(16)) return nullptr;
  const auto size = static_cast<int>(tvb_captured_length(tvb));
  proto_item* item = proto_tree_add_item(root, state.proto, tvb, 0, size, ENC_NA);
  proto_item_append_text(item, ", %s, over gRPC", rpc.spec->name.data());
  proto_tree* tree = proto_item_add_subtree(item, subtrees.frame);
  if (state.tree == nullptr) state.tree = tree;
  show_command(*rpc.spec, tvb, tree);
  show_rpc(rpc.method->path, rpc.rpc, tvb, pinfo, tree);
  proto_item* const* members = show_payload(payload, tvb, 0, size, rpc.type != nullptr, pinfo, tree);
  if (leaves_response_out(*rpc.spec, payload)) {
    proto_item_set_generated(proto_tree_add_int64(tree, fields.result_code, tvb, 0, 0, 0));
    proto_item_set_generated(proto_tree_add_string(tree, fields.result, tvb, 0, 0, "success"));
  }
  Slice slice{SliceKind::message, 0, static_cast<std::uint32_t>(size)};
  slice.message = message;
  show_facts(slice, payload, members, tvb, pinfo, item, tree);
  return tree;
}

std::string line;  // kept between calls for its buffer only

void append_quoted(std::string_view text) {
  line += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') line += '\\';
    line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  line += '"';
}

/// A message of protobuf as a JSON text would say it, in short: its scalars, and lists of IDs.
Bytes as_text(const Payload& payload) noexcept {
  try {
    line.clear();
    line.push_back('{');
    for (const Member& member : payload.members) {
      if (line.size() > 1) line += ", ";
      append_quoted(member.name);
      line += ": ";
      const std::span<const Element> elements = payload.elements_of(member);
      if (member.type == JsonType::array) {
        line += '[';
        for (const Element& element : elements) {
          if (&element != elements.data()) line += ", ";
          append_quoted(element.text);
        }
        line += ']';
      } else if (member.type == JsonType::string) {
        append_quoted(member.text);
      } else {
        line += member.text.empty() ? std::string_view("{...}") : member.text;
      }
    }
    line += '}';
    return {reinterpret_cast<const std::uint8_t*>(line.data()), line.size()};
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace

void show_rpc_message(std::uint64_t message, const RpcMessage& rpc, tvbuff_t* tvb, packet_info* pinfo,
                      proto_tree* whole_tree) {
  proto_tree* const root = if_looked_at(whole_tree, pinfo);
  if (root == nullptr)
    show_protocol_alone(message, tvb, 0, static_cast<int>(tvb_captured_length(tvb)), pinfo, whole_tree);
  if (root == nullptr && has_expert_listeners()) tell_experts(message, pinfo);
  const bool shown = root != nullptr || col_get_writable(pinfo->cinfo, COL_INFO);
  if (!shown && !has_subdissectors() && !has_tap_listeners() && !has_followers()) return;
  const unsigned size = tvb_captured_length(tvb);
  const Bytes bytes = size == 0 ? Bytes() : Bytes(tvb_get_ptr(tvb, 0, static_cast<int>(size)), size);
  const Payload* payload = decode(bytes, rpc);
  if (shown) note_columns(rpc, payload, message);
  proto_tree* tree = nullptr;
  if (root != nullptr && payload != nullptr) tree = show_whole(message, rpc, *payload, tvb, pinfo, root);
  FrameHeader header{};
  header.command = rpc.spec->code();
  if (message != kNoMessage)
    tap_message(header, rpc.spec->name.data(), rpc.spec, message, payload, bytes, pinfo, &rpc);
  if (has_followers() && payload != nullptr)
    tap_line(rpc.spec->name.data(), "stream", rpc.stream, rpc.type == nullptr ? bytes : as_text(*payload),
             tvb, pinfo);
  if (has_subdissectors()) call_subdissectors(header.command, payload, tvb, pinfo, tree);
  if (rpc.type == nullptr) show_json(tvb, pinfo, tree);
}

void show_rpc_failure(const RpcFailure& failure, tvbuff_t* tvb, packet_info* pinfo, proto_tree* whole_tree) {
  proto_tree* const root = if_looked_at(whole_tree, pinfo);
  if (col_get_writable(pinfo->cinfo, COL_INFO)) note_columns(failure);
  if (root == nullptr) show_protocol_alone(kNoMessage, tvb, 0, 0, pinfo, whole_tree);
  if (root == nullptr || !take_room(4)) return;
  proto_item* item = proto_tree_add_item(root, state.proto, tvb, 0, 0, ENC_NA);
  proto_item_append_text(item, ", RPC failed: %s", label_of(pinfo, failure.result));
  proto_item_set_generated(item);
  proto_tree* tree = proto_item_add_subtree(item, subtrees.frame);
  if (state.tree == nullptr) state.tree = tree;
  show_rpc(failure.rpc->path, failure.rpc, tvb, pinfo, tree);
}

}  // namespace ck::plugin
