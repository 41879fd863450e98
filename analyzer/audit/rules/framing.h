// The framing rules: what one frame must be.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "audit/rules.h"
#include "audit/verdict.h"
#include "protocol/catalogue.h"
#include "protocol/slips.h"

namespace ck::audit::check {

inline constexpr std::array kFramingRules = {
    RuleSpec{Rule::truncated_message, "truncated-message", "ck.expert.truncated_message", Severity::error,
             "Appendix I, Figure I.1", "The stream ended inside a frame",
             "A sender that closes (FIN) or resets (RST) its stream must have sent the last frame whole: 10 "
             "bytes of header and as many of payload as Length says. The finding stands at the frame of the "
             "FIN or RST and concerns that sender's direction only. It is checked once for every direction "
             "that ends, and cannot be told where bytes before the end are missing from the capture or where "
             "framing was lost. To fix: send the whole message before closing, and see whether Length counts "
             "more than the payload; a Length that counts the 10 header bytes too leaves every last message "
             "of a connection ten bytes short (over gRPC, see the length in the 5 bytes before the message).",
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
        "read in network byte order, our reading, since the text names none. To fix: write Version (2 "
        "bytes), MessageID (4), CommandCode (2) and Length (2, of the payload alone) in network byte order, "
        "then exactly Length bytes of payload, and nothing between two frames.",
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
             "little-endian integers in the peer. To fix: update the peer that sends it, or expect its "
             "Version if that is the one in use now.",
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
};

/// The stream ended behind the first `bytes` of a frame of `expected` bytes. `rpc`: of a gRPC message, or of
/// what precedes it.
Verdict truncated_message(std::uint64_t bytes, std::uint64_t expected, bool rpc);

/// A frame was read as it was meant.
Verdict malformed_frame(const Slip& slip);
/// `bytes` were skipped; `slip` explains them, if it is known.
Verdict malformed_frame(std::uint64_t bytes, const Slip* slip);

/// `meant`: what the code means, nullptr where it means nothing.
Verdict unknown_command(std::uint16_t command, const MessageSpec* meant);
Verdict swapped_direction_code(std::uint16_t command, const MessageSpec* meant);

/// `first`: the connection's first Version, nullopt before it is known. `in_doubt`: the Version may be made
/// of other bytes.
Verdict version_changed(std::uint16_t version, std::optional<std::uint16_t> first, bool in_doubt);
/// `expected`: by the user, if at all.
Verdict unexpected_version(std::uint16_t version, std::optional<std::uint16_t> expected, bool in_doubt);

struct MessageIdFacts {
  std::uint32_t id = 0;
  bool response = false;   ///< else an initiating message
  bool decidable = false;  ///< it is known what its side used before, and what this one stands for
  bool used = false;       ///< by its side before, for another message
};
Verdict message_id_reused(const MessageIdFacts& facts);

}  // namespace ck::audit::check
