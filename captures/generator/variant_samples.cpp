// One and the same exchange over other links, address families, tunnels and file formats.
#include "generator/payloads.h"

namespace ck::samples {
namespace {

constexpr std::string_view kLastHop =
    R"({"Source KMA ID":"KMA-1","Destination KMA ID":"KMA-3","Next KMA IDs":["KMA-3"]})";

/// Frames 1 to 3 handshake, 4 request, 5 answer, 6 to 8 the end.
void exchange(Recording& r, const TalkOptions& options, const Endpoint& km = kKm1,
              const Endpoint& controller = kController, std::uint16_t version = 1) {
  CkTalk t = opened(r, km, controller, options);
  t.version = version;
  t.km(1, kNextHopRequest, kAsk);
  t.ctl(1, kNextHopResponse, kLastHop);
  t.close();
}

Expected one_exchange(std::uint64_t first = 4) {
  return {2,
          {{first, "plaintext-transport"}},
          {{{"relay", "completed", {first, first + 1}}}},
          {{{first + 1, first}}}};
}

Buffer on_link(Link link, const PcapOptions& file = {}) {
  Recording r(link);
  TalkOptions options;
  options.link.link = link;
  exchange(r, options);
  return r.pcap(file);
}

Buffer over_ipv6() {
  Recording r;
  TalkOptions options;
  exchange(r, options, {"2001:db8:41::11", 41001}, {"2001:db8:14::1", 51640});
  return r.pcap();
}

Buffer over_qinq() {
  Recording r;
  TalkOptions options;
  options.link.vlans = {100, 200};
  exchange(r, options);
  return r.pcap();
}

/// Every packet inside VXLAN, all of that inside GRE.
Buffer over_tunnels() {
  Recording r;
  TalkOptions options;
  options.tunnel = [](const Buffer& packet) {
    return gre("192.0.2.1", "192.0.2.2", vxlan("198.51.100.1", "198.51.100.2", 4164, link_frame({}, packet)));
  };
  exchange(r, options);
  return r.pcap();
}

/// The request comes in two IPv4 fragments, frames 4 and 5: its 84 bytes (TCP header 20, frame header 10,
/// payload 54) make one of 48 and one of 36. The answer is frame 6.
Buffer over_fragments() {
  Recording r;
  CkTalk t = opened(r);
  const Buffer request = frame(1, 1, kNextHopRequest, kAsk);
  const Segment segment = t.segment(End::client, 0, request);
  for (const Buffer& packet : ip_fragments(kKm1.host, kController.host, kProtocolTcp, tcp(segment), 48, 77)) {
    r.add(link_frame({}, packet));
  }
  t.skip(End::client, request.size());
  t.ctl(1, kNextHopResponse, kLastHop);
  return r.pcap();
}

/// Two sections of different link types and time units, big-endian: one exchange in each.
Buffer over_sections() {
  Recording r;
  exchange(r, {});
  r.add_section({Link::cooked2, 6, "any"});
  TalkOptions cooked;
  cooked.link.link = Link::cooked2;
  exchange(r, cooked, kKm2, kController2);
  return r.pcapng(true);
}

Expected two_exchanges() {
  // The second exchange is one more relay: both ended at their first hop.
  return {4,
          {{4, "plaintext-transport"}, {12, "plaintext-transport"}},
          {{{"relay", "completed", {4, 5}}, {"relay", "completed", {12, 13}}}},
          {{{5, 4}, {13, 12}}}};
}

Buffer version_two() {
  Recording r;
  exchange(r, {}, kKm1, kController, 0x0200);
  return r.pcap();
}

}  // namespace

std::vector<Sample> variant_samples() {
  return {
      {"version.pcap", "Version 0x0200, the same in both directions", version_two, one_exchange()},
      {"ipv6.pcap", "Ck over IPv6", over_ipv6, one_exchange()},
      {"qinq.pcap", "Two VLAN tags", over_qinq, one_exchange()},
      {"tunnels.pcap", "Ethernet in VXLAN in GRE", over_tunnels, one_exchange()},
      {"fragments.pcap",
       "A request in two IPv4 fragments",
       over_fragments,
       {2, {{5, "plaintext-transport"}}, {{{"relay", "completed", {5, 6}}}}, {{{6, 5}}}}},
      {"linux-cooked.pcap", "Linux cooked capture", [] { return on_link(Link::cooked); }, one_exchange()},
      {"linux-cooked-v2.pcap", "Linux cooked capture, version 2", [] { return on_link(Link::cooked2); },
       one_exchange()},
      {"loopback-bsd.pcap", "BSD loopback", [] { return on_link(Link::null); }, one_exchange()},
      {"raw-ip-nanoseconds.pcap", "Raw IP, big-endian file with nanoseconds",
       [] {
         return on_link(Link::raw, {true, true, 65535});
       },
       one_exchange()},
      {"sections.pcapng", "Two sections of different link types, big-endian", over_sections, two_exchanges()},
  };
}

}  // namespace ck::samples
