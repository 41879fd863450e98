// First part of the rule catalogue: what one frame and one payload must be. Data only; rules.cpp makes the
// table of it.
#pragma once

#include <array>

#include "audit/rules.h"

namespace ck {

inline constexpr std::array kMessageRules = {
    RuleSpec{Rule::truncated_message, "truncated-message", "ck.expert.truncated_message", Severity::error,
             "Appendix I, Figure I.1", "The stream ended inside a frame",
             "A sender that closes (FIN) or resets (RST) its stream must have sent the last frame whole: 10 "
             "bytes of header and as many of payload as Length says. The finding stands at the frame of the "
             "FIN or RST and concerns that sender's direction only. It is checked once for every direction "
             "that ends, and cannot be told where bytes before the end are missing from the capture or where "
             "framing was lost. To fix: send the whole message before closing, and see whether Length counts "
             "more than the payload; a Length that counts the 10 header bytes too leaves every last message "
             "of a connection ten bytes short.",
             "00 01  00 00 00 07  14 01  00 02  7B 7D, then FIN: Length 2, two bytes of payload",
             "00 01  00 00 00 07  14 01  00 0C  7B 7D, then FIN: Length 12 promises ten bytes more"},
    RuleSpec{
        Rule::malformed_frame, "malformed-frame", "ck.expert.malformed_frame", Severity::error,
        "Appendix I, Figure I.1", "Bytes on a Ck connection that cannot be a frame",
        "After a frame the next byte starts another one. The bytes found there cannot: their CommandCode has "
        "neither 0x14 nor 0x41 in front and no JSON object follows. The finding stands at the frame of the "
        "first bad byte and says how many bytes were skipped before the next whole frame of the 13 codes "
        "whose payload is an object with a parameter of Q.4164. Bytes before the first frame (an "
        "authentication of the application, say) and bytes around a hole of the capture are skipped without "
        "a finding. Frames that follow one known slip are read as they were meant, listed, paired and "
        "checked, and the finding, once a direction and slip, names it and what is right: a Length that "
        "counts the header, or characters, or has 4 bytes; little-endian fields; a MessageID of 8 bytes; a "
        "length before each frame; a C struct's padding; NUL, LF or CRLF behind each frame. All integers are "
        "read in network byte order, our reading, since the text names none.",
        "00 01  00 00 00 07  14 01  00 02  7B 7D  |  00 01  00 00 00 08  14 03  00 02  7B 7D",
        "00 01  00 00 00 07  14 01  00 02  7B 7D  |  01 00  08 00 00 00  03 14  02 00  7B 7D: little-endian"},
    RuleSpec{
        Rule::unknown_command, "unknown-command", "ck.expert.unknown_command", Severity::error,
        "Appendix I, Table I.1", "A CommandCode that Table I.1 does not list",
        "Table I.1 has 13 codes. A frame with another one is reported as this rule when it still looks like "
        "a frame: its high byte is 0x14 or 0x41, or its payload is exactly one JSON object; otherwise the "
        "bytes are a malformed-frame. The message is listed without a name, its members are shown, and it is "
        "checked no further, neither in its parameters nor as part of a pair. A listed number under the "
        "other direction's digits is swapped-direction-code instead. To fix: use the code of Table I.1, and "
        "keep private messages off a Ck connection, where no other peer can read them.",
        "CommandCode 0x410A, Key reservation request",
        "CommandCode 0x140E: message number 14 does not exist"},
    RuleSpec{Rule::swapped_direction_code, "swapped-direction-code", "ck.expert.swapped_direction_code",
             Severity::error, "Appendix I, Table I.1",
             "A message number of Table I.1 under the other direction's digits",
             "The high byte of a CommandCode says who sends: 0x14 the KM, 0x41 the controller. Each message "
             "number of Table I.1 goes with one of the two. A code such as 0x4101 has a known number and the "
             "wrong digits. The message is then handled as its number says, so that pairs and procedures "
             "stay whole, and this rule takes the place of unknown-command and wrong-direction. Any message "
             "whose number is listed is checked. To fix: take the code from Table I.1 as one constant, never "
             "put it together from direction and number.",
             "0x1401 from the KM, 0x4102 from the controller",
             "0x4101 for a key relay next hop request; 0x1402 for its response"},
    RuleSpec{
        Rule::version_changed, "version-changed", "ck.expert.version_changed", Severity::warning,
        "Appendix I, Figure I.1 (that it stays the same is our reading)",
        "Version differs from the connection's first",
        "Version names the format in use. The text gives no values, so any is taken; but one connection "
        "speaks one format, and the first frame that was seen on it, whoever sent it, sets the value. Each "
        "other value is reported once per connection, at the first message that carries it. Every message "
        "after the first is checked; over gRPC there is no Version. A first frame that stands behind bytes "
        "which could not be read may show a part of them as its Version: where that differs the rule is "
        "undecidable. To fix: let both peers take Version from "
        "one setting. Where a peer answers in its own older format, it should refuse the connection instead.",
        "00 01 in every frame of the connection, both ways",
        "requests with Version 00 01, their responses with Version 00 02"},
    RuleSpec{Rule::unexpected_version, "unexpected-version", "ck.expert.unexpected_version",
             Severity::warning, "Appendix I, Figure I.1 (the expected value is the user's)",
             "Version differs from the one that the user expects",
             "Off unless a version is set (--expect-version, or the plugin's preference). Every frame's "
             "Version is then compared with it, and each other value is reported once per connection, at its "
             "first message. It serves roll-outs: a peer that was not updated shows at once. Over gRPC there "
             "is no Version and nothing is checked. A Version of 0x0100 where 0x0001 was expected points at "
             "little-endian integers in the peer.",
             "expected 1, Version field 00 01", "expected 1, Version field 01 00"},
    RuleSpec{Rule::message_id_reused, "message-id-reused", "ck.expert.message_id_reused", Severity::error,
             "Appendix I, Figure I.1", "One side used a MessageID twice on a connection",
             "MessageID is unique to each message. Two initiating messages of one side with the same "
             "MessageID on one connection break that, and so do two responses of one side. A response that "
             "repeats the MessageID of the request it answers does not: real peers either echo or number "
             "every message on their own, and both are legal here. A 0x4104 that answers a 0x1403 counts as "
             "a response, else as an initiating message. A second answer to one request is "
             "duplicate-response alone. The last 65,536 MessageIDs of each side are remembered. Undecidable "
             "on a connection that was not seen whole from its start. To fix: one counter for each "
             "connection and side, increased for every message and for a repeated request too.",
             "0x1401 with MessageID 7, 0x4102 with 7 (an echo), then 0x1401 with MessageID 8",
             "0x1401 with MessageID 7, then 0x1403 with MessageID 7 from the same KM"},
    RuleSpec{
        Rule::malformed_payload, "malformed-payload", "ck.expert.malformed_payload", Severity::error,
        "Appendix I, Figure I.1 (RFC 8259)", "The payload is not JSON",
        "The payload must be one JSON text as RFC 8259 defines it, white space around it allowed, over "
        "exactly Length bytes. Reported are errors of syntax (single quotes, comments, trailing commas, NaN, "
        "007), invalid UTF-8, a byte order mark, raw control characters in strings, bytes after the value, "
        "nesting deeper than 64 levels, and an empty payload: a message without parameters still needs {}. "
        "The text says where and why, and names the slip where it knows it: a Length that counts the header "
        "swallows the next frame's 10 bytes, one that counts characters cuts texts outside ASCII short. A "
        "malformed payload has no parameters, so no parameter rule is checked or counted on it; pairing by "
        "MessageID still works. Every frame of a known code is checked.",
        R"({"Source KMA ID": "KMA-1", "Destination KMA ID": "KMA-4"})",
        R"({'Source KMA ID': 'KMA-1', 'Destination KMA ID': 'KMA-4',})"},
    RuleSpec{Rule::payload_not_object, "payload-not-object", "ck.expert.payload_not_object", Severity::error,
             "Appendix I, Figure I.1 (that it is an object is our reading)",
             "The payload is JSON, but not an object",
             "A message's parameters are the members of one JSON object. An array, a string, a number, true, "
             "false or null as the whole payload holds no named parameter, so no parameter rule is checked "
             "or counted on it. An array of one object is usually a serializer of lists; a string that holds "
             "an object was encoded twice. Every payload that is JSON is checked.",
             R"({"Session ID": "S-1", "Response": "success"})",
             R"("{\"Session ID\": \"S-1\", \"Response\": \"success\"}" (encoded twice))"},
    RuleSpec{
        Rule::missing_parameter, "missing-parameter", "ck.expert.missing_parameter", Severity::error,
        "8, Tables 2 and 4 to 13", "A mandatory parameter is absent",
        "Every parameter that its message's table marks M must be in the payload; JSON null counts as "
        "absent, and so does an empty list of keys in a 0x410C. Tables 2 and 4 ask for Destination KMA ID "
        "when the request named an application, since the controller alone can tell where that is: where the "
        "request was not seen, or the pair is ambiguous, that is undecidable. One finding for each absent "
        "parameter; a message that has all of them counts once as kept. A more specific rule stands alone in "
        "its place: empty-identifier, wrong-type, no-next-hop, reservation-without-keys, and "
        "incomplete-failure-response where the response says failure. Over gRPC an absent Response is 0 (OK) "
        "and an absent list is an empty one. A parameter of Tables 1 and 3 is never missing alone: see "
        "missing-destination. If the peer sends it under a name of its own, an alias fixes the reading.",
        R"(0x4107 {"Session ID": "S-1", "Response": "success", "Destination KM ID": "KM-2"})",
        R"(0x4107 {"Session ID": "S-1", "Response": "success"}: no Destination KM ID)"},
    RuleSpec{
        Rule::incomplete_failure_response, "incomplete-failure-response",
        "ck.expert.incomplete_failure_response", Severity::note,
        "8.7, Table 7; 8.9, Table 9 (our reading of failed responses)",
        "A failed response leaves out mandatory parameters other than Response",
        "The tables mark parameters mandatory whatever the result. A peer that could not create a session "
        "often has no Session ID or Destination KM ID to tell, so where Response says failure their absence "
        "is one note for the message, naming them all, instead of an error for each. Response itself stays "
        "mandatory. Key IDs of a failed 0x140B are no subject of it: a reservation that failed has none. "
        "Responses that say failure are checked; a result that is neither success nor failure does not "
        "excuse anything. To be beyond doubt, send the identifiers that the request or notification gave.",
        R"(0x1409 {"Session ID": "S-1", "Response": "failure: application unreachable"})",
        R"(0x1409 {"Response": "failure: application unreachable"}: no Session ID)"},
    RuleSpec{Rule::missing_destination, "missing-destination", "ck.expert.missing_destination",
             Severity::error, "8.1, Table 1; 8.3, Table 3",
             "Neither Destination KMA ID nor Application destination ID",
             "A key relay next hop request (0x1401) and a key relay request notification (0x1403) must say "
             "where the keys shall go, by the destination KMA, by the destination application, or by both. "
             "JSON null counts as absent. A destination that is there but empty or of the wrong type is "
             "empty-identifier or wrong-type alone. A message without any destination still opens a relay, "
             "so that what follows can be followed. Each of the two messages is checked once.",
             R"(0x1401 {"Source KMA ID": "KMA-1", "Application destination ID": "App-B"})",
             R"(0x1401 {"Source KMA ID": "KMA-1"})"},
    RuleSpec{Rule::wrong_type, "wrong-type", "ck.expert.wrong_type", Severity::error, "8, Tables 1 to 13",
             "A JSON type from which the parameter cannot be read",
             "An object, array or boolean where a text or number belongs; a number that is no integer of 64 "
             "bits, 1.0 and 1e2 included, where an integer belongs; an Extension that is not an array of "
             "objects (one object alone, a number, or an element that is no object); in a list of "
             "identifiers an element that is null, a boolean, an array, or an object that does not hold "
             "exactly one ID. One finding for each parameter, naming the first such element; the value is "
             "shown as it stands and the parameter counts as present, never also as missing. What can still "
             "be read is type-variant, which is only a note. A message with at least one of its table's "
             "parameters is checked; a parameter that stands twice is checked at its first place.",
             R"("Number of keys": 10, "Next KMA IDs": ["KMA-2", "KMA-3"])",
             R"("Number of keys": 1e1, "Next KMA IDs": ["KMA-2", null], "Extension": {"v": 1})"},
    RuleSpec{
        Rule::type_variant, "type-variant", "ck.expert.type_variant", Severity::note,
        "8, NOTE and Tables 1 to 13", "Readable, but not the type that the message's table lists",
        "Clause 8 lets data types vary with the protocol that carries them, so this is a note: a number "
        "where a string is listed, a numeral in a string where an integer is, the result as a number in "
        "Tables 5, 7 and 9 or as a text in Tables 11 and 13, one string for a list of next hops, keys in "
        "another form than the table's, a text as Extension. Silent are Transit KMA IDs as a string or an "
        "array of strings, Response spelt result_code and Extension spelt error_message, which are names of "
        "Appendix II. An empty list is checked by its own rules only. One finding for each parameter; each "
        "message with a parameter of its table is checked, over gRPC none. Peers of several makers agree "
        "soonest on the types that the tables list.",
        R"(0x410C "Key IDs": [{"Key ID": "K-1"}, {"Key ID": "K-2"}])",
        R"(0x410C "Key IDs": ["K-1", "K-2"]; 0x140B "Response": "success"; 0x1406 "Number of keys": "10")"},
    RuleSpec{Rule::duplicate_parameter, "duplicate-parameter", "ck.expert.duplicate_parameter",
             Severity::error, "8, Tables 1 to 13; RFC 8259, clause 4", "One parameter twice in a payload",
             "Names are matched after dropping everything but letters and digits and folding case, and by "
             "their aliases, so two members may be one parameter although they are spelt differently. RFC "
             "8259 leaves it to the receiver which one of two equal names counts, so two receivers may act "
             "differently on one message. Here the first counts for every rule, pair and procedure, even if "
             "it is null; both are shown. One finding for each further member; the further ones are not "
             "checked for their type or emptiness. Every payload that is an object is checked. Members of "
             "Extension and members that are no parameter are not looked at.",
             R"({"Session ID": "S-1", "Response": "success"})",
             R"({"Session ID": "S-1", "session_id": "S-2", "Response": "success"})"},
    RuleSpec{Rule::unexpected_parameter, "unexpected-parameter", "ck.expert.unexpected_parameter",
             Severity::warning, "8, Tables 1 to 13",
             "A parameter of Q.4164 that this message's table does not list",
             "Each message has its own table, and Extension is the place for anything more. A parameter that "
             "another table lists is reported once for each member, with the tables that do list it: often "
             "the CommandCode or the parameter's name is the mistake (KM for KMA, source for destination). "
             "Its value is shown and its type is not checked; an identifier still counts in pairs, where one "
             "that its request has with another value is response-mismatch besides. JSON null counts as "
             "absent. Every payload that is an object is checked.",
             R"(0x410A {"Source KMA ID": "KMA-1", "Destination KMA ID": "KMA-4"})",
             R"(0x410A {"Source KMA ID": "KMA-1", "Destination KMA ID": "KMA-4", "Number of keys": 10})"},
    RuleSpec{Rule::unknown_parameter, "unknown-parameter", "ck.expert.unknown_parameter", Severity::note,
             "8, Tables 1 to 13", "A member that is none of Q.4164's, outside Extension",
             "The Recommendation names parameters in words and fixes no JSON names, so spelling, case and "
             "punctuation are free, and a member that still matches nothing is reported, once for each, "
             "never dropped. It may be a parameter under a name of the peer's own: give it an alias "
             "(--aliases, or the plugin's table of names). It may be an addition: that belongs in Extension, "
             "whose members are free. Every payload that is an object is checked.",
             R"({"destinationKmaId": "KMA-4", "Extension": [{"priority": 2}]})",
             R"({"destinationKmaId": "KMA-4", "priority": 2})"},
    RuleSpec{
        Rule::empty_identifier, "empty-identifier", "ck.expert.empty_identifier", Severity::error,
        "8, Tables 1 to 13 (our reading of \"ID\")", "An identifier of length zero",
        "An empty string identifies nothing: a KMA, KM, application, session, key or relay request ID of "
        "length zero is an error, whether the parameter is mandatory or not, and so is an empty element of a "
        "list of KMAs or keys. It stands alone, never with missing-parameter or missing-destination. One "
        "finding for each parameter, naming the first empty element. An empty list is no empty identifier: "
        "Transit KMA IDs [] or \"\" are a direct route, an empty list of next hops is no-next-hop, a "
        "reservation without keys has its own rules, and a failed 0x140B may well say Key IDs \"\". White "
        "space is a value. Response is no identifier. A message with at least one identifier of its table is "
        "checked. To fix: leave an optional parameter out instead of sending it empty.",
        R"({"Destination KMA ID": "KMA-4"})",
        R"({"Source KMA ID": "", "Destination KMA ID": "KMA-4"}; "Next KMA IDs": ["KMA-2", ""])"},
    RuleSpec{Rule::invalid_number_of_keys, "invalid-number-of-keys", "ck.expert.invalid_number_of_keys",
             Severity::error, "8.6, Table 6; 8.8, Table 8 (our reading)", "Number of keys below 1",
             "Session creation request and notification may say how many keys are asked for. Less than one "
             "asks for nothing; leaving the parameter out asks for the default. A numeral in a string is "
             "read too (and is a type-variant besides); what is no integer is wrong-type alone. Checked "
             "wherever Number of keys is an integer in one of the two messages. To fix: leave the parameter "
             "out where 0 or -1 shall mean the default.",
             R"(0x1406 "Number of keys": 10)", R"(0x1406 "Number of keys": 0)"},
    RuleSpec{Rule::possible_key_material, "possible-key-material", "ck.expert.possible_key_material",
             Severity::warning, "6; 9 (our reading: control information only)",
             "A member that looks like a key's value",
             "Ck carries control information about keys, never keys; a key seen on Ck must be taken as "
             "disclosed. The rule is a suspicion: a member, at any depth and in Extension too, whose name, "
             "or the name of a member around it, holds key, secret or material, and whose value is 32 or "
             "more hexadecimal digits, or base64 of 24 or more characters that is not all hexadecimal, is "
             "padded or has a length divisible by 4, and mixes upper case, lower case and digits. Exempt are "
             "the parameters of Q.4164 and names that end in id or ids or hold hash, digest, fingerprint, "
             "public, mac, sig or uuid. The finding names the member and never repeats the value. Every "
             "payload that is an object is checked. To fix: send the key's ID, and replace the key.",
             R"("Extension": [{"key_id": "4f1c2a77-9d0e-4c55-8a1b-6f2f7f0c9a10"}])",
             R"("Extension": [{"key": "00112233445566778899aabbccddeeff"}])"},
};

}  // namespace ck
