// Tables 1 to 13 over protobuf (Appendix II): each parameter, spelt and typed as a deployment's .proto may
// have it, in each message; and the .proto that ships. Bytes are made by hand here.
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

#include "conformance/readings.h"
#include "conformance/recommendation.h"
#include "protocol/protobuf/decode.h"

namespace ck::conformance {

using namespace protocol;
namespace {

/// Types by message number: Table II.1-1 names seven, and the others are named by analogy.
constexpr std::string_view kTypes[] = {
    "KeyRelayNextHopRequest",
    "KeyRelayNextHopResponse",
    "KeyRelayRequestNotification",
    "KeyRelayRequest",
    "KeyRelayResponse",
    "SessionCreationRequest",
    "SessionCreationResponse",
    "SessionCreationNotification",
    "SessionCreationNotificationResponse",
    "KeyReservationRequest",
    "KeyReservationResponse",
    "KeyAllocationRequest",
    "KeyAllocationResponse",
};

/// A form that a value takes: how the .proto declares its field, and what stands behind the tag's number.
struct Form {
  std::string_view declared;
  unsigned wire;                    ///< type
  std::vector<std::string> values;  ///< each behind a tag of its own
};

std::string delimited(const std::string& value) {
  return static_cast<char>(value.size()) + value;
}

/// The letters are those of readings.h; what JSON's null and empty list say, protobuf says by leaving it out.
const std::map<char, Form> kProtoForms = {
    {'s', {"string", 2, {delimited("abc")}}},
    {'3', {"string", 2, {delimited("3")}}},
    {'i', {"int64", 0, {"\x03"}}},
    {'f', {"double", 1, {std::string("\0\0\0\0\0\0\x04\x40", 8)}}},  // 2.5
    {'b', {"bool", 0, {"\x01"}}},
    {'a', {"repeated string", 2, {delimited("a"), delimited("b")}}},
    {'o', {"Empty", 2, {delimited("")}}},
    {'k', {"repeated Key", 2, {delimited("\x0A\x01\x61")}}},
    {'x', {"repeated Other", 2, {delimited("\x0A\x01\x61")}}},
    {'0', {"string", 2, {delimited("")}}},
};

std::string encoded(const Form& form, unsigned number) {
  std::string out;
  for (const std::string& value : form.values) {
    out += static_cast<char>(number << 3 | form.wire);
    out += value;
  }
  return out;
}

/// Field 1 of every message is named and declared so.
class Deployment {
 public:
  Deployment(const std::string& field, std::string_view declared) {
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("ck-tables-" + std::to_string(getpid()) + ".proto");
    std::ofstream out(path);
    out << "syntax = \"proto3\"; package tables;\nmessage Empty {}\nmessage Key { string key_id = 1; }\n"
           "message Other { string x = 1; }\n";
    for (const std::string_view type : kTypes)
      out << "message " << type << " { " << declared << " " << field << " = 1; }\n";
    out << "service All {\n";
    for (const std::string_view type : kTypes)
      out << "  rpc R" << type << "(" << type << ") returns (Empty);\n";
    out << "}\n";
    out.close();
    schema_ = std::make_unique<ProtoSchema>(std::vector<std::string>{path.string()});
    std::filesystem::remove(path);
  }
  [[nodiscard]] const ProtoMessage& type(const Table& table) const {
    const ProtoMethod* method = schema_->find("/tables.All/R" + std::string(kTypes[table.number - 1]));
    if (method == nullptr || method->request == nullptr) throw std::runtime_error("no such method");
    return *method->request;
  }

 private:
  std::unique_ptr<ProtoSchema> schema_;
};

struct DecodedProto {
  DecodedProto(const ProtoMessage& type, std::string bytes) : wire(std::move(bytes)) {
    decode_protobuf(Bytes(reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size()), type, NameTable(),
                    payload);
  }
  std::string wire;
  Payload payload;
};

TEST(TablesOverProtobuf, TypesAreThoseOfTheMessages) {
  const Deployment deployment("anything", "string");
  for (const Table& table : tables())
    EXPECT_EQ(deployment.type(table).spec->code(), table.command) << table.message;
}

TEST(TablesOverProtobuf, EveryParameterIsFoundInEverySpellingAndOnlyWhereListed) {
  for (const Name& name : kNames) {
    for (const std::string& spelling : spellings(name.parameter)) {
      if (spelling.find_first_of(" -.") != std::string::npos) continue;  // no name of a field
      const Deployment deployment(spelling, "string");
      for (const Table& table : tables()) {
        bool listed = false;
        for (const Row& row : table.rows) listed = listed || row.parameter == name.parameter;
        const DecodedProto decoded(deployment.type(table), encoded(kProtoForms.at('s'), 1));
        ASSERT_EQ(decoded.payload.members.size(), 1u) << spelling;
        const Member& member = decoded.payload.members[0];
        ASSERT_TRUE(member.id) << spelling;
        EXPECT_EQ(parameter(*member.id).name, name.parameter) << spelling;
        EXPECT_EQ(member.in_table, listed) << table.message << ", " << spelling;
      }
    }
  }
}

TEST(TablesOverProtobuf, EveryRowWithEveryForm) {
  unsigned cases = 0;
  for (const Name& name : kNames) {
    std::string field = spellings(name.parameter)[1];  // snake_case
    for (const auto& [letter, form] : kProtoForms) {
      const Deployment deployment(field, form.declared);
      for (const Table& table : tables()) {
        for (const Row& row : table.rows) {
          if (row.parameter != name.parameter) continue;
          const DecodedProto decoded(deployment.type(table), encoded(form, 1));
          ASSERT_EQ(decoded.payload.state, PayloadState::object) << decoded.payload.error;
          ASSERT_EQ(decoded.payload.members.size(), 1u);
          EXPECT_EQ(decoded.payload.members[0].fit, fit(expected(row.parameter, row.type).at(letter)))
              << table.message << ", " << row.parameter << " as " << form.declared;
          ++cases;
        }
      }
    }
  }
  EXPECT_EQ(cases, 58u * 10u);
}

/// What is written otherwise than the .proto declares it cannot be read, whatever the declaration is.
TEST(TablesOverProtobuf, EveryRowWithEveryOtherWireType) {
  for (const auto& [declared, written] : {std::pair{'s', 'i'}, std::pair{'i', 's'}, std::pair{'a', 'i'},
                                          std::pair{'k', 'i'}, std::pair{'i', 'f'}, std::pair{'s', 'f'}}) {
    for (const Name& name : kNames) {
      const Deployment deployment(spellings(name.parameter)[1], kProtoForms.at(declared).declared);
      for (const Table& table : tables()) {
        for (const Row& row : table.rows) {
          if (row.parameter != name.parameter) continue;
          const DecodedProto decoded(deployment.type(table), encoded(kProtoForms.at(written), 1));
          ASSERT_EQ(decoded.payload.members.size(), 1u);
          EXPECT_EQ(decoded.payload.members[0].fit, Fit::wrong) << table.message << ", " << row.parameter;
        }
      }
    }
  }
}

TEST(TablesOverProtobuf, WhatIsNotWrittenIsNotFound) {
  for (const Name& name : kNames) {
    const Deployment deployment(spellings(name.parameter)[1], "repeated string");
    for (const Table& table : tables()) {
      const DecodedProto decoded(deployment.type(table), "");
      EXPECT_EQ(decoded.payload.state, PayloadState::object);
      EXPECT_TRUE(decoded.payload.members.empty());
    }
  }
}

/// The file that ships has a field for each row of each table, in their order, of the type that is listed.
TEST(TablesOverProtobuf, TheShippedFileIsTheTables) {
  const ProtoSchema schema({});
  std::map<std::uint16_t, const ProtoMessage*> types;
  for (const ProtoMethod* method : schema.methods()) {
    for (const ProtoMessage* type : {method->request, method->response}) {
      if (type != nullptr) types[type->spec->code()] = type;
    }
  }
  ASSERT_EQ(types.size(), tables().size());
  const std::map<std::string_view, char> forms{
      {"String", 's'}, {"Integer", 'i'}, {"Array of string", 'a'}, {"Array of objects", 'x'}};
  for (const Table& table : tables()) {
    for (unsigned number = 1; number <= table.rows.size(); ++number) {
      const Row& row = table.rows[number - 1];
      // Appendix II: a result code, a text for an error, and names of keys and KMAs as lists of strings.
      char form = forms.at(row.type);
      if (row.parameter == "Response") form = 'i';
      if (row.parameter == "Key IDs" || row.parameter == "Transit KMA IDs") form = 'a';
      const bool failure =
          row.parameter == "Extension" && (table.number == 5 || table.number == 7 || table.number == 9 ||
                                           table.number == 11 || table.number == 13);
      if (failure) form = 's';
      const DecodedProto decoded(*types.at(table.command), encoded(kProtoForms.at(form), number));
      ASSERT_EQ(decoded.payload.members.size(), 1u);
      const Member& member = decoded.payload.members[0];
      ASSERT_TRUE(member.id) << table.message << ", " << row.parameter;
      EXPECT_EQ(parameter(*member.id).name, row.parameter) << table.message;
      EXPECT_TRUE(member.in_table);
      EXPECT_NE(member.fit, Fit::wrong) << table.message << ", " << row.parameter;
    }
    const DecodedProto behind(*types.at(table.command),
                              encoded(kProtoForms.at('s'), static_cast<unsigned>(table.rows.size()) + 1));
    EXPECT_FALSE(behind.payload.members[0].id) << table.message;
  }
}

}  // namespace
}  // namespace ck::conformance
