// What tells that two connections are one.
#include "audit/translations.h"

#include "base/hash.h"

namespace ck::audit {
namespace {

/// Initial sequence numbers are drawn by chance (RFC 9293, 3.4.1). Those of packets that somebody made up are
/// small, and the same on each connection.
constexpr std::uint32_t kMadeUp = 1U << 16;

std::uint64_t key_of(const ConnectionStart& start) {
  return digest_of(std::uint64_t{start.syns->sequences[0]}, std::uint64_t{start.syns->sequences[1]});
}

bool is_drawn(const ConnectionStart& start) {
  return start.syns && start.syns->sequences[0] >= kMadeUp && start.syns->sequences[1] >= kMadeUp;
}

/// The SYN reaches the outer side of the translator later than the inner one, and its answer earlier.
bool encloses(const ConnectionStart& inner, const ConnectionStart& outer) {
  return inner.first.frame < outer.first.frame && outer.syns->answer_frame < inner.syns->answer_frame;
}

bool is_one(const ConnectionStart& a, const ConnectionStart& b) {
  if (a.syns->sequences != b.syns->sequences || a.endpoints == b.endpoints) return false;
  // Between captures there is no order that would tell. Within one no time is asked for: the first SYNs may
  // be lost between the two sides, and each may have its own clock.
  if (a.first.capture != b.first.capture) return false;
  return encloses(a, b) || encloses(b, a);
}

}  // namespace

bool Translations::has(const ConnectionStart& start) const {
  if (!is_drawn(start)) return false;
  const Id<Connection>* found = by_syns_.find(key_of(start));
  return found != nullptr && is_one(connections_[*found].start, start);
}

void Translations::note(Id<Connection> connection) {
  const ConnectionStart& start = connections_[connection].start;
  if (is_drawn(start)) by_syns_[key_of(start)] = connection;
}

void Translations::forget(Id<Connection> connection) {
  const ConnectionStart& start = connections_[connection].start;
  if (!is_drawn(start)) return;
  const Id<Connection>* found = by_syns_.find(key_of(start));
  if (found != nullptr && *found == connection) by_syns_.erase(key_of(start));
}

}  // namespace ck::audit
