// Rule possible-key-material: names and values that make a suspicion, and the exemptions.
#include <gtest/gtest.h>

#include "protocol/helpers.h"

namespace ck::protocol {
namespace {

const std::string kHex32 = "00112233445566778899aabbccddeeff";
const std::string kHex31 = kHex32.substr(1);
const std::string kBase64 = "q83vEjRWeJCrze8SNFZ4kA==";  // 24 characters, upper, lower, digits

/// Names of what a payload of 0x410C with these members raises, in order.
std::vector<std::string> names(const std::string& members) {
  const Decoded decoded(0x410C, "{" + members + "}");
  EXPECT_EQ(decoded.payload.state, PayloadState::object) << members;
  std::vector<std::string> found;
  for (const KeyMaterial& key : find_key_material(decoded.payload)) found.emplace_back(key.name);
  return found;
}

std::size_t count(const std::string& name, const std::string& value) {
  return names("\"" + name + "\":\"" + value + "\"").size();
}

TEST(KeyMaterial, Values) {
  EXPECT_EQ(count("key", kHex32), 1u);
  EXPECT_EQ(count("key", kHex32 + "0"), 1u) << "an odd number of digits is 32 or more too";
  EXPECT_EQ(count("key", "00112233445566778899AABBCCDDEEFF"), 1u);
  EXPECT_EQ(count("key", kHex31), 0u);
  EXPECT_EQ(count("key", kBase64), 1u);
  EXPECT_EQ(count("key", "q83vEjRWeJCrze8SNFZ4kA+/"), 1u);
  EXPECT_EQ(count("key", "q83vEjRWeJCrze8SNFZ4kAa="), 1u);
  EXPECT_EQ(count("key", "q83vEjRWeJCrze8SNFZ4kAab1"), 0u) << "25 characters, no padding";
  EXPECT_EQ(count("key", "q83vEjRWeJCrze8SNFZ4kAab1="), 1u) << "padded";
  EXPECT_EQ(count("key", "q83vEjRWeJCrze8SNFZ="), 0u) << "20 characters";
  EXPECT_EQ(count("key", "ABCDEFGHIJKLMNOPQRSTUVWX"), 0u) << "no lower case, no digit";
  EXPECT_EQ(count("key", "abcdefghijklmnopqrstuvW1"), 1u);
  EXPECT_EQ(count("key", "abcdefghijklmnopqrstuvwX"), 0u) << "no digit";
  EXPECT_EQ(count("key", "abcDEF012345678901234567"), 0u) << "all hex digits, and too few";
  EXPECT_EQ(count("key", "q83vEjRWeJCrze8 NFZ4kA=="), 0u) << "a space";
  EXPECT_EQ(count("key", "550e8400-e29b-41d4-a716-446655440000"), 0u);
  EXPECT_EQ(count("key", ""), 0u);
}

TEST(KeyMaterial, Names) {
  for (const char* name :
       {"key", "Key", "KEY", "keyValue", "session key", "raw_secret", "Material", "monkey", "k.e.y"}) {
    EXPECT_EQ(count(name, kHex32), 1u) << name;
  }
  for (const char* name : {"value", "data", "k", "note", "Session ID", "nonce"})
    EXPECT_EQ(count(name, kHex32), 0u) << name;
  for (const char* name :
       {"key_id", "keyIDs", "Key IDs", "secret id", "key_hash", "keyDigest", "key-fingerprint", "public_key",
        "key_mac", "key_sig", "keySignature", "key_uuid", "uuid of key"}) {
    EXPECT_EQ(count(name, kHex32), 0u) << name;
  }
}

TEST(KeyMaterial, AtAnyDepth) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names("\"keys\":[\"" + kHex32 + "\",\"" + kHex32 + "\"]"), (Names{"keys", "keys"}));
  EXPECT_EQ(names("\"key\":{\"a\":{\"b\":[[\"" + kHex32 + "\"]]}}"), (Names{"b"}));
  EXPECT_EQ(names("\"a\":{\"b\":{\"secret\":\"" + kHex32 + "\"}}"), (Names{"secret"}));
  EXPECT_EQ(names("\"a\":{\"key\":1,\"b\":\"" + kHex32 + "\"}"), (Names{})) << "beside, not in";
  EXPECT_EQ(names("\"a\":[{\"key\":{\"x\":1}},{\"b\":\"" + kHex32 + "\"}]"), (Names{})) << "after, not in";
  EXPECT_EQ(names("\"Extension\":[{\"key\":\"" + kBase64 + "\"}]"), (Names{"key"}));
  EXPECT_EQ(names("\"Extension\":[{\"name\":\"k\",\"value\":\"" + kHex32 + "\"}]"), (Names{}));
}

TEST(KeyMaterial, KeyIdsAreExemptButNotWhatStandsBesideThem) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names("\"Key IDs\":[\"" + kHex32 + "\"]"), (Names{}));
  EXPECT_EQ(names("\"Key IDs\":[{\"key_id\":\"" + kHex32 + "\"},{\"id\":\"" + kHex32 + "\"}]"), (Names{}));
  EXPECT_EQ(names("\"Key IDs\":[{\"key_id\":\"" + kHex32 + "\",\"key\":\"" + kHex32 + "\"}]"),
            (Names{"key"}));
  EXPECT_EQ(names("\"Key IDs\":[{\"key_id\":\"1\",\"value\":\"" + kHex32 + "\"}]"), (Names{"value"}));
}

TEST(KeyMaterial, WhatIsDerivedFromAKeyIsExemptWithItsInside) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names("\"key_hash\":{\"value\":\"" + kHex32 + "\"}"), (Names{}));
  EXPECT_EQ(names("\"public_key\":{\"x\":\"" + kBase64 + "\"}"), (Names{}));
}

TEST(KeyMaterial, RangeIsTheValueWithItsQuotes) {
  const Decoded decoded(0x410C, "{\"x\":[{\"my key\" : \"" + kHex32 + "\" }]}");
  const auto found = find_key_material(decoded.payload);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].name, "my key");
  EXPECT_EQ(decoded.at(found[0].range), "\"" + kHex32 + "\"");
}

TEST(KeyMaterial, NothingInWhatIsNotDecoded) {
  const Decoded decoded(0x410C, "{\"key\":\"" + kHex32 + "\"}x");
  EXPECT_TRUE(find_key_material(decoded.payload).empty());
}

}  // namespace
}  // namespace ck::protocol
