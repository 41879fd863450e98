// What the framing and transport rules are asked of a connection, and what it remembers of their answers.
#include "audit/connection.h"

#include <algorithm>
#include <utility>

#include "audit/rules/framing.h"
#include "audit/rules/transport.h"

namespace ck::audit {
namespace {

/// A hostile peer may use every Version there is: this many are told one by one.
constexpr std::size_t kVersionsTold = 256;

/// Whether this Version has its finding, or is one of too many; else it has it now.
bool is_told(std::vector<std::uint16_t>& told, std::uint16_t version) {
  const auto at = std::lower_bound(told.begin(), told.end(), version);
  if (told.size() >= kVersionsTold || (at != told.end() && *at == version)) return true;
  told.insert(at, version);
  return false;
}

}  // namespace

bool ConnectionRules::is_from_km(const Connection& connection, const Message& message) {
  if (message.spec != nullptr) return protocol::is_from_km(message.spec->command);
  if (has_direction_digits(message.command)) return protocol::is_from_km(message.command);
  return message.sender == connection.km_side;
}

bool ConnectionRules::settle_roles(Connection& connection, const Message& message, const MessageRef& ref) {
  if (connection.settled) return false;
  if (message.spec == nullptr) {
    // An unknown code's digits tell for now, so that the right one is told to mend it.
    constexpr unsigned kFromKm = 0x14, kFromController = 0x41;
    const unsigned digits = message.command >> 8;
    if (digits == kFromKm || digits == kFromController)
      connection.km_side = digits == kFromKm ? message.sender : other(message.sender);
    return false;
  }
  connection.settled = true;
  connection.km_side = protocol::is_from_km(message.spec->command) ? message.sender : other(message.sender);
  if (connection.grpc()) return true;
  Verdict verdict =
      check::role_reversed_connection(connection.start.opener_known, connection.km_side == 0, message.command,
                                      protocol::is_from_km(message.spec->command));
  connection.reversed = verdict.is_broken();
  verdicts_.take(Rule::role_reversed_connection, verdict, ref);
  return true;
}

/// The rules that an ordinary message keeps, as nearly all are: framed as the Recommendation says, its
/// Version the connection's, its direction its side's. 0 for any other, whose rules are checked one by one.
RuleSet ConnectionRules::kept_by_ordinary(const Connection& connection, const Message& message) const {
  const SideState& side = connection.sides[message.sender];
  const bool ordinary = connection.messages > 1 && message.slip == nullptr && message.spec != nullptr &&
                        message.spec->code() == message.command && message.header &&
                        connection.version == message.header->version && !options_.expected_version &&
                        side.first_from_km == protocol::is_from_km(message.spec->command);
  if (!ordinary) return 0;
  return bit(Rule::malformed_frame) | bit(Rule::unknown_command) | bit(Rule::swapped_direction_code) |
         bit(Rule::version_changed) | bit(Rule::wrong_direction);
}

void ConnectionRules::check(Connection& connection, const Message& message, const MessageRef& ref) {
  if (const RuleSet kept = kept_by_ordinary(connection, message); kept != 0) return verdicts_.keep(kept);
  verdicts_.take(
      Rule::malformed_frame,
      message.slip != nullptr ? check_slip(connection.sides[message.sender], *message.slip) : Verdict::kept(),
      ref);
  if (connection.messages == 1)
    verdicts_.take(Rule::plaintext_transport, check::plaintext_transport(connection.start.transport), ref);
  verdicts_.take(Rule::unknown_command, check::unknown_command(message.command, message.spec), ref);
  verdicts_.take(Rule::swapped_direction_code, check::swapped_direction_code(message.command, message.spec),
                 ref);
  if (message.spec == nullptr) return;
  if (message.header) check_version(connection, message, ref);
  check_direction(connection, message, ref);
}

/// A frame that was read as its sender meant it: told once a side and slip.
Verdict ConnectionRules::check_slip(SideState& side, const Slip& slip) {
  const std::uint32_t bit = 1u << static_cast<unsigned>(slip.id);
  if ((side.slips_told & bit) != 0) return Verdict::broken_again();
  side.slips_told |= bit;
  return check::malformed_frame(slip);
}

void ConnectionRules::check_version(Connection& connection, const Message& message, const MessageRef& ref) {
  const std::uint16_t version = message.header->version;
  // By bytes that may be others the innocent side would be blamed.
  const bool in_doubt = message.version_in_doubt && connection.version != version;
  Verdict changed = check::version_changed(version, connection.version, in_doubt);
  if (changed.is_broken() && is_told(connection.live->versions_told, version))
    changed = Verdict::broken_again();
  verdicts_.take(Rule::version_changed, changed, ref);
  if (!connection.version && !in_doubt) connection.version = version;
  Verdict unexpected = check::unexpected_version(version, options_.expected_version, in_doubt);
  if (unexpected.is_broken() && is_told(connection.live->unexpected_told, version))
    unexpected = Verdict::broken_again();
  verdicts_.take(Rule::unexpected_version, unexpected, ref);
}

void ConnectionRules::check_direction(Connection& connection, const Message& message, const MessageRef& ref) {
  SideState& side = connection.sides[message.sender];
  const bool from_km = protocol::is_from_km(message.spec->command);
  if (!side.first_from_km) side.first_from_km = from_km;
  if (message.spec->code() != message.command) return;  // swapped-direction-code says it
  Verdict verdict = check::wrong_direction(message.command, from_km, *side.first_from_km);
  if (verdict.is_broken() && std::exchange(side.wrong_direction_told, true))
    verdict = Verdict::broken_again();
  verdicts_.take(Rule::wrong_direction, verdict, ref);
}

void ConnectionRules::check(Connection& connection, const StreamEvent& event) {
  SideState& side = connection.sides[event.side & 1];
  const auto take = [&](Rule rule, const Verdict& verdict) {
    verdicts_.take(rule, verdict, event.at, connection.id, event.side);
  };
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
      take(Rule::malformed_frame, check::malformed_frame(event.bytes, event.slip));
      break;
    case StreamEventKind::slipped:
      take(Rule::malformed_frame, check_slip(side, *event.slip));
      break;
    case StreamEventKind::gap:
      lose();
      side.gap = true;
      side.awaited = false;
      doubt_certificate(connection);
      connection.lost_bytes += event.bytes;
      take(Rule::capture_gap, check::capture_gap(event.bytes));
      break;
    case StreamEventKind::truncated_packet:
      lose();
      side.cut = true;
      doubt_certificate(connection);
      connection.lost_bytes += event.bytes;
      take(Rule::truncated_packet, check::truncated_packet(event.bytes));
      break;
    case StreamEventKind::truncated_message:
      side.truncated = true;
      connection.skipped_bytes += event.bytes;
      count_unread();
      take(Rule::truncated_message, check::truncated_message(event.bytes, event.expected, connection.grpc()));
      break;
    case StreamEventKind::fin:
    case StreamEventKind::reset:
      side.ended = true;
      break;
    case StreamEventKind::unfinished:
      side.unfinished = event.bytes > 0;
      side.partial_bytes = event.bytes;
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
      side.awaited = true;
      break;
    case StreamEventKind::reset_seen:  // what it ends is not sure yet
      break;
  }
}

void ConnectionRules::check(Connection& connection, const TlsHandshake& handshake) {
  if (!connection.over_tls()) return;
  const auto take_certificate = [&] {
    verdicts_.take(Rule::no_client_certificate, check::no_client_certificate(handshake.certificate),
                   handshake.at, connection.id);
  };
  if (connection.handshake_checked) {
    if (!connection.no_certificate || handshake.certificate == ClientCertificate::none) return;
    connection.no_certificate.reset();
    return take_certificate();
  }
  connection.handshake_checked = true;
  connection.tls_version = handshake.version;
  verdicts_.take(Rule::obsolete_tls, check::obsolete_tls(handshake.version), handshake.at, connection.id);
  if (handshake.certificate != ClientCertificate::none) return take_certificate();
  connection.no_certificate = handshake.at;
  for (const SideState& side : connection.sides) {
    if (side.gap || side.cut) doubt_certificate(connection);
  }
}

void ConnectionRules::check_certificate(const Connection& connection, ClientCertificate certificate,
                                        Verdicts& verdicts) {
  if (!connection.no_certificate) return;
  verdicts.take(Rule::no_client_certificate, check::no_client_certificate(certificate),
                *connection.no_certificate, connection.id);
}

/// Bytes are missing: a certificate may be among them.
void ConnectionRules::doubt_certificate(Connection& connection) {
  check_certificate(connection, ClientCertificate::unknown, verdicts_);
  connection.no_certificate.reset();
}

void ConnectionRules::check_close(Connection& connection) {
  check_certificate(connection, ClientCertificate::none, verdicts_);
  connection.no_certificate.reset();
}

void ConnectionRules::check_end(const Connection& connection, Verdicts& verdicts) {
  const bool holes = connection.live != nullptr && !connection.live->open_holes.empty();
  if (holes) {
    for (const StreamEvent& hole : connection.live->open_holes)
      verdicts.take(Rule::capture_gap, check::capture_gap(hole.bytes), hole.at, connection.id, hole.side);
  }
  check_certificate(connection, holes ? ClientCertificate::unknown : ClientCertificate::none, verdicts);
  const auto take = [&](Rule rule, const Verdict& verdict) {
    verdicts.take(rule, verdict, connection.start.first, connection.id);
  };
  if (connection.over_tls() && !connection.handshake_checked) {
    take(Rule::obsolete_tls, check::obsolete_tls(std::nullopt));
    take(Rule::no_client_certificate, check::no_client_certificate(ClientCertificate::unknown));
  }
  for (const SideState& side : connection.sides) {
    if (side.ended && !side.truncated) take(Rule::truncated_message, Verdict::kept());
    if (!side.gap) take(Rule::capture_gap, Verdict::kept());
    if (!side.cut) take(Rule::truncated_packet, Verdict::kept());
  }
}

}  // namespace ck::audit
