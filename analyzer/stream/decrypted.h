// The way of TLS out of a capture and back: the records of each connection go to who has them decrypted, and
// what another program made of them is joined to the records that it was made of.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "audit/event.h"
#include "stream/tls_handshake.h"

namespace ck::stream {

struct TcpConnection;

/// A run of bytes of TLS that a side sent. Two readings of the same packets number them alike.
struct RecordsId {
  ConnectionKey connection = 0;
  unsigned side = 0;
  std::uint64_t number = 0;  ///< from 0, of the side's
  friend bool operator==(const RecordsId&, const RecordsId&) = default;
};

/// Receives the part of each connection that is TLS, in order. Bytes are valid during the call only.
class TlsRecordSink {
 public:
  virtual ~TlsRecordSink() = default;
  /// TLS begins here. `client` is the side that speaks first in it, as far as is known; `whole`: with a
  /// hello.
  virtual void begin(const TcpConnection& connection, unsigned client, bool whole) = 0;
  virtual void records(const TcpConnection& connection, const RecordsId& id, Bytes bytes) = 0;
  /// `missing` bytes of the side will never come.
  virtual void lost(const TcpConnection& connection, unsigned side, std::uint64_t missing) = 0;
  virtual void end(const TcpConnection& connection, const TlsWatch& watch) = 0;
};

struct DecryptedPdu {
  Endpoint source, destination;
  std::vector<std::uint8_t> bytes;  ///< a message, or bytes between messages
  bool http2 = false;               ///< frames of HTTP/2 instead
};

/// What was decrypted of a run of records.
struct DecryptedRun {
  std::vector<DecryptedPdu> pdus;  ///< in the stream's order
  DecryptedHandshake handshake;    ///< of the run's sender
};

struct TlsSecrets {
  bool client = false, server = false;
};

class DecryptedSource {
 public:
  virtual ~DecryptedSource() = default;
  /// The segment at `at` is handled next.
  virtual void arrive(const Position& /*at*/) {}
  /// What was decrypted of this run, which came at `at`, once; nullptr: nothing. Valid until the next call.
  virtual const DecryptedRun* decrypted(const RecordsId& id, const Position& at) = 0;
  /// Whose data the secrets open on the connection whose ClientHello has this Random.
  [[nodiscard]] virtual TlsSecrets secrets_of(const TlsRandom& client) const = 0;
};

/// Why a TLS connection stayed shut.
enum class TlsShut : std::uint8_t {
  no_secrets,     ///< none were given
  no_secret,      ///< those that were given hold none of this connection
  one_side,       ///< of one side they do: the other's bytes stayed shut
  no_handshake,   ///< it began before the capture, or bytes of it are missing
  one_direction,  ///< the packets of one side were not captured
  failed,         ///< the secrets are there, and yet
};
inline constexpr std::size_t kTlsShutReasons = 6;

/// TLS connections that carried data which could not be decrypted.
struct ShutConnections {
  using Counts = std::array<std::uint64_t, kTlsShutReasons>;  ///< by TlsShut
  Counts ours{};  ///< known to carry Ck: by a named port, or because Ck was decrypted at one of their ends
  Counts others{};
};

/// The same while it is not known of all connections whether Ck was decrypted at their servers.
struct ShutServers {
  ShutConnections counted;                                        ///< `others` without those in shut_at
  std::set<Endpoint> opened_at;                                   ///< where Ck was decrypted
  std::map<std::pair<Endpoint, TlsShut>, std::uint64_t> shut_at;  ///< by the server

  /// Both lists are bounded.
  void add_opened(const Endpoint& server);
  void add_shut(const Endpoint& server, TlsShut shut, std::uint64_t count);
  void add(const ShutServers& other);
  [[nodiscard]] ShutConnections connections() const;
};

}  // namespace ck::stream
