// A capture's raw bytes: a file, standard input, memory or a decompressor, and the one buffered reader on top
// of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace ck::capture {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Fills `to` with up to `size` (> 0) bytes and returns how many; 0 only at the end or after an error.
  virtual std::size_t read(std::uint8_t* to, std::size_t size) = 0;
  /// Why reading stopped; empty at a clean end.
  [[nodiscard]] virtual std::string error() const = 0;
};

/// `path` is a file, or "-" for standard input. A file that cannot be opened is a stream that ends at once
/// with an error.
std::unique_ptr<ByteStream> open_file(const std::string& path);

/// `data` must outlive the stream.
std::unique_ptr<ByteStream> open_bytes(Bytes data);

/// A buffer over a ByteStream that can look ahead. It holds no more than the largest view asked for, or its
/// chunk.
class ByteInput {
 public:
  explicit ByteInput(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {}

  /// The next `size` bytes without consuming them; fewer only at the end or after an error. Valid until the
  /// next call.
  Bytes view(std::size_t size) {
    if (end_ - begin_ >= size) return Bytes(buffer_.data() + begin_, size);
    return view_more(size);
  }
  /// The next bytes that are in memory now, be they many or none. Valid until the next call of view().
  [[nodiscard]] Bytes at_hand() const { return Bytes(buffer_.data() + begin_, end_ - begin_); }
  /// Consumes bytes that view() has shown.
  void consume(std::size_t size) {
    begin_ += size;
    offset_ += size;
  }
  /// Consumes `size` bytes without keeping them; how many there were.
  std::uint64_t skip(std::uint64_t size);
  /// Copies and consumes up to `size` bytes; fewer only at the end or after an error.
  std::size_t read(std::uint8_t* to, std::size_t size);

  /// Bytes consumed so far.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  /// Why the stream stopped; empty at a clean end.
  [[nodiscard]] std::string error() const { return stream_->error(); }

 private:
  Bytes view_more(std::size_t size);

  std::unique_ptr<ByteStream> stream_;
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0, end_ = 0;  ///< the bytes of buffer_ that are read and not consumed
  std::uint64_t offset_ = 0;
  bool ended_ = false;
};

}  // namespace ck::capture
