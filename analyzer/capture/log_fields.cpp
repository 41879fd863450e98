// Names and bounds of the members of records.
#include "capture/log_fields.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "capture/log_json.h"

namespace ck::capture {
namespace {

using simdjson::dom::element;

enum class Takes : std::uint8_t { number, flag, text, code, time, told, pair_of_flags, hosts, place };

struct FieldRow {
  std::string_view name;
  Takes takes = Takes::text;
  std::uint64_t most = 0;  ///< number: the largest
};

constexpr std::uint64_t kMost64 = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMost32 = std::numeric_limits<std::uint32_t>::max();
/// Bytes of a stream: more than any capture holds, and sums of them stay far from an overflow.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 48;
constexpr std::uint64_t kMostConnections = std::uint64_t{1} << 40;

/// By Field.
constexpr std::array<FieldRow, kFieldCount> kFields = {{
    {"type", Takes::text},
    {"connection", Takes::number, kMostConnections},
    {"kind", Takes::text},
    {"km", Takes::text},
    {"controller", Takes::text},
    {"client", Takes::text},
    {"server", Takes::text},
    {"transport", Takes::text},
    {"rpcs", Takes::flag},
    {"from_start", Takes::pair_of_flags},
    {"sender", Takes::number, 1},
    {"side", Takes::number, 1},
    {"asker", Takes::number, 1},
    {"capture", Takes::number, kMost32 - 1},
    {"frame", Takes::number, kMost64},
    {"time_ns", Takes::time},
    {"told", Takes::told},
    {"behind_s", Takes::number, kMost32},
    {"command", Takes::code},
    {"header_command", Takes::code},
    {"version", Takes::number, 65535},
    {"message_id", Takes::number, kMost32},
    {"length", Takes::number, 65535},
    {"version_in_doubt", Takes::flag},
    {"slip", Takes::text},
    {"stream", Takes::number, kMost64},
    {"method", Takes::text},
    {"response", Takes::flag},
    {"protobuf", Takes::flag},
    {"trouble", Takes::text},
    {"unread", Takes::number, kMostBytes},
    {"unfinished", Takes::number, kMostBytes},
    {"payload", Takes::text},
    {"payload_base64", Takes::text},
    {"bytes", Takes::number, kMostBytes},
    {"expected", Takes::number, kMostBytes},
    {"tls_version", Takes::number, 65535},
    {"certificate", Takes::text},
    {"outcome", Takes::text},
    {"result", Takes::text},
    {"result_base64", Takes::text},
    {"hosts", Takes::hosts},
    {"place", Takes::place},
    {"method_base64", Takes::text},
    {"trouble_base64", Takes::text},
    {"state", Takes::text},
    {"opener_known", Takes::flag},
    {"named", Takes::flag},
    {"syn", Takes::number, kMost32},
    {"answer_syn", Takes::number, kMost32},
    {"answer_frame", Takes::number, kMost64},
}};

/// `guess`: the field behind the last one that was found. Lines are written in one order.
std::optional<std::size_t> find_field(std::string_view name, std::size_t guess) {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const std::size_t at = (guess + i) % kFieldCount;
    if (kFields[at].name == name) return at;
  }
  return std::nullopt;
}

bool read_time(const element& value, std::int64_t& out) {
  if (value.is_null()) {
    out = kNoTime;
    return true;
  }
  return value.get_int64().get(out) == simdjson::SUCCESS && out > kNoTime;
}

bool read_number(const element& value, std::uint64_t most, std::uint64_t& out) {
  return value.get_uint64().get(out) == simdjson::SUCCESS && out <= most;
}

/// "0x1401".
bool read_code(const element& value, std::uint64_t& out) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS || text.size() != 6 || !text.starts_with("0x"))
    return false;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), out, 16);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_told(const element& value, stream::Moment& out) {
  simdjson::dom::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS || array.size() != 8) return false;
  std::array<element, 8> all;
  std::size_t i = 0;
  for (const element one : array) all[i++] = one;
  std::uint64_t stage = 0, late = 0, capture = 0, step = 0;
  if (!read_number(all[0], 3, stage) || !read_time(all[1], out.clock_ns) || !read_number(all[2], 1, late) ||
      !read_number(all[3], kMost32 - 1, capture) || !read_number(all[4], kMost64, out.frame) ||
      !read_number(all[5], stream::Moment::kAtPacket, step) || !read_time(all[6], out.step_time_ns) ||
      !read_number(all[7], kMost64, out.step_frame))
    return false;
  out.stage = static_cast<stream::Stage>(stage);
  out.late = late != 0;
  out.capture = static_cast<std::uint32_t>(capture);
  out.step = static_cast<std::uint8_t>(step);
  return true;
}

bool read_pair_of_flags(const element& value, std::uint64_t& out) {
  simdjson::dom::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS || array.size() != 2) return false;
  std::uint64_t bit = 1;
  for (const element one : array) {
    bool flag = false;
    if (one.get_bool().get(flag) != simdjson::SUCCESS) return false;
    out |= flag ? bit : 0;
    bit <<= 1;
  }
  return true;
}

bool read_hosts(const element& value, std::array<std::string_view, 2>& out) {
  simdjson::dom::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS || array.size() != 2) return false;
  std::size_t i = 0;
  for (const element one : array) {
    if (one.get_string().get(out[i++]) != simdjson::SUCCESS) return false;
  }
  return true;
}

bool read_place(const element& value, std::int64_t& distance, std::uint64_t& size) {
  simdjson::dom::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS || array.size() != 2) return false;
  return array.at(0).get_int64().get(distance) == simdjson::SUCCESS &&
         array.at(1).get_uint64().get(size) == simdjson::SUCCESS && size <= kMost32;
}

bool read_value(const FieldRow& row, std::size_t at, const element& value, LogFields& out) {
  switch (row.takes) {
    case Takes::number:
      return read_number(value, row.most, out.numbers[at]);
    case Takes::text:
      return value.get_string().get(out.texts[at]) == simdjson::SUCCESS;
    case Takes::code:
      return read_code(value, out.numbers[at]);
    case Takes::time:
      return read_time(value, out.time_ns);
    case Takes::told:
      return read_told(value, out.told);
    case Takes::pair_of_flags:
      out.numbers[at] = 0;
      return read_pair_of_flags(value, out.numbers[at]);
    case Takes::hosts:
      return read_hosts(value, out.hosts);
    case Takes::place:
      return read_place(value, out.place_distance, out.numbers[at]);
    case Takes::flag:
      break;
  }
  bool flag = false;
  if (value.get_bool().get(flag) != simdjson::SUCCESS) return false;
  out.numbers[at] = flag ? 1 : 0;
  return true;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

}  // namespace

bool read_fields(const simdjson::dom::object& object, LogFields& out) {
  out.present = 0;
  std::size_t guess = 0;
  for (const simdjson::dom::key_value_pair member : object) {
    const auto at = find_field(member.key, guess);
    if (!at || (out.present >> *at & 1) != 0 || !read_value(kFields[*at], *at, member.value, out))
      return false;
    out.present |= FieldSet{1} << *at;
    guess = *at + 1;
  }
  return true;
}

std::optional<Address> parse_address(std::string_view text) {
  Address out;
  if (text.empty()) return out;
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size()) return std::nullopt;
  std::copy(text.begin(), text.end(), copy.begin());
  const bool six = text.find(':') != std::string_view::npos;
  if (inet_pton(six ? AF_INET6 : AF_INET, copy.data(), out.bytes.data()) != 1) return std::nullopt;
  out.size = six ? 16 : 4;
  return out;
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view address = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = address.starts_with('[') && address.ends_with(']');
  if (bracketed) address = address.substr(1, address.size() - 2);
  Endpoint out;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  const auto parsed = parse_address(address);
  if (!parsed || (parsed->size == 16) != bracketed) return std::nullopt;
  out.address = *parsed;
  return out;
}

bool decode_base64(std::string_view text, std::vector<std::uint8_t>& out) {
  out.clear();
  if (text.size() % 4 != 0) return false;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const int padding = last ? (text[i + 3] == '=') + (text[i + 2] == '=' && text[i + 3] == '=') : 0;
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const bool pad = static_cast<int>(k) >= 4 - padding;
      const int digit = pad ? 0 : base64_digit(text[i + k]);
      if (digit < 0) return false;
      bits = bits << 6 | static_cast<std::uint32_t>(digit);
    }
    for (int k = 0; k < 3 - padding; ++k) out.push_back(static_cast<std::uint8_t>(bits >> (16 - 8 * k)));
  }
  return true;
}

}  // namespace ck::capture
