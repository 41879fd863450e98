// Tunnels and links as plain functions in tables.
#include "generator/wrappings.h"

#include <arpa/inet.h>

#include <algorithm>

namespace ck::samples {
namespace {

constexpr unsigned kEtherTransparent = 0x6558;
constexpr std::uint8_t kProtocolAuthentication = 51, kProtocolEtherIp = 97, kProtocolMplsInIp = 137;

const char* const kFrom4 = "192.0.2.1";
const char* const kTo4 = "192.0.2.2";
const char* const kFrom6 = "2001:db8::a";
const char* const kTo6 = "2001:db8::b";

unsigned ethertype(const Buffer& packet) {
  return is_ipv6(packet) ? kEtherIpv6 : kEtherIpv4;
}

Buffer joined(Buffer first, const Buffer& second) {
  put(first, second);
  return first;
}

Buffer over4(std::uint8_t protocol, const Buffer& payload, std::uint16_t identification) {
  return ip(kFrom4, kTo4, protocol, payload, identification);
}
Buffer over6(std::uint8_t protocol, const Buffer& payload) {
  return ip(kFrom6, kTo6, protocol, payload);
}

/// GRE's flags and EtherType, the fields that they announce, and what it carries.
Buffer gre_of(unsigned flags, unsigned type, const Buffer& fields, const Buffer& payload) {
  Buffer out;
  put_u16(out, flags);
  put_u16(out, type);
  put(out, fields);
  put(out, payload);
  return out;
}

// Tunnels --------------------------------------------------------------------------------------------------

Buffer in_ipv4(const Buffer& packet, std::uint16_t identification) {
  return over4(is_ipv6(packet) ? kProtocolIpv6 : kProtocolIpIp, packet, identification);
}
Buffer in_ipv6(const Buffer& packet, std::uint16_t /*identification*/) {
  return over6(is_ipv6(packet) ? kProtocolIpv6 : kProtocolIpIp, packet);
}
Buffer gre_plain(const Buffer& packet, std::uint16_t identification) {
  return over4(kProtocolGre, gre_of(0, ethertype(packet), {}, packet), identification);
}
Buffer gre_over_ipv6(const Buffer& packet, std::uint16_t /*identification*/) {
  return over6(kProtocolGre, gre_of(0, ethertype(packet), {}, packet));
}
/// Checksum (0: RFC 2784 lets a receiver ignore it, and so do we), key 7 and sequence number 9.
Buffer gre_all_fields(const Buffer& packet, std::uint16_t identification) {
  const Buffer fields{0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9};
  return over4(kProtocolGre, gre_of(0xB000, ethertype(packet), fields, packet), identification);
}
Buffer gre_ethernet(const Buffer& packet, std::uint16_t identification) {
  const Buffer key{0, 0, 0, 7};
  return over4(kProtocolGre,
               gre_of(0x2000, kEtherTransparent, key, link_frame({Link::ethernet, {5}, {}}, packet)),
               identification);
}
Buffer gre_mpls(const Buffer& packet, std::uint16_t identification) {
  const Buffer label{0, 1, 1, 64};  // label 16, bottom of the stack
  return over4(kProtocolGre, gre_of(0, 0x8847, {}, joined(label, packet)), identification);
}
/// RFC 1701 routing: checksum and offset, then source route entries: address family, offset, length, address.
Buffer gre_routed(const Buffer& packet, std::uint16_t identification) {
  const Buffer fields{0, 0, 0, 0, 8, 0, 0, 4, 192, 0, 2, 9, 0, 0, 0, 0};
  return over4(kProtocolGre, gre_of(0x4000, ethertype(packet), fields, packet), identification);
}
/// RFC 2637: key (payload length and call ID), sequence and acknowledgement numbers, then PPP.
Buffer pptp(const Buffer& packet, std::uint16_t identification) {
  const Buffer inner = link_frame({Link::ppp, {}, {}}, packet);
  Buffer fields;
  put_u16(fields, static_cast<unsigned>(inner.size()));
  put_u16(fields, 3);
  put_u32(fields, 1);
  put_u32(fields, 0);
  return over4(kProtocolGre, gre_of(0x3081, 0x880B, fields, inner), identification);
}
/// Type II: version 1, session 5, index 0.
Buffer erspan2(const Buffer& packet, std::uint16_t identification) {
  const Buffer fields{0, 0, 0, 1}, header{0x10, 0, 0, 5, 0, 0, 0, 0};
  return over4(kProtocolGre, gre_of(0x1000, 0x88BE, fields, joined(header, link_frame({}, packet))),
               identification);
}
/// Type III: version 2, session 5, a time stamp, frame type Ethernet, no optional subheader.
Buffer erspan3(const Buffer& packet, std::uint16_t identification) {
  const Buffer fields{0, 0, 0, 1}, header{0x20, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0};
  return over4(kProtocolGre, gre_of(0x1000, 0x22EB, fields, joined(header, link_frame({}, packet))),
               identification);
}
Buffer vxlan_tunnel(const Buffer& packet, std::uint16_t /*identification*/) {
  return vxlan(kFrom4, kTo4, 9, link_frame({}, packet));
}
Buffer vxlan_over_ipv6(const Buffer& packet, std::uint16_t /*identification*/) {
  return vxlan(kFrom6, kTo6, 9, link_frame({Link::ethernet, {20, 7}, {}}, packet));
}
/// An option of four bytes, then an Ethernet frame.
Buffer geneve(const Buffer& packet, std::uint16_t identification) {
  const Buffer header{2, 0, 0x65, 0x58, 0, 0, 9, 0, 0x01, 0x02, 0x80, 1, 0, 0, 0, 0};
  return over4(kProtocolUdp, udp({kFrom4, kTunnelPort}, {kTo4, 6081}, joined(header, link_frame({}, packet))),
               identification);
}
Buffer ether_ip(const Buffer& packet, std::uint16_t identification) {
  return over4(kProtocolEtherIp, joined({0x30, 0}, link_frame({}, packet)), identification);
}
Buffer mpls_in_ip(const Buffer& packet, std::uint16_t identification) {
  return over4(kProtocolMplsInIp, joined({0, 1, 1, 64}, packet), identification);
}
/// Next header, length in words less two, reserved, SPI, sequence number and 96 bits of check value.
Buffer authenticated(const Buffer& packet, bool ipv6, std::uint16_t identification) {
  const Buffer header{is_ipv6(packet) ? kProtocolIpv6 : kProtocolIpIp,
                      4,
                      0,
                      0,
                      0,
                      0,
                      0,
                      5,
                      0,
                      0,
                      0,
                      1,
                      1,
                      2,
                      3,
                      4,
                      5,
                      6,
                      7,
                      8,
                      9,
                      10,
                      11,
                      12};
  const Buffer payload = joined(header, packet);
  return ipv6 ? over6(kProtocolAuthentication, payload)
              : over4(kProtocolAuthentication, payload, identification);
}
Buffer authenticated4(const Buffer& packet, std::uint16_t identification) {
  return authenticated(packet, false, identification);
}
Buffer authenticated6(const Buffer& packet, std::uint16_t identification) {
  return authenticated(packet, true, identification);
}
Buffer behind_options(const Buffer& packet, std::uint16_t /*identification*/) {
  return ipv6_with_options(kFrom6, kTo6, is_ipv6(packet) ? kProtocolIpv6 : kProtocolIpIp, packet);
}
/// A segment routing header (RFC 8754) with one segment, the destination, and none left.
Buffer segment_routed(const Buffer& packet, std::uint16_t /*identification*/) {
  Buffer header{is_ipv6(packet) ? kProtocolIpv6 : kProtocolIpIp, 2, 4, 0, 0, 0, 0, 0};
  const Host to(kTo6);
  header.insert(header.end(), to.bytes.begin(), to.bytes.end());
  return over6(43, joined(header, packet));
}
/// Shim6's header of a packet on another path (RFC 5533), with the tag of its context.
Buffer shimmed(const Buffer& packet, std::uint16_t /*identification*/) {
  const Buffer header{is_ipv6(packet) ? kProtocolIpv6 : kProtocolIpIp, 0, 0x80, 0, 0, 0, 0, 7};
  return over6(140, joined(header, packet));
}
Buffer twice(const Buffer& packet, std::uint16_t identification) {
  return gre_plain(vxlan_tunnel(in_ipv4(packet, identification), identification), identification);
}

// Links ----------------------------------------------------------------------------------------------------

Buffer as_it_is(const Buffer& packet) {
  return packet;
}
template <Link kLink>
Buffer plain(const Buffer& packet) {
  return link_frame({kLink, {}, {}}, packet);
}
Buffer vlan(const Buffer& packet) {
  return link_frame({Link::ethernet, {5}, {}}, packet);
}
Buffer qinq(const Buffer& packet) {
  return link_frame({Link::ethernet, {5, 6}, {}}, packet);
}
/// The stacks of old Cisco switches: 0x9100 outside.
Buffer qinq_old(const Buffer& packet) {
  Buffer out = qinq(packet);
  out.at(12) = 0x91;
  out.at(13) = 0;
  return out;
}
Buffer mpls(const Buffer& packet) {
  return link_frame({Link::ethernet, {5}, {16, 17, 18}}, packet);
}
/// The EtherType of `of_link`'s header, at `at`, becomes 0x8100, and a tag with VLAN 5 stands behind the
/// header.
Buffer tagged(Buffer out, std::size_t at, std::size_t header) {
  const std::uint8_t high = out.at(at), low = out.at(at + 1);
  out.at(at) = 0x81;
  out.at(at + 1) = 0;
  const Buffer tag{0, 5, high, low};
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(header), tag.begin(), tag.end());
  return out;
}
Buffer cooked_vlan(const Buffer& packet) {
  return tagged(plain<Link::cooked>(packet), 14, 16);
}
Buffer cooked2_vlan(const Buffer& packet) {
  return tagged(plain<Link::cooked2>(packet), 0, 20);
}
/// IEEE 802.3 with LLC and SNAP.
Buffer snap(const Buffer& packet) {
  const Buffer ethernet = plain<Link::ethernet>(packet);
  Buffer out(ethernet.begin(), ethernet.begin() + 12);
  put_u16(out, static_cast<unsigned>(8 + packet.size()));
  put_u32(out, 0xAAAA0300);
  put_u16(out, 0);
  put_u16(out, ethertype(packet));
  return joined(out, packet);
}
Buffer pppoe_body(const Buffer& packet) {
  Buffer out{0x11, 0, 0, 5};
  put_u16(out, static_cast<unsigned>(2 + packet.size()));
  put_u16(out, is_ipv6(packet) ? 0x0057 : 0x0021);
  return joined(out, packet);
}
Buffer pppoe(const Buffer& packet) {
  const Buffer ethernet = plain<Link::ethernet>(packet);
  Buffer out(ethernet.begin(), ethernet.begin() + 12);
  put_u16(out, 0x8864);
  return joined(out, pppoe_body(packet));
}
/// PPP with a protocol field of one byte and neither address nor control (both compressed).
Buffer ppp_compressed(const Buffer& packet) {
  return joined({static_cast<std::uint8_t>(is_ipv6(packet) ? 0x57 : 0x21)}, packet);
}
Buffer ppp_mpls(const Buffer& packet) {
  return link_frame({Link::ppp, {}, {16}}, packet);
}
Buffer ppp_with_direction(const Buffer& packet) {
  return joined({1}, plain<Link::ppp>(packet));
}
/// As Linux's pppd has it: the direction in place of the address.
Buffer ppp_daemon(const Buffer& packet) {
  Buffer out = plain<Link::ppp>(packet);
  out.at(0) = 1;
  return out;
}
Buffer cisco_hdlc(const Buffer& packet) {
  Buffer out{0x0F, 0};
  put_u16(out, ethertype(packet));
  return joined(out, packet);
}
Buffer family_big_endian(const Buffer& packet) {
  return joined({0, 0, 0, static_cast<std::uint8_t>(is_ipv6(packet) ? 28 : 2)}, packet);
}
Buffer mpls_link(const Buffer& packet) {
  return joined({0, 1, 1, 64}, packet);
}

}  // namespace

const std::vector<Tunnel>& tunnels() {
  static const std::vector<Tunnel> kTunnels = {
      {"InIpv4", in_ipv4},
      {"InIpv6", in_ipv6},
      {"Gre", gre_plain},
      {"GreOverIpv6", gre_over_ipv6},
      {"GreChecksumKeySequence", gre_all_fields},
      {"GreEthernetVlan", gre_ethernet},
      {"GreMpls", gre_mpls},
      {"GreRouted", gre_routed},
      {"Pptp", pptp},
      {"Erspan2", erspan2},
      {"Erspan3", erspan3},
      {"Vxlan", vxlan_tunnel},
      {"VxlanOverIpv6QinQ", vxlan_over_ipv6},
      {"Geneve", geneve},
      {"EtherIp", ether_ip},
      {"MplsInIp", mpls_in_ip},
      {"AuthenticationHeader", authenticated4},
      {"AuthenticationHeaderIpv6", authenticated6},
      {"Ipv6Options", behind_options},
      {"SegmentRouting", segment_routed},
      {"Shim6", shimmed},
      {"IpInVxlanInGre", twice},
  };
  static const std::vector<Tunnel> kAll = [] {
    std::vector<Tunnel> all = kTunnels;
    for (const auto& more : {udp_tunnels(), other_tunnels()}) all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return kAll;
}

const std::vector<Framing>& framings() {
  static const std::vector<Framing> kFramings = {
      {"Ethernet", Link::ethernet, plain<Link::ethernet>},
      {"Vlan", Link::ethernet, vlan},
      {"QinQ", Link::ethernet, qinq},
      {"QinQOld", Link::ethernet, qinq_old},
      {"Mpls", Link::ethernet, mpls},
      {"Snap", Link::ethernet, snap},
      {"Pppoe", Link::ethernet, pppoe},
      {"Null", Link::null, plain<Link::null>},
      {"NullBigEndian", Link::null, family_big_endian},
      {"Loop", Link::loop, plain<Link::loop>},
      {"Raw", Link::raw, as_it_is},
      {"RawDlt12", link_of_type(12), as_it_is},
      {"RawDlt14", link_of_type(14), as_it_is},
      {"Ipv4", link_of_type(228), as_it_is, true, false},
      {"Ipv6", link_of_type(229), as_it_is, false, true},
      {"Cooked", Link::cooked, plain<Link::cooked>},
      {"CookedVlan", Link::cooked, cooked_vlan},
      {"Cooked2", Link::cooked2, plain<Link::cooked2>},
      {"Cooked2Vlan", Link::cooked2, cooked2_vlan},
      {"Ppp", Link::ppp, plain<Link::ppp>},
      {"PppCompressed", Link::ppp, ppp_compressed},
      {"PppMpls", Link::ppp, ppp_mpls},
      {"PppSerial", link_of_type(50), plain<Link::ppp>},
      {"PppSerialCisco", link_of_type(50), cisco_hdlc},
      {"PppoeLink", link_of_type(51), pppoe_body},
      {"CiscoHdlc", link_of_type(104), cisco_hdlc},
      {"PppWithDirection", link_of_type(204), ppp_with_direction},
      {"PppDaemon", link_of_type(166), ppp_daemon, true, true, false},
      {"MplsLink", link_of_type(219), mpls_link, true, true, false},
  };
  static const std::vector<Framing> kAll = [] {
    std::vector<Framing> all = kFramings;
    for (const auto& more : {tag_framings(), wireless_framings(), wide_area_framings(), recorder_framings()})
      all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return kAll;
}

std::size_t payload_size(const Buffer& ip_packet) {
  return ip_packet.size() - (is_ipv6(ip_packet) ? 40 : 20);
}

Buffer fragment_of(const Buffer& ip_packet, std::size_t begin, std::size_t end,
                   std::uint16_t identification) {
  const bool v6 = is_ipv6(ip_packet);
  const std::size_t addresses = v6 ? 8 : 12, size = v6 ? 16 : 4;
  const auto host = [&](std::size_t at) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(v6 ? AF_INET6 : AF_INET, ip_packet.data() + at, text.data(), text.size());
    return Host(text.data());
  };
  const std::size_t whole = payload_size(ip_packet);
  const auto payload = ip_packet.end() - static_cast<std::ptrdiff_t>(whole);
  const Buffer part(payload + static_cast<std::ptrdiff_t>(begin), payload + static_cast<std::ptrdiff_t>(end));
  return ip_fragment(host(addresses), host(addresses + size), ip_packet.at(v6 ? 6 : 9), part, begin,
                     end < whole, identification);
}

std::vector<Buffer> fragments_of(const Buffer& ip_packet, std::size_t fragment_payload,
                                 std::uint16_t identification) {
  const std::size_t whole = payload_size(ip_packet),
                    step = std::max<std::size_t>(8, fragment_payload / 8 * 8);
  std::vector<Buffer> out;
  for (std::size_t at = 0; at < whole; at += step)
    out.push_back(fragment_of(ip_packet, at, std::min(whole, at + step), identification));
  return out;
}

}  // namespace ck::samples
