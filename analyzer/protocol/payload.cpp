// One pass over a payload, strictly by RFC 8259: what is read is written down at once, with its bytes. It
// reads bytes with a zero behind them, which no token goes beyond, so that no byte needs a test for the end.
// The tests hold it against simdjson's on-demand parser.
#include "protocol/payload.h"

#include <simdjson.h>

#include <bit>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "protocol/fit.h"
#include "protocol/frame.h"
#include "protocol/json_text.h"

namespace ck::protocol {
namespace {

static_assert(kPayloadPadding > NameTable::kPadding);

/// Reads one payload. Its functions take the place where something begins and return where it ends, or
/// nullptr after fail().
class Reader {
 public:
  /// `padded` holds the bytes of `text`, a zero, and more bytes that may be read: kPayloadPadding behind
  /// `text`.
  Reader(std::string_view text, const char* padded, const MessageSpec* message, const NameTable& names,
         Payload& out)
      : text_(text),
        begin_(padded),
        end_(padded + text.size()),
        message_(message),
        names_(names),
        out_(out) {}

  /// `start`: of the first byte that is no white space. On false, out.error and error_offset say why.
  bool run(std::size_t start);

 private:
  [[gnu::cold]] const char* fail(std::string_view what, const char* at) {
    out_.error = what;
    out_.error_offset = static_cast<std::uint32_t>(at - begin_);
    return nullptr;
  }
  [[nodiscard]] ByteRange range(const char* from, const char* to) const {
    return {static_cast<std::uint32_t>(from - begin_), static_cast<std::uint32_t>(to - from)};
  }
  [[nodiscard]] std::string_view view(const char* from, const char* to) const {
    return {text_.data() + (from - begin_), static_cast<std::size_t>(to - from)};
  }
  /// Comes to a halt at the padding at the latest.
  static const char* skip_space(const char* p) {
    while (static_cast<unsigned char>(*p) <= ' ' && json::is_space(*p)) ++p;
    return p;
  }

  bool object(const char* p);
  bool not_object(const char* p);
  const char* members(const char* p);
  const char* container(const char* p, unsigned depth);
  [[gnu::always_inline]] inline const char* name(const char* p, const char* before, ByteRange& range,
                                                 std::string_view& text);
  [[gnu::cold]] const char* unusual_name(const char* p, const char* before, ByteRange& range,
                                         std::string_view& text);
  [[gnu::always_inline]] inline const char* value(const char* p, unsigned depth, JsonType& type,
                                                  std::string_view& text);
  const char* other_value(const char* p, unsigned depth, JsonType& type, std::string_view& text);
  [[gnu::cold]] const char* unusual_string(const char* p, std::string_view& text);
  [[gnu::cold]] const char* closing_quote(const char* p, bool& escaped);
  [[gnu::cold]] bool read_text(const char* open, const char* close, bool escaped, std::string_view& text);
  static const char* plain_end(const char* p);
  static const char* number_end(const char* p);

  void note_key(JsonType type, std::string_view text) {
    if (text.size() >= 24) out_.may_hold_key = out_.may_hold_key || looks_like_key(type, text);
  }

  const std::string_view text_;
  const char* const begin_;
  const char* const end_;
  const MessageSpec* const message_;
  const NameTable& names_;
  Payload& out_;
};

constexpr std::string_view kNoMember = "no comma, name or colon where one must stand";

bool Reader::run(std::size_t start) {
  const char* const p = begin_ + start;
  out_.may_hold_key = false;
  return *p == '{' ? object(p) : not_object(p);
}

bool Reader::object(const char* p) {
  const char* const end = members(p);
  if (end == nullptr) return false;
  if (skip_space(end) != end_) {
    out_.is_object_prefix = true;
    fail("bytes behind the JSON object", end);
    return false;
  }
  out_.state = PayloadState::object;
  return true;
}

bool Reader::not_object(const char* p) {
  JsonType type = JsonType::null;
  std::string_view text;
  const char* const end = value(p, 0, type, text);
  if (end == nullptr) return false;
  if (const char* const rest = skip_space(end); rest != end_) {
    fail("bytes behind the JSON value", rest);
    return false;
  }
  out_.nodes.clear();
  out_.state = PayloadState::not_object;
  fail("the payload is no JSON object", p);
  return true;
}

/// The first byte at or after `p` that is no plain character of a string: a quote, a backslash, a control
/// character, the padding, or a byte above 0x7F.
const char* Reader::plain_end(const char* p) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
  for (;; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    // The comparison is signed: bytes above 0x7F are less than a space, as control characters are.
    const __m128i special =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                     _mm_cmplt_epi8(bytes, space));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
    if (mask != 0) return p + std::countr_zero(mask);
  }
#else
  while (static_cast<signed char>(*p) >= ' ' && *p != '"' && *p != '\\') ++p;
  return p;
#endif
}

/// A name and its colon; returns where the value begins. What is wrong is told of the place behind the last
/// value, `before`.
const char* Reader::name(const char* p, const char* before, ByteRange& range_out, std::string_view& text) {
  if (*p != '"') return fail(kNoMember, before);
  const char* const close = plain_end(p + 1);
  if (*close != '"') return unusual_name(p, before, range_out, text);
  const char* const colon = skip_space(close + 1);
  if (*colon != ':') return fail(kNoMember, before);
  text = view(p + 1, close);
  range_out = range(p, close + 1);
  return skip_space(colon + 1);
}

/// `depth`: of the nodes in it, should it be an array or object.
const char* Reader::value(const char* p, unsigned depth, JsonType& type, std::string_view& text) {
  if (*p == '"') {
    if (const char* const close = plain_end(p + 1); *close == '"') {  // as nearly all
      type = JsonType::string;
      text = view(p + 1, close);
      note_key(JsonType::string, text);
      return close + 1;
    }
  }
  return other_value(p, depth, type, text);
}

/// The payload's object.
const char* Reader::members(const char* p) {
  const char* before = ++p;
  p = skip_space(p);
  if (*p == '}') return p + 1;
  for (;;) {
    Member& member = out_.members.emplace_back();
    p = name(p, before, member.name_range, member.name);
    if (p == nullptr) return nullptr;
    // Without escapes, the name's bytes stand behind its quote.
    const bool plain = member.name.size() + 2 == member.name_range.size;
    const Named named =
        plain ? names_.look_up_padded(begin_ + member.name_range.begin + 1, member.name.size(), message_)
              : names_.look_up(member.name, message_);
    member.id = named.id;
    member.spelling = named.spelling;
    member.first_node = static_cast<std::uint32_t>(out_.nodes.size());
    const char* const end = value(p, 1, member.type, member.text);
    if (end == nullptr) return nullptr;
    member.node_count = static_cast<std::uint32_t>(out_.nodes.size()) - member.first_node;
    member.range = range(p, end);
    if (member.id) {
      std::uint16_t& first = out_.first[static_cast<std::size_t>(*member.id)];
      member.duplicate = first != 0;
      if (first == 0) first = static_cast<std::uint16_t>(out_.members.size());
    }
    if (message_ != nullptr && member.id && member.type == JsonType::string &&
        parameter(*member.id).kind == ParameterKind::identifier) {  // as most
      member.in_table = message_->find(*member.id) != nullptr;
      member.fit = Fit::listed;
    } else {
      fit_member(member, view(p, end), Writing::json, message_, out_);
    }
    before = end;
    p = skip_space(end);
    if (*p == '}') return p + 1;
    if (*p != ',') return fail(kNoMember, before);
    p = skip_space(p + 1);
  }
}

/// An array or object below a member, whose values become nodes of this depth.
const char* Reader::container(const char* p, unsigned depth) {
  if (depth >= kMaxNesting) return fail("nested more than 64 levels deep", p);
  const bool named = *p == '{';
  const char close = named ? '}' : ']';
  const char* before = ++p;
  p = skip_space(p);
  if (*p == close) return p + 1;
  for (;;) {
    const std::size_t index = out_.nodes.size();
    Node& opened = out_.nodes.emplace_back();
    opened.depth = static_cast<std::uint16_t>(depth);
    if (named) {
      opened.named = true;
      p = name(p, before, opened.name_range, opened.name);
      if (p == nullptr) return nullptr;
    }
    JsonType type = JsonType::null;
    std::string_view text;
    const char* const end = value(p, depth + 1, type, text);
    if (end == nullptr) return nullptr;
    Node& node = out_.nodes[index];  // what lies in the value may have moved it
    node.type = type;
    node.text = text;
    node.range = range(p, end);
    before = end;
    p = skip_space(end);
    if (*p == close) return p + 1;
    if (*p != ',') return fail(named ? kNoMember : "no comma between two array elements", before);
    p = skip_space(p + 1);
  }
}

/// A name that is not plain. The colon comes before the name's escapes: without it, it may be no name at all.
const char* Reader::unusual_name(const char* p, const char* before, ByteRange& range_out,
                                 std::string_view& text) {
  bool escaped = false;
  const char* const close = closing_quote(p, escaped);
  if (close == nullptr) return nullptr;
  const char* const colon = skip_space(close + 1);
  if (*colon != ':') return fail(kNoMember, before);
  if (!read_text(p, close, escaped, text)) return nullptr;
  range_out = range(p, close + 1);
  return skip_space(colon + 1);
}

const char* Reader::other_value(const char* p, unsigned depth, JsonType& type, std::string_view& text) {
  const char* end = nullptr;
  switch (*p) {
    case '"':
      type = JsonType::string;
      return unusual_string(p, text);
    case '{':
      type = JsonType::object;
      return container(p, depth);
    case '[':
      type = JsonType::array;
      return container(p, depth);
    case 'n':
      type = JsonType::null;
      if (std::memcmp(p, "null", 4) == 0) end = p + 4;
      break;
    case 't':
      type = JsonType::boolean;
      if (std::memcmp(p, "true", 4) == 0) end = p + 4;
      break;
    case 'f':
      type = JsonType::boolean;
      if (std::memcmp(p, "false", 5) == 0) end = p + 5;
      break;
    default:
      type = JsonType::number;
      end = number_end(p);
  }
  const auto ends_value = [this](const char* at) {
    return *at == ',' || *at == '}' || *at == ']' || json::is_space(*at) || at == end_;
  };
  if (end == nullptr || !ends_value(end)) return fail("not a JSON value", p);
  text = view(p, end);
  note_key(type, text);
  return end;
}

const char* Reader::unusual_string(const char* p, std::string_view& text) {
  bool escaped = false;
  const char* const close = closing_quote(p, escaped);
  if (close == nullptr || !read_text(p, close, escaped, text)) return nullptr;
  note_key(JsonType::string, text);
  return close + 1;
}

/// The quote that closes the string opened at `p`. What is wrong with a string is wrong with the whole
/// payload, and tell_whole_fault() finds it.
const char* Reader::closing_quote(const char* p, bool& escaped) {
  const char* const open = p++;
  bool ascii = true;
  for (p = plain_end(p); *p != '"'; p = plain_end(p)) {
    const auto byte = static_cast<unsigned char>(*p);
    if (byte < 0x20) return fail("not a JSON string", open);  // the padding, too
    escaped = escaped || byte == '\\';
    ascii = ascii && byte < 0x80;
    p += byte == '\\' ? 2 : 1;
  }
  const bool sound = ascii || simdjson::validate_utf8(open + 1, static_cast<std::size_t>(p - open - 1));
  return sound ? p : fail("not a JSON string", open);
}

/// What stands between two quotes.
bool Reader::read_text(const char* open, const char* close, bool escaped, std::string_view& text) {
  const std::string_view raw = view(open + 1, close);
  if (!escaped) {
    text = raw;
    return true;
  }
  std::vector<char>& to = out_.unescaped;
  if (to.empty()) to.reserve(text_.size());  // never more: views into it must stay valid
  const std::size_t start = to.size();
  for (std::size_t at = 0; at < raw.size();) {
    const json::Character character = json::read_character(raw.substr(at));
    if (character.wire == 0) {
      fail("a bad escape in a string", open + 1 + at);
      return false;
    }
    to.insert(to.end(), character.bytes, character.bytes + character.size);
    at += character.wire;
  }
  text = std::string_view(to.data() + start, to.size() - start);
  return true;
}

/// Behind the number of RFC 8259, clause 6, that begins at `p`; nullptr where none does.
const char* Reader::number_end(const char* p) {
  const auto digits_end = [](const char* at) -> const char* {
    if (!is_digit(*at)) return nullptr;
    while (is_digit(*at)) ++at;
    return at;
  };
  if (*p == '-') ++p;
  p = *p == '0' ? p + 1 : digits_end(p);
  if (p != nullptr && *p == '.') p = digits_end(p + 1);
  if (p != nullptr && (*p == 'e' || *p == 'E')) {
    ++p;
    if (*p == '+' || *p == '-') ++p;
    p = digits_end(p);
  }
  return p;
}

/// In strings, as quotes open and close them: whether the last one stays open, and the first control
/// character.
struct StringFaults {
  bool open = false;
  std::optional<std::size_t> control;
};
StringFaults find_string_faults(std::string_view text) {
  StringFaults faults;
  bool escaped = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (faults.open && !faults.control && static_cast<unsigned char>(c) < 0x20) faults.control = at;
    if (c == '"' && !escaped) faults.open = !faults.open;
    escaped = c == '\\' && !escaped;
  }
  return faults;
}

/// What is wrong with the whole payload explains more than the place at which reading it came to a halt, and
/// is told instead.
void tell_whole_fault(std::string_view text, std::size_t start, Payload& out) {
  const auto tell = [&out](std::string_view what, std::size_t at) {
    out.error = what;
    out.error_offset = static_cast<std::uint32_t>(at);
  };
  if (const std::size_t bad = json::find_bad_utf8(text); bad != text.size())
    return tell("invalid UTF-8", bad);
  const StringFaults strings = find_string_faults(text);
  if (strings.open) return tell("a string without its closing quote", text.size());
  if (strings.control) return tell("a raw control character in a string", *strings.control);
  const char first = text[start], last = text[text.find_last_not_of(" \t\n\r")];
  if (first == '{' && last != '}') return tell("the object is not closed", text.size());
  if (first == '[' && last != ']') return tell("the array is not closed", text.size());
}

/// `padded`: as Reader wants it; nullptr: it is made here.
void decode(std::string_view text, const char* padded, const MessageSpec* message, const NameTable& names,
            Payload& out) {
  const auto fail = [&out](std::string_view what, std::size_t at) {
    out.error = what;
    out.error_offset = static_cast<std::uint32_t>(at);
  };
  if (text.size() > kMaxPayload) return fail("longer than a frame can carry", kMaxPayload);
  const std::size_t start = json::skip_space(text, 0);
  if (start == text.size()) return fail(text.empty() ? "an empty payload" : "white space only", 0);
  if (text.substr(start).starts_with("\xEF\xBB\xBF")) return fail("a byte order mark", start);
  if (padded == nullptr) {
    std::vector<char>& copy = out.workspace->padded;
    if (copy.size() < text.size() + kPayloadPadding) copy.resize(text.size() + kPayloadPadding);
    std::memcpy(copy.data(), text.data(), text.size());
    std::memset(copy.data() + text.size(), 0, kPayloadPadding);
    padded = copy.data();
  }
  if (Reader(text, padded, message, names, out).run(start)) return;
  if (!out.is_object_prefix) tell_whole_fault(text, start, out);
  out.clear_values();
}

}  // namespace

void Payload::clear_values() {
  members.clear();
  elements.clear();
  nodes.clear();
  unescaped.clear();
  may_hold_key = true;
  first = {};
}

void Payload::clear() {
  clear_values();
  state = PayloadState::malformed;
  error = {};
  error_offset = 0;
  is_object_prefix = false;
}

void decode_payload(Bytes bytes, const MessageSpec* message, const NameTable& names, Payload& out) {
  out.clear();
  decode({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, nullptr, message, names, out);
}

void decode_padded_payload(Bytes bytes, const MessageSpec* message, const NameTable& names, Payload& out) {
  out.clear();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  decode(text, text.data(), message, names, out);
}

bool is_json_object(Bytes bytes, const NameTable& names, Payload& scratch, bool& has_parameter) {
  decode_payload(bytes, nullptr, names, scratch);
  has_parameter = false;
  for (const Member& member : scratch.members) has_parameter = has_parameter || member.id.has_value();
  return scratch.state == PayloadState::object;
}

}  // namespace ck::protocol
