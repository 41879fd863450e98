// What decoding gives beside fits: byte ranges, names, duplicates, integers, nodes, list elements.
#include <gtest/gtest.h>

#include "protocol/helpers.h"

namespace ck::protocol {
namespace {

using Texts = std::vector<std::string>;

TEST(Payload, RangesCountedByHand) {
  //                    0         1         2         3         4         5
  //                    0123456789012345678901234567890123456789012345678901234567
  const Decoded decoded(0x4108, R"( {"Session ID" : "s1" , "Number of keys": 12 ,"x":[ 1 ]} )");
  ASSERT_EQ(decoded.payload.members.size(), 3u);
  const auto& members = decoded.payload.members;
  EXPECT_EQ(members[0].name_range, (ByteRange{2, 12}));
  EXPECT_EQ(members[0].range, (ByteRange{17, 4}));
  EXPECT_EQ(members[1].name_range, (ByteRange{24, 16}));
  EXPECT_EQ(members[1].range, (ByteRange{42, 2}));
  EXPECT_EQ(members[2].name_range, (ByteRange{46, 3}));
  EXPECT_EQ(members[2].range, (ByteRange{50, 5}));
  ASSERT_EQ(decoded.payload.nodes_of(members[2]).size(), 1u);
  EXPECT_EQ(decoded.payload.nodes_of(members[2])[0].range, (ByteRange{52, 1}));
}

TEST(Payload, RangesHoldTheirOwnBytesOnly) {
  const Decoded decoded(0x4104,
                        "{\"a\":\"x\\\"y\\\\\" ,\"b\": -1.5e+3 ,\"c\":true\n,\"d\": null ,\"e\":{ \"f\" : [ "
                        "[ ] ] } ,\"g\":[\t]}");
  const char* const expected[] = {R"("x\"y\\")", "-1.5e+3", "true", "null", R"({ "f" : [ [ ] ] })", "[\t]"};
  const char* const names[] = {"\"a\"", "\"b\"", "\"c\"", "\"d\"", "\"e\"", "\"g\""};
  ASSERT_EQ(decoded.payload.members.size(), std::size(expected));
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ(decoded.at(decoded.payload.members[i].range), expected[i]);
    EXPECT_EQ(decoded.at(decoded.payload.members[i].name_range), names[i]);
  }
}

TEST(Payload, TextIsUnescapedOrAsOnTheWire) {
  const Decoded decoded(0x1401, R"({"a\tb":"\u00e9\n","n":-0.10,"t":true,"z":null,"l":[1],"o":{}})");
  const auto& members = decoded.payload.members;
  ASSERT_EQ(members.size(), 6u);
  EXPECT_EQ(members[0].name, "a\tb");
  EXPECT_EQ(members[0].text, "\xC3\xA9\n");
  EXPECT_EQ(members[1].text, "-0.10");
  EXPECT_EQ(members[2].text, "true");
  EXPECT_EQ(members[3].text, "null");
  EXPECT_EQ(members[4].text, "");
  EXPECT_EQ(members[5].text, "");
}

TEST(Payload, AnEscapedNameIsMatchedAfterUnescaping) {
  const Decoded decoded(0x1401, R"({"\u0053ource\u0020KMA\tID":"a"})");
  EXPECT_EQ(decoded.first().id, Parameter::source_kma_id);
  EXPECT_EQ(decoded.first().name, "Source KMA\tID");
}

TEST(Payload, TheFirstOfADuplicateCounts) {
  const Decoded decoded(0x1401, R"({"Source KMA ID":"a","source_kma_id":"b","start_km":"c","x":1,"x":2})");
  const auto& members = decoded.payload.members;
  ASSERT_EQ(members.size(), 5u);
  EXPECT_FALSE(members[0].duplicate);
  EXPECT_TRUE(members[1].duplicate);
  EXPECT_TRUE(members[2].duplicate);
  EXPECT_FALSE(members[4].duplicate) << "not a parameter of Q.4164";
  ASSERT_NE(decoded.payload.find(Parameter::source_kma_id), nullptr);
  EXPECT_EQ(decoded.payload.find(Parameter::source_kma_id)->text, "a");
}

TEST(Payload, ANullThatStandsFirstCountsAsAbsent) {
  const Decoded decoded(0x1401, R"({"Source KMA ID":null,"source_kma_id":"b"})");
  EXPECT_EQ(decoded.payload.find(Parameter::source_kma_id), nullptr);
  EXPECT_TRUE(decoded.payload.members[1].duplicate);
  EXPECT_EQ(decoded.payload.find(Parameter::session_id), nullptr);
}

TEST(Payload, Integers) {
  const std::pair<const char*, std::optional<std::int64_t>> cases[] = {
      {"0", 0},
      {"-0", 0},
      {"7", 7},
      {"-7", -7},
      {"9223372036854775807", INT64_MAX},
      {"-9223372036854775808", INT64_MIN},
      {"9223372036854775808", {}},
      {"-9223372036854775809", {}},
      {"1.0", {}},
      {"1e2", {}},
      {"1E0", {}},
      {"-0.0", {}},
      {"\"3\"", 3},
      {"\"-3\"", -3},
      {"\"007\"", 7},
      {"\"\"", {}},
      {"\"3.0\"", {}},
      {"\"+3\"", {}},
      {"\" 3\"", {}},
      {"\"3 keys\"", {}},
      {"\"9223372036854775808\"", {}},
      {"true", {}},
      {"null", {}},
      {"[3]", {}},
  };
  for (const auto& [value, expected] : cases) {
    const Decoded decoded(0x1406, "{\"Number of keys\":" + std::string(value) + "}");
    EXPECT_EQ(decoded.first().integer, expected) << value;
  }
  EXPECT_EQ(Decoded(0x140B, R"({"Response":"1"})").first().integer, 1);
  EXPECT_EQ(Decoded(0x140B, R"({"Session ID":"1"})").first().integer, std::nullopt);
  EXPECT_EQ(Decoded(0x140B, R"({"Session ID":1})").first().integer, 1);
  EXPECT_EQ(Decoded(0x140B, R"({"x":1})").first().integer, 1);
}

TEST(Payload, NodesInDocumentOrderWithTheirDepth) {
  const Decoded decoded(0x1401, R"({"Extension":[{"a":1,"b":["x",null]},{}],"y":{"z":true}})");
  const auto& nodes = decoded.payload.nodes;
  ASSERT_EQ(decoded.payload.members.size(), 2u);
  ASSERT_EQ(nodes.size(), 7u);
  const unsigned depths[] = {1, 2, 2, 3, 3, 1, 1};
  const char* const wires[] = {
      R"({"a":1,"b":["x",null]})", "1", R"(["x",null])", "\"x\"", "null", "{}", "true"};
  const char* const names[] = {"", "a", "b", "", "", "", "z"};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    EXPECT_EQ(nodes[i].depth, depths[i]) << i;
    EXPECT_EQ(decoded.at(nodes[i].range), wires[i]);
    EXPECT_EQ(nodes[i].name, names[i]);
    EXPECT_EQ(nodes[i].named, names[i][0] != '\0');
  }
  EXPECT_EQ(decoded.at(nodes[1].name_range), "\"a\"");
  EXPECT_EQ(decoded.payload.members[0].node_count, 6u);
  EXPECT_EQ(decoded.payload.members[1].first_node, 6u);
}

TEST(Payload, ElementsOfAnArrayOfStrings) {
  const Decoded decoded(0x4102, R"({"Next KMA IDs":["KMA-1", "K,2" ,"","\u0041"]})");
  const Member& list = decoded.first();
  EXPECT_EQ(decoded.elements(list), (Texts{"KMA-1", "K,2", "", "A"}));
  const auto elements = decoded.payload.elements_of(list);
  EXPECT_EQ(decoded.at(elements[0].range), "\"KMA-1\"");
  EXPECT_EQ(decoded.at(elements[1].range), "\"K,2\"");
  EXPECT_EQ(decoded.at(elements[2].range), "\"\"");
  EXPECT_EQ(decoded.at(elements[3].range), "\"\\u0041\"");
}

TEST(Payload, AStringSplitsOnCommaSemicolonAndWhiteSpace) {
  const std::pair<const char*, Texts> cases[] = {
      {R"("a")", {"a"}},
      {R"("a,b;c d")", {"a", "b", "c", "d"}},
      {R"(" a ,, b ; ")", {"a", "b"}},
      {R"("")", {}},
      {R"(" , ; ")", {}},
      {R"("a\tb\nc\rd")", {"a", "b", "c", "d"}},
      {R"("a\u002cb")", {"a", "b"}},
      {R"("a:b/c|d")", {"a:b/c|d"}},
      {"\"\xC3\xA9,\xC3\xA8\"", {"\xC3\xA9", "\xC3\xA8"}},
  };
  for (const auto& [value, expected] : cases) {
    const Decoded decoded(0x4104, "{\"Transit KMA IDs\":" + std::string(value) + "}");
    EXPECT_EQ(decoded.elements(decoded.first()), expected) << value;
  }
}

TEST(Payload, PartsOfASplitStringKnowTheirBytes) {
  const Decoded decoded(0x4104, R"({"Transit KMA IDs":"K\u00e9\u0041, \"b\" ;\ud83d\ude00\tz"})");
  const auto elements = decoded.payload.elements_of(decoded.first());
  ASSERT_EQ(elements.size(), 4u);
  EXPECT_EQ(elements[0].text,
            "K\xC3\xA9"
            "A");
  EXPECT_EQ(decoded.at(elements[0].range), R"(K\u00e9\u0041)");
  EXPECT_EQ(elements[1].text, "\"b\"");
  EXPECT_EQ(decoded.at(elements[1].range), R"(\"b\")");
  EXPECT_EQ(decoded.at(elements[2].range), R"(\ud83d\ude00)");
  EXPECT_EQ(decoded.at(elements[3].range), "z");
}

TEST(Payload, KeysAsObjects) {
  const Decoded decoded(
      0x410C,
      R"({"Key IDs":[{"Key ID":"a"},{"key_id":"b","size":256},{"id":"c"},{"kma_key_id":"d"},{"keyId":7}]})");
  EXPECT_EQ(decoded.elements(decoded.first()), (Texts{"a", "b", "c", "d", "7"}));
  const auto elements = decoded.payload.elements_of(decoded.first());
  EXPECT_EQ(decoded.at(elements[1].range), R"({"key_id":"b","size":256})");
  EXPECT_EQ(elements[3].fit, Fit::listed);
  EXPECT_EQ(elements[4].fit, Fit::variant) << "a number where a string is listed";
}

TEST(Payload, AnUnknownMessageStillHasIdsElementsAndIntegers) {
  const Decoded decoded(0, R"({"Session ID":"s","kma_id":["a","b"],"Number of keys":"4","q":1,"z":null})");
  const auto& members = decoded.payload.members;
  EXPECT_EQ(members[0].id, Parameter::session_id);
  EXPECT_EQ(decoded.elements(members[1]), (Texts{"a", "b"}));
  EXPECT_EQ(members[2].integer, 4);
  for (const Member& member : members) {
    EXPECT_EQ(member.fit, Fit::none);
    EXPECT_FALSE(member.in_table);
  }
}

TEST(Payload, ContentTest) {
  const NameTable names;
  Payload scratch;
  bool has_parameter = false;
  EXPECT_TRUE(is_json_object(as_bytes(R"( {"session_id":1} )"), names, scratch, has_parameter));
  EXPECT_TRUE(has_parameter);
  EXPECT_TRUE(is_json_object(as_bytes(R"({"a":{"session_id":1}})"), names, scratch, has_parameter));
  EXPECT_FALSE(has_parameter) << "a member of the payload's object is meant";
  EXPECT_TRUE(is_json_object(as_bytes("{}"), names, scratch, has_parameter));
  EXPECT_FALSE(has_parameter);
  EXPECT_FALSE(is_json_object(as_bytes(R"({"session_id":1}x)"), names, scratch, has_parameter));
  EXPECT_FALSE(has_parameter);
  EXPECT_FALSE(is_json_object(as_bytes(R"(["session_id"])"), names, scratch, has_parameter));
}

}  // namespace
}  // namespace ck::protocol
