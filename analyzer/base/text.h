// A text that may be absent, in sixteen bytes: what is remembered of many thousand procedures is mostly
// texts.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/rooms.h"

namespace ck::base {

template <class T>
concept TextLike = std::convertible_to<const T&, std::string_view>;

/// As std::optional<std::string>, which takes forty bytes, but it is not changed in place. Up to fifteen
/// bytes lie in it, of longer ones there is a copy. REQUIRES: no text is longer than 4 GiB.
class Text {
 public:
  Text() = default;
  // NOLINTBEGIN(google-explicit-constructor): as std::optional
  Text(std::nullopt_t) {}
  template <TextLike T>
  Text(const T& text) {
    set(text);
  }
  template <TextLike T>
  Text(const std::optional<T>& text) {
    if (text) set(*text);
  }
  // NOLINTEND(google-explicit-constructor)
  Text(const Text& other) {
    if (other.has_value()) set(*other);
  }
  Text(Text&& other) noexcept : bytes_(other.bytes_), tag_(std::exchange(other.tag_, kAbsent)) {}
  Text& operator=(const Text& other) { return *this = Text(other); }
  Text& operator=(Text&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(tag_, other.tag_);
    return *this;
  }
  ~Text() {
    if (tag_ == kElsewhere) delete[] place();
  }

  [[nodiscard]] bool has_value() const { return tag_ != kAbsent; }
  explicit operator bool() const { return has_value(); }
  /// REQUIRES: there is one. Valid as long as this is neither changed nor moved.
  std::string_view operator*() const {
    if (tag_ != kElsewhere) return {bytes_.data(), tag_};
    std::uint32_t size = 0;
    std::memcpy(&size, &bytes_[sizeof(char*)], sizeof size);
    return {place(), size};
  }
  /// Valid as long as this is neither changed nor moved.
  // NOLINTNEXTLINE(google-explicit-constructor): it is one of those, wherever one is asked for
  operator std::optional<std::string_view>() const {
    return has_value() ? std::optional(**this) : std::nullopt;
  }
  friend bool operator==(const Text& a, const Text& b) {
    return a.has_value() == b.has_value() && (!a || *a == *b);
  }
  template <TextLike T>
  friend bool operator==(const Text& a, const T& b) {
    return a && *a == std::string_view(b);
  }
  // Without these, std::optional's own would compare what is in it with a text as with any other value.
  template <TextLike T>
  friend bool operator==(const Text& a, const std::optional<T>& b) {
    return a == Text(b);
  }
  template <TextLike T>
  friend bool operator==(const std::optional<T>& a, const Text& b) {
    return b == Text(a);
  }

 private:
  static constexpr std::size_t kInside = 15;
  static constexpr std::uint8_t kAbsent = 0xFF, kElsewhere = 0xFE;  ///< else the size of what lies inside

  [[nodiscard]] char* place() const {
    char* bytes = nullptr;
    std::memcpy(&bytes, bytes_.data(), sizeof bytes);
    return bytes;
  }
  void set(std::string_view text) {
    if (text.size() <= kInside) {
      if (!text.empty()) std::memcpy(bytes_.data(), text.data(), text.size());
      tag_ = static_cast<std::uint8_t>(text.size());
      return;
    }
    char* const bytes = new char[text.size()];
    std::memcpy(bytes, text.data(), text.size());
    const auto size = static_cast<std::uint32_t>(text.size());
    std::memcpy(bytes_.data(), &bytes, sizeof bytes);
    std::memcpy(&bytes_[sizeof bytes], &size, sizeof size);
    tag_ = kElsewhere;
  }

  alignas(char*) std::array<char, kInside> bytes_{};
  std::uint8_t tag_ = kAbsent;
};
static_assert(sizeof(Text) == 16);

}  // namespace ck::base
