// Rules on requests, answers and roles: what breaks each, and a near miss. Frames 1 to 3 are a handshake;
// then one message a frame.
#include "generator/payloads.h"

namespace ck::samples {
namespace {

std::vector<RuleSamples> identity_rules() {
  return {
      {"message-id-reused",
       {"Two requests of one side under MessageID 7; the responder numbers on its own",
        4,
        {{4, "plaintext-transport"}, {6, "message-id-reused"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(7, kNextHopRequest, kAsk);
          t.ctl(100, kNextHopResponse, kNext);
          t.km(7, kNextHopRequest, kAskFour);
          t.ctl(101, kNextHopResponse, kNextFour);
        }},
       {"MessageID 7 in a request and in a response of each side: one of each kind",
        4,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(7, kNextHopRequest, kAsk);
          t.ctl(7, kNextHopResponse, kNext);
          t.ctl(7, kSessionNotification, kNotify);
          t.km(7, kSessionNotificationResponse, kNotified);
        }}},
      {"wrong-direction",
       {"The KM's end sends a controller's message",
        3,
        {{4, "plaintext-transport"}, {6, "wrong-direction"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kNextHopRequest, kAsk);
          t.ctl(1, kNextHopResponse, kNext);
          t.km(2, kSessionNotification, kNotify);
        }},
       {"Both ends ask and both answer, each with its own digits",
        4,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.ctl(1, kSessionNotification, kNotify);
          t.km(1, kSessionNotificationResponse, kNotified);
          t.km(2, kNextHopRequest, kAsk);
          t.ctl(2, kNextHopResponse, kNext);
        }}},
      {"role-reversed-connection",
       {"The end that opened the connection sends controller's codes",
        2,
        {{4, "plaintext-transport"}, {4, "role-reversed-connection"}},
        [](Recording& r) {
          CkTalk t = opened(r, {"10.14.0.1", 41001}, {"10.41.0.11", 51640});
          t.km(1, kReservationRequest, kReserve);
          t.ctl(1, kReservationResponse, kReserved);
        }},
       {"The KM opened the connection, though the controller speaks first",
        2,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.ctl(1, kReservationRequest, kReserve);
          t.km(1, kReservationResponse, kReserved);
        }}},
  };
}

std::vector<RuleSamples> answer_rules() {
  return {
      {"unanswered-request",
       {"No answer in 31 seconds, while the connection goes on",
        3,
        {{4, "plaintext-transport"}, {4, "unanswered-request"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kNextHopRequest, kAsk);
          r.wait_ms(31'000);
          t.km(2, kSessionRequest, kSession);
          t.ctl(2, kSessionResponse, kSessionDone);
        }},
       {"The answer comes after 29.5 seconds",
        4,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kNextHopRequest, kAsk);
          r.wait_ms(29'499);
          t.ctl(1, kNextHopResponse, kNext);
          r.wait_ms(60'000);
          t.km(2, kSessionRequest, kSession);
          t.ctl(2, kSessionResponse, kSessionDone);
        }}},
      {"unsolicited-response",
       {"A reservation is answered that nobody asked for",
        3,
        {{4, "plaintext-transport"}, {6, "unsolicited-response"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kNextHopRequest, kAsk);
          t.ctl(1, kNextHopResponse, kNext);
          t.km(2, kReservationResponse, kReserved);
        }},
       {"The same, but the capture begins in mid-stream: it cannot tell",
        3,
        {{1, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t(r, kKm1, kController);
          t.km(1, kNextHopRequest, kAsk);
          t.ctl(1, kNextHopResponse, kNext);
          t.km(2, kReservationResponse, kReserved);
        }}},
      {"duplicate-response",
       {"One request, two answers",
        3,
        {{4, "plaintext-transport"}, {6, "duplicate-response"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kNextHopRequest, kAsk);
          t.ctl(1, kNextHopResponse, kNext);
          t.ctl(1, kNextHopResponse, kNext);
        }},
       {"Two equal requests, two equal answers",
        4,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kNextHopRequest, kAsk);
          t.km(2, kNextHopRequest, kAsk);
          t.ctl(1, kNextHopResponse, kNext);
          t.ctl(2, kNextHopResponse, kNext);
        }}},
      {"response-mismatch",
       {"The answer names another destination than its request",
        2,
        {{4, "plaintext-transport"}, {5, "response-mismatch"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(5, kNextHopRequest, kAsk);
          t.ctl(5, kNextHopResponse, kNextFour);
        }},
       {"The same destination, spelt with an escape",
        2,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(5, kNextHopRequest, kAsk);
          t.ctl(5, kNextHopResponse, R"({"Destination KMA ID":"KMA\u002D\u0033","Next KMA IDs":["KMA-2"]})");
        }}},
  };
}

}  // namespace

std::vector<Sample> pairing_rule_samples() {
  std::vector<Sample> out;
  for (const auto& rows : {identity_rules(), answer_rules()}) {
    for (Sample& sample : rule_captures(rows)) out.push_back(std::move(sample));
  }
  return out;
}

}  // namespace ck::samples
