// What waits, and for whom.
#include "stream/elsewhere.h"

namespace ck::stream {
namespace {

/// Unrecognised connections that are kept, for what is missing of them may come. Of more, it will not: a log
/// may tell of any number.
constexpr std::size_t kMostUnrecognised = 1U << 20;

/// Of a direction. Keys of connections leave their highest bits to the kinds of tables, and go up from there.
std::uint64_t direction_key(ConnectionKey connection, Side side) {
  return connection << 1 ^ (connection >> 63) * 0x9E37'79B9'7F4A'7C15U ^ side;
}

}  // namespace

Elsewhere::Waiting* Elsewhere::find(ConnectionKey connection, Side side) {
  const auto place = places_.find(direction_key(connection, side));
  return place == places_.end() ? nullptr : &waiting_[place->second];
}

void Elsewhere::outlook(const Outlook& outlook) {
  const bool behind = outlook.kind == OutlookKind::behind_reset;
  if (is_closed(outlook.connection)) after_end_ += behind ? outlook.bytes : 0;
  if (behind || is_closed(outlook.connection)) return;
  if (outlook.kind == OutlookKind::reset) {
    if (reset_of_.contains(outlook.connection)) return;
    const auto at =
        resets_.emplace(outlook.hosts[0], Reset{outlook.connection, outlook.hosts[1], outlook.at});
    reset_of_.emplace(outlook.connection, at);
    return;
  }
  Waiting* waiting = find(outlook.connection, outlook.side);
  if (outlook.kind == OutlookKind::due) {
    if (waiting == nullptr || waiting->awaited.until == 0) return;
    tell_missing(*waiting, std::exchange(waiting->awaited, {}).at);
    return;
  }
  if (waiting == nullptr) {
    if (outlook.bytes == 0) return;
    places_.emplace(direction_key(outlook.connection, outlook.side), waiting_.size());
    waiting = &waiting_.emplace_back();
    waiting->connection = outlook.connection;
    waiting->side = outlook.side;
  }
  switch (outlook.kind) {
    case OutlookKind::awaited:
      waiting->awaited = {outlook.bytes, outlook.at};
      break;
    case OutlookKind::held_back:
      waiting->held_back = {outlook.bytes, outlook.at};
      break;
    default:
      waiting->pending = outlook.bytes;
      waiting->pending_at = outlook.at;
      waiting->pending_told = false;
  }
}

/// The peer has acknowledged bytes that are not there.
void Elsewhere::tell_missing(const Waiting& waiting, const Position& at) {
  StreamEvent event;
  event.kind = StreamEventKind::hole_seen;
  event.connection = waiting.connection;
  event.side = waiting.side;
  event.at = at;
  next_.event(event);
}

/// Before a message of the connection `here` is checked by what the audit knows of the others, and by time: a
/// request without its answer, for one. What is there of a direction and not told yet may be a message that
/// its peer has read as one.
void Elsewhere::tell_all_but(ConnectionKey here) {
  places_.clear();
  std::vector<Waiting> kept;
  for (const Waiting& waiting : std::exchange(waiting_, {})) {
    if (waiting.is_empty()) continue;
    if (waiting.connection == here) {
      places_.emplace(direction_key(here, waiting.side), kept.size());
      kept.push_back(waiting);
      continue;
    }
    const bool held_back = waiting.held_back.until > waiting.awaited.until;
    if (held_back || waiting.awaited.until != 0)
      tell_missing(waiting, held_back ? waiting.held_back.at : waiting.awaited.at);
    if (waiting.pending == 0) continue;
    if (!waiting.pending_told) tell_pending(waiting, StreamEventKind::pending);
    if (!reset_of_.contains(waiting.connection)) continue;
    // It may be told as closed before it is.
    places_.emplace(direction_key(waiting.connection, waiting.side), kept.size());
    kept.push_back(waiting);
    kept.back().awaited = kept.back().held_back = {};
    kept.back().pending_told = true;
  }
  waiting_ = std::move(kept);
}

void Elsewhere::tell_pending(const Waiting& waiting, StreamEventKind kind) {
  StreamEvent event;
  event.kind = kind;
  event.connection = waiting.connection;
  event.side = waiting.side;
  event.at = waiting.pending_at;
  event.bytes = waiting.pending;
  next_.event(event);
}

/// The KM of a connection that was reset is back, and what was in flight on that one is over: to the audit it
/// is closed before the next one opens.
void Elsewhere::close_before(const ConnectionStart& start) {
  const Address zero = start.endpoints[0].address;
  for (const Endpoint& endpoint : start.endpoints) {
    const auto [begin, end] = resets_.equal_range(endpoint.address);
    for (auto at = begin; at != end;) {
      const Reset old = at->second;
      if (endpoint.address != zero && old.other != zero) {
        ++at;
        continue;
      }
      at = resets_.erase(at);
      reset_of_.erase(old.connection);
      tell_unfinished(old.connection);
      forget(old.connection);
      closed_.insert(old.connection);
      next_.close(old.connection, old.at);
    }
  }
}

/// What is there of a message will not go on.
void Elsewhere::tell_unfinished(ConnectionKey connection) {
  for (const Side side : {Side{0}, Side{1}}) {
    const Waiting* waiting = find(connection, side);
    if (waiting != nullptr && waiting->pending != 0) tell_pending(*waiting, StreamEventKind::unfinished);
  }
}

/// Nothing of the connection waits any longer.
void Elsewhere::forget(ConnectionKey connection) {
  for (const Side side : {Side{0}, Side{1}}) {
    if (Waiting* waiting = find(connection, side); waiting != nullptr) {
      waiting->awaited = waiting->held_back = {};
      waiting->pending = 0;
    }
  }
}

/// What is missing of it may come late, or it may turn out to be Ck's, as long as nothing is checked that it
/// would matter to.
void Elsewhere::unrecognised(const UnrecognisedConnection& connection) {
  if (connection.state == UnrecognisedState::lacking) {
    if (unrecognised_.size() >= kMostUnrecognised && !unrecognised_.contains(connection.connection)) {
      UnrecognisedConnection over = connection;
      over.state = UnrecognisedState::over;
      return next_.unrecognised(over);
    }
    const bool is_new =
        unrecognised_.try_emplace(connection.connection, Unrecognised{connection, connection.at_end}).second;
    if (connection.at_end) return next_.unrecognised(connection);
    if (is_new) untold_.push_back(connection.connection);
    return;
  }
  const auto known = unrecognised_.find(connection.connection);
  const bool told = known != unrecognised_.end() && known->second.told;
  if (known != unrecognised_.end()) unrecognised_.erase(known);
  constexpr std::size_t kFew = 64;
  if (untold_.size() > 2 * unrecognised_.size() + kFew)
    std::erase_if(untold_, [this](ConnectionKey key) { return !unrecognised_.contains(key); });
  if (told || connection.state == UnrecognisedState::over) next_.unrecognised(connection);
}

void Elsewhere::tell_unrecognised_but(ConnectionKey here) {
  std::vector<ConnectionKey> kept;
  for (const ConnectionKey key : std::exchange(untold_, {})) {
    const auto known = unrecognised_.find(key);
    if (known == unrecognised_.end() || known->second.told) continue;
    if (key == here) {
      kept.push_back(key);
      continue;
    }
    known->second.told = true;
    next_.unrecognised(known->second.connection);
  }
  untold_ = std::move(kept);
}

void Elsewhere::open(const ConnectionStart& start) {
  if (!unrecognised_.empty()) {
    const auto known = unrecognised_.find(start.key);
    if (known != unrecognised_.end()) {
      UnrecognisedConnection connection = known->second.connection;
      connection.state = UnrecognisedState::read;
      connection.at = start.first;
      unrecognised(connection);
    }
  }
  if (!resets_.empty() && !start.rpcs) close_before(start);
  next_.open(start);
}

void Elsewhere::coming(ConnectionKey here) {
  if (!waiting_.empty() && !is_closed(here)) tell_all_but(here);
  if (!untold_.empty() && !is_closed(here)) tell_unrecognised_but(here);
}

void Elsewhere::message(const Message& message) {
  if (is_closed(message.connection)) return;
  if (!waiting_.empty()) {
    if (Waiting* waiting = find(message.connection, message.sender); waiting != nullptr) waiting->pending = 0;
  }
  next_.message(message);
}

void Elsewhere::event(const StreamEvent& event) {
  if (!is_closed(event.connection)) next_.event(event);
}

void Elsewhere::span(const Span& span) {
  next_.span(span);
}

/// What it shows is not about what may still come, and it is told last.
void Elsewhere::tls_handshake(const TlsHandshake& handshake) {
  next_.tls_handshake(handshake);
}

void Elsewhere::rpc_ended(const RpcEnd& end) {
  if (!is_closed(end.connection)) next_.rpc_ended(end);
}

void Elsewhere::close(ConnectionKey connection, const Position& at) {
  if (!closed_.empty() && closed_.erase(connection) != 0) return;
  if (!waiting_.empty()) forget(connection);
  if (const auto reset = reset_of_.find(connection); reset != reset_of_.end()) {
    resets_.erase(reset->second);
    reset_of_.erase(reset);
  }
  next_.close(connection, at);
}

}  // namespace ck::stream
