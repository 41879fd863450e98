// Who reads HTTP/2, in TCP's streams and inside TLS: the room above this one.
#pragma once

#include "stream/tcp_stream.h"

namespace ck::stream {

class Http2Sink : public StreamSink {
 public:
  /// This connection is HTTP/2, whatever its bytes are, and `client` is its client's side. Before its first
  /// bytes, and before it has a context.
  virtual void begin(TcpConnection& connection, unsigned client) = 0;
};

}  // namespace ck::stream
