// Calls into dissectors that are not ours. What they throw is caught here: it is shown where it happened, and
// the messages behind it in the same frame are dissected all the same.
#include "subdissectors.h"

#include <exception>

#include "protocol/parameter_names.h"
#include "settings.h"

namespace ck::plugin {
namespace {

dissector_table_t commands = nullptr;
dissector_table_t extensions = nullptr;
bool commands_used = false, extensions_used = false;

/// So many objects of one Extension are given to others.
constexpr std::size_t kMaxExtensions = 256;

struct Extension {
  const char* name;
  ByteRange range;  ///< in the payload
};

/// Which dissector is to be called: a handle, or who is in `ck.extension` under a name, or in `ck.command`.
struct Guest {
  dissector_handle_t handle = nullptr;
  const char* extension = nullptr;
  std::uint16_t command = 0;
};

void call(const Guest& guest, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
  if (guest.handle != nullptr) {
    call_dissector_only(guest.handle, tvb, pinfo, tree, nullptr);
  } else if (guest.extension != nullptr) {
    try_string(extensions, guest.extension, tvb, pinfo, tree);
  } else {
    try_uint(commands, guest.command, tvb, pinfo, tree);
  }
}

/// Leaves `pinfo` as it was whatever the guest did; it cannot ask TCP for more bytes in our name.
void call_guarded(const Guest& guest, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
  const char* const protocol = pinfo->current_proto;
  const auto can_desegment = pinfo->can_desegment;
  const auto desegment_offset = pinfo->desegment_offset;
  const auto desegment_len = pinfo->desegment_len;
  pinfo->can_desegment = 0;
  state.calling = true;
  TRY {
    call(guest, tvb, pinfo, tree);
  }
  CATCH_BOUNDS_AND_DISSECTOR_ERRORS {
    show_exception(tvb, pinfo, tree, EXCEPT_CODE, GET_MESSAGE);
  }
  ENDTRY;
  state.calling = false;
  pinfo->current_proto = protocol;
  pinfo->can_desegment = can_desegment;
  pinfo->desegment_offset = desegment_offset;
  pinfo->desegment_len = desegment_len;
}

bool is_name(const Node& node) noexcept {
  try {
    return node.type == JsonType::string && node.depth == 2 && fold_name(node.name) == "name";
  } catch (const std::exception&) {
    return false;
  }
}

/// The objects in `nodes`, what an Extension's array holds. An object with a text under "name" is known by
/// that text, and is given whole; of any other, each member is known by its own name, and its value is given.
std::size_t find_extensions(std::span<const Node> nodes, packet_info* pinfo, Extension* found) {
  std::size_t count = 0;
  const Node* const end = nodes.data() + nodes.size();
  for (const Node* object = nodes.data(); object != end; ++object) {
    if (object->depth != 1 || object->type != JsonType::object) continue;
    const std::size_t before = count;
    for (const Node* node = object + 1; node != end && node->depth > 1; ++node) {
      if (node->depth != 2 || !node->named || count == kMaxExtensions) continue;
      if (is_name(*node)) {
        count = before;
        found[count++] = {text_of(pinfo, node->text), object->range};
        break;
      }
      found[count++] = {text_of(pinfo, node->name), node->range};
    }
  }
  return count;
}

void call_extensions(const Payload& payload, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
  if (payload.state != PayloadState::object) return;
  const Member* member = payload.find(Parameter::extension);
  if (member == nullptr || member->type != JsonType::array) return;
  auto* found = static_cast<Extension*>(wmem_alloc(pinfo->pool, kMaxExtensions * sizeof(Extension)));
  const std::size_t count = find_extensions(payload.nodes_of(*member), pinfo, found);
  for (std::size_t i = 0; i < count; ++i) {
    tvbuff_t* value = tvb_new_subset_length(tvb, static_cast<int>(found[i].range.begin),
                                            static_cast<int>(found[i].range.size));
    call_guarded({nullptr, found[i].name, 0}, value, pinfo, tree);
  }
}

void take_note(const char* /*table*/, ftenum_t /*type*/, void* /*key*/, void* /*entry*/, void* used) {
  *static_cast<bool*>(used) = true;
}

}  // namespace

void register_subdissectors(int proto) {
  commands = register_dissector_table("ck.command", "Ck CommandCode", proto, FT_UINT16, BASE_HEX);
  extensions =
      register_dissector_table("ck.extension", "Ck Extension's name", proto, FT_STRING, kCaseMatters);
}

void look_for_subdissectors() {
  commands_used = extensions_used = false;
  dissector_table_foreach("ck.command", take_note, &commands_used);
  dissector_table_foreach("ck.extension", take_note, &extensions_used);
}

bool has_subdissectors() {
  return commands_used || extensions_used;
}

void call_subdissectors(std::uint16_t command, const Payload* payload, tvbuff_t* tvb, packet_info* pinfo,
                        proto_tree* tree) {
  if (extensions_used && payload != nullptr) call_extensions(*payload, tvb, pinfo, tree);
  if (commands_used) call_guarded({nullptr, nullptr, command}, tvb, pinfo, tree);
}

void show_json(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
  static dissector_handle_t handle = find_dissector("json");
  if (!settings.show_json || handle == nullptr || tree == nullptr || tvb_captured_length(tvb) == 0) return;
  col_set_writable(pinfo->cinfo, -1, FALSE);
  call_guarded({handle, nullptr, 0}, tvb, pinfo, tree);
  col_set_writable(pinfo->cinfo, -1, TRUE);
}

}  // namespace ck::plugin
