// The checks of the framing rules, and what their findings say.
#include "audit/rules/framing.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "audit/rules/bytes_text.h"

namespace ck::audit::check {
namespace {

/// In front of a gRPC message: the compressed flag and the length. Less than this was seen of one whose
/// length nobody knows.
constexpr std::uint64_t kGrpcPrefix = 5;

}  // namespace

Verdict truncated_message(std::uint64_t bytes, std::uint64_t expected, bool rpc) {
  const std::string text =
      rpc && expected == kGrpcPrefix
          ? fmt::format("the stream ends after {} of the {} bytes in front of a gRPC message", bytes,
                        expected)
          : fmt::format("the stream ends after {} of a {}'s {} bytes", bytes, rpc ? "gRPC message" : "frame",
                        expected);
  return Verdict::broken(text).with(bytes_text(bytes), bytes_text(expected));
}

Verdict malformed_frame(const Slip& slip) {
  return Verdict::broken(
             fmt::format("{}, where {}; the frame is read as it was meant", slip.found, slip.right))
      .with(std::string(slip.found), std::string(slip.right));
}

Verdict malformed_frame(std::uint64_t bytes, const Slip* slip) {
  return Verdict::broken(fmt::format("{} that cannot be a frame {} skipped{}{}", bytes_text(bytes),
                                     bytes == 1 ? "was" : "were", slip == nullptr ? "" : ": ",
                                     slip == nullptr ? std::string_view{} : slip->found));
}

Verdict unknown_command(std::uint16_t command, const MessageSpec* meant) {
  if (meant == nullptr) {
    return Verdict::broken(fmt::format("CommandCode {} is none of the 13 codes of Table I.1",
                                       std::string_view(command_text(command))))
        .with(std::string(command_text(command)), "one of the 13 codes of Table I.1");
  }
  return meant->code() == command ? Verdict::kept() : Verdict::not_applicable();
}

Verdict swapped_direction_code(std::uint16_t command, const MessageSpec* meant) {
  if (meant == nullptr) return Verdict::not_applicable();
  if (meant->code() == command) return Verdict::kept();
  return Verdict::broken(fmt::format("CommandCode {}: message number {} goes {}, so its code is {} ({}); the "
                                     "direction digits seem swapped",
                                     std::string_view(command_text(command)), meant->number(),
                                     is_from_km(meant->command) ? "from the KM to the controller"
                                                                : "from the controller to the KM",
                                     std::string_view(command_text(meant->code())), meant->name))
      .with(std::string(command_text(command)), std::string(command_text(meant->code())));
}

Verdict version_changed(std::uint16_t version, std::optional<std::uint16_t> first, bool in_doubt) {
  if (!first) return Verdict::not_applicable();  // it sets what the others are compared with
  if (version == *first) return Verdict::kept();
  if (in_doubt) return Verdict::undecidable();
  return Verdict::broken(
             fmt::format("Version {}, where the connection's first message has Version {}", version, *first))
      .with(std::to_string(version), std::to_string(*first));
}

Verdict unexpected_version(std::uint16_t version, std::optional<std::uint16_t> expected, bool in_doubt) {
  if (!expected) return Verdict::not_applicable();
  if (in_doubt) return Verdict::undecidable();
  if (version == *expected) return Verdict::kept();
  return Verdict::broken(fmt::format("Version {}, where Version {} is expected", version, *expected))
      .with(std::to_string(version), std::to_string(*expected));
}

Verdict message_id_reused(const MessageIdFacts& facts) {
  if (!facts.decidable) return Verdict::undecidable();
  if (!facts.used) return Verdict::kept();
  return Verdict::broken(fmt::format("MessageID {} was used before by the same side, for another {}",
                                     facts.id, facts.response ? "response" : "initiating message"))
      .with(std::to_string(facts.id), "a MessageID that this side has not used");
}

}  // namespace ck::audit::check
