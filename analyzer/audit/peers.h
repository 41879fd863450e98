// How each peer speaks, over all its connections. A connection counts what its sides do by small numbers
// (tally.h), and its counts go to their peers when nothing more of it will come: only then is it known who
// its KM is. Memory grows with the peers, never with the messages.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audit/connection.h"
#include "audit/habits.h"
#include "audit/latencies.h"
#include "audit/options.h"
#include "audit/records.h"
#include "audit/sink.h"
#include "audit/verdicts.h"
#include "base/flat_map.h"

namespace ck::audit {

/// Who must fix what a finding on a connection says, by who sent what it stands at.
std::optional<Role> at_fault(const Finding& finding, Side km_side);

class Peers {
 public:
  explicit Peers(const AuditOptions& options) : most_(options.max_peers) {}

  /// Nothing more of the connection will come: what its sides did is their peers'. Says in `record` who they
  /// are.
  void add(const Connection& connection, ConnectionRecord& record, Verdicts& verdicts);
  void tell(const Habits& habits, AuditSink& sink) const;

 private:
  /// Where a peer was seen; a KM at whatever port, where that does not tell it from another.
  struct Place {
    Endpoint endpoint;
    bool with_port = false;
    friend bool operator==(const Place&, const Place&) = default;
  };
  /// A connection's transport, and its version of TLS or SSL where that is one.
  using Carrier = std::pair<Transport, std::optional<std::uint16_t>>;
  struct Peer {
    Role role{};
    std::optional<std::string> name;
    std::vector<Place> places;
    std::uint64_t connections = 0;
    Habits::Counts habits;
    std::vector<std::pair<Carrier, std::uint64_t>> carriers;
    bool echoes = false, counts = false;  ///< MessageIDs of its answers
    std::vector<std::pair<Exchange, Latencies>> latencies;
  };

  static std::string text_of(const Place& place);
  static std::string text_of(const Carrier& carrier);
  /// The peer's id; nullopt where there are too many.
  std::optional<std::uint32_t> enter(std::uint64_t key, Role role, Verdicts& verdicts);
  static void add_side(const Connection& connection, Side side, Peer& peer, const Place& place);
  static void add_habits(const Tally& tally, Peer& peer);
  static void add_latencies(const Connection& connection, Side side, Peer& peer);
  [[nodiscard]] static PeerRecord record_of(const Peer& peer, const Habits& habits);

  std::size_t most_;
  FlatMap<std::uint32_t> by_key_;
  std::vector<Peer> peers_;
};

}  // namespace ck::audit
