// Fine print on who is who, on what contradicts what, and on where a finding stands. Frames 1 to 3 are a
// handshake; then one message a frame unless a comment says otherwise.
#include "generator/payloads.h"

namespace ck::samples {
namespace {

constexpr std::string_view kRoute =
    R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Transit KMA IDs":"KMA-2","Key relay request ID":"R-1"})";
constexpr std::string_view kAtoB =
    R"({"Application source ID":"app-a","Application destination ID":"app-b"})";
constexpr std::string_view kCtoD =
    R"({"Application source ID":"app-c","Application destination ID":"app-d"})";

std::string notify(std::string_view session, std::string_view source, std::string_view destination) {
  return R"({"Application source ID":")" + std::string(source) + R"(","Application destination ID":")" +
         std::string(destination) + R"(","Session ID":")" + std::string(session) +
         R"(","Source KM ID":"KM-1"})";
}
std::string accepted(std::string_view session) {
  return R"({"Session ID":")" + std::string(session) + R"(","Response":"success"})";
}
std::string established(std::string_view session) {
  return R"({"Session ID":")" + std::string(session) +
         R"(","Response":"success","Destination KM ID":"KM-2"})";
}

std::vector<Sample> sessions() {
  return {
      ruling_capture(
          "notification-for-another-application",
          {"app-b was asked for, app-c is notified: told at the 0x4108",
           4,
           {{7, "plaintext-transport"}, {8, "plaintext-transport"}, {8, "session-parameters-changed"}},
           [](Recording& r) {
             CkTalk source = opened(r);             // frames 1 to 3
             CkTalk destination = opened(r, kKm2);  // frames 4 to 6
             source.km(1, kSessionRequest, kAtoB);
             destination.ctl(1, kSessionNotification, notify("S-1", "app-a", "app-c"));
             destination.km(1, kSessionNotificationResponse, accepted("S-1"));
             source.ctl(1, kSessionResponse, established("S-1"));
           }},
          {{{"session", "established", {7, 8, 9, 10}}}}, {{{9, 8}, {10, 7}}}),
      ruling_capture(
          "sessions-answered-in-the-other-order",
          {"Two sessions of one KM; the notifications tell whose Session ID is whose",
           8,
           {{7, "plaintext-transport"}, {9, "plaintext-transport"}},
           [](Recording& r) {
             CkTalk source = opened(r);             // frames 1 to 3
             CkTalk destination = opened(r, kKm2);  // frames 4 to 6
             source.km(1, kSessionRequest, kAtoB);
             source.km(2, kSessionRequest, kCtoD);
             destination.ctl(301, kSessionNotification, notify("S-1", "app-a", "app-b"));
             destination.ctl(302, kSessionNotification, notify("S-2", "app-c", "app-d"));
             destination.km(301, kSessionNotificationResponse, accepted("S-1"));
             destination.km(302, kSessionNotificationResponse, accepted("S-2"));
             source.ctl(77, kSessionResponse, established("S-2"));
             source.ctl(78, kSessionResponse, established("S-1"));
           }},
          {{{"session", "established", {7, 9, 11, 14}}, {"session", "established", {8, 10, 12, 13}}}},
          {{{11, 9}, {12, 10}, {13, 8}, {14, 7}}}),
      ruling_capture("session-id-notified-for-others",
                     {"S-1 is notified for two pairs of applications",
                      4,
                      {{4, "plaintext-transport"}, {6, "session-id-reused"}},
                      [](Recording& r) {
                        CkTalk t = opened(r);
                        t.ctl(1, kSessionNotification, notify("S-1", "app-a", "app-b"));
                        t.km(1, kSessionNotificationResponse, accepted("S-1"));
                        t.ctl(2, kSessionNotification, notify("S-1", "app-c", "app-d"));
                        t.km(2, kSessionNotificationResponse, accepted("S-1"));
                      }}),
  };
}

std::vector<Sample> contradictions() {
  return {
      ruling_capture(
          "application-and-kma-named",
          {"The request named both; the application alone makes the destination mandatory in the answer",
           2,
           {{4, "plaintext-transport"}, {5, "missing-parameter"}},
           [](Recording& r) {
             CkTalk t = opened(r);
             t.km(1, kNextHopRequest,
                  R"({"Destination KMA ID":"KMA-3","Application destination ID":"app-b"})");
             t.ctl(1, kNextHopResponse, R"({"Next KMA IDs":["KMA-2"]})");
           }}),
      ruling_capture(
          "relay-request-for-another-destination",
          {"0x4104 against 0x1403",
           3,
           {{4, "plaintext-transport"}, {5, "response-mismatch"}},
           [](Recording& r) {
             CkTalk t = opened(r);
             t.km(1, kRelayNotification, kAsk);
             t.ctl(
                 1, kRelayRequest,
                 R"({"Destination KMA ID":"KMA-9","Transit KMA IDs":"KMA-2","Key relay request ID":"R-1"})");
             t.km(1, kRelayResponse, kRelayed);
           }},
          {}, {{{5, 4}, {6, 5}}}),
      ruling_capture(
          "allocation-of-another-key-confirmed",
          {"K-1 asked for, K-2 confirmed; fewer keys would do, others do not",
           4,
           {{4, "plaintext-transport"}, {7, "response-mismatch"}},
           [](Recording& r) {
             CkTalk t = opened(r);
             t.ctl(1, kReservationRequest, kReserveFive);
             t.km(1, kReservationResponse, R"({"Key IDs":"K-1 K-2","Response":0})");
             t.ctl(2, kAllocationRequest,
                   R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-5","Key IDs":[{"Key ID":"K-1"}]})");
             t.km(2, kAllocationResponse, R"({"Key IDs":[{"Key ID":"K-2"}],"Response":0})");
           }},
          {}, {{{5, 4}, {7, 6}}}),
      ruling_capture("swapped-response",
                     {"0x1402 answers as 0x4102 would",
                      2,
                      {{4, "plaintext-transport"}, {5, "swapped-direction-code"}},
                      [](Recording& r) {
                        CkTalk t = opened(r);
                        t.km(1, kNextHopRequest, kAsk);
                        t.ctl(1, 0x1402, kNext);
                      }},
                     {{{"relay", "routed", {4, 5}}}}, {{{5, 4}}}),
      ruling_capture("three-versions",
                     {"Two values other than the first: two warnings",
                      6,
                      {{4, "plaintext-transport"}, {6, "version-changed"}, {8, "version-changed"}},
                      [](Recording& r) {
                        CkTalk t = opened(r);
                        for (std::uint16_t version = 1; version <= 3; ++version) {  // frames 4, 6 and 8
                          t.version = version;
                          t.km(version, kNextHopRequest, kAsk);
                          t.version = 1;
                          t.ctl(version, kNextHopResponse, kNext);
                        }
                      }}),
  };
}

std::vector<Sample> who_is_who() {
  return {
      ruling_capture("one-host-one-km",
                     {"The host's connections are not open at once: K-1 is reserved twice on one KM",
                      4,
                      {{4, "plaintext-transport"}, {12, "plaintext-transport"}, {13, "key-double-reserved"}},
                      [](Recording& r) {
                        CkTalk first = opened(r);
                        first.ctl(1, kReservationRequest, kReserveFive);
                        first.km(1, kReservationResponse, kReserved);
                        first.close();                                          // frames 6 to 8
                        CkTalk second = opened(r, Endpoint{kKm1.host, 41101});  // frames 9 to 11
                        second.ctl(1, kReservationRequest, kReserveFive);
                        second.km(1, kReservationResponse, kReserved);
                      }}),
      ruling_capture(
          "one-kma-on-two-hosts",
          {"Two hosts told the same KMA ID: K-1 is reserved twice on one KM",
           8,
           {{7, "plaintext-transport"}, {9, "plaintext-transport"}, {14, "key-double-reserved"}},
           [](Recording& r) {
             CkTalk one = opened(r);        // frames 1 to 3
             CkTalk two = opened(r, kKm2);  // frames 4 to 6
             one.km(1, kRelayNotification, kAsk);
             one.ctl(1, kRelayRequest, kRoute);
             two.km(1, kRelayNotification, R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-4"})");
             two.ctl(1, kRelayRequest, R"({"Transit KMA IDs":"KMA-2","Key relay request ID":"R-2"})");
             one.ctl(2, kReservationRequest, kReserveFive);
             one.km(2, kReservationResponse, kReserved);
             two.ctl(2, kReservationRequest, kReserveFive);
             two.km(2, kReservationResponse, kReserved);
           }}),
      ruling_capture(
          "relay-request-id-of-another-controller",
          {"R-1 of two controllers: two relays, each with its own",
           6,
           {{7, "plaintext-transport"}, {9, "plaintext-transport"}},
           [](Recording& r) {
             CkTalk one = opened(r);                                                // frames 1 to 3
             CkTalk two = opened(r, Endpoint{kKm2.host, kKm2.port}, kController2);  // frames 4 to 6
             one.km(1, kRelayNotification, kAsk);
             one.ctl(1, kRelayRequest, kRoute);
             two.km(1, kRelayNotification, R"({"Source KMA ID":"KMA-7","Destination KMA ID":"KMA-8"})");
             two.ctl(1, kRelayRequest, R"({"Transit KMA IDs":"","Key relay request ID":"R-1"})");
             two.km(1, kRelayResponse, R"({"Response":"failed: link down","Key relay request ID":"R-1"})");
             one.km(1, kRelayResponse, kRelayed);
           }},
          {{{"relay", "completed", {7, 8, 12}}, {"relay", "failed", {9, 10, 11}}}},
          {{{8, 7}, {10, 9}, {11, 10}, {12, 8}}}),
      ruling_capture("rst-inside-its-own-frame", {"The KM resets in the middle of what it was sending",
                                                  2,
                                                  {{4, "plaintext-transport"}, {7, "truncated-message"}},
                                                  [](Recording& r) {
                                                    CkTalk t = opened(r);
                                                    t.km(1, kNextHopRequest, kAsk);
                                                    t.ctl(1, kNextHopResponse, kNext);
                                                    Buffer half = frame(1, 2, kNextHopRequest, kAsk);
                                                    half.resize(30);
                                                    t.client(half);
                                                    t.rst(End::client);
                                                  }}),
  };
}

}  // namespace

std::vector<Sample> identity_ruling_samples() {
  std::vector<Sample> out;
  for (auto& part : {sessions(), contradictions(), who_is_who()})
    out.insert(out.end(), part.begin(), part.end());
  return out;
}

}  // namespace ck::samples
