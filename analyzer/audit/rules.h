// The rule catalogue: every rule's slug, severity, clause and explanation, in one table. The plugin's expert
// infos, the findings, --list-rules, --explain and the README's table are made from it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/rooms.h"

namespace ck::audit {

/// One rule a slug, in the catalogue's order; an enumerator is its slug with underscores.
enum class Rule : std::uint8_t {
  truncated_message,
  malformed_frame,
  unknown_command,
  swapped_direction_code,
  version_changed,
  unexpected_version,
  message_id_reused,
  malformed_payload,
  payload_not_object,
  missing_parameter,
  incomplete_failure_response,
  missing_destination,
  wrong_type,
  type_variant,
  duplicate_parameter,
  unexpected_parameter,
  unknown_parameter,
  empty_identifier,
  invalid_number_of_keys,
  possible_key_material,
  wrong_direction,
  role_reversed_connection,
  unanswered_request,
  unsolicited_response,
  duplicate_response,
  response_mismatch,
  no_next_hop,
  relay_without_notification,
  relay_loop,
  destination_not_last,
  relay_request_id_reused,
  unknown_relay_request,
  session_id_reused,
  unknown_session,
  premature_session_response,
  session_outcome_conflict,
  session_parameters_changed,
  reservation_without_keys,
  failed_reservation_with_keys,
  key_double_reserved,
  allocation_of_unreserved_key,
  key_double_allocated,
  unknown_result_code,
  plaintext_transport,
  no_client_certificate,
  obsolete_tls,
  capture_gap,
  truncated_packet,
};
inline constexpr std::size_t kRuleCount = static_cast<std::size_t>(Rule::truncated_packet) + 1;

enum class Severity : std::uint8_t { error, warning, note };
std::string_view name_of(Severity severity);

/// What --rule may set a rule to.
enum class Grade : std::uint8_t { error, warning, note, off };
std::optional<Grade> parse_grade(std::string_view text);

struct RuleSpec {
  Rule rule;
  std::string_view slug;          ///< "missing-parameter"
  std::string_view expert_field;  ///< "ck.expert.missing_parameter"; a literal, so it ends in NUL for epan
  Severity severity;
  std::string_view clause;       ///< of Q.4164, "8, Tables 1 to 13"; where it is our reading, says so
  std::string_view summary;      ///< one line: fires when …
  std::string_view explanation;  ///< a paragraph: what is checked, why, when it cannot be told, what to fix
  std::string_view right;        ///< an example that keeps the rule
  std::string_view wrong;        ///< an example that breaks it
};

/// All rules, indexed by Rule.
std::span<const RuleSpec, kRuleCount> rules();
const RuleSpec& rule(Rule id);
std::string_view name_of(Rule id);  ///< its slug
/// By slug, or by the name of its expert info in Wireshark; nullptr when there is none.
const RuleSpec* find_rule(std::string_view slug);
/// How to fix what breaks it: what stands behind "To fix" in its explanation, as a sentence.
const std::string& hint_of(Rule id);

}  // namespace ck::audit
