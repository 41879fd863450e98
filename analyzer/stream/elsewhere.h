// What a connection means to the verdict of others: bytes that are awaited or held back, and a RST behind
// which it is not yet closed. Each connection is read by itself and says how it looks; here is decided when
// the audit is told of it, so that the outcome does not depend on who has read which connection. So are
// connections on which nothing was recognised and of which not all was captured.
#pragma once

#include <array>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "stream/ck_sink.h"

namespace ck::stream {

class Elsewhere final : public CkSink {
 public:
  /// Both must outlive this. `after_end` counts the bytes of connections that were told as closed before they
  /// were.
  Elsewhere(CkSink& next, std::uint64_t& after_end) : next_(next), after_end_(after_end) {}

  void open(const ConnectionStart& start) override;
  void coming(ConnectionKey here) override;
  void message(const Message& message) override;
  void event(const StreamEvent& event) override;
  void span(const Span& span) override;
  void tls_handshake(const TlsHandshake& handshake) override;
  void rpc_ended(const RpcEnd& end) override;
  void unreadable(const UnreadableConnection& connection) override { next_.unreadable(connection); }
  void unrecognised(const UnrecognisedConnection& connection) override;
  void close(ConnectionKey connection, const Position& at) override;
  void outlook(const Outlook& outlook) override;

 private:
  /// Bytes before a stream offset that are not there; the offset is 0 where none are.
  struct Missing {
    std::uint64_t until = 0;
    Position at;
  };
  struct Waiting {
    ConnectionKey connection = 0;
    Side side = 0;
    Missing awaited, held_back;
    std::uint64_t pending = 0;  ///< bytes
    Position pending_at;
    bool pending_told = false;
    [[nodiscard]] bool is_empty() const { return awaited.until == 0 && held_back.until == 0 && pending == 0; }
  };
  /// A connection one side of which sent RST.
  struct Reset {
    ConnectionKey connection = 0;
    Address other;  ///< of Side 1
    Position at;
  };

  /// A connection on which nothing was recognised and of which not all was captured.
  struct Unrecognised {
    UnrecognisedConnection connection;
    bool told = false;
  };

  [[nodiscard]] Waiting* find(ConnectionKey connection, Side side);
  void tell_missing(const Waiting& waiting, const Position& at);
  void tell_all_but(ConnectionKey here);
  void tell_unrecognised_but(ConnectionKey here);
  void close_before(const ConnectionStart& start);
  void tell_pending(const Waiting& waiting, StreamEventKind kind);
  void tell_unfinished(ConnectionKey connection);
  void forget(ConnectionKey connection);
  [[nodiscard]] bool is_closed(ConnectionKey connection) const {
    return !closed_.empty() && closed_.contains(connection);
  }

  CkSink& next_;
  std::uint64_t& after_end_;
  std::vector<Waiting> waiting_;  ///< in the order in which they began to wait; empty ones are passed over
  std::unordered_map<std::uint64_t, std::size_t> places_;  ///< in waiting_, by connection and side
  std::multimap<Address, Reset> resets_;                   ///< by the address of Side 0
  std::unordered_map<ConnectionKey, std::multimap<Address, Reset>::iterator> reset_of_;
  std::unordered_set<ConnectionKey> closed_;  ///< told as closed before they were
  std::map<ConnectionKey, Unrecognised> unrecognised_;
  std::vector<ConnectionKey> untold_;  ///< of those; some may be gone
};

}  // namespace ck::stream
