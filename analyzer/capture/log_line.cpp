// JSON's strings, base64, and endpoints.
#include "capture/log_line.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "audit/address_text.h"

namespace ck::capture {
namespace {

bool must_escape(unsigned char c) {
  return c < 0x20 || c == '"' || c == '\\';
}

void append_base64(std::string& out, Bytes bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) three = three << 8 | (k < left ? bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) out.push_back(k <= left ? kDigits[three >> (18 - 6 * k) & 63] : '=');
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view utf8) {
  out.push_back('"');
  for (std::size_t i = 0; i < utf8.size();) {
    std::size_t plain = i;
    while (plain < utf8.size() && !must_escape(static_cast<unsigned char>(utf8[plain]))) ++plain;
    out.append(utf8.substr(i, plain - i));
    if (plain == utf8.size()) break;
    const char c = utf8[plain];
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    }
    i = plain + 1;
  }
  out.push_back('"');
}

std::string endpoint_in_log(const Endpoint& endpoint) {
  if (endpoint.address.size == 0) return fmt::format(":{}", endpoint.port);
  return std::string(endpoint_text(endpoint));
}

LogLine::LogLine(std::string& out, std::string_view type) : out_(out) {
  out_.append(R"({"type":")");
  out_.append(type);
  out_.push_back('"');
}

void LogLine::key(std::string_view name) {
  out_.append(",\"");
  out_.append(name);
  out_.append("\":");
}

void LogLine::number(std::string_view name, std::uint64_t value) {
  key(name);
  const fmt::format_int digits(value);
  out_.append(digits.data(), digits.size());
}

void LogLine::text(std::string_view name, std::string_view plain) {
  key(name);
  out_.push_back('"');
  out_.append(plain);
  out_.push_back('"');
}

void LogLine::flag(std::string_view name, bool value) {
  raw(name, value ? "true" : "false");
}

void LogLine::raw(std::string_view name, std::string_view json) {
  key(name);
  out_.append(json);
}

void LogLine::time(std::string_view name, std::int64_t ns) {
  if (ns == kNoTime) return raw(name, "null");
  key(name);
  const fmt::format_int digits(ns);
  out_.append(digits.data(), digits.size());
}

void LogLine::bytes(std::string_view name, Bytes value) {
  bytes(name, std::string_view(reinterpret_cast<const char*>(value.data()), value.size()));
}

void LogLine::bytes(std::string_view name, std::string_view value) {
  if (simdjson::validate_utf8(value.data(), value.size())) {
    key(name);
    return append_json_string(out_, value);
  }
  key(fmt::format("{}_base64", name));
  out_.push_back('"');
  append_base64(out_, Bytes(reinterpret_cast<const std::uint8_t*>(value.data()), value.size()));
  out_.push_back('"');
}

void LogLine::position(const Position& at) {
  number("capture", at.capture);
  number("frame", at.frame);
  time("time_ns", at.time_ns);
  if (at.behind_s != 0) number("behind_s", at.behind_s);
}

void LogLine::moment(const stream::Moment& moment, const Position& at) {
  stream::Moment shown;
  shown.clock_ns = at.time_ns;
  shown.capture = at.capture;
  shown.frame = at.frame;
  if (moment == shown) return;
  const auto clock = moment.clock_ns == kNoTime ? std::string("null") : fmt::format("{}", moment.clock_ns);
  const auto step =
      moment.step_time_ns == kNoTime ? std::string("null") : fmt::format("{}", moment.step_time_ns);
  raw("told",
      fmt::format("[{},{},{},{},{},{},{},{}]", static_cast<unsigned>(moment.stage), clock,
                  moment.late ? 1 : 0, moment.capture, moment.frame, moment.step, step, moment.step_frame));
}

}  // namespace ck::capture
