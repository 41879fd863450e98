// Wireshark's exported PDUs (link type 252): the tags before each PDU, and the connections that they name.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "audit/event.h"
#include "capture/link.h"
#include "stream/tcp_table.h"

namespace ck {

class CkStreams;

inline constexpr int kLinkExportedPdu = 252;

/// A PDU as its tags describe it. Views into the packet.
struct ExportedPdu {
  std::string_view dissector;  ///< that the exporting program gave it to ("ck"); empty: not said
  Endpoint source, destination;
  std::optional<std::uint32_t> frame;  ///< in the capture that it was exported from
  Bytes data;
};

/// False when the tags do not end within the packet.
bool decode_exported_pdu(Bytes packet, ExportedPdu& out);

/// Turns a capture's PDUs into streams, one connection for every pair of endpoints.
class PduTable {
 public:
  /// `streams` must outlive the table.
  PduTable(std::size_t max_connections, CkStreams& streams)
      : max_connections_(max_connections), streams_(streams) {}

  /// A snap length cut the last `cut` bytes of it.
  void pdu(const ExportedPdu& pdu, const Position& at, std::uint64_t cut);
  /// The captures are over.
  void finish();
  /// Connections that were let go at max_connections.
  [[nodiscard]] std::uint64_t let_go() const { return let_go_; }

 private:
  using Ends = std::pair<Endpoint, Endpoint>;  ///< the lesser first

  std::size_t max_connections_;
  CkStreams& streams_;
  std::map<Ends, std::unique_ptr<TcpConnection>> connections_;
  std::deque<Ends> order_;                           ///< oldest first
  ConnectionKey last_key_ = ConnectionKey{1} << 63;  ///< apart from those of TcpTable
  std::uint64_t let_go_ = 0;
};

}  // namespace ck
