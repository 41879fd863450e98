// Wide area links: Frame Relay, ATM, and the identifiers of ISO that both carry.
#include <algorithm>
#include <array>

#include "base/endian.h"
#include "packet/link_headers.h"

namespace ck::packet {
namespace {

LinkResult open_ipv4_pdu(Layer layer) {
  return opened(kEtherIpv4, layer);
}
LinkResult open_ipv6_pdu(Layer layer) {
  return opened(kEtherIpv6, layer);
}
LinkResult open_snap_pdu(Layer layer) {
  return open_snap(layer, 0);
}
LinkResult hidden(Layer /*layer*/) {
  return closed_header("Frame Relay, fragmented or compressed");
}
LinkResult status_enquiry(Layer /*layer*/) {
  return control_packet();
}

struct NlpidRow {
  std::uint8_t number;
  LinkResult (*open)(Layer);
};
constexpr NlpidRow kNlpids[] = {
    {0x08, status_enquiry}, {0x09, status_enquiry}, {0x80, open_snap_pdu}, {0x8e, open_ipv6_pdu},
    {0xb0, hidden},         {0xb1, hidden},         {0xcc, open_ipv4_pdu}, {0xcf, open_ppp},
};

}  // namespace

LinkResult open_nlpid(Layer layer) {
  if (!layer.data.empty() && layer.data[0] == 0) layer = layer.behind(1);  // so that what follows is aligned
  if (layer.data.empty()) return cut_header();
  for (const NlpidRow& row : kNlpids) {
    if (row.number == layer.data[0]) return row.open(layer.behind(1));
  }
  return other_protocol("ISO");
}

/// Frame Relay (RFC 2427): an address of two to four bytes, whose last bit says that it ends, and LLC's
/// control byte before the identifier; without it, Cisco's EtherType.
LinkResult open_frame_relay(Layer layer) {
  constexpr std::size_t kMaxAddress = 4;
  constexpr std::uint8_t kUnnumbered = 0x03;
  std::size_t address = 1;
  while (address < layer.data.size() && (layer.data[address - 1] & 1) == 0) ++address;
  if (layer.data.size() < address + 2) return cut_header();
  if (address < 2 || address > kMaxAddress) return closed_header("Frame Relay");
  const Layer rest = layer.behind(address);
  return rest.data[0] == kUnnumbered ? open_nlpid(rest.behind(1)) : fixed_header(rest, 2, 0);
}

/// Flags, whose low four bits say what kind of traffic it is, and the circuit.
LinkResult open_sunatm(Layer layer) {
  constexpr std::size_t kHeader = 4, kEmulatedLan = 2;
  constexpr unsigned kKind = 0x0f, kLane = 1, kLlc = 2, kManagement = 5, kSignalling = 6;
  if (layer.data.size() < kHeader + kEmulatedLan) return cut_header();
  const unsigned kind = layer.data[0] & kKind;
  layer = layer.behind(kHeader);
  if (kind == kLlc) return open_llc(layer);
  if (kind == kLane) return opened(kEtherTransparent, layer.behind(kEmulatedLan));
  return kind == kManagement || kind == kSignalling ? control_packet() : closed_header("ATM");
}

}  // namespace ck::packet
