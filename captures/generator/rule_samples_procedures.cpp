// Rules on relays, sessions and reservations: what breaks each, and a near miss. Frames 1 to 3 are a
// handshake; then one message a frame, unless a second connection opens.
#include "generator/payloads.h"

namespace ck::samples {
namespace {

constexpr std::string_view kAskFive = R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-5"})";
constexpr std::string_view kAskSix = R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-6"})";
constexpr std::string_view kRouteFive =
    R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-5","Transit KMA IDs":["KMA-2","KMA-3"],"Key relay request ID":"R-1"})";
constexpr std::string_view kRouteSix =
    R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-6","Transit KMA IDs":["KMA-2"],"Key relay request ID":"R-1"})";
constexpr std::string_view kFourKeySession =
    R"({"Application source ID":"app-a","Application destination ID":"app-b","Number of keys":4})";
constexpr std::string_view kOtherSession =
    R"({"Application source ID":"app-c","Application destination ID":"app-d"})";
constexpr std::string_view kFourKeyNotify =
    R"({"Application source ID":"app-a","Application destination ID":"app-b","Session ID":"S-1","Source KM ID":"KM-1","Number of keys":4})";
constexpr std::string_view kAccepted = R"({"Session ID":"S-1","Response":"success"})";
constexpr std::string_view kRefused = R"({"Session ID":"S-1","Response":"rejected by app-b"})";
constexpr std::string_view kEstablished =
    R"({"Session ID":"S-1","Response":"success","Destination KM ID":"KM-2"})";
constexpr std::string_view kSessionFailed =
    R"({"Session ID":"S-1","Response":"failed: app-b is away","Destination KM ID":"KM-2"})";

/// 0x1403 in frame 4, a 0x4104 of the given payload in 5, 0x1405 in 6.
std::function<void(Recording&)> relay(std::string route) {
  return [route](Recording& r) {
    CkTalk t = opened(r);
    t.km(1, kRelayNotification, kAskFive);
    t.ctl(1, kRelayRequest, route);
    t.km(1, kRelayResponse, kRelayed);
  };
}

std::vector<RuleSamples> relay_rules() {
  return {
      {"relay-without-notification",
       {"A relay request that no notification asked for",
        2,
        {{4, "plaintext-transport"}, {4, "relay-without-notification"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.ctl(1, kRelayRequest, kRouteFive);
          t.km(1, kRelayResponse, kRelayed);
        }},
       {"The notification came on an earlier connection of the association",
        3,
        {{4, "plaintext-transport"}, {11, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk first = opened(r);
          first.km(1, kRelayNotification, kAskFive);
          first.close();                                  // frames 5 to 7
          CkTalk second = opened(r, {kKm1.host, 41101});  // frames 8 to 10
          second.ctl(1, kRelayRequest, kRouteFive);       // frame 11
          second.km(1, kRelayResponse, kRelayed);
        }}},
      {"relay-loop",
       {"KMA-2 twice in one route",
        3,
        {{4, "plaintext-transport"}, {5, "relay-loop"}},
        relay(
            R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-5","Transit KMA IDs":["KMA-2","KMA-3","KMA-2"],"Key relay request ID":"R-1"})")},
       {"The source at the head and the destination at the end",
        3,
        {{4, "plaintext-transport"}},
        relay(
            R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-5","Transit KMA IDs":["KMA-1","KMA-2","KMA-5"],"Key relay request ID":"R-1"})")}},
      {"destination-not-last",
       {"The destination in the middle of the transit list",
        3,
        {{4, "plaintext-transport"}, {5, "destination-not-last"}},
        relay(
            R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-5","Transit KMA IDs":"KMA-2,KMA-5,KMA-3","Key relay request ID":"R-1"})")},
       {"The destination at its end",
        3,
        {{4, "plaintext-transport"}},
        relay(
            R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-5","Transit KMA IDs":"KMA-2,KMA-3,KMA-5","Key relay request ID":"R-1"})")}},
      {"relay-request-id-reused",
       {"R-1 again while the relay R-1 is open",
        6,
        {{4, "plaintext-transport"}, {7, "relay-request-id-reused"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kRelayNotification, kAskFive);
          t.ctl(1, kRelayRequest, kRouteFive);
          t.km(2, kRelayNotification, kAskSix);
          t.ctl(2, kRelayRequest, kRouteSix);
          t.km(1, kRelayResponse, kRelayed);
          t.km(2, kRelayResponse, kRelayed);
        }},
       {"R-1 again after the relay R-1 was completed",
        6,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kRelayNotification, kAskFive);
          t.ctl(1, kRelayRequest, kRouteFive);
          t.km(1, kRelayResponse, kRelayed);
          t.km(2, kRelayNotification, kAskSix);
          t.ctl(2, kRelayRequest, kRouteSix);
          t.km(2, kRelayResponse, kRelayed);
        }}},
      {"unknown-relay-request",
       {"The result of R-9, which nobody requested",
        3,
        {{4, "plaintext-transport"}, {6, "unknown-relay-request"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kRelayNotification, kAskFive);
          t.ctl(1, kRelayRequest, kRouteFive);
          t.km(1, kRelayResponse, R"({"Response":"success","Key relay request ID":"R-9"})");
        }},
       {"The result of R-1, which an earlier connection of the association requested",
        3,
        {{4, "plaintext-transport"}, {12, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk first = opened(r);
          first.km(1, kRelayNotification, kAskFive);
          first.ctl(1, kRelayRequest, kRouteFive);
          first.close();                                  // frames 6 to 8
          CkTalk second = opened(r, {kKm1.host, 41101});  // frames 9 to 11
          second.km(1, kRelayResponse, kRelayed);         // frame 12
        }}},
  };
}

std::vector<RuleSamples> session_id_rules() {
  return {
      {"session-id-reused",
       {"S-1 for two pairs of applications",
        4,
        {{4, "plaintext-transport"}, {7, "session-id-reused"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kSessionRequest, kFourKeySession);
          t.ctl(1, kSessionResponse, kEstablished);
          t.km(2, kSessionRequest, kOtherSession);
          t.ctl(2, kSessionResponse, kEstablished);
        }},
       {"The first S-1 had failed",
        4,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kSessionRequest, kFourKeySession);
          t.ctl(1, kSessionResponse, kSessionFailed);
          t.km(2, kSessionRequest, kOtherSession);
          t.ctl(2, kSessionResponse, kEstablished);
        }}},
      {"unknown-session",
       {"An answer for S-9, which was never notified",
        2,
        {{4, "plaintext-transport"}, {5, "unknown-session"}},
        [](Recording& r) {
          CkTalk t = opened(r, kKm2);
          t.ctl(1, kSessionNotification, kFourKeyNotify);
          t.km(1, kSessionNotificationResponse, R"({"Session ID":"S-9","Response":"success"})");
        }},
       {"S-1 was notified on an earlier connection of the association",
        2,
        {{4, "plaintext-transport"}, {11, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk first = opened(r, kKm2);
          first.ctl(1, kSessionNotification, kFourKeyNotify);
          first.close();                                          // frames 5 to 7
          CkTalk second = opened(r, {kKm2.host, 41102});          // frames 8 to 10
          second.km(1, kSessionNotificationResponse, kAccepted);  // frame 11
        }}},
  };
}

/// Two KMs: handshakes in frames 1 to 6, 0x1406 of the first in frame 7, 0x4108 to the second in frame 8.
struct TwoKms {
  explicit TwoKms(Recording& r, std::string_view notification = kFourKeyNotify)
      : source(opened(r)), destination(opened(r, kKm2)) {
    source.km(1, kSessionRequest, kFourKeySession);
    destination.ctl(1, kSessionNotification, notification);
  }
  CkTalk source, destination;
};

std::vector<RuleSamples> session_outcome_rules() {
  return {
      {"premature-session-response",
       {"The source KM is answered before the destination KM has answered",
        4,
        {{7, "plaintext-transport"}, {8, "plaintext-transport"}, {9, "premature-session-response"}},
        [](Recording& r) {
          TwoKms t(r);
          t.source.ctl(1, kSessionResponse, kEstablished);
          t.destination.km(1, kSessionNotificationResponse, kAccepted);
        }},
       {"The order of Figure 3",
        4,
        {{7, "plaintext-transport"}, {8, "plaintext-transport"}},
        [](Recording& r) {
          TwoKms t(r);
          t.destination.km(1, kSessionNotificationResponse, kAccepted);
          t.source.ctl(1, kSessionResponse, kEstablished);
        }}},
      {"session-outcome-conflict",
       {"The destination KM refuses, the source KM is told of success",
        4,
        {{7, "plaintext-transport"}, {8, "plaintext-transport"}, {10, "session-outcome-conflict"}},
        [](Recording& r) {
          TwoKms t(r);
          t.destination.km(1, kSessionNotificationResponse, kRefused);
          t.source.ctl(1, kSessionResponse, kEstablished);
        }},
       {"The destination KM accepts, the controller fails the session all the same",
        4,
        {{7, "plaintext-transport"}, {8, "plaintext-transport"}},
        [](Recording& r) {
          TwoKms t(r);
          t.destination.km(1, kSessionNotificationResponse, kAccepted);
          t.source.ctl(1, kSessionResponse, kSessionFailed);
        }}},
      {"session-parameters-changed",
       {"Four keys asked, five notified",
        4,
        {{7, "plaintext-transport"}, {8, "plaintext-transport"}, {8, "session-parameters-changed"}},
        [](Recording& r) {
          TwoKms t(
              r,
              R"({"Application source ID":"app-a","Application destination ID":"app-b","Session ID":"S-1","Source KM ID":"KM-1","Number of keys":5})");
          t.destination.km(1, kSessionNotificationResponse, kAccepted);
          t.source.ctl(1, kSessionResponse, kEstablished);
        }},
       {"Four keys asked, and the notification leaves the number out",
        4,
        {{7, "plaintext-transport"}, {8, "plaintext-transport"}},
        [](Recording& r) {
          TwoKms t(
              r,
              R"({"Application source ID":"app-a","Application destination ID":"app-b","Session ID":"S-1","Source KM ID":"KM-1"})");
          t.destination.km(1, kSessionNotificationResponse, kAccepted);
          t.source.ctl(1, kSessionResponse, kEstablished);
        }}},
  };
}

/// 0x410A in frame 4 and a 0x140B of the given payload in frame 5.
std::function<void(Recording&)> reservation(std::string response) {
  return [response](Recording& r) {
    CkTalk t = opened(r);
    t.ctl(1, kReservationRequest, kReserveFive);
    t.km(1, kReservationResponse, response);
  };
}

std::vector<RuleSamples> reservation_rules() {
  return {
      {"reservation-without-keys",
       {"Success, and no key named",
        2,
        {{4, "plaintext-transport"}, {5, "reservation-without-keys"}},
        reservation(R"({"Response":0})")},
       {"Failure, and no key named", 2, {{4, "plaintext-transport"}}, reservation(R"({"Response":1})")}},
      {"failed-reservation-with-keys",
       {"Failure, and a key named",
        2,
        {{4, "plaintext-transport"}, {5, "failed-reservation-with-keys"}},
        reservation(R"({"Key IDs":"K-1","Response":1})")},
       {"Failure, and Key IDs empty",
        2,
        {{4, "plaintext-transport"}},
        reservation(R"({"Key IDs":"","Response":1})")}},
      {"key-double-reserved",
       {"K-1 reserved twice on one KM",
        4,
        {{4, "plaintext-transport"}, {7, "key-double-reserved"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.ctl(1, kReservationRequest, kReserveFive);
          t.km(1, kReservationResponse, kReserved);
          t.ctl(2, kReservationRequest, kReserveFive);
          t.km(2, kReservationResponse, kReserved);
        }},
       {"K-1 reserved on two KMs",
        4,
        {{7, "plaintext-transport"}, {9, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk one = opened(r);
          CkTalk two = opened(r, kKm2);
          one.ctl(1, kReservationRequest, kReserveFive);
          one.km(1, kReservationResponse, kReserved);
          two.ctl(1, kReservationRequest, R"({"Source KMA ID":"KMA-2","Destination KMA ID":"KMA-5"})");
          two.km(1, kReservationResponse, kReserved);
        }}},
  };
}

std::vector<RuleSamples> allocation_rules() {
  return {
      {"allocation-of-unreserved-key",
       {"K-9 was never reserved",
        4,
        {{4, "plaintext-transport"}, {6, "allocation-of-unreserved-key"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.ctl(1, kReservationRequest, kReserveFive);
          t.km(1, kReservationResponse, kReserved);
          t.ctl(2, kAllocationRequest,
                R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-5","Key IDs":[{"Key ID":"K-9"}]})");
          t.km(2, kAllocationResponse, R"({"Response":1})");
        }},
       {"K-1 was reserved on the KM's earlier connection",
        4,
        {{4, "plaintext-transport"}, {12, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk first = opened(r);
          first.ctl(1, kReservationRequest, kReserveFive);
          first.km(1, kReservationResponse, kReserved);
          first.close();                                     // frames 6 to 8
          CkTalk second = opened(r, {kKm1.host, 41101});     // frames 9 to 11
          second.ctl(1, kAllocationRequest, kAllocateFive);  // frame 12
          second.km(1, kAllocationResponse, kAllocated);
        }}},
      {"key-double-allocated",
       {"K-1 allocated twice",
        6,
        {{4, "plaintext-transport"}, {8, "key-double-allocated"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.ctl(1, kReservationRequest, kReserveFive);
          t.km(1, kReservationResponse, kReserved);
          t.ctl(2, kAllocationRequest, kAllocateFive);
          t.km(2, kAllocationResponse, kAllocated);
          t.ctl(3, kAllocationRequest, kAllocateFive);
          t.km(3, kAllocationResponse, R"({"Response":1})");
        }},
       {"The first allocation had failed",
        6,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.ctl(1, kReservationRequest, kReserveFive);
          t.km(1, kReservationResponse, kReserved);
          t.ctl(2, kAllocationRequest, kAllocateFive);
          t.km(2, kAllocationResponse, R"({"Response":1})");
          t.ctl(3, kAllocationRequest, kAllocateFive);
          t.km(3, kAllocationResponse, kAllocated);
        }}},
  };
}

}  // namespace

std::vector<Sample> procedure_rule_samples() {
  std::vector<Sample> out;
  for (const auto& rows : {relay_rules(), session_id_rules(), session_outcome_rules(), reservation_rules(),
                           allocation_rules()}) {
    for (Sample& sample : rule_captures(rows)) out.push_back(std::move(sample));
  }
  return out;
}

}  // namespace ck::samples
