// The session rules: sessions (7.3 and 7.4).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "audit/rules.h"
#include "audit/verdict.h"
#include "protocol/result.h"

namespace ck::audit::check {

inline constexpr std::array kSessionRules = {
    RuleSpec{Rule::session_id_reused, "session-id-reused", "ck.expert.session_id_reused", Severity::error,
             "7.3; 8.7, Table 7; 8.8, Table 8", "One Session ID for two sessions",
             "The controller makes a Session ID for each session; both applications fetch their keys by it. "
             "One ID for two sessions, that is with other application IDs, mixes their keys, unless the "
             "first session had failed. A repeated notification with equal parameters is the same session "
             "and is silent. Each 0x4108 and each 0x4107 that joins an ID to a session is checked; "
             "undecidable where one of the sessions was not seen whole. To fix: use UUIDs, or a counter that "
             "survives a restart of the controller.",
             "S-1 for App-A to App-B, S-2 for App-A to App-C",
             "S-1 for App-A to App-B, and S-1 again for App-A to App-C"},
    RuleSpec{
        Rule::unknown_session, "unknown-session", "ck.expert.unknown_session", Severity::error,
        "7.4; 8.9, Table 9", "A result for a Session ID that was never notified on its association",
        "A 0x1409 answers the 0x4108 with which the controller told this KM of a session. One whose Session "
        "ID no 0x4108 of its association carried is reported alone, without unsolicited-response or "
        "response-mismatch. Undecidable on a connection not seen whole from its start in both directions, "
        "and after a 0x4108 without a Session ID. IDs compare code point by code point. To fix: return the "
        "notification's Session ID unchanged; a KM's own handle of the session belongs in Extension.",
        "0x4108 with Session ID S-1, 0x1409 with S-1", "0x4108 with Session ID S-1, 0x1409 with S-9"},
    RuleSpec{Rule::premature_session_response, "premature-session-response",
             "ck.expert.premature_session_response", Severity::error, "7.3, Figure 3; 7.4",
             "The session was answered before the destination KM had answered its notification",
             "The controller answers a 0x1406 once it has the destination KM's result: 0x1406, 0x4108, "
             "0x1409, 0x4107. A 0x4107 before the 0x1409 of a session whose 0x4108 was seen tells the source "
             "KM of a session that the destination may yet refuse. The order is the file's order; in merged "
             "captures events closer than the clock tolerance (--merge-tolerance, 5 ms) are undecidable. "
             "Each 0x4107 of a session whose 0x4108 was seen is checked; undecidable where the destination "
             "KM's answers were not captured. A session whose 0x4108 was not seen, because it ran past this "
             "point of capture or over another controller, is not checked. A failure that is told when the "
             "destination KM's time to answer, or its connection, is over is in order. To fix: let the "
             "controller hold "
             "its 0x4107 back until the destination KM's 0x1409 is there, or its time is over.",
             "0x1406, 0x4108, 0x1409, 0x4107", "0x1406, 0x4108, 0x4107, 0x1409"},
    RuleSpec{
        Rule::session_outcome_conflict, "session-outcome-conflict", "ck.expert.session_outcome_conflict",
        Severity::warning, "7.3; 7.4", "Success was told to the source after the destination had failed",
        "0x1409 carries the destination KM's result and 0x4107 the controller's to the source KM. Success in "
        "the second after failure in the first leaves the source waiting for keys of a session that its "
        "destination does not have. The reverse is legal: the controller may fail for reasons of its own, "
        "and the session has then failed whatever the 0x1409 said. Results are read from an integer (0 is "
        "success) or from the first word of a text; a text that is neither decides nothing and the rule is "
        "undecidable. Each 0x4107 of a session whose 0x1409 was seen is checked. To fix: let the controller "
        "pass the destination KM's failure on to the source.",
        R"(0x1409 "Response": "failure: no such application", 0x4107 "Response": "failure")",
        R"(0x1409 "Response": "failure: no such application", 0x4107 "Response": "success")"},
    RuleSpec{Rule::session_parameters_changed, "session-parameters-changed",
             "ck.expert.session_parameters_changed", Severity::warning, "7.3; 8.6, Table 6; 8.8, Table 8",
             "The notification differs from its request in application IDs or number of keys",
             "The 0x4108 tells the destination KM of the session that a 0x1406 asked for, so both "
             "applications and the number of keys should be those of the request. An absent Number of keys "
             "matches any, as each side has its default. The two messages are joined by the Session ID that "
             "0x4107 told, else by the application IDs; the finding stands at the 0x4108. Where another open "
             "0x1406 fits the 0x4108's applications, the 0x4107 is at fault and response-mismatch. Each "
             "0x4108 that is joined with its request is checked; undecidable where the pair is ambiguous. A "
             "controller that caps the number of keys should say so in Extension, so that both KMs know. To "
             "fix: copy the application IDs and the number of keys from the request into the notification.",
             R"(0x1406 "Number of keys": 10, its 0x4108 "Number of keys": 10)",
             R"(0x1406 "Number of keys": 10, its 0x4108 "Number of keys": 100)"},
};

/// `reused`: a session of other applications has the ID. `decidable`: whether it still is a session.
Verdict session_id_reused(std::string_view id, bool reused, bool decidable);

/// `known`: a notification to this KM had the ID. `decidable`: else it would have been seen.
Verdict unknown_session(std::string_view id, bool known, bool decidable);

/// `answered`: the destination KM had answered the notification of `notice_frame`. `decidable`: whether it
/// had.
Verdict premature_session_response(std::uint64_t notice_frame, bool answered, bool decidable);

struct OutcomeFacts {
  Outcome response = Outcome::unknown;  ///< what the source KM was told
  Outcome notice = Outcome::unknown;    ///< what the destination KM said, in its words `notice_text`
  std::string_view notice_text;
  bool certain = true;  ///< both are of one session
};
Verdict session_outcome_conflict(const OutcomeFacts& facts);

/// `changed`: the parameter that the notification changes, empty where it changes none. `decidable`: whether
/// it does.
Verdict session_parameters_changed(std::string_view changed, bool decidable);

}  // namespace ck::audit::check
