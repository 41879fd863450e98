// A copy of a capture as pcapng, with comments on its frames. Blocks of a pcapng file are copied to the bit;
// records of a pcap file become Enhanced Packet Blocks of the same link type, snap length and resolution.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capture/byte_stream.h"

namespace ck::capture {

/// Goes through a capture's blocks or records by their lengths alone.
class RecordWalk {
 public:
  /// `stream` may be compressed.
  explicit RecordWalk(std::unique_ptr<ByteStream> stream);

  /// Looks at the record at the input's offset. False at the end, and where no record can stand.
  bool next();
  /// Goes behind it. False, and damaged, where it is not whole.
  bool pass();
  /// All of it, and goes behind it with the next next(). Empty where it is not whole.
  Bytes take();

  /// Hands all of it on, however long it is, and goes behind it. False where it is not whole.
  bool copy_in_pieces(const std::function<void(Bytes)>& write);

  [[nodiscard]] bool is_pcapng() const { return pcapng_; }
  /// It begins as a capture does.
  [[nodiscard]] bool is_capture() const { return capture_; }
  [[nodiscard]] bool little_endian() const { return little_endian_; }
  [[nodiscard]] std::uint64_t offset() const { return input_->offset() + taken_; }
  /// Of the record that next() looked at.
  [[nodiscard]] std::uint32_t type() const { return type_; }
  [[nodiscard]] std::uint64_t length() const { return length_; }
  [[nodiscard]] bool has_frame_number() const { return frame_; }
  [[nodiscard]] bool damaged() const { return damaged_; }
  [[nodiscard]] const std::vector<std::uint8_t>& pcap_header() const { return header_; }

  [[nodiscard]] std::uint16_t half(Bytes bytes, std::size_t at) const;
  [[nodiscard]] std::uint32_t word(Bytes bytes, std::size_t at) const;
  /// Bytes in front of a pcap record's packet.
  [[nodiscard]] std::size_t record_header() const { return record_header_; }

 private:
  void open_pcap();
  bool next_block();
  bool next_record();
  bool fail();

  std::unique_ptr<ByteInput> input_;
  bool pcapng_ = false, capture_ = false, little_endian_ = true, frame_ = false, damaged_ = false;
  std::size_t record_header_ = 0;
  std::vector<std::uint8_t> header_;  ///< of a pcap file
  std::uint32_t type_ = 0;
  std::uint64_t length_ = 0;
  std::size_t taken_ = 0;  ///< bytes that take() gave and that are not consumed yet
};

/// What of a capture can be copied. Finding that out reads all of it once.
class CaptureOutline {
 public:
  explicit CaptureOutline(std::unique_ptr<ByteStream> stream) : walk_(std::move(stream)) {}

  /// Whether a comment fits on a frame. Frames are asked for in ascending order.
  bool takes_comment(std::uint64_t frame);
  /// Reads the rest.
  void finish();

  [[nodiscard]] bool is_capture() const { return walk_.is_capture(); }
  [[nodiscard]] bool damaged() const { return walk_.damaged(); }
  // What comes before the damage, or before the end.
  [[nodiscard]] std::uint64_t sound_bytes() const { return sound_bytes_; }
  [[nodiscard]] std::uint64_t frames() const { return frames_; }

 private:
  bool next();

  RecordWalk walk_;
  std::uint64_t frames_ = 0, sound_bytes_ = 0;
  bool fits_ = false;  ///< on the last frame
};

class AnnotatedCopy {
 public:
  using Write = std::function<void(Bytes)>;

  /// Copies the first `sound_bytes` of a capture, as CaptureOutline told them. The first section gets
  /// `section_comment`.
  AnnotatedCopy(std::unique_ptr<ByteStream> stream, std::uint64_t sound_bytes, std::string section_comment,
                Write write);

  /// Comments that are there already and that `is_old` knows are left out. To be told before all else.
  void replace_comments(std::function<bool(std::string_view)> is_old) { is_old_ = std::move(is_old); }

  /// One more comment on a frame, UTF-8. Frames come in ascending order; what fits on no frame is passed
  /// over.
  void comment(std::uint64_t frame, std::string text);
  /// Copies the rest. False where the capture is not any more what it was.
  bool finish();

 private:
  void copy_through(std::uint64_t frame);
  [[nodiscard]] std::vector<std::uint8_t> kept_options(Bytes block, std::size_t begin, std::size_t end) const;
  bool copy_next();
  void copy_section();
  void copy_block();
  void begin_pcap();
  void copy_packet();

  RecordWalk walk_;
  std::uint64_t sound_bytes_;
  std::string section_comment_;  ///< empty once it is written
  Write write_;
  std::function<bool(std::string_view)> is_old_;  ///< empty: every comment stays
  std::uint64_t frames_ = 0, commented_ = 0;
  std::vector<std::string> comments_;  ///< on the frame `commented_`
  std::size_t comment_bytes_ = 0;      ///< of them
  std::uint64_t left_out_ = 0;         ///< comments beyond those that a frame takes
  bool whole_ = true;
};

/// Whether a block of pcapng takes a frame number in Wireshark.
bool has_frame_number(std::uint32_t block_type);

}  // namespace ck::capture
