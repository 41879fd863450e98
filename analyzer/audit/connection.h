// What the engine remembers of a connection: who its ends are, how much of it the capture shows, what each
// side has sent.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audit/event.h"
#include "audit/latencies.h"
#include "audit/message_ids.h"
#include "audit/options.h"
#include "audit/records.h"
#include "audit/tally.h"
#include "audit/unrecognised.h"
#include "audit/verdicts.h"
#include "base/held.h"
#include "base/pool.h"

namespace ck::audit {

struct Association;
struct Group;
struct Host;
struct Km;
struct Procedure;
struct Request;
class Identities;

using HeldKm = Held<Km, Identities>;
using HeldAssociation = Held<Association, Identities>;
using HeldHost = Held<Host, Identities>;
using HeldGroup = Held<Group, Identities>;

/// A frame whose payload is {}.
inline constexpr std::uint64_t kSmallestMessage = 12;

/// Requests that wait for an answer, by what they ask, oldest first; those timed out apart.
struct RequestQueue {
  Id<RequestQueue> id;     ///< unique among all queues, those of closed connections included
  std::uint32_t open = 0;  ///< requests on it
  bool of_closed = false;  ///< it is an association's, for the requests of its closed connections
  std::array<List<Request>, kExchangeCount> fresh, stale;

  [[nodiscard]] std::uint32_t count(Exchange exchange) const {
    const std::size_t i = static_cast<std::size_t>(exchange);
    return fresh[i].count + stale[i].count;
  }
};

struct SideState {
  bool whole = false;               ///< captured from its first byte on, so far without a hole
  bool heard = false;               ///< a message of this side was seen
  bool ended = false;               ///< FIN or RST
  bool truncated = false;           ///< it ended inside a frame
  bool unfinished = false;          ///< at the end, a message is there in part, or behind a hole
  std::uint64_t partial_bytes = 0;  ///< bytes of the message that is there in part
  bool gap = false, cut = false;    ///< bytes were missing; a snap length cut bytes
  bool awaited = false;             ///< the peer has had bytes that are not there (yet)
  bool late = false;                ///< so it was with its last message's
  bool wrong_direction_told = false;
  bool answers_otherwise = false;  ///< a response of it was not paired by its MessageID
  std::uint8_t echoes = 0;   ///< responses that carried a request's MessageID other than by counting, up to 2
  std::uint32_t faults = 0;  ///< gaps and cuts so far
  std::uint32_t slips_told = 0;              ///< a bit for each slip that has its finding
  std::uint64_t unread = 0, on_its_way = 0;  ///< bytes so far that are in no message, or not yet in one
  std::uint64_t unread_told = 0;             ///< of the former, by events
  std::uint64_t swallowed = 0;               ///< CommandCodes inside of payloads that are no JSON
  std::uint64_t hidden_noted = 0;            ///< hidden() when that was looked at last
  std::uint64_t requests_hidden = 0;         ///< answers that were taken to answer what those may have held
  std::optional<bool> first_from_km;         ///< the direction of its first message
  std::optional<std::uint32_t> last_message_id;  ///< nullopt before its first message and after a hole

  /// Messages that the bytes which cannot be read may have been, at most.
  [[nodiscard]] std::uint64_t hidden() const { return unread / kSmallestMessage + swallowed; }
  /// Bytes that are there and not told yet may be a message of this side.
  [[nodiscard]] bool has_on_its_way() const { return on_its_way >= kSmallestMessage; }
  /// Whether one more request of this side may be among them, or on its way.
  [[nodiscard]] bool may_hide_request() const {
    return (unread + on_its_way) / kSmallestMessage + swallowed > requests_hidden;
  }
  [[nodiscard]] bool echoing() const { return echoes >= 2 && !answers_otherwise; }
};

/// What a connection began before its KM told its KMA ID. It moves along when that is not the KM's it
/// was thought to be.
struct Provisional {
  std::vector<std::pair<Id<Procedure>, std::uint32_t>> procedures;  ///< with their numbers
  std::vector<std::pair<std::uint64_t, bool>> keys;                 ///< digests; whether it named them first
  bool incomplete = false;                                          ///< it began more than is kept
};

/// What is needed while messages may still follow.
struct LiveConnection {
  std::array<MessageIds, 2> initiating, responses;  ///< by side
  std::array<Id<Request>, kExchangeCount> last_answered;
  std::vector<std::uint16_t> versions_told, unexpected_told;  ///< Versions that have their finding, sorted
  Provisional provisional;
  /// Where answers of a kind last came that no request fitted, which may come behind them.
  std::vector<std::pair<std::size_t, Position>> early_answers;
  std::vector<StreamEvent> open_holes;  ///< gaps, if the capture ends here
  /// By side: MessageIDs of messages with a code that Table I.1 does not list, and that no answer of the
  /// other side may have been for yet. Some may have been meant as requests.
  std::array<std::vector<std::uint32_t>, 2> unlisted;
  HeldAssociation moved_from;  ///< the association that it was thought to have, until this message
};

struct Connection {
  std::uint32_t id = 0;
  ConnectionStart start;
  Side km_side = 0;
  bool settled = false;   ///< a message has shown who is who
  bool reversed = false;  ///< the controller opened it
  bool closed = false;
  bool over = false;  ///< closed, or a side has sent RST: the next connection of its host is not beside it
  bool handshake_checked = false;          ///< its TLS handshake was told
  std::optional<Position> no_certificate;  ///< and had none of the client's; a later one may, until the close
  bool twin = false;      ///< one between the same addresses and ports was open at once: another network's
  bool parallel = false;  ///< another connection of its host to the same controller was open at once
  std::int64_t end_ns = 0;
  std::uint64_t messages = 0, lost_bytes = 0, skipped_bytes = 0;
  std::uint64_t opened_order = 0, closed_order = 0;
  std::uint32_t faults_counted = 0;  ///< of both sides, in its association
  std::optional<std::uint16_t> version;
  std::optional<std::string> kma_id;  ///< as told on this connection
  bool kma_guessed = false;    ///< by a 0x1401 that seems to open a chain: it may go on with one not captured
  bool kma_disputed = false;   ///< and a later one told another: either may go on with a chain
  bool kma_elsewhere = false;  ///< a connection of another host told its KMA ID, too
  bool kma_doubted = false;    ///< and it is not the KMA ID that its host's other connections told
  std::optional<std::uint16_t> tls_version;  ///< of its first handshake
  std::array<SideState, 2> sides;
  std::array<Tally, 2> habits;                   ///< by side: how it speaks
  std::array<bool, kExchangeCount> ambiguous{};  ///< answers of that kind cannot be told apart for now
  RequestQueue queue;
  ConnectionPlace place;
  HeldHost host;
  HeldGroup group;
  HeldGroup any_port;  ///< where its KM opened it, not over gRPC
  HeldKm km;
  HeldAssociation association;
  ListLinks<Connection> by_age;          ///< among the open or the closed connections
  ListLinks<Connection> by_association;  ///< among its association's open connections
  std::unique_ptr<LiveConnection> live;
  std::unique_ptr<std::array<Latencies, kExchangeCount>> latencies;

  [[nodiscard]] bool grpc() const {
    return start.rpcs || start.transport == Transport::grpc || start.transport == Transport::grpc_tls;
  }
  [[nodiscard]] bool over_tls() const {
    return start.transport == Transport::tls || start.transport == Transport::grpc_tls;
  }
  /// Seen from its start in both directions, without a hole.
  [[nodiscard]] bool whole() const { return sides[0].whole && sides[1].whole; }
  /// Anything of this side can have been seen at all.
  [[nodiscard]] bool captured(Side side) const { return sides[side].whole || sides[side].heard; }
};

/// The rules of one message that need nothing but its connection: framing, codes, versions, directions,
/// transport.
class ConnectionRules {
 public:
  ConnectionRules(const AuditOptions& options, Verdicts& verdicts) : options_(options), verdicts_(verdicts) {}

  /// Settles who is who at the first message that shows it. True when it did.
  bool settle_roles(Connection& connection, const Message& message, const MessageRef& ref);
  /// Whether the message goes from the KM to the controller: by its code, else by its sender.
  static bool is_from_km(const Connection& connection, const Message& message);
  void check(Connection& connection, const Message& message, const MessageRef& ref);
  void check(Connection& connection, const StreamEvent& event);
  void check(Connection& connection, const TlsHandshake& handshake);
  /// Nothing more of the connection can change the verdict on its handshake.
  void check_close(Connection& connection);
  /// The rules that hold unless an event said otherwise, when nothing more of the connection will come.
  static void check_end(const Connection& connection, Verdicts& verdicts);

 private:
  void doubt_certificate(Connection& connection);
  static void check_certificate(const Connection& connection, ClientCertificate certificate,
                                Verdicts& verdicts);
  [[nodiscard]] RuleSet kept_by_ordinary(const Connection& connection, const Message& message) const;
  static Verdict check_slip(SideState& side, const Slip& slip);
  void check_version(Connection& connection, const Message& message, const MessageRef& ref);
  void check_direction(Connection& connection, const Message& message, const MessageRef& ref);

  const AuditOptions& options_;
  Verdicts& verdicts_;
};

}  // namespace ck::audit
