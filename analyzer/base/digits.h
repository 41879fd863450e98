// Numbers as decimal digits, eight at once.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/rooms.h"

namespace ck::base {

/// The values of the eight digits of a number below 10^8, the first one in the lowest byte: halves, then
/// pairs, then digits are told apart, each in a part of one word.
constexpr std::uint64_t eight_digits(std::uint32_t number) {
  const std::uint64_t halves = std::uint64_t{number % 10'000} << 32 | number / 10'000;
  const std::uint64_t hundreds = (halves * 10'486 >> 20) & 0x0000'007F'0000'007F;  // of each half
  const std::uint64_t pairs = (halves - hundreds * 100) << 16 | hundreds;
  const std::uint64_t tens = (pairs * 103 >> 10) & 0x000F'000F'000F'000F;  // of each pair
  return (pairs - tens * 10) << 8 | tens;
}

/// Writes the bytes of a word of digits, the lowest first.
inline void put_digits(char* to, std::uint64_t digits) {
  digits += 0x3030'3030'3030'3030;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(to, &digits, sizeof digits);
  } else {
    for (std::size_t i = 0; i < sizeof digits; ++i) to[i] = static_cast<char>(digits >> 8 * i & 0xFF);
  }
}

/// Writes a number where there is room for 20 bytes. Returns behind it.
inline char* put_number(char* to, std::uint64_t number) {
  constexpr std::uint64_t kEight = 100'000'000;
  if (number >= kEight) {
    to = put_number(to, number / kEight);
    put_digits(to, eight_digits(static_cast<std::uint32_t>(number % kEight)));
    return to + 8;
  }
  const std::uint64_t digits = eight_digits(static_cast<std::uint32_t>(number));
  // One digit stays, be it a zero.
  const unsigned zeros = static_cast<unsigned>(std::countr_zero(digits | std::uint64_t{1} << 56)) / 8;
  put_digits(to, digits >> 8 * zeros);
  return to + 8 - zeros;
}

}  // namespace ck::base
