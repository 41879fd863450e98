// The fine print of how values fit. Every row of every table with every JSON type: tests/conformance.
#include <gtest/gtest.h>

#include "protocol/helpers.h"

namespace ck::protocol {
namespace {

Fit fit(std::uint16_t command, const std::string& member) {
  return Decoded(command, "{" + member + "}").first().fit;
}

TEST(Fit, NumberOfKeys) {
  EXPECT_EQ(fit(0x1406, R"("Number of keys":3)"), Fit::listed);
  EXPECT_EQ(fit(0x1406, R"("Number of keys":-3)"), Fit::listed) << "its own rule checks the value";
  EXPECT_EQ(fit(0x1406, R"("Number of keys":"3")"), Fit::variant);
  for (const char* value :
       {"1.0", "1e2", "9223372036854775808", "\"three\"", "\"\"", "\"1.0\"", "true", "[3]", "{}"}) {
    const Decoded decoded(0x1406, "{\"Number of keys\":" + std::string(value) + "}");
    EXPECT_EQ(decoded.first().fit, Fit::wrong) << value;
  }
  EXPECT_EQ(Decoded(0x1406, R"({"Number of keys":1e2})").first().text, "1e2");
}

TEST(Fit, ResponseIsTextInTables5And7And9) {
  for (const std::uint16_t command : {std::uint16_t{0x1405}, std::uint16_t{0x4107}, std::uint16_t{0x1409}}) {
    EXPECT_EQ(fit(command, R"("Response":"ok")"), Fit::listed);
    EXPECT_EQ(fit(command, R"("Response":0)"), Fit::variant);
    EXPECT_EQ(fit(command, R"("result_code":0)"), Fit::listed);
    EXPECT_EQ(fit(command, R"("resultCode":1)"), Fit::listed);
    EXPECT_EQ(fit(command, R"("result_code":"ok")"), Fit::listed);
    EXPECT_EQ(fit(command, R"("Response":[0])"), Fit::wrong);
  }
}

TEST(Fit, ResponseIsAnIntegerInTables11And13) {
  for (const std::uint16_t command : {std::uint16_t{0x140B}, std::uint16_t{0x140D}}) {
    EXPECT_EQ(fit(command, R"("Response":0)"), Fit::listed);
    EXPECT_EQ(fit(command, R"("Response":"ok")"), Fit::variant);
    EXPECT_EQ(fit(command, R"("Response":"0")"), Fit::variant);
    EXPECT_EQ(fit(command, R"("result_code":0)"), Fit::listed);
    EXPECT_EQ(fit(command, R"("result_code":"ok")"), Fit::listed);
    EXPECT_EQ(fit(command, R"("Response":1.0)"), Fit::wrong);
    EXPECT_EQ(fit(command, R"("Response":false)"), Fit::wrong);
  }
}

TEST(Fit, ListsOfKmas) {
  EXPECT_EQ(fit(0x4102, R"("Next KMA IDs":["a"])"), Fit::listed);
  EXPECT_EQ(fit(0x4102, R"("Next KMA IDs":[])"), Fit::listed);
  EXPECT_EQ(fit(0x4102, R"("Next KMA IDs":"a,b")"), Fit::variant);
  EXPECT_EQ(fit(0x4102, R"("kma_id":["a"])"), Fit::listed);
  EXPECT_EQ(fit(0x4104, R"("Transit KMA IDs":["a"])"), Fit::listed);
  EXPECT_EQ(fit(0x4104, R"("Transit KMA IDs":"a;b")"), Fit::listed);
  EXPECT_EQ(fit(0x4104, R"("Transit KMA IDs":"")"), Fit::listed);
  EXPECT_EQ(fit(0x4104, R"("Transit KMA IDs":[])"), Fit::listed);
  for (const char* list :
       {R"(["a",null])", R"([{}])", R"([["a"]])", R"([true])", R"([{"id":"a"}])", R"({"id":"a"})"}) {
    EXPECT_EQ(fit(0x4102, "\"Next KMA IDs\":" + std::string(list)), Fit::wrong) << list;
    EXPECT_EQ(fit(0x4104, "\"Transit KMA IDs\":" + std::string(list)), Fit::wrong) << list;
  }
  EXPECT_EQ(fit(0x4104, R"("Transit KMA IDs":["a",7])"), Fit::variant);
  EXPECT_EQ(fit(0x4104, R"("Transit KMA IDs":["a",""])"), Fit::listed)
      << "an empty identifier is another rule's";
}

TEST(Fit, OnlyTheFaultyElementsOfAListAreWrong) {
  const Decoded decoded(0x4104, R"({"Transit KMA IDs":["a",null,7,{},""]})");
  const auto elements = decoded.payload.elements_of(decoded.first());
  ASSERT_EQ(elements.size(), 5u);
  const Fit expected[] = {Fit::listed, Fit::wrong, Fit::variant, Fit::wrong, Fit::listed};
  const char* const texts[] = {"a", "", "7", "", ""};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(elements[i].fit, expected[i]) << i;
    EXPECT_EQ(elements[i].text, texts[i]);
  }
  EXPECT_EQ(decoded.at(elements[1].range), "null");
}

TEST(Fit, KeyIds) {
  const char* const kString = R"("Key IDs":"k1 k2")";
  const char* const kStrings = R"("Key IDs":["k1","k2"])";
  const char* const kObjects = R"("Key IDs":[{"key_id":"k1"},{"Key ID":"k2"}])";
  EXPECT_EQ(fit(0x140B, kString), Fit::listed);
  EXPECT_EQ(fit(0x140B, kStrings), Fit::variant);
  EXPECT_EQ(fit(0x140B, kObjects), Fit::variant);
  EXPECT_EQ(fit(0x140B, R"("key_id":"k1")"), Fit::listed);
  EXPECT_EQ(fit(0x140B, R"("Key IDs":[])"), Fit::listed) << "a failed reservation has none, and [] is clean";
  EXPECT_EQ(fit(0x140B, R"("Key IDs":"")"), Fit::listed);
  for (const std::uint16_t command : {std::uint16_t{0x410C}, std::uint16_t{0x140D}}) {
    EXPECT_EQ(fit(command, kObjects), Fit::listed);
    EXPECT_EQ(fit(command, kString), Fit::variant);
    EXPECT_EQ(fit(command, kStrings), Fit::variant);
    EXPECT_EQ(fit(command, R"("Key IDs":[{"id":"a"},"b"])"), Fit::variant);
    EXPECT_EQ(fit(command, R"("Key IDs":[])"), Fit::listed);
  }
}

TEST(Fit, AKeyObjectHoldsExactlyOneIdMember) {
  for (const char* good : {R"({"id":"a"})", R"({"KMA-Key-ID":"a"})", R"({"keyID":"a","size":1})",
                           R"({"id":""})", R"({"id":"a","key_id":null})", R"({"id":"a","x":{"id":"b"}})"}) {
    EXPECT_EQ(fit(0x410C, "\"Key IDs\":[" + std::string(good) + "]"), Fit::listed) << good;
  }
  for (const char* bad :
       {R"({})", R"({"id":null})", R"({"id":"a","key_id":"a"})", R"({"name":"a"})", R"({"id":["a"]})",
        R"({"id":{}})", R"({"id":true})", R"({"x":{"id":"b"}})", R"({"id":"a","id":"b"})"}) {
    EXPECT_EQ(fit(0x410C, "\"Key IDs\":[" + std::string(bad) + "]"), Fit::wrong) << bad;
  }
  EXPECT_EQ(fit(0x410C, R"("Key IDs":{"id":"a"})"), Fit::wrong) << "one object is no list";
}

TEST(Fit, Extension) {
  EXPECT_EQ(fit(0x1401, R"("Extension":[{"a":1},{}])"), Fit::listed);
  EXPECT_EQ(fit(0x1401, R"("Extension":[])"), Fit::listed);
  EXPECT_EQ(fit(0x1401, R"("Extension":"text")"), Fit::variant);
  EXPECT_EQ(fit(0x140B, R"("error_message":"text")"), Fit::listed);
  EXPECT_EQ(fit(0x140B, R"("errorMessage":[{"a":1}])"), Fit::listed);
  for (const char* bad :
       {R"({"a":1})", R"([{"a":1},2])", R"(["a"])", R"([null])", R"([[{}]])", "1", "true"}) {
    EXPECT_EQ(fit(0x1401, "\"Extension\":" + std::string(bad)), Fit::wrong) << bad;
  }
  EXPECT_EQ(fit(0x1401, R"("Extension":[{"a":["b"]}])"), Fit::listed) << "what lies deeper is the vendor's";
}

TEST(Fit, ParametersOutsideTheTable) {
  EXPECT_EQ(fit(0x1401, R"("Session ID":"s")"), Fit::listed);
  EXPECT_EQ(fit(0x1401, R"("Session ID":5)"), Fit::listed);
  EXPECT_EQ(fit(0x1401, R"("Session ID":{})"), Fit::wrong);
  EXPECT_EQ(fit(0x1401, R"("Key IDs":["k"])"), Fit::listed);
  EXPECT_EQ(fit(0x1401, R"("Response":"ok")"), Fit::listed);
  EXPECT_EQ(fit(0x1401, R"("Response":1)"), Fit::listed);
  EXPECT_EQ(fit(0x1401, R"("Number of keys":"3")"), Fit::listed);
  EXPECT_EQ(fit(0x1401, R"("Number of keys":null)"), Fit::null);
  EXPECT_EQ(fit(0x1401, R"("nothing of ours":1)"), Fit::none);
  EXPECT_FALSE(Decoded(0x1401, R"({"Session ID":"s"})").first().in_table);
  EXPECT_TRUE(Decoded(0x1401, R"({"Source KMA ID":null})").first().in_table);
}

}  // namespace
}  // namespace ck::protocol
