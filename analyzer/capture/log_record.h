// What a message log holds, as values: the calls of CkSink, and the facts that stand around them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "audit/capture_facts.h"
#include "capture/packet_places.h"
#include "capture/shard.h"
#include "stream/ck_sink.h"
#include "stream/decrypted.h"
#include "stream/moment.h"

namespace ck::capture {

inline constexpr std::uint64_t kLogVersion = 1;
/// With this a log begins, once it is unpacked.
inline constexpr std::string_view kLogHead = R"({"type":"ck-log")";

/// A capture as a log names it. Two that have one path and one digest are the same.
struct CaptureName {
  std::string path;
  std::uint64_t digest = 0;  ///< of the file's first bytes; 0: not known
  friend auto operator<=>(const CaptureName&, const CaptureName&) = default;
};

struct LogHeader {
  Shard shard;
  std::vector<CaptureName> captures;
};

/// What is known at the end of a reading besides the audit.
struct ReadingFacts {
  std::vector<CaptureFacts> captures;
  Diagnostics diagnostics;
  ShutServers shut;
  bool has_secrets = false;
  std::string trouble;              ///< that there was in decrypting; empty: none
  std::uint64_t capture_drops = 0;  ///< packets that captures say they lost
};

struct ClosedConnection {
  ConnectionKey connection = 0;
  Position at;
};
struct ComingMessage {
  ConnectionKey connection = 0;
};

using LogRecord =
    std::variant<ConnectionStart, Message, StreamEvent, TlsHandshake, RpcEnd, UnreadableConnection,
                 UnrecognisedConnection, ClosedConnection, Outlook, ComingMessage>;

/// Where the record says that it was seen; nullptr: nowhere.
const Position* position_of(const LogRecord& record);
/// Tells `sink` what the record says.
void tell(const LogRecord& record, CkSink& sink);
ConnectionKey connection_of(const LogRecord& record);

// Names of enumerators in a log, each at its value.
inline constexpr std::array<std::string_view, 5> kTransportNames = {"tcp", "tls", "grpc", "grpc-tls",
                                                                    "exported-pdu"};
inline constexpr std::array<std::string_view, 14> kEventNames = {
    "start_seen", "skipped", "malformed",  "slipped", "gap",       "truncated_packet", "truncated_message",
    "fin",        "reset",   "unfinished", "pending", "hole_open", "hole_seen",        "reset_seen"};
inline constexpr std::array<std::string_view, 6> kOutlookNames = {"awaited", "held_back", "due",
                                                                  "pending", "reset",     "behind_reset"};
inline constexpr std::array<std::string_view, 3> kCertificateNames = {"unknown", "shown", "none"};
/// Of a connection that cannot be read: what it may be.
inline constexpr std::string_view kInClear = "clear", kInTls = "tls", kInEither = "either";
inline constexpr std::array<std::string_view, 3> kUnrecognisedNames = {"lacking", "read", "over"};
inline constexpr std::array<std::string_view, 3> kOutcomeNames = {"failed", "cancelled", "taken_back"};
inline constexpr std::array<std::string_view, kTlsShutReasons> kShutNames = {
    "no_secrets", "no_secret", "one_side", "no_handshake", "one_direction", "failed"};
/// By SlipId.
inline constexpr std::array<std::string_view, kSlipCount> kSlipNames = {"length_counts_header",
                                                                        "length_counts_characters",
                                                                        "little_endian",
                                                                        "little_endian_length",
                                                                        "long_length",
                                                                        "long_prefix",
                                                                        "short_prefix",
                                                                        "long_message_id",
                                                                        "padding",
                                                                        "little_endian_padding",
                                                                        "nul_behind",
                                                                        "lf_behind",
                                                                        "crlf_behind"};

template <class Names, class Value>
std::string_view log_name(const Names& names, Value value) {
  return names[static_cast<std::size_t>(value)];
}

}  // namespace ck::capture
