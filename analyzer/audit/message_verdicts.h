// How a check says what it saw of one message or event: each rule kept, broken, or not to be told. The engine
// turns it into counts and findings; checks know neither positions nor sinks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "audit/event.h"
#include "audit/rules.h"
#include "audit/verdict.h"

namespace ck::audit {

/// A bit for each Rule.
using RuleSet = std::uint64_t;
static_assert(kRuleCount <= 64);
constexpr RuleSet bit(Rule rule) {
  return RuleSet{1} << static_cast<unsigned>(rule);
}

class MessageVerdicts {
 public:
  virtual ~MessageVerdicts() = default;
  /// The rule was checked and held.
  virtual void kept(Rule rule) = 0;
  /// The same of each rule in the set.
  virtual void kept_all(RuleSet rules) = 0;
  /// It was checked and broken. `parameter`: the Recommendation's name, or an unknown member as
  /// spelt, or empty. `text`: found, expected, and the known slip that explains it; as it comes from the
  /// wire, writers escape it.
  virtual void broken(Rule rule, std::string_view parameter, std::string text) = 0;
  /// The capture does not show it either way.
  virtual void undecidable(Rule rule) = 0;

  /// What a check said of a rule.
  void take(Rule rule, Verdict verdict) {
    if (verdict.kind == Verdict::Kind::kept) kept(rule);
    if (verdict.kind == Verdict::Kind::undecidable) undecidable(rule);
    if (verdict.is_broken()) broken(rule, verdict.parameter, std::move(verdict.text));
  }
};

/// What the pair of a message tells about conditional parameters.
struct RequestFacts {
  bool known = false;              ///< the request was seen and the pair is not ambiguous
  bool named_application = false;  ///< it held an Application destination ID (Tables 2 and 4)
};

/// The rules that one payload decides by itself: malformed-payload, payload-not-object, missing-parameter,
/// incomplete-failure-response, missing-destination, wrong-type, type-variant, duplicate-parameter,
/// unexpected-parameter, unknown-parameter, empty-identifier, invalid-number-of-keys, possible-key-material,
/// no-next-hop, reservation-without-keys, failed-reservation-with-keys, unknown-result-code. `message.spec`
/// must not be null.
void check_payload(const Message& message, const RequestFacts& request, MessageVerdicts& verdicts);

}  // namespace ck::audit
