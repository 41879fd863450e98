// Length-prefixed messages, and zlib for those that are compressed.
#include "grpc/message_reader.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "base/endian.h"
#include "grpc/tokens.h"
#include "protocol/protobuf/decode.h"

namespace ck::grpc {
namespace {

enum class Inflated : std::uint8_t { all, too_large, broken };

/// Inflates `packed` into `plain`, up to kMaxGrpcMessage bytes.
Inflated inflate_all(Bytes packed, Coding coding, std::vector<std::uint8_t>& plain) {
  constexpr int kZlibHeader = 15, kGzipHeader = 16 + 15;
  constexpr std::size_t kStep = 16 * 1024;
  z_stream stream{};
  if (inflateInit2(&stream, coding == Coding::gzip ? kGzipHeader : kZlibHeader) != Z_OK)
    return Inflated::broken;
  stream.next_in = const_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  int status = Z_OK;
  plain.clear();
  while (status == Z_OK && plain.size() <= kMaxGrpcMessage) {
    const std::size_t before = plain.size();
    plain.resize(before + kStep);
    stream.next_out = plain.data() + before;
    stream.avail_out = static_cast<uInt>(kStep);
    status = inflate(&stream, Z_NO_FLUSH);
    plain.resize(before + kStep - stream.avail_out);
    if (status == Z_BUF_ERROR) break;  // the input has ended too early
  }
  const bool all = status == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (plain.size() > kMaxGrpcMessage) return Inflated::too_large;
  return all ? Inflated::all : Inflated::broken;
}

}  // namespace

Coding parse_coding(std::string_view text) {
  text = trimmed(text);
  if (text.empty() || same(text, "identity")) return Coding::identity;
  if (same(text, "gzip")) return Coding::gzip;
  if (same(text, "deflate")) return Coding::deflate;
  return Coding::other;
}

/// False while it is not whole.
bool MessageReader::take_prefix(Bytes& bytes) {
  const std::size_t size = std::min(bytes.size(), prefix_.size() - prefix_size_);
  std::copy_n(bytes.begin(), size, prefix_.begin() + static_cast<std::ptrdiff_t>(prefix_size_));
  prefix_size_ += size;
  bytes = bytes.subspan(size);
  if (prefix_size_ < prefix_.size()) return false;
  left_ = size_ = read_be32(Bytes(prefix_), 1);
  too_large_ = left_ > kMaxGrpcMessage;
  return true;
}

bool MessageReader::next(Bytes& bytes, RawMessage& message) {
  if (prefix_size_ < prefix_.size() && !take_prefix(bytes)) return false;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_));
  const Bytes part = bytes.first(size);
  bytes = bytes.subspan(size);
  left_ -= size;
  const bool whole_here = left_ == 0 && body_.empty();
  if (!whole_here && !too_large_) body_.insert(body_.end(), part.begin(), part.end());
  if (left_ != 0) return false;
  prefix_size_ = 0;
  message = {};
  message.size = size_ + prefix_.size();
  if (too_large_) {
    message.too_large = true;
  } else if (whole_here) {
    unpack(part, message);
  } else {
    whole_ = std::exchange(body_, {});
    unpack(whole_, message);
  }
  return true;
}

/// A message of some bytes may have been inflated to 4 MiB, and an RPC may stay open for long.
void MessageReader::let_go() {
  for (std::vector<std::uint8_t>* bytes : {&whole_, &plain_}) std::vector<std::uint8_t>().swap(*bytes);
}

std::uint64_t MessageReader::taken() const {
  return prefix_size_ + (prefix_size_ < prefix_.size() ? 0 : size_ - left_);
}

std::uint64_t MessageReader::expected() const {
  return prefix_.size() + (prefix_size_ < prefix_.size() ? 0 : size_);
}

void MessageReader::unpack(Bytes body, RawMessage& message) {
  const std::uint8_t flag = prefix_[0];
  if (flag > 1) {
    message.trouble = "has a compressed flag that is neither 0 nor 1";
  } else if (flag == 0) {
    message.bytes = body;
  } else if (coding_ == Coding::other) {
    message.unknown = true;
  } else if (coding_ == Coding::identity) {
    message.trouble = "is compressed, and no grpc-encoding says how";
  } else {
    const Inflated inflated = inflate_all(body, coding_, plain_);
    if (inflated == Inflated::all) message.bytes = plain_;
    if (inflated == Inflated::broken) message.trouble = "cannot be decompressed";
    message.too_large = inflated == Inflated::too_large;
  }
}

}  // namespace ck::grpc
