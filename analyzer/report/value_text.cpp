// Times, durations and codes as text.
#include "report/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <iterator>
#include <limits>

#include "base/digits.h"

namespace ck::report {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// Whole `unit`s in `value`, rounded down; `rest` is what is left, never negative.
constexpr std::int64_t split(std::int64_t value, std::int64_t unit, std::int64_t& rest) {
  std::int64_t whole = value / unit;
  rest = value % unit;
  if (rest < 0) {
    rest += unit;
    --whole;
  }
  return whole;
}

constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

/// "2026-01-02", kept for the last day asked for: neighbours in a report mostly share it. `day`: since the
/// epoch.
std::string_view date_text(std::int64_t day) {
  thread_local std::int64_t cached_day = 0;
  thread_local std::string cached;
  if (!cached.empty() && cached_day == day) return cached;
  using namespace std::chrono;
  const year_month_day date{sys_days{days{day}}};
  cached = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  cached_day = day;
  return cached;
}

/// A mark and two digits. Returns behind them.
char* put_two(char* to, char mark, std::uint32_t number) {
  to[0] = mark;
  std::memcpy(to + 1, &kPairs[number * 2], 2);
  return to + 3;
}

/// The nine digits of a fraction of a second. Returns behind them.
char* put_nanoseconds(char* to, std::uint32_t ns) {
  constexpr std::uint32_t kEight = 100'000'000;
  *to = static_cast<char>('0' + ns / kEight);
  put_digits(to + 1, eight_digits(ns % kEight));
  return to + 9;
}

template <std::size_t Capacity>
void end_text(ShortText<Capacity>& text, const char* end) {
  text.size = static_cast<std::size_t>(end - text.bytes);
}

}  // namespace

ShortText<32> time_text(std::int64_t time_ns) {
  std::int64_t nanoseconds = 0, second_of_day = 0;
  const std::int64_t day = split(split(time_ns, kSecond, nanoseconds), 86'400, second_of_day);
  const auto second = static_cast<std::uint32_t>(second_of_day);
  ShortText<32> text;
  const std::string_view date = date_text(day);
  char* to = std::copy(date.begin(), date.end(), text.bytes);
  to = put_two(to, 'T', second / 3600);
  to = put_two(to, ':', second / 60 % 60);
  to = put_two(to, ':', second % 60);
  *to++ = '.';
  to = put_nanoseconds(to, static_cast<std::uint32_t>(nanoseconds));
  *to++ = 'Z';
  end_text(text, to);
  return text;
}

char* TimeTexts::put(char* to, std::int64_t time_ns) {
  constexpr std::size_t kFraction = 20;  // behind "2026-01-02T03:04:05."
  std::uint64_t nanoseconds = static_cast<std::uint64_t>(time_ns) - static_cast<std::uint64_t>(begin_);
  if (text_.size == 0 || time_ns < begin_ || nanoseconds >= kSecond) {
    std::int64_t rest = 0;
    split(time_ns, kSecond, rest);
    text_ = time_text(time_ns);
    // When the first second of all began cannot be told.
    const bool first = time_ns < std::numeric_limits<std::int64_t>::min() + rest;
    begin_ = first ? 0 : time_ns - rest;
    if (first) text_.size = 0;
    nanoseconds = static_cast<std::uint64_t>(rest);
  }
  std::memcpy(to, text_.bytes, kFraction);
  to = put_nanoseconds(to + kFraction, static_cast<std::uint32_t>(nanoseconds));
  *to = 'Z';
  return to + 1;
}

ShortText<24> seconds_text(std::int64_t ns) {
  const bool negative = ns < 0;
  const std::uint64_t magnitude =
      negative ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  ShortText<24> text;
  char* to = text.bytes;
  if (negative) *to++ = '-';
  to = put_number(to, magnitude / kSecond);
  if (const std::uint64_t rest = magnitude % kSecond; rest != 0) {
    *to++ = '.';
    to = put_nanoseconds(to, static_cast<std::uint32_t>(rest));
    while (to[-1] == '0') --to;
  }
  end_text(text, to);
  return text;
}

std::string duration_text(std::int64_t ns) {
  const auto value = static_cast<double>(ns);
  const double magnitude = value < 0 ? -value : value;
  if (magnitude >= 1e9) return fmt::format("{:.3f} s", value / 1e9);
  if (magnitude >= 1e6) return fmt::format("{:.1f} ms", value / 1e6);
  if (magnitude >= 1e3) return fmt::format("{:.0f} µs", value / 1e3);
  return fmt::format("{} ns", ns);
}

}  // namespace ck::report
