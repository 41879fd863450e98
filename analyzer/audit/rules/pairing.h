// The pairing rules: which response answers which request.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/rules.h"
#include "audit/verdict.h"
#include "protocol/catalogue.h"

namespace ck::audit::check {

inline constexpr std::array kPairingRules = {
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
             "timeout: 0x1405 comes when it is completed. To fix: answer every request, failures too; look "
             "in the log of the side that was asked for what became of it, and raise --response-timeout "
             "where it is merely slow.",
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
};

struct WaitingFacts {
  bool owed = true;        ///< no later request took its place
  bool decidable = false;  ///< an answer would have been seen
  bool closed = false;     ///< the connection was closed, which is told instead of the time
  std::int64_t timeout_ns = 0;
};
/// Of a request without an answer, when its time is over or the capture is.
Verdict unanswered_request(const WaitingFacts& facts);

struct ResponseFacts {
  std::string_view name;  ///< the message's
  bool paired = false;
  bool decidable = false;                      ///< not paired: the request it answers would have been seen
  bool again = false;                          ///< not paired: it answers what had its answer
  std::optional<std::uint64_t> request_frame;  ///< again: of the request, where it is known
};
Verdict unsolicited_response(const ResponseFacts& facts);
Verdict duplicate_response(const ResponseFacts& facts);

struct MismatchFacts {
  bool decidable = false;
  bool differs = false;
  std::optional<Parameter> parameter;  ///< the first with another value; nullopt: none, see below
  bool of_keys = false;                ///< keys that were not asked for; else what is another session's
  bool other_applications = false;     ///< its applications are; else its ID
  std::uint64_t request_frame = 0;
  std::optional<std::string> found;  ///< the response's value, where it is one text
};
Verdict response_mismatch(const MismatchFacts& facts);

}  // namespace ck::audit::check
