// Blocks and options of pcapng, written as they were read.
#include "capture/annotated_copy.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/endian.h"
#include "capture/decompress.h"
#include "capture/pcap_source.h"
#include "capture/pcapng_source.h"

namespace ck::capture {
namespace {

constexpr std::uint32_t kSectionBlock = 0x0a0d0d0a, kInterfaceBlock = 1, kOldPacketBlock = 2,
                        kSimpleBlock = 3, kEnhancedBlock = 6;
constexpr std::uint32_t kMagicOfOrder = 0x1a2b3c4d;
constexpr std::size_t kHeadSize = 8, kTailSize = 4, kLeastBlock = 12, kLeastSection = 28;
constexpr std::size_t kSectionLengthAt = 16, kSectionOptions = 24, kCapturedAt = 20, kPacketAt = 28;
/// A packet, an interface or a section is smaller than this; other blocks may be longer.
constexpr std::uint64_t kMostHeld = 16u << 20;
constexpr std::uint64_t kMostCommented = 15u << 20;  ///< a block that has room for comments below kMostHeld
constexpr std::size_t kPcapFileHeader = 24;
constexpr std::uint16_t kEndOption = 0, kCommentOption = 1, kResolutionOption = 9;
constexpr std::size_t kMostComments = 2000, kMostCommentSize = 8192;
constexpr std::size_t kMostCommentBytes = 512 * 1024;  ///< of one block

constexpr std::size_t padded(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}

/// Appends numbers and options in a section's byte order.
class BlockWriter {
 public:
  explicit BlockWriter(bool little_endian) : little_endian_(little_endian) {}
  void half(std::uint16_t value) { number(value, 2); }
  void word(std::uint32_t value) { number(value, 4); }
  void bytes(Bytes more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  void padding() { bytes_.resize(padded(bytes_.size())); }
  void option(std::uint16_t code, std::string_view value) {
    half(code);
    half(static_cast<std::uint16_t>(value.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    padding();
  }
  void comments(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) option(kCommentOption, text);
  }
  /// The block's own lengths, in front and behind.
  std::vector<std::uint8_t> finish() {
    word(0);
    const auto size = static_cast<std::uint32_t>(bytes_.size());
    for (const std::size_t at : {std::size_t{4}, bytes_.size() - kTailSize}) {
      BlockWriter number(little_endian_);
      number.word(size);
      std::copy(number.bytes_.begin(), number.bytes_.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return std::move(bytes_);
  }

 private:
  void number(std::uint32_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i)
      bytes_.push_back(static_cast<std::uint8_t>(value >> 8 * (little_endian_ ? i : size - 1 - i)));
  }
  std::vector<std::uint8_t> bytes_;
  bool little_endian_;
};

/// Where a block's options begin; nullopt: it has none, or its own lengths contradict each other.
std::optional<std::size_t> options_at(const RecordWalk& walk, Bytes block) {
  if (walk.type() == kSectionBlock) return kSectionOptions;
  if (walk.type() != kEnhancedBlock && walk.type() != kOldPacketBlock) return std::nullopt;
  if (block.size() < kPacketAt + kTailSize) return std::nullopt;
  const std::uint64_t at = kPacketAt + padded(std::size_t{walk.word(block, kCapturedAt)});
  if (at > block.size() - kTailSize) return std::nullopt;
  return static_cast<std::size_t>(at);
}

/// Where one more option can stand: in front of the one that ends them, or of the block's end. nullopt:
/// nowhere.
std::optional<std::size_t> options_end(const RecordWalk& walk, Bytes block) {
  const auto begin = options_at(walk, block);
  if (!begin || block.size() > kMostCommented) return std::nullopt;
  const std::size_t end = block.size() - kTailSize;
  std::size_t at = *begin;
  while (at + 4 <= end && walk.half(block, at) != kEndOption) {
    at += 4 + padded(walk.half(block, at + 2));
    if (at > end) return std::nullopt;
  }
  return at;
}

}  // namespace

bool has_frame_number(std::uint32_t block_type) {
  // Packets, systemd's journal, custom blocks, sysdig's events.
  constexpr std::array<std::uint32_t, 9> kTypes = {6,          2,          3,          9,         0x00000bad,
                                                   0x40000bad, 0x00000204, 0x00000216, 0x00000221};
  return std::find(kTypes.begin(), kTypes.end(), block_type) != kTypes.end();
}

RecordWalk::RecordWalk(std::unique_ptr<ByteStream> stream) : input_(unpacked(std::move(stream))) {
  const Bytes head = input_->view(kPcapFileHeader);
  pcapng_ = capture::is_pcapng(head);
  capture_ = pcapng_;
  if (!pcapng_) open_pcap();
}

/// Version 2.4 alone: before it, a record's two lengths may be swapped.
void RecordWalk::open_pcap() {
  const Bytes head = input_->view(kPcapFileHeader);
  if (!is_pcap(head) || head.size() < kPcapFileHeader) return;
  little_endian_ = head[3] == 0xa1;
  const std::uint8_t third = little_endian_ ? head[1] : head[2], fourth = little_endian_ ? head[0] : head[3];
  record_header_ = third == 0xcd && fourth == 0x34 ? 24 : 16;             // Kuznetzov's records are longer
  constexpr std::uint32_t kLinkOfPcap = 0x03ff'ffff, kMostLink = 0xffff;  // an interface's has 16 bits
  capture_ = half(head, 4) == 2 && half(head, 6) == 4 && (word(head, 20) & kLinkOfPcap) <= kMostLink;
  header_.assign(head.begin(), head.end());
  input_->consume(kPcapFileHeader);
}

std::uint16_t RecordWalk::half(Bytes bytes, std::size_t at) const {
  return little_endian_ ? read_le16(bytes, at) : read_be16(bytes, at);
}
std::uint32_t RecordWalk::word(Bytes bytes, std::size_t at) const {
  return little_endian_ ? read_le32(bytes, at) : read_be32(bytes, at);
}

bool RecordWalk::fail() {
  damaged_ = true;
  return false;
}

bool RecordWalk::next() {
  if (!capture_ || damaged_) return false;
  input_->consume(taken_);
  taken_ = 0;
  return pcapng_ ? next_block() : next_record();
}

bool RecordWalk::next_block() {
  const Bytes head = input_->view(kLeastBlock);
  if (head.empty()) return input_->error().empty() ? false : fail();
  if (head.size() < kLeastBlock) return fail();
  const bool section = read_be32(head, 0) == kSectionBlock;
  if (section) {
    little_endian_ = read_le32(head, kHeadSize) == kMagicOfOrder;
    if (word(head, kHeadSize) != kMagicOfOrder) return fail();
  }
  type_ = word(head, 0);
  length_ = word(head, 4);
  if (length_ < (section ? kLeastSection : kLeastBlock) || length_ % 4 != 0) return fail();
  const bool held = section || type_ == kInterfaceBlock || type_ == kOldPacketBlock ||
                    type_ == kSimpleBlock || type_ == kEnhancedBlock;
  if (held && length_ > kMostHeld) return fail();
  frame_ = capture::has_frame_number(type_);
  return true;
}

bool RecordWalk::next_record() {
  const Bytes head = input_->view(record_header_);
  if (head.empty()) return input_->error().empty() ? false : fail();
  if (head.size() < record_header_) return fail();
  length_ = record_header_ + std::uint64_t{word(head, 8)};
  frame_ = true;
  return length_ > kMostHeld ? fail() : true;
}

bool RecordWalk::pass() {
  if (length_ <= kMostHeld) return !take().empty();
  // Its end says once more how long it is.
  if (input_->skip(length_ - kTailSize) < length_ - kTailSize) return fail();
  const Bytes tail = input_->view(kTailSize);
  if (tail.size() < kTailSize || word(tail, 0) != length_) return fail();
  input_->consume(kTailSize);
  return true;
}

Bytes RecordWalk::take() {
  const Bytes record = input_->view(static_cast<std::size_t>(length_));
  const bool whole = record.size() == length_;
  if (!whole || (pcapng_ && word(record, record.size() - kTailSize) != length_)) {
    damaged_ = true;
    return {};
  }
  taken_ = record.size();
  return record;
}

bool RecordWalk::copy_in_pieces(const std::function<void(Bytes)>& write) {
  constexpr std::uint64_t kPiece = 1u << 20;
  for (std::uint64_t left = length_; left != 0;) {
    const Bytes piece = input_->view(static_cast<std::size_t>(std::min(left, kPiece)));
    if (piece.empty()) return fail();
    write(piece);
    left -= piece.size();
    input_->consume(piece.size());
  }
  return true;
}

bool CaptureOutline::next() {
  if (!walk_.next()) return false;
  if (!walk_.has_frame_number()) {
    if (!walk_.pass()) return false;
  } else {
    ++frames_;
    fits_ = false;
    if (walk_.length() > kMostCommented) {
      if (!walk_.pass()) return --frames_, false;
    } else {
      const Bytes record = walk_.take();
      if (record.empty()) return --frames_, false;
      fits_ = !walk_.is_pcapng() || options_end(walk_, record).has_value();
    }
  }
  sound_bytes_ = walk_.offset();
  return true;
}

bool CaptureOutline::takes_comment(std::uint64_t frame) {
  while (frames_ < frame && next()) {
  }
  return frames_ == frame && frame != 0 && fits_;
}

void CaptureOutline::finish() {
  while (next()) {
  }
}

AnnotatedCopy::AnnotatedCopy(std::unique_ptr<ByteStream> stream, std::uint64_t sound_bytes,
                             std::string section_comment, Write write)
    : walk_(std::move(stream)),
      sound_bytes_(sound_bytes),
      section_comment_(std::move(section_comment)),
      write_(std::move(write)) {
  if (walk_.is_capture() && !walk_.is_pcapng()) begin_pcap();
}

void AnnotatedCopy::comment(std::uint64_t frame, std::string text) {
  if (frame != commented_) copy_through(commented_);
  commented_ = frame;
  if (text.size() > kMostCommentSize) {
    std::size_t end = kMostCommentSize;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // inside a character
    text.resize(end);
    text += "…";
  }
  if (left_out_ != 0 || comments_.size() >= kMostComments ||
      comment_bytes_ + text.size() > kMostCommentBytes) {
    ++left_out_;
    return;
  }
  comment_bytes_ += text.size();
  comments_.push_back(std::move(text));
}

/// The frame `frame` with its comments, and all before it.
void AnnotatedCopy::copy_through(std::uint64_t frame) {
  if (left_out_ != 0)
    comments_.push_back("ck-audit: and " + std::to_string(left_out_) +
                        (left_out_ == 1 ? " more finding" : " more findings"));
  left_out_ = 0;
  while (frames_ < frame && copy_next()) {
  }
  comments_.clear();
  comment_bytes_ = 0;
}

bool AnnotatedCopy::finish() {
  copy_through(commented_);
  while (copy_next()) {
  }
  return whole_ && walk_.is_capture() && walk_.offset() >= sound_bytes_;
}

bool AnnotatedCopy::copy_next() {
  if (!walk_.is_capture() || walk_.offset() >= sound_bytes_) return false;
  if (!walk_.next()) return whole_ = false;
  if (walk_.has_frame_number()) ++frames_;
  if (!walk_.is_pcapng()) {
    copy_packet();
  } else if (walk_.type() == kSectionBlock) {
    copy_section();
  } else {
    copy_block();
  }
  return whole_;
}

/// A block's options from `begin` to `end`, which options_end() told, without comments that are old.
std::vector<std::uint8_t> AnnotatedCopy::kept_options(Bytes block, std::size_t begin, std::size_t end) const {
  std::vector<std::uint8_t> kept;
  for (std::size_t at = begin; at < end;) {
    const std::size_t size = walk_.half(block, at + 2);
    const Bytes option = block.subspan(at, 4 + padded(size));
    const std::string_view text(reinterpret_cast<const char*>(option.data()) + 4, size);
    if (walk_.half(block, at) != kCommentOption || !is_old_ || !is_old_(text))
      kept.insert(kept.end(), option.begin(), option.end());
    at += option.size();
  }
  return kept;
}

/// A section that changes cannot keep the length that it states.
void AnnotatedCopy::copy_section() {
  const Bytes block = walk_.take();
  const auto end = block.empty() ? std::nullopt : options_end(walk_, block);
  whole_ = !block.empty();
  if (!whole_) return;
  BlockWriter copy(walk_.little_endian());
  copy.bytes(block.first(kSectionLengthAt));
  copy.word(0xffff'ffff);
  copy.word(0xffff'ffff);
  const std::size_t rest = end.value_or(kSectionOptions);
  copy.bytes(kept_options(block, kSectionOptions, rest));
  if (end && !section_comment_.empty()) {
    copy.comments({section_comment_});
    section_comment_.clear();
    if (rest == block.size() - kTailSize) copy.word(0);  // the option that ends them
  }
  copy.bytes(block.subspan(rest, block.size() - kTailSize - rest));
  write_(copy.finish());
}

void AnnotatedCopy::copy_block() {
  const bool commented = walk_.has_frame_number() && frames_ == commented_ && !comments_.empty();
  const bool may_change = commented || (is_old_ && walk_.has_frame_number());
  if (walk_.length() > kMostHeld) {
    // Too long to be held: in pieces. That it is whole was seen before.
    whole_ = walk_.copy_in_pieces(write_);
    return;
  }
  const Bytes block = walk_.take();
  whole_ = !block.empty();
  if (!whole_) return;
  const auto end = may_change ? options_end(walk_, block) : std::nullopt;
  if (!end) return write_(block);
  const std::size_t begin = *options_at(walk_, block);
  const std::vector<std::uint8_t> kept = kept_options(block, begin, *end);
  if (!commented && kept.size() == *end - begin) return write_(block);
  BlockWriter copy(walk_.little_endian());
  copy.bytes(block.first(begin));
  copy.bytes(kept);
  if (commented) copy.comments(comments_);
  if (commented && *end == block.size() - kTailSize) copy.word(0);
  copy.bytes(block.subspan(*end, block.size() - kTailSize - *end));
  write_(copy.finish());
}

/// The file's header as a section and an interface.
void AnnotatedCopy::begin_pcap() {
  const Bytes header(walk_.pcap_header());
  BlockWriter section(walk_.little_endian());
  section.word(kSectionBlock);
  section.word(0);
  section.word(kMagicOfOrder);
  section.half(1);
  section.half(0);
  section.word(0xffff'ffff);
  section.word(0xffff'ffff);
  section.comments({section_comment_});
  section.word(0);
  write_(section.finish());
  BlockWriter interface(walk_.little_endian());
  interface.word(kInterfaceBlock);
  interface.word(0);
  interface.half(static_cast<std::uint16_t>(walk_.word(header, 20)));
  interface.half(0);
  interface.word(walk_.word(header, 16));
  const std::uint8_t last = walk_.little_endian() ? header[0] : header[3];
  if (last == 0x4d) {
    interface.option(kResolutionOption, "\x09");
    interface.word(0);
  }
  write_(interface.finish());
}

void AnnotatedCopy::copy_packet() {
  const Bytes record = walk_.take();
  whole_ = !record.empty();
  if (!whole_) return;
  const std::uint8_t last = walk_.little_endian() ? walk_.pcap_header()[0] : walk_.pcap_header()[3];
  const std::uint64_t ticks =
      std::uint64_t{walk_.word(record, 0)} * (last == 0x4d ? 1'000'000'000 : 1'000'000) +
      walk_.word(record, 4);
  BlockWriter block(walk_.little_endian());
  block.word(kEnhancedBlock);
  block.word(0);
  block.word(0);  // the only interface
  block.word(static_cast<std::uint32_t>(ticks >> 32));
  block.word(static_cast<std::uint32_t>(ticks));
  block.word(walk_.word(record, 8));
  block.word(walk_.word(record, 12));
  block.bytes(record.subspan(walk_.record_header()));
  block.padding();
  if (frames_ == commented_ && !comments_.empty()) {
    block.comments(comments_);
    block.word(0);
  }
  write_(block.finish());
}

}  // namespace ck::capture
