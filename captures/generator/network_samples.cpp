// A busy network, and every message in every spelling.
#include <array>

#include "generator/sample.h"

namespace ck::samples {
namespace {

/// A message in two segments: its first bytes, then the rest. Returns the frame that completes it.
std::uint64_t in_two(CkTalk& talk, End from, std::size_t first, const Buffer& message) {
  const auto cut = message.begin() + static_cast<std::ptrdiff_t>(first);
  talk.send(from, Buffer(message.begin(), cut));
  return talk.send(from, Buffer(cut, message.end()));
}

/// Four KMs, two controllers, one session, two relays and a reservation, all at once; messages in two
/// segments, three in one, one byte first. KMs 1 and 2 are of controller 1, KMs 3 and 4 of controller 2.
Buffer network() {
  Recording r;
  const std::size_t second = r.add_interface({Link::ethernet, 6, "eth1"});
  TalkOptions there;
  there.interface = second;
  there.link.vlans = {164};
  CkTalk km1 = opened(r, kKm1);                                        // frames 1 to 3
  CkTalk km2 = opened(r, kKm2);                                        // 4 to 6
  CkTalk km3 = opened(r, kKm3, kController2, there);                   // 7 to 9
  CkTalk km4 = opened(r, {"10.41.0.14", 41004}, kController2, there);  // 10 to 12
  const auto f = [](std::uint32_t id, std::uint16_t code, std::string_view payload) {
    return frame(1, id, code, payload);
  };

  in_two(km1, End::client, 10,  // 13, 14
         f(1, kSessionRequest,
           R"({"Application source ID":"bank-a","Application destination ID":"bank-b","Number of keys":8})"));
  km4.ctl(
      900, kSessionNotification,  // 15
      R"({"Application source ID":"bank-a","Application destination ID":"bank-b","Session ID":"S-77","Source KM ID":"KM-1","Number of keys":8})");
  km2.client(join({f(1, kRelayNotification,
                     R"({"Source KMA ID":"KMA-2","Destination KMA ID":"KMA-4"})"),  // 16: two messages
                   f(2, kNextHopRequest, R"({"Source KMA ID":"KMA-2","Destination KMA ID":"KMA-3"})")}));
  km1.ack(End::server);  // 17
  in_two(km4, End::client, 1,
         f(500, kSessionNotificationResponse, R"({"Session ID":"S-77","Response":"ok"})"));  // 18, 19
  km2.server(join(
      {f(2, kNextHopResponse,
         R"({"Destination KMA ID":"KMA-3","Next KMA IDs":["KMA-5"]})"),  // 20: two messages
       f(1, kRelayRequest,
         R"({"Source KMA ID":"KMA-2","Destination KMA ID":"KMA-4","Transit KMA IDs":"KMA-5, KMA-3","Key relay request ID":"R-31"})")}));
  km1.ctl(1, kSessionResponse,
          R"({"Session ID":"S-77","Response":"established","Destination KM ID":"KM-4"})");       // 21
  km3.ctl(7, kReservationRequest, R"({"Source KMA ID":"KMA-3","Destination KMA ID":"KMA-4"})");  // 22
  km3.client(join({f(7, kReservationResponse, R"({"Key IDs":"3-4-0001","Response":0})"),         // 23
                   f(71, kNextHopRequest, R"({"Source KMA ID":"KMA-3","Destination KMA ID":"KMA-1"})")}));
  km3.ctl(71, kNextHopResponse, R"({"Destination KMA ID":"KMA-1","Next KMA IDs":["KMA-1"]})");  // 24
  in_two(km3, End::server, 5,                                                                   // 25, 26
         f(8, kAllocationRequest,
           R"({"Source KMA ID":"KMA-3","Destination KMA ID":"KMA-4","Key IDs":[{"Key ID":"3-4-0001"}]})"));
  km2.km(1, kRelayResponse, R"({"Response":"done","Key relay request ID":"R-31"})");  // 27
  km3.km(8, kAllocationResponse, R"({"Response":0})");                                // 28
  return r.pcapng();
}

Expected network_expected() {
  return {15,
          {{14, "plaintext-transport"},
           {15, "plaintext-transport"},
           {16, "plaintext-transport"},
           {22, "plaintext-transport"}},
          {{{"session", "established", {14, 15, 19, 21}},
            {"relay", "completed", {16, 20, 27}},
            {"relay", "routed", {16, 20}},
            {"reservation", "allocated", {22, 23, 26, 28}},
            {"relay", "completed", {23, 24}}}},
          {{{19, 15}, {20, 16}, {20, 16}, {21, 14}, {23, 22}, {24, 23}, {27, 20}, {28, 26}}}};
}

/// The parameters' names in the spellings that implementers use, in order: source KMA, destination KMA,
/// application source, application destination, next, transit, relay request, response, session, source KM,
/// destination KM, number, key IDs, key ID, extension.
using Names = std::array<const char*, 15>;
constexpr std::array<Names, 5> kSpellings{{
    {"Source KMA ID", "Destination KMA ID", "Application source ID", "Application destination ID",
     "Next KMA IDs", "Transit KMA IDs", "Key relay request ID", "Response", "Session ID", "Source KM ID",
     "Destination KM ID", "Number of keys", "Key IDs", "Key ID", "Extension"},
    {"source_kma_id", "destination_kma_id", "application_source_id", "application_destination_id",
     "next_kma_ids", "transit_kma_ids", "key_relay_request_id", "response", "session_id", "source_km_id",
     "destination_km_id", "number_of_keys", "key_ids", "key_id", "extension"},
    {"sourceKmaId", "destinationKmaId", "applicationSourceId", "applicationDestinationId", "nextKmaIds",
     "transitKmaIds", "keyRelayRequestId", "response", "sessionId", "sourceKmId", "destinationKmId",
     "numberOfKeys", "keyIds", "id", "extension"},
    {"SourceKMAID", "DestinationKMAID", "ApplicationSourceID", "ApplicationDestinationID", "NextKMAIDs",
     "TransitKMAIDs", "KeyRelayRequestID", "Response", "SessionID", "SourceKMID", "DestinationKMID",
     "NumberOfKeys", "KeyIDs", "KeyID", "Extension"},
    {"source-kma-id", "destination-kma-id", "application-source-id", "application-destination-id",
     "next-kma-ids", "transit-kma-ids", "key-relay-request-id", "response", "session-id", "source-km-id",
     "destination-km-id", "number-of-keys", "key-ids", "kma_key_id", "extension"},
}};

/// An object of (name's index, value as JSON); `k` in a value stands for the spelling's number, so that no
/// two talks share an identifier.
std::string object(const Names& names, char k,
                   std::initializer_list<std::pair<std::size_t, std::string_view>> members) {
  std::string out = "{";
  for (const auto& [name, value] : members) {
    out += (out.size() > 1 ? ",\"" : "\"") + std::string(names[name]) + "\":";
    for (const char c : value) out += c == '#' ? k : c;
  }
  return out + "}";
}

void all_messages(Recording& r, const Names& n, unsigned spelling) {
  const char k = static_cast<char>('1' + spelling);
  CkTalk t = opened(r, Endpoint{std::string_view(std::string("10.41.2.") + k), 41200});
  const auto o = [&](std::initializer_list<std::pair<std::size_t, std::string_view>> members) {
    return object(n, k, members);
  };
  constexpr std::size_t source = 0, destination = 1, app_source = 2, app_destination = 3, next = 4,
                        transit = 5, relay = 6, response = 7, session = 8, source_km = 9, destination_km = 10,
                        number = 11, keys = 12, extension = 14;
  const std::string key_list = "[{\"" + std::string(n[13]) + "\":\"K-#-1\"}]";
  t.km(1, kNextHopRequest, o({{source, "\"A-#\""}, {destination, "\"B-#\""}, {extension, "[{\"hop\":1}]"}}));
  t.ctl(1, kNextHopResponse, o({{source, "\"A-#\""}, {destination, "\"B-#\""}, {next, "[\"B-#\"]"}}));
  t.km(2, kRelayNotification, o({{source, "\"A-#\""}, {app_destination, "\"app-z#\""}}));
  t.ctl(
      2, kRelayRequest,
      o({{source, "\"A-#\""}, {destination, "\"Z-#\""}, {transit, "[\"B-#\",\"C-#\"]"}, {relay, "\"R-#\""}}));
  t.km(2, kRelayResponse, o({{response, "\"success\""}, {relay, "\"R-#\""}}));
  t.km(3, kSessionRequest, o({{app_source, "\"app-a#\""}, {app_destination, "\"app-b#\""}, {number, "2"}}));
  t.ctl(10, kSessionNotification,
        o({{app_source, "\"app-a#\""},
           {app_destination, "\"app-b#\""},
           {session, "\"S-#\""},
           {source_km, "\"KM-#\""},
           {number, "2"}}));
  t.km(10, kSessionNotificationResponse, o({{session, "\"S-#\""}, {response, "\"success\""}}));
  t.ctl(3, kSessionResponse,
        o({{session, "\"S-#\""}, {response, "\"success\""}, {destination_km, "\"KM-#\""}}));
  t.ctl(11, kReservationRequest,
        o({{source, "\"A-#\""}, {destination, "\"B-#\""}, {app_destination, "\"app-b#\""}}));
  t.km(11, kReservationResponse,
       o({{source, "\"A-#\""}, {destination, "\"B-#\""}, {keys, "\"K-#-1\""}, {response, "0"}}));
  t.ctl(12, kAllocationRequest, o({{source, "\"A-#\""}, {destination, "\"B-#\""}, {keys, key_list}}));
  t.km(12, kAllocationResponse, o({{source, "\"A-#\""}, {keys, key_list}, {response, "0"}}));
}

Buffer spellings() {
  Recording r;
  for (unsigned i = 0; i < kSpellings.size(); ++i) all_messages(r, kSpellings[i], i);
  return r.pcap();
}

/// Sixteen frames a spelling: three of handshake, thirteen messages.
Expected spellings_expected() {
  Expected out{65, {}, std::vector<Procedure>{}, std::vector<Pair>{}};
  for (std::uint64_t i = 0; i < 5; ++i) {
    const std::uint64_t base = 16 * i;
    out.findings.push_back({base + 4, "plaintext-transport"});
    out.procedures->push_back({"relay", "completed", {base + 4, base + 5}});
    out.procedures->push_back({"relay", "completed", {base + 6, base + 7, base + 8}});
    out.procedures->push_back({"session", "established", {base + 9, base + 10, base + 11, base + 12}});
    out.procedures->push_back({"reservation", "allocated", {base + 13, base + 14, base + 15, base + 16}});
    for (const auto& [response, request] :
         {Pair{5, 4}, {7, 6}, {8, 7}, {11, 10}, {12, 9}, {14, 13}, {16, 15}}) {
      out.pairs->push_back({base + response, base + request});
    }
  }
  return out;
}

}  // namespace

std::vector<Sample> network_samples() {
  return {
      {"network.pcapng", "Four KMs and two controllers, procedures interleaved, messages split and packed",
       network, network_expected()},
      {"spellings.pcap", "All 13 messages in five spellings of their parameters", spellings,
       spellings_expected()},
  };
}

}  // namespace ck::samples
