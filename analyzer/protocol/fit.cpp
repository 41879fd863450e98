// The table "Parameter names on the wire" as code: which JSON forms of each parameter are silent, readable,
// or wrong.
#include "protocol/fit.h"

#include <algorithm>
#include <array>

#include "protocol/json_text.h"

namespace ck::protocol {
namespace {

Fit worse(Fit a, Fit b) {
  return std::max(a, b);
}  // listed < variant < wrong

bool is_spelt(const Member& member, std::string_view folded) {
  return fold_name(member.name) == folded;
}

/// One scalar identifier: a number can be read as one (clause 8's NOTE), other types cannot.
Fit fit_identifier(JsonType type) {
  if (type == JsonType::string) return Fit::listed;
  return type == JsonType::number ? Fit::variant : Fit::wrong;
}

Fit fit_count(const Member& member) {
  if (!member.integer) return Fit::wrong;
  return member.type == JsonType::number ? Fit::listed : Fit::variant;
}

/// Text where Tables 5, 7, 9 list it, an integer where Tables 11 and 13 do; the other of the two is a
/// variant, unless the name is Appendix II's `result_code`. A number that is no integer can only pass for a
/// text.
Fit fit_result(const Member& member, ListedType listed) {
  if (member.type == JsonType::string) {
    return listed == ListedType::string || is_spelt(member, "resultcode") ? Fit::listed : Fit::variant;
  }
  if (member.type != JsonType::number) return Fit::wrong;
  if (!member.integer) return listed == ListedType::string ? Fit::variant : Fit::wrong;
  return listed == ListedType::integer || is_spelt(member, "resultcode") ? Fit::listed : Fit::variant;
}

Fit fit_extension(const Member& member, const Payload& payload) {
  if (member.type == JsonType::string) return is_spelt(member, "errormessage") ? Fit::listed : Fit::variant;
  if (member.type != JsonType::array) return Fit::wrong;
  const auto nodes = payload.nodes_of(member);
  const bool only_objects = std::all_of(nodes.begin(), nodes.end(), [](const Node& node) {
    return node.depth != 1 || node.type == JsonType::object;
  });
  return only_objects ? Fit::listed : Fit::wrong;
}

bool is_separator(char c) {
  return c == ',' || c == ';' || c == ' ' || (c >= '\t' && c <= '\r');
}

/// Splits a list in one string. Ranges are counted on the wire, where an escape is longer than what it means.
void split_elements(const Member& member, std::string_view raw, Writing writing, Payload& payload) {
  const std::size_t quote = writing == Writing::json ? 1 : 0;
  const std::string_view body = raw.substr(quote, raw.size() - 2 * quote);
  std::size_t wire = 0, text = 0, wire_begin = 0, text_begin = 0;
  const auto close = [&] {
    if (text == text_begin) return;
    Element element;
    element.range = {static_cast<std::uint32_t>(member.range.begin + quote + wire_begin),
                     static_cast<std::uint32_t>(wire - wire_begin)};
    element.text = member.text.substr(text_begin, text - text_begin);
    payload.elements.push_back(element);
  };
  while (wire < body.size()) {
    std::size_t taken = 1, meant = 1;
    if (writing == Writing::json && body[wire] == '\\') {
      const json::Character character = json::read_character(body.substr(wire));
      taken = character.wire;
      meant = character.size;
    }
    const bool separator = meant == 1 && is_separator(member.text[text]);
    if (separator) close();
    wire += taken;
    text += meant;
    if (separator) {
      wire_begin = wire;
      text_begin = text;
    }
  }
  close();
}

bool is_id_member(std::string_view name) {
  constexpr std::array<std::string_view, 3> kIdMembers = {"keyid", "id", "kmakeyid"};
  if (name.size() > 64) return false;
  return std::find(kIdMembers.begin(), kIdMembers.end(), fold_name(name)) != kIdMembers.end();
}

/// A key given as an object: exactly one of its own members is its ID (null counts as absent); others may
/// stand beside it. `inside` holds the nodes below the object.
void read_key_object(std::span<const Node> inside, unsigned depth, Element& element) {
  const Node* id = nullptr;
  element.fit = Fit::wrong;
  for (const Node& node : inside) {
    if (node.depth != depth + 1 || node.type == JsonType::null || !is_id_member(node.name)) continue;
    if (id != nullptr) return;
    id = &node;
  }
  if (id == nullptr) return;
  element.fit = fit_identifier(id->type);
  if (element.fit != Fit::wrong) element.text = id->text;
}

/// The elements of a list that is a JSON array. Returns the worst fit among them and tells whether any is an
/// object.
Fit array_elements(const Member& member, bool objects_hold_keys, Payload& payload, bool& objects,
                   bool& scalars) {
  const auto nodes = payload.nodes_of(member);
  Fit worst = Fit::listed;
  for (std::size_t i = 0; i < nodes.size();) {
    std::size_t next = i + 1;
    while (next < nodes.size() && nodes[next].depth > 1) ++next;
    Element element;
    element.range = nodes[i].range;
    if (nodes[i].type == JsonType::object && objects_hold_keys) {
      read_key_object(nodes.subspan(i + 1, next - i - 1), 1, element);
      objects = true;
    } else {
      element.fit = fit_identifier(nodes[i].type);
      if (element.fit != Fit::wrong) element.text = nodes[i].text;
      scalars = true;
    }
    worst = worse(worst, element.fit);
    payload.elements.push_back(element);
    i = next;
  }
  return worst;
}

/// Next KMA IDs, Transit KMA IDs, Key IDs. A string stands for the list that it splits into, a number for a
/// list of one.
Fit fit_list(const Member& member, std::string_view raw, Writing writing, ListedType listed, bool keys,
             Payload& payload) {
  if (member.type == JsonType::string) {
    split_elements(member, raw, writing, payload);
    return listed == ListedType::string ? Fit::listed : Fit::variant;
  }
  if (member.type == JsonType::number) {
    payload.elements.push_back({member.range, member.text, Fit::variant});
    return Fit::variant;
  }
  if (member.type != JsonType::array) return Fit::wrong;
  bool objects = false, scalars = false;
  const Fit elements = array_elements(member, keys, payload, objects, scalars);
  // Table 4 says "String" of what it describes as a list: both forms are silent. An empty array is an empty
  // list anywhere.
  const bool silent = !keys || (!objects && !scalars) || (listed == ListedType::object_array && !scalars);
  return worse(elements, silent ? Fit::listed : Fit::variant);
}

/// The type to hold a parameter against in a message whose table does not list it: any accepted form then
/// passes.
ListedType any_type(ParameterKind kind) {
  switch (kind) {
    case ParameterKind::identifier:
    case ParameterKind::result:
    case ParameterKind::identifier_list:
    case ParameterKind::key_list:
      return ListedType::string;
    case ParameterKind::count:
      return ListedType::integer;
    case ParameterKind::extension:
      break;
  }
  return ListedType::object_array;
}

Fit fit_value(Member& member, std::string_view raw, Writing writing, ParameterKind kind, ListedType listed,
              Payload& payload) {
  switch (kind) {
    case ParameterKind::identifier:
      return fit_identifier(member.type);
    case ParameterKind::count:
      return fit_count(member);
    case ParameterKind::result:
      return fit_result(member, listed);
    case ParameterKind::extension:
      return fit_extension(member, payload);
    case ParameterKind::identifier_list:
    case ParameterKind::key_list:
      break;
  }
  member.first_element = static_cast<std::uint32_t>(payload.elements.size());
  const Fit fit = fit_list(member, raw, writing, listed, kind == ParameterKind::key_list, payload);
  member.element_count = static_cast<std::uint32_t>(payload.elements.size()) - member.first_element;
  return fit;
}

}  // namespace

void fit_member(Member& member, std::string_view raw, Writing writing, const MessageSpec* message,
                Payload& payload) {
  if (member.type == JsonType::number) member.integer = json::to_integer(member.text);
  if (!member.id) return;
  const ParameterKind kind = parameter(*member.id).kind;
  const bool reads_numerals = kind == ParameterKind::count || kind == ParameterKind::result;
  if (member.type == JsonType::string && reads_numerals) member.integer = json::to_integer(member.text);
  const ParameterUse* use = message != nullptr ? message->find(*member.id) : nullptr;
  member.in_table = use != nullptr;
  if (member.type == JsonType::null) {
    member.fit = message != nullptr ? Fit::null : Fit::none;
    return;
  }
  const Fit fit = fit_value(member, raw, writing, kind, use != nullptr ? use->type : any_type(kind), payload);
  if (message == nullptr) return;
  const bool lenient = use == nullptr && fit == Fit::variant;
  member.fit = lenient ? Fit::listed : fit;
}

}  // namespace ck::protocol
