// RFC 8259, accept and reject, case by case; and jsoncpp as a second opinion on values.
#include <gtest/gtest.h>
#include <json/json.h>

#include "protocol/helpers.h"
#include "protocol/json_cases.h"

namespace ck::protocol {
namespace {

using namespace std::literals;

TEST(Json, AcceptsEveryGoodValue) {
  for (const std::string& value : kGoodValues) {
    for (const auto& around : kAround) {
      const Decoded decoded(0x1401, around[0] + value + around[1]);
      EXPECT_EQ(decoded.payload.state, PayloadState::object) << decoded.wire << ": " << decoded.payload.error;
      EXPECT_TRUE(decoded.payload.error.empty());
    }
  }
}

TEST(Json, RejectsEveryBadValue) {
  for (const std::string& value : kBadValues) {
    for (const auto& around : kAround) {
      // Nothing between "[" and "]" is an array, and brackets that close early may close what is around.
      if (value.empty() && around[0] == std::string("{\"m\":[")) continue;
      const Decoded decoded(0x1401, around[0] + value + around[1]);
      EXPECT_EQ(decoded.payload.state, PayloadState::malformed) << decoded.wire;
      EXPECT_FALSE(decoded.payload.error.empty());
      EXPECT_LE(decoded.payload.error_offset, decoded.wire.size());
      EXPECT_TRUE(decoded.payload.members.empty());
    }
  }
}

TEST(Json, ARawControlCharacterIsToldWhereItStands) {
  for (const std::string& text : {"{\"a\":\"xy\n\"}"s, "{\"a\":\"x\\\n\"}"s, "{\"a\":\"x\\\0\"}"s}) {
    const Decoded decoded(0x1401, text);
    EXPECT_EQ(decoded.payload.error, "a raw control character in a string");
    EXPECT_EQ(decoded.payload.error_offset, 8u) << text;
  }
}

TEST(Json, ValuesThatAreNoObject) {
  for (const std::string& value : kGoodValues) {
    if (value[0] == '{') continue;
    for (const std::string& text : {value, " \t\r\n" + value + "\n"}) {
      const Decoded decoded(0x1401, text);
      EXPECT_EQ(decoded.payload.state, PayloadState::not_object) << text << ": " << decoded.payload.error;
      EXPECT_FALSE(decoded.payload.error.empty());
      EXPECT_TRUE(decoded.payload.members.empty());
    }
  }
}

TEST(Json, BadValuesAloneAreMalformed) {
  for (const std::string& value : kBadValues) {
    const Decoded decoded(0x1401, value);
    EXPECT_EQ(decoded.payload.state, PayloadState::malformed) << value;
  }
}

TEST(Json, WholePayloads) {
  const std::string good[] = {"{}", " {} ", "{}\n", "\r\n{}", "{\"a\":1}\t"};
  for (const std::string& text : good)
    EXPECT_EQ(Decoded(0x1401, text).payload.state, PayloadState::object) << text;
  const std::string bad[] = {
      "",      " ",      "\n\t ", "\xEF\xBB\xBF{}", "\xFE\xFF\0{\0}"s, "{\0}\0"s,    "{}\0"s, "\0{}"s, "{}x",
      "{}{}",  "{} {}",  "{},",   "{}\"",           "{}\xFF",          "{}\x01",     "{}]",   "{}}",   "{",
      "}",     "{\"a\"", "{\"a",  "{\"a\\",         "{\"a\":1",        "{\"a\":[1}", "x{}",   ",{}",   "{}//",
      "{} # c"};
  for (const std::string& text : bad)
    EXPECT_EQ(Decoded(0x1401, text).payload.state, PayloadState::malformed) << text;
}

TEST(Json, BytesBehindAnObjectAreToldApart) {
  for (const std::string& rest :
       {"x"s, "{}"s, "\""s, "\xFF"s, "\x01"s, "\0\0"s, "\0\1\0\0\0\1\x41\x02\0\x80"s, "}"s, "]"s, ","s}) {
    const Decoded decoded(0x1401, "{\"a\":\"}\\\"}\"}" + rest);
    EXPECT_EQ(decoded.payload.state, PayloadState::malformed) << rest;
    EXPECT_TRUE(decoded.payload.is_object_prefix) << rest;
    EXPECT_EQ(decoded.payload.error_offset, 12u);
    EXPECT_TRUE(decoded.payload.members.empty());
  }
  for (const char* text : {"{\"a\":1.}x", "{\"a\"}x", "[]x", "1x", "{\"a\":1", "", "{\"a\":\"\xFF\"}x"}) {
    EXPECT_FALSE(Decoded(0x1401, text).payload.is_object_prefix) << text;
  }
}

std::string nested(unsigned levels, bool objects) {
  std::string text;  // the payload's own object is level 1
  for (unsigned i = 1; i <= levels; ++i) text += i == 1 || objects ? "{\"a\":" : "[";
  text += "1";
  for (unsigned i = levels; i >= 1; --i) text += i == 1 || objects ? "}" : "]";
  return text;
}

TEST(Json, SixtyFourLevelsAreTheLimit) {
  for (const bool objects : {false, true}) {
    EXPECT_EQ(Decoded(0x1401, nested(64, objects)).payload.state, PayloadState::object);
    EXPECT_EQ(Decoded(0x1401, nested(65, objects)).payload.state, PayloadState::malformed);
    EXPECT_EQ(Decoded(0x1401, nested(1200, objects)).payload.state, PayloadState::malformed);
  }
  EXPECT_EQ(Decoded(0x1401, std::string(64, '[') + std::string(64, ']')).payload.state,
            PayloadState::not_object);
  EXPECT_EQ(Decoded(0x1401, std::string(65, '[') + std::string(65, ']')).payload.state,
            PayloadState::malformed);
  EXPECT_EQ(Decoded(0x1401, std::string(65535, '[')).payload.state, PayloadState::malformed);
  std::string braces;
  while (braces.size() + 5 <= kMaxPayload) braces += "{\"a\":";
  EXPECT_EQ(Decoded(0x1401, braces).payload.state, PayloadState::malformed);
}

TEST(Json, TheLongestPayload) {
  const std::string around = "{\"a\":\"\"}";
  const std::string longest = "{\"a\":\"" + std::string(kMaxPayload - around.size(), 'x') + "\"}";
  EXPECT_EQ(Decoded(0x1401, longest).payload.state, PayloadState::object);
  EXPECT_EQ(Decoded(0x1401, longest + " ").payload.state, PayloadState::malformed);
}

TEST(Json, ASecondDecodeForgetsTheFirst) {
  const NameTable names;
  Payload payload;
  decode_payload(as_bytes(R"({"Next KMA IDs":["a","b"],"x":[1,[2]],"y":"\n"})"), find_message(0x4102), names,
                 payload);
  ASSERT_EQ(payload.members.size(), 3u);
  decode_payload(as_bytes("{"), find_message(0x4102), names, payload);
  EXPECT_EQ(payload.state, PayloadState::malformed);
  EXPECT_TRUE(payload.members.empty() && payload.elements.empty() && payload.nodes.empty());
  decode_payload(as_bytes("{\"k\":1}x"), nullptr, names, payload);
  EXPECT_TRUE(payload.is_object_prefix);
  decode_payload(as_bytes("{\"k\":1}"), nullptr, names, payload);
  EXPECT_FALSE(payload.is_object_prefix);
  EXPECT_EQ(payload.state, PayloadState::object);
  EXPECT_TRUE(payload.error.empty());
}

/// Compares what was decoded below a member with jsoncpp's value of the same text.
class Oracle {
 public:
  explicit Oracle(const Decoded& decoded) : decoded_(decoded) {}

  void compare_members(const Json::Value& root) {
    ASSERT_EQ(root.size(), decoded_.payload.members.size());
    for (const Member& member : decoded_.payload.members) {
      const std::string name(member.name);
      ASSERT_TRUE(root.isMember(name)) << name;
      next_ = 0;
      nodes_ = decoded_.payload.nodes_of(member);
      compare(root[name], member.type, member.text, 1);
      EXPECT_EQ(next_, nodes_.size());
    }
  }

 private:
  void compare(const Json::Value& expected, JsonType type, std::string_view text, unsigned depth) {
    switch (type) {
      case JsonType::string:
        ASSERT_TRUE(expected.isString());
        EXPECT_EQ(text, expected.asString());
        break;
      case JsonType::number:
        ASSERT_TRUE(expected.isNumeric());
        EXPECT_DOUBLE_EQ(std::stod(std::string(text)), expected.asDouble());
        break;
      case JsonType::boolean:
        ASSERT_TRUE(expected.isBool());
        EXPECT_EQ(text == "true", expected.asBool());
        break;
      case JsonType::null:
        EXPECT_TRUE(expected.isNull());
        break;
      case JsonType::array:
        ASSERT_TRUE(expected.isArray());
        for (const Json::Value& element : expected) compare_node(element, depth, false);
        break;
      case JsonType::object:
        ASSERT_TRUE(expected.isObject());
        for (Json::ArrayIndex i = 0; i < expected.size(); ++i) {
          ASSERT_LT(next_, nodes_.size());
          compare_node(expected[std::string(nodes_[next_].name)], depth, true);
        }
        break;
    }
  }
  void compare_node(const Json::Value& expected, unsigned depth, bool named) {
    ASSERT_LT(next_, nodes_.size());
    const Node& node = nodes_[next_++];
    EXPECT_EQ(node.depth, depth);
    EXPECT_EQ(node.named, named);
    compare(expected, node.type, node.text, depth + 1);
  }

  const Decoded& decoded_;
  std::span<const Node> nodes_;
  std::size_t next_ = 0;
};

TEST(Json, ValuesAreThoseThatJsoncppReads) {
  const char* const texts[] = {
      R"({"a":"x\ty","b":12,"c":-1.5e3,"d":true,"e":false,"f":null,"g":[],"h":{}})",
      R"({"a":[1,"two",[3,[4,{"five":[6]}]],{"g":{"h":"i","j":[]}}],"z":{"y":{"x":{"w":null}}}})",
      R"( { "\u0041\"b" : "\ud83d\ude00 \u00e9 \\ \/ \b\f\n\r" , "Gr\u00fc\u00dfe" : [ "\u0000x" , "" ] } )",
      R"({"é":"😀","k":[{"a":1,"b":[true,false,null]},{"a":2}],"n":9007199254740991})",
  };
  for (const char* text : texts) {
    const Decoded decoded(0x1401, text);
    ASSERT_EQ(decoded.payload.state, PayloadState::object) << text;
    Json::Value root;
    std::string errors;
    const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
    ASSERT_TRUE(reader->parse(text, text + std::string_view(text).size(), &root, &errors)) << errors;
    Oracle(decoded).compare_members(root);
  }
}

TEST(Json, LoneSurrogatesAreShownAsReplacementCharacters) {
  const std::string replacement = "\xEF\xBF\xBD";
  const std::pair<const char*, std::string> cases[] = {
      {R"("\ud800")", replacement},
      {R"("\udfff")", replacement},
      {R"("a\ud800b")", "a" + replacement + "b"},
      {R"("\ud800\ud83d\ude00")", replacement + "\xF0\x9F\x98\x80"},
      {R"("\ude00\ud83d")", replacement + replacement},
      {R"("\ud800\u0041")", replacement + "A"},
      {R"("\ud800\n")", replacement + "\n"},
      {R"("\udbff\udfff")", "\xF4\x8F\xBF\xBF"},
      {R"("\ufffd")", replacement},
  };
  for (const auto& [json, expected] : cases) {
    const Decoded decoded(0x1401, "{\"Source KMA ID\":" + std::string(json) + "}");
    ASSERT_EQ(decoded.payload.state, PayloadState::object) << json;
    EXPECT_EQ(decoded.first().text, expected) << json;
  }
}

TEST(Json, AnEscapedNulStaysInTheText) {
  const Decoded decoded(0x1401, R"({"Source KMA ID":"a\u0000b"})");
  EXPECT_EQ(decoded.first().text, "a\0b"sv);
  EXPECT_EQ(decoded.first().id, Parameter::source_kma_id);
}

}  // namespace
}  // namespace ck::protocol
