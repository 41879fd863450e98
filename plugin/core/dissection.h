// All that the plugin keeps while a file is open. What the streams say is decided from the segments
// themselves, by the rooms that ck-audit stands on (stream/, audit/); Wireshark's hand-over only decides what
// is shown where. Made when a file is opened and deleted when it is closed. No epan here; nothing here throws
// to its caller but for want of memory.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "audit/audit.h"
#include "core/audit_results.h"
#include "core/beginning_headers.h"
#include "core/delivery.h"
#include "core/rpcs.h"
#include "packet/ip.h"
#include "protocol/parameter_names.h"
#include "protocol/payload.h"
#include "stream/ck_stream.h"
#include "stream/decrypted.h"
#include "stream/passed_time.h"
#include "stream/pdu_table.h"
#include "stream/tcp_table.h"

namespace ck::plugin {

struct DissectionOptions {
  AuditOptions audit;
  NameTable names;
  bool wait = true;         ///< preference: have Wireshark put segments of a message together
  bool by_content = true;   ///< Ck is recognised on any port; else on named ones only
  bool keeps_back = false;  ///< Wireshark may keep bytes back that came in order
  /// What Wireshark puts together on the first pass it may not put together on a later one.
  bool copies = false;
  std::shared_ptr<const ProtoSchema> schema;  ///< how gRPC is read; nullptr: it is not
  /// Whether the user says that one of these ports is Ck's. nullptr: none is.
  bool (*is_named)(std::uint16_t source, std::uint16_t destination) = nullptr;
};

/// A segment while Wireshark dissects it.
struct SegmentAtHand {
  TcpSegment segment;
  TcpTable::Name name;
  SegmentPlace place;
  bool under_tls = false;  ///< its records are told once Wireshark has decrypted what it can
};

/// Bytes that Wireshark hands over.
struct DeliveryInput {
  Position at;
  Bytes bytes;
  bool can_wait = false;    ///< Wireshark can put segments together for us
  std::int64_t offset = 0;  ///< of the first byte, from the first one of the segment at hand; under TLS: none
  bool exported = false;    ///< under TLS: they are exported as they came
};

/// Bytes that one side sent inside TLS, as they came.
struct DecryptedExport {
  ConnectionKey connection = 0;
  std::vector<std::uint8_t> bytes;
};

class Dissection final : private CkSink, private DecryptedSource {
 public:
  explicit Dissection(DissectionOptions options);
  ~Dissection() override = default;
  Dissection(const Dissection&) = delete;
  Dissection& operator=(const Dissection&) = delete;

  // First pass, in the order of frames
  // ------------------------------------------------------------------------------

  /// The whole packet that comes next, as far as it was captured. What Wireshark makes of it is told by
  /// segments; the packet itself says behind which tags and tunnels they came.
  void begin_packet(const Packet& packet);
  /// A segment is about to be dissected, of which nothing else is known. What it completes in clear is
  /// decided when this returns.
  void begin_segment(SegmentAtHand& at_hand);
  /// Ck in clear was recognised on the segment's connection by this segment.
  [[nodiscard]] bool is_newly_recognised(const SegmentAtHand& at_hand) const;
  /// Ck over gRPC in clear was, and Wireshark can read HTTP/2 from here on.
  [[nodiscard]] bool begins_http2(const SegmentAtHand& at_hand) const;
  /// The segment's connection is HTTP/2 in clear, and may turn out to be Ck's.
  [[nodiscard]] bool is_http2(const SegmentAtHand& at_hand) const;
  /// Remembers the HEADERS frame that begins in `frame`, if one does. With the rest, it is HTTP/2's.
  void keep_headers(const SegmentAtHand& at_hand, std::uint32_t frame, Bytes bytes);
  /// Also on later passes.
  [[nodiscard]] BeginningHeaders kept_headers(std::uint32_t frame) const;
  /// What is decrypted of the segment's handshake records is worth looking at.
  [[nodiscard]] bool wants_handshake(const SegmentAtHand& at_hand);
  /// Bytes for our dissector, in clear or decrypted. nullptr: they are not Ck's, or not known to be.
  const Delivery* dissect(const SegmentAtHand& at_hand, const DeliveryInput& input);
  const Delivery* dissect_decrypted(const SegmentAtHand& at_hand, const DeliveryInput& input);
  /// Decrypted bytes of HTTP/2, before Wireshark's own dissector reads them. What they complete is decided
  /// when this returns.
  void read_http2(const SegmentAtHand& at_hand, const DeliveryInput& input);
  /// Wireshark's dissector wants more, and will be given `rest`, the last ones of those bytes, again.
  void keep_http2(const SegmentAtHand& at_hand, Bytes rest);
  /// The streams have told all messages over gRPC that the segment completes.
  [[nodiscard]] bool tells_rpcs(const SegmentAtHand& at_hand) const;
  /// HTTP/2 that we exported.
  void read_http2_pdu(const Endpoint& source, const Endpoint& destination, const DeliveryInput& input);
  /// A PDU that another program exported. `is_ck`: by that program's word.
  const Delivery* dissect_pdu(const Endpoint& source, const Endpoint& destination, bool is_ck,
                              const DeliveryInput& input);
  /// Position::behind_s of the frame at this position.
  std::uint32_t behind(const Position& at);
  /// The segment was dissected. `handshake`: what was decrypted of it.
  void end_segment(const SegmentAtHand& at_hand, const DecryptedHandshake& handshake);
  /// Something of the segment was decrypted.
  static void note_decrypted(const SegmentAtHand& at_hand);
  /// The frame at this position is over; no segment is at hand.
  void end_frame(const Position& at);
  /// The capture is over: whatever is held back is told.
  void end_capture();

  // Any pass
  // ---------------------------------------------------------------------------------------------------------

  Deliveries& calls() { return calls_; }
  /// Decodes into a buffer of its own; valid until the next call.
  const Payload& decode(Bytes payload, const MessageSpec* spec);
  const Payload& decode(Bytes payload, const RpcMessage& message);
  /// nullptr: no gRPC is read.
  [[nodiscard]] const Rpcs* rpcs() const { return rpcs_.get(); }
  /// What was decrypted in this frame, to be exported where is_begun() holds; nullptr: nothing.
  [[nodiscard]] const std::vector<DecryptedExport>* exports(std::uint64_t frame) const;
  /// Ck was recognised on the connection or a message of it began, and it is no HTTP/2.
  [[nodiscard]] bool is_begun(ConnectionKey connection) const { return begun_.count(connection) != 0; }
  /// RPCs that failed in this frame; nullptr: none.
  [[nodiscard]] const std::vector<RpcFailure>* failures(std::uint64_t frame) const;
  /// False: nothing over gRPC is to be shown in any frame from this one on.
  [[nodiscard]] bool rpcs_reach(std::uint64_t frame) const {
    return rpcs_ != nullptr && (calls_.reach(frame) || !failures_.empty());
  }
  /// False: no finding is about a frame from this one on and none of its messages, and Wireshark showed us
  /// all of their streams.
  [[nodiscard]] bool frame_findings_reach(std::uint64_t frame) const {
    return frame <= results_.findings.newest_frame || frame <= end_results_.findings.newest_frame ||
           !undecidable_.empty();
  }
  /// Brings end_results() up to date: what would hold if the capture ended here.
  void look_ahead();
  [[nodiscard]] const AuditResults& results() const { return results_; }
  /// Frames in which Wireshark showed us nothing of a stream that goes on.
  [[nodiscard]] bool is_undecidable(std::uint64_t frame) const { return undecidable_.count(frame) > 0; }
  [[nodiscard]] const EndResults& end_results() const { return end_results_; }

 private:
  using StreamKey = std::pair<ConnectionKey, unsigned>;  ///< a connection's side
  /// A span that no call has shown yet.
  struct Recent {
    StreamKey stream;
    Endpoint sender;  ///< and the rest of what a call says of who sent its bytes
    bool opener_known = false, from_opener = false;
    std::uint64_t offset = 0;
    std::size_t begin = 0, size = 0;  ///< in recent_bytes_
    bool open = false;
    Position at;
    Slice slice;                         ///< what is to be shown, but for its place in a call
    std::vector<std::uint32_t> earlier;  ///< frames of bytes that came before
    bool shown = false;
    bool ahead = false;  ///< it was shown in an earlier frame, when the bytes before it were not there
    /// Shown, on this pass alone, by this slice of a frame behind the one that completed it; nullptr: it is
    /// not.
    Delivery* late_call = nullptr;
    std::size_t late_slice = 0;
  };
  /// A message that was shown although bytes before it are missing. Once they are there, or given up, the
  /// audit is told of it.
  struct Ahead {
    std::uint64_t offset = 0;
    std::uint64_t frame = 0;
    Delivery* call = nullptr;
    std::size_t slice = 0;
  };
  /// How often Wireshark was asked for the rest of a message.
  struct Asked {
    std::uint64_t framed = 0;  ///< stream offset at which the message begins
    std::uint32_t times = 0;
  };
  /// What Wireshark decrypted of a segment that is put off. The streams are told of it with the segment.
  struct PutOff {
    const TcpConnection* connection = nullptr;
    StreamKey stream;
    DecryptedRun run;
    std::size_t size = 0;  ///< of all PDUs
    /// What was shown of it, and where each call begins among the decrypted bytes.
    std::vector<std::pair<Delivery*, std::int64_t>> calls;
  };

  void open(const ConnectionStart& start) override;
  void message(const Message& message) override;
  void event(const StreamEvent& event) override;
  void tls_handshake(const TlsHandshake& handshake) override;
  void rpc_ended(const RpcEnd& end) override;
  void unreadable(const UnreadableConnection& connection) override { audit_.unreadable(connection); }
  void unrecognised(const UnrecognisedConnection& connection) override { audit_.unrecognised(connection); }
  void close(ConnectionKey connection, const Position& at) override;
  void span(const Span& span) override;

  // DecryptedSource, for segments that were put off.
  const DecryptedRun* decrypted(const RecordsId& id, const Position& at) override;
  [[nodiscard]] TlsSecrets secrets_of(const TlsRandom& /*client*/) const override { return {}; }

  void keep_rpc_message(const Message& message);
  Delivery* make_call(const TcpConnection& connection, unsigned side, std::int64_t begin,
                      const DeliveryInput& input);
  void keep_bytes(const TcpSegment& segment, const DeliveryInput& input, Delivery& call) const;
  std::int64_t show_spans(const StreamKey& stream, std::int64_t begin, const DeliveryInput& input,
                          Delivery& call);
  static void show_alone(const std::vector<Recent*>& found, std::int64_t begin, const DeliveryInput& input,
                         Delivery& call);
  void show_pending(const StreamKey& stream, const CkStreams::Progress& progress, std::int64_t base,
                    std::int64_t end, const DeliveryInput& input, Delivery& call);
  [[nodiscard]] bool may_ask(const StreamKey& stream, std::uint64_t framed);
  bool show_ahead(const DeliveryInput& input, Delivery& call);
  [[nodiscard]] std::size_t given_again(const StreamKey& stream, Bytes bytes);
  PutOff& put_off(const SegmentAtHand& at_hand);
  const Delivery* dissect_put_off(const SegmentAtHand& at_hand, const DeliveryInput& input,
                                  std::size_t again);
  void keep_handshake(const SegmentAtHand& at_hand, const DecryptedHandshake& handshake);
  [[nodiscard]] static std::unique_ptr<Delivery> new_call(const TcpConnection& connection, unsigned side,
                                                          Bytes bytes);
  void remember_ahead(const StreamKey& stream, std::int64_t begin, std::uint64_t frame, Delivery& call);
  void take_ahead(Recent& recent);
  void keep_back();
  void doubt(const SegmentAtHand& at_hand);
  [[nodiscard]] Bytes bytes_of(const Recent& recent) const {
    return Bytes(recent_bytes_).subspan(recent.begin, recent.size);
  }

  DissectionOptions options_;
  AuditResults results_;
  Audit audit_;
  StreamBudget budget_;
  CkStreams streams_;
  std::unique_ptr<Rpcs> rpcs_;                                        ///< nullptr: no gRPC is read
  std::unordered_map<std::uint32_t, BeginningHeaders> kept_headers_;  ///< by frame
  std::set<std::pair<ConnectionKey, unsigned>> at_frame_;  ///< sides whose next bytes begin a frame of HTTP/2
  TcpTable table_;
  NameCounts closed_, other_;  ///< nobody asks for these here: Wireshark opens what it can
  PacketDecoder decoder_;
  std::vector<TcpSegment> in_packet_;  ///< those in the packet that is dissected that have a tenant
  PduTable pdus_, http2_pdus_;
  Payload payload_;
  Deliveries calls_;

  std::vector<Recent> recent_;
  std::vector<std::uint8_t> recent_bytes_;
  bool waited_ = false;       ///< more was asked for in the segment that is dissected
  std::size_t in_frame_ = 0;  ///< segments of the frame that is dissected, so far
  std::size_t at_hand_ = 0;   ///< segments that are being dissected, one inside the other
  ConnectionKey recognised_ = 0;
  std::map<StreamKey, std::vector<Ahead>> ahead_;
  std::map<std::uint64_t, PutOff> put_off_;  ///< by frame
  DecryptedRun released_;                    ///< the last one that was put off and is told
  std::uint64_t frame_ = 0;                  ///< that is dissected
  /// Decrypted bytes that Wireshark may give once more.
  struct Again {
    std::size_t size = 0;
    std::uint64_t digest = 0;
  };
  std::map<StreamKey, std::vector<Again>> again_;  ///< where it was asked to; the likeliest first
  std::map<StreamKey, std::vector<std::uint8_t>> again_http2_;  ///< the same of HTTP/2, as they are
  std::unordered_map<std::uint64_t, std::vector<DecryptedExport>> exports_;  ///< by frame
  std::unordered_set<ConnectionKey> begun_;
  std::unordered_map<ConnectionKey, ConnectionStart> rpc_connections_;
  std::unordered_map<std::uint64_t, std::vector<RpcFailure>> failures_;  ///< by frame
  std::map<StreamKey, Asked> asked_;               ///< of the streams that have begun a message
  std::unordered_set<std::uint64_t> undecidable_;  ///< frames
  Position last_;
  PassedTime passed_time_;
  std::uint64_t timed_frame_ = 0;  ///< the frame whose time it was told last, and what it said
  std::uint32_t behind_s_ = 0;
  bool over_ = false;

  EndResults end_results_{results_};
  bool preview_made_ = false;
  bool fed_ = false;  ///< the audit was told something since the end_results
  std::chrono::steady_clock::time_point preview_at_{};
  std::chrono::steady_clock::duration preview_cost_{};
};

}  // namespace ck::plugin
