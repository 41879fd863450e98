// From the streams of TCP connections to Ck messages and stream events: framing, recognition, and what the
// audit is told of skipped, malformed and missing bytes. What happened before Ck was recognised is remembered
// and told right after.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "protocol/framer.h"
#include "protocol/names.h"
#include "stream/ck_sink.h"
#include "stream/decrypted.h"
#include "stream/tcp_table.h"
#include "stream/tls_handshake.h"

namespace ck {

class CkStreams final : public StreamSink {
 public:
  /// `names`, `sink` and `budget` must outlive this. `assume_ck`: the user named the ports, so Ck is known
  /// from the start.
  CkStreams(const NameTable& names, CkSink& sink, StreamBudget& budget, bool assume_ck)
      : names_(names), sink_(sink), budget_(budget), assume_ck_(assume_ck) {}

  void data(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at) override;
  void lost(TcpConnection& connection, unsigned side, std::uint64_t missing, std::uint64_t untold,
            const Position& at) override;
  void cut(TcpConnection& connection, unsigned side, std::uint64_t bytes, const Position& at) override;
  bool differs(TcpConnection& connection, unsigned side, std::uint64_t offset, Bytes bytes) override;
  void awaited(TcpConnection& connection, unsigned side, std::uint64_t until, const Position& at) override;
  void fin(TcpConnection& connection, unsigned side, const Position& at) override;
  void reset(TcpConnection& connection, unsigned side, const Position& at) override;
  void start_seen(TcpConnection& connection, unsigned side, const Position& at) override;
  void closed(TcpConnection& connection, const Position& at) override;
  void left_open(TcpConnection& connection) override;

  /// What was decrypted in the frame `at`, whose segment is told next; nullptr: nothing. Must live until the
  /// next call.
  void set_decrypted(const DecryptedFrame* frame, const Position& at) {
    decrypted_ = frame;
    decrypted_at_ = at;
  }
  /// A whole PDU that another program exported: the next bytes of a side. `is_ck`: by that program's word;
  /// then what is no whole frame at its end never becomes one.
  void pdu(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at, bool is_ck);

  /// Connections with payload in which no Ck was recognised.
  [[nodiscard]] std::uint64_t undecoded() const { return undecoded_; }
  /// Times that an unfinished frame, or what came before a connection's first frame, was let go because all
  /// connections together held too much.
  [[nodiscard]] std::uint64_t frames_let_go() const { return frames_let_go_; }

 private:
  /// Bytes that were told by one call of data(), as far as they are not yet framed.
  struct Run {
    std::uint64_t end = 0;  ///< stream offset behind them
    Position at;
    std::uint64_t order = 0;  ///< of the call, among those about both sides
  };
  /// Bytes that are no frame, while it is not known how many there are.
  struct Region {
    std::uint64_t bytes = 0;
    Position at;  ///< of the first one
    const Slip* slip = nullptr;
  };
  /// The last bytes of a direction that are in no message, from the first one on that may be a header, while
  /// the connection is not known to be Ck's. Then they are looked at again.
  struct Unread {
    std::vector<std::uint8_t> bytes;
    std::vector<Run> runs;
    [[nodiscard]] std::size_t cost() const { return bytes.size() + sizeof(Run) * runs.size(); }
  };
  /// The last bytes that were framed, to compare retransmissions with.
  struct History {
    std::vector<std::uint8_t> bytes;   ///< the byte at stream offset n is at n % bytes.size()
    std::uint64_t begin = 0, end = 0;  ///< stream offsets that it holds
    void put(std::uint64_t offset, Bytes more);
  };
  struct Direction {
    Direction(const NameTable& names, bool from_start) : framer(names, from_start) {}
    Framer framer;
    std::vector<std::uint8_t> buffer;  ///< bytes that are not yet framed; empty most of the time
    std::vector<Run> runs;             ///< of the bytes in buffer, in order
    std::uint64_t offset = 0;          ///< stream offset of the first byte that is not yet framed
    std::size_t wanted = 0;            ///< so many contiguous bytes before asking the framer again
    Region skipped, malformed;
    std::uint64_t unread_told = 0;  ///< bytes in no message whose regions have ended
    Unread unread;
    std::uint64_t first = 0;     ///< stream offset of the first byte that the framer was given
    unsigned slips_seen = 0;     ///< frames by a slip before the connection was known to be Ck's
    bool forgot_unread = false;  ///< at a bound
    std::vector<StreamEvent>
        early;           ///< gaps and cuts before recognition, with side and connection to be filled in
    bool hole = false;   ///< something was lost
    bool begun = false;  ///< its first bytes have shown whether they are TLS
    std::uint64_t awaited =
        0;                 ///< the peer has acknowledged all before this offset, and that was not yet told
    Position awaited_at;   ///< where it did
    bool waiting = false;  ///< in waiting_
    std::unique_ptr<History> history;
  };
  /// A connection under TLS. The frames in `sides`, if any, are what was decrypted.
  struct Tls {
    TlsWatch watch;
    std::array<std::uint64_t, 2> offsets{};  ///< of the streams that carry the records
    std::array<bool, 2> blind{};             ///< of this side not all can be decrypted any more
    bool told = false;                       ///< the handshake
    ClientCertificate told_certificate = ClientCertificate::unknown;
  };
  struct CkConnection final : StreamContext {
    CkConnection(const NameTable& names, const std::array<bool, 2>& from_start)
        : sides{Direction(names, from_start[0]), Direction(names, from_start[1])} {}
    std::array<Direction, 2> sides;
    std::unique_ptr<Tls> tls;  ///< else the frames are in clear
    bool open = false;         ///< told to the audit
    unsigned zero_side = 0;    ///< as it was told
  };
  /// A direction of which the peer has acknowledged more than was captured. The bytes may be late, or never
  /// come.
  struct Waiting {
    TcpConnection* connection = nullptr;  ///< in use by another one if its key is not `key`
    ConnectionKey key = 0;
    unsigned side = 0;
    std::int64_t since_ns = 0;
  };
  /// A direction that is being worked on, with all that is needed to tell of it.
  struct Work {
    TcpConnection& connection;
    CkConnection& ck;
    unsigned side;
    Direction& direction;
  };

  [[nodiscard]] bool is_tls(const Work& work, Bytes bytes, const Position& at);
  void begin_tls(const Work& work);
  void take_records(const Work& work, Bytes bytes, const Position& at);
  bool take_decrypted(const Work& work, const Position& at);
  void tell_handshake(const Work& work, bool at_end);
  void take(const Work& work, Bytes bytes, const Position& at, BytesEnd end = BytesEnd::segment);
  CkConnection& context_of(TcpConnection& connection);
  Work work_of(TcpConnection& connection, unsigned side);
  std::size_t frame(const Work& work, Bytes bytes, BytesEnd end, std::span<const Run> runs);
  void frame_buffer(const Work& work, BytesEnd end);
  void keep(const Work& work, Bytes bytes, const Position& at);
  void skip(const Work& work, Bytes rest, std::size_t size, const Position& at);
  void end_stream(const Work& work, const Position* cut_off_by);
  void interrupt(const Work& work);
  void tell_slip(const Work& work, const FrameAnswer& answer, const Position& at);
  void tell_message(const Work& work, Bytes bytes, const FrameAnswer& answer, const Position& at);
  void settle(const Work& work);
  [[nodiscard]] static bool shows_ck(const CkConnection& ck);
  void keep_unread(const Work& work, const FrameAnswer& answer, Bytes rest, std::span<const Run> runs);
  void forget_unread(Direction& direction);
  Unread take_unread(Direction& direction);
  void read_again(const Work& work);
  void rewind(const Work& work, const Unread& unread);
  void drop_buffer(const Work& work);
  void open(const Work& work);
  void tell(const Work& work, StreamEvent event);
  void tell_regions(const Work& work);
  void tell_awaited(const Work& work);
  void tell_overdue(std::int64_t now_ns);
  [[nodiscard]] static bool is_awaited(const CkConnection& ck, unsigned side);
  void remember(Direction& direction, Bytes bytes, std::size_t together);
  void end_connection(TcpConnection& connection, const Position* closed_at);
  [[nodiscard]] static const Run& run_at(std::span<const Run> runs, std::uint64_t offset);

  const NameTable& names_;
  CkSink& sink_;
  StreamBudget& budget_;
  bool assume_ck_;
  Payload scratch_;
  const DecryptedFrame* decrypted_ = nullptr;
  Position decrypted_at_;
  std::deque<Waiting> waiting_;  ///< by time
  std::size_t history_bytes_ = 0, all_unread_ = 0;
  std::uint64_t calls_ = 0;
  std::uint64_t undecoded_ = 0, frames_let_go_ = 0;
};

}  // namespace ck
