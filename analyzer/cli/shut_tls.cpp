// One row for each reason.
#include "cli/shut_tls.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace ck::cli {
namespace {

struct Reason {
  TlsShut shut;
  std::string_view slug, why, remedy;
};

constexpr std::array<Reason, kTlsShutReasons> kReasons = {{
    {TlsShut::no_secrets, "no_secrets", "no secrets were given, and Ck may be inside",
     "give the key log of a peer (--tls-keylog FILE), or put it into the capture (editcap --inject-secrets "
     "tls,FILE IN OUT); with --port N the handshakes on Ck's port are checked at least"},
    {TlsShut::no_secret, "no_secret", "the secrets that were given hold none for it",
     "give the key log (SSLKEYLOGFILE) that a peer wrote while this was captured"},
    {TlsShut::one_side, "one_side", "the secrets of one side alone were given, so one direction stayed shut",
     "give a key log that has both CLIENT_TRAFFIC_SECRET_0 and SERVER_TRAFFIC_SECRET_0 of it"},
    {TlsShut::no_handshake, "no_handshake", "the handshake was not captured whole",
     "start to capture before the peers connect"},
    {TlsShut::one_direction, "one_direction", "the packets of one side were not captured",
     "capture where both directions pass"},
    {TlsShut::failed, "failed", "the secrets were given, and tshark could not read all with them",
     "see what tshark -r makes of the capture, if need be a newer one"},
}};

std::string sentence(const Reason& reason, std::uint64_t count) {
  return fmt::format("{} TLS connection{} could not be decrypted: {}; {}", count, count == 1 ? "" : "s",
                     reason.why, reason.remedy);
}

std::string sentences(const ShutConnections::Counts& counts) {
  std::string out;
  for (const Reason& reason : kReasons) {
    const std::uint64_t count = counts[static_cast<std::size_t>(reason.shut)];
    if (count != 0) out += (out.empty() ? "" : ". ") + sentence(reason, count);
  }
  return out;
}

}  // namespace

ShutTls check_shut_tls(const ShutConnections& shut, bool has_secrets, bool has_messages) {
  ShutTls out;
  ShutConnections::Counts serious = has_secrets ? shut.ours : ShutConnections::Counts{};
  ShutConnections::Counts rest{};
  for (const Reason& reason : kReasons) {
    const auto i = static_cast<std::size_t>(reason.shut);
    if (has_secrets && !has_messages) serious[i] += shut.others[i];
    const std::uint64_t count = shut.ours[i] + shut.others[i];
    rest[i] = count - serious[i];
    if (count != 0) out.counts.emplace(reason.slug, count);
  }
  out.error = sentences(serious);
  out.passed_over = sentences(rest);
  return out;
}

}  // namespace ck::cli
