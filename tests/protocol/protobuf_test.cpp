// Decoding of protobuf: bytes by hand, by protobuf's "Encoding" document. 0A is field 1 with a length, 10
// field 2 with a number, and so on: the field's number times 8, and 0 for a number, 1 for 8 bytes, 2 for a
// length, 5 for 4 bytes.
#include "protocol/protobuf/decode.h"

#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "helpers.h"
#include "temporary_proto.h"

namespace ck::protocol {
namespace {

/// A payload decoded as the request (or response) of a method of a schema.
struct Grpc {
  Grpc(const ProtoMessage& message, std::string bytes) : wire(std::move(bytes)) {
    decode_protobuf(as_bytes(wire), message, NameTable(), payload);
  }
  [[nodiscard]] std::string at(ByteRange range) const { return wire.substr(range.begin, range.size); }
  [[nodiscard]] const Member* find(Parameter id) const { return payload.find(id); }
  [[nodiscard]] std::vector<std::string> elements(Parameter id) const {
    std::vector<std::string> texts;
    for (const Element& element : payload.elements_of(*find(id))) texts.emplace_back(element.text);
    return texts;
  }
  std::string wire;
  Payload payload;
};

const ProtoSchema& shipped() {
  static const ProtoSchema schema({});
  return schema;
}
const ProtoMessage& request(const char* path) {
  return *shipped().find(path)->request;
}
const ProtoMessage& response(const char* path) {
  return *shipped().find(path)->response;
}
const char* const kRelay = "/qkdn.ck.v1.KeyManager/KeyRelay";
const char* const kReservation = "/qkdn.ck.v1.KeyManager/KeyReservation";
const char* const kSession = "/qkdn.ck.v1.QkdnController/SessionCreation";

using Texts = std::vector<std::string>;

TEST(Protobuf, FieldsAreParametersByTheirNames) {
  const Grpc got(request(kRelay),
                 "\x0A\x03"
                 "A-1"
                 "\x12\x03"
                 "B-1"
                 "\x1A\x02"
                 "K2"
                 "\x1A\x02"
                 "K3"
                 "\x22\x01"
                 "7");
  ASSERT_EQ(got.payload.state, PayloadState::object);
  ASSERT_EQ(got.payload.members.size(), 4u);
  EXPECT_EQ(got.find(Parameter::source_kma_id)->text, "A-1");
  EXPECT_EQ(got.find(Parameter::source_kma_id)->name, "start_km");
  EXPECT_EQ(got.find(Parameter::destination_kma_id)->text, "B-1");
  EXPECT_EQ(got.find(Parameter::key_relay_request_id)->text, "7");
  EXPECT_EQ(got.elements(Parameter::transit_kma_ids), (Texts{"K2", "K3"}))
      << "kma_id is the table's KMA list";
  for (const Member& member : got.payload.members) {
    EXPECT_EQ(member.fit, Fit::listed) << member.name;
    EXPECT_TRUE(member.in_table) << member.name;
  }
}

TEST(Protobuf, RangesAreTheBytesOfEachValue) {
  const Grpc got(request(kRelay),
                 "\x0A\x03"
                 "A-1"
                 "\x1A\x02"
                 "K2"
                 "\x1A\x02"
                 "K3");
  const Member& source = *got.find(Parameter::source_kma_id);
  EXPECT_EQ(source.name_range, (ByteRange{0, 2})) << "tag and length";
  EXPECT_EQ(source.range, (ByteRange{2, 3}));
  const Member& list = *got.find(Parameter::transit_kma_ids);
  EXPECT_EQ(list.range, (ByteRange{7, 6})) << "from the first element to the last";
  const auto elements = got.payload.elements_of(list);
  EXPECT_EQ(elements[0].range, (ByteRange{7, 2}));
  EXPECT_EQ(elements[1].range, (ByteRange{11, 2}));
}

TEST(Protobuf, ElementsOfAListNeedNotStandTogether) {
  const Grpc got(request(kRelay),
                 "\x1A\x01"
                 "a"
                 "\x0A\x01"
                 "S"
                 "\x1A\x01"
                 "b");
  EXPECT_EQ(got.elements(Parameter::transit_kma_ids), (Texts{"a", "b"}));
  EXPECT_EQ(got.payload.members.size(), 2u);
}

TEST(Protobuf, AnAbsentFieldIsAbsent) {
  const Grpc got(request(kRelay), "");
  EXPECT_EQ(got.payload.state, PayloadState::object);
  EXPECT_TRUE(got.payload.members.empty());
}

TEST(Protobuf, NumbersAreReadByTheirTypes) {
  // result_code is int32, number 5; minus one takes ten bytes.
  const Grpc one(response(kReservation), "\x28\x01");
  EXPECT_EQ(one.find(Parameter::response)->integer, 1);
  EXPECT_EQ(one.find(Parameter::response)->fit, Fit::listed);
  const Grpc minus(response(kReservation), "\x28\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
  EXPECT_EQ(minus.find(Parameter::response)->integer, -1);
  EXPECT_EQ(minus.find(Parameter::response)->text, "-1");
  const Grpc keys(request(kSession), "\x18\xE8\x07");
  EXPECT_EQ(keys.find(Parameter::number_of_keys)->integer, 1000);
}

TEST(Protobuf, OfAScalarThatComesAgainTheLastCounts) {
  const Grpc got(request(kSession),
                 "\x18\x01"
                 "\x0A\x01"
                 "a"
                 "\x18\x02");
  EXPECT_EQ(got.find(Parameter::number_of_keys)->integer, 2);
  ASSERT_EQ(got.payload.members.size(), 3u);
  EXPECT_TRUE(got.payload.members[0].duplicate);
  EXPECT_FALSE(got.payload.members[1].duplicate);
}

/// Of a oneof the last one on the wire is set. In wire order: one and the other, or with the first once more.
TEST(Protobuf, OfAOneofTheLastFieldCounts) {
  const TemporaryProto file(
      "syntax = \"proto3\"; message KeyRelayRequestNotification { oneof dest { string end_km = 1;\n"
      "string application_destination_id = 2; } string start_km = 3; }\n"
      "service S { rpc M(KeyRelayRequestNotification) returns (KeyRelayRequestNotification); }");
  const ProtoSchema schema({file.path()});
  const ProtoMessage& type = *schema.find("/S/M")->request;
  const std::string km = "\x0A\x01"
                         "D",
                    app =
                        "\x12\x01"
                        "x",
                    start =
                        "\x1A\x01"
                        "A";
  const auto set_in = [&](const std::string& wire) {
    const Grpc got(type, wire);
    std::string set;
    if (got.find(Parameter::destination_kma_id) != nullptr) set += "km ";
    if (got.find(Parameter::application_destination_id) != nullptr) set += "application ";
    if (got.find(Parameter::source_kma_id) != nullptr) set += "start ";
    return set;
  };
  EXPECT_EQ(set_in(km + app + start), "application start ");
  EXPECT_EQ(set_in(app + km + start), "km start ");
  EXPECT_EQ(set_in(km + app + km), "km ");
  EXPECT_EQ(set_in(app + start + km + app), "application start ");
  EXPECT_EQ(set_in(km + start), "km start ");
  const Grpc both(type, km + app);
  ASSERT_EQ(both.payload.members.size(), 2u) << "what does not count is shown";
  EXPECT_TRUE(both.payload.members[0].overridden);
  EXPECT_FALSE(both.payload.members[1].overridden);
}

TEST(Protobuf, AFieldThatTheTypeDoesNotHaveIsSaidByItsNumber) {
  const Grpc got(request(kSession), std::string("\xCA\x02\x01"
                                                "x"
                                                "\x80\x04\x05",
                                                7));
  ASSERT_EQ(got.payload.members.size(), 2u);
  EXPECT_EQ(got.payload.members[0].name, "field 41");
  EXPECT_EQ(got.payload.members[0].text, "x");
  EXPECT_EQ(got.payload.members[0].id, std::nullopt);
  EXPECT_EQ(got.payload.members[1].name, "field 64");
  EXPECT_EQ(got.payload.members[1].text, "5");
}

TEST(Protobuf, AnotherWireTypeThanTheTypesIsWrong) {
  const Grpc got(request(kSession),
                 "\x08\x07"
                 "\x1A\x01"
                 "5");  // a number for a string, a string for a number
  EXPECT_EQ(got.payload.members[0].id, Parameter::application_source_id);
  EXPECT_EQ(got.payload.members[0].fit, Fit::wrong);
  EXPECT_EQ(got.payload.members[1].id, Parameter::number_of_keys);
  EXPECT_EQ(got.payload.members[1].fit, Fit::wrong);
  EXPECT_EQ(got.payload.members[1].integer, std::nullopt);
}

TEST(Protobuf, NestedMessagesBecomeNodes) {
  // extension, number 5 of a KeyRelayRequest: {name: "n", value: "v"} and {}.
  const Grpc got(request(kRelay), std::string("\x2A\x06\x0A\x01"
                                              "n"
                                              "\x12\x01"
                                              "v"
                                              "\x2A\x00",
                                              10));
  const Member& extension = *got.find(Parameter::extension);
  EXPECT_EQ(extension.fit, Fit::listed);
  const auto nodes = got.payload.nodes_of(extension);
  ASSERT_EQ(nodes.size(), 4u);
  EXPECT_EQ(nodes[0].type, JsonType::object);
  EXPECT_EQ(nodes[0].depth, 1);
  EXPECT_EQ(nodes[1].name, "name");
  EXPECT_EQ(nodes[1].text, "n");
  EXPECT_EQ(nodes[1].depth, 2);
  EXPECT_EQ(nodes[1].range, (ByteRange{4, 1}));
  EXPECT_EQ(nodes[2].text, "v");
  EXPECT_EQ(nodes[3].type, JsonType::object);
}

TEST(Protobuf, InANestedMessageTheLastValueOfTheFieldsTypeCounts) {
  // extension {value: "old", value: "v", field 2 as the number 7}.
  const Grpc got(request(kRelay),
                 "\x2A\x0A\x12\x03"
                 "old"
                 "\x12\x01"
                 "v"
                 "\x10\x07");
  const auto nodes = got.payload.nodes_of(*got.find(Parameter::extension));
  ASSERT_EQ(nodes.size(), 2u);
  EXPECT_EQ(nodes[1].name, "value");
  EXPECT_EQ(nodes[1].text, "v");
  // The same with a first value that is no UTF-8, which libprotobuf refuses too.
  const Grpc broken(request(kRelay),
                    "\x2A\x08\x12\x01\xFF\x12\x01"
                    "v"
                    "\x10\x07");
  EXPECT_EQ(broken.payload.error, "a string that is not UTF-8");
  EXPECT_EQ(broken.payload.error_offset, 4u);
}

TEST(Protobuf, WhatIsNoProtobufIsMalformedWithItsPlace) {
  struct Case {
    std::string bytes;
    std::uint32_t offset;
    const char* error;
  };
  const Case cases[] = {
      {std::string("\x0A\x05"
                   "abc",
                   5),
       0, "a length that goes beyond the end"},
      {std::string("\x18", 1), 1, "a number that does not end"},
      {std::string("\x18\x80\x80", 3), 1, "a number that does not end"},
      {std::string("\x18\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 12), 1, "a number that does not end"},
      {std::string("\x0A\x01"
                   "a"
                   "\x80",
                   4),
       3, "a tag that does not end"},
      {std::string("\x0A\x01"
                   "a"
                   "\x0A\x80",
                   5),
       4, "a length that does not end"},
      {std::string("\x88\x80\x80\x80\x80\x00\x01", 7), 0, "a tag that does not end"},
      {std::string("\x0A\x80\x80\x80\x80\x80\x00", 7), 1, "a length that does not end"},
      {std::string("\x00\x01", 2), 0, "a tag with field number 0"},
      {std::string("\x0F\x01", 2), 0, "a tag with a wire type that there is not"},
      {std::string("\x19\x01\x02\x03", 4), 1, "a number that does not end"},
      {std::string("\x0A\x01\xFF", 3), 2, "a string that is not UTF-8"},
      {std::string("\x53\x08\x01", 3), 0, "a group that does not end"},
      {std::string("\x54", 1), 0, "a group ends that did not begin"},
      {std::string("\x53\x5C", 2), 1, "a group ends that did not begin"},
  };
  for (const Case& one : cases) {
    const Grpc got(request(kSession), one.bytes);
    EXPECT_EQ(got.payload.state, PayloadState::malformed) << one.error;
    EXPECT_EQ(got.payload.error, one.error);
    EXPECT_EQ(got.payload.error_offset, one.offset) << one.error;
  }
  EXPECT_EQ(Grpc(request(kSession), std::string("\x53\x08\x01\x54", 4)).payload.state, PayloadState::object);
}

TEST(Protobuf, NestsAsDeepAsJsonMay) {
  const TemporaryProto file(
      "syntax = \"proto3\"; message KeyRelayRequest { KeyRelayRequest extension = 1; }\n"
      "service S { rpc M(KeyRelayRequest) returns (KeyRelayRequest); }");
  const ProtoSchema schema({file.path()});
  const auto nested = [&](unsigned levels) {
    std::string bytes;
    for (unsigned i = 1; i < levels; ++i) {
      std::string outer = "\x0A";
      std::size_t size = bytes.size();
      for (; size >= 128; size >>= 7) outer.push_back(static_cast<char>(size | 0x80));
      outer.push_back(static_cast<char>(size));
      bytes = outer + bytes;
    }
    return Grpc(*schema.find("/S/M")->request, bytes).payload.state;
  };
  EXPECT_EQ(nested(64), PayloadState::object);
  EXPECT_EQ(nested(65), PayloadState::malformed);
}

TEST(Protobuf, ListsInOneStringAndPackedNumbersAreLists) {
  const TemporaryProto file(
      "syntax = \"proto3\"; message KeyReservationResponse { string key_id = 1; repeated int32 result_code = "
      "2; }\n"
      "message KeyAllocationRequest { repeated Key key_id = 1; message Key { string id = 1; bytes salt = 2; "
      "} }\n"
      "service S { rpc M(KeyAllocationRequest) returns (KeyReservationResponse); }");
  const ProtoSchema schema({file.path()});
  const ProtoMethod& method = *schema.find("/S/M");
  const Grpc split(*method.response,
                   "\x0A\x06"
                   "\"a, b\\");
  EXPECT_EQ(split.elements(Parameter::key_ids), (Texts{"\"a", "b\\"}))
      << "neither quotes nor escapes mean anything";
  EXPECT_EQ(split.at(split.payload.elements[1].range), "b\\");
  const Grpc packed(*method.response, std::string("\x12\x03\x00\x96\x01", 5));
  const auto nodes = packed.payload.nodes_of(packed.payload.members[0]);
  ASSERT_EQ(nodes.size(), 2u);
  EXPECT_EQ(nodes[1].text, "150");
  EXPECT_EQ(nodes[1].range, (ByteRange{3, 2}));
  EXPECT_EQ(packed.payload.members[0].fit, Fit::wrong) << "a list is no result";
  const Grpc keys(*method.request,
                  "\x0A\x06\x0A\x01"
                  "k"
                  "\x12\x01\xFF");
  EXPECT_EQ(keys.elements(Parameter::key_ids), Texts{"k"});
  EXPECT_EQ(keys.payload.nodes.back().text, "ff") << "bytes that are no text, in hexadecimal digits";
}

TEST(Protobuf, TakesFourMebibytesAndNoMore) {
  std::string bytes = "\x0A\xFB\xFF\xFF\x01";  // a string of 4 MiB less five bytes
  bytes.append((4u << 20) - 5, 'a');
  EXPECT_EQ(Grpc(request(kSession), bytes).payload.state, PayloadState::object);
  EXPECT_EQ(Grpc(request(kSession), bytes + "\x12").payload.error, "larger than 4 MiB");
}

TEST(Protobuf, ManyFieldsCostLittleAndAreLimited) {
  std::string bytes;
  for (int i = 0; i < 65'535; ++i) bytes += std::string("\x80\x80\x04\x01", 4);  // of number 8,192
  EXPECT_EQ(Grpc(request(kSession), bytes).payload.members.size(), 65'535u);
  EXPECT_EQ(Grpc(request(kSession), bytes + "\x18\x01").payload.error, "more than 65,535 fields");
}

/// libprotobuf takes what we take, and reads the same out of it. It keeps unknown groups and strings that are
/// no UTF-8 to itself, which the mutations hold.
TEST(Protobuf, AgreesWithLibprotobufOnMutations) {
  std::mt19937 random(17);
  google::protobuf::DynamicMessageFactory factory;
  const ProtoMessage& type = response(kReservation);
  const std::unique_ptr<google::protobuf::Message> theirs(factory.GetPrototype(type.type)->New());
  const std::string good =
      "\x0A\x03"
      "A-1"
      "\x12\x03"
      "B-1"
      "\x22\x02"
      "k1"
      "\x22\x02"
      "k2"
      "\x28\x01"
      "\x32\x04"
      "none";
  std::size_t accepted = 0, refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    for (unsigned i = random() % 4; i-- > 0;) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    const Grpc ours(type, bytes);
    const bool parsed = theirs->ParseFromString(bytes);
    (parsed ? accepted : refused) += 1;
    ASSERT_EQ(ours.payload.state == PayloadState::object, parsed) << round << ": " << ours.payload.error;
    if (!parsed) continue;
    const auto* code = type.type->FindFieldByName("result_code");
    const Member* found = ours.find(Parameter::response);
    const std::int64_t value = found != nullptr && found->integer ? *found->integer : 0;
    ASSERT_EQ(value, theirs->GetReflection()->GetInt32(*theirs, code)) << round;
  }
  EXPECT_GT(accepted, 1'000u);
  EXPECT_GT(refused, 1'000u);
}

}  // namespace
}  // namespace ck::protocol
