// The reservation rules: key reservations and allocations (7.5 and 7.6).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "audit/rules.h"
#include "audit/verdict.h"
#include "protocol/result.h"

namespace ck::audit::check {

inline constexpr std::array kReservationRules = {
    RuleSpec{
        Rule::reservation_without_keys, "reservation-without-keys", "ck.expert.reservation_without_keys",
        Severity::error, "7.5; 8.11, Table 11", "A reservation that says success and names no key",
        "A 0x140B with result 0 must name the keys it reserved, since the 0x410C that follows names them. "
        "Key IDs absent, null, an empty string or an empty list are this one finding, never also "
        "missing-parameter, empty-identifier or type-variant; a list with an empty or unreadable element is "
        "empty-identifier or wrong-type alone. Over gRPC an absent result_code is 0. Each 0x140B that says "
        "success is checked, and one whose result is neither success nor failure leaves it undecidable. To "
        "fix: when nothing could be reserved, answer with a result other than 0.",
        R"(0x140B {"Response": 0, "Key IDs": "K-1"})", R"(0x140B {"Response": 0, "Key IDs": ""})"},
    RuleSpec{
        Rule::failed_reservation_with_keys, "failed-reservation-with-keys",
        "ck.expert.failed_reservation_with_keys", Severity::note, "8.11, Table 11 (our reading)",
        "A reservation that says failure and names keys",
        "A reservation that failed has reserved nothing, so Key IDs absent, null, an empty string or an "
        "empty list are clean in a 0x140B whose result is a failure. Keys named there leave the controller "
        "in doubt whether they are held, part of the request perhaps; they are not counted as reserved. Each "
        "0x140B that says failure is checked, and one whose result is neither success nor failure leaves it "
        "undecidable. To fix: release the keys and name none, or answer success for those that are held.",
        R"(0x140B {"Response": 1, "Key IDs": ""})", R"(0x140B {"Response": 1, "Key IDs": "K-1"})"},
    RuleSpec{
        Rule::key_double_reserved, "key-double-reserved", "ck.expert.key_double_reserved", Severity::error,
        "7.5 (our reading)", "A key reserved again before it was allocated",
        "A reserved key is promised to one relay. A second successful 0x140B of the same KM that names it "
        "before a 0x140D allocated it promises it twice; the finding stands at the second 0x140B. Keys are "
        "scoped to the KM: its KMA ID where messages told it, else its host, or the connection where several "
        "of that host to one controller are open at once, and comparing across those is undecidable. A key "
        "may be reserved again after its allocation. Each key that a successful 0x140B names is checked; "
        "undecidable where an allocation between the two may have been missed. To fix: mark keys as reserved "
        "before answering, in one step for requests that come at the same time.",
        "0x140B with K-1, 0x410C and 0x140D with K-1, then 0x140B with K-1",
        "0x140B with K-1, then 0x140B with K-1 for another destination"},
    RuleSpec{Rule::allocation_of_unreserved_key, "allocation-of-unreserved-key",
             "ck.expert.allocation_of_unreserved_key", Severity::error, "7.6; 8.12, Table 12",
             "A key is to be allocated that its KM never reserved",
             "A 0x410C allocates keys that an earlier successful 0x140B of the same KM reserved. One finding "
             "for each key that none named. Keys are scoped to the KM (see key-double-reserved), so the same "
             "ID at another KM does not help. Undecidable on a connection not seen whole from its start in "
             "both directions, since the reservation may lie before the capture, and where connections of "
             "one host cannot be told apart. To fix: the controller must take Key IDs from the 0x140B of "
             "this KM, with the KM's own spelling.",
             "0x410A, 0x140B with K-1, 0x410C with K-1", "0x410A, 0x140B with K-1, 0x410C with K-2"},
    RuleSpec{Rule::key_double_allocated, "key-double-allocated", "ck.expert.key_double_allocated",
             Severity::error, "7.6 (our reading)", "A key allocated twice",
             "A key must be used once. A 0x410C that names a key which a successful 0x140D of the same KM "
             "already allocated would let two relays use it; the finding stands at the second 0x410C, one "
             "for each key. After its allocation a key may be reserved again and then allocated again. A "
             "0x410C repeated after a failed 0x140D is no second allocation. Keys are scoped to the KM "
             "(see key-double-reserved). Each key of a 0x410C is checked; undecidable where a reservation "
             "between the two may have been missed. To fix: forget a key's ID once it is allocated.",
             "0x410C with K-1, 0x140D result 0, 0x140B with K-1, 0x410C with K-1",
             "0x410C with K-1, 0x140D result 0, then 0x410C with K-1"},
};

/// What a response to a key reservation request says. Views into it.
struct ReservationFacts {
  Outcome outcome = Outcome::unknown;
  std::optional<std::string_view> response;  ///< nullopt: left out over gRPC
  bool keys_absent = false, keys_empty = false;
  std::size_t key_count = 0;
  std::optional<std::string_view> first_key;  ///< nullopt: it names none
};
Verdict reservation_without_keys(const ReservationFacts& facts);
Verdict failed_reservation_with_keys(const ReservationFacts& facts);

struct ReservedKeyFacts {
  std::string_view key;
  bool before = false;                 ///< it was reserved before and not allocated since
  bool decidable = false;              ///< whether it was
  std::optional<std::uint64_t> frame;  ///< of its reservation, where that is remembered
};
Verdict key_double_reserved(const ReservedKeyFacts& facts);

struct AllocatedKeyFacts {
  std::string_view key;
  bool before = false;     ///< it was reserved before; or, for key_double_allocated, allocated
  bool decidable = false;  ///< where it seems broken: whether it is
};
Verdict allocation_of_unreserved_key(const AllocatedKeyFacts& facts);
Verdict key_double_allocated(const AllocatedKeyFacts& facts);

}  // namespace ck::audit::check
