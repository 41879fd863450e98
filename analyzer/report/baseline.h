// What an earlier report found: findings are the same in another capture if their fingerprints are.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "audit/records.h"
#include "base/short_text.h"

namespace ck::report {

/// Findings of one fingerprint in the baseline. Not escaped.
struct BaselineEntry {
  std::string rule;
  std::optional<std::string> peer;  ///< who must fix it: its name, else its address
  std::optional<std::string> command, parameter;
  std::string message;  ///< of the first one
  std::uint64_t count = 0;
};

/// By fingerprint.
using Baseline = std::map<std::string, BaselineEntry>;

/// What is needed of a peer all the time.
struct PeerBrief {
  Role role{};
  std::string name;                            ///< else its first address
  std::map<Rule, std::uint64_t> findings;      ///< that it must fix
  std::map<Rule, std::uint64_t> first_frames;  ///< of those
  std::string address;                         ///< its first one
};

/// The text of a finding without what differs from one to another of the same kind: what was found, quoted
/// values, digits. Not for people.
std::string folded_text(const Finding& finding);

/// Made of the rule, of who must fix it and who is on the other side, of command and parameter, and of the
/// text without what differs from capture to capture: frames, times, MessageIDs, identifiers. 16 hexadecimal
/// digits. Null: the peer is not known.
ShortText<16> fingerprint_of(const Finding& finding, const PeerBrief* km, const PeerBrief* controller);

}  // namespace ck::report
