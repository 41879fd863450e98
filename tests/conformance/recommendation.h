// Tables 1 to 13 and Table I.1 of Q.4164 (12/2023), typed in from the Recommendation by hand and
// independently of the code's own catalogue: what the tests of this folder hold that catalogue against.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ck::conformance {

/// One row: column 1, column 3 and column 4 as printed, the two conditional texts of column 4 as E (either
/// destination) and A (if the request names the application).
struct Row {
  std::string_view parameter;
  std::string_view type;
  char presence;  ///< M, O, E, A
};

struct Table {
  unsigned number;           ///< of the table, and of the clause behind "8."
  std::uint16_t command;     ///< Table I.1
  std::string_view message;  ///< Table I.1
  std::vector<Row> rows;
};

inline const std::vector<Table>& tables() {
  static const std::vector<Table> all = {
      {1,
       0x1401,
       "Key relay next hop request",
       {{"Source KMA ID", "String", 'O'},
        {"Destination KMA ID", "String", 'E'},
        {"Application destination ID", "String", 'E'},
        {"Extension", "Array of objects", 'O'}}},
      {2,
       0x4102,
       "Response to key relay next hop request",
       {{"Source KMA ID", "String", 'O'},
        {"Destination KMA ID", "String", 'A'},
        {"Next KMA IDs", "Array of string", 'M'},
        {"Extension", "Array of objects", 'O'}}},
      {3,
       0x1403,
       "Key relay request notification",
       {{"Source KMA ID", "String", 'O'},
        {"Destination KMA ID", "String", 'E'},
        {"Application destination ID", "String", 'E'},
        {"Extension", "Array of objects", 'O'}}},
      {4,
       0x4104,
       "Key relay request",
       {{"Source KMA ID", "String", 'O'},
        {"Destination KMA ID", "String", 'A'},
        {"Transit KMA IDs", "String", 'M'},
        {"Key relay request ID", "String", 'O'},
        {"Extension", "Array of objects", 'O'}}},
      {5,
       0x1405,
       "Response to key relay request",
       {{"Response", "String", 'M'},
        {"Key relay request ID", "String", 'O'},
        {"Extension", "Array of objects", 'O'}}},
      {6,
       0x1406,
       "Session creation request",
       {{"Application source ID", "String", 'M'},
        {"Application destination ID", "String", 'M'},
        {"Number of keys", "Integer", 'O'},
        {"Extension", "Array of objects", 'O'}}},
      {7,
       0x4107,
       "Response to session creation request",
       {{"Session ID", "String", 'M'},
        {"Response", "String", 'M'},
        {"Destination KM ID", "String", 'M'},
        {"Extension", "Array of objects", 'O'}}},
      {8,
       0x4108,
       "Session creation notification",
       {{"Application source ID", "String", 'M'},
        {"Application destination ID", "String", 'M'},
        {"Session ID", "String", 'M'},
        {"Source KM ID", "String", 'M'},
        {"Number of keys", "Integer", 'O'},
        {"Extension", "Array of objects", 'O'}}},
      {9,
       0x1409,
       "Response to session creation notification",
       {{"Session ID", "String", 'M'}, {"Response", "String", 'M'}, {"Extension", "Array of objects", 'O'}}},
      {10,
       0x410A,
       "Key reservation request",
       {{"Source KMA ID", "String", 'M'},
        {"Destination KMA ID", "String", 'M'},
        {"Application destination ID", "String", 'O'},
        {"Extension", "Array of objects", 'O'}}},
      {11,
       0x140B,
       "Response to key reservation request",
       {{"Source KMA ID", "String", 'O'},
        {"Destination KMA ID", "String", 'O'},
        {"Application destination ID", "String", 'O'},
        {"Key IDs", "String", 'M'},
        {"Response", "Integer", 'M'},
        {"Extension", "Array of objects", 'O'}}},
      {12,
       0x410C,
       "Key allocation request",
       {{"Source KMA ID", "String", 'M'},
        {"Destination KMA ID", "String", 'M'},
        {"Application destination ID", "String", 'O'},
        {"Key IDs", "Array of objects", 'M'},
        {"Extension", "Array of objects", 'O'}}},
      {13,
       0x140D,
       "Response to key allocation request",
       {{"Source KMA ID", "String", 'O'},
        {"Destination KMA ID", "String", 'O'},
        {"Application destination ID", "String", 'O'},
        {"Key IDs", "Array of objects", 'O'},
        {"Response", "Integer", 'M'},
        {"Extension", "Array of objects", 'O'}}},
  };
  return all;
}

/// Every parameter that Tables 1 to 13 name, in the order and with the filter fields that users know.
struct Name {
  std::string_view parameter, field;
};
inline constexpr Name kNames[] = {
    {"Source KMA ID", "ck.source_kma_id"},
    {"Destination KMA ID", "ck.destination_kma_id"},
    {"Application source ID", "ck.application_source_id"},
    {"Application destination ID", "ck.application_destination_id"},
    {"Next KMA IDs", "ck.next_kma_id"},
    {"Transit KMA IDs", "ck.transit_kma_id"},
    {"Key relay request ID", "ck.key_relay_request_id"},
    {"Response", "ck.response"},
    {"Session ID", "ck.session_id"},
    {"Source KM ID", "ck.source_km_id"},
    {"Destination KM ID", "ck.destination_km_id"},
    {"Number of keys", "ck.number_of_keys"},
    {"Key IDs", "ck.key_id"},
    {"Extension", "ck.extension"},
};

}  // namespace ck::conformance
