// Decoded payload members back to JSON, from the decoder's nodes: compact, valid UTF-8, and never the wire's
// raw bytes.
#include "report/parameters_json.h"

#include <array>
#include <vector>

#include "report/json_writer.h"

namespace ck::report {
namespace {

void scalar(JsonWriter& out, JsonType type, std::string_view text) {
  if (type == JsonType::string) {
    out.value(text);
  } else {
    out.raw(text);  // number, true, false, null: checked by the decoder, as on the wire
  }
}

void begin(JsonWriter& out, JsonType type) {
  type == JsonType::object ? out.begin_object() : out.begin_array();
}
void end(JsonWriter& out, JsonType type) {
  type == JsonType::object ? out.end_object() : out.end_array();
}
bool is_container(JsonType type) {
  return type == JsonType::object || type == JsonType::array;
}

/// The member's value as it stands. Nodes come in document order with their depth, so a stack of open
/// containers suffices.
void any_value(JsonWriter& out, const Payload& payload, const Member& member) {
  if (!is_container(member.type)) {
    scalar(out, member.type, member.text);
    return;
  }
  std::vector<JsonType> open{member.type};
  begin(out, member.type);
  for (const Node& node : payload.nodes_of(member)) {
    while (open.size() > node.depth) {
      end(out, open.back());
      open.pop_back();
    }
    if (node.named) out.key(node.name);
    if (is_container(node.type)) {
      begin(out, node.type);
      open.push_back(node.type);
    } else {
      scalar(out, node.type, node.text);
    }
  }
  for (; !open.empty(); open.pop_back()) end(out, open.back());
}

void list_value(JsonWriter& out, const Payload& payload, const Member& member) {
  out.begin_array();
  for (const Element& element : payload.elements_of(member)) {
    if (element.fit == Fit::wrong) {
      out.raw("null");
    } else {
      out.value(element.text);
    }
  }
  out.end_array();
}

/// A number is kept as text where the parameter is no 64-bit integer (1.0, 1e2): a JSON reader would round
/// it.
void number_value(JsonWriter& out, const Member& member) {
  if (member.integer) {
    out.value(*member.integer);
  } else {
    out.value(member.text);
  }
}

void parameter_value(JsonWriter& out, const Payload& payload, const Member& member) {
  if (member.type == JsonType::null) return out.raw("null");
  const ParameterKind kind = parameter(*member.id).kind;
  const bool number = member.type == JsonType::number;
  const bool readable = member.fit == Fit::listed || member.fit == Fit::variant;
  if (kind == ParameterKind::count && (number || member.integer)) return number_value(out, member);
  if (kind == ParameterKind::result && number) return number_value(out, member);
  if (readable && kind == ParameterKind::identifier && number) return out.value(member.text);
  const bool list = kind == ParameterKind::identifier_list || kind == ParameterKind::key_list;
  if (list && (readable || member.element_count > 0)) return list_value(out, payload, member);
  any_value(out, payload, member);
}

}  // namespace

std::string parameters_json(const Message& message) {
  JsonWriter out;
  out.begin_object();
  const Payload& payload = *message.payload;
  if (payload.state == PayloadState::object) {
    std::array<const Member*, kParameterCount> first{};
    for (const Member& member : payload.members) {
      if (member.id && !member.duplicate) first[static_cast<std::size_t>(*member.id)] = &member;
    }
    for (const ParameterSpec& spec : parameters()) {
      const Member* member = first[static_cast<std::size_t>(spec.id)];
      const bool listed = message.spec != nullptr && message.spec->find(spec.id) != nullptr;
      if (member == nullptr && !listed) continue;
      out.key(spec.name);
      if (member == nullptr) {
        out.raw("null");
      } else {
        parameter_value(out, payload, *member);
      }
    }
  }
  out.end_object();
  return std::string(out.text());
}

std::string other_members_json(const Message& message) {
  JsonWriter out;
  out.begin_array();
  if (message.payload->state == PayloadState::object) {
    for (const Member& member : message.payload->members) {
      if (member.id && !member.duplicate) continue;
      out.begin_object();
      out.member("name", member.name);
      out.key("value");
      any_value(out, *message.payload, member);
      out.end_object();
    }
  }
  out.end_array();
  return std::string(out.text());
}

}  // namespace ck::report
