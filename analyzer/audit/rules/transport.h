// The transport rules: who opens a connection, what protects it, and what the capture lacks of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "audit/event.h"
#include "audit/rules.h"
#include "audit/verdict.h"

namespace ck::audit::check {

inline constexpr std::array kTransportRules = {
    RuleSpec{Rule::wrong_direction, "wrong-direction", "ck.expert.wrong_direction", Severity::error,
             "Appendix I, Table I.1", "One endpoint sends codes of both directions",
             "The high byte of a CommandCode says who sends it: 0x14 the KM, 0x41 the controller. An "
             "endpoint is one of the two for a whole connection. The KM opens the TCP connection, so the "
             "opener is the KM; where the handshake was not captured, the first message's code decides. The "
             "finding stands once per connection and endpoint, at the first offending message, which is then "
             "handled by its code. Every message with a listed code is checked, except the first where that "
             "one decides. To fix: look for a CommandCode of the other direction in the peer's table of "
             "codes, or for a proxy that joins two connections into one.",
             "client: 0x1401, 0x1403, 0x140B; server: 0x4102, 0x4104, 0x410A",
             "client: 0x1401, then 0x4104 from the same client"},
    RuleSpec{Rule::role_reversed_connection, "role-reversed-connection", "ck.expert.role_reversed_connection",
             Severity::note, "Appendix I (the KM connects)", "The controller opened the connection",
             "Appendix I lets the KM connect to the controller. Some deployments turn this round, and the "
             "messages mean the same, so it is a note, at the first Ck message: the endpoint that sent the "
             "first SYN sends codes with 0x41. The association is then the two hosts, since the port is no "
             "longer the controller's. Undecidable where the handshake was not captured; never checked over "
             "gRPC, where the server may be either. Checked once per connection. To fix: let the KM connect "
             "to the controller, or switch the rule off where both sides agreed on the other way.",
             "the KM's SYN to the controller's port, then 0x1401 from the KM",
             "the controller's SYN to the KM's port, then 0x410A from the controller"},
    RuleSpec{
        Rule::plaintext_transport, "plaintext-transport", "ck.expert.plaintext_transport", Severity::warning,
        "9; Appendix I NOTE 2 and 3", "Ck readable on the wire",
        "Appendix I foresees TLS for enhanced security and mutual authentication of KM and controller, and "
        "clause 9 leaves the protection of control information to ITU-T X.1712. Ck that the capture shows "
        "without decryption can be read and altered by anyone on the path. Reported once per connection, at "
        "the first Ck message. Every connection that carries Ck is checked, and those under TLS keep it; an "
        "exported PDU does not tell how it was carried and is undecidable. Where IPsec or a tunnel protects "
        "the link outside the point of capture, switch the rule off (--rule plaintext-transport=off). To "
        "fix: run Ck over TLS 1.2 or later with certificates on both sides.",
        "Ck inside TLS 1.2 or 1.3, decrypted with the session's secrets",
        "00 01  00 00 00 01  14 01 ... in a bare TCP segment"},
    RuleSpec{
        Rule::no_client_certificate, "no-client-certificate", "ck.expert.no_client_certificate",
        Severity::warning, "9; Appendix I NOTE 3",
        "A TLS handshake in which the client showed no certificate",
        "When a connection is set up, KM and controller authenticate each other, and NOTE 3 does it with "
        "certificates of both. A full handshake that is visible to its end and in which the client sends "
        "none, or an empty list, authenticates the server only; an authentication in the application may "
        "follow, hence a warning. The finding stands at the ClientHello. Checked where Ck is known: "
        "decrypted and recognised, or on a port that the user named; a certificate that the client shows "
        "later in the connection (renegotiation, post-handshake authentication) counts. Undecidable with "
        "resumption and pre-shared keys, which show no certificate, in TLS 1.3 without its secrets, where "
        "the handshake or what follows is not captured whole, and where a renegotiation cannot be read. To "
        "fix: let the controller ask for a certificate and refuse a client without one.",
        "ClientHello, ServerHello, Certificate, CertificateRequest, then Certificate of the client",
        "ClientHello, ServerHello, Certificate, ServerHelloDone, ClientKeyExchange, Finished"},
    RuleSpec{Rule::obsolete_tls, "obsolete-tls", "ck.expert.obsolete_tls", Severity::warning,
             "Appendix I NOTE 2 (RFC 5246 is TLS 1.2)", "TLS below version 1.2",
             "NOTE 2 refers to TLS 1.2. The version that the ServerHello chose is checked, "
             "supported_versions included; SSL 3.0, TLS 1.0 and TLS 1.1 are deprecated. The finding stands "
             "at the ClientHello. Checked where Ck is known: decrypted and recognised, or on a port that the "
             "user named; undecidable where the ServerHello was not captured. To fix: set the minimum "
             "version of both peers to TLS 1.2, better 1.3.",
             "ServerHello with version 0x0303 (TLS 1.2), or supported_versions 0x0304 (TLS 1.3)",
             "ServerHello with version 0x0301 (TLS 1.0)"},
    RuleSpec{
        Rule::capture_gap, "capture-gap", "ck.expert.capture_gap", Severity::note,
        "none (a fault of the capture)", "Bytes of a Ck stream are missing from the capture",
        "The capture lacks bytes that were on the wire: the peer acknowledged them, or the stream goes on "
        "behind them. No peer is to blame; the note, once for each hole, says how many bytes are missing, at "
        "the first segment behind it. Of a message that the hole interrupts nothing is checked, framing "
        "starts again behind it, and from then on the direction counts as not seen from its start: rules "
        "that need to know what came before are undecidable there. Each direction of a Ck connection is "
        "checked. To fix: capture with larger buffers, on fewer ports, or nearer to the peers.",
        "segments with sequence numbers 1 to 100, 101 to 180",
        "segments with sequence numbers 1 to 100, 141 to 180, and an acknowledgement of 181"},
    RuleSpec{
        Rule::truncated_packet, "truncated-packet", "ck.expert.truncated_packet", Severity::note,
        "none (a fault of the capture)", "A snap length cut bytes of a Ck stream",
        "The packet was longer on the wire than what the capture kept of it, and the missing part belongs to "
        "a Ck stream. No peer is to blame; what the cut hides is undecidable, and framing starts again "
        "behind it. The note stands at the cut packet, once for each. Packets that carry bytes of a Ck "
        "stream are checked. To fix: capture whole packets (tcpdump -s 0, dumpcap without -s).",
        "frame length 1514, capture length 1514", "frame length 1514, capture length 96"},
};

/// `acted_as_km`: what the sender showed itself to be by its first message.
Verdict wrong_direction(std::uint16_t command, bool from_km, bool acted_as_km);

/// `command`: of the first message that shows who is who, a KM's or a controller's.
Verdict role_reversed_connection(bool opener_known, bool km_opened, std::uint16_t command, bool from_km);

Verdict plaintext_transport(Transport transport);

Verdict no_client_certificate(ClientCertificate certificate);

/// `version`: that the handshake chose, nullopt where it was not seen.
Verdict obsolete_tls(std::optional<std::uint16_t> version);

/// `bytes`: of the stream, that are missing.
Verdict capture_gap(std::uint64_t bytes);

/// `bytes`: of the stream, that were cut.
Verdict truncated_packet(std::uint64_t bytes);

}  // namespace ck::audit::check
