// The code's catalogue and decoding against every row of Tables 1 to 13 and Table I.1: each parameter absent,
// null, of each JSON type and in several spellings, in each message.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>

#include "conformance/readings.h"
#include "conformance/recommendation.h"
#include "protocol/frame.h"
#include "protocol/payload.h"

namespace ck::conformance {

using namespace protocol;
namespace {

ListedType listed_type(std::string_view printed) {
  if (printed == "String") return ListedType::string;
  if (printed == "Integer") return ListedType::integer;
  if (printed == "Array of string") return ListedType::string_array;
  EXPECT_EQ(printed, "Array of objects");
  return ListedType::object_array;
}

Presence presence(char printed) {
  if (printed == 'M') return Presence::mandatory;
  if (printed == 'E') return Presence::either_destination;
  if (printed == 'A') return Presence::if_application_named;
  EXPECT_EQ(printed, 'O');
  return Presence::optional;
}

TEST(Tables, TheCatalogueListsTheSameRowsInTheSameOrder) {
  ASSERT_EQ(tables().size(), messages().size());
  for (std::size_t i = 0; i < tables().size(); ++i) {
    const Table& table = tables()[i];
    const MessageSpec& message = messages()[i];
    EXPECT_EQ(message.code(), table.command);
    EXPECT_EQ(message.name, table.message);
    const std::string number = std::to_string(table.number);
    EXPECT_EQ(message.clause, "8." + number + ", Table " + number);
    ASSERT_EQ(message.parameters.size(), table.rows.size()) << message.name;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      const ParameterUse& use = message.parameters[row];
      EXPECT_EQ(parameter(use.id).name, table.rows[row].parameter) << message.name;
      EXPECT_EQ(use.type, listed_type(table.rows[row].type))
          << message.name << ", " << table.rows[row].parameter;
      EXPECT_EQ(use.presence, presence(table.rows[row].presence))
          << message.name << ", " << table.rows[row].parameter;
    }
  }
}

TEST(Tables, TheParametersAreTheFourteenThatTheTablesName) {
  ASSERT_EQ(parameters().size(), std::size(kNames));
  std::set<std::string_view> named;
  for (const Table& table : tables()) {
    for (const Row& row : table.rows) named.insert(row.parameter);
  }
  EXPECT_EQ(named.size(), std::size(kNames));
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    EXPECT_EQ(parameters()[i].name, kNames[i].parameter);
    EXPECT_EQ(parameters()[i].field, kNames[i].field);
    EXPECT_EQ(named.count(kNames[i].parameter), 1u);
  }
}

TEST(Tables, ExchangesAreThoseOfClause7) {
  // 7.1 to 7.6: which message answers which, in the order of the clauses. 8.4 answers 8.3 and asks for 8.5.
  const std::pair<unsigned, unsigned> asked[] = {{0x1401, 0x4102}, {0x1403, 0x4104}, {0x4104, 0x1405},
                                                 {0x1406, 0x4107}, {0x4108, 0x1409}, {0x410A, 0x140B},
                                                 {0x410C, 0x140D}};
  ASSERT_EQ(std::size(kExchanges), std::size(asked));
  for (std::size_t i = 0; i < std::size(asked); ++i) {
    EXPECT_EQ(code_of(kExchanges[i].request), asked[i].first);
    EXPECT_EQ(code_of(kExchanges[i].response), asked[i].second);
    EXPECT_EQ(kExchanges[i].km_asks, asked[i].first >> 8 == 0x14);
  }
}

TEST(Tables, DirectionIsTheFirstTwoDigits) {
  for (const Table& table : tables()) {
    // 8.1 to 8.13: who sends it. The KM asks for hops, routes and sessions and answers the rest.
    const bool km_sends = table.number == 1 || table.number == 3 || table.number == 5 || table.number == 6 ||
                          table.number == 9 || table.number == 11 || table.number == 13;
    EXPECT_EQ(table.command >> 8, km_sends ? 0x14 : 0x41) << table.message;
  }
}

struct Decoded {
  Decoded(std::uint16_t command, const std::string& text) : wire(text) {
    const Bytes bytes(reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size());
    decode_payload(bytes, find_message(command), NameTable(), payload);
  }
  std::string wire;
  Payload payload;
};

TEST(Tables, EveryParameterIsFoundInEverySpellingAndOnlyWhereListed) {
  for (const Table& table : tables()) {
    for (const Name& name : kNames) {
      bool listed = false;
      for (const Row& row : table.rows) listed = listed || row.parameter == name.parameter;
      for (const std::string& spelling : spellings(name.parameter)) {
        const Decoded decoded(table.command, "{\"" + spelling + "\":\"1\"}");
        ASSERT_EQ(decoded.payload.members.size(), 1u);
        const Member& member = decoded.payload.members[0];
        ASSERT_TRUE(member.id) << spelling;
        EXPECT_EQ(parameter(*member.id).name, name.parameter) << spelling;
        EXPECT_EQ(member.in_table, listed) << table.message << ", " << spelling;
        EXPECT_EQ(decoded.payload.find(*member.id), &member);
      }
    }
  }
}

// The forms a value may take on the wire, one letter each, and what each table row makes of them: the rules
// of "Parameter names on the wire", typed as L (silent), V (type-variant), W (wrong-type), N (absent).
const std::map<char, std::string> kForms = {
    {'s', R"("abc")"},
    {'3', R"("3")"},
    {'i', "3"},
    {'f', "1.0"},
    {'b', "true"},
    {'n', "null"},
    {'e', "[]"},
    {'a', R"(["a","b"])"},
    {'o', "{}"},
    {'k', R"([{"key_id":"a"}])"},
    {'x', R"([{"x":1}])"},
    {'m', R"(["a",null])"},
    {'0', R"("")"},
};

TEST(Tables, EveryRowWithEveryForm) {
  unsigned cases = 0;
  for (const Table& table : tables()) {
    for (const Row& row : table.rows) {
      const Fits fits = expected(row.parameter, row.type);
      ASSERT_EQ(fits.size(), kForms.size());
      for (const auto& [form, value] : kForms) {
        const Decoded decoded(table.command, "{\"" + std::string(row.parameter) + "\":" + value + "}");
        ASSERT_EQ(decoded.payload.members.size(), 1u);
        const Member& member = decoded.payload.members[0];
        EXPECT_EQ(member.fit, fit(fits.at(form))) << table.message << ", " << decoded.wire;
        EXPECT_EQ(decoded.payload.find(*member.id) == nullptr, form == 'n') << decoded.wire;
        ++cases;
      }
    }
  }
  EXPECT_EQ(cases, 58u * 13u);
}

TEST(Tables, AnAbsentParameterIsNotFound) {
  for (const Table& table : tables()) {
    for (const Row& absent : table.rows) {
      std::string text;
      for (const Row& row : table.rows) {
        if (row.parameter != absent.parameter)
          text += (text.empty() ? "\"" : ",\"") + std::string(row.parameter) + "\":\"1\"";
      }
      const Decoded decoded(table.command, "{" + text + "}");
      EXPECT_EQ(decoded.payload.members.size(), table.rows.size() - 1);
      for (const Row& row : table.rows) {
        const auto id = NameTable::find_official(row.parameter);
        ASSERT_TRUE(id);
        EXPECT_EQ(decoded.payload.find(*id) == nullptr, row.parameter == absent.parameter) << decoded.wire;
      }
    }
  }
}

}  // namespace
}  // namespace ck::conformance
