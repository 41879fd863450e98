// Blocks of pcapng (draft-ietf-opsawg-pcapng): sections of either byte order, interfaces of any link type and
// clock, Enhanced, Simple and obsolete Packet Blocks. What else there is, is skipped without being held.
#include "capture/pcapng_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <vector>

#include "base/endian.h"

namespace ck::capture {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;  // reads the same in either byte order
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kObsoletePacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kInterfaceStatistics = 5;
constexpr std::uint32_t kEnhancedPacket = 6;

constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::size_t kBlockHeader = 8;
constexpr std::size_t kBlockTrailer = 4;
constexpr std::size_t kMinBlock = kBlockHeader + kBlockTrailer;
constexpr std::size_t kMinSectionHeader = 28;
/// A packet or an interface is smaller than this; a longer block is damage. Blocks that are skipped may be
/// longer.
constexpr std::uint32_t kMaxHeldBlock = 16u << 20;
constexpr std::size_t kMaxInterfaces = 65'536;

constexpr std::uint16_t kOptionEnd = 0;
constexpr std::uint16_t kOptionTimeResolution = 9;
constexpr std::uint16_t kOptionTimeOffset = 14;
constexpr std::uint16_t kOptionPacketsLost =
    4;  // of an Enhanced Packet Block: since the interface's packet before
constexpr std::uint16_t kOptionLostByInterface =
    5;  // of an Interface Statistics Block: since the capture's start
constexpr std::uint16_t kOptionLostBySystem = 7;  // the same

struct Interface {
  int link_type = 0;
  std::uint32_t snap_length = 0;  ///< 0: no limit
  unsigned __int128 units_per_second = 1'000'000;
  std::int64_t offset_seconds = 0;
  std::uint64_t lost_between = 0;  ///< packets lost, by what its packets say
  std::uint64_t lost_in_all = 0;   ///< the same packets, by what its last statistics say

  /// Nanoseconds since the epoch; kNoTime for a time too far off for that.
  [[nodiscard]] std::int64_t to_ns(std::uint64_t stamp) const {
    const unsigned __int128 units = stamp;
    // stamp < 2^64 and 10^9 < 2^30, so the product fits.
    const auto fraction =
        static_cast<std::int64_t>((units % units_per_second) * kNanosPerSecond / units_per_second);
    const auto seconds = static_cast<__int128>(units / units_per_second) + offset_seconds;
    // Seconds that 64 bits do not hold are too far off all the more.
    constexpr __int128 kFar = std::numeric_limits<std::int64_t>::max();
    return time_since_epoch(static_cast<std::int64_t>(std::clamp(seconds, -kFar, kFar)), fraction);
  }

  /// if_tsresol: a power of ten, or with the top bit set of two. False for one finer than any clock: nothing
  /// fits 64 bits.
  bool set_resolution(std::uint8_t value) {
    const unsigned exponent = value & 0x7fu;
    const bool binary = (value & 0x80u) != 0;
    if (exponent > (binary ? 63u : 19u)) return false;
    units_per_second = 1;
    for (unsigned i = 0; i < exponent; ++i) units_per_second *= binary ? 2 : 10;
    return true;
  }
};

constexpr std::uint64_t kMostCounted = ~std::uint64_t{0};

/// The counts are the file's, and may be anything.
std::uint64_t add_counts(std::uint64_t a, std::uint64_t b) {
  return a > kMostCounted - b ? kMostCounted : a + b;
}

class PcapngSource final : public Source {
 public:
  PcapngSource(std::unique_ptr<ByteInput> input, const std::string& name, std::uint32_t capture)
      : input_(std::move(input)), name_(name), capture_(capture) {}

  SourceStatus next(Packet& packet) override {
    packet.capture = capture_;
    for (;;) {
      if (!error_.empty()) return SourceStatus::error;
      if (ended_) return SourceStatus::end;
      if (held_ != 0) {  // the block that the last packet lay in
        input_->consume(held_);
        held_ = 0;
      }
      if (read_block(packet)) return SourceStatus::packet;
    }
  }

  [[nodiscard]] const std::string& error() const override { return error_; }
  /// The two ways to count an interface's losses count the same ones.
  [[nodiscard]] std::uint64_t dropped() const override {
    std::uint64_t sum = lost_before_;
    for (const Interface& interface : interfaces_)
      sum = add_counts(sum, std::max(interface.lost_between, interface.lost_in_all));
    return sum;
  }

 private:
  [[nodiscard]] std::uint16_t u16(Bytes bytes, std::size_t at) const {
    return little_endian_ ? read_le16(bytes, at) : read_be16(bytes, at);
  }
  [[nodiscard]] std::uint32_t u32(Bytes bytes, std::size_t at) const {
    return little_endian_ ? read_le32(bytes, at) : read_be32(bytes, at);
  }

  [[nodiscard]] std::uint64_t u64(Bytes bytes, std::size_t at) const {
    const std::uint64_t first = u32(bytes, at), second = u32(bytes, at + 4);
    return little_endian_ ? second << 32 | first : first << 32 | second;
  }
  /// A count among a block's options; 0: there is none, or it says that nobody knows.
  [[nodiscard]] std::uint64_t count_option(Bytes options, std::uint16_t wanted) const {
    while (options.size() >= 4) {
      const std::uint16_t code = u16(options, 0), size = u16(options, 2);
      const std::size_t padded = 4 + ((size + 3u) & ~std::size_t{3});
      if (code == kOptionEnd || options.size() < padded) break;
      if (code == wanted && size == 8) return u64(options, 4) == kMostCounted ? 0 : u64(options, 4);
      options = options.subspan(padded);
    }
    return 0;
  }

  /// Reads one block. True when it was a packet. Sets error_ or ended_ when there is nothing more to read.
  bool read_block(Packet& packet) {
    const Bytes head = input_->view(kMinBlock);
    if (head.empty()) {
      if (!input_->error().empty()) return fail_short();
      ended_ = true;
      return false;
    }
    if (head.size() < kMinBlock) return fail_short();
    const bool section = read_be32(head, 0) == kSectionHeader;
    if (section && !read_byte_order(head)) return false;
    const std::uint32_t type = u32(head, 0);
    const std::uint32_t length = u32(head, 4);
    if (length < (section ? kMinSectionHeader : kMinBlock) || length % 4 != 0) {
      return fail(
          fmt::format("a block of type {:#x} says it is {} bytes long, which cannot be", type, length));
    }
    const bool held = section || type == kInterfaceDescription || type == kObsoletePacket ||
                      type == kSimplePacket || type == kEnhancedPacket ||
                      (type == kInterfaceStatistics && length <= kMaxHeldBlock);
    if (!held) return skip_block(type, length);
    if (length > kMaxHeldBlock) {
      return fail(
          fmt::format("a block of type {:#x} says it is {} bytes long, more than any packet", type, length));
    }
    const Bytes block = input_->view(length);
    if (block.size() < length) return fail_short();
    if (u32(block, length - kBlockTrailer) != length) return fail_trailer(type, length);
    held_ = length;
    const Bytes body = block.subspan(kBlockHeader, length - kMinBlock);
    if (section) return start_section(body);
    if (type == kInterfaceDescription) return add_interface(body);
    if (type == kInterfaceStatistics) return read_statistics(body);
    return read_packet(type, body, packet);
  }

  bool read_byte_order(Bytes head) {
    if (read_le32(head, kBlockHeader) == kByteOrderMagic) {
      little_endian_ = true;
    } else if (read_be32(head, kBlockHeader) == kByteOrderMagic) {
      little_endian_ = false;
    } else {
      return fail("a section header without a byte order");
    }
    return true;
  }

  bool start_section(Bytes body) {
    const std::uint16_t major = u16(body, 4);
    if (major != 1) return fail(fmt::format("pcapng version {} is not known", major));
    lost_before_ = dropped();
    interfaces_.clear();
    return false;
  }

  bool skip_block(std::uint32_t type, std::uint32_t length) {
    block_start_ = input_->offset();
    if (input_->skip(length - kBlockTrailer) < length - kBlockTrailer) return fail_short();
    const Bytes trailer = input_->view(kBlockTrailer);
    if (trailer.size() < kBlockTrailer) return fail_short();
    const bool right = u32(trailer, 0) == length;
    input_->consume(kBlockTrailer);
    if (!right) return fail_trailer(type, length);
    block_start_.reset();
    if (is_record(type)) ++frames_;
    return false;
  }

  /// Blocks that hold no packet for us and still take a frame number in Wireshark.
  [[nodiscard]] static bool is_record(std::uint32_t type) {
    constexpr std::array<std::uint32_t, 6> kRecords = {
        0x00000009,                          // systemd journal export
        0x00000bad, 0x40000bad,              // custom blocks
        0x00000204, 0x00000216, 0x00000221,  // sysdig events
    };
    return std::find(kRecords.begin(), kRecords.end(), type) != kRecords.end();
  }

  bool add_interface(Bytes body) {
    if (body.size() < 8) return fail("an interface description that is too short");
    if (interfaces_.size() >= kMaxInterfaces) return fail("more interfaces than a capture can have");
    Interface interface;
    interface.link_type = u16(body, 0);
    interface.snap_length = u32(body, 4);
    std::size_t at = 8;
    while (at + 4 <= body.size()) {
      const std::uint16_t code = u16(body, at), size = u16(body, at + 2);
      at += 4;
      if (code == kOptionEnd || body.size() - at < size) break;
      if (code == kOptionTimeResolution && size == 1 && !interface.set_resolution(body[at])) {
        return fail(fmt::format("an interface with a time resolution ({:#x}) that no clock has", body[at]));
      }
      if (code == kOptionTimeOffset && size == 8) {
        interface.offset_seconds = static_cast<std::int64_t>(u64(body, at));
      }
      at += (size + 3u) & ~std::size_t{3};
    }
    interfaces_.push_back(interface);
    return false;
  }

  /// Counts of an interface, which grow from block to block.
  bool read_statistics(Bytes body) {
    constexpr std::size_t kHeader = 12;
    if (body.size() < kHeader || u32(body, 0) >= interfaces_.size()) return false;
    const Bytes options = body.subspan(kHeader);
    interfaces_[u32(body, 0)].lost_in_all =
        add_counts(count_option(options, kOptionLostByInterface), count_option(options, kOptionLostBySystem));
    return false;
  }

  /// What a packet's block says was lost since its interface's packet before it.
  [[nodiscard]] std::uint64_t lost_before(std::uint32_t type, Bytes body, std::size_t packet_end) const {
    if (type == kObsoletePacket) {
      constexpr std::uint16_t kUnknown = 0xffff;
      return u16(body, 2) == kUnknown ? 0 : u16(body, 2);
    }
    const std::size_t options = (packet_end + 3) & ~std::size_t{3};
    if (type != kEnhancedPacket || options >= body.size()) return 0;
    return count_option(body.subspan(options), kOptionPacketsLost);
  }

  bool read_packet(std::uint32_t type, Bytes body, Packet& packet) {
    const std::size_t header = type == kSimplePacket ? 4 : 20;
    if (body.size() < header) return fail("a packet block that is too short");
    std::uint32_t interface_id = 0;
    if (type == kEnhancedPacket) interface_id = u32(body, 0);
    if (type == kObsoletePacket) interface_id = u16(body, 0);
    if (interface_id >= interfaces_.size()) {
      return fail(fmt::format("a packet of interface {}, which the section does not describe", interface_id));
    }
    Interface& interface = interfaces_[interface_id];
    std::uint32_t captured = 0;
    if (type == kSimplePacket) {
      packet.time_ns = kNoTime;
      packet.far_off = false;
      packet.original_length = u32(body, 0);
      captured = packet.original_length;
      if (interface.snap_length != 0) captured = std::min(captured, interface.snap_length);
    } else {
      const std::uint64_t stamp = static_cast<std::uint64_t>(u32(body, 4)) << 32 | u32(body, 8);
      packet.time_ns = interface.to_ns(stamp);
      packet.far_off = packet.time_ns == kNoTime;
      captured = u32(body, 12);
      packet.original_length = u32(body, 16);
    }
    if (captured > body.size() - header) {
      return fail(
          fmt::format("a packet of {} bytes in a block with room for {}", captured, body.size() - header));
    }
    packet.original_length = std::max(packet.original_length, captured);
    packet.data = body.subspan(header, captured);
    interface.lost_between = add_counts(interface.lost_between, lost_before(type, body, header + captured));
    packet.link_type = interface.link_type;
    packet.frame = ++frames_;
    return true;
  }

  bool fail_short() {
    const std::string cause = input_->error();
    return fail(
        cause.empty()
            ? "the file is cut short inside a block (an interrupted copy, or the capture is still running)"
            : cause,
        kCutAdvice);
  }
  bool fail_trailer(std::uint32_t type, std::uint32_t length) {
    return fail(
        fmt::format("the two lengths of a block of type {:#x} disagree (the first is {})", type, length));
  }
  bool fail(std::string_view what, std::string_view advice = kDamageAdvice) {
    error_ = fmt::format("{}: after frame {}, at byte {}: {}; {}", name_, frames_,
                         block_start_.value_or(input_->offset()), what, advice);
    return false;
  }

  std::unique_ptr<ByteInput> input_;
  std::string name_;
  std::uint32_t capture_;
  bool little_endian_ = true;
  std::vector<Interface> interfaces_;
  std::size_t held_ = 0;  ///< bytes of the block that is in view and not yet consumed
  std::uint64_t frames_ = 0;
  std::uint64_t lost_before_ = 0;             ///< of the sections before this one
  std::optional<std::uint64_t> block_start_;  ///< of the bad block, where the input has moved on
  std::string error_;
  bool ended_ = false;
};

}  // namespace

bool is_pcapng(Bytes head) {
  return head.size() >= 4 && read_be32(head, 0) == kSectionHeader;
}

std::string read_tls_secrets(ByteInput& input) {
  constexpr std::uint64_t kFar = 64u << 20;
  constexpr std::uint32_t kDecryptionSecrets = 10, kTlsKeyLog = 0x544c534b;
  constexpr std::size_t kSecretsHead = 16;  // type, length; kind of secrets, their length
  std::string out;
  bool little_endian = true;
  while (input.offset() < kFar) {
    const Bytes head = input.view(kMinBlock);
    if (head.size() < kMinBlock) break;
    if (read_be32(head, 0) == kSectionHeader)
      little_endian = read_le32(head, kBlockHeader) == kByteOrderMagic;
    const auto u32 = [little_endian](Bytes bytes, std::size_t at) {
      return little_endian ? read_le32(bytes, at) : read_be32(bytes, at);
    };
    const std::uint32_t length = u32(head, 4);
    if (length < kMinBlock) break;
    if (u32(head, 0) == kDecryptionSecrets && u32(head, kBlockHeader) == kTlsKeyLog &&
        length <= kMaxHeldBlock) {
      const Bytes block = input.view(length);
      if (block.size() < std::max<std::size_t>(length, kSecretsHead)) break;
      const std::size_t size =
          std::min<std::size_t>(u32(block, kSecretsHead - 4), block.size() - kSecretsHead);
      out.append(block.begin() + kSecretsHead,
                 block.begin() + static_cast<std::ptrdiff_t>(kSecretsHead + size));
      out += '\n';
    }
    if (input.skip(length) < length) break;
  }
  return out;
}

std::unique_ptr<Source> open_pcapng(std::unique_ptr<ByteInput> input, const std::string& name,
                                    std::uint32_t capture) {
  return std::make_unique<PcapngSource>(std::move(input), name, capture);
}

}  // namespace ck::capture
