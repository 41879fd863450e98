// Connections under TLS: their records are watched, and what was decrypted of them is framed in their stead.
#include <algorithm>
#include <utility>

#include "base/endian.h"
#include "stream/ck_stream.h"

namespace ck::stream {
namespace {

/// So many bytes tell records from frames.
constexpr std::size_t kTellingBytes = 8;
/// So far into a stream a ClientHello is looked for inside of segments, too: behind a proxy's line, say.
constexpr std::size_t kLongestGreeting = 4096;
/// Servers that are remembered, because Ck was decrypted there or because TLS stayed shut.
constexpr std::size_t kMaxServers = 65'536;

/// A record's header that is a frame's header, too, by its CommandCode.
bool may_be_frame(Bytes head) {
  return head.size() >= kTellingBytes && find_message(read_be16(head, 6)) != nullptr;
}

/// From the middle of a stream: enough to say that it may be TLS.
bool is_application_data(Bytes bytes) {
  constexpr std::uint8_t kApplicationData = 23;
  return bytes.front() == kApplicationData && starts_tls_record(bytes) == TlsGuess::yes;
}

/// `kept`, and the first of the `bytes` that follow it.
Few<std::uint8_t, 4 * kTellingBytes> joined(Bytes kept, Bytes bytes) {
  Few<std::uint8_t, 4 * kTellingBytes> out;
  out.append(kept);
  out.append(bytes.first(std::min(bytes.size(), 2 * kTellingBytes)));
  return out;
}

/// Of the two hellos that records begin with.
bool is_client_hello(Bytes head) {
  constexpr std::size_t kMessageType = 5;
  return head.size() > kMessageType && head[kMessageType] == 1;
}

}  // namespace

bool CkStreams::is_tls(const TcpConnection& connection) {
  return connection.tls && connection.application != Application::http2;
}

bool CkStreams::is_http2_in_tls(const TcpConnection& connection) {
  return is_tls(connection) && find_context(connection)->tls->http2 != nullptr;
}

const TlsWatch* CkStreams::find_tls(const TcpConnection& connection) {
  return is_tls(connection) ? &find_context(connection)->tls->watch : nullptr;
}

bool CkStreams::is_blind(const TcpConnection& connection, unsigned side) {
  return is_tls(connection) && find_context(connection)->tls->blind[side];
}

/// How many of these bytes come before the first record: all of them, while nothing shows that it is TLS.
/// While a direction's first bytes do not tell, they are kept and neither framed nor watched: `tls_decided`
/// stays false.
std::size_t CkStreams::records_begin(const Work& work, Bytes bytes, const Position& at) {
  SenderStream& direction = work.direction;
  if (work.ck.tls != nullptr) return 0;
  if (!work.ck.open && !work.connection.from_start[work.side] && is_application_data(bytes))
    work.ck.has_records = true;
  if (direction.tls_decided) return work.ck.open ? bytes.size() : records_behind(direction, bytes);
  direction.tail = direction.buffer.size();
  const auto head = joined(direction.buffer, bytes);
  TlsGuess guess = starts_tls(head);
  // In the middle of a stream records cannot be told from chance, unless the user has named the port.
  const bool middle = !work.connection.from_start[work.side];
  if (guess == TlsGuess::no && work.connection.named && middle && !may_be_frame(head))
    guess = starts_tls_record(head);
  if (guess == TlsGuess::more_bytes) {
    keep(work, bytes, at);
    return bytes.size();
  }
  if (guess == TlsGuess::yes && !work.ck.open) return 0;
  direction.tls_decided = true;
  return work.ck.open ? bytes.size() : records_behind(direction, bytes);
}

/// The same where other bytes came first: an authentication of the application's own, say.
std::size_t CkStreams::records_behind(SenderStream& direction, Bytes bytes) {
  direction.tail = 0;
  if (starts_tls(bytes) == TlsGuess::yes) return 0;
  if (direction.offset + direction.buffer.size() > kLongestGreeting) return bytes.size();
  // The record's header may have come in a segment of its own.
  const Bytes kept = direction.buffer;
  const Bytes last = kept.last(std::min(kept.size(), kTellingBytes));
  const std::size_t across = find_client_hello(joined(last, bytes));
  if (across < last.size()) {
    direction.tail = last.size() - across;
    return 0;
  }
  const Bytes searched = bytes.first(std::min(bytes.size(), kLongestGreeting));
  const std::size_t found = find_client_hello(searched);
  return found == searched.size() ? bytes.size() : found;
}

/// `bytes` are the next ones of work.side, and the first records begin with them or with what was kept
/// before. What was kept so far belongs to records, unless it has been found to be something else.
void CkStreams::begin_tls(const Work& work, Bytes bytes) {
  work.ck.tls = std::make_unique<Tls>();
  work.connection.tls = true;
  if (record_sink_ != nullptr) {
    const Bytes kept = work.direction.buffer;
    const auto head = joined(kept.last(std::min(kept.size(), work.direction.tail)), bytes);
    const bool whole = starts_tls(head) == TlsGuess::yes;
    const unsigned client = is_client_hello(head) ? work.side : 1 - work.side;
    record_sink_->begin(work.connection, whole ? client : work.connection.zero_side, whole);
  }
  for (unsigned side = 0; side < 2; ++side)
    begin_records({work.connection, work.ck, side, work.ck.sides[side]});
  if (work.connection.named) open(work);
}

void CkStreams::begin_records(const Work& work) {
  SenderStream& direction = work.direction;
  const std::size_t kept = direction.buffer.size();
  if (direction.hole) work.ck.tls->watch.lost(work.side);
  const std::size_t other = direction.tls_decided ? kept - std::min(kept, direction.tail) : 0;
  forget_unread(direction);
  if (other != 0) skip(work, direction.buffer, other, direction.runs.front().at);
  std::size_t done = other;
  for (const StreamRun& run : direction.runs) {
    const auto end = static_cast<std::size_t>(run.end - direction.offset);
    if (end <= done) continue;
    watch(work, Bytes(direction.buffer).subspan(done, end - done), run.at);
    done = end;
  }
  direction.framer = Framer(names_, work.connection.from_start[work.side]);
  if (work.connection.named) direction.framer.assume_ck();
  work.ck.tls->offsets[work.side] = direction.offset + kept;
  budget_.total -= kept + sizeof(StreamRun) * direction.runs.size();
  direction.buffer.clear();
  direction.runs.clear();
  direction.first = direction.offset;
  direction.tls_decided = true;
}

void CkStreams::watch(const Work& work, Bytes bytes, const Position& at) {
  Tls& tls = *work.ck.tls;
  tls.watch.data(work.side, bytes, at);
  const RecordsId id{work.connection.key, work.side, tls.runs[work.side]++};
  if (record_sink_ != nullptr) record_sink_->records(work.connection, id, bytes);
}

void CkStreams::take_records(const Work& work, Bytes bytes, const Position& at) {
  if (work.ck.tls == nullptr) begin_tls(work, bytes);
  Tls& tls = *work.ck.tls;
  tls.offsets[work.side] += bytes.size();
  look_for_unreadable(work.connection, work.ck, work.side, at);
  watch(work, bytes, at);
  // Behind a hole what is decrypted may be only a part, or nothing.
  if (!take_decrypted(work, at) && tls.blind[work.side]) {
    TcpConnection* http2 = find_http2(work.connection);
    if (http2 != nullptr) return http2_sink_->awaited(*http2, work.side, 0, at);
    StreamEvent event;
    event.kind = StreamEventKind::hole_seen;
    event.at = at;
    tell(work, event);
  }
  tell_lacking(work.connection, at);
  tell_handshake(work, false);
}

/// What was decrypted of the side's records so far: true when all that this frame brought was.
bool CkStreams::take_decrypted(const Work& work, const Position& at) {
  Tls& tls = *work.ck.tls;
  bool hidden = false;
  for (std::uint64_t& next = tls.asked[work.side]; next < tls.runs[work.side];) {
    const RecordsId id{work.connection.key, work.side, next++};
    const DecryptedRun* run = secrets_ != nullptr ? secrets_->decrypted(id, at) : nullptr;
    if (run == nullptr) continue;
    hidden = hidden || run->handshake.hidden;
    decrypted_handshake(work.connection, work.side, run->handshake);
    for (const DecryptedPdu& pdu : run->pdus) {
      for (const unsigned side : {0u, 1u}) {
        if (pdu.source != work.connection.endpoints[side] ||
            pdu.destination != work.connection.endpoints[1 - side])
          continue;
        pdu.http2 ? decrypted_http2(work.connection, side, pdu.bytes, at)
                  : decrypted(work.connection, side, pdu.bytes, at);
        break;
      }
    }
  }
  return !hidden && decrypted_key_ == work.connection.key && decrypted_last_.frame == at.frame &&
         decrypted_last_.capture == at.capture;
}

void CkStreams::decrypted(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at) {
  const Work work = work_of(connection, side);
  if (work.ck.tls == nullptr) begin_tls(work, {});
  const bool was_shut = connection.told_lacking && is_shut_named(work.ck);
  work.ck.tls->opened[side] = true;
  if (was_shut) tell_read(connection, at);
  decrypted_key_ = connection.key;
  decrypted_last_ = at;
  // What comes next may be anything that follows later.
  if (work.ck.tls->blind[side]) work.direction.framer.lose_sync();
  take(work, bytes, at);
}

void CkStreams::decrypted_http2(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at) {
  if (http2_sink_ == nullptr) return;
  const Work work = work_of(connection, side);
  if (work.ck.tls == nullptr) begin_tls(work, {});
  Tls& tls = *work.ck.tls;
  const bool was_shut = connection.told_lacking && is_shut_named(work.ck);
  tls.opened[side] = true;
  if (was_shut) tell_read(connection, at);
  decrypted_key_ = connection.key;
  decrypted_last_ = at;
  if (tls.http2 == nullptr) begin_http2(work);
  // What comes next may be anything that follows later.
  if (tls.blind[side]) http2_sink_->lost(*tls.http2, side, 0, 0, at);
  http2_sink_->data(*tls.http2, side, bytes, at);
  tell_handshake(work, false);
}

/// As who reads HTTP/2 inside TLS sees the connection; nullptr: nobody does.
TcpConnection* CkStreams::find_http2(TcpConnection& connection) const {
  const CkConnection* ck = find_context(connection);
  return ck == nullptr || ck->tls == nullptr ? nullptr : ck->tls->http2.get();
}

/// Gaps and cuts that were not told go along.
void CkStreams::begin_http2(const Work& work) {
  Tls& tls = *work.ck.tls;
  const TcpConnection& connection = work.connection;
  tls.http2 = std::make_unique<TcpConnection>();
  TcpConnection& http2 = *tls.http2;
  http2.endpoints = connection.endpoints;
  http2.key = connection.key;
  http2.transport = Transport::tls;
  http2.first = connection.first;
  http2.zero_side = connection.zero_side;
  http2.opener_known = connection.opener_known;
  http2.has_payload = true;
  http2.without_syn = connection.without_syn;
  unsigned client = connection.zero_side;
  for (const unsigned side : {0u, 1u}) {
    http2.from_start[side] = connection.from_start[side] && !work.ck.sides[side].hole;
    if (tls.watch.side(side).client_hello) client = side;
  }
  http2_sink_->begin(http2, client);
  for (const unsigned side : {0u, 1u}) {
    for (const StreamEvent& event : work.ck.sides[side].take_early()) {
      if (event.kind == StreamEventKind::gap)
        http2_sink_->lost(http2, side, event.bytes, event.bytes, event.at);
      if (event.kind == StreamEventKind::truncated_packet)
        http2_sink_->cut(http2, side, event.bytes, event.at);
    }
  }
}

void CkStreams::decrypted_handshake(TcpConnection& connection, unsigned side,
                                    const DecryptedHandshake& handshake) {
  const Work work = work_of(connection, side);
  if (work.ck.tls == nullptr) return;
  work.ck.tls->watch.decrypted(side, handshake);
  if (!handshake.hidden) return;
  work.ck.tls->blind[side] = true;
  work.direction.hole = true;
}

/// Tells the audit of the handshake, once that is final or nothing more follows; and of a certificate that
/// came later, or may have.
void CkStreams::tell_handshake(const Work& work, bool at_end) {
  Tls* tls = work.ck.tls.get();
  if (tls == nullptr || !work.ck.is_open() || !(at_end || tls->watch.is_final())) return;
  if (tls->told && tls->told_certificate != ClientCertificate::none) return;
  TlsHandshake handshake = tls->watch.verdict();
  if (tls->told && handshake.certificate == ClientCertificate::none) return;
  tls->told = true;
  tls->told_certificate = handshake.certificate;
  handshake.connection = work.connection.key;
  sink_.tls_handshake(handshake);
}

/// Of what this side sends inside TLS some cannot be read, and may be RPCs. `settled`: the other side has
/// gone on, so that no more of a handshake comes which would open it.
bool CkStreams::is_unreadable(const Tls& tls, unsigned side, bool settled) {
  const TlsRecords& records = tls.watch.side(side);
  const bool lost = records.missing || tls.blind[side];
  if (lost && (!tls.opened[side] || tls.http2 != nullptr)) return true;
  return settled && records.application_data && !tls.watch.decrypted(side).finished && !tls.opened[side];
}

/// The same as far as one side's records tell: up to TLS 1.2, application data come behind the handshake.
bool CkStreams::stays_shut(const Tls& tls) {
  constexpr std::uint16_t kTls12 = 0x0303;
  for (const unsigned side : {0U, 1U}) {
    const std::optional<std::uint16_t> version = tls.watch.side(side).version;
    if (version && *version <= kTls12) return is_unreadable(tls, 0, true) || is_unreadable(tls, 1, true);
  }
  return false;
}

/// Tells, once, of a connection on which nothing was recognised and of which some cannot be read. Over gRPC
/// an answer may go over another connection, and Ck may be in what stays shut.
void CkStreams::look_for_unreadable(TcpConnection& connection, CkConnection& ck, unsigned going_on,
                                    const Position& at) {
  if (ck.tls == nullptr || ck.tls->unreadable || (ck.is_open() && !is_shut_named(ck))) return;
  if (!is_unreadable(*ck.tls, 1 - going_on, true) && !is_unreadable(*ck.tls, going_on, false)) return;
  ck.tls->unreadable = true;
  const std::array<Address, 2> hosts{connection.endpoints[0].address, connection.endpoints[1].address};
  if (http2_sink_ != nullptr) sink_.unreadable({connection.key, hosts, at, false, true});
  tell_lacking(connection, at);
}

/// Why data of this connection could not be decrypted; nullopt: it was, or there was none.
std::optional<TlsShut> CkStreams::is_shut(const Tls& tls) const {
  bool shut = false, opened = false, missing = false, silent = false;
  std::optional<TlsRandom> random;
  for (const unsigned side : {0u, 1u}) {
    const TlsRecords& records = tls.watch.side(side);
    const DecryptedHandshake& decrypted = tls.watch.decrypted(side);
    const bool read = tls.opened[side] || decrypted.finished;
    // What follows a hole is not read either, and the gap says so.
    const bool hidden = !read || (decrypted.hidden && !records.missing);
    shut = shut || (hidden && (records.application_data || records.missing));
    opened = opened || read;
    missing = missing || records.missing;
    silent = silent || !records.first;
    if (records.random) random = records.random;
  }
  if (!shut) return std::nullopt;
  if (!secrets_given_) return TlsShut::no_secrets;
  if (silent) return TlsShut::one_direction;
  if (!random || (missing && !opened)) return TlsShut::no_handshake;
  if (secrets_ == nullptr) return TlsShut::failed;
  const TlsSecrets secrets = secrets_->secrets_of(*random);
  if (secrets.client != secrets.server) return TlsShut::one_side;
  return secrets.client || tls.opened[0] || tls.opened[1] ? TlsShut::failed : TlsShut::no_secret;
}

/// Counts a connection that stayed shut. Whether Ck was decrypted at its server, other connections may yet
/// show.
void CkStreams::end_tls(const TcpConnection& connection, const CkConnection& ck) {
  std::optional<TlsShut> shut;
  unsigned client = connection.zero_side;
  if (ck.tls != nullptr) {
    const TlsWatch& watch = ck.tls->watch;
    if (record_sink_ != nullptr) record_sink_->end(connection, watch);
    for (const unsigned side : {0u, 1u}) client = watch.side(side).client_hello ? side : client;
    shut = is_shut(*ck.tls);
  } else if (ck.has_records && !ck.open) {
    shut = secrets_given_ ? TlsShut::no_handshake : TlsShut::no_secrets;
  }
  const Endpoint& server = connection.endpoints[1 - client];
  if (ck.is_open() && ck.tls != nullptr && (ck.tls->opened[0] || ck.tls->opened[1])) shut_.add_opened(server);
  if (!shut) return;
  if (ck.is_open()) {
    ++shut_.counted.ours[static_cast<std::size_t>(*shut)];
  } else {
    shut_.add_shut(server, *shut, 1);
  }
}

void ShutServers::add_opened(const Endpoint& server) {
  if (opened_at.size() < kMaxServers) opened_at.insert(server);
}

void ShutServers::add_shut(const Endpoint& server, TlsShut shut, std::uint64_t count) {
  const std::pair key(server, shut);
  if (shut_at.size() < kMaxServers || shut_at.contains(key)) {
    shut_at[key] += count;
  } else {
    counted.others[static_cast<std::size_t>(shut)] += count;
  }
}

void ShutServers::add(const ShutServers& other) {
  for (std::size_t i = 0; i < kTlsShutReasons; ++i) {
    counted.ours[i] += other.counted.ours[i];
    counted.others[i] += other.counted.others[i];
  }
  for (const Endpoint& server : other.opened_at) add_opened(server);
  for (const auto& [key, count] : other.shut_at) add_shut(key.first, key.second, count);
}

ShutConnections ShutServers::connections() const {
  ShutConnections out = counted;
  for (const auto& [key, count] : shut_at) {
    const auto& [server, shut] = key;
    (opened_at.contains(server) ? out.ours : out.others)[static_cast<std::size_t>(shut)] += count;
  }
  return out;
}

void CkStreams::pdu(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at, bool is_ck) {
  const Work work = work_of(connection, side);
  work.direction.tls_decided = true;
  if (is_ck) work.direction.framer.assume_ck();
  take(work, bytes, at);
  if (!is_ck || work.direction.buffer.empty()) return;
  // Who exported it has seen what follows. A byte that stands alone behind a message is all of a slip.
  frame_buffer(work, BytesEnd::fin);
  if (!work.direction.buffer.empty()) interrupt(work);
}

}  // namespace ck::stream
