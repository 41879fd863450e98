// The texts of findings on payloads.
#include "audit/rules/payload_texts.h"

#include <fmt/format.h>

#include <algorithm>

#include "audit/rules/protobuf_texts.h"
#include "protocol/frame.h"
#include "protocol/json_text.h"
#include "protocol/slips.h"

namespace ck::audit::payload_texts {
namespace {

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A value's own bytes; empty where the payload is no JSON text (gRPC).
std::string_view raw_at(const Message& message, ByteRange range) {
  const Bytes bytes = message.payload_bytes;
  if (range.begin > bytes.size() || range.size > bytes.size() - range.begin) return {};
  return as_text(bytes.subspan(range.begin, range.size));
}

std::string_view type_name(JsonType type) {
  switch (type) {
    case JsonType::string:
      return "a string";
    case JsonType::number:
      return "a number";
    case JsonType::boolean:
      return "a boolean";
    case JsonType::null:
      return "null";
    case JsonType::array:
      return "an array";
    case JsonType::object:
      return "an object";
  }
  return {};
}

/// The type of the JSON value that `raw` is the whole of.
JsonType type_of(std::string_view raw) {
  switch (raw.empty() ? '\0' : raw.front()) {
    case '"':
      return JsonType::string;
    case '{':
      return JsonType::object;
    case '[':
      return JsonType::array;
    case 't':
    case 'f':
      return JsonType::boolean;
    case 'n':
      return JsonType::null;
    default:
      return JsonType::number;
  }
}

/// "a number (42)"; null speaks for itself.
std::string described(JsonType type, std::string_view raw) {
  if (type == JsonType::null || raw.empty()) return std::string(type_name(type));
  return fmt::format("{} ({})", type_name(type), clip(raw));
}

std::string_view listed_name(ListedType type) {
  switch (type) {
    case ListedType::string:
      return "String";
    case ListedType::integer:
      return "Integer";
    case ListedType::string_array:
      return "Array of string";
    case ListedType::object_array:
      return "Array of objects";
  }
  return {};
}

/// "; Table 1 lists String"
std::string listed_clause(const Message& message, Parameter id) {
  const ParameterUse* use = message.spec->find(id);
  if (use == nullptr) return {};
  return fmt::format("; {} lists {}", table_of(*message.spec), listed_name(use->type));
}

std::string_view name_of(const Member& member) {
  return parameter(*member.id).name;
}

/// "Next KMA IDs, element 2 of 3,"
std::string element_name(const Member& member, std::size_t index, std::size_t count) {
  return fmt::format("{}, element {} of {},", name_of(member), index + 1, count);
}

/// Which element of a list has `fit`; the list's size when none.
std::size_t find_element(std::span<const Element> elements, Fit fit) {
  const auto found =
      std::find_if(elements.begin(), elements.end(), [=](const Element& e) { return e.fit == fit; });
  return static_cast<std::size_t>(found - elements.begin());
}

std::uint16_t code_at(Bytes frame) {
  return static_cast<std::uint16_t>(frame[kCommandOffset] << 8 | frame[kCommandOffset + 1]);
}

/// Bytes behind a whole object: whose are they?
std::string_view trailing_slip(Bytes rest) {
  if (rest.size() >= kLengthOffset && find_message(code_at(rest)) != nullptr)
    return rest.size() == kHeaderSize ? slip(SlipId::length_counts_header).found : "Length seems too large";
  if (std::all_of(rest.begin(), rest.end(), [](std::uint8_t b) { return b == 0; }))
    return rest.size() == 1 ? "Length seems to count a terminating zero"
                            : "the payload seems padded with zeros";
  const auto is_space = [](std::uint8_t b) { return b == ' ' || b == '\t' || b == '\n' || b == '\r'; };
  const auto next = std::find_if_not(rest.begin(), rest.end(), is_space);
  if (next != rest.end() && *next == '{') return "a frame carries one object only";
  return {};
}

/// The object is cut: by a Length in characters, or simply by a wrong one?
std::string_view unclosed_slip(std::string_view text) {
  const bool ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return ascii ? "Length seems too small" : slip(SlipId::length_counts_characters).found;
}

/// The text ends within a character of several bytes, all of which so far are UTF-8.
bool is_cut_in_character(std::string_view text) {
  const std::string_view rest = text.substr(json::find_bad_utf8(text));
  if (rest.empty()) return false;
  const auto lead = static_cast<unsigned char>(rest[0]);
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  return rest.size() < size && lead <= 0xF4 && std::all_of(rest.begin() + 1, rest.end(), [](char c) {
           return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
         });
}

std::string_view encoding_slip(std::string_view text) {
  using namespace std::string_view_literals;
  for (const std::string_view start : {"\xFE\xFF"sv, "\xFF\xFE"sv, "{\0"sv, "\0{"sv}) {
    if (text.starts_with(start)) return "looks like UTF-16; JSON goes in UTF-8";
  }
  if (text.starts_with("\xEF\xBB\xBF"sv)) return "RFC 8259 forbids one";
  if (text.starts_with("\x1F\x8B"sv) || text.starts_with("\x78\x9C"sv)) return "looks compressed";
  return {};
}

std::string_view malformed_slip(std::string_view text, std::string_view error) {
  constexpr std::string_view kSpace = " \t\n\r";
  if (const std::string_view slip = encoding_slip(text); !slip.empty()) return slip;
  if (error.starts_with("invalid UTF-8")) {
    return is_cut_in_character(text) ? slip(SlipId::length_counts_characters).found
                                     : "perhaps ISO 8859-1; JSON goes in UTF-8";
  }
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  if (text[begin] != '{') {
    const std::size_t object = text.substr(0, 12).find("{\"");
    return object != std::string_view::npos
               ? "bytes stand before the object; the header seems longer than 10 bytes"
               : std::string_view{};
  }
  const std::size_t name = text.find_first_not_of(kSpace, begin + 1);
  if (name != std::string_view::npos && text[name] == '\'') return "names and texts need double quotes";
  return text[text.find_last_not_of(kSpace)] != '}' ? unclosed_slip(text) : std::string_view{};
}

}  // namespace

std::string clip(std::string_view text, std::size_t limit) {
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    if (characters++ == limit) return std::string(text.substr(0, at)) + "...";
  }
  return std::string(text);
}

std::string_view table_of(const MessageSpec& spec) {
  const std::size_t at = spec.clause.find("Table");
  return at == std::string_view::npos ? spec.clause : spec.clause.substr(at);
}

std::string join(std::span<const Parameter> ids) {
  std::string text;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) text += i + 1 == ids.size() ? " and " : ", ";
    text += parameter(ids[i]).name;
  }
  return text;
}

std::string value_of(const Member& member) {
  const bool structure = member.type == JsonType::array || member.type == JsonType::object;
  return structure ? std::string(type_name(member.type)) : clip(member.text);
}

std::optional<std::string> listed_type(const Message& message, Parameter id) {
  const ParameterUse* use = message.spec->find(id);
  return use == nullptr ? std::nullopt : std::optional(std::string(listed_name(use->type)));
}

namespace {

std::string malformed_json(const Message& message) {
  const Payload& payload = *message.payload;
  const Bytes bytes = message.payload_bytes;
  if (bytes.empty()) return "the payload is empty; even a message without parameters needs {}";
  const std::size_t offset = std::min<std::size_t>(payload.error_offset, bytes.size());
  std::string text = fmt::format("not JSON: {} at byte {} of {}", payload.error, offset, bytes.size());
  if (payload.is_object_prefix) text += fmt::format(" ({} too many)", bytes.size() - offset);
  const std::string_view slip = payload.is_object_prefix ? trailing_slip(bytes.subspan(offset))
                                                         : malformed_slip(as_text(bytes), payload.error);
  if (!slip.empty()) text.append("; ").append(slip);
  return text;
}

}  // namespace

std::string malformed_payload(const Message& message) {
  if (!message.stream) return malformed_json(message);
  const bool json = message.proto == nullptr && message.trouble.empty();
  return protobuf_texts::malformed_payload(message, json ? malformed_json(message) : std::string());
}

std::string payload_not_object(const Message& message) {
  std::string_view text = as_text(message.payload_bytes);
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t\n\r")));  // npos: nothing but space
  const JsonType type = type_of(text);
  std::string found =
      fmt::format("the payload is {}; a message is one JSON object whose members are its parameters",
                  described(type, text));
  if (type == JsonType::string && text.starts_with("\"{")) found += "; the object seems to be encoded twice";
  if (type == JsonType::array && text.find('{') != std::string_view::npos)
    found += "; send the object without the array";
  return found;
}

std::string missing(const Message& message, Parameter id, const Member* member, std::string_view why) {
  const Payload& payload = *message.payload;
  std::string_view found = "is absent";
  for (const Member& other : payload.members) {
    if (other.id == id && other.type == JsonType::null) found = "is null, which counts as absent";
  }
  if (member != nullptr) found = "names nothing";
  std::string text =
      fmt::format("{} {}; {} makes it mandatory{}", parameter(id).name, found, table_of(*message.spec), why);
  const auto unknown =
      std::find_if(payload.members.begin(), payload.members.end(), [](const Member& m) { return !m.id; });
  if (message.proto != nullptr) return text + protobuf_texts::numbering(message);
  if (unknown != payload.members.end() && member == nullptr)
    text += fmt::format(" (should the member \"{}\" be meant, give it as an alias)", clip(unknown->name));
  return text;
}

std::string incomplete_failure(const Message& message, std::span<const Parameter> left_out) {
  return fmt::format("the response says failure and leaves out {}, mandatory in {}", join(left_out),
                     table_of(*message.spec));
}

std::string missing_destination(const Message& message) {
  return fmt::format(
      "neither Destination KMA ID nor Application destination ID is there; {} asks for at least one of "
      "them{}",
      table_of(*message.spec), protobuf_texts::numbering(message));
}

std::string wrong_type(const Message& message, const Member& member) {
  const std::string listed = listed_clause(message, *member.id);
  if (message.proto != nullptr) return protobuf_texts::wrong_type(message, member, listed);
  const ParameterKind kind = parameter(*member.id).kind;
  const auto elements = message.payload->elements_of(member);
  if (const std::size_t i = find_element(elements, Fit::wrong); i < elements.size()) {
    const std::string_view raw = raw_at(message, elements[i].range);
    const JsonType type = type_of(raw);
    const bool key_object = kind == ParameterKind::key_list && type == JsonType::object;
    return fmt::format("{} is {}{}{}", element_name(member, i, elements.size()), described(type, raw),
                       key_object ? " that does not hold exactly one key ID" : "", listed);
  }
  if (kind == ParameterKind::extension && member.type == JsonType::array) {
    std::size_t i = 0;
    for (const Node& node : message.payload->nodes_of(member)) {
      if (node.depth != 1) continue;
      ++i;
      if (node.type != JsonType::object)
        return fmt::format("Extension, element {}, is {}{}", i,
                           described(node.type, raw_at(message, node.range)), listed);
    }
  }
  std::string_view why;
  if (kind == ParameterKind::extension && member.type == JsonType::object) why = ", not in an array";
  const bool integer = kind == ParameterKind::count || kind == ParameterKind::result;
  if (integer && (member.type == JsonType::number || member.type == JsonType::string))
    why = ", which is no integer of 64 bits";
  return fmt::format("{} is {}{}{}", name_of(member), described(member.type, raw_at(message, member.range)),
                     why, listed);
}

std::string type_variant(const Message& message, const Member& member) {
  const std::string listed = listed_clause(message, *member.id);
  const auto elements = message.payload->elements_of(member);
  if (member.type == JsonType::array) {
    if (const std::size_t i = find_element(elements, Fit::variant); i < elements.size()) {
      const std::string_view raw = raw_at(message, elements[i].range);
      const JsonType type = type_of(raw);
      return fmt::format("{} is {}{}{}", element_name(member, i, elements.size()), described(type, raw),
                         type == JsonType::object ? " whose ID is a number" : "", listed);
    }
    const auto is_object = [&](const Element& e) {
      return type_of(raw_at(message, e.range)) == JsonType::object;
    };
    const bool objects = std::any_of(elements.begin(), elements.end(), is_object);
    const bool only = std::all_of(elements.begin(), elements.end(), is_object);
    const std::string_view form = only      ? "an array of objects"
                                  : objects ? "an array of strings and objects"
                                            : "an array of strings";
    return fmt::format("{} is {} ({}){}", name_of(member), form, clip(raw_at(message, member.range)), listed);
  }
  return fmt::format("{} is {}{}", name_of(member), described(member.type, raw_at(message, member.range)),
                     listed);
}

std::string duplicate(const Message& message, const Member& member) {
  // In protobuf a later one replaces this (packaging/doc/reading-q4164.md, "gRPC").
  const std::vector<Member>& members = message.payload->members;
  const bool replaced = std::any_of(members.begin(), members.end(), [&](const Member& other) {
    return &other > &member && other.id == member.id && !other.duplicate;
  });
  return fmt::format("{} stands in the payload again, here spelt \"{}\"; the {} one counts", name_of(member),
                     clip(member.name), replaced ? "last" : "first");
}

std::string unexpected(const Message& message, const Member& member) {
  std::string tables;
  for (const MessageSpec& spec : messages()) {
    if (spec.find(*member.id) == nullptr) continue;
    const std::string_view table = table_of(spec);
    tables += tables.empty() ? std::string_view{} : std::string_view{", "};
    tables += table.substr(std::min(table.size(), std::string_view("Table ").size()));
  }
  return fmt::format("{} (\"{}\") is no parameter of this message: {} ({}) does not list it, only Table {}",
                     name_of(member), clip(member.name), table_of(*message.spec), message.spec->name, tables);
}

std::string unknown(const Message& message, const Member& member) {
  if (message.proto != nullptr) return protobuf_texts::unknown(message, member);
  return fmt::format(
      "\"{}\" is no parameter of Q.4164 under any spelling; a peer's own additions go into Extension, and "
      "another "
      "name of a parameter can be given as an alias",
      clip(member.name));
}

std::string empty_identifier(const Message& message, const Member& member) {
  const auto elements = message.payload->elements_of(member);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (elements[i].fit != Fit::wrong && elements[i].text.empty())
      return fmt::format("{} is an empty identifier", element_name(member, i, elements.size()));
  }
  const ParameterUse* use = message.spec->find(*member.id);
  const bool optional = use != nullptr && use->presence == Presence::optional;
  return fmt::format("{} is an empty string, which identifies nothing{}", name_of(member),
                     optional ? "; it is optional and can be left out" : "");
}

std::string invalid_number_of_keys(const Message& message, const Member& member) {
  return fmt::format(
      "Number of keys is {}; at least 1 must be asked for, and {} lets it be left out for the default",
      *member.integer, table_of(*message.spec));
}

// The value is not repeated: a report must not spread a key.
std::string key_material(const Message& message, const KeyMaterial& found) {
  // The range has the quotes and escapes of a string, which are none of its bytes.
  const auto is_found = [&](const auto& value) { return value.range == found.range; };
  std::size_t size = found.range.size;
  const auto& members = message.payload->members;
  const auto& nodes = message.payload->nodes;
  if (const auto node = std::find_if(nodes.begin(), nodes.end(), is_found); node != nodes.end()) {
    size = node->text.size();
  } else if (const auto member = std::find_if(members.begin(), members.end(), is_found);
             member != members.end()) {
    size = member->text.size();
  }
  return fmt::format("\"{}\" holds {} bytes that look like a key's value; Ck carries IDs of keys, never keys",
                     clip(found.name), size);
}

std::string unknown_result_code(std::int64_t code) {
  return fmt::format("Response is {}; Appendix II gives 0 (OK) and 1 (NG), and this is read as a failure",
                     code);
}

}  // namespace ck::audit::payload_texts
