// What a message will need of the engine's memory, fetched some messages before its turn. With thousands of
// connections nearly all of that has left the processor's caches since it was used last.
#include "audit/engine.h"

#include "audit/hashed.h"
#include "base/fetch.h"

namespace ck::audit {
namespace {

// What is known of so many connections, or requests, stays in a processor's second cache by itself.
constexpr std::size_t kFewConnections = 256, kFewRequests = 2048;

}  // namespace

void Engine::expect(const Message& message, Ahead ahead, FoundAhead& known) const {
  if (ahead == Ahead::far) {
    known = {};
    if (connections_.size() < kFewConnections && requests_.size() < kFewRequests) return;
    const Id<Connection>* handle = by_key_.find(digest_of_connection(message.connection));
    if (handle == nullptr) return;
    known.connection = *handle;
    return fetch(connections_[*handle]);
  }
  if (known.connection == kNone) return;
  const Connection& connection = connections_[known.connection];
  switch (ahead) {
    case Ahead::far:
      return;
    case Ahead::near:
      return fetch_parts(connection, message);
    case Ahead::soon:
      known.request = requests_.first_with(connection.queue.id, label_of(message));
      requests_.fetch(known.request);
      fetch_counts(connection, message, ahead);
      return identities_.fetch_keys(connection, message);
    case Ahead::next:
      fetch_counts(connection, message, ahead);
      if (message.spec != nullptr && message.spec->command == Command::reservation_response)
        identities_.fetch_reserved_keys(connection, message);
      if (known.request != kNone) procedures_.fetch(requests_[known.request].procedure);
  }
}

/// What the connection points at, and where its request will be looked for.
void Engine::fetch_parts(const Connection& connection, const Message& message) const {
  if (connection.live) fetch(*connection.live);
  if (connection.latencies) fetch(*connection.latencies);
  fetch_all(connection.habits[message.sender].entries());
  requests_.fetch_place(connection.queue.id, label_of(message));
  identities_.fetch_parts(connection);
}

/// Where its MessageID is remembered, and its response time counted.
void Engine::fetch_counts(const Connection& connection, const Message& message, Ahead ahead) {
  const ExchangeSpec* answered = message.spec == nullptr ? nullptr : find_answered(message.spec->command);
  if (connection.live && message.header) {
    const LiveConnection& live = *connection.live;
    const MessageIds& ids = (answered != nullptr ? live.responses : live.initiating)[message.sender];
    ahead == Ahead::soon ? ids.fetch_past() : ids.fetch(message.header->message_id);
  }
  if (ahead == Ahead::soon && answered != nullptr && connection.latencies)
    (*connection.latencies)[index_of(answered->exchange)].fetch();
}

}  // namespace ck::audit
