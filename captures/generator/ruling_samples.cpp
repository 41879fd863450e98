// Fine print on pairing, procedures and payloads that no single rule's capture shows. Frames 1 to 3 are a
// handshake; then one message a frame unless a comment says otherwise.
#include "generator/payloads.h"

namespace ck::samples {
namespace {

std::vector<Sample> pairing() {
  return {
      ruling_capture("two-counters-that-start-at-one",
                     {"Both sides number their own messages; answers come in the other order",
                      4,
                      {{4, "plaintext-transport"}},
                      [](Recording& r) {
                        CkTalk t = opened(r);
                        t.km(1, kNextHopRequest, kAsk);
                        t.km(2, kNextHopRequest, kAskFour);
                        t.ctl(1, kNextHopResponse, kNextFour);
                        t.ctl(2, kNextHopResponse, kNext);
                      }},
                     {{{"relay", "routed", {4, 7}}, {"relay", "routed", {5, 6}}}}, {{{6, 5}, {7, 4}}}),
      ruling_capture(
          "echoing-responder-mixes-answers-up",
          {"Two echoes prove it echoes; then MessageID 30 carries the answer of 40",
           8,
           {{4, "plaintext-transport"}, {10, "response-mismatch"}},
           [](Recording& r) {
             CkTalk t = opened(r);
             t.km(10, kNextHopRequest, kAsk);
             t.ctl(10, kNextHopResponse, kNext);
             t.km(20, kNextHopRequest, kAskFour);
             t.ctl(20, kNextHopResponse, kNextFour);
             t.km(30, kNextHopRequest, R"({"Destination KMA ID":"KMA-6"})");
             t.km(40, kNextHopRequest, R"({"Destination KMA ID":"KMA-7"})");
             t.ctl(30, kNextHopResponse, R"({"Destination KMA ID":"KMA-7","Next KMA IDs":["KMA-2"]})");
             t.ctl(40, kNextHopResponse, R"({"Destination KMA ID":"KMA-7","Next KMA IDs":["KMA-2"]})");
           }},
          {}, {{{5, 4}, {7, 6}, {10, 8}, {11, 9}}}),
      ruling_capture("ambiguous-pair",
                     {"Two requests by application, answers that name nothing: who was meant cannot be told",
                      4,
                      {{4, "plaintext-transport"}},
                      [](Recording& r) {
                        CkTalk t = opened(r);
                        t.km(1, kNextHopRequest, R"({"Application destination ID":"app-b"})");
                        t.km(2, kNextHopRequest, R"({"Destination KMA ID":"KMA-9"})");
                        t.ctl(501, kNextHopResponse, R"({"Next KMA IDs":["KMA-2"]})");
                        t.ctl(502, kNextHopResponse, R"({"Next KMA IDs":["KMA-2"]})");
                      }}),
      ruling_capture("responses-under-one-message-id",
                     {"Two responses of one side under MessageID 9, which no request had",
                      4,
                      {{4, "plaintext-transport"}, {7, "message-id-reused"}},
                      [](Recording& r) {
                        CkTalk t = opened(r);
                        t.km(1, kNextHopRequest, kAsk);
                        t.ctl(9, kNextHopResponse, kNext);
                        t.km(2, kNextHopRequest, kAskFour);
                        t.ctl(9, kNextHopResponse, kNextFour);
                      }},
                     {}, {{{5, 4}, {7, 6}}}),
      ruling_capture(
          "relay-request-is-a-response-too",
          {"0x4104 echoes MessageID 5, which the controller's own 0x4108 had: a response and a request",
           5,
           {{4, "plaintext-transport"}},
           [](Recording& r) {
             CkTalk t = opened(r);
             t.ctl(5, kSessionNotification, kNotify);
             t.km(5, kSessionNotificationResponse, kNotified);
             t.km(5, kRelayNotification, kAsk);
             t.ctl(5, kRelayRequest, R"({"Transit KMA IDs":"KMA-2","Key relay request ID":"R-1"})");
             t.km(6, kRelayResponse, R"({"Response":"ok","Key relay request ID":"R-1"})");
           }},
          {{{"session", "accepted", {4, 5}}, {"relay", "completed", {6, 7, 8}}}}, {{{5, 4}, {7, 6}, {8, 7}}}),
      ruling_capture("wrong-direction-is-told-once",
                     {"Two messages of the other direction from one end: one finding",
                      4,
                      {{4, "plaintext-transport"}, {6, "wrong-direction"}},
                      [](Recording& r) {
                        CkTalk t = opened(r);
                        t.km(1, kNextHopRequest, kAsk);
                        t.ctl(1, kNextHopResponse, kNext);
                        t.km(2, kSessionNotification, kNotify);
                        t.km(3, kReservationRequest, kReserveFive);
                      }}),
  };
}

std::vector<Sample> time_and_ends() {
  return {
      ruling_capture("late-answer",
                     {"An answer after 35 seconds is paired, and the finding stays",
                      2,
                      {{4, "plaintext-transport"}, {4, "unanswered-request"}},
                      [](Recording& r) {
                        CkTalk t = opened(r);
                        t.km(1, kNextHopRequest, kAsk);
                        r.wait_ms(35'000);
                        t.ctl(1, kNextHopResponse, kNext);
                      }},
                     {{{"relay", "routed", {4, 5}}}}, {{{5, 4}}}),
      ruling_capture("closed-without-answer", {"The connection closes, the capture ends, nobody answered",
                                               1,
                                               {{4, "plaintext-transport"}, {4, "unanswered-request"}},
                                               [](Recording& r) {
                                                 CkTalk t = opened(r);
                                                 t.km(1, kNextHopRequest, kAsk);
                                                 t.close();
                                               }}),
      ruling_capture("still-open-at-the-end",
                     {"The capture ends five seconds after the request: it cannot tell",
                      1,
                      {{4, "plaintext-transport"}},
                      [](Recording& r) {
                        CkTalk t = opened(r);
                        t.km(1, kNextHopRequest, kAsk);
                        r.wait_ms(5'000);
                        t.ack(End::server);
                      }}),
      ruling_capture("one-direction-only",
                     {"Only what the KM sends was captured: nothing is said about answers",
                      2,
                      {{3, "plaintext-transport"}},
                      [](Recording& r) {
                        CkTalk t = opened(r);
                        t.km(1, kNextHopRequest, kAsk);
                        t.km(2, kReservationResponse, kReserved);
                        t.fin(End::client);
                        r.packets().erase(r.packets().begin() + 1);  // the SYN-ACK
                      }}),
      ruling_capture("mid-stream-start",
                     {"A capture that begins in the middle knows nothing of what was before",
                      4,
                      {{1, "plaintext-transport"}},
                      [](Recording& r) {
                        CkTalk t(r, kKm1, kController);
                        t.ctl(71, kAllocationRequest, kAllocateFive);
                        t.km(71, kAllocationResponse, kAllocated);
                        t.km(33, kRelayResponse, R"({"Response":"success","Key relay request ID":"R-0"})");
                        t.km(34, kSessionNotificationResponse, kNotified);
                      }}),
      ruling_capture(
          "half-frame-and-the-others-rst",
          {"The KM resets while the controller is in the middle of a frame: RST ends its sender's direction",
           2,
           {{4, "plaintext-transport"}},
           [](Recording& r) {
             CkTalk t = opened(r);
             t.km(1, kNextHopRequest, kAsk);
             t.ctl(1, kNextHopResponse, kNext);
             Buffer half = frame(1, 2, kSessionNotification, kNotify);
             half.resize(30);
             t.server(half);
             t.rst(End::client);
           }}),
  };
}

std::vector<Sample> procedures() {
  return {
      ruling_capture(
          "relay-re-routed",
          {"A second relay request under another ID is a re-route, no duplicate",
           4,
           {{4, "plaintext-transport"}},
           [](Recording& r) {
             CkTalk t = opened(r);
             t.km(1, kRelayNotification, kAsk);
             t.ctl(1, kRelayRequest, R"({"Transit KMA IDs":"KMA-2","Key relay request ID":"R-1"})");
             t.ctl(
                 2, kRelayRequest,
                 R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Transit KMA IDs":"KMA-5","Key relay request ID":"R-2"})");
             t.km(2, kRelayResponse, R"({"Response":"success","Key relay request ID":"R-2"})");
           }},
          {{{"relay", "completed", {4, 5, 6, 7}}}}),
      ruling_capture("relay-loop-in-a-chain",
                     {"A hop is offered only the source, where the relay came from",
                      4,
                      {{7, "plaintext-transport"}, {9, "plaintext-transport"}, {10, "relay-loop"}},
                      [](Recording& r) {
                        CkTalk one = opened(r);        // frames 1 to 3
                        CkTalk two = opened(r, kKm2);  // frames 4 to 6
                        one.km(1, kNextHopRequest, kAsk);
                        one.ctl(1, kNextHopResponse, kNext);
                        two.km(1, kNextHopRequest, kAsk);
                        two.ctl(1, kNextHopResponse,
                                R"({"Destination KMA ID":"KMA-3","Next KMA IDs":["KMA-1"]})");
                      }},
                     {{{"relay", "routed", {7, 8, 9, 10}}}}),
      ruling_capture(
          "destination-in-the-middle-and-at-the-end",
          {"destination-not-last alone, not relay-loop too",
           3,
           {{4, "plaintext-transport"}, {5, "destination-not-last"}},
           [](Recording& r) {
             CkTalk t = opened(r);
             t.km(1, kRelayNotification, kAsk);
             t.ctl(1, kRelayRequest,
                   R"({"Destination KMA ID":"KMA-3","Transit KMA IDs":["KMA-2","KMA-3","KMA-4","KMA-3"]})");
             t.km(1, kRelayResponse, R"({"Response":"success"})");
           }}),
      ruling_capture("notification-repeated",
                     {"One Session ID notified twice with equal parameters is no reuse",
                      4,
                      {{4, "plaintext-transport"}},
                      [](Recording& r) {
                        CkTalk t = opened(r);
                        t.ctl(1, kSessionNotification, kNotify);
                        t.km(1, kSessionNotificationResponse, kNotified);
                        t.ctl(2, kSessionNotification, kNotify);
                        t.km(2, kSessionNotificationResponse, kNotified);
                      }},
                     {}, {{{5, 4}, {7, 6}}}),
      ruling_capture("result-not-understood",
                     {"A result text of no known first word leaves the session answered",
                      2,
                      {{4, "plaintext-transport"}},
                      [](Recording& r) {
                        CkTalk t = opened(r);
                        t.km(1, kSessionRequest, kSession);
                        t.ctl(1, kSessionResponse,
                              R"({"Session ID":"S-1","Response":"pending","Destination KM ID":"KM-2"})");
                      }},
                     {{{"session", "answered", {4, 5}}}}),
      ruling_capture(
          "reserved-again-after-allocation",
          {"Reserved, allocated, reserved and allocated again: all in order",
           8,
           {{4, "plaintext-transport"}},
           [](Recording& r) {
             CkTalk t = opened(r);
             for (std::uint32_t id = 1; id < 5; id += 2) {
               t.ctl(id, kReservationRequest, kReserveFive);
               t.km(id, kReservationResponse, kReserved);
               t.ctl(id + 1, kAllocationRequest, kAllocateFive);
               t.km(id + 1, kAllocationResponse, kAllocated);
             }
           }},
          {{{"reservation", "allocated", {4, 5, 6, 7}}, {"reservation", "allocated", {8, 9, 10, 11}}}}),
      ruling_capture(
          "two-kms-behind-one-address",
          {"K-1 reserved on two connections of one host that are open at once: who knows whose key",
           4,
           {{7, "plaintext-transport"}, {9, "plaintext-transport"}},
           [](Recording& r) {
             CkTalk one = opened(r);
             CkTalk two = opened(r, {kKm1.host, 41101});
             one.ctl(1, kReservationRequest, kReserveFive);
             one.km(1, kReservationResponse, kReserved);
             two.ctl(1, kReservationRequest, kReserveFive);
             two.km(1, kReservationResponse, kReserved);
           }}),
      ruling_capture(
          "failed-reservations-without-keys",
          {"Key IDs absent, null, empty and []: a failed reservation has none",
           8,
           {{4, "plaintext-transport"}},
           [](Recording& r) {
             CkTalk t = opened(r);
             std::uint32_t id = 0;
             for (const char* keys : {"", R"("Key IDs":null,)", R"("Key IDs":"",)", R"("Key IDs":[],)"}) {
               t.ctl(++id, kReservationRequest, kReserveFive);
               t.km(id, kReservationResponse, "{" + std::string(keys) + "\"Response\":1}");
             }
           }}),
  };
}

/// Session requests of the given payloads in frames 4, 6, 8 …, each answered in the next.
std::function<void(Recording&)> session_requests(std::vector<std::string> payloads) {
  return [payloads](Recording& r) {
    CkTalk t = opened(r);
    std::uint32_t id = 0;
    for (const std::string& payload : payloads) {
      ++id;
      t.km(id, kSessionRequest, payload);
      t.ctl(id, kSessionResponse,
            R"({"Session ID":"S-)" + std::to_string(id) +
                R"(","Response":"success","Destination KM ID":"KM-2"})");
    }
  };
}

/// A faultless exchange in frames 4 and 5, then next hop requests of the given payloads in frames 6, 8 …,
/// each answered.
std::function<void(Recording&)> next_hop_requests(std::vector<std::string> payloads) {
  return [payloads](Recording& r) {
    CkTalk t = opened(r);
    t.km(1, kNextHopRequest, kAskFour);
    t.ctl(1, kNextHopResponse, kNextFour);
    std::uint32_t id = 1;
    for (const std::string& payload : payloads) {
      ++id;
      t.km(id, kNextHopRequest, payload);
      t.ctl(id, kNextHopResponse, kNext);
    }
  };
}

std::string with_extension(std::string_view extension) {
  return R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Extension":)" + std::string(extension) +
         "}";
}

std::vector<Sample> payloads() {
  const std::string deep = with_extension("[{\"deep\":" + std::string(62, '[') + std::string(62, ']') + "}]");
  return {
      ruling_capture(
          "numbers-that-are-no-integers",
          {"1.0, 1e2 and 2 to the 64th as Number of keys",
           6,
           {{4, "plaintext-transport"}, {4, "wrong-type"}, {6, "wrong-type"}, {8, "wrong-type"}},
           session_requests(
               {R"({"Application source ID":"a1","Application destination ID":"b1","Number of keys":1.0})",
                R"({"Application source ID":"a2","Application destination ID":"b2","Number of keys":1e2})",
                R"({"Application source ID":"a3","Application destination ID":"b3","Number of keys":18446744073709551616})"})}),
      ruling_capture(
          "wrong-type-is-not-missing-too",
          {"A mandatory identifier as an array; an empty one; a null one",
           6,
           {{4, "plaintext-transport"}, {4, "wrong-type"}, {6, "empty-identifier"}, {8, "missing-parameter"}},
           session_requests({R"({"Application source ID":["a1"],"Application destination ID":"b1"})",
                             R"({"Application source ID":"","Application destination ID":"b2"})",
                             R"({"Application source ID":null,"Application destination ID":"b3"})"})}),
      ruling_capture(
          "list-elements",
          {"null, {} and an empty text as a next hop",
           6,
           {{4, "plaintext-transport"}, {5, "wrong-type"}, {7, "wrong-type"}, {9, "empty-identifier"}},
           [](Recording& r) {
             CkTalk t = opened(r);
             std::uint32_t id = 0;
             for (const char* bad : {"null", "{}", "\"\""}) {
               t.km(++id, kNextHopRequest, kAsk);
               t.ctl(id, kNextHopResponse,
                     R"({"Destination KMA ID":"KMA-3","Next KMA IDs":["KMA-2",)" + std::string(bad) + "]}");
             }
           }}),
      ruling_capture(
          "what-rfc-8259-forbids",
          {"A byte order mark, NaN, 65 levels, a raw control character, bad UTF-8, trailing bytes, nothing "
           "at all",
           16,
           {{4, "plaintext-transport"},
            {6, "malformed-payload"},
            {8, "malformed-payload"},
            {10, "malformed-payload"},
            {12, "malformed-payload"},
            {14, "malformed-payload"},
            {16, "malformed-payload"},
            {18, "malformed-payload"}},
           next_hop_requests({"\xEF\xBB\xBF" + std::string(kAsk), with_extension(R"([{"x":NaN}])"), deep,
                              "{\"Destination KMA ID\":\"KMA\t3\"}", "{\"Destination KMA ID\":\"KMA-\xFF\"}",
                              std::string(kAsk) + ";", ""})},
          {}, {{{5, 4}, {7, 6}, {9, 8}, {11, 10}, {13, 12}, {15, 14}, {17, 16}, {19, 18}}}),
      ruling_capture("lone-surrogate", {"A lone surrogate is readable",
                                        4,
                                        {{4, "plaintext-transport"}},
                                        next_hop_requests({with_extension(R"([{"note":"\ud800"}])")})}),
      ruling_capture("white-space-before-the-first-payload", {"The strict content test serves",
                                                              2,
                                                              {{4, "plaintext-transport"}},
                                                              [](Recording& r) {
                                                                CkTalk t = opened(r);
                                                                t.km(1, kNextHopRequest,
                                                                     "  " + std::string(kAsk));
                                                                t.ctl(1, kNextHopResponse, kNext);
                                                              }}),
      ruling_capture(
          "extension-forms",
          {"One object, and an element that is no object: wrong-type; text: a variant; error_message: silent",
           10,
           {{4, "plaintext-transport"}, {6, "wrong-type"}, {8, "wrong-type"}, {10, "type-variant"}},
           next_hop_requests({with_extension(R"({"a":1})"), with_extension(R"([{"a":1},"b"])"),
                              with_extension(R"("b")"),
                              R"({"Destination KMA ID":"KMA-3","error_message":"b"})"})}),
      ruling_capture(
          "key-material-in-depth",
          {"Base64 below a member named secret; hex below key; exempt names; short values",
           10,
           {{4, "plaintext-transport"}, {6, "possible-key-material"}, {8, "possible-key-material"}},
           next_hop_requests(
               {with_extension(R"([{"secret":{"data":["3q2+7wAAESIzRFVmd4iZqg=="]}}])"),
                with_extension(R"([{"keys":[{"v":"00112233445566778899AABBCCDDEEFF"}]}])"),
                with_extension(
                    R"([{"public_key":"3q2+7wAAESIzRFVmd4iZqg==","key_digest":"00112233445566778899aabbccddeeff"}])"),
                with_extension(R"([{"key_value":"3q2+7wAAESIzRFVmd4i="}])")})}),
  };
}

}  // namespace

std::vector<Sample> ruling_samples() {
  std::vector<Sample> out;
  for (auto& part : {pairing(), time_and_ends(), procedures(), payloads()})
    out.insert(out.end(), part.begin(), part.end());
  return out;
}

}  // namespace ck::samples
