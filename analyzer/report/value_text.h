// How a report writes times, durations and codes: the same in every format.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "audit/event.h"
#include "base/short_text.h"
#include "protocol/payload.h"

namespace ck::report {

/// RFC 3339, UTC, nanoseconds: "2026-01-02T03:04:05.123456789Z". Any value of `time_ns` (years 1677 to 2262).
ShortText<32> time_text(std::int64_t time_ns);

/// time_text() for one time after another. Those of a report mostly share their second, and with it all but
/// the fraction.
class TimeTexts {
 public:
  static constexpr std::size_t kSize = 30;  ///< of each of them
  /// Writes it where there is room for it. Returns behind it.
  char* put(char* to, std::int64_t time_ns);

 private:
  std::int64_t begin_ = 0;  ///< when the text's second began, once there is one
  ShortText<32> text_;
};

/// Seconds as the shortest exact decimal: 1500000000 is "1.5", 0 is "0", -1 is "-0.000000001". A JSON number.
ShortText<24> seconds_text(std::int64_t ns);

/// A duration for people: "1.234 s", "56.7 ms", "89 µs", "12 ns".
std::string duration_text(std::int64_t ns);

/// The types of JSON values, by name.
struct JsonTypeName {
  JsonType type;
  std::string_view name;
};
inline constexpr std::array<JsonTypeName, kJsonTypeCount> kJsonTypeNames{{{JsonType::array, "array"},
                                                                          {JsonType::boolean, "boolean"},
                                                                          {JsonType::null, "null"},
                                                                          {JsonType::number, "number"},
                                                                          {JsonType::object, "object"},
                                                                          {JsonType::string, "string"}}};

}  // namespace ck::report
