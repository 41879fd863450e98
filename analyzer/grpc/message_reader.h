// gRPC's messages out of the data of one side of a stream: a prefix of five bytes, then the message, perhaps
// compressed (gRPC over HTTP/2, "Requests" and "Responses").
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace ck::grpc {

/// What "grpc-encoding" says of the messages that are marked as compressed.
enum class Coding : std::uint8_t { identity, gzip, deflate, other };
Coding parse_coding(std::string_view text);

/// A message as it came.
struct RawMessage {
  Bytes bytes;  ///< without compression; valid until the next call
  std::string_view
      trouble;           ///< why it cannot be read, which is its sender's fault; static text. Empty: it can
  bool unknown = false;  ///< compressed in a way that is not known here
  bool too_large =
      false;  ///< larger than kMaxGrpcMessage, here or once it is decompressed; its peers may allow that
  std::uint64_t size = 0;  ///< as it came, prefix included
};

class MessageReader {
 public:
  void set_coding(Coding coding) { coding_ = coding; }
  /// Takes from the front of `bytes` what belongs to the message at hand. True when that is whole, and in
  /// `message`; then to be called again, as long as there are bytes.
  bool next(Bytes& bytes, RawMessage& message);
  /// The last message is not needed any more.
  void let_go();
  /// Bytes that are held, once the last message was let go at most some of one message.
  [[nodiscard]] std::size_t held() const { return body_.capacity() + whole_.capacity() + plain_.capacity(); }
  /// In the middle of a message.
  [[nodiscard]] bool is_inside() const { return prefix_size_ != 0; }
  /// Of the message at hand: its bytes so far, and all of them as far as that is known; prefix included.
  [[nodiscard]] std::uint64_t taken() const;
  [[nodiscard]] std::uint64_t expected() const;

 private:
  bool take_prefix(Bytes& bytes);
  void unpack(Bytes body, RawMessage& message);

  Coding coding_ = Coding::identity;
  std::array<std::uint8_t, 5> prefix_{};
  std::size_t prefix_size_ = 0;  ///< of prefix_ that is there
  std::uint64_t size_ = 0;       ///< of the message, once the prefix is there
  std::uint64_t left_ = 0;       ///< of these, those that are to come
  bool too_large_ = false;
  std::vector<std::uint8_t> body_;   ///< of the message at hand
  std::vector<std::uint8_t> whole_;  ///< the last message that came in parts
  std::vector<std::uint8_t> plain_;  ///< the last one that was compressed
};

}  // namespace ck::grpc
