// The payload rules: what one payload must be.
#pragma once

#include <array>

#include "audit/rules.h"

namespace ck::audit::check {

inline constexpr std::array kPayloadRules = {
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
        "MessageID still works. Every frame of a known code is checked. To fix: let a JSON library write the "
        "payload in UTF-8, take Length from the bytes that it wrote, and send {} where there is no "
        "parameter; over gRPC, let a protobuf library write the message and a gRPC library send it.",
        R"({"Source KMA ID": "KMA-1", "Destination KMA ID": "KMA-4"})",
        R"({'Source KMA ID': 'KMA-1', 'Destination KMA ID': 'KMA-4',})"},
    RuleSpec{Rule::payload_not_object, "payload-not-object", "ck.expert.payload_not_object", Severity::error,
             "Appendix I, Figure I.1 (that it is an object is our reading)",
             "The payload is JSON, but not an object",
             "A message's parameters are the members of one JSON object. An array, a string, a number, true, "
             "false or null as the whole payload holds no named parameter, so no parameter rule is checked "
             "or counted on it. An array of one object is usually a serializer of lists; a string that holds "
             "an object was encoded twice. Every payload that is JSON is checked. To fix: serialize one "
             "object whose members are the parameters, once.",
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
        "missing-destination. Where the peer has it under a name of its own, that name can be given as an "
        "alias (--aliases), which changes how the audit reads, not what the peer sends. To fix: send the "
        "parameter, under the name that the Recommendation gives it.",
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
        "excuse anything. To fix: send the identifiers that the request or notification gave, in failures "
        "too.",
        R"(0x1409 {"Session ID": "S-1", "Response": "failure: application unreachable"})",
        R"(0x1409 {"Response": "failure: application unreachable"}: no Session ID)"},
    RuleSpec{Rule::missing_destination, "missing-destination", "ck.expert.missing_destination",
             Severity::error, "8.1, Table 1; 8.3, Table 3",
             "Neither Destination KMA ID nor Application destination ID",
             "A key relay next hop request (0x1401) and a key relay request notification (0x1403) must say "
             "where the keys shall go, by the destination KMA, by the destination application, or by both. "
             "JSON null counts as absent. A destination that is there but empty or of the wrong type is "
             "empty-identifier or wrong-type alone. A message without any destination still opens a relay, "
             "so that what follows can be followed. Each of the two messages is checked once. To fix: send "
             "Destination KMA ID, or Application destination ID where only the application is known.",
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
             "parameters is checked; a parameter that stands twice is checked at its first place. To fix: "
             "send the type that the message's table lists, over protobuf that of the .proto: texts as "
             "strings, numbers as integers, lists as arrays, Extension as an array of objects.",
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
        "message with a parameter of its table is checked, over gRPC none. To fix: send the type that the "
        "message's table lists; peers of several makers agree soonest on that.",
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
             "Extension and members that are no parameter are not looked at. To fix: send each parameter "
             "once, under one spelling.",
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
             "absent. Every payload that is an object is checked. To fix: compare CommandCode and name with "
             "the message's table, and put additions of your own into Extension.",
             R"(0x410A {"Source KMA ID": "KMA-1", "Destination KMA ID": "KMA-4"})",
             R"(0x410A {"Source KMA ID": "KMA-1", "Destination KMA ID": "KMA-4", "Number of keys": 10})"},
    RuleSpec{Rule::unknown_parameter, "unknown-parameter", "ck.expert.unknown_parameter", Severity::note,
             "8, Tables 1 to 13", "A member that is none of Q.4164's, outside Extension",
             "The Recommendation names parameters in words and fixes no JSON names, so spelling, case and "
             "punctuation are free, and a member that still matches nothing is reported, once for each, "
             "never dropped. It may be a parameter under a name of the peer's own: give it an alias "
             "(--aliases, or the plugin's table of names). It may be an addition: that belongs in Extension, "
             "whose members are free. Every payload that is an object is checked. To fix: use the "
             "Recommendation's name for a parameter, and move an addition into Extension.",
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
    RuleSpec{Rule::unknown_result_code, "unknown-result-code", "ck.expert.unknown_result_code",
             Severity::note, "Appendix II, Tables II.3-2, II.4-2 and II.5-2",
             "An integer result other than 0 and 1",
             "Appendix II gives 0 for OK and 1 for NG, as examples. Any other integer is read as a failure "
             "and noted, since another peer may not know it, or may take an HTTP status of 200 for what it "
             "was not meant to be. A numeral in a string is an integer too where the table lists one (11 and "
             "13); where it lists a text (5, 7 and 9) it is the reason, and not checked. Each response whose "
             "Response is an integer is checked. To fix: send 0 or 1, and the reason in Extension "
             "(error_message over gRPC).",
             R"(0x140B "Response": 1)", R"(0x140B "Response": 200)"},
};

}  // namespace ck::audit::check
