// Rules on streams and transport: what breaks each, and a near miss.
#include "generator/payloads.h"

namespace ck::samples {
namespace {

std::vector<RuleSamples> ending_rules() {
  return {
      {"truncated-message",
       {"FIN twenty bytes into a frame",
        2,
        {{4, "plaintext-transport"}, {7, "truncated-message"}},
        [](Recording& r) {
          CkTalk t = acquainted(r);
          Buffer half = frame(1, 2, kNextHopRequest, kAsk);
          half.resize(20);
          t.client(half);
          t.close();
        }},
       {"The FIN's own segment completes the frame",
        4,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = acquainted(r);
          const auto pieces = split(frame(1, 2, kNextHopRequest, kAsk), 40);
          t.client(pieces[0]);
          Segment last = t.segment(End::client, t.sent(End::client), pieces[1]);  // frame 7
          last.flags |= kFin;
          t.put_segment(last);
          t.skip(End::client, pieces[1].size() + 1);
          t.ctl(2, kNextHopResponse, kNext);  // frame 8: the other direction is still open
          t.fin(End::server);
          t.ack(End::client);
        }}},
      {"malformed-frame",
       {"Seven bytes that are no frame before a frame",
        4,
        {{4, "plaintext-transport"}, {6, "malformed-frame"}},
        [](Recording& r) {
          CkTalk t = acquainted(r);
          t.client(join({Buffer(7, 0xFF), frame(1, 2, kNextHopRequest, kAsk)}));
          t.ctl(2, kNextHopResponse, kNext);
        }},
       {"Bytes of an authentication before the first frame, in both directions",
        2,
        {{6, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.client(to_bytes("HELLO KMA-1 nonce=5f1c\r\n"));
          t.server(to_bytes("WELCOME KMA-1\r\n"));
          t.km(1, kNextHopRequest, kAsk);
          t.ctl(1, kNextHopResponse, kNext);
        }}},
      {"plaintext-transport",
       {"Ck in the clear", 2, {{4, "plaintext-transport"}}, [](Recording& r) { acquainted(r); }},
       {"Something else in the clear: JSON behind ten bytes of which none is a CommandCode",
        0,
        {},
        [](Recording& r) {
          CkTalk t = opened(r);
          t.km(1, 0x0001, R"({"jsonrpc":"2.0","method":"status"})");
          t.ctl(1, 0x8001, R"({"jsonrpc":"2.0","result":"up"})");
        }}},
  };
}

std::vector<RuleSamples> capture_rules() {
  return {
      {"capture-gap",
       {"The capture lost a segment that holds a whole request",
        4,
        {{4, "plaintext-transport"}, {7, "capture-gap"}},
        [](Recording& r) {
          CkTalk t = acquainted(r);
          t.skip(End::client, frame(1, 2, kNextHopRequest, kAsk).size());
          t.ack(End::server);                  // frame 6: the peer has it
          t.km(3, kNextHopRequest, kAskFour);  // frame 7: the first segment behind the hole
          t.ctl(3, kNextHopResponse, kNextFour);
        },
        false},
       {"The segment comes late, behind its successor",
        6,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = acquainted(r);
          const Buffer first = frame(1, 2, kNextHopRequest, kAsk);
          const Buffer second = frame(1, 3, kNextHopRequest, kAskFour);
          const std::uint64_t offset = t.sent(End::client);
          t.at(End::client, offset + first.size(), second);  // frame 6
          t.at(End::client, offset, first);                  // frame 7 completes both
          t.skip(End::client, first.size() + second.size());
          t.ctl(2, kNextHopResponse, kNext);
          t.ctl(3, kNextHopResponse, kNextFour);
        }}},
      {"truncated-packet",
       {"A snap length cut the last twenty bytes of a request",
        4,
        {{4, "plaintext-transport"}, {6, "truncated-packet"}},
        [](Recording& r) {
          CkTalk t = acquainted(r);
          const Buffer cut = frame(1, 2, kNextHopRequest, kAsk);
          const Buffer packet = link_frame({}, ip(t.segment(End::client, t.sent(End::client), cut)));
          r.add_cut(packet, packet.size() - 20);  // frame 6
          t.skip(End::client, cut.size());
          t.ack(End::server);
          t.km(3, kNextHopRequest, kAskFour);  // frame 8
          t.ctl(3, kNextHopResponse, kNextFour);
        },
        false},
       {"What was cut is the Ethernet trailer behind the IP packet",
        4,
        {{4, "plaintext-transport"}},
        [](Recording& r) {
          CkTalk t = acquainted(r);
          const Buffer request = frame(1, 2, kNextHopRequest, kAsk);
          Buffer packet = link_frame({}, ip(t.segment(End::client, t.sent(End::client), request)));
          const std::size_t without_trailer = packet.size();
          put_u32(packet, 0xDEADBEEF);
          r.add_cut(packet, without_trailer);  // frame 6
          t.skip(End::client, request.size());
          t.ctl(2, kNextHopResponse, kNext);
        }}},
  };
}

}  // namespace

std::vector<Sample> stream_rule_samples() {
  std::vector<Sample> out;
  for (const auto& rows : {ending_rules(), capture_rules()}) {
    for (Sample& sample : rule_captures(rows)) out.push_back(std::move(sample));
  }
  return out;
}

}  // namespace ck::samples
