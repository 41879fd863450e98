// The streams of an HTTP/2 connection, and gRPC's messages in them.
#include "grpc/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "grpc/content_type.h"
#include "grpc/status_names.h"
#include "grpc/tokens.h"

namespace ck::grpc {
namespace {

/// RPCs of one connection that are open at once; HTTP/2 servers allow some hundred.
constexpr std::size_t kMaxRpcs = 16'384;
/// SETTINGS that a side has sent and the other has not acknowledged.
constexpr std::size_t kMaxPending = 256;
/// What reading a side costs before it has said anything: a reader, and nghttp2's table.
constexpr std::size_t kReaderCost = 2048;
/// Bytes that certainly hide a request, as the audit counts.
constexpr std::uint64_t kHiddenRequest = 12;
/// What was asked for over HTTP/1.1 (RFC 7540, 3.2).
constexpr std::uint32_t kUpgradedStream = 1;
/// Streams that were reset and are still read; the other side hears of it within a round trip.
constexpr std::size_t kMaxReset = 64;
/// Events of a side before the connection is told.
constexpr std::size_t kMaxEarly = 64;

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// What "grpc-message" means: "%E2%82%AC" is one character.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
    const int low = high >= 0 ? digit_of(text[i + 2]) : -1;
    if (low < 0) {
      out.push_back(text[i]);
    } else {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return out;
}

/// Of a "grpc-status": nullopt where there is none, or none that is a number.
std::optional<unsigned> parse_status(std::string_view text) {
  unsigned status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return status;
}

std::string status_text(unsigned status, std::string_view message) {
  std::string text = fmt::format("grpc-status {}", status);
  if (status < kStatusNames.size()) text += fmt::format(" {}", kStatusNames[status]);
  if (!message.empty()) text += ": " + percent_decoded(message);
  return text;
}

Transport transport_of(Transport carrier) {
  if (carrier == Transport::exported_pdu) return carrier;
  return carrier == Transport::tls ? Transport::grpc_tls : Transport::grpc;
}

}  // namespace

GrpcStreams::Connection::Connection(GrpcStreams& streams, TcpConnection& connection, unsigned client)
    : streams_(streams), connection_(connection), client_(client), sides_{Side(*this, 0), Side(*this, 1)} {
  for (unsigned side = 0; side < 2; ++side) {
    sides_[side].reader = std::make_unique<Http2Reader>(side == client);
    count(sides_[side].counted, kReaderCost);
  }
}

GrpcStreams::Connection::~Connection() {
  streams_.budget_.total -= held_;
}

void GrpcStreams::Connection::data(unsigned side, Bytes bytes, const Position& at) {
  Side& from = sides_[side];
  now_ = at;
  if (from.reader != nullptr) {
    const bool read = from.reader->feed(bytes, at, from);
    count(from.counted, kReaderCost + from.reader->held());
    if (!read) lose(side, at);
  }
  if (from.reader == nullptr) {
    from.skipped += bytes.size();
    if (RpcWatcher* watching = watcher()) watching->unread(this->from(side, at), bytes);
    tell(StreamEventKind::skipped, side, at, bytes.size());
  }
  pass_over(side, bytes.size());
  keep_to_budget(at);
}

void GrpcStreams::Connection::pass_over(unsigned side, std::uint64_t bytes) {
  offset_[side] += bytes;
  look_again(side);
}

void GrpcStreams::Connection::held_back(unsigned side, std::uint64_t until, const Position& at) {
  if (until <= offset_[side] + 1) return;  // a FIN, at most
  held_until_[side] = std::max(held_until_[side], until);
  held_at_[side] = at;
  if (open_) return look(side);
  streams_.tell_unreadable(connection_, at);  // its first RPC of Ck may be among them
}

/// Whoever passes on what is said elsewhere is told what is held back here.
void GrpcStreams::Connection::look(unsigned side) {
  if (closed_) return;
  stream::Outlook outlook;
  outlook.kind = stream::OutlookKind::held_back;
  outlook.connection = connection_.key;
  outlook.side = static_cast<audit::Side>(as_told(side));
  outlook.at = held_at_[side];
  outlook.bytes = held_until_[side];
  streams_.sink_.outlook(outlook);
}

/// What was held back has come.
void GrpcStreams::Connection::look_again(unsigned side) {
  if (held_until_[side] == 0 || offset_[side] + 1 < held_until_[side]) return;
  held_until_[side] = 0;
  if (open_) look(side);
}

/// That the server grants it acknowledges the settings of the request (RFC 7540, 3.2.1).
void GrpcStreams::Connection::begin_upgraded(const UpgradedRequest& request, const Position& at) {
  if (request.table_size) sides_[1 - client_].reader->set_table_size(*request.table_size);
  sides_[client_].headers(kUpgradedStream, request.headers, false, at);
}

void GrpcStreams::Connection::take_upgraded(const UpgradedRequest& request, const Position& at) {
  now_ = at;
  if (!request.body.empty()) sides_[client_].data(kUpgradedStream, request.body, at);
  sides_[client_].data_ended(kUpgradedStream);
}

/// Whatever was asked may be answered where it cannot be read, and whatever is answered may have been asked
/// there.
void GrpcStreams::Connection::lose(unsigned side, const Position& at) {
  if (sides_[side].reader == nullptr) return;
  count(sides_[side].counted, 0);
  sides_[side].reader = nullptr;
  hole_[side] = true;
  ++streams_.counts_.unreadable_streams;
  if (RpcWatcher* watching = watcher()) watching->lost(from(side, at));
  tell(StreamEventKind::hole_seen, side, at);
  for (auto rpc = rpcs_.begin(); rpc != rpcs_.end();) {
    if (side != client_) tell_rpc_end(rpc->first, RpcOutcome::cancelled, {}, at);
    rpc->second.ended[side] = true;
    rpc = rpc->second.ended[1 - side] ? erase(rpc) : std::next(rpc);
  }
}

/// Counts so many bytes, for something that counted otherwise before.
void GrpcStreams::Connection::count(std::size_t& counted, std::size_t now) {
  streams_.budget_.total += now - counted;
  held_ += now - counted;
  counted = now;
}

/// With too much held in all streams together, this connection's is dropped.
void GrpcStreams::Connection::keep_to_budget(const Position& at) {
  if (held_ == 0 || streams_.budget_.total <= streams_.budget_.max_total) return;
  streams_.counts_.rpcs_dropped += rpcs_.size();
  for (const unsigned side : {0U, 1U}) lose(side, at);
  for (auto rpc = rpcs_.begin(); rpc != rpcs_.end();) rpc = erase(rpc);
}

std::map<std::uint32_t, Rpc>::iterator GrpcStreams::Connection::erase(
    std::map<std::uint32_t, Rpc>::iterator rpc) {
  count(rpc->second.counted, 0);
  return rpcs_.erase(rpc);
}

/// Tells the audit, or keeps it until there is Ck.
void GrpcStreams::Connection::tell(StreamEvent event, unsigned side) {
  if (closed_) return;
  if (!open_) {
    const bool hole = event.kind == StreamEventKind::gap || event.kind == StreamEventKind::hole_seen;
    if (hole || event.kind == StreamEventKind::truncated_packet)
      streams_.tell_unreadable(connection_, event.at);
    hole_[side] = hole_[side] || hole;
    if (early_[side].size() < kMaxEarly) early_[side].push_back(event);
    return;
  }
  event.connection = connection_.key;
  event.side = static_cast<audit::Side>(as_told(side));
  streams_.sink_.event(event);
}

void GrpcStreams::Connection::tell(StreamEventKind kind, unsigned side, const Position& at,
                                   std::uint64_t bytes) {
  StreamEvent event;
  event.kind = kind;
  event.at = at;
  event.bytes = bytes;
  tell(event, side);
}

void GrpcStreams::Connection::tell_end(StreamEventKind kind, unsigned side, const Position& at) {
  if (sides_[side].reader != nullptr) {
    for (const auto& [stream, rpc] : rpcs_) tell_truncated(rpc, side, at);
  }
  tell(kind, side, at);
}

/// The side says no more, in the middle of a message.
void GrpcStreams::Connection::tell_truncated(const Rpc& rpc, unsigned side, const Position& at) {
  const MessageReader& message = rpc.messages[side];
  const bool unwanted = side == client_ ? rpc.over : rpc.taken_back;
  if (rpc.ended[side] || !message.is_inside() || unwanted) return;
  StreamEvent event;
  event.kind = StreamEventKind::truncated_message;
  event.at = at;
  event.bytes = message.taken();
  event.expected = message.expected();
  tell(event, side);
}

/// An RPC of Ck has begun: the audit learns of the connection.
void GrpcStreams::Connection::open() {
  if (open_) return;
  open_ = true;
  zero_side_ = connection_.zero_side;
  ConnectionStart start;
  start.key = connection_.key;
  start.transport = transport_of(connection_.transport);
  start.rpcs = true;
  start.opener_known = connection_.opener_known;
  start.first = connection_.first;
  start.syns = connection_.syns();
  for (const audit::Side told : {audit::Side{0}, audit::Side{1}}) {
    const unsigned side = told == 0 ? zero_side_ : 1 - zero_side_;
    start.endpoints[told] = connection_.endpoints[side];
    start.seen_from_start[told] = connection_.from_start[side] && !connection_.without_syn[side] &&
                                  !hole_[side] && start.transport != Transport::exported_pdu;
  }
  streams_.sink_.open(start);
  for (const unsigned side : {0U, 1U}) {
    for (const StreamEvent& event : std::exchange(early_[side], {})) tell(event, side);
    if (held_until_[side] != 0) look(side);
  }
}

void GrpcStreams::Connection::begin_rpc(std::uint32_t stream, const Headers& headers) {
  const ContentType type = content_type_of(headers.content_type);
  const ProtoMethod* method = is_read(type) ? streams_.schema_.find(headers.path) : nullptr;
  if (type != ContentType::other && method == nullptr) ++streams_.counts_.other_rpcs;
  if (method == nullptr || stream <= last_begun_) return;
  last_begun_ = stream;
  open();
  if (rpcs_.size() >= kMaxRpcs) {
    ++streams_.counts_.rpcs_dropped;
    return;
  }
  Rpc& rpc = rpcs_[stream];
  count(rpc.counted, sizeof(Rpc));
  rpc.method = method;
  rpc.json.fill(type == ContentType::json);
  rpc.messages[client_].set_coding(parse_coding(headers.encoding));
  rpc.ended[1 - client_] = sides_[1 - client_].reader == nullptr;
  // What asks for the answer is none of Ck's messages: it is hidden, as bytes are that cannot be read.
  if (method->request == nullptr) sides_[client_].skipped += kHiddenRequest;
}

/// The request may still be on its way: a server need not have read it to refuse it.
void GrpcStreams::Connection::fail_rpc(std::uint32_t stream, Rpc& rpc, std::string result,
                                       const Position& at) {
  if (rpc.taken_back) return;  // and so it is
  rpc.failure = result;
  tell_rpc_end(stream, RpcOutcome::failed, std::move(result), at);
}

/// Also trailers. An answer that is no gRPC comes from something in between, which failed the request.
void GrpcStreams::Connection::take_answer_headers(std::uint32_t stream, Rpc& rpc, const Headers& headers,
                                                  const Position& at) {
  if (!headers.encoding.empty()) rpc.messages[1 - client_].set_coding(parse_coding(headers.encoding));
  if (headers.http_status.starts_with('1')) return;  // only informs; the answer is to come
  const std::optional<unsigned> status = parse_status(headers.status);
  if (status) {
    if (*status != 0) fail_rpc(stream, rpc, status_text(*status, headers.message), at);
    return;
  }
  if (headers.http_status.empty()) return;
  const ContentType type =
      headers.content_type.empty() ? ContentType::untold : content_type_of(headers.content_type);
  if (headers.http_status == "200" && is_read(type)) {
    rpc.json[1 - client_] = type == ContentType::json || (type == ContentType::untold && rpc.json[client_]);
    rpc.untold[1 - client_] = type == ContentType::untold;
    return;
  }
  rpc.foreign_answer = true;
  fail_rpc(stream, rpc, fmt::format("no answer of gRPC, HTTP status {}", headers.http_status), at);
}

void GrpcStreams::Connection::Side::headers(std::uint32_t stream, const Headers& headers, bool ends,
                                            const Position& at) {
  Connection& here = connection_;
  if (side_ == here.client_ && !headers.path.empty()) here.begin_rpc(stream, headers);
  const auto found = here.rpcs_.find(stream);
  RpcWatcher* const watching = found == here.rpcs_.end() ? nullptr : here.watcher();
  if (watching != nullptr) watching->headers(here.from(side_, at), stream, headers, ends);
  here.has_lists_ = true;
  if (found == here.rpcs_.end()) return;
  if (side_ != here.client_) here.take_answer_headers(stream, found->second, headers, at);
  if (ends) here.end_side(stream, side_);
}

void GrpcStreams::Connection::Side::data(std::uint32_t stream, Bytes bytes, const Position& at) {
  const auto found = connection_.rpcs_.find(stream);
  if (found == connection_.rpcs_.end()) return;
  Rpc& rpc = found->second;
  if (RpcWatcher* watching = connection_.watcher())
    watching->data(connection_.from(side_, at), stream, bytes);
  connection_.take(stream, rpc, side_, bytes, at);
  connection_.count(rpc.counted,
                    sizeof(Rpc) + rpc.failure.size() + rpc.messages[0].held() + rpc.messages[1].held());
}

void GrpcStreams::Connection::take(std::uint32_t stream, Rpc& rpc, unsigned side, Bytes bytes,
                                   const Position& at) {
  const ProtoMessage* type = side == client_ ? rpc.method->request : rpc.method->response;
  if (type == nullptr || rpc.ended[side] || (side != client_ && rpc.foreign_answer)) return;
  RawMessage message;
  while (rpc.messages[side].next(bytes, message)) {
    // The JSON decoder takes what a frame of Appendix I may carry.
    const bool too_large =
        message.too_large || (rpc.is_json(side, message.bytes) && message.bytes.size() > kMaxPayload);
    if (message.unknown || too_large) {
      ++(too_large ? streams_.counts_.too_large : streams_.counts_.unknown_codings);
      tell_unread(stream, side, message, at);
    } else {
      tell_message(stream, rpc, side, message, at);
    }
    if (bytes.empty()) break;
  }
  rpc.messages[side].let_go();
}

/// A message hides in bytes that cannot be read here, as behind a hole.
void GrpcStreams::Connection::tell_unread(std::uint32_t stream, unsigned side, const RawMessage& raw,
                                          const Position& at) {
  sides_[side].skipped += raw.size;
  tell(StreamEventKind::skipped, side, at, raw.size);
  tell(StreamEventKind::hole_seen, side, at);
  if (side != client_) tell_rpc_end(stream, RpcOutcome::cancelled, {}, at);
}

void GrpcStreams::Connection::tell_message(std::uint32_t stream, const Rpc& rpc, unsigned side,
                                           const RawMessage& raw, const Position& at) {
  const ProtoMessage* type = side == client_ ? rpc.method->request : rpc.method->response;
  Message message;
  message.connection = connection_.key;
  message.sender = static_cast<audit::Side>(as_told(side));
  message.at = at;
  message.command = type->spec->code();
  message.spec = type->spec;
  message.payload_bytes = raw.bytes;
  message.stream = stream;
  message.proto = rpc.is_json(side, raw.bytes) ? nullptr : type;
  message.method = rpc.method;
  message.trouble = raw.trouble;
  message.unread = sides_[1 - side].skipped;
  streams_.sink_.coming(connection_.key);
  streams_.sink_.message(message);
  if (side != client_) return;
  if (!rpc.failure.empty()) {
    tell_rpc_end(stream, RpcOutcome::failed, rpc.failure, at);
  } else if (rpc.ended[1 - client_] || stream > last_served_) {
    // The server has ended it, or has said that it goes, before this was there; or nothing of it can be read.
    tell_rpc_end(stream, RpcOutcome::cancelled, {}, at);
  }
}

void GrpcStreams::Connection::tell_rpc_end(std::uint32_t stream, RpcOutcome outcome, std::string result,
                                           const Position& at) {
  RpcEnd end;
  end.connection = connection_.key;
  end.asker = static_cast<audit::Side>(as_told(client_));
  end.at = at;
  end.stream = stream;
  end.outcome = outcome;
  end.result = std::move(result);
  streams_.sink_.rpc_ended(end);
}

void GrpcStreams::Connection::Side::data_ended(std::uint32_t stream) {
  RpcWatcher* watching = connection_.watcher();
  if (watching != nullptr && connection_.rpcs_.count(stream) != 0)
    watching->data_ended(connection_.from(side_, connection_.now_), stream);
  connection_.end_side(stream, side_);
}

void GrpcStreams::Connection::end_side(std::uint32_t stream, unsigned side) {
  const auto found = rpcs_.find(stream);
  if (found == rpcs_.end()) return;
  tell_truncated(found->second, side, now_);
  found->second.ended[side] = true;
  found->second.over = found->second.over || side != client_;
  if (found->second.ended[0] && found->second.ended[1]) let_go(found, now_);
}

/// Nothing more of it will be told.
std::map<std::uint32_t, Rpc>::iterator GrpcStreams::Connection::let_go(
    std::map<std::uint32_t, Rpc>::iterator rpc, const Position& at) {
  if (rpc->second.taken_back) tell_rpc_end(rpc->first, RpcOutcome::cancelled, {}, at);
  return erase(rpc);
}

/// A server that has answered may reset what it does not want to hear any more (RFC 9113, 8.1).
void GrpcStreams::Connection::Side::reset(std::uint32_t stream, std::uint32_t code, const Position& at) {
  constexpr std::uint32_t kRefusedStream = 7;  // nobody looked at it; it may be asked again
  Connection& here = connection_;
  const auto found = here.rpcs_.find(stream);
  if (found == here.rpcs_.end()) return;
  if (RpcWatcher* watching = here.watcher()) watching->reset(here.from(side_, at), stream, code);
  Rpc& rpc = found->second;
  if (side_ == here.client_) {
    here.tell_rpc_end(stream, rpc.ended[1 - side_] ? RpcOutcome::cancelled : RpcOutcome::taken_back, {}, at);
    rpc.taken_back = true;
  } else {
    if (code == kRefusedStream) {
      here.tell_rpc_end(stream, RpcOutcome::cancelled, {}, at);
    } else if (!rpc.ended[side_]) {
      here.fail_rpc(stream, rpc, "the stream was reset without a grpc-status", at);
    }
    rpc.over = true;
  }
  rpc.ended[side_] = true;
  if (!rpc.ended[1 - side_]) return here.keep_reset(stream);
  here.let_go(found, at);
}

/// What the other side sends before it hears of it is read, and nobody owes an answer.
void GrpcStreams::Connection::keep_reset(std::uint32_t stream) {
  reset_.push_back(stream);
  if (reset_.size() <= kMaxReset) return;
  const auto oldest = rpcs_.find(reset_.front());
  if (oldest != rpcs_.end()) let_go(oldest, now_);
  reset_.pop_front();
}

/// What a server did not look at may be asked again elsewhere. A client's says only that it is about to go.
void GrpcStreams::Connection::Side::goaway(std::uint32_t last, const Position& at) {
  Connection& here = connection_;
  if (side_ == here.client_) return;
  if (RpcWatcher* watching = here.watcher()) watching->goaway(here.from(side_, at), last);
  here.last_served_ = std::min(here.last_served_, last);
  for (auto rpc = here.rpcs_.upper_bound(last); rpc != here.rpcs_.end(); rpc = here.erase(rpc))
    here.tell_rpc_end(rpc->first, RpcOutcome::cancelled, {}, at);
}

/// What nobody acknowledges is not kept for ever: then the tables are not known any more.
void GrpcStreams::Connection::Side::settings() {
  pending_.emplace_back();
  if (pending_.size() <= kMaxPending) return;
  pending_.pop_front();
  connection_.lose(1 - side_, connection_.now_);
}

void GrpcStreams::Connection::Side::settings_acknowledged() {
  std::deque<std::optional<std::uint32_t>>& set = connection_.sides_[1 - side_].pending_;
  if (set.empty()) return;
  const std::optional<std::uint32_t> size = set.front();
  set.pop_front();
  if (size && reader != nullptr) reader->set_table_size(*size);
}

void GrpcStreams::Connection::end(const Position* closed_at) {
  for (const unsigned side : {0U, 1U}) {
    if (std::exchange(held_until_[side], 0) != 0 && open_) look(side);
  }
  if (open_ && !closed_ && closed_at != nullptr) streams_.sink_.close(connection_.key, *closed_at);
  closed_ = true;
}

}  // namespace ck::grpc
