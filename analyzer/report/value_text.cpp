// Times, durations, endpoints and codes as text.
#include "report/value_text.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <chrono>
#include <cstring>

namespace ck {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// "2026-01-02T03:04:05", kept for the last second asked for: neighbours in a report mostly share it.
const std::string& date_text(std::int64_t second) {
  thread_local std::int64_t cached_second = 0;
  thread_local std::string cached;
  if (!cached.empty() && cached_second == second) return cached;
  using namespace std::chrono;
  const sys_seconds at{seconds{second}};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss clock{at - day};
  cached = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  cached_second = second;
  return cached;
}

}  // namespace

std::string time_text(std::int64_t time_ns) {
  std::int64_t second = time_ns / kSecond;
  std::int64_t rest = time_ns % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --second;
  }
  std::string text = date_text(second);
  char fraction[] = ".000000000Z";
  for (int i = 9; rest != 0; --i, rest /= 10) fraction[i] = static_cast<char>('0' + rest % 10);
  return text.append(fraction, 11);
}

std::string seconds_text(std::int64_t ns) {
  const bool negative = ns < 0;
  const std::uint64_t magnitude =
      negative ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  std::string text = fmt::format("{}{}", negative ? "-" : "", magnitude / kSecond);
  const std::uint64_t rest = magnitude % kSecond;
  if (rest == 0) return text;
  text += fmt::format(".{:09}", rest);
  text.erase(text.find_last_not_of('0') + 1);
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

std::string endpoint_text(const Endpoint& endpoint) {
  char text[INET6_ADDRSTRLEN] = "";
  if (endpoint.address.size == 4) {
    inet_ntop(AF_INET, endpoint.address.bytes.data(), text, sizeof text);
    return fmt::format("{}:{}", text, endpoint.port);
  }
  if (endpoint.address.size == 16) {
    inet_ntop(AF_INET6, endpoint.address.bytes.data(), text, sizeof text);
    return fmt::format("[{}]:{}", text, endpoint.port);
  }
  return "unknown";
}

std::string command_text(std::uint16_t command) {
  return fmt::format("0x{:04X}", command);
}

}  // namespace ck
