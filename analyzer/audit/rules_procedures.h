// Second part of the rule catalogue: who may say what when, how it is carried, and what the capture itself
// lacks. Data only; rules.cpp makes the table of it.
#pragma once

#include <array>

#include "audit/rules.h"

namespace ck {

inline constexpr std::array kProcedureRules = {
    RuleSpec{Rule::wrong_direction, "wrong-direction", "ck.expert.wrong_direction", Severity::error,
             "Appendix I, Table I.1", "One endpoint sends codes of both directions",
             "The high byte of a CommandCode says who sends it: 0x14 the KM, 0x41 the controller. An "
             "endpoint is one of the two for a whole connection. The KM opens the TCP connection, so the "
             "opener is the KM; where the handshake was not captured, the first message's code decides. The "
             "finding stands once per connection and endpoint, at the first offending message, which is then "
             "handled by its code. Every message with a listed code is checked, except the first where that "
             "one decides. To fix: look for a CommandCode of the other direction in the peer's table of "
             "codes, or for a proxy that joins two connections into one.",
             "client: 0x1401, 0x1403, 0x140B; server: 0x4102, 0x4104, 0x410A",
             "client: 0x1401, then 0x4104 from the same client"},
    RuleSpec{Rule::role_reversed_connection, "role-reversed-connection", "ck.expert.role_reversed_connection",
             Severity::note, "Appendix I (the KM connects)", "The controller opened the connection",
             "Appendix I lets the KM connect to the controller. Some deployments turn this round, and the "
             "messages mean the same, so it is a note, at the first Ck message: the endpoint that sent the "
             "first SYN sends codes with 0x41. The association is then the two hosts, since the port is no "
             "longer the controller's. Undecidable where the handshake was not captured; never checked over "
             "gRPC, where the server may be either. Checked once per connection.",
             "the KM's SYN to the controller's port, then 0x1401 from the KM",
             "the controller's SYN to the KM's port, then 0x410A from the controller"},
    RuleSpec{Rule::unanswered_request, "unanswered-request", "ck.expert.unanswered_request",
             Severity::warning, "7.1 to 7.6 (the time limit is ours)",
             "No answer within the response timeout, or none before the connection was over",
             "Every initiating message has an answer: 0x1401 by 0x4102, 0x1403 by 0x4104, 0x4104 by 0x1405, "
             "0x1406 by 0x4107, 0x4108 by 0x1409, 0x410A by 0x140B, 0x410C by 0x140D. The rule is broken "
             "when 30 seconds of capture time (--response-timeout) pass without it, or when the capture ends "
             "after the connection closed without it. A close alone does not break it, since the association "
             "outlives a connection and the answer may come on the next. The finding stands at the request. "
             "A later answer is paired all the same and the finding stays. Undecidable for a request that is "
             "still open within the timeout when the capture ends, where the answering direction was not "
             "captured, or where a gap may hold the answer. A relay may honestly take longer than the "
             "timeout: 0x1405 comes when it is completed.",
             "0x410A at 10:00:00.000, its 0x140B at 10:00:00.120",
             "0x410A at 10:00:00.000, nothing until 10:00:30.000"},
    RuleSpec{
        Rule::unsolicited_response, "unsolicited-response", "ck.expert.unsolicited_response", Severity::error,
        "7.1 to 7.6", "A response that no open request fits",
        "A response must answer an open request of its procedure on its own connection, or in its "
        "association where the request's connection is closed or exactly one request fits. A request fits "
        "that has its MessageID, or shares an identifier, or is simply the oldest one open; one whose "
        "identifiers differ does not. 0x4104 is no subject of it (see relay-without-notification), and a "
        "second answer to one request is duplicate-response. Undecidable on a connection that was not seen "
        "whole from its start in both directions, and among requests and responses that are ambiguous; and "
        "bytes of the other side that could not be read may have held requests, one for every 12 of them, so "
        "that as many responses are undecidable too. To fix: look for responses to requests that had been "
        "given up, or that are sent to another KM than the one that asked.",
        "0x410A with MessageID 5, then 0x140B with MessageID 5",
        "0x140B with MessageID 5 on a fresh connection without any 0x410A"},
    RuleSpec{Rule::duplicate_response, "duplicate-response", "ck.expert.duplicate_response", Severity::error,
             "7.1 to 7.6 (our reading)", "A second response to a request already answered",
             "One request has one response. A second one is reported alone, without message-id-reused or "
             "unsolicited-response. A second 0x4104 that carries another Key relay request ID is a new route "
             "for the same notification, not a duplicate. Undecidable where the pair is ambiguous or the "
             "connection was not seen whole from its start. To fix: do not send an answer again by yourself, "
             "TCP does it; send progress in an Extension, or not at all.",
             "0x1406 with MessageID 9, 0x4107 with MessageID 9",
             "0x1406 with MessageID 9, 0x4107 with MessageID 9, and 0x4107 with MessageID 9 again"},
    RuleSpec{Rule::response_mismatch, "response-mismatch", "ck.expert.response_mismatch", Severity::error,
             "7.1 to 7.6; 8, Tables 2, 4, 5, 7, 9, 11 and 13",
             "A response repeats an identifier with another value, or names keys that were not asked for",
             "Where request and response both carry an identifier, the values must be equal, compared after "
             "JSON unescaping code point by code point. Key IDs are compared as sets: a 0x140D may confirm "
             "fewer keys than its 0x410C asked for, never others. A 0x4104 is compared with the 0x1403 it "
             "answers. Extension, Response and Number of keys are never compared. The rule needs a pair that "
             "is certain: by MessageID from a peer that echoes them, or by MessageID where nothing else "
             "fits. It is undecidable on an ambiguous pair, so two peers that simply count their own "
             "messages are not accused. To fix: copy the request's identifiers into the response from the "
             "request itself, not from the peer's own configuration.",
             R"(0x410A "Destination KMA ID": "KMA-4", its 0x140B "Destination KMA ID": "KMA-4")",
             R"(0x410C "Key IDs": [{"Key ID": "K-1"}], its 0x140D "Key IDs": [{"Key ID": "K-2"}])"},
    RuleSpec{Rule::no_next_hop, "no-next-hop", "ck.expert.no_next_hop", Severity::warning,
             "7.1; 8.2, Table 2", "The controller offers no next hop",
             "A 0x4102 must name the KMAs to which the relay can go on. An empty list is well formed and "
             "tells the KM that there is no way to the destination; the relay has failed. Most often the "
             "controller does not know the destination or a QKD link is down, so it is a warning. An empty "
             "list is this finding alone, and an empty element of a list is empty-identifier alone. An "
             "absent or null list is missing-parameter alone, except over gRPC, where absent means empty. "
             "Each 0x4102 whose list is there is checked.",
             R"(0x4102 {"Next KMA IDs": ["KMA-2", "KMA-3"]})", R"(0x4102 {"Next KMA IDs": []})"},
    RuleSpec{
        Rule::relay_without_notification, "relay-without-notification",
        "ck.expert.relay_without_notification", Severity::warning, "7.2",
        "A key relay request that no notification asked for",
        "In the centralized procedure the KM asks with 0x1403 and the controller answers with 0x4104. A "
        "0x4104 that answers no 0x1403 of its association starts a relay of its own; controllers that relay "
        "ahead of need do so, hence a warning. A second 0x4104 with another Key relay request ID is a new "
        "route and is silent. Every 0x4104 is checked; undecidable where the connection was not seen whole "
        "from its start or the pair is ambiguous, since the notification may have been missed. To fix, where "
        "it was meant as an answer: repeat the notification's MessageID or its KMA IDs.",
        "0x1403 from the KM, 0x4104 to it, 0x1405 from it", "0x4104 to a KM that sent no 0x1403"},
    RuleSpec{
        Rule::relay_loop, "relay-loop", "ck.expert.relay_loop", Severity::error,
        "7.1; 7.2; 8.2, Table 2; 8.4, Table 4", "A route that comes back to a KMA it already passed",
        "A key relayed in a circle is exposed to more nodes than needed and may never arrive. In a 0x4104 "
        "the rule is broken when Transit KMA IDs hold a KMA twice, or the source after the first place; the "
        "source at the head and the destination at the end are silent, and a destination before the end is "
        "destination-not-last alone. In a distributed relay it is broken when a hop is offered only KMAs "
        "that the chain has already passed. Each 0x4104 with a route and each 0x4102 with offers is checked; "
        "undecidable where earlier hops are not known. To fix: the controller must leave out the KMAs "
        "already passed, which for a next hop needs the Source KMA ID of the whole route in the request.",
        R"(0x4104 "Source KMA ID": "KMA-1", "Transit KMA IDs": ["KMA-2", "KMA-3"])",
        R"(0x4104 "Source KMA ID": "KMA-1", "Transit KMA IDs": ["KMA-2", "KMA-3", "KMA-2"])"},
    RuleSpec{Rule::destination_not_last, "destination-not-last", "ck.expert.destination_not_last",
             Severity::error, "7.2; 8.4, Table 4", "The route passes its destination before its end",
             "Transit KMA IDs are the KMAs between source and destination; the destination itself may stand "
             "at the end. Anywhere before, the route goes on behind its goal. It is reported instead of "
             "relay-loop. The destination is the 0x4104's own Destination KMA ID, else that of the 0x1403 it "
             "answers; where neither tells it, the rule is undecidable. Each 0x4104 with Transit KMA IDs is "
             "checked. An order from destination to source is the usual cause.",
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
             "point of capture or over another controller, is not checked.",
             "0x1406, 0x4108, 0x1409, 0x4107", "0x1406, 0x4108, 0x4107, 0x1409"},
    RuleSpec{
        Rule::session_outcome_conflict, "session-outcome-conflict", "ck.expert.session_outcome_conflict",
        Severity::warning, "7.3; 7.4", "Success was told to the source after the destination had failed",
        "0x1409 carries the destination KM's result and 0x4107 the controller's to the source KM. Success in "
        "the second after failure in the first leaves the source waiting for keys of a session that its "
        "destination does not have. The reverse is legal: the controller may fail for reasons of its own, "
        "and the session has then failed whatever the 0x1409 said. Results are read from an integer (0 is "
        "success) or from the first word of a text; a text that is neither decides nothing and the rule is "
        "undecidable. Each 0x4107 of a session whose 0x1409 was seen is checked.",
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
             "controller that caps the number of keys should say so in Extension, so that both KMs know.",
             R"(0x1406 "Number of keys": 10, its 0x4108 "Number of keys": 10)",
             R"(0x1406 "Number of keys": 10, its 0x4108 "Number of keys": 100)"},
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
    RuleSpec{Rule::unknown_result_code, "unknown-result-code", "ck.expert.unknown_result_code",
             Severity::note, "Appendix II, Tables II.3-2, II.4-2 and II.5-2",
             "An integer result other than 0 and 1",
             "Appendix II gives 0 for OK and 1 for NG, as examples. Any other integer is read as a failure "
             "and noted, since another peer may not know it, or may take an HTTP status of 200 for what it "
             "was not meant to be. A numeral in a string is an integer too. Each response whose Response is "
             "an integer is checked. To fix: send 0 or 1, and the reason in Extension "
             "(error_message over gRPC).",
             R"(0x140B "Response": 1)", R"(0x140B "Response": 200)"},
    RuleSpec{
        Rule::plaintext_transport, "plaintext-transport", "ck.expert.plaintext_transport", Severity::warning,
        "clause 9; Appendix I NOTE 2 and 3", "Ck readable on the wire",
        "Appendix I foresees TLS for enhanced security and mutual authentication of KM and controller, and "
        "clause 9 leaves the protection of control information to ITU-T X.1712. Ck that the capture shows "
        "without decryption can be read and altered by anyone on the path. Reported once per connection, at "
        "the first Ck message. Every connection that carries Ck is checked, and those under TLS keep it; an "
        "exported PDU does not tell how it was carried and is undecidable. Where IPsec or a tunnel protects "
        "the link outside the point of capture, switch the rule off (--rule plaintext-transport=off).",
        "Ck inside TLS 1.2 or 1.3, decrypted with the session's secrets",
        "00 01  00 00 00 01  14 01 ... in a bare TCP segment"},
    RuleSpec{
        Rule::no_client_certificate, "no-client-certificate", "ck.expert.no_client_certificate",
        Severity::warning, "clause 9; Appendix I NOTE 3",
        "A TLS handshake in which the client showed no certificate",
        "When a connection is set up, KM and controller authenticate each other, and NOTE 3 does it with "
        "certificates of both. A full handshake that is visible to its end and in which the client sends "
        "none, or an empty list, authenticates the server only; an authentication in the application may "
        "follow, hence a warning. The finding stands at the ClientHello. Checked where Ck is known: "
        "decrypted and recognised, or on a port that the user named; a certificate that the client shows "
        "later in the connection (renegotiation, post-handshake authentication) counts. Undecidable with "
        "resumption and pre-shared keys, which show no certificate, in TLS 1.3 without its secrets, where "
        "the handshake or what follows is not captured whole, and where a renegotiation cannot be read. To "
        "fix: let the controller ask for a certificate and refuse a client without one.",
        "ClientHello, ServerHello, Certificate, CertificateRequest, then Certificate of the client",
        "ClientHello, ServerHello, Certificate, ServerHelloDone, ClientKeyExchange, Finished"},
    RuleSpec{Rule::obsolete_tls, "obsolete-tls", "ck.expert.obsolete_tls", Severity::warning,
             "Appendix I NOTE 2 (RFC 5246 is TLS 1.2)", "TLS below version 1.2",
             "NOTE 2 refers to TLS 1.2. The version that the ServerHello chose is checked, "
             "supported_versions included; SSL 3.0, TLS 1.0 and TLS 1.1 are deprecated. The finding stands "
             "at the ClientHello. Checked where Ck is known: decrypted and recognised, or on a port that the "
             "user named; undecidable where the ServerHello was not captured. To fix: set the minimum "
             "version of both peers to TLS 1.2, better 1.3.",
             "ServerHello with version 0x0303 (TLS 1.2), or supported_versions 0x0304 (TLS 1.3)",
             "ServerHello with version 0x0301 (TLS 1.0)"},
    RuleSpec{
        Rule::capture_gap, "capture-gap", "ck.expert.capture_gap", Severity::note,
        "none (a fault of the capture)", "Bytes of a Ck stream are missing from the capture",
        "The capture lacks bytes that were on the wire: the peer acknowledged them, or the stream goes on "
        "behind them. No peer is to blame; the note, once for each hole, says how many bytes are missing, at "
        "the first segment behind it. Of a message that the hole interrupts nothing is checked, framing "
        "starts again behind it, and from then on the direction counts as not seen from its start: rules "
        "that need to know what came before are undecidable there. Each direction of a Ck connection is "
        "checked. To fix: capture with larger buffers, on fewer ports, or nearer to the peers.",
        "segments with sequence numbers 1 to 100, 101 to 180",
        "segments with sequence numbers 1 to 100, 141 to 180, and an acknowledgement of 181"},
    RuleSpec{
        Rule::truncated_packet, "truncated-packet", "ck.expert.truncated_packet", Severity::note,
        "none (a fault of the capture)", "A snap length cut bytes of a Ck stream",
        "The packet was longer on the wire than what the capture kept of it, and the missing part belongs to "
        "a Ck stream. No peer is to blame; what the cut hides is undecidable, and framing starts again "
        "behind it. The note stands at the cut packet, once for each. Packets that carry bytes of a Ck "
        "stream are checked. To fix: capture whole packets (tcpdump -s 0, dumpcap without -s).",
        "frame length 1514, capture length 1514", "frame length 1514, capture length 96"},
};

}  // namespace ck
