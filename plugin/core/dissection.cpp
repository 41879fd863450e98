// The first pass: segments to the streams, what the streams say to the audit and to the spans that are shown.
#include "core/dissection.h"

#include <utility>

namespace ck::plugin {
namespace {

constexpr std::size_t kMaxConnections = 262'144;
constexpr std::size_t kMaxPerDirection = 4u << 20, kMaxBuffered = 256u << 20;
/// So many segments of a connection under TLS are looked at before anything decrypted is Ck's: a handshake
/// with its certificates is shorter.
constexpr unsigned kMaxLooks = 64;

/// Nothing but an acknowledgement, of which nothing can be decrypted.
bool is_bare(const TcpSegment& segment) {
  return segment.payload.empty() && segment.missing == 0 && !segment.has(kTcpFin) && !segment.has(kTcpRst);
}

SliceKind slice_kind(SpanKind kind) {
  switch (kind) {
    case SpanKind::message:
      return SliceKind::message;
    case SpanKind::malformed:
      return SliceKind::malformed;
    case SpanKind::skipped:
      break;
  }
  return SliceKind::skipped;
}

/// Keys of exported connections of HTTP/2, apart from those of other PDUs.
constexpr ConnectionKey kHttp2Pdus = ConnectionKey{3} << 62;

/// Who is told of TCP's streams.
StreamSink& first_of(const std::unique_ptr<Rpcs>& rpcs, CkStreams& streams) {
  return rpcs != nullptr ? static_cast<StreamSink&>(rpcs->streams()) : streams;
}

}  // namespace

Dissection::Dissection(DissectionOptions options)
    : options_(std::move(options)),
      audit_(options_.audit, results_),
      budget_{.max_per_direction = kMaxPerDirection, .max_total = kMaxBuffered},
      streams_(options_.names, *this, budget_),
      rpcs_(make_rpcs(options_.schema, streams_.sink(), streams_, budget_)),
      table_({kMaxConnections, 0}, first_of(rpcs_, streams_), budget_),
      decoder_(closed_, other_, [](int) { return std::string(); }),
      pdus_(kMaxConnections, streams_),
      http2_pdus_(kMaxConnections, first_of(rpcs_, streams_), kHttp2Pdus) {
  streams_.set_secrets(this);
  if (rpcs_ != nullptr) streams_.set_http2_sink(&rpcs_->streams());
}

void Dissection::begin_packet(const Packet& packet) {
  in_packet_.clear();
  if (PacketDecoder::is_plain(packet)) return;  // neither tags nor tunnels
  TcpSegment segment;
  for (bool found = decoder_.decode(packet, segment); found; found = decoder_.next(segment)) {
    if (segment.tenant != 0) in_packet_.push_back(segment);
  }
}

void Dissection::begin_segment(SegmentAtHand& at_hand) {
  ++at_hand_;
  ++in_frame_;
  waited_ = false;
  TcpSegment& segment = at_hand.segment;
  frame_ = segment.at.frame;
  TcpTable::Name& name = at_hand.name = TcpTable::name_of(segment);
  table_.expect_now(name, segment);
  if (rpcs_ != nullptr) rpcs_->set_frame(frame_);
  for (const TcpSegment& one : in_packet_) {
    if (one.source == segment.source && one.destination == segment.destination &&
        one.sequence == segment.sequence)
      segment.tenant = one.tenant;
  }
  if (over_) return;
  const TcpConnection* connection = table_.find_connection(name, segment);
  const bool known = connection != nullptr;
  at_hand.under_tls = known && CkStreams::is_tls(*connection) && !segment.has(kTcpSyn) && !is_bare(segment);
  if (at_hand.under_tls) {
    at_hand.place = table_.find(name, segment);
    return;
  }
  if (!known || segment.has(kTcpSyn)) {
    segment.named =
        options_.is_named != nullptr && options_.is_named(segment.source.port, segment.destination.port);
  }
  const bool followed = segment.named || (known && connection->named);
  if (options_.by_content || followed) at_hand.place = table_.segment(name, segment);
}

bool Dissection::is_newly_recognised(const SegmentAtHand& at_hand) const {
  const TcpConnection* connection = at_hand.place.connection;
  return connection != nullptr && recognised_ == connection->key && !CkStreams::is_tls(*connection);
}

bool Dissection::begins_http2(const SegmentAtHand& at_hand) const {
  const TcpConnection* connection = at_hand.place.connection;
  return connection != nullptr && connection->application == Application::http2 && rpcs_ != nullptr &&
         rpcs_->begun_with_ck() == connection->key;
}

bool Dissection::is_http2(const SegmentAtHand& at_hand) const {
  const TcpConnection* connection = at_hand.place.connection;
  return rpcs_ != nullptr && connection != nullptr && connection->application == Application::http2;
}

void Dissection::keep_headers(const SegmentAtHand& at_hand, std::uint32_t frame, Bytes bytes) {
  const std::pair side{at_hand.place.connection->key, unsigned{at_hand.place.side}};
  bool at_frame = at_frame_.erase(side) != 0;
  const BeginningHeaders found = find_beginning_headers(bytes, at_frame);
  if (at_frame) at_frame_.insert(side);
  if (found.missing != 0) kept_headers_[frame] = found;
}

BeginningHeaders Dissection::kept_headers(std::uint32_t frame) const {
  const auto found = kept_headers_.find(frame);
  return found == kept_headers_.end() ? BeginningHeaders{} : found->second;
}

bool Dissection::tells_rpcs(const SegmentAtHand& at_hand) const {
  const TcpConnection* connection = at_hand.place.connection;
  if (connection == nullptr || rpcs_ == nullptr || at_hand.place.early) return false;
  return connection->application == Application::http2 || CkStreams::is_http2_in_tls(*connection);
}

bool Dissection::wants_handshake(const SegmentAtHand& at_hand) {
  const SegmentPlace& place = at_hand.place;
  TcpConnection* connection = place.connection;
  const TlsWatch* tls = connection == nullptr ? nullptr : CkStreams::find_tls(*connection);
  if (tls == nullptr || at_hand.segment.payload.empty()) return false;
  if (CkStreams::is_open(*connection)) return true;
  // What could not be decrypted from a side's first encrypted record on stays shut, unless other records show
  // that something can be: the handshakes behind those are looked at again.
  if (!connection->decrypts && tls->decrypted(place.side).hidden) return false;
  // A segment that has shown that this is TLS was told before.
  if (!at_hand.under_tls && tls->side(place.side).is_in_clear()) return false;
  if (place.in_order && !tls->may_hide_handshake(place.side, at_hand.segment.payload)) return false;
  if (connection->looks >= kMaxLooks) return false;
  ++connection->looks;
  return true;
}

void Dissection::note_decrypted(const SegmentAtHand& at_hand) {
  if (at_hand.place.connection != nullptr) at_hand.place.connection->decrypts = true;
}

void Dissection::end_segment(const SegmentAtHand& at_hand, const DecryptedHandshake& handshake) {
  TcpConnection* connection = at_hand.place.connection;
  if (connection != nullptr && CkStreams::is_tls(*connection) && !over_) {
    if (handshake.certificate || handshake.finished || handshake.hidden) keep_handshake(at_hand, handshake);
    doubt(at_hand);
  }
  if (at_hand.under_tls) table_.segment(at_hand.name, at_hand.segment);
  if (at_hand_ > 0) --at_hand_;
  if (at_hand_ == 0 && !recent_.empty()) keep_back();
}

/// What Wireshark decrypts of a stream may be a part only, out of step: behind a hole it may dissect nothing,
/// and from 4.4 on it keeps bytes back where others came twice.
void Dissection::doubt(const SegmentAtHand& at_hand) {
  TcpConnection& connection = *at_hand.place.connection;
  const unsigned side = at_hand.place.side;
  if (options_.keeps_back && at_hand.place.repeats) {
    DecryptedHandshake part;
    part.hidden = true;
    streams_.decrypted_handshake(connection, side, part);
  }
  if (at_hand.segment.payload.empty() || !CkStreams::is_open(connection)) return;
  if (!CkStreams::is_blind(connection, side)) return;
  // Nobody has the secrets of a named connection, then: that there is no Ck to see says enough.
  const auto anything = [&](unsigned of) {
    const CkStreams::Progress progress = streams_.progress(connection, of);
    return progress.framed > 0 || !progress.pending.empty();
  };
  if (!anything(0) && !anything(1) && !CkStreams::is_http2_in_tls(connection)) return;
  undecidable_.insert(at_hand.segment.at.frame);
  results_.blind(connection.key);
}

std::uint32_t Dissection::behind(const Position& at) {
  if (std::exchange(timed_frame_, at.frame) != at.frame) behind_s_ = passed_time_.behind(at.time_ns);
  return behind_s_;
}

void Dissection::end_frame(const Position& at) {
  last_ = at;
  at_hand_ = 0;
  in_frame_ = 0;
  in_packet_.clear();
  recognised_ = 0;
  if (!recent_.empty()) keep_back();
}

void Dissection::end_capture() {
  if (over_) return;
  over_ = true;
  pdus_.finish();
  http2_pdus_.finish();
  table_.finish();
  keep_back();
  fed_ = true;
}

// What the streams tell ----------------------------------------------------------------------------------

void Dissection::open(const ConnectionStart& start) {
  // Wireshark's HTTP/2 dissector keeps a connection of gRPC.
  if (start.rpcs) {
    rpc_connections_.emplace(start.key, start);
  } else {
    recognised_ = start.key;
    if (start.transport == Transport::tls) begun_.insert(start.key);
  }
  audit_.open(start);
  fed_ = true;
}

void Dissection::message(const Message& message) {
  Message told = message;
  if (message.method != nullptr) return keep_rpc_message(message);
  decode_payload(told.payload_bytes, told.spec, options_.names, payload_);
  told.payload = &payload_;
  results_.last_message = kNoMessage;
  audit_.message(told);
  fed_ = true;
}

/// A message is shown in the frame that completed it, whoever hands it over there.
void Dissection::keep_rpc_message(const Message& message) {
  Message told = message;
  const RpcMessage rpc = rpcs_->describe(message);
  rpcs_->decode(told.payload_bytes, rpc, options_.names, payload_);
  told.payload = &payload_;
  results_.last_message = kNoMessage;
  audit_.message(told);
  fed_ = true;
  auto call = std::make_unique<Delivery>();
  call->sender = rpc_connections_[message.connection].endpoints[message.sender];
  call->given = static_cast<std::uint32_t>(message.payload_bytes.size());
  call->digest = digest_of(message.payload_bytes);
  call->copy.assign(message.payload_bytes.begin(), message.payload_bytes.end());
  Slice slice{SliceKind::message, 0, call->given};
  slice.message = results_.last_message;
  slice.payload_size = call->given;
  call->slices.push_back(slice);
  call->rpc = std::make_shared<const RpcMessage>(rpc);
  calls_.add(message.at.frame, std::move(call));
}

void Dissection::rpc_ended(const RpcEnd& end) {
  audit_.rpc_ended(end);
  fed_ = true;
  if (end.outcome != RpcOutcome::failed) return;
  if (const RpcFacts* rpc = rpcs_->fail(end)) failures_[end.at.frame].push_back({rpc, end.result});
}

const std::vector<RpcFailure>* Dissection::failures(std::uint64_t frame) const {
  const auto found = failures_.find(frame);
  return found == failures_.end() ? nullptr : &found->second;
}

void Dissection::event(const StreamEvent& event) {
  audit_.event(event);
  fed_ = true;
}

void Dissection::tls_handshake(const TlsHandshake& handshake) {
  audit_.tls_handshake(handshake);
  fed_ = true;
}

void Dissection::close(ConnectionKey connection, const Position& at) {
  audit_.close(connection, at);
  fed_ = true;
}

void Dissection::span(const Span& span) {
  Recent& recent = recent_.emplace_back();
  recent.stream = {span.connection.key, span.side};
  recent.sender = span.connection.endpoints[span.side];
  recent.opener_known = span.connection.opener_known;
  recent.from_opener = span.side == span.connection.zero_side;
  recent.offset = span.offset;
  recent.begin = recent_bytes_.size();
  recent.size = span.bytes.size();
  recent.open = span.open;
  recent.at = span.at;
  recent.slice.kind = slice_kind(span.kind);
  recent.slice.size = static_cast<std::uint32_t>(span.bytes.size());
  recent.slice.slip = span.slip;
  recent.slice.payload_at = static_cast<std::uint32_t>(span.payload_at);
  recent.slice.payload_size = static_cast<std::uint32_t>(span.payload_size);
  if (span.kind == SpanKind::message) recent.slice.message = results_.last_message;
  for (const StreamRun& run : span.runs) {
    const bool inside = run.end > span.offset && run.at.frame < span.at.frame;
    if (span.kind == SpanKind::message && inside)
      recent.earlier.push_back(static_cast<std::uint32_t>(run.at.frame));
  }
  recent_bytes_.insert(recent_bytes_.end(), span.bytes.begin(), span.bytes.end());
  if (!ahead_.empty()) take_ahead(recent);
}

// The view "as if the capture ended here" ----------------------------------------------------------------

const Payload& Dissection::decode(Bytes payload, const MessageSpec* spec) {
  decode_payload(payload, spec, options_.names, payload_);
  return payload_;
}

const Payload& Dissection::decode(Bytes payload, const RpcMessage& message) {
  rpcs_->decode(payload, message, options_.names, payload_);
  return payload_;
}

void Dissection::look_ahead() {
  if (preview_made_ && !fed_) return;
  const auto now = std::chrono::steady_clock::now();
  // The GUI shows frames while it still reads: then the view may be a little behind, for a tenth of the time.
  if (preview_made_ && !over_ && now - preview_at_ < 10 * preview_cost_) return;
  const auto tell_unfinished = [this](bool at_end) {
    table_.for_each_active([&](TcpConnection& connection, const std::array<TcpStream, 2>& streams) {
      streams_.tell_unfinished(connection, streams, at_end);
    });
  };
  end_results_.findings.clear();
  end_results_.states.clear();
  tell_unfinished(true);
  audit_.finish(end_results_, last_);
  tell_unfinished(false);  // the capture may go on
  preview_made_ = true;
  fed_ = false;
  preview_at_ = std::chrono::steady_clock::now();
  preview_cost_ = preview_at_ - now;
}

}  // namespace ck::plugin
