// Frames by RFC 9113, 4 and 6.
#include "grpc/http2.h"

#include <algorithm>

#include "base/endian.h"
#include "grpc/frame_types.h"

namespace ck::grpc {
namespace {

/// The largest frame, other than data, that is held.
constexpr std::size_t kMaxHeld = std::size_t{1} << 20;
/// Characters of a field's value that are kept.
constexpr std::size_t kMaxValue = 4096;

std::uint32_t stream_id(Bytes bytes, std::size_t at) {
  return read_be32(bytes, at) & 0x7FFF'FFFF;
}

/// Takes the padding of a frame off, as its flag says. False: there is less than it says.
bool unpad(Bytes& body, bool padded) {
  if (!padded) return true;
  if (body.empty()) return false;
  const std::size_t padding = body[0];
  if (padding + 1 > body.size()) return false;
  body = body.subspan(1, body.size() - 1 - padding);
  return true;
}

}  // namespace

Http2Reader::Http2Reader(bool client) : preface_left_(client ? kPreface : std::string_view()) {}

bool Http2Reader::feed(Bytes bytes, const Position& at, Http2Handler& handler) {
  if (!preface_left_.empty() && !take_preface(bytes)) return false;
  for (;;) {
    if (!in_frame_) {
      if (bytes.empty() || !take_head(bytes)) return true;
      if (!begin_frame()) return false;
    }
    if (bytes.empty() && wants_more()) return true;
    if (!(head_.type == kData ? take_data(bytes, at, handler) : take_body(bytes, at, handler))) return false;
  }
}

/// Whether something of the frame that was begun is still to come.
bool Http2Reader::wants_more() const {
  if (head_.type == kData) return wants_pad_length_ || data_left_ != 0 || padding_left_ != 0;
  return body_.size() < head_.size;
}

bool Http2Reader::take_preface(Bytes& bytes) {
  const std::size_t size = std::min(bytes.size(), preface_left_.size());
  const bool right =
      std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size), preface_left_.begin(),
                 [](std::uint8_t byte, char c) { return byte == static_cast<std::uint8_t>(c); });
  bytes = bytes.subspan(size);
  preface_left_.remove_prefix(size);
  return right;
}

/// False while it is not whole.
bool Http2Reader::take_head(Bytes& bytes) {
  const std::size_t size = std::min(bytes.size(), head_bytes_.size() - head_size_);
  std::copy_n(bytes.begin(), size, head_bytes_.begin() + static_cast<std::ptrdiff_t>(head_size_));
  head_size_ += size;
  bytes = bytes.subspan(size);
  if (head_size_ < head_bytes_.size()) return false;
  head_size_ = 0;
  const Bytes head(head_bytes_);
  head_.size = read_be32(head, 0) >> 8;
  head_.type = head[3];
  head_.flags = head[4];
  head_.stream = stream_id(head, 5);
  return true;
}

bool Http2Reader::begin_frame() {
  // A header block's frames follow each other (6.10).
  if (block_stream_ != 0 && (head_.type != kContinuation || head_.stream != block_stream_)) return false;
  if (head_.type == kContinuation && block_stream_ == 0) return false;
  in_frame_ = true;
  body_.clear();
  if (head_.type != kData) return head_.size <= kMaxHeld;
  if (head_.stream == 0) return false;
  wants_pad_length_ = head_.has(kPadded);
  data_left_ = head_.size;
  padding_left_ = 0;
  return !wants_pad_length_ || head_.size > 0;
}

/// False: the frame has less than its padding.
bool Http2Reader::take_data(Bytes& bytes, const Position& at, Http2Handler& handler) {
  if (wants_pad_length_) {
    padding_left_ = bytes[0];
    if (padding_left_ >= head_.size) return false;
    data_left_ = head_.size - 1 - padding_left_;
    wants_pad_length_ = false;
    bytes = bytes.subspan(1);
  }
  const std::size_t size = std::min(bytes.size(), data_left_);
  if (size != 0) handler.data(head_.stream, bytes.first(size), at);
  data_left_ -= size;
  const std::size_t padding = data_left_ == 0 ? std::min(bytes.size() - size, padding_left_) : 0;
  padding_left_ -= padding;
  bytes = bytes.subspan(size + padding);
  if (data_left_ != 0 || padding_left_ != 0) return true;
  in_frame_ = false;
  if (head_.has(kEndStream)) handler.data_ended(head_.stream);
  return true;
}

/// The bytes of a frame that is not of data, which is read once it is whole.
bool Http2Reader::take_body(Bytes& bytes, const Position& at, Http2Handler& handler) {
  if (body_.empty() && bytes.size() >= head_.size) {
    const Bytes body = bytes.first(head_.size);
    bytes = bytes.subspan(head_.size);
    in_frame_ = false;
    return frame(body, at, handler);
  }
  const std::size_t size = std::min(bytes.size(), head_.size - body_.size());
  body_.insert(body_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  bytes = bytes.subspan(size);
  if (body_.size() < head_.size) return true;
  in_frame_ = false;
  const bool read = frame(body_, at, handler);
  std::vector<std::uint8_t>().swap(body_);
  return read;
}

bool Http2Reader::frame(Bytes body, const Position& at, Http2Handler& handler) {
  switch (head_.type) {
    case kHeaders:
    case kPushPromise:
      return header_frame(body, at, handler);
    case kContinuation:
      return block(body, at, handler);
    case kSettings:
      return settings_frame(body, handler);
    case kReset:
      if (body.size() != 4 || head_.stream == 0) return false;
      handler.reset(head_.stream, read_be32(body, 0), at);
      return true;
    case kGoaway:
      if (body.size() < 8) return false;
      handler.goaway(stream_id(body, 0), at);
      return true;
    default:  // PRIORITY, PING, WINDOW_UPDATE, and types that are not known, say nothing here
      return true;
  }
}

/// Those of a PUSH_PROMISE are read for the table's sake alone.
bool Http2Reader::header_frame(Bytes body, const Position& at, Http2Handler& handler) {
  if (head_.stream == 0 || !unpad(body, head_.has(kPadded))) return false;
  const bool promise = head_.type == kPushPromise;
  const std::size_t before = promise ? 4 : head_.has(kPriority) ? 5 : 0;
  if (body.size() < before) return false;
  block_stream_ = head_.stream;
  block_ends_ = !promise && head_.has(kEndStream);
  block_ignored_ = promise;
  list_ = {};
  return block(body.subspan(before), at, handler);
}

bool Http2Reader::block(Bytes fragment, const Position& at, Http2Handler& handler) {
  const bool final = head_.has(kEndHeaders);
  if (!inflater_.feed(fragment, final,
                      [this](std::string_view name, std::string_view value) { take_field(name, value); }))
    return false;
  if (!final) return true;
  const std::uint32_t stream = block_stream_;
  block_stream_ = 0;
  if (!block_ignored_) handler.headers(stream, list_, block_ends_, at);
  return true;
}

void Http2Reader::take_field(std::string_view name, std::string_view value) {
  const auto keep = [&](std::string_view wanted, std::string& field) {
    if (name == wanted && field.empty()) field = value.substr(0, kMaxValue);
  };
  keep(":path", list_.path);
  keep(":status", list_.http_status);
  keep("content-type", list_.content_type);
  keep("grpc-encoding", list_.encoding);
  keep("grpc-status", list_.status);
  keep("grpc-message", list_.message);
}

bool Http2Reader::settings_frame(Bytes body, Http2Handler& handler) {
  if (head_.stream != 0) return false;
  if (head_.has(kAck)) {
    handler.settings_acknowledged();
    return body.empty();
  }
  if (body.size() % 6 != 0) return false;
  handler.settings();
  for (std::size_t i = 0; i < body.size(); i += 6) {
    if (read_be16(body, i) == kHeaderTableSize) handler.table_size(read_be32(body, i + 2));
  }
  return true;
}

}  // namespace ck::grpc
