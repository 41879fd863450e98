// How the audit's kinds are spelt in reports.
#include "audit/records.h"

namespace ck::audit {

std::string_view name_of(PairedBy by) {
  switch (by) {
    case PairedBy::message_id:
      return "message-id";
    case PairedBy::parameters:
      return "parameters";
    case PairedBy::order:
      return "order";
    case PairedBy::stream:
      return "stream";
  }
  return {};
}

std::string_view name_of(ProcedureKind kind) {
  switch (kind) {
    case ProcedureKind::relay:
      return "relay";
    case ProcedureKind::session:
      return "session";
    case ProcedureKind::reservation:
      return "reservation";
  }
  return {};
}

std::string_view name_of(Transport transport) {
  switch (transport) {
    case Transport::tcp:
      return "tcp";
    case Transport::tls:
      return "tls";
    case Transport::grpc:
      return "grpc";
    case Transport::grpc_tls:
      return "grpc-tls";
    case Transport::exported_pdu:
      return "exported-pdu";
  }
  return {};
}

std::string_view name_of(Exchange exchange) {
  switch (exchange) {
    case Exchange::next_hop:
      return "next-hop";
    case Exchange::route:
      return "route";
    case Exchange::relay_result:
      return "relay-result";
    case Exchange::session_creation:
      return "session-creation";
    case Exchange::session_notification:
      return "session-notification";
    case Exchange::reservation:
      return "reservation";
    case Exchange::allocation:
      return "allocation";
  }
  return {};
}

}  // namespace ck::audit
