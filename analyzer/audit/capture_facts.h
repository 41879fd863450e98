// What was read of the captures besides Ck itself, for a report. Whoever reads them fills it in; the audit
// judges none of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/event.h"
#include "base/name_counts.h"

namespace ck::audit {

/// What was read of one capture, kept up to date while reading.
struct CaptureFacts {
  std::string path;  ///< as given; "-" for standard input
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  ///< sum of the packets' captured bytes
  std::int64_t first_time_ns = kNoTime,
               last_time_ns = kNoTime;  ///< the earliest and the latest; kNoTime where no packet has one
  std::int64_t end_ns = kNoTime;        ///< of the last packet that has one, in file order
  std::vector<std::string> link_types;  ///< names ("ETHERNET", "LINUX_SLL2"), in order of first use
  bool decoded = false;                 ///< a packet of it was decoded, down to TCP or another known protocol
  std::uint32_t end_behind_s = 0;       ///< Position::behind_s of that last packet
  std::vector<std::string> closed;      ///< what was not opened, by name, as long as nothing was decoded
  std::uint64_t messages = 0;           ///< of Ck; counted by whoever keeps the audit's records
  std::string error;                    ///< empty: read to its end
  bool error_of_all = false;            ///< it is about all captures of the audit together, and says so

  /// Where it ends, as far as its times say.
  [[nodiscard]] Position end() const {
    Position last(0, packets, end_ns);
    last.behind_s = end_behind_s;
    return last;
  }
};

/// Counts of what was not understood or dropped; a report's "diagnostics".
struct Diagnostics {
  NameCounts unknown_links;  ///< link, network or tunnel that is not decoded, by name
  NameCounts dropped;        ///< by bound, the audit's among them
  NameCounts other;          ///< anything else worth a count, by name ("ipv4_fragments", "short_packets")
  std::uint64_t conflicting_overlaps = 0;  ///< segments whose overlap held other bytes; the first copy won
  std::uint64_t undecoded_streams = 0;     ///< TCP connections with payload in which no Ck was recognised
  NameCounts undecrypted;                  ///< TLS connections that could not be decrypted, by reason
  std::string undecrypted_text;            ///< what to say of those that are no capture's error
};

}  // namespace ck::audit
