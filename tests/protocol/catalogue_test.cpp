// Lookups in the catalogue. That its rows are those of the Recommendation is proved in tests/conformance.
#include "protocol/catalogue.h"

#include <gtest/gtest.h>

#include <set>

namespace ck {
namespace {

TEST(Catalogue, OnlyThirteenCodesOfAllAreFound) {
  unsigned found = 0;
  for (unsigned code = 0; code <= 0xFFFF; ++code) {
    const MessageSpec* message = find_message(static_cast<std::uint16_t>(code));
    if (message == nullptr) continue;
    EXPECT_EQ(message->command, code);
    ++found;
  }
  EXPECT_EQ(found, 13u);
}

TEST(Catalogue, SwappedMeansTheOtherDirectionsDigitsOnly) {
  ASSERT_NE(find_swapped(0x4101), nullptr);
  EXPECT_EQ(find_swapped(0x4101)->command, 0x1401);
  ASSERT_NE(find_swapped(0x1402), nullptr);
  EXPECT_EQ(find_swapped(0x1402)->command, 0x4102);
  ASSERT_NE(find_swapped(0x410D), nullptr);
  EXPECT_EQ(find_swapped(0x410D)->command, 0x140D);
  const std::uint16_t others[] = {0x1401, 0x4102, 0x140E, 0x4100, 0x1400, 0x4201, 0x0001, 0x41FF};
  for (const std::uint16_t code : others) {
    EXPECT_EQ(find_swapped(code), nullptr) << std::hex << code;
  }
  unsigned found = 0;
  for (unsigned code = 0; code <= 0xFFFF; ++code) {
    if (find_swapped(static_cast<std::uint16_t>(code)) != nullptr) ++found;
  }
  EXPECT_EQ(found, 13u);
}

TEST(Catalogue, DirectionDigits) {
  EXPECT_TRUE(has_direction_digits(0x1400));
  EXPECT_TRUE(has_direction_digits(0x41FF));
  EXPECT_FALSE(has_direction_digits(0x4001));
  EXPECT_FALSE(has_direction_digits(0x0114));
}

TEST(Catalogue, AnswersPointAtEachOther) {
  for (const MessageSpec& message : messages()) {
    if (message.answered_by != 0) {
      const MessageSpec* answer = find_message(message.answered_by);
      ASSERT_NE(answer, nullptr);
      EXPECT_EQ(answer->answers, message.command);
    }
    if (message.answers != 0) {
      const MessageSpec* request = find_message(message.answers);
      ASSERT_NE(request, nullptr);
      EXPECT_EQ(request->answered_by, message.command);
      EXPECT_NE(request->command >> 8, message.command >> 8) << "an answer goes the other way";
    }
  }
}

TEST(Catalogue, FieldsAndNamesAreUnique) {
  std::set<std::string_view> names, fields;
  for (const ParameterSpec& spec : parameters()) {
    EXPECT_TRUE(names.insert(spec.name).second);
    EXPECT_TRUE(fields.insert(spec.field).second);
    EXPECT_EQ(&parameter(spec.id), &spec);
  }
}

TEST(Catalogue, FindsARowOnlyInItsTable) {
  const MessageSpec* notification = find_message(0x4108);
  ASSERT_NE(notification, nullptr);
  ASSERT_NE(notification->find(Parameter::number_of_keys), nullptr);
  EXPECT_EQ(notification->find(Parameter::number_of_keys)->presence, Presence::optional);
  EXPECT_EQ(notification->find(Parameter::destination_km_id), nullptr);
}

}  // namespace
}  // namespace ck
