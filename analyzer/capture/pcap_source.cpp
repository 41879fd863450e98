// Files in pcap's format. Ordinary records are read here, for libpcap's way to one costs more than all that
// is then done with its bytes. At the first record that is not ordinary, libpcap goes on from there: what a
// damaged or an odd one means is its word alone. It reads through a FILE of ours, so compressed files and
// pipes take the same way as plain ones.
#include "capture/pcap_source.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "base/endian.h"
#include "packet/link.h"

namespace ck::capture {
namespace {

constexpr std::size_t kFileHeader = 24;
constexpr std::size_t kSnaplenOffset = 16, kSnaplenSize = 4;
constexpr std::size_t kLinkTypeOffset = 20;
constexpr std::size_t kVersionOffset = 4;
constexpr std::size_t kRecordHeader = 16;
constexpr std::uint32_t kLinkTypeMask = 0x03ff'ffff;  // above it: whether and how long an Ethernet FCS is

struct Magic {
  std::array<std::uint8_t, 4> bytes;
  bool little_endian;
  std::uint64_t record_header;
  std::int64_t tick_ns;  ///< what a packet's fraction of a second counts
};
constexpr std::array kMagics = {
    Magic{{0xa1, 0xb2, 0xc3, 0xd4}, false, kRecordHeader, 1000},
    Magic{{0xd4, 0xc3, 0xb2, 0xa1}, true, kRecordHeader, 1000},
    Magic{{0xa1, 0xb2, 0x3c, 0x4d}, false, kRecordHeader, 1},  // nanoseconds
    Magic{{0x4d, 0x3c, 0xb2, 0xa1}, true, kRecordHeader, 1},
    Magic{{0xa1, 0xb2, 0xcd, 0x34}, false, 24, 1000},  // Kuznetzov's
    Magic{{0x34, 0xcd, 0xb2, 0xa1}, true, 24, 1000},
};

const Magic* find_magic(Bytes head) {
  for (const Magic& magic : kMagics) {
    if (head.size() >= magic.bytes.size() &&
        std::equal(magic.bytes.begin(), magic.bytes.end(), head.begin())) {
      return &magic;
    }
  }
  return nullptr;
}

class PcapSource final : public Source {
 public:
  PcapSource(std::unique_ptr<ByteInput> input, const std::string& name, std::uint32_t capture)
      : input_(std::move(input)), name_(name), capture_(capture) {
    open();
  }
  ~PcapSource() override {
    if (pcap_ != nullptr) {
      pcap_close(pcap_);  // closes the FILE too
    } else if (file_ != nullptr) {
      std::fclose(file_);
    }
  }
  PcapSource(const PcapSource&) = delete;
  PcapSource& operator=(const PcapSource&) = delete;

  SourceStatus next(Packet& packet) override {
    packet.capture = capture_;
    if (!error_.empty()) return SourceStatus::error;
    if (ended_) return SourceStatus::end;
    if (ordinary_) {
      if (next_ordinary(packet)) return SourceStatus::packet;
      ordinary_ = false;
      ahead_ = {};  // libpcap reads on from here, and what was seen of the buffer may move
      open_libpcap();
      if (!error_.empty()) return SourceStatus::error;
    }
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    const int status = pcap_next_ex(pcap_, &header, &data);
    if (status != 1) return stop(status);
    packet.data = Bytes(data, header->caplen);
    packet.original_length = std::max(header->len, header->caplen);
    // The format's seconds are unsigned; libpcap takes them for signed.
    packet.time_ns = static_cast<std::uint32_t>(header->ts.tv_sec) * kNanosPerSecond + header->ts.tv_usec;
    packet.link_type = link_type_;
    packet.frame = ++frames_;
    offset_ += magic_.record_header + header->caplen;
    return SourceStatus::packet;
  }

  [[nodiscard]] const std::string& error() const override { return error_; }
  [[nodiscard]] Bytes ahead() const override { return ahead_; }

 private:
  void open() {
    const std::size_t got = input_->read(header_.data(), header_.size());
    const Magic* magic = find_magic(Bytes(header_.data(), got));
    if (got < header_.size() || magic == nullptr) {
      const std::string cause = input_->error();
      error_ = cause.empty() ? fmt::format("{}: cut short inside the pcap file header ({} of {} bytes)",
                                           name_, got, kFileHeader)
                             : fmt::format("{}: {}", name_, cause);
      return;
    }
    magic_ = *magic;
    const std::uint32_t link = word(header_, kLinkTypeOffset);
    link_type_ = static_cast<int>(link & kLinkTypeMask);
    // Some writers state a snap length that their packets do not keep to, and libpcap would cut them. 0 means
    // "no limit".
    std::fill_n(header_.begin() + kSnaplenOffset, kSnaplenSize, std::uint8_t{0});
    ordinary_ = is_ordinary_file(link);
    if (!ordinary_) open_libpcap();
  }

  /// Version 2.4 over Ethernet. Older versions swap a record's two lengths, some links need their headers
  /// turned round, and Kuznetzov's records are longer: libpcap knows of all that.
  [[nodiscard]] bool is_ordinary_file(std::uint32_t link) const {
    const auto read = magic_.little_endian ? read_le16 : read_be16;
    return read(header_, kVersionOffset) == 2 && read(header_, kVersionOffset + 2) == 4 &&
           magic_.record_header == kRecordHeader && link == kLinkEthernet;
  }

  /// A whole record with nothing odd about it, told as libpcap would. False, and nothing consumed, for any
  /// other and at the end. A time with its highest bit set is negative to libpcap.
  bool next_ordinary(Packet& packet) {
    const Bytes head = input_->view(kRecordHeader);
    if (head.size() < kRecordHeader) return false;
    const std::uint32_t seconds = word(head, 0), fraction = word(head, 4), size = word(head, 8),
                        original = word(head, 12);
    if (size > kSnapLength || (seconds | fraction) >> 31 != 0) return false;
    const Bytes record = input_->view(kRecordHeader + size);
    if (record.size() < kRecordHeader + size) return false;
    packet.data = record.subspan(kRecordHeader);
    packet.original_length = std::max(original, size);
    packet.time_ns = std::int64_t{seconds} * kNanosPerSecond + std::int64_t{fraction} * magic_.tick_ns;
    packet.link_type = link_type_;
    packet.frame = ++frames_;
    offset_ += record.size();
    input_->consume(record.size());
    look_ahead(record.size());
    return true;
  }

  /// A record of `size` bytes was read. Goes on to the one that lies kAhead behind it, as far as what is in
  /// memory shows; whether that is an ordinary one is seen when its turn comes.
  void look_ahead(std::size_t size) {
    constexpr unsigned kAhead = 12;
    if (records_ahead_ > 0) {
      bytes_ahead_ -= size;
      --records_ahead_;
    }
    ahead_ = {};
    const Bytes at_hand = input_->at_hand();
    while (records_ahead_ < kAhead && at_hand.size() - bytes_ahead_ >= kRecordHeader) {
      const Bytes record = at_hand.subspan(bytes_ahead_);
      const std::size_t whole = kRecordHeader + std::size_t{word(record, 8)};
      if (record.size() < whole) return;
      ahead_ = record.first(whole).subspan(kRecordHeader);
      bytes_ahead_ += whole;
      ++records_ahead_;
    }
  }

  [[nodiscard]] std::uint32_t word(Bytes bytes, std::size_t at) const {
    return magic_.little_endian ? read_le32(bytes, at) : read_be32(bytes, at);
  }

  void open_libpcap() {
    constexpr cookie_io_functions_t kFunctions = {
        .read = &PcapSource::read, .write = nullptr, .seek = nullptr, .close = nullptr};
    file_ = fopencookie(this, "rb", kFunctions);
    if (file_ == nullptr) {
      error_ = fmt::format("{}: out of memory", name_);
      return;
    }
    std::setvbuf(file_, nullptr, _IOFBF, 128 * 1024);
    std::array<char, PCAP_ERRBUF_SIZE> text{};
    pcap_ = pcap_fopen_offline_with_tstamp_precision(file_, PCAP_TSTAMP_PRECISION_NANO, text.data());
    if (pcap_ == nullptr) error_ = fmt::format("{}: {}", name_, text.data());
  }

  /// Feeds libpcap: the header as we changed it, then the file.
  static ssize_t read(void* self, char* to, size_t size) {
    auto& source = *static_cast<PcapSource*>(self);
    if (source.header_given_ < kFileHeader) {
      const std::size_t count = std::min(size, kFileHeader - source.header_given_);
      std::memcpy(to, source.header_.data() + source.header_given_, count);
      source.header_given_ += count;
      return static_cast<ssize_t>(count);
    }
    return static_cast<ssize_t>(source.input_->read(reinterpret_cast<std::uint8_t*>(to), size));
  }

  SourceStatus stop(int status) {
    const std::string cause = input_->error();
    if (!cause.empty()) return fail(cause, kCutAdvice);
    if (status == PCAP_ERROR_BREAK) {
      ended_ = true;
      return SourceStatus::end;
    }
    const std::string_view text = pcap_geterr(pcap_);
    if (text.find("truncated") != std::string_view::npos) {
      return fail(
          "the file is cut short inside a packet (an interrupted copy, or the capture is still running)",
          kCutAdvice);
    }
    return fail(text, kDamageAdvice);
  }

  SourceStatus fail(std::string_view what, std::string_view advice) {
    error_ = fmt::format("{}: after frame {}, at byte {}: {}; {}", name_, frames_, offset_, what, advice);
    return SourceStatus::error;
  }

  std::unique_ptr<ByteInput> input_;
  std::string name_;
  std::uint32_t capture_;
  bool ordinary_ = false;  ///< libpcap has not been needed so far
  std::array<std::uint8_t, kFileHeader> header_{};
  std::size_t header_given_ = 0;
  FILE* file_ = nullptr;
  pcap_t* pcap_ = nullptr;
  int link_type_ = 0;
  Magic magic_{};
  std::uint64_t frames_ = 0;
  std::uint64_t offset_ = kFileHeader;  ///< of the next record, in the file as it is without compression
  std::size_t bytes_ahead_ = 0;         ///< records that were looked at and not read: their bytes,
  unsigned records_ahead_ = 0;          ///< and how many they are
  Bytes ahead_;                         ///< the last of them, if it was reached with the last record read
  std::string error_;
  bool ended_ = false;
};

}  // namespace

bool is_pcap(Bytes head) {
  return find_magic(head) != nullptr;
}

std::unique_ptr<Source> open_pcap(std::unique_ptr<ByteInput> input, const std::string& name,
                                  std::uint32_t capture) {
  return std::make_unique<PcapSource>(std::move(input), name, capture);
}

}  // namespace ck::capture
