// What a check says: a value. Checks know neither positions nor sinks; the part of the engine that asked
// hands the value to the verdicts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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

  /// What a finding says.
  struct Breach {
    std::string_view parameter;  ///< the Recommendation's name, or empty
    std::string text;            ///< found and expected; as it comes from the wire, writers escape it
    std::optional<std::string> found, expected;  ///< the same, each by itself where it is a value
  };

  Kind kind = Kind::not_applicable;
  /// Of a broken rule alone: a message has a dozen verdicts, and nearly all are that a rule was kept.
  std::unique_ptr<Breach> breach;

  static Verdict not_applicable() { return {}; }
  static Verdict kept() { return {Kind::kept, nullptr}; }
  static Verdict undecidable() { return {Kind::undecidable, nullptr}; }
  [[gnu::cold]] static Verdict broken(std::string text, std::string_view parameter = {});
  static Verdict broken_again() { return {Kind::broken_again, nullptr}; }

  /// The same with what was found and what was expected; only of a broken rule.
  [[gnu::cold]] Verdict with(std::optional<std::string> found, std::optional<std::string> expected) &&;

  [[nodiscard]] bool is_broken() const { return kind == Kind::broken; }
};

}  // namespace ck::audit
