// Typed indices: what names one kind of object cannot be handed over where another kind is expected.
#pragma once

#include <cstdint>

#include "base/rooms.h"

namespace ck::base {

/// The Id of nothing, whatever the kind.
struct None {};
inline constexpr None kNone{};

/// Names an object of a table by its place there. It is made from a number and read as a number only where it
/// is said so, and nothing can be added to it. One that is made without a number names nothing.
template <typename Of>
class Id {
 public:
  constexpr Id() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): kNone stands for the Id of nothing of every kind
  constexpr Id(None) {}
  explicit constexpr Id(std::uint32_t index) : index_(index) {}

  [[nodiscard]] constexpr std::uint32_t index() const { return index_; }
  friend constexpr bool operator==(Id, Id) = default;

 private:
  static constexpr std::uint32_t kNothing = 0xFFFFFFFFU;
  std::uint32_t index_ = kNothing;
};

}  // namespace ck::base
