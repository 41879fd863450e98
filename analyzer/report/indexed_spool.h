// One small value for each of many things that are numbered: as many as a capture is long, so that they are
// kept in a spool.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "report/spool.h"

namespace ck::report {

/// `Value`: all bits of the one that stands where none was set are zero. Throws as a Spool does.
template <typename Value>
class IndexedSpool {
 public:
  void set(std::uint64_t index, const Value& value) {
    static_assert(std::is_trivially_copyable_v<Value>);
    static const std::string blank(64 * sizeof value, '\0');
    const std::uint64_t offset = index * sizeof value;
    while (spool_.size() < offset + sizeof value) spool_.append(blank);
    spool_.rewrite(offset, {reinterpret_cast<const char*>(&value), sizeof value});
    at_hand_.reset();
  }
  /// Values near one that was asked for last are at hand.
  [[nodiscard]] Value get(std::uint64_t index) {
    if (index * sizeof(Value) >= spool_.size()) return Value{};
    const std::uint64_t wanted = index / kAtHand;
    if (at_hand_ != wanted) {
      values_ = {};
      spool_.read(wanted * sizeof values_, sizeof values_, reinterpret_cast<char*>(values_.data()));
      at_hand_ = wanted;
    }
    return values_[index % kAtHand];
  }

 private:
  static constexpr std::size_t kAtHand = 512;
  Spool spool_;
  std::array<Value, kAtHand> values_{};   ///< what was read last
  std::optional<std::uint64_t> at_hand_;  ///< which so many these are, counted from 0
};

}  // namespace ck::report
