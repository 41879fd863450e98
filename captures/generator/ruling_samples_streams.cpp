// Fine print on framing and TCP, and the recording of real processes.
#include "generator/payloads.h"

namespace ck::samples {
namespace {

std::vector<Sample> framing() {
  return {
      ruling_capture("foreign-code-with-an-object",
                     {"0x9999 with exactly one JSON object is an unknown command; the next frame is read",
                      5,
                      {{4, "plaintext-transport"}, {6, "unknown-command"}},
                      [](Recording& r) {
                        CkTalk t = acquainted(r);
                        t.km(2, 0x9999, R"({"hello":"there"})");
                        t.km(3, kNextHopRequest, kAsk);
                        t.ctl(3, kNextHopResponse, kNext);
                      }}),
      ruling_capture("foreign-code-without-an-object",
                     {"0x9999 with other bytes is no frame at all; the next frame is found",
                      4,
                      {{4, "plaintext-transport"}, {6, "malformed-frame"}},
                      [](Recording& r) {
                        CkTalk t = acquainted(r);
                        t.client(join({frame(1, 2, 0x9999, "ABCD"), frame(1, 3, kNextHopRequest, kAsk)}));
                        t.ctl(3, kNextHopResponse, kNext);
                      }}),
      ruling_capture("direction-digits-without-json", {"0x1477 is an unknown command whatever its payload",
                                                       3,
                                                       {{4, "plaintext-transport"}, {6, "unknown-command"}},
                                                       [](Recording& r) {
                                                         CkTalk t = acquainted(r);
                                                         t.km(2, 0x1477, "ABCD");
                                                       }}),
      ruling_capture("message-in-many-segments",
                     {"Eight bytes a segment, then two messages in one",
                      4,
                      // The first request is 64 bytes: eight segments, frames 4 to 11. Its answer is 89
                      // bytes: twelve segments, frames 12 to 23. Then one segment of two requests.
                      {{11, "plaintext-transport"}},
                      [](Recording& r) {
                        TalkOptions options;
                        options.mss = 8;
                        CkTalk t = acquainted(r, options);
                        t.put_segment(t.segment(
                            End::client, t.sent(End::client),
                            join({frame(1, 2, kNextHopRequest, kAsk), frame(1, 3, kNextHopRequest, kAsk)})));
                      }},
                     {}, {{{23, 11}}}),
  };
}

std::vector<Sample> streams() {
  return {
      ruling_capture("retransmission-and-keep-alive",
                     {"A segment twice, a keep-alive probe and its answer: nothing to say",
                      4,
                      {{4, "plaintext-transport"}},
                      [](Recording& r) {
                        CkTalk t = acquainted(r);
                        const Buffer request = frame(1, 2, kNextHopRequest, kAsk);
                        t.client(request);  // frame 6
                        t.at(End::client, t.sent(End::client) - request.size(),
                             request);  // frame 7 repeats it
                        t.keep_alive(End::server);
                        t.ack(End::client);
                        t.ctl(2, kNextHopResponse, kNext);  // frame 10
                      }},
                     {}, {{{5, 4}, {10, 6}}}),
      ruling_capture("sequence-number-wraps",
                     {"The sequence number passes 2 to the 32nd inside a message",
                      4,
                      {{4, "plaintext-transport"}},
                      [](Recording& r) {
                        TalkOptions options;
                        options.initial_seq = {0xFFFFFFC0, 0xFFFFFFFE};
                        CkTalk t = acquainted(r, options);
                        t.km(2, kNextHopRequest, kAsk);
                        t.ctl(2, kNextHopResponse, kNext);
                      }},
                     {}, {{{5, 4}, {7, 6}}}),
      ruling_capture("bad-checksum",
                     {"A checksum that offloading left wrong is no reason to drop",
                      4,
                      {{4, "plaintext-transport"}},
                      [](Recording& r) {
                        CkTalk t = acquainted(r);
                        Segment segment =
                            t.segment(End::client, t.sent(End::client), frame(1, 2, kNextHopRequest, kAsk));
                        segment.bad_checksum = true;
                        t.put_segment(segment);
                        t.skip(End::client, segment.payload.size());
                        t.ctl(2, kNextHopResponse, kNext);
                      }},
                     {}, {{{5, 4}, {7, 6}}}),
      ruling_capture("ports-used-again",
                     {"The same addresses and ports, a new connection: MessageID 1 is new there",
                      4,
                      {{4, "plaintext-transport"}, {12, "plaintext-transport"}},
                      [](Recording& r) {
                        acquainted(r).close();  // frames 6 to 8
                        TalkOptions options;
                        options.initial_seq = {7'000'000, 8'000'000};
                        acquainted(r, options);  // frames 9 to 13
                      }},
                     {}, {{{5, 4}, {13, 12}}}),
      ruling_capture("overlap-with-other-bytes",
                     {"A repetition says another destination: the first copy wins",
                      4,
                      {{4, "plaintext-transport"}},
                      [](Recording& r) {
                        CkTalk t = acquainted(r);
                        const Buffer first = frame(1, 2, kNextHopRequest, kAsk);
                        const Buffer other =
                            frame(1, 2, kNextHopRequest,
                                  R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-9"})");
                        t.client(first);
                        t.at(End::client, t.sent(End::client) - other.size(), other);
                        t.ctl(2, kNextHopResponse, kNext);
                      },
                      false}),
      ruling_capture(
          "gap-inside-a-message",
          {"What is left of the message is skipped, what follows is read, and keys reserved before are not "
           "judged",
           4,
           {{4, "plaintext-transport"}, {8, "capture-gap"}},
           [](Recording& r) {
             CkTalk t = acquainted(r);
             const auto pieces =
                 split(frame(1, 2, kReservationResponse, R"({"Key IDs":"K-1","Response":0})"), 15);
             t.client(pieces[0]);                                              // frame 6
             t.skip(End::client, pieces[1].size());                            // lost
             t.ack(End::server);                                               // frame 7: the peer has it all
             t.client(join({pieces[2], frame(1, 3, kNextHopRequest, kAsk)}));  // frame 8
             t.ctl(3, kAllocationRequest,
                   R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Key IDs":[{"Key ID":"K-1"}]})");
           },
           false}),
      ruling_capture(
          "capture-ends-inside-a-message",
          {"The 0x4107 comes when half a message, which may be the 0x1409, is there: whether it came too "
           "early "
           "cannot be told",
           3,
           {{7, "plaintext-transport"}, {8, "plaintext-transport"}},
           [](Recording& r) {
             CkTalk source = opened(r), destination = opened(r, kKm2);
             source.km(1, kSessionRequest,
                       R"({"Application source ID":"a","Application destination ID":"b"})");
             destination.ctl(
                 1, kSessionNotification,
                 R"({"Application source ID":"a","Application destination ID":"b","Session ID":"S","Source KM ID":"KM-1"})");
             const Buffer accepted =
                 frame(1, 1, kSessionNotificationResponse, R"({"Session ID":"S","Response":"success"})");
             destination.client(split(accepted, accepted.size() / 2)[0]);
             source.ctl(1, kSessionResponse,
                        R"({"Session ID":"S","Response":"success","Destination KM ID":"KM-2"})");
           }}),
  };
}

}  // namespace

std::vector<Sample> stream_ruling_samples() {
  std::vector<Sample> out;
  for (auto& part : {framing(), streams()}) out.insert(out.end(), part.begin(), part.end());
  return out;
}

std::vector<Sample> recorded_samples() {
  // What the peers say, in order, is in captures/record/peer.py. The frames were read off the packet list as
  // tcpdump shows it: lengths tell the messages from bare acknowledgements.
  const Expected expected{11,
                          {{7, "plaintext-transport"}, {14, "plaintext-transport"}},
                          {{{"relay", "completed", {7, 9, 11}},
                            {"session", "established", {12, 14, 16, 18}},
                            {"reservation", "allocated", {20, 22, 23, 24}}}},
                          {{{9, 7}, {11, 9}, {16, 14}, {18, 12}, {22, 20}, {24, 23}}}};
  return {{"recorded-loopback.pcap",
           "Two KM processes and a controller process over the kernel's own TCP, recorded with tcpdump",
           {},
           expected}};
}

}  // namespace ck::samples
