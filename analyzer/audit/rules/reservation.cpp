// The checks of the reservation rules, and what their findings say.
#include "audit/rules/reservation.h"

#include <fmt/format.h>

#include <string>

#include "audit/rules/payload_texts.h"
#include "protocol/catalogue.h"

namespace ck::audit::check {
namespace {

Verdict broken_by_key(std::string text) {
  return Verdict::broken(std::move(text), parameter(Parameter::key_ids).name);
}

}  // namespace

Verdict reservation_without_keys(const ReservationFacts& facts) {
  if (facts.outcome == Outcome::unknown) return Verdict::undecidable();
  if (facts.outcome != Outcome::success) return Verdict::not_applicable();
  if (!facts.keys_absent && !facts.keys_empty) return Verdict::kept();
  return broken_by_key(
             fmt::format("the response says success ({}), but Key IDs is {}: the reservation names no key",
                         facts.response ? payload_texts::clip(*facts.response) : "0, left out over gRPC",
                         facts.keys_absent ? "absent" : "empty"))
      .with(facts.keys_absent ? "no Key IDs" : "no key", "at least one key");
}

Verdict failed_reservation_with_keys(const ReservationFacts& facts) {
  if (facts.outcome == Outcome::unknown) return Verdict::undecidable();
  if (facts.outcome != Outcome::failure) return Verdict::not_applicable();
  if (!facts.first_key) return Verdict::kept();
  const std::string key = payload_texts::clip(*facts.first_key);
  return broken_by_key(fmt::format("the response says failure ({}), yet Key IDs names {} key{}{}",
                                   payload_texts::clip(facts.response.value_or("")), facts.key_count,
                                   facts.key_count == 1 ? "" : "s, the first ",
                                   facts.key_count == 1 ? fmt::format(" ({})", key) : key))
      .with(key, "no key");
}

Verdict key_double_reserved(const ReservedKeyFacts& facts) {
  if (!facts.decidable) return Verdict::undecidable();
  if (!facts.before) return Verdict::kept();
  return broken_by_key(fmt::format("key \"{}\" was reserved before{} and not allocated since", facts.key,
                                   facts.frame ? fmt::format(", in frame {},", *facts.frame) : ""))
      .with(std::string(facts.key), "a key that is not reserved");
}

Verdict allocation_of_unreserved_key(const AllocatedKeyFacts& facts) {
  if (facts.before) return Verdict::kept();
  if (!facts.decidable) return Verdict::undecidable();
  return broken_by_key(fmt::format("key \"{}\" was never reserved by this KM", facts.key))
      .with(std::string(facts.key), "a key that a 0x140B of this KM named");
}

Verdict key_double_allocated(const AllocatedKeyFacts& facts) {
  if (!facts.decidable) return Verdict::undecidable();
  if (!facts.before) return Verdict::kept();
  return broken_by_key(fmt::format("key \"{}\" is allocated a second time", facts.key))
      .with(std::string(facts.key), "a key that is not allocated");
}

}  // namespace ck::audit::check
