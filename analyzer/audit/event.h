// What a face tells the audit: messages, and what happened to the streams that carry them. No pcap, no epan:
// time and order come with the events, and a face may be a capture file, a live interface or Wireshark.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "protocol/catalogue.h"
#include "protocol/frame.h"
#include "protocol/payload.h"
#include "protocol/protobuf/schema.h"
#include "protocol/slips.h"

namespace ck::audit {

/// The time of what has none, as a packet in a Simple Packet Block of pcapng. It lies before all others, in
/// 1823.
inline constexpr std::int64_t kNoTime = -(std::int64_t{1} << 62);
/// The last time that there is, in 2262.
inline constexpr std::int64_t kLastTime = std::numeric_limits<std::int64_t>::max();

/// How much later `to_ns` is than `from_ns`; nullopt where one of the two is no time. Two times may lie
/// further apart than 64 bits hold: then it is as much as they do.
constexpr std::optional<std::int64_t> elapsed(std::int64_t from_ns, std::int64_t to_ns) {
  if (from_ns == kNoTime || to_ns == kNoTime) return std::nullopt;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (from_ns < 0 && to_ns > kMost + from_ns) return kMost;
  if (from_ns > 0 && to_ns < -kMost + from_ns) return -kMost;
  return to_ns - from_ns;
}

/// A clock's time, in whole seconds since the epoch and nanoseconds (less than a second) behind them; kNoTime
/// where it lies so far off that it cannot be told in nanoseconds.
constexpr std::int64_t time_since_epoch(std::int64_t seconds, std::int64_t nanoseconds) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  constexpr std::int64_t kFirst = kNoTime / kSecond, kLast = kLastTime / kSecond;
  if (seconds < kFirst || seconds > kLast) return kNoTime;
  if (seconds == kLast && nanoseconds > kLastTime % kSecond) return kNoTime;
  return seconds * kSecond + nanoseconds;
}

/// So many seconds later; kLastTime at most.
constexpr std::int64_t later_by(std::int64_t time_ns, std::uint32_t seconds) {
  const std::int64_t more = std::int64_t{seconds} * 1'000'000'000;
  return time_ns > kLastTime - more ? kLastTime : time_ns + more;
}

/// Where in the captures something was seen.
struct Position {
  constexpr Position() = default;
  constexpr Position(std::uint32_t of_capture, std::uint64_t of_frame, std::int64_t at_ns)
      : capture(of_capture), frame(of_frame), time_ns(at_ns) {}

  std::uint32_t capture = 0;   ///< index of the capture within the audit
  std::uint32_t behind_s = 0;  ///< seconds that its time is behind what has passed (stream/passed_time.h)
  std::uint64_t frame = 0;     ///< Wireshark's frame number, from 1
  std::int64_t time_ns =
      0;  ///< nanoseconds since the epoch, or kNoTime; serves durations and time-outs only, never order

  /// The time by which time-outs count: it never goes back, however often the capture's clock does.
  [[nodiscard]] constexpr std::int64_t passed_ns() const {
    return behind_s == 0 || time_ns == kNoTime ? time_ns : later_by(time_ns, behind_s);
  }
};

/// The one of two positions by which more time has passed.
constexpr Position later_of(const Position& a, const Position& b) {
  return b.passed_ns() > a.passed_ns() ? b : a;
}

/// So long has passed from one position to another, at least; 0 where one of them has no time. A stamp that
/// lies far ahead of those around it, another clock's or a wrong one, is taken for time that has passed.
/// Where the two themselves show less, they may be of the clock that was right.
constexpr std::int64_t least_passed_ns(const Position& from, const Position& to) {
  const std::int64_t passed = elapsed(from.passed_ns(), to.passed_ns()).value_or(0);
  const std::int64_t shown = elapsed(from.time_ns, to.time_ns).value_or(0);
  return shown >= 0 && shown < passed ? shown : passed;
}

/// An IPv4 (size 4) or IPv6 (size 16) address; size 0 is unknown.
struct Address {
  std::array<std::uint8_t, 16> bytes{};
  std::uint8_t size = 0;
  friend auto operator<=>(const Address&, const Address&) = default;
};

struct Endpoint {
  Address address;
  std::uint16_t port = 0;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// A face's own key of a connection; unique in an audit, never reused.
using ConnectionKey = std::uint64_t;

/// An end of a connection: 0 opened it where that is known, else it sent the first packet that was captured.
using Side = std::uint8_t;
constexpr Side other(Side side) {
  return static_cast<Side>(1 - side);
}

enum class Transport : std::uint8_t { tcp, tls, grpc, grpc_tls, exported_pdu };

/// The SYN of a connection and its answer, both captured.
struct SynPair {
  std::array<std::uint32_t, 2> sequences{};  ///< their sequence numbers, by Side
  std::uint64_t answer_frame = 0;            ///< of the answer, in the capture of the first packet
};

/// A connection on which Ck was recognised. Told once, before anything else of the connection.
struct ConnectionStart {
  ConnectionKey key = 0;
  Transport transport = Transport::tcp;
  std::array<Endpoint, 2> endpoints;  ///< indexed by Side
  bool opener_known = false;          ///< the handshake was captured, so endpoints[0] opened the connection
  std::array<bool, 2>
      seen_from_start{};  ///< that side's stream is captured from its first byte on, so far without a hole
  Position first;         ///< the connection's first captured packet
  bool rpcs = false;      ///< Ck is spoken over gRPC, also where the transport does not say so
  std::optional<SynPair> syns;
};

enum class StreamEventKind : std::uint8_t {
  start_seen,  ///< the side's SYN was captured after the ConnectionStart was told
  skipped,     ///< `bytes` that are no frame: before the first frame, or around a hole
  malformed,   ///< `bytes` where a frame should have started and none did; `at` is the frame of the first one
  slipped,  ///< `slip` explains `bytes` that stand behind the last message of the side; they are no skipped
            ///< ones
  gap,      ///< `bytes` missing from the capture; `at` is the first segment behind the hole
  truncated_packet,   ///< a snap length cut `bytes` of the stream; `at` is the cut packet
  truncated_message,  ///< the stream ended with `bytes` of a frame of `expected` bytes; `at` is the FIN or
                      ///< RST
  fin,                ///< the side's stream ended in order
  reset,              ///< the side sent RST
  unfinished,  ///< `bytes` of a message are there and the rest is not (yet); 0: none. Told before finish()
  pending,     ///< `bytes` are there that may be a message, and are not told as one yet
  hole_open,   ///< `bytes` are missing (yet), `at` lies behind; 0: none any more. A gap, for finish() alone
  hole_seen,  ///< the peer has acknowledged bytes that were not captured (yet): if `gap` follows, it says how
              ///< many
  reset_seen,  ///< the side sent RST, and bytes of it from before may still come: `reset` follows when not
};

struct StreamEvent {
  StreamEventKind kind = StreamEventKind::skipped;
  ConnectionKey connection = 0;
  Side side = 0;  ///< whose stream, i.e. its sender
  Position at;
  std::uint64_t bytes = 0;
  std::uint64_t expected = 0;
  const Slip* slip = nullptr;  ///< slipped; malformed: the known slip, if one explains it
};

/// Whether a TLS client authenticated itself by certificate, as far as the capture tells.
enum class ClientCertificate : std::uint8_t {
  unknown,  ///< resumed, a pre-shared key, encrypted without its secrets, or not captured to its end
  shown,
  none,
};

/// What a connection's first TLS handshake shows. Told between its ConnectionStart and its close; once more
/// when the client, which had shown no certificate, is asked again later: shown, or unknown where the answer
/// cannot be seen.
struct TlsHandshake {
  ConnectionKey connection = 0;
  Position at;  ///< the frame that completed the ClientHello; the first TLS frame where that was not captured
  std::optional<std::uint16_t> version;  ///< that the ServerHello chose, 0x0303 is TLS 1.2; nullopt: not seen
  ClientCertificate certificate = ClientCertificate::unknown;
};

/// How an RPC ended, as far as that says something of its request.
enum class RpcOutcome : std::uint8_t {
  failed,      ///< a grpc-status other than 0, or the answering side reset the stream
  cancelled,   ///< nobody looked at it, or whoever did says no more: there may never be an answer
  taken_back,  ///< by the asking side: there may never be an answer, and one may be under way; if none comes,
               ///< `cancelled` follows when it is over
};

/// The end of an RPC over gRPC that did not end well. Told once, behind its messages, but for one that is
/// taken back.
struct RpcEnd {
  ConnectionKey connection = 0;
  Side asker = 0;  ///< who sent the request
  Position at;
  std::uint64_t stream = 0;  ///< as Message::stream
  RpcOutcome outcome = RpcOutcome::failed;
  std::string result;  ///< "grpc-status 14 UNAVAILABLE: …", as the asker was told; not escaped
};

/// A connection on which no Ck was recognised so far, and of which not all can be read: it began before the
/// capture, bytes of it are missing, or its TLS stays shut. RPCs between its two hosts may go over it. Told
/// as soon as that is known, and perhaps again.
struct UnreadableConnection {
  ConnectionKey connection = 0;
  std::array<Address, 2> hosts;
  Position at;
  bool in_clear = false, in_tls = false;  ///< what it may be; from its middle on, either
};

enum class UnrecognisedState : std::uint8_t {
  lacking,  ///< some of its bytes were not captured (yet)
  read,     ///< they were after all, or what it is has become known
  over,     ///< the connection is over, and some of its bytes were never captured
};

/// A TCP connection on which nothing was recognised so far and of which not all was captured: it began before
/// the capture, bytes of it are missing, or its TLS stays shut. Where it has the server of a connection of
/// Ck, it is one with a gap, on which anything may have been said. No other connection hides anything.
struct UnrecognisedConnection {
  ConnectionKey connection = 0;
  UnrecognisedState state = UnrecognisedState::lacking;
  std::array<Endpoint, 2> endpoints;
  bool opener_known = false;  ///< endpoints[0] opened it, so the other one is its server; else either may be
  Position at;
  bool in_clear = false, in_tls = false;  ///< what it may be; from its middle on, either
  bool named = false;                     ///< the user says that one of its ports is Ck's
  bool at_end = false;                    ///< the capture ends: nothing of it will come late
};

struct Connection;
struct Prepared;
struct Request;

/// One message, decoded. Views into the payload are valid during the call only.
struct Message {
  ConnectionKey connection = 0;
  Side sender = 0;
  Position at;                        ///< the frame that completed it in order
  std::uint16_t command = 0;          ///< as on the wire, or of the gRPC message's type
  std::optional<FrameHeader> header;  ///< as its sender meant it; nullopt over gRPC
  /// Its first bytes may be among those that were skipped before it, by a slip: then its Version is.
  bool version_in_doubt = false;
  const Slip* slip = nullptr;           ///< the frame was written otherwise than Figure I.1 says
  const MessageSpec* spec = nullptr;    ///< by `command`, else by its low byte when the direction digits are
                                        ///< swapped; nullptr: unknown
  const Payload* payload = nullptr;     ///< decoded with `spec`; the audit is never told nullptr
  Bytes payload_bytes;                  ///< for what findings say of malformed payloads
  std::optional<std::uint64_t> stream;  ///< gRPC: the RPC, unique within the connection
  const ProtoMessage* proto = nullptr;  ///< gRPC: the payload's type; nullptr: it is JSON
  const ProtoMethod* method = nullptr;  ///< gRPC: that was called
  /// gRPC: why there is no payload to decode, which is its sender's fault; static text. Empty: there is.
  std::string_view trouble;
  /// Bytes that the other side has sent so far and that are in no message, and those that are not yet in one:
  /// they may have held requests.
  std::uint64_t unread = 0, unfinished = 0;
  const Prepared* prepared = nullptr;  ///< what it says by itself, where that was looked at before
};

/// How soon a message comes that the audit is told to expect.
enum class Ahead : std::uint8_t {
  far,   ///< in about eight messages
  near,  ///< in about five
  soon,  ///< in about three
  next,  ///< as the next one
};

/// What was found of a message that will come, for when it is nearer. Whatever becomes of that meanwhile, it
/// is only fetched.
struct FoundAhead {
  Id<Connection> connection;
  Id<Request> request;
};

}  // namespace ck::audit
