// The checks of the relay rules, and what their findings say.
#include "audit/rules/relay.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "protocol/catalogue.h"

namespace ck::audit::check {
namespace {

/// The destination stands before the end.
bool ends_early(const Route& route) {
  return !route.transit.empty() && std::find(route.transit.begin(), route.transit.end() - 1,
                                             route.destination) != route.transit.end() - 1;
}

/// The first KMA that the route comes back to. That the destination stands twice says destination-not-last.
std::optional<std::string_view> find_loop(const Route& route) {
  const std::vector<std::string>& transit = route.transit;
  // A short list is compared with itself: no memory is asked for.
  constexpr std::size_t kShort = 8;
  std::unordered_set<std::string_view> seen;
  const auto is_repeated = [&](std::size_t i) {
    if (transit.size() > kShort) return !seen.insert(transit[i]).second;
    const auto here = transit.begin() + static_cast<std::ptrdiff_t>(i);
    return std::find(transit.begin(), here, *here) != here;
  };
  for (std::size_t i = 0; i < transit.size(); ++i) {
    const bool back_at_source = i > 0 && route.source == transit[i];
    const bool looped = route.destination == transit[i] ? back_at_source : is_repeated(i) || back_at_source;
    if (looped) return transit[i];
  }
  return std::nullopt;
}

}  // namespace

Verdict no_next_hop(bool absent, bool empty) {
  if (!absent && !empty) return Verdict::kept();
  return Verdict::broken(fmt::format("Next KMA IDs is {}: the controller offers no way on to the destination",
                                     absent ? "left out over gRPC, an empty list" : "empty"),
                         parameter(Parameter::next_kma_ids).name)
      .with(absent ? "no Next KMA IDs" : "[]", "at least one KMA ID");
}

Verdict relay_without_notification(bool notified, bool decidable) {
  if (notified) return Verdict::kept();
  if (!decidable) return Verdict::undecidable();
  return Verdict::broken("no key relay request notification (0x1403) asked for this relay");
}

Verdict destination_not_last(const Route& route) {
  if (ends_early(route)) {
    return Verdict::broken(fmt::format("the destination \"{}\" stands before the end of the route: {}",
                                       route.destination, fmt::join(route.transit, ", ")),
                           parameter(Parameter::transit_kma_ids).name)
        .with(fmt::format("{}", fmt::join(route.transit, ", ")),
              fmt::format("\"{}\" at the end, or not at all", route.destination));
  }
  if (!route.destination.empty()) return Verdict::kept();
  return route.certain ? Verdict::not_applicable() : Verdict::undecidable();
}

Verdict relay_loop(const Route& route) {
  if (const auto looped = find_loop(route)) {
    return Verdict::broken(
               fmt::format("the route passes \"{}\" twice: {}", *looped, fmt::join(route.transit, ", ")),
               parameter(Parameter::transit_kma_ids).name)
        .with(fmt::format("{}", fmt::join(route.transit, ", ")), "each KMA once");
  }
  if (!route.certain && route.source.empty()) return Verdict::undecidable();
  return ends_early(route) ? Verdict::not_applicable() : Verdict::kept();
}

Verdict relay_loop(const std::vector<std::string>& offers, bool passed, bool decidable) {
  if (!decidable) return Verdict::undecidable();
  if (!passed) return Verdict::kept();
  return Verdict::broken(
             fmt::format("every KMA that is offered as the next hop was already passed by this relay: {}",
                         fmt::join(offers, ", ")),
             parameter(Parameter::next_kma_ids).name)
      .with(fmt::format("{}", fmt::join(offers, ", ")), "a KMA that the relay has not passed");
}

Verdict relay_request_id_reused(const RequestIdFacts& facts) {
  if (!facts.open) return Verdict::kept();
  if (!facts.decidable) return Verdict::undecidable();
  return Verdict::broken(
             fmt::format("Key relay request ID \"{}\" is that of a relay which is still open (procedure {})",
                         facts.id, facts.procedure),
             parameter(Parameter::key_relay_request_id).name)
      .with(std::string(facts.id), "an ID of no open relay");
}

Verdict unknown_relay_request(std::string_view id, bool known, bool decidable) {
  if (known) return Verdict::kept();
  if (!decidable) return Verdict::undecidable();
  return Verdict::broken(
             fmt::format("no key relay request to this KM had the Key relay request ID \"{}\"", id),
             parameter(Parameter::key_relay_request_id).name)
      .with(std::string(id), "the Key relay request ID of a 0x4104");
}

}  // namespace ck::audit::check
