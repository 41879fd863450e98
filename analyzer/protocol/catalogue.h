// What Q.4164 says: the 13 messages of Table I.1 and the parameters of Tables 1 to 13, as constant tables.
// Plugin fields, decoding, rules and documentation are all made from here; nothing else lists messages or
// parameters.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/short_text.h"

namespace ck::protocol {

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

/// The 13 messages by their CommandCodes (Table I.1). A code as it stands on the wire is a std::uint16_t,
/// since it may be any; find_message() and find_meant() say which Command it is.
enum class Command : std::uint16_t {
  next_hop_request = 0x1401,
  next_hop_response = 0x4102,
  relay_notification = 0x1403,
  relay_request = 0x4104,
  relay_response = 0x1405,
  session_request = 0x1406,
  session_response = 0x4107,
  session_notification = 0x4108,
  session_notification_response = 0x1409,
  reservation_request = 0x410A,
  reservation_response = 0x140B,
  allocation_request = 0x410C,
  allocation_response = 0x140D,
};

/// The CommandCode on the wire.
constexpr std::uint16_t code_of(Command command) {
  return static_cast<std::uint16_t>(command);
}

/// The two digits of a CommandCode that number the message; of the 13 they run from 1 to 13.
constexpr std::uint8_t number_of(std::uint16_t code) {
  return static_cast<std::uint8_t>(code & 0xFF);
}
constexpr std::uint8_t number_of(Command command) {
  return number_of(code_of(command));
}

/// The two digits of a CommandCode that say who sends the message.
enum class Direction : std::uint8_t { km_to_controller = 0x14, controller_to_km = 0x41 };
constexpr std::uint8_t direction_digits(std::uint16_t code) {
  return static_cast<std::uint8_t>(code >> 8);
}
/// Whether a KM sends messages with this code. One that has_direction_digits() and is no KM's is a
/// controller's.
constexpr bool is_from_km(std::uint16_t code) {
  return direction_digits(code) == static_cast<std::uint8_t>(Direction::km_to_controller);
}
constexpr bool is_from_km(Command command) {
  return is_from_km(code_of(command));
}

/// A request with its response, in the procedures of 7.1 to 7.6.
enum class Exchange : std::uint8_t {
  next_hop,              ///< 7.1
  route,                 ///< 7.2, what the KM asks for
  relay_result,          ///< 7.2, what the controller asks for
  session_creation,      ///< 7.3
  session_notification,  ///< 7.4
  reservation,           ///< 7.5
  allocation,            ///< 7.6
};
inline constexpr std::size_t kExchangeCount = 7;

struct ExchangeSpec {
  Exchange exchange;
  Command request;
  Command response;
  bool km_asks;  ///< else the controller does
};

/// All exchanges, indexed by Exchange. A relay request is in two of them: it answers a notification and is
/// answered itself (7.2).
inline constexpr std::array<ExchangeSpec, kExchangeCount> kExchanges{{
    {Exchange::next_hop, Command::next_hop_request, Command::next_hop_response, true},
    {Exchange::route, Command::relay_notification, Command::relay_request, true},
    {Exchange::relay_result, Command::relay_request, Command::relay_response, false},
    {Exchange::session_creation, Command::session_request, Command::session_response, true},
    {Exchange::session_notification, Command::session_notification, Command::session_notification_response,
     false},
    {Exchange::reservation, Command::reservation_request, Command::reservation_response, false},
    {Exchange::allocation, Command::allocation_request, Command::allocation_response, false},
}};

/// The exchange that a message opens, nullptr for a pure response.
constexpr const ExchangeSpec* find_opened(Command command) {
  for (const ExchangeSpec& spec : kExchanges) {
    if (spec.request == command) return &spec;
  }
  return nullptr;
}

/// The exchange that a message ends, nullptr for a pure request.
constexpr const ExchangeSpec* find_answered(Command command) {
  for (const ExchangeSpec& spec : kExchanges) {
    if (spec.response == command) return &spec;
  }
  return nullptr;
}

struct MessageSpec {
  Command command;
  std::string_view name;                     ///< Table I.1, "Key relay next hop request"
  std::string_view clause;                   ///< "8.1, Table 1"
  std::span<const ParameterUse> parameters;  ///< in table order
  ParameterRows rows = rows_of(parameters);

  [[nodiscard]] constexpr std::uint16_t code() const { return code_of(command); }
  /// 1 to 13.
  [[nodiscard]] constexpr std::uint8_t number() const { return number_of(command); }

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

/// The message that a code means: the listed one, else the one under the other direction's digits; nullptr
/// when it is neither.
const MessageSpec* find_meant(std::uint16_t command);

/// True when the code's high byte is 0x14 or 0x41, listed or not.
constexpr bool has_direction_digits(std::uint16_t command) {
  return is_from_km(command) ||
         direction_digits(command) == static_cast<std::uint8_t>(Direction::controller_to_km);
}

/// A CommandCode as Table I.1 writes it: "0x410A".
ShortText<8> command_text(std::uint16_t command);

}  // namespace ck::protocol
