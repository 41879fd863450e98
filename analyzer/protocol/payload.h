// Decoding of a frame's payload: one RFC 8259 JSON object to parameters, each value and list element with its
// byte range. Bytes in, plain values out. Never throws on input; hostile input costs time linear in its size.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "protocol/catalogue.h"
#include "protocol/parameter_names.h"

namespace ck::protocol {

/// Deepest nesting of arrays and objects that a payload may have (the payload's own object is level 1).
inline constexpr unsigned kMaxNesting = 64;

enum class PayloadState : std::uint8_t {
  object,      ///< strictly RFC 8259 and an object: members are valid
  malformed,   ///< not JSON (syntax, encoding, trailing bytes, nesting over kMaxNesting, empty)
  not_object,  ///< JSON, but not an object
};

enum class JsonType : std::uint8_t { string, number, boolean, null, array, object };
inline constexpr std::size_t kJsonTypeCount = 6;

/// How a member's value fits the type that its message's table lists (packaging/doc/reading-q4164.md,
/// "Parameters on the wire").
enum class Fit : std::uint8_t {
  listed,   ///< the listed type, or a form that is silently accepted
  variant,  ///< readable, but not the listed type: `type-variant`
  wrong,    ///< the parameter cannot be read from it: `wrong-type`
  null,     ///< JSON null: counts as absent
  none,     ///< not a parameter at all, or the message is unknown
};

/// One identifier or key of a list parameter.
struct Element {
  ByteRange
      range;  ///< its own bytes: a JSON string with its quotes, a whole object, or its part of a split string
  std::string_view text;  ///< the identifier, unescaped; empty when `fit` is wrong
  Fit fit = Fit::listed;  ///< wrong: null, {}, nested array, boolean, an object without exactly one ID member
};

/// A JSON value below a member whose value is an array or object, in document order; the plugin draws trees
/// from these.
struct Node {
  std::uint16_t depth = 0;  ///< 1 for the direct children of the member's value
  JsonType type = JsonType::null;
  bool named = false;     ///< it is a member of an object (`name` holds its name), not an array element
  ByteRange name_range;   ///< with quotes
  ByteRange range;        ///< the value's own bytes
  std::string_view name;  ///< unescaped
  std::string_view
      text;  ///< string: unescaped; number, true, false, null: as on the wire; array, object: empty
};

struct Member {
  ByteRange name_range;   ///< with quotes
  ByteRange range;        ///< the value's own bytes, a string with its quotes
  std::string_view name;  ///< as spelt, unescaped (a lone surrogate becomes U+FFFD)
  std::string_view
      text;  ///< string: unescaped; number, true, false, null: as on the wire; array, object: empty
  std::optional<Parameter> id;  ///< nullopt: none of Q.4164's
  JsonType type = JsonType::null;
  Fit fit = Fit::none;
  bool in_table = false;  ///< the message's table lists the parameter
  bool duplicate =
      false;  ///< the parameter stood earlier in this payload, under whatever spelling; the first counts
  bool overridden = false;    ///< protobuf: and is not twice, but a later field of its oneof counts instead
  std::uint8_t spelling = 0;  ///< the name's number in the table of names, 0 where it has none
  std::optional<std::int64_t> integer;  ///< value as an integer where it reads as one (a JSON integer, or a
                                        ///< numeral in a string for count and result)
  std::uint32_t first_element = 0, element_count = 0;  ///< into Payload::elements, for list parameters
  std::uint32_t first_node = 0, node_count = 0;        ///< into Payload::nodes
};

/// What decoding needs besides the payload and its outcome.
struct PayloadWorkspace {
  std::vector<char> padded;  ///< the payload's bytes and zeros behind them; grows only
};

/// A decoded payload. Reusable: decode_payload() again on the same object keeps its buffers. All views are
/// valid until the next decode_payload() into it and while the bytes given to that live.
class Payload {
 public:
  Payload() : Payload(std::make_shared<PayloadWorkspace>()) {}
  /// Payloads that are decoded one at a time may share a workspace.
  explicit Payload(std::shared_ptr<PayloadWorkspace> shared) : workspace(std::move(shared)) {}
  Payload(Payload&&) noexcept = default;  // a copy would point into what it was copied from
  Payload& operator=(Payload&&) noexcept = default;

  PayloadState state = PayloadState::malformed;
  std::string_view error;  ///< for malformed and not_object: what is wrong, in plain words, static text
  std::uint32_t error_offset = 0;  ///< about where, bytes from the payload's start
  bool is_object_prefix =
      false;  ///< malformed by trailing bytes only: a whole object stands before error_offset
  /// Some value in it may look like a key's: find_key_material() has something to look for.
  bool may_hold_key = true;
  std::vector<Member> members;  ///< in document order
  std::vector<Element> elements;
  std::vector<Node> nodes;
  /// By Parameter: where its first member stands in `members`, counted from 1; 0 where there is none.
  std::array<std::uint16_t, kParameterCount> first{};

  /// The member that counts for `id`: the first one, null if it is absent or JSON null.
  [[nodiscard]] const Member* find(Parameter id) const {
    const std::size_t place = first[static_cast<std::size_t>(id)];
    if (place == 0 || members[place - 1].type == JsonType::null) return nullptr;
    return &members[place - 1];
  }
  /// The elements of a list member.
  [[nodiscard]] std::span<const Element> elements_of(const Member& member) const {
    return std::span(elements).subspan(member.first_element, member.element_count);
  }
  [[nodiscard]] std::span<const Node> nodes_of(const Member& member) const {
    return std::span(nodes).subspan(member.first_node, member.node_count);
  }

  /// Holds nothing any more, and is malformed. The buffers are kept.
  void clear();
  /// The same, but for the state and the error.
  void clear_values();

  std::shared_ptr<PayloadWorkspace> workspace;
  std::vector<char> unescaped;  ///< text of strings that hold escapes; has room for all before the first
};

/// Decodes `bytes` (0 to kMaxPayload bytes; longer is `malformed`) as the payload of `message` (nullptr: an
/// unknown command; members then have ids but no fit). Strict RFC 8259: invalid UTF-8, BOM, raw control
/// characters, 007, NaN, trailing bytes and nesting over kMaxNesting are malformed.
void decode_payload(Bytes bytes, const MessageSpec* message, const NameTable& names, Payload& out);

/// Bytes behind a payload that decode_padded_payload() may look at.
inline constexpr std::size_t kPayloadPadding = 64;
/// The same for bytes that are decoded where they lie. REQUIRES: a zero stands behind the last one, and so
/// many bytes as kPayloadPadding says may be read from there on, whatever they are.
void decode_padded_payload(Bytes bytes, const MessageSpec* message, const NameTable& names, Payload& out);

/// True when `bytes` is exactly one JSON object, white space around it allowed; `has_parameter` is set when
/// at least one member is a parameter of Q.4164. The content test of
/// packaging/doc/reading-q4164.md, "Frame".
bool is_json_object(Bytes bytes, const NameTable& names, Payload& scratch, bool& has_parameter);

/// The first member of Tables 1-13 kind of thing that looks like a key's value (rule possible-key-material);
/// nullptr name when none.
struct KeyMaterial {
  std::string_view name;  ///< the member's name as spelt
  ByteRange range;        ///< the suspicious value
};
/// Whether a value looks like a key's, whatever its name is: a text or number of 24 or more characters, that
/// are random hexadecimal digits or base64.
bool looks_like_key(JsonType type, std::string_view text);

/// Every member, at any depth, that looks like a key's value (packaging/doc/reading-q4164.md, "Payload"), in
/// document order.
std::vector<KeyMaterial> find_key_material(const Payload& payload);

}  // namespace ck::protocol
