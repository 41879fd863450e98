// HTTP/2 (RFC 9113), as much of it as gRPC needs to be read: the frames of one direction of a connection.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/event.h"
#include "base/bytes.h"
#include "grpc/header_inflater.h"

namespace ck::grpc {

/// The setting that says which table the other side may use for its header lists (RFC 9113, 6.5.2).
inline constexpr std::uint16_t kHeaderTableSize = 1;

/// The fields of a header list that gRPC is read by; those that are absent are empty.
struct Headers {
  std::string path;          ///< ":path"
  std::string http_status;   ///< ":status"
  std::string content_type;  ///< "content-type"
  std::string encoding;      ///< "grpc-encoding"
  std::string status;        ///< "grpc-status"
  std::string message;       ///< "grpc-message", percent-encoded
};

class Http2Handler {
 public:
  virtual ~Http2Handler() = default;
  /// A header list, or trailers. `ends`: the sender's part of the stream is over.
  virtual void headers(std::uint32_t stream, const Headers& headers, bool ends, const Position& at) = 0;
  /// The next bytes of the stream's data, without padding; valid during the call.
  virtual void data(std::uint32_t stream, Bytes bytes, const Position& at) = 0;
  /// The sender's part of the stream is over, behind its data.
  virtual void data_ended(std::uint32_t stream) = 0;
  /// `code`: why (RFC 9113, 7).
  virtual void reset(std::uint32_t stream, std::uint32_t code, const Position& at) = 0;
  /// Streams beyond `last` were not looked at by the sender, and never will be.
  virtual void goaway(std::uint32_t last, const Position& at) = 0;
  /// The sender's SETTINGS, as far as they say which table the other side may use for its header lists.
  virtual void table_size(std::uint32_t bytes) = 0;
  /// A SETTINGS frame of the sender's begins to be acknowledged (its values came before).
  virtual void settings() = 0;
  virtual void settings_acknowledged() = 0;
};

/// Reads frames out of the bytes of one direction, which come in order and in any parts. It holds at most one
/// frame that is not of data, of up to 1 MiB, and no data.
class Http2Reader {
 public:
  /// `client`: the bytes begin with the preface.
  explicit Http2Reader(bool client);

  /// False, for good: this is no HTTP/2, or what it says cannot be read any more.
  bool feed(Bytes bytes, const Position& at, Http2Handler& handler);
  /// For header blocks to come.
  bool set_table_size(std::uint32_t bytes) { return inflater_.set_table_size(bytes); }
  /// Bytes that are held, the table of header lists among them.
  [[nodiscard]] std::size_t held() const { return head_size_ + body_.capacity() + inflater_.held(); }

 private:
  struct Head {
    std::uint32_t size = 0;
    std::uint8_t type = 0, flags = 0;
    std::uint32_t stream = 0;
    [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  };
  bool take_preface(Bytes& bytes);
  bool take_head(Bytes& bytes);
  bool begin_frame();
  [[nodiscard]] bool wants_more() const;
  bool take_data(Bytes& bytes, const Position& at, Http2Handler& handler);
  bool take_body(Bytes& bytes, const Position& at, Http2Handler& handler);
  bool frame(Bytes body, const Position& at, Http2Handler& handler);
  bool header_frame(Bytes body, const Position& at, Http2Handler& handler);
  bool settings_frame(Bytes body, Http2Handler& handler);
  bool block(Bytes fragment, const Position& at, Http2Handler& handler);
  void take_field(std::string_view name, std::string_view value);

  std::string_view preface_left_;
  std::array<std::uint8_t, 9> head_bytes_{};
  std::size_t head_size_ = 0;  ///< of head_bytes_ that are there
  bool in_frame_ = false;
  Head head_;
  std::vector<std::uint8_t> body_;
  // Of a frame of data:
  std::size_t data_left_ = 0, padding_left_ = 0;
  bool wants_pad_length_ = false;
  // Of the header block that is being read:
  HeaderInflater inflater_;
  Headers list_;
  std::uint32_t block_stream_ = 0;  ///< 0: none
  bool block_ends_ = false, block_ignored_ = false;
};

}  // namespace ck::grpc
