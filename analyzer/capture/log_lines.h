// A message log's bytes, line by line.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/byte_stream.h"

namespace ck::capture {

/// Lines of a log, one after the other, each with what simdjson needs behind it.
class LogLines {
 public:
  explicit LogLines(std::unique_ptr<ByteInput> input) : input_(std::move(input)) {}

  /// The next line without its end, valid until the next call; nullopt: there is none, whole and short
  /// enough.
  std::optional<std::string_view> next();
  /// Whether bytes are left that are no line, once next() has said that there is none.
  [[nodiscard]] bool has_rest() const { return begin_ != size_; }
  /// Why there are no more bytes; empty at the end.
  [[nodiscard]] std::string error() const { return input_->error(); }

 private:
  bool fill();

  std::unique_ptr<ByteInput> input_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, found_ = 0, size_ = 0;  ///< found_: no line ends before
};

}  // namespace ck::capture
