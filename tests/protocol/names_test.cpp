// Member names: folding, Appendix II's aliases, the user's aliases.
#include "protocol/parameter_names.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::protocol {
namespace {

const MessageSpec* message(std::uint16_t command) {
  return find_message(command);
}

TEST(Names, FoldingDropsAllButLettersAndDigits) {
  EXPECT_EQ(fold_name("Source KMA ID"), "sourcekmaid");
  EXPECT_EQ(fold_name("_a-B.9 \t\n{}"), "ab9");
  EXPECT_EQ(fold_name(" -_"), "");
  EXPECT_EQ(fold_name(std::string_view("so\0urce", 7)), "source");
}

TEST(Names, FoldingKeepsBytesAboveAscii) {
  EXPECT_EQ(fold_name("Schl\xC3\xBCssel"), "schl\xC3\xBCssel");
  // U+0130, U+212A KELVIN SIGN: Unicode case folding would make them ASCII; ours must not.
  const NameTable names;
  EXPECT_FALSE(names.find("Source \xE2\x84\xAAMA ID", nullptr));
}

TEST(Names, EverySpellingOfOneNameIsOneParameter) {
  const NameTable names;
  for (const char* spelling :
       {"Source KMA ID", "source_kma_id", "sourceKmaId", "SourceKMAID", "source-kma-id", "SOURCE.KMA.ID",
        " source kma id ", "s o u r c e k m a i d"}) {
    EXPECT_EQ(names.find(spelling, message(0x1401)), Parameter::source_kma_id) << spelling;
  }
}

TEST(Names, APaddedNameMeansTheSameWhateverStandsBehindIt) {
  NameTable names;
  ASSERT_TRUE(names.add_alias(Parameter::session_id, "s"));
  ASSERT_TRUE(names.add_alias(Parameter::response, "exactly_thirty_two_bytes_of_name"));
  for (const std::string name :
       {"", "s", "x", "Key IDs", "key_ids", "Response", "response", "extension", "Session ID",
        "Transit KMA IDs", "transit_kma_ids", "application_source_id", "Application destination ID",
        "application_destination_ie", "Application destanation ID", "exactly_thirty_two_bytes_of_name",
        "exactly_thirty_two_bytes_of_namf", "exactly_thirty_two_bytes_of_name_",
        "a name that is no parameter and longer than any"}) {
    for (const char* behind : {"\":\"a\"", "IDs ID ID IDs ID"}) {
      const std::string padded = name + behind + std::string(NameTable::kPadding, '\0');
      EXPECT_EQ(names.look_up_padded(padded.data(), name.size(), nullptr).id, names.find(name, nullptr))
          << name;
    }
  }
  EXPECT_EQ(names.look_up_padded(std::string(NameTable::kPadding, 's').data(), 1, nullptr).id,
            Parameter::session_id);
}

TEST(Names, WhatIsNotTheNameDoesNotMatch) {
  const NameTable names;
  for (const char* other :
       {"", "_", "Source", "Source KMA", "Source KMA IDs", "Source KMA ID 2", "xSource KMA ID", "Next KMA ID",
        "Transit KMA ID", "Extensions", "Responses", "Number of key", "kma", "id"}) {
    EXPECT_FALSE(names.find(other, message(0x1401))) << other;
  }
}

TEST(Names, AppendixTwoAliases) {
  const NameTable names;
  EXPECT_EQ(names.find("start_km", message(0x410A)), Parameter::source_kma_id);
  EXPECT_EQ(names.find("end_km", message(0x410A)), Parameter::destination_kma_id);
  EXPECT_EQ(names.find("keyrelayrequest_id", message(0x4104)), Parameter::key_relay_request_id);
  EXPECT_EQ(names.find("key_id", message(0x140B)), Parameter::key_ids);
  EXPECT_EQ(names.find("keyIds", message(0x140B)), Parameter::key_ids);
  EXPECT_EQ(names.find("result_code", message(0x140B)), Parameter::response);
  EXPECT_EQ(names.find("resultCode", message(0x140B)), Parameter::response);
  EXPECT_EQ(names.find("error_message", message(0x140B)), Parameter::extension);
}

TEST(Names, KmaIdMeansTheListOfTheMessagesTable) {
  const NameTable names;
  EXPECT_EQ(names.find("kma_id", message(0x4104)), Parameter::transit_kma_ids);
  EXPECT_EQ(names.find("kmaId", message(0x4102)), Parameter::next_kma_ids);
  EXPECT_FALSE(names.find("kma_id", message(0x1401)));
  EXPECT_FALSE(names.find("kma_id", message(0x140D)));
}

TEST(Names, UserAliases) {
  NameTable names;
  EXPECT_FALSE(names.find("srcKma", message(0x1401)));
  EXPECT_TRUE(names.add_alias(Parameter::source_kma_id, "srcKma"));
  EXPECT_EQ(names.find("SRC_KMA", message(0x1401)), Parameter::source_kma_id);
  EXPECT_TRUE(names.add_alias(Parameter::source_kma_id, "src-kma")) << "it means that already";
  EXPECT_FALSE(names.add_alias(Parameter::destination_kma_id, "src kma")) << "it means another";
  EXPECT_EQ(names.find("srcKma", message(0x1401)), Parameter::source_kma_id);
  EXPECT_FALSE(names.add_alias(Parameter::source_kma_id, "--"));
  EXPECT_FALSE(names.add_alias(Parameter::source_kma_id, "Session ID"));
  EXPECT_FALSE(names.add_alias(Parameter::session_id, "kma_id"));
  EXPECT_TRUE(names.add_alias(Parameter::next_kma_ids, "kma_id"));
  EXPECT_EQ(names.find("kma_id", message(0x4104)), Parameter::transit_kma_ids);
}

TEST(Names, ManyAliasesAreFoundHoweverTheyAreSpelt) {
  NameTable names;
  for (int i = 0; i < 300; ++i) {
    const Parameter id = i % 2 == 0 ? Parameter::session_id : Parameter::source_km_id;
    ASSERT_TRUE(names.add_alias(id, "Vendor name " + std::to_string(i)));
  }
  for (int i = 0; i < 300; ++i) {
    const Parameter id = i % 2 == 0 ? Parameter::session_id : Parameter::source_km_id;
    for (const char* before : {"Vendor name ", "vendor_name_", "vendorName", "VENDOR-name-", "v.endor/name"})
      EXPECT_EQ(names.find(before + std::to_string(i), message(0x1406)), id) << before << i;
    EXPECT_FALSE(names.find("vendor_nam" + std::to_string(i), nullptr));
  }
  EXPECT_EQ(names.find("source_kma_id", message(0x1401)), Parameter::source_kma_id);
}

TEST(Names, LongNames) {
  NameTable names;
  const std::string longest(200, 'n');
  EXPECT_FALSE(names.find(longest, nullptr));
  EXPECT_TRUE(names.add_alias(Parameter::extension, longest));
  EXPECT_EQ(names.find(longest, nullptr), Parameter::extension);
  EXPECT_FALSE(names.find(longest + "n", nullptr));
  EXPECT_FALSE(names.find(longest.substr(1), nullptr));
  EXPECT_EQ(names.find("session" + std::string(60000, '_') + "id", nullptr), Parameter::session_id);
}

TEST(Names, OfficialNamesOnly) {
  EXPECT_EQ(NameTable::find_official("Source KMA ID"), Parameter::source_kma_id);
  EXPECT_EQ(NameTable::find_official("numberOfKeys"), Parameter::number_of_keys);
  EXPECT_EQ(NameTable::find_official("extension"), Parameter::extension);
  EXPECT_FALSE(NameTable::find_official("start_km"));
  EXPECT_FALSE(NameTable::find_official(""));
}

}  // namespace
}  // namespace ck::protocol
