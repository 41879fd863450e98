// The checks of the session rules, and what their findings say.
#include "audit/rules/session.h"

#include <fmt/format.h>

#include "protocol/catalogue.h"

namespace ck::audit::check {

Verdict session_id_reused(std::string_view id, bool reused, bool decidable) {
  if (!reused) return Verdict::kept();
  if (!decidable) return Verdict::undecidable();
  return Verdict::broken(fmt::format("Session ID \"{}\" already names a session of other applications", id),
                         parameter(Parameter::session_id).name)
      .with(std::string(id), "an ID of no other session");
}

Verdict unknown_session(std::string_view id, bool known, bool decidable) {
  if (known) return Verdict::kept();
  if (!decidable) return Verdict::undecidable();
  return Verdict::broken(
             fmt::format("no session creation notification to this KM had the Session ID \"{}\"", id),
             parameter(Parameter::session_id).name)
      .with(std::string(id), "the Session ID of a 0x4108");
}

Verdict premature_session_response(std::uint64_t notice_frame, bool answered, bool decidable) {
  if (answered) return Verdict::kept();
  if (!decidable) return Verdict::undecidable();
  return Verdict::broken(fmt::format(
      "the session creation response comes before the destination KM answered the notification in frame {}",
      notice_frame));
}

Verdict session_outcome_conflict(const OutcomeFacts& facts) {
  if (!facts.certain || facts.response == Outcome::unknown || facts.notice == Outcome::unknown)
    return Verdict::undecidable();
  if (facts.response != Outcome::success || facts.notice != Outcome::failure) return Verdict::kept();
  return Verdict::broken(
             fmt::format("the response says success, yet the destination KM said \"{}\"", facts.notice_text),
             parameter(Parameter::response).name)
      .with("success", "a failure, as the destination KM said");
}

Verdict session_parameters_changed(std::string_view changed, bool decidable) {
  if (!decidable) return Verdict::undecidable();
  if (changed.empty()) return Verdict::kept();
  return Verdict::broken(
      fmt::format("the session creation notification names another {} than the session creation request",
                  changed),
      changed);
}

}  // namespace ck::audit::check
