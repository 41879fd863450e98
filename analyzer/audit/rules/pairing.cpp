// The checks of the pairing rules, and what their findings say.
#include "audit/rules/pairing.h"

#include <fmt/format.h>

#include <string>

#include "audit/rules/payload_texts.h"

namespace ck::audit::check {

Verdict unanswered_request(const WaitingFacts& facts) {
  if (!facts.owed) return Verdict::not_applicable();
  if (!facts.decidable) return Verdict::undecidable();
  if (facts.closed)
    return Verdict::broken("the connection was closed and no answer came by the end of the capture");
  const double seconds = static_cast<double>(facts.timeout_ns) / 1e9;
  return Verdict::broken(fmt::format("no answer came within {} s", seconds))
      .with("no answer", fmt::format("an answer within {} s", seconds));
}

Verdict unsolicited_response(const ResponseFacts& facts) {
  if (facts.paired) return Verdict::kept();
  if (!facts.decidable) return Verdict::undecidable();
  if (facts.again) return Verdict::not_applicable();  // duplicate-response says it
  return Verdict::broken(fmt::format("no open request fits this {}", facts.name));
}

Verdict duplicate_response(const ResponseFacts& facts) {
  if (facts.paired) return Verdict::kept();
  if (!facts.decidable) return Verdict::undecidable();
  if (!facts.again) return Verdict::not_applicable();  // unsolicited-response says it
  if (!facts.request_frame)
    return Verdict::broken("a second response to a request that was already answered");
  return Verdict::broken(fmt::format("a second response to the request in frame {}", *facts.request_frame));
}

Verdict response_mismatch(const MismatchFacts& facts) {
  if (!facts.decidable) return Verdict::undecidable();
  if (!facts.differs) return Verdict::kept();
  const std::string expected = fmt::format("what the request in frame {} has", facts.request_frame);
  if (facts.parameter) {
    const std::string_view name = parameter(*facts.parameter).name;
    const std::string value =
        facts.found ? fmt::format(" (\"{}\")", payload_texts::clip(*facts.found)) : std::string();
    return Verdict::broken(
               fmt::format("the response names {}{} with another value than its request in frame {}", name,
                           value, facts.request_frame),
               name)
        .with(facts.found, expected);
  }
  std::string_view what = "Key IDs that were not asked for";
  if (!facts.of_keys)
    what = facts.other_applications ? "the applications of another session" : "another session's ID";
  return Verdict::broken(fmt::format("the response names {}, other than its request in frame {}", what,
                                     facts.request_frame),
                         parameter(facts.of_keys ? Parameter::key_ids : Parameter::session_id).name)
      .with(facts.found, expected);
}

}  // namespace ck::audit::check
