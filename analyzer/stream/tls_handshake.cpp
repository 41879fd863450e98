// Records are passed by without being held; of a message's body only the start is kept.
#include "stream/tls_handshake.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "base/endian.h"

namespace ck::stream {
namespace {

constexpr std::uint8_t kChangeCipherSpec = 20, kAlert = 21, kHandshake = 22, kApplicationData = 23;
constexpr std::uint8_t kClientHello = 1, kServerHello = 2, kCertificate = 11, kServerHelloDone = 14;
constexpr std::uint16_t kTls12 = 0x0303;
constexpr std::uint16_t kPreSharedKey = 41, kSupportedVersions = 43;
constexpr std::size_t kRecordHeader = 5, kMessageHeader = 4;
/// RFC 5246, 6.2.3: 2^14 bytes and what encryption may add.
constexpr std::size_t kMaxFragment = (1u << 14) + 2048;
/// A ServerHello with the largest key share in use is smaller.
constexpr std::size_t kMaxKept = 4096;
/// RFC 8446, 4.1.3: the Random that makes a ServerHello a HelloRetryRequest.
constexpr std::array<std::uint8_t, 32> kRetryRandom = {
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

/// Suites whose key exchange is a pre-shared key (IANA's registry, all that hold PSK below TLS 1.3).
bool is_psk_suite(std::uint16_t suite) {
  constexpr std::array<std::array<std::uint16_t, 2>, 9> kRanges = {{{0x002C, 0x002E},
                                                                    {0x008A, 0x0095},
                                                                    {0x00A8, 0x00B9},
                                                                    {0xC033, 0xC03B},
                                                                    {0xC064, 0xC071},
                                                                    {0xC08E, 0xC09B},
                                                                    {0xC0A4, 0xC0AB},
                                                                    {0xCCAB, 0xCCAE},
                                                                    {0xD001, 0xD005}}};
  return std::any_of(kRanges.begin(), kRanges.end(),
                     [suite](const auto& range) { return suite >= range[0] && suite <= range[1]; });
}

/// So many bytes of a handshake message's body are read.
std::size_t wanted_of(std::uint8_t message) {
  switch (message) {
    case kClientHello:
      return 2 + std::tuple_size_v<TlsRandom>;
    case kServerHello:
      return kMaxKept;
    case kCertificate:
      return 3;
    default:
      return 0;
  }
}

bool is_version(std::uint8_t major, std::uint8_t minor) {
  return major == 3 && minor <= 4;
}

}  // namespace

TlsGuess starts_tls_record(Bytes head) {
  if (head.empty()) return TlsGuess::more_bytes;
  if (head[0] < kChangeCipherSpec || head[0] > kApplicationData) return TlsGuess::no;
  if (head.size() > 1 && !is_version(head[1], head.size() > 2 ? head[2] : 0)) return TlsGuess::no;
  if (head.size() < kRecordHeader) return TlsGuess::more_bytes;
  const std::size_t size = read_be16(head, 3);
  return size != 0 && size <= kMaxFragment ? TlsGuess::yes : TlsGuess::no;
}

TlsGuess starts_tls(Bytes head) {
  const TlsGuess record = starts_tls_record(head);
  if (record == TlsGuess::no || (!head.empty() && head[0] != kHandshake)) return TlsGuess::no;
  if (record == TlsGuess::more_bytes) return record;
  if (head.size() > 5 && head[5] != kClientHello && head[5] != kServerHello) return TlsGuess::no;
  // The high byte of the message's length, which is small; in a frame of Ck the CommandCode's stands here.
  if (head.size() > 6 && head[6] != 0) return TlsGuess::no;
  return head.size() > 6 ? TlsGuess::yes : TlsGuess::more_bytes;
}

std::size_t find_client_hello(Bytes bytes) {
  // type, version, length; type, length; version
  constexpr std::size_t kTelling = kRecordHeader + kMessageHeader + 2;
  for (std::size_t from = 0; bytes.size() - from >= kTelling; ++from) {
    const void* const found = std::memchr(bytes.data() + from, kHandshake, bytes.size() - from);
    if (found == nullptr) break;
    from = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - bytes.data());
    const Bytes rest = bytes.subspan(from);
    if (rest.size() < kTelling) break;
    if (is_version(rest[1], rest[2]) && rest[5] == kClientHello && rest[6] == 0 &&
        read_be16(rest, 3) == read_be16(rest, 7) + kMessageHeader && is_version(rest[9], rest[10])) {
      return from;
    }
  }
  return bytes.size();
}

void TlsRecords::stop() {
  stopped_ = true;
  std::vector<std::uint8_t>().swap(kept_);
}

void TlsRecords::data(Bytes bytes, const Position& at) {
  if (!first && !bytes.empty()) first = at;
  while (!stopped_ && !bytes.empty()) {
    if (record_size_ < kRecordHeader) {
      record_[record_size_++] = bytes.front();
      bytes = bytes.subspan(1);
      if (record_size_ == kRecordHeader) begin_record();
      continue;
    }
    const Bytes part = bytes.first(std::min(fragment_, bytes.size()));
    bytes = bytes.subspan(part.size());
    fragment_ -= part.size();
    if (record_[0] == kHandshake && !change_cipher) {
      for (Bytes rest = part; !rest.empty() && !stopped_;) rest = handshake(rest, at);
    }
    if (fragment_ == 0) record_size_ = 0;
  }
}

void TlsRecords::begin_record() {
  fragment_ = read_be16(record_, 3);
  const bool known = record_[0] >= kChangeCipherSpec && record_[0] <= kApplicationData;
  if (!known || !is_version(record_[1], record_[2]) || fragment_ == 0 || fragment_ > kMaxFragment)
    return stop();
  application_data = application_data || record_[0] == kApplicationData;
  if (change_cipher) {
    if (record_[0] == kHandshake && encrypted_handshakes_ < 2) ++encrypted_handshakes_;
    return;
  }
  alert = alert || record_[0] == kAlert;
  if (record_[0] == kApplicationData) return stop();  // encrypted from here on
  if (record_[0] != kChangeCipherSpec) return;
  // After a HelloRetryRequest the second ServerHello, in clear, follows one that means nothing.
  if (retried_) return;
  change_cipher = true;
}

bool TlsRecords::may_hide_handshake(Bytes next, bool shows_types) const {
  if (stopped_) return !shows_types || !application_data;
  std::array<std::uint8_t, kRecordHeader> record = record_;
  std::size_t size = record_size_, fragment = fragment_;
  bool encrypted = change_cipher;
  while (!next.empty()) {
    while (size < kRecordHeader && !next.empty()) {
      record[size++] = next.front();
      next = next.subspan(1);
      if (size == kRecordHeader) fragment = read_be16(record, 3);
    }
    encrypted = encrypted || record[0] == kChangeCipherSpec;
    const bool shown = record[0] == kChangeCipherSpec || record[0] == kAlert ||
                       (record[0] == kHandshake && !encrypted) ||
                       (record[0] == kApplicationData && shows_types);
    if (!shown) return true;
    next = next.subspan(std::min(fragment, next.size()));
    size = 0;
  }
  return false;
}

/// Takes a part of a message, or of several; returns what is left.
Bytes TlsRecords::handshake(Bytes bytes, const Position& at) {
  if (message_size_ < kMessageHeader) {
    message_[message_size_++] = bytes.front();
    if (message_size_ == kMessageHeader) {
      body_ = read_be32(message_, 0) & 0xFF'FFFFu;
      kept_.clear();
      if (body_ == 0) end_message(at);
    }
    return bytes.subspan(1);
  }
  const Bytes part = bytes.first(std::min<std::size_t>(body_, bytes.size()));
  body_ -= static_cast<std::uint32_t>(part.size());
  const std::size_t wanted = wanted_of(message_[0]);
  const std::size_t room = wanted - std::min(wanted, kept_.size());
  kept_.insert(kept_.end(), part.begin(),
               part.begin() + static_cast<std::ptrdiff_t>(std::min(room, part.size())));
  if (body_ == 0) end_message(at);
  return bytes.subspan(part.size());
}

void TlsRecords::end_message(const Position& at) {
  message_size_ = 0;
  switch (message_[0]) {
    case kClientHello:
      if (client_hello) break;
      client_hello = at;
      if (kept_.size() == wanted_of(kClientHello)) {
        random.emplace();
        std::copy(kept_.begin() + 2, kept_.end(), random->begin());
      }
      break;
    case kServerHello:
      read_server_hello();
      break;
    case kCertificate:
      if (kept_.size() == 3) ((kept_[0] | kept_[1] | kept_[2]) != 0 ? certificate : no_certificate) = true;
      break;
    case kServerHelloDone:
      hello_done = true;
      break;
    default:
      break;
  }
  std::vector<std::uint8_t>().swap(kept_);
}

/// RFC 8446, 4.1.3. What is cut or does not fit leaves what was found so far.
void TlsRecords::read_server_hello() {
  constexpr std::size_t kRandom = 2, kSession = 34;
  const Bytes body = kept_;
  if (body.size() <= kSession) return;
  const std::size_t suite = kSession + 1 + body[kSession];
  if (body.size() < suite + 3) return;
  retried_ = std::equal(kRetryRandom.begin(), kRetryRandom.end(), body.begin() + kRandom);
  std::uint16_t chosen = read_be16(body, 0);
  pre_shared_key = is_psk_suite(read_be16(body, suite));
  // Behind the compression method and the extensions' common length.
  for (std::size_t at = suite + 5; at + 4 <= body.size();) {
    const std::uint16_t type = read_be16(body, at);
    const std::size_t size = read_be16(body, at + 2);
    at += 4;
    if (body.size() - at < size) break;
    if (type == kSupportedVersions && size == 2) chosen = read_be16(body, at);
    if (type == kPreSharedKey) pre_shared_key = true;
    at += size;
  }
  version = chosen;
}

void TlsWatch::decrypted(unsigned side, const DecryptedHandshake& handshake) {
  decrypted_[side].certificate |= handshake.certificate;
  decrypted_[side].finished |= handshake.finished;
  decrypted_[side].hidden |= handshake.hidden;
}

std::optional<TlsWatch::Ends> TlsWatch::ends() const {
  for (const unsigned side : {0u, 1u}) {
    if (sides_[side].client_hello || sides_[1 - side].version) return Ends{side, 1 - side};
  }
  return std::nullopt;
}

bool TlsWatch::may_hide_handshake(unsigned side, Bytes next) const {
  const std::uint16_t version = std::max(sides_[0].version.value_or(0), sides_[1].version.value_or(0));
  return sides_[side].may_hide_handshake(next, version != 0 && version <= kTls12);
}

bool TlsWatch::is_final() const {
  const auto found = ends();
  if (!found || !sides_[found->server].version) return false;
  const TlsRecords& server = sides_[found->server];
  if (server.pre_shared_key) return true;
  if (*server.version > kTls12) return decrypted_[found->client].finished;
  if (server.change_cipher && !server.hello_done) return true;
  return server.change_cipher && sides_[found->client].change_cipher;
}

TlsHandshake TlsWatch::verdict() const {
  TlsHandshake out;
  for (const TlsRecords& side : sides_) {
    if (side.first && (out.at.frame == 0 || side.first->frame < out.at.frame)) out.at = *side.first;
  }
  const auto found = ends();
  if (!found) return out;
  const TlsRecords& client = sides_[found->client];
  const TlsRecords& server = sides_[found->server];
  if (client.client_hello) out.at = *client.client_hello;
  out.version = server.version;
  if (!server.version || server.pre_shared_key) return out;
  const DecryptedHandshake& more = decrypted_[found->client];
  const bool whole = *server.version > kTls12
                         ? more.finished
                         : server.hello_done && server.change_cipher && client.change_cipher;
  // One that ends unfinished is judged by what it showed: a client that was asked for its certificate and has
  // none to show says so itself, before its ChangeCipherSpec.
  const bool ended = (closed_ || client.alert || server.alert) && !client.missing && !server.missing;
  const bool denied = *server.version <= kTls12 && client.no_certificate && client.change_cipher && ended;
  if (!whole && !denied) return out;
  if (client.certificate || more.certificate) {
    out.certificate = ClientCertificate::shown;
  } else if (!more.hidden && (more.finished || !(client.renegotiates() || server.renegotiates()))) {
    out.certificate = ClientCertificate::none;
  }
  return out;
}

}  // namespace ck::stream
