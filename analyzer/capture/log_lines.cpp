// A buffer that grows with the longest line, up to what one message may take.
#include "capture/log_lines.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace ck::capture {
namespace {

/// Of a line: the largest gRPC message, each of whose bytes may be written as six.
constexpr std::size_t kMaxLine = (std::size_t{4} << 20) * 6 + 4096;
constexpr std::size_t kLinesRead = 256 * 1024;  // bytes at once

}  // namespace

std::optional<std::string_view> LogLines::next() {
  while (true) {
    const void* end = found_ < size_ ? std::memchr(buffer_.data() + found_, '\n', size_ - found_) : nullptr;
    if (end != nullptr) {
      const auto at = static_cast<std::size_t>(static_cast<const char*>(end) - buffer_.data());
      const std::string_view line(buffer_.data() + begin_, at - begin_);
      begin_ = found_ = at + 1;
      return line;
    }
    found_ = size_;
    if (size_ - begin_ > kMaxLine || !fill()) return std::nullopt;
  }
}

bool LogLines::fill() {
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, size_ - begin_);
    size_ -= begin_;
    found_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < size_ + kLinesRead + simdjson::SIMDJSON_PADDING)
    buffer_.resize(std::max(2 * size_, size_ + kLinesRead) + simdjson::SIMDJSON_PADDING);
  const std::size_t got = input_->read(reinterpret_cast<std::uint8_t*>(buffer_.data() + size_), kLinesRead);
  size_ += got;
  return got != 0;
}

}  // namespace ck::capture
