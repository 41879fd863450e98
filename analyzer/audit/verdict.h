// What a check says: a value. Checks know neither positions nor sinks; the part of the engine that asked
// hands the value to the verdicts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/rooms.h"

namespace ck::audit {

struct Verdict {
  enum class Kind : std::uint8_t {
    not_applicable,  ///< there was nothing to check
    kept,
    undecidable,   ///< the capture does not show it either way
    broken,        ///< and its finding says how
    broken_again,  ///< as a finding says already
  };

  Kind kind = Kind::not_applicable;
  std::string_view parameter;  ///< broken: the Recommendation's name, or empty
  std::string text;            ///< broken: found and expected; as it comes from the wire, writers escape it

  static Verdict not_applicable() { return {}; }
  static Verdict kept() { return {Kind::kept, {}, {}}; }
  static Verdict undecidable() { return {Kind::undecidable, {}, {}}; }
  static Verdict broken(std::string text, std::string_view parameter = {}) {
    return {Kind::broken, parameter, std::move(text)};
  }
  static Verdict broken_again() { return {Kind::broken_again, {}, {}}; }

  [[nodiscard]] bool is_broken() const { return kind == Kind::broken; }
};

}  // namespace ck::audit
