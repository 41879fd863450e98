// Ck over gRPC, for the dissection: reads HTTP/2 as ck-audit does, and keeps what a face shows of RPCs and
// exports of them. Where the build has no gRPC there is none of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/event.h"
#include "protocol/parameter_names.h"
#include "stream/ck_sink.h"
#include "stream/http2_sink.h"

namespace ck::plugin {

/// An RPC of Ck.
struct RpcFacts {
  std::string path;
  std::optional<std::uint32_t> status;  ///< its grpc-status, once that is there
  bool failed = false;                  ///< and that was told, or a reset
};

/// What is known of a message over gRPC beside its bytes.
struct RpcMessage {
  const ProtoMethod* method = nullptr;
  const RpcFacts* rpc = nullptr;       ///< nullptr: the streams did not tell of it
  const ProtoMessage* type = nullptr;  ///< nullptr: it is JSON
  const MessageSpec* spec = nullptr;
  std::string_view trouble;  ///< why its bytes are not there, static text; empty: they are
  std::uint64_t stream = 0;
  bool request = false;
};

/// An RPC that failed, in the frame that said so.
struct RpcFailure {
  const RpcFacts* rpc = nullptr;
  std::string result;
};

/// Frames of HTTP/2 that one side sent, with nothing but RPCs of Ck in them.
struct RpcExport {
  Endpoint source, destination;
  std::vector<std::uint8_t> bytes;
};

class Rpcs {
 public:
  virtual ~Rpcs() = default;
  /// Who is told of TCP's streams, and of HTTP/2 inside TLS.
  virtual Http2Sink& streams() = 0;
  /// The method that Wireshark's gRPC dissector speaks of; nullptr: none of Ck's.
  [[nodiscard]] virtual const ProtoMethod* find(std::string_view path) const = 0;
  /// What is known of a message that the streams tell.
  [[nodiscard]] virtual RpcMessage describe(const Message& message) = 0;
  /// Of the RPC that ends; nullptr: its failure is known already.
  virtual const RpcFacts* fail(const RpcEnd& end) = 0;
  virtual void decode(Bytes bytes, const RpcMessage& message, const NameTable& names, Payload& out) const = 0;
  /// The connection on which Ck was recognised last by the first thing that was called on it, so that HTTP/2
  /// can be read from there on; 0: none.
  [[nodiscard]] virtual ConnectionKey begun_with_ck() const = 0;
  /// From now on things happen in this frame.
  virtual void set_frame(std::uint64_t frame) = 0;
  /// nullptr: nothing.
  [[nodiscard]] virtual const std::vector<RpcExport>* exports(std::uint64_t frame) const = 0;
};

/// `sink`: who is told of Ck; `others`: of connections that are no HTTP/2. All must outlive what is made.
/// nullptr: without a schema, and where the build has no gRPC.
std::unique_ptr<Rpcs> make_rpcs(std::shared_ptr<const ProtoSchema> schema, CkSink& sink, StreamSink& others,
                                StreamBudget& budget);

/// What makes Ck of .proto files, and the shipped one unless they replace it. An `error` where they cannot be
/// used: then it is what ships alone. nullptr where the build has no gRPC.
std::shared_ptr<const ProtoSchema> make_schema(const std::vector<std::string>& files, std::string& error);
/// The keys under which Wireshark's gRPC dissector finds who reads a message, all that are Ck's.
std::vector<std::string> message_keys(const ProtoSchema& schema);

}  // namespace ck::plugin
