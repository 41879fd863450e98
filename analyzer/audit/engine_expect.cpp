// What a message will need of the engine's memory, fetched some messages before its turn. With thousands of
// connections nearly all of that has left the processor's caches since it was used last.
#include "audit/engine.h"

#include "audit/hashed.h"
#include "base/fetch.h"

namespace ck::audit {
namespace {

/// What is known of so many connections stays in a processor's second cache by itself.
constexpr std::size_t kFewConnections = 256;

}  // namespace

void Engine::expect(const Message& message, Ahead ahead) const {
  if (connections_.size() < kFewConnections) return;
  const Id<Connection>* handle = by_key_.find(digest_of(Hashed::connection, message.connection));
  if (handle == nullptr) return;
  const Connection& connection = connections_[*handle];
  switch (ahead) {
    case Ahead::far:
      return fetch(connection);
    case Ahead::near:
      return fetch_parts(connection, message);
    case Ahead::soon:
      requests_.fetch(requests_.first_with(connection.queue.id, label_of(message)));
      return identities_.fetch_keys(connection, message);
    case Ahead::next:
      return procedures_.fetch(requests_.procedure_with(connection.queue.id, label_of(message)));
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

}  // namespace ck::audit
