// The engine's order of work for each thing it is told.
#include "audit/engine.h"

#include <algorithm>

namespace ck {

Engine::Engine(const AuditOptions& options, AuditSink& sink)
    : options_(options), ledger_(options_, sink), connection_rules_(options_, ledger_) {}

Connection* Engine::find(ConnectionKey key) {
  const Handle* handle = by_key_.find(digest_of(key, 0));
  return handle == nullptr ? nullptr : &connections_[*handle];
}

void Engine::open(const ConnectionStart& start) {
  if (find(start.key) != nullptr) return;
  if (connections_.size() >= options_.max_connections) let_one_connection_go();
  const Handle handle = connections_.make();
  by_key_[digest_of(start.key, 0)] = handle;
  Connection& connection = connections_[handle];
  connection.id = next_connection_++;
  connection.shelf.id = connection.id;
  connection.start = start;
  connection.end_ns = start.first.time_ns;
  connection.opened_order = next_order_++;
  connection.live = std::make_unique<LiveConnection>();
  for (const Side side : {Side{0}, Side{1}}) connection.sides[side].whole = start.seen_from_start[side];
  push_back<Connection, &Connection::by_age>(connections_, open_, handle);
  ledger_.sink().recognised(connection.id, start);
}

void Engine::message(const Message& message) {
  Connection* connection = find(message.connection);
  if (connection == nullptr || connection->closed) return;
  MessageRef ref{next_message_++, message.at, connection->id, message.command, std::nullopt};
  if (message.header) ref.message_id = message.header->message_id;
  ledger_.hold();
  ++connection->messages;
  connection->end_ns = std::max(connection->end_ns, message.at.time_ns);
  connection->sides[message.sender].heard = true;
  ledger_.count_message(message.command, message.spec != nullptr && message.spec->command == message.command);
  connection_rules_.settle_roles(*connection, message, ref);
  connection_rules_.judge(*connection, message, ref);
  std::optional<std::uint32_t> procedure;
  if (message.spec != nullptr) {
    MessageJudge judge(ledger_, ref);
    judge_payload(message, RequestFacts{}, judge);
  }
  ledger_.sink().message(
      MessageRecord{ref, &message, ConnectionRules::is_from_km(*connection, message), procedure});
  ledger_.release(ref.index, procedure);
}

void Engine::event(const StreamEvent& event) {
  Connection* connection = find(event.connection);
  if (connection == nullptr || connection->closed) return;
  connection->end_ns = std::max(connection->end_ns, event.at.time_ns);
  connection_rules_.judge(*connection, event);
}

void Engine::close(ConnectionKey key, Position at) {
  const Handle* handle = by_key_.find(digest_of(key, 0));
  if (handle == nullptr || connections_[*handle].closed) return;
  Connection& connection = connections_[*handle];
  connection.closed = true;
  connection.closed_order = next_order_++;
  connection.end_ns = std::max(connection.end_ns, at.time_ns);
  connection.live.reset();
  unlink<Connection, &Connection::by_age>(connections_, open_, *handle);
  push_back<Connection, &Connection::by_age>(connections_, closed_, *handle);
}

void Engine::let_one_connection_go() {
  List& list = closed_.count > 0 ? closed_ : open_;
  const Handle handle = list.head;
  if (handle == kNone) return;
  ledger_.dropped(Bound::connections);
  tell_end(connections_[handle], ledger_);
  by_key_.erase(digest_of(connections_[handle].start.key, 0));
  unlink<Connection, &Connection::by_age>(connections_, list, handle);
  connections_.free(handle);
}

void Engine::tell_end(const Connection& connection, Ledger& ledger) const {
  ConnectionRules::judge_end(connection, ledger);
  ConnectionRecord record;
  record.id = connection.id;
  record.key = connection.start.key;
  record.km = connection.start.endpoints[connection.km_side];
  record.controller = connection.start.endpoints[other(connection.km_side)];
  record.transport = connection.start.transport;
  record.kma_id = connection.kma_id;
  record.start = connection.start.first;
  record.end_ns = connection.end_ns;
  record.messages = connection.messages;
  record.lost_bytes = connection.lost_bytes;
  record.skipped_bytes = connection.skipped_bytes;
  ledger.sink().connection(record);
}

Totals Engine::finish(AuditSink& sink, std::int64_t /*last_ns*/) const {
  Ledger ledger(ledger_, sink);
  std::vector<Handle> all;
  for (const List* list : {&open_, &closed_}) {
    for (Handle handle = list->head; handle != kNone; handle = connections_[handle].by_age.after)
      all.push_back(handle);
  }
  std::sort(all.begin(), all.end(),
            [this](Handle a, Handle b) { return connections_[a].id < connections_[b].id; });
  for (const Handle handle : all) tell_end(connections_[handle], ledger);
  return ledger.totals();
}

}  // namespace ck
