// What is told of connections, and of all that is still open, when nothing more will come.
#include <algorithm>
#include <utility>

#include "audit/engine.h"
#include "audit/hashed.h"

namespace ck::audit {

void Engine::tell_end(const Connection& connection, Verdicts& verdicts, Peers& peers) const {
  ConnectionRules::check_end(connection, verdicts);
  ConnectionRecord record;
  record.id = connection.id;
  record.key = connection.start.key;
  record.km = connection.start.endpoints[connection.km_side];
  record.controller = connection.start.endpoints[other(connection.km_side)];
  record.transport = connection.start.transport;
  record.kma_id = identities_.kma_id(connection);
  record.start = connection.start.first;
  record.end_ns = connection.end_ns;
  record.messages = connection.messages;
  record.lost_bytes = connection.lost_bytes;
  // A message that the capture ends inside of is no message either.
  record.skipped_bytes =
      connection.skipped_bytes + connection.sides[0].partial_bytes + connection.sides[1].partial_bytes;
  if (options_.peers) peers.add(connection, record, verdicts);
  verdicts.sink().connection(record);
  if (!connection.latencies) return;
  for (std::size_t i = 0; i < kExchangeCount; ++i) {
    const Latencies& latencies = (*connection.latencies)[i];
    if (latencies.count() == 0) continue;
    const auto [p50, p90, p99] = latencies.percentiles<3>({50, 90, 99});
    verdicts.sink().response_times(ResponseTimes{connection.id, static_cast<Exchange>(i), latencies.count(),
                                                 p50, p90, p99, latencies.max()});
  }
}

void Engine::let_one_connection_go() {
  List<Connection>& list = closed_.count > 0 ? closed_ : open_;
  const Id<Connection> handle = list.head;
  if (handle == kNone) return;
  verdicts_.dropped(Limit::connections);
  tell_end(connections_[handle], verdicts_, peers_);
  if (!connections_[handle].closed) identities_.lose_part(handle);  // what it still says is not checked
  pairing_.forget(connections_[handle]);
  identities_.detach(handle);
  translations_.forget(handle);
  by_key_.erase(digest_of_connection(connections_[handle].start.key));
  by_number_.erase(digest_of_connection_number(connections_[handle].id));
  unlink<Connection, &Connection::by_age>(connections_, list, handle);
  connections_.free(handle);
}

Totals Engine::finish(AuditSink& sink, const Position& last) const {
  Verdicts verdicts(verdicts_, sink);
  pairing_.check_end(last, verdicts);
  procedures_.tell_all(verdicts);
  return tell_connections(verdicts);
}

Totals Engine::end(AuditSink& sink, const Position& last) {
  Verdicts verdicts(verdicts_, sink);
  pairing_.check_end(last, verdicts);
  procedures_.give_all(verdicts);
  return tell_connections(verdicts);
}

Totals Engine::tell_connections(Verdicts& verdicts) const {
  std::vector<Id<Connection>> all;
  for (const List<Connection>* list : {&open_, &closed_}) {
    for (Id<Connection> handle = list->head; handle != kNone; handle = connections_[handle].by_age.after)
      all.push_back(handle);
  }
  std::sort(all.begin(), all.end(),
            [this](Id<Connection> a, Id<Connection> b) { return connections_[a].id < connections_[b].id; });
  Peers peers = peers_;
  for (const Id<Connection> handle : all) tell_end(connections_[handle], verdicts, peers);
  if (options_.peers) peers.tell(habits_, verdicts.sink());
  return verdicts.totals();
}

}  // namespace ck::audit
