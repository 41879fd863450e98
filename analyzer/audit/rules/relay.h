// The relay rules: key relays (7.1 and 7.2).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/rules.h"
#include "audit/verdict.h"

namespace ck::audit::check {

inline constexpr std::array kRelayRules = {
    RuleSpec{Rule::no_next_hop, "no-next-hop", "ck.expert.no_next_hop", Severity::warning,
             "7.1; 8.2, Table 2", "The controller offers no next hop",
             "A 0x4102 must name the KMAs to which the relay can go on. An empty list is well formed and "
             "tells the KM that there is no way to the destination; the relay has failed. Most often the "
             "controller does not know the destination or a QKD link is down, so it is a warning. An empty "
             "list is this finding alone, and an empty element of a list is empty-identifier alone. An "
             "absent or null list is missing-parameter alone, except over gRPC, where absent means empty. "
             "Each 0x4102 whose list is there is checked. To fix: see whether the controller knows the "
             "destination KMA and a link that is up on the way to it.",
             R"(0x4102 {"Next KMA IDs": ["KMA-2", "KMA-3"]})", R"(0x4102 {"Next KMA IDs": []})"},
    RuleSpec{
        Rule::relay_without_notification, "relay-without-notification",
        "ck.expert.relay_without_notification", Severity::warning, "7.2",
        "A key relay request that no notification asked for",
        "In the centralized procedure the KM asks with 0x1403 and the controller answers with 0x4104. A "
        "0x4104 that answers no 0x1403 of its association starts a relay of its own; controllers that relay "
        "ahead of need do so, hence a warning. A second 0x4104 with another Key relay request ID is a new "
        "route and is silent. Every 0x4104 is checked; undecidable where the connection was not seen whole "
        "from its start or the pair is ambiguous, since the notification may have been missed, and over gRPC "
        "where no connection is open on which the KM was heard to ask. To fix, where it was meant as an "
        "answer: repeat the notification's MessageID or its KMA IDs.",
        "0x1403 from the KM, 0x4104 to it, 0x1405 from it", "0x4104 to a KM that sent no 0x1403"},
    RuleSpec{
        Rule::relay_loop, "relay-loop", "ck.expert.relay_loop", Severity::error,
        "7.1; 7.2; 8.2, Table 2; 8.4, Table 4", "A route that comes back to a KMA it already passed",
        "A key relayed in a circle is exposed to more nodes than needed and may never arrive. In a 0x4104 "
        "the rule is broken when Transit KMA IDs hold a KMA twice, or the source after the first place; the "
        "source at the head and the destination at the end are silent, and a destination before the end is "
        "destination-not-last alone. In a distributed relay it is broken when a hop is offered only KMAs "
        "that the chain has already passed. Each 0x4104 with a route and each 0x4102 with offers is checked; "
        "undecidable where earlier hops are not known, or where a hop may have belonged to another relay of "
        "the same source and destination that was under way. To fix: the controller must leave out the KMAs "
        "already passed, which for a next hop needs the Source KMA ID of the whole route in the request.",
        R"(0x4104 "Source KMA ID": "KMA-1", "Transit KMA IDs": ["KMA-2", "KMA-3"])",
        R"(0x4104 "Source KMA ID": "KMA-1", "Transit KMA IDs": ["KMA-2", "KMA-3", "KMA-2"])"},
    RuleSpec{Rule::destination_not_last, "destination-not-last", "ck.expert.destination_not_last",
             Severity::error, "7.2; 8.4, Table 4", "The route passes its destination before its end",
             "Transit KMA IDs are the KMAs between source and destination; the destination itself may stand "
             "at the end. Anywhere before, the route goes on behind its goal. It is reported instead of "
             "relay-loop. The destination is the 0x4104's own Destination KMA ID, else that of the 0x1403 it "
             "answers; where neither tells it, the rule is undecidable. Each 0x4104 with Transit KMA IDs is "
             "checked. To fix: list the KMAs from source to destination (the other order is the usual "
             "cause), the destination last or not at all.",
             R"("Destination KMA ID": "KMA-4", "Transit KMA IDs": ["KMA-2", "KMA-3", "KMA-4"])",
             R"("Destination KMA ID": "KMA-4", "Transit KMA IDs": ["KMA-4", "KMA-3", "KMA-2"])"},
    RuleSpec{Rule::relay_request_id_reused, "relay-request-id-reused", "ck.expert.relay_request_id_reused",
             Severity::error, "8.4, Table 4 (our reading)",
             "A Key relay request ID of a relay that is still open",
             "A 0x1405 may say which relay it reports by its Key relay request ID alone, so two open relays "
             "of one association must not share one. The ID is free again once its relay was completed or "
             "failed, and the same ID on another association is another ID. Each 0x4104 that carries one is "
             "checked; undecidable where the end of the earlier relay may have been missed. To fix: number "
             "relay requests for each KM, or give each a UUID.",
             "0x4104 with ID R-1, its 0x1405, then 0x4104 with ID R-1",
             "0x4104 with ID R-1, then 0x4104 with ID R-1 for another destination, before any 0x1405"},
    RuleSpec{Rule::unknown_relay_request, "unknown-relay-request", "ck.expert.unknown_relay_request",
             Severity::error, "7.2; 8.5, Table 5",
             "A result for a Key relay request ID that its association never saw",
             "A 0x1405 reports a relay that the controller asked this KM for with 0x4104. One that names a "
             "Key relay request ID which no 0x4104 of its association carried is reported alone, without "
             "unsolicited-response or response-mismatch. Undecidable on a connection not seen whole from its "
             "start in both directions, since the request may lie before the capture. A 0x1405 without the "
             "ID is not checked. IDs compare code point by code point, so R-1 and r-1 differ. To fix: return "
             "the ID unchanged, leading zeros and letter case included.",
             "0x4104 with Key relay request ID R-17, 0x1405 with R-17",
             "0x4104 with Key relay request ID R-17, 0x1405 with r-17"},
};

/// `absent`: Next KMA IDs was left out over gRPC, where that is an empty list.
Verdict no_next_hop(bool absent, bool empty);

/// `notified`: a notification asked for the relay. `decidable`: else it would have been seen.
Verdict relay_without_notification(bool notified, bool decidable);

/// What a relay request says of its way, or what is known of its relay.
struct Route {
  std::string_view source, destination;  ///< empty where neither says
  const std::vector<std::string>& transit;
  bool certain = true;  ///< which relay it is
};
Verdict destination_not_last(const Route& route);
Verdict relay_loop(const Route& route);

/// `passed`: the relay was at every KMA of `offers` before. `decidable`: whether it was.
Verdict relay_loop(const std::vector<std::string>& offers, bool passed, bool decidable);

struct RequestIdFacts {
  std::string_view id;
  bool open = false;            ///< it is that of another relay, which seems to be open
  bool decidable = false;       ///< whether it is
  std::uint32_t procedure = 0;  ///< that relay's
};
Verdict relay_request_id_reused(const RequestIdFacts& facts);

/// `known`: a request to this KM had the ID. `decidable`: else it would have been seen.
Verdict unknown_relay_request(std::string_view id, bool known, bool decidable);

}  // namespace ck::audit::check
