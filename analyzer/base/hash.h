// Digests of numbers and strings, under a seed of the process.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/rooms.h"

namespace ck::base {

/// Drawn once a process, so that a capture cannot be made to collide; nothing that is reported depends on it.
std::uint64_t make_hash_seed();
inline const std::uint64_t kHashSeed = make_hash_seed();
inline std::uint64_t hash_seed() {
  return kHashSeed;
}

/// Both halves of the product, folded. For what captures hold, one factor must be secret (hash_seed()).
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// One key of two numbers, never 0.
inline std::uint64_t digest_of(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t hashed = mix(mix(a ^ hash_seed(), 0x9E3779B97F4A7C15ULL) ^ b, 0xD6E8FEB86659FD93ULL);
  return hashed == 0 ? 1 : hashed;
}

/// A digest of several numbers in order, never 0.
inline std::uint64_t digest_of(std::span<const std::uint64_t> numbers) {
  std::uint64_t hashed = hash_seed();
  for (const std::uint64_t number : numbers)
    hashed = mix(hashed ^ number, 0x9E3779B97F4A7C15ULL) + 0xA0761D6478BD642FULL;
  return hashed == 0 ? 1 : hashed;
}

/// An enumeration of what is hashed: digests of different things differ, though they have the same text or
/// number.
template <class Kind>
concept HashedKind = std::is_enum_v<Kind>;

/// A digest of a number, never 0.
template <HashedKind Kind>
std::uint64_t digest_of(Kind kind, std::uint64_t number) {
  return digest_of(number, static_cast<std::uint64_t>(kind));
}

template <class Word>
Word word_at(const char* bytes) {
  Word word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// The last eight bytes of a text. A shorter one's are all in it, and texts of one length have different
/// words unless they are equal.
inline std::uint64_t last_word(std::string_view text) {
  const char* const end = text.data() + text.size();
  if (text.size() >= 8) return word_at<std::uint64_t>(end - 8);
  if (text.size() >= 4)
    return std::uint64_t{word_at<std::uint32_t>(end - 4)} << 32 | word_at<std::uint32_t>(text.data());
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t at) { return std::uint64_t{static_cast<unsigned char>(text[at])}; };
  return byte(0) << 16 | byte(text.size() / 2) << 8 | byte(text.size() - 1);
}

/// A digest of `text`, never 0. Equal texts have equal digests; different ones differ for all practical
/// purposes.
template <HashedKind Kind>
std::uint64_t digest_of(Kind kind, std::string_view text) {
  std::uint64_t hashed = hash_seed() ^ mix(static_cast<std::uint64_t>(kind) + 0x8EBC6AF09C88C6E3ULL,
                                           text.size() + 0x589965CC75374CC3ULL);
  const char* data = text.data();
  std::size_t left = text.size();
  for (; left > 8; data += 8, left -= 8)
    hashed = mix(hashed ^ word_at<std::uint64_t>(data), 0xA0761D6478BD642FULL) + 0x1D8E4E27C47D124FULL;
  hashed = mix(hashed ^ last_word(text), 0xE7037ED1A0B428DBULL);
  hashed = mix(hashed ^ text.size(), 0x9E3779B97F4A7C15ULL);
  return hashed == 0 ? 1 : hashed;
}

}  // namespace ck::base
