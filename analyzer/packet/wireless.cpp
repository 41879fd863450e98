// IEEE 802.11 and the headers that drivers put before it. Only data frames that nobody encrypted or
// fragmented are opened.
#include "base/endian.h"
#include "packet/link_headers.h"

namespace ck::packet {
namespace {

/// What may come with a frame.
struct Form {
  bool padded = false;    ///< the header is followed by padding to a multiple of four bytes
  bool may_swap = false;  ///< the two bytes of frame control may have changed places
};

/// Only where the second byte looks like a data frame's first one, and the first byte does not.
bool is_swapped(Layer layer) {
  constexpr std::uint8_t kKind = 0x0f, kData = 0x08;
  return (layer.data[0] & kKind) != kData && (layer.data[1] & kKind) == kData;
}

LinkResult open_80211_frame(Layer layer, Form form) {
  constexpr unsigned kData = 2, kNoData = 4, kQosBit = 8;
  constexpr std::uint8_t kFourAddresses = 0x03, kMoreFragments = 0x04, kProtected = 0x40, kOrder = 0x80,
                         kAggregate = 0x80;
  if (layer.data.size() < 2) return cut_header();
  const bool swapped = form.may_swap && is_swapped(layer);
  const std::uint8_t control = layer.data[swapped ? 1 : 0], flags = layer.data[swapped ? 0 : 1];
  const unsigned type = control >> 2 & 3u, subtype = control >> 4;
  if ((control & 3) != 0) return closed_header("IEEE 802.11 of another version");
  if (type != kData || (subtype & kNoData) != 0) return control_packet();
  std::size_t size = 24;
  if ((flags & kFourAddresses) == kFourAddresses) size += 6;
  const std::size_t qos = size;
  const bool has_qos = (subtype & kQosBit) != 0;
  if (has_qos) size += (flags & kOrder) != 0 ? 6 : 2;  // and HT control
  if ((flags & kProtected) != 0) return closed_header("encrypted IEEE 802.11");
  if (layer.data.size() < size) return cut_header();
  if ((flags & kMoreFragments) != 0 || (layer.data[22] & 0x0f) != 0)
    return closed_header("fragmented IEEE 802.11");
  if (form.padded) size = (size + 3) & ~std::size_t{3};
  if (layer.data.size() < size) return cut_header();
  const Layer body = layer.behind(size);
  return has_qos && (layer.data[qos] & kAggregate) != 0 ? open_aggregate(body) : open_llc(body);
}

}  // namespace

/// Addresses and a length before each frame, and padding to a multiple of four bytes behind all but the last;
/// behind that there may be the frame's check sequence.
LinkResult open_aggregate(Layer layer) {
  constexpr std::size_t kSubframe = 14;
  if (layer.data.size() < kSubframe) return cut_header();
  const std::uint16_t length = read_be16(layer.data, 12);
  LinkResult result = open_llc(layer.behind(kSubframe).first(length));
  const std::size_t size = (kSubframe + length + 3) & ~std::size_t{3};
  if (layer.data.size() >= size + kSubframe) result.more = layer.behind(size);
  return result;
}

LinkResult open_80211(Layer layer) {
  return open_80211_frame(layer, {});
}
LinkResult open_swapped_80211(Layer layer) {
  return open_80211_frame(layer, {.padded = false, .may_swap = true});
}

/// Radiotap: version 0, its length, words that say which fields there are (the highest bit: another word
/// follows), then the fields. Only the flags matter here; the time that may stand before them is aligned to
/// eight bytes.
LinkResult open_radiotap(Layer layer) {
  constexpr std::uint32_t kTime = 1, kFlags = 2, kMore = 0x8000'0000;
  constexpr std::uint8_t kPadded = 0x20;
  if (layer.data.size() < 8) return cut_header();
  const std::size_t size = read_le16(layer.data, 2);
  if (layer.data[0] != 0 || size < 8) return closed_header("radiotap of another version");
  if (layer.data.size() < size) return cut_header();
  const std::uint32_t present = read_le32(layer.data, 4);
  std::size_t at = 8;
  for (std::uint32_t word = present; (word & kMore) != 0 && at + 4 <= size; at += 4)
    word = read_le32(layer.data, at);
  if ((present & kTime) != 0) at = ((at + 7) & ~std::size_t{7}) + 8;
  const bool padded = (present & kFlags) != 0 && at < size && (layer.data[at] & kPadded) != 0;
  return open_80211_frame(layer.behind(size), {.padded = padded, .may_swap = false});
}

/// AVS: a version and the header's length, in network byte order.
LinkResult open_avs(Layer layer) {
  if (layer.data.size() < 8) return cut_header();
  const std::uint32_t size = read_be32(layer.data, 4);
  if (size < 8) return closed_header("AVS header");
  return layer.data.size() < size ? cut_header() : open_80211(layer.behind(size));
}

/// Prism: a message code and the header's length in the host's byte order; some drivers write AVS instead.
LinkResult open_prism(Layer layer) {
  constexpr std::uint32_t kAvs = 0x8021'1000;
  if (layer.data.size() < 8) return cut_header();
  if ((read_be32(layer.data, 0) & 0xffff'ff00) == kAvs) return open_avs(layer);
  const std::uint32_t little = read_le32(layer.data, 4),
                      size = little <= 0xffff ? little : read_be32(layer.data, 4);
  if (size < 8) return closed_header("Prism header");
  return layer.data.size() < size ? cut_header() : open_80211(layer.behind(size));
}

}  // namespace ck::packet
