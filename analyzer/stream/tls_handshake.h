// TLS as far as it can be read without secrets (RFC 5246, RFC 8446): records, the handshake messages in
// clear, and what a handshake shows of its version and of the client's certificate.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "audit/event.h"
#include "base/bytes.h"

namespace ck::stream {

/// A hello's Random, by which a key log names a connection.
using TlsRandom = std::array<std::uint8_t, 32>;

enum class TlsGuess : std::uint8_t { no, more_bytes, yes };

/// Whether a stream that starts with `head` is TLS: a record with a ClientHello or a ServerHello.
TlsGuess starts_tls(Bytes head);
/// Whether `head`, from anywhere in a stream, can be the start of a TLS record. Weak: only for connections on
/// which Ck in clear is not to be seen.
TlsGuess starts_tls_record(Bytes head);
/// Where a ClientHello begins in bytes that begin otherwise: behind a greeting, or a proxy's line.
/// `bytes.size()` when there is none.
std::size_t find_client_hello(Bytes bytes);

/// One direction's records, up to where they are encrypted. Holds no more than the part of a ServerHello that
/// is wanted.
class TlsRecords {
 public:
  /// The stream's next bytes.
  void data(Bytes bytes, const Position& at);
  /// Bytes are missing: where the next record starts is not known.
  void lost() {
    missing = true;
    stop();
  }

  std::optional<Position> client_hello;  ///< the frame that completed the first one
  std::optional<Position> first;         ///< of the first byte
  std::optional<TlsRandom> random;       ///< of the first ClientHello
  bool application_data = false;         ///< a record of it, which under TLS 1.3 may hold anything encrypted
  std::optional<std::uint16_t> version;  ///< that a ServerHello chose
  bool pre_shared_key = false;           ///< that a ServerHello chose: by suite or extension
  bool certificate = false;              ///< a Certificate message that is not empty
  bool no_certificate = false;           ///< one that is
  bool alert = false;                    ///< one in clear
  bool hello_done = false;               ///< ServerHelloDone, which only a full handshake has
  bool change_cipher = false;
  bool missing = false;  ///< lost() was told
  /// All that was told is in clear, and where the next record begins is known.
  [[nodiscard]] bool is_in_clear() const { return !stopped_ && !change_cipher; }
  /// Whether the stream's next bytes may hold some of a handshake message that only who decrypts it can read.
  /// `shows_types`: up to TLS 1.2 an encrypted record says what it holds.
  [[nodiscard]] bool may_hide_handshake(Bytes next, bool shows_types) const;
  /// A handshake record behind Finished, which is the first one that is encrypted: a renegotiation, below TLS
  /// 1.3.
  [[nodiscard]] bool renegotiates() const { return encrypted_handshakes_ > 1; }

 private:
  void stop();
  void begin_record();
  Bytes handshake(Bytes bytes, const Position& at);
  void end_message(const Position& at);
  void read_server_hello();

  std::array<std::uint8_t, 5> record_{};
  std::size_t record_size_ = 0;  ///< bytes of the record header that are there
  std::size_t fragment_ = 0;     ///< bytes of the record that are still to come
  std::array<std::uint8_t, 4> message_{};
  std::size_t message_size_ = 0;
  std::uint32_t body_ = 0;                 ///< bytes of the message's body that are still to come
  std::vector<std::uint8_t> kept_;         ///< the start of the body
  std::uint8_t encrypted_handshakes_ = 0;  ///< records of handshake behind ChangeCipherSpec; at most 2
  bool retried_ = false;                   ///< the last ServerHello was a HelloRetryRequest
  bool stopped_ = false;
};

/// Handshake messages of one frame that were decrypted.
struct DecryptedHandshake {
  bool certificate = false;  ///< a Certificate that is not empty
  bool finished = false;
  bool hidden = false;  ///< and a record of TLS 1.3 that was not
};

/// Both directions of a connection.
class TlsWatch {
 public:
  void data(unsigned side, Bytes bytes, const Position& at) { sides_[side].data(bytes, at); }
  void lost(unsigned side) { sides_[side].lost(); }
  void decrypted(unsigned side, const DecryptedHandshake& handshake);
  /// The connection was closed.
  void close() { closed_ = true; }

  [[nodiscard]] const TlsRecords& side(unsigned side) const { return sides_[side]; }
  [[nodiscard]] const DecryptedHandshake& decrypted(unsigned side) const { return decrypted_[side]; }

  /// As of TlsRecords.
  [[nodiscard]] bool may_hide_handshake(unsigned side, Bytes next) const;
  /// Nothing that follows can change the verdict.
  [[nodiscard]] bool is_final() const;
  /// `connection` is left to the caller.
  [[nodiscard]] TlsHandshake verdict() const;

 private:
  struct Ends {
    unsigned client = 0, server = 1;
  };
  [[nodiscard]] std::optional<Ends> ends() const;

  std::array<TlsRecords, 2> sides_;
  std::array<DecryptedHandshake, 2> decrypted_;
  bool closed_ = false;
};

}  // namespace ck::stream
