// Which request a response answers (packaging/doc/reading-q4164.md, "Pairing"), and the rules on MessageIDs
// and answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "audit/connection.h"
#include "audit/event.h"
#include "audit/identity.h"
#include "audit/options.h"
#include "audit/records.h"
#include "audit/requests.h"
#include "audit/verdicts.h"
#include "base/flat_map.h"

namespace ck::audit {

namespace check {
struct MismatchFacts;
struct WaitingFacts;
}  // namespace check

/// A message on its way through the audit.
struct Incoming {
  const Message& message;
  const MessageRef& ref;
  Id<Connection> handle;
  Connection& connection;
  const Identifiers& ids;
  bool readable;  ///< the payload is an object
  std::optional<Identifiers>
      session_apps;           ///< 0x4107: the applications that the 0x4108 with its Session ID named
  bool perhaps_anew = false;  ///< 0x4104: it may ask anew for any of several relays that were routed before
  /// 0x4104: it may ask anew for a relay that was routed before: its MessageID says so, if its sender echoes,
  /// or that relay failed.
  bool perhaps_reroute = false;
};

/// What became of a response.
struct Answer {
  Id<Request> request;
  PairedBy by{};
  bool ambiguous = false;     ///< it may answer another request as well
  bool mismatch = false;      ///< it names other identifiers than its request
  Id<Request> repeated;       ///< an answered request that it answers again
  bool again = false;         ///< it is a second response, whichever request's
  bool surely_again = false;  ///< so whatever was not captured: the first had its MessageID and identifiers
  bool undecidable = false;   ///< without a request, and the capture cannot tell why
  bool perhaps_any = false;   ///< or it may be any's of several that are open
  Id<Request> perhaps;  ///< without a request, or with one whose ID it does not name: it may be this one's

  [[nodiscard]] bool paired() const { return request != kNone; }
  /// What the request said may be held against the response.
  [[nodiscard]] bool certain() const { return paired() && !ambiguous && !mismatch; }
};

class Pairing {
 public:
  Pairing(const AuditOptions& options, Verdicts& verdicts, Identities& identities, Requests& requests,
          Pool<Connection>& connections)
      : options_(options),
        verdicts_(verdicts),
        identities_(identities),
        requests_(requests),
        connections_(connections) {}

  /// Pairs a response; takes the request off its queue and tells the pair. No rule is checked yet. `foreign`:
  /// it names a Key relay request ID or Session ID that its KM was never given; a request whose MessageID
  /// alone it has waits on for the answer that names its own.
  Answer pair(const Incoming& in, Exchange exchange, bool foreign);
  /// unsolicited-response, duplicate-response, response-mismatch. `foreign`: another rule already says that
  /// the identifier is unknown, which is then all that is said. `initiating`: a 0x4104 that nobody asked for.
  void check(const Incoming& in, Exchange exchange, const Answer& answer, bool foreign, bool initiating);
  /// An open request has the response's MessageID and is not contradicted by it.
  [[nodiscard]] bool has_own(const Incoming& in, Exchange exchange);
  /// gRPC: its RPC's method has both, and an open request, which it answers though it contradicts that.
  [[nodiscard]] bool is_owed_in_rpc(const Incoming& in, Exchange exchange) const;
  /// An open request of its association's connections is not contradicted by the response.
  [[nodiscard]] bool has_fitting(const Incoming& in, Exchange exchange) const;
  /// The response's sender is known to repeat its requests' MessageIDs, or this one at least: it sent it
  /// before, which no counter does.
  [[nodiscard]] static bool repeats(const Incoming& in);
  /// A re-route that may be the answer to another open 0x1403 as well: nothing is unanswered for certain.
  void note_reroute(const Incoming& in);
  /// Checks the rule message-id-reused.
  void check_message_id(const Incoming& in, Exchange exchange, bool response, const Answer& answer);
  /// gRPC: the open requests of this RPC that `asker` sent, oldest first.
  [[nodiscard]] std::vector<Id<Request>> open_in_rpc(const Connection& connection, std::uint64_t stream,
                                                     Side asker) const;
  /// gRPC: its own side took the request back. An answer in its RPC may be under way, and no other is owed.
  void take_back(Id<Request> request, const Position& at);
  /// gRPC: the request has its answer, by the end of its RPC at `at`. Not `owed`: nobody owes one any more.
  void end_rpc(Id<Request> request, const Position& at, bool owed);
  /// Opens a request.
  Id<Request> open(const Incoming& in, Exchange exchange);
  /// Checks the requests whose time is over.
  void expire(const Position& now);
  /// What can be said of the requests that are open at the end of the capture.
  void check_end(const Position& last, Verdicts& verdicts) const;
  /// Drops the oldest requests of the association's closed connections, where those are too many.
  void keep_within_bounds(Association& association);
  /// Nothing that the connection asked or answered is needed any more.
  void forget(Connection& connection);

 private:
  // Nearly every response has the MessageID of an open request that it does not contradict. What serves the
  // others is cold: it is kept out of the way of what serves these.

  struct Survey {
    Id<Request> first, first_sharing;
    std::uint32_t fitting = 0, sharing = 0;  ///< counted up to 2
    bool cut_short = false;
  };
  struct Labelled {
    Id<Request> fitting, contradicted;
    bool several = false;  ///< more than one fits
  };
  /// gRPC: what the message may answer was asked in its own RPC.
  [[nodiscard]] bool is_asked_in_rpc(const Incoming& in, Exchange exchange) const;
  [[nodiscard]] Likeness likeness(const Incoming& in, const Request& request, bool apps_elsewhere) const;
  [[nodiscard]] bool apps_elsewhere(const Incoming& in, Exchange exchange);
  [[nodiscard]] bool may_be_anothers(const Incoming& in, Exchange exchange, const Answer& answer) const;
  [[nodiscard]] Labelled find_label(const Incoming& in, Exchange exchange, Id<RequestQueue> queue,
                                    bool elsewhere) const;
  void survey(const Incoming& in, const List<Request>& list, bool elsewhere, std::uint32_t& budget,
              Survey& result) const;
  [[nodiscard]] Survey survey_elsewhere(const Incoming& in, Exchange exchange, bool elsewhere,
                                        std::uint32_t budget) const;
  [[nodiscard]] Survey survey(const Incoming& in, Exchange exchange, const RequestQueue& queue,
                              bool elsewhere) const;
  [[nodiscard]] Answer find(const Incoming& in, Exchange exchange);
  [[nodiscard, gnu::cold]] std::optional<Answer> find_here(const Incoming& in, Exchange exchange,
                                                           bool elsewhere);
  [[nodiscard, gnu::cold]] std::optional<Answer> find_by_order(const Incoming& in, Exchange exchange,
                                                               const Survey& here, bool elsewhere);
  [[nodiscard, gnu::cold]] std::optional<Answer> find_closed(const Incoming& in, Exchange exchange,
                                                             bool elsewhere);
  [[nodiscard, gnu::cold]] std::optional<Answer> find_open_elsewhere(const Incoming& in, Exchange exchange,
                                                                     bool elsewhere);
  [[nodiscard]] bool confirmed(const Incoming& in, Exchange exchange, Id<Request> request, bool elsewhere);
  [[nodiscard, gnu::cold]] std::optional<Answer> find_contradicted(const Incoming& in, Exchange exchange,
                                                                   const Labelled& label);
  [[gnu::cold]] void find_perhaps(const Incoming& in, Exchange exchange, Answer& answer);
  [[gnu::cold]] void find_repeated(const Incoming& in, Exchange exchange, Answer& answer);
  void settle_doubt(const Incoming& in, Exchange exchange);
  [[gnu::cold]] void drop_oldest(RequestQueue& queue);
  [[nodiscard, gnu::cold]] bool look_for_early_answer(const Incoming& in, Exchange exchange);
  [[gnu::cold]] void check_unpaired(const Incoming& in, Exchange exchange, const Answer& answer, bool told);
  [[gnu::cold]] void note_lost(const Incoming& in, Exchange exchange);
  [[gnu::cold]] void note_early(const Incoming& in, Exchange exchange);
  void note_echo(const Incoming& in, const Answer& answer);
  void note_last_of_host(const Incoming& in);
  [[nodiscard]] bool all_seen(const Incoming& in) const;
  [[nodiscard]] bool answers_decidable(const Incoming& in, Exchange exchange);
  [[nodiscard]] bool numbering_decidable(const Incoming& in, Exchange exchange, bool response,
                                         const Answer& answer);
  static bool may_answer_unlisted(const Incoming& in);
  [[nodiscard]] bool unpaired_decidable(const Incoming& in, Exchange exchange, const Answer& answer);
  [[nodiscard]] check::MismatchFacts mismatch_of(const Incoming& in, Exchange exchange,
                                                 const Answer& answer) const;
  [[nodiscard]] static bool is_method_of(const Message& message, Exchange exchange);
  [[nodiscard]] static bool is_answered_in_rpc(const Message& message, Exchange exchange);
  [[nodiscard]] bool answer_decidable(const Request& request) const;
  [[gnu::cold]] static void check_unanswered(const Request& request, Verdicts& verdicts,
                                             const check::WaitingFacts& facts);
  [[gnu::cold]] void tell_unanswered(const Request& request, Verdicts& verdicts, bool closed) const;

  const AuditOptions& options_;
  Verdicts& verdicts_;
  Identities& identities_;
  Requests& requests_;
  Pool<Connection>& connections_;
  /// By host, the MessageID that it sent last, on any connection: one that counts over all of them echoes
  /// nothing. Only of those that are not known to echo.
  FlatMap<std::uint32_t> last_of_host_;
  std::size_t exact_times_left_ = 128 * 1024;  ///< response times that may be kept as they are
};

/// The place of what is kept for each kind of exchange.
constexpr std::size_t index_of(Exchange exchange) {
  return static_cast<std::size_t>(exchange);
}

/// The label by which a message's pair is found: its MessageID, or its RPC.
std::uint64_t label_of(const Message& message);
std::uint64_t label_of_rpc(std::uint64_t stream);

}  // namespace ck::audit
