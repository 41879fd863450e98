// Reads a message log. A log is no more trusted than a capture: what is not as it must be ends it, with an
// error that says where, and what came before counts.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "capture/byte_stream.h"
#include "capture/log_record.h"
#include "protocol/protobuf/schema.h"

namespace ck::capture {

class LogReader {
 public:
  /// `input` is unpacked and begins with kLogHead. `name` goes into errors. Reads up to the first record.
  LogReader(std::unique_ptr<ByteInput> input, const std::string& name);
  ~LogReader();
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  [[nodiscard]] const LogHeader& header() const;
  /// How gRPC is read; nullptr: it is not. Outlives this.
  void set_schema(const ProtoSchema* schema);
  /// The next record, or nullptr at the end or an error. Valid until the next call. Captures are numbered as
  /// the header has them, connections from 1 on.
  LogRecord* next();
  /// When the record that was read last was told.
  [[nodiscard]] const Moment& moment() const;
  /// Where the packet stands in its capture's file, if the log says so.
  [[nodiscard]] const std::optional<PacketPlace>& place() const;
  /// Why reading stopped; empty: at the log's end.
  [[nodiscard]] const std::string& error() const;
  /// What the log says at its end; of a log that was cut, only the captures' names.
  [[nodiscard]] const ReadingFacts& facts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ck::capture
