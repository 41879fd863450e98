// A line of a message log as it is written: one JSON object, member by member.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "audit/event.h"
#include "base/bytes.h"
#include "stream/moment.h"

namespace ck::capture {

class LogLine {
 public:
  explicit LogLine(std::string& out, std::string_view type);
  /// Closes the object and ends the line.
  void end() { out_.append("}\n"); }

  void number(std::string_view name, std::uint64_t value);
  void text(std::string_view name, std::string_view plain);  ///< ASCII that needs no escapes
  void flag(std::string_view name, bool value);
  void raw(std::string_view name, std::string_view json);
  void time(std::string_view name, std::int64_t ns);
  /// As a string where it is UTF-8, else in base64 and under the name with "_base64" behind it.
  void bytes(std::string_view name, Bytes value);
  void bytes(std::string_view name, std::string_view value);
  void position(const Position& at);
  /// Where it is not what the position says.
  void moment(const stream::Moment& moment, const Position& at);

 private:
  void key(std::string_view name);
  std::string& out_;
};

std::string endpoint_in_log(const Endpoint& endpoint);
void append_json_string(std::string& out, std::string_view utf8);

}  // namespace ck::capture
