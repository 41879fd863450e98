// Lookups in the catalogue. That its rows are those of the Recommendation is proved in tests/conformance.
#include "protocol/catalogue.h"

#include <gtest/gtest.h>

#include <set>

namespace ck::protocol {
namespace {

TEST(Catalogue, OnlyThirteenCodesOfAllAreFound) {
  unsigned found = 0;
  for (unsigned code = 0; code <= 0xFFFF; ++code) {
    const MessageSpec* message = find_message(static_cast<std::uint16_t>(code));
    if (message == nullptr) continue;
    EXPECT_EQ(message->code(), code);
    ++found;
  }
  EXPECT_EQ(found, 13u);
}

TEST(Catalogue, SwappedMeansTheOtherDirectionsDigitsOnly) {
  ASSERT_NE(find_swapped(0x4101), nullptr);
  EXPECT_EQ(find_swapped(0x4101)->code(), 0x1401);
  ASSERT_NE(find_swapped(0x1402), nullptr);
  EXPECT_EQ(find_swapped(0x1402)->code(), 0x4102);
  ASSERT_NE(find_swapped(0x410D), nullptr);
  EXPECT_EQ(find_swapped(0x410D)->code(), 0x140D);
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

TEST(Catalogue, ACodeMeansItsMessageOrTheOneUnderTheOtherDigits) {
  EXPECT_EQ(find_meant(0x410A), find_message(0x410A));
  EXPECT_EQ(find_meant(0x140A), find_message(0x410A));
  EXPECT_EQ(find_meant(0x140E), nullptr);
  EXPECT_EQ(find_meant(0x420A), nullptr);
  unsigned found = 0;
  for (unsigned code = 0; code <= 0xFFFF; ++code)
    found += find_meant(static_cast<std::uint16_t>(code)) != nullptr;
  EXPECT_EQ(found, 26u);
}

TEST(Catalogue, ARelayRequestAnswersAndAsks) {
  ASSERT_NE(find_answered(Command::relay_request), nullptr);
  EXPECT_EQ(find_answered(Command::relay_request)->exchange, Exchange::route);
  ASSERT_NE(find_opened(Command::relay_request), nullptr);
  EXPECT_EQ(find_opened(Command::relay_request)->exchange, Exchange::relay_result);
  EXPECT_EQ(find_answered(Command::relay_notification), nullptr);
  EXPECT_EQ(find_opened(Command::relay_response), nullptr);
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
}  // namespace ck::protocol
