// Rules on frames and payloads: for each, the smallest capture that breaks it and nothing else, and a near
// miss. Frames 1 to 3 are the handshake; then one message a frame. plaintext-transport stands at every first
// message that is readable.
#include "generator/payloads.h"

namespace ck::samples {
namespace {

constexpr std::string_view kAllocate =
    R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Key IDs":[{"Key ID":"K-1"}]})";

/// A next hop request of the given payload in frame 4 and its answer in frame 5.
std::function<void(Recording&)> next_hop(std::string request, std::string response = std::string(kNext)) {
  return [request, response](Recording& r) {
    CkTalk t = opened(r);
    t.km(1, kNextHopRequest, request);
    t.ctl(1, kNextHopResponse, response);
  };
}

/// The same behind a faultless exchange: the request is frame 6, its answer frame 7.
std::function<void(Recording&)> second_next_hop(std::string request) {
  return [request](Recording& r) {
    CkTalk t = opened(r);
    t.km(1, kNextHopRequest, kAskFour);
    t.ctl(1, kNextHopResponse, kNextFour);
    t.km(2, kNextHopRequest, request);
    t.ctl(2, kNextHopResponse, kNext);
  };
}

/// A session request in frame 4 and its answer in frame 5.
std::function<void(Recording&)> session(std::string request,
                                        std::string response = std::string(kSessionDone)) {
  return [request, response](Recording& r) {
    CkTalk t = opened(r);
    t.km(1, kSessionRequest, request);
    t.ctl(1, kSessionResponse, response);
  };
}

/// 0x1403 in frame 4, 0x4104 in 5, 0x1405 in 6.
std::function<void(Recording&)> relay(std::string request, std::string response) {
  return [request, response](Recording& r) {
    CkTalk t = opened(r);
    t.km(1, kRelayNotification, kAsk);
    t.ctl(1, kRelayRequest, request);
    t.km(1, kRelayResponse, response);
  };
}

/// An array in an array in an array …, `levels` deep.
std::string nested(unsigned levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

std::vector<RuleSamples> frame_rules() {
  return {
      {"unknown-command",
       {"0x140E, one beyond Table I.1",
        3,
        {{4, "plaintext-transport"}, {6, "unknown-command"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kNextHopRequest, kAsk);
          t.ctl(1, kNextHopResponse, kNext);
          t.km(2, 0x140E, R"({"Source KMA ID":"KMA-1"})");
        }},
       {"0x140D, the last of Table I.1",
        4,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.ctl(1, kReservationRequest, kReserve);
          t.km(1, kReservationResponse, kReserved);
          t.ctl(2, kAllocationRequest, kAllocate);
          t.km(2, kAllocationResponse, kAllocated);
        }}},
      {"swapped-direction-code",
       {"0x4101 where 0x1401 is meant; it is answered all the same",
        4,
        {{4, "plaintext-transport"}, {6, "swapped-direction-code"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kNextHopRequest, kAskFour);
          t.ctl(1, kNextHopResponse, kNextFour);
          t.km(2, 0x4101, kAsk);
          t.ctl(2, kNextHopResponse, kNext);
        }},
       {"0x4108 and 0x1409: the controller asks, the KM answers, and the digits say so",
        4,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kNextHopRequest, kAsk);
          t.ctl(1, kNextHopResponse, kNext);
          t.ctl(2, kSessionNotification, kNotify);
          t.km(2, kSessionNotificationResponse, kNotified);
        }}},
      {"version-changed",
       {"Version 2 after Version 1, told once for its value",
        4,
        {{4, "plaintext-transport"}, {5, "version-changed"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, kNextHopRequest, kAsk);
          t.version = 2;
          t.ctl(1, kNextHopResponse, kNext);
          t.km(2, kNextHopRequest, kAskFour);
          t.version = 1;
          t.ctl(2, kNextHopResponse, kNextFour);
        }},
       {"Two connections, each true to its own Version",
        4,
        {{4, "plaintext-transport"}, {9, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk one = opened(r);
          one.km(1, kNextHopRequest, kAsk);
          one.ctl(1, kNextHopResponse, kNext);
          CkTalk two = opened(r, kKm2);
          two.version = 2;
          two.km(1, kNextHopRequest, R"({"Source KMA ID":"KMA-2","Destination KMA ID":"KMA-4"})");
          two.ctl(1, kNextHopResponse, R"({"Destination KMA ID":"KMA-4","Next KMA IDs":["KMA-4"]})");
        }}},
      {"unexpected-version",
       {"Version 2 where 1 is expected, told once for the connection",
        2,
        {{4, "plaintext-transport"}, {4, "unexpected-version"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.version = 2;
          t.km(1, kNextHopRequest, kAsk);
          t.ctl(1, kNextHopResponse, kNext);
        },
        true,
        {"--expect-version", "1"},
        {"-o", "ck.expected_version:1"}},
       {"Version 1 where 1 is expected",
        2,
        {{4, "plaintext-transport"}},
        next_hop(std::string(kAsk)),
        true,
        {"--expect-version", "1"},
        {"-o", "ck.expected_version:1"}}},
      {"malformed-payload",
       {"A comma too many",
        4,
        {{4, "plaintext-transport"}, {6, "malformed-payload"}},
        second_next_hop(R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3",})")},
       {"White space around, escapes, and nesting of exactly 64 levels",
        4,
        {{4, "plaintext-transport"}},
        second_next_hop("\r\n\t {\"Source KMA ID\" : \"KM\\u0041-1\", \"Destination KMA "
                        "ID\":\"KMA-3\",\"Extension\":[{\"deep\":" +
                        nested(61) + "}]} \n")}},
      {"payload-not-object",
       {"An array of what should be an object's members",
        4,
        {{4, "plaintext-transport"}, {6, "payload-not-object"}},
        second_next_hop(R"([{"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3"}])")},
       {"An object behind white space",
        4,
        {{4, "plaintext-transport"}},
        second_next_hop("\n\n{\"Source KMA ID\":\"KMA-1\",\"Destination KMA ID\":\"KMA-3\"}")}},
  };
}

std::vector<RuleSamples> presence_rules() {
  return {
      {"missing-parameter",
       {"The request named an application, the response does not name the destination KMA (8.2)",
        2,
        {{4, "plaintext-transport"}, {5, "missing-parameter"}},
        next_hop(R"({"Source KMA ID":"KMA-1","Application destination ID":"app-b"})",
                 R"({"Source KMA ID":"KMA-1","Next KMA IDs":["KMA-2"]})")},
       {"The request named the destination KMA, so the response need not",
        2,
        {{4, "plaintext-transport"}},
        next_hop(std::string(kAsk), R"({"Next KMA IDs":["KMA-2"]})")}},
      {"incomplete-failure-response",
       {"A failure without Session ID and Destination KM ID: one note",
        2,
        {{4, "plaintext-transport"}, {5, "incomplete-failure-response"}},
        session(std::string(kSession), R"({"Response":"failed: destination unknown"})")},
       {"A failure that names both",
        2,
        {{4, "plaintext-transport"}},
        session(std::string(kSession),
                R"({"Session ID":"S-1","Response":"failed: no key left","Destination KM ID":"KM-2"})")}},
      {"missing-destination",
       {"Neither a KMA nor an application as destination",
        2,
        {{4, "plaintext-transport"}, {4, "missing-destination"}},
        next_hop(R"({"Source KMA ID":"KMA-1"})", R"({"Source KMA ID":"KMA-1","Next KMA IDs":["KMA-2"]})")},
       {"The application alone is enough",
        2,
        {{4, "plaintext-transport"}},
        next_hop(R"({"Source KMA ID":"KMA-1","Application destination ID":"app-b"})")}},
      {"duplicate-parameter",
       {"One parameter under two spellings",
        2,
        {{4, "plaintext-transport"}, {4, "duplicate-parameter"}},
        next_hop(R"({"Source KMA ID":"KMA-1","source_kma_id":"KMA-1","Destination KMA ID":"KMA-3"})")},
       {"The same name inside Extension is another member",
        2,
        {{4, "plaintext-transport"}},
        next_hop(
            R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Extension":[{"Source KMA ID":"x"},{"Source KMA ID":"y"}]})")}},
      {"unexpected-parameter",
       {"A Session ID in a next hop request",
        2,
        {{4, "plaintext-transport"}, {4, "unexpected-parameter"}},
        next_hop(R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Session ID":"S-1"})")},
       {"A Session ID inside Extension",
        2,
        {{4, "plaintext-transport"}},
        next_hop(
            R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Extension":[{"Session ID":"S-1"}]})")}},
      {"unknown-parameter",
       {"A member that is none of Q.4164's",
        2,
        {{4, "plaintext-transport"}, {4, "unknown-parameter"}},
        next_hop(R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Priority":5})")},
       {"The same inside Extension",
        2,
        {{4, "plaintext-transport"}},
        next_hop(R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Extension":[{"Priority":5}]})")}},
  };
}

std::vector<RuleSamples> value_rules() {
  return {
      {"wrong-type",
       {"An object where an identifier is listed",
        2,
        {{4, "plaintext-transport"}, {4, "wrong-type"}},
        next_hop(R"({"Source KMA ID":{"name":"KMA-1"},"Destination KMA ID":"KMA-3"})")},
       {"null counts as absent, and the source may be",
        2,
        {{4, "plaintext-transport"}},
        next_hop(R"({"Source KMA ID":null,"Destination KMA ID":"KMA-3"})")}},
      {"type-variant",
       {"A numeral in a string where an integer is listed",
        2,
        {{4, "plaintext-transport"}, {4, "type-variant"}},
        session(
            R"({"Application source ID":"app-a","Application destination ID":"app-b","Number of keys":"3"})")},
       {"Transit KMA IDs as an array, and Appendix II's result_code as an integer: both silent",
        3,
        {{4, "plaintext-transport"}},
        relay(R"({"Transit KMA IDs":["KMA-2"],"Key relay request ID":"R-1"})",
              R"({"result_code":0,"Key relay request ID":"R-1","error_message":"none"})")}},
      {"empty-identifier",
       {"A Source KMA ID of length zero",
        2,
        {{4, "plaintext-transport"}, {4, "empty-identifier"}},
        next_hop(R"({"Source KMA ID":"","Destination KMA ID":"KMA-3"})")},
       {"Empty Transit KMA IDs are a direct route",
        3,
        {{4, "plaintext-transport"}},
        relay(R"({"Transit KMA IDs":"","Key relay request ID":"R-1"})",
              R"({"Response":"success","Key relay request ID":"R-1"})")}},
      {"invalid-number-of-keys",
       {"Zero keys",
        2,
        {{4, "plaintext-transport"}, {4, "invalid-number-of-keys"}},
        session(
            R"({"Application source ID":"app-a","Application destination ID":"app-b","Number of keys":0})")},
       {"One key",
        2,
        {{4, "plaintext-transport"}},
        session(
            R"({"Application source ID":"app-a","Application destination ID":"app-b","Number of keys":1})")}},
      {"possible-key-material",
       {"32 hex digits in a member named key_value",
        2,
        {{4, "plaintext-transport"}, {4, "possible-key-material"}},
        next_hop(
            R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Extension":[{"key_value":"00112233445566778899aabbccddeeff"}]})")},
       {"31 digits; and 32 in names that tell of no key's value",
        2,
        {{4, "plaintext-transport"}},
        next_hop(
            R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Extension":[{"key_value":"00112233445566778899aabbccddeef"},)"
            R"({"key_id":"00112233445566778899aabbccddeeff","key_hash":"00112233445566778899aabbccddeeff",)"
            R"("trace":"00112233445566778899aabbccddeeff"}]})")}},
      {"no-next-hop",
       {"An empty list of next hops",
        2,
        {{4, "plaintext-transport"}, {5, "no-next-hop"}},
        next_hop(std::string(kAsk),
                 R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Next KMA IDs":[]})")},
       {"A list of one", 2, {{4, "plaintext-transport"}}, next_hop(std::string(kAsk))}},
      {"unknown-result-code",
       {"An integer result of 2",
        2,
        {{4, "plaintext-transport"}, {5, "unknown-result-code"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.ctl(1, kReservationRequest, kReserve);
          t.km(1, kReservationResponse, R"({"Response":2})");
        }},
       {"An integer result of 1",
        2,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.ctl(1, kReservationRequest, kReserve);
          t.km(1, kReservationResponse, R"({"Response":1})");
        }}},
  };
}

}  // namespace

std::vector<Sample> frame_and_payload_rule_samples() {
  std::vector<Sample> out;
  for (const auto& rows : {frame_rules(), presence_rules(), value_rules()}) {
    for (Sample& sample : rule_captures(rows)) out.push_back(std::move(sample));
  }
  return out;
}

}  // namespace ck::samples
