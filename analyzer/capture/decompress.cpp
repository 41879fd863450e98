// Streaming decompressors. Each holds its window and one input buffer, whatever the file's size.
#include "capture/decompress.h"

#include <fmt/format.h>
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/endian.h"

namespace ck::capture {
namespace {

constexpr std::size_t kInputChunk = 64 * 1024;

/// What the three have in common: the compressed input and the words for what is wrong with it.
class Decompressor : public ByteStream {
 public:
  Decompressor(std::unique_ptr<ByteInput> input, Compression compression)
      : input_(std::move(input)), compression_(compression) {}
  [[nodiscard]] std::string error() const override { return error_; }

 protected:
  std::size_t fail(std::string_view what) {
    error_ = fmt::format("{} data damaged at byte {} of the compressed file: {}", name_of(compression_),
                         input_->offset(), what);
    return 0;
  }
  std::size_t fail_short() {
    const std::string cause = input_->error();
    error_ = cause.empty()
                 ? fmt::format("{} data ends early, at byte {} of the compressed file (an interrupted copy?)",
                               name_of(compression_), input_->offset())
                 : cause;
    return 0;
  }
  ByteInput& input() { return *input_; }
  [[nodiscard]] bool failed() const { return !error_.empty(); }

 private:
  std::unique_ptr<ByteInput> input_;
  Compression compression_;
  std::string error_;
};

class GzipStream final : public Decompressor {
 public:
  explicit GzipStream(std::unique_ptr<ByteInput> input) : Decompressor(std::move(input), Compression::gzip) {
    constexpr int kGzipOnly = 16;
    usable_ = inflateInit2(&state_, MAX_WBITS + kGzipOnly) == Z_OK;
  }
  ~GzipStream() override {
    if (usable_) inflateEnd(&state_);
  }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  std::size_t read(std::uint8_t* to, std::size_t size) override {
    if (failed()) return 0;
    if (!usable_) return fail("zlib cannot start");
    while (true) {
      const Bytes bytes = input().view(kInputChunk);
      if (bytes.empty()) return inside_ ? fail_short() : 0;
      if (!inside_ && !start_member(bytes)) return fail("bytes after the end are no gzip");
      state_.next_in = const_cast<Bytef*>(bytes.data());
      state_.avail_in = static_cast<uInt>(bytes.size());
      state_.next_out = to;
      state_.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1u << 30));
      const uInt room = state_.avail_out;
      const int status = inflate(&state_, Z_NO_FLUSH);
      input().consume(bytes.size() - state_.avail_in);
      const std::size_t got = room - state_.avail_out;
      if (status == Z_STREAM_END) {
        inside_ = false;
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        pending_error_ = state_.msg != nullptr ? state_.msg : "invalid data";
      }
      if (got != 0) return got;
      if (!pending_error_.empty()) return fail(pending_error_);
    }
  }

 private:
  /// Another member starts here, if its first byte says so; inflate() checks the rest of its header.
  bool start_member(Bytes bytes) {
    if (bytes[0] == 0x1f) {
      inflateReset(&state_);
      inside_ = true;
      return true;
    }
    return false;
  }

  z_stream state_{};
  bool usable_ = false;
  bool inside_ = false;
  std::string pending_error_;
};

class ZstdStream final : public Decompressor {
 public:
  explicit ZstdStream(std::unique_ptr<ByteInput> input)
      : Decompressor(std::move(input), Compression::zstd), state_(ZSTD_createDStream()) {}
  ~ZstdStream() override { ZSTD_freeDStream(state_); }
  ZstdStream(const ZstdStream&) = delete;
  ZstdStream& operator=(const ZstdStream&) = delete;

  std::size_t read(std::uint8_t* to, std::size_t size) override {
    if (failed()) return 0;
    if (state_ == nullptr) return fail("zstd cannot start");
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0) {
      const Bytes bytes = input().view(kInputChunk);
      ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
      const std::size_t status = ZSTD_decompressStream(state_, &out, &in);
      input().consume(in.pos);
      if (ZSTD_isError(status) != 0) return fail(ZSTD_getErrorName(status));
      if (bytes.empty() && out.pos == 0) return inside_ ? fail_short() : 0;
      inside_ = status != 0;
    }
    return out.pos;
  }

 private:
  ZSTD_DStream* state_;
  bool inside_ = false;
};

class Lz4Stream final : public Decompressor {
 public:
  explicit Lz4Stream(std::unique_ptr<ByteInput> input) : Decompressor(std::move(input), Compression::lz4) {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&state_, LZ4F_VERSION)) != 0) state_ = nullptr;
  }
  ~Lz4Stream() override { LZ4F_freeDecompressionContext(state_); }
  Lz4Stream(const Lz4Stream&) = delete;
  Lz4Stream& operator=(const Lz4Stream&) = delete;

  std::size_t read(std::uint8_t* to, std::size_t size) override {
    if (failed()) return 0;
    if (state_ == nullptr) return fail("lz4 cannot start");
    for (;;) {
      const Bytes bytes = input().view(kInputChunk);
      std::size_t out = size, in = bytes.size();
      const std::size_t status = LZ4F_decompress(state_, to, &out, bytes.data(), &in, nullptr);
      input().consume(in);
      if (LZ4F_isError(status) != 0) return fail(LZ4F_getErrorName(status));
      if (bytes.empty() && out == 0) return inside_ ? fail_short() : 0;
      inside_ = status != 0;
      if (out != 0) return out;
    }
  }

 private:
  LZ4F_dctx* state_ = nullptr;
  bool inside_ = false;
};

}  // namespace

Compression detect_compression(Bytes head) {
  const auto starts_with = [head](std::initializer_list<std::uint8_t> magic) {
    return head.size() >= magic.size() && std::equal(magic.begin(), magic.end(), head.begin());
  };
  if (starts_with({0x1f, 0x8b})) return Compression::gzip;
  if (starts_with({0x28, 0xb5, 0x2f, 0xfd})) return Compression::zstd;
  if (starts_with({0x04, 0x22, 0x4d, 0x18})) return Compression::lz4;
  return Compression::none;
}

void skip_skippable_frames(ByteInput& input) {
  constexpr std::uint32_t kSkippable = 0x184d2a50;  // and the 15 behind it
  constexpr std::size_t kHeader = 8;
  for (;;) {
    const Bytes head = input.view(kHeader);
    if (head.size() < kHeader || (read_le32(head, 0) & 0xffff'fff0) != kSkippable) return;
    const std::uint64_t size = read_le32(head, 4);
    input.skip(kHeader + size);
  }
}

std::string_view name_of(Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return "gzip";
    case Compression::zstd:
      return "zstd";
    case Compression::lz4:
      return "lz4";
    case Compression::none:
      break;
  }
  return "plain";
}

std::unique_ptr<ByteStream> decompress(std::unique_ptr<ByteInput> input, Compression compression) {
  if (compression == Compression::zstd) return std::make_unique<ZstdStream>(std::move(input));
  if (compression == Compression::lz4) return std::make_unique<Lz4Stream>(std::move(input));
  return std::make_unique<GzipStream>(std::move(input));
}

std::unique_ptr<ByteInput> unpacked(std::unique_ptr<ByteStream> raw) {
  constexpr std::size_t kHead = 16;
  auto input = std::make_unique<ByteInput>(std::move(raw));
  skip_skippable_frames(*input);
  const Compression compression = detect_compression(input->view(kHead));
  if (compression == Compression::none) return input;
  return std::make_unique<ByteInput>(decompress(std::move(input), compression));
}

}  // namespace ck::capture
