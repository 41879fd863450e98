// Tags of Ethernet, links of other systems, and IEEE 802.11, each as its standard or its maker describes it.
#include "generator/conversation.h"
#include "generator/wrappings.h"

namespace ck::samples {
namespace {

unsigned type_of(const Buffer& packet) {
  return is_ipv6(packet) ? kEtherIpv6 : kEtherIpv4;
}
Buffer type_bytes(unsigned type) {
  Buffer out;
  put_u16(out, type);
  return out;
}

/// An Ethernet frame of EtherType `type`.
Buffer frame_of(unsigned type, const Buffer& payload) {
  const Buffer plain = in_ethernet({0x45});
  const Buffer addresses(plain.begin(), plain.begin() + 12);
  return join({addresses, type_bytes(type), payload});
}
/// A tag between two EtherTypes.
Buffer tagged(unsigned type, const Buffer& tag, const Buffer& packet) {
  return frame_of(type, join({tag, type_bytes(type_of(packet)), packet}));
}

Buffer e_tag(const Buffer& packet) {
  return tagged(0x893F, {0x20, 0x01, 0x00, 0x05, 0, 0}, packet);
}
Buffer vn_tag(const Buffer& packet) {
  return tagged(0x8926, {0x80, 0x01, 0x00, 0x02}, packet);
}
Buffer cisco_metadata(const Buffer& packet) {
  return tagged(0x8909, {1, 1, 0, 1, 0, 7}, packet);
}
Buffer arista_tai_64(const Buffer& packet) {
  return tagged(0xD28B, {0, 1, 0, 0x10, 0x65, 0x53, 0xF1, 0, 0, 0, 0, 1}, packet);
}
Buffer arista_utc_64(const Buffer& packet) {
  return tagged(0xD28B, {0, 1, 1, 0x10, 0x65, 0x53, 0xF1, 0, 0, 0, 0, 1}, packet);
}
Buffer arista_tai_48(const Buffer& packet) {
  return tagged(0xD28B, {0, 1, 0, 0x20, 0xF1, 0, 0, 0, 0, 1}, packet);
}
Buffer arista_utc_48(const Buffer& packet) {
  return tagged(0xD28B, {0, 1, 1, 0x20, 0xF1, 0, 0, 0, 0, 1}, packet);
}
/// As newer hardware marks it.
Buffer arista_64_new(const Buffer& packet) {
  return tagged(0xD28B, {0, 1, 1, 0x11, 0x65, 0x53, 0xF1, 0, 0, 0, 0, 1}, packet);
}
Buffer arista_48_new(const Buffer& packet) {
  return tagged(0xD28B, {0, 1, 0, 0x21, 0xF1, 0, 0, 0, 0, 1}, packet);
}
Buffer arista_tap(const Buffer& packet) {
  return tagged(0xD28B, {0, 3, 0, 0x20, 0xF1, 0, 0, 0, 0, 1}, packet);
}
Buffer arista_dz_a(const Buffer& packet) {
  return frame_of(0xD28B, join({{0, 7, 0, 1, 0, 1, 0, 2, 0, 3, 0, 0}, in_ethernet(packet)}));
}
Buffer arista_dz_b(const Buffer& packet) {
  return frame_of(0xD28B, join({{0, 8, 0, 1, 0, 2, 0, 3}, in_ethernet(packet)}));
}
Buffer arista_dz_time(const Buffer& packet) {
  return frame_of(0xD28B, join({{0, 9, 0, 0x11, 0, 1, 0, 2, 0, 3, 0, 0, 0x65, 0x53, 0xF1, 0, 0, 0, 0, 1},
                                in_ethernet(packet)}));
}
/// A trailer behind the packet: as PRP's, with its size, and as time stamps of Arista's and others.
Buffer prp_trailer(const Buffer& packet) {
  Buffer out = in_ethernet(packet);
  put_u16(out, 7);
  put_u16(out, static_cast<unsigned>(0xA000 | (packet.size() + 6)));
  put_u16(out, 0x88FB);
  return out;
}
Buffer time_trailer(const Buffer& packet) {
  return join({in_ethernet(packet), {0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0}});
}
Buffer hsr(const Buffer& packet) {
  const unsigned size = static_cast<unsigned>(packet.size() + 6);
  return tagged(0x892F, {static_cast<std::uint8_t>(0x10 | size >> 8), static_cast<std::uint8_t>(size), 0, 7},
                packet);
}
Buffer r_tag(const Buffer& packet) {
  return tagged(0xF1C1, {0, 0, 0, 9}, packet);
}
Buffer service_tag(const Buffer& packet) {
  return frame_of(0x88E7, join({{0, 0, 0x12, 0x34}, in_ethernet(packet)}));
}
/// Provider backbone bridging as it is on a wire: a backbone VLAN outside, a customer's inside.
Buffer backbone(const Buffer& packet) {
  const Buffer customer = link_frame({Link::ethernet, {7}, {}}, packet);
  return frame_of(0x88A8, join({{0, 5, 0x88, 0xE7, 0, 0, 0x12, 0x34}, customer}));
}
Buffer fabricpath(const Buffer& packet) {
  return frame_of(0x8903, join({{0x00, 0x60}, in_ethernet(packet)}));
}
Buffer fabricpath_vlan(const Buffer& packet) {
  return frame_of(0x8100, join({{0, 5, 0x89, 0x03, 0x00, 0x60}, in_ethernet(packet)}));
}
Buffer t_tag(const Buffer& packet) {
  return tagged(0x8988, {0, 1, 2, 3, 4, 5}, packet);
}
Buffer t_tag_experimental(const Buffer& packet) {
  return tagged(0x88B5, {0, 1, 2, 3, 4, 5}, packet);
}
Buffer trill(const Buffer& packet) {
  return frame_of(0x22F3, join({{0, 0x3F, 0, 1, 0, 2}, in_ethernet(packet)}));
}
Buffer macsec(const Buffer& packet) {
  return join({tagged(0x88E5, {0, 0, 0, 0, 0, 1}, packet), Buffer(16, 0xCC)});
}
Buffer macsec_identified(const Buffer& packet) {
  return join({tagged(0x88E5, {0x20, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0, 1}, packet), Buffer(16, 0xCC)});
}
/// Two words long, of metadata type 2 without any.
Buffer nsh(const Buffer& packet) {
  const std::uint8_t next = is_ipv6(packet) ? 2 : 1;
  return frame_of(0x894F, join({{0x0F, 0xC2, 2, next, 0, 0, 1, 255}, packet}));
}
/// A source port and a packet size, then the frame's EtherType.
Buffer gigamon(const Buffer& packet) {
  return tagged(0x22E5, {10, 2, 3, 8, 0, 1, 1, 2, 0, 90}, packet);
}
/// batman-adv, version 15: a unicast packet of the mesh.
Buffer batman(const Buffer& packet) {
  return frame_of(0x4305, join({{0x40, 15, 50, 1, 2, 0, 0, 0, 0, 9}, in_ethernet(packet)}));
}
/// The same of version 14.
Buffer batman_old(const Buffer& packet) {
  return frame_of(0x4305, join({{0x03, 14, 50, 1, 2, 0, 0, 0, 0, 9}, in_ethernet(packet)}));
}
Buffer jumbo_llc(const Buffer& packet) {
  return frame_of(0x8870, join({{0xAA, 0xAA, 3, 0, 0, 0}, type_bytes(type_of(packet)), packet}));
}
/// A bridged frame in SNAP.
Buffer snap_bridged(const Buffer& packet) {
  const Buffer frame = join({{0xAA, 0xAA, 3, 0, 0x80, 0xC2, 0, 7, 0, 0}, in_ethernet(packet)});
  return frame_of(static_cast<unsigned>(frame.size()), frame);
}
/// An Ethernet pseudowire, with a control word and without.
Buffer pseudowire(const Buffer& packet) {
  return frame_of(0x8847, join({{0, 1, 1, 64, 0, 0, 0, 0}, in_ethernet(packet)}));
}
Buffer pseudowire_bare(const Buffer& packet) {
  return frame_of(0x8847, join({{0, 1, 1, 64}, in_ethernet(packet)}));
}
Buffer other_ethertype(const Buffer& packet) {
  return frame_of(is_ipv6(packet) ? kEtherIpv4 : kEtherIpv6, packet);
}
Buffer llc_ip(const Buffer& packet) {
  return frame_of(static_cast<unsigned>(3 + packet.size()), join({{6, 6, 3}, packet}));
}

// Links of other systems -----------------------------------------------------------------------------------

/// Attributes of Linux's netfilter log: a packet header, a prefix with padding, the packet.
Buffer nflog(const Buffer& packet, bool little) {
  const auto attribute = [little](unsigned type, const Buffer& value) {
    const auto length = static_cast<unsigned>(4 + value.size());
    Buffer out;
    for (const unsigned number : {length, type})
      put_u16(out, little ? (number & 0xFF) << 8 | number >> 8 : number);
    put(out, value);
    while (out.size() % 4 != 0) out.push_back(0);
    return out;
  };
  return join({{static_cast<std::uint8_t>(is_ipv6(packet) ? 10 : 2), 0, 0, 5},
               attribute(1, {static_cast<std::uint8_t>(type_of(packet) >> 8),
                             static_cast<std::uint8_t>(type_of(packet)), 0, 0}),
               attribute(10, to_bytes("ck")),
               attribute(9, packet)});
}
Buffer nflog_little(const Buffer& packet) {
  return nflog(packet, true);
}
Buffer nflog_big(const Buffer& packet) {
  return nflog(packet, false);
}
Buffer ipoib_short(const Buffer& packet) {
  return join({type_bytes(type_of(packet)), {0, 0}, packet});
}
Buffer ipoib(const Buffer& packet) {
  return join({Buffer(40, 0), ipoib_short(packet)});
}
/// An EtherType where BSD has an address family, as seen from the two byte orders.
Buffer null_ethertype(const Buffer& packet) {
  return join({{0, 0}, type_bytes(type_of(packet)), packet});
}
Buffer null_ethertype_little(const Buffer& packet) {
  const unsigned type = type_of(packet);
  return join({type_bytes((type & 0xFF) << 8 | type >> 8), {0, 0}, packet});
}
Buffer null_ppp(const Buffer& packet) {
  return link_frame({Link::ppp, {}, {}}, packet);
}
Buffer atm(const Buffer& packet) {
  return join({{0xAA, 0xAA, 3, 0, 0, 0}, type_bytes(type_of(packet)), packet});
}
/// Headers of OpenBSD's enc and pflog interfaces of which only the length matters.
Buffer enc(const Buffer& packet) {
  return join({Buffer(12, 0), packet});
}
Buffer pflog(const Buffer& packet) {
  Buffer header(64, 0);
  header[0] = 61;
  return join({header, packet});
}
Buffer pktap(const Buffer& packet) {
  Buffer header(108, 0);
  header[0] = 108;
  header[4] = 1;
  header[8] = 1;  // Ethernet
  return join({header, in_ethernet(packet)});
}
Buffer switch_tag(const Buffer& packet) {
  const Buffer plain = in_ethernet(packet);
  return join(
      {Buffer(plain.begin(), plain.begin() + 12), {0xC0, 0, 0, 5}, Buffer(plain.begin() + 12, plain.end())});
}

// IEEE 802.11
// ------------------------------------------------------------------------------------------------

Buffer wireless(const Buffer& header, const Buffer& packet) {
  return join({header, {0xAA, 0xAA, 3, 0, 0, 0}, type_bytes(type_of(packet)), packet});
}
/// Frame control, duration, three addresses and a sequence number, then what the control announces.
Buffer wireless_header(std::uint8_t control, std::uint8_t flags, const Buffer& more) {
  return join({{control, flags, 0, 0, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 3, 0x10, 0}, more});
}
Buffer wireless_qos(const Buffer& packet) {
  return wireless(wireless_header(0x88, 0x02, {0, 0}), packet);
}
Buffer wireless_four(const Buffer& packet) {
  return wireless(wireless_header(0x08, 0x03, {2, 0, 0, 0, 0, 4}), packet);
}
/// Quality of service with HT control, as the order bit says.
Buffer wireless_ht(const Buffer& packet) {
  return wireless(wireless_header(0x88, 0x82, {0, 0, 0, 0, 0, 0}), packet);
}
Buffer subframe(const Buffer& packet) {
  const Buffer body = wireless({}, packet);
  Buffer out{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
  put_u16(out, static_cast<unsigned>(body.size()));
  return join({out, body});
}
Buffer wireless_aggregate(const Buffer& packet) {
  return wireless_aggregate_of({packet});
}
/// Between two datagrams of another protocol.
Buffer wireless_aggregate_middle(const Buffer& packet) {
  const Host from("192.0.2.1"), to("192.0.2.2");
  const Buffer other = ip(from, to, kProtocolUdp, udp({from, 49152}, {to, 49153}, {1, 2, 3}));
  return join({wireless_aggregate_of({other, packet, other}), {1, 2, 3, 4}});
}
/// No field at all; a frame check sequence behind the frame is not announced.
Buffer radiotap(const Buffer& packet) {
  return join({{0, 0, 8, 0, 0, 0, 0, 0}, wireless_frame(packet)});
}
/// A time, flags that say that a frame check sequence and padding are there, and a second word of fields.
Buffer radiotap_padded(const Buffer& packet) {
  const Buffer header{0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x30};
  return join({header, wireless(wireless_header(0x88, 0x02, {0, 0, 0, 0}), packet), {1, 2, 3, 4}});
}
Buffer avs(const Buffer& packet) {
  Buffer header(64, 0);
  header[0] = 0x80;
  header[1] = 0x21;
  header[2] = 0x10;
  header[3] = 1;
  header[7] = 64;
  return join({header, wireless_frame(packet)});
}
Buffer prism(const Buffer& packet) {
  Buffer header(144, 0);
  header[0] = 0x44;
  header[4] = 144;
  return join({header, wireless_frame(packet)});
}
Buffer ppi(const Buffer& packet) {
  return join({{0, 0, 8, 0, 105, 0, 0, 0}, wireless_frame(packet)});
}

}  // namespace

Buffer wireless_aggregate_of(const std::vector<Buffer>& packets) {
  Buffer out = wireless_header(0x88, 0x02, {0x80, 0});
  const std::size_t header = out.size();
  for (const Buffer& packet : packets) {
    while ((out.size() - header) % 4 != 0) out.push_back(0);
    out = join({out, subframe(packet)});
  }
  return out;
}

Buffer wireless_frame(const Buffer& ip_packet) {
  return wireless(wireless_header(0x08, 0x01, {}), ip_packet);
}

std::vector<Framing> tag_framings() {
  return {
      {"ETag", Link::ethernet, e_tag},
      {"VnTag", Link::ethernet, vn_tag},
      {"CiscoMetadata", Link::ethernet, cisco_metadata},
      {"AristaTai64", Link::ethernet, arista_tai_64},
      {"AristaUtc64", Link::ethernet, arista_utc_64},
      {"AristaTai48", Link::ethernet, arista_tai_48},
      {"AristaUtc48", Link::ethernet, arista_utc_48},
      {"Arista64New", Link::ethernet, arista_64_new, true, true, false},
      {"Arista48New", Link::ethernet, arista_48_new, true, true, false},
      {"AristaTap", Link::ethernet, arista_tap, true, true, false},
      {"AristaDzA", Link::ethernet, arista_dz_a, true, true, false},
      {"AristaDzB", Link::ethernet, arista_dz_b, true, true, false},
      {"AristaDzTime", Link::ethernet, arista_dz_time, true, true, false},
      {"PrpTrailer", Link::ethernet, prp_trailer},
      {"TimeTrailer", Link::ethernet, time_trailer},
      {"Hsr", Link::ethernet, hsr},
      {"RTag", Link::ethernet, r_tag},
      {"ServiceTag", Link::ethernet, service_tag},
      {"Backbone", Link::ethernet, backbone},
      {"FabricPath", Link::ethernet, fabricpath, true, true, false},
      {"FabricPathVlan", Link::ethernet, fabricpath_vlan, true, true, false},
      {"TTag", Link::ethernet, t_tag},
      {"TTagExperimental", Link::ethernet, t_tag_experimental, true, true, false},
      {"Trill", Link::ethernet, trill},
      {"Macsec", Link::ethernet, macsec},
      {"MacsecIdentified", Link::ethernet, macsec_identified},
      {"Nsh", Link::ethernet, nsh},
      {"Gigamon", Link::ethernet, gigamon},
      {"Batman", Link::ethernet, batman},
      {"BatmanOld", Link::ethernet, batman_old},
      {"JumboLlc", Link::ethernet, jumbo_llc},
      {"SnapBridged", Link::ethernet, snap_bridged},
      {"Pseudowire", Link::ethernet, pseudowire, true, true, false},
      {"PseudowireBare", Link::ethernet, pseudowire_bare, true, true, false},
      {"OtherEtherType", Link::ethernet, other_ethertype, true, true, false},
      {"LlcIp", Link::ethernet, llc_ip},
      {"NflogLittle", link_of_type(239), nflog_little},
      {"NflogBig", link_of_type(239), nflog_big, true, true, false},
      {"Ipoib", link_of_type(242), ipoib},
      {"IpoibShort", link_of_type(242), ipoib_short, true, true, false},
      {"NullEtherType", Link::null, null_ethertype},
      {"NullEtherTypeLittle", Link::null, null_ethertype_little},
      {"NullPpp", Link::null, null_ppp},
      {"Atm", link_of_type(100), atm},
      {"Enc", link_of_type(109), enc, true, true, false},
      {"Pflog", link_of_type(117), pflog, true, true, false},
      {"Pktap", link_of_type(258), pktap},
      {"SwitchTag", link_of_type(281), switch_tag, true, true, false},
  };
}

std::vector<Framing> wireless_framings() {
  return {
      {"Wireless", link_of_type(105), wireless_frame},
      {"WirelessQos", link_of_type(105), wireless_qos},
      {"WirelessFour", link_of_type(105), wireless_four},
      {"WirelessHt", link_of_type(105), wireless_ht},
      {"WirelessAggregate", link_of_type(105), wireless_aggregate},
      {"WirelessAggregateMiddle", link_of_type(105), wireless_aggregate_middle},
      {"Radiotap", link_of_type(127), radiotap},
      {"RadiotapPadded", link_of_type(127), radiotap_padded},
      {"Avs", link_of_type(163), avs},
      {"Prism", link_of_type(119), prism},
      {"PrismAvs", link_of_type(119), avs},
      {"Ppi", link_of_type(192), ppi},
  };
}

}  // namespace ck::samples
