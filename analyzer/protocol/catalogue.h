// What Q.4164 says: the 13 messages of Table I.1 and the parameters of Tables 1 to 13, as constant tables.
// Plugin fields, decoding, rules and documentation are all made from here; nothing else lists messages or
// parameters.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace ck {

/// Every parameter of Tables 1 to 13. The order is the one in which reports and field lists show them.
enum class Parameter : std::uint8_t {
  source_kma_id,
  destination_kma_id,
  application_source_id,
  application_destination_id,
  next_kma_ids,
  transit_kma_ids,
  key_relay_request_id,
  response,
  session_id,
  source_km_id,
  destination_km_id,
  number_of_keys,
  key_ids,
  extension,
};
inline constexpr std::size_t kParameterCount = 14;

/// What a parameter is, whatever table lists it.
enum class ParameterKind : std::uint8_t {
  identifier,       ///< one identifier
  identifier_list,  ///< Next KMA IDs, Transit KMA IDs
  key_list,         ///< Key IDs: like identifier_list, but an element may be an object holding one ID member
  result,           ///< Response: text or integer
  count,            ///< Number of keys
  extension,        ///< Extension
};

/// A data type as column 3 of Tables 1 to 13 lists it.
enum class ListedType : std::uint8_t { string, integer, string_array, object_array };

/// Column 4 of the tables.
enum class Presence : std::uint8_t {
  optional,
  mandatory,
  either_destination,   ///< Tables 1, 3: Destination KMA ID or Application destination ID
  if_application_named  ///< Tables 2, 4: Destination KMA ID when the request named the application
};

struct ParameterSpec {
  Parameter id;
  std::string_view name;   ///< the Recommendation's own name, "Source KMA ID"
  std::string_view field;  ///< display filter field, "ck.source_kma_id"
  ParameterKind kind;
};

struct ParameterUse {
  Parameter id;
  ListedType type;
  Presence presence;
};

/// By Parameter: its row in the table `uses`, counted from 1; 0 where the table does not list it.
using ParameterRows = std::array<std::uint8_t, kParameterCount>;
constexpr ParameterRows rows_of(std::span<const ParameterUse> uses) {
  ParameterRows rows{};
  for (std::size_t i = 0; i < uses.size(); ++i)
    rows[static_cast<std::size_t>(uses[i].id)] = static_cast<std::uint8_t>(i + 1);
  return rows;
}

enum class Direction : std::uint8_t { km_to_controller = 0x14, controller_to_km = 0x41 };

/// Which of the procedures of 7.1 to 7.6 a message belongs to (by what it opens or answers).
enum class Exchange : std::uint8_t {
  next_hop,              ///< 7.1: 0x1401, 0x4102
  route,                 ///< 7.2: 0x1403, 0x4104
  relay_result,          ///< 7.2: 0x4104, 0x1405
  session_creation,      ///< 7.3: 0x1406, 0x4107
  session_notification,  ///< 7.4: 0x4108, 0x1409
  reservation,           ///< 7.5: 0x410A, 0x140B
  allocation,            ///< 7.6: 0x410C, 0x140D
};

struct MessageSpec {
  std::uint16_t command;      ///< Table I.1
  std::string_view name;      ///< Table I.1, "Key relay next hop request"
  std::string_view clause;    ///< "8.1, Table 1"
  std::uint16_t answered_by;  ///< command of its response, 0 for a pure response. 0x4104 answers 0x1403 and
                              ///< is answered by 0x1405.
  std::uint16_t answers;      ///< command it answers, 0 for a pure request
  std::span<const ParameterUse> parameters;  ///< in table order
  ParameterRows rows = rows_of(parameters);

  /// The message's row for `id`, nullptr when its table does not list it.
  [[nodiscard]] const ParameterUse* find(Parameter id) const {
    const std::size_t row = rows[static_cast<std::size_t>(id)];
    return row == 0 ? nullptr : &parameters[row - 1];
  }
};

inline constexpr std::size_t kMessageCount = 13;

/// All parameters, indexed by Parameter.
std::span<const ParameterSpec, kParameterCount> parameters();
const ParameterSpec& parameter(Parameter id);

/// All messages in order of message number (low byte) 1..13.
std::span<const MessageSpec, kMessageCount> messages();

/// The message with exactly this CommandCode, nullptr when Table I.1 does not list it.
const MessageSpec* find_message(std::uint16_t command);

/// The message meant by a code whose low byte is a message number but whose high byte is the other
/// direction's digits (0x4101, 0x1402); nullptr for a code of Table I.1 and for anything else.
const MessageSpec* find_swapped(std::uint16_t command);

/// True when the code's high byte is 0x14 or 0x41, listed or not.
constexpr bool has_direction_digits(std::uint16_t command) {
  return (command >> 8) == 0x14 || (command >> 8) == 0x41;
}

}  // namespace ck
