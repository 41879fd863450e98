// Walks protobuf's wire format with libprotobuf's reader, and writes down what a JSON text with the same
// content would have become: fields as members, nested messages and lists as nodes.
#include "protocol/protobuf/decode.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <vector>

#include "protocol/fit.h"

namespace ck::protocol {
namespace {

namespace pb = google::protobuf;
using Wire = pb::internal::WireFormatLite;
using Field = pb::FieldDescriptor;

/// One field on the wire.
struct RawField {
  std::uint32_t number = 0;
  Wire::WireType wire = Wire::WIRETYPE_VARINT;
  ByteRange tag;           ///< with the length behind it, where there is one
  ByteRange value;         ///< without the length; of a group without its end
  std::uint64_t bits = 0;  ///< of a varint or a fixed-size value
};

/// Characters that a name "field N" and a number take as texts, at most.
constexpr std::size_t kMadeText = 64;
/// Characters for a byte of what holds more values, at most: a packed float takes 24 for its 4.
constexpr std::size_t kMadeOfByte = 16;
/// Bytes of a varint of 32 bits: libprotobuf's reader takes more, and its parser does not.
constexpr std::uint32_t kMaxVarint32 = 5;
/// Payload::first counts so far.
constexpr std::size_t kMaxMembers = 0xFFFF;

bool is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

/// Whether a field of this type is written with this wire type.
bool is_written_as(const Field& field, Wire::WireType wire) {
  return Wire::WireTypeForFieldType(static_cast<Wire::FieldType>(field.type())) == wire;
}

bool is_packed(const Field& field, Wire::WireType wire) {
  return field.is_repeated() && field.is_packable() && wire == Wire::WIRETYPE_LENGTH_DELIMITED;
}

bool is_message(const Field& field) {
  return field.cpp_type() == Field::CPPTYPE_MESSAGE;
}

/// A number that is not delimited by a length, as its wire type says.
bool read_number(pb::io::CodedInputStream& in, RawField& field) {
  if (field.wire == Wire::WIRETYPE_VARINT) return in.ReadVarint64(&field.bits);
  if (field.wire == Wire::WIRETYPE_FIXED64) return in.ReadLittleEndian64(&field.bits);
  std::uint32_t bits = 0;
  const bool there = in.ReadLittleEndian32(&bits);
  field.bits = bits;
  return there;
}

using Occurrences = std::span<const RawField>;

/// The fields of each number together, by the first of each.
std::vector<Occurrences> by_number(std::vector<RawField>& fields) {
  std::stable_sort(fields.begin(), fields.end(),
                   [](const RawField& a, const RawField& b) { return a.number < b.number; });
  std::vector<Occurrences> groups;
  for (auto begin = fields.begin(); begin != fields.end();) {
    const auto end = std::find_if(begin, fields.end(),
                                  [&](const RawField& field) { return field.number != begin->number; });
    groups.emplace_back(begin, end);
    begin = end;
  }
  std::sort(groups.begin(), groups.end(), [](const Occurrences& a, const Occurrences& b) {
    return a.front().tag.begin < b.front().tag.begin;
  });
  return groups;
}

ByteRange join(ByteRange from, ByteRange to) {
  return {from.begin, to.begin + to.size - from.begin};
}

class Decoder {
 public:
  Decoder(Bytes bytes, const ProtoMessage& message, const NameTable& names, Payload& out)
      : bytes_(bytes), message_(message), names_(names), out_(out) {}

  void run();

 private:
  bool fail(std::string_view what, std::size_t at) {
    out_.error = what;
    out_.error_offset = static_cast<std::uint32_t>(at);
    return false;
  }
  [[nodiscard]] std::string_view view(ByteRange range) const {
    return {reinterpret_cast<const char*>(bytes_.data()) + range.begin, range.size};
  }
  bool read_fields(ByteRange where, unsigned depth, std::vector<RawField>& fields);
  bool read_field(pb::io::CodedInputStream& in, std::uint32_t base, unsigned depth, RawField& field);
  bool read_length(pb::io::CodedInputStream& in, std::uint32_t base, RawField& field);
  bool skip_group(pb::io::CodedInputStream& in, std::uint32_t base, unsigned depth, RawField& field);
  std::string_view text_of(std::string_view made);
  std::string_view number_text(const Field& field, std::uint64_t bits, JsonType& type);

  struct Value {
    JsonType type = JsonType::null;
    std::string_view text;
    ByteRange range;
  };
  [[nodiscard]] std::size_t made_of(const RawField& raw) const;
  Value as_written(const RawField& raw);
  std::string_view name_of(const Field* field, const RawField& raw);
  static void set_value(Node& node, const Value& value);
  Member begin(const Field* field, const RawField& raw);
  void add(Member member, const Field* field, const Value& value, bool fits);
  void settle_oneof(const pb::OneofDescriptor& oneof);
  bool add_member(Occurrences same);
  bool read_scalar(const Field& field, const RawField& raw, Value& value);
  bool add_value(const Field* field, const RawField& raw, unsigned depth, Value& value);
  bool add_list(const Field& field, Occurrences same, unsigned depth, Value& value, bool& fits);
  bool add_element(const Field& field, const RawField& raw, unsigned depth);
  bool add_packed(const Field& field, const RawField& raw, unsigned depth);
  bool add_object(const pb::Descriptor& type, ByteRange where, unsigned depth);
  bool add_node(const pb::Descriptor& type, Occurrences same, unsigned depth);

  const Bytes bytes_;
  const ProtoMessage& message_;
  const NameTable& names_;
  Payload& out_;
};

/// Room for the texts that are made for a field, none of which may move.
std::size_t Decoder::made_of(const RawField& raw) const {
  const Field* field = message_.type->FindFieldByNumber(static_cast<int>(raw.number));
  const bool as_it_stands = field == nullptr || field->type() == Field::TYPE_STRING;
  if (as_it_stands || raw.wire != Wire::WIRETYPE_LENGTH_DELIMITED)
    return kMadeText + (raw.wire == Wire::WIRETYPE_START_GROUP ? kMadeOfByte * raw.value.size : 0);
  return kMadeText + kMadeOfByte * raw.value.size;
}

void Decoder::run() {
  std::vector<RawField> fields;
  if (!read_fields({0, static_cast<std::uint32_t>(bytes_.size())}, 1, fields)) return;
  if (fields.size() > kMaxMembers) {
    fail("more than 65,535 fields", fields[kMaxMembers].tag.begin);
    return;
  }
  std::size_t made = 0;
  for (const RawField& field : fields) made += made_of(field);
  out_.unescaped.reserve(made);
  for (const Occurrences& same : by_number(fields)) {
    if (!add_member(same)) return;
  }
  out_.state = PayloadState::object;
}

bool Decoder::read_fields(ByteRange where, unsigned depth, std::vector<RawField>& fields) {
  if (depth > kMaxNesting) return fail("nested more than 64 levels deep", where.begin);
  pb::io::CodedInputStream in(bytes_.data() + where.begin, static_cast<int>(where.size));
  while (static_cast<std::uint32_t>(in.CurrentPosition()) < where.size) {
    RawField& field = fields.emplace_back();
    if (!read_field(in, where.begin, depth, field)) return false;
    if (field.wire == Wire::WIRETYPE_END_GROUP)
      return fail("a group ends that did not begin", field.tag.begin);
  }
  return true;
}

/// `base`: the offset of the stream's first byte in the payload.
bool Decoder::read_field(pb::io::CodedInputStream& in, std::uint32_t base, unsigned depth, RawField& field) {
  const auto here = [&] { return base + static_cast<std::uint32_t>(in.CurrentPosition()); };
  field.tag.begin = here();
  std::uint32_t tag = 0;
  if (!in.ReadVarint32(&tag) || here() - field.tag.begin > kMaxVarint32)
    return fail("a tag that does not end", field.tag.begin);
  field.number = tag >> 3;
  field.wire = static_cast<Wire::WireType>(tag & 7);
  if (field.number == 0) return fail("a tag with field number 0", field.tag.begin);
  field.tag.size = here() - field.tag.begin;
  field.value.begin = here();
  switch (field.wire) {
    case Wire::WIRETYPE_VARINT:
    case Wire::WIRETYPE_FIXED64:
    case Wire::WIRETYPE_FIXED32:
      if (!read_number(in, field)) return fail("a number that does not end", field.value.begin);
      break;
    case Wire::WIRETYPE_LENGTH_DELIMITED:
      return read_length(in, base, field);
    case Wire::WIRETYPE_START_GROUP:
      return skip_group(in, base, depth, field);
    case Wire::WIRETYPE_END_GROUP:
      break;
    default:
      return fail("a tag with a wire type that there is not", field.tag.begin);
  }
  field.value.size = here() - field.value.begin;
  return true;
}

bool Decoder::read_length(pb::io::CodedInputStream& in, std::uint32_t base, RawField& field) {
  std::uint32_t length = 0;
  const int before = in.CurrentPosition();
  if (!in.ReadVarint32(&length) || in.CurrentPosition() - before > static_cast<int>(kMaxVarint32))
    return fail("a length that does not end", field.value.begin);
  field.value.begin = base + static_cast<std::uint32_t>(in.CurrentPosition());
  field.tag.size = field.value.begin - field.tag.begin;
  field.value.size = length;
  if (length > kMaxGrpcMessage || !in.Skip(static_cast<int>(length)))
    return fail("a length that goes beyond the end", field.tag.begin);
  return true;
}

bool Decoder::skip_group(pb::io::CodedInputStream& in, std::uint32_t base, unsigned depth, RawField& field) {
  if (depth >= kMaxNesting) return fail("nested more than 64 levels deep", field.tag.begin);
  for (;;) {
    RawField inner;
    if (in.CurrentPosition() == static_cast<int>(bytes_.size() - base) ||
        !read_field(in, base, depth + 1, inner))
      return out_.error.empty() ? fail("a group that does not end", field.tag.begin) : false;
    if (inner.wire != Wire::WIRETYPE_END_GROUP) continue;
    if (inner.number != field.number) return fail("a group ends that did not begin", inner.tag.begin);
    field.value.size = inner.tag.begin - field.value.begin;
    return true;
  }
}

/// A copy of a text that is not on the wire; run() has made room for it.
std::string_view Decoder::text_of(std::string_view made) {
  const std::size_t at = out_.unescaped.size();
  out_.unescaped.insert(out_.unescaped.end(), made.begin(), made.end());
  return {out_.unescaped.data() + at, made.size()};
}

std::string_view Decoder::number_text(const Field& field, std::uint64_t bits, JsonType& type) {
  type = JsonType::number;
  const auto real = [&](double value) {
    if (!std::isfinite(value)) type = JsonType::string;
    return text_of(fmt::format("{}", value));
  };
  switch (field.type()) {
    case Field::TYPE_BOOL:
      type = JsonType::boolean;
      return bits != 0 ? "true" : "false";
    case Field::TYPE_FLOAT:
      return real(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    case Field::TYPE_DOUBLE:
      return real(std::bit_cast<double>(bits));
    case Field::TYPE_UINT64:
    case Field::TYPE_FIXED64:
      return text_of(fmt::format("{}", bits));
    case Field::TYPE_UINT32:
    case Field::TYPE_FIXED32:
      return text_of(fmt::format("{}", static_cast<std::uint32_t>(bits)));
    case Field::TYPE_SINT32:
      return text_of(fmt::format("{}", Wire::ZigZagDecode32(static_cast<std::uint32_t>(bits))));
    case Field::TYPE_SINT64:
      return text_of(fmt::format("{}", Wire::ZigZagDecode64(bits)));
    case Field::TYPE_INT64:
    case Field::TYPE_SFIXED64:
      return text_of(fmt::format("{}", static_cast<std::int64_t>(bits)));
    default:  // 32 bits, and enumerations
      return text_of(fmt::format("{}", static_cast<std::int32_t>(bits)));
  }
}

/// A value that is neither a message nor a list. False where the payload is malformed.
bool Decoder::read_scalar(const Field& field, const RawField& raw, Value& value) {
  value.range = raw.value;
  if (raw.wire != Wire::WIRETYPE_LENGTH_DELIMITED) {
    value.text = number_text(field, raw.bits, value.type);
    return true;
  }
  value.type = JsonType::string;
  value.text = view(raw.value);
  if (is_utf8(value.text)) return true;
  if (field.type() == Field::TYPE_STRING) return fail("a string that is not UTF-8", raw.value.begin);
  value.text = text_of(fmt::format("{:02x}", fmt::join(bytes_.subspan(raw.value.begin, raw.value.size), "")));
  return true;
}

/// What the wire alone says of a value.
Decoder::Value Decoder::as_written(const RawField& raw) {
  Value value{JsonType::number, {}, raw.value};
  if (raw.wire == Wire::WIRETYPE_LENGTH_DELIMITED) {
    value.type = JsonType::string;
    if (const std::string_view text = view(raw.value); is_utf8(text)) value.text = text;
  } else if (raw.wire == Wire::WIRETYPE_START_GROUP) {
    value.type = JsonType::object;
  } else {
    value.text = text_of(fmt::format("{}", raw.bits));
  }
  return value;
}

/// The name of the field that begins here; it lives as long as the descriptor, or the payload.
std::string_view Decoder::name_of(const Field* field, const RawField& raw) {
  if (field == nullptr) return text_of(fmt::format("field {}", raw.number));
  return field->name();
}

Member Decoder::begin(const Field* field, const RawField& raw) {
  Member member;
  member.name_range = raw.tag;
  member.name = name_of(field, raw);
  member.first_node = static_cast<std::uint32_t>(out_.nodes.size());
  return member;
}

/// Makes a member of a value. Not `fits`: it is written otherwise than its type asks for.
void Decoder::add(Member member, const Field* field, const Value& value, bool fits) {
  member.type = value.type;
  member.text = value.text;
  member.range = value.range;
  if (field != nullptr) {
    const Named named = names_.look_up(member.name, message_.spec);
    member.id = named.id;
    member.spelling = named.spelling;
  }
  member.node_count = static_cast<std::uint32_t>(out_.nodes.size()) - member.first_node;
  fit_member(member, view(member.range), Writing::plain, message_.spec, out_);
  if (member.id) {
    if (!fits) {
      member.fit = Fit::wrong;
      member.element_count = 0;
      member.integer.reset();
    }
    std::uint16_t& counts = out_.first[static_cast<std::size_t>(*member.id)];
    // What is written as another type is skipped by who reads it.
    const bool replaces = counts == 0 || fits;
    if (counts != 0) (replaces ? out_.members[counts - 1U] : member).duplicate = true;
    if (replaces) counts = static_cast<std::uint16_t>(out_.members.size() + 1);
  }
  out_.members.push_back(member);
  if (field != nullptr && field->containing_oneof() != nullptr && fits)
    settle_oneof(*field->containing_oneof());
}

/// Of the fields of a oneof the last on the wire is set, and no other.
void Decoder::settle_oneof(const pb::OneofDescriptor& oneof) {
  Member* set = nullptr;
  for (int i = 0; i < oneof.field_count(); ++i) {
    const std::string_view name = oneof.field(i)->name();
    const Named named = names_.look_up(name, message_.spec);
    const std::uint16_t counts = named.id ? out_.first[static_cast<std::size_t>(*named.id)] : 0;
    if (counts == 0) continue;
    Member& member = out_.members[counts - 1U];
    if (member.name != name || member.fit == Fit::wrong) continue;
    if (set == nullptr) {
      set = &member;
      continue;
    }
    const bool is_later = set->name_range.begin < member.name_range.begin;
    Member& before = is_later ? *set : member;
    if (is_later) set = &member;
    out_.first[static_cast<std::size_t>(*before.id)] = 0;
    before.duplicate = before.overridden = true;
  }
}

bool Decoder::add_member(Occurrences same) {
  const Field* field = message_.type->FindFieldByNumber(static_cast<int>(same.front().number));
  if (field != nullptr && field->is_repeated()) {
    const Member member = begin(field, same.front());
    Value value;
    bool fits = true;
    if (!add_list(*field, same, 1, value, fits)) return false;
    add(member, field, value, fits);
    return true;
  }
  for (const RawField& raw : same) {
    const Member member = begin(field, raw);
    Value value;
    if (!add_value(field, raw, 1, value)) return false;
    add(member, field, value, field == nullptr || is_written_as(*field, raw.wire));
  }
  return true;
}

/// A value, whatever it is, whose inner values become nodes of `depth`. One of no field (nullptr), or that is
/// written otherwise than its field's type asks for, is shown as it is written.
bool Decoder::add_value(const Field* field, const RawField& raw, unsigned depth, Value& value) {
  value = {JsonType::object, {}, raw.value};
  if (field == nullptr || !is_written_as(*field, raw.wire)) {
    value = as_written(raw);
    return true;
  }
  return is_message(*field) ? add_object(*field->message_type(), raw.value, depth)
                            : read_scalar(*field, raw, value);
}

/// All elements of a repeated field, as nodes.
bool Decoder::add_list(const Field& field, Occurrences same, unsigned depth, Value& value, bool& fits) {
  value = {JsonType::array, {}, join(same.front().value, same.back().value)};
  for (const RawField& raw : same) {
    const bool packed = is_packed(field, raw.wire);
    fits &= packed || is_written_as(field, raw.wire);
    if (!(packed ? add_packed(field, raw, depth) : add_element(field, raw, depth))) return false;
  }
  return true;
}

bool Decoder::add_element(const Field& field, const RawField& raw, unsigned depth) {
  const std::size_t index = out_.nodes.size();
  out_.nodes.emplace_back().depth = static_cast<std::uint16_t>(depth);
  Value value;
  if (!add_value(&field, raw, depth + 1, value)) return false;
  set_value(out_.nodes[index], value);  // what lies in the value may have moved it
  return true;
}

void Decoder::set_value(Node& node, const Value& value) {
  node.type = value.type;
  node.text = value.text;
  node.range = value.range;
}

/// Numbers one behind the other.
bool Decoder::add_packed(const Field& field, const RawField& raw, unsigned depth) {
  pb::io::CodedInputStream in(bytes_.data() + raw.value.begin, static_cast<int>(raw.value.size));
  RawField one;
  one.wire = Wire::WireTypeForFieldType(static_cast<Wire::FieldType>(field.type()));
  while (in.CurrentPosition() < static_cast<int>(raw.value.size)) {
    one.value.begin = raw.value.begin + static_cast<std::uint32_t>(in.CurrentPosition());
    if (!read_number(in, one)) return fail("a list of numbers that does not end", one.value.begin);
    one.value.size = raw.value.begin + static_cast<std::uint32_t>(in.CurrentPosition()) - one.value.begin;
    if (!add_element(field, one, depth)) return false;
  }
  return true;
}

/// The fields of a nested message, as nodes.
bool Decoder::add_object(const pb::Descriptor& type, ByteRange where, unsigned depth) {
  std::vector<RawField> fields;
  if (!read_fields(where, depth + 1, fields)) return false;
  for (const Occurrences& same : by_number(fields)) {
    if (!add_node(type, same, depth)) return false;
  }
  return true;
}

/// Of a field that is not repeated the last one counts that is written as its type asks for. The others are
/// read as well, and forgotten: what is malformed in one of them makes the payload malformed.
bool Decoder::add_node(const pb::Descriptor& type, Occurrences same, unsigned depth) {
  const Field* field = type.FindFieldByNumber(static_cast<int>(same.front().number));
  const bool repeated = field != nullptr && field->is_repeated();
  const auto counts = std::find_if(same.rbegin(), same.rend(), [&](const RawField& raw) {
    return field == nullptr || is_written_as(*field, raw.wire);
  });
  const RawField& raw = counts == same.rend() ? same.back() : *counts;
  const std::size_t index = out_.nodes.size();
  Value value;
  for (const RawField& other : same) {
    if (repeated || &other == &raw) continue;
    if (!add_value(field, other, depth + 1, value)) return false;
    out_.nodes.resize(index);
  }
  Node& node = out_.nodes.emplace_back();
  node.depth = static_cast<std::uint16_t>(depth);
  node.named = true;
  node.name_range = raw.tag;
  node.name = name_of(field, raw);
  bool fits = true;
  if (!(repeated ? add_list(*field, same, depth + 1, value, fits) : add_value(field, raw, depth + 1, value)))
    return false;
  set_value(out_.nodes[index], value);
  return true;
}

}  // namespace

void decode_protobuf(Bytes bytes, const ProtoMessage& message, const NameTable& names, Payload& out) {
  out.clear();
  if (bytes.size() > kMaxGrpcMessage) {
    out.error = "larger than 4 MiB";
    return;
  }
  Decoder(bytes, message, names, out).run();
  if (out.state != PayloadState::object) out.clear_values();
}

}  // namespace ck::protocol
