// The members of one line of a message log, taken apart strictly: each name is known and stands once, each
// value has its type and lies within its bounds.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/event.h"
#include "stream/moment.h"

namespace ck::capture {

/// Members, in about the order in which records are written.
enum class Field : std::uint8_t {
  type,
  connection,
  kind,
  km,
  controller,
  client,
  server,
  transport,
  rpcs,
  from_start,
  sender,
  side,
  asker,
  capture,
  frame,
  time_ns,
  told,
  behind,
  command,
  header_command,
  version,
  message_id,
  length,
  version_in_doubt,
  slip,
  stream,
  method,
  response,
  protobuf,
  trouble,
  unread,
  unfinished,
  payload,
  payload_base64,
  bytes,
  expected,
  tls_version,
  certificate,
  outcome,
  result,
  result_base64,
  hosts,
  place,
  method_base64,
  trouble_base64,
  state,
  opener_known,
  named,
  syn,
  answer_syn,
  answer_frame,
};
inline constexpr std::size_t kFieldCount = 51;

using FieldSet = std::uint64_t;
constexpr FieldSet field_bit(Field field) {
  return FieldSet{1} << static_cast<unsigned>(field);
}

struct LogFields {
  FieldSet present = 0;
  std::array<std::uint64_t, kFieldCount> numbers{};   ///< and flags
  std::array<std::string_view, kFieldCount> texts{};  ///< valid until the next line
  std::array<std::string_view, 2> hosts{};
  std::int64_t time_ns = kNoTime;
  stream::Moment told;
  std::int64_t place_distance = 0;  ///< the size is a number

  [[nodiscard]] bool has(Field field) const { return (present & field_bit(field)) != 0; }
  [[nodiscard]] std::uint64_t number(Field field) const { return numbers[static_cast<std::size_t>(field)]; }
  [[nodiscard]] std::string_view text(Field field) const { return texts[static_cast<std::size_t>(field)]; }
  /// All of `required`, and none but those and `allowed`.
  [[nodiscard]] bool are(FieldSet required, FieldSet allowed) const {
    return (present & required) == required && (present & ~(required | allowed)) == 0;
  }
};

std::optional<Endpoint> parse_endpoint(std::string_view text);
std::optional<Address> parse_address(std::string_view text);
bool decode_base64(std::string_view text, std::vector<std::uint8_t>& out);

}  // namespace ck::capture
