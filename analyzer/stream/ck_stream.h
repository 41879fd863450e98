// From the streams of TCP connections to Ck messages and stream events: framing, recognition, and what the
// audit is told of skipped, malformed and missing bytes. What happened before Ck was recognised is remembered
// and told right after.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/few.h"
#include "protocol/framer.h"
#include "protocol/parameter_names.h"
#include "stream/ck_sink.h"
#include "stream/decrypted.h"
#include "stream/elsewhere.h"
#include "stream/history.h"
#include "stream/http2_sink.h"
#include "stream/tcp_table.h"
#include "stream/tls_handshake.h"

namespace ck::stream {

/// What a connection means to the verdict of others is told by...
enum class TellOthers : std::uint8_t {
  here,     ///< these streams: the sink is told when the audit is to learn of it
  by_sink,  ///< the sink, which is told how each connection looks
};

class CkStreams final : public StreamSink {
 public:
  /// `names`, `sink` and `budget` must outlive this.
  CkStreams(const NameTable& names, CkSink& sink, StreamBudget& budget, TellOthers others = TellOthers::here)
      : names_(names),
        elsewhere_(sink, budget.bytes_after_end),
        sink_(others == TellOthers::here ? elsewhere_ : sink),
        budget_(budget) {}

  /// For who reads other connections: what waits there, and here, is told before what the audit checks by it.
  [[nodiscard]] CkSink& sink() { return sink_; }

  void expect(const TcpConnection& connection, unsigned side, Ahead ahead) const override;
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

  /// The next bytes that were decrypted of this side's records, for a face that is told of them while the
  /// segment is dissected: before the segment itself is told. What the handshake's records show comes behind
  /// them.
  void decrypted(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at);
  /// The same of HTTP/2, which who was set below reads.
  void decrypted_http2(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at);
  void decrypted_handshake(TcpConnection& connection, unsigned side, const DecryptedHandshake& handshake);
  /// Who is told of the records of TLS; outlives this. Before the first segment.
  void set_record_sink(TlsRecordSink* sink) { record_sink_ = sink; }
  /// Secrets were given, and `source`, if there is one, has what they decrypt; it outlives this. Before the
  /// first segment.
  void set_secrets(DecryptedSource* source) {
    secrets_given_ = true;
    secrets_ = source;
  }
  /// Who reads HTTP/2 inside TLS; outlives this. Before the first segment. nullptr: nobody does.
  void set_http2_sink(Http2Sink* sink) { http2_sink_ = sink; }
  /// A whole PDU that another program exported: the next bytes of a side. `is_ck`: by that program's word;
  /// then what is no whole frame at its end never becomes one.
  void pdu(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at, bool is_ck);

  /// How far a direction is framed, for a face that shows bytes.
  struct Progress {
    bool ck = false;           ///< Ck was recognised on the connection, or a frame of this direction began
    bool exact = false;        ///< `expected` is all that is missing: the frame's header is there
    std::uint64_t framed = 0;  ///< stream offset of the first byte that is not framed
    Bytes pending;             ///< the bytes from there on that are there; valid until the next call
    std::size_t expected = 0;  ///< bytes of the frame that they begin, as far as known
  };
  [[nodiscard]] Progress progress(const TcpConnection& connection, unsigned side) const;
  /// The frames of this connection are inside TLS.
  [[nodiscard]] static bool is_tls(const TcpConnection& connection);
  /// And they are HTTP/2.
  [[nodiscard]] static bool is_http2_in_tls(const TcpConnection& connection);
  /// Ck was recognised on this connection, or the user named its port and it is TLS.
  [[nodiscard]] static bool is_open(const TcpConnection& connection);
  /// What this connection's TLS shows; nullptr: it is under none. Valid until the next call.
  [[nodiscard]] static const TlsWatch* find_tls(const TcpConnection& connection);
  /// Not all that this side sends inside TLS can be decrypted any more.
  [[nodiscard]] static bool is_blind(const TcpConnection& connection, unsigned side);
  /// Tells what would be unfinished if the captures ended here; not `at_end`: takes it back. The capture may
  /// go on afterwards.
  void tell_unfinished(TcpConnection& connection, const std::array<TcpStream, 2>& streams, bool at_end);

  /// Connections with payload in which no Ck was recognised.
  [[nodiscard]] std::uint64_t undecoded() const { return undecoded_; }
  /// Times that an unfinished frame, or what came before a connection's first frame, was dropped because all
  /// connections together held too much.
  [[nodiscard]] std::uint64_t frames_dropped() const { return frames_dropped_; }
  /// TLS connections that stayed shut, of those that are over.
  [[nodiscard]] const ShutServers& shut_servers() const { return shut_; }

 private:
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
    std::vector<StreamRun> runs;
    [[nodiscard]] std::size_t cost() const { return bytes.size() + sizeof(StreamRun) * runs.size(); }
  };
  /// Bytes of a direction that are not there, and that other captured packets speak of.
  struct Expected {
    std::uint64_t awaited = 0;    ///< the peer has acknowledged all before this offset; 0: that was told
    Position awaited_at;          ///< where it did
    std::uint64_t held_back = 0;  ///< bytes before this offset may soon be told; 0: they were
    Position held_back_at;
    std::uint64_t behind_hole = 0;  ///< of bytes that have come; before Ck is recognised
  };
  /// One direction of a connection: what one side sends, as far as it is framed.
  struct SenderStream {
    SenderStream(const NameTable& names, bool from_start) : framer(names, from_start) {}
    Framer framer;
    Few<std::uint8_t, 16> buffer;  ///< bytes that are not yet framed; few most of the time
    std::vector<StreamRun> runs;   ///< of the bytes in buffer, in order
    std::uint64_t offset = 0;      ///< stream offset of the first byte that is not yet framed
    std::size_t wanted = 0;        ///< so many contiguous bytes before asking the framer again
    Region skipped, malformed;
    Position last_message;           ///< frame 0: none was told
    std::uint64_t unread_told = 0;   ///< bytes in no message whose regions have ended
    std::unique_ptr<Unread> unread;  ///< nullptr: none
    std::uint64_t first = 0;         ///< stream offset of the first byte that the framer was given
    /// Gaps and cuts before recognition, with side and connection to be filled in; nullptr: none.
    std::unique_ptr<std::vector<StreamEvent>> early;
    [[nodiscard]] std::vector<StreamEvent> take_early() {
      const auto taken = std::move(early);
      return taken == nullptr ? std::vector<StreamEvent>() : std::move(*taken);
    }
    std::unique_ptr<Expected> expected;  ///< nullptr: nothing
    History::Place remembered = 0;       ///< its latest bytes in the history
    std::size_t tail = 0;        ///< if TLS begins now, so many of the last bytes in buffer belong to it
    unsigned slips_seen = 0;     ///< frames by a slip before the connection was known to be Ck's
    bool forgot_unread = false;  ///< at a bound
    bool hole = false;           ///< something was lost
    bool cut = false;            ///< by a snap length
    bool tls_decided = false;    ///< its first bytes have shown whether they are TLS
    bool pending = false;        ///< the sink was told that bytes are
  };
  /// A connection under TLS. The frames in `sides`, if any, are what was decrypted.
  struct Tls {
    TlsWatch watch;
    std::unique_ptr<TcpConnection> http2;    ///< as who reads HTTP/2 sees it; nullptr: it is none
    std::array<std::uint64_t, 2> offsets{};  ///< of the streams that carry the records
    std::array<std::uint64_t, 2> runs{};     ///< of records, so far
    std::array<std::uint64_t, 2> asked{};    ///< of how many of them it was asked what was decrypted
    std::array<bool, 2> blind{};             ///< of this side not all can be decrypted any more
    std::array<bool, 2> opened{};            ///< of this side something was decrypted
    bool told = false;                       ///< the handshake
    bool unreadable = false;                 ///< of a side, before anything was recognised
    ClientCertificate told_certificate = ClientCertificate::unknown;
  };
  struct CkConnection final : StreamContext {
    CkConnection(const NameTable& names, const std::array<bool, 2>& from_start)
        : sides{SenderStream(names, from_start[0]), SenderStream(names, from_start[1])} {}
    [[nodiscard]] bool is_open() const override {
      const bool inside = tls != nullptr && tls->http2 != nullptr && tls->http2->context != nullptr;
      return open || (inside && tls->http2->context->is_open());
    }
    std::array<SenderStream, 2> sides;
    std::unique_ptr<Tls> tls;  ///< else the frames are in clear
    bool open = false;         ///< told to the audit
    bool has_records = false;  ///< what looks like TLS from its middle on
    bool reset = false;
    unsigned zero_side = 0;  ///< as it was told
  };
  /// A direction that is being worked on, with all that is needed to tell of it.
  struct Work {
    TcpConnection& connection;
    CkConnection& ck;
    unsigned side;
    SenderStream& direction;
  };

  [[nodiscard]] std::size_t records_begin(const Work& work, Bytes bytes, const Position& at);
  [[nodiscard]] static std::size_t records_behind(SenderStream& direction, Bytes bytes);
  void begin_tls(const Work& work, Bytes bytes);
  void begin_records(const Work& work);
  void watch(const Work& work, Bytes bytes, const Position& at);
  [[nodiscard]] static const CkConnection* find_context(const TcpConnection& connection);
  [[nodiscard]] TcpConnection* find_http2(TcpConnection& connection) const;
  void begin_http2(const Work& work);
  [[nodiscard]] std::optional<TlsShut> is_shut(const Tls& tls) const;
  void end_tls(const TcpConnection& connection, const CkConnection& ck);
  void take_records(const Work& work, Bytes bytes, const Position& at);
  bool take_decrypted(const Work& work, const Position& at);
  void tell_handshake(const Work& work, bool at_end);
  [[nodiscard]] static bool is_unreadable(const Tls& tls, unsigned side, bool settled);
  [[nodiscard]] static bool stays_shut(const Tls& tls);
  [[nodiscard]] static bool is_shut_named(const CkConnection& ck);
  void look_for_unreadable(TcpConnection& connection, CkConnection& ck, unsigned going_on,
                           const Position& at);
  /// The same of a connection that is over.
  void look_for_unreadable(TcpConnection& connection, CkConnection& ck, const Position& at) {
    for (const unsigned side : {0U, 1U}) look_for_unreadable(connection, ck, side, at);
  }
  void take(const Work& work, Bytes bytes, const Position& at, BytesEnd end = BytesEnd::segment);
  [[nodiscard]] bool is_unread_full() const;
  bool take_foreign(const Work& work, Bytes bytes, const Position& at);
  CkConnection& context_of(TcpConnection& connection);
  Work work_of(TcpConnection& connection, unsigned side);
  void frame_next(const Work& work, Bytes bytes, const Position& at, BytesEnd end);
  std::size_t frame(const Work& work, Bytes bytes, BytesEnd end, std::span<const StreamRun> runs);
  void frame_buffer(const Work& work, BytesEnd end);
  void keep(const Work& work, Bytes bytes, const Position& at);
  void skip(const Work& work, Bytes rest, std::size_t size, const Position& at) {
    skip(work, rest, size, at, work.direction.runs);
  }
  void skip(const Work& work, Bytes rest, std::size_t size, const Position& at,
            std::span<const StreamRun> runs);
  [[nodiscard]] static Span span_of(const Work& work, SpanKind kind, Bytes bytes, const Position& at);
  void end_stream(const Work& work, const Position* cut_off_by);
  void interrupt(const Work& work);
  void tell_slip(const Work& work, Bytes bytes, const FrameAnswer& answer, const Position& at);
  void tell_message(const Work& work, Bytes bytes, const FrameAnswer& answer, const Position& at);
  void settle(const Work& work);
  [[nodiscard]] static bool shows_ck(const CkConnection& ck);
  void keep_unread(const Work& work, const FrameAnswer& answer, Bytes rest, std::span<const StreamRun> runs);
  void forget_unread(SenderStream& direction);
  Unread take_unread(SenderStream& direction);
  void read_again(const Work& work);
  void rewind(const Work& work, const Unread& unread);
  void drop_buffer(const Work& work);
  void open(const Work& work);
  void tell(const Work& work, StreamEvent event);
  void tell_regions(const Work& work);
  void tell_awaited(const Work& work);
  [[nodiscard]] static bool lacks(const TcpConnection& connection);
  void tell_lacking(TcpConnection& connection, const Position& at);
  void tell_read(TcpConnection& connection, const Position& at);
  void tell_over(const TcpConnection& connection, const Position& at);
  void tell_begun(const TcpConnection& connection, const CkConnection& ck, bool at_end);
  void tell_unrecognised(const TcpConnection& connection, UnrecognisedState state, const Position& at,
                         bool at_end = false);
  void look(const Work& work, OutlookKind kind, const Position& at, std::uint64_t bytes);
  void look_again(const Work& work, bool new_here = false);
  void tell_open_holes(const Work& work, const TcpStream& stream, bool at_end);
  Expected& expected_of(TcpConnection& connection, unsigned side);
  [[nodiscard]] static bool is_ahead(const CkConnection& ck, unsigned side, std::uint64_t offset);
  [[nodiscard]] static bool is_awaited(const CkConnection& ck, unsigned side);
  void end_connection(TcpConnection& connection, const Position* closed_at);
  [[nodiscard]] static const StreamRun& run_at(std::span<const StreamRun> runs, std::uint64_t offset);

  const NameTable& names_;
  Elsewhere elsewhere_;
  CkSink& sink_;
  StreamBudget& budget_;
  Payload scratch_;
  std::vector<std::uint8_t> gathered_;  ///< foreign bytes that were kept, and those that have come
  ConnectionKey decrypted_key_ = 0;     ///< the connection of which something was decrypted last
  Position decrypted_last_;             ///< and where
  History history_;                     ///< of what was framed in clear
  std::size_t all_unread_ = 0;
  std::uint64_t calls_ = 0;
  std::uint64_t undecoded_ = 0, frames_dropped_ = 0;
  TlsRecordSink* record_sink_ = nullptr;
  bool secrets_given_ = false;
  DecryptedSource* secrets_ = nullptr;
  Http2Sink* http2_sink_ = nullptr;
  ShutServers shut_;
};

}  // namespace ck::stream
