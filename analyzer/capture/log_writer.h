// Writes a message log: what the audit is told, one JSON object a line, in zstd frames.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "capture/log_record.h"

namespace ck::capture {

class LogWriter {
 public:
  /// `write` receives the file's bytes, and may throw. `tool`: who wrote it.
  LogWriter(const LogHeader& header, std::string_view tool, std::function<void(std::string_view)> write);
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// `place`: of the packet at its position, in the capture's file.
  void record(const LogRecord& record, const Moment& moment, const std::optional<PacketPlace>& place = {});
  /// The last line, without which a log was cut.
  void finish(const ReadingFacts& facts);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ck::capture
