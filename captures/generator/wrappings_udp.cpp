// Tunnels over UDP, and those of GRE and IP that few networks have.
#include "generator/conversation.h"
#include "generator/wrappings.h"

namespace ck::samples {
namespace {

const char* const kFrom = "192.0.2.1";
const char* const kTo = "192.0.2.2";

Buffer ppp(const Buffer& packet) {
  return link_frame({Link::ppp, {}, {}}, packet);
}
Buffer over_ip(std::uint8_t protocol, const Buffer& payload, std::uint16_t identification) {
  return ip(kFrom, kTo, protocol, payload, identification);
}
Buffer over_udp(std::uint16_t port, const Buffer& payload, std::uint16_t identification) {
  return over_ip(kProtocolUdp, udp({kFrom, kTunnelPort}, {kTo, port}, payload), identification);
}
std::uint8_t next_protocol(const Buffer& packet) {
  return is_ipv6(packet) ? 2 : 1;
}

// UDP
// --------------------------------------------------------------------------------------------------------

Buffer gpe_ip(const Buffer& packet, std::uint16_t identification) {
  return over_udp(4790, join({{0x0C, 0, 0, next_protocol(packet), 0, 0, 9, 0}, packet}), identification);
}
Buffer gpe_ethernet(const Buffer& packet, std::uint16_t identification) {
  return over_udp(4790, join({{0x0C, 0, 0, 3, 0, 0, 9, 0}, in_ethernet(packet)}), identification);
}
Buffer gpe_nsh(const Buffer& packet, std::uint16_t identification) {
  return over_udp(
      4790, join({{0x0C, 0, 0, 4, 0, 0, 9, 0}, {0x0F, 0xC2, 2, next_protocol(packet), 0, 0, 1, 255}, packet}),
      identification);
}
/// With a group policy beside the network identifier.
Buffer vxlan_gbp(const Buffer& packet, std::uint16_t identification) {
  return over_udp(4789, join({{0x88, 0, 0, 5, 0, 0, 9, 0}, in_ethernet(packet)}), identification);
}
/// A signal strength, padding, and the end of the tags.
Buffer tzsp(const Buffer& packet, std::uint16_t identification) {
  return over_udp(37008, join({{1, 0, 0, 1, 10, 1, 0xD0, 0, 1}, in_ethernet(packet)}), identification);
}
Buffer tzsp_wireless(const Buffer& packet, std::uint16_t identification) {
  return over_udp(37008, join({{1, 0, 0, 18, 1}, wireless_frame(packet)}), identification);
}
Buffer mpls_in_udp(const Buffer& packet, std::uint16_t identification) {
  return over_udp(6635, join({{0, 1, 0, 64, 0, 2, 1, 64}, packet}), identification);
}
Buffer gtp(std::uint8_t flags, const Buffer& optional, const Buffer& packet, std::uint16_t identification) {
  Buffer out{flags, 255};
  put_u16(out, static_cast<unsigned>(optional.size() + packet.size()));
  put_u32(out, 77);
  return over_udp(2152, join({out, optional, packet}), identification);
}
Buffer gtp_plain(const Buffer& packet, std::uint16_t identification) {
  return gtp(0x30, {}, packet, identification);
}
/// GTP of GSM (3GPP TS 29.060, version 0): a flow label, no N-PDU number, and a tunnel by IMSI and NSAPI.
Buffer gtp_0(const Buffer& packet, std::uint16_t identification) {
  Buffer out{0x1E, 255};
  put_u16(out, static_cast<unsigned>(packet.size()));
  return over_udp(3386,
                  join({out, {0, 9, 0, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0x42, 1, 2, 3, 4, 5, 6, 0xF7}, packet}),
                  identification);
}
Buffer gtp_sequence(const Buffer& packet, std::uint16_t identification) {
  return gtp(0x32, {0, 9, 0, 0}, packet, identification);
}
/// A PDU session container (3GPP TS 38.415), then a PDCP number of another extension.
Buffer gtp_extensions(const Buffer& packet, std::uint16_t identification) {
  return gtp(0x34, {0, 0, 0, 0x85, 1, 0x10, 0x09, 0xC0, 1, 0, 7, 0}, packet, identification);
}
Buffer l2tp(const Buffer& packet, std::uint16_t identification) {
  return over_udp(1701, join({{0x00, 0x02, 0, 5, 0, 6}, ppp(packet)}), identification);
}
/// Length, sequence numbers and an offset of two bytes.
Buffer l2tp_all_fields(const Buffer& packet, std::uint16_t identification) {
  const Buffer inner = ppp(packet);
  Buffer out{0x4A, 0x02};
  put_u16(out, static_cast<unsigned>(16 + inner.size()));
  put(out, {0, 5, 0, 6, 0, 1, 0, 2, 0, 2, 0, 0});
  return over_udp(1701, join({out, inner}), identification);
}
Buffer l2tp3_in_udp(const Buffer& packet, std::uint16_t identification) {
  return over_udp(1701, join({{0x00, 0x03, 0, 0, 0, 0, 0, 7}, in_ethernet(packet)}), identification);
}
Buffer ipv6_of(const Buffer& packet) {
  return is_ipv6(packet) ? packet : ip("2001:db8::a", "2001:db8::b", kProtocolIpIp, packet);
}
Buffer teredo(const Buffer& packet, std::uint16_t identification) {
  return over_udp(3544, ipv6_of(packet), identification);
}
/// A server's, with an authentication and the origin of what it passes on.
Buffer teredo_indications(const Buffer& packet, std::uint16_t identification) {
  const Buffer indications{0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0xF2, 0x27, 0x3F, 0xFF, 0xFD, 0xF9};
  return over_ip(kProtocolUdp, udp({kFrom, 3544}, {kTo, kTunnelPort}, join({indications, ipv6_of(packet)})),
                 identification);
}
Buffer gre_in_udp(const Buffer& packet, std::uint16_t identification) {
  Buffer header{0, 0};
  put_u16(header, is_ipv6(packet) ? kEtherIpv6 : kEtherIpv4);
  return over_udp(4754, join({header, packet}), identification);
}
Buffer capwap(const Buffer& packet, std::uint16_t identification) {
  return over_udp(5247, join({{0, 0x10, 0x02, 0, 0, 0, 0, 0}, in_ethernet(packet)}), identification);
}

/// IEEE 802.11 as Cisco's access points send it, with the bytes of frame control swapped.
Buffer capwap_wireless(const Buffer& packet, std::uint16_t identification) {
  Buffer frame = wireless_frame(packet);
  std::swap(frame[0], frame[1]);
  return over_udp(5247, join({{0, 0x10, 0x03, 0, 0, 0, 0, 0}, frame}), identification);
}
Buffer lwapp(const Buffer& packet, std::uint16_t identification) {
  return over_udp(12222, join({{0, 1, 0, 0, 50, 20}, wireless_frame(packet)}), identification);
}
Buffer lwapp_ethernet(const Buffer& packet, std::uint16_t identification) {
  return over_udp(12220, in_ethernet(packet), identification);
}
/// With a nonce, and with an instance.
Buffer lisp(const Buffer& packet, std::uint16_t identification) {
  return over_udp(4341, join({{0x80, 1, 2, 3, 0, 0, 0, 1}, packet}), identification);
}
Buffer lisp_instance(const Buffer& packet, std::uint16_t identification) {
  return over_udp(4341, join({{0x88, 1, 2, 3, 0, 0, 9, 1}, packet}), identification);
}
/// RFC 9305: an Ethernet frame, as the fourth byte says.
Buffer lisp_generic(const Buffer& packet, std::uint16_t identification) {
  return over_udp(4341, join({{0x0C, 0, 0, 3, 0, 0, 9, 0}, in_ethernet(packet)}), identification);
}
/// An identity of 16 bytes, a signature of 20.
Buffer ayiya(const Buffer& packet, std::uint16_t identification) {
  const auto next = static_cast<std::uint8_t>(is_ipv6(packet) ? kProtocolIpv6 : kProtocolIpIp);
  const Buffer header{0x44, 0x52, 0x11, next, 0x65, 0x53, 0xF1, 0};
  // Of a port of its own: Wireshark knows L2TP by the port from which it came before.
  return over_ip(kProtocolUdp, udp({kFrom, 5072}, {kTo, 5072}, join({header, Buffer(36, 0xAA), packet})),
                 identification);
}
Buffer jmirror(const Buffer& packet, std::uint16_t identification) {
  return over_udp(30030, join({{0, 0, 0, 5, 0, 0, 0, 6}, packet}), identification);
}
/// From the tunnel's port to another one.
Buffer gtp_back(const Buffer& packet, std::uint16_t identification) {
  Buffer header{0x30, 255};
  put_u16(header, static_cast<unsigned>(packet.size()));
  put_u32(header, 77);
  return over_ip(kProtocolUdp, udp({kFrom, 2152}, {kTo, kTunnelPort}, join({header, packet})),
                 identification);
}

// GRE and IP
// -------------------------------------------------------------------------------------------------

/// MikroTik's: a key that is a length and, little-endian, a tunnel's number.
Buffer eoip(const Buffer& packet, std::uint16_t identification) {
  const Buffer frame = in_ethernet(packet);
  Buffer out{0x20, 0x01, 0x64, 0x00};
  put_u16(out, static_cast<unsigned>(frame.size()));
  put(out, {5, 0});
  return over_ip(kProtocolGre, join({out, frame}), identification);
}
Buffer ipv4_of(const Buffer& packet) {
  return is_ipv6(packet) ? over_ip(kProtocolIpv6, packet, 0) : packet;
}
Buffer wccp(const Buffer& packet, std::uint16_t identification) {
  return over_ip(kProtocolGre, join({{0, 0, 0x88, 0x3E}, ipv4_of(packet)}), identification);
}
Buffer wccp_redirect(const Buffer& packet, std::uint16_t identification) {
  return over_ip(kProtocolGre, join({{0, 0, 0x88, 0x3E, 0x80, 5, 0, 0}, ipv4_of(packet)}), identification);
}
Buffer gre_wireless(const Buffer& packet, std::uint16_t identification) {
  return over_ip(kProtocolGre, join({{0, 0, 0x82, 0x00}, wireless_frame(packet)}), identification);
}
Buffer gre_nsh(const Buffer& packet, std::uint16_t identification) {
  return over_ip(kProtocolGre,
                 join({{0, 0, 0x89, 0x4F, 0x0F, 0xC2, 2, next_protocol(packet), 0, 0, 1, 255}, packet}),
                 identification);
}
Buffer gre_relay(const Buffer& packet, std::uint16_t identification) {
  const auto next = static_cast<std::uint8_t>(is_ipv6(packet) ? 0x8E : 0xCC);
  return over_ip(kProtocolGre, join({{0, 0, 0x65, 0x59, 0x18, 0x41, 3, next}, packet}), identification);
}
Buffer ethernet_in_ip(const Buffer& packet, std::uint16_t identification) {
  return over_ip(143, in_ethernet(packet), identification);
}
Buffer l2tp3(const Buffer& packet, std::uint16_t identification) {
  return over_ip(115, join({{0, 0, 0, 7}, in_ethernet(packet)}), identification);
}
/// A cookie of eight bytes, and the sublayer with a sequence number.
Buffer l2tp3_cookie(const Buffer& packet, std::uint16_t identification) {
  return over_ip(115, join({{0, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 0x40, 0, 0, 1}, in_ethernet(packet)}),
                 identification);
}

}  // namespace

std::vector<Tunnel> udp_tunnels() {
  return {
      {"VxlanGpeIp", gpe_ip},
      {"VxlanGpeEthernet", gpe_ethernet},
      {"VxlanGpeNsh", gpe_nsh},
      {"VxlanGbp", vxlan_gbp},
      {"Tzsp", tzsp},
      {"TzspWireless", tzsp_wireless},
      {"MplsInUdp", mpls_in_udp},
      {"Gtp0", gtp_0},
      {"GtpU", gtp_plain},
      {"GtpUSequence", gtp_sequence},
      {"GtpUExtensions", gtp_extensions},
      {"L2tp", l2tp},
      {"L2tpAllFields", l2tp_all_fields},
      {"L2tp3InUdp", l2tp3_in_udp, false},
      {"Teredo", teredo},
      {"TeredoIndications", teredo_indications},
      {"GreInUdp", gre_in_udp},
      {"Capwap", capwap},
      {"CapwapWireless", capwap_wireless},
      {"Lwapp", lwapp},
      {"LwappEthernet", lwapp_ethernet},
      {"Lisp", lisp},
      {"LispInstance", lisp_instance},
      {"LispGeneric", lisp_generic, false},
      {"Ayiya", ayiya},
      {"Jmirror", jmirror},
      {"GtpUBack", gtp_back},
  };
}

std::vector<Tunnel> other_tunnels() {
  return {
      {"Eoip", eoip},
      {"Wccp", wccp},
      {"WccpRedirect", wccp_redirect},
      {"GreWireless", gre_wireless},
      {"GreNsh", gre_nsh},
      {"GreFrameRelay", gre_relay},
      {"EthernetInIp", ethernet_in_ip},
      {"L2tp3", l2tp3, false},
      {"L2tp3Cookie", l2tp3_cookie, false},
  };
}

}  // namespace ck::samples
