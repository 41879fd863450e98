// The audit: messages and stream events in, pairs, procedures and findings out. The one entrance for both
// faces.
#pragma once

#include <cstdint>
#include <memory>

#include "audit/event.h"
#include "audit/options.h"
#include "audit/records.h"
#include "audit/sink.h"

namespace ck::audit {

class Audit {
 public:
  /// `sink` must outlive the audit.
  Audit(const AuditOptions& options, AuditSink& sink);
  ~Audit();
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;

  /// A connection on which Ck was recognised. A key told twice, and events of a key never told, are ignored;
  /// but what is known to be TLS, and has no message yet, may turn out to be gRPC.
  void open(const ConnectionStart& start);
  /// This message will come. Changes nothing: what is known of its connection, its request and its procedure
  /// is fetched from memory meanwhile, which with thousands of connections takes longer than checking it. One
  /// leads to the next, so that it is to be told at each distance, with what was found at the one before.
  void expect(const Message& message, Ahead ahead, FoundAhead& known) const;
  void message(const Message& message);
  /// In merged captures, before message(): `later`, which another capture holds, comes within the tolerance
  /// of their clocks, and may have been sent before that message. `start`: of its connection, where that was
  /// not told yet.
  void comes_near(const Message& later, const ConnectionStart* start);
  void event(const StreamEvent& event);
  void tls_handshake(const TlsHandshake& handshake);
  void rpc_ended(const RpcEnd& end);
  void unreadable(const UnreadableConnection& connection);
  void unrecognised(const UnrecognisedConnection& connection);
  /// The connection is over (both directions ended, reset, or its 4-tuple was reused); nothing more of it
  /// follows.
  void close(ConnectionKey connection, Position at);

  /// Tells `sink` what can only be said at the end of the capture (unanswered requests, procedures still
  /// open, connections, response times) as if the capture ended here, and returns the totals as they then
  /// are. Changes nothing: the audit may go on afterwards (a GUI asks while it still loads). `last`: where
  /// the captures end, which may have no time.
  Totals finish(AuditSink& sink, const Position& last) const;
  /// The same for an audit that is over: what it holds is handed on, not copied. Nothing may be told or asked
  /// afterwards.
  Totals end(AuditSink& sink, const Position& last);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ck::audit
