// One HTTP/2 connection that may speak Ck: its streams, and what the audit is told of them.
#pragma once

#include "grpc/grpc_streams.h"

namespace ck::grpc {

/// An RPC whose method is Ck's.
struct Rpc {
  const ProtoMethod* method = nullptr;
  std::array<bool, 2> json{};             ///< by side: application/grpc+json
  std::array<bool, 2> untold{};           ///< by side: application/grpc, where the request is JSON
  std::array<MessageReader, 2> messages;  ///< by side
  std::array<bool, 2> ended{};            ///< by side: nothing more follows
  std::string failure;                    ///< why it failed, as far as that was told; empty: it did not
  std::size_t counted = 0;                ///< bytes, in the budget
  bool foreign_answer = false;            ///< the answer is no gRPC: some proxy's, say
  bool over = false;                      ///< the server has said that it wants nothing more of it
  bool taken_back = false;                ///< the client has; it is read as far as it was under way

  /// A request in JSON may be answered as "application/grpc", be it in JSON or in protobuf, in which no
  /// message of Ck's begins with a brace (a group, of field 15).
  [[nodiscard]] bool is_json(unsigned side, Bytes message) const {
    return json[side] && (!untold[side] || (!message.empty() && message[0] == '{'));
  }
};

class GrpcStreams::Connection final : public StreamContext {
 public:
  Connection(GrpcStreams& streams, TcpConnection& connection, unsigned client);
  ~Connection() override;

  void data(unsigned side, Bytes bytes, const Position& at);
  /// A connection that was upgraded begins with a request, the head of which begins at `at`; then its body,
  /// of which `at` is the end, in its place among what the sides say over HTTP/2.
  void begin_upgraded(const UpgradedRequest& request, const Position& at);
  void take_upgraded(const UpgradedRequest& request, const Position& at);
  /// So many bytes of the side's stream are not given to data(): they were HTTP/1.1, or are missing.
  void pass_over(unsigned side, std::uint64_t bytes);
  /// Bytes before this stream offset may soon be given to data(), behind what other connections say
  /// meanwhile.
  void held_back(unsigned side, std::uint64_t until, const Position& at);
  /// Nothing of this side can be read any more: its frames and tables go on from what is not there.
  void lose(unsigned side, const Position& at);
  void tell(StreamEvent event, unsigned side);
  void tell(StreamEventKind kind, unsigned side, const Position& at, std::uint64_t bytes = 0);
  void tell_end(StreamEventKind kind, unsigned side, const Position& at);
  void end(const Position* closed_at);
  [[nodiscard]] bool is_open() const override { return open_; }

 private:
  /// What is read of one side's frames.
  class Side final : public Http2Handler {
   public:
    Side(Connection& connection, unsigned side) : connection_(connection), side_(side) {}
    void headers(std::uint32_t stream, const Headers& headers, bool ends, const Position& at) override;
    void data(std::uint32_t stream, Bytes bytes, const Position& at) override;
    void data_ended(std::uint32_t stream) override;
    void reset(std::uint32_t stream, std::uint32_t code, const Position& at) override;
    void goaway(std::uint32_t last, const Position& at) override;
    void settings() override;
    void table_size(std::uint32_t bytes) override { pending_.back() = bytes; }
    void settings_acknowledged() override;

    std::unique_ptr<Http2Reader> reader;  ///< nullptr: this side is lost
    std::size_t counted = 0;              ///< bytes that the reader holds, in the budget
    std::uint64_t skipped = 0;            ///< bytes that came after it was

   private:
    friend class Connection;
    Connection& connection_;
    unsigned side_;
    /// What this side has set and the other has not acknowledged: the table for the other's header lists.
    std::deque<std::optional<std::uint32_t>> pending_;
  };

  void open();
  void look(unsigned side);
  void look_again(unsigned side);
  void begin_rpc(std::uint32_t stream, const Headers& headers);
  void take_answer_headers(std::uint32_t stream, Rpc& rpc, const Headers& headers, const Position& at);
  void take(std::uint32_t stream, Rpc& rpc, unsigned side, Bytes bytes, const Position& at);
  void tell_message(std::uint32_t stream, const Rpc& rpc, unsigned side, const RawMessage& raw,
                    const Position& at);
  void fail_rpc(std::uint32_t stream, Rpc& rpc, std::string result, const Position& at);
  void tell_unread(std::uint32_t stream, unsigned side, const RawMessage& raw, const Position& at);
  void tell_rpc_end(std::uint32_t stream, RpcOutcome outcome, std::string result, const Position& at);
  void tell_truncated(const Rpc& rpc, unsigned side, const Position& at);
  void end_side(std::uint32_t stream, unsigned side);
  void keep_reset(std::uint32_t stream);
  std::map<std::uint32_t, Rpc>::iterator let_go(std::map<std::uint32_t, Rpc>::iterator rpc,
                                                const Position& at);
  void count(std::size_t& counted, std::size_t now);
  void keep_to_budget(const Position& at);
  std::map<std::uint32_t, Rpc>::iterator erase(std::map<std::uint32_t, Rpc>::iterator rpc);
  /// Who looks on is told as long as Ck is spoken here; nullptr: nobody does.
  [[nodiscard]] RpcWatcher* watcher() const { return open_ && !closed_ ? streams_.watcher_ : nullptr; }
  [[nodiscard]] RpcWatcher::From from(unsigned side, const Position& at) const {
    return {connection_, side, client_, at, !has_lists_};
  }
  [[nodiscard]] unsigned as_told(unsigned side) const { return side == zero_side_ ? 0 : 1; }

  GrpcStreams& streams_;
  TcpConnection& connection_;
  const unsigned client_;
  unsigned zero_side_ = 0;  ///< as it was told
  bool open_ = false;
  bool closed_ = false;
  bool has_lists_ = false;                         ///< a header list was read
  std::array<std::vector<StreamEvent>, 2> early_;  ///< before the audit was told of the connection
  std::array<bool, 2> hole_{};
  std::array<std::uint64_t, 2> offset_{};      ///< by side: of its next byte in the stream
  std::array<std::uint64_t, 2> held_until_{};  ///< by side: bytes before that offset are held back; 0: none
  std::array<Position, 2> held_at_{};
  std::array<Side, 2> sides_;
  std::map<std::uint32_t, Rpc> rpcs_;
  std::deque<std::uint32_t> reset_;          ///< streams that a side reset; the other may not know yet
  std::uint32_t last_begun_ = 0;             ///< streams only count up (RFC 9113, 5.1.1)
  std::uint32_t last_served_ = 0x7FFF'FFFF;  ///< by the server's GOAWAY, if there is one
  Position now_;                             ///< of the bytes that are being read
  std::size_t held_ = 0;                     ///< as the budget counts it
};

}  // namespace ck::grpc
