// The rules that a connection decides by itself.
#include "audit/connection.h"

#include <fmt/format.h>

#include <algorithm>

namespace ck {
namespace {

/// A hostile peer may use every Version there is: this many are told one by one.
constexpr std::size_t kVersionsTold = 256;

std::string tls_name(std::uint16_t version) {
  if (version == 0x0300) return "SSL 3.0";
  if ((version >> 8) == 3) return fmt::format("TLS 1.{}", (version & 0xFF) - 1);
  return fmt::format("version 0x{:04X}", version);
}

Finding gap_finding(const Connection& connection, const StreamEvent& gap) {
  Finding finding = finding_at(gap.at, connection.id);
  finding.text = fmt::format("{} bytes of the stream are missing from the capture", gap.bytes);
  return finding;
}

std::string_view role_name(bool km) {
  return km ? "KM" : "controller";
}

}  // namespace

bool ConnectionRules::is_from_km(const Connection& connection, const Message& message) {
  if (message.spec != nullptr) return ck::is_from_km(message.spec->command);
  if (has_direction_digits(message.command)) return ck::is_from_km(message.command);
  return message.sender == connection.km_side;
}

bool ConnectionRules::settle_roles(Connection& connection, const Message& message, const MessageRef& ref) {
  if (connection.settled || message.spec == nullptr) return false;
  connection.settled = true;
  connection.km_side = ck::is_from_km(message.spec->command) ? message.sender : other(message.sender);
  if (connection.grpc()) return true;
  if (!connection.start.opener_known) {
    verdicts_.undecidable(Rule::role_reversed_connection);
  } else if (connection.km_side == 0) {
    verdicts_.kept(Rule::role_reversed_connection);
  } else {
    connection.reversed = true;
    Finding finding = finding_at(ref);
    if (ck::is_from_km(message.spec->command)) {
      finding.text = fmt::format(
          "{} is a KM's message and comes from the side that accepted the connection: the controller opened "
          "it, where the "
          "KM is expected to",
          std::string_view(command_text(message.command)));
    } else {
      finding.text = fmt::format(
          "{} is a controller's message and comes from the side that opened the connection, where the KM is "
          "expected to open it",
          std::string_view(command_text(message.command)));
    }
    verdicts_.broken(Rule::role_reversed_connection, std::move(finding));
  }
  return true;
}

void ConnectionRules::check(Connection& connection, const Message& message, const MessageRef& ref) {
  if (message.slip != nullptr) {
    check_slip(connection.sides[message.sender], *message.slip, finding_at(ref));
  } else {
    verdicts_.kept(Rule::malformed_frame);
  }
  if (connection.messages == 1) check_transport(connection, ref);
  check_code(message, ref);
  if (message.spec == nullptr) return;
  if (message.header) check_version(connection, message, ref);
  check_direction(connection, message, ref);
}

/// A frame that was read as its sender meant it: told once a side and slip.
void ConnectionRules::check_slip(SideState& side, const Slip& slip, Finding finding) {
  const std::uint32_t bit = 1u << static_cast<unsigned>(slip.id);
  if ((side.slips_told & bit) != 0) return verdicts_.broken_again(Rule::malformed_frame);
  side.slips_told |= bit;
  finding.text = fmt::format("{}, where {}; the frame is read as it was meant", slip.found, slip.right);
  verdicts_.broken(Rule::malformed_frame, std::move(finding));
}

void ConnectionRules::check_code(const Message& message, const MessageRef& ref) {
  if (message.spec != nullptr && message.spec->code() == message.command) {
    verdicts_.kept(Rule::unknown_command);
    verdicts_.kept(Rule::swapped_direction_code);
    return;
  }
  Finding finding = finding_at(ref);
  if (message.spec == nullptr) {
    finding.text = fmt::format("CommandCode {} is none of the 13 codes of Table I.1",
                               std::string_view(command_text(message.command)));
    verdicts_.broken(Rule::unknown_command, std::move(finding));
  } else {
    finding.text = fmt::format(
        "CommandCode {}: message number {} goes {}, so its code is {} ({}); the direction digits seem "
        "swapped",
        std::string_view(command_text(message.command)), number_of(message.command),
        ck::is_from_km(message.spec->command) ? "from the KM to the controller"
                                              : "from the controller to the KM",
        std::string_view(command_text(message.spec->code())), message.spec->name);
    verdicts_.broken(Rule::swapped_direction_code, std::move(finding));
  }
}

void ConnectionRules::check_version(Connection& connection, const Message& message, const MessageRef& ref) {
  const std::uint16_t version = message.header->version;
  if (message.version_in_doubt && connection.version != version) {
    // By bytes that may be others the innocent side would be blamed.
    if (connection.version) verdicts_.undecidable(Rule::version_changed);
    if (options_.expected_version) verdicts_.undecidable(Rule::unexpected_version);
    return;
  }
  check_change(connection, version, ref);
  if (options_.expected_version) check_expected(connection, version, ref);
}

void ConnectionRules::check_change(Connection& connection, std::uint16_t version, const MessageRef& ref) {
  std::vector<std::uint16_t>& told = connection.live->versions_told;
  if (!connection.version) {
    connection.version = version;  // sets what the others are compared with, and is no test itself
  } else if (version == *connection.version) {
    verdicts_.kept(Rule::version_changed);
  } else if (const auto at = std::lower_bound(told.begin(), told.end(), version);
             told.size() >= kVersionsTold || (at != told.end() && *at == version)) {
    verdicts_.broken_again(Rule::version_changed);
  } else {
    told.insert(at, version);
    Finding finding = finding_at(ref);
    finding.text = fmt::format("Version {}, where the connection's first message has Version {}", version,
                               *connection.version);
    verdicts_.broken(Rule::version_changed, std::move(finding));
  }
}

void ConnectionRules::check_expected(Connection& connection, std::uint16_t version, const MessageRef& ref) {
  std::vector<std::uint16_t>& unexpected = connection.live->unexpected_told;
  if (version == *options_.expected_version) {
    verdicts_.kept(Rule::unexpected_version);
  } else if (const auto at = std::lower_bound(unexpected.begin(), unexpected.end(), version);
             unexpected.size() >= kVersionsTold || (at != unexpected.end() && *at == version)) {
    verdicts_.broken_again(Rule::unexpected_version);
  } else {
    unexpected.insert(at, version);
    Finding finding = finding_at(ref);
    finding.text =
        fmt::format("Version {}, where Version {} is expected", version, *options_.expected_version);
    verdicts_.broken(Rule::unexpected_version, std::move(finding));
  }
}

void ConnectionRules::check_direction(Connection& connection, const Message& message, const MessageRef& ref) {
  SideState& side = connection.sides[message.sender];
  const bool from_km = ck::is_from_km(message.spec->command);
  if (!side.first_from_km) side.first_from_km = from_km;
  if (message.spec->code() != message.command) return;  // swapped-direction-code says it
  if (*side.first_from_km == from_km) {
    verdicts_.kept(Rule::wrong_direction);
  } else if (side.wrong_direction_told) {
    verdicts_.broken_again(Rule::wrong_direction);
  } else {
    side.wrong_direction_told = true;
    Finding finding = finding_at(ref);
    finding.text = fmt::format(
        "{} is a {}'s message, yet its sender acted as the {} before: one endpoint sends codes of both "
        "directions",
        std::string_view(command_text(message.command)), role_name(from_km), role_name(!from_km));
    verdicts_.broken(Rule::wrong_direction, std::move(finding));
  }
}

void ConnectionRules::check_transport(const Connection& connection, const MessageRef& ref) {
  switch (connection.start.transport) {
    case Transport::tcp:
    case Transport::grpc: {
      Finding finding = finding_at(ref);
      finding.text = "Ck messages are readable on the wire: neither encrypted nor authenticated by TLS";
      verdicts_.broken(Rule::plaintext_transport, std::move(finding));
      break;
    }
    case Transport::tls:
    case Transport::grpc_tls:
      verdicts_.kept(Rule::plaintext_transport);
      break;
    case Transport::exported_pdu:
      verdicts_.undecidable(Rule::plaintext_transport);
      break;
  }
}

void ConnectionRules::check(Connection& connection, const StreamEvent& event) {
  SideState& side = connection.sides[event.side & 1];
  Finding finding = finding_at(event.at, connection.id);
  const auto lose = [&side] {
    side.whole = false;
    side.last_message_id.reset();
    ++side.faults;
  };
  const auto count_unread = [&] {
    side.unread_told += event.bytes;
    side.unread = std::max(side.unread, side.unread_told);
  };
  switch (event.kind) {
    case StreamEventKind::start_seen:
      side.whole = side.faults == 0;
      break;
    case StreamEventKind::skipped:
      connection.skipped_bytes += event.bytes;
      count_unread();
      break;
    case StreamEventKind::malformed:
      connection.skipped_bytes += event.bytes;
      count_unread();
      finding.text = fmt::format("{} bytes that cannot be a frame were skipped{}{}", event.bytes,
                                 event.slip == nullptr ? "" : ": ",
                                 event.slip == nullptr ? std::string_view{} : event.slip->found);
      verdicts_.broken(Rule::malformed_frame, std::move(finding));
      break;
    case StreamEventKind::slipped:
      check_slip(side, *event.slip, std::move(finding));
      break;
    case StreamEventKind::gap:
      lose();
      side.gap = true;
      doubt_certificate(connection);
      connection.lost_bytes += event.bytes;
      verdicts_.broken(Rule::capture_gap, gap_finding(connection, event));
      break;
    case StreamEventKind::truncated_packet:
      lose();
      side.cut = true;
      doubt_certificate(connection);
      connection.lost_bytes += event.bytes;
      finding.text = fmt::format("the capture's snap length cut {} bytes of the stream", event.bytes);
      verdicts_.broken(Rule::truncated_packet, std::move(finding));
      break;
    case StreamEventKind::truncated_message:
      side.truncated = true;
      connection.skipped_bytes += event.bytes;
      count_unread();
      finding.text =
          fmt::format("the stream ends after {} of a frame's {} bytes", event.bytes, event.expected);
      verdicts_.broken(Rule::truncated_message, std::move(finding));
      break;
    case StreamEventKind::fin:
    case StreamEventKind::reset:
      side.ended = true;
      break;
    case StreamEventKind::unfinished:
      side.unfinished = event.bytes > 0;
      side.begun = event.bytes;
      break;
    case StreamEventKind::pending:
      side.on_its_way = event.bytes;
      break;
    case StreamEventKind::hole_open:
      side.unfinished = event.bytes > 0;
      if (event.bytes > 0) {
        connection.live->open_holes.push_back(event);
      } else {
        connection.live->open_holes.clear();
      }
      break;
    case StreamEventKind::hole_seen:
      lose();
      break;
  }
}

void ConnectionRules::check(Connection& connection, const TlsHandshake& handshake) {
  if (!connection.over_tls()) return;
  if (connection.handshake_checked) {
    if (!connection.no_certificate || handshake.certificate == ClientCertificate::none) return;
    if (handshake.certificate == ClientCertificate::unknown) return doubt_certificate(connection);
    connection.no_certificate.reset();
    verdicts_.kept(Rule::no_client_certificate);
    return;
  }
  connection.handshake_checked = true;
  constexpr std::uint16_t kTls12 = 0x0303;
  if (!handshake.version) {
    verdicts_.undecidable(Rule::obsolete_tls);
  } else if (*handshake.version >= kTls12) {
    verdicts_.kept(Rule::obsolete_tls);
  } else {
    Finding finding = finding_at(handshake.at, connection.id);
    finding.text =
        fmt::format("the handshake chose {}, where TLS 1.2 is the least", tls_name(*handshake.version));
    verdicts_.broken(Rule::obsolete_tls, std::move(finding));
  }
  switch (handshake.certificate) {
    case ClientCertificate::unknown:
      verdicts_.undecidable(Rule::no_client_certificate);
      break;
    case ClientCertificate::shown:
      verdicts_.kept(Rule::no_client_certificate);
      break;
    case ClientCertificate::none:
      connection.no_certificate = handshake.at;
      for (const SideState& side : connection.sides) {
        if (side.gap || side.cut) doubt_certificate(connection);
      }
      break;
  }
}

/// Bytes are missing: a certificate may be among them.
void ConnectionRules::doubt_certificate(Connection& connection) {
  if (!connection.no_certificate) return;
  connection.no_certificate.reset();
  verdicts_.undecidable(Rule::no_client_certificate);
}

void ConnectionRules::check_certificate(const Connection& connection, Verdicts& verdicts) {
  if (!connection.no_certificate) return;
  Finding finding = finding_at(*connection.no_certificate, connection.id);
  finding.text =
      "the client showed no certificate in its TLS handshake: the peers do not authenticate each other by "
      "certificate";
  verdicts.broken(Rule::no_client_certificate, std::move(finding));
}

void ConnectionRules::check_close(Connection& connection) {
  check_certificate(connection, verdicts_);
  connection.no_certificate.reset();
}

void ConnectionRules::check_end(const Connection& connection, Verdicts& verdicts) {
  const bool holes = connection.live != nullptr && !connection.live->open_holes.empty();
  if (holes) {
    for (const StreamEvent& hole : connection.live->open_holes)
      verdicts.broken(Rule::capture_gap, gap_finding(connection, hole));
    if (connection.no_certificate) verdicts.undecidable(Rule::no_client_certificate);
  } else {
    check_certificate(connection, verdicts);
  }
  if (connection.over_tls() && !connection.handshake_checked) {
    verdicts.undecidable(Rule::obsolete_tls);
    verdicts.undecidable(Rule::no_client_certificate);
  }
  for (const SideState& side : connection.sides) {
    if (side.ended && !side.truncated) verdicts.kept(Rule::truncated_message);
    if (!side.gap) verdicts.kept(Rule::capture_gap);
    if (!side.cut) verdicts.kept(Rule::truncated_packet);
  }
}

}  // namespace ck
