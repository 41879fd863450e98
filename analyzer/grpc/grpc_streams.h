// Ck over gRPC in the streams of TCP connections: recognises HTTP/2, and tells the messages of the RPCs whose
// methods are Ck's. Everything else goes on to who reads Ck's own frames.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grpc/http2.h"
#include "grpc/message_reader.h"
#include "grpc/rpc_watcher.h"
#include "grpc/upgrade.h"
#include "protocol/protobuf/schema.h"
#include "stream/ck_sink.h"
#include "stream/http2_sink.h"
#include "stream/tcp_table.h"

namespace ck::grpc {

/// What was not read of gRPC; "diagnostics" of a report.
struct GrpcCounts {
  std::uint64_t unreadable_streams =
      0;                              ///< directions of HTTP/2 that were lost: a hole, or what is no HTTP/2
  std::uint64_t too_large = 0;        ///< messages beyond what is decoded
  std::uint64_t unknown_codings = 0;  ///< messages compressed in a way that is not known here
  std::uint64_t other_rpcs = 0;       ///< of methods that no .proto tells to be Ck's, or in another format
  std::uint64_t rpcs_dropped = 0;     ///< at a limit
};

class GrpcStreams final : public Http2Sink {
 public:
  /// All must outlive this. `others`: who is told of connections that are not HTTP/2.
  GrpcStreams(const ProtoSchema& schema, CkSink& sink, StreamSink& others, StreamBudget& budget)
      : schema_(schema), sink_(sink), others_(others), budget_(budget) {}
  ~GrpcStreams() override;

  void expect(const TcpConnection& connection, unsigned side, Ahead ahead) const override {
    others_.expect(connection, side, ahead);
  }
  void data(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at) override;
  void lost(TcpConnection& connection, unsigned side, std::uint64_t missing, std::uint64_t untold,
            const Position& at) override;
  void cut(TcpConnection& connection, unsigned side, std::uint64_t bytes, const Position& at) override;
  bool differs(TcpConnection& connection, unsigned side, std::uint64_t offset, Bytes bytes) override;
  void awaited(TcpConnection& connection, unsigned side, std::uint64_t until, const Position& at) override;
  void reset_seen(TcpConnection& connection, unsigned side, const Position& at) override;
  void held_back(TcpConnection& connection, unsigned side, std::uint64_t until, const Position& at) override;
  void hole(TcpConnection& connection, unsigned side, std::uint64_t until, const Position& at) override;
  void start_missed(TcpConnection& connection, const Position& at) override;
  void fin(TcpConnection& connection, unsigned side, const Position& at) override;
  void reset(TcpConnection& connection, unsigned side, const Position& at) override;
  void start_seen(TcpConnection& connection, unsigned side, const Position& at) override;
  void closed(TcpConnection& connection, const Position& at) override;
  void left_open(TcpConnection& connection) override;

  void begin(TcpConnection& connection, unsigned client) override;

  /// Before the first segment; outlives this.
  void set_watcher(RpcWatcher* watcher) { watcher_ = watcher; }
  [[nodiscard]] const GrpcCounts& counts() const { return counts_; }

 private:
  class Connection;
  /// The first bytes of a connection of which it cannot be told yet whether it is HTTP/2.
  struct Waiting {
    struct Part {
      unsigned side;
      std::vector<std::uint8_t> bytes;
      Position at;
    };
    std::vector<Part> parts;
    std::array<std::vector<std::uint8_t>, 2> first;  ///< of each side, the bytes so far
    Upgrade upgrade;                                 ///< of the side that spoke first
    std::size_t counted = 0;                         ///< bytes, in the budget
  };
  enum class Guess : std::uint8_t { http2, perhaps, no };

  [[nodiscard]] static Guess guess(Bytes first);
  static Connection* find(const TcpConnection& connection);
  void wait_or_decide(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at);
  void tell_unreadable(const TcpConnection& connection, const Position& at);
  [[nodiscard]] Waiting take_waiting(ConnectionKey key);
  void pass_on(TcpConnection& connection);
  void decide(TcpConnection& connection, unsigned side, Waiting& waiting);
  void recognise(TcpConnection& connection);
  void begin_upgraded(TcpConnection& connection);

  const ProtoSchema& schema_;
  CkSink& sink_;
  StreamSink& others_;
  StreamBudget& budget_;
  RpcWatcher* watcher_ = nullptr;
  GrpcCounts counts_;
  std::map<ConnectionKey, Waiting> waiting_;
};

}  // namespace ck::grpc
