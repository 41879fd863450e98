// What the check of a payload returns: one payload keeps or breaks many rules, some of them several times.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

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

struct RuleVerdict {
  Rule rule{};
  Verdict verdict;
};

/// A clean payload, as nearly all are, is a mask of kept rules and nothing else.
struct PayloadVerdicts {
  RuleSet kept = 0;  ///< each of them once
  std::vector<RuleVerdict>
      others;  ///< undecidable, or broken: one for each occurrence, in the payload's order

  void take(Rule rule, Verdict verdict) {
    if (verdict.kind == Verdict::Kind::kept) {
      kept |= bit(rule);
    } else if (verdict.kind != Verdict::Kind::not_applicable) {
      others.push_back({rule, std::move(verdict)});
    }
  }
};

/// What the pair of a message tells about conditional parameters.
struct RequestFacts {
  bool known = false;              ///< the request was seen and the pair is not ambiguous
  bool named_application = false;  ///< it held an Application destination ID (Tables 2 and 4)
};

/// The rules that a clean payload keeps, as nearly all are: nothing in it is wrong, and nothing that it lacks
/// needs a closer look. 0 for any other, whose rules are checked one by one. `message.spec` must not be null.
RuleSet kept_by_clean_payload(const Message& message);

/// The rules that one payload decides by itself: those of the family payload, and of others some, such as
/// no-next-hop. `message.spec` must not be null.
PayloadVerdicts check_payload(const Message& message, const RequestFacts& request);

}  // namespace ck::audit
