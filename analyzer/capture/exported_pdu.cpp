// Tags are type, length and value, big-endian, up to an end tag; the PDU follows. Unknown tags are passed by.
#include "capture/exported_pdu.h"

#include <algorithm>

#include "base/endian.h"

namespace ck::capture {
namespace {

constexpr std::uint16_t kTagEnd = 0, kTagDissector = 12, kTagIpv4Source = 20, kTagIpv4Destination = 21,
                        kTagIpv6Source = 22, kTagIpv6Destination = 23, kTagSourcePort = 25,
                        kTagDestinationPort = 26, kTagFrame = 30;

void set_address(Bytes value, std::size_t size, Address& out) {
  if (value.size() != size) return;
  out = {};
  std::copy(value.begin(), value.end(), out.bytes.begin());
  out.size = static_cast<std::uint8_t>(size);
}

void set_port(Bytes value, std::uint16_t& out) {
  if (value.size() == 4) out = static_cast<std::uint16_t>(read_be32(value, 0));
}

void read_tag(std::uint16_t tag, Bytes value, ExportedPdu& out) {
  switch (tag) {
    case kTagDissector: {
      const std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
      out.dissector = text.substr(0, text.find('\0'));  // padded with zeros
      break;
    }
    case kTagIpv4Source:
      return set_address(value, 4, out.source.address);
    case kTagIpv4Destination:
      return set_address(value, 4, out.destination.address);
    case kTagIpv6Source:
      return set_address(value, 16, out.source.address);
    case kTagIpv6Destination:
      return set_address(value, 16, out.destination.address);
    case kTagSourcePort:
      return set_port(value, out.source.port);
    case kTagDestinationPort:
      return set_port(value, out.destination.port);
    case kTagFrame:
      if (value.size() == 4) out.frame = read_be32(value, 0);
      break;
    default:
      break;
  }
}

}  // namespace

bool decode_exported_pdu(Bytes packet, ExportedPdu& out) {
  out = {};
  while (packet.size() >= 4) {
    const std::uint16_t tag = read_be16(packet, 0);
    const std::size_t size = read_be16(packet, 2);
    packet = packet.subspan(4);
    if (packet.size() < size) return false;
    const Bytes value = packet.first(size);
    packet = packet.subspan(size);
    if (tag == kTagEnd) {
      out.data = packet;
      return true;
    }
    read_tag(tag, value, out);
  }
  return false;
}

}  // namespace ck::capture
