// What a check says: a value. Checks know neither positions nor sinks; the part of the engine that asked
// hands the value to the verdicts.
#pragma once

#include <cstdint>
#include <optional>
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
  std::optional<std::string> found, expected;  ///< broken: the same, each by itself where it is a value

  static Verdict not_applicable() { return {}; }
  static Verdict kept() { return of(Kind::kept); }
  static Verdict undecidable() { return of(Kind::undecidable); }
  static Verdict broken(std::string text, std::string_view parameter = {}) {
    Verdict verdict = of(Kind::broken);
    verdict.parameter = parameter;
    verdict.text = std::move(text);
    return verdict;
  }
  static Verdict broken_again() { return of(Kind::broken_again); }

  /// The same with what was found and what was expected.
  Verdict with(std::optional<std::string> what_was_found, std::optional<std::string> what_was_expected) && {
    found = std::move(what_was_found);
    expected = std::move(what_was_expected);
    return std::move(*this);
  }

  [[nodiscard]] bool is_broken() const { return kind == Kind::broken; }

 private:
  static Verdict of(Kind kind) {
    Verdict verdict;
    verdict.kind = kind;
    return verdict;
  }
};

}  // namespace ck::audit
