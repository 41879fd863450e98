// Who a connection's sides are, and the sums over a peer's connections.
#include "audit/peers.h"

#include <fmt/format.h>

#include <algorithm>

#include "audit/address_text.h"
#include "audit/hashed.h"

namespace ck::audit {
namespace {

constexpr std::size_t kHabitsOfPeer = 4096, kAddressesShown = 32;

/// What a peer is told from others by.
enum class KnownBy : std::uint64_t { name, connection, host, controller_host, controller };

std::uint64_t key_of(KnownBy known_by, std::uint64_t digest) {
  return digest_of(Hashed::peer, digest_of(static_cast<std::uint64_t>(known_by), digest));
}

}  // namespace

std::string Peers::text_of(const Place& place) {
  const Endpoint& endpoint = place.endpoint;
  if (place.with_port && endpoint.address.size == 0) return fmt::format("unknown:{}", endpoint.port);
  if (place.with_port) return std::string(endpoint_text(endpoint));
  return endpoint.address.size == 0 ? "unknown" : std::string(address_text(endpoint.address));
}

std::string Peers::text_of(const Carrier& carrier) {
  const auto& [transport, tls_version] = carrier;
  std::string name(name_of(transport));
  if (tls_version)
    name += *tls_version == 0x0300 ? " (SSL 3.0)" : fmt::format(" 1.{}", (*tls_version & 0xFF) - 1);
  return name;
}

std::optional<std::uint32_t> Peers::enter(std::uint64_t key, Role role, Verdicts& verdicts) {
  if (const std::uint32_t* known = by_key_.find(key)) return *known;
  if (peers_.size() >= most_) {
    verdicts.dropped(Limit::peers);
    return std::nullopt;
  }
  peers_.emplace_back().role = role;
  const auto id = static_cast<std::uint32_t>(peers_.size());
  by_key_[key] = id;
  return id;
}

/// A KM without a name is its host, or its connection where several of that host were open at once; so is one
/// whose name is in doubt, for nobody is to be blamed for another one.
void Peers::add(const Connection& connection, ConnectionRecord& record, Verdicts& verdicts) {
  const Endpoint &km = record.km, &controller = record.controller;
  const bool named = record.kma_id && !connection.kma_doubted && !connection.kma_disputed;
  const bool apart = !named && (connection.parallel || connection.kma_doubted || connection.kma_disputed);
  const std::uint64_t km_key = named   ? key_of(KnownBy::name, digest_of(Hashed::kma_id, *record.kma_id))
                               : apart ? key_of(KnownBy::connection, connection.id)
                                       : key_of(KnownBy::host, digest_of_address(km.address));
  const bool any_port = connection.grpc() || connection.reversed;
  const std::uint64_t host = digest_of_address(controller.address);
  const std::uint64_t controller_key = any_port
                                           ? key_of(KnownBy::controller_host, host)
                                           : key_of(KnownBy::controller, digest_of(host, controller.port));
  record.km_peer = enter(km_key, Role::km, verdicts);
  record.controller_peer = enter(controller_key, Role::controller, verdicts);
  const auto place_of = [](const Endpoint& endpoint, bool with_port) {
    return Place{{endpoint.address, with_port ? endpoint.port : std::uint16_t{0}}, with_port};
  };
  if (record.km_peer) {
    Peer& peer = peers_[*record.km_peer - 1];
    if (named) peer.name = record.kma_id;
    add_side(connection, connection.km_side, peer, place_of(km, apart));
  }
  if (record.controller_peer) {
    add_side(connection, other(connection.km_side), peers_[*record.controller_peer - 1],
             place_of(controller, !any_port));
  }
}

void Peers::add_side(const Connection& connection, Side side, Peer& peer, const Place& place) {
  ++peer.connections;
  if (peer.places.size() < kAddressesShown &&
      std::find(peer.places.begin(), peer.places.end(), place) == peer.places.end())
    peer.places.push_back(place);
  Carrier carrier{connection.start.transport, std::nullopt};
  if (connection.over_tls() && connection.tls_version && *connection.tls_version >> 8 == 3)
    carrier.second = connection.tls_version;
  auto carried = std::find_if(peer.carriers.begin(), peer.carriers.end(),
                              [&carrier](const auto& known) { return known.first == carrier; });
  if (carried == peer.carriers.end()) carried = peer.carriers.insert(carried, {carrier, 0});
  ++carried->second;
  add_habits(connection.habits[side], peer);
  peer.echoes = peer.echoes || connection.sides[side].echoes >= 2;
  peer.counts = peer.counts || connection.sides[side].answers_otherwise;
  if (connection.latencies) add_latencies(connection, side, peer);
}

void Peers::add_habits(const Tally& tally, Peer& peer) {
  const auto entries = tally.entries();
  if (peer.habits.empty()) peer.habits.reserve(entries.size());
  for (const Tally::Entry& entry : entries) {
    const auto at = std::lower_bound(peer.habits.begin(), peer.habits.end(), entry.key,
                                     [](const auto& habit, std::uint32_t key) { return habit.first < key; });
    if (at != peer.habits.end() && at->first == entry.key) {
      at->second += entry.count;
    } else if (peer.habits.size() < kHabitsOfPeer) {
      peer.habits.insert(at, {entry.key, entry.count});
    }
  }
}

void Peers::add_latencies(const Connection& connection, Side side, Peer& peer) {
  for (const ExchangeSpec& exchange : kExchanges) {
    const Side answers = exchange.km_asks ? other(connection.km_side) : connection.km_side;
    const Latencies& latencies = (*connection.latencies)[static_cast<std::size_t>(exchange.exchange)];
    if (answers != side || latencies.count() == 0) continue;
    auto at = std::find_if(peer.latencies.begin(), peer.latencies.end(),
                           [&exchange](const auto& known) { return known.first >= exchange.exchange; });
    if (at == peer.latencies.end() || at->first != exchange.exchange)
      at = peer.latencies.emplace(at, exchange.exchange, Latencies());
    at->second.add_all(latencies);
  }
}

PeerRecord Peers::record_of(const Peer& peer, const Habits& habits) {
  PeerRecord record;
  record.role = peer.role;
  record.name = peer.name;
  record.addresses.reserve(peer.places.size());
  for (const Place& place : peer.places) record.addresses.push_back(text_of(place));
  record.connections = peer.connections;
  for (const auto& [carrier, count] : peer.carriers) record.transports[text_of(carrier)] += count;
  if (peer.echoes || peer.counts)
    record.message_ids = peer.echoes && peer.counts ? "mixed" : peer.echoes ? "echoed" : "own";
  habits.tell(peer.habits, record);
  record.response_times.reserve(peer.latencies.size());
  for (const auto& [exchange, latencies] : peer.latencies) {
    const auto [p50, p90, p99] = latencies.percentiles<3>({50, 90, 99});
    record.response_times.push_back({0, exchange, latencies.count(), p50, p90, p99, latencies.max()});
    record.distributions.push_back(latencies.distribution());
  }
  return record;
}

void Peers::tell(const Habits& habits, AuditSink& sink) const {
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    PeerRecord record = record_of(peers_[i], habits);
    record.id = static_cast<std::uint32_t>(i + 1);
    sink.peer(record);
  }
}

}  // namespace ck::audit
