// Headers of devices that record packets: Endace's Extensible Record Format, and Juniper's routers.
#include <algorithm>
#include <array>

#include "base/endian.h"
#include "packet/link_headers.h"

namespace ck::packet {
namespace {

// Endace ----------------------------------------------------------------------------------------------------

LinkResult open_padded_ethernet(Layer layer) {
  return layer.data.size() < 2 ? cut_header() : opened(kEtherTransparent, layer.behind(2));
}
/// One of the four channels' headers comes before the frame.
LinkResult open_channel_hdlc(Layer layer) {
  return layer.data.size() < 4 ? cut_header() : open_ppp(layer.behind(4));
}
/// A packet of ATM behind the header of its last cell.
LinkResult open_aal5(Layer layer) {
  constexpr std::uint8_t kSnap = 0xaa, kIso = 0xfe;
  if (layer.data.size() < 5) return cut_header();
  layer = layer.behind(4);
  return layer.data[0] == kSnap || layer.data[0] == kIso ? open_llc(layer) : by_version(layer, "ATM");
}
LinkResult open_channel_aal5(Layer layer) {
  return layer.data.size() < 4 ? cut_header() : open_aal5(layer.behind(4));
}
LinkResult open_ip(Layer layer) {
  return by_version(layer);
}
LinkResult no_record(Layer /*layer*/) {
  return control_packet();
}

struct RecordRow {
  std::uint8_t type;
  LinkResult (*open)(Layer);
};
constexpr RecordRow kRecords[] = {
    {1, open_ppp},
    {2, open_padded_ethernet},
    {4, open_aal5},
    {5, open_channel_hdlc},
    {8, open_channel_aal5},
    {10, open_ppp},  // those from here on count, colour or hash as well
    {11, open_padded_ethernet},
    {15, open_ppp},
    {16, open_padded_ethernet},
    {17, open_channel_hdlc},
    {20, open_padded_ethernet},
    {22, open_ip},
    {23, open_ip},
    {27, no_record},  // of the recorder itself
    {48, no_record},  // padding
};

// Juniper ---------------------------------------------------------------------------------------------------

constexpr std::uint8_t kIncoming = 0x01, kWithoutLink = 0x02, kExtended = 0x80;

/// Juniper's own numbers of protocols.
LinkResult open_juniper_protocol(std::uint32_t protocol, Layer layer) {
  constexpr std::array<std::uint32_t, 4> kIp{2, 3, 6, 7};
  constexpr std::array<std::uint32_t, 4> kMpls{4, 5, 8, 32};
  constexpr std::uint32_t kPpp = 200, kLlc = 202, kSnap = 203, kEthernet = 204, kFrameRelay = 207,
                          kCiscoHdlc = 208;
  const auto is_in = [&](const auto& numbers) {
    return std::find(numbers.begin(), numbers.end(), protocol) != numbers.end();
  };
  if (is_in(kIp)) return by_version(layer);
  if (is_in(kMpls)) return opened(kEtherMpls, layer);
  if (protocol == kPpp || protocol == kCiscoHdlc) return open_ppp(layer);
  if (protocol == kLlc || protocol == kSnap) return open_llc(layer);
  if (protocol == kEthernet) return opened(kEtherTransparent, layer);
  return protocol == kFrameRelay ? open_frame_relay(layer) : closed_header("Juniper's own protocol");
}

LinkResult juniper_ethernet(Layer layer, std::uint8_t /*flags*/) {
  return opened(kEtherTransparent, layer);
}
LinkResult juniper_ppp(Layer layer, std::uint8_t /*flags*/) {
  return open_ppp(layer);
}
LinkResult juniper_frame_relay(Layer layer, std::uint8_t /*flags*/) {
  return open_frame_relay(layer);
}
LinkResult juniper_gateway(Layer layer, std::uint8_t /*flags*/) {
  constexpr std::size_t kHeader = 4;
  if (layer.data.size() < kHeader) return cut_header();
  return open_juniper_protocol(read_le16(layer.data, 0), layer.behind(kHeader));
}
LinkResult juniper_services(Layer layer, std::uint8_t flags) {
  const std::size_t cookie = (flags & kIncoming) != 0 ? 16 : 12;
  return layer.data.size() < cookie ? cut_header() : by_version(layer.behind(cookie));
}
LinkResult juniper_voice(Layer layer, std::uint8_t /*flags*/) {
  constexpr std::size_t kEmpty = 18;
  return layer.data.size() < kEmpty ? cut_header() : by_version(layer.behind(kEmpty));
}
/// Behind the cookie of the interface's card: LLC, PPP or IP, as it looks.
LinkResult juniper_circuit(Layer layer, std::size_t cookie) {
  constexpr std::uint8_t kSnap = 0xaa, kIso = 0xfe, kUnnumbered = 0x03;
  if (layer.data.size() < cookie + 4) return cut_header();
  layer = layer.behind(cookie);
  if (layer.data[0] == kSnap || layer.data[0] == kIso) return open_llc(layer);
  if (layer.data[0] == kUnnumbered) return open_nlpid(layer.behind(1));
  if (fits_ip(layer)) return by_version(layer);
  const LinkResult ppp = open_ppp(layer);
  if (ppp.status == LinkStatus::ok && fits_ip(ppp.layer)) return ppp;
  return fits_ethernet(layer) ? opened(kEtherTransparent, layer) : closed_header("ATM");
}
LinkResult juniper_atm1(Layer layer, std::uint8_t /*flags*/) {
  return juniper_circuit(layer, 4);
}
LinkResult juniper_atm2(Layer layer, std::uint8_t /*flags*/) {
  return juniper_circuit(layer, 8);
}
/// PPP of a bundle of links, behind one of three cookies or none.
LinkResult juniper_bundle(Layer layer, std::uint8_t /*flags*/) {
  constexpr std::array<std::size_t, 4> kCookies{0, 2, 4, 8};
  for (const std::size_t cookie : kCookies) {
    if (layer.data.size() < cookie) return cut_header();
    const LinkResult ppp = open_ppp(layer.behind(cookie));
    if (ppp.status == LinkStatus::ok && fits_ip(ppp.layer)) return ppp;
  }
  return closed_header("Juniper's bundle of links");
}
/// A tunnel's packet in clear, behind what it travels in: Ethernet, IPv4, ESP, and 16 bytes.
LinkResult juniper_tunnel(Layer layer, std::uint8_t /*flags*/) {
  constexpr std::size_t kEthernet = 14, kIpv4 = 20, kBehindIp = 8 + 16;
  if (layer.data.size() < kEthernet + kIpv4) return cut_header();
  const std::size_t size = kEthernet + (layer.data[kEthernet] & 0x0fu) * 4u + kBehindIp;
  if (read_be16(layer.data, kEthernet - 2) != kEtherIpv4) return closed_header("Juniper's tunnel");
  return layer.data.size() < size ? cut_header() : by_version(layer.behind(size));
}

struct JuniperRow {
  int link_type;
  LinkResult (*open)(Layer, std::uint8_t flags);
};
constexpr JuniperRow kJuniper[] = {
    {130, juniper_bundle},      {133, juniper_gateway},  {135, juniper_atm2},     {136, juniper_services},
    {137, juniper_atm1},        {167, juniper_ethernet}, {178, juniper_ethernet}, {179, juniper_ppp},
    {180, juniper_frame_relay}, {181, juniper_ppp},      {183, juniper_voice},    {200, juniper_tunnel},
};

}  // namespace

/// A time stamp, a type, flags, the record's length, a count, the length on the wire; where the type's
/// highest bit is set, further headers, of which each says in the same way whether another one follows.
LinkResult open_erf(Layer layer) {
  constexpr std::size_t kHeader = 16, kExtension = 8;
  constexpr std::uint8_t kMore = 0x80;
  if (layer.data.size() < kHeader) return cut_header();
  const std::uint8_t type = layer.data[8] & 0x7f;
  std::size_t size = kHeader;
  for (bool more = (layer.data[8] & kMore) != 0; more; size += kExtension) {
    if (layer.data.size() < size + kExtension) return cut_header();
    more = (layer.data[size] & kMore) != 0;
  }
  for (const RecordRow& row : kRecords) {
    if (row.type == type) return row.open(layer.behind(size));
  }
  return closed_header("ERF record of another link");
}

/// "MGC", flags, and lengths of extensions where the flags say so. A packet whose link header is gone has the
/// protocol's number instead.
LinkResult open_juniper(int link_type, Layer layer) {
  constexpr std::uint32_t kMagic = 0x4d'4743;
  if (layer.data.size() < 4) return cut_header();
  if (read_be32(layer.data, 0) >> 8 != kMagic) return closed_header("Juniper's header without its mark");
  const std::uint8_t flags = layer.data[3];
  std::size_t size = 4;
  if ((flags & kExtended) != 0) {
    if (layer.data.size() < 6) return cut_header();
    size = 6 + read_be16(layer.data, 4);
  }
  const bool bare = (flags & kWithoutLink) != 0;
  if (layer.data.size() < size + (bare ? 4 : 0)) return cut_header();
  if (bare) return open_juniper_protocol(read_le32(layer.data, size), layer.behind(size + 4));
  for (const JuniperRow& row : kJuniper) {
    if (row.link_type == link_type) return row.open(layer.behind(size), flags);
  }
  return closed_header(nullptr);
}

}  // namespace ck::packet
