// The checks of the reservation rules, and what their findings say.
#include "audit/rules/reservation.h"

#include <fmt/format.h>

#include <string>

#include "protocol/catalogue.h"

namespace ck::check {
namespace {

Verdict broken_by_key(std::string text) {
  return Verdict::broken(std::move(text), parameter(Parameter::key_ids).name);
}

}  // namespace

Verdict key_double_reserved(const ReservedKeyFacts& facts) {
  if (!facts.decidable) return Verdict::undecidable();
  if (!facts.before) return Verdict::kept();
  return broken_by_key(fmt::format("key \"{}\" was reserved before{} and not allocated since", facts.key,
                                   facts.frame ? fmt::format(", in frame {},", *facts.frame) : ""));
}

Verdict allocation_of_unreserved_key(const AllocatedKeyFacts& facts) {
  if (facts.before) return Verdict::kept();
  if (!facts.decidable) return Verdict::undecidable();
  return broken_by_key(fmt::format("key \"{}\" was never reserved by this KM", facts.key));
}

Verdict key_double_allocated(const AllocatedKeyFacts& facts) {
  if (!facts.decidable) return Verdict::undecidable();
  if (!facts.before) return Verdict::kept();
  return broken_by_key(fmt::format("key \"{}\" is allocated a second time", facts.key));
}

}  // namespace ck::check
