// Who is told of Ck on the wire. The audit in earnest; tests and fuzz targets listen with their own.
#pragma once

#include <array>
#include <span>

#include "audit/event.h"

namespace ck::stream {

struct TcpConnection;

/// Bytes of a stream that came together.
struct StreamRun {
  std::uint64_t end = 0;  ///< stream offset behind them
  Position at;
  std::uint64_t order = 0;  ///< among those of both sides
};

enum class SpanKind : std::uint8_t {
  message,
  skipped,    ///< belongs to no message: before the first frame, or around a hole
  malformed,  ///< where a frame should have started and none did
};

/// A run of a stream's bytes, and what it turned out to be.
struct Span {
  const TcpConnection& connection;
  unsigned side = 0;         ///< its sender, as TcpConnection counts
  bool open = false;         ///< Ck is recognised on the connection
  std::uint64_t offset = 0;  ///< of its first byte in the stream that carries the frames
  Bytes bytes;               ///< valid during the call only
  SpanKind kind = SpanKind::skipped;
  Position at;  ///< of a message: the frame that completed it; else the frame of the first byte
  /// What the bytes came in, and perhaps others before and behind them; empty: all in one. Valid during the
  /// call only.
  std::span<const StreamRun> runs;
  // Of a message:
  const Slip* slip = nullptr;  ///< it was written otherwise than Figure I.1 says
  std::size_t payload_at = 0;  ///< offset of the payload within the frame
  std::size_t payload_size = 0;
};

enum class OutlookKind : std::uint8_t {
  awaited,    ///< the peer has acknowledged all before stream offset `bytes`, at `at`; 0: nothing is missing
  held_back,  ///< bytes before stream offset `bytes` may soon be told; 0: they were
  due,        ///< a message of the connection itself is checked: what is awaited is told now
  pending,    ///< `bytes` are there that may be a message, and are not told as one yet; 0: none
  reset,      ///< a side sent RST, and the connection is not yet closed
  behind_reset,  ///< `bytes` came behind that
};

/// How a connection looks that the audit was told of, as far as that matters where a message of another one
/// is checked. Whoever passes it on decides when the audit learns of it (stream/elsewhere.h).
struct Outlook {
  OutlookKind kind = OutlookKind::awaited;
  ConnectionKey connection = 0;
  Side side = 0;
  Position at;
  std::uint64_t bytes = 0;
  std::array<Address, 2> hosts;  ///< reset: of Side 0 and Side 1
};

/// The calls of audit/audit.h, with the same meaning and order, but for the payload of a message.
class CkSink {
 public:
  virtual ~CkSink() = default;
  virtual void open(const ConnectionStart& start) = 0;
  /// A message of this connection comes, behind what is told of the connection first.
  virtual void coming(ConnectionKey /*connection*/) {}
  /// The payload is not yet decoded: `payload` is nullptr, and `payload_bytes` are valid during the call
  /// only.
  virtual void message(const Message& message) = 0;
  virtual void event(const StreamEvent& event) = 0;
  /// In the order of each stream, no byte twice; a message's right behind its message(). For a face that
  /// shows bytes.
  virtual void span(const Span&) {}
  virtual void tls_handshake(const TlsHandshake&) {}
  /// Over gRPC.
  virtual void rpc_ended(const RpcEnd&) {}
  /// Nothing of Ck was told of this connection.
  virtual void unreadable(const UnreadableConnection&) {}
  /// Whoever passes it on decides when the audit learns of it (stream/elsewhere.h).
  virtual void unrecognised(const UnrecognisedConnection&) {}
  virtual void close(ConnectionKey connection, const Position& at) = 0;
  virtual void outlook(const Outlook&) {}
};

}  // namespace ck::stream
