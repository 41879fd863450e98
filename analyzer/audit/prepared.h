// What a message says by itself, whatever was said before it.
#pragma once

#include "audit/event.h"
#include "audit/habits.h"
#include "audit/payload_verdicts.h"
#include "audit/requests.h"

namespace ck::audit {

/// It may be read for many messages at once, before the audit is told the first of them: code that a
/// processor's cache holds for the one serves the others too.
struct Prepared {
  Identifiers ids;
  RuleSet kept = 0;          ///< by a clean payload; 0: the payload has to be checked rule by rule
  std::uint64_t manner = 0;  ///< how it is written; 0: its members have to be looked at
};

/// REQUIRES: `message.spec` and `message.payload` are not null.
inline void prepare(const Message& message, Prepared& prepared) {
  read_identifiers(message, prepared.ids);
  prepared.kept = kept_by_clean_payload(message);
  prepared.manner = manner_of(message);
}

}  // namespace ck::audit
