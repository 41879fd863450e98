// Connections under TLS: their records are watched, and what was decrypted of them is framed in their stead.
#include <algorithm>
#include <utility>

#include "protocol/endian.h"
#include "stream/ck_stream.h"

namespace ck {
namespace {

/// So many bytes tell records from frames.
constexpr std::size_t kTellingBytes = 8;
/// Frames with something decrypted that are kept for when their segments are no longer put off.
constexpr std::size_t kMostDecryptedBefore = 512;

/// A record's header that is a frame's header, too, by its CommandCode.
bool may_be_frame(Bytes head) {
  return head.size() >= kTellingBytes && find_message(read_be16(head, 6)) != nullptr;
}

}  // namespace

bool CkStreams::is_tls(const TcpConnection& connection) {
  return connection.context != nullptr &&
         static_cast<const CkConnection&>(*connection.context).tls != nullptr;
}

bool CkStreams::is_blind(const TcpConnection& connection, unsigned side) {
  return is_tls(connection) && static_cast<const CkConnection&>(*connection.context).tls->blind[side];
}

/// Whether these bytes belong to records. While a direction's first bytes do not tell, they are kept and
/// neither framed nor watched: `begun` stays false.
bool CkStreams::carries_tls(const Work& work, Bytes bytes, const Position& at) {
  if (work.ck.tls != nullptr) return true;
  Direction& direction = work.direction;
  if (direction.begun) {
    // What came before was an authentication of the application's own, say.
    if (work.ck.open || starts_tls(bytes) != TlsGuess::yes) return false;
    begin_tls(work);
    return true;
  }
  std::vector<std::uint8_t> head = direction.buffer;
  head.insert(head.end(), bytes.begin(),
              bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), kTellingBytes)));
  TlsGuess guess = starts_tls(head);
  // In the middle of a stream records cannot be told from chance, unless the user has named the port.
  const bool middle = !work.connection.from_start[work.side];
  if (guess == TlsGuess::no && work.connection.named && middle && !may_be_frame(head))
    guess = starts_tls_record(head);
  if (guess == TlsGuess::more_bytes) {
    keep(work, bytes, at);
    return false;
  }
  if (guess == TlsGuess::yes && !work.ck.open) begin_tls(work);
  direction.begun = true;
  return work.ck.tls != nullptr;
}

/// What was kept so far belongs to records, unless it has been found to be something else.
void CkStreams::begin_tls(const Work& work) {
  work.ck.tls = std::make_unique<Tls>();
  for (unsigned side = 0; side < 2; ++side) {
    Direction& direction = work.ck.sides[side];
    const std::size_t kept = direction.buffer.size();
    if (direction.hole) work.ck.tls->watch.lost(side);
    if (direction.begun) {
      if (kept != 0)
        skip({work.connection, work.ck, side, direction}, direction.buffer, kept, direction.runs.front().at);
      forget_unread(direction);
      direction.framer = Framer(names_, work.connection.from_start[side]);
      if (work.connection.named) direction.framer.assume_ck();
    } else {
      std::size_t done = 0;
      for (const StreamRun& run : direction.runs) {
        const auto end = static_cast<std::size_t>(run.end - direction.offset);
        work.ck.tls->watch.data(side, Bytes(direction.buffer).subspan(done, end - done), run.at);
        done = end;
      }
    }
    work.ck.tls->offsets[side] = direction.offset + kept;
    budget_.total -= kept + sizeof(StreamRun) * direction.runs.size();
    direction.buffer.clear();
    direction.runs.clear();
    direction.first = direction.offset;
    direction.begun = true;
  }
  if (work.connection.named) open(work);
}

void CkStreams::take_records(const Work& work, Bytes bytes, const Position& at) {
  Tls& tls = *work.ck.tls;
  tls.offsets[work.side] += bytes.size();
  tls.watch.data(work.side, bytes, at);
  // Behind a hole what is decrypted may be only a part, or nothing.
  if (!take_decrypted(work, at) && tls.blind[work.side]) {
    StreamEvent event;
    event.kind = StreamEventKind::hole_seen;
    event.at = at;
    tell(work, event);
  }
  tell_handshake(work, false);
}

void CkStreams::set_decrypted(const DecryptedFrame* frame, const Position& at) {
  if (decrypted_ != nullptr) {
    decrypted_before_.emplace_back(decrypted_at_, *decrypted_);
    if (decrypted_before_.size() > kMostDecryptedBefore) decrypted_before_.pop_front();
  }
  decrypted_ = frame;
  decrypted_at_ = at;
}

/// What was decrypted in the frame `at`, once.
std::optional<DecryptedFrame> CkStreams::decrypted_in(const Position& at) {
  const auto is_there = [&at](const Position& there) {
    return there.frame == at.frame && there.capture == at.capture;
  };
  if (decrypted_ != nullptr && is_there(decrypted_at_)) return *std::exchange(decrypted_, nullptr);
  const auto found = std::find_if(decrypted_before_.begin(), decrypted_before_.end(),
                                  [&](const auto& one) { return is_there(one.first); });
  if (found == decrypted_before_.end()) return std::nullopt;
  DecryptedFrame out = std::move(found->second);
  decrypted_before_.erase(found);
  return out;
}

/// What was decrypted in the frame that is at hand: true when all of it was. Bytes that waited for a hole to
/// be given up come with the position of their own frame.
bool CkStreams::take_decrypted(const Work& work, const Position& at) {
  if (work.ck.tls == nullptr) return false;
  bool hidden = false;
  if (const std::optional<DecryptedFrame> frame = decrypted_in(at)) {
    hidden = frame->handshake.hidden;
    decrypted_handshake(work.connection, work.side, frame->handshake);
    for (const DecryptedPdu& pdu : frame->pdus) {
      for (unsigned side = 0; side < 2; ++side) {
        if (pdu.source != work.connection.endpoints[side] ||
            pdu.destination != work.connection.endpoints[1 - side]) {
          continue;
        }
        decrypted(work.connection, side, pdu.bytes, at);
        break;
      }
    }
  }
  return !hidden && decrypted_key_ == work.connection.key && decrypted_last_.frame == at.frame &&
         decrypted_last_.capture == at.capture;
}

void CkStreams::decrypted(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at) {
  const Work work = work_of(connection, side);
  if (work.ck.tls == nullptr) begin_tls(work);
  decrypted_key_ = connection.key;
  decrypted_last_ = at;
  // What comes next may be anything that follows later.
  if (work.ck.tls->blind[side]) work.direction.framer.lose_sync();
  take(work, bytes, at);
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
  if (tls == nullptr || !work.ck.open || !(at_end || tls->watch.is_final())) return;
  if (tls->told && tls->told_certificate != ClientCertificate::none) return;
  TlsHandshake handshake = tls->watch.verdict();
  if (tls->told && handshake.certificate == ClientCertificate::none) return;
  tls->told = true;
  tls->told_certificate = handshake.certificate;
  handshake.connection = work.connection.key;
  sink_.tls_handshake(handshake);
}

void CkStreams::pdu(TcpConnection& connection, unsigned side, Bytes bytes, const Position& at, bool is_ck) {
  const Work work = work_of(connection, side);
  work.direction.begun = true;
  if (is_ck) work.direction.framer.assume_ck();
  take(work, bytes, at);
  if (is_ck && !work.direction.buffer.empty()) interrupt(work);
}

}  // namespace ck
