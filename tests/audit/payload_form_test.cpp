// The rules that one payload decides by itself, of what is there: values, types, names and JSON, in both
// forms of Ck, and how a finding says what it found. Payloads and expectations are typed by hand as
// payload_rules_test's are.
#include "checked_payload.h"

namespace ck::audit {
namespace {

using namespace std::string_literals;

TEST(PayloadForm, EmptyIdentifiersInEveryPlace) {
  EXPECT_EQ(found(0x410A, R"({"Source KMA ID":"","Destination KMA ID":"","Application destination ID":""})"),
            (Findings{"empty-identifier: Application destination ID", "empty-identifier: Destination KMA ID",
                      "empty-identifier: Source KMA ID"}));
  EXPECT_EQ(found(0x1405, R"({"Response":"ok","Key relay request ID":""})"),
            Findings{"empty-identifier: Key relay request ID"});
  EXPECT_EQ(found(0x140D, R"({"Response":0,"Key IDs":[{"Key ID":"K"},{"Key ID":""},{"Key ID":""}]})"),
            Findings{"empty-identifier: Key IDs"})
      << "once for the parameter";
}

TEST(PayloadForm, WhatIsNoEmptyIdentifier) {
  EXPECT_EQ(found(0x1405, R"({"Response":""})"), Findings{}) << "Response is no identifier";
  EXPECT_EQ(found(0x1401, R"({"Destination KMA ID":" "})"), Findings{}) << "white space is a value";
  EXPECT_EQ(found(0x1401, R"({"Destination KMA ID":"D","Extension":[{"id":""}]})"), Findings{});
}

TEST(PayloadForm, WrongTypes) {
  EXPECT_EQ(found(0x1401, R"({"Destination KMA ID":true})"), Findings{"wrong-type: Destination KMA ID"});
  for (const char* value : {"1.0", "1e2", "9223372036854775808", "\"ten\"", "[]", "true"}) {
    EXPECT_EQ(
        found(0x1406, R"({"Application source ID":"X","Application destination ID":"Y","Number of keys":)"s +
                          value + "}"),
        Findings{"wrong-type: Number of keys"})
        << value;
  }
  EXPECT_EQ(found(0x140D, R"({"Response":1.0})"), Findings{"wrong-type: Response"});
  for (const char* value : {"null", "{}", "[]", "true"}) {
    EXPECT_EQ(found(0x4102, R"({"Next KMA IDs":["B",)"s + value + "]}"), Findings{"wrong-type: Next KMA IDs"})
        << value;
  }
}

TEST(PayloadForm, WrongTypeOnceForAParameter) {
  EXPECT_EQ(found(0x4102, R"({"Next KMA IDs":[null,null,{}]})"), Findings{"wrong-type: Next KMA IDs"});
  EXPECT_EQ(found(0x140D, R"({"Response":0,"Key IDs":[{"Key ID":"K"},{"id":"K","key_id":"L"},{}]})"),
            Findings{"wrong-type: Key IDs"});
}

TEST(PayloadForm, ExtensionForms) {
  const std::string start = R"({"Destination KMA ID":"D","Extension":)";
  EXPECT_EQ(found(0x1401, start + R"([{"a":1},{"b":[]}]})"), Findings{});
  EXPECT_EQ(found(0x1401, start + R"({"a":1}})"), Findings{"wrong-type: Extension"});
  EXPECT_EQ(found(0x1401, start + R"([{"a":1},5]})"), Findings{"wrong-type: Extension"});
  EXPECT_EQ(found(0x1401, start + R"(5})"), Findings{"wrong-type: Extension"});
  EXPECT_EQ(found(0x1401, start + R"("text"})"), Findings{"type-variant: Extension"});
  EXPECT_EQ(found(0x140D, R"({"Response":0,"error_message":"none"})"), Findings{});
}

TEST(PayloadForm, TypeVariants) {
  EXPECT_EQ(found(0x1401, R"({"Destination KMA ID":42})"), Findings{"type-variant: Destination KMA ID"});
  EXPECT_EQ(found(0x4102, R"({"Next KMA IDs":"B"})"), Findings{"type-variant: Next KMA IDs"});
  EXPECT_EQ(found(0x4102, R"({"Next KMA IDs":["B",7]})"), Findings{"type-variant: Next KMA IDs"});
  EXPECT_EQ(found(0x4104, R"({"Transit KMA IDs":["B"]})"), Findings{}) << "both forms are silent";
  EXPECT_EQ(found(0x1405, R"({"Response":0})"), Findings{"type-variant: Response"});
  EXPECT_EQ(found(0x1405, R"({"result_code":0})"), Findings{}) << "Appendix II's spelling";
  EXPECT_EQ(found(0x140D, R"({"Response":"success"})"), Findings{"type-variant: Response"});
  EXPECT_EQ(found(0x1406,
                  R"({"Application source ID":"X","Application destination ID":"Y","Number of keys":"10"})"),
            Findings{"type-variant: Number of keys"});
  EXPECT_EQ(found(0x140B, R"({"Response":0,"Key IDs":[{"Key ID":"K1"}]})"),
            Findings{"type-variant: Key IDs"});
  EXPECT_EQ(found(0x140D, R"({"Response":0,"Key IDs":["K1"]})"), Findings{"type-variant: Key IDs"});
  EXPECT_EQ(found(0x140D, R"({"Response":0,"Key IDs":"K1"})"), Findings{"type-variant: Key IDs"});
}

TEST(PayloadForm, DuplicatesWhateverTheSpelling) {
  const Told result = run(0x1401, R"({"Destination KMA ID":"D","destination_kma_id":"","end_km":true})");
  EXPECT_EQ(result.findings,
            (Findings{"duplicate-parameter: Destination KMA ID", "duplicate-parameter: Destination KMA ID"}))
      << "the first counts: the others' values are not checked";
  EXPECT_EQ(result.kept_of(Rule::duplicate_parameter), 0);
  EXPECT_EQ(found(0x1401, R"({"Destination KMA ID":"","DestinationKmaId":"D"})"),
            (Findings{"duplicate-parameter: Destination KMA ID", "empty-identifier: Destination KMA ID"}));
  EXPECT_EQ(found(0x1401, R"({"Destination KMA ID":"D","Extension":[{"a":1,"a":2}]})"), Findings{});
}

TEST(PayloadForm, UnexpectedParameters) {
  EXPECT_EQ(found(0x1401, R"({"Destination KMA ID":"D","Session ID":"","Number of keys":0})"),
            (Findings{"unexpected-parameter: Number of keys", "unexpected-parameter: Session ID"}))
      << "one for each member; their values are not checked";
  EXPECT_EQ(found(0x1401, R"({"Destination KMA ID":"D","Session ID":null})"), Findings{})
      << "null counts as absent";
  EXPECT_EQ(found(0x1401, R"({"Destination KMA ID":"D","Session ID":"S","session_id":"S"})"),
            (Findings{"duplicate-parameter: Session ID", "unexpected-parameter: Session ID",
                      "unexpected-parameter: Session ID"}));
}

TEST(PayloadForm, UnknownParameters) {
  EXPECT_EQ(
      found(0x1401, R"({"Destination KMA ID":"D","priority":1,"prio":null,"priority":2})"),
      (Findings{"unknown-parameter: prio", "unknown-parameter: priority", "unknown-parameter: priority"}));
  EXPECT_EQ(found(0x1401, R"({"Destination KMA ID":"D","Extension":[{"priority":1}]})"), Findings{});
}

TEST(PayloadForm, NumberOfKeys) {
  const std::string start =
      R"({"Application source ID":"X","Application destination ID":"Y","Number of keys":)";
  EXPECT_EQ(found(0x1406, start + "0}"), Findings{"invalid-number-of-keys: Number of keys"});
  EXPECT_EQ(found(0x1406, start + "-1}"), Findings{"invalid-number-of-keys: Number of keys"});
  EXPECT_EQ(found(0x1406, start + "\"0\"}"),
            (Findings{"invalid-number-of-keys: Number of keys", "type-variant: Number of keys"}));
  EXPECT_EQ(run(0x1406, start + "1}").kept_of(Rule::invalid_number_of_keys), 1);
  EXPECT_EQ(run(0x1406, start + "null}").kept_of(Rule::invalid_number_of_keys), 0);
}

TEST(PayloadForm, UnknownResultCodes) {
  for (const char* value : {"2", "-1", "200"})
    EXPECT_EQ(found(0x140D, R"({"Response":)"s + value + "}"), Findings{"unknown-result-code: Response"})
        << value;
  for (const char* value : {"0", "1"})
    EXPECT_EQ(run(0x140D, R"({"Response":)"s + value + "}").kept_of(Rule::unknown_result_code), 1) << value;
  EXPECT_EQ(run(0x1405, R"({"Response":"success"})").kept_of(Rule::unknown_result_code), 0) << "no integer";
}

// Tables 5, 7 and 9 list a text, and a numeral there is the reason; Tables 11 and 13 list an integer.
TEST(PayloadForm, NumeralIsACodeOnlyWhereAnIntegerIsListed) {
  for (const char* value : {R"("2")", R"("-1")", R"("0")"}) {
    const Told told = run(0x1405, R"({"Response":)"s + value + "}");
    EXPECT_EQ(told.findings, Findings{}) << value;
    EXPECT_EQ(told.kept_of(Rule::unknown_result_code), 0) << value;
  }
  EXPECT_EQ(found(0x1405, R"({"Response":"2","priority":1})"), Findings{"unknown-parameter: priority"});
  EXPECT_EQ(found(0x1405, R"({"Response":2})"),
            (Findings{"type-variant: Response", "unknown-result-code: Response"}));
  EXPECT_EQ(found(0x140D, R"({"Response":"2"})"),
            (Findings{"type-variant: Response", "unknown-result-code: Response"}));
}

TEST(PayloadForm, KeyMaterial) {
  const std::string hex(32, 'a');
  const Told result = run(0x1401, R"({"Destination KMA ID":"D","Extension":[{"key":")" + hex + "\"}]}");
  EXPECT_EQ(result.findings, Findings{"possible-key-material: key"});
  EXPECT_FALSE(holds(result.texts[0], hex)) << "a report must not spread a key";
  EXPECT_EQ(found(0x1401, R"({"Destination KMA ID":"D","Extension":[{"key_id":")" + hex + "\"}]}"),
            Findings{});
  EXPECT_EQ(found(0x1401, R"({"Destination KMA ID":"D","Extension":[{"key":")" + hex.substr(1) + "\"}]}"),
            Findings{});
}

TEST(PayloadForm, MalformedPayloadAndNoParameterRuleThen) {
  for (const std::string& json : {""s, " "s, "{"s, "{'a':1}"s, "{\"a\":NaN}"s, "{} {}"s, "\xEF\xBB\xBF{}"s,
                                  "{\"a\":007}"s, "{\"\xFF\":1}"s, "{\"a\":1,}"s}) {
    const Told result = run(0x4108, json);
    EXPECT_EQ(result.findings, Findings{"malformed-payload"}) << json;
    EXPECT_EQ(result.kept_count, (std::array<int, kRuleCount>{})) << json;
    EXPECT_EQ(result.undecidable_count, (std::array<int, kRuleCount>{})) << json;
  }
}

TEST(PayloadForm, PayloadNotObjectAndNoParameterRuleThen) {
  for (const char* json : {"[]", "\"x\"", "5", "true", "null", R"([{"Session ID":"S"}])"}) {
    const Told result = run(0x4108, json);
    EXPECT_EQ(result.findings, Findings{"payload-not-object"}) << json;
    EXPECT_EQ(result.kept_of(Rule::malformed_payload), 1) << json;
    EXPECT_EQ(result.kept_of(Rule::unknown_parameter), 0) << json;
  }
}

TEST(PayloadForm, NestingUpTo64Levels) {
  const auto nested = [](std::size_t arrays) {
    return R"({"Destination KMA ID":"D","x":)" + std::string(arrays, '[') + std::string(arrays, ']') + "}";
  };
  EXPECT_EQ(found(0x1401, nested(63)), Findings{"unknown-parameter: x"});
  EXPECT_EQ(found(0x1401, nested(64)), Findings{"malformed-payload"});
}

TEST(PayloadForm, GrpcLeavesZerosOut) {
  const auto grpc = [](std::uint16_t command, const std::string& json) {
    return found(command, json, kNamedNoApplication, Over::grpc);
  };
  EXPECT_EQ(grpc(0x1405, "{}"), Findings{}) << "an absent result_code is 0";
  EXPECT_EQ(grpc(0x4104, "{}"), Findings{}) << "an absent list is empty: a direct route";
  EXPECT_EQ(grpc(0x4102, "{}"), Findings{"no-next-hop: Next KMA IDs"});
  EXPECT_EQ(grpc(0x140B, "{}"), Findings{"reservation-without-keys: Key IDs"});
  EXPECT_EQ(grpc(0x140B, R"({"result_code":1})"), Findings{});
  EXPECT_EQ(grpc(0x410A, "{}"),
            (Findings{"missing-parameter: Destination KMA ID", "missing-parameter: Source KMA ID"}));
  EXPECT_EQ(grpc(0x410C, R"({"start_km":"A","end_km":"D"})"), Findings{"missing-parameter: Key IDs"});
  EXPECT_EQ(grpc(0x1403, R"({"start_km":"A"})"), Findings{"missing-destination"});
}

TEST(PayloadForm, GrpcHasNoTypeVariants) {
  const Told result =
      run(0x410C, R"({"start_km":"A","end_km":"D","key_id":"K1"})", kNamedNoApplication, Over::grpc);
  EXPECT_EQ(result.findings, Findings{});
  EXPECT_EQ(result.kept_of(Rule::type_variant), 0);
  EXPECT_EQ(result.kept_of(Rule::wrong_type), 1);
}

TEST(PayloadTexts, SayFoundAndExpected) {
  EXPECT_EQ(text(0x1401, R"({"Destination KMA ID":42})"),
            "Destination KMA ID is a number (42); Table 1 lists String");
  EXPECT_EQ(text(0x4102, R"({"Next KMA IDs":["B",{"a":1}]})"),
            "Next KMA IDs, element 2 of 2, is an object ({\"a\":1}); Table 2 lists Array of string");
  EXPECT_EQ(text(0x4102, R"({"Next KMA IDs":["B",null]})"),
            "Next KMA IDs, element 2 of 2, is null; Table 2 lists Array of string");
  EXPECT_TRUE(
      holds(text(0x1409, R"({"Response":"ok","Session ID":null})"), "null, which counts as absent; Table 9"));
  EXPECT_TRUE(holds(text(0x410A, R"({"Source KMA ID":"A","Destination KMA ID":"D","Number of keys":1})"),
                    "only Table 6, 8"));
  EXPECT_TRUE(holds(text(0x140B, R"({"Response":1,"Key IDs":"K1,K2"})"), "names 2 keys, the first K1"));
}

TEST(PayloadTexts, SayHowLongAKeyIsWithoutItsQuotesAndEscapes) {
  const std::string hex(31, 'a'), before = R"({"Destination KMA ID":"D","Extension":[{"key":")";
  EXPECT_TRUE(holds(text(0x1401, before + hex + "b\"}]}"), "\"key\" holds 32 bytes"));
  EXPECT_TRUE(holds(text(0x1401, before + hex + "\\u0062\"}]}"), "\"key\" holds 32 bytes"));
  const std::string digits(32, '7');
  EXPECT_TRUE(holds(text(0x1401, R"({"Destination KMA ID":"D","Extension":[{"key":)" + digits + "}]}"),
                    "\"key\" holds 32 bytes"))
      << "a number has no quotes";
}

/// Of two equal names in JSON the first counts, of a field that is there twice in protobuf the last one.
TEST(PayloadTexts, SayWhichOfTwoCounts) {
  const std::string json = R"({"Destination KMA ID":"D","end_km":"E"})";
  EXPECT_TRUE(holds(text(0x1401, json), "here spelt \"end_km\"; the first one counts"));
  static const NameTable names;
  Payload payload;
  const Bytes bytes(reinterpret_cast<const std::uint8_t*>(json.data()), json.size());
  Message message;
  message.command = 0x1401;
  message.spec = find_message(message.command);
  decode_payload(bytes, message.spec, names, payload);
  ASSERT_EQ(payload.members.size(), 2U);
  std::swap(payload.members[0].duplicate, payload.members[1].duplicate);  // as protobuf is decoded
  payload.first[static_cast<std::size_t>(Parameter::destination_kma_id)] = 2;
  message.payload = &payload;
  message.payload_bytes = bytes;
  const Told told(check_payload(message, kNamedNoApplication));
  ASSERT_EQ(told.texts.size(), 1U);
  EXPECT_TRUE(holds(told.texts[0], "here spelt \"Destination KMA ID\"; the last one counts"))
      << told.texts[0];
}

TEST(PayloadTexts, NameTheSlip) {
  const std::string header("\x00\x01\x00\x00\x00\x02\x14\x01\x00\x1c", 10);
  EXPECT_TRUE(holds(text(0x1401, "{}" + header), "Length seems to include the header"));
  EXPECT_FALSE(holds(text(0x1401, "{}" + header.substr(0, 7)), "Length seems to include the header"));
  EXPECT_TRUE(holds(text(0x1401, "{}"s + '\0'), "Length seems to count a terminating zero"));
  EXPECT_TRUE(holds(text(0x1401, ""), "empty"));
  EXPECT_TRUE(holds(text(0x1401, "\xFF\xFE{\0}\0"s), "UTF-16"));
  EXPECT_TRUE(holds(text(0x1401, "{\0}\0"s), "UTF-16"));
  EXPECT_TRUE(holds(text(0x1401, "\xEF\xBB\xBF{}"), "byte order mark"));
  EXPECT_TRUE(holds(text(0x1401, "{'a':1}"), "double quotes"));
  EXPECT_TRUE(holds(text(0x1401, R"({"Destination KMA ID":"Z)"s + "\xC3\xBC" + "rich\""),
                    "characters instead of bytes"));
  EXPECT_TRUE(holds(text(0x1401, R"({"Destination KMA ID":"D")"), "Length seems too small"));
  EXPECT_TRUE(holds(text(0x1401, R"("{\"a\":1}")"), "encoded twice"));
}

TEST(PayloadTexts, ClipLongValuesBetweenCharacters) {
  std::string wide;
  for (int i = 0; i < 70; ++i) wide += "\xC3\xBC";  // u with diaeresis, two bytes
  const std::string clipped = text(0x1401, "{\"Destination KMA ID\":[\"" + wide + "\"]}");
  EXPECT_TRUE(holds(clipped, wide.substr(0, 2 * 62) + "..."));
  EXPECT_FALSE(holds(clipped, wide.substr(0, 2 * 63)));
}

}  // namespace
}  // namespace ck::audit
