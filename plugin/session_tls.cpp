// The session's TLS streams: the stream inside a connection, and what its handshake shows.
#include "session.h"

namespace ck::plugin {
namespace {

constexpr std::uint16_t kTls12 = 0x0303;

}  // namespace

bool TlsFacts::is_final() const {
  if (!client || !version) return false;
  if (pre_shared_key) return true;
  if (*version > kTls12) return finished;
  return change_cipher[0] && change_cipher[1];
}

ClientCertificate TlsFacts::verdict() const {
  if (!is_final() || pre_shared_key) return ClientCertificate::unknown;
  // Below TLS 1.3 only a full handshake has a ServerHelloDone.
  if (*version <= kTls12 && !hello_done) return ClientCertificate::unknown;
  if (certificate) return ClientCertificate::shown;
  // Behind the client's Finished, a handshake that cannot be read may show one.
  if (*version <= kTls12 && !finished && under_cipher[*client] > 1) return ClientCertificate::unknown;
  return hidden[*client] ? ClientCertificate::unknown : ClientCertificate::none;
}

void Session::handshake(const Connection& plain, Connection& inside) {
  for (const Side side : {Side{0}, Side{1}}) {
    inside.directions[side].lost = inside.directions[side].lost || plain.tls.hidden[side];
  }
  if (!(inside.told || inside.named) || inside.closed || !plain.tls.is_final()) return;
  tell_start(inside);
  // What is missing before Ck was recognised, the audit does not know of.
  const bool lost = plain.directions[0].lost || plain.directions[1].lost;
  ClientCertificate certificate = plain.tls.verdict();
  if (certificate == ClientCertificate::none && (lost || inside.is_blind(*plain.tls.client)))
    certificate = ClientCertificate::unknown;
  const bool later = inside.no_certificate && certificate != ClientCertificate::none;
  if (inside.tls_told && !later) return;
  inside.tls_told = true;
  TlsHandshake told;
  told.connection = inside.key;
  told.at = plain.tls.at;
  told.version = plain.tls.version;
  told.certificate = certificate;
  inside.no_certificate = told.certificate == ClientCertificate::none;
  audit_.tls_handshake(told);
  fed_ = true;
}

}  // namespace ck::plugin
