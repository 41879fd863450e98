// Where a report's bytes go: one buffered writer over a file descriptor, a string or a spool. Writers append
// to it millions of times, so append() is inline and virtual calls happen once a buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/rooms.h"

namespace ck::report {

class Output {
 public:
  virtual ~Output() = default;
  Output() { buffer_.reserve(kBufferSize); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void append(std::string_view text) {
    if (buffer_.size() + text.size() > kBufferSize) flush();
    if (text.size() > kBufferSize) {
      hand_on(text);
    } else {
      buffer_.append(text);
    }
  }
  void append(char c) {
    if (buffer_.size() == kBufferSize) flush();
    buffer_.push_back(c);
  }
  void append_number(std::uint64_t value);

  /// A record is complete: handed on at once when somebody waits for it, else with its buffer.
  void end_record() {
    if (eager_) flush();
  }
  /// For a reader that follows while the capture still grows.
  void set_eager(bool eager) { eager_ = eager; }

  /// Hands everything appended so far to its destination. The owner calls it at the end: a destructor could
  /// not report an error. Throws std::system_error when the destination fails (disk full, closed pipe).
  void flush() {
    if (buffer_.empty()) return;
    hand_on(buffer_);
    buffer_.clear();
  }

  /// From now on a failure of the destination is told to `told`, once, and what follows is passed over, so
  /// that whoever writes elsewhere too goes on. `told` may throw the error on.
  void set_on_failure(std::function<void(const std::system_error&)> told) { on_failure_ = std::move(told); }

 protected:
  virtual void write(std::string_view text) = 0;

 private:
  void hand_on(std::string_view text);

  static constexpr std::size_t kBufferSize = 64 * 1024;
  std::string buffer_;
  bool eager_ = false, failed_ = false;
  std::function<void(const std::system_error&)> on_failure_;  ///< empty: failures are thrown
};

/// Collects in memory (tests, fuzz targets, cells of a table).
class StringOutput : public Output {
 public:
  /// Everything appended so far.
  const std::string& text() {
    flush();
    return text_;
  }

 protected:
  void write(std::string_view text) override { text_.append(text); }

 private:
  std::string text_;
};

/// Output whose destination changes.
class TurnableOutput final : public Output {
 public:
  explicit TurnableOutput(Output& to) : to_(&to) {}
  void turn_to(Output& to) {
    flush();
    to_ = &to;
  }

 protected:
  void write(std::string_view text) override { to_->append(text); }

 private:
  Output* to_;
};

/// Writes to a file descriptor that somebody else owns.
class FdOutput : public Output {
 public:
  /// `name` is used in error messages.
  FdOutput(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

 protected:
  void write(std::string_view text) override;

 private:
  int fd_;
  std::string name_;
};

/// Creates or truncates a file and writes to it. The constructor throws std::system_error when that fails.
class FileOutput : public FdOutput {
 public:
  explicit FileOutput(const std::string& path);
  ~FileOutput() override;

 private:
  FileOutput(int fd, const std::string& path);
  int owned_;
};

}  // namespace ck::report
