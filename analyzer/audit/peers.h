// How each peer speaks, over all its connections. A connection counts what its sides do by small numbers
// (tally.h), and its counts go to their peers when nothing more of it will come: only then is it known who
// its KM is. Memory grows with the peers, never with the messages.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/connection.h"
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

  /// What a message shows of how its sender speaks.
  void note(Tally& habits, const Message& message);
  /// Nothing more of the connection will come: what its sides did is their peers'. Says in `record` who they
  /// are.
  void add(const Connection& connection, ConnectionRecord& record, Verdicts& verdicts);
  void tell(AuditSink& sink) const;

 private:
  struct Peer {
    Role role{};
    std::optional<std::string> name;
    std::vector<std::string> addresses;
    std::uint64_t connections = 0;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> habits;  ///< sorted
    std::map<std::string, std::uint64_t> transports;
    bool echoes = false, counts = false;  ///< MessageIDs of its answers
    std::map<Exchange, Latencies> latencies;
  };

  /// A small number for a text; 0 once there are too many.
  std::uint32_t number_of_text(std::string_view text);
  void note_member(Tally& habits, const Message& message, const Member& member);
  void note_extension(Tally& habits, const Payload& payload, const Member& member);
  void count_text(Tally& habits, std::uint32_t key, std::string_view text);
  /// The peer's id; nullopt where there are too many.
  std::optional<std::uint32_t> enter(const std::string& key, Role role, Verdicts& verdicts);
  void add_side(const Connection& connection, Side side, Peer& peer, std::string address) const;
  [[nodiscard]] PeerRecord record_of(const Peer& peer) const;
  void add_habit(PeerRecord& record, std::uint32_t key, std::uint64_t count) const;

  std::size_t most_;
  FlatMap<std::uint32_t> text_numbers_;
  std::vector<std::string> texts_{std::string(kOthers)};
  std::map<std::string, std::uint32_t> by_key_;
  std::vector<Peer> peers_;
};

}  // namespace ck::audit
