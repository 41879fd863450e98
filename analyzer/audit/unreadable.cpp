// Pairs of hosts between which not all can be read.
#include "audit/unreadable.h"

#include <algorithm>

#include "audit/connection.h"
#include "audit/hashed.h"

namespace ck::audit {
namespace {

/// Pairs of hosts that are remembered; with more, any may hide what any other one asked.
constexpr std::size_t kMostPairs = 65'536;

std::uint64_t digest_of_host(const Address& host) {
  return digest_of(Hashed::address,
                   std::string_view(reinterpret_cast<const char*>(host.bytes.data()), host.size));
}

std::uint64_t digest_of_hosts(const Address& first, const Address& second) {
  const std::uint64_t one = digest_of_host(first), other = digest_of_host(second);
  return digest_of(std::min(one, other), std::max(one, other));
}

}  // namespace

UnreadableConnections::Kinds UnreadableConnections::kinds_of(const Connection& connection) {
  return {!connection.over_tls(), connection.over_tls()};
}

void UnreadableConnections::add(const UnreadableConnection& connection) {
  if (pairs_.size() >= kMostPairs) {
    forgot_ = may_hide_any_ = true;
    return;
  }
  Kinds& pair = pairs_[digest_of_hosts(connection.hosts[0], connection.hosts[1])];
  pair.in_clear = pair.in_clear || connection.in_clear;
  pair.in_tls = pair.in_tls || connection.in_tls;
  for (const Address& address : connection.hosts) {
    HostKinds& host = hosts_[digest_of_host(address)];
    host.unreadable.in_clear = host.unreadable.in_clear || connection.in_clear;
    host.unreadable.in_tls = host.unreadable.in_tls || connection.in_tls;
    may_hide_any_ = may_hide_any_ || host.unreadable.meet(host.rpcs);
  }
}

void UnreadableConnections::note_rpcs(const Connection& connection) {
  const Kinds kinds = kinds_of(connection);
  for (const Endpoint& end : connection.start.endpoints) {
    const std::uint64_t digest = digest_of_host(end.address);
    if (hosts_.find(digest) == nullptr && hosts_.size() >= 4 * kMostPairs) {
      forgot_ = may_hide_any_ = true;
      return;
    }
    HostKinds& host = hosts_[digest];
    host.rpcs.in_clear = host.rpcs.in_clear || kinds.in_clear;
    host.rpcs.in_tls = host.rpcs.in_tls || kinds.in_tls;
    may_hide_any_ = may_hide_any_ || host.unreadable.meet(host.rpcs);
  }
}

bool UnreadableConnections::may_hide(const Connection& connection) const {
  if (!connection.grpc() || (pairs_.size() == 0 && !forgot_)) return false;
  const Kinds* pair = pairs_.find(
      digest_of_hosts(connection.start.endpoints[0].address, connection.start.endpoints[1].address));
  return forgot_ || (pair != nullptr && pair->meet(kinds_of(connection)));
}

}  // namespace ck::audit
