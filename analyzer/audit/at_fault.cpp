// Who must fix what a finding says.
#include <array>

#include "audit/peers.h"

namespace ck::audit {
namespace {

enum class Fault : std::uint8_t { sender, other_side, km, controller, nobody };

/// All other rules are broken by who sent what their findings stand at.
struct RuleFault {
  Rule rule;
  Fault fault;
};
constexpr std::array kRuleFaults = {
    RuleFault{Rule::unanswered_request, Fault::other_side},
    RuleFault{Rule::role_reversed_connection, Fault::controller},
    RuleFault{Rule::premature_session_response, Fault::controller},
    RuleFault{Rule::session_outcome_conflict, Fault::controller},
    RuleFault{Rule::plaintext_transport, Fault::nobody},
    RuleFault{Rule::no_client_certificate, Fault::km},
    RuleFault{Rule::obsolete_tls, Fault::km},
    RuleFault{Rule::capture_gap, Fault::nobody},
    RuleFault{Rule::truncated_packet, Fault::nobody},
};

Fault fault_of(Rule rule) {
  for (const RuleFault& row : kRuleFaults) {
    if (row.rule == rule) return row.fault;
  }
  return Fault::sender;
}

}  // namespace

std::optional<Role> at_fault(const Finding& finding, Side km_side) {
  const auto role_of = [km_side](Side side) { return side == km_side ? Role::km : Role::controller; };
  switch (fault_of(finding.rule)) {
    case Fault::sender:
      return finding.side ? std::optional(role_of(*finding.side)) : std::nullopt;
    case Fault::other_side:
      return finding.side ? std::optional(role_of(other(*finding.side))) : std::nullopt;
    case Fault::km:
      return Role::km;
    case Fault::controller:
      return Role::controller;
    case Fault::nobody:
      break;
  }
  return std::nullopt;
}

}  // namespace ck::audit
