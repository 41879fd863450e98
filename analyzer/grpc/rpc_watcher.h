// Who looks on while the RPCs of Ck are read: what HTTP/2 says of them, and of nothing else.
#pragma once

#include <cstdint>

#include "grpc/http2.h"
#include "stream/tcp_table.h"

namespace ck::grpc {

/// One side's part in the RPCs of a connection on which Ck was recognised, in order, each before the audit is
/// told what follows from it. Bytes are valid during the call only.
class RpcWatcher {
 public:
  struct From {
    const TcpConnection& connection;
    unsigned side;    ///< who says so
    unsigned client;  ///< the side that calls
    Position at;
    bool first = false;  ///< no header list came before on the connection
  };
  virtual ~RpcWatcher() = default;
  /// A header list of an RPC of Ck's, or trailers. `ends`: the side says no more in this stream.
  virtual void headers(const From& from, std::uint32_t stream, const Headers& headers, bool ends) = 0;
  virtual void data(const From& from, std::uint32_t stream, Bytes bytes) = 0;
  virtual void data_ended(const From& from, std::uint32_t stream) = 0;
  virtual void reset(const From& from, std::uint32_t stream, std::uint32_t code) = 0;
  virtual void goaway(const From& from, std::uint32_t last) = 0;
  /// Nothing of this side is read any more.
  virtual void lost(const From& from) = 0;
  /// Bytes that come behind that.
  virtual void unread(const From& from, Bytes bytes) = 0;
};

}  // namespace ck::grpc
