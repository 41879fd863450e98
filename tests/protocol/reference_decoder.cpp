// simdjson finds the tokens and proves UTF-8 and quotes; that every token is a value and that only commas,
// colons and white space stand between them is checked here, because on-demand leaves it open for values that
// nobody asks for.
#include "protocol/reference_decoder.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "protocol/fit.h"
#include "protocol/frame.h"
#include "protocol/json_text.h"

namespace ck::protocol {

struct ReferenceDecoder::Workspace {
  simdjson::ondemand::parser parser;
  std::vector<char> padded;  ///< the payload and simdjson's padding; grows only
};

namespace {

namespace ondemand = simdjson::ondemand;

/// What members, nodes and a root value have in common.
struct Value {
  JsonType type = JsonType::null;
  ByteRange range;
  std::string_view text;
};

class Decoder {
 public:
  Decoder(Payload& out, ReferenceDecoder::Workspace& workspace, const MessageSpec* message,
          const NameTable& names)
      : out_(out), workspace_(workspace), message_(message), names_(names) {}

  /// Decodes `text`. On false, out.error and error_offset say why.
  bool run(std::string_view text);

 private:
  bool fail(std::string_view what, std::size_t offset) {
    out_.error = what;
    out_.error_offset = static_cast<std::uint32_t>(std::min(offset, text_.size()));
    return false;
  }
  bool fail_scan(simdjson::error_code error);

  bool root(ondemand::document& document, std::size_t begin);
  bool value(ondemand::value json, unsigned level, Value& value);
  bool string(std::size_t begin, ByteRange& range, std::string_view& text);
  [[nodiscard]] std::size_t skip_plain(std::size_t at) const;
  bool unescape(std::size_t begin, std::size_t end, std::string_view& text);
  bool scalar(std::size_t begin, Value& value);
  bool items(ondemand::array& array, unsigned level, ByteRange& range);
  template <class OnField>
  bool fields(ondemand::object& object, ByteRange& range, OnField on_field);
  bool node(ondemand::value json, unsigned level, Node node, std::size_t& end);
  bool member(ondemand::value json, ByteRange name_range, std::string_view name, std::size_t& end);

  /// Between two items, or behind the last: `mark` must be the next byte that is no white space. Moves `at`
  /// behind it.
  bool expect(std::size_t& at, char mark, std::string_view otherwise) {
    at = json::skip_space(text_, at);
    if (at == text_.size() || text_[at] != mark) return fail(otherwise, at);
    ++at;
    return true;
  }
  [[nodiscard]] std::size_t offset_of(const char* p) const {
    return static_cast<std::size_t>(p - workspace_.padded.data());
  }
  [[nodiscard]] std::size_t open_offset(ondemand::value& json) const {
    return offset_of(json.raw_json_token().data());
  }

  Payload& out_;
  ReferenceDecoder::Workspace& workspace_;
  const MessageSpec* message_;
  const NameTable& names_;
  std::string_view text_;
  std::uint32_t seen_ = 0;
  static_assert(kParameterCount <= 32, "seen_ holds a bit for each parameter");
};

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

/// True for exactly one number of RFC 8259, clause 6.
bool is_number(std::string_view token) {
  std::size_t at = !token.empty() && token[0] == '-' ? 1 : 0;
  const std::size_t whole = at;
  at = skip_digits(token, at);
  if (at == whole || (token[whole] == '0' && at > whole + 1)) return false;
  if (at < token.size() && token[at] == '.') {
    const std::size_t fraction = at + 1;
    at = skip_digits(token, fraction);
    if (at == fraction) return false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    const std::size_t exponent = at;
    at = skip_digits(token, exponent);
    if (at == exponent) return false;
  }
  return at == token.size();
}

ByteRange make_range(std::size_t begin, std::size_t end) {
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)};
}

constexpr std::size_t end_of(ByteRange range) {
  return std::size_t{range.begin} + range.size;
}

/// What simdjson refuses before any value is looked at.
bool Decoder::fail_scan(simdjson::error_code error) {
  if (const std::size_t bad = json::find_bad_utf8(text_); bad < text_.size())
    return fail("invalid UTF-8", bad);
  if (error == simdjson::UNCLOSED_STRING) return fail("a string without its closing quote", text_.size());
  if (error != simdjson::UNESCAPED_CHARS) return fail("not JSON", 0);
  bool in_string = false, escaped = false;
  std::size_t at = 0;
  for (; at < text_.size(); ++at) {
    const char c = text_[at];
    if (in_string && static_cast<unsigned char>(c) < 0x20) break;
    if (c == '"' && !escaped) in_string = !in_string;
    escaped = c == '\\' && !escaped;
  }
  return fail("a raw control character in a string", at);
}

bool Decoder::run(std::string_view text) {
  text_ = text;
  const std::size_t begin = json::skip_space(text_, 0);
  if (begin == text_.size()) return fail(text_.empty() ? "an empty payload" : "white space only", 0);
  if (text_.substr(begin).starts_with("\xEF\xBB\xBF")) return fail("a byte order mark", begin);
  std::vector<char>& padded = workspace_.padded;
  const std::size_t needed = text_.size() + simdjson::SIMDJSON_PADDING;
  if (padded.size() < needed) padded.resize(needed);
  std::memcpy(padded.data(), text_.data(), text_.size());
  std::memset(padded.data() + text_.size(), 0, simdjson::SIMDJSON_PADDING);
  ondemand::document document;
  const simdjson::padded_string_view whole(padded.data(), text_.size(), padded.size());
  if (const auto error = workspace_.parser.iterate(whole).get(document)) return fail_scan(error);
  return root(document, begin);
}

bool Decoder::root(ondemand::document& document, std::size_t begin) {
  ByteRange range = make_range(begin, begin);
  if (text_[begin] == '{') {
    ondemand::object object;
    if (document.get_object().get(object)) return fail("the object is not closed", text_.size());
    const auto on_field = [this](ondemand::value json, ByteRange name_range, std::string_view name,
                                 std::size_t& end) { return member(json, name_range, name, end); };
    if (!fields(object, range, on_field)) return false;
    out_.state = PayloadState::object;
  } else {
    if (text_[begin] == '[') {
      ondemand::array array;
      if (document.get_array().get(array)) return fail("the array is not closed", text_.size());
      if (!items(array, 1, range)) return false;
    } else {
      Value value;
      if (text_[begin] == '"' ? !string(begin, range, value.text) : !scalar(begin, value)) return false;
      if (text_[begin] != '"') range = value.range;
    }
    out_.state = PayloadState::not_object;
    out_.error = "the payload is no JSON object";
    out_.error_offset = static_cast<std::uint32_t>(begin);
  }
  const std::size_t rest = json::skip_space(text_, end_of(range));
  return rest == text_.size() || fail("bytes behind the JSON value", rest);
}

/// The first quote or backslash at or after `at`, or where the text ends. Eight bytes at a time: the padding
/// behind the text may be read.
std::size_t Decoder::skip_plain(std::size_t at) const {
  static_assert(std::endian::native == std::endian::little, "the lowest byte is the first one");
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  // The lowest bit that is set is right; above it there may be false ones.
  const auto zero_bytes = [](std::uint64_t v) { return (v - kOnes) & ~v & kHigh; };
  for (std::uint64_t bytes = 0; at < text_.size(); at += sizeof bytes) {
    std::memcpy(&bytes, workspace_.padded.data() + at, sizeof bytes);
    const std::uint64_t found = zero_bytes(bytes ^ kOnes * '"') | zero_bytes(bytes ^ kOnes * '\\');
    if (found != 0) return std::min(text_.size(), at + static_cast<std::size_t>(std::countr_zero(found)) / 8);
  }
  return text_.size();
}

/// Decodes the string whose opening quote stands at `begin`; simdjson has proved that it is closed.
bool Decoder::string(std::size_t begin, ByteRange& range, std::string_view& text) {
  std::size_t at = skip_plain(begin + 1);
  bool escaped = false;
  while (at < text_.size() && text_[at] == '\\') {
    escaped = true;
    at = skip_plain(at + 2);
  }
  if (at >= text_.size()) return fail("a string without its closing quote", begin);
  range = make_range(begin, at + 1);
  if (escaped) return unescape(begin + 1, at, text);
  text = text_.substr(begin + 1, at - begin - 1);
  return true;
}

bool Decoder::unescape(std::size_t begin, std::size_t end, std::string_view& text) {
  std::vector<char>& to = out_.unescaped;
  if (to.empty()) to.reserve(text_.size());  // never more: views into it must stay valid
  const std::size_t start = to.size();
  for (std::size_t at = begin; at < end;) {
    const json::Character character = json::read_character(text_.substr(at, end - at));
    if (character.wire == 0) return fail("a bad escape in a string", at);
    to.insert(to.end(), character.bytes, character.bytes + character.size);
    at += character.wire;
  }
  text = std::string_view(to.data() + start, to.size() - start);
  return true;
}

/// A number, true, false or null: everything up to the next byte that can end one.
bool Decoder::scalar(std::size_t begin, Value& value) {
  std::size_t end = begin;
  while (end < text_.size() && text_[end] != ',' && text_[end] != ']' && text_[end] != '}' &&
         !json::is_space(text_[end])) {
    ++end;
  }
  value.text = text_.substr(begin, end - begin);
  value.range = make_range(begin, end);
  if (value.text == "null") {
    value.type = JsonType::null;
  } else if (value.text == "true" || value.text == "false") {
    value.type = JsonType::boolean;
  } else if (is_number(value.text)) {
    value.type = JsonType::number;
  } else {
    return fail("not a JSON value", begin);
  }
  return true;
}

/// `level`: the nesting level of `json` should it be an array or object; the payload's own object is level 1.
bool Decoder::value(ondemand::value json, unsigned level, Value& value) {
  const std::size_t begin = open_offset(json);
  if (begin >= text_.size()) return fail("the payload ends inside a value", text_.size());
  const char first = text_[begin];
  if (first == '"') {
    value.type = JsonType::string;
    // Taking the string moves simdjson on, so that a colon behind it is seen for what it is.
    ondemand::raw_json_string taken;
    if (json.get_raw_json_string().get(taken)) return fail("not a JSON value", begin);
    return string(begin, value.range, value.text);
  }
  if (first != '{' && first != '[') return scalar(begin, value);
  if (level > kMaxNesting) return fail("nested more than 64 levels deep", begin);
  value.range = make_range(begin, begin);
  if (first == '[') {
    value.type = JsonType::array;
    ondemand::array array;
    if (json.get_array().get(array)) return fail("not a JSON array", begin);
    return items(array, level, value.range);
  }
  value.type = JsonType::object;
  ondemand::object object;
  if (json.get_object().get(object)) return fail("not a JSON object", begin);
  return fields(object, value.range,
                [&](ondemand::value field, ByteRange name_range, std::string_view name, std::size_t& end) {
                  Node named;
                  named.named = true;
                  named.name_range = name_range;
                  named.name = name;
                  return node(field, level, named, end);
                });
}

/// The items of an array whose bracket opens at range.begin; completes `range`.
bool Decoder::items(ondemand::array& array, unsigned level, ByteRange& range) {
  std::size_t end = range.begin + 1;
  bool first = true;
  for (auto result : array) {
    ondemand::value json;
    if (result.get(json)) return fail("no comma between two array elements", end);
    if (!first && !expect(end, ',', "no comma between two array elements")) return false;
    first = false;
    if (json::skip_space(text_, end) != open_offset(json)) return fail("not a JSON value", end);
    if (!node(json, level, Node{}, end)) return false;
  }
  if (!expect(end, ']', "the array is not closed")) return false;
  range = make_range(range.begin, end);
  return true;
}

/// The fields of an object whose brace opens at range.begin; completes `range`.
template <class OnField>
bool Decoder::fields(ondemand::object& object, ByteRange& range, OnField on_field) {
  std::size_t end = range.begin + 1;
  bool first = true;
  for (auto result : object) {
    ondemand::field field;
    if (std::move(result).get(field)) return fail("no comma, name or colon where one must stand", end);
    if (!first && !expect(end, ',', "no comma between two members")) return false;
    first = false;
    const std::size_t quote = offset_of(field.key().raw()) - 1;
    if (json::skip_space(text_, end) != quote) return fail("a member's name is no string", end);
    ByteRange name_range;
    std::string_view name;
    if (!string(quote, name_range, name)) return false;
    end = end_of(name_range);
    if (!expect(end, ':', "no colon behind a member's name")) return false;
    ondemand::value json = field.value();
    if (json::skip_space(text_, end) != open_offset(json)) return fail("not a JSON value", end);
    if (!on_field(json, name_range, name, end)) return false;
  }
  if (!expect(end, '}', "the object is not closed")) return false;
  range = make_range(range.begin, end);
  return true;
}

/// `level`: of the array or object that holds the node. Its depth counts from the member's value, which is
/// level 2.
bool Decoder::node(ondemand::value json, unsigned level, Node node, std::size_t& end) {
  const std::size_t index = out_.nodes.size();
  out_.nodes.push_back(node);
  Value decoded;
  if (!value(json, level + 1, decoded)) return false;
  Node& stored = out_.nodes[index];
  stored.depth = static_cast<std::uint16_t>(level - 1);
  stored.type = decoded.type;
  stored.range = decoded.range;
  stored.text = decoded.text;
  end = end_of(decoded.range);
  return true;
}

bool Decoder::member(ondemand::value json, ByteRange name_range, std::string_view name, std::size_t& end) {
  Member member;
  member.name_range = name_range;
  member.name = name;
  member.id = names_.find(name, message_);
  member.first_node = static_cast<std::uint32_t>(out_.nodes.size());
  Value decoded;
  if (!value(json, 2, decoded)) return false;
  member.type = decoded.type;
  member.range = decoded.range;
  member.text = decoded.text;
  member.node_count = static_cast<std::uint32_t>(out_.nodes.size()) - member.first_node;
  end = end_of(decoded.range);
  if (member.id) {
    const std::uint32_t bit = std::uint32_t{1} << static_cast<unsigned>(*member.id);
    member.duplicate = (seen_ & bit) != 0;
    seen_ |= bit;
  }
  if (member.id && !member.duplicate)
    out_.first[static_cast<std::size_t>(*member.id)] = static_cast<std::uint16_t>(out_.members.size() + 1);
  fit_member(member, text_.substr(decoded.range.begin, decoded.range.size), Writing::json, message_, out_);
  out_.members.push_back(member);
  return true;
}

void clear(Payload& out) {
  out.state = PayloadState::malformed;
  out.error = {};
  out.error_offset = 0;
  out.is_object_prefix = false;
  out.members.clear();
  out.elements.clear();
  out.nodes.clear();
  out.unescaped.clear();
  out.first = {};
}

/// Where the object at the start of `text` closes, by its braces and quotes alone; 0 when it does not.
std::size_t object_end(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t at = json::skip_space(text, 0); at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
      continue;
    }
    in_string = c == '"';
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) return at + 1;
    if (depth == 0) return 0;
  }
  return 0;
}

/// After a failure: is it only that bytes follow a whole object? They may be anything, so the object is
/// decoded by itself.
void explain_trailing(std::string_view text, const NameTable& names, ReferenceDecoder::Workspace& workspace,
                      Payload& out) {
  const std::string_view error = out.error;
  const std::uint32_t error_offset = out.error_offset;
  const std::size_t end = object_end(text);
  const bool trailing = end != 0 && json::skip_space(text, end) < text.size();
  clear(out);
  const bool whole = trailing && Decoder(out, workspace, nullptr, names).run(text.substr(0, end));
  clear(out);
  out.is_object_prefix = whole;
  out.error = whole ? "bytes behind the JSON object" : error;
  out.error_offset = whole ? static_cast<std::uint32_t>(end) : error_offset;
}

}  // namespace

ReferenceDecoder::ReferenceDecoder() : workspace_(std::make_unique<Workspace>()) {}
ReferenceDecoder::~ReferenceDecoder() = default;

void ReferenceDecoder::decode(Bytes bytes, const MessageSpec* message, const NameTable& names, Payload& out) {
  clear(out);
  if (bytes.size() > kMaxPayload) {
    out.error = "longer than a frame can carry";
    out.error_offset = kMaxPayload;
    return;
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!Decoder(out, *workspace_, message, names).run(text))
    return explain_trailing(text, names, *workspace_, out);
  if (out.state == PayloadState::not_object) out.nodes.clear();
}

}  // namespace ck::protocol
