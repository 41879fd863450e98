// The tree of a frame: header, payload, and bytes that are no frame.
#include "tree.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "core/label.h"
#include "export_pdu.h"
#include "fields.h"
#include "settings.h"
#include "subdissectors.h"
#include "taps.h"

namespace ck::plugin {
namespace {

/// The fields of the header of `frame`, which lies at `begin` of `tvb`, as its sender meant them. `length`:
/// of the payload in bytes, whatever Length counts.
void show_header(const FrameHeader& header, const Slip& slip, std::uint32_t length, tvbuff_t* tvb, int begin,
                 proto_tree* tree) {
  const auto field = [&](proto_tree* to, int hf, std::size_t offset, int size, std::uint32_t value) {
    return proto_tree_add_uint(to, hf, tvb, begin + static_cast<int>(offset), size, value);
  };
  const auto command_at = slip.command_at();
  field(tree, fields.version, slip.prefix, 2, header.version);
  field(tree, fields.message_id, command_at - slip.id_size, slip.id_size, header.message_id);
  proto_item* command = field(tree, fields.command, command_at, 2, header.command);
  if (const MessageSpec* swapped = find_swapped(header.command); swapped != nullptr) {
    proto_item_append_text(command, " [%s, under the other direction's digits]", swapped->name.data());
  }
  proto_tree* bytes = proto_item_add_subtree(command, subtrees.command);
  const std::size_t high = command_at + (slip.little_endian ? 1 : 0),
                    low = command_at + (slip.little_endian ? 0 : 1);
  field(bytes, fields.command_direction, high, 1, direction_digits(header.command));
  field(bytes, fields.command_number, low, 1, protocol::number_of(header.command));
  field(tree, fields.length, slip.length_at(), slip.length_size, length);
}

/// What the CommandCode is called: in Table I.1, or by the user.
const char* name_of(std::uint16_t command, const MessageSpec* spec) {
  if (spec != nullptr) return spec->name.data();
  const char* vendor = vendor_command_name(command);
  return vendor != nullptr ? vendor : "unknown command";
}

struct ShownMessage {
  const Slice& slice;
  const Slip& slip;
  FrameHeader header;
  const MessageSpec* spec = nullptr;
  const Payload* payload = nullptr;
};

/// The tree of one message; nullptr: the frame has enough already.
proto_tree* show_whole(const ShownMessage& message, tvbuff_t* tvb, packet_info* pinfo, proto_tree* root) {
  if (!take_room(16)) return nullptr;
  const Slice& slice = message.slice;
  const auto begin = static_cast<int>(slice.begin), size = static_cast<int>(slice.size);
  proto_item* item = proto_tree_add_item(root, state.proto, tvb, begin, size, ENC_NA);
  proto_item_append_text(item, ", %s, MessageID %u", name_of(message.header.command, message.spec),
                         message.header.message_id);
  proto_tree* tree = proto_item_add_subtree(item, subtrees.frame);
  if (state.tree == nullptr) state.tree = tree;
  show_header(message.header, message.slip, static_cast<std::uint32_t>(slice.payload_size), tvb, begin, tree);
  proto_item* const* members = show_payload(*message.payload, tvb, begin + static_cast<int>(slice.payload_at),
                                            static_cast<int>(slice.payload_size), false, pinfo, tree);
  show_facts(slice, *message.payload, members, tvb, pinfo, item, tree);
  return tree;
}

void show_message(const Slice& slice, tvbuff_t* tvb, packet_info* pinfo, proto_tree* root) {
  if (root == nullptr && has_expert_listeners()) tell_experts(slice.message, pinfo);
  const bool shown = root != nullptr || col_get_writable(pinfo->cinfo, COL_INFO);
  if (!shown && !has_subdissectors() && !has_tap_listeners()) return;
  const auto begin = static_cast<int>(slice.begin);
  const Bytes bytes(tvb_get_ptr(tvb, begin, static_cast<int>(slice.size)), slice.size);
  ShownMessage message{slice, slice.slip != nullptr ? *slice.slip : kFigureI1, {}};
  const std::optional<MeantHeader> meant = read_header(bytes, message.slip);
  if (!meant) return;
  message.header = meant->header;
  message.spec = find_meant(message.header.command);
  const Bytes body = bytes.subspan(slice.payload_at, slice.payload_size);
  message.payload = decode(body, message.spec);
  if (shown) write_columns(pinfo, message.header, message.payload, slice.message);
  proto_tree* tree = nullptr;
  if (root != nullptr && message.payload != nullptr) tree = show_whole(message, tvb, pinfo, root);
  tap_message(message.header, name_of(message.header.command, message.spec), message.spec, slice.message,
              message.payload, body, pinfo);
  tap_line(name_of(message.header.command, message.spec), "MessageID", message.header.message_id, body, tvb,
           pinfo);
  if (!settings.show_json && !has_subdissectors()) return;
  tvbuff_t* inner = tvb_new_subset_length(tvb, begin + static_cast<int>(slice.payload_at),
                                          static_cast<int>(slice.payload_size));
  call_subdissectors(message.header.command, message.payload, inner, pinfo, tree);
  show_json(inner, pinfo, tree);
}

struct Look {
  int field;
  const char* text;
};

Look look_of(SliceKind kind) {
  switch (kind) {
    case SliceKind::malformed:
      return {fields.malformed, "bytes that cannot be a frame"};
    case SliceKind::incomplete:
      return {fields.incomplete, "the beginning of a message"};
    case SliceKind::ahead:
      return {fields.incomplete, "bytes behind others that are missing"};
    case SliceKind::message:
    case SliceKind::skipped:
      break;
  }
  return {fields.skipped, "bytes that belong to no message"};
}

void show_bytes(const Slice& slice, tvbuff_t* tvb, packet_info* pinfo, proto_tree* root) {
  const Look look = look_of(slice.kind);
  const auto begin = static_cast<int>(slice.begin), size = static_cast<int>(slice.size);
  if (!state.column_written) {
    col_set_str(pinfo->cinfo, COL_PROTOCOL, "Ck");
    col_add_fstr(pinfo->cinfo, COL_INFO, "%d %s", size, look.text);
  }
  if (root == nullptr || !take_room(2)) return;
  proto_item* item = proto_tree_add_item(root, state.proto, tvb, begin, size, ENC_NA);
  proto_item_append_text(item, ", %d %s", size, look.text);
  proto_tree* tree = proto_item_add_subtree(item, subtrees.frame);
  if (state.tree == nullptr) state.tree = tree;
  proto_tree_add_item(tree, look.field, tvb, begin, size, ENC_NA);
}

/// An expert info is an item of another protocol.
bool is_expert_referenced(proto_tree* tree) {
  static const int proto_expert = proto_get_id_by_filter_name("_ws.expert");
  return proto_expert != -1 && proto_field_is_referenced(tree, proto_expert) != 0;
}

/// The slices of a call, of which `tvb` begins with what is at `begin` in the call's bytes.
void show_slices(const Delivery& call, tvbuff_t* tvb, std::uint32_t begin, packet_info* pinfo,
                 proto_tree* whole_tree) {
  proto_tree* const tree = if_looked_at(whole_tree, pinfo);
  // Whoever saves this frame alone must save those as well in which its messages began.
  const std::uint32_t* const end = call.earlier.data() + call.earlier.size();
  for (const std::uint32_t* frame = call.earlier.data(); frame != end; ++frame)
    mark_depended_upon(pinfo, *frame);
  for (const Slice* of = call.slices.data(); of != call.slices.data() + call.slices.size(); ++of) {
    Slice slice = *of;
    slice.begin -= begin;
    export_slice(slice, tvb, pinfo);
    if (tree == nullptr)
      show_protocol_alone(slice.message, tvb, static_cast<int>(slice.begin), static_cast<int>(slice.size),
                          pinfo, whole_tree);
    if (slice.kind == SliceKind::message) {
      show_message(slice, tvb, pinfo, tree);
    } else {
      show_bytes(slice, tvb, pinfo, tree);
    }
  }
}

}  // namespace

void replace_noncharacters(char* text) {
  while ((text = std::strstr(text, "\xEF\xBF")) != nullptr) {
    if (text[2] == '\xBE' || text[2] == '\xBF') text[2] = '\xBD';
    text += 2;
  }
}

proto_tree* if_looked_at(proto_tree* tree, const packet_info* pinfo) {
  if (tree == nullptr) return nullptr;
  // A protocol is referenced when one of its fields is. The columns have one for expert infos, and what
  // others put below our tree is theirs to judge.
  const bool looked_at = pinfo->cinfo != nullptr || proto_field_is_referenced(tree, state.proto) != 0 ||
                         is_expert_referenced(tree) || has_expert_listeners() || has_subdissectors() ||
                         settings.show_json;
  return looked_at ? tree : nullptr;
}

void show_protocol_alone(std::uint64_t message, tvbuff_t* tvb, int begin, int size, packet_info* pinfo,
                         proto_tree* whole_tree) {
  if (whole_tree == nullptr || !take_room(1)) return;
  proto_item* item = proto_tree_add_item(whole_tree, state.proto, tvb, begin, size, ENC_NA);
  if (state.tree == nullptr) state.tree = proto_item_add_subtree(item, subtrees.frame);
  if (message != kNoMessage) tell_experts(message, pinfo);
}

bool is_noted(proto_tree* tree, int hf) {
  return proto_field_is_referenced(tree, hf) != 0;
}

bool take_room(std::uint32_t items) {
  if (state.items > kMaxItems) return false;
  state.items += items;
  return true;
}

const char* text_of(packet_info* pinfo, std::string_view text) {
  auto* copy = static_cast<char*>(wmem_alloc(pinfo->pool, text.size() + 1));
  text.copy(copy, text.size());
  copy[text.size()] = '\0';
  // A NUL inside a JSON string shall not hide what follows it.
  if (text.find('\0') != std::string_view::npos) std::replace(copy, copy + text.size(), '\0', ' ');
  if (text.find('\xEF') != std::string_view::npos) replace_noncharacters(copy);
  return copy;
}

const char* label_of(packet_info* pinfo, std::string_view text, std::size_t most) {
  if (text.size() <= most && is_plain_label(text)) return text_of(pinfo, text);
  const std::size_t room = std::min(most, label_size(text.size()));
  auto* label = static_cast<char*>(wmem_alloc(pinfo->pool, room + 1));
  *write_label(text, room, label) = '\0';
  replace_noncharacters(label);
  return label;
}

tvbuff_t* tvb_of(Bytes bytes, tvbuff_t* tvb, packet_info* pinfo) {
  const auto size = static_cast<unsigned>(bytes.size());
  auto* copy = static_cast<std::uint8_t*>(wmem_memdup(pinfo->pool, bytes.data(), size));
  tvbuff_t* whole = tvb_new_child_real_data(tvb, copy, size, static_cast<int>(size));
  add_new_data_source(pinfo, whole, "Reassembled Ck");
  return whole;
}

proto_item** show_payload(const Payload& payload, tvbuff_t* tvb, int start, int size, bool binary,
                          packet_info* pinfo, proto_tree* tree) {
  if (payload.state == PayloadState::object) return show_members(payload, tvb, start, binary, pinfo, tree);
  proto_item* bytes = proto_tree_add_item(tree, fields.payload, tvb, start, size, ENC_NA);
  proto_tree* inner = proto_item_add_subtree(bytes, subtrees.member);
  proto_item* error =
      proto_tree_add_string(inner, fields.payload_error, tvb, start, size, text_of(pinfo, payload.error));
  proto_item_append_text(error, " (at byte %u)", payload.error_offset);
  proto_item_set_generated(error);
  return nullptr;
}

void show_call(const Delivery& call, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
  show_slices(call, call.carried.empty() ? tvb : tvb_of(call.carried, tvb, pinfo), 0, pinfo, tree);
}

void show_without_call(const Delivery& call, const TcpSegment& segment, tvbuff_t* tvb, packet_info* pinfo,
                       proto_tree* tree) {
  const SliceBytes found = bytes_without_call(call, segment.payload);
  if (found.bytes.empty()) return;
  // What lies in the packet is highlighted there.
  tvbuff_t* whole = nullptr;
  if (call.carried.empty() && call.in_segment >= 0) {
    const auto at = static_cast<int>(found.bytes.data() - tvb_get_ptr(tvb, 0, 1));
    whole = tvb_new_subset_length(tvb, at, static_cast<int>(found.bytes.size()));
  } else {
    whole = tvb_of(found.bytes, tvb, pinfo);
  }
  show_slices(call, whole, found.begin, pinfo, tree);
}

}  // namespace ck::plugin
