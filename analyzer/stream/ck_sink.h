// Who is told of Ck on the wire. The audit in earnest; tests and fuzz targets listen with their own.
#pragma once

#include "audit/event.h"

namespace ck {

/// The calls of audit/audit.h, with the same meaning and order, but for the payload of a message.
class CkSink {
 public:
  virtual ~CkSink() = default;
  virtual void open(const ConnectionStart& start) = 0;
  /// The payload is not yet decoded: `payload` is nullptr, and `payload_bytes` are valid during the call
  /// only.
  virtual void message(const Message& message) = 0;
  virtual void event(const StreamEvent& event) = 0;
  virtual void tls_handshake(const TlsHandshake&) {}
  virtual void close(ConnectionKey connection, const Position& at) = 0;
};

}  // namespace ck
