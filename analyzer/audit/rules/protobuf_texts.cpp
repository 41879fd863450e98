// The texts of findings on payloads over gRPC, and which slips explain them.
#include "audit/rules/protobuf_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "audit/rules/payload_texts.h"
#include "protocol/parameter_names.h"
#include "protocol/protobuf/schema.h"
#include "protocol/result.h"

namespace ck::audit::protobuf_texts {
namespace {

using payload_texts::clip;

/// A field as its sender wrote it.
struct Written {
  std::uint32_t number = 0;
  std::uint8_t wire = 0;
};

/// Fields that are looked at for a slip.
constexpr std::size_t kMaxWritten = 256;

std::optional<std::uint64_t> take_varint(Bytes& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const std::uint8_t byte = bytes[0];
    bytes = bytes.subspan(1);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

/// False: there is no value of this wire type, or none that is whole.
bool skip_value(Bytes& bytes, std::uint8_t wire) {
  std::optional<std::uint64_t> size;
  if (wire == 0) return take_varint(bytes).has_value();
  if (wire == 1) size = 8;
  if (wire == 2) size = take_varint(bytes);
  if (wire == 5) size = 4;
  if (!size || *size > bytes.size()) return false;
  bytes = bytes.subspan(static_cast<std::size_t>(*size));
  return true;
}

/// The fields of a payload; nullopt where it does not consist of any.
std::optional<std::vector<Written>> written_in(Bytes bytes) {
  std::vector<Written> fields;
  while (!bytes.empty() && fields.size() < kMaxWritten) {
    const auto tag = take_varint(bytes);
    if (!tag || *tag >> 3 > 0xFFFF'FFFF) return std::nullopt;
    fields.push_back({static_cast<std::uint32_t>(*tag >> 3), static_cast<std::uint8_t>(*tag & 7)});
    if (!skip_value(bytes, fields.back().wire)) return std::nullopt;
  }
  return fields;
}

const ProtoField* find_field(const ProtoMessage& type, std::uint64_t number) {
  const auto found = std::find_if(type.fields.begin(), type.fields.end(),
                                  [=](const ProtoField& field) { return field.number == number; });
  return found == type.fields.end() ? nullptr : &*found;
}

bool is_declared(const ProtoMessage& type, std::uint64_t number, std::uint8_t wire) {
  const ProtoField* field = find_field(type, number);
  return field != nullptr && (field->wire == wire || (field->may_be_packed && wire == 2));
}

/// Whether the mandatory parameters are among the fields with these numbers. A result and lists may be left
/// out.
bool has_all(const ProtoMessage& type, const std::vector<std::uint64_t>& numbers) {
  const NameTable names;
  const auto has = [&](Parameter wanted) {
    return std::any_of(numbers.begin(), numbers.end(), [&](std::uint64_t number) {
      const ProtoField* field = find_field(type, number);
      return field != nullptr && names.find(field->name, type.spec) == wanted;
    });
  };
  bool either_asked = false;
  for (const ParameterUse& use : type.spec->parameters) {
    either_asked = either_asked || use.presence == Presence::either_destination;
    const bool named = parameter(use.id).kind == ParameterKind::identifier;
    if (use.presence == Presence::mandatory && named && !has(use.id)) return false;
  }
  return !either_asked || has(Parameter::destination_kma_id) || has(Parameter::application_destination_id);
}

/// Whether all fits when each number is `by` less.
bool fits_shifted(const ProtoMessage& type, const std::vector<Written>& fields, std::int64_t by) {
  std::vector<std::uint64_t> numbers;
  for (const Written& field : fields) {
    const auto number = static_cast<std::uint64_t>(field.number - by);
    if (!is_declared(type, number, field.wire)) return false;
    numbers.push_back(number);
  }
  return has_all(type, numbers);
}

/// Two fields whose numbers were exchanged: each is written as the other is declared.
std::optional<std::pair<std::uint32_t, std::uint32_t>> find_swapped(const ProtoMessage& type,
                                                                    const std::vector<Written>& fields) {
  std::vector<Written> wrong;
  for (const Written& field : fields) {
    if (is_declared(type, field.number, field.wire)) continue;
    const bool again = std::any_of(wrong.begin(), wrong.end(),
                                   [&](const Written& other) { return other.number == field.number; });
    if (!again) wrong.push_back(field);
  }
  if (wrong.size() != 2 || !is_declared(type, wrong[0].number, wrong[1].wire) ||
      !is_declared(type, wrong[1].number, wrong[0].wire))
    return std::nullopt;
  return std::minmax(wrong[0].number, wrong[1].number);
}

/// "Destination KMA ID (end_km, field 2)"
std::string field_name(const Member& member, const ProtoField* field) {
  const std::string_view name = member.id ? parameter(*member.id).name : member.name;
  if (field == nullptr) return std::string(name);
  return fmt::format("{} ({}, field {})", name, field->name, field->number);
}

const ProtoField* field_of(const Message& message, const Member& member) {
  for (const ProtoField& field : message.proto->fields) {
    if (field.name == member.name) return &field;
  }
  return nullptr;
}

/// The wire type of the member's first value.
std::optional<std::uint8_t> wire_of(const Message& message, const Member& member) {
  const ByteRange range = member.name_range;
  const Bytes bytes = message.payload_bytes;
  if (range.begin >= bytes.size()) return std::nullopt;
  return static_cast<std::uint8_t>(bytes[range.begin] & 7);
}

std::string_view wire_name(std::uint8_t wire) {
  switch (wire) {
    case 0:
      return "a varint";
    case 1:
      return "a number of 8 bytes";
    case 2:
      return "bytes behind a length, as texts and messages are";
    case 5:
      return "a number of 4 bytes";
    default:
      return "a group";
  }
}

std::string_view value_name(JsonType type) {
  switch (type) {
    case JsonType::string:
      return "a text";
    case JsonType::number:
      return "a number";
    case JsonType::boolean:
      return "a bool";
    case JsonType::object:
      return "a message";
    default:
      return "a list";
  }
}

/// The value of another wire type than declared.
std::string miswritten(const Message& message, const Member& member, const ProtoField& field,
                       std::uint8_t wire) {
  std::string text = fmt::format("{} is written as {}", field_name(member, &field), wire_name(wire));
  if (!member.text.empty()) text += fmt::format(" ({})", clip(member.text));
  text += fmt::format(", and the .proto declares it {}", field.declared);
  const bool result = *member.id == Parameter::response && wire == 2;
  const bool result_word = result && check_result(member.text) != Outcome::unknown;
  const std::string slip = numbering(message);
  if (!slip.empty() && !result_word) return text + slip;
  if (result) return text + "; send 0 for OK or 1 for NG as that number, and words in error_message";
  return text + "; write it so, or give this peer's own .proto by --grpc-proto";
}

}  // namespace

std::string malformed_payload(const Message& message, std::string_view json_error) {
  const Payload& payload = *message.payload;
  if (!message.trouble.empty()) {
    return fmt::format(
        "the message {}; the compressed flag before a message and the header field "
        "grpc-encoding have to say what was done to it",
        message.trouble);
  }
  const Bytes bytes = message.payload_bytes;
  if (message.proto == nullptr) {
    std::string text(json_error);
    const bool binary =
        !bytes.empty() && bytes[0] < ' ' && bytes[0] != '\t' && bytes[0] != '\n' && bytes[0] != '\r';
    if (bytes.empty() || binary || written_in(bytes))
      text += "; the content type says JSON: where the message is protobuf, it is application/grpc";
    return text;
  }
  std::string text = fmt::format("not protobuf of the type {}: {} at byte {} of {}", message.proto->name,
                                 payload.error, payload.error_offset, bytes.size());
  if (is_json_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()}))
    return text + "; it is JSON: encode it as protobuf, or say application/grpc+json as the content type";
  return text + numbering(message);
}

std::string wrong_type(const Message& message, const Member& member, std::string_view listed) {
  const ProtoField* field = field_of(message, member);
  const auto wire = wire_of(message, member);
  if (field != nullptr && wire && !is_declared(*message.proto, field->number, *wire))
    return miswritten(message, member, *field, *wire);
  const std::string declared =
      field == nullptr ? std::string() : fmt::format(", declared {}", field->declared);
  std::string found = fmt::format("is {}", value_name(member.type));
  if (member.type == JsonType::number || member.type == JsonType::boolean || member.type == JsonType::string)
    found += fmt::format(" ({})", clip(member.text));
  const auto elements = message.payload->elements_of(member);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (elements[i].fit != Fit::wrong) continue;
    const bool key = parameter(*member.id).kind == ParameterKind::key_list;
    found = fmt::format("has an element, number {} of {}, {}", i + 1, elements.size(),
                        key ? "that does not hold exactly one key ID" : "that is no text");
    break;
  }
  return fmt::format("{} {}{}{}{}", field_name(member, field), found, declared, listed, numbering(message));
}

std::string json_in_text(const Message& message, const Member& member) {
  std::string_view text = member.text;
  for (const Element& element : message.payload->elements_of(member)) {
    if (text.empty() && is_json_text(element.text)) text = element.text;
  }
  return fmt::format("{} holds JSON ({}); over gRPC it is the value itself, and a list is a repeated field",
                     field_name(member, field_of(message, member)), clip(text));
}

std::string unknown(const Message& message, const Member& member) {
  const bool undeclared = field_of(message, member) == nullptr;
  if (!undeclared) {
    return fmt::format(
        "the field \"{}\" is no parameter of Q.4164 under any spelling; a peer's own additions go into "
        "Extension, "
        "and another name of a parameter can be given as an alias",
        clip(member.name));
  }
  return fmt::format("the type {} has no {}; its sender goes by another .proto, which --grpc-proto takes{}",
                     message.proto->name, member.name, numbering(message));
}

std::string numbering(const Message& message) {
  if (message.proto == nullptr) return {};
  const auto fields = written_in(message.payload_bytes);
  if (!fields || fields->empty() || fits_shifted(*message.proto, *fields, 0)) return {};
  for (const int by : {1, -1}) {
    if (fits_shifted(*message.proto, *fields, by))
      return fmt::format("; its sender's fields seem numbered one too {}: both sides need the same .proto",
                         by > 0 ? "high" : "low");
  }
  if (const auto swapped = find_swapped(*message.proto, *fields)) {
    return fmt::format("; its sender seems to have fields {} and {} swapped: both sides need the same .proto",
                       swapped->first, swapped->second);
  }
  return {};
}

bool is_json_text(std::string_view text) {
  const bool object = text.starts_with('{') && text.ends_with('}');
  const bool array = text.starts_with('[') && text.ends_with(']');
  if ((!object && !array) || text.find('"') == std::string_view::npos || text.size() > kMaxPayload / 2)
    return false;
  const std::string whole = "{\"\":" + std::string(text) + "}";
  Payload scratch;
  bool has_parameter = false;
  return is_json_object(Bytes(reinterpret_cast<const std::uint8_t*>(whole.data()), whole.size()), NameTable(),
                        scratch, has_parameter);
}

bool holds_json_text(const Message& message, const Member& member) {
  switch (parameter(*member.id).kind) {
    case ParameterKind::count:
    case ParameterKind::extension:
      return false;
    default:
      break;
  }
  if (member.type == JsonType::string) return is_json_text(member.text);
  const auto elements = message.payload->elements_of(member);
  return std::any_of(elements.begin(), elements.end(),
                     [](const Element& element) { return is_json_text(element.text); });
}

}  // namespace ck::audit::protobuf_texts
