// Records and blocks by their lengths alone: what is in them was read before.
#include "capture/packet_places.h"

#include <algorithm>
#include <array>

#include "base/endian.h"
#include "capture/annotated_copy.h"
#include "capture/decompress.h"
#include "capture/pcap_source.h"
#include "capture/pcapng_source.h"

namespace ck::capture {
namespace {

constexpr std::size_t kPcapHeader = 24, kBlockHead = 8, kSmallestBlock = 12;
constexpr std::uint32_t kSection = 0x0a0d0d0a;

/// A kind of block with a packet, which stands behind `header` bytes. Its length is at `size_at`; 0: it is
/// not among its own fields.
struct RecordBlock {
  std::uint32_t type;
  std::size_t header, size_at;
};
constexpr std::array kRecordBlocks = {RecordBlock{6, 28, 20}, RecordBlock{2, 28, 20}, RecordBlock{3, 12, 0}};

}  // namespace

PacketPlaces::PacketPlaces(std::unique_ptr<ByteStream> stream) : input_(std::move(stream)) {
  const Bytes head = input_.view(kPcapHeader);
  if (detect_compression(head) != Compression::none) return;
  pcapng_ = is_pcapng(head);
  if (pcapng_) {
    readable_ = true;
    return;
  }
  if (!is_pcap(head) || head.size() < kPcapHeader) return;
  little_endian_ = head[3] == 0xa1;
  const std::uint8_t third = little_endian_ ? head[1] : head[2], fourth = little_endian_ ? head[0] : head[3];
  record_header_ = third == 0xcd && fourth == 0x34 ? 24 : 16;  // Kuznetzov's records are longer
  const auto half = little_endian_ ? read_le16 : read_be16;
  readable_ = half(head, 4) == 2 && half(head, 6) == 4;
  input_.consume(kPcapHeader);
}

std::optional<PacketPlace> PacketPlaces::of(std::uint64_t frame) {
  while (readable_ && frame_ < frame) readable_ = next();
  return frame_ == frame ? place_ : std::nullopt;
}

std::uint32_t PacketPlaces::word(Bytes bytes, std::size_t at) const {
  return little_endian_ ? read_le32(bytes, at) : read_be32(bytes, at);
}

bool PacketPlaces::next() {
  place_.reset();
  return pcapng_ ? next_block() : next_pcap();
}

bool PacketPlaces::next_pcap() {
  const Bytes head = input_.view(record_header_);
  if (head.size() < record_header_) return false;
  const std::uint32_t size = word(head, 8);
  input_.consume(record_header_);
  place_ = PacketPlace{input_.offset(), size};
  ++frame_;
  return input_.skip(size) == size;
}

bool PacketPlaces::next_block() {
  for (;;) {
    const Bytes head = input_.view(kBlockHead + kSmallestBlock + 4);
    if (head.size() < kSmallestBlock) return false;
    if (read_be32(head, 0) == kSection) little_endian_ = head[kBlockHead] == 0x4d;
    const std::uint32_t type = word(head, 0), length = word(head, 4);
    if (length < kSmallestBlock || length % 4 != 0) return false;
    const auto* row = std::find_if(kRecordBlocks.begin(), kRecordBlocks.end(),
                                   [type](const RecordBlock& block) { return block.type == type; });
    const bool record = has_frame_number(type), packet = row != kRecordBlocks.end();
    if (packet && length >= row->header + 4 && head.size() >= row->size_at + 4) {
      const std::uint64_t room = length - row->header - 4;
      const std::uint64_t size = row->size_at != 0 ? word(head, row->size_at) : word(head, kBlockHead);
      place_ = PacketPlace{input_.offset() + row->header, std::min(size, room)};
    }
    if (input_.skip(length) != length) return false;
    if (!record) continue;
    ++frame_;
    return true;
  }
}

}  // namespace ck::capture
