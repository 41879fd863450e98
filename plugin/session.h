// All that the plugin keeps while a file is open: connections, what each call of the dissector decided, the
// audit and what it said. Made when a file is opened and deleted when it is closed. No epan here; nothing
// here throws to its caller.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "audit/audit.h"
#include "kept_bytes.h"
#include "protocol/framer.h"
#include "protocol/names.h"
#include "protocol/payload.h"
#include "store.h"
#include "stream_watch.h"

namespace ck::plugin {

enum class SliceKind : std::uint8_t { message, skipped, malformed, incomplete };

/// A run of bytes of one call, and what it is.
struct Slice {
  SliceKind kind = SliceKind::skipped;
  std::uint32_t begin = 0, size = 0;
  std::uint64_t message = kNoMessage;  ///< of a message: its index in the store
};

/// What one call of the dissector decided: enough to show the same again without deciding anew.
struct Call {
  std::uint64_t connection = 0;
  Side side = 0;
  std::uint32_t given = 0;            ///< bytes that the call was given
  std::uint64_t digest = 0;           ///< of those bytes
  std::uint64_t head_digest = 0;      ///< of those before wait_offset
  std::vector<std::uint8_t> carried;  ///< bytes of earlier segments that stand before them
  std::vector<Slice> slices;          ///< over carried and given bytes
  bool waits = false;                 ///< more bytes are needed:
  std::uint32_t wait_offset = 0;      ///< from here on, in given bytes
  std::uint32_t wait_length = 0;      ///< so many more
  bool kept_back = false;             ///< not a call: these bytes Wireshark kept back
  bool shown = false;                 ///< during the current dissection of its frame
};

/// What a call is about.
struct CallInput {
  Position at;
  Bytes bytes;
  bool claimed = false;              ///< not a heuristic: the user or an earlier frame said that this is Ck
  bool can_wait = false;             ///< Wireshark can put segments together for us
  bool kept_back = false;            ///< it does not hand them over
  std::optional<std::uint32_t> seq;  ///< sequence number of the first byte, where it is known
};

/// One direction of a connection, as far as framing goes.
struct Direction {
  std::uint64_t last_given = 0;  ///< frame in which bytes were given to us last
  std::optional<Framer> framer;
  StreamWatch watch;
  KeptBytes kept;                         ///< of a connection that is told, under TCP
  std::vector<std::uint8_t> carry;        ///< bytes not framed yet that Wireshark will not give again
  std::optional<std::uint32_t> next_seq;  ///< of the first byte that is not framed
  std::uint32_t pending = 0;              ///< bytes given but not framed: carried, or given again
  std::uint32_t pending_expected = 0;     ///< bytes of the frame that they begin
  Position pending_at;                    ///< of the first of them
  std::uint64_t skipped = 0;              ///< bytes of a run not told yet
  Position skipped_at;
  std::uint64_t malformed = 0;
  Position malformed_at;
  std::string_view slip;
  std::optional<Position> awaited;      ///< since then bytes are not there that were acknowledged
  bool shut = false;                    ///< its sender's window is closed
  std::optional<std::uint32_t> probed;  ///< the sequence number behind the last probe of a closed window
  bool lost = false;      ///< a hole was given up, or a packet was cut: Wireshark may dissect nothing more
  bool over = false;      ///< FIN reached, or RST
  bool repeated = false;  ///< bytes came twice, and Wireshark may keep others back
};

/// What the TLS handshake of a connection shows so far.
struct TlsFacts {
  Position at;                           ///< of the ClientHello, or the first TLS frame
  std::optional<Side> client;            ///< who sent it
  std::optional<std::uint16_t> version;  ///< that the ServerHello chose
  bool pre_shared_key = false, hello_done = false;
  std::array<bool, 2> change_cipher{};         ///< by Side
  std::array<bool, 2> hidden{};                ///< by Side: a record was not decrypted
  std::array<unsigned, 2> under_cipher{};      ///< by Side: handshake records behind its ChangeCipherSpec
  bool certificate = false, finished = false;  ///< the client's

  /// Nothing that follows can change the verdict.
  [[nodiscard]] bool is_final() const;
  [[nodiscard]] ClientCertificate verdict() const;
};

struct Connection {
  std::uint64_t key = 0;
  std::array<Endpoint, 2> endpoints;  ///< by Side
  bool opener_known = false;
  Position first;
  Transport transport = Transport::tcp;
  TlsFacts tls;                    ///< of the connection as TCP carries it
  bool tls_told = false;           ///< and of the one inside, that the audit knows them
  bool no_certificate = false;     ///< and thinks that the client has shown none
  bool named = false;              ///< a TLS stream on a port that the user named: Ck, decrypted or not
  bool told = false;               ///< Ck was recognised, and the audit knows
  std::vector<StreamEvent> early;  ///< gaps and cuts before that
  bool closed = false;
  std::array<Direction, 2> directions;

  /// What Wireshark decrypts of this side may be a part only, and out of step.
  [[nodiscard]] bool is_blind(Side side) const {
    return transport == Transport::tls && directions[side].repeated;
  }
};

struct SessionOptions {
  AuditOptions audit;
  NameTable names;
  bool wait = true;         ///< preference: put messages together that span segments
  bool keeps_back = false;  ///< Wireshark may keep bytes back that came in order
};

class Session {
 public:
  explicit Session(SessionOptions options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // First pass, in the order of frames
  // ------------------------------------------------------------------------------

  /// A new connection. `sender`'s packet is its first; `opens`: it is a SYN; `accepts`: a SYN with ACK.
  Connection& connect(const Endpoint& sender, const Endpoint& receiver, Position at, bool opens,
                      bool accepts);
  /// The TLS stream inside `plain`, when it is decrypted or (`named`) on a port that the user named.
  Connection& tls_of(const Connection& plain, bool named);
  /// A TCP segment of `side` is about to be dissected: the other side's bytes that it acknowledges were sent
  /// before it.
  void acknowledged(Connection& connection, Side side, const Segment& segment, Position at);
  /// A TCP segment, told after its payload was dissected, with what was captured of that.
  void segment(Connection& connection, Side side, const Segment& segment, Bytes payload, Position at);
  /// Tells the audit of `inside`, the TLS stream in `plain`, what its handshake shows, once that is final.
  void handshake(const Connection& plain, Connection& inside);
  /// Bytes for the dissector. nullptr: a heuristic found no Ck (yet).
  const Call* dissect(Connection& connection, Side side, const CallInput& input);
  /// The capture reached this time.
  void reached(std::int64_t time_ns) {
    if (time_ns != kNoTime) last_ns_ = time_ns;
  }

  // Any pass
  // ---------------------------------------------------------------------------------------------------------

  /// What the first pass decided for these bytes in this frame; nullptr: they were not ours. Bytes that end
  /// where the call began to wait are the call's too: once Wireshark has put segments together, it gives the
  /// rest in the frame that brings the last of it.
  Call* recall(std::uint64_t connection, Side side, std::uint64_t frame, Bytes bytes);
  /// What Wireshark kept back although a segment of this frame completed it, one call after the other;
  /// nullptr: no more.
  const Call* kept_back(std::uint64_t connection, std::uint64_t frame);
  /// The dissection of `frame` is over: its calls may be shown again.
  void end_frame(std::uint64_t frame);
  /// Decodes into a buffer of the session's; valid until the next call.
  const Payload& decode(Bytes payload, const MessageSpec* spec);
  /// Brings preview() up to date: what would hold if the capture ended here.
  void look_ahead();

  /// The messages of a frame, by index.
  [[nodiscard]] std::vector<std::uint64_t> messages_in(std::uint64_t frame) const;
  [[nodiscard]] const Store& store() const { return store_; }
  /// Frames in which Wireshark showed us nothing of a stream that goes on.
  [[nodiscard]] bool is_undecidable(std::uint64_t frame) const { return undecidable_.count(frame) > 0; }
  [[nodiscard]] const Preview& preview() const { return preview_; }

 private:
  void begin_direction(Connection& connection, Side side, const CallInput& input);
  bool align(Connection& connection, Side side, const CallInput& input, std::size_t& skip);
  std::uint32_t frame_bytes(Connection& connection, Side side, const CallInput& input, Bytes bytes,
                            Call& call);
  void wait(Direction& direction, const CallInput& input, Bytes bytes, std::uint32_t begin,
            std::size_t wanted, Call& call);
  void skip(Connection& connection, Direction& direction, Bytes rest, const CallInput& input, Slice slice,
            Call& call);
  std::uint64_t tell_message(Connection& connection, Side side, Bytes frame, Position at);
  void tell_start(Connection& connection);
  [[nodiscard]] bool keeps_back(const Connection& connection, Side side) const;
  void tell_regions(Connection& connection, Side side);
  void tell(Connection& connection, Side side, StreamEventKind kind, Position at, std::uint64_t bytes = 0,
            std::uint64_t expected = 0, std::string_view detail = {});
  void tell_unfinished(bool at_end);
  void lose(Connection& connection, Side side);
  void tell_hole(Connection& connection, Side side, const Hole& hole);
  void tell_awaited(Connection& connection, Side side);
  void tell_overdue(std::int64_t now_ns);
  void doubt(Connection& connection, Side side, Position at);
  void look_for_doubt(Connection& connection, Side side, const Segment& segment, Position at);
  void look_for_blindness(Connection& connection, Side side, const Segment& segment, Position at);
  void take_kept_back(Connection& connection, Side side, const Segment& segment, Bytes payload, Position at);
  void close(Connection& connection, Position at);
  void close_replaced(const std::array<Endpoint, 2>& endpoints, Position at);
  void end_direction(Connection& connection, Side side, Position at, bool by_reset);

  SessionOptions options_;
  Store store_;
  Audit audit_;
  Payload scratch_, payload_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::map<std::array<Endpoint, 2>, Connection*> told_;  ///< the last one that the audit knows, by its ends
  std::unordered_map<std::uint64_t, std::vector<std::unique_ptr<Call>>> calls_;  ///< by frame
  std::unordered_set<std::uint64_t> undecidable_;                                ///< frames
  bool any_kept_back_ = false;
  struct Waiting {
    Connection* connection = nullptr;
    Side side = 0;
    std::int64_t since_ns = 0;
  };
  std::deque<Waiting> awaited_;  ///< directions of which acknowledged bytes may still come
  std::int64_t last_ns_ = kNoTime;

  Preview preview_{store_};
  bool preview_made_ = false;
  bool fed_ = false;  ///< the audit was told something since the preview
  std::chrono::steady_clock::time_point preview_at_{};
  std::chrono::steady_clock::duration preview_cost_{};
};

}  // namespace ck::plugin
