// Links of wide areas and of other local networks, and headers of devices that record packets, each as its
// standard or its maker describes it.
#include "generator/conversation.h"
#include "generator/wrappings.h"

namespace ck::samples {
namespace {

unsigned network_type(const Buffer& packet) {
  return is_ipv6(packet) ? kEtherIpv6 : kEtherIpv4;
}
Buffer with_type(Buffer header, const Buffer& packet) {
  put_u16(header, network_type(packet));
  return join({header, packet});
}
Buffer whole_ppp(const Buffer& packet) {
  return link_frame({Link::ppp, {}, {}}, packet);
}
/// PPP without its address and control.
Buffer short_ppp(const Buffer& packet) {
  const Buffer whole = whole_ppp(packet);
  return {whole.begin() + 2, whole.end()};
}
Buffer cisco_frame(const Buffer& packet) {
  return with_type({0x0F, 0}, packet);
}
Buffer snap_frame(const Buffer& packet) {
  return with_type({0xAA, 0xAA, 3, 0, 0, 0}, packet);
}
/// RFC 2684, 5.2: two bytes of padding before a bridged Ethernet frame.
Buffer bridged(const Buffer& packet) {
  return join({{0xAA, 0xAA, 3, 0, 0x80, 0xC2, 0, 7, 0, 0}, in_ethernet(packet)});
}
/// The number of ISO that stands for the packet's IP.
Buffer nlpid(const Buffer& packet) {
  return join({{static_cast<std::uint8_t>(is_ipv6(packet) ? 0x8E : 0xCC)}, packet});
}
/// A cyclic redundancy check, lowest bit first.
std::uint32_t crc(const Buffer& bytes, std::uint32_t polynomial, std::uint32_t mask) {
  std::uint32_t value = mask;
  for (const std::uint8_t byte : bytes) {
    value ^= byte;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ polynomial : value >> 1;
  }
  return ~value & mask;
}
Buffer with_check(const Buffer& frame) {
  const std::uint32_t check = crc(frame, 0xEDB8'8320, 0xFFFF'FFFF);
  Buffer out = frame;
  for (const unsigned shift : {0u, 8u, 16u, 24u}) out.push_back(static_cast<std::uint8_t>(check >> shift));
  return out;
}

// Frame Relay and ATM
// ----------------------------------------------------------------------------------------

const Buffer kCircuit{0x18, 0x41};

Buffer relayed(const Buffer& packet) {
  return join({kCircuit, {3}, nlpid(packet)});
}
Buffer relayed_long(const Buffer& packet) {
  return join({{0x18, 0x40, 0x40, 0x41, 3}, nlpid(packet)});
}
/// With a byte of padding before SNAP.
Buffer relayed_snap(const Buffer& packet) {
  return join({kCircuit, with_type({3, 0, 0x80, 0, 0, 0}, packet)});
}
Buffer relayed_bridged(const Buffer& packet) {
  return join({kCircuit, {3, 0, 0x80, 0, 0x80, 0xC2, 0, 7}, in_ethernet(packet)});
}
Buffer relayed_cisco(const Buffer& packet) {
  return join({kCircuit, with_type({}, packet)});
}
Buffer relayed_ppp(const Buffer& packet) {
  return join({kCircuit, {3, 0xCF}, short_ppp(packet)});
}
Buffer relayed_with_direction(const Buffer& packet) {
  return join({{1}, relayed(packet)});
}
Buffer cisco_with_direction(const Buffer& packet) {
  return join({{1}, cisco_frame(packet)});
}
Buffer atm_ppp(const Buffer& packet) {
  return join({{0xFE, 0xFE, 3, 0xCF}, short_ppp(packet)});
}
Buffer sun_llc(const Buffer& packet) {
  return join({{2, 0, 0, 33}, snap_frame(packet)});
}
Buffer sun_lane(const Buffer& packet) {
  return join({{1, 0, 0, 33, 0, 0}, in_ethernet(packet)});
}
Buffer packet_alone(const Buffer& packet) {
  return packet;
}

// Other networks
// ---------------------------------------------------------------------------------------------

const Buffer kAddresses{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

Buffer token_ring(const Buffer& packet) {
  return join({{0x10, 0x40}, kAddresses, snap_frame(packet)});
}
/// With a route of two rings.
Buffer token_ring_routed(const Buffer& packet) {
  Buffer addresses = kAddresses;
  addresses[6] |= 0x80;
  return join({{0x10, 0x40}, addresses, {6, 0x30, 0, 0x11, 0, 0x20}, snap_frame(packet)});
}
Buffer fddi(const Buffer& packet) {
  return join({{0x57}, kAddresses, snap_frame(packet)});
}
/// ARCNET's protocols: IPv4 as RFC 1201 has it, and IPv6.
std::uint8_t arcnet_protocol(const Buffer& packet) {
  return packet[0] >> 4 == 6 ? 0xC4 : 0xD4;
}
Buffer arcnet(const Buffer& packet) {
  return join({{1, 2, arcnet_protocol(packet), 0, 0, 9}, packet});
}
/// An exception packet, which has a length that the hardware cannot send otherwise.
Buffer arcnet_exception(const Buffer& packet) {
  const std::uint8_t protocol = arcnet_protocol(packet);
  return join({{1, 2, protocol, 0xFF, 0xFF, 0xFF, protocol, 0, 0, 9}, packet});
}
/// What a system put together of three frames, with the first one's flag.
Buffer arcnet_split(const Buffer& packet) {
  return join({{1, 2, arcnet_protocol(packet), 3, 0, 9}, packet});
}
/// RFC 1051.
Buffer arcnet_old(const Buffer& packet) {
  return join({{1, 2, 0xF0}, packet});
}
Buffer arcnet_linux(const Buffer& packet) {
  return join({{1, 2, 0, 200, arcnet_protocol(packet), 0, 0, 9}, packet});
}
Buffer docsis(Buffer header, const Buffer& extended, const Buffer& packet) {
  const Buffer frame = with_check(in_ethernet(packet));
  put_u16(header, static_cast<unsigned>(extended.size() + frame.size()));
  header = join({header, extended});
  const std::uint32_t check = crc(header, 0x8408, 0xFFFF);
  put(header, {static_cast<std::uint8_t>(check), static_cast<std::uint8_t>(check >> 8)});
  return join({header, frame});
}
Buffer docsis_plain(const Buffer& packet) {
  return docsis({0, 0}, {}, packet);
}
Buffer docsis_extended(const Buffer& packet) {
  return docsis({1, 4}, {0x63, 1, 2, 3}, packet);
}
Buffer epon(const Buffer& packet) {
  return join({{0x55, 0x55, 0xD5, 0x55, 0x55, 0, 5, 0}, in_ethernet(packet)});
}
Buffer mpacket(const Buffer& packet) {
  return join({Buffer(7, 0x55), {0xD5}, with_check(in_ethernet(packet))});
}
/// Cisco's tag around an Ethernet frame: group, kind, sender, length, SNAP, VLAN, and two checks behind.
Buffer isl(const Buffer& packet) {
  const Buffer frame = in_ethernet(packet);
  Buffer out{1, 0, 0x0C, 0, 0, 0, 2, 0, 0, 0, 0, 1};
  put_u16(out, static_cast<unsigned>(16 + frame.size()));
  put(out, {0xAA, 0xAA, 3, 2, 0, 0, 0, 14, 0, 0, 0, 0});
  return join({out, frame, Buffer(8, 0xCC)});
}
Buffer cooked_header(unsigned device, unsigned protocol) {
  Buffer out{0, 0};
  put_u16(out, device);
  put(out, {0, 6, 2, 0, 0, 0, 0, 1, 0, 0});
  put_u16(out, protocol);
  return out;
}
Buffer cooked_ethernet(const Buffer& packet) {
  return join({cooked_header(1, 3), in_ethernet(packet)});
}
Buffer cooked_ppp(const Buffer& packet) {
  return join({cooked_header(512, 7), short_ppp(packet)});
}
Buffer cooked_relay(const Buffer& packet) {
  return join({cooked_header(770, 0), relayed(packet)});
}
Buffer cooked_radio(const Buffer& packet) {
  return join({cooked_header(803, 0), {0, 0, 8, 0, 0, 0, 0, 0}, wireless_frame(packet)});
}
Buffer cooked2_ppp(const Buffer& packet) {
  return join({{0, 7, 0, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, short_ppp(packet)});
}

// Recorders -------------------------------------------------------------------------------------------------

Buffer record(std::uint8_t type, const Buffer& extensions, const Buffer& frame) {
  Buffer out{0, 0, 0, 0, 0, 0x53, 0x65, 0x65, type, 4};
  put_u16(out, static_cast<unsigned>(16 + extensions.size() + frame.size()));
  put(out, {0, 0});
  put_u16(out, static_cast<unsigned>(frame.size()));
  return join({out, extensions, frame});
}
Buffer erf_ethernet(const Buffer& packet) {
  return record(2, {}, join({{0, 0}, with_check(in_ethernet(packet))}));
}
Buffer erf_extended(const Buffer& packet) {
  return record(0x80 | 20, {0x83, 1, 2, 3, 4, 5, 6, 7, 0x04, 0, 0, 0, 0, 0, 0, 0},
                join({{0, 0}, with_check(in_ethernet(packet))}));
}
Buffer erf_hdlc(const Buffer& packet) {
  return record(1, {}, join({cisco_frame(packet), Buffer(4, 0xCC)}));
}
Buffer erf_ppp(const Buffer& packet) {
  return record(10, {}, join({whole_ppp(packet), Buffer(4, 0xCC)}));
}
Buffer erf_atm(const Buffer& packet) {
  return record(4, {}, join({{0, 0, 0x02, 0x10}, snap_frame(packet), Buffer(8, 0xCC)}));
}
Buffer erf_ip(const Buffer& packet) {
  return record(is_ipv6(packet) ? 23 : 22, {}, packet);
}

const Buffer kJuniper{'M', 'G', 'C', 0};

Buffer juniper_ethernet(const Buffer& packet) {
  return join({kJuniper, in_ethernet(packet)});
}
/// Two extensions, of three bytes each.
Buffer juniper_extended(const Buffer& packet) {
  return join({{'M', 'G', 'C', 0x80, 0, 6, 1, 1, 14, 2, 1, 4}, in_ethernet(packet)});
}
Buffer juniper_bare(const Buffer& packet) {
  return join({{'M', 'G', 'C', 2, static_cast<std::uint8_t>(is_ipv6(packet) ? 6 : 2), 0, 0, 0}, packet});
}
Buffer juniper_ppp(const Buffer& packet) {
  return join({kJuniper, whole_ppp(packet)});
}
Buffer juniper_cisco(const Buffer& packet) {
  return join({kJuniper, cisco_frame(packet)});
}
Buffer juniper_relay(const Buffer& packet) {
  return join({kJuniper, relayed(packet)});
}
Buffer juniper_gateway(const Buffer& packet) {
  return join({kJuniper, {static_cast<std::uint8_t>(is_ipv6(packet) ? 6 : 2), 0, 0, 0}, packet});
}
Buffer juniper_services(const Buffer& packet) {
  return join({kJuniper, Buffer(12, 0), packet});
}
Buffer juniper_atm1(const Buffer& packet) {
  return join({kJuniper, Buffer(4, 0), snap_frame(packet)});
}
Buffer juniper_atm2(const Buffer& packet) {
  return join({kJuniper, Buffer(8, 0), short_ppp(packet)});
}
Buffer juniper_atm2_ip(const Buffer& packet) {
  return join({{'M', 'G', 'C', 1}, Buffer(8, 0), packet});
}
Buffer juniper_bundle(const Buffer& packet) {
  return join({kJuniper, {0, 1}, short_ppp(packet)});
}
Buffer juniper_voice(const Buffer& packet) {
  return join({kJuniper, Buffer(18, 0), packet});
}
Buffer juniper_tunnel(const Buffer& packet) {
  return join({kJuniper, in_ethernet(ip("192.0.2.1", "192.0.2.2", 50, join({Buffer(24, 0), packet})))});
}

}  // namespace

std::vector<Framing> wide_area_framings() {
  return {
      {"FrameRelay", link_of_type(107), relayed},
      {"FrameRelayLong", link_of_type(107), relayed_long},
      {"FrameRelaySnap", link_of_type(107), relayed_snap},
      {"FrameRelayBridged", link_of_type(107), relayed_bridged},
      {"FrameRelayCisco", link_of_type(107), relayed_cisco},
      {"FrameRelayPpp", link_of_type(107), relayed_ppp},
      {"FrameRelayWithDirection", link_of_type(206), relayed_with_direction, true, true, false},
      {"CiscoHdlcWithDirection", link_of_type(205), cisco_with_direction, true, true, false},
      {"CiscoHdlcBsd", link_of_type(112), cisco_frame},
      {"AtmBridged", link_of_type(100), bridged},
      {"AtmPpp", link_of_type(100), atm_ppp},
      {"AtmBsd", link_of_type(11), snap_frame},
      {"AtmBare", link_of_type(106), packet_alone},
      {"SunAtmLlc", link_of_type(123), sun_llc},
      {"SunAtmLane", link_of_type(123), sun_lane},
      {"TokenRing", link_of_type(6), token_ring},
      {"TokenRingRouted", link_of_type(6), token_ring_routed},
      {"Fddi", link_of_type(10), fddi},
      {"Arcnet", link_of_type(7), arcnet},
      {"ArcnetException", link_of_type(7), arcnet_exception},
      {"ArcnetSplit", link_of_type(7), arcnet_split},
      {"ArcnetOld", link_of_type(7), arcnet_old, true, false},
      {"ArcnetLinux", link_of_type(129), arcnet_linux},
      {"Docsis", link_of_type(143), docsis_plain},
      {"DocsisExtended", link_of_type(143), docsis_extended},
      {"Epon", link_of_type(259), epon},
      {"Mpacket", link_of_type(274), mpacket},
      {"Isl", Link::ethernet, isl},
      {"CookedEthernet", Link::cooked, cooked_ethernet},
      {"CookedPpp", Link::cooked, cooked_ppp},
      {"CookedRelay", Link::cooked, cooked_relay},
      {"CookedRadio", Link::cooked, cooked_radio},
      {"Cooked2Ppp", Link::cooked2, cooked2_ppp},
  };
}

std::vector<Framing> recorder_framings() {
  return {
      {"ErfEthernet", link_of_type(197), erf_ethernet},
      {"ErfExtended", link_of_type(197), erf_extended},
      {"ErfCiscoHdlc", link_of_type(197), erf_hdlc},
      {"ErfPpp", link_of_type(197), erf_ppp},
      {"ErfAtm", link_of_type(197), erf_atm},
      {"ErfIp", link_of_type(197), erf_ip},
      {"JuniperEthernet", link_of_type(178), juniper_ethernet},
      {"JuniperExtended", link_of_type(178), juniper_extended},
      {"JuniperBare", link_of_type(178), juniper_bare},
      {"JuniperPppoe", link_of_type(167), juniper_ethernet},
      {"JuniperPpp", link_of_type(179), juniper_ppp},
      {"JuniperCiscoHdlc", link_of_type(181), juniper_cisco},
      {"JuniperFrameRelay", link_of_type(180), juniper_relay},
      {"JuniperGateway", link_of_type(133), juniper_gateway},
      {"JuniperServices", link_of_type(136), juniper_services, true, false},
      {"JuniperAtm1", link_of_type(137), juniper_atm1},
      {"JuniperAtm2", link_of_type(135), juniper_atm2},
      {"JuniperAtm2Ip", link_of_type(135), juniper_atm2_ip},
      {"JuniperBundle", link_of_type(130), juniper_bundle},
      {"JuniperVoice", link_of_type(183), juniper_voice, true, false},
      {"JuniperTunnel", link_of_type(200), juniper_tunnel},
  };
}

}  // namespace ck::samples
