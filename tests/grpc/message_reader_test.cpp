// gRPC's messages: the prefix and what it announces, in every split, and what is compressed.
#include "grpc/message_reader.h"

#include <gtest/gtest.h>

#include "protocol/protobuf/decode.h"
#include "wire.h"

namespace ck::grpc {
namespace {

using Lines = std::vector<std::string>;

Lines read(MessageReader& reader, const Buffer& stream, std::size_t step) {
  Lines out;
  Bytes rest(stream);
  while (!rest.empty()) {
    Bytes part = rest.first(std::min(step, rest.size()));
    rest = rest.subspan(part.size());
    RawMessage message;
    while (reader.next(part, message)) {
      out.emplace_back(message.too_large ? "too large" : message.unknown ? "unknown" : message.trouble);
      if (out.back().empty())
        out.back().assign(reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size());
      if (part.empty()) break;
    }
    reader.let_go();
  }
  return out;
}

void expect(const Buffer& stream, Coding coding, const Lines& wanted) {
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    MessageReader reader;
    reader.set_coding(coding);
    EXPECT_EQ(read(reader, stream, step), wanted) << "in parts of " << step;
    EXPECT_FALSE(reader.is_inside());
    EXPECT_EQ(reader.held(), 0U);
  }
}

TEST(MessageReaderTest, EverySplit) {
  expect(message(bytes("one")) + message({}) + message(bytes("three")), Coding::identity,
         {"one", "", "three"});
}

TEST(MessageReaderTest, CompressedMessagesAmongOthers) {
  const Buffer plain = bytes("plain plain plain plain");
  const Lines both{"plain plain plain plain", "bare"};
  expect(message(compressed(plain), 1) + message(bytes("bare")), Coding::gzip, both);
  expect(message(compressed(plain, true), 1) + message(bytes("bare")), Coding::deflate, both);
}

TEST(MessageReaderTest, WhatCannotBeDecompressedIsItsSendersFault) {
  const Buffer whole = compressed(bytes("some text"));
  const Buffer half(whole.begin(), whole.end() - 4);
  expect(message(half, 1) + message(bytes("next")), Coding::gzip, {"cannot be decompressed", "next"});
  expect(message(whole + Buffer{0}, 1), Coding::gzip, {"cannot be decompressed"});
  expect(message(whole, 1), Coding::deflate, {"cannot be decompressed"});
  expect(message({}, 1), Coding::gzip, {"cannot be decompressed"});
  expect(message(whole, 1), Coding::identity, {"is compressed, and no grpc-encoding says how"});
  expect(message(bytes("x"), 2), Coding::gzip, {"has a compressed flag that is neither 0 nor 1"});
}

TEST(MessageReaderTest, ACodingThatIsNotKnownIsNobodysFault) {
  expect(message(bytes("zstd"), 1) + message(bytes("bare")), Coding::other, {"unknown", "bare"});
}

TEST(MessageReaderTest, Codings) {
  EXPECT_EQ(parse_coding(""), Coding::identity);
  EXPECT_EQ(parse_coding("identity"), Coding::identity);
  EXPECT_EQ(parse_coding("gzip"), Coding::gzip);
  EXPECT_EQ(parse_coding("deflate"), Coding::deflate);
  EXPECT_EQ(parse_coding("snappy"), Coding::other);
  EXPECT_EQ(parse_coding("GZIP"), Coding::gzip) << "codings have no case (RFC 9110, 8.4.1)";
  EXPECT_EQ(parse_coding("Deflate "), Coding::deflate);
  EXPECT_EQ(parse_coding("gzip2"), Coding::other);
}

TEST(MessageReaderTest, ABombIsCutAndForgotten) {
  const Buffer largest(kMaxGrpcMessage, 'x');
  const Buffer fits = message(compressed(largest), 1);
  MessageReader reader;
  reader.set_coding(Coding::gzip);
  Bytes part(fits);
  RawMessage out;
  ASSERT_TRUE(reader.next(part, out));
  EXPECT_EQ(out.trouble, "");
  EXPECT_EQ(out.bytes.size(), kMaxGrpcMessage);
  EXPECT_EQ(out.size, fits.size());
  reader.let_go();
  EXPECT_EQ(reader.held(), 0U);
  const Buffer bomb = message(compressed(largest + Buffer{'x'}), 1);
  EXPECT_EQ(read(reader, bomb, bomb.size()), Lines{"too large"});
}

TEST(MessageReaderTest, WhatIsTooLargeIsNotHeld) {
  MessageReader reader;
  Buffer stream{0};
  samples::put_u32(stream, kMaxGrpcMessage + 1);
  stream.resize(stream.size() + kMaxGrpcMessage, 'x');
  EXPECT_EQ(read(reader, stream, 65'536), Lines{});
  EXPECT_EQ(reader.held(), 0U);
  EXPECT_TRUE(reader.is_inside());
  EXPECT_EQ(reader.taken(), 5U + kMaxGrpcMessage);
  EXPECT_EQ(reader.expected(), 6U + kMaxGrpcMessage);
  EXPECT_EQ(read(reader, Buffer{'x'} + message(bytes("next")), 100), (Lines{"too large", "next"}));
}

TEST(MessageReaderTest, AMessageThatCameInPartsIsNotKeptBehindIt) {
  MessageReader reader;
  const Buffer stream = message(Buffer(1'000'000, 'x'));
  Bytes first(stream.data(), 999'000);
  RawMessage out;
  ASSERT_FALSE(reader.next(first, out));
  EXPECT_GE(reader.held(), 998'000U);
  Bytes rest = Bytes(stream).subspan(999'000);
  ASSERT_TRUE(reader.next(rest, out));
  EXPECT_EQ(out.bytes.size(), 1'000'000U);
  reader.let_go();
  EXPECT_EQ(reader.held(), 0U);
}

}  // namespace
}  // namespace ck::grpc
