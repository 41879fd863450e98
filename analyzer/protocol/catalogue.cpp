// Tables 1 to 13 and Table I.1 of Q.4164, typed in as constant tables.
#include "protocol/catalogue.h"

namespace ck {
namespace {

using enum Parameter;
using enum Presence;
using Kind = ParameterKind;
using Type = ListedType;

constexpr std::array<ParameterSpec, kParameterCount> kParameters{{
    {source_kma_id, "Source KMA ID", "ck.source_kma_id", Kind::identifier},
    {destination_kma_id, "Destination KMA ID", "ck.destination_kma_id", Kind::identifier},
    {application_source_id, "Application source ID", "ck.application_source_id", Kind::identifier},
    {application_destination_id, "Application destination ID", "ck.application_destination_id",
     Kind::identifier},
    {next_kma_ids, "Next KMA IDs", "ck.next_kma_id", Kind::identifier_list},
    {transit_kma_ids, "Transit KMA IDs", "ck.transit_kma_id", Kind::identifier_list},
    {key_relay_request_id, "Key relay request ID", "ck.key_relay_request_id", Kind::identifier},
    {response, "Response", "ck.response", Kind::result},
    {session_id, "Session ID", "ck.session_id", Kind::identifier},
    {source_km_id, "Source KM ID", "ck.source_km_id", Kind::identifier},
    {destination_km_id, "Destination KM ID", "ck.destination_km_id", Kind::identifier},
    {number_of_keys, "Number of keys", "ck.number_of_keys", Kind::count},
    {key_ids, "Key IDs", "ck.key_id", Kind::key_list},
    {extension, "Extension", "ck.extension", Kind::extension},
}};

constexpr ParameterUse kExtension{extension, Type::object_array, optional};

constexpr ParameterUse kTable1[] = {
    {source_kma_id, Type::string, optional},
    {destination_kma_id, Type::string, either_destination},
    {application_destination_id, Type::string, either_destination},
    kExtension,
};
constexpr ParameterUse kTable2[] = {
    {source_kma_id, Type::string, optional},
    {destination_kma_id, Type::string, if_application_named},
    {next_kma_ids, Type::string_array, mandatory},
    kExtension,
};
constexpr ParameterUse kTable3[] = {
    {source_kma_id, Type::string, optional},
    {destination_kma_id, Type::string, either_destination},
    {application_destination_id, Type::string, either_destination},
    kExtension,
};
constexpr ParameterUse kTable4[] = {
    {source_kma_id, Type::string, optional},
    {destination_kma_id, Type::string, if_application_named},
    {transit_kma_ids, Type::string, mandatory},
    {key_relay_request_id, Type::string, optional},
    kExtension,
};
constexpr ParameterUse kTable5[] = {
    {response, Type::string, mandatory},
    {key_relay_request_id, Type::string, optional},
    kExtension,
};
constexpr ParameterUse kTable6[] = {
    {application_source_id, Type::string, mandatory},
    {application_destination_id, Type::string, mandatory},
    {number_of_keys, Type::integer, optional},
    kExtension,
};
constexpr ParameterUse kTable7[] = {
    {session_id, Type::string, mandatory},
    {response, Type::string, mandatory},
    {destination_km_id, Type::string, mandatory},
    kExtension,
};
constexpr ParameterUse kTable8[] = {
    {application_source_id, Type::string, mandatory},
    {application_destination_id, Type::string, mandatory},
    {session_id, Type::string, mandatory},
    {source_km_id, Type::string, mandatory},
    {number_of_keys, Type::integer, optional},
    kExtension,
};
constexpr ParameterUse kTable9[] = {
    {session_id, Type::string, mandatory},
    {response, Type::string, mandatory},
    kExtension,
};
constexpr ParameterUse kTable10[] = {
    {source_kma_id, Type::string, mandatory},
    {destination_kma_id, Type::string, mandatory},
    {application_destination_id, Type::string, optional},
    kExtension,
};
constexpr ParameterUse kTable11[] = {
    {source_kma_id, Type::string, optional},
    {destination_kma_id, Type::string, optional},
    {application_destination_id, Type::string, optional},
    {key_ids, Type::string, mandatory},
    {response, Type::integer, mandatory},
    kExtension,
};
constexpr ParameterUse kTable12[] = {
    {source_kma_id, Type::string, mandatory},
    {destination_kma_id, Type::string, mandatory},
    {application_destination_id, Type::string, optional},
    {key_ids, Type::object_array, mandatory},
    kExtension,
};
constexpr ParameterUse kTable13[] = {
    {source_kma_id, Type::string, optional},
    {destination_kma_id, Type::string, optional},
    {application_destination_id, Type::string, optional},
    {key_ids, Type::object_array, optional},
    {response, Type::integer, mandatory},
    kExtension,
};

// 0x4104 is both: it answers a 0x1403 and asks for a 0x1405 (7.2).
constexpr std::array<MessageSpec, kMessageCount> kMessages{{
    {0x1401, "Key relay next hop request", "8.1, Table 1", 0x4102, 0, kTable1},
    {0x4102, "Response to key relay next hop request", "8.2, Table 2", 0, 0x1401, kTable2},
    {0x1403, "Key relay request notification", "8.3, Table 3", 0x4104, 0, kTable3},
    {0x4104, "Key relay request", "8.4, Table 4", 0x1405, 0x1403, kTable4},
    {0x1405, "Response to key relay request", "8.5, Table 5", 0, 0x4104, kTable5},
    {0x1406, "Session creation request", "8.6, Table 6", 0x4107, 0, kTable6},
    {0x4107, "Response to session creation request", "8.7, Table 7", 0, 0x1406, kTable7},
    {0x4108, "Session creation notification", "8.8, Table 8", 0x1409, 0, kTable8},
    {0x1409, "Response to session creation notification", "8.9, Table 9", 0, 0x4108, kTable9},
    {0x410A, "Key reservation request", "8.10, Table 10", 0x140B, 0, kTable10},
    {0x140B, "Response to key reservation request", "8.11, Table 11", 0, 0x410A, kTable11},
    {0x410C, "Key allocation request", "8.12, Table 12", 0x140D, 0, kTable12},
    {0x140D, "Response to key allocation request", "8.13, Table 13", 0, 0x410C, kTable13},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kMessageCount; ++i) {
    if ((kMessages[i].command & 0xFF) != i + 1) return false;
  }
  for (std::size_t i = 0; i < kParameterCount; ++i) {
    if (static_cast<std::size_t>(kParameters[i].id) != i) return false;
  }
  return true;
}
static_assert(in_order(), "both tables are looked up by index");

/// The message whose number is the code's low byte, whatever the high byte says.
const MessageSpec* by_number(std::uint16_t command) {
  const unsigned number = command & 0xFFu;
  return number >= 1 && number <= kMessageCount ? &kMessages[number - 1] : nullptr;
}

}  // namespace

std::span<const ParameterSpec, kParameterCount> parameters() {
  return kParameters;
}

const ParameterSpec& parameter(Parameter id) {
  return kParameters[static_cast<std::size_t>(id)];
}

std::span<const MessageSpec, kMessageCount> messages() {
  return kMessages;
}

const MessageSpec* find_message(std::uint16_t command) {
  const MessageSpec* message = by_number(command);
  return message != nullptr && message->command == command ? message : nullptr;
}

const MessageSpec* find_swapped(std::uint16_t command) {
  const MessageSpec* message = by_number(command);
  return message != nullptr && message->command != command && has_direction_digits(command) ? message
                                                                                            : nullptr;
}

}  // namespace ck
