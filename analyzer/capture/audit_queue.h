// What a capture shows, on its way to the audit. Reading packets and judging messages each fill a processor's
// caches, so the one and the other are done for many at a time; a second processor can judge while the first
// reads. What lies between, decoding payloads, is done by whichever of the two has less to do. Order and
// outcome are the same in every way.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "audit/audit.h"
#include "audit/prepared.h"
#include "base/batch_thread.h"
#include "protocol/parameter_names.h"
#include "stream/ck_sink.h"

namespace ck::capture {

/// When and where what was read is checked.
enum class Judging : std::uint8_t {
  at_once,     ///< before the next packet is read: somebody follows
  in_batches,  ///< by the thread that reads
  aside,       ///< in batches, by a thread of its own
};

class AuditQueue final : public CkSink {
 public:
  /// `names` and `audit` must outlive the queue. Aside, nobody else may use the audit, nor what its sink
  /// writes to, until drain() has returned. `lookahead_ns`: the audit learns which messages of other captures
  /// come within that time behind one, so that a message is checked when those are there; 0: there is one
  /// capture.
  AuditQueue(const NameTable& names, Audit& audit, Judging judging, std::int64_t lookahead_ns = 0);

  void open(const ConnectionStart& start) override { put(start); }
  /// Messages come undecoded; here they are given their payload.
  void message(const Message& message) override;
  void event(const StreamEvent& event) override { put(event); }
  void tls_handshake(const TlsHandshake& handshake) override { put(handshake); }
  void rpc_ended(const RpcEnd& end) override { put(end); }
  void unreadable(const UnreadableConnection& connection) override { put(connection); }
  void unrecognised(const UnrecognisedConnection& connection) override { put(connection); }
  void close(ConnectionKey connection, const Position& at) override { put(Closing{connection, at}); }

  /// Nothing more will be told of the packet at hand.
  void packet_over();
  /// Returns when all that was told is checked. Throws what judging it threw (a sink's failing disk).
  void drain();

 private:
  struct Closing {
    ConnectionKey connection;
    Position at;
  };
  using Item = std::variant<ConnectionStart, Message, StreamEvent, TlsHandshake, RpcEnd, UnreadableConnection,
                            UnrecognisedConnection, Closing>;
  struct Batch {
    /// `most_bytes`: of payloads, before the last one.
    explicit Batch(std::size_t most_bytes);
    void clear();
    [[nodiscard]] const Message* message_ahead(std::size_t i, std::size_t ahead) const;

    std::size_t bytes_kept;  ///< what its bytes have room for
    std::vector<Item> items;
    std::vector<std::uint8_t>
        bytes;  ///< payloads, each with a zero behind it; never grows beyond what is reserved
    bool decoded = false;
    std::shared_ptr<PayloadWorkspace> workspace;
    // Of the first so many messages, once they are decoded:
    std::vector<Payload> payloads;
    std::vector<Prepared> prepared;
    bool oversized = false;  ///< one of the payloads is not worth keeping
  };

  /// What the audit was told of a batch's messages before it is told them.
  struct Coming {
    std::size_t next = 0;
    std::vector<const ConnectionStart*> starts;
  };

  /// Of the items that follow, by their number in the batch.
  using Expectations = std::array<FoundAhead, 16>;

  [[nodiscard]] std::unique_ptr<Batch> make_batch() const;
  void put(Item item);
  [[nodiscard]] bool is_full(const Batch& batch) const;
  void hand_over_full();
  void hand_over();
  /// Messages that others may come near to go to the next batch.
  void hand_over_settled();
  void tell_coming(const Batch& batch, std::int64_t time_ns, Coming& coming) const;
  void decode_message(const Message& message, Payload& payload) const;
  void decode(Batch& batch) const;
  void fetch_ahead(const Batch& batch, std::size_t i, Expectations& expected) const;
  void check(Batch& batch);

  const NameTable& names_;
  Audit& audit_;
  Judging judging_;
  std::int64_t lookahead_ns_;
  std::unique_ptr<Batch> filling_;
  std::optional<BatchThread<Batch>> aside_;  // last: its thread uses the others
};

}  // namespace ck::capture
