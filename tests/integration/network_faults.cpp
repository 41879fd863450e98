// A fault is a procedure done right, with one thing changed. What the rules leave open about the procedure
// that it hits is left open here too; where the finding stands never is.
#include "network_faults.h"

#include <algorithm>

namespace ck::integration {
namespace {

using namespace samples;

/// Procedures for a fault; `quiet` KMs have no request that is never answered.
struct Stage {
  ScriptWriter& make;
  std::size_t lively_km() { return make.dice().below(make.kms() / 2); }
  /// The last two KMs are for broken streams.
  std::size_t quiet_km() { return make.kms() / 2 + make.dice().below(make.kms() - make.kms() / 2 - 2); }
  std::size_t any_km() { return make.dice().below(make.kms() - 2); }
  Script session() {
    const std::size_t source = quiet_km();
    return make.session(source, (source + 1 + make.dice().below(make.kms() / 2)) % (make.kms() - 2), true);
  }
  Script reservation(std::size_t keys, std::size_t allocations) {
    return make.reservation(any_km(), keys, allocations, false);
  }
  Script distributed(std::size_t hops, bool by_application) {
    for (;;) {
      Script out = make.distributed(hops, by_application);
      if (std::all_of(out.says.begin(), out.says.end(),
                      [&](const Say& say) { return say.km + 2 < make.kms(); }))
        return out;
    }
  }
  /// One of the KMs whose side, or whose controller's, is known to echo MessageIDs.
  std::size_t echoing_km(End end) {
    for (;;) {
      const std::size_t km = quiet_km();
      if (numbering_of(km, end) == Numbering::echo) return km;
    }
  }
};

Script with(Script script, std::uint16_t code, std::string_view rule) {
  Say& say = script.says[find_say(script, code)];
  say.breaks = {rule};
  say.may_be_lean = false;
  return script;
}

Script with_member(Script script, std::uint16_t code, std::string_view rule, std::string_view name,
                   std::string json) {
  script = with(std::move(script), code, rule);
  set_member(script.says[find_say(script, code)], name, std::move(json));
  return script;
}

Script without_member(Script script, std::uint16_t code, std::string_view rule, std::string_view name) {
  script = with(std::move(script), code, rule);
  drop_member(script.says[find_say(script, code)], name);
  return script;
}

/// Nothing but one message, of no procedure.
Script stray(const Say& say, std::string_view rule) {
  Script out;
  out.says = {say};
  out.says[0].stray = true;
  out.says[0].answers.reset();
  out.says[0].breaks = {rule};
  return out;
}

Script members_open(Script script) {
  script.truth.exact = false;
  return script;
}

Script states_open(Script script, std::vector<std::string> states) {
  script.truth.states = std::move(states);
  script.truth.exact = false;
  return script;
}

/// Ends the procedure at a request that nobody answers.
Script unanswered(Script script, std::uint16_t code, std::string state) {
  const std::size_t at = find_say(script, code);
  script.says.resize(at + 1);
  script.says[at].breaks = {"unanswered-request"};
  script.start_ms = 0;
  return states_open(std::move(script), {std::move(state)});
}

Script answered_late(Script script, std::uint16_t response) {
  const std::size_t at = find_say(script, response);
  script.says[at].wait_ms = 31'000;
  script.says[at].may_be_lean = false;
  script.says[script.says[at].answers.value()].breaks = {"unanswered-request"};
  script.start_ms = 0;
  return script;
}

Script answered_twice(Script script, std::uint16_t response) {
  const std::size_t at = find_say(script, response);
  script.says[at].may_be_lean = false;
  Say second = script.says[at];
  second.answers = at;
  second.again = true;
  second.stray = true;
  second.breaks = {"duplicate-response"};
  script.says.insert(script.says.begin() + static_cast<std::ptrdiff_t>(at) + 1, second);
  for (std::size_t i = at + 2; i < script.says.size(); ++i) {
    if (script.says[i].answers && *script.says[i].answers > at) ++*script.says[i].answers;
  }
  return script;
}

/// A 0x4107 is joined with its 0x1406 by no identifier of its own.
Script session_alone(Stage& stage) {
  Script out = stage.session();
  out.says[0].alone = true;
  return out;
}

Script premature(Stage& stage) {
  Script out = with(session_alone(stage), kSessionResponse, "premature-session-response");
  std::swap(out.says[2], out.says[3]);
  return out;
}

Script outcome_conflict(Stage& stage) {
  Script out = with(session_alone(stage), kSessionResponse, "session-outcome-conflict");
  set_member(out.says[2], "Response", "\"failure: no such application\"");
  set_member(out.says[3], "Response", "\"success\"");
  return states_open(std::move(out), {"established", "failed"});
}

Script other_application(Stage& stage) {
  const std::string other = in_quotes("app-" + stage.make.fresh() + "-other");
  return members_open(with_member(session_alone(stage), kSessionNotification, "session-parameters-changed",
                                  "Application destination ID", other));
}

/// The notification's number of keys cannot differ from the request's that is at fault.
Script with_number(Stage& stage, std::string_view rule, std::string json) {
  Script out = with_member(stage.session(), kSessionRequest, rule, "Number of keys", std::move(json));
  drop_member(out.says[1], "Number of keys");
  return members_open(std::move(out));
}

Script other_number(Stage& stage) {
  Script out = session_alone(stage);
  set_member(out.says[0], "Number of keys", "8");
  return members_open(
      with_member(std::move(out), kSessionNotification, "session-parameters-changed", "Number of keys", "9"));
}

Script denied_without_session(Stage& stage) {
  Script out =
      with(stage.make.session_denied(stage.quiet_km()), kSessionResponse, "incomplete-failure-response");
  drop_member(out.says[1], "Session ID");
  drop_member(out.says[1], "Destination KM ID");
  return members_open(std::move(out));
}

Script allocated_twice(Stage& stage) {
  Script out = stage.reservation(1, 1);
  out.says[3].may_be_lean = false;
  out.says.insert(out.says.end(), {out.says[2], out.says[3]});
  out.says[4].breaks = {"key-double-allocated"};
  out.says[5].answers = 4;
  return out;
}

Script unreserved_key(Stage& stage) {
  Script out = stage.reservation(1, 1);
  Say& ask = out.says[2];
  const std::string other = "k-never-" + stage.make.fresh();
  ask.keys.push_back(other);
  set_member(ask, "Key IDs",
             R"([{"key_id":)" + in_quotes(ask.keys[0]) + R"(},{"key_id":)" + in_quotes(other) + "}]");
  ask.breaks = {"allocation-of-unreserved-key"};
  out.says[3].may_be_lean = false;
  return out;
}

Script reserved_twice(Stage& stage) {
  Script out = stage.reservation(1, 0);
  Script second = stage.make.reservation(out.says[0].km, 1, 0, false);
  out.says[1].may_be_lean = false;
  second.says[1].may_be_lean = false;
  second.says[1].answers = 2;
  second.says[1].breaks = {"key-double-reserved"};
  set_member(second.says[1], "Key IDs", in_quotes(out.truth.reserved[0]));
  // Two procedures in one script: the second is found by its own frames, see Truth.
  out.says.insert(out.says.end(), second.says.begin(), second.says.end());
  out.says[2].stray = out.says[3].stray = true;
  return out;
}

Script mismatch(Stage& stage) {
  Script out = stage.make.reservation(stage.echoing_km(End::client), 1, 0, false);
  out.says[0].alone = true;
  out = with_member(std::move(out), kReservationResponse, "response-mismatch", "Destination KMA ID",
                    in_quotes("KMA-wrong-" + stage.make.fresh()));
  out.says[1].wait_ms = 3;  // on the same connection
  return states_open(std::move(out), {"reserved", "requested"});
}

Script looped(Stage& stage) {
  Script out = stage.make.centralized(stage.any_km(), false, false);
  return members_open(with_member(std::move(out), kRelayRequest, "relay-loop", "Transit KMA IDs",
                                  R"(["KMA-in","KMA-by","KMA-in"])"));
}

Script behind_its_goal(Stage& stage) {
  Script out = stage.make.centralized(stage.any_km(), false, false);
  const std::string goal = out.truth.members[2].json;
  return members_open(with_member(std::move(out), kRelayRequest, "destination-not-last", "Transit KMA IDs",
                                  "[" + in_quotes(goal) + R"(,"KMA-behind"])"));
}

Script turned_back(Stage& stage) {
  Script out = stage.distributed(2, true);
  set_member(out.says[3], "Next KMA IDs", "[" + in_quotes(out.truth.route[0]) + "]");
  out.says[3].breaks = {"relay-loop"};
  return states_open(std::move(out), {"routed"});
}

Script nowhere_to_go(Stage& stage) {
  Script out = stage.distributed(2, true);
  set_member(out.says[3], "Next KMA IDs", "[]");
  out.says[3].breaks = {"no-next-hop"};
  return states_open(std::move(out), {"failed"});
}

Script nobody_asked(Stage& stage) {
  Script out =
      with(stage.make.centralized(stage.any_km(), false, true), kRelayRequest, "relay-without-notification");
  out.says.erase(out.says.begin());
  out.says[0].answers.reset();
  out.says[1].answers = 0;
  return out;
}

/// It answers its KM's only open 0x4104, of which nothing is said then: none may be meant to go unanswered.
Script unknown_relay(Stage& stage) {
  const Script other = stage.make.centralized(stage.quiet_km(), false, true);
  return stray(other.says[2], "unknown-relay-request");
}

Script unknown_session(Stage& stage) {
  const Script other = stage.session();
  return stray(other.says[2], "unknown-session");
}

Script unsolicited(Stage& stage) {
  const Script other = stage.make.reservation(stage.any_km(), 1, 1, true);
  return stray(other.says[stage.make.dice().chance(50) ? 1 : 3], "unsolicited-response");
}

Script unknown_command(Stage& stage) {
  Say say = stage.make.centralized(stage.any_km(), false, true).says[0];
  say.wire_code = 0x1499;
  say.code = 0;
  return stray(say, "unknown-command");
}

Script wrong_digits(Stage& stage) {
  Script out = with(stage.reservation(2, 1), kReservationRequest, "swapped-direction-code");
  out.says[0].wire_code = 0x140A;
  return out;
}

Script number_reused(Stage& stage) {
  Script out = with(stage.reservation(2, 1), kAllocationRequest, "message-id-reused");
  out.says[2].number_again = true;
  out.says[2].wait_ms = 3;
  return out;
}

Script other_version(Stage& stage) {
  Script out =
      with(stage.make.centralized(stage.any_km(), false, false), kRelayNotification, "version-changed");
  out.says[0].version = static_cast<std::uint16_t>(100 + std::stoul(stage.make.fresh()));
  return out;
}

Script unreadable(Stage& stage, std::string raw, std::string_view rule) {
  Script out =
      with(stage.make.centralized(stage.echoing_km(End::server), false, false), kRelayNotification, rule);
  out.says[0].raw = std::move(raw);
  out.says[0].alone = true;
  for (Say& say : out.says) say.stray = true;  // it opens no relay; what follows may
  out.truth = {};
  return out;
}

using Make = Script (*)(Stage&);
constexpr const char* kHexKey = R"([{"key":"00112233445566778899aabbccddeeff"}])";

constexpr Make kFaults[] = {
    [](Stage& s) {
      return members_open(
          without_member(s.session(), kSessionNotification, "missing-parameter", "Source KM ID"));
    },
    [](Stage& s) {
      return members_open(
          without_member(s.session(), kSessionResponse, "missing-parameter", "Destination KM ID"));
    },
    [](Stage& s) {
      return members_open(without_member(s.make.centralized(s.any_km(), false, false), kRelayRequest,
                                         "missing-parameter", "Transit KMA IDs"));
    },
    [](Stage& s) {
      return members_open(with_member(s.session(), kSessionNotification, "wrong-type", "Source KM ID", "{}"));
    },
    [](Stage& s) { return with_number(s, "wrong-type", "[4]"); },
    [](Stage& s) {
      return with_member(s.session(), kSessionNotificationResponse, "wrong-type", "Extension", "{}");
    },
    [](Stage& s) {
      return unanswered(s.make.centralized(s.lively_km(), false, true), kRelayNotification, "requested");
    },
    [](Stage& s) {
      return unanswered(s.make.centralized(s.lively_km(), false, true), kRelayRequest, "routed");
    },
    [](Stage& s) { return unanswered(s.distributed(1, false), kNextHopRequest, "requested"); },
    [](Stage& s) {
      return unanswered(s.make.reservation(s.lively_km(), 2, 1, true), kReservationRequest, "requested");
    },
    [](Stage& s) {
      return unanswered(s.make.reservation(s.lively_km(), 2, 1, true), kAllocationRequest, "reserved");
    },
    [](Stage& s) { return answered_late(s.make.centralized(s.lively_km(), false, true), kRelayResponse); },
    [](Stage& s) { return answered_twice(s.make.centralized(s.any_km(), false, true), kRelayResponse); },
    [](Stage& s) { return answered_twice(s.reservation(2, 1), kAllocationResponse); },
    [](Stage& s) { return answered_twice(s.session(), kSessionNotificationResponse); },
    mismatch,
    premature,
    outcome_conflict,
    other_application,
    other_number,
    denied_without_session,
    allocated_twice,
    unreserved_key,
    reserved_twice,
    looped,
    behind_its_goal,
    turned_back,
    nowhere_to_go,
    nobody_asked,
    unknown_relay,
    unknown_session,
    unsolicited,
    unknown_command,
    wrong_digits,
    number_reused,
    other_version,
    [](Stage& s) { return unreadable(s, "{\"Source KMA ID\":", "malformed-payload"); },
    [](Stage& s) { return unreadable(s, "[]", "payload-not-object"); },
    [](Stage& s) {
      return states_open(with_member(s.reservation(1, 0), kReservationResponse, "reservation-without-keys",
                                     "Key IDs", "\"\""),
                         {"reserved", "requested"});
    },
    [](Stage& s) {
      const std::string held = in_quotes("k-held-" + s.make.fresh());
      return members_open(with_member(s.make.reservation_rejected(s.any_km()), kReservationResponse,
                                      "failed-reservation-with-keys", "Key IDs", held));
    },
    [](Stage& s) {
      return with_member(s.make.reservation_rejected(s.any_km()), kReservationResponse, "unknown-result-code",
                         "Response", "7");
    },
    [](Stage& s) { return with_number(s, "type-variant", "\"5\""); },
    [](Stage& s) { return with_number(s, "invalid-number-of-keys", "0"); },
    [](Stage& s) {
      return members_open(
          with_member(s.session(), kSessionNotification, "empty-identifier", "Source KM ID", "\"\""));
    },
    [](Stage& s) {
      return with_member(s.reservation(2, 1), kReservationRequest, "unexpected-parameter", "Number of keys",
                         "3");
    },
    [](Stage& s) {
      return with_member(s.reservation(2, 1), kAllocationRequest, "unknown-parameter", "Colour", "3");
    },
    [](Stage& s) {
      return with_member(s.reservation(2, 1), kReservationRequest, "possible-key-material", "Extension",
                         kHexKey);
    },
};

}  // namespace

Script write_fault(ScriptWriter& writer, std::size_t which) {
  Stage stage{writer};
  Script out = kFaults[which % std::size(kFaults)](stage);
  if (std::any_of(out.says.begin(), out.says.end(), needs_company)) out.start_ms = 0;
  return out;
}

Script write_garbage(std::size_t km) {
  Script out;
  out.says.resize(1);
  out.says[0].km = km;
  out.start_ms = 0;
  out.says[0].garbage = true;
  out.says[0].stray = true;
  out.says[0].breaks = {"malformed-frame"};
  return out;
}

}  // namespace ck::integration
