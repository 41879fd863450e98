// Tables 1 to 13 and Table I.1 of Q.4164, typed in as constant tables.
#include "protocol/catalogue.h"

namespace ck::protocol {
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

constexpr std::array<MessageSpec, kMessageCount> kMessages{{
    {Command::next_hop_request, "Key relay next hop request", "8.1, Table 1", kTable1},
    {Command::next_hop_response, "Response to key relay next hop request", "8.2, Table 2", kTable2},
    {Command::relay_notification, "Key relay request notification", "8.3, Table 3", kTable3},
    {Command::relay_request, "Key relay request", "8.4, Table 4", kTable4},
    {Command::relay_response, "Response to key relay request", "8.5, Table 5", kTable5},
    {Command::session_request, "Session creation request", "8.6, Table 6", kTable6},
    {Command::session_response, "Response to session creation request", "8.7, Table 7", kTable7},
    {Command::session_notification, "Session creation notification", "8.8, Table 8", kTable8},
    {Command::session_notification_response, "Response to session creation notification", "8.9, Table 9",
     kTable9},
    {Command::reservation_request, "Key reservation request", "8.10, Table 10", kTable10},
    {Command::reservation_response, "Response to key reservation request", "8.11, Table 11", kTable11},
    {Command::allocation_request, "Key allocation request", "8.12, Table 12", kTable12},
    {Command::allocation_response, "Response to key allocation request", "8.13, Table 13", kTable13},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kMessageCount; ++i) {
    if (kMessages[i].number() != i + 1) return false;
  }
  for (std::size_t i = 0; i < kParameterCount; ++i) {
    if (static_cast<std::size_t>(kParameters[i].id) != i) return false;
  }
  return true;
}
static_assert(in_order(), "both tables are looked up by index");

constexpr bool exchanges_fit() {
  for (std::size_t i = 0; i < kExchangeCount; ++i) {
    const ExchangeSpec& spec = kExchanges[i];
    if (static_cast<std::size_t>(spec.exchange) != i || is_from_km(spec.request) != spec.km_asks ||
        is_from_km(spec.response) == spec.km_asks)
      return false;
  }
  return true;
}
static_assert(exchanges_fit(), "exchanges are looked up by index, and an answer goes the other way");

/// The message whose number is the code's low byte, whatever the high byte says.
const MessageSpec* by_number(std::uint16_t command) {
  const std::size_t number = number_of(command);
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
  return message != nullptr && message->code() == command ? message : nullptr;
}

const MessageSpec* find_swapped(std::uint16_t command) {
  const MessageSpec* message = by_number(command);
  return message != nullptr && message->code() != command && has_direction_digits(command) ? message
                                                                                           : nullptr;
}

const MessageSpec* find_meant(std::uint16_t command) {
  const MessageSpec* message = by_number(command);
  return message != nullptr && has_direction_digits(command) ? message : nullptr;
}

ShortText<8> command_text(std::uint16_t command) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  ShortText<8> text{{'0', 'x'}, 6};
  for (int i = 0; i < 4; ++i) text.bytes[2 + i] = kDigits[command >> (12 - 4 * i) & 15];
  return text;
}

}  // namespace ck::protocol
