// The parameters of a payload, each over exactly its own bytes.
#include "core/label.h"
#include "fields.h"
#include "protocol/result.h"
#include "tree.h"

namespace ck::plugin {
namespace {

/// Where a member is shown.
struct MemberPlace {
  tvbuff_t* tvb;
  int start;    ///< of the payload in tvb
  bool binary;  ///< values are no text on the wire
  packet_info* pinfo;
  proto_tree* tree;
};

constexpr std::size_t kShownText = 200;

int begin_of(const MemberPlace& place, ByteRange range) {
  return place.start + static_cast<int>(range.begin);
}

/// A text for field `hf`, which nobody may ask for.
const char* text_for(const MemberPlace& place, int hf, std::string_view text) {
  return is_noted(place.tree, hf) ? text_of(place.pinfo, text) : "";
}

proto_item* add_string(const MemberPlace& place, int hf, ByteRange range, std::string_view text) {
  const char* value = text_for(place, hf, text);
  proto_item* item = proto_tree_add_string(place.tree, hf, place.tvb, begin_of(place, range),
                                           static_cast<int>(range.size), value);
  if (!is_plain_label(value))
    proto_item_set_text(item, "%s: %s", proto_registrar_get_name(hf), label_of(place.pinfo, value));
  return item;
}

/// `text` with a full stop for each byte that is none of a printable character.
const char* printable(packet_info* pinfo, std::string_view text) {
  auto* out = static_cast<char*>(wmem_alloc(pinfo->pool, text.size() + 1));
  std::size_t size = 0;
  while (size < text.size()) {
    const char* at = text.data() + size;
    const auto left = static_cast<gssize>(text.size() - size);
    const gunichar character = g_utf8_get_char_validated(at, left);
    const bool shown = character < 0x110000 && character != 0 && g_unichar_isprint(character);
    const std::size_t bytes = shown ? static_cast<std::size_t>(g_utf8_next_char(at) - at) : 1;
    for (std::size_t i = 0; i < bytes; ++i) out[size + i] = shown ? at[i] : '.';
    size += bytes;
  }
  out[size] = '\0';
  return out;
}

/// The value as it stands on the wire, its first `most` bytes.
const char* wire_of(const MemberPlace& place, ByteRange range, std::size_t most = kShownText) {
  const std::size_t size = range.size < most ? range.size : most;
  if (size == 0) return "";
  const char* wire =
      reinterpret_cast<const char*>(tvb_get_ptr(place.tvb, begin_of(place, range), static_cast<int>(size)));
  return place.binary ? printable(place.pinfo, {wire, size}) : text_of(place.pinfo, {wire, size});
}

/// The hidden field that holds this parameter's IDs too; -1: none.
int common_field(Parameter id) {
  switch (id) {
    case Parameter::source_kma_id:
    case Parameter::destination_kma_id:
    case Parameter::next_kma_ids:
    case Parameter::transit_kma_ids:
      return fields.kma;
    case Parameter::source_km_id:
    case Parameter::destination_km_id:
      return fields.km;
    case Parameter::application_source_id:
    case Parameter::application_destination_id:
      return fields.application;
    default:
      return -1;
  }
}

void add_identifier(const MemberPlace& place, const Member& member, ByteRange range, std::string_view text) {
  const int field = fields.parameters[static_cast<std::size_t>(*member.id)];
  const char* shown = text_for(place, field, text);
  proto_tree_add_string_format(place.tree, field, place.tvb, begin_of(place, range),
                               static_cast<int>(range.size), shown, "%s: %s", parameter_words(*member.id).one,
                               label_of(place.pinfo, shown));
  if (const int common = common_field(*member.id); common != -1) {
    proto_item_set_hidden(add_string(place, common, range, text));
  }
}

proto_item* add_unreadable(const MemberPlace& place, std::string_view name, ByteRange range,
                           const char* why) {
  const bool noted = is_noted(place.tree, fields.member);
  return proto_tree_add_none_format(place.tree, fields.member, place.tvb, begin_of(place, range),
                                    static_cast<int>(range.size), "%s: %s (%s)",
                                    text_for(place, fields.member, name),
                                    noted ? label_of(place.pinfo, wire_of(place, range)) : "", why);
}

/// What an object or array holds, as a tree like the value itself.
void show_nodes(const MemberPlace& place, std::span<const Node> nodes, proto_item* item) {
  if (nodes.empty()) return;
  if (!is_noted(place.tree, fields.element)) {
    for (std::size_t i = 0; i < nodes.size() && take_room(1);) ++i;
    return;
  }
  proto_tree* levels[kMaxNesting + 2] = {};
  levels[1] = proto_item_add_subtree(item, subtrees.element);
  for (const Node* node = nodes.data(); node != nodes.data() + nodes.size(); ++node) {
    if (!take_room(1)) return;
    const std::size_t depth = node->depth > kMaxNesting ? kMaxNesting : node->depth;
    if (levels[depth] == nullptr) continue;
    const bool holder = node->type == JsonType::array || node->type == JsonType::object;
    const ByteRange whole =
        node->named
            ? ByteRange{node->name_range.begin, node->range.begin + node->range.size - node->name_range.begin}
            : node->range;
    proto_item* child = proto_tree_add_none_format(
        levels[depth], fields.element, place.tvb, begin_of(place, whole), static_cast<int>(whole.size),
        "%s%s%s", node->named ? label_of(place.pinfo, node->name) : "", node->named ? ": " : "",
        holder ? (node->type == JsonType::array ? "array" : "object") : label_of(place.pinfo, node->text));
    levels[depth + 1] = holder ? proto_item_add_subtree(child, subtrees.element) : nullptr;
  }
}

void show_list(const MemberPlace& place, const Payload& payload, const Member& member,
               std::string_view name) {
  const std::span<const Element> elements = payload.elements_of(member);
  if (elements.empty()) {
    add_unreadable(place, name, member.range, "an empty list");
    return;
  }
  proto_item* item = proto_tree_add_none_format(
      place.tree, fields.member, place.tvb, begin_of(place, member.range),
      static_cast<int>(member.range.size), "%s: %lu", text_for(place, fields.member, name),
      static_cast<unsigned long>(elements.size()));
  const MemberPlace inner{place.tvb, place.start, place.binary, place.pinfo,
                          proto_item_add_subtree(item, subtrees.member)};
  for (const Element* element = elements.data(); element != elements.data() + elements.size(); ++element) {
    if (!take_room(2)) return;
    if (element->fit == Fit::wrong) {
      add_unreadable(inner, parameter_words(*member.id).one, element->range, "no ID can be read from it");
    } else {
      add_identifier(inner, member, element->range, element->text);
    }
  }
}

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::success:
      return "success";
    case Outcome::failure:
      return "failure";
    case Outcome::unknown:
      break;
  }
  return "unknown";
}

void show_result(const MemberPlace& place, const Member& member) {
  const int begin = begin_of(place, member.range), size = static_cast<int>(member.range.size);
  const bool text = member.type == JsonType::string;
  if (text || !member.integer)  // a number that is no integer of 64 bits is kept as its text
    add_string(place, fields.parameters[static_cast<std::size_t>(Parameter::response)], member.range,
               member.text);
  if (member.integer) {
    proto_item* code =
        proto_tree_add_int64(place.tree, fields.result_code, place.tvb, begin, size, *member.integer);
    if (text) proto_item_set_generated(code);
  }
  proto_item_set_generated(proto_tree_add_string(place.tree, fields.result, place.tvb, begin, size,
                                                 name_of(check_result(member))));
}

void show_extension(const MemberPlace& place, const Payload& payload, const Member& member) {
  const int field = fields.parameters[static_cast<std::size_t>(Parameter::extension)];
  std::string_view text = member.text;
  if (member.type != JsonType::string)
    text = is_noted(place.tree, field) ? wire_of(place, member.range, member.range.size) : "";
  proto_item* item = add_string(place, field, member.range, text);
  show_nodes(place, payload.nodes_of(member), item);
}

void show_unknown(const MemberPlace& place, const Payload& payload, const Member& member) {
  const ByteRange whole{member.name_range.begin,
                        member.range.begin + member.range.size - member.name_range.begin};
  proto_item* item = add_string(place, fields.unknown_parameter, whole, member.name);
  if (is_noted(place.tree, fields.unknown_parameter)) {
    const bool number = place.binary && !member.text.empty();
    proto_item_append_text(
        item, " = %s",
        label_of(place.pinfo, number ? member.text : std::string_view(wire_of(place, member.range))));
  }
  show_nodes(place, payload.nodes_of(member), item);
}

void show_parameter(const MemberPlace& place, const Payload& payload, const Member& member) {
  const ParameterSpec& spec = parameter(*member.id);
  if (member.fit == Fit::null) {
    add_unreadable(place, spec.name, member.range, "counts as absent");
    return;
  }
  switch (spec.kind) {
    case ParameterKind::identifier_list:
    case ParameterKind::key_list:
      if (member.element_count > 0 || member.fit != Fit::wrong) {
        show_list(place, payload, member, spec.name);
        return;
      }
      break;
    case ParameterKind::extension:
      show_extension(place, payload, member);
      return;
    case ParameterKind::result:
      if (member.fit != Fit::wrong) {
        show_result(place, member);
        return;
      }
      break;
    case ParameterKind::count:
      if (member.integer) {
        proto_tree_add_int64(place.tree, fields.parameters[static_cast<std::size_t>(spec.id)], place.tvb,
                             begin_of(place, member.range), static_cast<int>(member.range.size),
                             *member.integer);
        return;
      }
      break;
    case ParameterKind::identifier:
      if (member.fit != Fit::wrong && (member.type == JsonType::string || member.type == JsonType::number)) {
        add_identifier(place, member, member.range, member.text);
        return;
      }
      break;
  }
  proto_item* item = add_unreadable(place, spec.name, member.range, "cannot be read");
  show_nodes(place, payload.nodes_of(member), item);
}

}  // namespace

proto_item** show_members(const Payload& payload, tvbuff_t* tvb, int start, bool binary, packet_info* pinfo,
                          proto_tree* tree) {
  if (tree == nullptr || payload.members.empty()) return nullptr;
  const MemberPlace place{tvb, start, binary, pinfo, tree};
  const std::span<const Member> members = payload.members;
  auto** items = static_cast<proto_item**>(wmem_alloc0(pinfo->pool, members.size() * sizeof(proto_item*)));
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!take_room(3)) break;
    const proto_node* last = tree->last_child;
    if (members[i].id) {
      show_parameter(place, payload, members[i]);
    } else {
      show_unknown(place, payload, members[i]);
    }
    items[i] = last == nullptr ? tree->first_child : last->next;
  }
  return items;
}

}  // namespace ck::plugin
