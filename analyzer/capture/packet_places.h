// Where the packets of a plain capture file stand in it, for reports that point into the file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "capture/byte_stream.h"

namespace ck::capture {

/// A packet's bytes, without the header of its record.
struct PacketPlace {
  std::uint64_t offset = 0, size = 0;
};

/// Walks over a file once.
class PacketPlaces {
 public:
  explicit PacketPlaces(std::unique_ptr<ByteStream> stream);

  /// Of a frame, in Wireshark's numbers; frames are asked for in ascending order. nullopt: the file is
  /// compressed, or damaged before it, or of a pcap whose records only libpcap knows to read.
  std::optional<PacketPlace> of(std::uint64_t frame);

 private:
  /// Goes behind the next record that has a frame number. False where there is none.
  bool next();
  bool next_pcap();
  bool next_block();
  [[nodiscard]] std::uint32_t word(Bytes bytes, std::size_t at) const;

  ByteInput input_;
  bool readable_ = false, pcapng_ = false, little_endian_ = false;
  std::size_t record_header_ = 0;
  std::uint64_t frame_ = 0;  ///< of the last record
  std::optional<PacketPlace> place_;
};

}  // namespace ck::capture
