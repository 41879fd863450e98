// The engine behind Audit: takes connections, messages and stream events in, and lets each part of the audit
// have its say in turn.
#pragma once

#include "audit/connection.h"
#include "audit/event.h"
#include "audit/habits.h"
#include "audit/identity.h"
#include "audit/nearness.h"
#include "audit/options.h"
#include "audit/pairing.h"
#include "audit/peers.h"
#include "audit/prepared.h"
#include "audit/procedure.h"
#include "audit/records.h"
#include "audit/relay.h"
#include "audit/requests.h"
#include "audit/reservation.h"
#include "audit/session.h"
#include "audit/sink.h"
#include "audit/translations.h"
#include "audit/verdicts.h"
#include "base/flat_map.h"
#include "base/pool.h"

namespace ck::audit {

class Engine {
 public:
  Engine(const AuditOptions& options, AuditSink& sink);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() { identities_.end(); }

  void open(const ConnectionStart& start);
  void expect(const Message& message, Ahead ahead, FoundAhead& known) const;
  void message(const Message& message);
  void comes_near(const Message& later, const ConnectionStart* start);
  void event(const StreamEvent& event);
  void rpc_ended(const RpcEnd& end);
  void tls_handshake(const TlsHandshake& handshake);
  void unreadable(const UnreadableConnection& connection) { identities_.note_unreadable(connection); }
  void unrecognised(const UnrecognisedConnection& connection) { identities_.note_unrecognised(connection); }
  void close(ConnectionKey key, Position at);
  Totals finish(AuditSink& sink, const Position& last) const;
  Totals end(AuditSink& sink, const Position& last);

 private:
  void pass_over(const ConnectionStart& start);
  /// What a message is part of.
  struct Part {
    Id<Procedure> procedure;
    Answer answer;
  };
  struct ExchangeActions;
  static const ExchangeActions& actions_of(Exchange exchange);
  /// Returns the number of the message's procedure.
  std::optional<std::uint32_t> take(Id<Connection> handle, const Message& message, const MessageRef& ref);
  const Prepared& prepared_of(const Message& message);
  std::optional<std::uint64_t> session_named(const Message& message);
  void note_unlisted(Connection& connection, const Message& message);
  static void note_senders(Connection& connection, const Message& message);
  Part take(Incoming& in);
  Part take_response(Incoming& in, Exchange exchange);
  Part take_route(Incoming& in);
  Id<Request> take_request(Incoming& in, Exchange exchange, Id<Procedure> procedure);
  void fetch_parts(const Connection& connection, const Message& message) const;
  static void fetch_counts(const Connection& connection, const Message& message, Ahead ahead);
  void note_hidden(Connection& connection);
  void note_order(Connection& connection, const Message& message);
  [[nodiscard]] RequestFacts facts_of(const Answer& answer) const;
  void fail(const Request& request, const std::string& result);
  void note_in_vain(Connection& connection, const Request& request);
  void move_provisional(Connection& connection);
  void let_one_connection_go();
  void complete(Finding& finding) const;
  void tell_end(const Connection& connection, Verdicts& verdicts, Peers& peers) const;
  Totals tell_connections(Verdicts& verdicts) const;

  AuditOptions options_;
  Verdicts verdicts_;
  ConnectionRules connection_rules_;
  Requests requests_;
  Identities identities_;  // in front of all that hold KMs, associations and hosts
  Pool<Connection> connections_;
  Pairing pairing_;
  Procedures procedures_;
  Relays relays_;
  Sessions sessions_;
  Reservations reservations_;
  Habits habits_;
  Peers peers_{options_};
  Nearness nearness_{options_};
  Prepared prepared_;               ///< of a message that came without
  FlatMap<Id<Connection>> by_key_;  ///< by a digest of the face's key
  Translations translations_{connections_};
  FlatMap<Id<Connection>> by_number_;  ///< by a digest of the report's
  List<Connection> open_, closed_;
  std::uint32_t next_connection_ = 1;
  std::uint64_t next_message_ = 0, next_order_ = 0;
};

}  // namespace ck::audit
