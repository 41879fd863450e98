// One capture full of violations, for whoever wants to see what findings look like.
#include "generator/sample.h"

namespace ck::samples {
namespace {

Buffer violations() {
  Recording r;
  CkTalk t = opened(r);                                                                   // frames 1 to 3
  t.km(11, kNextHopRequest, R"({"Source KMA ID":"KMA-1"})");                              // 4 no destination
  t.ctl(11, kNextHopResponse, R"({"Next KMA IDs":[]})");                                  // 5 no hop
  t.km(25, kSessionRequest, R"({"Application source ID":"app-a","Number of keys":0})");   // 6 two faults
  t.ctl(25, kSessionResponse, R"({"Response":"failed"})");                                // 7 incomplete
  t.ctl(3, kReservationRequest, R"({"Source KMA ID":"","Destination KMA ID":"KMA-2"})");  // 8 empty
  t.km(3, kReservationResponse, R"({"Response":0})");                                     // 9 no keys
  t.ctl(
      4, kAllocationRequest,
      R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-2","Key IDs":[{"Key ID":"K-5"}]})");  // 10
                                                                                                  // unreserved
  t.km(4, kAllocationResponse, R"({"Response":"0"})");  // 11 variant
  t.ctl(5, kRelayRequest,
        R"({"Transit KMA IDs":["KMA-7","KMA-7"],"Key relay request ID":"R-1"})");  // 12 loop, unasked
  t.km(5, kRelayResponse, R"({"Response":true,"Key relay request ID":"R-1"})");    // 13 wrong type
  t.km(6, kNextHopRequest, R"({"Destination KMA ID":"KMA-3",,})");                 // 14 not JSON
  t.km(7, 0x1499, R"({"vendor":"x"})");                                            // 15 unknown
  t.km(
      80, kNextHopRequest,
      R"({"Destination KMA ID":"KMA-4","destination_kma_id":"KMA-4","colour":"red","Session ID":"S"})");  // 16 three
  t.ctl(80, kNextHopResponse, R"({"Destination KMA ID":"KMA-4","Next KMA IDs":["KMA-4"]})");  // 17
  t.ctl(80, kNextHopResponse, R"({"Destination KMA ID":"KMA-4","Next KMA IDs":["KMA-4"]})");  // 18 twice
  t.km(9, kReservationResponse, R"({"Key IDs":"K-9","Response":0})");                         // 19 unasked
  Buffer half = frame(1, 10, kNextHopRequest, R"({"Destination KMA ID":"KMA-5"})");
  half.resize(15);
  t.client(half);      // 20
  t.fin(End::client);  // 21 in the middle of a frame
  t.fin(End::server);  // 22
  t.ack(End::client);
  return r.pcap();
}

/// What the controller says is true, and does not help: the KM has an own name for Application source ID.
Buffer km_rejected() {
  Recording r;
  CkTalk t = opened(r);
  for (const std::uint32_t id : {1U, 2U}) {
    t.km(id, kSessionRequest,
         R"({"src_app":"vpn-a","application_destination_id":"vpn-b","number_of_keys":16})");  // 4, 6
    t.ctl(id, kSessionResponse, R"({"response":"failed: no application source"})");           // 5, 7
    r.wait_ms(5'000);
  }
  t.close();
  return r.pcap();
}

}  // namespace

std::vector<Sample> violation_samples() {
  return {{"violations.pcap",
           "Twenty violations on one connection",
           violations,
           {16,
            {{4, "plaintext-transport"},
             {4, "missing-destination"},
             {5, "no-next-hop"},
             {6, "missing-parameter"},
             {6, "invalid-number-of-keys"},
             {7, "incomplete-failure-response"},
             {8, "empty-identifier"},
             {9, "reservation-without-keys"},
             {10, "allocation-of-unreserved-key"},
             {11, "type-variant"},
             {12, "relay-without-notification"},
             {12, "relay-loop"},
             {13, "wrong-type"},
             {14, "malformed-payload"},
             // The malformed request was never answered, and its connection is closed.
             {14, "unanswered-request"},
             {15, "unknown-command"},
             {16, "duplicate-parameter"},
             {16, "unknown-parameter"},
             {16, "unexpected-parameter"},
             {18, "duplicate-response"},
             {19, "unsolicited-response"},
             {21, "truncated-message"}}}},
          {"km-rejected.pcap",
           "A KM whose session requests the controller rejects",
           km_rejected,
           {4,
            {{4, "plaintext-transport"},
             {4, "missing-parameter"},
             {4, "unknown-parameter"},
             {5, "incomplete-failure-response"},
             {6, "missing-parameter"},
             {6, "unknown-parameter"},
             {7, "incomplete-failure-response"}},
            {{{"session", "failed", {4, 5}}, {"session", "failed", {6, 7}}}},
            {{{5, 4}, {7, 6}}}}}};
}

}  // namespace ck::samples
