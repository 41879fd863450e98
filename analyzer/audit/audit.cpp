// The entrance: hands what it is told to the engine.
#include "audit/audit.h"

#include "audit/engine.h"

namespace ck::audit {

struct Audit::State {
  State(const AuditOptions& options, AuditSink& sink) : engine(options, sink) {}
  Engine engine;
};

Audit::Audit(const AuditOptions& options, AuditSink& sink) : state_(std::make_unique<State>(options, sink)) {}
Audit::~Audit() = default;

void Audit::open(const ConnectionStart& start) {
  state_->engine.open(start);
}
void Audit::expect(const Message& message, Ahead ahead, FoundAhead& known) const {
  state_->engine.expect(message, ahead, known);
}
void Audit::message(const Message& message) {
  state_->engine.message(message);
}
void Audit::comes_near(const Message& later, const ConnectionStart* start) {
  state_->engine.comes_near(later, start);
}
void Audit::event(const StreamEvent& event) {
  state_->engine.event(event);
}
void Audit::tls_handshake(const TlsHandshake& handshake) {
  state_->engine.tls_handshake(handshake);
}
void Audit::unreadable(const UnreadableConnection& connection) {
  state_->engine.unreadable(connection);
}
void Audit::unrecognised(const UnrecognisedConnection& connection) {
  state_->engine.unrecognised(connection);
}

void Audit::rpc_ended(const RpcEnd& end) {
  state_->engine.rpc_ended(end);
}
void Audit::close(ConnectionKey connection, Position at) {
  state_->engine.close(connection, at);
}
Totals Audit::finish(AuditSink& sink, const Position& last) const {
  return state_->engine.finish(sink, last);
}
Totals Audit::end(AuditSink& sink, const Position& last) {
  return state_->engine.end(sink, last);
}

}  // namespace ck::audit
