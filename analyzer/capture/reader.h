// From packets to what the audit is told: links, IP, TCP streams, framing. The whole of capture/ behind one
// class.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "audit/audit.h"
#include "audit/capture_facts.h"
#include "capture/audit_queue.h"
#include "capture/shard.h"
#include "capture/source.h"
#include "protocol/parameter_names.h"
#include "protocol/protobuf/schema.h"
#include "stream/decrypted.h"

namespace ck::capture {

struct ReaderOptions {
  std::vector<std::uint16_t> ports;  ///< --port: only connections with one of these; Ck is assumed there.
                                     ///< Empty: every TCP connection, by content.
  std::size_t max_connections = 262'144;  ///< tracked at once; the longest idle one is dropped
  std::size_t max_buffered_bytes = 256u
                                   << 20;  ///< out-of-order and unframed bytes of all connections together
  std::size_t max_buffered_per_direction = 4u << 20;  ///< then the oldest hole is given up
  std::int64_t idle_timeout_ns = 0;                   ///< 0: a connection is never closed for being idle
  const ProtoSchema* grpc = nullptr;   ///< how gRPC is read; nullptr: it is not. Outlives the reader
  Shard shard;                         ///< --shard: only connections of this one
  Judging judging = Judging::at_once;  ///< if not at_once, the audit lags behind until finish()
  /// In merged captures, how well their clocks agree: a message is checked when those are known that may have
  /// been sent before it. 0: there is one capture.
  std::int64_t merge_tolerance_ns = 0;
};

/// Whether --port lets a connection between these through.
bool is_wanted(const ReaderOptions& options, const Endpoint& source, const Endpoint& destination);

/// The latest time of each capture's packets so far.
class CaptureClocks {
 public:
  std::int64_t of(const Packet& packet);

 private:
  std::vector<std::int64_t> clocks_;  ///< by capture
};

class Timeline;

class CkReader {
 public:
  /// All must outlive the reader. `timeline`: what is read meets there with what was read before; nullptr:
  /// there is nothing else.
  CkReader(const ReaderOptions& options, const NameTable& names, Audit& audit, Timeline* timeline = nullptr);
  ~CkReader();
  CkReader(const CkReader&) = delete;
  CkReader& operator=(const CkReader&) = delete;

  /// Secrets of TLS were given, and `source`, unless it is nullptr, has what they decrypt. Before the first
  /// packet.
  void set_decrypted(std::unique_ptr<DecryptedSource> source);

  PacketEnd packet(const Packet& packet);
  /// A packet like this one comes in a few packets. Changes nothing: what is known of its connection is
  /// fetched from memory meanwhile.
  void expect(const Packet& packet);
  /// There are so many connections that this is worth its while.
  [[nodiscard]] bool expects() const;
  /// The captures are over: holes are given up, what is buffered is told. Does not finish the audit.
  void finish();

  [[nodiscard]] const Diagnostics& diagnostics() const;
  /// Bytes that came on connections which others had ended; part of no diagnostics.
  [[nodiscard]] std::uint64_t bytes_after_end() const;
  /// TLS that could not be decrypted. After finish().
  [[nodiscard]] const ShutServers& shut_servers() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads `source` to its end or error into `reader`, keeping `captures[packet.capture]` up to date.
void read_all(Source& source, CkReader& reader, std::vector<CaptureFacts>& captures);

}  // namespace ck::capture
