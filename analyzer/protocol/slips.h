// Known slips: how peers write a frame other than Figure I.1 says. One table, which the framer reads frames
// by and findings take their words from.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "protocol/frame.h"
#include "protocol/parameter_names.h"
#include "protocol/payload.h"

namespace ck::protocol {

enum class SlipId : std::uint8_t {
  length_counts_header,
  length_counts_characters,
  little_endian,
  little_endian_length,
  long_length,
  long_prefix,
  short_prefix,
  long_message_id,
  padding,
  little_endian_padding,
  nul_behind,
  lf_behind,
  crlf_behind,
};
inline constexpr std::size_t kSlipCount = 13;

/// What a Length counts.
enum class LengthCounts : std::uint8_t { payload, frame, characters };

/// One way to write a frame. With everything as it is by default, it is Figure I.1.
struct Slip {
  SlipId id{};
  std::string_view found;        ///< "Length seems to include the header"
  std::string_view right;        ///< "Length counts the bytes of the payload alone"
  std::uint8_t prefix = 0;       ///< bytes before Version that say how long the frame is
  std::uint8_t padding = 0;      ///< bytes between Version and MessageID
  std::uint8_t id_size = 4;      ///< of MessageID; the low 4 bytes count
  std::uint8_t length_size = 2;  ///< of Length
  bool little_endian = false;    ///< all fields
  bool length_reversed = false;  ///< Length alone goes in the other order
  LengthCounts counts = LengthCounts::payload;
  std::string_view trailer = {};  ///< bytes behind the payload

  [[nodiscard]] constexpr std::size_t command_at() const {
    return std::size_t{prefix} + sizeof(FrameHeader::version) + padding + id_size;
  }
  [[nodiscard]] constexpr std::size_t length_at() const {
    return command_at() + sizeof(FrameHeader::command);
  }
  [[nodiscard]] constexpr std::size_t payload_at() const { return length_at() + length_size; }
  /// CommandCode and payload stand where Figure I.1 has them.
  [[nodiscard]] constexpr bool looks_standard() const {
    return payload_at() == kHeaderSize && !little_endian && trailer.empty();
  }
  /// Behind its first bytes stands a frame without them, so that any bytes before such a frame look like it.
  [[nodiscard]] constexpr bool hides_any_frame() const {
    return prefix == 0 && payload_at() > kHeaderSize && length_size == 2;
  }
  /// The frame that it hides is one of Figure I.1.
  [[nodiscard]] constexpr bool hides_frame() const { return hides_any_frame() && !little_endian; }
};

/// Figure I.1 itself.
inline constexpr Slip kFigureI1{};

/// In the order in which they are tried.
std::span<const Slip, kSlipCount> slips();
const Slip& slip(SlipId id);

/// A header as its sender meant it.
struct MeantHeader {
  FrameHeader header;      ///< its `length` is what Length says, where that fits
  std::size_t length = 0;  ///< bytes of payload, or its characters where Length counts those
};

/// Reads the header of a frame that starts at bytes[0]; all bytes of it must be there. nullopt where Length
/// cannot be one, or a length before the frame does not say how long that is.
std::optional<MeantHeader> read_header(Bytes bytes, const Slip& slip);

/// The CommandCode of a frame that starts at bytes[0]; nullopt where it is not there yet.
std::optional<std::uint16_t> read_command(Bytes bytes, const Slip& slip);

/// Whether a frame with one of the 13 codes and a payload that opens an object starts at bytes[0]; nullopt
/// while that cannot be seen.
std::optional<bool> opens_frame(Bytes bytes, const Slip& slip);

/// Bytes that could not be read as frames: the known slip that explains them, nullptr when none does. `bytes`
/// starts at the first bad byte; a hint only.
const Slip* known_slip(Bytes bytes, const NameTable& names, Payload& scratch);

}  // namespace ck::protocol
