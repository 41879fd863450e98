// The checks of the transport rules, and what their findings say.
#include "audit/rules/transport.h"

#include <fmt/format.h>

#include <string>

#include "audit/rules/bytes_text.h"
#include "protocol/catalogue.h"

namespace ck::audit::check {
namespace {

std::string_view role_name(bool km) {
  return km ? "KM" : "controller";
}

std::string tls_name(std::uint16_t version) {
  if (version == 0x0300) return "SSL 3.0";
  if ((version >> 8) == 3) return fmt::format("TLS 1.{}", (version & 0xFF) - 1);
  return fmt::format("version 0x{:04X}", version);
}

}  // namespace

Verdict wrong_direction(std::uint16_t command, bool from_km, bool acted_as_km) {
  if (from_km == acted_as_km) return Verdict::kept();
  return Verdict::broken(fmt::format("{} is a {}'s message, yet its sender acted as the {} before: one "
                                     "endpoint sends codes of both "
                                     "directions",
                                     std::string_view(command_text(command)), role_name(from_km),
                                     role_name(acted_as_km)))
      .with(std::string(command_text(command)), fmt::format("a code of a {}", role_name(acted_as_km)));
}

Verdict role_reversed_connection(bool opener_known, bool km_opened, std::uint16_t command, bool from_km) {
  if (!opener_known) return Verdict::undecidable();
  if (km_opened) return Verdict::kept();
  const ShortText<8> code = command_text(command);
  if (from_km) {
    return Verdict::broken(
        fmt::format("{} is a KM's message and comes from the side that accepted the connection: the "
                    "controller opened it, where the KM is expected to",
                    std::string_view(code)));
  }
  return Verdict::broken(
      fmt::format("{} is a controller's message and comes from the side that opened the connection, where "
                  "the KM is expected to open it",
                  std::string_view(code)));
}

Verdict plaintext_transport(Transport transport) {
  switch (transport) {
    case Transport::tcp:
    case Transport::grpc:
      return Verdict::broken(
          "Ck messages are readable on the wire: neither encrypted nor authenticated by TLS");
    case Transport::tls:
    case Transport::grpc_tls:
      return Verdict::kept();
    case Transport::exported_pdu:
      return Verdict::undecidable();
  }
  return Verdict::not_applicable();
}

Verdict no_client_certificate(ClientCertificate certificate) {
  switch (certificate) {
    case ClientCertificate::unknown:
      return Verdict::undecidable();
    case ClientCertificate::shown:
      return Verdict::kept();
    case ClientCertificate::none:
      return Verdict::broken(
                 "the client showed no certificate in its TLS handshake: the peers do not authenticate each "
                 "other by certificate")
          .with("no certificate", "a certificate of the client");
  }
  return Verdict::not_applicable();
}

Verdict obsolete_tls(std::optional<std::uint16_t> version) {
  constexpr std::uint16_t kTls12 = 0x0303;
  if (!version) return Verdict::undecidable();
  if (*version >= kTls12) return Verdict::kept();
  return Verdict::broken(
             fmt::format("the handshake chose {}, where TLS 1.2 is the least", tls_name(*version)))
      .with(tls_name(*version), "TLS 1.2 or later");
}

Verdict capture_gap(std::uint64_t bytes) {
  return Verdict::broken(fmt::format("{} of the stream {} missing from the capture", bytes_text(bytes),
                                     bytes == 1 ? "is" : "are"));
}

Verdict truncated_packet(std::uint64_t bytes) {
  return Verdict::broken(fmt::format("the capture's snap length cut {} of the stream", bytes_text(bytes)));
}

}  // namespace ck::audit::check
