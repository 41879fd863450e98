// Who is told what the audit finds.
#pragma once

#include <cstdint>
#include <optional>

#include "audit/event.h"
#include "audit/records.h"

namespace ck::audit {

/// Receives what the audit finds. Views and references are valid during the call. Order: as things become
/// known; records of connections, procedures and response times once each, when they are final.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  virtual void message(const MessageRecord&) {}
  virtual void pair(const PairRecord&) {}
  virtual void finding(const Finding&) {}
  virtual void connection(const ConnectionRecord&) {}
  virtual void relay(const RelayRecord&) {}
  virtual void session(const SessionRecord&) {}
  virtual void reservation(const ReservationRecord&) {}
  virtual void response_times(const ResponseTimes&) {}
  /// At the end, behind all connections; only if AuditOptions::peers asks for them.
  virtual void peer(const PeerRecord&) {}
  // Live views, for a face that shows a message before its procedure is final.
  /// `message` belongs to procedure `id`, which is now in `state`. `moved_from`: the id it had before two
  /// parts joined, or exchanged this message.
  virtual void joined(std::uint32_t /*id*/, const ProcedureState& /*state*/, const MessageRef& /*message*/,
                      std::optional<std::uint32_t> /*moved_from*/) {}
  /// Procedure `id` turned out to be a part of procedure `into`: findings that name it mean that one.
  virtual void merged(std::uint32_t /*id*/, std::uint32_t /*into*/) {}
  /// A connection was recognised and got its report id.
  virtual void recognised(std::uint32_t /*id*/, const ConnectionStart&) {}
};

}  // namespace ck::audit
