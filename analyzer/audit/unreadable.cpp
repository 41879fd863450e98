// Pairs of hosts between which not all can be read.
#include "audit/unreadable.h"

#include <algorithm>

#include "audit/connection.h"
#include "audit/hashed.h"

namespace ck::audit {
namespace {

/// Pairs of hosts that are remembered; with more, any may hide what any other one asked.
constexpr std::size_t kMostPairs = 65'536;

std::uint64_t digest_of_hosts(const Address& first, const Address& second) {
  const std::uint64_t one = digest_of_address(first), other = digest_of_address(second);
  return digest_of(std::min(one, other), std::max(one, other));
}

}  // namespace

Carriers carriers_of(const Connection& connection) {
  return {!connection.over_tls(), connection.over_tls()};
}

void UnreadableConnections::add(const UnreadableConnection& connection) {
  if (pairs_.size() >= kMostPairs) {
    forgot_ = may_hide_any_ = true;
    return;
  }
  const Carriers carriers{connection.in_clear, connection.in_tls};
  pairs_[digest_of_hosts(connection.hosts[0], connection.hosts[1])].add(carriers);
  for (const Address& address : connection.hosts) {
    HostCarriers& host = hosts_[digest_of_address(address)];
    host.unreadable.add(carriers);
    may_hide_any_ = may_hide_any_ || host.unreadable.meet(host.rpcs);
  }
}

void UnreadableConnections::note_rpcs(const Connection& connection) {
  const Carriers carriers = carriers_of(connection);
  for (const Endpoint& end : connection.start.endpoints) {
    const std::uint64_t digest = digest_of_address(end.address);
    if (hosts_.find(digest) == nullptr && hosts_.size() >= 4 * kMostPairs) {
      forgot_ = may_hide_any_ = true;
      return;
    }
    HostCarriers& host = hosts_[digest];
    host.rpcs.add(carriers);
    may_hide_any_ = may_hide_any_ || host.unreadable.meet(host.rpcs);
  }
}

bool UnreadableConnections::may_hide(const Connection& connection) const {
  if (!connection.grpc() || (pairs_.size() == 0 && !forgot_)) return false;
  const Carriers* pair = pairs_.find(
      digest_of_hosts(connection.start.endpoints[0].address, connection.start.endpoints[1].address));
  return forgot_ || (pair != nullptr && pair->meet(carriers_of(connection)));
}

}  // namespace ck::audit
