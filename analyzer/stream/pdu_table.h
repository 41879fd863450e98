// The connections of PDUs that another program exported: one for every pair of endpoints.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>

#include "stream/tcp_table.h"

namespace ck::stream {

class PduTable {
 public:
  /// `sink` must outlive the table. `keys`: behind which its connections' keys come, apart from those of
  /// TcpTable.
  PduTable(std::size_t max_connections, StreamSink& sink, ConnectionKey keys = ConnectionKey{1} << 63)
      : max_connections_(max_connections), sink_(sink), last_key_(keys) {}

  /// The connection of a PDU from `source` to `destination`, and which side sent it. `named`: the user says
  /// that one of the ports is Ck's. Valid until the next call.
  /// `clock_ns`: the captures' clock.
  SegmentPlace find(const Endpoint& source, const Endpoint& destination, const Position& at, bool named,
                    std::int64_t clock_ns = kNoTime);
  /// The captures are over. `moment` is kept up to date, in this `stage`; nullptr: nobody asks.
  void finish(Moment* moment = nullptr, Stage stage = Stage::pdus_over);
  /// Connections that were dropped at max_connections.
  [[nodiscard]] std::uint64_t evicted() const { return evicted_; }

 private:
  using Ends = std::pair<Endpoint, Endpoint>;  ///< the lesser first

  std::size_t max_connections_;
  StreamSink& sink_;
  std::map<Ends, std::unique_ptr<TcpConnection>> connections_;
  std::deque<Ends> order_;  ///< oldest first
  ConnectionKey last_key_;
  std::uint64_t evicted_ = 0;
};

}  // namespace ck::stream
