// Both bytes of a code at once, for sixteen places at a time.
#include "protocol/code_scan.h"

#include <array>
#include <bit>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "protocol/catalogue.h"

namespace ck::protocol {
namespace {

const std::array<std::uint8_t, 256> kHighBytes = [] {
  std::array<std::uint8_t, 256> high{};
  for (const MessageSpec& message : messages()) high[message.number()] = direction_digits(message.code());
  return high;
}();

bool is_code(Bytes bytes, std::size_t low) {
  const std::uint8_t high = kHighBytes[bytes[low]];
  return high != 0 &&
         ((low > 0 && bytes[low - 1] == high) || (low + 1 < bytes.size() && bytes[low + 1] == high));
}

#if defined(__SSE2__)

constexpr std::size_t kBlock = 16;
/// The numbers of the 13 messages: a code's low byte lies among them.
constexpr char kLowest = 1, kNumbers = 13;

__m128i block_at(const std::uint8_t* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

__m128i is_high_byte(__m128i block) {
  const auto equals = [&](Direction direction) {
    return _mm_cmpeq_epi8(block, _mm_set1_epi8(static_cast<char>(direction)));
  };
  return _mm_or_si128(equals(Direction::km_to_controller), equals(Direction::controller_to_km));
}

__m128i is_low_byte(__m128i block) {
  const __m128i number = _mm_sub_epi8(block, _mm_set1_epi8(kLowest));
  return _mm_cmpeq_epi8(_mm_min_epu8(number, _mm_set1_epi8(kNumbers - 1)), number);
}

/// Where the first block of sixteen bytes begins, from `low` on, in which a byte has the value of a low one:
/// in texts few have. Whole blocks with a byte behind them are looked at, and what is left of `bytes` is
/// returned where there is none.
std::size_t find_low_byte(Bytes bytes, std::size_t low) {
  for (; low + 2 * kBlock < bytes.size(); low += 2 * kBlock) {
    const __m128i first = is_low_byte(block_at(bytes.data() + low));
    const __m128i second = is_low_byte(block_at(bytes.data() + low + kBlock));
    if (_mm_movemask_epi8(_mm_or_si128(first, second)) == 0) continue;
    return _mm_movemask_epi8(first) != 0 ? low : low + kBlock;
  }
  return low;
}

/// A bit for each of the sixteen bytes from `at` on that has the value of a low byte, and of a high one
/// beside it. The bytes before and behind them are read, too.
unsigned perhaps_codes(const std::uint8_t* at) {
  const __m128i is_low = is_low_byte(block_at(at));
  const __m128i beside = _mm_or_si128(is_high_byte(block_at(at - 1)), is_high_byte(block_at(at + 1)));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_and_si128(is_low, beside)));
}

#endif

}  // namespace

std::uint8_t high_byte_of_code(std::uint8_t low) {
  return kHighBytes[low];
}

std::size_t find_code(Bytes bytes, std::size_t from) {
  std::size_t low = from;
#if defined(__SSE2__)
  if (low == 0 && !bytes.empty()) {
    if (is_code(bytes, 0)) return 0;
    low = 1;
  }
  for (low = find_low_byte(bytes, low); low + kBlock < bytes.size();
       low = find_low_byte(bytes, low + kBlock)) {
    for (unsigned places = perhaps_codes(bytes.data() + low); places != 0; places &= places - 1) {
      const std::size_t place = low + static_cast<std::size_t>(std::countr_zero(places));
      if (is_code(bytes, place)) return place;
    }
  }
#endif
  for (; low < bytes.size(); ++low) {
    if (is_code(bytes, low)) return low;
  }
  return bytes.size();
}

}  // namespace ck::protocol
