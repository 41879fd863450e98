// Colours, plurals and cut-off lists of the text report.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "audit/records.h"
#include "audit/rules.h"

namespace ck::report {

/// ANSI colours, or none. Text passed in is escaped already.
struct Style {
  bool color = false;

  [[nodiscard]] std::string paint(std::string_view code, std::string_view text) const;
  [[nodiscard]] std::string bold(std::string_view text) const { return paint("1", text); }
  [[nodiscard]] std::string red(std::string_view text) const { return paint("1;31", text); }
  [[nodiscard]] std::string yellow(std::string_view text) const { return paint("33", text); }
  [[nodiscard]] std::string green(std::string_view text) const { return paint("32", text); }
  [[nodiscard]] std::string severity_text(Severity severity, std::string_view text) const;
  [[nodiscard]] std::string severity(Severity severity) const {
    return severity_text(severity, name_of(severity));
  }
  // A procedure's state: failures red, what went well green.
  [[nodiscard]] std::string state(RelayState state) const;
  [[nodiscard]] std::string state(SessionState state) const;
  [[nodiscard]] std::string state(ReservationState state) const;
};

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);

/// "1 error", "2 errors".
std::string counted(std::uint64_t number, std::string_view noun);

/// Counts the entries of a list and says which are shown; `most` 0 shows all.
class ListLimit {
 public:
  explicit ListLimit(std::uint64_t most) : most_(most) {}
  bool next() { return ++total_ <= most_ || most_ == 0; }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::uint64_t hidden() const { return most_ == 0 || total_ <= most_ ? 0 : total_ - most_; }

 private:
  std::uint64_t most_;
  std::uint64_t total_ = 0;
};

}  // namespace ck::report
