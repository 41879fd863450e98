// Colours and numbers for people.
#include "report/text_style.h"

#include <fmt/format.h>

namespace ck::report {

std::string Style::paint(std::string_view code, std::string_view text) const {
  return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::string Style::severity_text(Severity severity, std::string_view text) const {
  switch (severity) {
    case Severity::error:
      return red(text);
    case Severity::warning:
      return yellow(text);
    case Severity::note:
      break;
  }
  return paint("36", text);
}

std::string Style::state(RelayState state) const {
  if (state == RelayState::failed) return red(name_of(state));
  return state == RelayState::completed ? green(name_of(state)) : yellow(name_of(state));
}

std::string Style::state(SessionState state) const {
  if (state == SessionState::failed) return red(name_of(state));
  return state == SessionState::established ? green(name_of(state)) : yellow(name_of(state));
}

std::string Style::state(ReservationState state) const {
  const bool failed = state == ReservationState::rejected || state == ReservationState::allocation_failed;
  if (failed) return red(name_of(state));
  return state == ReservationState::allocated ? green(name_of(state)) : yellow(name_of(state));
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(number), noun, number == 1 ? "" : "s");
}

}  // namespace ck::report
