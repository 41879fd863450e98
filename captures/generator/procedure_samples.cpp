// Each procedure of 7.1 to 7.6, done right, and a recording of real processes. Spellings of the parameters'
// names differ from file to file, as implementers' do.
#include "generator/sample.h"

namespace ck::samples {
namespace {

Sample sample(std::string path, std::string shows, std::function<void(Recording&)> play, Expected expected) {
  Sample out;
  out.path = std::move(path);
  out.shows = std::move(shows);
  out.make = [play = std::move(play)] {
    Recording recording;
    play(recording);
    return recording.pcap();
  };
  out.expected = std::move(expected);
  return out;
}

/// Figure 1: three KMs on the way to KMA-Vienna-1; two of them ask.
void relay_distributed(Recording& r) {
  CkTalk linz = opened(r);        // frames 1 to 3
  CkTalk melk = opened(r, kKm2);  // frames 4 to 6
  linz.km(1, kNextHopRequest, R"({"Source KMA ID":"KMA-Linz-1","Destination KMA ID":"KMA-Vienna-1"})");
  linz.ctl(
      1, kNextHopResponse,
      R"({"Source KMA ID":"KMA-Linz-1","Destination KMA ID":"KMA-Vienna-1","Next KMA IDs":["KMA-Melk-1"]})");
  melk.km(1, kNextHopRequest, R"({"Source KMA ID":"KMA-Linz-1","Destination KMA ID":"KMA-Vienna-1"})");
  melk.ctl(
      1, kNextHopResponse,
      R"({"Source KMA ID":"KMA-Linz-1","Destination KMA ID":"KMA-Vienna-1","Next KMA IDs":["KMA-Vienna-1"]})");
  linz.close();
  melk.close();
}

/// Figure 2.
void relay_centralized(Recording& r) {
  CkTalk t = opened(r);
  t.km(0x10001, kRelayNotification,
       R"({"source_kma_id":"kma-07","application_destination_id":"sae-backup.site-b"})");
  t.ctl(
      0x10001, kRelayRequest,
      R"({"source_kma_id":"kma-07","destination_kma_id":"kma-12","transit_kma_ids":["kma-08","kma-11"],"key_relay_request_id":"relay-20231114-0001"})");
  r.wait_ms(800);
  t.km(0x10001, kRelayResponse, R"({"response":"success","key_relay_request_id":"relay-20231114-0001"})");
  t.close();
}

/// Figures 3 and 4: the source KM asks, the destination KM is notified on its own connection.
void session_creation(Recording& r) {
  CkTalk source = opened(r);             // frames 1 to 3
  CkTalk destination = opened(r, kKm2);  // frames 4 to 6
  source.km(41, kSessionRequest,
            R"({"applicationSourceId":"vpn-a","applicationDestinationId":"vpn-b","numberOfKeys":16})");
  destination.ctl(
      1, kSessionNotification,
      R"({"applicationSourceId":"vpn-a","applicationDestinationId":"vpn-b","sessionId":"7d0c6ab2","sourceKmId":"km-a","numberOfKeys":16})");
  destination.km(1, kSessionNotificationResponse, R"({"sessionId":"7d0c6ab2","response":"accepted"})");
  source.ctl(41, kSessionResponse,
             R"({"sessionId":"7d0c6ab2","response":"created","destinationKmId":"km-b"})");
  source.close();
  destination.close();
}

/// The destination's application does not want the session; both answers say so.
void session_refused(Recording& r) {
  CkTalk source = opened(r);
  CkTalk destination = opened(r, kKm2);
  source.km(42, kSessionRequest, R"({"application-source-id":"vpn-a","application-destination-id":"vpn-c"})");
  destination.ctl(
      2, kSessionNotification,
      R"({"application-source-id":"vpn-a","application-destination-id":"vpn-c","session-id":"7d0c6ab3","source-km-id":"km-a"})");
  destination.km(2, kSessionNotificationResponse,
                 R"({"session-id":"7d0c6ab3","response":"refused by the application"})");
  source.ctl(42, kSessionResponse,
             R"({"session-id":"7d0c6ab3","response":"failed: refused by vpn-c","destination-km-id":"km-b"})");
}

/// Figure 5: two keys reserved; and a reservation that fails because no key is left.
void key_reservation(Recording& r) {
  CkTalk t = opened(r);
  t.ctl(1, kReservationRequest,
        R"({"SourceKMAID":"KMA-1","DestinationKMAID":"KMA-2","ApplicationDestinationID":"app-b"})");
  t.km(1, kReservationResponse,
       R"({"SourceKMAID":"KMA-1","DestinationKMAID":"KMA-2","KeyIDs":"8a51,8a52","Response":0})");
  t.ctl(2, kReservationRequest, R"({"SourceKMAID":"KMA-1","DestinationKMAID":"KMA-9"})");
  t.km(2, kReservationResponse,
       R"({"SourceKMAID":"KMA-1","DestinationKMAID":"KMA-9","KeyIDs":"","Response":1})");
  t.close();
}

/// Figure 6: two keys reserved (frames 4 and 5), one allocated (6, 7), then the other (8, 9).
void key_allocation(Recording& r) {
  CkTalk t = opened(r);
  t.ctl(1, kReservationRequest, R"({"start_km":"KMA-1","end_km":"KMA-2"})");
  t.km(1, kReservationResponse,
       R"({"start_km":"KMA-1","end_km":"KMA-2","key_id":"8a51;8a52","result_code":0})");
  t.ctl(2, kAllocationRequest, R"({"start_km":"KMA-1","end_km":"KMA-2","Key IDs":[{"key_id":"8a51"}]})");
  t.km(2, kAllocationResponse, R"({"result_code":0})");
  t.ctl(3, kAllocationRequest, R"({"start_km":"KMA-1","end_km":"KMA-2","Key IDs":[{"key_id":"8a52"}]})");
  t.km(3, kAllocationResponse, R"({"Key IDs":[{"key_id":"8a52"}],"result_code":0})");
}

/// An allocation of one of two reserved keys, and no more.
void partial_allocation(Recording& r) {
  CkTalk t = opened(r);
  t.ctl(1, kReservationRequest, R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-2"})");
  t.km(1, kReservationResponse, R"({"Key IDs":"8a51 8a52","Response":0})");
  t.ctl(
      2, kAllocationRequest,
      R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-2","Key IDs":[{"Key ID":"8a51"},{"Key ID":"8a52"}]})");
  t.km(2, kAllocationResponse, R"({"Key IDs":[{"Key ID":"8a52"}],"Response":0})");
}

}  // namespace

std::vector<Sample> procedure_samples() {
  return {
      sample("relay-distributed.pcap", "A relay of two hops in a distributed network (7.1)",
             relay_distributed,
             {4,
              {{7, "plaintext-transport"}, {9, "plaintext-transport"}},
              {{{"relay", "completed", {7, 8, 9, 10}}}},
              {{{8, 7}, {10, 9}}}}),
      sample("relay-centralized.pcap", "A relay in a centralized network, with its result (7.2)",
             relay_centralized,
             {3, {{4, "plaintext-transport"}}, {{{"relay", "completed", {4, 5, 6}}}}, {{{5, 4}, {6, 5}}}}),
      sample("session-creation.pcap", "A session between two KMs, seen on both their connections (7.3, 7.4)",
             session_creation,
             {4,
              {{7, "plaintext-transport"}, {8, "plaintext-transport"}},
              {{{"session", "established", {7, 8, 9, 10}}}},
              {{{9, 8}, {10, 7}}}}),
      sample("session-refused.pcap", "A session that the destination refuses (7.3, 7.4)", session_refused,
             {4,
              {{7, "plaintext-transport"}, {8, "plaintext-transport"}},
              {{{"session", "failed", {7, 8, 9, 10}}}},
              {{{9, 8}, {10, 7}}}}),
      sample("key-reservation.pcap", "A reservation of two keys, and one that fails (7.5)", key_reservation,
             {4,
              {{4, "plaintext-transport"}},
              {{{"reservation", "reserved", {4, 5}}, {"reservation", "rejected", {6, 7}}}},
              {{{5, 4}, {7, 6}}}}),
      sample("key-allocation.pcap", "Two keys reserved, and allocated one after the other (7.5, 7.6)",
             key_allocation,
             {6,
              {{4, "plaintext-transport"}},
              {{{"reservation", "allocated", {4, 5, 6, 7, 8, 9}}}},
              {{{5, 4}, {7, 6}, {9, 8}}}}),
      sample("key-allocation-partial.pcap", "Two keys reserved and asked for, one confirmed (7.6)",
             partial_allocation,
             {4,
              {{4, "plaintext-transport"}},
              {{{"reservation", "partially_allocated", {4, 5, 6, 7}}}},
              {{{5, 4}, {7, 6}}}}),
  };
}

}  // namespace ck::samples
