// HTTP/2, gRPC and protobuf as a peer writes them. Independent of the analyzer: frames are typed from RFC
// 9113, header lists come from nghttp2's deflater.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "generator/packets.h"

struct nghttp2_hd_deflater;

namespace ck::grpc {

using samples::Buffer;
using Fields = std::vector<std::pair<std::string, std::string>>;

// Types and flags of frames (RFC 9113, 6).
inline constexpr std::uint8_t kDataFrame = 0, kHeadersFrame = 1, kResetFrame = 3, kSettingsFrame = 4,
                              kPushFrame = 5, kPingFrame = 6, kGoawayFrame = 7, kContinuationFrame = 9;
inline constexpr std::uint8_t kEnd = 0x1, kAck = 0x1, kEndHeaders = 0x4, kPadded = 0x8, kPriority = 0x20;

inline Buffer bytes(std::string_view text) {
  return samples::to_bytes(text);
}

Buffer operator+(Buffer a, const Buffer& b);
Buffer frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, const Buffer& body = {});
Buffer preface();
Buffer settings(const std::vector<std::pair<std::uint16_t, std::uint32_t>>& values = {});
inline Buffer settings_ack() {
  return frame(kSettingsFrame, kAck, 0);
}
Buffer reset(std::uint32_t stream, std::uint32_t code);
Buffer goaway(std::uint32_t last, std::uint32_t code = 0);
inline Buffer data(std::uint32_t stream, const Buffer& bytes, bool end = false) {
  return frame(kDataFrame, end ? kEnd : 0, stream, bytes);
}

/// A side's encoder of header lists.
class Deflater {
 public:
  Deflater();
  Buffer block(const Fields& fields);
  void set_table_size(std::uint32_t bytes);

 private:
  struct Delete {
    void operator()(nghttp2_hd_deflater* deflater) const;
  };
  std::unique_ptr<nghttp2_hd_deflater, Delete> deflater_;
};

/// A message of gRPC behind its prefix.
Buffer message(const Buffer& body, std::uint8_t compressed = 0);
/// Protobuf: a field of text, and one of an integer.
Buffer text(unsigned number, std::string_view value);
Buffer integer(unsigned number, std::uint64_t value);
/// By zlib: gzip, or with `raw_zlib` what gRPC calls deflate.
Buffer compressed(const Buffer& plain, bool raw_zlib = false);

/// One side of a connection that speaks gRPC.
class Peer {
 public:
  /// A request's header list; `more` behind what every one has.
  Buffer ask(std::uint32_t stream, const std::string& method, const Fields& more = {},
             const std::string& type = "application/grpc");
  Buffer answer(std::uint32_t stream, const Fields& more = {});
  Buffer trailers(std::uint32_t stream, const std::string& status = "0", const Fields& more = {});
  /// A header list of its own.
  Buffer list(std::uint32_t stream, const Fields& fields, bool end = false);
  /// A whole request, or a whole answer, of one message.
  Buffer request(std::uint32_t stream, const std::string& method, const Buffer& body);
  Buffer response(std::uint32_t stream, const Buffer& body);

  Deflater deflater;
};

inline const std::string kKm = "/qkdn.ck.v1.KeyManager/";
inline const std::string kReservation = kKm + "KeyReservation", kRelay = kKm + "KeyRelay";
inline const std::string kNotification = "/qkdn.ck.v1.QkdnController/KeyRelayNotification";
/// Bodies by packaging/proto/ck.proto.
inline Buffer reservation(std::string_view to = "KMA-2") {
  return text(1, "KMA-1") + text(2, to);
}
inline Buffer reserved(std::string_view key = "k-1", std::string_view to = "KMA-2") {
  return text(1, "KMA-1") + text(2, to) + text(4, key);
}

}  // namespace ck::grpc
